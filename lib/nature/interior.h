/* The interior-point method. */
#ifndef CPT_NATURE_INTERIOR_H
#define CPT_NATURE_INTERIOR_H

#include "nature/maps.h"

typedef enum cpt_nature_end {
    CPT_NATURE_CONVERGED, /* feasible, and the gap is small */
    CPT_NATURE_SEPARATED, /* multipliers prove that there is nothing within `radius` */
    CPT_NATURE_EXHAUSTED, /* the budget is */
    CPT_NATURE_STALLED
} cpt_nature_end;
typedef struct cpt_nature_solution {
    double *e;     /* n */
    double primal; /* 1/2 |e|^2 */
    bool feasible;
    double *inner; /* n: the last feasible iterate that was well inside: far from nearest */
    bool has_inner;
    double dual; /* best lower bound of it; its multipliers are left in the blocks */
    double radius, scale_cap;
    double mu; /* <X, Z> / order at its end */
    cpt_nature_end end;
    size_t n_iterations;
    size_t n_columns, last_steps; /* the preconditioner's last, and the steps that the equations
                                     then took, for a solve that goes on from this one */
} cpt_nature_solution;
typedef struct cpt_nature_goal {
    double constant; /* the part of the objective that e does not move */
    double far;      /* the distance beyond which a solution counts as none */
    double gap;      /* relative duality gap to reach */
} cpt_nature_goal;
/* `from`: changes to start from if they satisfy all inequalities, with the multipliers that the
 * blocks have; or NULL. */
critpt_status cpt_nature_interior(cpt_nature_maps *maps, cpt_nature_cone *cone,
                                  const cpt_nature_goal *goal, const double *from,
                                  cpt_nature_solution *solution);

#endif
