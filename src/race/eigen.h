/* Eigenvalues and eigenvectors of a symmetric matrix, for the algorithms that need all of them. */
#ifndef RACE_EIGEN_H
#define RACE_EIGEN_H

#include <stddef.h>

/* a (n x n) becomes diagonal, its eigenvalues; row i of v the unit eigenvector of eigenvalue i. */
void race_eigen(size_t n, double *a, double *v);

#endif
