/* Names equations that are 0 = 0: dead inputs, saturated units, units without influence. */
#include "jet/extremes.h"
#include "plan/solve.h"

/* The direction that one null weight of a network belongs to. */
static cpt_null_direction classify(const cpt_extremes *extremes, const critpt_model *model,
                                   size_t point, size_t weight)
{
    size_t layer, row, column;
    critpt_mlp_locate_weight(model, weight, &layer, &row, &column);
    bool is_bias = column == extremes->layers[layer].n_inputs;
    if (!is_bias && cpt_extremes_is_dead_input(extremes, layer, column))
        return (cpt_null_direction){point, layer, column, 1, CRITPT_NULL_DEAD_INPUT};
    bool flat = cpt_extremes_is_saturated(extremes, layer, row);
    return (cpt_null_direction){point, layer, row, 1,
                                flat ? CRITPT_NULL_SATURATED_UNIT : CRITPT_NULL_NO_INFLUENCE};
}

/* Counts a weight to the direction it belongs to. */
static critpt_status count_weight(cpt_report *report, const cpt_null_direction *direction)
{
    for (size_t i = report->n_null_directions; i-- > 0;) {
        cpt_null_direction *known = &report->null_directions[i];
        if (known->point == direction->point && known->layer == direction->layer &&
            known->unit == direction->unit && known->reason == direction->reason) {
            known->n_weights++;
            return CRITPT_OK;
        }
    }
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
    return cpt_report_warn(report,
                           "point %zu: %s %zu of layer %zu %s; %zu of its weights have no "
                           "effect",
                           direction->point, words[direction->reason].what, direction->unit,
                           direction->layer, words[direction->reason].state, direction->n_weights);
}

/* The null equations of a point's gradient, as directions of the report. */
static critpt_status name_block(cpt_solve *solve, const cpt_block *block, cpt_extremes *extremes)
{
    critpt_status status = CRITPT_OK;
    size_t point = block->points[0];
    const critpt_model *model = solve->workspace.jet.model;
    bool layered = cpt_model_is_mlp(model);
    if (layered)
        CPT_TRY(cpt_extremes_measure(extremes, &solve->workspace.jet, &solve->workspace.samples,
                                     cpt_solve_weights(solve, point)));
    for (size_t j = 0; j < solve->P; j++) {
        if (!solve->null[block->first + j])
            continue;
        /* Of a model by callbacks nothing is known but the weight. */
        cpt_null_direction direction = {point, 0, j, 1, CRITPT_NULL_NO_INFLUENCE};
        if (layered)
            direction = classify(extremes, model, point, j);
        if (direction.reason == CRITPT_NULL_NO_INFLUENCE && solve->plan->frozen)
            continue; /* it may have influence on frozen targets only */
        CPT_TRY(count_weight(&solve->report, &direction));
    }
done:
    return status;
}

critpt_status cpt_solve_name_null_directions(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    const critpt_model *model = solve->workspace.jet.model;
    cpt_extremes extremes = {.n_layers = 0};
    if (cpt_model_is_mlp(model))
        CPT_TRY(cpt_extremes_create(&extremes, model));
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (solve->blocks[b].kind == &cpt_gradient_equations)
            CPT_TRY(name_block(solve, &solve->blocks[b], &extremes));
    for (size_t i = 0; i < solve->report.n_null_directions; i++)
        CPT_TRY(warn_direction(&solve->report, &solve->report.null_directions[i]));
done:
    cpt_extremes_destroy(&extremes);
    return status;
}
