/* What the operations of a layered network share: one layer applied, its rows on the tape. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp.h"

double *cpt_mlp_scratch(const cpt_mlp *mlp, const cpt_batch *batch, int which)
{
    return batch->tape + (mlp->tape_rows + (size_t)which * mlp->widest) * batch->n;
}

const double *cpt_mlp_values(const critpt_model *model, const cpt_batch *batch, size_t layer)
{
    return cpt_mlp_value_rows(&cpt_mlp_const(model)->layers[layer], batch);
}

const double *cpt_mlp_slopes(const critpt_model *model, const cpt_batch *batch, size_t layer)
{
    return cpt_mlp_slope_rows(&cpt_mlp_const(model)->layers[layer], batch);
}

/* row = bias, or row += bias */
static void add_bias(double bias, bool keep, size_t n, double *row)
{
    if (keep)
        for (size_t i = 0; i < n; i++)
            row[i] += bias;
    else
        for (size_t i = 0; i < n; i++)
            row[i] = bias;
}

void cpt_mlp_apply_layer(const cpt_layer *layer, const double *weights, size_t n,
                         const double *inputs, bool keep, double *result)
{
    for (size_t p = 0; layer->bias && p < layer->n_units; p++)
        add_bias(weights[layer->biases + p], keep, n, result + p * n);
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units, n, layer->n_inputs, 1,
                    weights + layer->weights, layer->n_inputs, inputs, n,
                    keep || layer->bias ? 1 : 0, result, n);
}

void cpt_mlp_multiply_slopes(const cpt_layer *layer, const cpt_batch *batch, const double *from,
                             double *to)
{
    const double *slope = cpt_mlp_slope_rows(layer, batch);
    size_t count = layer->n_units * batch->n;
    if (!slope && from != to)
        memcpy(to, from, count * sizeof *to);
    for (size_t i = 0; slope && i < count; i++)
        to[i] = from[i] * slope[i];
}

double cpt_mlp_sum(const double *x, size_t n)
{
    double total[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            total[j] += x[i + j];
    for (; i < n; i++)
        total[0] += x[i];
    return ((total[0] + total[4]) + (total[1] + total[5])) +
           ((total[2] + total[6]) + (total[3] + total[7]));
}

void cpt_mlp_seed_row(size_t D, size_t n, size_t o, const double *seeds, const double *scale,
                      double *cotangent)
{
    for (size_t q = 0; q < D; q++) {
        double seed = seeds ? seeds[o * D + q] : q == o;
        for (size_t i = 0; i < n; i++)
            cotangent[q * n + i] = scale ? seed * scale[i] : seed;
    }
}

void cpt_mlp_destroy(critpt_model *model)
{
    cpt_mlp *mlp = cpt_mlp_from(model);
    cpt_free(mlp->layers);
    cpt_free(mlp);
}

const cpt_layer *cpt_mlp_layers(const critpt_model *model, size_t *n_layers)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    *n_layers = mlp->n_layers;
    return mlp->layers;
}

void cpt_mlp_locate(const critpt_model *model, size_t index, size_t *layer, size_t *row,
                    size_t *column)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t l = mlp->n_layers - 1;
    while (mlp->layers[l].weights > index)
        l--;
    const cpt_layer *at = &mlp->layers[l];
    bool is_bias = index >= at->biases;
    size_t offset = index - at->weights;
    if (layer)
        *layer = l;
    if (row)
        *row = is_bias ? index - at->biases : offset / at->n_inputs;
    if (column)
        *column = is_bias ? at->n_inputs : offset % at->n_inputs;
}
