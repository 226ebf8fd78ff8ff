/* Plans with conditions, and what they left, by differences of the loss in extended precision. */
#ifndef TESTS_CONDITIONS_SUPPORT_H
#define TESTS_CONDITIONS_SUPPORT_H

#include "support.h"

/* A scene with a plan of K drawn points; those with their bit in `free_ones` need not be critical.
 */
typedef struct planned {
    scene s;
    critpt_plan *plan;
} planned;

/* What the solve left, for the reference. */
typedef struct finished {
    const planned *p;
    double *targets, *weights; /* K x P */
    const double *s, *metric;
} finished;

planned planned_create(const net *shape, size_t N, size_t K, unsigned free_ones);
void planned_free(planned *p);
double planned_condition(const planned *p, size_t condition, critpt_condition_quantity q);
double planned_report(const planned *p, critpt_report_quantity q);
finished finished_create(const planned *p, const double *s, const double *metric);
void finished_free(finished *f);
long double finished_loss(const finished *f, const double *weights);
long double finished_point_loss(const finished *f, size_t point);
/* y' Mn y, twice the loss of a network without outputs. */
double finished_level(const finished *f);
/* v'Hu by mixed differences at steps h, 2h and 4h, extrapolated to h = 0. */
double finished_curvature(const finished *f, size_t point, const double *v, const double *u);
/* The derivative along v likewise. */
double finished_slope(const finished *f, size_t point, const double *v);
double *unit_vector(size_t P, size_t j);
void planned_assert_critical(const planned *p, size_t point);

#endif
