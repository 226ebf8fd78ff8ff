/* Descent from a start near a minimum, by a trust region on the exact Hessian. */
#ifndef CPT_BASIN_DESCENT_H
#define CPT_BASIN_DESCENT_H

#include "basin/loss.h"
#include "basin/region.h"

/* A place that is descended from: weights, outputs (N x D) and gradient. */
typedef struct cpt_basin_place {
    double *weights, *outputs, *gradient;
} cpt_basin_place;

typedef struct cpt_descent {
    critpt_workspace *workspace;
    size_t P;
    const double *minimum; /* P */
    size_t n_null;         /* dimensions of its null orbit */
    double least;          /* eigenvalue beyond them */
    double floor;          /* of gradients: rounding makes as much of one that is zero */
    cpt_basin_loss loss;
    cpt_region region;
    cpt_basin_place at, trial;
    double *step; /* P */
    size_t n_hessians, max_hessians;
} cpt_descent;

/* Takes workspace, minimum and sizes as they stand in it. To be destroyed even after an error. */
critpt_status cpt_descent_create(cpt_descent *descent);
void cpt_descent_destroy(cpt_descent *descent);
/* Descends from the start that stands in at.weights, of distance `radius`. *ended is false where
 * the Hessians were used up; *returned whether it ended at the minimum or its null orbit. */
critpt_status cpt_descent_run(cpt_descent *descent, double radius, bool *ended, bool *returned);

#endif
