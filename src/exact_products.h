/* Gradients and Hessian-vector products in extended precision, for the checker's own parts. */
#ifndef EXACT_PRODUCTS_H
#define EXACT_PRODUCTS_H

#include "exact.h"
#include "exact_real.h"

/* P numbers. */
outcome exact_gradient(const exact_problem *problem, const double *weights, real *gradient);

/* products[d] = H v_d for n directions of P numbers, one a row, or S(Mn r) v_d, which is H less its
 * Gauss-Newton part; sizes: the sums behind the products with absolute values. */
outcome exact_products(const exact_problem *problem, const double *weights, bool residual_only,
                       size_t n, const real *directions, real *products, real *sizes);

#endif
