/* The triangle of a tall matrix B as the Cholesky factor of B'B, dependent columns left out on the
 * way (MATH 6). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/blas.h"
#include "linalg/linalg.h"

/* Columns of a panel; the condition from where on the products' rounding hides
 * the smallest singular values (they lose its square, and 1e-14 is left beside 1e-16 sqrt(order)).
 */
enum { PANEL = CPT_UPPER_WIDTH };
static const double largest_condition = 1e7;

static double *column(const cpt_triangle *triangle, size_t j)
{
    return cpt_upper_column(&triangle->r, j);
}

/* Scales the products to a diagonal of 1; excluded columns and those that are zero become zero, and
 * those whose squares vanish where nothing is excluded. False where squares have left the range of
 * numbers. */
static bool equilibrate(cpt_triangle *triangle, const bool *excluded)
{
    static const double least = 1e-250, most = 1e250;
    size_t n = triangle->order;
    for (size_t j = 0; j < n; j++) {
        double square = column(triangle, j)[j];
        bool zero = excluded ? excluded[j] || square == 0 : square <= least;
        if (!zero && !(square > least && square < most))
            return false;
        triangle->scale[j] = zero ? 0 : 1 / sqrt(square);
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i <= j; i++)
            column(triangle, j)[i] *= triangle->scale[i] * triangle->scale[j];
    return true;
}

static bool is_left_out(double left, double tolerance)
{
    return !(left > tolerance);
}

/* Factors a panel's block on the diagonal. Columns of which no more than `tolerance` of the square
 * is left are marked; their rows are zero but for a diagonal of 1, which divides nothing. */
static void factor_block(cpt_triangle *triangle, size_t first, size_t end, double tolerance,
                         double *left)
{
    for (size_t j = first; j < end; j++) {
        double *x = column(triangle, j);
        for (size_t i = first; i < j; i++) {
            const double *y = column(triangle, i);
            double dot = cpt_linalg_dot(i - first, x + first, y + first);
            x[i] = is_left_out(left[i], tolerance) ? 0 : (x[i] - dot) / y[i];
        }
        left[j] = x[j] - cpt_linalg_dot(j - first, x + first, x + first);
        x[j] = is_left_out(left[j], tolerance) ? 1 : sqrt(left[j]);
    }
}

/* The rows of a panel on the right of it: R11'^-1 times them, zero for columns that were left out;
 * and together in `rows`, `width` of them for each column. */
static void factor_rows(cpt_triangle *triangle, size_t first, size_t width, double tolerance,
                        const double *left, double *rows)
{
    const cpt_upper *r = &triangle->r;
    const double *block = column(triangle, first) + first;
    for (size_t j = first + width, some; j < r->order; j += some) {
        double *right = column(triangle, j) + first;
        size_t leading = cpt_upper_leading(r, j);
        some = cpt_smaller(PANEL - j % PANEL, r->order - j);
        cblas_dtrsm(CblasColMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, (int)width,
                    (int)some, 1, block, (int)cpt_upper_leading(r, first), right, (int)leading);
        for (size_t k = 0; k < some; k++) {
            for (size_t i = 0; i < width; i++)
                if (is_left_out(left[first + i], tolerance))
                    right[k * leading + i] = 0;
            memcpy(rows + (j + k) * width, right + k * leading, width * sizeof *rows);
        }
    }
}

/* Takes a panel's rows out of what remains. */
static void subtract_rows(cpt_triangle *triangle, size_t end, size_t width, const double *rows)
{
    const cpt_upper *r = &triangle->r;
    for (size_t j = end, some; j < r->order; j += some) {
        some = cpt_smaller(PANEL - j % PANEL, r->order - j);
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)(j + some - end), (int)some,
                    (int)width, -1, rows + end * width, (int)width, rows + j * width, (int)width, 1,
                    column(triangle, j) + end, (int)cpt_upper_leading(r, j));
    }
}

/* Factors the first `count` columns. left[j]: the square of what is left of column j beside those
 * before it. */
