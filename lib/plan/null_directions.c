/* Names equations that are 0 = 0: dead inputs, saturated units, units without influence. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

/* Largest |value| over the samples, for every input of every layer and the slope of every unit. */
typedef struct extremes {
    size_t n_layers;
    const cpt_layer *layers;
    double *inputs, *slopes; /* layer after layer; a layer's part starts at input_of, unit_of */
    size_t *input_of, *unit_of;
} extremes;

static critpt_status extremes_create(extremes *extreme, const critpt_model *model)
{
    critpt_status status;
    size_t inputs = 0, units = 0;
    memset(extreme, 0, sizeof *extreme);
    extreme->layers = cpt_mlp_layers(model, &extreme->n_layers);
    CPT_TRY(cpt_allocate(&extreme->input_of, extreme->n_layers, sizeof(size_t)));
    CPT_TRY(cpt_allocate(&extreme->unit_of, extreme->n_layers, sizeof(size_t)));
    for (size_t l = 0; l < extreme->n_layers; l++) {
        extreme->input_of[l] = inputs;
        extreme->unit_of[l] = units;
        inputs += extreme->layers[l].n_inputs;
        units += extreme->layers[l].n_units;
    }
    CPT_TRY(cpt_allocate(&extreme->inputs, inputs, sizeof(double)));
    CPT_TRY(cpt_allocate(&extreme->slopes, units, sizeof(double)));
done:
    return status;
}

static void extremes_destroy(extremes *extreme)
{
    cpt_free(extreme->inputs);
    cpt_free(extreme->slopes);
    cpt_free(extreme->input_of);
    cpt_free(extreme->unit_of);
}

/* largest[r] = max(largest[r], |values[r][i]|); values NULL stands for ones. */
static void widen(double *largest, const double *values, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            largest[r] = fmax(largest[r], values ? fabs(values[r * n + i]) : 1);
}

static critpt_status measure(cpt_solve *solve, size_t point, extremes *extreme)
{
    critpt_status status = CRITPT_OK;
    cpt_jet *jet = &solve->workspace.jet;
    for (size_t first = 0; first < solve->N; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &solve->workspace.samples, cpt_solve_weights(solve, point),
                                 first, CPT_DERIVATIVES));
        for (size_t l = 0; l < extreme->n_layers; l++) {
            const cpt_layer *layer = &extreme->layers[l];
            const double *inputs =
                l ? cpt_mlp_values(jet->model, &jet->batch, l - 1) : jet->batch.inputs;
            widen(extreme->inputs + extreme->input_of[l], inputs, layer->n_inputs, jet->batch.n);
            widen(extreme->slopes + extreme->unit_of[l], cpt_mlp_slopes(jet->model, &jet->batch, l),
                  layer->n_units, jet->batch.n);
        }
    }
done:
    return status;
}

/* The direction that one null weight of a network belongs to. */
static cpt_null_direction classify(const extremes *extreme, const critpt_model *model, size_t point,
                                   size_t weight)
{
    size_t l, row, column;
    critpt_mlp_locate_weight(model, weight, &l, &row, &column);
    const cpt_layer *layer = &extreme->layers[l];
    const double *inputs = extreme->inputs + extreme->input_of[l];
    double widest = 0;
    for (size_t r = 0; r < layer->n_inputs; r++)
        widest = fmax(widest, inputs[r]);
    if (column < layer->n_inputs && inputs[column] <= DBL_EPSILON * widest)
        return (cpt_null_direction){point, l, column, 1, CRITPT_NULL_DEAD_INPUT};
    bool flat = extreme->slopes[extreme->unit_of[l] + row] <= DBL_EPSILON;
    return (cpt_null_direction){point, l, row, 1,
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

/* One point's null equations, as directions of the report. */
static critpt_status name_point(cpt_solve *solve, size_t point, extremes *extreme)
{
    critpt_status status = CRITPT_OK;
    const critpt_model *model = solve->workspace.jet.model;
    bool layered = cpt_model_is_mlp(model);
    if (layered)
        CPT_TRY(measure(solve, point, extreme));
    for (size_t j = 0; j < solve->P; j++) {
        if (!solve->null[point * solve->P + j])
            continue;
        /* Of a model by callbacks nothing is known but the weight. */
        cpt_null_direction direction = {point, 0, j, 1, CRITPT_NULL_NO_INFLUENCE};
        if (layered)
            direction = classify(extreme, model, point, j);
        CPT_TRY(count_weight(&solve->report, &direction));
    }
done:
    return status;
}

critpt_status cpt_solve_name_null_directions(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    const critpt_model *model = solve->workspace.jet.model;
    extremes extreme = {0, NULL, NULL, NULL, NULL, NULL};
    for (size_t k = 0; k < solve->K; k++) {
        if (cpt_model_is_mlp(model))
            CPT_TRY(extremes_create(&extreme, model));
        CPT_TRY(name_point(solve, k, &extreme));
        extremes_destroy(&extreme);
        memset(&extreme, 0, sizeof extreme);
    }
    for (size_t i = 0; i < solve->report.n_null_directions; i++)
        CPT_TRY(warn_direction(&solve->report, &solve->report.null_directions[i]));
done:
    extremes_destroy(&extreme);
    return status;
}
