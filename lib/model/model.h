/* What a model is: operations on a batch of samples at one point (MATH 3).
 *
 * Arrays over a batch of n samples are unit-major: one row of n samples for each input, unit or
 * output, so that every product is a GEMM and every elementwise loop runs over contiguous samples.
 */
#ifndef CPT_MODEL_MODEL_H
#define CPT_MODEL_MODEL_H

#include <stdatomic.h>

#include "linalg/linalg.h"

/* A batch under evaluation. The caller owns all memory; `tape` has room for tape_size numbers and
 * is what forward leaves to the derivative operations. */
typedef struct cpt_batch {
    size_t n;              /* samples */
    size_t first;          /* the first one's place, and where not NULL their numbers by place: */
    const size_t *numbers; /* for messages */
    const double *weights; /* P */
    const double *inputs;  /* d x n */
    const double *rows;    /* the same n x d where they lie so as they are, else NULL */
    double *outputs;       /* D x n */
    double *tape;
    size_t first_weight; /* 0, or the first of a block (model/structure.h): derivatives by weights
                            before it are not wanted, and may be left as they are */
} cpt_batch;

/* Weights as combinations of others: row j of a sparse matrix has values[e] in columns[e], e from
 * first[j] to first[j + 1] - 1. `next`, where not NULL, is the same of those others. */
typedef struct cpt_weight_map {
    const size_t *first, *columns;
    const double *values;
    const struct cpt_weight_map *next;
} cpt_weight_map;

/* Distances in an array that holds a Jacobian, between samples, outputs and weights; with a map
 * these are the others, to which the entries of a weight are added. */
typedef struct cpt_jacobian_layout {
    size_t sample, output, weight;
    const cpt_weight_map *map;
} cpt_jacobian_layout;

/* Entries of a weight, x_i or where y is not NULL x_i y_i for n samples, put where `to` has the
 * weights of the first sample; or added to what is there (layout.c). */
void cpt_jacobian_store(const cpt_jacobian_layout *layout, size_t weight, size_t n, const double *x,
                        const double *y, double *to);
void cpt_jacobian_add(const cpt_jacobian_layout *layout, size_t weight, size_t n, const double *x,
                      const double *y, double *to);

/* What forward leaves on the tape. Each includes those before it. */
typedef enum cpt_order {
    CPT_VALUES,
    CPT_DERIVATIVES,
    CPT_SECOND_DERIVATIVES,
    CPT_THIRD_DERIVATIVES
} cpt_order;

/* How a pass is charged for its rounding. */
typedef struct cpt_rounding {
    double epsilon; /* of the arithmetic */
    double factor;  /* what relative rounding of every term does to a result; epsilon or more */
    double share;   /* least step, in whole errors, by which derivatives along them are taken */
    bool certain;   /* a sum of k terms is charged k + 1 roundings, else one: a unit, not a bound */
} cpt_rounding;

/* Where a pre-activation comes nearest to the kink of its activation. */
typedef struct cpt_kink {
    double margin; /* |z|; infinity where there is none */
    size_t layer, unit, sample;
} cpt_kink;

/* The matrix sum_i J_i' E_i J_i + S(u) over a batch, E_i = sample_weights[i] M_i: the Hessian of
 * the loss if u = E r, up to 1/N. M_i is `metric` for all samples, or the one for each that stands
 * metric_stride times its place further on. */
typedef struct cpt_curvature {
    const double *cotangent;      /* u, D x n; NULL leaves S(u) out */
    bool gauss_newton;            /* false leaves the first term out */
    const double *sample_weights; /* n, NULL: ones */
    const double *metric;         /* D x D, NULL: identity */
    size_t metric_stride;         /* 0: the same for all */
    const size_t *metric_places;  /* n; NULL: 0, 1, ... */
    size_t first_weight;          /* of the matrix, where it is assembled: as in cpt_batch */
} cpt_curvature;

