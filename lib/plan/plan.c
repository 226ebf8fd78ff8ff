/* The plan as an object: its landscape, its points and its base targets. */
#include <string.h>

#include "plan/plan.h"

critpt_status critpt_plan_create(critpt_plan **plan, critpt_landscape *landscape)
{
    critpt_status status;
    critpt_plan *made;
    if (!plan || !landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", plan ? "landscape" : "plan");
    *plan = NULL;
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    cpt_landscape_retain(landscape);
    made->landscape = landscape;
    made->residual_scale = 1;
    cpt_plan_report_initialize(&made->report);
    *plan = made;
done:
    return status;
}

void cpt_plan_drop_points(critpt_plan *plan, size_t first)
{
    while (plan->n_points > first) {
        cpt_point *point = &plan->points[--plan->n_points];
        cpt_free(point->requested);
        cpt_free(point->weights);
    }
}

void critpt_plan_destroy(critpt_plan *plan)
{
    if (!plan)
        return;
    cpt_plan_drop_points(plan, 0);
    for (size_t c = 0; c < plan->n_conditions; c++)
        cpt_free(plan->conditions[c].array);
    cpt_free(plan->points);
    cpt_free(plan->conditions);
    cpt_free(plan->base_targets);
    cpt_free(plan->frozen);
    cpt_plan_report_destroy(&plan->report);
    critpt_landscape_destroy(plan->landscape);
    cpt_free(plan);
}

const critpt_landscape *critpt_plan_landscape(const critpt_plan *plan)
{
    return plan ? plan->landscape : NULL;
}

critpt_status cpt_plan_require_point(const critpt_plan *plan, size_t point)
{
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    if (point >= plan->n_points)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "point is %zu; the plan has %zu", point,
                         plan->n_points);
    return CRITPT_OK;
}

bool cpt_plan_prescribes_gradient(const critpt_plan *plan, size_t point)
{
    const cpt_point *at = &plan->points[point];
    return at->critical || (at->condition != CRITPT_CRITICAL_POINT &&
                            plan->conditions[at->condition].softness == 0);
}

const cpt_condition *cpt_plan_find_condition(const critpt_plan *plan, critpt_condition_kind kind,
                                             size_t point)
{
    for (size_t c = 0; c < plan->n_conditions; c++) {
        const cpt_condition *condition = &plan->conditions[c];
        if (condition->kind == kind && (point == CPT_ANY_POINT || condition->points[0] == point))
            return condition;
    }
    return NULL;
}

static critpt_status add_point(critpt_plan *plan, const double *weights, size_t n_weights,
                               bool critical, size_t *point)
{
    critpt_status status;
    cpt_point made = {.critical = critical, .condition = CRITPT_CRITICAL_POINT};
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    CPT_TRY(cpt_landscape_require_weights(plan->landscape, weights, n_weights));
    CPT_TRY(cpt_allocate(&made.requested, n_weights, sizeof *weights));
    CPT_TRY(cpt_allocate(&made.weights, n_weights, sizeof *weights));
    memcpy(made.requested, weights, n_weights * sizeof *weights);
    memcpy(made.weights, weights, n_weights * sizeof *weights);
    CPT_TRY(cpt_append(&plan->points, &plan->n_points, &made, sizeof made));
    if (point)
        *point = plan->n_points - 1;
done:
    if (status != CRITPT_OK) {
        cpt_free(made.requested);
        cpt_free(made.weights);
    }
    return status;
}

critpt_status critpt_plan_add_point(critpt_plan *plan, const double *weights, size_t n_weights,
                                    size_t *point)
{
    return add_point(plan, weights, n_weights, true, point);
}

critpt_status critpt_plan_add_free_point(critpt_plan *plan, const double *weights, size_t n_weights,
                                         size_t *point)
{
    return add_point(plan, weights, n_weights, false, point);
}

critpt_status critpt_plan_let_point_move(critpt_plan *plan, size_t point)
{
    critpt_status status = cpt_plan_require_point(plan, point);
    if (status == CRITPT_OK)
        plan->points[point].may_move = true;
    return status;
}

