/* Networks of a suite: h units with biases between 3 inputs and one output without, P = 5 h. */
#ifndef SUITE_NETWORKS_H
#define SUITE_NETWORKS_H

#include "suite/member.h"

enum { SUITE_INPUTS = 3, SUITE_PER_UNIT = SUITE_INPUTS + 2 };
/* Samples for each equation of a critical point. */
enum { SUITE_SAMPLES = 8 };

/* Where the parts of its weights stand. */
static inline size_t suite_units(const suite_member *m)
{
    return m->n_weights / SUITE_PER_UNIT;
}
static inline double *suite_biases(const suite_member *m, double *weights)
{
    return weights + SUITE_INPUTS * suite_units(m);
}
static inline double *suite_outputs(const suite_member *m, double *weights)
{
    return weights + (SUITE_INPUTS + 1) * suite_units(m);
}

/* Its model in JSON. A tanh output lets the targets decide every loss, so that no weight has to
 * move. */
outcome suite_network(const suite_member *m, const char *hidden, suite_text *model);
/* A specification's beginning, for so many times P equations, as a critical point or an eigenpair
 * has, and room for P weights. */
outcome suite_begin_network(suite_member *m, const char *hidden, size_t n_vectors,
                            double **weights);
/* Uniform draws: first-layer weights within 3, biases within 1, output weights of size 1/4 to 1. */
outcome suite_draw_network(suite_member *m, double *weights);

#endif
