/* A model at one point over the whole sample, batch by batch: f, J v, J' u, J and its magnitudes.
 *
 *     for (size_t first = 0; first < samples.n; first += jet.batch.n)
 *         CPT_TRY(cpt_jet_evaluate(&jet, &samples, weights, first, CPT_DERIVATIVES)); ...
 *
 * evaluate gathers the next batch and runs the model forward; the operators then speak of that
 * batch. Arrays over the batch are unit-major (model/model.h). */
#ifndef CPT_JET_JET_H
#define CPT_JET_JET_H

#include "model/model.h"

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
    cpt_batch batch;
    double *memory; /* inputs, outputs and tape of a batch */
} cpt_jet;

/* Samples of a batch that make a good GEMM while its tape stays in cache. */
enum { CPT_JET_BATCH = 256 };

critpt_status cpt_jet_create(cpt_jet *jet, const critpt_model *model, size_t capacity);
void cpt_jet_destroy(cpt_jet *jet);
/* Doubles that a jet of this capacity holds. */
critpt_status cpt_jet_size(const critpt_model *model, size_t capacity, size_t *size);

/* Gathers the batch that starts at sample `first` and evaluates it. `weights` is borrowed until the
 * next evaluation. */
critpt_status cpt_jet_evaluate(cpt_jet *jet, const cpt_samples *samples, const double *weights,
                               size_t first, cpt_order order);

/* The index in the landscape of sample i of the batch. */
static inline size_t cpt_jet_sample(const cpt_jet *jet, const cpt_samples *samples, size_t i)
{
    return samples->indices ? samples->indices[jet->first + i] : jet->first + i;
}

/* The operators of model/model.h on the batch. */
critpt_status cpt_jet_pushforward(cpt_jet *jet, const double *direction, double *result);
critpt_status cpt_jet_pullback(cpt_jet *jet, const double *cotangent, double *gradient);
critpt_status cpt_jet_jacobian(cpt_jet *jet, const double *seeds, const double *scale,
                               double *jacobian, const cpt_jacobian_layout *layout);
critpt_status cpt_jet_magnitudes(cpt_jet *jet, const double *bound, double *squares,
                                 double *products);
critpt_status cpt_jet_error_scale(cpt_jet *jet, double *phi);
/* kink->sample is then an index in the landscape. */
void cpt_jet_find_kink(const cpt_jet *jet, const cpt_samples *samples, cpt_kink *kink);

#endif
