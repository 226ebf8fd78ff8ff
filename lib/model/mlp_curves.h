/* Curves of weights that leave a layered network's outputs as they are (MATH 5, fact 8). */
#ifndef CPT_MODEL_MLP_CURVES_H
#define CPT_MODEL_MLP_CURVES_H

#include "model/mlp.h"

typedef enum cpt_mlp_form {
    CPT_MLP_SCALE, /* incoming weights of a unit times 1 + t, outgoing ones times its power */
    CPT_MLP_SHEAR, /* of linear units: t times the other's incoming weights are added to the
                      unit's, and the unit's outgoing ones taken from the other's */
    CPT_MLP_TURN   /* incoming weights of two squares turn into each other */
} cpt_mlp_form;

typedef struct cpt_mlp_curve {
    cpt_curve curve; /* first: cpt_mlp_curve_operations */
    cpt_mlp_form form;
    const cpt_layer *layers;
    size_t P, layer, unit, other;
    double degree; /* of a scale: the activation's homogeneity */
    double ratio;  /* of a turn: the other's outgoing weights beside the unit's; of a shear: the
                      unit's slopes beside the other's */
} cpt_mlp_curve;

extern const cpt_curve cpt_mlp_curve_operations;

#endif
