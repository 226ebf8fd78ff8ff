/* The interior-point method: min 1/2 |e|^2 subject to C_j + B_j e >= 0. */
#ifndef CPT_NATURE_INTERIOR_H
#define CPT_NATURE_INTERIOR_H

#include "nature/newton.h"

typedef enum cpt_nature_end {
    CPT_NATURE_CONVERGED, /* feasible, and the duality gap is small */
    CPT_NATURE_SEPARATED, /* multipliers prove that no solution is nearer than `radius` */
    CPT_NATURE_EXHAUSTED, /* no steps of conjugate gradients are left */
    CPT_NATURE_STALLED    /* rounding lets no step get on */
} cpt_nature_end;

typedef struct cpt_nature_solution {
    double *e;     /* n: the best iterate */
    double primal; /* 1/2 |e|^2 */
    bool feasible; /* it satisfies all inequalities strictly */
    double *inner; /* n: the last feasible iterate that was well inside, far from optimal */
    bool has_inner;
    double dual;   /* the best lower bound of 1/2 |e|^2; its multipliers are the blocks' `best` */
    double radius; /* that of |e| */
    double scale_cap; /* the multipliers allow no margins larger than these by this factor */
    double mu;        /* <X, Z> / order at the end */
    cpt_nature_end end;
    size_t n_iterations;
    size_t n_columns, last_steps; /* the preconditioner's last, and the steps that the equations
                                     then took, for a solve that goes on from this one */
} cpt_nature_solution;

typedef struct cpt_nature_goal {
    double constant; /* what the objective has beside 1/2 |e|^2 */
    double far;      /* |e| beyond which a solution counts as none */
    double gap;      /* relative duality gap to reach */
} cpt_nature_goal;

/* `from`: changes to start from if they satisfy all inequalities, with the multipliers that the
 * blocks have; or NULL. What `newton` keeps from one solve to the next is the points' alone. */
critpt_status cpt_nature_interior(cpt_nature_maps *maps, cpt_nature_cone *cone,
                                  cpt_nature_newton *newton, const cpt_nature_goal *goal,
                                  const double *from, cpt_nature_solution *solution);

#endif
