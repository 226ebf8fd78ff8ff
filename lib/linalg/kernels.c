/* Products, norms and transposition: BLAS behind checked sizes. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/blas.h"
#include "linalg/linalg.h"

critpt_status cpt_linalg_require_size(const char *what, size_t size)
{
    if (size > INT_MAX)
        return cpt_error(CRITPT_SIZE_OVERFLOW, "%s is %zu; BLAS takes sizes up to %d", what, size,
                         INT_MAX);
    return CRITPT_OK;
}

/* Sizes were checked when the objects they belong to were made; a leading dimension of 0 belongs to
 * an empty matrix, and BLAS wants at least 1. */
static int blas_int(size_t size)
{
    return size ? (int)size : 1;
}

void cpt_linalg_gemm(cpt_transpose a_form, cpt_transpose b_form, size_t m, size_t n, size_t k,
                     double alpha, const double *a, size_t a_leading, const double *b,
                     size_t b_leading, double beta, double *c, size_t c_leading)
{
    if (m == 0 || n == 0)
        return;
    cblas_dgemm(CblasRowMajor, a_form == CPT_TRANSPOSED ? CblasTrans : CblasNoTrans,
                b_form == CPT_TRANSPOSED ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, alpha,
                a, blas_int(a_leading), b, blas_int(b_leading), beta, c, blas_int(c_leading));
}

/* c = its lower triangle on both sides. */
static void mirror(size_t n, double *c)
{
    enum { TILE = 32 }; /* which stays in cache */
    for (size_t i0 = 0; i0 < n; i0 += TILE)
        for (size_t j0 = 0; j0 <= i0; j0 += TILE)
            for (size_t i = i0; i < n && i < i0 + TILE; i++)
                for (size_t j = j0; j < i && j < j0 + TILE; j++)
                    c[j * n + i] = c[i * n + j];
}

void cpt_linalg_symmetric_gemm(cpt_transpose a_form, cpt_transpose b_form, size_t n, size_t k,
                               double alpha, const double *a, size_t a_leading, const double *b,
                               size_t b_leading, double beta, double *c)
{
    enum { PANEL = 256 }; /* rows at a time, each panel up to the end of its square */
    for (size_t first = 0, rows; first < n; first += rows) {
        const double *of_panel = a + (a_form == CPT_PLAIN ? first * a_leading : first);
        rows = n - first < PANEL ? n - first : PANEL;
        cpt_linalg_gemm(a_form, b_form, rows, first + rows, k, alpha, of_panel, a_leading, b,
                        b_leading, beta, c + first * n, n);
    }
    mirror(n, c);
}

void cpt_linalg_gemv(cpt_transpose form, size_t m, size_t n, double alpha, const double *a,
                     size_t a_leading, const double *x, double beta, double *y)
{
    size_t rows = form == CPT_TRANSPOSED ? n : m;
    if (m == 0 || n == 0) { /* where BLAS leaves y as it is */
        for (size_t i = 0; i < rows; i++)
            y[i] = beta == 0 ? 0 : beta * y[i];
        return;
    }
    cblas_dgemv(CblasRowMajor, form == CPT_TRANSPOSED ? CblasTrans : CblasNoTrans, (int)m, (int)n,
                alpha, a, blas_int(a_leading), x, 1, beta, y, 1);
}

void cpt_linalg_axpy(size_t n, double alpha, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += alpha * x[i];
}

double cpt_linalg_dot(size_t n, const double *x, const double *y)
{
    return cblas_ddot((int)n, x, 1, y, 1);
}

