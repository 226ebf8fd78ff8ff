/* Products of dense symmetric matrices that keep their symmetry. */
#include "nature/square.h"

#include "linalg/linalg.h"

void cpt_nature_congruence(size_t order, size_t n, const double *rows, const double *m,
                           double *scratch, double *c)
{
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, n, n, 1, rows, n, m, n, 0, scratch, n);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, order, order, n, 1, scratch, n, rows, n, 0, c,
                    order);
    cpt_nature_symmetrize(order, c);
}

void cpt_nature_expand(size_t order, size_t n, double alpha, const double *rows, const double *m,
                       double *scratch, double beta, double *c)
{
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, n, order, alpha, m, order, rows, n, 0, scratch, n);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, n, n, order, 1, rows, n, scratch, n, beta, c, n);
    cpt_nature_symmetrize(n, c);
}

void cpt_nature_symmetrize(size_t n, double *a)
{
    enum { TILE = 32 }; /* which stays in cache */
    for (size_t i0 = 0; i0 < n; i0 += TILE)
        for (size_t j0 = 0; j0 <= i0; j0 += TILE)
            for (size_t i = i0; i < n && i < i0 + TILE; i++)
                for (size_t j = j0; j < i && j < j0 + TILE; j++)
                    a[i * n + j] = a[j * n + i] = (a[i * n + j] + a[j * n + i]) / 2;
}
