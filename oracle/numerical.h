/* A model of which the checker knows the outputs alone: derivatives by central differences of
 * eighth order, each over steps that halve, of which the one is taken whose result differs least
 * from that before it. By how much is its error, and at least what rounding of the outputs makes of
 * it. These errors join the sizes of terms, by which the checker judges. */
#ifndef ORACLE_NUMERICAL_H
#define ORACLE_NUMERICAL_H

#include "oracle/model.h"
#include "oracle/values.h"

typedef struct oracle_numerical {
    /* Of one sample, D; may be called by several threads. Where the model fails they are NaN. */
    void (*outputs)(void *data, const real *weights, const double *inputs, real *outputs);
    void *data;
    size_t n_inputs, n_outputs, n_weights;
    double epsilon; /* a relative error of outputs: those of a sum are taken to be all alike, which
                       makes up for some that are larger */
} oracle_numerical;

/* The numerical model has to outlive it. */
oracle_model oracle_numerical_model(const oracle_numerical *numerical);
/* Whether a model is such a one. */
bool oracle_is_numerical(const oracle_model *model);

/* Outputs of a sample, D, their Jacobian, D x P, and how far its entries are off. `state` has the
 * model's size. */
void oracle_numerical_jacobian(const oracle_numerical *numerical, const real *weights,
                               const double *inputs, real *state, const real **outputs,
                               const real **jacobian, const real **errors);

/* oracle_evaluate of such a model. */
oracle_status oracle_numerical_evaluate(const oracle_problem *problem, const double *weights,
                                        oracle_values *values);

#endif
