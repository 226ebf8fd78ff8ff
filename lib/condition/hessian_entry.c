/* An entry of the Hessian at a point: the curvature along two unit vectors. */
#include <string.h>

#include "condition/checks.h"
#include "condition/second_order.h"
#include "landscape/accepted.h"

critpt_status critpt_plan_require_hessian_entry(critpt_plan *plan, size_t point, size_t row,
                                                size_t column, double value, size_t *condition)
{
    critpt_status status;
    const double place[] = {(double)row, (double)column};
    cpt_condition made = {
        .kind = CRITPT_CONDITION_HESSIAN_ENTRY, .n_points = 1, .points = {point}, .value = value};
    CPT_TRY(cpt_condition_require_curved_point(plan, point));
    CPT_TRY(cpt_condition_require_value("the Hessian's entry", value));
    size_t P = plan->landscape->model->n_weights;
    if (row >= P || column >= P)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "entry (%zu, %zu) lies outside the Hessian of order %zu", row, column, P);
    CPT_TRY(cpt_condition_set_array(&made, place, 1, 2, 2));
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

static size_t row(const cpt_condition *condition)
{
    return (size_t)condition->array[0];
}

static size_t column(const cpt_condition *condition)
{
    return (size_t)condition->array[1];
}

static void directions(const cpt_block *block, cpt_evaluation *evaluation, const double **v,
                       const double **u)
{
    size_t P = evaluation->points->P;
    double *units = evaluation->vectors;
    memset(units, 0, 2 * P * sizeof *units);
    units[row(block->condition)] = 1;
    units[P + column(block->condition)] = 1;
    *v = units;
    *u = units + P;
}

static bool is_fixed(const critpt_model *model, const cpt_condition *condition)
{
    return cpt_structure_is_linear(model, row(condition)) &&
           cpt_structure_is_linear(model, column(condition));
}

const cpt_condition_kind cpt_condition_hessian_entry = {
    .name = "hessian_entry",
    .accepted = CPT_ACCEPTED_DERIVATIVE,
    .directions = directions,
    .columns = cpt_condition_curvature_columns,
    .residuals = cpt_condition_curvature_residuals,
    .products = cpt_condition_curvature_products,
    .combine = cpt_condition_curvature_combine,
    .units = cpt_condition_curvature_units,
    .achieved = cpt_condition_curvature_achieved,
    .is_fixed = is_fixed,
    .n_curvatures = cpt_condition_one_curvature,
};
