/* The subspaces in which Hessians are to be positive or negative definite, and their inequalities.
 */
#ifndef CPT_NATURE_SUBSPACES_H
#define CPT_NATURE_SUBSPACES_H

#include "nature/whitening.h"

typedef struct cpt_nature_subspaces {
    cpt_nature_maps *maps;
    cpt_nature_whitening *whitenings; /* of the points that want a nature */
    double *hessians;                 /* at the origin e = 0, n_points x P x P */
    double *vectors, *previous;       /* n_points x P x P: V of each saddle, order x order, with
                                         which the rows V W' span its subspaces, the first q rows
                                         the negative one; and the V before the last turn */
} cpt_nature_subspaces;

/* To be destroyed even after an error. */
critpt_status cpt_nature_subspaces_create(cpt_nature_subspaces *subspaces, cpt_nature_maps *maps);
void cpt_nature_subspaces_destroy(cpt_nature_subspaces *subspaces);
/* A point's whitening, and its Hessian at the targets of the origin. */
critpt_status cpt_nature_subspaces_examine(cpt_nature_subspaces *subspaces, size_t point,
                                           const double *origin);
/* The cone's inequalities in the subspaces that the Hessians at the targets y have, for margins
 * times `scale`. If they follow those in the cone, their multipliers do, too. */
critpt_status cpt_nature_subspaces_choose(cpt_nature_subspaces *subspaces, const double *y,
                                          double scale, bool follow, cpt_nature_cone *cone);

#endif
