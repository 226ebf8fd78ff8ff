/* Before the equations: mean outputs balanced (MATH 5, fact 1) and base targets chosen (fact 12).
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

critpt_status cpt_solve_mean_output(cpt_solve *solve, size_t point, double *mean, double *largest)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    cpt_jet *jet = &workspace->jet;
    const double *s = solve->plan->landscape->sample_weights;
    double total = 0;
    *largest = 0;
    memset(mean, 0, solve->D * sizeof *mean);
    for (size_t first = 0; first < solve->N; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, cpt_solve_weights(solve, point), first,
                                 CPT_VALUES));
        for (size_t i = 0; i < jet->batch.n; i++) {
            double weight = s ? s[first + i] : 1;
            total += weight;
            for (size_t o = 0; o < solve->D; o++) {
                double f = jet->batch.outputs[o * jet->batch.n + i];
                if (!isfinite(f))
                    CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                                      "output %zu of point %zu is %g at sample %zu; use smaller "
                                      "weights or inputs",
                                      o, point, f, first + i));
                mean[o] += weight * f;
                *largest = fmax(*largest, fabs(f));
            }
        }
    }
    for (size_t o = 0; o < solve->D; o++)
        mean[o] /= total;
done:
    return status;
}

/* The weighted mean of targets, D numbers. */
static void mean_target(const cpt_solve *solve, const double *targets, double *mean)
{
    const double *s = solve->plan->landscape->sample_weights;
    double total = 0;
    memset(mean, 0, solve->D * sizeof *mean);
    for (size_t i = 0; i < solve->N; i++) {
        double weight = s ? s[i] : 1;
        total += weight;
        for (size_t o = 0; o < solve->D; o++)
            mean[o] += weight * targets[i * solve->D + o];
    }
    for (size_t o = 0; o < solve->D; o++)
        mean[o] /= total;
}

/* What all points' means are to become: the first fixed point's, else the base targets', else the
 * mean of the points' means (K x D). */
static void common_mean(const cpt_solve *solve, const double *means, double *common)
{
    const critpt_plan *plan = solve->plan;
    for (size_t k = 0; k < solve->K; k++)
        if (!plan->points[k].may_move) {
            memcpy(common, means + k * solve->D, solve->D * sizeof *common);
            return;
        }
    if (plan->base_targets) {
        mean_target(solve, plan->base_targets, common);
        return;
    }
    memset(common, 0, solve->D * sizeof *common);
    for (size_t k = 0; k < solve->K; k++)
        cpt_linalg_axpy(solve->D, 1 / (double)solve->K, means + k * solve->D, common);
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
    if (solve->K < 2 || !solve->options->balance ||
        !cpt_mlp_has_free_output_mean(solve->workspace.jet.model))
        goto done;
    common_mean(solve, means, common);
    for (size_t k = 0; k < solve->K; k++)
        if (solve->plan->points[k].may_move)
            shift_output_biases(solve, k, means + k * solve->D, common, largest[k]);
done:
    cpt_free(means);
    cpt_free(common);
    cpt_free(largest);
    return status;
}

/* to (N x D) += factor f_point */
static critpt_status add_outputs(cpt_solve *solve, size_t point, double factor, double *to)
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
 * Leaves the largest spread |f_k - mean f_k| in the solve. Uses the targets as scratch. */
static critpt_status compare_outputs(cpt_solve *solve, const double *mean, bool *alike)
{
    critpt_status status = CRITPT_OK;
    size_t n = solve->unknowns, D = solve->D;
    double *f = solve->targets, *centre = NULL;
    CPT_TRY(cpt_allocate(&centre, D, sizeof *centre));
    *alike = true;
    solve->spread = 0;
    for (size_t k = 0; k < solve->K; k++) {
        memset(f, 0, n * sizeof *f);
        CPT_TRY(add_outputs(solve, k, 1, f));
        double rounding = 1e3 * DBL_EPSILON * cpt_solve_distance(solve, f, NULL);
        *alike = *alike && (!mean || cpt_solve_distance(solve, f, mean) <= rounding);
        mean_target(solve, f, centre);
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
                                 solve->unknowns));
    cpt_linalg_axpy(solve->unknowns, deviation, solve->targets, solve->base);
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
        memcpy(solve->base, given, solve->unknowns * sizeof *given);
        CPT_TRY(compare_outputs(solve, NULL, &alike));
        goto done;
    }
    for (size_t k = 0; k < solve->K; k++)
        CPT_TRY(add_outputs(solve, k, 1 / (double)solve->K, solve->base));
    CPT_TRY(compare_outputs(solve, solve->base, &alike));
    if (isnan(
            noise)) /* the outputs' spread per target where it is needed; 1 for constant outputs */
        noise = !alike ? 0 : solve->spread > 0 ? solve->spread / sqrt((double)solve->D) : 1;
    if (noise > 0)
        CPT_TRY(add_noise(solve, noise));
done:
    return status;
}
