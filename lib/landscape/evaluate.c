/* The public evaluations of a landscape: arguments checked, then one pass over the samples. */
#include <string.h>

#include "landscape/landscape.h"
#include "linalg/linalg.h"

/* What every evaluation starts with: weights checked, a workspace at hand. */
static critpt_status begin(const critpt_landscape *landscape, critpt_workspace *given,
                           const double *weights, size_t n_weights, critpt_workspace *own,
                           critpt_workspace **workspace)
{
    critpt_status status;
    memset(own, 0, sizeof *own);
    CPT_TRY(cpt_landscape_require_weights(landscape, weights, n_weights));
    CPT_TRY(cpt_landscape_require_samples(landscape));
    CPT_TRY(cpt_workspace_acquire(landscape, given, own, workspace));
    cpt_landscape_share(landscape, n_weights, weights);
done:
    return status;
}

static critpt_status require_result(const void *result)
{
    if (!result)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the place for the result is NULL");
    return CRITPT_OK;
}

/* Stores a D x n batch as rows of a sample-major result. */
static void store_batch(const cpt_jet *jet, const double *batch, double *result, size_t leading)
{
    cpt_linalg_transpose(jet->model->n_outputs, jet->batch.n, batch, jet->batch.n,
                         result + jet->first * leading, leading);
}

critpt_status critpt_landscape_outputs(const critpt_landscape *landscape,
                                       critpt_workspace *workspace, const double *weights,
                                       size_t n_weights, double *outputs, size_t leading)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    CPT_TRY(cpt_require_matrix("outputs", outputs, workspace->samples.n,
                               landscape->model->n_outputs, leading));
    cpt_jet *jet = &workspace->jet;
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, CPT_VALUES));
        store_batch(jet, jet->batch.outputs, outputs, leading);
    }
done:
    cpt_workspace_release(&own);
    return status;
}

critpt_status critpt_landscape_loss(const critpt_landscape *landscape, critpt_workspace *workspace,
                                    const double *weights, size_t n_weights, double *loss)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(require_result(loss));
    CPT_TRY(cpt_landscape_gradient_pass(workspace, landscape->targets, weights, NULL, loss));
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}

critpt_status critpt_landscape_gradient(const critpt_landscape *landscape,
                                        critpt_workspace *workspace, const double *weights,
                                        size_t n_weights, double *gradient, size_t n_gradient,
                                        double *loss)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(cpt_require_array("gradient", gradient, n_gradient, n_weights));
    CPT_TRY(cpt_landscape_gradient_pass(workspace, landscape->targets, weights, gradient, loss));
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}

critpt_status critpt_landscape_gradient_float32(const critpt_landscape *landscape,
                                                critpt_workspace *workspace, const double *weights,
                                                size_t n_weights, double *gradient,
                                                size_t n_gradient)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(cpt_require_array("gradient", gradient, n_gradient, n_weights));
    CPT_TRY(cpt_landscape_float32_pass(workspace, landscape->targets, weights, gradient));
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}

critpt_status critpt_landscape_jacobian_vector(const critpt_landscape *landscape,
                                               critpt_workspace *workspace, const double *weights,
                                               size_t n_weights, const double *direction,
                                               size_t n_direction, double *result, size_t leading)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    CPT_TRY(cpt_require_array("direction", direction, n_direction, n_weights));
    CPT_TRY(cpt_require_finite("direction", direction, n_direction));
    CPT_TRY(cpt_require_matrix("result", result, workspace->samples.n, landscape->model->n_outputs,
                               leading));
    cpt_jet *jet = &workspace->jet;
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, CPT_DERIVATIVES));
        CPT_TRY(cpt_jet_pushforward(jet, direction, workspace->residual));
        store_batch(jet, workspace->residual, result, leading);
    }
done:
    cpt_workspace_release(&own);
    return status;
}

critpt_status critpt_landscape_jacobian_transposed_vector(const critpt_landscape *landscape,
                                                          critpt_workspace *workspace,
                                                          const double *weights, size_t n_weights,
                                                          const double *cotangent, size_t leading,
                                                          double *result, size_t n_result)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    size_t D = landscape->model->n_outputs;
    CPT_TRY(cpt_require_matrix("cotangent", cotangent, workspace->samples.n, D, leading));
    CPT_TRY(cpt_require_finite_matrix("cotangent", cotangent, workspace->samples.n, D, leading));
    CPT_TRY(cpt_require_array("result", result, n_result, n_weights));
    cpt_jet *jet = &workspace->jet;
    memset(result, 0, n_result * sizeof *result);
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, CPT_DERIVATIVES));
        cpt_linalg_transpose(jet->batch.n, D, cotangent + first * leading, leading,
                             workspace->cotangent, jet->batch.n);
        CPT_TRY(cpt_jet_pullback(jet, workspace->cotangent, result));
    }
    CPT_TRY(cpt_reduction_sum(cpt_workspace_reduction(workspace), n_result, result));
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}

critpt_status critpt_landscape_jacobian(const critpt_landscape *landscape,
                                        critpt_workspace *workspace, const double *weights,
                                        size_t n_weights, double *jacobian, size_t leading)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    cpt_jet *jet = &workspace->jet;
    size_t D = landscape->model->n_outputs;
    CPT_TRY(cpt_require_matrix("jacobian", jacobian, workspace->samples.n * D, n_weights, leading));
    const cpt_jacobian_layout layout = {.sample = D * leading, .output = leading, .weight = 1};
    for (size_t first = 0; first < workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, CPT_DERIVATIVES));
        CPT_TRY(cpt_jet_jacobian(jet, NULL, NULL, jacobian + first * layout.sample, &layout));
    }
done:
    cpt_workspace_release(&own);
    return status;
}

critpt_status critpt_landscape_gradient_unit(const critpt_landscape *landscape,
                                             critpt_workspace *workspace, const double *weights,
                                             size_t n_weights, double *unit)
{
    critpt_status status;
    critpt_workspace own;
    cpt_gradient_scale scale;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(require_result(unit));
    CPT_TRY(cpt_landscape_gradient_scale(workspace, landscape->targets, weights, &scale));
    *unit = cpt_landscape_rounding_unit(&scale);
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}

critpt_status critpt_landscape_kink_margin(const critpt_landscape *landscape,
                                           critpt_workspace *workspace, const double *weights,
                                           size_t n_weights, double *margin)
{
    critpt_status status;
    critpt_workspace own;
    CPT_TRY(begin(landscape, workspace, weights, n_weights, &own, &workspace));
    CPT_TRY(require_result(margin));
    cpt_kink kink;
    CPT_TRY(cpt_landscape_kink_pass(workspace, weights, &kink));
    *margin = kink.margin;
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}
