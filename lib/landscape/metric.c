/* The metric of the loss: sample weights, output metric, metrics of the samples; fields. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "landscape/metric.h"
#include "linalg/linalg.h"

/* ---- What it is made of ---- */

critpt_status cpt_metric_set_sample_weights(cpt_metric *metric, const double *weights,
                                            size_t n_samples)
{
    critpt_status status;
    if (!weights && n_samples == 0) {
        cpt_free(metric->sample_weights);
        metric->sample_weights = NULL;
        return CRITPT_OK;
    }
    CPT_TRY(cpt_require_array("sample weights", weights, n_samples, metric->n_samples));
    CPT_TRY(cpt_require_finite("sample weights", weights, n_samples));
    for (size_t i = 0; i < n_samples; i++)
        if (!(weights[i] > 0))
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "sample weights[%zu] is %g; it must be positive (leave the sample out "
                             "instead of weighing it 0)",
                             i, weights[i]);
    if (!metric->sample_weights)
        CPT_TRY(cpt_allocate(&metric->sample_weights, n_samples, sizeof(double)));
    memcpy(metric->sample_weights, weights, n_samples * sizeof(double));
done:
    return status;
}

/* "output metric", or that of a sample. */
static void name_metric(char *text, size_t size, size_t sample)
{
    if (sample == SIZE_MAX)
        snprintf(text, size, "output metric");
    else
        snprintf(text, size, "metric of sample %zu", sample);
}

static critpt_status require_symmetric(const double *outputs, size_t D, size_t leading,
                                       const char *name)
{
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < i; j++)
            if (outputs[i * leading + j] != outputs[j * leading + i])
                return cpt_error(CRITPT_INVALID_ARGUMENT,
                                 "%s is not symmetric: %.17g at (%zu, %zu), %.17g at (%zu, %zu)",
                                 name, outputs[i * leading + j], i, j, outputs[j * leading + i], j,
                                 i);
    return CRITPT_OK;
}

/* C' of M = C C', in `root`; `lower` has room for D x D. */
static critpt_status factor_outputs(const double *outputs, size_t D, const char *name,
                                    double *lower, double *root)
{
    critpt_status status;
    size_t minor;
    memcpy(lower, outputs, D * D * sizeof(double));
    CPT_TRY(cpt_linalg_cholesky(D, lower, &minor));
    if (minor)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s is not positive definite: its leading minor of order %zu is not "
                          "positive",
                          name, minor));
    cpt_linalg_transpose(D, D, lower, D, root, D);
done:
    return status;
}

static void free_outputs(cpt_metric *metric)
{
    cpt_free(metric->outputs);
    cpt_free(metric->absolute);
    cpt_free(metric->root);
    metric->outputs = metric->absolute = metric->root = NULL;
    metric->stride = 0;
}

/* Metric number `at` of those that are being made. */
static critpt_status take_outputs(cpt_metric *made, size_t at, const double *outputs,
                                  size_t leading, size_t sample, double *scratch)
{
    critpt_status status;
    char name[64];
    size_t D = made->n_outputs, first = at * D * D;
    name_metric(name, sizeof name, sample);
    CPT_TRY(cpt_require_finite_matrix(name, outputs, D, D, leading));
    CPT_TRY(require_symmetric(outputs, D, leading, name));
    for (size_t i = 0; i < D * D; i++) {
        made->outputs[first + i] = outputs[i / D * leading + i % D];
        made->absolute[first + i] = fabs(made->outputs[first + i]);
    }
    CPT_TRY(factor_outputs(made->outputs + first, D, name, scratch, made->root + first));
done:
    return status;
}

/* Replaces the metric by `count` ones, D x D with rows `leading` apart: one for all samples, or of
 * the samples in their order. */
static critpt_status replace_outputs(cpt_metric *metric, size_t count, const double *outputs,
                                     size_t leading, bool by_sample)
{
    critpt_status status;
    size_t D = metric->n_outputs, entries;
    double *scratch = NULL;
    cpt_metric made = *metric;
    made.outputs = made.absolute = made.root = NULL;
    made.stride = by_sample ? D * D : 0;
    CPT_TRY(cpt_multiply(D, D, "output metric", &entries));
    CPT_TRY(cpt_allocate(&scratch, entries, sizeof(double)));
    CPT_TRY(cpt_multiply(entries, count, "metrics of the samples", &entries));
    CPT_TRY(cpt_allocate(&made.outputs, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&made.absolute, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&made.root, entries, sizeof(double)));
    for (size_t i = 0; i < count; i++)
        CPT_TRY(take_outputs(&made, i, outputs + i * D * leading, leading, by_sample ? i : SIZE_MAX,
                             scratch));
    free_outputs(metric);
    *metric = made;
done:
    if (status != CRITPT_OK)
        free_outputs(&made);
    cpt_free(scratch);
    return status;
}

