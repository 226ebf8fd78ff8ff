/* The margin of a nature once more: the Hessian whitened by its Gauss-Newton part G, whose
 * eigenvalues are floored at 1e-8 of the largest, or as it is, on the complement of what neither G
 * nor any S(u) curves. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "oracle/spectrum.h"
#include "oracle/dot.h"
#include "oracle/eigen.h"
#include "oracle/null.h"
#include "oracle/parallel.h"
#include "oracle/products.h"

static const double metric_floor = 1e-8;
/* Directions so many times above or below the bound of null ones are null or not by rounding. */
static const double vague = 100;

typedef struct whitening {
    const oracle_problem *problem;
    const double *weights;
    size_t P, n_null;
    bool absolute; /* the whitener is orthogonal */
    bool open;     /* whether rounding of G and S(u) decides how many directions are null */
    real *whitener, *g, *h, *sizes, *vectors, *work; /* P x P */
    real *roots, *values, *null;                     /* P, P, n_null x P */
    uint64_t state;                                  /* of what draws targets */
    double *targets;
} whitening;

static void whitening_free(whitening *w)
{
    free(w->whitener);
    free(w->roots);
    free(w->null);
    free(w->targets);
}

static oracle_status whitening_create(whitening *w, const oracle_problem *problem,
                                      const double *weights)
{
    size_t P = problem->model.n_weights;
    oracle_status result;
    *w = (whitening){.problem = problem, .weights = weights, .P = P, .state = 0x9e3779b97f4a7c15u};
    ORACLE_TRY(oracle_allocate(&w->whitener, 6 * P * P, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&w->roots, 2 * P, sizeof(real)));
    w->g = w->whitener + P * P;
    w->h = w->g + P * P;
    w->sizes = w->h + P * P;
    w->vectors = w->sizes + P * P;
    w->work = w->vectors + P * P;
    w->values = w->roots + P;
done:
    return result;
}

/* P x P matrices and numbers for their rows, of which each task takes one. */
typedef struct factors {
    size_t P;
    const real *a, *b;
    real *to;
} factors;

/* to = a b' */
static oracle_status multiply_row(void *data, size_t i)
{
    const factors *f = data;
    size_t P = f->P;
    for (size_t j = 0; j < P; j++)
        f->to[i * P + j] = dot(f->a + i * P, f->b + j * P, P);
    return ORACLE_OK;
}

/* to += b' diag(a) b */
static oracle_status add_squares_row(void *data, size_t i)
{
    const factors *f = data;
    size_t P = f->P;
    for (size_t k = 0; k < P; k++) {
        real share = f->a[k] * f->b[k * P + i];
        for (size_t j = 0; j < P; j++)
            f->to[i * P + j] += share * f->b[k * P + j];
    }
    return ORACLE_OK;
}

/* work = S(u) for a cotangent u at random, by targets that move by their own size. */
static oracle_status draw_curvature(whitening *w)
{
    size_t n = w->problem->n_samples * w->problem->model.n_outputs;
    oracle_problem drawn = *w->problem;
    double size = 1;
    oracle_status result;
    for (size_t i = 0; i < n; i++)
        size = fmax(size, fabs(w->problem->targets[i]));
    if (!w->targets)
        ORACLE_TRY(oracle_allocate(&w->targets, n, sizeof *w->targets));
    drawn.targets = w->targets;
    for (size_t i = 0; i < n; i++) { /* xorshift64 */
        w->state ^= w->state << 13;
        w->state ^= w->state >> 7;
        w->state ^= w->state << 17;
        w->targets[i] = w->problem->targets[i] + (w->state >> 63 ? size : -size);
    }
    ORACLE_TRY(oracle_hessian(&drawn, w->weights, ORACLE_RESIDUAL, w->work, w->sizes));
done:
    return result;
}

/* Adds |E S(u) E| of norm 1 for some u: what G and all S(u) have in common is then null. Units that
 * are saturated leave S(u) that double precision does not see beside G, whose E G E has ones on its
 * diagonal. Uses vectors, work and values. */
