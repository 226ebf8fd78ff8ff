/* What never acts in a network at a point: the largest inputs and slopes over all samples. */
#ifndef CPT_JET_EXTREMES_H
#define CPT_JET_EXTREMES_H

#include "jet/jet.h"

/* Largest |value| over the samples, for every input of every layer and the slope of every unit. */
typedef struct cpt_extremes {
    size_t n_layers;
    const cpt_layer *layers;
    double *inputs, *slopes; /* layer after layer; a layer's part starts at input_of, unit_of */
    size_t *input_of, *unit_of;
} cpt_extremes;

critpt_status cpt_extremes_create(cpt_extremes *extremes, const critpt_model *model);
void cpt_extremes_destroy(cpt_extremes *extremes);
/* Starts afresh and passes over the samples at these weights. */
critpt_status cpt_extremes_measure(cpt_extremes *extremes, cpt_jet *jet, const cpt_samples *samples,
                                   const double *weights);

/* An input of the layer that is 0, or rounding beside its largest one, in every sample. */
bool cpt_extremes_is_dead_input(const cpt_extremes *extremes, size_t layer, size_t input);
/* A unit whose activation has slope 0, or rounding beside 1, in every sample. */
bool cpt_extremes_is_saturated(const cpt_extremes *extremes, size_t layer, size_t unit);

#endif
