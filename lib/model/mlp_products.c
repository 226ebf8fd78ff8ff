/* Products of rows of a batch. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_products.h"
#include "model/vector_math.h"

const double *cpt_mlp_factor_entry(const cpt_mlp_products *products, const cpt_mlp_factor *factor,
                                   size_t n, size_t i)
{
    bool given = factor->rows && i < factor->count;
    return given ? factor->rows + i * products->depth * n : products->ones;
}

static void form_row(size_t n, size_t depth, const double *x, const double *y, double *to)
{
    cpt_model_vector_multiply(n, 1, x, y, to);
    for (size_t o = 1; o < depth; o++)
        cpt_model_vector_add_product(n, x + o * n, y + o * n, to);
}

void cpt_mlp_form_rows(const cpt_mlp_products *products, size_t n, size_t first, size_t count,
                       double *to)
{
    size_t n_y = products->y.count + products->y.constant, i = 0, before = 0;
    for (size_t row = n_y; before + row <= first; row = n_y - (products->triangular ? i : 0)) {
        before += row;
        i++;
    }
    size_t j = first - before + (products->triangular ? i : 0);
    for (; count > 0; i++, j = products->triangular ? i : 0) {
        const double *x = cpt_mlp_factor_entry(products, &products->x, n, i);
        for (; j < n_y && count > 0; j++, count--, to += n)
            form_row(n, products->depth, x, cpt_mlp_factor_entry(products, &products->y, n, j), to);
    }
}

/* delta[p] = delta[p] o act'[p] for every output. */
static void multiply_slopes(const cpt_layer *layer, const cpt_batch *batch, size_t D, double *delta)
{
    const double *slopes = cpt_mlp_slope_rows(layer, batch);
    size_t n = batch->n;
    for (size_t row = 0; slopes && row < layer->n_units * D; row++)
        cpt_model_vector_multiply(n, 1, slopes + row / D * n, delta + row * n, delta + row * n);
}

void cpt_mlp_pull_seeds(const cpt_mlp *mlp, const cpt_batch *batch, size_t l, const double *seeds,
                        const double *above, double *delta)
{
    const cpt_layer *layer = &mlp->layers[l], *next = layer + 1;
    size_t D = mlp->model.n_outputs, width = D * batch->n;
    if (l + 1 == mlp->n_layers)
        memcpy(delta, seeds, D * width * sizeof(double));
    else
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, layer->n_units, width, next->n_units, 1,
                        batch->weights + next->weights, next->n_inputs, above, width, 0, delta,
                        width);
    multiply_slopes(layer, batch, D, delta);
}
