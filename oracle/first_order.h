/* The independent checker: a model's loss and gradient by plain loops in extended
 * precision. It shares no code with the library, only the numbers of its activations. */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>

#include "oracle/model.h"
#include "oracle/values.h"

/* Whether this machine has a type with more than 53 bits, its name, and 2^-bits. */
bool oracle_available(void);
const char *oracle_type(void);
double oracle_epsilon(void);

oracle_status oracle_evaluate(const oracle_problem *problem, const double *weights,
                              oracle_values *values);

/* |y - base| in the norm of the loss. */
oracle_status oracle_distance(const oracle_problem *problem, const double *base, double *distance);

/* Of the outputs f_k at K points, K x P weights: their mean, N x D; the largest |f_k - mean over
 * the samples of f_k| and the largest |f_k| in the norm of the loss, and by how much f_k moves with
 * the last digit of the weights in double precision; whether all are their mean. */
typedef struct oracle_spread {
    double spread, size, rounding;
    bool alike;
} oracle_spread;
oracle_status oracle_mean_outputs(const oracle_problem *problem, size_t n_points,
                                  const double *weights, double *mean, oracle_spread *spread);

#endif