critpt_status cpt_metric_set_outputs(cpt_metric *metric, const double *outputs, size_t leading)
{
    critpt_status status;
    if (!outputs && leading == 0) {
        free_outputs(metric);
        return CRITPT_OK;
    }
    CPT_TRY(cpt_require_matrix("output metric", outputs, metric->n_outputs, metric->n_outputs,
                               leading));
    CPT_TRY(replace_outputs(metric, 1, outputs, leading, false));
done:
    return status;
}

critpt_status cpt_metric_set_samples(cpt_metric *metric, const double *metrics, size_t n_samples)
{
    critpt_status status;
    if (!metrics && n_samples == 0) {
        free_outputs(metric);
        return CRITPT_OK;
    }
    CPT_TRY(cpt_require_array("metrics of the samples", metrics, n_samples, metric->n_samples));
    CPT_TRY(replace_outputs(metric, n_samples, metrics, metric->n_outputs, true));
done:
    return status;
}

void cpt_metric_destroy(cpt_metric *metric)
{
    cpt_free(metric->sample_weights);
    free_outputs(metric);
}

void cpt_metric_sample_weights(const cpt_metric *metric, double *weights)
{
    for (size_t i = 0; i < metric->n_samples; i++)
        weights[i] = cpt_metric_weight_of(metric, i);
}

void cpt_metric_outputs(const cpt_metric *metric, size_t sample, double *outputs, size_t leading)
{
    const double *own = cpt_metric_outputs_of(metric, sample);
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++)
            outputs[i * leading + j] = own ? own[i * D + j] : i == j;
}

/* ---- Fields ---- */

/* s_i / N */
static double sample_factor(const cpt_metric *metric, size_t i)
{
    return cpt_metric_weight_of(metric, i) / (double)metric->n_whole;
}

void cpt_metric_apply(const cpt_metric *metric, const double *d, double *u)
{
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, d += D, u += D) {
        const double *own = cpt_metric_outputs_of(metric, i);
        double factor = sample_factor(metric, i);
        for (size_t o = 0; o < D; o++)
            u[o] = factor * (own ? cpt_linalg_dot(D, own + o * D, d) : d[o]);
    }
}

void cpt_metric_apply_extended(const cpt_metric *metric, size_t sample, const long double *r,
                               long double *u)
{
    size_t D = metric->n_outputs;
    const double *own = cpt_metric_outputs_of(metric, sample);
    long double factor = cpt_metric_weight_of(metric, sample) / (long double)metric->n_whole;
    for (size_t o = 0; o < D; o++) {
        u[o] = own ? 0 : factor * r[o];
        for (size_t q = 0; own && q < D; q++)
            u[o] += factor * own[o * D + q] * r[q];
    }
}

void cpt_metric_root(const cpt_metric *metric, const double *d, double *e)
{
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, d += D, e += D) {
        const double *root = cpt_metric_root_of(metric, i);
        double factor = sqrt(sample_factor(metric, i));
        for (size_t o = 0; o < D; o++) {
            double sum = root ? 0 : d[o];
            for (size_t q = o; root && q < D; q++)
                sum += root[o * D + q] * d[q];
            e[o] = factor * sum;
        }
    }
}

void cpt_metric_root_transposed(const cpt_metric *metric, const double *e, double *u)
{
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, e += D, u += D) {
        const double *root = cpt_metric_root_of(metric, i);
        double factor = sqrt(sample_factor(metric, i));
        for (size_t o = 0; o < D; o++) {
            double sum = root ? 0 : e[o];
            for (size_t q = 0; root && q <= o; q++)
                sum += root[q * D + o] * e[q];
            u[o] = factor * sum;
        }
    }
}

void cpt_metric_inverse_root(const cpt_metric *metric, const double *e, double *d)
{
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, e += D, d += D) {
        const double *root = cpt_metric_root_of(metric, i);
        double factor = sqrt(sample_factor(metric, i));
        for (size_t o = D; o-- > 0;) {
            double sum = e[o] / factor;
            for (size_t q = o + 1; root && q < D; q++)
                sum -= root[o * D + q] * d[q];
            d[o] = root ? sum / root[o * D + o] : sum;
        }
    }
}

