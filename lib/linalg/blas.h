/* The only place where the headers of BLAS and LAPACKE are included.
 *
 * Pass their constants (CblasRowMajor, LAPACK_COL_MAJOR...) and never name their enum types, which
 * differ between vendors. Use the LAPACKE_*_work functions, column-major: the others allocate,
 * transpose, and scan for NaN. */
#ifndef CPT_LINALG_BLAS_H
#define CPT_LINALG_BLAS_H

#if defined(CRITPT_MKL)
#include <mkl.h>
#else
#include <cblas.h>
#include <lapacke.h>
#endif

#endif
