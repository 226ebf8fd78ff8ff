/* Curves of weights with the same outputs, of whatever kind, found by following their tangents. */
#ifndef ORACLE_FIBRE_H
#define ORACLE_FIBRE_H

#include "oracle/first_order.h"
#include "oracle/real.h"

typedef struct oracle_fibre oracle_fibre;

oracle_status oracle_fibre_create(oracle_fibre **fibre, const oracle_problem *problem,
                                  const double *weights);
void oracle_fibre_free(oracle_fibre *fibre);

/* Whether a curve on which no output changes leaves the weights along the unit vector v. */
oracle_status oracle_fibre_follow(oracle_fibre *fibre, const real *v, bool *yes);

#endif
