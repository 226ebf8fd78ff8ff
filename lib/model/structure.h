/* What may be asked of any model beyond its derivatives: blocks of weights that act affinely, names
 * of weights, how roundings add up, directions in which nothing changes. What a model does not know
 * it answers so, and the caller has a sentence for it: no layer above asks what kind of model it
 * is. */
#ifndef CPT_MODEL_STRUCTURE_H
#define CPT_MODEL_STRUCTURE_H

#include "model/model.h"

/* ---- Blocks of weights ---- */

/* W a + b with W of n_units x n_inputs, row-major. */
typedef struct cpt_affine_block {
    size_t n_units, n_inputs;
    bool bias;
    size_t weights, biases; /* offsets in the vector of weights */
} cpt_affine_block;

/* Weights in which the outputs are jointly linear, the others fixed: f is then in range(J) (MATH 5,
 * fact 2). */
typedef struct cpt_linear_block {
    size_t n, first;       /* first, ..., first + n - 1, */
    const size_t *weights; /* or where not NULL these n */
} cpt_linear_block;
/* False: there is none, or none is known. */
bool cpt_structure_linear_block(const critpt_model *model, cpt_linear_block *block);
size_t cpt_structure_linear_weight(const cpt_linear_block *block, size_t i);
bool cpt_structure_is_linear(const critpt_model *model, size_t weight);

/* The weight that adds a constant to an output, SIZE_MAX where none is known; and how many outputs
 * have one: their constants are in range(J) (MATH 5, fact 1). */
size_t cpt_structure_constant(const critpt_model *model, size_t output);
size_t cpt_structure_n_constants(const critpt_model *model);

/* Random weights for a point; CRITPT_UNSUPPORTED where it is not known how they are drawn. */
critpt_status cpt_structure_draw(const critpt_model *model, uint64_t seed, size_t point,
                                 double scale, double *weights);

/* The first block, whose a are the inputs themselves; the same. */
bool cpt_structure_input_block(const critpt_model *model, cpt_affine_block *block);

/* All blocks, in the order of the weights: none if they are not known. */
size_t cpt_structure_n_blocks(const critpt_model *model);
cpt_affine_block cpt_structure_block(const critpt_model *model, size_t block);
/* Second derivatives that targets move at a critical point (MATH 5, fact 5); SIZE_MAX where no
 * count is known. */
size_t cpt_structure_movable_curvatures(const critpt_model *model);

/* Orders of derivatives that are exact to rounding; the others are differences. */
int cpt_structure_exact_orders(const critpt_model *model);

/* ---- Names and places of weights ---- */

/* Layer, row and column of a weight, a bias in the last column; false if it has no such place. */
bool cpt_structure_locate_weight(const critpt_model *model, size_t weight, size_t *layer,
                                 size_t *row, size_t *column);

/* "weight (row, column) of layer l", "bias row of layer l", or "weight j". */
void cpt_structure_describe_weight(const critpt_model *model, size_t weight, char *text,
                                   size_t size);

/* "unit u of layer l" that a kink belongs to, or "the model" where there are no layers. */
void cpt_structure_describe_kink(const critpt_model *model, const cpt_kink *kink, char *text,
                                 size_t size);

/* ---- Rounding ---- */

/* The sums at a single sample: their roundings from inputs to second derivatives, and the terms of
 * the longest. */
typedef struct cpt_sum_lengths {
    double roundings;
    size_t longest;
} cpt_sum_lengths;
cpt_sum_lengths cpt_structure_sum_lengths(const critpt_model *model);

/* ---- Extended precision ---- */

/* The Hessian of one sample's loss in long double. */
typedef struct cpt_extended cpt_extended;
/* u = Mn_i r for sample i, D numbers each. */
typedef void (*cpt_extended_metric)(const void *metric, size_t sample, const long double *r,
                                    long double *u);
bool cpt_structure_has_extended(const critpt_model *model);
/* Entries of what it computes for each sample beside a P x P matrix: those of the Hessian by more
 * weights that it is made of. */
size_t cpt_structure_extended_entries(const critpt_model *model);
/* Of a model that has one; metric and weights are borrowed. */
critpt_status cpt_structure_extended_create(cpt_extended **extended, const critpt_model *model,
                                            const long double *weights,
                                            cpt_extended_metric apply_metric, const void *metric);
void cpt_structure_extended_destroy(cpt_extended *extended);
/* sum (P x P) += the Hessian of a sample with inputs x and targets y, in the lower triangle; what
 * is above it is undefined. */
void cpt_structure_extended_add(cpt_extended *extended, size_t sample, const double *x,
                                const double *y, long double *sum);

