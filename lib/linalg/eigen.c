/* Symmetric eigenproblems: dsyevd, and dsyevr for some of the eigenvectors and where dsyevd's
 * 32-bit workspace ends. */
#include <string.h>

#include "linalg/blas.h"
#include "linalg/linalg.h"

enum { LARGEST_FOR_DSYEVD = 32766 }; /* 2 n^2 doubles of work, counted in 32 bits */

static critpt_status eigen_failed(const char *routine, int info)
{
    return cpt_error(info > 0 ? CRITPT_NOT_CONVERGED : CRITPT_SYSTEM,
                     "LAPACK's %s failed with info %d", routine, info);
}

static critpt_status divide_and_conquer(int n, double *a, double *values)
{
    critpt_status status;
    double size, *work = NULL;
    int int_size, *int_work = NULL;
    int info =
        LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', n, a, n, values, &size, -1, &int_size, -1);
    if (info)
        CPT_TRY(eigen_failed("dsyevd", info));
    CPT_TRY(cpt_allocate(&work, (size_t)size, sizeof *work));
    CPT_TRY(cpt_allocate(&int_work, (size_t)int_size, sizeof *int_work));
    info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', n, a, n, values, work, (int)size,
                               int_work, int_size);
    if (info)
        CPT_TRY(eigen_failed("dsyevd", info));
    status = CRITPT_OK;
done:
    cpt_free(work);
    cpt_free(int_work);
    return status;
}

/* LAPACK leaves of a column-major matrix what lies above its diagonal: that gives the rest back. */
static void restore(size_t n, const double *diagonal, double *a)
{
    for (size_t column = 0; column < n; column++) {
        a[column * n + column] = diagonal[column];
        for (size_t row = column + 1; row < n; row++)
            a[column * n + row] = a[row * n + column];
    }
}

static critpt_status save_diagonal(size_t n, const double *a, double **diagonal)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(diagonal, n, sizeof **diagonal));
    for (size_t i = 0; i < n; i++)
        (*diagonal)[i] = a[i * n + i];
done:
    return status;
}

critpt_status cpt_linalg_eigenvalues(size_t n, double *a, double *values)
{
    critpt_status status;
    double size, *work = NULL, *diagonal = NULL;
    int order = (int)n, int_size, *int_work = NULL;
    CPT_TRY(save_diagonal(n, a, &diagonal));
    int info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'N', 'L', order, a, order, values, &size, -1,
                                   &int_size, -1);
    if (info)
        CPT_TRY(eigen_failed("dsyevd", info));
    CPT_TRY(cpt_allocate(&work, (size_t)size, sizeof *work));
    CPT_TRY(cpt_allocate(&int_work, (size_t)int_size, sizeof *int_work));
    info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'N', 'L', order, a, order, values, work, (int)size,
                               int_work, int_size);
    restore(n, diagonal, a);
    if (info)
        CPT_TRY(eigen_failed("dsyevd", info));
done:
    cpt_free(work);
    cpt_free(int_work);
    cpt_free(diagonal);
    return status;
}

critpt_status cpt_linalg_eigenpairs(size_t n, double *a, size_t first, size_t count, double *values,
                                    double *vectors)
{
    critpt_status status = CRITPT_OK;
    double size, *work = NULL, *diagonal = NULL, *all = NULL;
    int order = (int)n, low = (int)first + 1, high = (int)(first + count), found;
    int int_size, *int_work = NULL, *support = NULL;
    if (count == 0)
        return CRITPT_OK;
    CPT_TRY(save_diagonal(n, a, &diagonal));
    CPT_TRY(cpt_allocate(&all, n, sizeof *all)); /* LAPACK takes room for all values */
    CPT_TRY(cpt_allocate(&support, 2 * count, sizeof *support));
    const char job = vectors ? 'V' : 'N';
    int info =
        LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, job, 'I', 'L', order, a, order, 0, 0, low, high, 0,
                            &found, all, vectors, order, support, &size, -1, &int_size, -1);
    if (info)
        CPT_TRY(eigen_failed("dsyevr", info));
    CPT_TRY(cpt_allocate(&work, (size_t)size, sizeof *work));
    CPT_TRY(cpt_allocate(&int_work, (size_t)int_size, sizeof *int_work));
    info = LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, job, 'I', 'L', order, a, order, 0, 0, low, high, 0,
                               &found, all, vectors, order, support, work, (int)size, int_work,
                               int_size);
    restore(n, diagonal, a);
    if (info)
        CPT_TRY(eigen_failed("dsyevr", info));
    if (found != (int)count)
        CPT_TRY(cpt_error(CRITPT_NOT_CONVERGED, "LAPACK's dsyevr found %d of %zu eigenvalues",
                          found, count));
    memcpy(values, all, count * sizeof *values);
done:
    cpt_free(work);
    cpt_free(int_work);
    cpt_free(support);
    cpt_free(diagonal);
    cpt_free(all);
    return status;
}

/* All of them by dsyevr, in place of the matrix. */
static critpt_status robust_representations(size_t n, double *a, double *values)
{
    critpt_status status;
    double *vectors;
    CPT_TRY(cpt_allocate(&vectors, n * n, sizeof *vectors));
    CPT_TRY(cpt_linalg_eigenpairs(n, a, 0, n, values, vectors));
    memcpy(a, vectors, n * n * sizeof *a);
done:
    cpt_free(vectors);
    return status;
}

critpt_status cpt_linalg_eigen(size_t n, double *a, double *values)
{
    /* Column-major eigenvectors are columns: rows for everyone else. */
    return n <= LARGEST_FOR_DSYEVD ? divide_and_conquer((int)n, a, values)
                                   : robust_representations(n, a, values);
}

/* ---- Work space, as LAPACK tells it ---- */

critpt_status cpt_linalg_eigen_size(size_t n, bool vectors, size_t *size)
{
    critpt_status status = CRITPT_OK;
    double a = 0, values = 0, work;
    int order = (int)n, int_work;
    if (n > LARGEST_FOR_DSYEVD && vectors) {
        CPT_TRY(cpt_linalg_eigenpairs_size(n, n, size));
        CPT_TRY(cpt_multiply_add(n, n, *size, "eigenvectors", size));
        goto done;
    }
    int info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'L', order, &a, order,
                                   &values, &work, -1, &int_work, -1);
    if (info)
        CPT_TRY(eigen_failed("dsyevd", info));
    *size = (size_t)work + (size_t)int_work / 2 + 1 + (vectors ? 0 : n);
done:
    return status;
}

critpt_status cpt_linalg_eigenpairs_size(size_t n, size_t count, size_t *size)
{
    critpt_status status = CRITPT_OK;
    double a = 0, values = 0, vectors = 0, work;
    int order = (int)n, found, support, int_work;
    *size = 0;
    if (count == 0)
        return CRITPT_OK;
    int info = LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, 'V', 'I', 'L', order, &a, order, 0, 0, 1,
                                   (int)count, 0, &found, &values, &vectors, order, &support, &work,
                                   -1, &int_work, -1);
    if (info)
        CPT_TRY(eigen_failed("dsyevr", info));
    *size = (size_t)work + (size_t)int_work / 2 + 1 + 2 * n + count;
done:
    return status;
}
