/* The metric Mn of the loss L = sum_i r_i' Mn_i r_i / 2, Mn_i = s_i / N M_i: what sample weights
 * and metrics are, one M for all samples or one for each, is known here alone. Its square root is
 * Mn_i^(1/2) = sqrt(s_i / N) C_i' with M_i = C_i C_i', so that |Mn^(1/2) d|^2 / 2 is the loss of
 * residuals d; "scaled" fields are Mn^(1/2) d.
 *
 * Fields are N x D, sample-major, or the rows of this process's samples; norms and means are those
 * of the whole. Arrays over a batch are unit-major (model/model.h). */
#ifndef CPT_LANDSCAPE_METRIC_H
#define CPT_LANDSCAPE_METRIC_H

#include "jet/jet.h"
#include "landscape/reduction.h"

typedef struct cpt_metric {
    size_t n_samples, n_outputs; /* of the fields; D */
    size_t n_whole;              /* N: n_samples, or of all processes */
    cpt_reduction *reduction;    /* NULL: n_samples are the whole */
    double *sample_weights;      /* s_i, NULL: ones */
    double *outputs;             /* M or the M_i, D x D each; NULL: identity */
    double *absolute;            /* |M| entry by entry; NULL: identity */
    double *root;                /* C', upper triangular, D x D each; NULL: identity */
    size_t stride;               /* from a sample's to the next's: D D, or 0 of one M for all */
} cpt_metric;

/* As critpt_landscape_set_sample_weights and critpt_landscape_set_output_metric have them. */
critpt_status cpt_metric_set_sample_weights(cpt_metric *metric, const double *weights,
                                            size_t n_samples);
critpt_status cpt_metric_set_outputs(cpt_metric *metric, const double *outputs, size_t leading);
/* As critpt_landscape_set_sample_metrics has them. */
critpt_status cpt_metric_set_samples(cpt_metric *metric, const double *metrics, size_t n_samples);
void cpt_metric_destroy(cpt_metric *metric);
/* s_i; M_i and C_i', NULL: the identity. */
static inline double cpt_metric_weight_of(const cpt_metric *metric, size_t i)
{
    return metric->sample_weights ? metric->sample_weights[i] : 1;
}
static inline const double *cpt_metric_outputs_of(const cpt_metric *metric, size_t i)
{
    return metric->outputs ? metric->outputs + i * metric->stride : NULL;
}
static inline const double *cpt_metric_root_of(const cpt_metric *metric, size_t i)
{
    return metric->root ? metric->root + i * metric->stride : NULL;
}
static inline bool cpt_metric_is_by_sample(const cpt_metric *metric)
{
    return metric->stride > 0;
}
/* s_i and M_i, whether they were set or not. */
void cpt_metric_sample_weights(const cpt_metric *metric, double *weights);
void cpt_metric_outputs(const cpt_metric *metric, size_t sample, double *outputs, size_t leading);

/* ---- Fields ---- */

/* u = Mn d */
void cpt_metric_apply(const cpt_metric *metric, const double *d, double *u);
/* u = Mn_i r for one sample. */
void cpt_metric_apply_extended(const cpt_metric *metric, size_t sample, const long double *r,
                               long double *u);
/* e = Mn^(1/2) d; u = (Mn^(1/2))' e; d = Mn^(-1/2) e; all distinct. */
void cpt_metric_root(const cpt_metric *metric, const double *d, double *e);
void cpt_metric_root_transposed(const cpt_metric *metric, const double *e, double *u);
void cpt_metric_inverse_root(const cpt_metric *metric, const double *e, double *d);
/* |Mn^(1/2) (a - b)|, without overflow on the way; b NULL stands for zero. NaN where a reduction
 * fails (cpt_reduction_norm). */
double cpt_metric_norm(const cpt_metric *metric, const double *a, const double *b);
/* The m (D numbers) for which sum_i Mn_i (field_i - m) = 0, summed without losing digits. */
critpt_status cpt_metric_mean(const cpt_metric *metric, const double *field, double *mean);
/* The x for which (sum_i Mn_i + diagonal) x = g, without a diagonal if it is NULL: by how much a
 * gradient g of the output biases, penalised by it, moves the mean output. x and g are distinct. */
critpt_status cpt_metric_mean_shift(const cpt_metric *metric, const double *diagonal,
                                    const double *g, double *x);

/* The projection of one sample's targets on those that are not frozen, orthogonal in the metric. */
typedef struct cpt_metric_projection {
    bool scaled;      /* of scaled fields */
    const bool *mask; /* D: the frozen ones of the sample that it was made for; NULL at first */
    double *matrix;   /* D x D */
    double *inverse, *scratch;
} cpt_metric_projection;
/* To be destroyed even after an error. */
critpt_status cpt_metric_projection_create(const cpt_metric *metric, bool scaled,
                                           cpt_metric_projection *projection);
void cpt_metric_projection_destroy(cpt_metric_projection *projection);
/* Makes it that of a sample, for the masks (N x D) of all. */
void cpt_metric_projection_prepare(const cpt_metric *metric, const bool *masks, size_t sample,
                                   cpt_metric_projection *projection);

/* ---- Batches: D x n, or D x count x n for `count` of them ---- */

typedef struct cpt_metric_batch {
    const cpt_metric *metric;
    const cpt_samples *samples; /* selected ones: N is how many these are */
    cpt_jet *jet;               /* whose batch it is */
    double *room;               /* n */
} cpt_metric_batch;

/* N: selected samples, or all of the whole. */
size_t cpt_metric_count(const cpt_metric *metric, const cpt_samples *samples);
/* u = Mn r, r and u distinct. */
void cpt_metric_batch_apply(cpt_metric_batch at, const double *r, double *u);
/* u = |Mn| r with |M| entry by entry, so that nothing cancels in a bound; r >= 0. */
void cpt_metric_batch_apply_absolute(cpt_metric_batch at, const double *r, double *u);
/* x = Mn^(1/2) x and x = (Mn^(1/2))' x, in place. */
void cpt_metric_batch_root(cpt_metric_batch at, size_t count, double *x);
void cpt_metric_batch_root_transposed(cpt_metric_batch at, size_t count, double *x);
/* seeds[c] = Mn^(1/2) e_c for every output c: D x D x n. */
void cpt_metric_batch_seeds(cpt_metric_batch at, double *seeds);
/* Mn^(1/2) J, and Mn^(1/2) times the derivative of J along v; uses the room, and for the latter
 * scratch as cpt_jet_jacobian_tangent has it. */
critpt_status cpt_metric_batch_jacobian(cpt_metric_batch at, double *entries,
                                        const cpt_jacobian_layout *layout);
critpt_status cpt_metric_batch_jacobian_tangent(cpt_metric_batch at, const double *v,
                                                double *scratch, double *entries,
                                                const cpt_jacobian_layout *layout);

/* E_i = s_i M, the metric of a curvature before its factor 1 / N, or the absolute values |E_i|.
 * Made in three steps: without the samples' weights, which tells whether there are any; with them,
 * stored in the room; times one more factor for each sample. */
cpt_curvature cpt_metric_curvature(const cpt_metric *metric, bool absolute);
cpt_curvature cpt_metric_batch_curvature(cpt_metric_batch at, bool absolute);
void cpt_metric_batch_weigh(cpt_metric_batch at, const double *factors, cpt_curvature *curvature);
/* u = E r, r and u distinct. */
void cpt_metric_batch_cotangent(cpt_metric_batch at, const cpt_curvature *curvature,
                                const double *r, double *u);

#endif
