/* How far a step may go: the least eigenvalue of the step relative to where it starts. It need not
 * be accurate, as steps keep a distance from the boundary, but no larger than it is. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/system.h"

/* Orders from which Lanczos's method is faster than LAPACK; vectors that it may take, and between
 * two looks at what they tell; the accuracy wanted, relative to eigenvalues that matter. */
enum { LARGE = 300, MOST = 60, BETWEEN = 6 };
static const double accurate = 0.01, matters = 0.5;

typedef struct lanczos {
    size_t n, count;     /* vectors */
    double *basis;       /* (MOST + 1) x n, orthonormal rows */
    double *tridiagonal; /* MOST x MOST */
    double *overlap;     /* MOST */
} lanczos;

static void lanczos_destroy(lanczos *l)
{
    cpt_free(l->basis);
    cpt_free(l->tridiagonal);
    cpt_free(l->overlap);
}

static critpt_status lanczos_create(lanczos *l, size_t n)
{
    critpt_status status;
    *l = (lanczos){.n = n};
    CPT_TRY(cpt_allocate(&l->basis, (MOST + 1) * n, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->tridiagonal, (size_t)MOST * MOST, sizeof(double)));
    CPT_TRY(cpt_allocate(&l->overlap, MOST, sizeof(double)));
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
    l->tridiagonal[j * (MOST + 1)] = cpt_linalg_dot(n, last, next);
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

/* The least Ritz value, less its residual; whether that is accurate. */
static critpt_status look(const lanczos *l, double norm, double *least, bool *done_with)
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
    *done_with = residual <= accurate * fmax(fabs(ritz), matters);
done:
    cpt_free(square);
    return status;
}

/* The least eigenvalue of a symmetric a (n x n), or a little less. */
static critpt_status least_eigenvalue(size_t n, double *a, double *least)
{
    critpt_status status = CRITPT_OK;
    lanczos l = {0};
    bool done_with = false;
    if (n >= LARGE)
        CPT_TRY(lanczos_create(&l, n));
    while (n >= LARGE && !done_with && l.count < MOST) {
        double norm;
        extend(&l, a, &norm);
        if (l.count % BETWEEN == 0 || norm == 0)
            CPT_TRY(look(&l, norm, least, &done_with));
    }
    if (!done_with)
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
    CPT_TRY(least_eigenvalue(m, relative, &least));
    if (least < 0)
        *step = fmin(*step, -1 / least);
done:
    cpt_free(factors);
    return status;
}
