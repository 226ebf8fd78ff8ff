/* Whole spectra in extended precision: the Hessian, its eigenvalues, and what J and S make of the
 * directions that it hardly curves. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "oracle/spectrum.h"
#include "oracle/eigen.h"
#include "oracle/first_order.h"
#include "oracle/losses.h"
#include "oracle/null.h"
#include "oracle/products.h"

/* Matrices of P x P, and vectors. */
typedef struct matrices {
    size_t P;
    real *hessian, *sizes, *work, *vectors; /* sizes: the sums behind the entries, absolute */
    bool *idle;                             /* weights that have no effect in double precision */
    real *scale, *values, *scaled_values;
} matrices;

typedef struct signs {
    size_t negative, positive;
} signs;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void matrices_free(matrices *m)
{
    free(m->hessian);
    free(m->sizes);
    free(m->work);
    free(m->vectors);
    free(m->scale);
    free(m->idle);
}

static oracle_status matrices_create(matrices *m, size_t P, bool vectors)
{
    oracle_status result;
    *m = (matrices){.P = P};
    ORACLE_TRY(oracle_allocate(&m->hessian, P * P, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&m->sizes, P * P, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&m->work, P * P, sizeof(real)));
    if (vectors)
        ORACLE_TRY(oracle_allocate(&m->vectors, P * P, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&m->idle, P, sizeof *m->idle));
    ORACLE_TRY(oracle_allocate(&m->scale, 3 * P, sizeof(real)));
    m->values = m->scale + P;
    m->scaled_values = m->values + P;
done:
    return result;
}

/* The largest sum of a row of E |H| E, E the scale, which bounds its norm. */
static real largest_row(const matrices *m, const real *scale)
{
    real largest = 0;
    for (size_t i = 0; i < m->P; i++) {
        real sum = 0;
        for (size_t j = 0; j < m->P; j++)
            sum += m->sizes[i * m->P + j] * scale[i] * scale[j];
        largest = REAL(fmax)(largest, sum);
    }
    return largest;
}

/* What rounding makes of eigenvalues at most, in units of that. */
static real rounding_units(const matrices *m, const oracle_problem *problem)
{
    return (real)problem->n_samples + 1024 + 10 * (real)m->P;
}

/* How many signs of each kind stand clear of an error. */
static signs count_signs(size_t n, const real *values, real error)
{
    signs counted = {0};
    for (size_t i = 0; i < n; i++) {
        counted.negative += values[i] < -error;
        counted.positive += values[i] > error;
    }
    return counted;
}

/* Eigenvalues of E H E, how many of each sign are certain, and how many are seen, by what rounding
 * is likely to make of them; returns the bound in *error. */
static oracle_status decide(matrices *m, const oracle_problem *problem, real *values,
                            signs *certain, signs *seen, real *error)
{
    size_t P = m->P;
    for (size_t i = 0; i < P * P; i++)
        m->work[i] = m->hessian[i] * m->scale[i / P] * m->scale[i % P];
    oracle_status result =
        oracle_eigen(P, m->work, values, NULL, problem->n_threads, problem->stop);
    real likely = largest_row(m, m->scale) * (real)oracle_epsilon() * 8;
    *error = likely / 8 * rounding_units(m, problem);
    *certain = count_signs(P, values, *error);
    *seen = count_signs(P, values, likely);
    return result;
}

/* By Sylvester's law the signs of E H E are those of H; with rows of like size fewer are hidden. */
static oracle_status decide_both(matrices *m, const oracle_problem *problem,
                                 oracle_spectrum *spectrum)
{
    size_t P = m->P;
    signs certain, seen;
    real error;
    oracle_status result;
    for (size_t i = 0; i < P; i++)
        m->scale[i] = 1;
    ORACLE_TRY(decide(m, problem, m->values, &certain, &seen, &error));
    spectrum->n_negative = certain.negative;
    spectrum->n_positive = certain.positive;
    spectrum->seen_negative = seen.negative;
    spectrum->seen_positive = seen.positive;
    spectrum->error = (double)error;
    for (size_t i = 0; i < P; i++) {
        real size = m->sizes[i * P + i];
        m->scale[i] = size > 0 ? 1 / REAL(sqrt)(size) : 1;
    }
    ORACLE_TRY(decide(m, problem, m->scaled_values, &certain, &seen, &error));
    spectrum->n_negative = larger(certain.negative, spectrum->n_negative);
    spectrum->n_positive = larger(certain.positive, spectrum->n_positive);
    spectrum->seen_negative = larger(seen.negative, spectrum->seen_negative);
    spectrum->seen_positive = larger(seen.positive, spectrum->seen_positive);
done:
    return result;
}

