/* A model of fewer weights v: another one's, the base's, at w = w0 + B v (MATH 14). What its files
 * share. Every operation is the base's, on w and B d, its results taken back by B'; bounds and
 * absolute values are taken through |B|. */
#ifndef CPT_REPARAMETRIZED_REPARAMETRIZED_H
#define CPT_REPARAMETRIZED_REPARAMETRIZED_H

#include "model/structure.h"

/* B by the base's weights: n entries values[e] in rows[e] and columns[e], those of row j from
 * first[j] to first[j + 1] - 1. */
typedef struct cpt_sparse {
    size_t n_rows, n_columns, n, *first, *rows, *columns;
    double *values;
    size_t widest, longest; /* entries of a row, and of a column, at most */
} cpt_sparse;

typedef struct cpt_reparametrized {
    critpt_model model; /* first */
    cpt_model_operations operations;
    cpt_model_structure structure;
    critpt_model *base;
    double *origin; /* w0 */
    cpt_sparse b;
    size_t *only;             /* of each column: its row if it has one entry, else SIZE_MAX */
    size_t *leader;           /* of each column: its first row */
    size_t first_weight;      /* of the base: the block that the first row with an entry is in */
    bool exact;               /* w consists of numbers of w0, v and -v: it is not rounded */
    bool disjoint;            /* no two columns share a row */
    cpt_triangle factor;      /* of the columns' QR, where they do */
    size_t *linear, n_linear; /* columns that the outputs are linear in */
    size_t *constants;        /* D columns that add constants to the outputs, or NULL */
} cpt_reparametrized;

static inline const cpt_reparametrized *cpt_reparametrized_from(const critpt_model *model)
{
    return (const cpt_reparametrized *)model;
}

/* ---- B (matrix.c) ---- */

/* Of entries that were checked, zeros left out. */
critpt_status cpt_sparse_create(cpt_sparse *b, size_t n_rows, size_t n_columns, const size_t *rows,
                                const size_t *columns, const double *values, size_t n);
void cpt_sparse_destroy(cpt_sparse *b);
/* w = B v, or |B| v. */
void cpt_sparse_multiply(const cpt_sparse *b, bool absolute, const double *v, double *w);
/* v += B' w, or |B|' w. */
void cpt_sparse_add_transposed(const cpt_sparse *b, bool absolute, const double *w, double *v);
/* w -= B v. */
void cpt_sparse_subtract(const cpt_sparse *b, const double *v, double *w);
/* v[k] += (sum_j |B_jk| sqrt(squares[j]))^2: at least the squares of J B's columns. */
void cpt_sparse_add_squares(const cpt_sparse *b, const double *squares, double *roots, double *v);
/* matrix = B' H B, or with |B|, for the symmetric H of the rows from `first` on, of order n_rows -
 * first; `row` has room for n_columns. */
void cpt_sparse_fold(const cpt_sparse *b, bool absolute, size_t first, const double *h, double *row,
                     double *matrix, size_t leading);
/* sum += B' H B, in the lower triangles of both. */
void cpt_sparse_fold_extended(const cpt_sparse *b, const long double *h, long double *row,
                              long double *sum);
/* The adjoint: h = B Q B'. */
void cpt_sparse_spread(const cpt_sparse *b, size_t first, const double *q, size_t leading,
                       double *row, double *h);

/* ---- w = w0 + B v, rounded once (origin.c) ---- */

/* Numbers of scratch. */
size_t cpt_reparametrized_terms(const cpt_reparametrized *own);
void cpt_reparametrized_place(const cpt_reparametrized *own, const double *v, double *terms,
                              double *w);
/* The same in extended precision. */
critpt_status cpt_reparametrized_place_extended(const cpt_reparametrized *own, const long double *v,
                                                long double *w);
/* An error that names the first weight that overflows. */
critpt_status cpt_reparametrized_require_finite(const cpt_reparametrized *own, const double *w);

/* ---- From the base's weights back (columns.c) ---- */

/* The factor of B, and an error that names a column that the others determine. */
critpt_status cpt_reparametrized_factor(cpt_reparametrized *own);
/* v nearest to B v = x, and x less B v in its place. scratch: as of cpt_reparametrized_scratch. */
void cpt_reparametrized_project(const cpt_reparametrized *own, double *x, double *scratch,
                                double *v);
size_t cpt_reparametrized_scratch(const cpt_reparametrized *own);

/* ---- The tape: the base's batch, and numbers of its weights (tape.c) ---- */

typedef struct cpt_reparametrized_tape {
    cpt_batch base;    /* at w, its tape behind this one */
    double *w, *terms; /* where w is formed */
    double *x, *y;     /* P of the base each: scratch */
    bool absolute;
} cpt_reparametrized_tape;

critpt_status cpt_reparametrized_tape_size(const critpt_model *model, size_t n, size_t *size);
/* Places it, with w, for a batch. */
cpt_reparametrized_tape *cpt_reparametrized_begin(const critpt_model *model,
                                                  const cpt_batch *batch);
cpt_reparametrized_tape *cpt_reparametrized_tape_of(const cpt_batch *batch);

/* ---- Operations ---- */

/* A Jacobian's entries are added where B has them, to zeros: the layout's own map does so. */
static inline cpt_weight_map cpt_reparametrized_map(const cpt_reparametrized *own,
                                                    const cpt_jacobian_layout *layout)
{
    return (cpt_weight_map){own->b.first, own->b.columns, own->b.values, layout->map};
}
void cpt_reparametrized_clear_entries(const critpt_model *model, size_t n,
                                      const cpt_jacobian_layout *layout, double *entries);

extern const cpt_model_operations cpt_reparametrized_operations;
extern const cpt_model_second_order cpt_reparametrized_second_order;
extern const cpt_model_fields cpt_reparametrized_fields;
extern const cpt_model_kept cpt_reparametrized_kept;
extern const cpt_model_gram cpt_reparametrized_gram;
extern const cpt_model_structure cpt_reparametrized_structure;

/* What the base's facts become (structure.c). */
critpt_status cpt_reparametrized_find_structure(cpt_reparametrized *own);
critpt_status cpt_reparametrized_extended_create(cpt_extended **extended, const critpt_model *model,
                                                 const long double *weights,
                                                 cpt_extended_metric apply_metric,
                                                 const void *metric);
critpt_status cpt_reparametrized_place_null_weights(const critpt_model *model,
                                                    const cpt_passes *passes, const bool *null,
                                                    cpt_null_place *places);
critpt_status cpt_reparametrized_seek_null_families(const critpt_model *model,
                                                    const cpt_passes *passes,
                                                    const cpt_null_sink *sink);

#endif
