/* Passes over the samples: residuals, loss, gradient, and the unit in which a gradient is judged.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "landscape/landscape.h"
#include "linalg/linalg.h"

/* y of the batch, D x n, in the workspace's residual. */
static void gather_targets(critpt_workspace *workspace, const double *targets)
{
    size_t n = workspace->jet.batch.n, D = workspace->jet.model->n_outputs;
    for (size_t i = 0; i < n; i++) {
        const double *y = targets + cpt_jet_sample(&workspace->jet, &workspace->samples, i) * D;
        for (size_t o = 0; o < D; o++)
            workspace->residual[o * n + i] = workspace->samples.rounded ? (float)y[o] : y[o];
    }
}

void cpt_landscape_gather_residual(critpt_workspace *workspace, const double *targets)
{
    size_t entries = workspace->jet.batch.n * workspace->jet.model->n_outputs;
    gather_targets(workspace, targets);
    for (size_t i = 0; i < entries; i++)
        workspace->residual[i] = workspace->jet.batch.outputs[i] - workspace->residual[i];
}

void cpt_landscape_residual(critpt_workspace *workspace, const double *targets)
{
    cpt_landscape_gather_residual(workspace, targets);
    cpt_metric_batch_apply(cpt_landscape_metric(workspace), workspace->residual,
                           workspace->cotangent);
}

static double half_residual_square(const critpt_workspace *workspace)
{
    size_t entries = workspace->jet.batch.n * workspace->jet.model->n_outputs;
    return 0.5 * cpt_linalg_dot(entries, workspace->residual, workspace->cotangent);
}

critpt_status cpt_landscape_gradient_pass(critpt_workspace *workspace, const double *targets,
                                          const double *weights, double *gradient, double *loss)
{
    critpt_status status = CRITPT_OK;
    cpt_sum sum = {0, 0};
    cpt_jet *jet = &workspace->jet;
    const cpt_penalty *penalty = &workspace->landscape->penalty;
    cpt_reduction *reduction = cpt_workspace_reduction(workspace);
    cpt_order order = gradient ? CPT_DERIVATIVES : CPT_VALUES;
    if (gradient)
        memset(gradient, 0, jet->model->n_weights * sizeof *gradient);
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, order));
        cpt_landscape_residual(workspace, targets);
        cpt_sum_add(&sum, half_residual_square(workspace));
        if (gradient)
            CPT_TRY(cpt_jet_pullback(jet, workspace->cotangent, gradient));
    }
    if (gradient) {
        CPT_TRY(cpt_reduction_sum(reduction, jet->model->n_weights, gradient));
        cpt_penalty_add_gradient(penalty, weights, gradient);
    }
    if (loss) {
        *loss = cpt_sum_value(&sum);
        CPT_TRY(cpt_reduction_sum(reduction, 1, loss));
        *loss += cpt_penalty_loss(penalty, weights);
    }
done:
    return status;
}

static bool fit_float32(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isinf((float)values[i]))
            return false;
    return true;
}

/* Whether weights, inputs and targets, those of all processes, have finite numbers in float32. */
static critpt_status data_fit_float32(critpt_workspace *workspace, const double *targets,
                                      const double *weights, bool *fit)
{
    critpt_status status;
    const cpt_samples *samples = &workspace->samples;
    size_t d = workspace->jet.model->n_inputs, D = workspace->jet.model->n_outputs;
    bool all = fit_float32(weights, workspace->jet.model->n_weights);
    for (size_t i = 0; i < samples->n && all; i++) {
        size_t sample = samples->indices ? samples->indices[i] : i;
        all = fit_float32(samples->inputs + sample * samples->leading, d) &&
              fit_float32(targets + sample * D, D);
    }
    double least = all;
    CPT_TRY(cpt_reduction_min(cpt_workspace_reduction(workspace), 1, &least));
    *fit = least > 0;
done:
    return status;
}

/* What overflows is infinity in every entry: inf - inf would leave it to the order of sums. */
critpt_status cpt_landscape_float32_pass(critpt_workspace *workspace, const double *targets,
                                         const double *weights, double *gradient)
{
    critpt_status status;
    size_t P = workspace->jet.model->n_weights;
    bool finite;
    CPT_TRY(data_fit_float32(workspace, targets, weights, &finite));
    if (finite) {
        for (size_t j = 0; j < P; j++)
            workspace->changed_weights[j] = (float)weights[j];
        workspace->samples.rounded = true;
        status = cpt_landscape_gradient_pass(workspace, targets, workspace->changed_weights,
                                             gradient, NULL);
        workspace->samples.rounded = false;
        CPT_TRY(status);
        finite = cpt_all_finite(gradient, P);
    }
    for (size_t j = 0; j < P && !finite; j++)
        gradient[j] = INFINITY;
done:
    return status;
}

/* The nearest of all processes, its sample numbered in the whole; of equally near ones the first.
 */
