/* A picture: the loss on a grid of the plane through three points, up to a constant. */
#include <math.h>

#include "condition/checks.h"
#include "condition/losses.h"
#include "landscape/accepted.h"

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
    cpt_condition made = {.kind = CRITPT_CONDITION_PICTURE, .n_points = 3};
    CPT_TRY(cpt_require_array("the picture's points", points, 3, 3));
    for (size_t i = 0; i < 3; i++) {
        CPT_TRY(cpt_plan_require_point(plan, points[i]));
        made.points[i] = points[i];
    }
    if (n_rows < 2 || n_columns < 2)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "a picture of %zu x %zu values; it needs 2 x 2",
                         n_rows, n_columns);
    CPT_TRY(cpt_require_matrix("the picture", values, n_rows, n_columns, leading));
    CPT_TRY(cpt_multiply(n_rows, n_columns, "the picture", &entries));
    CPT_TRY(cpt_require_finite_matrix("the picture", values, n_rows, n_columns, leading));
    CPT_TRY(require_contrast(values, n_rows, n_columns, leading));
    CPT_TRY(cpt_condition_set_array(&made, values, n_rows, n_columns, leading));
    CPT_TRY(cpt_condition_add(plan, &made, condition));
done:
    return status;
}

static critpt_status describe(const critpt_plan *plan, cpt_block *block)
{
    (void)plan;
    block->n = block->condition->n_rows * block->condition->n_columns - 1;
    return CRITPT_OK;
}

/* Node 0 is the corner A; A + s (B - A) + t (C - A) is in the evaluation's vectors. */
static const double *node_weights(const cpt_block *block, cpt_evaluation *evaluation, size_t node)
{
    const cpt_condition *picture = block->condition;
    const cpt_points *points = evaluation->points;
    size_t row = node / picture->n_columns, column = node % picture->n_columns;
    double s = (double)column / (double)(picture->n_columns - 1);
    double t = (double)row / (double)(picture->n_rows - 1);
    const double *a = cpt_points_weights(points, block->points[0]);
    const double *b = cpt_points_weights(points, block->points[1]);
    const double *c = cpt_points_weights(points, block->points[2]);
    double *weights = evaluation->vectors;
    for (size_t j = 0; j < points->P; j++)
        weights[j] = a[j] + s * (b[j] - a[j]) + t * (c[j] - a[j]);
    return weights;
}

static critpt_status evaluate_node(const cpt_block *block, cpt_evaluation *evaluation, size_t node,
                                   size_t first)
{
    critpt_workspace *workspace = &evaluation->workspace;
    return cpt_jet_evaluate(&workspace->jet, &workspace->samples,
                            node_weights(block, evaluation, node), first, CPT_VALUES);
}

static double node_value(const cpt_block *block, size_t e)
{
    const double *values = block->condition->array;
    return values[e + 1] - values[0];
}

/* Contrast of the picture asked for and of the one that is there. */
static void achieved(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values)
{
    const double *picture = condition->array;
    double low = 0, high = 0, lowest = 0, highest = 0;
    (void)report;
    for (size_t e = 0; e < n; e++) {
        double asked = picture[e + 1] - picture[0], there = asked + residuals[e];
        low = fmin(low, asked);
        high = fmax(high, asked);
        lowest = fmin(lowest, there);
        highest = fmax(highest, there);
    }
    values[CRITPT_CONDITION_REQUESTED] = high - low;
    values[CRITPT_CONDITION_ACHIEVED] = highest - lowest;
}

static critpt_status warn(cpt_report *report, size_t condition, const double *values)
{
    static const double visible = 1e-3; /* of the contrast */
    double requested = values[CRITPT_CONDITION_REQUESTED];
    if (!(values[CRITPT_CONDITION_RESIDUAL] > visible * requested))
        return CRITPT_OK;
    return cpt_plan_warn(
        report,
        "condition %zu: the picture is met to the rounding of the loss, which is %.2g of its "
        "contrast; take a wider plane, fewer values, more samples or the soft mode",
        condition, values[CRITPT_CONDITION_RESIDUAL] / requested);
}

const cpt_condition_kind cpt_condition_picture = {
    .name = "picture",
    .accepted = CPT_ACCEPTED_LOSS,
    .describe = describe,
    .columns = cpt_condition_loss_columns,
    .residuals = cpt_condition_loss_residuals,
    .products = cpt_condition_loss_products,
    .combine = cpt_condition_loss_combine,
    .units = cpt_condition_loss_units,
    .row_rounding = cpt_condition_loss_row_rounding,
    .node_weights = node_weights,
    .evaluate_node = evaluate_node,
    .node_value = node_value,
    .achieved = achieved,
    .warn = warn,
};
