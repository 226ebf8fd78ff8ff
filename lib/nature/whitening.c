/* The whitening of a point: its metric, the null directions, along which no targets curve the loss,
 * and what the output layer's block of the Hessian, the same for all targets, forbids (MATH 5, fact
 * 5; MATH 7). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/whitening.h"

/* Eigenvalues of the metric are those of G, and at least this part of the largest (MATH 7). */
static const double metric_floor = 1e-8;
/* Eigenvalues of G by the metric, at most 1, below which they are not told from rounding: it makes
 * eps / metric_floor = 2e-8 where the metric is floored and eps where it is not. Chosen between. */
static const double least_quotient = 1e-10;
/* Eigenvalues below so many P eps of the largest are zero (MATH 9). */
static const double roundings = 10;

void cpt_nature_whitening_destroy(cpt_nature_whitening *whitening)
{
    cpt_free(whitening->rows);
    cpt_free(whitening->null_directions);
    cpt_free(whitening->gauss_newton);
    cpt_free(whitening->caps);
    memset(whitening, 0, sizeof *whitening);
}

/* a += |b| for a symmetric b, which is destroyed; values: P. */
static critpt_status add_absolute(size_t P, double *b, double *values, double *scratch, double *a)
{
    critpt_status status;
    CPT_TRY(cpt_linalg_eigen(P, b, values));
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++)
            scratch[i * P + j] = fabs(values[i]) * b[i * P + j];
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, P, P, 1, b, P, scratch, P, 1, a, P);
done:
    return status;
}

enum { DRAWS = 2 }; /* of u, as a null vector of one S(u) may depend on u */

/* s = S(u) for random u. */
static critpt_status draw_curvature(cpt_nature_maps *maps, const double *weights, uint64_t draw,
                                    double *s)
{
    critpt_status status;
    CPT_TRY(critpt_random_normal(0, CRITPT_STREAM_NOISE, draw * maps->n, maps->field, maps->n));
    CPT_TRY(cpt_landscape_curvature_matrix(maps->workspace, weights, CPT_RESIDUAL_CURVATURE,
                                           maps->field, s, maps->P));
done:
    return status;
}

/* sum = |E G E| + sum of |E S(u) E| but for faint weights, each term scaled to norm 1: its null
 * space is what G and all S have in common. */
static critpt_status sum_curvatures(cpt_nature_maps *maps, const cpt_nature_whitening *whitening,
                                    const double *weights, const double *scale, const bool *faint,
                                    double *values, double *sum)
{
    critpt_status status;
    size_t P = maps->P;
    for (size_t i = 0; i < P * P; i++)
        sum[i] = faint[i / P] || faint[i % P]
                     ? 0
                     : whitening->gauss_newton[i] * scale[i / P] * scale[i % P] / (double)P;
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        double norm = 0, *s = maps->matrix;
        CPT_TRY(draw_curvature(maps, weights, draw, s));
        for (size_t i = 0; i < P * P; i++) {
            s[i] = faint[i / P] || faint[i % P] ? 0 : s[i] * scale[i / P] * scale[i % P];
            norm = hypot(norm, s[i]);
        }
        for (size_t i = 0; i < P * P && norm > 0; i++)
            s[i] /= norm;
        if (norm > 0)
            CPT_TRY(add_absolute(P, s, values, maps->scratch, sum));
    }
done:
    return status;
}

/* Orthonormalises the rows of a (n x P) by Gram-Schmidt, twice over; what depends on those before
 * becomes 0. */
static void orthonormalize(size_t n, size_t P, double *a)
{
    static const double dependent = 1e-10; /* of the length; chosen */
    for (size_t i = 0; i < n; i++) {
        double *v = a + i * P, length = cpt_linalg_norm(P, v);
        for (int twice = 0; twice < 2; twice++) {
            for (size_t j = 0; j < i; j++)
                cpt_linalg_axpy(P, -cpt_linalg_dot(P, v, a + j * P), a + j * P, v);
            double norm = cpt_linalg_norm(P, v);
            bool depends = !(norm > dependent * (twice ? 1 : length));
            for (size_t b = 0; b < P; b++)
                v[b] = depends ? 0 : v[b] / norm;
        }
    }
}

static double largest_square(const cpt_nature_whitening *whitening)
{
    size_t P = whitening->P;
    double largest = 0;
    for (size_t a = 0; a < P; a++)
        largest = fmax(largest, whitening->gauss_newton[a * P + a]);
    return largest;
}

