/* Names equations that are 0 = 0: dead inputs, saturated units, units without influence.
 *
 * That a column of J vanishes is a matter of this point alone. What is named is confirmed: all its
 * weights are moved together, by two sizes, and the outputs are the same. */
#include <math.h>
#include <string.h>

#include "explain/explain.h"

/* Counts a weight to the direction it belongs to, number *index of the report's. */
static critpt_status count_weight(cpt_report *report, const cpt_null_direction *direction,
                                  size_t *index)
{
    for (size_t i = report->n_null_directions; i-- > 0;) {
        cpt_null_direction *known = &report->null_directions[i];
        if (known->point == direction->point && known->layer == direction->layer &&
            known->unit == direction->unit && known->reason == direction->reason) {
            known->n_weights++;
            *index = i;
            return CRITPT_OK;
        }
    }
    *index = report->n_null_directions;
    return cpt_append(&report->null_directions, &report->n_null_directions, direction,
                      sizeof *direction);
}

static critpt_status warn_direction(cpt_report *report, const cpt_null_direction *direction)
{
    static const struct {
        const char *what, *state;
    } words[] = {
        [CRITPT_NULL_DEAD_INPUT] = {"input", "is 0 in every sample"},
        [CRITPT_NULL_SATURATED_UNIT] = {"unit", "has slope 0 in every sample"},
        [CRITPT_NULL_NO_INFLUENCE] = {"unit", "has no influence on the outputs"},
    };
    return cpt_plan_warn(report,
                         "point %zu: %s %zu of layer %zu %s; %zu of its weights have no "
                         "effect",
                         direction->point, words[direction->reason].what, direction->unit,
                         direction->layer, words[direction->reason].state, direction->n_weights);
}

/* ---- Confirming them ---- */

/* The null weights of a point. */
typedef struct null_weights {
    size_t P, first, n; /* directions of the report: from first on, n of them */
    size_t *direction;  /* P: each weight's, from first on counted; P if it has none */
    bool *moved;        /* n: those that move */
    double *steps;      /* P: by which weights move */
    double *weights;    /* P: moved */
    cpt_outputs outputs;
} null_weights;

static void destroy_null_weights(null_weights *null)
{
    cpt_free(null->direction);
    cpt_free(null->moved);
    cpt_free(null->steps);
    cpt_free(null->weights);
    cpt_outputs_destroy(&null->outputs);
}

/* Whether the outputs stay when the directions marked move. */
static critpt_status stays(critpt_workspace *workspace, const double *weights, null_weights *null,
                           bool *same)
{
    critpt_status status = CRITPT_OK;
    static const double sizes[] = {0x1p-8, 0x1p-5};
    *same = true;
    for (size_t i = 0; i < 2 && *same; i++) {
        for (size_t j = 0; j < null->P; j++) {
            bool moves = null->direction[j] < null->n && null->moved[null->direction[j]];
            null->weights[j] = weights[j] + (moves ? sizes[i] * null->steps[j] : 0);
        }
        CPT_TRY(cpt_outputs_compare(&null->outputs, workspace, null->weights, same));
    }
done:
    return status;
}

/* Marks those that are confirmed: all together, or as many, in their order, as can move together.
 */
static critpt_status confirm(critpt_workspace *workspace, const double *weights, uint64_t seed,
                             null_weights *null)
{
    critpt_status status;
    enum { STREAM_NULL = 3 };
    bool same;
    double size = cpt_linalg_norm(null->P, weights) / sqrt((double)null->P);
    CPT_TRY(cpt_allocate(&null->moved, null->n, sizeof *null->moved));
    CPT_TRY(cpt_allocate(&null->steps, null->P, sizeof *null->steps));
    CPT_TRY(cpt_allocate(&null->weights, null->P, sizeof *null->weights));
    CPT_TRY(cpt_outputs_create(&null->outputs, workspace, weights));
    CPT_TRY(critpt_random_normal(seed, STREAM_NULL, 0, null->steps, null->P));
    for (size_t j = 0; j < null->P; j++)
        null->steps[j] *= size > 0 ? size + fabs(weights[j]) : 1;
    memset(null->moved, true, null->n * sizeof *null->moved);
    CPT_TRY(stays(workspace, weights, null, &same));
    if (!same)
        memset(null->moved, false, null->n * sizeof *null->moved);
    for (size_t i = 0; !same && i < null->n; i++) {
        bool confirmed;
        null->moved[i] = true;
        CPT_TRY(stays(workspace, weights, null, &confirmed));
        null->moved[i] = confirmed;
    }
done:
    return status;
}

/* Keeps the directions that are confirmed. */
static void keep_confirmed(cpt_report *report, const null_weights *null)
{
    size_t kept = null->first;
    for (size_t i = 0; i < null->n; i++)
        if (null->moved[i])
            report->null_directions[kept++] = report->null_directions[null->first + i];
    report->n_null_directions = kept;
}

/* The null equations of a point's gradient, as directions of the report. */
static critpt_status name_block(cpt_equations *equations, const cpt_block *block,
                                cpt_report *report)
{
    critpt_status status;
    size_t point = block->points[0];
    critpt_workspace *workspace = &equations->work->evaluation.workspace;
    const double *weights = cpt_points_weights(cpt_equations_points(equations), point);
    cpt_jet_passes passes;
    cpt_null_place *places = NULL;
    null_weights null = {.P = block->n, .first = report->n_null_directions};
    CPT_TRY(cpt_allocate(&null.direction, null.P, sizeof *null.direction));
    CPT_TRY(cpt_allocate(&places, null.P, sizeof *places));
    cpt_jet_begin_passes(&passes, &workspace->jet, &workspace->samples, weights);
    CPT_TRY(cpt_structure_place_null_weights(workspace->jet.model, &passes.passes,
                                             equations->null + block->first, places));
    for (size_t j = 0; j < null.P; j++) {
        cpt_null_direction direction = {point, places[j].layer, places[j].unit, 1,
                                        places[j].reason};
        null.direction[j] = null.P;
        if (!equations->null[block->first + j])
            continue;
        CPT_TRY(count_weight(report, &direction, &null.direction[j]));
        null.direction[j] -= null.first;
    }
    null.n = report->n_null_directions - null.first;
    if (null.n) {
        CPT_TRY(confirm(workspace, weights, equations->options->seed, &null));
        keep_confirmed(report, &null);
    }
done:
    cpt_free(places);
    destroy_null_weights(&null);
    return status;
}

static bool any_null(const cpt_equations *equations, const cpt_block *block)
{
    for (size_t e = block->first; e < block->first + block->n; e++)
        if (equations->null[e])
            return true;
    return false;
}

critpt_status cpt_explain_null_directions(cpt_equations *equations, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    /* to name them, all samples are looked at */
    if (cpt_reduction_is_split(cpt_equations_points(equations)->metric->reduction))
        return CRITPT_OK;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        if (block->kind->gradient && any_null(equations, block))
            CPT_TRY(name_block(equations, block, report));
    }
    for (size_t i = 0; i < report->n_null_directions; i++)
        CPT_TRY(warn_direction(report, &report->null_directions[i]));
done:
    return status;
}