/* ---- Where nothing changes ---- */

/* A pass over the samples at one point, as its owner runs it: visits every batch, evaluated with
 * CPT_DERIVATIVES. */
typedef critpt_status (*cpt_visit)(void *user, const cpt_batch *batch, size_t first);
typedef struct cpt_passes {
    critpt_status (*run)(const struct cpt_passes *passes, cpt_visit visit, void *user);
    const double *weights;
    size_t capacity; /* samples of a batch at most */
} cpt_passes;

/* Why a single weight, in which J vanishes, has no effect. */
typedef struct cpt_null_place {
    size_t layer, unit; /* of a dead input its number; of a model without layers 0, the weight */
    critpt_null_reason reason;
} cpt_null_place;
/* places[j] for the weights with null[j]. */
critpt_status cpt_structure_place_null_weights(const critpt_model *model, const cpt_passes *passes,
                                               const bool *null, cpt_null_place *places);

/* A curve of weights through a point. */
typedef struct cpt_curve {
    bool straight;
    /* Its derivative at t = 0, and its point at t = size: P numbers each. */
    void (*tangent)(const struct cpt_curve *curve, const double *weights, double *tangent);
    void (*move)(const struct cpt_curve *curve, const double *weights, double size, double *moved);
} cpt_curve;

/* Curves along which the outputs may stay as they are, to be confirmed (MATH 5, fact 8): one, or
 * all straight lines of a subspace. */
typedef struct cpt_null_family {
    cpt_null_place place;
    const cpt_curve *curve; /* NULL: lines */
    size_t n_lines;
    const double *lines; /* n_lines x P */
    double length;       /* of a move that changes outputs, where it does, by much */
    bool is_local; /* it may hold near the point only: on this side of a kink, in saturation */
} cpt_null_family;

typedef struct cpt_null_sink {
    critpt_status (*take)(void *user, const cpt_null_family *family);
    bool (*is_full)(void *user); /* more are of no use */
    void *user;
} cpt_null_sink;

/* Gives the sink all families that the model's structure explains; none if it knows of none. */
critpt_status cpt_structure_seek_null_families(const critpt_model *model, const cpt_passes *passes,
                                               const cpt_null_sink *sink);

/* ---- Distances that symmetries do not change (symmetry.c) ---- */

/* Scratch for critpt_mlp_distance, so that nothing is allocated for each pair of points. */
typedef struct cpt_matching cpt_matching;
critpt_status cpt_model_matching_create(cpt_matching **matching, const critpt_model *model);
void cpt_model_matching_destroy(cpt_matching *matching);
/* Of weights that are taken as checked; CRITPT_NON_FINITE where a square overflows. */
critpt_status cpt_model_matching_distance(cpt_matching *matching, const double *a, const double *b,
                                          double *distance);
bool cpt_model_matching_is_exact(const cpt_matching *matching);

/* ---- What a model answers with ---- */

/* Any may be NULL. */
struct cpt_model_structure {
    bool (*linear_block)(const critpt_model *model, cpt_linear_block *block);
    size_t (*constant)(const critpt_model *model, size_t output);
    critpt_status (*draw)(const critpt_model *model, uint64_t seed, size_t point, double scale,
                          double *weights);
    int (*exact_orders)(const critpt_model *model);
    size_t (*n_blocks)(const critpt_model *model);
    cpt_affine_block (*block)(const critpt_model *model, size_t block);
    size_t (*movable_curvatures)(const critpt_model *model);
    bool (*locate_weight)(const critpt_model *model, size_t weight, size_t *layer, size_t *row,
                          size_t *column);
    void (*describe_weight)(const critpt_model *model, size_t weight, char *text, size_t size);
    void (*describe_kink)(const critpt_model *model, const cpt_kink *kink, char *text, size_t size);
    cpt_sum_lengths (*sum_lengths)(const critpt_model *model);
    size_t (*extended_entries)(const critpt_model *model);
    critpt_status (*extended_create)(cpt_extended **extended, const critpt_model *model,
                                     const long double *weights, cpt_extended_metric apply_metric,
                                     const void *metric);
    critpt_status (*place_null_weights)(const critpt_model *model, const cpt_passes *passes,
                                        const bool *null, cpt_null_place *places);
    critpt_status (*seek_null_families)(const critpt_model *model, const cpt_passes *passes,
                                        const cpt_null_sink *sink);
};

/* What every model's extended Hessian begins with. */
struct cpt_extended {
    void (*add)(cpt_extended *extended, size_t sample, const double *x, const double *y,
                long double *sum);
    void (*destroy)(cpt_extended *extended);
};

#endif