static inline const double *cpt_curvature_metric(const cpt_curvature *curvature, size_t i)
{
    size_t place = curvature->metric_places ? curvature->metric_places[i] : i;
    return curvature->metric ? curvature->metric + place * curvature->metric_stride : NULL;
}
/* u = M_i r_i, D x n each and distinct, for metrics of the samples. */
void cpt_curvature_multiply(const cpt_curvature *curvature, size_t D, size_t n, const double *r,
                            double *u);

/* A direction in the weights, and what push_tangents made of it for the batch, or NULL. */
typedef struct cpt_direction {
    const double *vector; /* P */
    const double *tangents;
} cpt_direction;

/* A matrix of second derivatives on its way (MATH 4): the model's own, what follows is for all.
 * Accumulators that would take too much memory are spread over passes over the samples. */
typedef struct cpt_assembly {
    const critpt_model *model;
    size_t batch;    /* samples of a batch at most */
    size_t n_passes; /* at least 1 */
    size_t bytes;    /* that it holds */
} cpt_assembly;

/* Every operation needs a batch whose forward was called with CPT_SECOND_DERIVATIVES. */
typedef struct cpt_model_second_order {
    /* Replaces the batch's weights and tape by absolute values, and finds their errors. What is
     * computed of the batch next is a sum F of products of them: rounding makes about epsilon F of
     * it. shares[i], at most 1, is the rounding's share or more: at least the largest relative
     * error. weights has room for P. Needs CPT_THIRD_DERIVATIVES. */
    critpt_status (*make_absolute)(const critpt_model *model, cpt_batch *batch,
                                   const cpt_rounding *rounding, double *weights, double *shares);
    /* Then adds errors / shares to the tape and to the absolute residual (D x n): shares[i] times
     * what this adds to F bounds, F being convex along the errors, what the errors make of it. */
    critpt_status (*enlarge)(const critpt_model *model, cpt_batch *batch, const double *shares,
                             double *residual);
    /* Numbers of scratch that the operations along vectors need, for a batch of n samples. */
    critpt_status (*scratch_size)(const critpt_model *model, size_t n, size_t *size);
    /* results[j] += curvature directions[j] for the n_vectors rows of both. */
    critpt_status (*curvature_vectors)(const critpt_model *model, const cpt_batch *batch,
                                       const cpt_curvature *curvature, size_t n_vectors,
                                       const double *directions, size_t directions_leading,
                                       double *scratch, double *results, size_t results_leading);
    /* Derivatives of all units along one direction, that many numbers for a batch of n samples. */
    critpt_status (*tangents_size)(const critpt_model *model, size_t n, size_t *size);
    critpt_status (*push_tangents)(const critpt_model *model, const cpt_batch *batch,
                                   const double *direction, double *tangents);
    /* result (D x n) = D2f[v, u]. */
    critpt_status (*second_directional)(const critpt_model *model, const cpt_batch *batch,
                                        const cpt_direction *v, const cpt_direction *u,
                                        double *scratch, double *result);
    /* Row `o` of sample i of J's derivative along v (P numbers: Hess f_i v), from the cotangent
     * scale[i] seeds[o][.] and laid out as by `jacobian`. */
    critpt_status (*jacobian_tangent)(const critpt_model *model, const cpt_batch *batch,
                                      const double *v, const double *seeds, const double *scale,
                                      double *scratch, double *entries,
                                      const cpt_jacobian_layout *layout);

    /* An assembly for batches of at most n_samples and curvatures that have what `curvature` has:
     * cotangent, Gauss-Newton part, metric, first weight; its arrays are not looked at. It takes
     * about `bytes` of memory at most, its batches' tapes included, unless eight samples of a very
     * wide network need more. assembly_size tells how many doubles at most, without allocating any.
     */
    critpt_status (*assembly_size)(const critpt_model *model, const cpt_curvature *curvature,
                                   size_t n_samples, size_t bytes, size_t *size);
    critpt_status (*assembly_create)(cpt_assembly **assembly, const critpt_model *model,
                                     const cpt_curvature *curvature, size_t n_samples,
                                     size_t bytes);
    void (*assembly_destroy)(cpt_assembly *assembly);
    /* For each pass: start, add every batch, and store the pass's part, times scale, in the P x P
     * matrix, which is whole and symmetric after the last pass. It begins with the first weight. */
    critpt_status (*assembly_start)(cpt_assembly *assembly, size_t pass);
    critpt_status (*assembly_add)(cpt_assembly *assembly, const cpt_batch *batch,
                                  const cpt_curvature *curvature);
    critpt_status (*assembly_store)(cpt_assembly *assembly, double scale, double *matrix,
                                    size_t leading);
    /* The adjoint, for an assembly of S alone: for each pass, start with the symmetric Q (P x P),
     * then add <Hess f_i, Q> of every batch to result (D x n). */
    critpt_status (*adjoint_start)(cpt_assembly *assembly, size_t pass, const double *q,
                                   size_t leading);
    critpt_status (*adjoint_add)(cpt_assembly *assembly, const cpt_batch *batch, double *result);
} cpt_model_second_order;