static critpt_status reduce_kink(cpt_reduction *reduction, cpt_kink *kink)
{
    critpt_status status = CRITPT_OK;
    double margin = kink->margin, own = INFINITY, unit[2] = {0, 0};
    double sample = (double)(kink->sample + cpt_reduction_first_sample(reduction));
    if (!reduction)
        return CRITPT_OK;
    CPT_TRY(cpt_reduction_min(reduction, 1, &margin));
    if (isinf(margin))
        goto done;
    if (kink->margin == margin)
        own = sample;
    CPT_TRY(cpt_reduction_min(reduction, 1, &own));
    if (own == sample) {
        unit[0] = (double)kink->layer;
        unit[1] = (double)kink->unit;
    }
    CPT_TRY(cpt_reduction_sum(reduction, 2, unit));
    *kink = (cpt_kink){margin, (size_t)unit[0], (size_t)unit[1], (size_t)own};
done:
    return status;
}

critpt_status cpt_landscape_kink_pass(critpt_workspace *workspace, const double *weights,
                                      cpt_kink *kink)
{
    critpt_status status = CRITPT_OK;
    cpt_jet *jet = &workspace->jet;
    *kink = (cpt_kink){INFINITY, 0, 0, 0};
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, CPT_VALUES));
        CPT_TRY(cpt_jet_find_kink(jet, &workspace->samples, kink));
    }
    CPT_TRY(reduce_kink(cpt_workspace_reduction(workspace), kink));
done:
    return status;
}

/* Adds one batch to the parts of the scale; the jet is evaluated. */
static critpt_status add_batch_scale(critpt_workspace *workspace, const double *targets,
                                     cpt_gradient_scale *scale)
{
    critpt_status status;
    cpt_jet *jet = &workspace->jet;
    const cpt_metric_batch at = cpt_landscape_metric(workspace);
    size_t entries = jet->batch.n * jet->model->n_outputs;
    CPT_TRY(cpt_jet_error_scale(jet, workspace->residual));
    cpt_metric_batch_apply_absolute(at, workspace->residual, workspace->cotangent);
    CPT_TRY(cpt_jet_magnitudes(jet, workspace->cotangent, workspace->squares, workspace->products));
    cpt_landscape_residual(workspace, targets);
    CPT_TRY(cpt_jet_derivative_errors(jet, workspace->cotangent, workspace->products));
    for (size_t i = 0; i < entries; i++)
        workspace->residual[i] = fabs(workspace->residual[i]);
    cpt_metric_batch_apply_absolute(at, workspace->residual, workspace->cotangent);
    scale->residual_norm =
        hypot(scale->residual_norm, cpt_linalg_norm(entries, workspace->cotangent));
    gather_targets(workspace, targets);
    cpt_metric_batch_apply(at, workspace->residual, workspace->cotangent);
    CPT_TRY(cpt_jet_pullback(jet, workspace->cotangent, workspace->target_gradient));
done:
    return status;
}

critpt_status cpt_landscape_gradient_scale(critpt_workspace *workspace, const double *targets,
                                           const double *weights, cpt_gradient_scale *scale)
{
    critpt_status status = CRITPT_OK;
    cpt_jet *jet = &workspace->jet;
    cpt_reduction *reduction = cpt_workspace_reduction(workspace);
    size_t P = jet->model->n_weights;
    memset(scale, 0, sizeof *scale);
    memset(workspace->squares, 0, P * sizeof(double));
    memset(workspace->products, 0, P * sizeof(double));
    memset(workspace->target_gradient, 0, P * sizeof(double));
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, CPT_SECOND_DERIVATIVES));
        CPT_TRY(add_batch_scale(workspace, targets, scale));
    }
    scale->residual_norm = cpt_reduction_norm(reduction, scale->residual_norm);
    CPT_TRY(cpt_reduction_sum(reduction, P, workspace->squares));
    CPT_TRY(cpt_reduction_sum(reduction, P, workspace->products));
    CPT_TRY(cpt_reduction_sum(reduction, P, workspace->target_gradient));
    cpt_penalty_add_gradient_sizes(&workspace->landscape->penalty, weights, workspace->products);
    for (size_t j = 0; j < P; j++)
        scale->jacobian_norm += workspace->squares[j];
    scale->jacobian_norm = sqrt(scale->jacobian_norm);
    scale->target_norm = cpt_linalg_norm(P, workspace->target_gradient);
    scale->forward_norm = cpt_linalg_norm(P, workspace->products);
done:
    return status;
}

double cpt_landscape_rounding_unit(const cpt_gradient_scale *scale)
{
    return DBL_EPSILON * (scale->jacobian_norm * scale->residual_norm + scale->target_norm +
                          scale->forward_norm) +
           CPT_UNDERFLOW;
}

double cpt_landscape_entry_unit(const critpt_workspace *workspace, const cpt_gradient_scale *scale,
                                size_t weight)
{
    return DBL_EPSILON * (sqrt(workspace->squares[weight]) * scale->residual_norm +
                          fabs(workspace->target_gradient[weight]) + workspace->products[weight]) +
           CPT_UNDERFLOW;
}
