/* A model at one point over the whole sample, batch by batch: f, J v, J' u, J and its magnitudes,
 * and to second order S(u), S*(Q), D2f[v, u] and the Hessian (MATH 3).
 *
 *     for (size_t first = 0; first < samples.n; first += jet.batch.n)
 *         CPT_TRY(cpt_jet_evaluate(&jet, &samples, weights, first, CPT_DERIVATIVES)); ...
 *
 * evaluate gathers the next batch and runs the model forward; the operators then speak of that
 * batch. Arrays over the batch are unit-major (model/model.h). */
#ifndef CPT_JET_JET_H
#define CPT_JET_JET_H

#include "model/structure.h"

/* Which samples, and how they are read. */
typedef struct cpt_samples {
    const double *inputs; /* sample-major */
    size_t leading;
    size_t n;
    const size_t *indices; /* n of them, or NULL for 0 .. n - 1 */
    bool rounded;          /* inputs are rounded to float32 on the way */
} cpt_samples;

typedef struct cpt_jet {
    const critpt_model *model;
    size_t capacity; /* samples in a batch at most */
    size_t first;    /* of the batch, among the samples */
    cpt_order order; /* of its evaluation */
    cpt_batch batch;
    double *memory; /* inputs, outputs and tape of a batch */
} cpt_jet;

/* Samples of a batch that make a good GEMM while its tape stays in cache: rows of an odd number of
 * cache lines, so that those of a column fall into different sets. */
enum { CPT_JET_BATCH = 200 };

critpt_status cpt_jet_create(cpt_jet *jet, const critpt_model *model, size_t capacity);
void cpt_jet_destroy(cpt_jet *jet);
/* Doubles that a jet of this capacity holds. */
critpt_status cpt_jet_size(const critpt_model *model, size_t capacity, size_t *size);

/* Gathers the batch that starts at sample `first` and evaluates it. `weights` is borrowed until the
 * next evaluation. */
critpt_status cpt_jet_evaluate(cpt_jet *jet, const cpt_samples *samples, const double *weights,
                               size_t first, cpt_order order);

/* What first derivatives need of a batch that was evaluated with CPT_DERIVATIVES: how many numbers
 * for each sample, 0 where the model keeps none; and in place of an evaluation, of the same batch
 * at the same weights, whose inputs (d x n) stay where they are given. */
size_t cpt_jet_kept_size(const critpt_model *model);
void cpt_jet_take(const cpt_jet *jet, double *to);
critpt_status cpt_jet_put_back(cpt_jet *jet, const cpt_samples *samples, const double *weights,
                               size_t first, const double *inputs, const double *from);

/* The index in the landscape of sample i of the batch. */
static inline size_t cpt_jet_sample(const cpt_jet *jet, const cpt_samples *samples, size_t i)
{
    return samples->indices ? samples->indices[jet->first + i] : jet->first + i;
}

/* The operators of model/model.h on the batch. */
critpt_status cpt_jet_pushforward(cpt_jet *jet, const double *direction, double *result);
critpt_status cpt_jet_pullback(cpt_jet *jet, const double *cotangent, double *gradient);
/* Whether the model has operations for many fields at once; numbers of scratch for `count` fields
 * in batches of at most n samples; and the operations. */
bool cpt_jet_takes_fields(const critpt_model *model);
critpt_status cpt_jet_fields_size(const critpt_model *model, size_t n, size_t count, size_t *size);
critpt_status cpt_jet_pushforwards(const cpt_jet *jet, size_t count, const double *directions,
                                   size_t leading, double *scratch, double *results);
critpt_status cpt_jet_pullbacks(const cpt_jet *jet, size_t count, const double *cotangents,
                                double *scratch, double *gradients, size_t leading);
critpt_status cpt_jet_jacobian(cpt_jet *jet, const double *seeds, const double *scale,
                               double *jacobian, const cpt_jacobian_layout *layout);
critpt_status cpt_jet_magnitudes(cpt_jet *jet, const double *bound, double *squares,
                                 double *products);
critpt_status cpt_jet_error_scale(cpt_jet *jet, double *phi);
critpt_status cpt_jet_derivative_errors(cpt_jet *jet, const double *cotangent, double *products);
/* kink->sample is then an index in the landscape. */
critpt_status cpt_jet_find_kink(const cpt_jet *jet, const cpt_samples *samples, cpt_kink *kink);

/* Products of the Jacobians of several points, if the model has operations for them, by batches of
 * a jet whose capacity is at most gram->batch: see model/model.h. */
bool cpt_jet_takes_gram(const critpt_model *model);
critpt_status cpt_jet_gram_size(const critpt_model *model, size_t n_points, bool one_metric,
                                size_t n_samples, size_t bytes, size_t *batch, size_t *size);
critpt_status cpt_jet_gram_create(cpt_gram **gram, const critpt_model *model, size_t n_points,
                                  bool one_metric, size_t n_samples, size_t bytes);
