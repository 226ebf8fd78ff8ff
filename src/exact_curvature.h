/* Second derivatives once more: products with the Hessian, sample by sample, in extended precision,
 * and what follows for the spectrum. Shares no code with the library. */
#ifndef EXACT_CURVATURE_H
#define EXACT_CURVATURE_H

#include "exact.h"

/* What is true of the Hessian at a weight vector. */
typedef struct exact_spectrum {
    size_t n;
    double *values;                /* n, ascending */
    double error;                  /* what extended precision makes of each */
    double norm;                   /* the largest |eigenvalue| */
    size_t n_negative, n_positive; /* certainly so, in extended precision */
    /* The least |eigenvalue| above the threshold, and the largest |G v| over the unit eigenvectors
     * v of those below it, G the Gauss-Newton part; only where they were asked for. */
    double gap, null_slope;
} exact_spectrum;

/* The whole spectrum. With threshold >= 0 also the part of those eigenvalues within it of 0. */
outcome exact_spectrum_create(exact_spectrum *spectrum, const exact_problem *problem,
                              const double *weights, double threshold);
void exact_spectrum_free(exact_spectrum *spectrum);

/* v'Hv / v'v, and |v|, for n directions, one a row of `directions`; `norms` may be NULL. */
outcome exact_quotients(const exact_problem *problem, const double *weights, size_t n,
                        const double *directions, double *quotients, double *norms);

#endif
