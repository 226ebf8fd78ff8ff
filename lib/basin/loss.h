/* Losses of two vectors of weights compared: their difference, not the losses, is what is formed.
 */
#ifndef CPT_BASIN_LOSS_H
#define CPT_BASIN_LOSS_H

#include "landscape/landscape.h"

typedef struct cpt_basin_loss {
    critpt_workspace *workspace;
    double *minimum, *errors;  /* N x D each, sample-major: outputs at the minimum, their errors */
    double *change, *leverage; /* N x D */
} cpt_basin_loss;

/* To be destroyed even after an error, if it was zero before. */
critpt_status cpt_basin_loss_create(cpt_basin_loss *loss, critpt_workspace *workspace,
                                    const double *minimum);
void cpt_basin_loss_destroy(cpt_basin_loss *loss);
/* Weights and their outputs (N x D). */
typedef struct cpt_basin_side {
    const double *weights, *outputs;
} cpt_basin_side;
/* L at a less L at b, and how much of it may be rounding of the outputs. */
double cpt_basin_loss_difference(cpt_basin_loss *loss, cpt_basin_side a, cpt_basin_side b,
                                 double *rounding);

#endif
