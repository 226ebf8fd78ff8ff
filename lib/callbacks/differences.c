/* See differences.h. A step h leaves an error of h^6, and rounding makes eps / h of the values, so
 * that no step suits all functions: of a row of them, each entry takes the one whose result differs
 * least from that of the next, what it differs by being its error. */
#include "callbacks/differences.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Weights of g(k h) -+ g(-k h), k = 1, 2, 3, and of g(0), whose sum over h or h^2 is the derivative
 * to sixth order. */
typedef struct stencil {
    double around[3], centre;
    int order;
} stencil;
static const stencil first_order = {{45.0 / 60, -9.0 / 60, 1.0 / 60}, 0, 1};
static const stencil second_order = {{3.0 / 2, -3.0 / 20, 1.0 / 90}, -49.0 / 18, 2};

/* What rounding of the values counts, in eps: a few operations made each. */
static const double roundings_of_values = 4;

/* Appends n steps below the scale, those that are not below the last one left out. */
static void add_steps(cpt_steps *steps, double scale, int n)
{
    int exponent = ilogb(scale);
    for (int i = 1; i <= n; i++) {
        double step = ldexp(1, exponent - 2 * i);
        if (steps->n == 0 || step < steps->size[steps->n - 1])
            steps->size[steps->n++] = step;
    }
}

cpt_steps cpt_differences_steps(double weight)
{
    enum { OF_ONE = 4, OF_WEIGHT = 6 }; /* functions change faster than their weights suggest */
    cpt_steps steps = {.n = 0};
    double size = fabs(weight);
    if (size >= 1)
        add_steps(&steps, size, OF_WEIGHT);
    add_steps(&steps, 1, OF_ONE);
    if (size > 0 && size < 1)
        add_steps(&steps, size, OF_WEIGHT);
    return steps;
}

cpt_steps cpt_differences_scaled_steps(void)
{
    return (cpt_steps){{0x1p-1, 0x1p-3, 0x1p-5, 0x1p-7}, 4};
}

size_t cpt_differences_scratch_size(size_t m)
{
    return (2 * CPT_MOST_STEPS + 3) * m;
}

/* A row of differences on its way, m numbers each. */
typedef struct row {
    const cpt_line *line;
    const stencil *stencil;
    double *centre, *plus, *minus;
    double *results, *roundings; /* m for each step */
} row;

/* The result for the step h and how far rounding takes it. Not finite where the line is not. */
static critpt_status take_step(const row *r, double h, double *result, double *rounding)
{
    critpt_status status = CRITPT_OK;
    size_t m = r->line->m;
    double scale = r->stencil->order == 1 ? h : h * h, sign = r->stencil->order == 1 ? -1 : 1;
    for (size_t i = 0; i < m; i++) {
        double middle = r->stencil->centre != 0 ? r->stencil->centre * r->centre[i] : 0;
        result[i] = middle / scale;
        rounding[i] = fabs(middle) / scale;
    }
    for (int k = 0; k < 3; k++) {
        double weight = r->stencil->around[k] / scale;
        CPT_TRY(r->line->values(r->line, (k + 1) * h, r->plus));
        CPT_TRY(r->line->values(r->line, -(k + 1) * h, r->minus));
        for (size_t i = 0; i < m; i++) {
            result[i] += weight * (r->plus[i] + sign * r->minus[i]);
            rounding[i] += fabs(weight) * (fabs(r->plus[i]) + fabs(r->minus[i]));
        }
    }
    for (size_t i = 0; i < m; i++)
        rounding[i] *= roundings_of_values * DBL_EPSILON;
done:
    return status;
}

/* How far entry i may be off by step k: as far as it is from the next step, and from those after it
 * beyond their rounding, so that steps so large that a function is flat on both do not agree on
 * that. */
static double error_of(const row *r, size_t n_steps, size_t k, size_t i)
{
    size_t m = r->line->m;
    const double *result = r->results + i, *rounding = r->roundings + i;
    double error = fabs(result[k * m] - result[(k + 1) * m]);
    for (size_t l = k + 2; l < n_steps; l++)
        error = fmax(error, fabs(result[k * m] - result[l * m]) - 2 * rounding[l * m]);
    return error + rounding[k * m];
}

/* Each entry by its best step; *best suits most: the sum of its errors is least. */
static void choose(const row *r, const cpt_steps *steps, double *derivative, double *errors,
                   double *best)
{
    double least = INFINITY;
    size_t m = r->line->m;
    for (size_t i = 0; i < m; i++) {
        derivative[i] = NAN;
        errors[i] = INFINITY;
    }
    *best = steps->size[steps->n - 1];
    for (size_t k = 0; k + 1 < steps->n; k++) {
        double total = 0;
        for (size_t i = 0; i < m; i++) {
            double error = error_of(r, steps->n, k, i);
            if (error < errors[i]) {
                errors[i] = error;
                derivative[i] = r->results[k * m + i];
            }
            total += isnan(error) ? INFINITY : error;
        }
        if (total < least) {
            least = total;
            *best = steps->size[k];
        }
    }
}

static critpt_status differentiate(row *r, const cpt_steps *steps, double *scratch,
                                   double *derivative, double *errors, double *best)
{
    critpt_status status = CRITPT_OK;
    size_t m = r->line->m;
    r->plus = scratch;
    r->minus = scratch + m;
    r->results = scratch + 3 * m;
    r->roundings = r->results + CPT_MOST_STEPS * m;
    for (size_t k = 0; k < steps->n; k++)
        CPT_TRY(take_step(r, steps->size[k], r->results + k * m, r->roundings + k * m));
    choose(r, steps, derivative, errors, best);
done:
    return status;
}

critpt_status cpt_differences_first(const cpt_line *line, const cpt_steps *steps, double *scratch,
                                    double *derivative, double *errors, double *best)
{
    row r = {.line = line, .stencil = &first_order};
    return differentiate(&r, steps, scratch, derivative, errors, best);
}

critpt_status cpt_differences_second(const cpt_line *line, const cpt_steps *steps, double *scratch,
                                     double *derivative, double *errors)
{
    critpt_status status;
    double best;
    row r = {.line = line, .stencil = &second_order, .centre = scratch + 2 * line->m};
    CPT_TRY(line->values(line, 0, r.centre));
    CPT_TRY(differentiate(&r, steps, scratch, derivative, errors, &best));
done:
    return status;
}
