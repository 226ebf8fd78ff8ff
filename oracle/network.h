/* The layered network as a model of the oracle. */
#ifndef ORACLE_NETWORK_H
#define ORACLE_NETWORK_H

#include "oracle/model.h"

typedef struct oracle_network {
    size_t n_layers;
    const size_t *widths; /* n_layers + 1, the first that of the inputs */
    const critpt_activation *activations;
    const int *bias;
} oracle_network;

/* The network has to outlive the model. */
oracle_model oracle_network_model(const oracle_network *network);

/* That of a problem whose model is known to be one. */
static inline const oracle_network *layers_of(const oracle_problem *problem)
{
    return problem->model.data;
}

#endif
