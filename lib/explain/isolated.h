/* Isolated samples: input columns that vary in so few samples that their equations conflict. */
#ifndef CPT_EXPLAIN_ISOLATED_H
#define CPT_EXPLAIN_ISOLATED_H

#include "equations/equations.h"

/* Adds a cause for every such group of columns (MATH 5, fact 11). */
critpt_status cpt_explain_isolated_samples(const cpt_equations *equations, cpt_report *report);

#endif
