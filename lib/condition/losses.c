/* The rows of losses, and their fields over all samples: some at a time, kept for the next use. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "condition/losses.h"

critpt_status cpt_condition_loss_columns(const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    cpt_evaluation *evaluation = &chunk->evaluation;
    critpt_workspace *workspace = &evaluation->workspace;
    double *reference = chunk->scratch, *to = chunk->entries + block->first * chunk->rows;
    CPT_TRY(block->kind->evaluate_node(block, evaluation, 0, chunk->first));
    const double *f = workspace->jet.batch.outputs;
    memcpy(reference, f, chunk->rows * sizeof *reference);
    for (size_t e = 0; e < block->n; e++) {
        CPT_TRY(block->kind->evaluate_node(block, evaluation, e + 1, chunk->first));
        for (size_t i = 0; i < chunk->rows; i++)
            workspace->residual[i] = f[i] - reference[i];
        cpt_condition_store(chunk, workspace->residual, to + e * chunk->rows);
    }
done:
    return status;
}

/* ---- Over all samples ---- */

/* field (N x D) = a node's outputs. */
static critpt_status find_outputs(const cpt_block *block, cpt_evaluation *evaluation, size_t node,
                                  double *field)
{
    critpt_status status = CRITPT_OK;
    const cpt_jet *jet = &evaluation->workspace.jet;
    size_t D = evaluation->points->D;
    for (size_t first = 0; first < evaluation->points->N; first += jet->batch.n) {
        CPT_TRY(block->kind->evaluate_node(block, evaluation, node, first));
        cpt_linalg_transpose(D, jet->batch.n, jet->batch.outputs, jet->batch.n, field + first * D,
                             D);
    }
done:
    return status;
}

/* Makes fields->c those of equations first .. first + count - 1 of the block, with f_0 and
 * c'Mn c / 2 of this process's samples. */
static critpt_status form_fields(const cpt_block *block, cpt_condition_work *work, size_t first)
{
    critpt_status status = CRITPT_OK;
    cpt_condition_fields *fields = &work->fields;
    const cpt_points *points = work->evaluation.points;
    size_t n = points->N * points->D, rest = block->n - first;
    if (fields->condition == block->request.condition && fields->first == first &&
        fields->generation == points->generation)
        return CRITPT_OK;
    fields->condition = CRITPT_CRITICAL_POINT;
    fields->count = rest < fields->capacity ? rest : fields->capacity;
    CPT_TRY(find_outputs(block, &work->evaluation, 0, fields->reference));
    for (size_t e = 0; e < fields->count; e++) {
        double *c = fields->c + e * n;
        CPT_TRY(find_outputs(block, &work->evaluation, first + e + 1, c));
        cpt_linalg_axpy(n, -1, fields->reference, c);
        cpt_metric_apply(points->metric, c, work->weighted);
        fields->half_squares[e] = cpt_linalg_dot(n, c, work->weighted) / 2;
    }
    fields->condition = block->request.condition;
    fields->generation = points->generation;
    fields->first = first;
done:
    return status;
}

/* What the penalty makes of the difference to node 0, less what is asked. */
static double constant_part(const cpt_block *block, cpt_evaluation *evaluation, size_t e)
{
    const cpt_points *points = evaluation->points;
    return cpt_penalty_difference(&points->landscape->penalty,
                                  block->kind->node_weights(block, evaluation, e + 1),
                                  cpt_points_weights(points, block->points[0])) -
           block->kind->node_value(block, e);
}

/* (f - f_0)' Mn ((f + f_0) / 2 - y) = c' Mn (f_0 - y) + c' Mn c / 2: the difference of the losses
 * without the cancellation that subtracting them would have; and that of the penalties. */
critpt_status cpt_condition_loss_residuals(const cpt_block *block, cpt_condition_work *work,
                                           const double *targets, double *residuals)
{
    critpt_status status = CRITPT_OK;
    const cpt_condition_fields *fields = &work->fields;
    const cpt_points *points = work->evaluation.points;
    size_t n = points->N * points->D;
    for (size_t first = 0; first < block->n; first += fields->count) {
        CPT_TRY(form_fields(block, work, first));
        memcpy(work->field, fields->reference, n * sizeof(double));
        cpt_linalg_axpy(n, -1, targets, work->field);
        cpt_metric_apply(points->metric, work->field, work->weighted);
        cpt_linalg_gemv(CPT_PLAIN, fields->count, n, 1, fields->c, n, work->weighted, 0,
                        residuals + first);
        for (size_t e = 0; e < fields->count; e++)
            residuals[first + e] += fields->half_squares[e];
    }
    CPT_TRY(cpt_reduction_sum(points->metric->reduction, block->n, residuals));
    for (size_t e = 0; e < block->n; e++)
        residuals[e] += constant_part(block, &work->evaluation, e);
done:
    return status;
}

