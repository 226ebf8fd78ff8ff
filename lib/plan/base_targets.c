/* Before the equations: mean outputs balanced (MATH 5, fact 1) and base targets chosen (fact 12).
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

/* The largest |f|, or an error that names an output which is not finite. */
static critpt_status find_largest(const cpt_solve *solve, size_t point, const double *outputs,
                                  double *largest)
{
    *largest = 0;
    for (size_t i = 0; i < solve->N * solve->D; i++) {
        if (!isfinite(outputs[i]))
            return cpt_error(CRITPT_NON_FINITE,
                             "output %zu of point %zu is %g at sample %zu; use smaller weights or "
                             "inputs",
                             i % solve->D, point, outputs[i], i / solve->D);
        *largest = fmax(*largest, fabs(outputs[i]));
    }
    return CRITPT_OK;
}

critpt_status cpt_solve_mean_output(cpt_solve *solve, size_t point, double *mean, double *largest)
{
    critpt_status status;
    double *outputs = solve->field;
    memset(outputs, 0, solve->N * solve->D * sizeof *outputs);
    CPT_TRY(cpt_solve_add_outputs(solve, point, 1, outputs));
    CPT_TRY(find_largest(solve, point, outputs, largest));
    CPT_TRY(cpt_metric_mean(&solve->plan->landscape->metric, outputs, mean));
done:
    return status;
}

/* The gradient that is asked for by the output biases of a point, NULL for zero. */
static const double *bias_gradient(const cpt_solve *solve, size_t point)
{
    size_t n_layers, condition = solve->plan->points[point].condition;
    const cpt_layer *layers = cpt_mlp_layers(solve->workspace.jet.model, &n_layers);
    if (condition == CRITPT_CRITICAL_POINT)
        return NULL;
    return solve->plan->conditions[condition].vectors + layers[n_layers - 1].biases;
}

/* mean += sign times what the gradient that is asked for moves the mean output off the mean target.
 */
static void add_bias_gradient(const cpt_solve *solve, size_t point, double sign, double *mean)
{
    const double *g = bias_gradient(solve, point);
    if (!g)
        return;
    cpt_metric_mean_shift(&solve->plan->landscape->metric, g, solve->directions);
    cpt_linalg_axpy(solve->D, sign, solve->directions, mean);
}

/* Whether the point's output biases tie its mean output to the mean target. */
static bool is_tied(const cpt_solve *solve, size_t point)
{
    const cpt_point *at = &solve->plan->points[point];
    return at->critical || at->condition != CRITPT_CRITICAL_POINT;
}

/* What all tied points' means are to become: the first fixed point's, else the base targets', else
 * the mean of the points' means (K x D). */
static critpt_status common_mean(const cpt_solve *solve, const double *means, double *common)
{
    const critpt_plan *plan = solve->plan;
    size_t n_tied = 0;
    for (size_t k = 0; k < solve->K; k++) {
        n_tied += is_tied(solve, k);
        if (is_tied(solve, k) && !plan->points[k].may_move) {
            memcpy(common, means + k * solve->D, solve->D * sizeof *common);
            add_bias_gradient(solve, k, -1, common);
            return CRITPT_OK;
        }
    }
    if (plan->base_targets)
        return cpt_metric_mean(&plan->landscape->metric, plan->base_targets, common);
    memset(common, 0, solve->D * sizeof *common);
    for (size_t k = 0; k < solve->K; k++)
        if (is_tied(solve, k))
            cpt_linalg_axpy(solve->D, 1 / (double)n_tied, means + k * solve->D, common);
    return CRITPT_OK;
}

/* Shifts the output biases of a movable point by the difference, unless it is rounding. */
static void shift_output_biases(cpt_solve *solve, size_t point, const double *mean,
                                const double *common, double largest)
{
    size_t n_layers;
    const cpt_layer *layers = cpt_mlp_layers(solve->workspace.jet.model, &n_layers);
    double *biases = solve->weights + point * solve->P + layers[n_layers - 1].biases;
    double rounding = 4 * DBL_EPSILON * largest;
    for (size_t o = 0; o < solve->D; o++)
        if (fabs(common[o] - mean[o]) > rounding)
            biases[o] += common[o] - mean[o];
}