/* Rows of `vectors` into `to`, those of the eigenvalues nearest to 0 first; returns the least
 * |eigenvalue| of those that are left. */
static double collect_nearest(const matrices *m, size_t count, real *to)
{
    size_t P = m->P, first = 0, last; /* a window: eigenvalues ascend */
    real gap = INFINITY;
    while (first < P && m->values[first] < 0)
        first++;
    last = first;
    for (size_t i = 0; i < count; i++) {
        bool below = last == P || (first > 0 && -m->values[first - 1] < m->values[last]);
        const real *v = m->vectors + (below ? --first : last++) * P;
        for (size_t j = 0; j < P; j++)
            to[i * P + j] = v[j];
    }
    if (first > 0)
        gap = -m->values[first - 1];
    if (last < P && m->values[last] < gap)
        gap = m->values[last];
    return (double)gap;
}

/* Clears the rows and columns of weights that change no output along themselves, and the loss with
 * others by less than its rounding. */
static oracle_status clear_idle(matrices *m, const oracle_problem *problem, const double *weights)
{
    size_t P = m->P;
    oracle_values values;
    oracle_status result;
    ORACLE_TRY(oracle_find_idle(problem, weights, m->idle));
    ORACLE_TRY(oracle_evaluate(problem, weights, &values));
    for (size_t i = 0; i < P; i++) {
        real row = 0;
        for (size_t j = 0; j < P; j++)
            row += m->sizes[i * P + j] + m->sizes[j * P + i];
        m->idle[i] = m->idle[i] && row <= DBL_EPSILON * (real)(values.level + values.loss);
    }
    for (size_t i = 0; i < P * P; i++)
        if (m->idle[i / P] || m->idle[i % P])
            m->hessian[i] = m->sizes[i] = 0;
done:
    return result;
}

/* What rounding of the targets to double precision makes of the eigenvalues of V'HV at most, V
 * being n directions, one a row: eps |V|' |S(Mn y)| |V|, by targets for which y is the residual.
 * `products` and `sizes` are room for n x P numbers. */
static oracle_status find_rounding(const oracle_problem *problem, const double *weights, size_t n,
                                   const real *v, real *products, real *sizes, double *error)
{
    size_t P = problem->model.n_weights, D = problem->model.n_outputs;
    size_t N = problem->n_samples * D;
    real *outputs = NULL;
    double *targets = NULL;
    oracle_problem moved = *problem;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&outputs, N, sizeof *outputs));
    ORACLE_TRY(oracle_allocate(&targets, N, sizeof *targets));
    ORACLE_TRY(oracle_outputs(problem, weights, outputs));
    for (size_t i = 0; i < N; i++)
        targets[i] = (double)(outputs[i] - problem->targets[i]);
    moved.targets = targets;
    ORACLE_TRY(oracle_products(&moved, weights, ORACLE_RESIDUAL, n, v, products, sizes, NULL));
    *error = 0;
    for (size_t c = 0; c < n; c++) {
        real row = 0;
        for (size_t i = 0; i < n * P; i++)
            row += REAL(fabs)(v[c * P + i % P]) * sizes[i];
        *error = fmax(*error, DBL_EPSILON * (double)row);
    }
done:
    free(outputs);
    free(targets);
    return result;
}