static oracle_status add_curvatures(whitening *w, const real *scale, real *sum)
{
    size_t P = w->P;
    real seen = (real)P * DBL_EPSILON;
    oracle_status result = ORACLE_OK;
    for (int draw = 0; draw < 2; draw++) {
        real norm = 0;
        ORACLE_TRY(draw_curvature(w));
        for (size_t i = 0; i < P * P; i++) {
            w->work[i] *= scale[i / P] * scale[i % P];
            norm += w->work[i] * w->work[i];
        }
        if (!(norm > seen * seen))
            continue;
        ORACLE_TRY(oracle_eigen(P, w->work, w->values, w->vectors, w->problem->n_threads,
                                w->problem->stop));
        for (size_t k = 0; k < P; k++)
            w->values[k] = REAL(fabs)(w->values[k]) / REAL(sqrt)(norm);
        factors f = {P, w->values, w->vectors, sum};
        ORACLE_TRY(oracle_run(w->problem->n_threads, P, add_squares_row, &f));
    }
done:
    return result;
}

static real largest_square(const whitening *w)
{
    real largest = 0;
    for (size_t i = 0; i < w->P; i++)
        largest = REAL(fmax)(largest, w->g[i * w->P + i]);
    return largest;
}

/* shares[i] = the largest share that weight i has of J and of S(u), for some u, beside the largest
 * column of J and the norm of S(u), where it may be rounding; 1 where it is not, or exactly 0. */
static oracle_status find_shares(whitening *w, real *shares)
{
    size_t P = w->P;
    real least = vague * 10 * (real)P * DBL_EPSILON, largest = largest_square(w);
    bool any = false;
    oracle_status result = ORACLE_OK;
    for (size_t i = 0; i < P; i++) {
        shares[i] = largest > 0 ? REAL(sqrt)(REAL(fmax)(w->g[i * P + i], 0) / largest) : 1;
        any = any || shares[i] < least;
    }
    for (int draw = 0; any && draw < 2; draw++) {
        ORACLE_TRY(draw_curvature(w));
        real norm = REAL(sqrt)(dot(w->work, w->work, P * P));
        for (size_t i = 0; i < P; i++) {
            real part = REAL(sqrt)(dot(w->work + i * P, w->work + i * P, P));
            shares[i] = part > 0 ? REAL(fmax)(shares[i], part / norm) : 1;
        }
    }
done:
    return result;
}

/* Directions in the original coordinates, unit vectors, from null vectors of the scaled sum. */
static oracle_status keep_null(whitening *w, const real *scale)
{
    size_t P = w->P;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&w->null, w->n_null * P, sizeof(real)));
    for (size_t i = 0; i < w->n_null * P; i++)
        w->null[i] = scale[i % P] * w->vectors[i];
done:
    return result;
}

/* Values up to `share` times what rounding makes of them. */
static size_t count_null(const whitening *w, real share)
{
    size_t n = 0;
    real least = share * 10 * (real)w->P * DBL_EPSILON * w->values[w->P - 1];
    while (n < w->P && w->values[n] <= least)
        n++;
    return n;
}

/* scale = 1 / sqrt(G_ii), G_ii at least eps times the largest, makes up for weights of unlike size,
 * and blows up what lies below the rounding of all others: weights of which it does are null, and 0
 * in `seen`. Rounding may decide which. */
static oracle_status choose_scale(whitening *w, real *scale, real *seen)
{
    size_t P = w->P;
    real least = 10 * (real)P * DBL_EPSILON, largest = largest_square(w);
    oracle_status result;
    ORACLE_TRY(find_shares(w, seen));
    for (size_t i = 0; i < P; i++) {
        scale[i] =
            1 / REAL(sqrt)(REAL(fmax)(REAL(fmax)(w->g[i * P + i], DBL_EPSILON * largest), DBL_MIN));
        w->open = w->open || (seen[i] > least / vague && seen[i] < least * vague);
        seen[i] = seen[i] < least ? 0 : scale[i];
    }
done:
    return result;
}

