/* Rows of a batch of samples from which whole second derivatives are summed: which products of two
 * rows a part needs, and the step of the recursions through the layers. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_assembly.h"
#include "model/vector_math.h"

void cpt_mlp_begin_batch(cpt_mlp_assembly *a, const cpt_batch *batch)
{
    size_t n = batch->n;
    a->batch = batch;
    a->ones = cpt_align(a->memory);
    a->e = a->ones + a->ones_rows * n;
    a->delta = a->e + a->units * n;
    a->z = a->delta + a->units * n;
    a->x[0] = a->z + a->z_rows * n;
    a->x[1] = a->x[0] + a->x_rows * n;
    a->b[0] = a->x[1] + a->x_rows * n;
    a->b[1] = a->b[0] + a->b_rows * n;
    a->features = a->b[1] + a->b_rows * n;
    a->formed = a->features + a->feature_rows * n;
    for (size_t i = 0; i < a->ones_rows * n; i++)
        a->ones[i] = 1;
}

static cpt_mlp_factor inputs_of(const cpt_mlp_assembly *a, size_t l)
{
    const cpt_layer *layer = &a->mlp->layers[l];
    return (cpt_mlp_factor){cpt_mlp_input_rows(a->mlp, a->batch, l), layer->n_inputs, layer->bias};
}

cpt_mlp_products cpt_mlp_formed_rows(const cpt_mlp_assembly *a, const cpt_mlp_part *part)
{
    cpt_mlp_products products = {.y = inputs_of(a, part->l), .depth = 1, .ones = a->ones};
    switch (part->kind) {
    case CPT_MLP_TRIANGLE:
    case CPT_MLP_UNITS:
        products.x = products.y;
        products.triangular = true;
        break;
    case CPT_MLP_GRAM:
        products.x = (cpt_mlp_factor){NULL, 1, false};
        break;
    case CPT_MLP_RECTANGLE:
        products.x = products.y;
        products.y = inputs_of(a, part->m);
        break;
    case CPT_MLP_SLOPES:
        products.x = products.y;
        products.y = (cpt_mlp_factor){a->forms[part->m] == CPT_MLP_CONSTANT
                                          ? a->features
                                          : cpt_mlp_rows_of(a, a->delta, part->m),
                                      cpt_mlp_features(a, part->m), false};
        break;
    case CPT_MLP_PATHS:
        products.x = (cpt_mlp_factor){cpt_mlp_rows_of(a, a->delta, part->m),
                                      a->mlp->layers[part->m].n_units, false};
        break;
    }
    return products;
}

const double *cpt_mlp_slopes_or_ones(const cpt_mlp_assembly *a, size_t l)
{
    const double *slopes = cpt_mlp_slope_rows(&a->mlp->layers[l], a->batch);
    return slopes ? slopes : a->ones;
}

void cpt_mlp_step_down(const cpt_mlp_assembly *a, size_t l, size_t width, const double *x,
                       double *y)
{
    const cpt_layer *low = &a->mlp->layers[l], *high = &a->mlp->layers[l + 1];
    size_t n = a->batch->n, row = width * n;
    const double *slope = cpt_mlp_slope_rows(low, a->batch);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, low->n_units, row, high->n_units, 1,
                    a->batch->weights + high->weights, high->n_inputs, x, row, 0, y, row);
    for (size_t p = 0; slope && p < low->n_units; p++)
        for (size_t q = 0; q < width; q++)
            cpt_model_vector_multiply(n, 1, slope + p * n, y + p * row + q * n,
                                      y + p * row + q * n);
}

void cpt_mlp_step_down_diagonal(const cpt_mlp_assembly *a, size_t l, const double *x, double *y)
{
    const cpt_layer *low = &a->mlp->layers[l], *high = &a->mlp->layers[l + 1];
    size_t n = a->batch->n;
    const double *slopes = cpt_mlp_slopes_or_ones(a, l);
    for (size_t p = 0; p < low->n_units; p++) {
        const double *slope = slopes + p * n;
        for (size_t q = 0; q < high->n_units; q++, y += n) {
            const double *entry = x ? x + q * n : a->ones;
            double w = a->batch->weights[high->weights + q * high->n_inputs + p];
            cpt_model_vector_multiply(n, w, slope, entry, y);
        }
    }
}
