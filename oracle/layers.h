/* Where the layers of a network have their units and weights, and a sample its numbers. */
#ifndef ORACLE_LAYERS_H
#define ORACLE_LAYERS_H

#include <stdbool.h>

#include "oracle/network.h"

enum { ARRAYS = 5, DOTS = 4 };

/* A layer, its first unit below and above among all units (the inputs come first), its weights. */
typedef struct layer {
    size_t n_in, n_out, below, above, first, end;
    critpt_activation activation;
    bool bias;
} layer;

/* The numbers of a sample, and of a direction at it, for every unit; and, at the first sample,
 * whether its weights have a part in the direction. */
typedef struct state {
    real *a, *slope, *bend, *a_bar, *z_bar;
} state;
typedef struct dots {
    real *z, *a, *a_bar, *touched;
} dots;

static inline size_t count_units(const oracle_network *network)
{
    size_t n = 0;
    for (size_t l = 0; l <= network->n_layers; l++)
        n += network->widths[l];
    return n;
}

static inline state state_of(const oracle_network *network, real *at)
{
    size_t n = count_units(network);
    return (state){at, at + n, at + 2 * n, at + 3 * n, at + 4 * n};
}

static inline dots dots_of(const oracle_network *network, real *at)
{
    size_t n = count_units(network);
    return (dots){at, at + n, at + 2 * n, at + 3 * n};
}

static inline size_t layer_size(const oracle_network *network, size_t l)
{
    return network->widths[l + 1] * (network->widths[l] + (network->bias[l] != 0));
}

static inline layer first_layer(const oracle_network *network)
{
    return (layer){network->widths[0],
                   network->widths[1],
                   0,
                   network->widths[0],
                   0,
                   layer_size(network, 0),
                   network->activations[0],
                   network->bias[0] != 0};
}

/* That of layer l, which lies `step` (1 or -1) behind t. */
static inline layer next_layer(const oracle_network *network, layer t, size_t l, int step)
{
    size_t size = layer_size(network, l);
    size_t below = step > 0 ? t.above : t.below - network->widths[l];
    size_t first = step > 0 ? t.end : t.first - size;
    return (layer){network->widths[l],
                   network->widths[l + 1],
                   below,
                   below + network->widths[l],
                   first,
                   first + size,
                   network->activations[l],
                   network->bias[l] != 0};
}

static inline layer last_layer(const oracle_network *network)
{
    layer t = first_layer(network);
    for (size_t l = 1; l < network->n_layers; l++)
        t = next_layer(network, t, l, 1);
    return t;
}

#endif
