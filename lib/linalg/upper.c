/* Upper triangles in block columns: products, solves, and an estimate of the condition. */
#include <math.h>
#include <string.h>

#include "linalg/blas.h"
#include "linalg/linalg.h"

critpt_status cpt_upper_size(size_t order, size_t width, size_t *size)
{
    critpt_status status;
    size_t blocks = order / width, last = order - blocks * width, whole;
    CPT_TRY(cpt_multiply(blocks, blocks + 1, "triangle of the equations", &whole));
    CPT_TRY(cpt_multiply(whole / 2, width, "triangle of the equations", &whole));
    CPT_TRY(cpt_multiply(whole, width, "triangle of the equations", &whole));
    CPT_TRY(cpt_multiply_add(last, order, whole, "triangle of the equations", size));
done:
    return status;
}

critpt_status cpt_upper_create(cpt_upper *upper, size_t order, size_t width)
{
    critpt_status status;
    size_t size;
    *upper = (cpt_upper){NULL, order, width};
    CPT_TRY(cpt_upper_size(order, width, &size));
    CPT_TRY(cpt_allocate(&upper->entries, size, sizeof *upper->entries));
done:
    return status;
}

void cpt_upper_destroy(cpt_upper *upper)
{
    cpt_free(upper->entries);
    upper->entries = NULL;
}

/* Columns of the block column that begins with column `first`, among the leading n. */
static size_t width_at(const cpt_upper *upper, size_t first, size_t n)
{
    return cpt_smaller(upper->width, n - first);
}

void cpt_upper_add_products(cpt_upper *upper, size_t rows, const double *a)
{
    size_t n = upper->order;
    if (rows == 0)
        return;
    for (size_t first = 0, width; first < n; first += width) {
        width = width_at(upper, first, n);
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)(first + width), (int)width,
                    (int)rows, 1, a, (int)rows, a + first * rows, (int)rows, 1,
                    cpt_upper_column(upper, first), (int)cpt_upper_leading(upper, first));
    }
}

/* x = op(R)^-1 x on the block that begins with column `first`. */
static void solve_block(const cpt_upper *upper, cpt_transpose form, size_t first, size_t width,
                        size_t count, double *x, size_t leading)
{
    const double *block = cpt_upper_column(upper, first) + first;
    int below = (int)cpt_upper_leading(upper, first);
    if (count == 1)
        cblas_dtrsv(CblasColMajor, CblasUpper, form == CPT_PLAIN ? CblasNoTrans : CblasTrans,
                    CblasNonUnit, (int)width, block, below, x + first, 1);
    else
        cblas_dtrsm(CblasColMajor, CblasLeft, CblasUpper,
                    form == CPT_PLAIN ? CblasNoTrans : CblasTrans, CblasNonUnit, (int)width,
                    (int)count, 1, block, below, x + first, (int)leading);
}

/* What the rows above a block have to do with it: x[above] -= R x[block], or x[block] -= R'
 * x[above]. */
static void subtract_above(const cpt_upper *upper, cpt_transpose form, size_t first, size_t width,
                           size_t count, double *x, size_t leading)
{
    const double *above = cpt_upper_column(upper, first);
    int rows = (int)first, columns = (int)width, below = (int)cpt_upper_leading(upper, first);
    bool plain = form == CPT_PLAIN;
    double *from = plain ? x + first : x, *to = plain ? x : x + first;
    if (first == 0)
        return;
    if (count == 1)
        cblas_dgemv(CblasColMajor, plain ? CblasNoTrans : CblasTrans, rows, columns, -1, above,
                    below, from, 1, 1, to, 1);
    else
        cblas_dgemm(CblasColMajor, plain ? CblasNoTrans : CblasTrans, CblasNoTrans,
                    plain ? rows : columns, (int)count, plain ? columns : rows, -1, above, below,
                    from, (int)leading, 1, to, (int)leading);
}

void cpt_upper_solve(const cpt_upper *upper, cpt_transpose form, size_t n, size_t count, double *x,
                     size_t leading)
{
    size_t blocks = (n + upper->width - 1) / upper->width;
    if (count == 0)
        return;
    for (size_t i = 0; i < blocks; i++) {
        size_t first = (form == CPT_PLAIN ? blocks - 1 - i : i) * upper->width;
        size_t width = width_at(upper, first, n);
        if (form == CPT_TRANSPOSED)
            subtract_above(upper, form, first, width, count, x, leading);
        solve_block(upper, form, first, width, count, x, leading);
        if (form == CPT_PLAIN)
            subtract_above(upper, form, first, width, count, x, leading);
    }
}

/* The largest sum of absolute values of a column. */
static double one_norm(const cpt_upper *upper, size_t n)
{
    double largest = 0;
    for (size_t j = 0; j < n; j++)
        largest = fmax(largest, cblas_dasum((int)j + 1, cpt_upper_column(upper, j), 1));
    return largest;
}

/* Higham's estimate of the inverse's norm (ACM TOMS 14, 1988), as LAPACK's dtrcon makes it of a
 * square. */
critpt_status cpt_upper_estimate_condition(const cpt_upper *upper, size_t n, double *condition)
{
    critpt_status status = CRITPT_OK;
    double *x = NULL, *v = NULL, of_inverse = 0;
    int *signs = NULL, kase = 0, state[3] = {0};
    *condition = 1;
    if (n == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&x, n, sizeof *x));
    CPT_TRY(cpt_allocate(&v, n, sizeof *v));
    CPT_TRY(cpt_allocate(&signs, n, sizeof *signs));
    for (;;) {
        LAPACKE_dlacn2_work((int)n, v, x, signs, &of_inverse, &kase, state);
        if (kase == 0)
            break;
        cpt_upper_solve(upper, kase == 1 ? CPT_PLAIN : CPT_TRANSPOSED, n, 1, x, n);
    }
    *condition = one_norm(upper, n) * of_inverse;
done:
    cpt_free(x);
    cpt_free(v);
    cpt_free(signs);
    return status;
}