/* Only where G alone is singular need S(u) be asked. */
static oracle_status find_null(whitening *w)
{
    size_t P = w->P;
    real *scale = NULL, *seen, *sum;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&scale, 2 * P + P * P, sizeof *scale));
    seen = scale + P;
    sum = seen + P;
    ORACLE_TRY(choose_scale(w, scale, seen));
    for (size_t i = 0; i < P * P; i++)
        w->work[i] = sum[i] = w->g[i] * seen[i / P] * seen[i % P] / (real)P;
    ORACLE_TRY(
        oracle_eigen(P, w->work, w->values, w->vectors, w->problem->n_threads, w->problem->stop));
    if (count_null(w, vague)) {
        ORACLE_TRY(add_curvatures(w, seen, sum));
        ORACLE_TRY(
            oracle_eigen(P, sum, w->values, w->vectors, w->problem->n_threads, w->problem->stop));
        w->n_null = count_null(w, 1);
        w->open = w->open || count_null(w, 1 / vague) < count_null(w, vague);
        ORACLE_TRY(keep_null(w, scale));
    }
done:
    free(scale);
    return result;
}

/* Whitened coordinates of the null directions, orthonormal: they are then eigenvectors of what is
 * returned in `b` with an eigenvalue beyond all others. */
static void push_null_away(whitening *w, real *b)
{
    size_t P = w->P;
    real far = 1, *x = w->null;
    for (size_t i = 0; i < P * P; i++)
        far += REAL(fabs)(b[i]);
    for (size_t k = 0; k < w->n_null; k++, x += P) {
        real norm = 0;
        for (size_t i = 0; i < P; i++) {
            w->values[i] = 0;
            for (size_t j = 0; j < P; j++)
                w->values[i] += w->roots[i] * w->vectors[i * P + j] * x[j];
        }
        for (int twice = 0; twice < 2; twice++)
            for (size_t l = 0; l < k; l++) {
                real along = 0;
                for (size_t i = 0; i < P; i++)
                    along += w->null[l * P + i] * w->values[i];
                for (size_t i = 0; i < P; i++)
                    w->values[i] -= along * w->null[l * P + i];
            }
        for (size_t i = 0; i < P; i++)
            norm += w->values[i] * w->values[i];
        for (size_t i = 0; i < P; i++)
            x[i] = w->values[i] / REAL(sqrt)(norm);
        for (size_t i = 0; i < P; i++) { /* (1 - xx') b (1 - xx') + far xx' */
            w->values[i] = 0;
            for (size_t j = 0; j < P; j++)
                w->values[i] += b[i * P + j] * x[j];
        }
        real form = 0;
        for (size_t i = 0; i < P; i++)
            form += x[i] * w->values[i];
        for (size_t i = 0; i < P; i++)
            for (size_t j = 0; j < P; j++)
                b[i * P + j] +=
                    (form + far) * x[i] * x[j] - x[i] * w->values[j] - w->values[i] * x[j];
    }
}

/* b = W H W' and what rounding in double precision makes of its eigenvalues. */
static double whiten(whitening *w, real *b)
{
    size_t P = w->P;
    real largest = 0, most = 0;
    factors half = {P, w->whitener, w->h, w->work}, whole = {P, w->work, w->whitener, b};
    for (size_t i = 0; i < P * P; i++)
        most = REAL(fmax)(most, w->sizes[i]);
    for (size_t i = 0; i < P; i++)
        w->roots[i] =
            w->absolute ? 1
                        : REAL(sqrt)(REAL(fmax)(
                              REAL(fmax)(w->values[i], metric_floor * w->values[P - 1]), DBL_MIN));
    for (size_t i = 0; i < P * P; i++)
        w->whitener[i] = w->vectors[i] / w->roots[i / P];
    oracle_run(w->problem->n_threads, P, multiply_row, &half);
    oracle_run(w->problem->n_threads, P, multiply_row, &whole);
    for (size_t i = 0; i < P; i++) {
        real sum = 0;
        for (size_t j = 0; j < P; j++)
            sum += REAL(fabs)(w->whitener[i * P + j]);
        largest = REAL(fmax)(largest, sum * sum * most);
    }
    return 16 * DBL_EPSILON * (double)largest;
}

/* Takes eigenvectors of b whose eigenvalues are 0 to rounding, `count` from `first` on, back to the
 * weights, orthonormal. */
