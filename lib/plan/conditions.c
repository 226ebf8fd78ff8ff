/* Conditions as a user states them: checked, copied, numbered. */
#include <math.h>
#include <string.h>

#include "plan/plan.h"

static const char *const kind_names[] = {
    [CRITPT_CONDITION_GRADIENT] = "gradient",
    [CRITPT_CONDITION_HESSIAN_ENTRY] = "hessian_entry",
    [CRITPT_CONDITION_CURVATURE] = "curvature",
    [CRITPT_CONDITION_EIGENPAIR] = "eigenpair",
    [CRITPT_CONDITION_GAUSS_NEWTON] = "gauss_newton",
    [CRITPT_CONDITION_LOSS] = "loss",
    [CRITPT_CONDITION_LOSS_DIFFERENCE] = "loss_difference",
    [CRITPT_CONDITION_PICTURE] = "picture",
    [CRITPT_CONDITION_NATURE] = "nature",
};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

const char *critpt_condition_kind_name(critpt_condition_kind kind)
{
    return (int)kind >= 0 && (int)kind < KINDS ? kind_names[kind] : NULL;
}

/* Adds the condition, which then owns its vectors. */
static critpt_status add(critpt_plan *plan, const cpt_condition *made, size_t *condition)
{
    critpt_status status = cpt_append(&plan->conditions, &plan->n_conditions, made, sizeof *made);
    if (status == CRITPT_OK && condition)
        *condition = plan->n_conditions - 1;
    return status;
}

static critpt_status require_value(const char *what, double value)
{
    return isfinite(value) ? CRITPT_OK : cpt_error(CRITPT_NON_FINITE, "%s is %g", what, value);
}

static critpt_status require_vector(const critpt_plan *plan, const char *what, const double *vector,
                                    size_t n_weights)
{
    critpt_status status;
    CPT_TRY(cpt_require_array(what, vector, n_weights, plan->landscape->model->n_weights));
    CPT_TRY(cpt_require_finite(what, vector, n_weights));
done:
    return status;
}

/* A direction: the same, and not zero. */
static critpt_status require_direction(const critpt_plan *plan, const char *what,
                                       const double *vector, size_t n_weights)
{
    critpt_status status = require_vector(plan, what, vector, n_weights);
    for (size_t j = 0; status == CRITPT_OK && j < n_weights; j++)
        if (vector[j] != 0)
            return CRITPT_OK;
    return status == CRITPT_OK ? cpt_error(CRITPT_INVALID_ARGUMENT, "%s is zero", what) : status;
}

/* A point of a model with second derivatives. */
static critpt_status require_curved_point(const critpt_plan *plan, size_t point)
{
    critpt_status status;
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(cpt_jet_require_second_order(plan->landscape->model));
done:
    return status;
}

critpt_status critpt_plan_require_gradient(critpt_plan *plan, size_t point, const double *gradient,
                                           size_t n_weights, size_t *condition)
{
    critpt_status status;
    cpt_condition made = {CRITPT_CONDITION_GRADIENT, .n_points = 1, .points = {point}};
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(require_vector(plan, "gradient", gradient, n_weights));
    if (plan->points[point].condition != CRITPT_CRITICAL_POINT)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the gradient at point %zu is prescribed already, by condition %zu", point,
                         plan->points[point].condition);
    CPT_TRY(cpt_allocate(&made.vectors, n_weights, sizeof *gradient));
    memcpy(made.vectors, gradient, n_weights * sizeof *gradient);
    CPT_TRY(add(plan, &made, condition));
    plan->points[point].condition = plan->n_conditions - 1;
    plan->points[point].critical = false;
done:
    if (status != CRITPT_OK)
        cpt_free(made.vectors);
    return status;
}

critpt_status critpt_plan_require_hessian_entry(critpt_plan *plan, size_t point, size_t row,
                                                size_t column, double value, size_t *condition)
{
    critpt_status status;
    const cpt_condition made = {CRITPT_CONDITION_HESSIAN_ENTRY,
                                .n_points = 1,
                                .points = {point},
                                .row = row,
                                .column = column,
                                .value = value};
    CPT_TRY(require_curved_point(plan, point));
    CPT_TRY(require_value("the Hessian's entry", value));
    size_t P = plan->landscape->model->n_weights;
    if (row >= P || column >= P)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "entry (%zu, %zu) lies outside the Hessian of order %zu", row, column, P);
    CPT_TRY(add(plan, &made, condition));
done:
    return status;
}

