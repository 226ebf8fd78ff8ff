/* Dense linear algebra for the layers above: the only folder that calls BLAS and LAPACK.
 *
 * Matrices are row-major here unless a comment says column-major. Sizes are checked once, where an
 * object is made (cpt_linalg_require_size); the kernels then take them as they are. */
#ifndef CPT_LINALG_LINALG_H
#define CPT_LINALG_LINALG_H

#include "base/base.h"

typedef enum cpt_transpose { CPT_PLAIN, CPT_TRANSPOSED } cpt_transpose;

/* CRITPT_SIZE_OVERFLOW if `size` does not fit the integers of BLAS. */
critpt_status cpt_linalg_require_size(const char *what, size_t size);

/* c = alpha op(a) op(b) + beta c, with op(a) m x k and op(b) k x n. */
void cpt_linalg_gemm(cpt_transpose a_form, cpt_transpose b_form, size_t m, size_t n, size_t k,
                     double alpha, const double *a, size_t a_leading, const double *b,
                     size_t b_leading, double beta, double *c, size_t c_leading);
/* The symmetric c (n x n) = alpha op(a) op(b) + beta c, as a' a is: the lower triangle is formed,
 * and copied. */
void cpt_linalg_symmetric_gemm(cpt_transpose a_form, cpt_transpose b_form, size_t n, size_t k,
                               double alpha, const double *a, size_t a_leading, const double *b,
                               size_t b_leading, double beta, double *c);
/* y = alpha op(a) x + beta y, with a m x n. */
void cpt_linalg_gemv(cpt_transpose form, size_t m, size_t n, double alpha, const double *a,
                     size_t a_leading, const double *x, double beta, double *y);
void cpt_linalg_axpy(size_t n, double alpha, const double *x, double *y);
double cpt_linalg_dot(size_t n, const double *x, const double *y);
double cpt_linalg_norm(size_t n, const double *x); /* without overflow on the way */

/* Sorts the values, ascending. */
void cpt_linalg_sort(size_t n, double *values);

/* b (columns x rows) = a' for a rows x columns, in blocks that stay in cache. */
void cpt_linalg_transpose(size_t rows, size_t columns, const double *a, size_t a_leading, double *b,
                          size_t b_leading);

/* Replaces the lower triangle of the symmetric a by its Cholesky factor L, a = L L', and clears the
 * upper one. *minor is 0, or the order of the first leading minor that is not positive. */
critpt_status cpt_linalg_cholesky(size_t n, double *a, size_t *minor);

/* Rows of A that the others depend on, from its Gram matrix A A' (n x n, lower triangle,
 * destroyed): the first `rank` of pivot, what remains of any other one being less than `tolerance`
 * of the largest square. */
critpt_status cpt_linalg_independent_rows(size_t n, double *gram, double tolerance, size_t *pivot,
                                          size_t *rank);

/* b = (L L')^-1 b for the factor L of cpt_linalg_cholesky. */
void cpt_linalg_cholesky_solve(size_t n, const double *factor, double *b);

/* b = L' b L for a lower triangular L, both n x n. */
void cpt_linalg_triangle_congruence(size_t n, const double *l, double *b);
/* b = L^-1 b L^-T for a nonsingular lower triangular L and a symmetric b, both n x n. */
critpt_status cpt_linalg_inverse_congruence(size_t n, const double *l, double *b);
/* b = b L^-1 for a nonsingular lower triangular L (n x n), b being m x n. */
void cpt_linalg_divide_by_triangle(size_t m, size_t n, const double *l, double *b);

/* The lower triangle of c (n x n) = a a' + beta c, with a n x k. */
void cpt_linalg_gram(size_t n, size_t k, const double *a, size_t a_leading, double beta, double *c);

/* a = Q R for a column-major rows x columns matrix with rows >= columns: a is replaced by Q, and r
 * (columns x columns, upper triangular) is R. */
critpt_status cpt_linalg_qr(size_t rows, size_t columns, double *a, double *r);

/* Replaces the symmetric a (n x n) by its eigenvectors, one a row, in ascending order of their
 * eigenvalues. */
critpt_status cpt_linalg_eigen(size_t n, double *a, double *values);
/* The eigenvalues alone, ascending; the symmetric a is as it was. */
critpt_status cpt_linalg_eigenvalues(size_t n, double *a, double *values);
/* Doubles that these two take as work space, or a bound of them. */
critpt_status cpt_linalg_eigen_size(size_t n, bool vectors, size_t *size);
/* `count` of the eigenvalues and eigenvectors (rows; NULL: none), from `first` of ascending order
 * on; the symmetric a is as it was. */
critpt_status cpt_linalg_eigenpairs(size_t n, double *a, size_t first, size_t count, double *values,
                                    double *vectors);
critpt_status cpt_linalg_eigenpairs_size(size_t n, size_t count, size_t *size);

/* The upper triangle of a matrix of `order` columns in block columns of `width`: each is
 * column-major, with as many rows as the last of its columns has, and they lie one after another. A
 * width of `order` is a square, a smaller one takes about half of that. What lies below the
 * diagonal is not looked at. */
typedef struct cpt_upper {
    double *entries;
    size_t order, width;
} cpt_upper;

/* The distance of the columns in the block column of column j. */
static inline size_t cpt_upper_leading(const cpt_upper *upper, size_t j)
{
    size_t end = (j / upper->width + 1) * upper->width;
    return end < upper->order ? end : upper->order;
}

static inline double *cpt_upper_column(const cpt_upper *upper, size_t j)
{
    size_t block = j / upper->width, within = j - block * upper->width;
    return upper->entries + upper->width * upper->width * (block * (block + 1) / 2) +
           within * cpt_upper_leading(upper, j);
}

