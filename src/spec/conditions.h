/* Conditions on the derivatives at a point, as a specification asks for them: one row for each
 * kind. */
#ifndef SPEC_CONDITIONS_H
#define SPEC_CONDITIONS_H

#include "spec/place.h"
#include "spec/spec.h"

typedef struct spec_condition_kind {
    critpt_condition_kind kind;
    const char *key; /* under which its arguments are */
    bool has_value;  /* beside it, under "value" */
    double value;    /* otherwise: what a landscape file says was requested; NaN: nothing else */
    bool has_entry;  /* row and column */
    size_t n_vectors;
    outcome (*take)(const place *p, condition_spec *condition);
    /* `vectors`: n_vectors of P numbers each. */
    critpt_status (*require)(critpt_plan *plan, size_t point, const condition_spec *condition,
                             const double *vectors, size_t n_weights);
} spec_condition_kind;

const spec_condition_kind *spec_condition_kind_of(const condition_spec *condition);

outcome spec_take_condition(const place *p, condition_spec *condition);
outcome spec_take_soft(const place *p, double *soft);
/* A number that must be there. */
outcome spec_take_required(const place *p, const char *key, double *value);

#endif
