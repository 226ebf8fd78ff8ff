/* The sparse matrix B, by rows, and what vectors and matrices become through it. */
#include <math.h>
#include <string.h>

#include "reparametrized/reparametrized.h"

static double entry(const cpt_sparse *b, bool absolute, size_t e)
{
    return absolute ? fabs(b->values[e]) : b->values[e];
}

/* The most entries of a row and of a column. */
static critpt_status measure(cpt_sparse *b)
{
    critpt_status status;
    size_t *lengths = NULL;
    CPT_TRY(cpt_allocate(&lengths, b->n_columns, sizeof *lengths));
    for (size_t j = 0; j < b->n_rows; j++)
        b->widest = cpt_larger(b->widest, b->first[j + 1] - b->first[j]);
    for (size_t e = 0; e < b->n; e++)
        b->longest = cpt_larger(b->longest, ++lengths[b->columns[e]]);
done:
    cpt_free(lengths);
    return status;
}

critpt_status cpt_sparse_create(cpt_sparse *b, size_t n_rows, size_t n_columns, const size_t *rows,
                                const size_t *columns, const double *values, size_t n)
{
    critpt_status status;
    *b = (cpt_sparse){.n_rows = n_rows, .n_columns = n_columns};
    CPT_TRY(cpt_allocate(&b->first, n_rows + 1, sizeof *b->first));
    CPT_TRY(cpt_allocate(&b->rows, n, sizeof *b->rows));
    CPT_TRY(cpt_allocate(&b->columns, n, sizeof *b->columns));
    CPT_TRY(cpt_allocate(&b->values, n, sizeof *b->values));
    for (size_t i = 0; i < n; i++)
        if (values[i] != 0)
            b->first[rows[i] + 1]++;
    for (size_t j = 0; j < n_rows; j++)
        b->first[j + 1] += b->first[j];
    b->n = b->first[n_rows];
    for (size_t i = 0; i < n; i++) {
        if (values[i] == 0)
            continue;
        size_t e = b->first[rows[i]]++; /* the row's beginning moves on to its end */
        b->rows[e] = rows[i];
        b->columns[e] = columns[i];
        b->values[e] = values[i];
    }
    memmove(b->first + 1, b->first, n_rows * sizeof *b->first);
    b->first[0] = 0;
    CPT_TRY(measure(b));
done:
    return status;
}

void cpt_sparse_destroy(cpt_sparse *b)
{
    cpt_free(b->first);
    cpt_free(b->rows);
    cpt_free(b->columns);
    cpt_free(b->values);
}

void cpt_sparse_multiply(const cpt_sparse *b, bool absolute, const double *v, double *w)
{
    memset(w, 0, b->n_rows * sizeof *w);
    for (size_t e = 0; e < b->n; e++)
        w[b->rows[e]] += entry(b, absolute, e) * v[b->columns[e]];
}

void cpt_sparse_add_transposed(const cpt_sparse *b, bool absolute, const double *w, double *v)
{
    for (size_t e = 0; e < b->n; e++)
        v[b->columns[e]] += entry(b, absolute, e) * w[b->rows[e]];
}

void cpt_sparse_subtract(const cpt_sparse *b, const double *v, double *w)
{
    for (size_t e = 0; e < b->n; e++)
        w[b->rows[e]] -= b->values[e] * v[b->columns[e]];
}

void cpt_sparse_add_squares(const cpt_sparse *b, const double *squares, double *roots, double *v)
{
    memset(roots, 0, b->n_columns * sizeof *roots);
    for (size_t e = 0; e < b->n; e++)
        roots[b->columns[e]] += fabs(b->values[e]) * sqrt(squares[b->rows[e]]);
    for (size_t k = 0; k < b->n_columns; k++)
        v[k] += roots[k] * roots[k];
}

/* Where B chooses rows: each entry has one place. */
static void pick(const cpt_sparse *b, bool absolute, size_t first, const double *h, double *matrix,
                 size_t leading)
{
    for (size_t d = 0; d < b->n; d++) {
        const double *from = h + (b->rows[d] - first) * (b->n_rows - first);
        double factor = entry(b, absolute, d), *to = matrix + b->columns[d] * leading;
        for (size_t e = 0; e < b->n; e++)
            to[b->columns[e]] = factor * entry(b, absolute, e) * from[b->rows[e] - first];
    }
}

void cpt_sparse_fold(const cpt_sparse *b, bool absolute, size_t first, const double *h, double *row,
                     double *matrix, size_t leading)
{
    size_t n = b->n_columns;
    if (b->widest == 1 && b->longest == 1) {
        pick(b, absolute, first, h, matrix, leading);
        return;
    }
    for (size_t k = 0; k < n; k++)
        memset(matrix + k * leading, 0, n * sizeof *matrix);
    for (size_t d = 0, i; d < b->n; d = b->first[i + 1]) {
        i = b->rows[d];
        const double *from = h + (i - first) * (b->n_rows - first);
        memset(row, 0, n * sizeof *row);
        for (size_t e = 0; e < b->n; e++)
            row[b->columns[e]] += entry(b, absolute, e) * from[b->rows[e] - first];
        for (size_t e = d; e < b->first[i + 1]; e++)
            cpt_linalg_axpy(n, entry(b, absolute, e), row, matrix + b->columns[e] * leading);
    }
    for (size_t k = 0; k < n; k++) /* symmetric to the last bit */
        for (size_t l = 0; l < k; l++)
            matrix[l * leading + k] = matrix[k * leading + l];
}

void cpt_sparse_fold_extended(const cpt_sparse *b, const long double *h, long double *row,
                              long double *sum)
{
    size_t n = b->n_columns, P = b->n_rows;
    for (size_t d = 0, i; d < b->n; d = b->first[i + 1]) {
        i = b->rows[d];
        for (size_t k = 0; k < n; k++)
            row[k] = 0;
        for (size_t e = 0; e < b->n; e++) {
            size_t j = b->rows[e];
            row[b->columns[e]] += b->values[e] * (j <= i ? h[i * P + j] : h[j * P + i]);
        }
        for (size_t e = d; e < b->first[i + 1]; e++)
            for (size_t l = 0; l <= b->columns[e]; l++)
                sum[b->columns[e] * n + l] += b->values[e] * row[l];
    }
}

void cpt_sparse_spread(const cpt_sparse *b, size_t first, const double *q, size_t leading,
                       double *row, double *h)
{
    size_t n = b->n_columns, m = b->n_rows - first;
    memset(h, 0, m * m * sizeof *h);
    for (size_t d = 0, i; d < b->n; d = b->first[i + 1]) {
        i = b->rows[d];
        double *to = h + (i - first) * m;
        memset(row, 0, n * sizeof *row);
        for (size_t e = d; e < b->first[i + 1]; e++)
            cpt_linalg_axpy(n, b->values[e], q + b->columns[e] * leading, row);
        for (size_t e = 0; e < b->n; e++)
            to[b->rows[e] - first] += b->values[e] * row[b->columns[e]];
    }
}
