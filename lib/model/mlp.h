/* The layered network, inside its folder: description, operations, and the layout of its tape. */
#ifndef CPT_MODEL_MLP_H
#define CPT_MODEL_MLP_H

#include "model/model.h"

typedef struct cpt_mlp {
    critpt_model model; /* first: a pointer to it is a pointer to the network */
    size_t n_layers;
    cpt_layer *layers;
    size_t tape_rows; /* rows of n samples that all layers need on a tape */
    size_t widest;    /* units of the widest layer */
} cpt_mlp;

extern const cpt_model_operations cpt_mlp_operations;

static inline cpt_mlp *cpt_mlp_from(critpt_model *model)
{
    return (cpt_mlp *)model;
}

static inline const cpt_mlp *cpt_mlp_const(const critpt_model *model)
{
    return (const cpt_mlp *)model;
}

void cpt_mlp_destroy(critpt_model *model);

#endif
