/* The metric of the loss: sample weights and output metric. */
#include <math.h>
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

static critpt_status require_symmetric(const double *outputs, size_t D, size_t leading)
{
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < i; j++)
            if (outputs[i * leading + j] != outputs[j * leading + i])
                return cpt_error(CRITPT_INVALID_ARGUMENT,
                                 "output metric is not symmetric: %.17g at (%zu, %zu), %.17g at "
                                 "(%zu, %zu)",
                                 outputs[i * leading + j], i, j, outputs[j * leading + i], j, i);
    return CRITPT_OK;
}

/* C' of M = C C', in `root`. */
static critpt_status factor_outputs(const double *outputs, size_t D, double *root)
{
    critpt_status status;
    size_t minor;
    double *lower = NULL;
    CPT_TRY(cpt_allocate(&lower, D * D, sizeof(double)));
    memcpy(lower, outputs, D * D * sizeof(double));
    CPT_TRY(cpt_linalg_cholesky(D, lower, &minor));
    if (minor)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "output metric is not positive definite: its leading minor of order %zu "
                          "is not positive",
                          minor));
    cpt_linalg_transpose(D, D, lower, D, root, D);
done:
    cpt_free(lower);
    return status;
}

static void free_outputs(cpt_metric *metric)
{
    cpt_free(metric->outputs);
    cpt_free(metric->absolute);
    cpt_free(metric->root);
    metric->outputs = metric->absolute = metric->root = NULL;
}

critpt_status cpt_metric_set_outputs(cpt_metric *metric, const double *outputs, size_t leading)
{
    critpt_status status = CRITPT_OK;
    size_t D = metric->n_outputs, entries;
    cpt_metric made = *metric;
    made.outputs = made.absolute = made.root = NULL;
    if (outputs || leading) {
        CPT_TRY(cpt_require_matrix("output metric", outputs, D, D, leading));
        CPT_TRY(cpt_require_finite_matrix("output metric", outputs, D, D, leading));
        CPT_TRY(require_symmetric(outputs, D, leading));
        CPT_TRY(cpt_multiply(D, D, "output metric", &entries));
        CPT_TRY(cpt_allocate(&made.outputs, entries, sizeof(double)));
        CPT_TRY(cpt_allocate(&made.absolute, entries, sizeof(double)));
        CPT_TRY(cpt_allocate(&made.root, entries, sizeof(double)));
        for (size_t i = 0; i < entries; i++) {
            made.outputs[i] = outputs[i / D * leading + i % D];
            made.absolute[i] = fabs(made.outputs[i]);
        }
        CPT_TRY(factor_outputs(made.outputs, D, made.root));
    }
    free_outputs(metric);
    *metric = made;
done:
    if (status != CRITPT_OK)
        free_outputs(&made);
    return status;
}

void cpt_metric_destroy(cpt_metric *metric)
{
    cpt_free(metric->sample_weights);
    free_outputs(metric);
}

static double sample_weight(const cpt_metric *metric, size_t i)
{
    return metric->sample_weights ? metric->sample_weights[i] : 1;
}

void cpt_metric_sample_weights(const cpt_metric *metric, double *weights)
{
    for (size_t i = 0; i < metric->n_samples; i++)
        weights[i] = sample_weight(metric, i);
}

void cpt_metric_outputs(const cpt_metric *metric, double *outputs, size_t leading)
{
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++)
            outputs[i * leading + j] = metric->outputs ? metric->outputs[i * D + j] : i == j;
}

/* ---- Fields ---- */

/* s_i / N */
static double sample_factor(const cpt_metric *metric, size_t i)
{
    return sample_weight(metric, i) / (double)metric->n_whole;
}

void cpt_metric_apply(const cpt_metric *metric, const double *d, double *u)
{
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, d += D, u += D) {
        double factor = sample_factor(metric, i);
        for (size_t o = 0; o < D; o++)
            u[o] =
                factor * (metric->outputs ? cpt_linalg_dot(D, metric->outputs + o * D, d) : d[o]);
    }
}

