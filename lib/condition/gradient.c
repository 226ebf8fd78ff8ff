/* A gradient at a point, zero or not: c_j is column j of J_k, one for each weight. A critical
 * point's block has no condition. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "condition/checks.h"
#include "condition/condition.h"

critpt_status critpt_plan_require_gradient(critpt_plan *plan, size_t point, const double *gradient,
                                           size_t n_weights, size_t *condition)
{
    critpt_status status;
    cpt_condition made = {CRITPT_CONDITION_GRADIENT, .n_points = 1, .points = {point}};
    CPT_TRY(cpt_plan_require_point(plan, point));
    CPT_TRY(cpt_condition_require_vector(plan, "gradient", gradient, n_weights));
    if (plan->points[point].condition != CRITPT_CRITICAL_POINT)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the gradient at point %zu is prescribed already, by condition %zu", point,
                         plan->points[point].condition);
    CPT_TRY(cpt_condition_set_array(&made, gradient, 1, n_weights, n_weights));
    CPT_TRY(cpt_condition_add(plan, &made, condition));
    plan->points[point].condition = plan->n_conditions - 1;
    plan->points[point].critical = false;
done:
    return status;
}

static const double *asked(const cpt_block *block)
{
    return block->condition ? block->condition->array : NULL;
}

static critpt_status describe(const critpt_plan *plan, cpt_block *block)
{
    block->n = plan->landscape->model->n_weights;
    return CRITPT_OK;
}

static critpt_status columns(const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    cpt_jet *jet = &chunk->evaluation.workspace.jet;
    CPT_TRY(
        cpt_points_evaluate(&chunk->evaluation, block->points[0], chunk->first, CPT_DERIVATIVES));
    const cpt_jacobian_layout layout = {.sample = 1, .output = jet->batch.n, .weight = chunk->rows};
    CPT_TRY(cpt_metric_batch_jacobian(cpt_landscape_metric(&chunk->evaluation.workspace),
                                      chunk->entries + block->first * chunk->rows, &layout));
done:
    return status;
}

static critpt_status residuals(const cpt_block *block, cpt_condition_work *work,
                               const double *targets, double *residuals)
{
    critpt_status status;
    const cpt_points *points = work->evaluation.points;
    CPT_TRY(cpt_landscape_gradient_pass(&work->evaluation.workspace, targets,
                                        cpt_points_weights(points, block->points[0]), residuals,
                                        NULL));
    if (asked(block))
        cpt_linalg_axpy(points->P, -1, asked(block), residuals);
done:
    return status;
}

static critpt_status products(const cpt_block *block, cpt_condition_work *work, const double *w,
                              double *products)
{
    critpt_status status = CRITPT_OK;
    const cpt_points *points = work->evaluation.points;
    critpt_workspace *workspace = &work->evaluation.workspace;
    cpt_jet *jet = &workspace->jet;
    memset(products, 0, block->n * sizeof *products);
    for (size_t first = 0; first < points->N; first += jet->batch.n) {
        CPT_TRY(cpt_points_evaluate(&work->evaluation, block->points[0], first, CPT_DERIVATIVES));
        cpt_linalg_transpose(jet->batch.n, points->D, w + first * points->D, points->D,
                             workspace->cotangent, jet->batch.n);
        CPT_TRY(cpt_jet_pullback(jet, workspace->cotangent, products));
    }
done:
    return status;
}

static critpt_status combine(const cpt_block *block, cpt_condition_work *work, const double *x,
                             double *field)
{
    critpt_status status = CRITPT_OK;
    cpt_evaluation *evaluation = &work->evaluation;
    critpt_workspace *workspace = &evaluation->workspace;
    for (size_t first = 0; first < evaluation->points->N; first += workspace->jet.batch.n) {
        CPT_TRY(cpt_points_evaluate(evaluation, block->points[0], first, CPT_DERIVATIVES));
        CPT_TRY(cpt_jet_pushforward(&workspace->jet, x, workspace->residual));
        cpt_points_add_batch(evaluation, 1, workspace->residual, field);
    }
done:
    return status;
}

critpt_status cpt_condition_gradient_unit(cpt_evaluation *evaluation, size_t point,
                                          const double *targets, double norm,
                                          cpt_gradient_scale *scale, double *unit)
{
    critpt_status status;
    CPT_TRY(cpt_landscape_gradient_scale(&evaluation->workspace, targets,
                                         cpt_points_weights(evaluation->points, point), scale));
    *unit = cpt_landscape_rounding_unit(scale);
    if (!isfinite(norm) || !isfinite(*unit))
        CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                          "the gradient of point %zu or its rounding unit overflows; scale inputs, "
                          "targets and weights down",
                          point));
done:
    return status;
}

static critpt_status units(cpt_block *block, cpt_condition_work *work, const double *targets,
                           const double *residuals, const bool *null, double *units)
{
    critpt_status status;
    cpt_gradient_scale scale;
    double norm = cpt_linalg_norm(block->n, residuals);
    CPT_TRY(cpt_condition_gradient_unit(&work->evaluation, block->points[0], targets, norm, &scale,
                                        &block->unit));
    for (size_t j = 0; j < block->n; j++) /* null ones are null beside the whole gradient */
        units[j] = null[j] ? block->unit
                           : cpt_landscape_entry_unit(&work->evaluation.workspace, &scale, j);
done:
    return status;
}

/* Below the rounding of its point's Jacobian: a part of the gradient is then below the unit in
 * which gradients are judged, whatever the targets are. */
static critpt_status row_rounding(const cpt_block *block, cpt_condition_work *work,
                                  const cpt_triangle *triangle, double *rounding)
{
    double size = 0;
    for (size_t j = block->first; j < block->first + block->n; j++)
        size = hypot(size, cpt_triangle_column_norm(triangle, j));
    *rounding = DBL_EPSILON * size / sqrt((double)work->evaluation.points->P);
    return CRITPT_OK;
}

/* |gradient| asked for and there. */
static void achieved(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values)
{
    double there = 0;
    (void)report;
    for (size_t j = 0; j < n; j++)
        there = hypot(there, condition->array[j] + residuals[j]);
    values[CRITPT_CONDITION_REQUESTED] = cpt_linalg_norm(n, condition->array);
    values[CRITPT_CONDITION_ACHIEVED] = there;
}

const cpt_condition_kind cpt_condition_gradient = {
    .name = "gradient",
    .accepted = 100,
    .gradient = true,
    .describe = describe,
    .columns = columns,
    .residuals = residuals,
    .products = products,
    .combine = combine,
    .units = units,
    .row_rounding = row_rounding,
    .achieved = achieved,
};
