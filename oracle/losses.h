/* Losses and outputs of all samples, for any model. */
#ifndef ORACLE_LOSSES_H
#define ORACLE_LOSSES_H

#include "oracle/model.h"

/* The loss, and y' Mn y. */
oracle_status oracle_loss(const oracle_problem *problem, const double *weights, real *loss,
                          real *level);
/* The outputs of all samples, N x D. */
oracle_status oracle_outputs(const oracle_problem *problem, const double *weights, real *outputs);

#endif
