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
/* L of outputs f less L of outputs g, and how much of it may be rounding of f and g. */
double cpt_basin_loss_difference(cpt_basin_loss *loss, const double *f, const double *g,
                                 double *rounding);

#endif
