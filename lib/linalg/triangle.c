/* The triangle of a tall matrix: QR by chunks, its rank, and solves with it (MATH 6). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/blas.h"
#include "linalg/linalg.h"

enum { BLOCK = 64 }; /* reflectors applied at once; 32 to 64 measured best */
static const double pivoting_condition = 1e10; /* below it no column can be near dependent */

static critpt_status lapack_failed(const char *routine, int info)
{
    return cpt_error(info == LAPACK_WORK_MEMORY_ERROR ? CRITPT_NO_MEMORY : CRITPT_SYSTEM,
                     "LAPACK's %s failed with info %d", routine, info);
}

critpt_status cpt_triangle_create(cpt_triangle *triangle, size_t order)
{
    critpt_status status;
    memset(triangle, 0, sizeof *triangle);
    triangle->order = order;
    triangle->block = order < BLOCK ? order : BLOCK;
    CPT_TRY(cpt_linalg_require_size("number of equations", order));
    CPT_TRY(cpt_allocate(&triangle->scale, order, sizeof *triangle->scale));
    CPT_TRY(cpt_allocate(&triangle->pivot, order, sizeof *triangle->pivot));
    CPT_TRY(cpt_allocate(&triangle->vector, order, sizeof *triangle->vector));
done:
    if (status != CRITPT_OK)
        cpt_triangle_destroy(triangle);
    return status;
}

static void forget_columns(cpt_triangle *triangle)
{
    cpt_upper_destroy(&triangle->r);
    cpt_free(triangle->reflector);
    cpt_free(triangle->work);
    triangle->reflector = triangle->work = NULL;
}

critpt_status cpt_triangle_begin_products(cpt_triangle *triangle)
{
    forget_columns(triangle);
    triangle->of_products = true;
    return cpt_upper_create(&triangle->r, triangle->order, CPT_UPPER_WIDTH);
}

critpt_status cpt_triangle_begin_rows(cpt_triangle *triangle)
{
    critpt_status status;
    size_t panel = triangle->block * triangle->order;
    forget_columns(triangle);
    triangle->of_products = false;
    CPT_TRY(cpt_upper_create(&triangle->r, triangle->order, cpt_larger(triangle->order, 1)));
    CPT_TRY(cpt_allocate(&triangle->reflector, panel, sizeof(double)));
    CPT_TRY(cpt_allocate(&triangle->work, panel, sizeof(double)));
done:
    return status;
}

void cpt_triangle_destroy(cpt_triangle *triangle)
{
    forget_columns(triangle);
    cpt_free(triangle->scale);
    cpt_free(triangle->pivot);
    cpt_free(triangle->vector);
    memset(triangle, 0, sizeof *triangle);
}

critpt_status cpt_triangle_fold(cpt_triangle *triangle, size_t rows, double *chunk)
{
    int n = (int)triangle->order;
    if (n == 0)
        return CRITPT_OK;
    int info = LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, (int)rows, n, 0, (int)triangle->block,
                                   triangle->r.entries, n, chunk, (int)rows, triangle->reflector,
                                   (int)triangle->block, triangle->work);
    return info ? lapack_failed("dtpqrt", info) : CRITPT_OK;
}

static double *column(const cpt_triangle *triangle, size_t j)
{
    return cpt_upper_column(&triangle->r, j);
}

double cpt_triangle_column_norm(const cpt_triangle *triangle, size_t j)
{
    if (!triangle->r.entries)
        return triangle->scale[j] > 0 ? 1 / triangle->scale[j] : 0;
    if (triangle->of_products)
        return sqrt(column(triangle, j)[j]);
    return cpt_linalg_norm(j + 1, column(triangle, j));
}

/* Scales column j to norm 1 and remembers by how much; excluded and zero ones become zero. */
static void equilibrate(cpt_triangle *triangle, const bool *excluded)
{
    for (size_t j = 0; j < triangle->order; j++) {
        double norm = excluded[j] ? 0 : cpt_triangle_column_norm(triangle, j);
        triangle->scale[j] = norm > 0 ? 1 / norm : 0;
        for (size_t i = 0; i <= j; i++)
            column(triangle, j)[i] *= triangle->scale[j];
        triangle->pivot[j] = (int)j + 1;
    }
}

/* 1-norm condition estimate of the leading `rank` columns. */
critpt_status cpt_triangle_estimate_condition(const cpt_triangle *triangle, size_t rank,
                                              double *condition)
{
    critpt_status status;
    double reciprocal = 1, *work = NULL;
    int *integers = NULL;
    if (triangle->of_products)
        return cpt_upper_estimate_condition(&triangle->r, rank, condition);
    CPT_TRY(cpt_allocate(&work, 3 * rank, sizeof *work));
    CPT_TRY(cpt_allocate(&integers, rank, sizeof *integers));
    if (rank) {
        int info =
            LAPACKE_dtrcon_work(LAPACK_COL_MAJOR, '1', 'U', 'N', (int)rank, triangle->r.entries,
                                (int)triangle->order, &reciprocal, work, integers);
        if (info)
            CPT_TRY(lapack_failed("dtrcon", info));
    }
    *condition = 1 / reciprocal;
done:
    cpt_free(work);
    cpt_free(integers);
    return status;
}

