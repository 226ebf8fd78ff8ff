/* What never acts in a network at a point. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "model/mlp_extremes.h"

critpt_status cpt_mlp_extremes_create(cpt_mlp_extremes *extremes, const critpt_model *model)
{
    critpt_status status;
    size_t inputs = 0, units = 0;
    memset(extremes, 0, sizeof *extremes);
    extremes->model = model;
    extremes->layers = cpt_mlp_layers(model, &extremes->n_layers);
    CPT_TRY(cpt_allocate(&extremes->input_of, extremes->n_layers, sizeof(size_t)));
    CPT_TRY(cpt_allocate(&extremes->unit_of, extremes->n_layers, sizeof(size_t)));
    for (size_t l = 0; l < extremes->n_layers; l++) {
        extremes->input_of[l] = inputs;
        extremes->unit_of[l] = units;
        inputs += extremes->layers[l].n_inputs;
        units += extremes->layers[l].n_units;
    }
    CPT_TRY(cpt_allocate(&extremes->inputs, inputs, sizeof(double)));
    CPT_TRY(cpt_allocate(&extremes->slopes, units, sizeof(double)));
done:
    return status;
}

void cpt_mlp_extremes_destroy(cpt_mlp_extremes *extremes)
{
    cpt_free(extremes->inputs);
    cpt_free(extremes->slopes);
    cpt_free(extremes->input_of);
    cpt_free(extremes->unit_of);
    memset(extremes, 0, sizeof *extremes);
}

/* largest[r] = max(largest[r], |values[r][i]|), from 0 if this is the first batch; values NULL
 * stands for ones. */
static void widen(double *largest, const double *values, size_t rows, size_t n, bool first)
{
    for (size_t r = 0; r < rows; r++) {
        if (first)
            largest[r] = 0;
        for (size_t i = 0; i < n; i++)
            largest[r] = fmax(largest[r], values ? fabs(values[r * n + i]) : 1);
    }
}

static critpt_status visit(void *user, const cpt_batch *batch, size_t first)
{
    cpt_mlp_extremes *extremes = user;
    for (size_t l = 0; l < extremes->n_layers; l++) {
        const cpt_layer *layer = &extremes->layers[l];
        const double *inputs = l ? cpt_mlp_values(extremes->model, batch, l - 1) : batch->inputs;
        const double *slopes = cpt_mlp_slopes(extremes->model, batch, l);
        widen(extremes->inputs + extremes->input_of[l], inputs, layer->n_inputs, batch->n,
              first == 0);
        widen(extremes->slopes + extremes->unit_of[l], slopes, layer->n_units, batch->n,
              first == 0);
    }
    return CRITPT_OK;
}

critpt_status cpt_mlp_extremes_measure(cpt_mlp_extremes *extremes, const cpt_passes *passes)
{
    return passes->run(passes, visit, extremes);
}

bool cpt_mlp_extremes_is_dead_input(const cpt_mlp_extremes *extremes, size_t layer, size_t input)
{
    const double *inputs = extremes->inputs + extremes->input_of[layer];
    double widest = 0;
    for (size_t r = 0; r < extremes->layers[layer].n_inputs; r++)
        widest = fmax(widest, inputs[r]);
    return inputs[input] <= DBL_EPSILON * widest;
}

bool cpt_mlp_extremes_is_saturated(const cpt_mlp_extremes *extremes, size_t layer, size_t unit)
{
    return extremes->slopes[extremes->unit_of[layer] + unit] <= DBL_EPSILON;
}
