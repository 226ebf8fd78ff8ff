/* Curves of weights through a point that leave a layered network's outputs as they are: their
 * tangents, and points on them (MATH 5, fact 8). */
#include <math.h>
#include <string.h>

#include "model/activation.h"
#include "model/mlp_curves.h"

/* Added to a layer's incoming weights of `to`: factor times those of `from`. */
static void add_incoming(const cpt_layer *layer, const double *weights, size_t from, size_t to,
                         double factor, double *result)
{
    for (size_t r = 0; r < layer->n_inputs; r++)
        result[layer->weights + to * layer->n_inputs + r] +=
            factor * weights[layer->weights + from * layer->n_inputs + r];
    if (layer->bias)
        result[layer->biases + to] += factor * weights[layer->biases + from];
}

/* The same for the weights of the next layer that multiply them. */
static void add_outgoing(const cpt_layer *next, const double *weights, size_t from, size_t to,
                         double factor, double *result)
{
    for (size_t p = 0; p < next->n_units; p++)
        result[next->weights + p * next->n_inputs + to] +=
            factor * weights[next->weights + p * next->n_inputs + from];
}

/* u = w, u' = sqrt|ratio| w' of the pair turn into each other, where the squares' outgoing weights
 * have that ratio: by a rotation, or by a hyperbolic one if it is negative. */
static void add_turn(const cpt_mlp_curve *curve, const double *weights, double diagonal,
                     double sine, double *result)
{
    const cpt_layer *layer = &curve->layers[curve->layer];
    double root = sqrt(fabs(curve->ratio));
    add_incoming(layer, weights, curve->unit, curve->unit, diagonal, result);
    add_incoming(layer, weights, curve->other, curve->other, diagonal, result);
    add_incoming(layer, weights, curve->other, curve->unit, root * sine, result);
    add_incoming(layer, weights, curve->unit, curve->other,
                 curve->ratio > 0 ? -sine / root : sine / root, result);
}

static void tangent_of(const cpt_curve *of, const double *weights, double *tangent)
{
    const cpt_mlp_curve *curve = (const cpt_mlp_curve *)of;
    const cpt_layer *layer = &curve->layers[curve->layer], *next = layer + 1;
    memset(tangent, 0, curve->P * sizeof *tangent);
    switch (curve->form) {
    case CPT_MLP_SCALE:
        add_incoming(layer, weights, curve->unit, curve->unit, 1, tangent);
        add_outgoing(next, weights, curve->unit, curve->unit, -curve->degree, tangent);
        break;
    case CPT_MLP_SHEAR:
        add_incoming(layer, weights, curve->other, curve->unit, 1, tangent);
        add_outgoing(next, weights, curve->unit, curve->other, -curve->ratio, tangent);
        break;
    case CPT_MLP_TURN:
        add_turn(curve, weights, 0, 1, tangent);
        break;
    }
}

static void move_along(const cpt_curve *of, const double *weights, double size, double *moved)
{
    const cpt_mlp_curve *curve = (const cpt_mlp_curve *)of;
    const cpt_layer *layer = &curve->layers[curve->layer], *next = layer + 1;
    bool rotates = curve->ratio > 0;
    memcpy(moved, weights, curve->P * sizeof *moved);
    switch (curve->form) {
    case CPT_MLP_SCALE:
        add_incoming(layer, weights, curve->unit, curve->unit, size, moved);
        add_outgoing(next, weights, curve->unit, curve->unit, pow(1 + size, -curve->degree) - 1,
                     moved);
        break;
    case CPT_MLP_SHEAR:
        add_incoming(layer, weights, curve->other, curve->unit, size, moved);
        add_outgoing(next, weights, curve->unit, curve->other, -size * curve->ratio, moved);
        break;
    case CPT_MLP_TURN:
        add_turn(curve, weights, rotates ? cos(size) - 1 : cosh(size) - 1,
                 rotates ? sin(size) : sinh(size), moved);
        break;
    }
}

const cpt_curve cpt_mlp_curve_operations = {false, tangent_of, move_along};
