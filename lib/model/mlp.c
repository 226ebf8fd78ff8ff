/* The layered network as a description: building it, asking about it, drawing its weights. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp.h"

critpt_status critpt_mlp_create(critpt_model **model, size_t n_inputs)
{
    critpt_status status;
    cpt_mlp *mlp;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL; give the address of a handle");
    *model = NULL;
    if (n_inputs == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "n_inputs is 0; a network needs an input");
    CPT_TRY(cpt_linalg_require_size("n_inputs", n_inputs));
    CPT_TRY(cpt_allocate(&mlp, 1, sizeof *mlp));
    cpt_model_initialize(&mlp->model, &cpt_mlp_operations);
    mlp->model.n_inputs = n_inputs;
    *model = &mlp->model;
done:
    return status;
}

static bool is_mlp(const critpt_model *model)
{
    return model->operations == &cpt_mlp_operations;
}

static critpt_status require_mlp(const critpt_model *model)
{
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL");
    if (!is_mlp(model))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the model is not a layered network; make one with critpt_mlp_create");
    return CRITPT_OK;
}

/* See model/mlp.h; the identity's a is z and its slope is 1. */
static critpt_status place_on_tape(cpt_mlp *mlp, cpt_layer *layer)
{
    critpt_status status;
    layer->tape = mlp->tape_rows;
    CPT_TRY(cpt_multiply_add(layer->activation == CRITPT_IDENTITY ? 2 : 7, layer->n_units,
                             mlp->tape_rows, "units of the network", &mlp->tape_rows));
    if (mlp->widest < layer->n_units)
        mlp->widest = layer->n_units;
done:
    return status;
}

critpt_status critpt_mlp_add_layer(critpt_model *model, size_t width, critpt_activation activation,
                                   int bias)
{
    critpt_status status;
    size_t matrix, total;
    cpt_layer layer;
    CPT_TRY(require_mlp(model));
    if (atomic_load(&model->frozen))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the network belongs to a landscape and cannot grow; build another one");
    if (width == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "width is 0; a layer needs a unit");
    if (!critpt_activation_name(activation))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "activation %d does not exist", (int)activation);
    if (bias != CRITPT_BIAS && bias != CRITPT_NO_BIAS)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "bias is %d; it must be CRITPT_BIAS or CRITPT_NO_BIAS", bias);
    layer.n_inputs = model->n_outputs ? model->n_outputs : model->n_inputs;
    layer.n_units = width;
    layer.activation = activation;
    layer.bias = bias == CRITPT_BIAS;
    layer.weights = model->n_weights;
    CPT_TRY(
        cpt_multiply_add(layer.n_inputs, width, model->n_weights, "weights of the layer", &matrix));
    CPT_TRY(cpt_multiply_add(layer.bias, width, matrix, "weights of the layer", &total));
    CPT_TRY(cpt_linalg_require_size("number of weights", total));
    layer.biases = matrix;
    cpt_mlp *mlp = cpt_mlp_from(model);
    CPT_TRY(place_on_tape(mlp, &layer));
    CPT_TRY(cpt_append(&mlp->layers, &mlp->n_layers, &layer, sizeof layer));
    model->n_outputs = width;
    model->n_weights = total;
done:
    return status;
}

size_t critpt_mlp_n_layers(const critpt_model *model)
{
    return model && is_mlp(model) ? cpt_mlp_const(model)->n_layers : 0;
}

critpt_status critpt_mlp_layer(const critpt_model *model, size_t layer, size_t *width,
                               critpt_activation *activation, int *bias)
{
    critpt_status status = require_mlp(model);
    if (status != CRITPT_OK)
        return status;
    const cpt_mlp *mlp = cpt_mlp_const(model);
    if (layer >= mlp->n_layers)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "layer is %zu; the network has %zu", layer,
                         mlp->n_layers);
    if (width)
        *width = mlp->layers[layer].n_units;
    if (activation)
        *activation = mlp->layers[layer].activation;
    if (bias)
        *bias = mlp->layers[layer].bias ? CRITPT_BIAS : CRITPT_NO_BIAS;
    return CRITPT_OK;
}

critpt_status critpt_mlp_locate_weight(const critpt_model *model, size_t index, size_t *layer,
                                       size_t *row, size_t *column)
{
    critpt_status status = require_mlp(model);
    if (status != CRITPT_OK)
        return status;
    if (index >= model->n_weights)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "weight index is %zu; the network has %zu weights", index,
                         model->n_weights);
    cpt_mlp_locate(model, index, layer, row, column);
    return CRITPT_OK;
}

critpt_status critpt_mlp_draw_weights(const critpt_model *model, uint64_t seed, size_t point,
                                      double scale, double *weights, size_t n_weights)
{
    critpt_status status;
    CPT_TRY(require_mlp(model));
    CPT_TRY(critpt_model_draw_weights(model, seed, point, scale, weights, n_weights));
done:
    return status;
}
