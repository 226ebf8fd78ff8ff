/* The table of activations, their names, and the evaluation of arrays by blocks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/activation.h"
#include "model/activation_kernels.h"

typedef struct row {
    cpt_model_activation_traits traits;
    cpt_model_block_kernel *const *kernels; /* one for each vector level */
} row;

/* Bounds are rounded up. */
static const row rows[] = {
    [CRITPT_IDENTITY] = {{"identity", 0, 1, CPT_MODEL_ODD, 0, {1, 0, 0, 0}, INFINITY, INFINITY},
                         cpt_model_identity_kernels},
    [CRITPT_TANH] =
        {{"tanh", 0, 0, CPT_MODEL_ODD, 0, {1, 0.769800358919501, 2, 4.085885502969657}, 1, 2},
         cpt_model_tanh_kernels},
    [CRITPT_SIGMOID] = {{"sigmoid",
                         0,
                         0,
                         CPT_MODEL_HALF_PLUS_ODD,
                         0,
                         {0.25, 0.09622504486493763, 0.125, 0.12768392196780179},
                         1,
                         4},
                        cpt_model_sigmoid_kernels},
    [CRITPT_SOFTPLUS] = {{"softplus",
                          0,
                          0,
                          CPT_MODEL_NO_PARITY,
                          0,
                          {1, 0.25, 0.09622504486493763, 0.125},
                          INFINITY,
                          4},
                         cpt_model_softplus_kernels},
    [CRITPT_SILU] = {{"silu",
                      0,
                      0,
                      CPT_MODEL_NO_PARITY,
                      0,
                      {1.099839320128867, 0.5, 0.3081815157964791, 0.5},
                      INFINITY,
                      5},
                     cpt_model_silu_kernels},
    [CRITPT_GELU] = {{"gelu",
                      0,
                      0,
                      CPT_MODEL_NO_PARITY,
                      0,
                      {1.128904145185155, 0.7978845608028654, 0.7787696350557324,
                       1.5957691216057309},
                      INFINITY,
                      4},
                     cpt_model_gelu_kernels},
    [CRITPT_SIN] = {{"sin", 0, 0, CPT_MODEL_ODD, 0, {1, 1, 1, 1}, 1, INFINITY},
                    cpt_model_sin_kernels},
    [CRITPT_GAUSSIAN] = {{"gaussian",
                          0,
                          0,
                          CPT_MODEL_EVEN,
                          0,
                          {0.8577638849607069, 2, 3.9035661455399024, 12},
                          1,
                          2},
                         cpt_model_gaussian_kernels},
    [CRITPT_SQUARE] = {{"square", 0, 2, CPT_MODEL_EVEN, 0, {INFINITY, 2, 0, 0}, INFINITY, INFINITY},
                       cpt_model_square_kernels},
    [CRITPT_ELU] = {{"elu", 2, 0, CPT_MODEL_NO_PARITY, 0, {1, 1, 1, 1}, INFINITY, 0},
                    cpt_model_elu_kernels},
    [CRITPT_RELU] = {{"relu", 1, 1, CPT_MODEL_NO_PARITY, 0, {1, 0, 0, 0}, INFINITY, INFINITY},
                     cpt_model_relu_kernels},
    [CRITPT_LEAKY_RELU] = {{"leaky_relu",
                            1,
                            1,
                            CPT_MODEL_NO_PARITY,
                            CPT_MODEL_LEAKY_SLOPE,
                            {1, 0, 0, 0},
                            INFINITY,
                            INFINITY},
                           cpt_model_leaky_relu_kernels},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

const cpt_model_activation_traits *cpt_model_activation_find(critpt_activation activation)
{
    return (size_t)activation < N_ROWS ? &rows[activation].traits : NULL;
}

const char *critpt_activation_name(critpt_activation activation)
{
    const cpt_model_activation_traits *traits = cpt_model_activation_find(activation);
    return traits ? traits->name : NULL;
}

critpt_status critpt_activation_from_name(const char *name, critpt_activation *activation)
{
    if (!name || !activation)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "%s is NULL; give a name and a place for the result",
                         name ? "activation" : "name");
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].traits.name, name) == 0) {
            *activation = (critpt_activation)i;
            return CRITPT_OK;
        }
    char known[256] = "";
    for (size_t i = 0, used = 0; i < N_ROWS && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 rows[i].traits.name);
    return cpt_error(CRITPT_INVALID_ARGUMENT, "no activation is called \"%.64s\"; there are %s",
                     name, known);
}

/* Runs the kernel on a block that is not full through padded copies: every entry takes the same
 * path. */
static void evaluate_part(cpt_model_block_kernel *kernel, size_t n, const double *z,
                          const cpt_model_block_results *results)
{
    double padded[CPT_MODEL_BLOCK] = {0}, output[4][CPT_MODEL_BLOCK];
    double *const wanted[4] = {results->value, results->first, results->second, results->third};
    const cpt_model_block_results outputs = {
        wanted[0] ? output[0] : NULL, wanted[1] ? output[1] : NULL, wanted[2] ? output[2] : NULL,
        wanted[3] ? output[3] : NULL};
    memcpy(padded, z, n * sizeof *z);
    kernel(padded, &outputs);
    for (size_t k = 0; k < 4; k++)
        if (wanted[k])
            memcpy(wanted[k], output[k], n * sizeof *z);
}

void cpt_model_activation_evaluate_at(cpt_model_vector_level level, critpt_activation activation,
                                      size_t n, const double *z, double *value, double *first,
                                      double *second, double *third)
{
    cpt_model_block_kernel *kernel = rows[activation].kernels[level];
    for (size_t i = 0; i < n; i += CPT_MODEL_BLOCK) {
        const cpt_model_block_results results = {value ? value + i : NULL, first ? first + i : NULL,
                                                 second ? second + i : NULL,
                                                 third ? third + i : NULL};
        if (n - i >= CPT_MODEL_BLOCK)
            kernel(z + i, &results);
        else
            evaluate_part(kernel, n - i, z + i, &results);
    }
}

void cpt_model_activation_evaluate(critpt_activation activation, size_t n, const double *z,
                                   double *value, double *first, double *second, double *third)
{
    cpt_model_activation_evaluate_at(cpt_model_vector_best_level(), activation, n, z, value, first,
                                     second, third);
}
