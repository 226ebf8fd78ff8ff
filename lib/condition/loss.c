/* A loss at a point. The first one is the level, quadratic in the targets and without an equation;
 * the others are differences to it. */
#include "condition/checks.h"
#include "condition/losses.h"
#include "landscape/accepted.h"

critpt_status critpt_plan_require_loss(critpt_plan *plan, size_t point, double loss,
                                       size_t *condition)
{
    critpt_status status;
    cpt_condition made = {
        .kind = CRITPT_CONDITION_LOSS, .n_points = 1, .points = {point}, .value = loss};
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(cpt_condition_require_value("the loss", loss));
    if (loss < 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the loss is %g; no loss is negative", loss);
    const cpt_condition *other = cpt_plan_find_condition(plan, CRITPT_CONDITION_LOSS, point);
    if (other)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the loss at point %zu is prescribed already, by condition %zu", point,
                         (size_t)(other - plan->conditions));
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

const cpt_condition *cpt_condition_level(const critpt_plan *plan)
{
    return cpt_plan_find_condition(plan, CRITPT_CONDITION_LOSS, CPT_ANY_POINT);
}

static cpt_gap gap(const critpt_plan *plan, const cpt_condition *condition)
{
    const cpt_condition *level = cpt_condition_level(plan);
    return (cpt_gap){condition->points[0], level->points[0], condition->value - level->value};
}

static critpt_status describe(const critpt_plan *plan, cpt_block *block)
{
    block->level = cpt_condition_level(plan);
    return cpt_condition_gap_describe(plan, block);
}

static void achieved(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values)
{
    (void)n;
    (void)residuals;
    values[CRITPT_CONDITION_ACHIEVED] = cpt_condition_loss_at(report, condition->points[0]);
}

const cpt_condition_kind cpt_condition_loss = {
    .name = "loss",
    .never_soft = "a loss, which is not linear in the targets; only loss differences can be soft",
    .accepted = CPT_ACCEPTED_LOSS,
    .describe = describe,
    .columns = cpt_condition_loss_columns,
    .residuals = cpt_condition_loss_residuals,
    .products = cpt_condition_loss_products,
    .combine = cpt_condition_loss_combine,
    .units = cpt_condition_loss_units,
    .row_rounding = cpt_condition_loss_row_rounding,
    .node_weights = cpt_condition_gap_weights,
    .evaluate_node = cpt_condition_gap_evaluate,
    .node_value = cpt_condition_gap_value,
    .gap = gap,
    .achieved = achieved,
};