/* First derivatives for `count` fields at once, which is faster than one after another where layers
 * are narrow. Cotangents and results are D x count x n, directions and gradients count rows of
 * `leading`. */
typedef struct cpt_model_fields {
    /* Numbers of scratch for a batch of n samples. */
    critpt_status (*scratch_size)(const critpt_model *model, size_t n, size_t count, size_t *size);
    critpt_status (*pushforwards)(const critpt_model *model, const cpt_batch *batch, size_t count,
                                  const double *directions, size_t leading, double *scratch,
                                  double *results);
    critpt_status (*pullbacks)(const critpt_model *model, const cpt_batch *batch, size_t count,
                               const double *cotangents, double *scratch, double *gradients,
                               size_t leading);
} cpt_model_fields;

/* The products J_k' Mn J_l of the Jacobians of several points on their way (MATH 6): the model's
 * own, what follows is for all. Sums that would take too much memory are spread over passes. */
typedef struct cpt_gram {
    const critpt_model *model;
    size_t n_points;
    size_t batch;    /* samples of a batch at most */
    size_t n_passes; /* at least 1 */
} cpt_gram;

typedef struct cpt_model_gram {
    /* For batches of at most n_samples. one_metric: Mn of a sample is one matrix times a factor of
     * the sample. It takes about `bytes` of memory at most, unless eight samples need more; size
     * tells how many doubles at most, and the batch, without allocating any. */
    critpt_status (*size)(const critpt_model *model, size_t n_points, bool one_metric,
                          size_t n_samples, size_t bytes, size_t *batch, size_t *size);
    critpt_status (*create)(cpt_gram **gram, const critpt_model *model, size_t n_points,
                            bool one_metric, size_t n_samples, size_t bytes);
    void (*destroy)(cpt_gram *gram);
    /* For each pass: start; for every batch take it at each point, in order, and add; then store.
     * The batch is evaluated with CPT_DERIVATIVES; the derivative of scaled output o by output c
     * is seeds[c][o] (D x D x n). */
    critpt_status (*start)(cpt_gram *gram, size_t pass);
    critpt_status (*take)(cpt_gram *gram, size_t point, const cpt_batch *batch,
                          const double *seeds);
    critpt_status (*add)(cpt_gram *gram);
    /* The pass's entries (a, b), a <= b, of the symmetric matrix, weight j of point k being number
     * first[k] + j; or where `numbers` is not NULL first[k] + numbers[j], SIZE_MAX being left out.
     */
    critpt_status (*store)(cpt_gram *gram, const size_t *first, const size_t *numbers,
                           cpt_upper *matrix);
} cpt_model_gram;

/* Diagonal blocks of J' Mn J for weights that go together (MATH 6). */
typedef struct cpt_model_blocks {
    size_t (*count)(const critpt_model *model);
    /* How many weights a block has, which are listed unless `weights` is NULL. Every weight is in
     * one block. */
    size_t (*weights)(const critpt_model *model, size_t block, size_t *weights);
    /* Numbers of scratch for a batch of n samples. */
    critpt_status (*scratch_size)(const critpt_model *model, size_t n, size_t *size);
    /* Adds what a batch makes of them to the blocks, which are as many and as large as said; the
     * derivative of scaled output o by output c is seeds[c][o] (D x D x n). */
    critpt_status (*add)(const critpt_model *model, const cpt_batch *batch, const double *seeds,
                         double *scratch, cpt_upper *const *blocks);
} cpt_model_blocks;

