/* The assignment problem: one partner for each, at the least total cost. */
#ifndef CPT_MODEL_ASSIGNMENT_H
#define CPT_MODEL_ASSIGNMENT_H

#include "base/base.h"

/* match[i] is the column assigned to row i of the n x n costs, a permutation of least sum. */
critpt_status cpt_model_assign(size_t n, const double *cost, size_t *match);

#endif
