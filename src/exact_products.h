/* Gradients and Hessian-vector products in extended precision, for the checker's own parts. */
#ifndef EXACT_PRODUCTS_H
#define EXACT_PRODUCTS_H

#include "exact.h"
#include "exact_real.h"

/* P numbers. */
outcome exact_gradient(const exact_problem *problem, const double *weights, real *gradient);

/* Of the Hessian: all of it, S(Mn r) alone, J'MnJ alone. */
typedef enum exact_part { EXACT_HESSIAN, EXACT_RESIDUAL, EXACT_GAUSS_NEWTON } exact_part;

/* products[d] = the part times v_d, for n directions of P numbers, one a row; sizes: the sums
 * behind the products with absolute values. `forms`, unless it is NULL: v'Gv. */
outcome exact_products(const exact_problem *problem, const double *weights, exact_part part,
                       size_t n, const real *directions, real *products, real *sizes, real *forms);

/* The outputs of all samples, N x D. */
outcome exact_outputs(const exact_problem *problem, const double *weights, real *outputs);

#endif
