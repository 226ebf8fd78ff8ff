/* How far a step may go: the least eigenvalue of the step relative to where it starts. It need not
 * be accurate, as steps keep a distance from the boundary, but not much larger than it is, which a
 * Cholesky factorisation proves. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/boundary.h"

enum { LARGE = 300 }; /* order from which Lanczos's method is faster than LAPACK's; chosen */
enum { MOST = 60 };   /* vectors that it may take; chosen */
enum { BETWEEN = 6 }; /* vectors from one estimate to the next; chosen */

/* What an estimate's residual and error may be, relative to the eigenvalue: beside the 5 % that a
 * step keeps from the boundary. */
static const double largest_residual = 0.01;
static const double largest_error = 0.02;
/* Or relative to this one: an eigenvalue above -1/2 does not shorten a step of length 1. */
static const double smallest = 0.5;

typedef struct lanczos {
    size_t n, count;     /* vectors */
    double *basis;       /* (MOST + 1) x n, orthonormal rows */
    double *tridiagonal; /* MOST x MOST */
    double *overlap;     /* MOST */
    double *shifted;     /* n x n */
} lanczos;

static void lanczos_destroy(lanczos *l)
{
    cpt_free(l->basis);
    cpt_free(l->tridiagonal);
    cpt_free(l->overlap);
    cpt_free(l->shifted);
}

static critpt_status lanczos_create(lanczos *l, size_t n)
{
    critpt_status status;
    *l = (lanczos){.n = n};
    CPT_TRY(cpt_allocate(&l->basis, (MOST + 1) * n, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->tridiagonal, (size_t)MOST * MOST, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->overlap, MOST, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->shifted, n * n, sizeof(double)));
    CPT_TRY(critpt_random_normal(0, CRITPT_STREAM_NOISE, 0, l->basis, n));
    double norm = cpt_linalg_norm(n, l->basis);
    for (size_t i = 0; i < n; i++)
        l->basis[i] /= norm;
done:
    return status;
}

/* One more vector, a times the last one, orthogonal to all; *norm is what that left of it. */
static void extend(lanczos *l, const double *a, double *norm)
{
    size_t n = l->n, j = l->count++;
    double *last = l->basis + j * n, *next = last + n;
    cpt_linalg_gemv(CPT_PLAIN, n, n, 1, a, n, last, 0, next);
    l->tridiagonal[j * MOST + j] = cpt_linalg_dot(n, last, next);
    for (int twice = 0; twice < 2; twice++) {
        cpt_linalg_gemv(CPT_PLAIN, j + 1, n, 1, l->basis, n, next, 0, l->overlap);
        cpt_linalg_gemv(CPT_TRANSPOSED, j + 1, n, -1, l->basis, n, l->overlap, 1, next);
    }
    *norm = cpt_linalg_norm(n, next);
    if (j + 1 < MOST)
        l->tridiagonal[j * MOST + j + 1] = l->tridiagonal[(j + 1) * MOST + j] = *norm;
    for (size_t i = 0; *norm > 0 && i < n; i++)
        next[i] /= *norm;
}

static double error_allowed(double relative, double value)
{
    return relative * fmax(fabs(value), smallest);
}

/* The least Ritz value, less its residual; whether that has converged, if to the least. */
static critpt_status estimate(const lanczos *l, double norm, double *least, bool *converged)
{
    critpt_status status;
    size_t m = l->count;
    double *square = NULL, *vector = l->overlap, ritz;
    CPT_TRY(cpt_allocate(&square, m * m, sizeof(double)));
    for (size_t i = 0; i < m; i++)
        memcpy(square + i * m, l->tridiagonal + i * MOST, m * sizeof(double));
    CPT_TRY(cpt_linalg_eigenpairs(m, square, 0, 1, &ritz, vector));
    double residual = norm * fabs(vector[m - 1]);
    *least = ritz - residual;
    *converged = residual <= error_allowed(largest_residual, ritz);
done:
    cpt_free(square);
    return status;
}

/* Whether no eigenvalue of a is much less than `least`. */
static critpt_status is_bounded(lanczos *l, const double *a, double least, bool *bounded)
{
    critpt_status status;
    size_t n = l->n, minor;
    memcpy(l->shifted, a, n * n * sizeof *a);
    for (size_t i = 0; i < n; i++)
        l->shifted[i * n + i] += error_allowed(largest_error, least) - least;
    CPT_TRY(cpt_linalg_cholesky(n, l->shifted, &minor));
    *bounded = minor == 0;
done:
    return status;
}

/* The least eigenvalue of a symmetric a (n x n), to the errors allowed. */
static critpt_status least_eigenvalue(size_t n, double *a, double *least)
{
    critpt_status status = CRITPT_OK;
    lanczos l = {0};
    bool converged = false, bounded = false;
    double norm;
    if (n >= LARGE)
        CPT_TRY(lanczos_create(&l, n));
    while (n >= LARGE && !converged && l.count < MOST) {
        extend(&l, a, &norm);
        if (l.count % BETWEEN == 0 || norm == 0)
            CPT_TRY(estimate(&l, norm, least, &converged));
    }
    if (converged)
        CPT_TRY(is_bounded(&l, a, *least, &bounded));
    if (!bounded)
        CPT_TRY(cpt_linalg_eigenpairs(n, a, 0, 1, least, NULL));
done:
    lanczos_destroy(&l);
    return status;
}

critpt_status cpt_nature_boundary(size_t n, const double *lambda, const double *d, double *scratch,
                                  double *step)
{
    critpt_status status;
    double least, *factors = NULL;
    CPT_TRY(cpt_allocate(&factors, n, sizeof(double)));
    for (size_t i = 0; i < n; i++)
        factors[i] = 1 / sqrt(lambda[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            scratch[i * n + j] = factors[i] * factors[j] * d[i * n + j];
    if (!isfinite(cpt_linalg_norm(n * n, scratch))) {
        *step = 0;
        goto done;
    }
    CPT_TRY(least_eigenvalue(n, scratch, &least));
    if (least < 0)
        *step = fmin(*step, -1 / least);
done:
    cpt_free(factors);
    return status;
}
