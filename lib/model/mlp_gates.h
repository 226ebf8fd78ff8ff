/* In which samples the units of a layered network act on the outputs. */
#ifndef CPT_MODEL_MLP_GATES_H
#define CPT_MODEL_MLP_GATES_H

#include "linalg/linalg.h"
#include "model/mlp.h"

/* Folds the inputs of a layer, the constant of a bias included, in the samples where this unit acts
 * on the outputs; in all if there is no such unit. */
critpt_status cpt_mlp_fold_inputs(const critpt_model *model, const cpt_passes *passes, size_t layer,
                                  size_t unit, cpt_triangle *triangle);
/* Products of the slopes of any two of a hidden layer's n units, and of ones in the last row and
 * column, summed over the samples in which units above it act on the outputs: (n + 1)^2. */
critpt_status cpt_mlp_multiply_all_slopes(const critpt_model *model, const cpt_passes *passes,
                                          size_t layer, double *gram);

#endif
