/* The quadratic model of the loss in a ball: the subproblem of a trust region, solved exactly. */
#ifndef CPT_BASIN_REGION_H
#define CPT_BASIN_REGION_H

#include "base/base.h"

typedef struct cpt_region {
    size_t P;
    double *vectors;         /* P x P: the Hessian, then its eigenvectors, one a row */
    double *values, *slopes; /* P each: curvature and slope along each eigenvector */
    size_t lowest;           /* of the values */
    double *parts;           /* P: the last step in them */
} cpt_region;

/* To be destroyed even after an error, if it was zero before. */
critpt_status cpt_region_create(cpt_region *region, size_t P);
void cpt_region_destroy(cpt_region *region);
/* Takes the Hessian that the caller put in `vectors`, and a gradient. Eigenvectors whose curvature
 * is rounding, and whose slope is at most `floor`, are left out of the model. */
critpt_status cpt_region_set(cpt_region *region, const double *gradient, double floor);
/* The step of length `radius` at most that lowers the model most, and by how much. `step` may be
 * NULL. */
double cpt_region_solve(cpt_region *region, double radius, double *step);

#endif