critpt_status critpt_plan_set_base_targets(critpt_plan *plan, const double *targets, size_t leading)
{
    critpt_status status = CRITPT_OK;
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    if (!targets && leading == 0) {
        cpt_free(plan->base_targets);
        plan->base_targets = NULL;
        return CRITPT_OK;
    }
    size_t N = plan->landscape->n_samples, D = plan->landscape->model->n_outputs;
    CPT_TRY(cpt_require_matrix("base targets", targets, N, D, leading));
    CPT_TRY(cpt_require_finite_matrix("base targets", targets, N, D, leading));
    if (!plan->base_targets)
        CPT_TRY(cpt_allocate(&plan->base_targets, N * D, sizeof *targets));
    for (size_t i = 0; i < N; i++)
        memcpy(plan->base_targets + i * D, targets + i * leading, D * sizeof *targets);
done:
    return status;
}

critpt_status critpt_plan_freeze_targets(critpt_plan *plan, const unsigned char *mask,
                                         size_t leading)
{
    critpt_status status = CRITPT_OK;
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    if (!mask && leading == 0) {
        cpt_free(plan->frozen);
        plan->frozen = NULL;
        return CRITPT_OK;
    }
    size_t N = plan->landscape->n_samples, D = plan->landscape->model->n_outputs;
    CPT_TRY(cpt_require_matrix("mask of frozen targets", mask, N, D, leading));
    if (!plan->frozen)
        CPT_TRY(cpt_allocate(&plan->frozen, N * D, sizeof *plan->frozen));
    for (size_t i = 0; i < N; i++)
        for (size_t o = 0; o < D; o++)
            plan->frozen[i * D + o] = mask[i * leading + o] != 0;
done:
    return status;
}

critpt_status critpt_plan_frozen_targets(const critpt_plan *plan, unsigned char *mask,
                                         size_t leading)
{
    critpt_status status;
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    size_t N = plan->landscape->n_samples, D = plan->landscape->model->n_outputs;
    CPT_TRY(cpt_require_matrix("mask of frozen targets", mask, N, D, leading));
    for (size_t i = 0; i < N; i++)
        for (size_t o = 0; o < D; o++)
            mask[i * leading + o] = plan->frozen && plan->frozen[i * D + o];
done:
    return status;
}

size_t cpt_plan_n_frozen(const critpt_plan *plan)
{
    size_t n = plan->landscape->n_samples * plan->landscape->model->n_outputs, count = 0;
    for (size_t i = 0; plan->frozen && i < n; i++)
        count += plan->frozen[i];
    return count;
}

size_t critpt_plan_n_frozen_targets(const critpt_plan *plan)
{
    return plan ? cpt_plan_n_frozen(plan) : 0;
}

int critpt_plan_point_is_critical(const critpt_plan *plan, size_t point)
{
    return plan && point < plan->n_points && plan->points[point].critical;
}

size_t critpt_plan_n_points(const critpt_plan *plan)
{
    return plan ? plan->n_points : 0;
}

static critpt_status copy_weights(const critpt_plan *plan, const double *from, double *weights,
                                  size_t n_weights)
{
    size_t P = plan->landscape->model->n_weights;
    critpt_status status = cpt_require_array("weights", weights, n_weights, P);
    if (status == CRITPT_OK)
        memcpy(weights, from, P * sizeof *weights);
    return status;
}

critpt_status critpt_plan_point_weights(const critpt_plan *plan, size_t point, double *weights,
                                        size_t n_weights)
{
    critpt_status status = cpt_plan_require_point(plan, point);
    if (status != CRITPT_OK)
        return status;
    return copy_weights(plan, plan->points[point].weights, weights, n_weights);
}

critpt_status critpt_plan_point_weights_requested(const critpt_plan *plan, size_t point,
                                                  double *weights, size_t n_weights)
{
    critpt_status status = cpt_plan_require_point(plan, point);
    if (status != CRITPT_OK)
        return status;
    return copy_weights(plan, plan->points[point].requested, weights, n_weights);
}