/* Marks weights whose part of J and of all S(u) is rounding beside the largest, and not 0. */
static critpt_status find_faint_weights(cpt_nature_whitening *whitening, cpt_nature_maps *maps,
                                        const double *weights, bool *faint)
{
    critpt_status status = CRITPT_OK;
    size_t P = maps->P;
    double least = roundings * (double)P * DBL_EPSILON, largest = largest_square(whitening);
    bool any = false;
    for (size_t a = 0; a < P; a++) {
        faint[a] = whitening->gauss_newton[a * P + a] < least * least * largest;
        any = any || faint[a];
    }
    for (uint64_t draw = 0; any && draw < DRAWS; draw++) {
        double *s = maps->matrix;
        CPT_TRY(draw_curvature(maps, weights, draw, s));
        double norm = cpt_linalg_norm(P * P, s);
        for (size_t a = 0; a < P; a++) {
            double part = cpt_linalg_norm(P, s + a * P);
            faint[a] = faint[a] && part > 0 && part < least * norm;
        }
    }
    for (size_t a = 0; a < P; a++)
        whitening->n_faint += faint[a];
done:
    return status;
}

/* Makes the symmetric directions v = E x null vectors x of the sum as well; faint weights, along
 * which it is 0, have no part in them. */
static critpt_status leave_out(const cpt_nature_point *point, size_t P, const double *scale,
                               const bool *faint, double *sum)
{
    critpt_status status;
    size_t n = point->n_symmetric;
    double *x = NULL, *product = NULL;
    CPT_TRY(cpt_allocate(&x, n, P * sizeof *x));
    CPT_TRY(cpt_allocate(&product, P, sizeof *product));
    for (size_t i = 0; i < n * P; i++)
        x[i] = faint[i % P] ? 0 : point->symmetric[i] / scale[i % P];
    orthonormalize(n, P, x);
    for (size_t i = 0; i < n; i++) { /* sum = (1 - x x') sum (1 - x x') */
        const double *v = x + i * P;
        cpt_linalg_gemv(CPT_PLAIN, P, P, 1, sum, P, v, 0, product);
        double form = cpt_linalg_dot(P, v, product);
        for (size_t a = 0; a < P; a++)
            for (size_t b = 0; b < P; b++)
                sum[a * P + b] += form * v[a] * v[b] - v[a] * product[b] - product[a] * v[b];
    }
done:
    cpt_free(x);
    cpt_free(product);
    return status;
}

/* E_aa = 1 / sqrt(G_aa), G_aa at least eps times the largest. */
static void choose_scale(const cpt_nature_whitening *whitening, double *scale)
{
    size_t P = whitening->P;
    double largest = largest_square(whitening);
    for (size_t a = 0; a < P; a++)
        scale[a] = 1 / sqrt(fmax(fmax(whitening->gauss_newton[a * P + a], DBL_EPSILON * largest),
                                 DBL_MIN));
}

/* The first n_null vectors x of the sum above as null directions v = E x; along faint weights the
 * sum is 0. */
static critpt_status keep_null_directions(cpt_nature_whitening *whitening, const double *x,
                                          const double *scale)
{
    critpt_status status = CRITPT_OK;
    size_t P = whitening->P;
    if (whitening->n_null)
        CPT_TRY(cpt_allocate(&whitening->null_directions, whitening->n_null * P, sizeof(double)));
    for (size_t i = 0; i < whitening->n_null; i++) {
        double *v = whitening->null_directions + i * P, norm;
        for (size_t a = 0; a < P; a++)
            v[a] = scale[a] * x[i * P + a];
        norm = cpt_linalg_norm(P, v);
        for (size_t a = 0; a < P; a++)
            v[a] /= norm;
    }
done:
    return status;
}

/* E makes up for weights of unlike size, and blows up what lies below the rounding of all others:
 * faint weights are left out of it where they are to be null. */
static critpt_status find_null_directions(cpt_nature_whitening *whitening, cpt_nature_maps *maps,
                                          const cpt_nature_point *point, bool leaves_faint)
{
    critpt_status status;
    size_t P = maps->P;
    double *scale = NULL, *values = NULL, *sum = NULL;
    bool *faint = NULL;
    CPT_TRY(cpt_allocate(&scale, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&values, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&sum, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&faint, P, sizeof(bool)));
    if (leaves_faint)
        CPT_TRY(find_faint_weights(whitening, maps, point->weights, faint));
    choose_scale(whitening, scale);
    CPT_TRY(sum_curvatures(maps, whitening, point->weights, scale, faint, values, sum));
    CPT_TRY(leave_out(point, P, scale, faint, sum));
    CPT_TRY(cpt_linalg_eigen(P, sum, values));
    while (whitening->n_null < P &&
           values[whitening->n_null] <= roundings * (double)P * DBL_EPSILON * values[P - 1])
        whitening->n_null++;
    CPT_TRY(keep_null_directions(whitening, sum, scale));
done:
    cpt_free(scale);
    cpt_free(values);
    cpt_free(sum);
    cpt_free(faint);
    return status;
}

