/* Whether a planted landscape is what was asked for, by its numbers and not by a solver's word. */
#ifndef SHORTFALL_H
#define SHORTFALL_H

#include "claims/problem.h"
#include "spec/spec.h"

/* REFUSED with a sentence about the first request that is not met: a critical point beyond its
 * units, a hard condition beyond rounding, a nature that is another, a margin that the
 * specification writes. */
outcome claims_find_shortfall(const critpt_file *file, const spec *s, const problem *p);
/* Gradients of planted points may have so many units: few where the equations are well conditioned.
 */
double claims_accepted_units(double condition);
/* A margin, or least eigenvalue, that is raised for the sake of a basin: by steps of half a power
 * of ten, a margin to 0.9 at most. */
extern const double claims_margin_step, claims_largest_margin;

#endif
