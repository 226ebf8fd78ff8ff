/* Vectors, random numbers, and the line search that several algorithms share. */
#include "race/task.h"

#include <math.h>

double race_dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

void race_add(size_t n, const double *x, double t, const double *y, double *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = x[i] + t * y[i];
}

critpt_status race_uniform(race_task *task, double *values, size_t n)
{
    critpt_status status = critpt_random_uniform(task->seed, task->stream, task->drawn, values, n);
    task->drawn += n;
    return status;
}

critpt_status race_normal(race_task *task, double *values, size_t n)
{
    critpt_status status = critpt_random_normal(task->seed, task->stream, task->drawn, values, n);
    task->drawn += n;
    return status;
}

critpt_status race_evaluate(race_task *task, race_place *at)
{
    return critpt_run_gradient(task->run, at->weights, task->n_weights, at->gradient,
                               task->n_weights, &at->loss);
}

critpt_status race_backtrack(race_task *task, const race_place *from, const double *p, double *t,
                             race_place *to)
{
    static const double share = 1e-4, least = 0x1p-60;
    double slope = race_dot(task->n_weights, from->gradient, p), first = *t;
    for (; slope < 0 && *t > first * least; *t /= 2) {
        race_add(task->n_weights, from->weights, *t, p, to->weights);
        EVALUATE(race_evaluate(task, to));
        if (to->loss <= from->loss + share * *t * slope)
            return CRITPT_OK;
    }
    *t = 0;
    return CRITPT_OK;
}

void race_swap(race_place *a, race_place *b)
{
    race_place kept = *a;
    *a = *b;
    *b = kept;
}
