/* A condition of a landscape file, in the plain arrays of the checker, and its claims. */
#ifndef STATED_CONDITION_H
#define STATED_CONDITION_H

#include <stdbool.h>

#include "critpt_file.h"
#include "exact_condition.h"

typedef struct stated_condition {
    exact_request request; /* points into memory */
    size_t n_points, points[3];
    double requested, achieved, residual, equations, soft; /* NaN: not stated */
    double *memory;
} stated_condition;

outcome stated_condition_load(stated_condition *stated, const critpt_file *file, size_t condition);
void stated_condition_free(stated_condition *stated);

#endif
