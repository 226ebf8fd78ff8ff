/* How far a step may go: the least eigenvalue of the step relative to where it starts. It need not
 * be accurate, as steps keep a distance from the boundary, but not much larger than it is, which a
 * Cholesky factorisation proves. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/system.h"

/* Orders from which Lanczos's method is faster than LAPACK; vectors that it may take, and between
 * two estimates. What an estimate's residual and its error may be, relative to it or to eigenvalues
 * that hardly shorten a step. */
enum { LARGE = 300, MOST = 60, BETWEEN = 6 };
static const double largest_residual = 0.01, largest_error = 0.02, smallest = 0.5;

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

critpt_status cpt_nature_boundary(cpt_nature_block *block, const double *d, double *step)
{
    critpt_status status;
    size_t m = block->order;
    double least, *relative = block->work2, *factors = NULL;
    CPT_TRY(cpt_allocate(&factors, m, sizeof(double)));
    for (size_t i = 0; i < m; i++)
        factors[i] = 1 / sqrt(block->lambda[i]);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            relative[i * m + j] = factors[i] * factors[j] * d[i * m + j];
    if (!isfinite(cpt_linalg_norm(m * m, relative))) {
        *step = 0;
        goto done;
    }
    CPT_TRY(least_eigenvalue(m, relative, &least));
    if (least < 0)
        *step = fmin(*step, -1 / least);
done:
    cpt_free(factors);
    return status;
}
