/* The loss at one point above that at another. */
#include "condition/checks.h"
#include "condition/losses.h"
#include "landscape/accepted.h"

critpt_status critpt_plan_require_loss_difference(critpt_plan *plan, size_t point, size_t below,
                                                  double difference, size_t *condition)
{
    critpt_status status;
    cpt_condition made = {.kind = CRITPT_CONDITION_LOSS_DIFFERENCE,
                          .n_points = 2,
                          .points = {point, below},
                          .value = difference};
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(cpt_plan_require_point(plan, below));
    CPT_TRY(cpt_condition_require_value("the difference of losses", difference));
    if (point == below)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "point %zu cannot lie above itself", point);
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

static cpt_gap gap(const critpt_plan *plan, const cpt_condition *condition)
{
    (void)plan;
    return (cpt_gap){condition->points[0], condition->points[1], condition->value};
}

static void achieved(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values)
{
    values[CRITPT_CONDITION_ACHIEVED] = n ? condition->value + *residuals
                                          : cpt_condition_loss_at(report, condition->points[0]) -
                                                cpt_condition_loss_at(report, condition->points[1]);
}

const cpt_condition_kind cpt_condition_loss_difference = {
    .name = "loss_difference",
    .accepted = CPT_ACCEPTED_LOSS,
    .describe = cpt_condition_gap_describe,
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