critpt_status cpt_solve_balance(cpt_solve *solve)
{
    critpt_status status;
    double *means = NULL, *common = NULL, *largest = NULL;
    CPT_TRY(cpt_allocate(&means, solve->K * solve->D, sizeof *means));
    CPT_TRY(cpt_allocate(&common, solve->D, sizeof *common));
    CPT_TRY(cpt_allocate(&largest, solve->K, sizeof *largest));
    for (size_t k = 0; k < solve->K; k++)
        CPT_TRY(cpt_solve_mean_output(solve, k, means + k * solve->D, &largest[k]));
    size_t n_tied = 0;
    for (size_t k = 0; k < solve->K; k++)
        n_tied += is_tied(solve, k);
    if (n_tied < 2 || !solve->options->balance ||
        !cpt_mlp_has_free_output_mean(solve->workspace.jet.model))
        goto done;
    CPT_TRY(common_mean(solve, means, common));
    for (size_t k = 0; k < solve->K; k++) {
        if (!solve->plan->points[k].may_move || !is_tied(solve, k))
            continue;
        add_bias_gradient(solve, k, -1, means + k * solve->D);
        shift_output_biases(solve, k, means + k * solve->D, common, largest[k]);
    }
done:
    cpt_free(means);
    cpt_free(common);
    cpt_free(largest);
    return status;
}

critpt_status cpt_solve_add_outputs(cpt_solve *solve, size_t point, double factor, double *to)
{
    critpt_status status = CRITPT_OK;
    cpt_jet *jet = &solve->workspace.jet;
    size_t D = solve->D;
    for (size_t first = 0; first < solve->N; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &solve->workspace.samples, cpt_solve_weights(solve, point),
                                 first, CPT_VALUES));
        for (size_t i = 0; i < jet->batch.n; i++)
            for (size_t o = 0; o < D; o++)
                to[(first + i) * D + o] += factor * jet->batch.outputs[o * jet->batch.n + i];
    }
done:
    return status;
}

/* Whether every point has the outputs `mean`, to rounding: then y = f would be left (fact 12).
 * Leaves the largest spread |f_k - mean f_k| and size |f_k| in the solve. Uses the targets as
 * scratch. */
static critpt_status compare_outputs(cpt_solve *solve, const double *mean, bool *alike)
{
    critpt_status status = CRITPT_OK;
    size_t n = solve->N * solve->D, D = solve->D;
    double *f = solve->targets, *centre = NULL;
    CPT_TRY(cpt_allocate(&centre, D, sizeof *centre));
    *alike = true;
    solve->spread = solve->size = 0;
    for (size_t k = 0; k < solve->K; k++) {
        memset(f, 0, n * sizeof *f);
        CPT_TRY(cpt_solve_add_outputs(solve, k, 1, f));
        double size = cpt_solve_distance(solve, f, NULL), rounding = 1e3 * DBL_EPSILON * size;
        solve->size = fmax(solve->size, size);
        *alike = *alike && (!mean || cpt_solve_distance(solve, f, mean) <= rounding);
        CPT_TRY(cpt_metric_mean(&solve->plan->landscape->metric, f, centre));
        for (size_t i = 0; i < n; i++)
            f[i] -= centre[i % D];
        solve->spread = fmax(solve->spread, cpt_solve_distance(solve, f, NULL));
    }
done:
    cpt_free(centre);
    return status;
}

/* base += deviation * noise of MATH 12. Uses the targets as scratch. */
static critpt_status add_noise(cpt_solve *solve, double deviation)
{
    critpt_status status;
    CPT_TRY(critpt_random_normal(solve->options->seed, CRITPT_STREAM_NOISE, 0, solve->targets,
                                 solve->N * solve->D));
    cpt_linalg_axpy(solve->N * solve->D, deviation, solve->targets, solve->base);
done:
    return status;
}

critpt_status cpt_solve_choose_base(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    const double *given = solve->plan->base_targets;
    double noise = solve->options->base_noise;
    bool alike = false;
    if (given) {
        memcpy(solve->base, given, solve->N * solve->D * sizeof *given);
        CPT_TRY(compare_outputs(solve, NULL, &alike));
        goto done;
    }
    for (size_t k = 0; k < solve->K; k++)
        CPT_TRY(cpt_solve_add_outputs(solve, k, 1 / (double)solve->K, solve->base));
    CPT_TRY(compare_outputs(solve, solve->base, &alike));
    if (isnan(
            noise)) /* the outputs' spread per target where it is needed; 1 for constant outputs */
        noise = !alike ? 0 : solve->spread > 0 ? solve->spread / sqrt((double)solve->D) : 1;
    if (noise > 0)
        CPT_TRY(add_noise(solve, noise));
done:
    return status;
}
