/* Before the equations: mean outputs balanced (MATH 5, fact 1) and base targets chosen (fact 12).
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "solve/solve.h"

/* The penalties of the constants, D numbers; true if any is not 0. */
static bool find_penalties(const critpt_landscape *landscape, double *penalties)
{
    bool any = false;
    for (size_t o = 0; o < landscape->model->n_outputs; o++) {
        size_t weight = cpt_structure_constant(landscape->model, o);
        penalties[o] =
            cpt_penalty_has(&landscape->penalty, weight) ? landscape->penalty.weights[weight] : 0;
        any = any || penalties[o] > 0;
    }
    return any;
}

/* By how much constants move so that the mean demanded moves by u: (S + Lambda) move = S u. */
static critpt_status find_move(const critpt_landscape *landscape, const double *u, double *move)
{
    critpt_status status = CRITPT_OK;
    size_t D = landscape->model->n_outputs;
    double *penalties = NULL, *rest;
    CPT_TRY(cpt_allocate(&penalties, 2 * D, sizeof *penalties));
    rest = penalties + D;
    memcpy(move, u, D * sizeof *move);
    if (!find_penalties(landscape, penalties))
        goto done;
    for (size_t o = 0; o < D; o++)
        move[o] = penalties[o] * u[o];
    CPT_TRY(cpt_metric_mean_shift(&landscape->metric, penalties, move, rest));
    for (size_t o = 0; o < D; o++)
        move[o] = u[o] - rest[o];
done:
    cpt_free(penalties);
    return status;
}

/* Whether the point's constants tie its mean output to the mean target. */
static bool is_tied(const critpt_plan *plan, size_t point)
{
    const cpt_point *at = &plan->points[point];
    return at->critical || at->condition != CRITPT_CRITICAL_POINT;
}

static size_t count_tied(const critpt_plan *plan)
{
    size_t count = 0;
    for (size_t k = 0; k < plan->n_points; k++)
        count += is_tied(plan, k);
    return count;
}

static const double *asked_gradient(const critpt_plan *plan, size_t point)
{
    size_t condition = plan->points[point].condition;
    return condition == CRITPT_CRITICAL_POINT ? NULL : plan->conditions[condition].array;
}

/* What all tied points demand of the mean target is to become: what the first fixed one does, else
 * the base targets' mean, else the mean of the points' means (K x D). */
static critpt_status common_mean(const critpt_plan *plan, const cpt_points *points,
                                 const double *means, double *common)
{
    size_t D = points->D;
    for (size_t k = 0; k < points->K; k++)
        if (is_tied(plan, k) && !plan->points[k].may_move) {
            memcpy(common, means + k * D, D * sizeof *common);
            return cpt_points_add_demand(points, k, asked_gradient(plan, k), common);
        }
    if (plan->base_targets)
        return cpt_metric_mean(points->metric, plan->base_targets, common);
    memset(common, 0, D * sizeof *common);
    for (size_t k = 0; k < points->K; k++)
        if (is_tied(plan, k))
            cpt_linalg_axpy(D, 1 / (double)count_tied(plan), means + k * D, common);
    return CRITPT_OK;
}

/* Shifts the constants of a movable point for the difference, unless it is rounding. */
static critpt_status shift_constants(cpt_points *points, size_t point, const double *mean,
                                     const double *common, double largest)
{
    critpt_status status;
    size_t D = points->D;
    double *weights, *u = NULL, *move, rounding = 4 * DBL_EPSILON * largest;
    CPT_TRY(cpt_allocate(&u, 2 * D, sizeof *u));
    move = u + D;
    for (size_t o = 0; o < D; o++)
        u[o] = fabs(common[o] - mean[o]) > rounding ? common[o] - mean[o] : 0;
    CPT_TRY(find_move(points->landscape, u, move));
    weights = cpt_points_move(points, point);
    for (size_t o = 0; o < D; o++)
        weights[cpt_structure_constant(points->landscape->model, o)] += move[o];
done:
    cpt_free(u);
    return status;
}

