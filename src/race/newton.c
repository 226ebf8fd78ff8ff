/* Algorithms that ask for second derivatives. */
#include <math.h>
#include <string.h>

#include "race/eigen.h"
#include "race/solvers.h"

/* Places in the task's first four vectors, the first of them evaluated at the start. */
static critpt_status begin(race_task *task, race_place places[2])
{
    for (size_t i = 0; i < 2; i++)
        places[i] = (race_place){task->vectors[2 * i], task->vectors[2 * i + 1], INFINITY};
    memcpy(places[0].weights, task->start, task->n_weights * sizeof(double));
    return race_evaluate(task, &places[0]);
}

/* The Hessian's eigenvalues on the diagonal of the first matrix, its eigenvectors in the rows of
 * the second. */
static critpt_status decompose(race_task *task, const double *weights, double *largest)
{
    size_t P = task->n_weights;
    EVALUATE(critpt_run_hessian(task->run, weights, P, task->matrices[0], P));
    race_eigen(P, task->matrices[0], task->matrices[1]);
    *largest = 0;
    for (size_t i = 0; i < P; i++)
        *largest = fmax(*largest, fabs(task->matrices[0][i * P + i]));
    return CRITPT_OK;
}

/* Newton's method with |eigenvalues| (saddle-free Newton: Dauphin, Pascanu, Gulcehre, Cho, Ganguli,
 * Bengio 2014), small ones raised to 1e-6 of the largest, and backtracking. */
critpt_status race_saddle_free_newton(race_task *task)
{
    static const double floor_share = 1e-6;
    race_place at[2];
    size_t P = task->n_weights;
    double t = 1, largest, *p = task->vectors[4];
    EVALUATE(begin(task, at));
    while (t > 0) {
        EVALUATE(decompose(task, at[0].weights, &largest));
        memset(p, 0, P * sizeof *p);
        for (size_t i = 0; i < P && largest > 0; i++) {
            const double *v = task->matrices[1] + i * P;
            double scale = fmax(fabs(task->matrices[0][i * P + i]), floor_share * largest);
            race_add(P, p, -race_dot(P, v, at[0].gradient) / scale, v, p);
        }
        t = 1;
        EVALUATE(race_backtrack(task, &at[0], p, &t, &at[1]));
        if (t > 0)
            race_swap(&at[0], &at[1]);
    }
    return CRITPT_OK;
}

/* Backtracking on |g|^2 / 2, whose slope along p is g' H p; *t = 0 where no step is small enough.
 */
static critpt_status backtrack_norm(race_task *task, const race_place *from, const double *p,
                                    double slope, double *t, race_place *to)
{
    static const double share = 1e-4, least = 0x1p-60;
    size_t P = task->n_weights;
    double old = race_dot(P, from->gradient, from->gradient) / 2, first = *t;
    for (; slope < 0 && *t > first * least; *t /= 2) {
        race_add(P, from->weights, *t, p, to->weights);
        EVALUATE(race_evaluate(task, to));
        if (race_dot(P, to->gradient, to->gradient) / 2 <= old + share * *t * slope)
            return CRITPT_OK;
    }
    *t = 0;
    return CRITPT_OK;
}

/* Descent on |g|^2 / 2, whose gradient is H g (McIver, Komornicki 1972): to any critical point. */
critpt_status race_gradient_norm(race_task *task)
{
    race_place at[2];
    size_t P = task->n_weights;
    double t = 1, *p = task->vectors[4];
    EVALUATE(begin(task, at));
    while (t > 0) {
        EVALUATE(critpt_run_hessian_vector(task->run, at[0].weights, P, at[0].gradient, P, p, P));
        for (size_t i = 0; i < P; i++)
            p[i] = -p[i];
        t *= 2;
        EVALUATE(backtrack_norm(task, &at[0], p, -race_dot(P, p, p), &t, &at[1]));
        if (t > 0)
            race_swap(&at[0], &at[1]);
    }
    return CRITPT_OK;
}

/* Newton's method for g = 0, damped: p = -H g / (H^2 + mu), mu 1e-12 of the largest squared
 * eigenvalue, and backtracking on |g| (Dennis, Schnabel 1983, 6.5). To any critical point. */
critpt_status race_newton_on_gradient(race_task *task)
{
    static const double damping = 1e-12;
    race_place at[2];
    size_t P = task->n_weights;
    double t = 1, largest, *p = task->vectors[4];
    EVALUATE(begin(task, at));
    while (t > 0) {
        double slope = 0;
        EVALUATE(decompose(task, at[0].weights, &largest));
        memset(p, 0, P * sizeof *p);
        for (size_t i = 0; i < P && largest > 0; i++) {
            const double *v = task->matrices[1] + i * P;
            double e = task->matrices[0][i * P + i], along = race_dot(P, v, at[0].gradient);
            double inverse = e / (e * e + damping * largest * largest);
            race_add(P, p, -along * inverse, v, p);
            slope -= along * along * e * inverse;
        }
        t = 1;
        EVALUATE(backtrack_norm(task, &at[0], p, slope, &t, &at[1]));
        if (t > 0)
            race_swap(&at[0], &at[1]);
    }
    return CRITPT_OK;
}