void cpt_metric_apply_extended(const cpt_metric *metric, size_t sample, const long double *r,
                               long double *u)
{
    size_t D = metric->n_outputs;
    long double factor = sample_weight(metric, sample) / (long double)metric->n_whole;
    for (size_t o = 0; o < D; o++) {
        u[o] = metric->outputs ? 0 : factor * r[o];
        for (size_t q = 0; metric->outputs && q < D; q++)
            u[o] += factor * metric->outputs[o * D + q] * r[q];
    }
}

void cpt_metric_root(const cpt_metric *metric, const double *d, double *e)
{
    const double *root = metric->root;
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, d += D, e += D) {
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
    const double *root = metric->root;
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, e += D, u += D) {
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
    const double *root = metric->root;
    size_t D = metric->n_outputs;
    for (size_t i = 0; i < metric->n_samples; i++, e += D, d += D) {
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
    const double *root = metric->root;
    size_t D = metric->n_outputs;
    double scale = 0, sum = 1; /* scale^2 sum is the square so far */
    for (size_t i = 0; i < metric->n_samples; i++) {
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

critpt_status cpt_metric_mean(const cpt_metric *metric, const double *field, double *mean)
{
    critpt_status status;
    size_t D = metric->n_outputs;
    double *parts = NULL; /* D sums, and that of the weights */
    cpt_sum *sums = NULL, total = {0, 0};
    CPT_TRY(cpt_allocate(&sums, D, sizeof *sums));
    CPT_TRY(cpt_allocate(&parts, D + 1, sizeof *parts));
    for (size_t i = 0; i < metric->n_samples; i++) {
        double weight = sample_weight(metric, i);
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

/* S = sum_i Mn_i = (sum s / N) M */
static critpt_status sum_up(const cpt_metric *metric, double *whole)
{
    critpt_status status;
    double total = 0;
    for (size_t i = 0; i < metric->n_samples; i++)
        total += sample_weight(metric, i);
    CPT_TRY(cpt_reduction_sum(metric->reduction, 1, &total));
    cpt_metric_outputs(metric, whole, metric->n_outputs);
    for (size_t i = 0; i < metric->n_outputs * metric->n_outputs; i++)
        whole[i] *= total / (double)metric->n_whole;
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
    if (projection->mask && memcmp(projection->mask, mask, D * sizeof *mask) == 0)
        return;
    projection->mask = mask;
    invert_free(metric->outputs, mask, D, inverse);
    if (!metric->outputs)
        memcpy(projection->matrix, inverse, D * D * sizeof *inverse);
    else if (!projection->scaled)
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, D, D, 1, inverse, D, metric->outputs, D, 0,
                        projection->matrix, D);
    else {
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, D, D, D, 1, inverse, D, metric->root, D, 0,
                        product, D);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, D, D, 1, metric->root, D, product, D, 0,
                        projection->matrix, D);
    }
}

/* ---- Batches ---- */

size_t cpt_metric_count(const cpt_metric *metric, const cpt_samples *samples)
{
    return samples->indices ? samples->n : metric->n_whole;
}

static double batch_weight(cpt_metric_batch at, size_t i)
{
    return sample_weight(at.metric, cpt_jet_sample(at.jet, at.samples, i));
}

static double batch_factor(cpt_metric_batch at, size_t i)
{
    return batch_weight(at, i) / (double)cpt_metric_count(at.metric, at.samples);
}

/* u = m r for a D x D matrix m, NULL: identity. */
static void multiply_outputs(cpt_metric_batch at, const double *m, const double *r, double *u)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    if (m)
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, n, D, 1, m, D, r, n, 0, u, n);
    else
        memcpy(u, r, D * n * sizeof *u);
}

void cpt_metric_batch_apply(cpt_metric_batch at, const double *r, double *u)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    multiply_outputs(at, at.metric->outputs, r, u);
    if (!at.metric->sample_weights) {
        for (size_t i = 0; i < D * n; i++)
            u[i] /= (double)cpt_metric_count(at.metric, at.samples);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double factor = batch_factor(at, i);
        for (size_t o = 0; o < D; o++)
            u[o * n + i] *= factor;
    }
}

void cpt_metric_batch_apply_absolute(cpt_metric_batch at, const double *r, double *u)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    multiply_outputs(at, at.metric->absolute, r, u);
    for (size_t i = 0; i < n; i++) {
        double factor = batch_factor(at, i);
        for (size_t o = 0; o < D; o++)
            u[o * n + i] *= factor;
    }
}