/* Of this process's samples. */
static double own_norm(const cpt_metric *metric, const double *a, const double *b)
{
    size_t D = metric->n_outputs;
    double scale = 0, sum = 1; /* scale^2 sum is the square so far */
    for (size_t i = 0; i < metric->n_samples; i++) {
        const double *root = cpt_metric_root_of(metric, i);
        double factor = sqrt(sample_factor(metric, i));
        for (size_t o = 0; o < D; o++) {
            double entry = 0; /* of C' (a - b) */
            for (size_t q = o; q < (root ? D : o + 1); q++)
                entry += (root ? root[o * D + q] : 1) * (a[i * D + q] - (b ? b[i * D + q] : 0));
            entry = fabs(factor * entry);
            if (!isfinite(entry))
                return entry;
            if (entry > scale) {
                sum = 1 + sum * (scale / entry) * (scale / entry);
                scale = entry;
            } else if (entry > 0) {
                sum += (entry / scale) * (entry / scale);
            }
        }
    }
    return scale * sqrt(sum);
}

double cpt_metric_norm(const cpt_metric *metric, const double *a, const double *b)
{
    return cpt_reduction_norm(metric->reduction, own_norm(metric, a, b));
}

/* S = sum_i Mn_i */
static critpt_status sum_up(const cpt_metric *metric, double *whole)
{
    critpt_status status;
    size_t D = metric->n_outputs;
    memset(whole, 0, D * D * sizeof *whole);
    for (size_t i = 0; i < metric->n_samples; i++) {
        const double *own = cpt_metric_outputs_of(metric, i);
        double factor = sample_factor(metric, i);
        for (size_t e = 0; e < D * D; e++)
            whole[e] += factor * (own ? own[e] : e / D == e % D);
    }
    CPT_TRY(cpt_reduction_sum(metric->reduction, D * D, whole));
done:
    return status;
}

critpt_status cpt_metric_mean_shift(const cpt_metric *metric, const double *diagonal,
                                    const double *g, double *x)
{
    critpt_status status;
    size_t D = metric->n_outputs, minor;
    double *factor = NULL;
    CPT_TRY(cpt_allocate(&factor, D, D * sizeof *factor));
    CPT_TRY(sum_up(metric, factor));
    for (size_t o = 0; diagonal && o < D; o++)
        factor[o * D + o] += diagonal[o];
    CPT_TRY(cpt_linalg_cholesky(D, factor, &minor));
    if (minor)
        CPT_TRY(cpt_error(CRITPT_NON_FINITE, "the sum of the samples' metrics is not positive "
                                             "definite in double precision; scale sample weights, "
                                             "metric and penalty to the size of 1"));
    memcpy(x, g, D * sizeof *x);
    cpt_linalg_cholesky_solve(D, factor, x);
done:
    cpt_free(factor);
    return status;
}

/* sum_i s_i field_i / sum_i s_i, where one M is that of all samples. */
static critpt_status weighted_mean(const cpt_metric *metric, const double *field, double *mean)
{
    critpt_status status;
    size_t D = metric->n_outputs;
    double *parts = NULL; /* D sums, and that of the weights */
    cpt_sum *sums = NULL, total = {0, 0};
    CPT_TRY(cpt_allocate(&sums, D, sizeof *sums));
    CPT_TRY(cpt_allocate(&parts, D + 1, sizeof *parts));
    for (size_t i = 0; i < metric->n_samples; i++) {
        double weight = cpt_metric_weight_of(metric, i);
        cpt_sum_add(&total, weight);
        for (size_t o = 0; o < D; o++)
            cpt_sum_add(&sums[o], weight * field[i * D + o]);
    }
    for (size_t o = 0; o < D; o++)
        parts[o] = cpt_sum_value(&sums[o]);
    parts[D] = cpt_sum_value(&total);
    CPT_TRY(cpt_reduction_sum(metric->reduction, D + 1, parts));
    for (size_t o = 0; o < D; o++)
        mean[o] = parts[o] / parts[D];
done:
    cpt_free(parts);
    cpt_free(sums);
    return status;
}

