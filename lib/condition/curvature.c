/* A curvature v' H u at a point. */
#include <string.h>

#include "condition/checks.h"
#include "condition/second_order.h"
#include "landscape/accepted.h"

critpt_status critpt_plan_require_curvature(critpt_plan *plan, size_t point, const double *v,
                                            const double *u, size_t n_weights, double value,
                                            size_t *condition)
{
    critpt_status status;
    cpt_condition made = {.kind = CRITPT_CONDITION_CURVATURE,
                          .n_points = 1,
                          .points = {point},
                          .n_rows = 2,
                          .n_columns = n_weights,
                          .value = value};
    CPT_TRY(cpt_condition_require_curved_point(plan, point));
    CPT_TRY(cpt_condition_require_direction(plan, "v", v, n_weights));
    CPT_TRY(cpt_condition_require_direction(plan, "u", u, n_weights));
    CPT_TRY(cpt_condition_require_value("the curvature", value));
    CPT_TRY(cpt_allocate(&made.array, 2 * n_weights, sizeof *v));
    memcpy(made.array, v, n_weights * sizeof *v);
    memcpy(made.array + n_weights, u, n_weights * sizeof *u);
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

static void directions(const cpt_block *block, cpt_evaluation *evaluation, const double **v,
                       const double **u)
{
    (void)evaluation;
    *v = block->condition->array;
    *u = *v + block->condition->n_columns;
}

static bool is_fixed(const critpt_model *model, const cpt_condition *condition)
{
    size_t P = model->n_weights;
    for (size_t j = 0; j < 2 * P; j++)
        if (condition->array[j] != 0 && !cpt_structure_is_linear(model, j % P))
            return false;
    return true;
}

const cpt_condition_kind cpt_condition_curvature = {
    .name = "curvature",
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
