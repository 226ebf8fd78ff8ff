/* Evaluations through a run: refused once the budget is spent, counted, looked at. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "run/run.h"

/* What an evaluation will have spent, or why it may not be made. */
static critpt_status begin(critpt_run *run, critpt_evaluation kind, size_t *spent)
{
    critpt_status status;
    size_t samples, N;
    if (!run)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "run is NULL");
    if (run->has_ended)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the run has ended; create another one");
    N = run->workspace->samples.indices ? run->workspace->samples.n : run->n_samples;
    CPT_TRY(cpt_multiply(run->cost[kind], N, "samples of an evaluation", &samples));
    if (samples > run->limit - run->spent)
        return cpt_error(CRITPT_BUDGET_SPENT,
                         "the budget is %zu evaluations, of which %zu are left; this one costs %zu",
                         run->limit / run->n_samples, (run->limit - run->spent) / run->n_samples,
                         cpt_run_charged(run, samples));
    CPT_TRY(cpt_run_reserve(run));
    *spent = run->spent + samples;
done:
    return status;
}

/* Charges the evaluation, once it was made and looked at. */
static critpt_status end(critpt_run *run, critpt_evaluation kind, const double *weights,
                         cpt_run_knowledge knowledge, size_t spent)
{
    critpt_status status;
    CPT_TRY(cpt_run_observe(run, weights, knowledge, spent, 0));
    run->counts[kind]++;
    run->spent = spent;
    memcpy(run->last_weights, weights, run->n_weights * sizeof *weights);
    run->has_begun = true;
done:
    return status;
}

/* What a loss of the selected samples tells of all. */
static cpt_run_knowledge see(const critpt_run *run, double loss, const double *gradient)
{
    bool whole = !run->workspace->samples.indices;
    return (cpt_run_knowledge){whole, loss, whole ? gradient : NULL};
}

critpt_status critpt_run_select(critpt_run *run, const size_t *indices, size_t n_indices)
{
    if (!run)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "run is NULL");
    return critpt_workspace_select(run->workspace, indices, n_indices);
}

critpt_status critpt_run_loss(critpt_run *run, const double *weights, size_t n_weights,
                              double *loss)
{
    critpt_status status;
    size_t spent = 0;
    CPT_TRY(begin(run, CRITPT_EVALUATION_LOSS, &spent));
    CPT_TRY(critpt_landscape_loss(run->landscape, run->workspace, weights, n_weights, loss));
    CPT_TRY(end(run, CRITPT_EVALUATION_LOSS, weights, see(run, *loss, NULL), spent));
done:
    return status;
}

critpt_status critpt_run_gradient(critpt_run *run, const double *weights, size_t n_weights,
                                  double *gradient, size_t n_gradient, double *loss)
{
    critpt_status status;
    size_t spent = 0;
    double seen;
    CPT_TRY(begin(run, CRITPT_EVALUATION_GRADIENT, &spent));
    CPT_TRY(critpt_landscape_gradient(run->landscape, run->workspace, weights, n_weights, gradient,
                                      n_gradient, &seen));
    CPT_TRY(end(run, CRITPT_EVALUATION_GRADIENT, weights, see(run, seen, gradient), spent));
    if (loss)
        *loss = seen;
done:
    return status;
}

critpt_status critpt_run_hessian_vector(critpt_run *run, const double *weights, size_t n_weights,
                                        const double *direction, size_t n_direction, double *result,
                                        size_t n_result)
{
    critpt_status status;
    size_t spent = 0;
    CPT_TRY(begin(run, CRITPT_EVALUATION_HESSIAN_VECTOR, &spent));
    CPT_TRY(critpt_landscape_hessian_vector(run->landscape, run->workspace, weights, n_weights,
                                            direction, n_direction, result, n_result));
    CPT_TRY(end(run, CRITPT_EVALUATION_HESSIAN_VECTOR, weights, (cpt_run_knowledge){0}, spent));
done:
    return status;
}