/* Takes the null directions out of the whitening's rows, which are all P of them before. roots: of
 * the floored eigenvalues; vectors: eigenvectors of G, one a row. */
static critpt_status keep_complement(cpt_nature_whitening *whitening, const double *vectors,
                                     const double *roots)
{
    critpt_status status = CRITPT_OK;
    size_t P = whitening->P, n_null = whitening->n_null;
    double *coordinates = NULL, *projector = NULL, *values = NULL, *rows = NULL;
    if (n_null == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&coordinates, n_null * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&projector, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&values, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&rows, P * P, sizeof(double)));
    /* whitened coordinates of v: roots o (vectors v) */
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, n_null, P, P, 1, whitening->null_directions, P,
                    vectors, P, 0, coordinates, P);
    for (size_t i = 0; i < n_null * P; i++)
        coordinates[i] *= roots[i % P];
    orthonormalize(n_null, P, coordinates);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, P, n_null, 1, coordinates, P, coordinates, P, 0,
                    projector, P);
    CPT_TRY(cpt_linalg_eigen(P, projector, values)); /* first the complement's, eigenvalue 0 */
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, whitening->order, P, P, 1, projector, P, whitening->rows,
                    P, 0, rows, P);
    memcpy(whitening->rows, rows, whitening->order * P * sizeof(double));
done:
    cpt_free(coordinates);
    cpt_free(projector);
    cpt_free(values);
    cpt_free(rows);
    return status;
}

/* to (rows x m): the block's columns of a matrix of P columns. */
static void gather_columns(const cpt_linear_block *block, size_t rows, const double *from, size_t P,
                           double *to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < block->n; j++)
            to[i * block->n + j] = from[i * P + cpt_structure_linear_weight(block, j)];
}

/* The eigenvalues of the pencil (b, a), a's null space left out, into values (m, ascending); a and
 * b are m x m and destroyed. */
static critpt_status pencil_eigenvalues(size_t m, double *a, double *b, double *work,
                                        double *values, size_t *n)
{
    critpt_status status;
    CPT_TRY(cpt_linalg_eigen(m, a, values));
    *n = 0;
    for (size_t i = 0; i < m; i++)
        if (values[i] > roundings * (double)m * DBL_EPSILON * values[m - 1]) {
            double *row = a + (*n)++ * m;
            memmove(row, a + i * m, m * sizeof *row);
            for (size_t j = 0; j < m; j++)
                row[j] /= sqrt(values[i]);
        }
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, *n, m, m, 1, a, m, b, m, 0, work, m);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, *n, *n, m, 1, work, m, a, m, 0, b, *n);
    if (*n)
        CPT_TRY(cpt_linalg_eigen(*n, b, values));
done:
    return status;
}

/* In weights that the outputs are linear in, v' H v = v' G v whatever the targets. With E the
 * columns of that block and Pi the projection on the complement of the null directions, orthogonal
 * in the metric, the eigenvalues c_1 <= c_2 <= ... of (E' G E, E' Pi E) interlace those of the
 * whitened Hessian on the complement: its (q+1)th is at most c_(q+1), which caps the margin of
 * index q, and no subspace of negative curvature meets the span of those that are positive. Below
 * `least` they are not told from rounding. */
static critpt_status find_caps(cpt_nature_whitening *whitening, cpt_nature_maps *maps,
                               const double *floored, double least)
{
    critpt_status status = CRITPT_OK;
    size_t P = whitening->P, order = whitening->order, rank = 0;
    cpt_linear_block block;
    double *g = NULL, *projected = NULL, *coordinates = NULL, *columns = NULL;
    whitening->index_cap = order;
    if (!cpt_structure_linear_block(maps->workspace->landscape->model, &block))
        return CRITPT_OK;
    size_t m = block.n;
    CPT_TRY(cpt_allocate(&columns, P * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&g, m * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&projected, m * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&coordinates, order * m, sizeof(double)));
    CPT_TRY(cpt_allocate(&whitening->caps, m, sizeof(double)));
    gather_columns(&block, P, whitening->gauss_newton, P, columns);
    for (size_t i = 0; i < m; i++)
        memcpy(g + i * m, columns + cpt_structure_linear_weight(&block, i) * m, m * sizeof *g);
    /* whitened coordinates of the block's weights on the complement */
    gather_columns(&block, P, floored, P, columns);
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, m, P, 1, whitening->rows, P, columns, m, 0,
                    coordinates, m);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, m, m, order, 1, coordinates, m, coordinates, m, 0,
                    projected, m);
    CPT_TRY(
        pencil_eigenvalues(m, projected, g, maps->scratch, whitening->caps, &whitening->n_caps));
    while (rank < whitening->n_caps && whitening->caps[whitening->n_caps - 1 - rank] > least)
        rank++;
    whitening->index_cap = order - (rank < order ? rank : order);
    for (size_t i = 0; i < whitening->n_caps; i++) /* none below rounding */
        whitening->caps[i] = fmax(whitening->caps[i], least);