/* S^-1 sum_i Mn_i (field_i - from) */
static critpt_status mean_above(const cpt_metric *metric, const double *field, const double *from,
                                double *mean)
{
    critpt_status status;
    size_t D = metric->n_outputs;
    cpt_sum *sums = NULL;
    double *totals = NULL;
    CPT_TRY(cpt_allocate(&sums, D, sizeof *sums));
    CPT_TRY(cpt_allocate(&totals, D, sizeof *totals));
    for (size_t i = 0; i < metric->n_samples; i++) {
        const double *own = cpt_metric_outputs_of(metric, i);
        double factor = sample_factor(metric, i);
        for (size_t e = 0; e < D * D; e++)
            cpt_sum_add(&sums[e / D], factor * own[e] * (field[i * D + e % D] - from[e % D]));
    }
    for (size_t o = 0; o < D; o++)
        totals[o] = cpt_sum_value(&sums[o]);
    CPT_TRY(cpt_reduction_sum(metric->reduction, D, totals));
    CPT_TRY(cpt_metric_mean_shift(metric, NULL, totals, mean));
done:
    cpt_free(sums);
    cpt_free(totals);
    return status;
}

critpt_status cpt_metric_mean(const cpt_metric *metric, const double *field, double *mean)
{
    enum { ROUNDS = 3 }; /* each takes the rounding of S^-1 off the one before */
    critpt_status status;
    size_t D = metric->n_outputs;
    double *more = NULL;
    if (!cpt_metric_is_by_sample(metric))
        return weighted_mean(metric, field, mean);
    CPT_TRY(cpt_allocate(&more, D, sizeof *more));
    memset(mean, 0, D * sizeof *mean);
    for (int round = 0; round < ROUNDS; round++) {
        CPT_TRY(mean_above(metric, field, mean, more));
        for (size_t o = 0; o < D; o++)
            mean[o] += more[o];
    }
done:
    cpt_free(more);
    return status;
}

/* ---- Frozen targets ----
 *
 * With E the unit vectors of a sample's free outputs and T = E (E'ME)^-1 E', the projection is
 * d -> T M d, and of e = C'd it is C' T C. */

critpt_status cpt_metric_projection_create(const cpt_metric *metric, bool scaled,
                                           cpt_metric_projection *projection)
{
    critpt_status status;
    size_t entries, D = metric->n_outputs;
    *projection = (cpt_metric_projection){.scaled = scaled};
    CPT_TRY(cpt_multiply(D, D, "projection on free targets", &entries));
    CPT_TRY(cpt_allocate(&projection->matrix, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&projection->inverse, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&projection->scratch, entries, sizeof(double)));
done:
    return status;
}

void cpt_metric_projection_destroy(cpt_metric_projection *projection)
{
    cpt_free(projection->matrix);
    cpt_free(projection->inverse);
    cpt_free(projection->scratch);
}

/* Sweeps the free outputs of M one by one (Gauss-Jordan on a positive definite block): what is left
 * in their rows and columns is T. */
static void invert_free(const double *outputs, const bool *mask, size_t D, double *inverse)
{
    memset(inverse, 0, D * D * sizeof *inverse);
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++)
            if (!mask[a] && !mask[b])
                inverse[a * D + b] = outputs ? outputs[a * D + b] : a == b;
    for (size_t k = 0; k < D; k++) {
        if (mask[k])
            continue;
        double pivot = inverse[k * D + k];
        inverse[k * D + k] = 1;
        for (size_t b = 0; b < D; b++)
            inverse[k * D + b] /= pivot;
        for (size_t a = 0; a < D; a++) {
            double factor = a == k ? 0 : inverse[a * D + k];
            if (a != k)
                inverse[a * D + k] = 0;
            for (size_t b = 0; b < D; b++)
                inverse[a * D + b] -= factor * inverse[k * D + b];
        }
    }
}

void cpt_metric_projection_prepare(const cpt_metric *metric, const bool *masks, size_t sample,
                                   cpt_metric_projection *projection)
{
    size_t D = metric->n_outputs;
    const bool *mask = masks + sample * D;
    double *inverse = projection->inverse, *product = projection->scratch;
    const double *outputs = cpt_metric_outputs_of(metric, sample),
                 *root = cpt_metric_root_of(metric, sample);
    if (projection->mask && metric->stride == 0 &&
        memcmp(projection->mask, mask, D * sizeof *mask) == 0)
        return;
    projection->mask = mask;
    invert_free(outputs, mask, D, inverse);
    if (!outputs)
        memcpy(projection->matrix, inverse, D * D * sizeof *inverse);
    else if (!projection->scaled)
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, D, D, 1, inverse, D, outputs, D, 0,
                        projection->matrix, D);
    else {
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, D, D, D, 1, inverse, D, root, D, 0, product, D);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, D, D, 1, root, D, product, D, 0,
                        projection->matrix, D);
    }
}
