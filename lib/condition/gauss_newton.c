/* H = G at a point, that is S(Mn r) = 0: its lower triangle row by row, whose c_ab are all second
 * derivatives with b <= a. */
#include <float.h>
#include <string.h>

#include "condition/checks.h"
#include "condition/condition.h"
#include "landscape/accepted.h"

critpt_status critpt_plan_require_gauss_newton(critpt_plan *plan, size_t point, size_t *condition)
{
    critpt_status status;
    cpt_condition made = {.kind = CRITPT_CONDITION_GAUSS_NEWTON, .n_points = 1, .points = {point}};
    CPT_TRY(cpt_condition_require_curved_point(plan, point));
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

static critpt_status describe(const critpt_plan *plan, cpt_block *block)
{
    size_t P = plan->landscape->model->n_weights;
    block->n = P % 2 ? (P + 1) / 2 : P / 2;
    return cpt_multiply(block->n, P % 2 ? P : P + 1, "equations", &block->n);
}

/* Counts what can be moved, where that is known. */
static size_t expected_rank(const critpt_model *model, size_t n)
{
    size_t movable = cpt_structure_movable_curvatures(model);
    return movable < n ? movable : 0;
}

static critpt_status columns(const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    cpt_evaluation *evaluation = &chunk->evaluation;
    critpt_workspace *workspace = &evaluation->workspace;
    size_t rows = chunk->rows, P = evaluation->points->P;
    double *to = chunk->entries + block->first * rows, *direction = evaluation->vectors;
    CPT_TRY(
        cpt_points_evaluate(evaluation, block->points[0], chunk->first, CPT_SECOND_DERIVATIVES));
    const cpt_jacobian_layout layout = {
        .sample = 1, .output = workspace->jet.batch.n, .weight = rows};
    for (size_t a = 0; a < P; a++) {
        memset(direction, 0, P * sizeof *direction);
        direction[a] = 1;
        CPT_TRY(cpt_metric_batch_jacobian_tangent(cpt_landscape_metric(workspace), direction,
                                                  workspace->scratch, chunk->scratch, &layout));
        memcpy(to, chunk->scratch, (a + 1) * rows * sizeof *to);
        to += (a + 1) * rows;
    }
done:
    return status;
}

static void pack_lower(const cpt_condition_work *work, double factor, double *packed)
{
    size_t P = work->evaluation.points->P;
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b <= a; b++)
            *packed++ = factor * work->matrix[a * P + b];
}

/* packed = S(w), or S(Mn r) at the workspace's targets for w NULL. */
static critpt_status assemble(const cpt_block *block, cpt_condition_work *work, const double *w,
                              double *packed)
{
    critpt_status status;
    const cpt_points *points = work->evaluation.points;
    CPT_TRY(cpt_landscape_curvature_matrix(&work->evaluation.workspace,
                                           cpt_points_weights(points, block->points[0]),
                                           CPT_RESIDUAL_CURVATURE, w, work->matrix, points->P));
    pack_lower(work, 1, packed);
done:
    return status;
}

static critpt_status residuals(const cpt_block *block, cpt_condition_work *work,
                               const double *targets, double *residuals)
{
    work->evaluation.workspace.targets = targets;
    return assemble(block, work, NULL, residuals);
}

static critpt_status products(const cpt_block *block, cpt_condition_work *work, const double *w,
                              double *products)
{
    return assemble(block, work, w, products);
}

/* sum_ab x_ab Hess_ab = <Hess, Q> with Q_ab = Q_ba = x_ab / 2 off the diagonal. */
static critpt_status combine(const cpt_block *block, cpt_condition_work *work, const double *x,
                             double *field)
{
    critpt_status status;
    const cpt_points *points = work->evaluation.points;
    size_t P = points->P;
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b <= a; b++, x++)
            work->matrix[a * P + b] = work->matrix[b * P + a] = a == b ? *x : *x / 2;
    CPT_TRY(cpt_landscape_curvature_adjoint(&work->evaluation.workspace,
                                            cpt_points_weights(points, block->points[0]),
                                            work->matrix, P, work->weighted, points->D));
    cpt_linalg_axpy(points->N * points->D, 1, work->weighted, field);
done:
    return status;
}

static critpt_status units(cpt_block *block, cpt_condition_work *work, const double *targets,
                           const double *residuals, const bool *null, double *units)
{
    critpt_status status;
    const double *weights = cpt_points_weights(work->evaluation.points, block->points[0]);
    (void)residuals;
    (void)null;
    work->evaluation.workspace.targets = targets;
    CPT_TRY(
        cpt_landscape_residual_curvature_unit(&work->evaluation.workspace, weights, work->matrix));
    pack_lower(work, DBL_EPSILON, units);
done:
    return status;
}

/* The largest entry of S. */
static void achieved(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values)
{
    (void)condition;
    (void)report;
    (void)n;
    (void)residuals;
    values[CRITPT_CONDITION_ACHIEVED] = values[CRITPT_CONDITION_RESIDUAL];
}

const cpt_condition_kind cpt_condition_gauss_newton = {
    .name = "gauss_newton",
    .accepted = CPT_ACCEPTED_DERIVATIVE,
    .needs_matrix = true,
    .describe = describe,
    .columns = columns,
    .residuals = residuals,
    .products = products,
    .combine = combine,
    .units = units,
    .expected_rank = expected_rank,
    .achieved = achieved,
};
