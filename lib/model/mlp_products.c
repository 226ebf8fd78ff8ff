/* Products of rows of a batch. */
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
