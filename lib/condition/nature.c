/* The nature of a critical point: an index with a margin, which are inequalities and have no
 * equations. */
#include <math.h>

#include "condition/checks.h"
#include "condition/condition.h"

/* A nature whose margin is checked. */
static critpt_status require_nature(critpt_plan *plan, size_t point, size_t index, double margin,
                                    bool absolute, size_t *condition)
{
    critpt_status status;
    cpt_condition made = {.kind = CRITPT_CONDITION_NATURE,
                          .n_points = 1,
                          .points = {point},
                          .value = (double)index,
                          .index = index,
                          .margin = margin,
                          .absolute = absolute};
    CPT_TRY(cpt_condition_require_curved_point(plan, point));
    size_t P = plan->landscape->model->n_weights;
    if (index > P)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "index is %zu; the Hessian has order %zu", index,
                         P);
    if (!plan->points[point].critical)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "point %zu is not critical; only critical points have a nature", point);
    const cpt_condition *other = cpt_plan_find_condition(plan, CRITPT_CONDITION_NATURE, point);
    if (other)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the nature of point %zu is prescribed already, by condition %zu", point,
                         (size_t)(other - plan->conditions));
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

critpt_status critpt_plan_require_index(critpt_plan *plan, size_t point, size_t index,
                                        double margin, size_t *condition)
{
    if (!(margin > 0 && margin < 1))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "margin is %g; it must be in (0, 1)", margin);
    return require_nature(plan, point, index, margin, false, condition);
}

critpt_status critpt_plan_require_eigenvalues(critpt_plan *plan, size_t point, size_t index,
                                              double least, size_t *condition)
{
    if (!(least > 0 && isfinite(least)))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the least eigenvalue is %g; it must be positive and finite", least);
    return require_nature(plan, point, index, least, true, condition);
}

critpt_status critpt_plan_require_minimum(critpt_plan *plan, size_t point, double margin,
                                          size_t *condition)
{
    return critpt_plan_require_index(plan, point, 0, margin, condition);
}

critpt_status critpt_plan_require_maximum(critpt_plan *plan, size_t point, double margin,
                                          size_t *condition)
{
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    return critpt_plan_require_index(plan, point, plan->landscape->model->n_weights, margin,
                                     condition);
}

static critpt_status describe(const critpt_plan *plan, cpt_block *block)
{
    (void)plan;
    block->n = 0;
    return CRITPT_OK;
}

/* What is there the spectrum confirms. */
static void achieved(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values)
{
    (void)report;
    (void)n;
    (void)residuals;
    values[CRITPT_CONDITION_ACHIEVED] = condition->value;
}

const cpt_condition_kind cpt_condition_nature = {
    .name = "nature",
    .never_soft = "a nature, which is there or not; ask for a smaller margin instead",
    .describe = describe,
    .achieved = achieved,
};
