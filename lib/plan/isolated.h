/* Isolated samples: input columns that vary in so few samples that their equations conflict. */
#ifndef CPT_PLAN_ISOLATED_H
#define CPT_PLAN_ISOLATED_H

#include "plan/solve.h"

/* Adds a cause for every such group of columns (MATH 5, fact 11). The model is layered. */
critpt_status cpt_solve_find_isolated_samples(cpt_solve *solve);

#endif