/* sqrt(s_i / N) of the batch's samples, in its room. */
static const double *root_weights(cpt_metric_batch at)
{
    for (size_t i = 0; i < at.jet->batch.n; i++)
        at.room[i] = sqrt(batch_factor(at, i));
    return at.room;
}

static void scale_samples(cpt_metric_batch at, size_t rows, double *x)
{
    size_t n = at.jet->batch.n;
    const double *scale = root_weights(at);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < n; i++)
            x[row * n + i] *= scale[i];
}

/* x = C' x for the upper triangular C', from the first row on, so that those below are as they
 * were.
 */
static void multiply_root(size_t D, const double *root, size_t width, double *x)
{
    for (size_t o = 0; o < D; o++) {
        for (size_t i = 0; i < width; i++)
            x[o * width + i] *= root[o * D + o];
        for (size_t q = o + 1; q < D; q++)
            cpt_linalg_axpy(width, root[o * D + q], x + q * width, x + o * width);
    }
}

/* x = C x, from the last row on. */
static void multiply_root_transposed(size_t D, const double *root, size_t width, double *x)
{
    for (size_t o = D; o-- > 0;) {
        for (size_t i = 0; i < width; i++)
            x[o * width + i] *= root[o * D + o];
        for (size_t q = 0; q < o; q++)
            cpt_linalg_axpy(width, root[q * D + o], x + q * width, x + o * width);
    }
}

void cpt_metric_batch_root(cpt_metric_batch at, size_t count, double *x)
{
    size_t D = at.metric->n_outputs;
    scale_samples(at, D * count, x);
    if (at.metric->root)
        multiply_root(D, at.metric->root, count * at.jet->batch.n, x);
}

void cpt_metric_batch_root_transposed(cpt_metric_batch at, size_t count, double *x)
{
    size_t D = at.metric->n_outputs;
    scale_samples(at, D * count, x);
    if (at.metric->root)
        multiply_root_transposed(D, at.metric->root, count * at.jet->batch.n, x);
}

void cpt_metric_batch_seeds(cpt_metric_batch at, double *seeds)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    memset(seeds, 0, D * D * n * sizeof *seeds);
    for (size_t c = 0; c < D; c++) {
        double *field = seeds + c * D * n;
        for (size_t i = 0; i < n; i++)
            field[c * n + i] = 1;
        cpt_metric_batch_root(at, 1, field);
    }
}

critpt_status cpt_metric_batch_jacobian(cpt_metric_batch at, double *entries,
                                        const cpt_jacobian_layout *layout)
{
    return cpt_jet_jacobian(at.jet, at.metric->root, root_weights(at), entries, layout);
}

critpt_status cpt_metric_batch_jacobian_tangent(cpt_metric_batch at, const double *v,
                                                double *scratch, double *entries,
                                                const cpt_jacobian_layout *layout)
{
    return cpt_jet_jacobian_tangent(at.jet, v, at.metric->root, root_weights(at), scratch, entries,
                                    layout);
}

cpt_curvature cpt_metric_curvature(const cpt_metric *metric, bool absolute)
{
    return (cpt_curvature){.metric = absolute ? metric->absolute : metric->outputs};
}

cpt_curvature cpt_metric_batch_curvature(cpt_metric_batch at, bool absolute)
{
    cpt_curvature curvature = cpt_metric_curvature(at.metric, absolute);
    if (at.metric->sample_weights) {
        for (size_t i = 0; i < at.jet->batch.n; i++)
            at.room[i] = batch_weight(at, i);
        curvature.sample_weights = at.room;
    }
    return curvature;
}

void cpt_metric_batch_weigh(cpt_metric_batch at, const double *factors, cpt_curvature *curvature)
{
    for (size_t i = 0; i < at.jet->batch.n; i++)
        at.room[i] = factors[i] * batch_weight(at, i);
    curvature->sample_weights = at.room;
}

void cpt_metric_batch_cotangent(cpt_metric_batch at, const cpt_curvature *curvature,
                                const double *r, double *u)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    multiply_outputs(at, curvature->metric, r, u);
    for (size_t o = 0; curvature->sample_weights && o < D; o++)
        for (size_t i = 0; i < n; i++)
            u[o * n + i] *= curvature->sample_weights[i];
}