/* The largest |J v| and |S v| over n directions. */
static oracle_status find_largest(const oracle_problem *problem, const double *weights, size_t n,
                                  const real *v, real *products, real *sizes,
                                  oracle_spectrum *spectrum)
{
    size_t P = spectrum->n;
    real *forms = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&forms, n, sizeof *forms));
    ORACLE_TRY(oracle_products(problem, weights, ORACLE_RESIDUAL, n, v, products, sizes, forms));
    for (size_t d = 0; d < n; d++) {
        real square = 0;
        for (size_t i = d * P; i < (d + 1) * P; i++)
            square += products[i] * products[i];
        spectrum->null_slope = fmax(spectrum->null_slope, (double)REAL(sqrt)(forms[d]));
        spectrum->null_bend = fmax(spectrum->null_bend, (double)REAL(sqrt)(square));
    }
done:
    free(forms);
    return result;
}

/* |J V| and |S V| over those directions, and whether known symmetries explain them. Destroys the
 * rows of idle weights. */
static oracle_status measure_null(matrices *m, const oracle_problem *problem, const double *weights,
                                  size_t count, oracle_spectrum *spectrum)
{
    size_t P = m->P;
    real *v = NULL, *products, *sizes, largest = 0;
    double spread, rounding, turn;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, 3 * count * P, sizeof *v));
    products = v + count * P;
    sizes = products + count * P;
    ORACLE_TRY(clear_idle(m, problem, weights));
    for (size_t i = 0; i < P * P; i++) {
        m->work[i] = m->hessian[i];
        largest = REAL(fmax)(largest, m->sizes[i]);
    }
    ORACLE_TRY(oracle_eigen(P, m->work, m->values, m->vectors, problem->n_threads, problem->stop));
    spectrum->gap = collect_nearest(m, count, v);
    for (size_t i = 0; i < count * P; i++)
        v[i] = m->idle[i % P] ? 0 : v[i];
    ORACLE_TRY(find_rounding(problem, weights, count, v, products, sizes, &rounding));
    spectrum->n_descending = count_signs(P, m->values, (real)(spectrum->error + rounding)).negative;
    ORACLE_TRY(find_largest(problem, weights, count, v, products, sizes, spectrum));
    spread = 1 + spectrum->norm / spectrum->gap;
    ORACLE_TRY(oracle_turn(problem, weights, spectrum->gap, &turn));
    spectrum->null_error =
        100 * (double)P * (ldexp(1, -53) + 10 * oracle_epsilon() * spread) + turn;
    spectrum->size = (double)largest * (double)P;
    ORACLE_TRY(
        oracle_explain(problem, weights, false, count, v, spectrum->null_error, &spectrum->named));
    ORACLE_TRY(oracle_explain(problem, weights, true, count, v, spectrum->null_error,
                              &spectrum->explained));
done:
    free(v);
    return result;
}

oracle_status oracle_spectrum_create(oracle_spectrum *spectrum, const oracle_problem *problem,
                                     const double *weights, long nullity)
{
    matrices m = {0};
    size_t P = problem->model.n_weights;
    oracle_status result;
    *spectrum = (oracle_spectrum){.n = P};
    ORACLE_TRY(matrices_create(&m, P, nullity > 0));
    ORACLE_TRY(oracle_hessian(problem, weights, ORACLE_HESSIAN, m.hessian, m.sizes));
    ORACLE_TRY(decide_both(&m, problem, spectrum));
    ORACLE_TRY(oracle_allocate(&spectrum->values, P, sizeof(double)));
    for (size_t i = 0; i < P; i++)
        spectrum->values[i] = (double)m.values[i];
    spectrum->norm = fmax(fabs(spectrum->values[0]), fabs(spectrum->values[P - 1]));
    if (nullity > 0)
        ORACLE_TRY(measure_null(&m, problem, weights, (size_t)nullity < P ? (size_t)nullity : P,
                                spectrum));
done:
    matrices_free(&m);
    if (result != ORACLE_OK)
        oracle_spectrum_free(spectrum);
    return result;
}

void oracle_spectrum_free(oracle_spectrum *spectrum)
{
    free(spectrum->values);
    *spectrum = (oracle_spectrum){0};
}
