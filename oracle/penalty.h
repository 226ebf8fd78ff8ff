/* The penalty 1/2 (w - c)' Lambda (w - c) of a loss. */
#ifndef ORACLE_PENALTY_H
#define ORACLE_PENALTY_H

#include <stdbool.h>

#include "oracle/model.h"

real oracle_penalty(const oracle_problem *problem, const double *weights);
/* gradient += factor Lambda (w - c), w rounded to float32 if `rounded`; sizes, unless NULL, += its
 * absolute values. */
void oracle_penalty_add_gradient(const oracle_problem *problem, const double *weights, bool rounded,
                                 real factor, real *gradient, real *sizes);
/* Entry j of Lambda's diagonal. */
static inline real oracle_penalty_of(const oracle_problem *problem, size_t j)
{
    return problem->penalty ? problem->penalty[j] : 0;
}

#endif
