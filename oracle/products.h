/* Gradients, Hessians and products with them in extended precision, for the checker's own parts. */
#ifndef ORACLE_PRODUCTS_H
#define ORACLE_PRODUCTS_H

#include "oracle/model.h"

/* P numbers. */
oracle_status oracle_gradient(const oracle_problem *problem, const double *weights, real *gradient);

/* Of the Hessian: all of it, S(Mn r) alone, J'MnJ alone. */
typedef enum oracle_part { ORACLE_HESSIAN, ORACLE_RESIDUAL, ORACLE_GAUSS_NEWTON } oracle_part;

/* products[d] = the part times v_d, for n directions of P numbers, one a row; sizes: the sums
 * behind the products with absolute values. `forms`, unless it is NULL: v'Gv. */
oracle_status oracle_products(const oracle_problem *problem, const double *weights,
                              oracle_part part, size_t n, const real *directions, real *products,
                              real *sizes, real *forms);

/* All of a part, P x P and symmetric, and the sums behind its entries with absolute values. */
oracle_status oracle_hessian(const oracle_problem *problem, const double *weights, oracle_part part,
                             real *hessian, real *sizes);

/* v'Hv / v'v, and |v|, for n directions, one a row of `directions`; `norms` may be NULL. */
oracle_status oracle_quotients(const oracle_problem *problem, const double *weights, size_t n,
                               const double *directions, double *quotients, double *norms);

#endif
