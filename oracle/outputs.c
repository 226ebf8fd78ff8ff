/* Outputs of several points: what base targets and amplification are measured by. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "oracle/first_order.h"
#include "oracle/losses.h"

/* |f - c| in the norm of the loss; c is N x D, or D numbers for all samples where `constant`. */
static real distance(const oracle_problem *problem, const real *f, const real *c, bool constant)
{
    size_t D = problem->model.n_outputs;
    real sum = 0;
    for (size_t i = 0; i < problem->n_samples; i++) {
        real s = problem->sample_weights ? problem->sample_weights[i] : 1;
        for (size_t o = 0; o < D; o++)
            for (size_t q = 0; q < D; q++) {
                real m = problem->metric ? (real)problem->metric[o * D + q] : o == q;
                real a = f[i * D + o] - (c ? c[constant ? o : i * D + o] : 0);
                real b = f[i * D + q] - (c ? c[constant ? q : i * D + q] : 0);
                sum += s * a * m * b;
            }
    }
    return REAL(sqrt)(sum / (real)problem->n_samples);
}

/* The weighted mean over the samples, D numbers. */
static void find_centre(const oracle_problem *problem, const real *f, real *centre)
{
    size_t D = problem->model.n_outputs;
    real total = 0;
    for (size_t o = 0; o < D; o++)
        centre[o] = 0;
    for (size_t i = 0; i < problem->n_samples; i++) {
        real s = problem->sample_weights ? problem->sample_weights[i] : 1;
        total += s;
        for (size_t o = 0; o < D; o++)
            centre[o] += s * f[i * D + o];
    }
    for (size_t o = 0; o < D; o++)
        centre[o] /= total;
}

/* |f(w (1 + eps)) - f(w)|, eps being that of double precision; moved has room for N x D. */
static oracle_status find_rounding(const oracle_problem *problem, const double *weights,
                                   const real *f, real *moved, double *rounding)
{
    size_t P = problem->model.n_weights;
    double *w = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&w, P, sizeof *w));
    for (size_t j = 0; j < P; j++)
        w[j] = weights[j] * (1 + DBL_EPSILON);
    ORACLE_TRY(oracle_outputs(problem, w, moved));
    *rounding = fmax(*rounding, (double)distance(problem, moved, f, false));
done:
    free(w);
    return result;
}

oracle_status oracle_mean_outputs(const oracle_problem *problem, size_t n_points,
                                  const double *weights, double *mean, oracle_spread *spread)
{
    size_t D = problem->model.n_outputs, n = problem->n_samples * D;
    size_t P = problem->model.n_weights;
    real *f = NULL, *middle, *centre, *moved;
    oracle_status result;
    *spread = (oracle_spread){.alike = true};
    ORACLE_TRY(oracle_allocate(&f, 3 * n + D, sizeof *f));
    middle = f + n;
    moved = middle + n;
    centre = moved + n;
    for (size_t k = 0; k < n_points; k++) {
        ORACLE_TRY(oracle_outputs(problem, weights + k * P, f));
        for (size_t i = 0; i < n; i++)
            middle[i] += f[i] / (real)n_points;
        find_centre(problem, f, centre);
        spread->spread = fmax(spread->spread, (double)distance(problem, f, centre, true));
    }
    for (size_t k = 0; k < n_points; k++) {
        ORACLE_TRY(oracle_outputs(problem, weights + k * P, f));
        double size = (double)distance(problem, f, NULL, false);
        spread->size = fmax(spread->size, size);
        ORACLE_TRY(find_rounding(problem, weights + k * P, f, moved, &spread->rounding));
        spread->alike = spread->alike &&
                        (double)distance(problem, f, middle, false) <= 1e3 * DBL_EPSILON * size;
    }
    for (size_t i = 0; i < n; i++)
        mean[i] = (double)middle[i];
done:
    free(f);
    return result;
}

oracle_status oracle_distance(const oracle_problem *problem, const double *base, double *found)
{
    size_t n = problem->n_samples * problem->model.n_outputs;
    real *moved = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&moved, n, sizeof *moved));
    for (size_t i = 0; i < n; i++)
        moved[i] = (real)problem->targets[i] - base[i];
    *found = (double)distance(problem, moved, NULL, false);
done:
    free(moved);
    return result;
}