done:
    cpt_free(columns);
    cpt_free(g);
    cpt_free(projected);
    cpt_free(coordinates);
    return status;
}

double cpt_nature_margin_cap(const cpt_nature_whitening *whitening, size_t index)
{
    return index < whitening->n_caps ? whitening->unit * whitening->caps[index] : INFINITY;
}

/* rows = vectors / roots; floored = sum of floored eigenvalues v v', or the unit's. */
static critpt_status whiten(cpt_nature_whitening *whitening, cpt_nature_maps *maps, bool absolute)
{
    critpt_status status;
    size_t P = whitening->P;
    double *vectors = NULL, *roots = NULL, *floored = NULL;
    CPT_TRY(cpt_allocate(&vectors, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&roots, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&floored, P * P, sizeof(double)));
    memcpy(vectors, whitening->gauss_newton, P * P * sizeof(double));
    CPT_TRY(cpt_linalg_eigen(P, vectors, roots));
    if (absolute)
        whitening->unit = fmax(roots[P - 1], DBL_MIN);
    for (size_t i = 0; i < P; i++)
        roots[i] = sqrt(absolute ? whitening->unit
                                 : fmax(fmax(roots[i], metric_floor * roots[P - 1]), DBL_MIN));
    for (size_t i = 0; i < P; i++)
        for (size_t a = 0; a < P; a++) {
            whitening->rows[i * P + a] = vectors[i * P + a] / roots[i];
            maps->scratch[i * P + a] = vectors[i * P + a] * roots[i];
        }
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, P, P, 1, maps->scratch, P, maps->scratch, P, 0,
                    floored, P);
    CPT_TRY(keep_complement(whitening, vectors, roots));
    CPT_TRY(find_caps(whitening, maps, floored,
                      absolute ? roundings * (double)P * DBL_EPSILON : least_quotient));
done:
    cpt_free(vectors);
    cpt_free(roots);
    cpt_free(floored);
    return status;
}

critpt_status cpt_nature_whitening_create(cpt_nature_whitening *whitening, cpt_nature_maps *maps,
                                          const cpt_nature_point *point, bool leaves_faint)
{
    critpt_status status;
    size_t P = maps->P;
    memset(whitening, 0, sizeof *whitening);
    whitening->P = P;
    whitening->unit = 1;
    CPT_TRY(cpt_allocate(&whitening->gauss_newton, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&whitening->rows, P * P, sizeof(double)));
    CPT_TRY(cpt_landscape_curvature_matrix(maps->workspace, point->weights, CPT_GAUSS_NEWTON, NULL,
                                           whitening->gauss_newton, P));
    CPT_TRY(cpt_require_finite_matrix("Gauss-Newton matrix", whitening->gauss_newton, P, P, P));
    CPT_TRY(find_null_directions(whitening, maps, point, leaves_faint));
    whitening->order = P - whitening->n_null;
    CPT_TRY(whiten(whitening, maps, point->absolute));
done:
    return status;
}

critpt_status cpt_nature_hessian(cpt_nature_maps *maps, const cpt_nature_whitening *whitening,
                                 const double *weights, const double *targets, double *hessian)
{
    critpt_status status;
    size_t P = maps->P;
    const critpt_landscape *landscape = maps->workspace->landscape;
    CPT_TRY(
        critpt_landscape_outputs(landscape, maps->workspace, weights, P, maps->field2, maps->D));
    cpt_linalg_axpy(maps->n, -1, targets, maps->field2);
    cpt_metric_root(maps->metric, maps->field2, maps->field);
    cpt_metric_root_transposed(maps->metric, maps->field, maps->field2);
    CPT_TRY(cpt_landscape_curvature_matrix(maps->workspace, weights, CPT_RESIDUAL_CURVATURE,
                                           maps->field2, hessian, P));
    cpt_linalg_axpy(P * P, 1, whitening->gauss_newton, hessian);
    CPT_TRY(cpt_require_finite_matrix("Hessian", hessian, P, P, P));
done:
    return status;
}
