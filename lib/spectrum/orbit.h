/* Curves of weights that leave a layered network's outputs as they are. */
#ifndef CPT_SPECTRUM_ORBIT_H
#define CPT_SPECTRUM_ORBIT_H

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

typedef enum cpt_orbit_form {
    CPT_ORBIT_LINE,  /* w + t direction */
    CPT_ORBIT_SCALE, /* incoming weights of a unit times 1 + t, outgoing ones times its power */
    CPT_ORBIT_SHEAR, /* of linear units: t times the other's incoming weights are added to the
                        unit's, and the unit's outgoing ones taken from the other's */
    CPT_ORBIT_TURN   /* incoming weights of two squares turn into each other */
} cpt_orbit_form;

typedef struct cpt_orbit {
    cpt_orbit_form form;
    const cpt_layer *layers;
    size_t P, layer, unit, other;
    const double *direction; /* P, of a line */
    double degree;           /* of a scale: the activation's homogeneity */
    double ratio;            /* of a turn: the other's outgoing weights beside the unit's; of a
                                shear: the unit's slopes beside the other's */
} cpt_orbit;

/* Its derivative at t = 0, and its point at t = size. */
void cpt_orbit_tangent(const cpt_orbit *orbit, const double *weights, double *tangent);
void cpt_orbit_move(const cpt_orbit *orbit, const double *weights, double size, double *moved);

/* ---- Where units act (gates.c) ---- */

/* Folds the inputs of a layer, the constant of a bias included, in the samples where this unit acts
 * on the outputs; in all if there is no such unit. */
critpt_status cpt_gates_fold_inputs(const cpt_spectrum_task *task, size_t layer, size_t unit,
                                    cpt_triangle *triangle);
/* Products of the slopes of any two of a hidden layer's n units, and of ones in the last row and
 * column, summed over the samples in which units above it act on the outputs: (n + 1)^2. */
critpt_status cpt_gates_slopes(const cpt_spectrum_task *task, size_t layer, double *gram);

/* ---- Which orbits are orbits of critical points (confirm.c) ---- */

typedef struct cpt_confirmation {
    const cpt_spectrum_task *task;
    size_t P;
    cpt_outputs outputs; /* at the point */
    double gradient;     /* |g| there */
    double turned;       /* the same, as far as it is rounding */
    double *basis;       /* orthonormal rows of P: tangents confirmed so far */
    size_t n, capacity;
    double *tangent, *product, *bound, *moved; /* P each */
} cpt_confirmation;

/* With room for that many tangents. */
critpt_status cpt_confirmation_create(cpt_confirmation *c, const cpt_spectrum_task *task,
                                      size_t capacity);
void cpt_confirmation_destroy(cpt_confirmation *c);
/* Whether H t = G t = 0 to rounding for the tangent, and outputs and gradient stay what they are at
 * two points of the orbit. */
critpt_status cpt_confirmation_test(cpt_confirmation *c, const cpt_orbit *orbit, bool *confirmed);
/* Takes a confirmed tangent into the basis unless it depends on those there or there is no room;
 * *taken counts. */
void cpt_confirmation_take(cpt_confirmation *c, const double *tangent, size_t *taken);

#endif