critpt_status cpt_solve_balance(const critpt_plan *plan, const critpt_plan_options *options,
                                cpt_evaluation *evaluation, cpt_points *points)
{
    critpt_status status;
    size_t K = points->K, D = points->D;
    double *means = NULL, *common = NULL, *largest = NULL;
    CPT_TRY(cpt_allocate(&means, K * D, sizeof *means));
    CPT_TRY(cpt_allocate(&common, D, sizeof *common));
    CPT_TRY(cpt_allocate(&largest, K, sizeof *largest));
    for (size_t k = 0; k < K; k++)
        CPT_TRY(cpt_points_mean_output(evaluation, k, means + k * D, &largest[k]));
    if (count_tied(plan) < 2 || !options->balance ||
        cpt_structure_n_constants(plan->landscape->model) == 0)
        goto done;
    CPT_TRY(common_mean(plan, points, means, common));
    for (size_t k = 0; k < K; k++) {
        if (!plan->points[k].may_move || !is_tied(plan, k))
            continue;
        CPT_TRY(cpt_points_add_demand(points, k, asked_gradient(plan, k), means + k * D));
        CPT_TRY(shift_constants(points, k, means + k * D, common, largest[k]));
    }
done:
    cpt_free(means);
    cpt_free(common);
    cpt_free(largest);
    return status;
}

/* Whether every point has the outputs `mean`, to rounding: then y = f would be left (fact 12).
 * Leaves the largest spread |f_k - mean f_k| and size |f_k| with the targets. */
static critpt_status compare_outputs(cpt_evaluation *evaluation, const double *mean,
                                     cpt_targets *targets, bool *alike)
{
    critpt_status status;
    const cpt_points *points = evaluation->points;
    size_t D = points->D, n = points->N * D;
    double *f = NULL, *centre = NULL;
    CPT_TRY(cpt_allocate(&f, n, sizeof *f));
    CPT_TRY(cpt_allocate(&centre, D, sizeof *centre));
    *alike = true;
    targets->spread = targets->size = 0;
    for (size_t k = 0; k < points->K; k++) {
        memset(f, 0, n * sizeof *f);
        CPT_TRY(cpt_points_add_outputs(evaluation, k, 1, f));
        double size = cpt_metric_norm(points->metric, f, NULL), rounding = 1e3 * DBL_EPSILON * size;
        targets->size = fmax(targets->size, size);
        *alike = *alike && (!mean || cpt_metric_norm(points->metric, f, mean) <= rounding);
        CPT_TRY(cpt_metric_mean(points->metric, f, centre));
        for (size_t i = 0; i < n; i++)
            f[i] -= centre[i % D];
        targets->spread = fmax(targets->spread, cpt_metric_norm(points->metric, f, NULL));
    }
done:
    cpt_free(f);
    cpt_free(centre);
    return status;
}

/* base += deviation * noise of MATH 12, from draw `first` on. */
static critpt_status add_noise(uint64_t seed, double deviation, size_t first, size_t n,
                               double *base)
{
    critpt_status status;
    double *noise = NULL;
    CPT_TRY(cpt_allocate(&noise, n, sizeof *noise));
    CPT_TRY(critpt_random_normal(seed, CRITPT_STREAM_NOISE, first, noise, n));
    cpt_linalg_axpy(n, deviation, noise, base);
done:
    cpt_free(noise);
    return status;
}

critpt_status cpt_solve_choose_base(const critpt_plan *plan, const critpt_plan_options *options,
                                    cpt_evaluation *evaluation, cpt_targets *targets)
{
    critpt_status status = CRITPT_OK;
    const cpt_points *points = evaluation->points;
    size_t n = points->N * points->D;
    double noise = options->base_noise;
    bool alike = false;
    if (plan->base_targets) {
        memcpy(targets->base, plan->base_targets, n * sizeof(double));
        CPT_TRY(compare_outputs(evaluation, NULL, targets, &alike));
        goto done;
    }
    for (size_t k = 0; k < points->K; k++)
        CPT_TRY(cpt_points_add_outputs(evaluation, k, 1 / (double)points->K, targets->base));
    CPT_TRY(compare_outputs(evaluation, targets->base, targets, &alike));
    if (isnan(noise) && alike) /* per target the outputs' spread; 1 for constant outputs */
        noise = targets->spread > 0 ? targets->spread / sqrt((double)points->D) : 1;
    if (noise > 0)
        CPT_TRY(add_noise(options->seed, noise,
                          cpt_reduction_first_sample(points->metric->reduction) * points->D, n,
                          targets->base));
done:
    targets->based = status == CRITPT_OK;
    return status;
}
