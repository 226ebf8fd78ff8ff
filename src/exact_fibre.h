/* Curves of weights with the same outputs, of whatever kind, found by following their tangents. */
#ifndef EXACT_FIBRE_H
#define EXACT_FIBRE_H

#include "exact.h"
#include "exact_real.h"

typedef struct exact_fibre exact_fibre;

outcome exact_fibre_create(exact_fibre **fibre, const exact_problem *problem,
                           const double *weights);
void exact_fibre_free(exact_fibre *fibre);

/* Whether a curve on which no output changes leaves the weights along the unit vector v. */
outcome exact_fibre_follow(exact_fibre *fibre, const real *v, bool *yes);

#endif