critpt_status cpt_condition_loss_products(const cpt_block *block, cpt_condition_work *work,
                                          const double *w, double *products)
{
    critpt_status status = CRITPT_OK;
    const cpt_condition_fields *fields = &work->fields;
    size_t n = work->evaluation.points->N * work->evaluation.points->D;
    for (size_t first = 0; first < block->n; first += fields->count) {
        CPT_TRY(form_fields(block, work, first));
        cpt_linalg_gemv(CPT_PLAIN, fields->count, n, 1, fields->c, n, w, 0, products + first);
    }
done:
    return status;
}

critpt_status cpt_condition_loss_combine(const cpt_block *block, cpt_condition_work *work,
                                         const double *x, double *field)
{
    critpt_status status = CRITPT_OK;
    const cpt_condition_fields *fields = &work->fields;
    size_t n = work->evaluation.points->N * work->evaluation.points->D;
    for (size_t first = 0; first < block->n; first += fields->count) {
        CPT_TRY(form_fields(block, work, first));
        cpt_linalg_gemv(CPT_TRANSPOSED, fields->count, n, 1, fields->c, n, x + first, 1, field);
    }
done:
    return status;
}

/* eps max(L, L_0, y' Mn y), L_0 being the loss at node 0. */
critpt_status cpt_condition_loss_units(cpt_block *block, cpt_condition_work *work,
                                       const double *targets, const double *residuals,
                                       const bool *null, double *units)
{
    critpt_status status;
    const cpt_points *points = work->evaluation.points;
    double size = cpt_metric_norm(points->metric, targets, NULL), loss = 0;
    const double *weights = cpt_points_weights(points, block->points[0]);
    (void)null;
    CPT_TRY(
        cpt_landscape_gradient_pass(&work->evaluation.workspace, targets, weights, NULL, &loss));
    for (size_t e = 0; e < block->n; e++) {
        double above = loss + residuals[e] + block->kind->node_value(block, e);
        units[e] = DBL_EPSILON * fmax(fmax(loss, above), size * size);
    }
done:
    return status;
}

/* Outputs that are subtracted from each other. */
critpt_status cpt_condition_loss_row_rounding(const cpt_block *block, cpt_condition_work *work,
                                              const cpt_triangle *triangle, double *rounding)
{
    static const double ulps = 32; /* of the outputs of a network of moderate size */
    critpt_status status;
    const cpt_points *points = work->evaluation.points;
    (void)triangle;
    memset(work->field, 0, points->N * points->D * sizeof *work->field);
    CPT_TRY(cpt_points_add_outputs(&work->evaluation, block->request.point, 1, work->field));
    *rounding = ulps * DBL_EPSILON * cpt_metric_norm(points->metric, work->field, NULL);
done:
    return status;
}

/* ---- Gaps ---- */

static bool is_tied(const critpt_plan *plan, const cpt_gap *gap)
{
    cpt_linear_block output;
    return cpt_plan_prescribes_gradient(plan, gap->above) &&
           cpt_plan_prescribes_gradient(plan, gap->below) &&
           cpt_structure_linear_block(plan->landscape->model, &output);
}

critpt_status cpt_condition_gap_describe(const critpt_plan *plan, cpt_block *block)
{
    const cpt_gap gap = block->kind->gap(plan, block->condition);
    block->points[0] = gap.below;
    block->points[1] = gap.above;
    block->value = gap.difference;
    if (gap.above == gap.below || is_tied(plan, &gap))
        block->n = 0;
    return CRITPT_OK;
}

const double *cpt_condition_gap_weights(const cpt_block *block, cpt_evaluation *evaluation,
                                        size_t node)
{
    return cpt_points_weights(evaluation->points, block->points[node]);
}

critpt_status cpt_condition_gap_evaluate(const cpt_block *block, cpt_evaluation *evaluation,
                                         size_t node, size_t first)
{
    return cpt_points_evaluate(evaluation, block->points[node], first, CPT_VALUES);
}

double cpt_condition_gap_value(const cpt_block *block, size_t e)
{
    (void)e;
    return block->value;
}