/* What first derivatives need of a tape, so that a batch that is evaluated again and again at the
 * same weights is evaluated once. */
typedef struct cpt_model_kept {
    size_t (*size)(const critpt_model *model); /* numbers for each sample */
    /* Copies it, outputs included, from a batch that was evaluated with CPT_DERIVATIVES; and back
     * to one that was not, whose inputs are there. */
    void (*take)(const critpt_model *model, const cpt_batch *batch, double *to);
    void (*put_back)(const critpt_model *model, cpt_batch *batch, const double *from);
} cpt_model_kept;

typedef struct cpt_model_structure cpt_model_structure; /* model/structure.h */

/* Every operation but forward needs a batch whose forward was called with CPT_DERIVATIVES. */
typedef struct cpt_model_operations {
    critpt_status (*tape_size)(const critpt_model *model, size_t n, size_t *size);
    /* outputs = f, for weights and inputs of the batch. */
    critpt_status (*forward)(const critpt_model *model, cpt_batch *batch, cpt_order order);
    /* result (D x n) = J direction. */
    critpt_status (*pushforward)(const critpt_model *model, cpt_batch *batch,
                                 const double *direction, double *result);
    /* gradient (P) += J' cotangent, cotangent D x n. */
    critpt_status (*pullback)(const critpt_model *model, cpt_batch *batch, const double *cotangent,
                              double *gradient);
    /* Row `o` of sample i of the Jacobian, from the cotangent scale[i] seeds[o][.], at the places
     * that the layout gives. seeds is D x D, NULL for the identity; scale NULL for ones. */
    critpt_status (*jacobian)(const critpt_model *model, cpt_batch *batch, const double *seeds,
                              const double *scale, double *jacobian,
                              const cpt_jacobian_layout *layout);
    /* squares (P) += sums of squares of J's columns; products (P) += |J|' bound, bound D x n >= 0.
     */
    critpt_status (*magnitudes)(const critpt_model *model, cpt_batch *batch, const double *bound,
                                double *squares, double *products);
    /* phi (D x n): the outputs' forward error in units of eps (MATH 9). Needs
     * CPT_SECOND_DERIVATIVES of a model that has them. */
    critpt_status (*error_scale)(const critpt_model *model, cpt_batch *batch, double *phi);
    /* products (P) += how far J' cotangent is off as J is, in units of eps; after error_scale. NULL
     * where nothing is known of it. */
    critpt_status (*derivative_errors)(const critpt_model *model, cpt_batch *batch,
                                       const double *cotangent, double *products);
    /* Replaces *kink by a nearer one of the batch. */
    critpt_status (*find_kink)(const critpt_model *model, const cpt_batch *batch, cpt_kink *kink);
    /* CRITPT_INCONSISTENT where what the model gives contradicts itself on these samples (n x d,
     * with their numbers, or NULL); NULL for models that are the library's own. */
    critpt_status (*check)(const critpt_model *model, const double *weights, size_t n,
                           const double *inputs, const size_t *numbers);
    void (*destroy)(critpt_model *model);
    const cpt_model_second_order *second; /* NULL: the model has first derivatives only */
    const cpt_model_fields *fields;       /* NULL: it takes one at a time */
    const cpt_model_gram *gram;           /* NULL: products are made of whole Jacobians */
    const cpt_model_blocks *blocks;       /* NULL: no weights are known to go together */
    const cpt_model_kept *kept;           /* NULL: batches are evaluated anew */
    const cpt_model_structure *structure; /* NULL: nothing is known of it */
} cpt_model_operations;

struct critpt_model {
    const cpt_model_operations *operations;
    atomic_size_t references;
    atomic_bool frozen;
    size_t n_inputs, n_outputs, n_weights;
};

/* Counted references; a model is frozen for good when the first landscape retains it. */
void cpt_model_initialize(critpt_model *model, const cpt_model_operations *operations);
critpt_status cpt_model_freeze(critpt_model *model);
void cpt_model_retain(critpt_model *model);

#endif
