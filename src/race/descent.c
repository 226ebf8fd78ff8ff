/* Descent by the gradient alone. */
#include <math.h>
#include <string.h>

#include "race/solvers.h"

/* Places in the task's first four vectors, the first of them evaluated at the start. */
static critpt_status begin(race_task *task, race_place places[2])
{
    for (size_t i = 0; i < 2; i++)
        places[i] = (race_place){task->vectors[2 * i], task->vectors[2 * i + 1], INFINITY};
    memcpy(places[0].weights, task->start, task->n_weights * sizeof(double));
    return race_evaluate(task, &places[0]);
}

/* Steepest descent (Cauchy 1847) with backtracking; a step that was taken at once may double. */
critpt_status race_gradient_descent(race_task *task)
{
    race_place at[2];
    double t = 1, *p = task->vectors[4];
    EVALUATE(begin(task, at));
    while (t > 0) {
        for (size_t i = 0; i < task->n_weights; i++)
            p[i] = -at[0].gradient[i];
        t *= 2;
        EVALUATE(race_backtrack(task, &at[0], p, &t, &at[1]));
        if (t > 0)
            race_swap(&at[0], &at[1]);
    }
    return CRITPT_OK;
}

/* The heavy ball (Polyak 1964), v = 0.9 v - t g. Where the loss has risen it goes back, at rest,
 * and t is halved, else t grows by 2 % (the bold driver of Battiti 1989). */
critpt_status race_momentum(race_task *task)
{
    static const double friction = 0.9, growth = 1.02, least = 1e-16;
    race_place at[2];
    size_t P = task->n_weights;
    double t = 1, *v = task->vectors[4];
    EVALUATE(begin(task, at));
    while (t > least) {
        for (size_t i = 0; i < P; i++)
            v[i] = friction * v[i] - t * at[0].gradient[i];
        race_add(P, at[0].weights, 1, v, at[1].weights);
        EVALUATE(race_evaluate(task, &at[1]));
        if (at[1].loss <= at[0].loss) {
            race_swap(&at[0], &at[1]);
            t *= growth;
        } else {
            memset(v, 0, P * sizeof *v);
            t /= 2;
        }
    }
    return CRITPT_OK;
}

/* A uniform draw from the ball of this radius, added to the weights. */
static critpt_status perturb(race_task *task, double radius, double *direction, double *weights)
{
    double u;
    EVALUATE(race_normal(task, direction, task->n_weights));
    EVALUATE(race_uniform(task, &u, 1));
    double norm = sqrt(race_dot(task->n_weights, direction, direction));
    double length = radius * pow(u, 1 / (double)task->n_weights);
    race_add(task->n_weights, weights, length / norm, direction, weights);
    return CRITPT_OK;
}

/* Perturbed gradient descent (Jin, Ge, Netrapalli, Kakade, Jordan 2017): where the gradient is
 * small and was not disturbed for a while, a step to anywhere in a small ball. */
critpt_status race_perturbed_descent(race_task *task)
{
    static const double small = 1e-3, radius = 1e-2; /* of the first gradient; in weights */
    enum { PATIENCE = 20 };
    race_place at[2];
    size_t P = task->n_weights, since = PATIENCE;
    double t = 1, *p = task->vectors[4];
    EVALUATE(begin(task, at));
    double first = sqrt(race_dot(P, at[0].gradient, at[0].gradient));
    for (;; since++) {
        double norm = sqrt(race_dot(P, at[0].gradient, at[0].gradient));
        if ((norm <= small * first && since >= PATIENCE) || t == 0) {
            EVALUATE(perturb(task, radius, p, at[0].weights));
            EVALUATE(race_evaluate(task, &at[0]));
            since = 0;
            t = t == 0 ? 1 : t;
        }
        for (size_t i = 0; i < P; i++)
            p[i] = -at[0].gradient[i];
        t *= 2;
        EVALUATE(race_backtrack(task, &at[0], p, &t, &at[1]));
        if (t > 0)
            race_swap(&at[0], &at[1]);
    }
}
