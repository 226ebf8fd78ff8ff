/* What is known of a layered network beyond its derivatives. */
#include <math.h>
#include <stdio.h>

#include "model/mlp.h"

static cpt_affine_block block_of(const cpt_layer *layer)
{
    return (cpt_affine_block){layer->n_units, layer->n_inputs, layer->bias, layer->weights,
                              layer->biases};
}

static bool linear_block(const critpt_model *model, cpt_linear_block *block)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const cpt_layer *last = &mlp->layers[mlp->n_layers - 1];
    *block = (cpt_linear_block){model->n_weights - last->weights, last->weights, NULL};
    return last->activation == CRITPT_IDENTITY;
}

static size_t constant(const critpt_model *model, size_t output)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const cpt_layer *last = &mlp->layers[mlp->n_layers - 1];
    return last->bias && last->activation == CRITPT_IDENTITY ? last->biases + output : SIZE_MAX;
}

static critpt_status draw(const critpt_model *model, uint64_t seed, size_t point, double scale,
                          double *weights)
{
    critpt_status status;
    const cpt_mlp *mlp = cpt_mlp_const(model);
    CPT_TRY(critpt_random_normal(seed, (uint64_t)point + CRITPT_STREAM_POINTS, 0, weights,
                                 model->n_weights));
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        double deviation = scale / sqrt((double)layer->n_inputs);
        size_t end = l + 1 < mlp->n_layers ? mlp->layers[l + 1].weights : model->n_weights;
        for (size_t i = layer->weights; i < end; i++)
            weights[i] *= deviation;
    }
done:
    return status;
}

static size_t n_blocks(const critpt_model *model)
{
    return cpt_mlp_const(model)->n_layers;
}

static cpt_affine_block block(const critpt_model *model, size_t l)
{
    return block_of(&cpt_mlp_const(model)->layers[l]);
}

/* With one hidden layer and linear outputs, from the blocks of S for each hidden unit. */
static size_t movable_curvatures(const critpt_model *model)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const cpt_layer *first = &mlp->layers[0];
    if (mlp->n_layers != 2 || mlp->layers[1].activation != CRITPT_IDENTITY)
        return SIZE_MAX;
    size_t inputs = first->n_inputs + first->bias, D = model->n_outputs;
    return first->n_units * (inputs * (inputs + 1) / 2 + (D - 1) * inputs);
}

static bool locate_weight(const critpt_model *model, size_t weight, size_t *layer, size_t *row,
                          size_t *column)
{
    cpt_mlp_locate(model, weight, layer, row, column);
    return true;
}

static void describe_weight(const critpt_model *model, size_t weight, char *text, size_t size)
{
    size_t layer, row, column;
    cpt_mlp_locate(model, weight, &layer, &row, &column);
    if (column == cpt_mlp_const(model)->layers[layer].n_inputs)
        snprintf(text, size, "bias %zu of layer %zu", row, layer);
    else
        snprintf(text, size, "weight (%zu, %zu) of layer %zu", row, column, layer);
}

/* Of a layer: its product and its biases forward, and the like in the passes back and along
 * tangents; ten for the activation and its derivatives. */
static cpt_sum_lengths sum_lengths(const critpt_model *model)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    cpt_sum_lengths lengths = {0, 0};
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        lengths.roundings += 3 * (double)(layer->n_inputs + layer->n_units) + 10;
        lengths.longest = layer->n_inputs > lengths.longest ? layer->n_inputs : lengths.longest;
    }
    return lengths;
}

const cpt_model_structure cpt_mlp_structure = {
    .linear_block = linear_block,
    .constant = constant,
    .draw = draw,
    .n_blocks = n_blocks,
    .block = block,
    .movable_curvatures = movable_curvatures,
    .locate_weight = locate_weight,
    .describe_weight = describe_weight,
    .sum_lengths = sum_lengths,
    .extended_create = cpt_mlp_extended_create,
    .place_null_weights = cpt_mlp_place_null_weights,
    .seek_null_families = cpt_mlp_seek_null_families,
};
