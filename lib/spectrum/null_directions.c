/* Null directions that the structure of a network explains (MATH 5, fact 8; MATH 9). */
#include <string.h>

#include "jet/extremes.h"
#include "model/activation.h"
#include "spectrum/spectrum.h"

static critpt_status name(critpt_spectrum *spectrum, size_t layer, size_t unit, size_t n_directions,
                          critpt_null_reason reason)
{
    const cpt_spectrum_null found = {layer, unit, n_directions, reason};
    return cpt_append(&spectrum->null_directions, &spectrum->n_null_directions, &found,
                      sizeof found);
}

/* Whether units p and q of a layer have the same incoming weights. */
static bool are_equal(const cpt_layer *layer, const double *weights, size_t p, size_t q)
{
    const double *matrix = weights + layer->weights;
    if (memcmp(matrix + p * layer->n_inputs, matrix + q * layer->n_inputs,
               layer->n_inputs * sizeof *matrix))
        return false;
    return !layer->bias || weights[layer->biases + p] == weights[layer->biases + q];
}

static bool repeats_another(const cpt_layer *layer, const double *weights, size_t unit)
{
    for (size_t p = 0; p < unit; p++)
        if (are_equal(layer, weights, p, unit))
            return true;
    return false;
}

static critpt_status name_units(critpt_spectrum *spectrum, const cpt_extremes *extremes, size_t l,
                                const double *weights)
{
    critpt_status status = CRITPT_OK;
    const cpt_layer *layer = &extremes->layers[l];
    bool hidden = l + 1 < extremes->n_layers;
    bool rescales = hidden && cpt_model_activation_find(layer->activation)->homogeneity > 0;
    for (size_t p = 0; p < layer->n_units; p++) {
        if (cpt_extremes_is_saturated(extremes, l, p))
            CPT_TRY(
                name(spectrum, l, p, layer->n_inputs + layer->bias, CRITPT_NULL_SATURATED_UNIT));
        else if (rescales)
            CPT_TRY(name(spectrum, l, p, 1, CRITPT_NULL_RESCALED_UNIT));
        if (hidden && repeats_another(layer, weights, p))
            CPT_TRY(name(spectrum, l, p, 1, CRITPT_NULL_DUPLICATED_UNIT));
    }
done:
    return status;
}

critpt_status cpt_spectrum_name_null_directions(const cpt_spectrum_task *task,
                                                critpt_spectrum *spectrum)
{
    critpt_status status;
    critpt_workspace *workspace = task->workspace;
    cpt_extremes extremes;
    CPT_TRY(cpt_extremes_create(&extremes, workspace->jet.model));
    CPT_TRY(cpt_extremes_measure(&extremes, &workspace->jet, &workspace->samples, task->weights));
    for (size_t l = 0; l < extremes.n_layers; l++) {
        const cpt_layer *layer = &extremes.layers[l];
        for (size_t r = 0; r < layer->n_inputs; r++)
            if (cpt_extremes_is_dead_input(&extremes, l, r))
                CPT_TRY(name(spectrum, l, r, layer->n_units, CRITPT_NULL_DEAD_INPUT));
        CPT_TRY(name_units(spectrum, &extremes, l, task->weights));
    }
done:
    cpt_extremes_destroy(&extremes);
    return status;
}