double cpt_linalg_norm(size_t n, const double *x)
{
    return cblas_dnrm2((int)n, x, 1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void cpt_linalg_sort(size_t n, double *values)
{
    qsort(values, n, sizeof *values, by_value);
}

void cpt_linalg_transpose(size_t rows, size_t columns, const double *a, size_t a_leading, double *b,
                          size_t b_leading)
{
    enum { TILE = 16 };
    if ((rows == 1 && b_leading == 1) || (columns == 1 && a_leading == 1)) {
        memcpy(b, a, rows * columns * sizeof *b);
        return;
    }
    for (size_t i0 = 0, i1; i0 < rows; i0 = i1) {
        i1 = i0 + TILE < rows ? i0 + TILE : rows;
        for (size_t j0 = 0, j1; j0 < columns; j0 = j1) {
            j1 = j0 + TILE < columns ? j0 + TILE : columns;
            for (size_t j = j0; j < j1; j++)
                for (size_t i = i0; i < i1; i++)
                    b[j * b_leading + i] = a[i * a_leading + j];
        }
    }
}

critpt_status cpt_linalg_cholesky(size_t n, double *a, size_t *minor)
{
    /* Row-major lower is column-major upper: U' U with U' the row-major lower factor. */
    int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (int)n, a, blas_int(n));
    if (info < 0)
        return cpt_error(CRITPT_SYSTEM, "LAPACK's dpotrf refused argument %d", -info);
    *minor = (size_t)info;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            a[i * n + j] = 0;
    return CRITPT_OK;
}

critpt_status cpt_linalg_independent_rows(size_t n, double *gram, double tolerance, size_t *pivot,
                                          size_t *rank)
{
    critpt_status status;
    int *order = NULL, found = 0;
    double *work = NULL, largest = 0;
    CPT_TRY(cpt_allocate(&order, n, sizeof *order));
    CPT_TRY(cpt_allocate(&work, 2 * n, sizeof *work));
    for (size_t i = 0; i < n; i++)
        largest = gram[i * n + i] > largest ? gram[i * n + i] : largest;
    int info = LAPACKE_dpstrf_work(LAPACK_COL_MAJOR, 'U', (int)n, gram, blas_int(n), order, &found,
                                   tolerance * largest, work);
    if (info < 0)
        CPT_TRY(cpt_error(CRITPT_SYSTEM, "LAPACK's dpstrf refused argument %d", -info));
    for (size_t i = 0; i < n; i++)
        pivot[i] = (size_t)order[i] - 1;
    *rank = (size_t)found;
    status = CRITPT_OK;
done:
    cpt_free(order);
    cpt_free(work);
    return status;
}

void cpt_linalg_cholesky_solve(size_t n, const double *factor, double *b)
{
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, factor, blas_int(n),
                b, 1);
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (int)n, factor, blas_int(n), b,
                1);
}

void cpt_linalg_triangle_congruence(size_t n, const double *l, double *b)
{
    int order = blas_int(n);
    cblas_dtrmm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, (int)n,
                1, l, order, b, order);
    cblas_dtrmm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, (int)n, (int)n, 1,
                l, order, b, order);
}

critpt_status cpt_linalg_inverse_congruence(size_t n, const double *l, double *b)
{
    /* a row-major lower triangle is a column-major upper one, of the transpose */
    int order = blas_int(n), info;
    info = LAPACKE_dsygst_work(LAPACK_COL_MAJOR, 1, 'U', (int)n, b, order, l, order);
    if (info)
        return cpt_error(CRITPT_SYSTEM, "LAPACK's dsygst refused argument %d", -info);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            b[i * n + j] = b[j * n + i];
    return CRITPT_OK;
}

void cpt_linalg_divide_by_triangle(size_t m, size_t n, const double *l, double *b)
{
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, (int)m, (int)n,
                1, l, blas_int(n), b, blas_int(n));
}

void cpt_linalg_gram(size_t n, size_t k, const double *a, size_t a_leading, double beta, double *c)
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, (int)n, (int)k, 1, a, blas_int(a_leading),
                beta, c, blas_int(n));
}

critpt_status cpt_linalg_qr(size_t rows, size_t columns, double *a, double *r)
{
    critpt_status status;
    int m = (int)rows, n = (int)columns, info;
    double size = 0, least = 0, *tau = NULL, *work = NULL;
    CPT_TRY(cpt_allocate(&tau, columns, sizeof *tau));
    info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, m, n, a, blas_int(rows), tau, &size, -1);
    info = info
               ? info
               : LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, m, n, n, a, blas_int(rows), tau, &least, -1);
    CPT_TRY(cpt_allocate(&work, (size_t)(size > least ? size : least), sizeof *work));
    size_t length = (size_t)(size > least ? size : least);
    info = info ? info
                : LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, m, n, a, blas_int(rows), tau, work,
                                      (int)length);
    for (size_t i = 0; i < columns; i++)
        for (size_t j = 0; j < columns; j++)
            r[i * columns + j] = i <= j ? a[j * rows + i] : 0;
    info = info ? info
                : LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, m, n, n, a, blas_int(rows), tau, work,
                                      (int)length);
    if (info)
        CPT_TRY(cpt_error(CRITPT_SYSTEM, "LAPACK's QR factorisation failed with info %d", info));
done:
    cpt_free(tau);
    cpt_free(work);
    return status;
}
