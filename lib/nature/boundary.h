/* How far a step may go before a positive definite matrix ceases to be one. */
#ifndef CPT_NATURE_BOUNDARY_H
#define CPT_NATURE_BOUNDARY_H

#include "base/base.h"

/* *step shrinks to the largest a with diag(lambda) + a d >= 0, to two or three parts in a hundred;
 * 0 where d is not finite. lambda has n positive numbers; d and scratch are n x n. */
critpt_status cpt_nature_boundary(size_t n, const double *lambda, const double *d, double *scratch,
                                  double *step);

#endif
