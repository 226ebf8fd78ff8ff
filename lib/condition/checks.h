/* Checks of what a user asks for. */
#ifndef CPT_CONDITION_CHECKS_H
#define CPT_CONDITION_CHECKS_H

#include "plan/plan.h"

critpt_status cpt_condition_require_value(const char *what, double value);
/* P finite numbers, not all zero for a direction. */
critpt_status cpt_condition_require_vector(const critpt_plan *plan, const char *what,
                                           const double *vector, size_t n_weights);
critpt_status cpt_condition_require_direction(const critpt_plan *plan, const char *what,
                                              const double *vector, size_t n_weights);
/* A point of a model with second derivatives. */
critpt_status cpt_condition_require_curved_point(const critpt_plan *plan, size_t point);

/* Gives the condition an array of its own. */
critpt_status cpt_condition_set_array(cpt_condition *made, const double *array, size_t n_rows,
                                      size_t n_columns, size_t leading);
/* Adds the condition, which then owns its array; frees that after an error. */
critpt_status cpt_condition_add(critpt_plan *plan, cpt_condition *made, size_t *condition);

#endif
