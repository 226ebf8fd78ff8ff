/* An eigenpair H v = lambda v at a point: P equations, whose c_a are the rows of J's derivative
 * along v. */
#include <float.h>
#include <math.h>

#include "condition/checks.h"
#include "condition/second_order.h"
#include "landscape/accepted.h"

critpt_status critpt_plan_require_eigenpair(critpt_plan *plan, size_t point, double eigenvalue,
                                            const double *vector, size_t n_weights,
                                            size_t *condition)
{
    critpt_status status;
    cpt_condition made = {
        .kind = CRITPT_CONDITION_EIGENPAIR, .n_points = 1, .points = {point}, .value = eigenvalue};
    CPT_TRY(cpt_condition_require_curved_point(plan, point));
    CPT_TRY(cpt_condition_require_direction(plan, "the eigenvector", vector, n_weights));
    CPT_TRY(cpt_condition_require_value("the eigenvalue", eigenvalue));
    CPT_TRY(cpt_condition_set_array(&made, vector, 1, n_weights, n_weights));
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

static size_t n_curvatures(const critpt_model *model)
{
    return model->n_weights;
}

static critpt_status describe(const critpt_plan *plan, cpt_block *block)
{
    block->n = plan->landscape->model->n_weights;
    return CRITPT_OK;
}

static critpt_status columns(const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    cpt_evaluation *evaluation = &chunk->evaluation;
    critpt_workspace *workspace = &evaluation->workspace;
    CPT_TRY(
        cpt_points_evaluate(evaluation, block->points[0], chunk->first, CPT_SECOND_DERIVATIVES));
    const cpt_jacobian_layout layout = {
        .sample = 1, .output = workspace->jet.batch.n, .weight = chunk->rows};
    CPT_TRY(cpt_metric_batch_jacobian_tangent(
        cpt_landscape_metric(workspace), block->condition->array, workspace->scratch,
        chunk->entries + block->first * chunk->rows, &layout));
done:
    return status;
}

static critpt_status residuals(const cpt_block *block, cpt_condition_work *work,
                               const double *targets, double *residuals)
{
    critpt_status status;
    const double *v = block->condition->array;
    CPT_TRY(cpt_condition_multiply_hessian(block, work, targets, v, residuals));
    cpt_linalg_axpy(block->n, -block->value, v, residuals);
done:
    return status;
}

static critpt_status products(const cpt_block *block, cpt_condition_work *work, const double *w,
                              double *products)
{
    return cpt_condition_multiply_curvature(block, work, w, block->condition->array, products);
}

static critpt_status combine(const cpt_block *block, cpt_condition_work *work, const double *x,
                             double *field)
{
    return cpt_condition_add_second_directional(block, work, 1, x, block->condition->array, field);
}

static critpt_status units(cpt_block *block, cpt_condition_work *work, const double *targets,
                           const double *residuals, const bool *null, double *units)
{
    critpt_status status;
    double *absolute = work->evaluation.vectors;
    (void)residuals;
    (void)null;
    cpt_condition_make_absolute(absolute, block->condition->array, block->n);
    CPT_TRY(cpt_condition_product_unit(block, work, targets, absolute, units));
    for (size_t j = 0; j < block->n; j++)
        units[j] = DBL_EPSILON * (units[j] + fabs(block->value) * absolute[j]);
done:
    return status;
}

/* Rayleigh's quotient. */
static void achieved(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values)
{
    const double *v = condition->array;
    (void)report;
    values[CRITPT_CONDITION_ACHIEVED] =
        condition->value + cpt_linalg_dot(n, v, residuals) / cpt_linalg_dot(n, v, v);
}

const cpt_condition_kind cpt_condition_eigenpair = {
    .name = "eigenpair",
    .accepted = CPT_ACCEPTED_DERIVATIVE,
    .describe = describe,
    .columns = columns,
    .residuals = residuals,
    .products = products,
    .combine = combine,
    .units = units,
    .achieved = achieved,
    .n_curvatures = n_curvatures,
};