static critpt_status factor(cpt_triangle *triangle, size_t count, double tolerance, double *left)
{
    critpt_status status = CRITPT_OK;
    size_t n = triangle->order, panel = cpt_smaller(PANEL, n);
    double *rows = NULL;
    CPT_TRY(cpt_allocate(&rows, n, panel * sizeof *rows));
    for (size_t first = 0, width; first < count; first += width) {
        /* up to the end of a block column, so that what remains begins with one */
        width = cpt_smaller(PANEL - first % PANEL, count - first);
        CPT_TRY(cpt_pulse_beat());
        factor_block(triangle, first, first + width, tolerance, left);
        factor_rows(triangle, first, width, tolerance, left, rows);
        subtract_rows(triangle, first + width, width, rows);
    }
done:
    cpt_free(rows);
    return status;
}

/* Moves independent columns to the front, in their order, and the rows of the others away. */
static critpt_status gather(cpt_triangle *triangle, double tolerance, const double *left)
{
    critpt_status status;
    size_t n = triangle->order, rank = triangle->rank, front = 0, back = rank;
    double *saved = NULL;
    CPT_TRY(cpt_allocate(&saved, (n - rank) * rank, sizeof *saved));
    for (size_t j = 0; j < n; j++)
        triangle->pivot[is_left_out(left[j], tolerance) ? back++ : front++] = (int)j + 1;
    for (size_t i = rank; i < n; i++) {
        size_t from = cpt_triangle_column(triangle, i);
        for (size_t t = 0; t < rank && cpt_triangle_column(triangle, t) < from; t++)
            saved[(i - rank) * rank + t] = column(triangle, from)[cpt_triangle_column(triangle, t)];
    }
    for (size_t i = 0; i < rank; i++) {
        const double *from = column(triangle, cpt_triangle_column(triangle, i));
        for (size_t t = 0; t <= i; t++)
            column(triangle, i)[t] = from[cpt_triangle_column(triangle, t)];
    }
    for (size_t i = rank; i < n; i++) {
        memset(column(triangle, i), 0, cpt_upper_leading(&triangle->r, i) * sizeof(double));
        memcpy(column(triangle, i), saved + (i - rank) * rank, rank * sizeof *saved);
    }
done:
    cpt_free(saved);
    return status;
}

/* What rounding leaves of the square of a column of norm 1 that depends on others. */
static double rounding_of(const cpt_triangle *triangle)
{
    return 10 * DBL_EPSILON * sqrt((double)triangle->order);
}

bool cpt_triangle_scale_products(cpt_triangle *triangle)
{
    return equilibrate(triangle, NULL);
}

critpt_status cpt_triangle_reduce_products(cpt_triangle *triangle, size_t first)
{
    critpt_status status;
    double *left = NULL;
    CPT_TRY(cpt_allocate(&left, triangle->order, sizeof *left));
    CPT_TRY(factor(triangle, first, rounding_of(triangle), left));
done:
    cpt_free(left);
    return status;
}

/* How many columns are left, and of the least of them how much. */
static void count_left(cpt_triangle *triangle, double tolerance, const double *left)
{
    triangle->rank = 0;
    triangle->least = 1;
    for (size_t j = 0; j < triangle->order; j++)
        if (!is_left_out(left[j], tolerance)) {
            triangle->rank++;
            triangle->least = fmin(triangle->least, sqrt(left[j]));
        }
}

critpt_status cpt_triangle_factor_products(cpt_triangle *triangle, const bool *excluded,
                                           double least, size_t most_left_out, bool *certain)
{
    critpt_status status;
    size_t n = triangle->order;
    double tolerance = fmax(least, rounding_of(triangle)), *left = NULL;
    CPT_TRY(cpt_allocate(&left, n, sizeof *left));
    triangle->rank = 0;
    *certain = equilibrate(triangle, excluded);
    if (!*certain)
        goto done;
    CPT_TRY(factor(triangle, n, tolerance, left));
    count_left(triangle, tolerance, left);
    *certain = n - triangle->rank <= most_left_out;
    if (!*certain) {
        triangle->rank = 0;
        goto done;
    }
    CPT_TRY(gather(triangle, tolerance, left));
    CPT_TRY(cpt_triangle_estimate_condition(triangle, triangle->rank, &triangle->condition));
    triangle->gap = INFINITY;
    triangle->departure = DBL_EPSILON * triangle->condition * triangle->condition;
    *certain = triangle->condition <= largest_condition;
done:
    cpt_free(left);
    return status;
}
