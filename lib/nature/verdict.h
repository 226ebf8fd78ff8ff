/* What the targets found are worth: their natures from the landscape afresh, and the verdict. */
#ifndef CPT_NATURE_VERDICT_H
#define CPT_NATURE_VERDICT_H

#include "nature/interior.h"
#include "nature/subspaces.h"

/* The duality gap to the bound for the margins, relative to the objective. */
double cpt_nature_gap(const cpt_nature_result *result);
/* Outcomes and verdict for the result's targets, with which the interior-point method came to
 * `end`. `inner`, or NULL, are targets well inside the same inequalities: where rounding hides
 * signs, those between are taken. */
critpt_status cpt_nature_conclude(const cpt_nature_subspaces *subspaces, cpt_nature_end end,
                                  const double *inner, cpt_nature_result *result);

#endif
