/* What all models share: references, freezing, sizes. */
#include "linalg/linalg.h"
#include "model/model.h"

void cpt_model_initialize(critpt_model *model, const cpt_model_operations *operations)
{
    model->operations = operations;
    atomic_init(&model->references, 1);
    atomic_init(&model->frozen, false);
}

critpt_status cpt_model_freeze(critpt_model *model)
{
    if (model->n_outputs == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the network has no layer; add its layers with critpt_mlp_add_layer");
    atomic_store(&model->frozen, true);
    return CRITPT_OK;
}

void cpt_model_retain(critpt_model *model)
{
    atomic_fetch_add(&model->references, 1);
}

void critpt_model_destroy(critpt_model *model)
{
    if (model && atomic_fetch_sub(&model->references, 1) == 1)
        model->operations->destroy(model);
}

size_t critpt_model_n_inputs(const critpt_model *model)
{
    return model ? model->n_inputs : 0;
}

size_t critpt_model_n_outputs(const critpt_model *model)
{
    return model ? model->n_outputs : 0;
}

size_t critpt_model_n_weights(const critpt_model *model)
{
    return model ? model->n_weights : 0;
}
