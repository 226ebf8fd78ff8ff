/* What never acts in a network at a point: the largest inputs and slopes over all samples. */
#ifndef CPT_MODEL_MLP_EXTREMES_H
#define CPT_MODEL_MLP_EXTREMES_H

#include "model/mlp.h"

/* Largest |value| over the samples, for every input of every layer and the slope of every unit. */
typedef struct cpt_mlp_extremes {
    const critpt_model *model;
    size_t n_layers;
    const cpt_layer *layers;
    double *inputs, *slopes; /* layer after layer; a layer's part starts at input_of, unit_of */
    size_t *input_of, *unit_of;
} cpt_mlp_extremes;

critpt_status cpt_mlp_extremes_create(cpt_mlp_extremes *extremes, const critpt_model *model);
void cpt_mlp_extremes_destroy(cpt_mlp_extremes *extremes);
/* Starts afresh and passes over the samples. */
critpt_status cpt_mlp_extremes_measure(cpt_mlp_extremes *extremes, const cpt_passes *passes);

/* An input of the layer that is 0, or rounding beside its largest one, in every sample. */
bool cpt_mlp_extremes_is_dead_input(const cpt_mlp_extremes *extremes, size_t layer, size_t input);
/* A unit whose activation has slope 0, or rounding beside 1, in every sample. */
bool cpt_mlp_extremes_is_saturated(const cpt_mlp_extremes *extremes, size_t layer, size_t unit);

#endif