critpt_status critpt_plan_require_curvature(critpt_plan *plan, size_t point, const double *v,
                                            const double *u, size_t n_weights, double value,
                                            size_t *condition)
{
    critpt_status status;
    cpt_condition made = {CRITPT_CONDITION_CURVATURE, .n_points = 1, .points = {point},
                          .value = value};
    CPT_TRY(require_curved_point(plan, point));
    CPT_TRY(require_direction(plan, "v", v, n_weights));
    CPT_TRY(require_direction(plan, "u", u, n_weights));
    CPT_TRY(require_value("the curvature", value));
    CPT_TRY(cpt_allocate(&made.vectors, 2 * n_weights, sizeof *v));
    memcpy(made.vectors, v, n_weights * sizeof *v);
    memcpy(made.vectors + n_weights, u, n_weights * sizeof *u);
    CPT_TRY(add(plan, &made, condition));
done:
    if (status != CRITPT_OK)
        cpt_free(made.vectors);
    return status;
}

critpt_status critpt_plan_require_eigenpair(critpt_plan *plan, size_t point, double eigenvalue,
                                            const double *vector, size_t n_weights,
                                            size_t *condition)
{
    critpt_status status;
    cpt_condition made = {CRITPT_CONDITION_EIGENPAIR, .n_points = 1, .points = {point},
                          .value = eigenvalue};
    CPT_TRY(require_curved_point(plan, point));
    CPT_TRY(require_direction(plan, "the eigenvector", vector, n_weights));
    CPT_TRY(require_value("the eigenvalue", eigenvalue));
    CPT_TRY(cpt_allocate(&made.vectors, n_weights, sizeof *vector));
    memcpy(made.vectors, vector, n_weights * sizeof *vector);
    CPT_TRY(add(plan, &made, condition));
done:
    if (status != CRITPT_OK)
        cpt_free(made.vectors);
    return status;
}

critpt_status critpt_plan_require_gauss_newton(critpt_plan *plan, size_t point, size_t *condition)
{
    critpt_status status;
    const cpt_condition made = {CRITPT_CONDITION_GAUSS_NEWTON, .n_points = 1, .points = {point}};
    CPT_TRY(require_curved_point(plan, point));
    CPT_TRY(add(plan, &made, condition));
done:
    return status;
}

critpt_status critpt_plan_require_loss(critpt_plan *plan, size_t point, double loss,
                                       size_t *condition)
{
    critpt_status status;
    const cpt_condition made = {CRITPT_CONDITION_LOSS, .n_points = 1, .points = {point},
                                .value = loss};
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(require_value("the loss", loss));
    if (loss < 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the loss is %g; no loss is negative", loss);
    for (size_t c = 0; c < plan->n_conditions; c++)
        if (plan->conditions[c].kind == CRITPT_CONDITION_LOSS &&
            plan->conditions[c].points[0] == point)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "the loss at point %zu is prescribed already, by condition %zu", point,
                             c);
    CPT_TRY(add(plan, &made, condition));
done:
    return status;
}

critpt_status critpt_plan_require_loss_difference(critpt_plan *plan, size_t point, size_t below,
                                                  double difference, size_t *condition)
{
    critpt_status status;
    const cpt_condition made = {CRITPT_CONDITION_LOSS_DIFFERENCE, .n_points = 2,
                                .points = {point, below}, .value = difference};
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(cpt_plan_require_point(plan, below));
    CPT_TRY(require_value("the difference of losses", difference));
    if (point == below)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "point %zu cannot lie above itself", point);
    CPT_TRY(add(plan, &made, condition));
done:
    return status;
}

/* The picture's values differ from each other by finite numbers. */
static critpt_status require_contrast(const double *values, size_t n_rows, size_t n_columns,
                                      size_t leading)
{
    double low = values[0], high = values[0];
    for (size_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < n_columns; j++) {
            low = fmin(low, values[i * leading + j]);
            high = fmax(high, values[i * leading + j]);
        }
    if (isfinite(high - low))
        return CRITPT_OK;
    return cpt_error(CRITPT_NON_FINITE, "the picture's contrast, %g less %g, overflows", high, low);
}

critpt_status critpt_plan_require_picture(critpt_plan *plan, const size_t points[3],
                                          const double *values, size_t n_rows, size_t n_columns,
                                          size_t leading, size_t *condition)
{
    critpt_status status;
    size_t entries;
    cpt_condition made = {CRITPT_CONDITION_PICTURE, .n_points = 3, .n_rows = n_rows,
                          .n_columns = n_columns};
    CPT_TRY(cpt_require_array("the picture's points", points, 3, 3));
    for (size_t i = 0; i < 3; i++) {
        CPT_TRY(cpt_plan_require_point(plan, points[i]));
        made.points[i] = points[i];
    }
    if (n_rows < 2 || n_columns < 2)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "a picture of %zu x %zu values; it needs 2 x 2",
                         n_rows, n_columns);
    CPT_TRY(cpt_require_matrix("the picture", values, n_columns, leading));
    CPT_TRY(cpt_multiply(n_rows, n_columns, "the picture", &entries));
    CPT_TRY(cpt_require_finite_matrix("the picture", values, n_rows, n_columns, leading));
    CPT_TRY(require_contrast(values, n_rows, n_columns, leading));
    CPT_TRY(cpt_allocate(&made.vectors, entries, sizeof *values));
    for (size_t i = 0; i < n_rows; i++)
        memcpy(made.vectors + i * n_columns, values + i * leading, n_columns * sizeof *values);
    CPT_TRY(add(plan, &made, condition));
