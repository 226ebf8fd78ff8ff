/* Landscape files, as the program reads them: what can be read is a landscape, and can be written.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cli/trial.h"
#include "tests/fuzz/fuzz.h"

/* What needs no model. */
static void get_data(const critpt_file *file)
{
    size_t d = critpt_file_n_inputs(file);
    double *inputs = calloc(critpt_file_n_samples(file) * d, sizeof *inputs);
    if (inputs && critpt_file_inputs(file, inputs, d) != CRITPT_OK)
        abort();
    for (size_t j = 0; critpt_file_weight_name(file, j); j++)
        if (j >= critpt_file_n_weights(file))
            abort();
    free(inputs);
}

static void use(const critpt_file *file)
{
    critpt_landscape *landscape = NULL;
    size_t P = critpt_file_n_weights(file);
    double *weights = NULL, loss;
    if (P < 100000 && critpt_file_landscape(file, &landscape) == CRITPT_OK)
        weights = calloc(P, sizeof *weights);
    for (size_t k = 0; weights && k < critpt_file_n_points(file); k++)
        if (critpt_file_point_weights(file, k, weights, P) != CRITPT_OK)
            abort();
    if (weights)
        critpt_landscape_loss(landscape, NULL, weights, P, &loss);
    free(weights);
    critpt_landscape_destroy(landscape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_store(data, size, ".h5");
    critpt_file *file = NULL;
    if (cli_read_landscape(&file, path, 1 << 24) == DONE) {
        get_data(file);
        use(file);
        if (critpt_file_write(file, path) != CRITPT_OK)
            abort();
    }
    critpt_file_destroy(file);
    unlink(path);
    return 0;
}
