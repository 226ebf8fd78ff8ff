/* What all kinds of conditions check, and how a plan takes one. */
#include <math.h>
#include <string.h>

#include "condition/checks.h"

critpt_status cpt_condition_require_value(const char *what, double value)
{
    return isfinite(value) ? CRITPT_OK : cpt_error(CRITPT_NON_FINITE, "%s is %g", what, value);
}

critpt_status cpt_condition_require_vector(const critpt_plan *plan, const char *what,
                                           const double *vector, size_t n_weights)
{
    critpt_status status;
    CPT_TRY(cpt_require_array(what, vector, n_weights, plan->landscape->model->n_weights));
    CPT_TRY(cpt_require_finite(what, vector, n_weights));
done:
    return status;
}

critpt_status cpt_condition_require_direction(const critpt_plan *plan, const char *what,
                                              const double *vector, size_t n_weights)
{
    critpt_status status = cpt_condition_require_vector(plan, what, vector, n_weights);
    for (size_t j = 0; status == CRITPT_OK && j < n_weights; j++)
        if (vector[j] != 0)
            return CRITPT_OK;
    return status == CRITPT_OK ? cpt_error(CRITPT_INVALID_ARGUMENT, "%s is zero", what) : status;
}

critpt_status cpt_condition_require_curved_point(const critpt_plan *plan, size_t point)
{
    critpt_status status;
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(cpt_jet_require_second_order(plan->landscape->model));
done:
    return status;
}

critpt_status cpt_condition_set_array(cpt_condition *made, const double *array, size_t n_rows,
                                      size_t n_columns, size_t leading)
{
    critpt_status status;
    size_t entries;
    CPT_TRY(cpt_multiply(n_rows, n_columns, "the condition's array", &entries));
    CPT_TRY(cpt_allocate(&made->array, entries, sizeof *array));
    for (size_t i = 0; i < n_rows; i++)
        memcpy(made->array + i * n_columns, array + i * leading, n_columns * sizeof *array);
    made->n_rows = n_rows;
    made->n_columns = n_columns;
done:
    return status;
}

critpt_status cpt_condition_add(critpt_plan *plan, cpt_condition *made, size_t *condition)
{
    critpt_status status = cpt_append(&plan->conditions, &plan->n_conditions, made, sizeof *made);
    if (status != CRITPT_OK)
        cpt_free(made->array);
    else if (condition)
        *condition = plan->n_conditions - 1;
    return status;
}
