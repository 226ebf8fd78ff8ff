/* Eigenvalues of a symmetric matrix in extended precision. */
#ifndef ORACLE_EIGEN_H
#define ORACLE_EIGEN_H

#include "oracle/real.h"
#include "oracle/status.h"

/* `a` is n x n and destroyed; values ascend. `vectors`, unless it is NULL, receives the unit
 * eigenvectors, one a row. Threads as oracle_run has them. */
oracle_status oracle_eigen(size_t n, real *a, real *values, real *vectors, size_t n_threads,
                           oracle_stop stop);

#endif
