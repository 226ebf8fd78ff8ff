/* Nearest targets with wanted signatures (MATH 7): given targets that already make points critical,
 * the targets nearest to the base targets for which chosen Hessians also have chosen indices.
 *
 * With y = y_c + d and d in the null space of the plan's equations, every Hessian is affine in d.
 * Whitened and restricted to subspaces it must be positive, or negative, definite by a margin: a
 * convex problem with a quadratic objective, solved by a primal-dual interior-point method that
 * touches Hessians through S(u), S*(Q) and D2f[v, u] alone. */
#ifndef CPT_NATURE_NATURE_H
#define CPT_NATURE_NATURE_H

#include "nature/problem.h"

critpt_status cpt_nature_solve(const cpt_nature_problem *problem, cpt_nature_result *result);
void cpt_nature_result_destroy(cpt_nature_result *result, size_t n_points);
/* The margin of every point (n_points) at the targets, as an outcome has it; NaN where no nature is
 * wanted. */
critpt_status cpt_nature_measure(const cpt_nature_problem *problem, const double *targets,
                                 double *margins);
/* Doubles that solving takes at most with so many points, of which so many want a nature, but for
 * what the problem's `memory` and functions take. */
critpt_status cpt_nature_size(const critpt_landscape *landscape, size_t n_points, size_t n_natures,
                              size_t *size);

#endif
