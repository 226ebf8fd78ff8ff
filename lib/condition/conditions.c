/* Conditions of a plan as a user softens them and reads them back. */
#include <math.h>
#include <string.h>

#include "condition/condition.h"

static critpt_status require_condition(const critpt_plan *plan, size_t condition)
{
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    if (condition >= plan->n_conditions)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition is %zu; the plan has %zu", condition,
                         plan->n_conditions);
    return CRITPT_OK;
}

critpt_status critpt_plan_soften(critpt_plan *plan, size_t condition, double weight)
{
    critpt_status status = require_condition(plan, condition);
    if (status != CRITPT_OK)
        return status;
    if (!(weight > 0) || isinf(weight))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the weight of soft condition %zu is %g; it must be positive and finite",
                         condition, weight);
    const char *never = cpt_condition_kind_of(&plan->conditions[condition])->never_soft;
    if (never)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition %zu asks for %s", condition, never);
    plan->conditions[condition].softness = weight;
    return CRITPT_OK;
}

size_t critpt_plan_n_conditions(const critpt_plan *plan)
{
    return plan ? plan->n_conditions : 0;
}

critpt_status critpt_plan_condition(const critpt_plan *plan, size_t condition,
                                    critpt_condition_kind *kind, size_t *n_points, size_t points[3])
{
    critpt_status status = require_condition(plan, condition);
    if (status != CRITPT_OK)
        return status;
    const cpt_condition *found = &plan->conditions[condition];
    if (kind)
        *kind = found->kind;
    if (n_points)
        *n_points = found->n_points;
    for (size_t i = 0; points && i < found->n_points; i++)
        points[i] = found->points[i];
    return CRITPT_OK;
}

critpt_status critpt_plan_condition_size(const critpt_plan *plan, size_t condition, size_t *n_rows,
                                         size_t *n_columns)
{
    critpt_status status = require_condition(plan, condition);
    if (status != CRITPT_OK)
        return status;
    if (n_rows)
        *n_rows = plan->conditions[condition].n_rows;
    if (n_columns)
        *n_columns = plan->conditions[condition].n_columns;
    return CRITPT_OK;
}

critpt_status critpt_plan_condition_array(const critpt_plan *plan, size_t condition, double *values,
                                          size_t leading)
{
    critpt_status status;
    CPT_TRY(require_condition(plan, condition));
    const cpt_condition *found = &plan->conditions[condition];
    size_t columns = found->n_columns;
    if (!found->array)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition %zu (%s) has no array", condition,
                         critpt_condition_kind_name(found->kind));
    CPT_TRY(cpt_require_matrix("the condition's array", values, found->n_rows, columns, leading));
    for (size_t i = 0; i < found->n_rows; i++)
        memcpy(values + i * leading, found->array + i * columns, columns * sizeof *values);
done:
    return status;
}

static critpt_status require_nature(const critpt_plan *plan, size_t condition)
{
    critpt_status status = require_condition(plan, condition);
    if (status != CRITPT_OK)
        return status;
    const cpt_condition *found = &plan->conditions[condition];
    if (!(found->margin > 0)) /* which every nature has */
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition %zu is a %s, not a nature", condition,
                         critpt_condition_kind_name(found->kind));
    return CRITPT_OK;
}

critpt_status critpt_plan_condition_nature(const critpt_plan *plan, size_t condition, size_t *index,
                                           double *margin)
{
    critpt_status status = require_nature(plan, condition);
    if (status != CRITPT_OK)
        return status;
    const cpt_condition *found = &plan->conditions[condition];
    if (index)
        *index = found->index;
    if (margin)
        *margin = found->absolute ? NAN : found->margin;
    return CRITPT_OK;
}

critpt_status critpt_plan_condition_eigenvalues(const critpt_plan *plan, size_t condition,
                                                double *least)
{
    critpt_status status = require_nature(plan, condition);
    if (status != CRITPT_OK)
        return status;
    if (!least)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the place for the result is NULL");
    const cpt_condition *found = &plan->conditions[condition];
    *least = found->absolute ? found->margin : NAN;
    return CRITPT_OK;
}

critpt_status critpt_plan_condition_value(const critpt_plan *plan, size_t condition,
                                          critpt_condition_quantity quantity, double *value)
{
    critpt_status status = require_condition(plan, condition);
    if (status != CRITPT_OK)
        return status;
    if (!value)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the place for the result is NULL");
    if ((int)quantity < 0 || (int)quantity >= CPT_CONDITION_QUANTITIES)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition quantity %d does not exist",
                         (int)quantity);
    if (!plan->report.conditions || condition >= plan->report.n_conditions)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "condition %zu was not part of a successful solve", condition);
    *value = plan->report.conditions[condition * CPT_CONDITION_QUANTITIES + (size_t)quantity];
    return CRITPT_OK;
}