/* The block columns' width of products, and how many doubles a triangle of that width takes. */
enum { CPT_UPPER_WIDTH = 192 };
critpt_status cpt_upper_size(size_t order, size_t width, size_t *size);
critpt_status cpt_upper_create(cpt_upper *upper, size_t order, size_t width);
void cpt_upper_destroy(cpt_upper *upper);

/* upper += a' a, with a column-major rows x order. */
void cpt_upper_add_products(cpt_upper *upper, size_t rows, const double *a);
/* x = R^-1 x or R'^-1 x for the leading `n` columns R, and `count` vectors x, `leading` apart. */
void cpt_upper_solve(const cpt_upper *upper, cpt_transpose form, size_t n, size_t count, double *x,
                     size_t leading);
/* An estimate of the condition of the leading `n` columns, nonsingular, in the 1-norm. */
critpt_status cpt_upper_estimate_condition(const cpt_upper *upper, size_t n, double *condition);

/* ---- The triangle of a tall matrix (MATH 6) ----
 *
 * A tall matrix B (rows x order) whose chunks arrive one after another is reduced to the triangle R
 * of B = Q R, Q never being kept: its chunks are folded in, or, which is faster by far, takes half
 * the memory, and is good for B of a moderate condition, it is the Cholesky factor of the products
 * B'B. Its columns are scaled to norm 1, and dependent ones found. R'R = B'B makes it solve the
 * normal equations of B with the accuracy of Q R once refined. */
typedef struct cpt_triangle {
    size_t order, block;
    bool of_products;         /* r is made of products, or holds them before factoring */
    cpt_upper r;              /* a square of rows; after factoring: pivoted and scaled */
    double *scale;            /* column j of B times scale[j] has norm 1; 0 if it was excluded */
    int *pivot;               /* position i holds column pivot[i] */
    double *reflector, *work; /* block x order each, of rows */
    double *vector;           /* order */
    size_t rank;
    double gap, condition; /* at the rank; of the independent columns */
    double least;          /* of products: what is left at least of an independent column */
    double departure;      /* of B1 R11^-1 from orthonormal columns, about */
} cpt_triangle;

/* Without r, which one of the next two makes, zero, in place of what there was. */
critpt_status cpt_triangle_create(cpt_triangle *triangle, size_t order);
critpt_status cpt_triangle_begin_products(cpt_triangle *triangle);
critpt_status cpt_triangle_begin_rows(cpt_triangle *triangle);
void cpt_triangle_destroy(cpt_triangle *triangle);

/* Folds in a chunk of `rows` rows: column-major with leading dimension `rows`, destroyed. */
critpt_status cpt_triangle_fold(cpt_triangle *triangle, size_t rows, double *chunk);

/* |column j of B|, before factoring, or as the scale has it where there is no r. */
double cpt_triangle_column_norm(const cpt_triangle *triangle, size_t j);

/* Scales the columns, leaves out those with excluded[j], and finds the numerical rank: columns are
 * dependent where the pivoted factorisation leaves less than `tolerance` of them. Pivoting is
 * skipped where an estimate of the condition shows that nothing is near dependent. */
critpt_status cpt_triangle_factor(cpt_triangle *triangle, const bool *excluded, double tolerance);

/* From the upper triangle of B'B in r: scales, leaves out, and factors likewise. Columns of whose
 * square less than `least` is left, or than the rounding of the products, are taken to be
 * dependent: whether they are is for the caller to check. *certain is false where the condition is
 * beyond what products can tell; and where squares have left the range of numbers, or more than
 * `most_left_out` columns depend on others: the rank is then 0, and r lost. */
critpt_status cpt_triangle_factor_products(cpt_triangle *triangle, const bool *excluded,
                                           double least, size_t most_left_out, bool *certain);

/* Scales B'B to columns of norm 1; those whose squares vanish become zero. False where squares
 * overflow. Reducing then leaves in the block of the columns from `first` on what is left of their
 * products beside the columns before. */
bool cpt_triangle_scale_products(cpt_triangle *triangle);
critpt_status cpt_triangle_reduce_products(cpt_triangle *triangle, size_t first);

/* An estimate, in the 1-norm, for the leading `rank` columns of a factored triangle. */
critpt_status cpt_triangle_estimate_condition(const cpt_triangle *triangle, size_t rank,
                                              double *condition);

/* Decides the rank of the factored triangle again, at another tolerance. */
critpt_status cpt_triangle_decide_rank(cpt_triangle *triangle, double tolerance);

/* Column of B at position i; positions from `rank` on are dependent or excluded. */
size_t cpt_triangle_column(const cpt_triangle *triangle, size_t position);

/* x = (B1' B1)^-1 x on the independent columns B1, 0 on the others, for `count` rows x of order
 * numbers. */
void cpt_triangle_solve(cpt_triangle *triangle, size_t count, double *x);

/* In place, for Q the orthonormal columns of B1 = Q R11 (scaled): x = B' z becomes Q' z, in the
 * first `rank` places, 0 in the others; and Q's combination x becomes that of B's columns. */
void cpt_triangle_to_orthonormal(cpt_triangle *triangle, double *x);
void cpt_triangle_from_orthonormal(cpt_triangle *triangle, double *x);

/* The combination c of columns with B c = 0 (to rounding) whose dependent column is the one at
 * `position` >= rank, with coefficient -1 in the scaled columns. c: order, in B's own columns. */
void cpt_triangle_dependency(cpt_triangle *triangle, size_t position, double *c);

#endif
