/* Products of dense symmetric matrices that keep their symmetry. */
#ifndef CPT_NATURE_SQUARE_H
#define CPT_NATURE_SQUARE_H

#include "base/base.h"

/* c (order x order) = rows m rows', with rows order x n and a symmetric m; scratch order x n. */
void cpt_nature_congruence(size_t order, size_t n, const double *rows, const double *m,
                           double *scratch, double *c);
/* The symmetric c (n x n) = beta c + alpha rows' m rows, with a symmetric m. */
void cpt_nature_expand(size_t order, size_t n, double alpha, const double *rows, const double *m,
                       double *scratch, double beta, double *c);

/* The mean of a and a', which rounding has set apart. For a product by way of a small half, as F'
 * (Q F) of a large F, that leaves errors F' E + E' F, which hardly matter where F is large; one
 * triangle's alone would be noise everywhere. */
void cpt_nature_symmetrize(size_t n, double *a);

#endif