static void unwhiten(const whitening *w, size_t first, size_t count, real *v)
{
    size_t P = w->P;
    for (size_t k = 0; k < count; k++) {
        real *x = v + k * P;
        for (size_t a = 0; a < P; a++) {
            x[a] = 0;
            for (size_t i = 0; i < P; i++)
                x[a] += w->work[(first + k) * P + i] * w->whitener[i * P + a];
        }
        for (int twice = 0; twice < 2; twice++) {
            for (size_t l = 0; l < k; l++) {
                real along = dot(v + l * P, x, P);
                for (size_t a = 0; a < P; a++)
                    x[a] -= along * v[l * P + a];
            }
            real length = REAL(sqrt)(dot(x, x, P));
            for (size_t a = 0; a < P; a++)
                x[a] /= length;
        }
    }
}

/* How many eigenvalues of b, from the first of those that are 0 to rounding on, belong to
 * directions in which structure keeps the outputs: all of them or none, which is open where they
 * cannot be followed. Eigenvectors are in work. */
static oracle_status count_symmetric(whitening *w, double error, size_t *first, size_t *count)
{
    size_t P = w->P, n = P - w->n_null;
    real *v = NULL, least = w->roots[0], most = w->roots[0];
    double gap = INFINITY, size = 0, turn;
    bool explained = false;
    oracle_status result = ORACLE_OK;
    *first = *count = 0;
    for (size_t i = 0; i < n; i++) {
        bool zero = REAL(fabs)(w->values[i]) <= error;
        *first = zero && *count == 0 ? i : *first;
        *count += zero;
        gap = zero ? gap : fmin(gap, fabs((double)w->values[i]));
        size = fmax(size, fabs((double)w->values[i]));
    }
    if (*count == 0)
        return ORACLE_OK;
    for (size_t i = 0; i < P; i++) {
        least = REAL(fmin)(least, w->roots[i]);
        most = REAL(fmax)(most, w->roots[i]);
    }
    double turned = 100 * (double)P * (ldexp(1, -53) + 10 * oracle_epsilon() * (1 + size / gap));
    /* |H t| / |t| is at most 1 / least^2 of itself when whitened, and turns by most / least of
     * itself when taken back */
    ORACLE_TRY(
        oracle_turn(w->problem, w->weights, gap * (double)(least * least * least / most), &turn));
    ORACLE_TRY(oracle_allocate(&v, *count * P, sizeof *v));
    unwhiten(w, *first, *count, v);
    ORACLE_TRY(oracle_explain(w->problem, w->weights, true, *count, v,
                              turned * (double)(most / least) + turn, &explained));
    w->open = w->open || !explained;
    *count = explained ? *count : 0;
done:
    free(v);
    return result;
}

static oracle_status find_least(const oracle_problem *problem, const double *weights, bool absolute,
                                double *margin, double *error, bool *open)
{
    whitening w = {0};
    size_t first, count;
    oracle_status result;
    ORACLE_TRY(whitening_create(&w, problem, weights));
    w.absolute = absolute;
    ORACLE_TRY(oracle_hessian(problem, weights, ORACLE_GAUSS_NEWTON, w.g, w.sizes));
    ORACLE_TRY(find_null(&w));
    ORACLE_TRY(oracle_hessian(problem, weights, ORACLE_HESSIAN, w.h, w.sizes));
    ORACLE_TRY(oracle_eigen(w.P, w.g, w.values, w.vectors, w.problem->n_threads, w.problem->stop));
    *error = whiten(&w, w.g);
    if (w.n_null)
        push_null_away(&w, w.g);
    ORACLE_TRY(oracle_eigen(w.P, w.g, w.values, w.work, w.problem->n_threads, w.problem->stop));
    ORACLE_TRY(count_symmetric(&w, *error, &first, &count));
    *open = w.open;
    *margin = INFINITY;
    for (size_t i = 0; i + w.n_null < w.P; i++)
        if (i < first || i >= first + count)
            *margin = fmin(*margin, fabs((double)w.values[i]));
done:
    whitening_free(&w);
    return result;
}

oracle_status oracle_margin(const oracle_problem *problem, const double *weights, double *margin,
                            double *error, bool *open)
{
    return find_least(problem, weights, false, margin, error, open);
}

oracle_status oracle_least_eigenvalue(const oracle_problem *problem, const double *weights,
                                      double *least, double *error, bool *open)
{
    return find_least(problem, weights, true, least, error, open);
}