void cpt_jet_gram_destroy(cpt_gram *gram);
critpt_status cpt_jet_gram_start(cpt_gram *gram, size_t pass);
critpt_status cpt_jet_gram_take(cpt_gram *gram, size_t point, const cpt_jet *jet,
                                const double *seeds);
critpt_status cpt_jet_gram_add(cpt_gram *gram);
critpt_status cpt_jet_gram_store(cpt_gram *gram, const size_t *first, cpt_upper *matrix);

/* Diagonal blocks of the products of a point's Jacobian, if the model has operations for them: see
 * model/model.h. */
bool cpt_jet_takes_blocks(const critpt_model *model);
size_t cpt_jet_blocks_count(const critpt_model *model);
size_t cpt_jet_blocks_weights(const critpt_model *model, size_t block, size_t *weights);
critpt_status cpt_jet_blocks_scratch_size(const critpt_model *model, size_t n, size_t *size);
critpt_status cpt_jet_blocks_add(const cpt_jet *jet, const double *seeds, double *scratch,
                                 cpt_upper *const *blocks);

/* Passes of a jet over samples, as structures ask for them. */
typedef struct cpt_jet_passes {
    cpt_passes passes; /* first */
    cpt_jet *jet;
    const cpt_samples *samples;
} cpt_jet_passes;
void cpt_jet_begin_passes(cpt_jet_passes *passes, cpt_jet *jet, const cpt_samples *samples,
                          const double *weights);

/* ---- Second order, after an evaluation with CPT_SECOND_DERIVATIVES or more ---- */

/* CRITPT_UNSUPPORTED for a model without second derivatives. */
critpt_status cpt_jet_require_second_order(const critpt_model *model);
/* Doubles of scratch for the operations along vectors, in batches of at most n samples; 0 for a
 * model without second derivatives. */
critpt_status cpt_jet_scratch_size(const critpt_model *model, size_t n, size_t *size);
/* results[j] += (sum_i J_i' E_i J_i + S(u)) directions[j], rows of P. */
critpt_status cpt_jet_curvature_vectors(cpt_jet *jet, const cpt_curvature *curvature,
                                        size_t n_vectors, const double *directions,
                                        size_t directions_leading, double *scratch, double *results,
                                        size_t results_leading);
/* Doubles of the tangents along one direction, in batches of at most n samples. */
critpt_status cpt_jet_tangents_size(const critpt_model *model, size_t n, size_t *size);
critpt_status cpt_jet_push_tangents(cpt_jet *jet, const double *direction, double *tangents);
/* result (D x n): v' Hess f_i u. */
critpt_status cpt_jet_second_directional(cpt_jet *jet, const cpt_direction *v,
                                         const cpt_direction *u, double *scratch, double *result);
/* J's derivative along v, laid out as by cpt_jet_jacobian. */
critpt_status cpt_jet_jacobian_tangent(cpt_jet *jet, const double *v, const double *seeds,
                                       const double *scale, double *scratch, double *entries,
                                       const cpt_jacobian_layout *layout);

/* See model/model.h; the batch's inputs become absolute as well. */
critpt_status cpt_jet_make_absolute(cpt_jet *jet, const cpt_rounding *rounding, double *weights,
                                    double *shares);
critpt_status cpt_jet_enlarge(cpt_jet *jet, const double *shares, double *residual);

/* A whole P x P matrix: sum_i J_i' E_i J_i + S(u), or either term, over all batches of a jet whose
 * capacity is at most assembly->batch:
 *
 *     for (size_t pass = 0; pass < assembly->n_passes; pass++) {
 *         cpt_jet_assembly_start(assembly, pass);
 *         for every batch, evaluated: cpt_jet_assembly_add(assembly, jet, &curvature);
 *         cpt_jet_assembly_store(assembly, scale, matrix, leading);
 *     }
 *
 * It takes about `bytes` of memory at most, the jet included, unless eight samples of a very wide
 * network need more. */
critpt_status cpt_jet_assembly_create(cpt_assembly **assembly, const critpt_model *model,
                                      const cpt_curvature *curvature, size_t n_samples,
                                      size_t bytes);
/* How many doubles it takes at most, without allocating any. */
critpt_status cpt_jet_assembly_size(const critpt_model *model, const cpt_curvature *curvature,
                                    size_t n_samples, size_t bytes, size_t *size);
void cpt_jet_assembly_destroy(cpt_assembly *assembly);
critpt_status cpt_jet_assembly_start(cpt_assembly *assembly, size_t pass);
critpt_status cpt_jet_assembly_add(cpt_assembly *assembly, cpt_jet *jet,
                                   const cpt_curvature *curvature);
critpt_status cpt_jet_assembly_store(cpt_assembly *assembly, double scale, double *matrix,
                                     size_t leading);
/* S*(Q) by an assembly that was created for S(u) alone: passes as above, start reading Q and add
 * adding <Hess f_i, Q> to result (D x n of the batch). */
critpt_status cpt_jet_adjoint_start(cpt_assembly *assembly, size_t pass, const double *q,
                                    size_t leading);
critpt_status cpt_jet_adjoint_add(cpt_assembly *assembly, cpt_jet *jet, double *result);

#endif
