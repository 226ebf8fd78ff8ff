/* Curves of weights through a point that leave a layered network's outputs as they are: their
 * tangents, and points on them (MATH 5, fact 8). */
#include <math.h>
#include <string.h>

#include "model/activation.h"
#include "spectrum/orbit.h"

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
static void add_turn(const cpt_orbit *orbit, const double *weights, double diagonal, double sine,
                     double *result)
{
    const cpt_layer *layer = &orbit->layers[orbit->layer];
    double root = sqrt(fabs(orbit->ratio));
    add_incoming(layer, weights, orbit->unit, orbit->unit, diagonal, result);
    add_incoming(layer, weights, orbit->other, orbit->other, diagonal, result);
    add_incoming(layer, weights, orbit->other, orbit->unit, root * sine, result);
    add_incoming(layer, weights, orbit->unit, orbit->other,
                 orbit->ratio > 0 ? -sine / root : sine / root, result);
}

void cpt_orbit_tangent(const cpt_orbit *orbit, const double *weights, double *tangent)
{
    const cpt_layer *layer = &orbit->layers[orbit->layer], *next = layer + 1;
    memset(tangent, 0, orbit->P * sizeof *tangent);
    switch (orbit->form) {
    case CPT_ORBIT_LINE:
        memcpy(tangent, orbit->direction, orbit->P * sizeof *tangent);
        break;
    case CPT_ORBIT_SCALE:
        add_incoming(layer, weights, orbit->unit, orbit->unit, 1, tangent);
        add_outgoing(next, weights, orbit->unit, orbit->unit, -orbit->degree, tangent);
        break;
    case CPT_ORBIT_SHEAR:
        add_incoming(layer, weights, orbit->other, orbit->unit, 1, tangent);
        add_outgoing(next, weights, orbit->unit, orbit->other, -orbit->ratio, tangent);
        break;
    case CPT_ORBIT_TURN:
        add_turn(orbit, weights, 0, 1, tangent);
        break;
    }
}

void cpt_orbit_move(const cpt_orbit *orbit, const double *weights, double size, double *moved)
{
    const cpt_layer *layer = &orbit->layers[orbit->layer], *next = layer + 1;
    bool rotates = orbit->ratio > 0;
    memcpy(moved, weights, orbit->P * sizeof *moved);
    switch (orbit->form) {
    case CPT_ORBIT_LINE:
        for (size_t j = 0; j < orbit->P; j++)
            moved[j] += size * orbit->direction[j];
        break;
    case CPT_ORBIT_SCALE:
        add_incoming(layer, weights, orbit->unit, orbit->unit, size, moved);
        add_outgoing(next, weights, orbit->unit, orbit->unit, pow(1 + size, -orbit->degree) - 1,
                     moved);
        break;
    case CPT_ORBIT_SHEAR:
        add_incoming(layer, weights, orbit->other, orbit->unit, size, moved);
        add_outgoing(next, weights, orbit->unit, orbit->other, -size * orbit->ratio, moved);
        break;
    case CPT_ORBIT_TURN:
        add_turn(orbit, weights, rotates ? cos(size) - 1 : cosh(size) - 1,
                 rotates ? sin(size) : sinh(size), moved);
        break;
    }
}