critpt_status critpt_run_hessian(critpt_run *run, const double *weights, size_t n_weights,
                                 double *hessian, size_t leading)
{
    critpt_status status;
    size_t spent = 0;
    CPT_TRY(begin(run, CRITPT_EVALUATION_HESSIAN, &spent));
    CPT_TRY(critpt_landscape_hessian(run->landscape, run->workspace, weights, n_weights, hessian,
                                     leading));
    CPT_TRY(end(run, CRITPT_EVALUATION_HESSIAN, weights, (cpt_run_knowledge){0}, spent));
done:
    return status;
}

static critpt_status require_all_samples(const critpt_run *run)
{
    if (run->workspace->samples.indices)
        return cpt_error(CRITPT_UNSUPPORTED,
                         "residuals are those of all samples; select (NULL, 0)");
    return CRITPT_OK;
}

/* The residuals are e = Mn^(1/2) (f - y): |e|^2 / 2 is the loss. */
critpt_status critpt_run_residuals(critpt_run *run, const double *weights, size_t n_weights,
                                   double *residuals, size_t n_residuals)
{
    critpt_status status;
    size_t spent = 0, entries;
    double *difference = NULL;
    CPT_TRY(begin(run, CRITPT_EVALUATION_RESIDUALS, &spent));
    const critpt_landscape *landscape = run->landscape;
    size_t D = landscape->model->n_outputs;
    entries = landscape->n_samples * D; /* as many as the targets */
    CPT_TRY(require_all_samples(run));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(cpt_require_array("residuals", residuals, n_residuals, entries));
    CPT_TRY(cpt_allocate(&difference, entries, sizeof *difference));
    CPT_TRY(critpt_landscape_outputs(landscape, run->workspace, weights, n_weights, difference, D));
    cpt_linalg_axpy(entries, -1, landscape->targets, difference);
    cpt_metric_root(&landscape->metric, difference, residuals);
    double loss = cpt_linalg_dot(entries, residuals, residuals) / 2;
    bool whole = !landscape->metric.reduction;
    CPT_TRY(end(run, CRITPT_EVALUATION_RESIDUALS, weights, (cpt_run_knowledge){whole, loss, NULL},
                spent));
done:
    cpt_free(difference);
    return status;
}

critpt_status critpt_run_jacobian(critpt_run *run, const double *weights, size_t n_weights,
                                  double *jacobian, size_t leading)
{
    critpt_status status;
    size_t spent = 0;
    CPT_TRY(begin(run, CRITPT_EVALUATION_JACOBIAN, &spent));
    const critpt_landscape *landscape = run->landscape;
    cpt_jet *jet = &run->workspace->jet;
    const cpt_samples *samples = &run->workspace->samples;
    size_t D = landscape->model->n_outputs;
    const cpt_jacobian_layout layout = {.sample = D * leading, .output = leading, .weight = 1};
    CPT_TRY(require_all_samples(run));
    CPT_TRY(cpt_landscape_require_weights(landscape, weights, n_weights));
    CPT_TRY(cpt_require_matrix("jacobian", jacobian, samples->n * D, n_weights, leading));
    for (size_t first = 0; first < samples->n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, samples, weights, first, CPT_DERIVATIVES));
        CPT_TRY(cpt_metric_batch_jacobian(cpt_landscape_metric(run->workspace),
                                          jacobian + first * layout.sample, &layout));
    }
    CPT_TRY(end(run, CRITPT_EVALUATION_JACOBIAN, weights, (cpt_run_knowledge){0}, spent));
done:
    return status;
}

critpt_status critpt_run_end(critpt_run *run)
{
    critpt_status status = CRITPT_OK;
    if (!run)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "run is NULL");
    if (run->has_ended)
        return CRITPT_OK;
    size_t n = run->n_records, charged = cpt_run_charged(run, run->spent);
    bool recorded = run->last_is_recorded && run->records[n - 1].evaluations == charged;
    if (run->has_begun && !recorded) {
        CPT_TRY(cpt_run_reserve(run));
        CPT_TRY(cpt_run_observe(run, run->last_weights, (cpt_run_knowledge){0}, run->spent,
                                CRITPT_RUN_LAST));
    }
    run->has_ended = true;
done:
    return status;
}
