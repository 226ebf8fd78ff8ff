/* Rows of a batch of n samples that are products of two others, from which sums over the samples
 * are made as matrix products (MATH 4 and 6). */
#ifndef CPT_MODEL_MLP_PRODUCTS_H
#define CPT_MODEL_MLP_PRODUCTS_H

#include "model/mlp.h"

/* A list of `count` entries, `depth` rows of n samples each, and then of ones if `constant`; NULL
 * stands for ones throughout. */
typedef struct cpt_mlp_factor {
    const double *rows;
    size_t count;
    bool constant;
} cpt_mlp_factor;

/* Rows x_i o y_j, summed over their depth, in the order of (i, j), i <= j only if triangular. */
typedef struct cpt_mlp_products {
    cpt_mlp_factor x, y;
    bool triangular;
    size_t depth;       /* 1 where an entry is constant */
    const double *ones; /* n */
} cpt_mlp_products;

/* Products first .. first + count - 1. */
void cpt_mlp_form_rows(const cpt_mlp_products *products, size_t n, size_t first, size_t count,
                       double *to);
/* Entry i of a factor. */
const double *cpt_mlp_factor_entry(const cpt_mlp_products *products, const cpt_mlp_factor *factor,
                                   size_t n, size_t i);

/* Derivatives of the D scaled outputs by layer l's pre-activations, delta (units x D x n), from
 * those of the layer above; from the seeds (D x D x n) at the last one. */
void cpt_mlp_pull_seeds(const cpt_mlp *mlp, const cpt_batch *batch, size_t l, const double *seeds,
                        const double *above, double *delta);

#endif
