/* Eigenvalues of a symmetric matrix in extended precision. */
#ifndef EXACT_EIGEN_H
#define EXACT_EIGEN_H

#include "exact_real.h"
#include "outcome.h"

/* `a` is n x n and destroyed; values ascend. `vectors`, unless it is NULL, receives the unit
 * eigenvectors, one a row. */
outcome exact_eigen(size_t n, real *a, real *values, real *vectors);

#endif
