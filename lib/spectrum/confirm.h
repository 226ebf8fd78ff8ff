/* Which curves of weights are curves of critical points with the same outputs. */
#ifndef CPT_SPECTRUM_CONFIRM_H
#define CPT_SPECTRUM_CONFIRM_H

#include "model/structure.h"
#include "spectrum/spectrum.h"

typedef struct cpt_confirmation {
    const cpt_spectrum_task *task;
    size_t P;
    cpt_outputs outputs; /* at the point */
    double gradient;     /* |g| there */
    double turned;       /* the part of it that rounding explains */
    double *basis;       /* orthonormal rows of P: tangents confirmed so far */
    size_t n, capacity;
    double *tangent, *product, *bound, *moved; /* P each */
} cpt_confirmation;

/* With room for that many tangents. */
critpt_status cpt_confirmation_create(cpt_confirmation *c, const cpt_spectrum_task *task,
                                      size_t capacity);
void cpt_confirmation_destroy(cpt_confirmation *c);
/* Whether H t = G t = 0 to rounding for the tangent, and outputs and gradient stay what they are at
 * two points of the curve. */
critpt_status cpt_confirmation_test(cpt_confirmation *c, const cpt_curve *curve, bool *confirmed);
/* Takes a confirmed tangent into the basis unless it depends on those there or there is no room;
 * *taken counts. */
void cpt_confirmation_take(cpt_confirmation *c, const double *tangent, size_t *taken);

#endif
