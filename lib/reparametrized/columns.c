/* The columns of B: that they are independent, and the nearest v for weights of the base. */
#include <float.h>
#include <string.h>

#include "reparametrized/reparametrized.h"

/* Folds B in by dense chunks of rows. */
static critpt_status fold(const cpt_sparse *b, cpt_triangle *triangle)
{
    enum { ROWS = 64 };
    critpt_status status;
    size_t n = b->n_columns;
    double *chunk = NULL;
    CPT_TRY(cpt_allocate(&chunk, n, ROWS * sizeof *chunk));
    for (size_t first = 0, rows; first < b->n_rows; first += rows) {
        rows = cpt_smaller(b->n_rows - first, ROWS);
        memset(chunk, 0, n * rows * sizeof *chunk);
        for (size_t e = b->first[first]; e < b->first[first + rows]; e++)
            chunk[b->columns[e] * rows + b->rows[e] - first] = b->values[e];
        CPT_TRY(cpt_triangle_fold(triangle, rows, chunk));
        CPT_TRY(cpt_pulse_beat());
    }
done:
    cpt_free(chunk);
    return status;
}

critpt_status cpt_reparametrized_factor(cpt_reparametrized *own)
{
    critpt_status status = CRITPT_OK;
    cpt_triangle *triangle = &own->factor;
    size_t n = own->b.n_columns;
    bool *excluded = NULL;
    if (own->disjoint)
        return CRITPT_OK;
    CPT_TRY(cpt_triangle_create(triangle, n));
    CPT_TRY(cpt_triangle_begin_rows(triangle));
    CPT_TRY(cpt_allocate(&excluded, n, sizeof *excluded));
    CPT_TRY(fold(&own->b, triangle));
    CPT_TRY(cpt_triangle_factor(triangle, excluded, 10 * (double)own->b.n_rows * DBL_EPSILON));
    if (triangle->rank < n)
        status = cpt_error(CRITPT_INVALID_ARGUMENT,
                           "column %zu of the matrix depends on the others: weights that differ "
                           "would be the same model; leave it out",
                           cpt_triangle_column(triangle, triangle->rank));
done:
    cpt_free(excluded);
    return status;
}

size_t cpt_reparametrized_scratch(const cpt_reparametrized *own)
{
    return 2 * own->b.n_columns;
}

/* part = (B' B)^-1 B' x; room for n_columns. */
static void solve(const cpt_reparametrized *own, const double *x, double *room, double *part)
{
    const cpt_sparse *b = &own->b;
    cpt_triangle factor = own->factor; /* with scratch of its own: the model's is shared */
    factor.vector = room;
    memset(part, 0, b->n_columns * sizeof *part);
    cpt_sparse_add_transposed(b, false, x, part);
    if (!own->disjoint) {
        cpt_triangle_solve(&factor, 1, part);
        return;
    }
    memset(room, 0, b->n_columns * sizeof *room);
    for (size_t e = 0; e < b->n; e++)
        room[b->columns[e]] += b->values[e] * b->values[e];
    for (size_t k = 0; k < b->n_columns; k++)
        part[k] /= room[k];
}

void cpt_reparametrized_project(const cpt_reparametrized *own, double *x, double *scratch,
                                double *v)
{
    size_t n = own->b.n_columns;
    double *part = scratch + n;
    memset(v, 0, n * sizeof *v);
    for (int round = 0; round < 2; round++) { /* the second makes up for the first one's rounding */
        solve(own, x, scratch, part);
        cpt_linalg_axpy(n, 1, part, v);
        cpt_sparse_subtract(&own->b, part, x);
    }
}
