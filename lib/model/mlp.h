/* The layered network, inside its folder: description, operations, and the layout of its tape. */
#ifndef CPT_MODEL_MLP_H
#define CPT_MODEL_MLP_H

#include "model/structure.h"

typedef struct cpt_layer {
    size_t n_inputs, n_units;
    critpt_activation activation;
    bool bias;
    size_t weights, biases; /* offsets of both in the vector of weights */
    size_t tape;            /* offset of its arrays on a tape, in rows of n samples */
} cpt_layer;

typedef struct cpt_mlp {
    critpt_model model; /* first: a pointer to it is a pointer to the network */
    size_t n_layers;
    cpt_layer *layers;
    size_t tape_rows; /* rows of n samples that all layers need on a tape */
    size_t widest;    /* units of the widest layer */
} cpt_mlp;

extern const cpt_model_operations cpt_mlp_operations;
extern const cpt_model_second_order cpt_mlp_second_order;
extern const cpt_model_fields cpt_mlp_fields;
extern const cpt_model_gram cpt_mlp_gram_operations;
extern const cpt_model_blocks cpt_mlp_blocks_operations;
extern const cpt_model_structure cpt_mlp_structure;

static inline cpt_mlp *cpt_mlp_from(critpt_model *model)
{
    return (cpt_mlp *)model;
}

static inline const cpt_mlp *cpt_mlp_const(const critpt_model *model)
{
    return (const cpt_mlp *)model;
}

/* Inputs of a layer, its constant included. */
static inline size_t cpt_mlp_fan(const cpt_layer *layer)
{
    return layer->n_inputs + layer->bias;
}

static inline size_t cpt_mlp_pairs(size_t n)
{
    return n * (n + 1) / 2;
}

/* Where weight (p, r) of a layer stands in the vector. */
static inline size_t cpt_mlp_weight(const cpt_layer *layer, size_t p, size_t r)
{
    return r < layer->n_inputs ? layer->weights + p * layer->n_inputs + r : layer->biases + p;
}

const cpt_layer *cpt_mlp_layers(const critpt_model *model, size_t *n_layers);
/* Activations and slopes of a layer on the tape of an evaluated batch: n_units x n each. The slopes
 * are NULL for the identity. */
const double *cpt_mlp_values(const critpt_model *model, const cpt_batch *batch, size_t layer);
const double *cpt_mlp_slopes(const critpt_model *model, const cpt_batch *batch, size_t layer);

void cpt_mlp_destroy(critpt_model *model);
/* Layer, row and column of a weight; the column of a bias is n_inputs. Each may be NULL. */
void cpt_mlp_locate(const critpt_model *model, size_t index, size_t *layer, size_t *row,
                    size_t *column);

/* ---- The tape: for each layer z, a, act'(z) and act''(z), n_units x n each, then the errors of a,
 * of act' and, where act'''(z) stood, of act''; for the identity z and its error alone, the others
 * being NULL. ---- */

static inline double *cpt_mlp_preactivation_rows(const cpt_layer *layer, const cpt_batch *batch)
{
    return batch->tape + layer->tape * batch->n;
}

static inline double *cpt_mlp_value_rows(const cpt_layer *layer, const cpt_batch *batch)
{
    size_t skipped = layer->activation == CRITPT_IDENTITY ? 0 : layer->n_units;
    return batch->tape + (layer->tape + skipped) * batch->n;
}

static inline double *cpt_mlp_slope_rows(const cpt_layer *layer, const cpt_batch *batch)
{
    if (layer->activation == CRITPT_IDENTITY)
        return NULL;
    return batch->tape + (layer->tape + 2 * layer->n_units) * batch->n;
}

static inline double *cpt_mlp_curvature_rows(const cpt_layer *layer, const cpt_batch *batch)
{
    if (layer->activation == CRITPT_IDENTITY)
        return NULL;
    return batch->tape + (layer->tape + 3 * layer->n_units) * batch->n;
}

static inline double *cpt_mlp_value_errors(const cpt_layer *layer, const cpt_batch *batch)
{
    size_t skipped = layer->activation == CRITPT_IDENTITY ? 1 : 4;
    return batch->tape + (layer->tape + skipped * layer->n_units) * batch->n;
}

static inline double *cpt_mlp_slope_errors(const cpt_layer *layer, const cpt_batch *batch)
{
    if (layer->activation == CRITPT_IDENTITY)
        return NULL;
    return batch->tape + (layer->tape + 5 * layer->n_units) * batch->n;
}

static inline double *cpt_mlp_curvature_errors(const cpt_layer *layer, const cpt_batch *batch)
{
    if (layer->activation == CRITPT_IDENTITY)
        return NULL;
    return batch->tape + (layer->tape + 6 * layer->n_units) * batch->n;
}

/* The layer of the first weight that is wanted. */
static inline size_t cpt_mlp_lowest(const cpt_mlp *mlp, size_t first_weight)
{
    size_t l = mlp->n_layers - 1;
    while (mlp->layers[l].weights > first_weight)
        l--;
    return l;
}

/* abar_{l-1} without its constant: what layer l is fed with. */
static inline const double *cpt_mlp_input_rows(const cpt_mlp *mlp, const cpt_batch *batch, size_t l)
{
    return l == 0 ? batch->inputs : cpt_mlp_value_rows(&mlp->layers[l - 1], batch);
}

/* result = W a + b for any weights of the layer's shape, added to the old result if `keep`. */
void cpt_mlp_apply_layer(const cpt_layer *layer, const double *weights, size_t n,
                         const double *inputs, bool keep, double *result);
/* to = from o act'(z) */
void cpt_mlp_multiply_slopes(const cpt_layer *layer, const cpt_batch *batch, const double *from,
                             double *to);
/* The cotangent scale[i] seeds[o][.] of row `o` of a Jacobian, D x n. */
void cpt_mlp_seed_row(size_t D, size_t n, size_t o, const double *seeds, const double *scale,
                      double *cotangent);
double cpt_mlp_sum(const double *x, size_t n);
/* Scratch 0 to 3 of the tape: widest x n each. */
enum { CPT_MLP_SCRATCH = 4 };
double *cpt_mlp_scratch(const cpt_mlp *mlp, const cpt_batch *batch, int which);

/* ---- Running errors (mlp_errors.c): see the operations of the same names ---- */

critpt_status cpt_mlp_error_scale(const critpt_model *model, cpt_batch *batch, double *phi);
critpt_status cpt_mlp_derivative_errors(const critpt_model *model, cpt_batch *batch,
                                        const double *cotangent, double *products);
critpt_status cpt_mlp_make_absolute(const critpt_model *model, cpt_batch *batch,
                                    const cpt_rounding *rounding, double *weights, double *shares);
critpt_status cpt_mlp_enlarge(const critpt_model *model, cpt_batch *batch, const double *shares,
                              double *residual);

/* ---- Structure (mlp_extended.c, mlp_null.c): see model/structure.h ---- */

critpt_status cpt_mlp_extended_create(cpt_extended **extended, const critpt_model *model,
                                      const long double *weights, cpt_extended_metric apply_metric,
                                      const void *metric);
critpt_status cpt_mlp_place_null_weights(const critpt_model *model, const cpt_passes *passes,
                                         const bool *null, cpt_null_place *places);
critpt_status cpt_mlp_seek_null_families(const critpt_model *model, const cpt_passes *passes,
                                         const cpt_null_sink *sink);

#endif
