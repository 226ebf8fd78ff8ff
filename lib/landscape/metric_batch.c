/* The metric of the loss on batches of samples, unit-major. */
#include <math.h>
#include <string.h>

#include "landscape/metric.h"
#include "linalg/linalg.h"

size_t cpt_metric_count(const cpt_metric *metric, const cpt_samples *samples)
{
    return samples->indices ? samples->n : metric->n_whole;
}

static double batch_weight(cpt_metric_batch at, size_t i)
{
    return cpt_metric_weight_of(at.metric, cpt_jet_sample(at.jet, at.samples, i));
}

static double batch_factor(cpt_metric_batch at, size_t i)
{
    return batch_weight(at, i) / (double)cpt_metric_count(at.metric, at.samples);
}

/* Where a batch's sample has its own of matrices that stand in the order of the samples. */
static const double *own_matrix(cpt_metric_batch at, const double *matrices, size_t i)
{
    return matrices + cpt_jet_sample(at.jet, at.samples, i) * at.metric->stride;
}

/* u_i = m_i r_i for the samples' own matrices. */
static void multiply_own(cpt_metric_batch at, const double *matrices, const double *r, double *u)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    for (size_t i = 0; i < n; i++) {
        const double *own = own_matrix(at, matrices, i);
        for (size_t o = 0; o < D; o++) {
            double sum = 0;
            for (size_t q = 0; q < D; q++)
                sum += own[o * D + q] * r[q * n + i];
            u[o * n + i] = sum;
        }
    }
}

/* u = m r for a D x D matrix m, those of the samples, NULL: identity. */
static void multiply_outputs(cpt_metric_batch at, const double *m, const double *r, double *u)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    if (m && cpt_metric_is_by_sample(at.metric))
        multiply_own(at, m, r, u);
    else if (m)
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
    double alike = sqrt(1 / (double)cpt_metric_count(at.metric, at.samples));
    bool weighted = at.metric->sample_weights != NULL;
    for (size_t i = 0; i < at.jet->batch.n; i++)
        at.room[i] = weighted ? sqrt(batch_factor(at, i)) : alike;
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

/* x = C_i' x, or C_i x, for the samples' own, D x count x n. */
static void multiply_own_root(cpt_metric_batch at, size_t count, bool transposed, double *x)
{
    size_t D = at.metric->n_outputs, n = at.jet->batch.n;
    for (size_t i = 0; i < n; i++) {
        const double *root = own_matrix(at, at.metric->root, i);
        for (size_t c = 0; c < count; c++)
            for (size_t step = 0; step < D; step++) {
                size_t o = transposed ? D - 1 - step : step;
                double *entry = x + (o * count + c) * n + i, sum = 0;
                for (size_t q = transposed ? 0 : o; q < (transposed ? o + 1 : D); q++)
                    sum += root[transposed ? q * D + o : o * D + q] * x[(q * count + c) * n + i];
                *entry = sum;
            }
    }
}

void cpt_metric_batch_root(cpt_metric_batch at, size_t count, double *x)
{
    size_t D = at.metric->n_outputs;
    scale_samples(at, D * count, x);
    if (cpt_metric_is_by_sample(at.metric))
        multiply_own_root(at, count, false, x);
    else if (at.metric->root)
        multiply_root(D, at.metric->root, count * at.jet->batch.n, x);
}

void cpt_metric_batch_root_transposed(cpt_metric_batch at, size_t count, double *x)
{
    size_t D = at.metric->n_outputs;
    scale_samples(at, D * count, x);
    if (cpt_metric_is_by_sample(at.metric))
        multiply_own_root(at, count, true, x);
    else if (at.metric->root)
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

/* Rows of outputs of each sample = C_i' times them, from the first on. */
static void combine_rows(cpt_metric_batch at, const cpt_jacobian_layout *layout, double *entries)
{
    size_t D = at.metric->n_outputs, P = at.jet->model->n_weights;
    for (size_t j = 0; j < P; j++)
        for (size_t i = 0; i < at.jet->batch.n; i++) {
            const double *root = own_matrix(at, at.metric->root, i);
            double *column = entries + i * layout->sample + j * layout->weight;
            for (size_t o = 0; o < D; o++) {
                double sum = 0;
                for (size_t q = o; q < D; q++)
                    sum += root[o * D + q] * column[q * layout->output];
                column[o * layout->output] = sum;
            }
        }
}

critpt_status cpt_metric_batch_jacobian(cpt_metric_batch at, double *entries,
                                        const cpt_jacobian_layout *layout)
{
    critpt_status status;
    bool own = cpt_metric_is_by_sample(at.metric);
    CPT_TRY(
        cpt_jet_jacobian(at.jet, own ? NULL : at.metric->root, root_weights(at), entries, layout));
    if (own)
        combine_rows(at, layout, entries);
done:
    return status;
}

critpt_status cpt_metric_batch_jacobian_tangent(cpt_metric_batch at, const double *v,
                                                double *scratch, double *entries,
                                                const cpt_jacobian_layout *layout)
{
    critpt_status status;
    bool own = cpt_metric_is_by_sample(at.metric);
    CPT_TRY(cpt_jet_jacobian_tangent(at.jet, v, own ? NULL : at.metric->root, root_weights(at),
                                     scratch, entries, layout));
    if (own)
        combine_rows(at, layout, entries);
done:
    return status;
}

cpt_curvature cpt_metric_curvature(const cpt_metric *metric, bool absolute)
{
    return (cpt_curvature){.metric = absolute ? metric->absolute : metric->outputs,
                           .metric_stride = metric->stride};
}

cpt_curvature cpt_metric_batch_curvature(cpt_metric_batch at, bool absolute)
{
    cpt_curvature curvature = cpt_metric_curvature(at.metric, absolute);
    curvature.metric_places = at.samples->indices ? at.samples->indices + at.jet->first : NULL;
    if (curvature.metric && !curvature.metric_places)
        curvature.metric += at.jet->first * curvature.metric_stride;
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
    if (curvature->metric_stride > 0)
        cpt_curvature_multiply(curvature, D, n, r, u);
    else
        multiply_outputs(at, curvature->metric, r, u);
    for (size_t o = 0; curvature->sample_weights && o < D; o++)
        for (size_t i = 0; i < n; i++)
            u[o * n + i] *= curvature->sample_weights[i];
}