static critpt_status pivot_columns(cpt_triangle *triangle)
{
    critpt_status status;
    int n = (int)triangle->order, info;
    double size = 0, *tau = NULL, *work = NULL;
    for (int j = 0; j < n; j++) {
        triangle->pivot[j] = 0; /* free to move */
        memset(column(triangle, (size_t)j) + j + 1, 0, (size_t)(n - j - 1) * sizeof(double));
    }
    CPT_TRY(cpt_allocate(&tau, (size_t)n, sizeof *tau));
    info = LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, n, n, triangle->r.entries, n, triangle->pivot, tau,
                               &size, -1);
    if (info)
        CPT_TRY(lapack_failed("dgeqp3", info));
    CPT_TRY(cpt_allocate(&work, (size_t)size, sizeof *work));
    info = LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, n, n, triangle->r.entries, n, triangle->pivot, tau,
                               work, (int)size);
    if (info)
        CPT_TRY(lapack_failed("dgeqp3", info));
done:
    cpt_free(tau);
    cpt_free(work);
    return status;
}

static void find_rank(cpt_triangle *triangle, double tolerance)
{
    size_t n = triangle->order, rank = 0;
    double first = fabs(triangle->r.entries[0]);
    while (rank < n && fabs(column(triangle, rank)[rank]) > tolerance * first)
        rank++;
    triangle->rank = rank;
    triangle->gap = INFINITY;
    if (rank > 0 && rank < n)
        triangle->gap =
            fabs(column(triangle, rank - 1)[rank - 1]) / fabs(column(triangle, rank)[rank]);
}

critpt_status cpt_triangle_decide_rank(cpt_triangle *triangle, double tolerance)
{
    critpt_status status;
    find_rank(triangle, tolerance);
    CPT_TRY(cpt_triangle_estimate_condition(triangle, triangle->rank, &triangle->condition));
    triangle->departure = DBL_EPSILON * triangle->condition;
done:
    return status;
}

critpt_status cpt_triangle_factor(cpt_triangle *triangle, const bool *excluded, double tolerance)
{
    critpt_status status;
    equilibrate(triangle, excluded);
    triangle->rank = triangle->order;
    triangle->gap = INFINITY;
    CPT_TRY(cpt_triangle_estimate_condition(triangle, triangle->order, &triangle->condition));
    if (triangle->condition > pivoting_condition) {
        CPT_TRY(pivot_columns(triangle));
        CPT_TRY(cpt_triangle_decide_rank(triangle, tolerance));
    }
    triangle->departure = DBL_EPSILON * triangle->condition;
done:
    return status;
}

size_t cpt_triangle_column(const cpt_triangle *triangle, size_t position)
{
    return (size_t)triangle->pivot[position] - 1;
}

/* Solves op(R11) x = x in place for `count` rows x, R11 the leading block of the independent
 * columns. */
static void solve_leading(const cpt_triangle *triangle, cpt_transpose form, size_t count, double *x)
{
    cpt_upper_solve(&triangle->r, form, triangle->rank, count, x, triangle->order);
}

/* From B's columns to positions in the pivoted, scaled triangle, 0 from the rank on. */
static void gather(const cpt_triangle *triangle, double *x)
{
    double *work = triangle->vector;
    for (size_t i = 0; i < triangle->order; i++) {
        size_t j = cpt_triangle_column(triangle, i);
        work[i] = i < triangle->rank ? x[j] * triangle->scale[j] : 0;
    }
    memcpy(x, work, triangle->order * sizeof *x);
}

/* Back to B's columns. */
static void scatter(const cpt_triangle *triangle, double *x)
{
    double *work = triangle->vector;
    memcpy(work, x, triangle->order * sizeof *x);
    for (size_t i = 0; i < triangle->order; i++) {
        size_t j = cpt_triangle_column(triangle, i);
        x[j] = work[i] * triangle->scale[j];
    }
}

void cpt_triangle_solve(cpt_triangle *triangle, size_t count, double *x)
{
    for (size_t i = 0; i < count; i++)
        gather(triangle, x + i * triangle->order);
    solve_leading(triangle, CPT_TRANSPOSED, count, x);
    solve_leading(triangle, CPT_PLAIN, count, x);
    for (size_t i = 0; i < count; i++)
        scatter(triangle, x + i * triangle->order);
}

void cpt_triangle_to_orthonormal(cpt_triangle *triangle, double *x)
{
    gather(triangle, x);
    solve_leading(triangle, CPT_TRANSPOSED, 1, x);
}

void cpt_triangle_from_orthonormal(cpt_triangle *triangle, double *x)
{
    solve_leading(triangle, CPT_PLAIN, 1, x);
    scatter(triangle, x);
}

void cpt_triangle_dependency(cpt_triangle *triangle, size_t position, double *c)
{
    memset(c, 0, triangle->order * sizeof *c);
    memcpy(c, column(triangle, position), triangle->rank * sizeof *c);
    solve_leading(triangle, CPT_PLAIN, 1, c);
    c[position] = -1;
    scatter(triangle, c);
}
