/* Symmetric eigenproblems: dsyevd, and dsyevr where its 32-bit workspace ends. */
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

static critpt_status robust_representations(int n, double *a, double *values)
{
    critpt_status status;
    double size, *work = NULL, *vectors = NULL;
    int int_size, *int_work = NULL, *support = NULL, found;
    size_t entries = (size_t)n * (size_t)n;
    CPT_TRY(cpt_allocate(&vectors, entries, sizeof *vectors));
    CPT_TRY(cpt_allocate(&support, 2 * (size_t)n, sizeof *support));
    int info = LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, 'V', 'A', 'L', n, a, n, 0, 0, 0, 0, 0, &found,
                                   values, vectors, n, support, &size, -1, &int_size, -1);
    if (info)
        CPT_TRY(eigen_failed("dsyevr", info));
    CPT_TRY(cpt_allocate(&work, (size_t)size, sizeof *work));
    CPT_TRY(cpt_allocate(&int_work, (size_t)int_size, sizeof *int_work));
    info = LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, 'V', 'A', 'L', n, a, n, 0, 0, 0, 0, 0, &found,
                               values, vectors, n, support, work, (int)size, int_work, int_size);
    if (info)
        CPT_TRY(eigen_failed("dsyevr", info));
    memcpy(a, vectors, entries * sizeof *a);
done:
    cpt_free(work);
    cpt_free(vectors);
    cpt_free(int_work);
    cpt_free(support);
    return status;
}

critpt_status cpt_linalg_eigen(size_t n, double *a, double *values)
{
    /* Column-major eigenvectors are columns: rows for everyone else. */
    return n <= LARGEST_FOR_DSYEVD ? divide_and_conquer((int)n, a, values)
                                   : robust_representations((int)n, a, values);
}
