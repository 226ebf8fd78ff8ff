/* What an algorithm of a race is given: a run to evaluate through, a start, room, random numbers.
 */
#ifndef RACE_TASK_H
#define RACE_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "critpt.h"

typedef struct race_task {
    critpt_run *run;
    size_t n_weights, n_samples, n_residuals;
    double *start;         /* P, where it begins; it may be changed */
    double step;           /* the size of steps, where the algorithm has one to choose */
    double **vectors;      /* of P zeros each, as many as the algorithm's row asks for */
    double **matrices;     /* of P x P */
    uint64_t seed, stream; /* of its random numbers, */
    uint64_t drawn;        /* of which so many are used */
    /* For libraries that may go on after they were told to stop: ends the process. */
    void (*finish)(struct race_task *task, critpt_status status);
    void *user; /* of `finish` */
} race_task;

/* A place with its loss and gradient. */
typedef struct race_place {
    double *weights, *gradient, loss;
} race_place;

/* The cleanup idiom of algorithms: what an evaluation says ends the search. */
#define EVALUATE(call)                                                                             \
    do {                                                                                           \
        critpt_status status_ = (call);                                                            \
        if (status_ != CRITPT_OK)                                                                  \
            return status_;                                                                        \
    } while (0)

double race_dot(size_t n, const double *x, const double *y);
/* z = x + t y */
void race_add(size_t n, const double *x, double t, const double *y, double *z);
/* Uniform numbers in (0, 1), and normal ones: the next of the task's stream. */
critpt_status race_uniform(race_task *task, double *values, size_t n);
critpt_status race_normal(race_task *task, double *values, size_t n);

/* Loss and gradient at the place's weights. */
critpt_status race_evaluate(race_task *task, race_place *at);
/* Backtracking (Armijo 1966): the first of t, t/2, t/4, ... at which the loss along p has fallen by
 * 1e-4 of what its slope promises; *t = 0 where there is none. */
critpt_status race_backtrack(race_task *task, const race_place *from, const double *p, double *t,
                             race_place *to);
/* Exchanges two places. */
void race_swap(race_place *a, race_place *b);

#endif