done:
    if (status != CRITPT_OK)
        cpt_free(made.vectors);
    return status;
}

critpt_status critpt_plan_require_index(critpt_plan *plan, size_t point, size_t index,
                                        double margin, size_t *condition)
{
    critpt_status status;
    const cpt_condition made = {CRITPT_CONDITION_NATURE, .n_points = 1,  .points = {point},
                                .value = (double)index,  .index = index, .margin = margin};
    CPT_TRY(require_curved_point(plan, point));
    size_t P = plan->landscape->model->n_weights;
    if (index > P)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "index is %zu; the Hessian has order %zu", index,
                         P);
    if (!(margin > 0 && margin < 1))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "margin is %g; it must be in (0, 1)", margin);
    if (!plan->points[point].critical)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "point %zu is not critical; only critical points have a nature", point);
    for (size_t c = 0; c < plan->n_conditions; c++)
        if (plan->conditions[c].kind == CRITPT_CONDITION_NATURE &&
            plan->conditions[c].points[0] == point)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "the nature of point %zu is prescribed already, by condition %zu",
                             point, c);
    CPT_TRY(add(plan, &made, condition));
done:
    return status;
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
    if (plan->conditions[condition].kind == CRITPT_CONDITION_LOSS)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "condition %zu asks for a loss, which is not linear in the targets; only "
                         "loss differences can be soft",
                         condition);
    if (plan->conditions[condition].kind == CRITPT_CONDITION_NATURE)
        return cpt_error(
            CRITPT_INVALID_ARGUMENT,
            "condition %zu asks for a nature, which is there or not; ask for a smaller "
            "margin instead",
            condition);
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

static void find_size(const critpt_plan *plan, const cpt_condition *condition, size_t *n_rows,
                      size_t *n_columns)
{
    size_t P = plan->landscape->model->n_weights;
    *n_rows = *n_columns = 0;
    switch (condition->kind) {
    case CRITPT_CONDITION_GRADIENT:
    case CRITPT_CONDITION_EIGENPAIR:
        *n_rows = 1;
        *n_columns = P;
        break;
    case CRITPT_CONDITION_CURVATURE:
        *n_rows = 2;
        *n_columns = P;
        break;
    case CRITPT_CONDITION_HESSIAN_ENTRY:
        *n_rows = 1;
        *n_columns = 2;
        break;
    case CRITPT_CONDITION_PICTURE:
        *n_rows = condition->n_rows;
        *n_columns = condition->n_columns;
        break;
    case CRITPT_CONDITION_GAUSS_NEWTON:
    case CRITPT_CONDITION_LOSS:
    case CRITPT_CONDITION_LOSS_DIFFERENCE:
    case CRITPT_CONDITION_NATURE:
        break;
    }
}

critpt_status critpt_plan_condition_size(const critpt_plan *plan, size_t condition, size_t *n_rows,
                                         size_t *n_columns)
{
    size_t rows, columns;
    critpt_status status = require_condition(plan, condition);
    if (status != CRITPT_OK)
        return status;
    find_size(plan, &plan->conditions[condition], &rows, &columns);
    if (n_rows)
        *n_rows = rows;
    if (n_columns)
        *n_columns = columns;
    return CRITPT_OK;
}

critpt_status critpt_plan_condition_array(const critpt_plan *plan, size_t condition, double *values,
                                          size_t leading)
{
    size_t rows, columns;
    critpt_status status;
    CPT_TRY(require_condition(plan, condition));
    const cpt_condition *found = &plan->conditions[condition];
    find_size(plan, found, &rows, &columns);
    if (!rows)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition %zu (%s) has no array", condition,
                         critpt_condition_kind_name(found->kind));
    CPT_TRY(cpt_require_matrix("the condition's array", values, columns, leading));
    if (found->kind == CRITPT_CONDITION_HESSIAN_ENTRY) {
        values[0] = (double)found->row;
        values[1] = (double)found->column;
        return CRITPT_OK;
    }
    for (size_t i = 0; i < rows; i++)
        memcpy(values + i * leading, found->vectors + i * columns, columns * sizeof *values);
done:
    return status;
}

critpt_status critpt_plan_condition_nature(const critpt_plan *plan, size_t condition, size_t *index,
                                           double *margin)
{
    critpt_status status = require_condition(plan, condition);
    if (status != CRITPT_OK)
        return status;
    const cpt_condition *found = &plan->conditions[condition];
    if (found->kind != CRITPT_CONDITION_NATURE)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition %zu is a %s, not a nature", condition,
                         kind_names[found->kind]);
    if (index)
        *index = found->index;
    if (margin)
        *margin = found->margin;
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
