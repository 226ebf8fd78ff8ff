/* Whole matrices of second derivatives of a layered network, inside its folder (MATH 4).
 *
 * The matrix is a sum of parts. A part is one of the sums of MATH 4 for a block (l, m), l <= m: a
 * product over the samples of rows that a recursion through the layers yields ("given") and rows
 * that are products of two others ("formed" chunk by chunk). Its entries are accumulated apart, in
 * tiles that fit a fixed memory, and spread into the matrix at the end. */
#ifndef CPT_MODEL_MLP_ASSEMBLY_H
#define CPT_MODEL_MLP_ASSEMBLY_H

#include "model/mlp.h"
#include "model/mlp_products.h"

/* What Z_m is for every sample. Rows (p, q) are written for units p of layer l and q of layer m. */
typedef enum cpt_mlp_form {
    CPT_MLP_ZERO,
    CPT_MLP_DIAGONAL, /* rows q */
    CPT_MLP_DENSE,    /* rows (p, q), p <= q */
    CPT_MLP_CONSTANT  /* sample_weights[i] metric: a linear output layer's Gauss-Newton part */
} cpt_mlp_form;

/* The inputs of a layer with a bias include the constant, its last. (p, r) is the weight of unit p
 * for input r, in layer l; (q, s) in layer m. */
typedef enum cpt_mlp_part_kind {
    CPT_MLP_TRIANGLE,  /* l = m: rows (p <= q) of Z given, columns (r <= s) formed */
    CPT_MLP_UNITS,     /* l = m, Z diagonal: rows p given, columns (r <= s) formed */
    CPT_MLP_GRAM,      /* l = m, Z constant: inputs r formed, inputs s given */
    CPT_MLP_RECTANGLE, /* l < m: rows (p, q) of X given, columns (r, s) formed */
    CPT_MLP_SLOPES, /* m = l + 1: rows p = act'_p given, columns (r, c) = abar_r feature_c formed;
                       features are delta_q, and before them s_i abar_s where Z_m is constant */
    CPT_MLP_PATHS   /* m > l + 1: rows (q, r) = delta_q abar_r formed, columns B (p, s) given */
} cpt_mlp_part_kind;

typedef struct cpt_mlp_part {
    cpt_mlp_part_kind kind;
    size_t l, m;
    size_t rows, columns; /* of its sums */
    bool assigns;         /* the first part of its block, and it has all entries of the block */
} cpt_mlp_part;

typedef struct cpt_mlp_tile {
    const cpt_mlp_part *part;
    size_t pass, first, rows; /* rows of the part */
    size_t padded;            /* rows of the product that makes them, see cpt_mlp_padded */
    double *sums;             /* padded x columns */
} cpt_mlp_tile;

typedef struct cpt_mlp_assembly {
    cpt_assembly assembly; /* first */
    const cpt_mlp *mlp;
    size_t lowest, first_weight; /* the lowest layer that is wanted, and its first weight */
    bool curved, gauss_newton;   /* has S, has the Gauss-Newton part */
    bool with_metric, metric_by_sample;
    size_t pass;
    double keep; /* 0 before the first batch of a pass, whose sums replace what is there; then 1 */
    cpt_mlp_form *forms; /* of Z, for each layer */
    size_t *first_unit;  /* of each layer, among all units */
    cpt_mlp_part *parts;
    size_t n_parts;
    double all_sums;    /* of all parts, and */
    size_t most_formed; /* the most rows that one of them forms */
    cpt_mlp_tile *tiles;
    size_t n_tiles;
    double *sums; /* room for the tiles of a pass */
    size_t n_sums;

    /* Scratch of a batch: rows of n samples, counted here for any n. */
    size_t ones_rows, units, z_rows, x_rows, b_rows, feature_rows, formed_rows;
    double *memory;
    double *squares; /* inputs x inputs of one layer, for as many units as `n_squares` holds */
    size_t n_squares;
    const double *metric; /* of the batches added; NULL: identity */
    double *w_metric;     /* W_L' M */
    double *w_metric_w;   /* W_L' M W_L */

    /* The batch being added. */
    const cpt_batch *batch;
    const cpt_curvature *curvature;
    double *ones, *e, *delta, *z, *x[2], *b[2], *features, *formed;
} cpt_mlp_assembly;

/* Rows to multiply where `rows` are wanted and what is given has room for more: BLAS takes longer
 * for 5 to 7 rows beyond a multiple of 8 than for 8 (OpenBLAS: by a third in all, for 15 rows). */
static inline size_t cpt_mlp_padded(size_t rows)
{
    return rows % 8 > 4 ? (rows + 7) / 8 * 8 : rows;
}

/* Features of a CPT_MLP_SLOPES part. */
static inline size_t cpt_mlp_features(const cpt_mlp_assembly *a, size_t m)
{
    const cpt_layer *layer = &a->mlp->layers[m];
    return (a->forms[m] == CPT_MLP_CONSTANT ? cpt_mlp_fan(layer) : 0) +
           (a->curved ? layer->n_units : 0);
}

static inline double *cpt_mlp_rows_of(const cpt_mlp_assembly *a, double *rows, size_t layer)
{
    return rows + a->first_unit[layer] * a->batch->n;
}

critpt_status cpt_assembly_create(cpt_assembly **assembly, const critpt_model *model,
                                  const cpt_curvature *curvature, size_t n_samples, size_t bytes);
void cpt_assembly_destroy(cpt_assembly *assembly);
critpt_status cpt_assembly_start(cpt_assembly *assembly, size_t pass);
critpt_status cpt_assembly_add(cpt_assembly *assembly, const cpt_batch *batch,
                               const cpt_curvature *curvature);
critpt_status cpt_assembly_store(cpt_assembly *assembly, double scale, double *matrix,
                                 size_t leading);
critpt_status cpt_adjoint_start(cpt_assembly *assembly, size_t pass, const double *q,
                                size_t leading);
critpt_status cpt_adjoint_add(cpt_assembly *assembly, const cpt_batch *batch, double *result);
/* How many doubles it takes at most, without allocating any. */
critpt_status cpt_assembly_size(const critpt_model *model, const cpt_curvature *curvature,
                                size_t n_samples, size_t bytes, size_t *size);

/* ---- Rows of a batch ---- */

/* Places the scratch for this batch, and the constant row. */
void cpt_mlp_begin_batch(cpt_mlp_assembly *a, const cpt_batch *batch);

cpt_mlp_products cpt_mlp_formed_rows(const cpt_mlp_assembly *a, const cpt_mlp_part *part);
/* act'_l, units x n; ones for the identity. */
const double *cpt_mlp_slopes_or_ones(const cpt_mlp_assembly *a, size_t l);

/* y[p][.] = act'_l[p] o sum_q W_{l+1}[q, p] x[q][.], for x of units of layer l + 1 by `width`
 * rows: derivatives by z_{l+1} become derivatives by z_l. */
void cpt_mlp_step_down(const cpt_mlp_assembly *a, size_t l, size_t width, const double *x,
                       double *y);
/* The same for the diagonal x[q] (NULL: ones), y[p][q] = act'_l[p] W_{l+1}[q, p] x[q]. */
void cpt_mlp_step_down_diagonal(const cpt_mlp_assembly *a, size_t l, const double *x, double *y);

#endif
