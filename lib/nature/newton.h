/* Linear equations in scaled coordinates, by preconditioned conjugate gradients. */
#ifndef CPT_NATURE_NEWTON_H
#define CPT_NATURE_NEWTON_H

#include "nature/preconditioner.h"

typedef struct cpt_nature_newton {
    cpt_nature_preconditioner preconditioner;
    size_t columns, last_steps; /* the preconditioner's and what the last equations took */
    double *step, *r;           /* n each: solution and residual */
    double *h, *p, *q;          /* n each: preconditioned residual, direction, its product; scratch
                                   between solves */
} cpt_nature_newton;

critpt_status cpt_nature_newton_create(cpt_nature_newton *newton, const cpt_nature_maps *maps);
/* Begins anew with the blocks of a cone. */
critpt_status cpt_nature_newton_begin(cpt_nature_newton *newton, cpt_nature_maps *maps,
                                      const cpt_nature_cone *cone);
void cpt_nature_newton_destroy(cpt_nature_newton *newton);
/* Follows the blocks' scaling, with more columns where the last equations took many steps, or with
 * a preconditioner that is whole from now on, if `strengthen` says so; CRITPT_NOT_CONVERGED where
 * rounding leaves nothing of the scaling. */
critpt_status cpt_nature_newton_follow(cpt_nature_newton *newton, cpt_nature_maps *maps,
                                       const cpt_nature_cone *cone, bool strengthen);
/* step += (I + B* B)^-1 r, or (B* B)^-1 r without the identity, until a residual of norm
 * `tolerance` is left in r, or so many steps are made, or all that the budget leaves. */
critpt_status cpt_nature_newton_solve(cpt_nature_newton *newton, cpt_nature_maps *maps,
                                      cpt_nature_cone *cone, bool identity, double tolerance,
                                      size_t most_steps);
/* Steps of conjugate gradients that the budget leaves. */
size_t cpt_nature_products_left(const cpt_nature_maps *maps);

#endif
