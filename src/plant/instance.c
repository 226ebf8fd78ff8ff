/* What an instance holds is freed here. */
#include "plant/instance.h"

#include <stdlib.h>

void plant_instance_free(instance *made)
{
    critpt_plan_options_destroy(made->options);
    critpt_plan_destroy(made->plan);
    critpt_landscape_destroy(made->landscape);
    if (made->model != made->library.model)
        critpt_model_destroy(made->model);
    plugin_close(&made->library);
    free(made->conditions);
    free(made->apart);
    free(made->basins);
    spec_dataset_free(&made->data);
    spec_free(&made->spec);
    *made = (instance){0};
}
