/* Minibatches of 64 samples, drawn without repetition in each pass over all of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "race/solvers.h"

enum { BATCH = 64 };

/* A pass over the samples in random order (Fisher, Yates). */
typedef struct shuffle {
    size_t *order, next, passes;
    double *draws;
} shuffle;

static critpt_status begin(race_task *task, shuffle *s)
{
    size_t N = task->n_samples;
    s->order = malloc(N * sizeof *s->order);
    s->draws = malloc(N * sizeof *s->draws);
    if (!s->order || !s->draws)
        return CRITPT_NO_MEMORY;
    for (size_t i = 0; i < N; i++)
        s->order[i] = i;
    s->next = N;
    return CRITPT_OK;
}

static void end(shuffle *s)
{
    free(s->order);
    free(s->draws);
}

/* The gradient over the next minibatch, `task->start` being where the algorithm is. */
static critpt_status next_gradient(race_task *task, shuffle *s, double *gradient)
{
    size_t N = task->n_samples;
    if (s->next == N) {
        EVALUATE(race_uniform(task, s->draws, N));
        for (size_t i = N; i > 1; i--) {
            size_t j = (size_t)(s->draws[i - 1] * (double)i), kept = s->order[j];
            s->order[j] = s->order[i - 1];
            s->order[i - 1] = kept;
        }
        s->next = 0;
        s->passes++;
    }
    size_t n = N - s->next < BATCH ? N - s->next : BATCH;
    EVALUATE(critpt_run_select(task->run, s->order + s->next, n));
    s->next += n;
    return critpt_run_gradient(task->run, task->start, task->n_weights, gradient, task->n_weights,
                               NULL);
}

/* Stochastic gradient descent (Robbins, Monro 1951) with steps that fall as 1 / (1 + passes/100).
 */
critpt_status race_sgd(race_task *task)
{
    static const double passes_to_half = 100;
    shuffle s = {0};
    double *g = task->vectors[0];
    critpt_status status = begin(task, &s);
    while (status == CRITPT_OK) {
        status = next_gradient(task, &s, g);
        double t = task->step / (1 + (double)s.passes / passes_to_half);
        if (status == CRITPT_OK)
            race_add(task->n_weights, task->start, -t, g, task->start);
    }
    end(&s);
    return status;
}

/* The heavy ball on minibatches: v = 0.9 v + g, w = w - t v (Sutskever, Martens, Dahl, Hinton 2013,
 * and PyTorch's SGD). */
critpt_status race_minibatch_momentum(race_task *task)
{
    static const double friction = 0.9;
    shuffle s = {0};
    double *g = task->vectors[0], *v = task->vectors[1];
    critpt_status status = begin(task, &s);
    while (status == CRITPT_OK) {
        status = next_gradient(task, &s, g);
        for (size_t i = 0; status == CRITPT_OK && i < task->n_weights; i++) {
            v[i] = friction * v[i] + g[i];
            task->start[i] -= task->step * v[i];
        }
    }
    end(&s);
    return status;
}

/* Adam (Kingma, Ba 2015) with its moments of 0.9 and 0.999. */
critpt_status race_adam(race_task *task)
{
    static const double first = 0.9, second = 0.999, epsilon = 1e-8;
    shuffle s = {0};
    double *g = task->vectors[0], *m = task->vectors[1], *v = task->vectors[2];
    critpt_status status = begin(task, &s);
    for (double step = 1; status == CRITPT_OK; step++) {
        status = next_gradient(task, &s, g);
        double bias1 = 1 - pow(first, step), bias2 = 1 - pow(second, step);
        for (size_t i = 0; status == CRITPT_OK && i < task->n_weights; i++) {
            m[i] = first * m[i] + (1 - first) * g[i];
            v[i] = second * v[i] + (1 - second) * g[i] * g[i];
            task->start[i] -= task->step * (m[i] / bias1) / (sqrt(v[i] / bias2) + epsilon);
        }
    }
    end(&s);
    return status;
}
