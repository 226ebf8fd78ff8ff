/* A condition of a landscape file, in the plain arrays of the checker, and its claims. */
#ifndef STATED_CONDITION_H
#define STATED_CONDITION_H

#include <stdbool.h>

#include "critpt_file.h"
#include "cli/outcome.h"
#include "oracle/condition.h"

typedef struct stated_condition {
    oracle_request request; /* points into memory */
    size_t n_points, points[3];
    double requested, achieved, residual, scaled, equations, soft, unit; /* NaN: not stated */
    double *memory;
} stated_condition;

outcome claims_load_condition(stated_condition *stated, const critpt_file *file, size_t condition);
void claims_free_condition(stated_condition *stated);

/* The unit of rounding of a condition: that of the terms found, or the library's own estimate,
 * which knows more of the network's rounding and is at most a million times larger. */
double claims_rounding_unit(const stated_condition *stated, const oracle_finding *found);
/* The error that a request may leave, some units; infinity for a soft one. */
double claims_accepted_error(const stated_condition *stated, const oracle_finding *found);

/* Equations that it stands for: none where losses are tied. */
double claims_count_equations(const stated_condition *stated, size_t n_weights);

#endif
