/* What the oracle asks of a model: functions in its arithmetic, one sample at a time. The layered
 * network of network.h is one model; another is another table. */
#ifndef ORACLE_MODEL_H
#define ORACLE_MODEL_H

#include "oracle/real.h"
#include "oracle/status.h"

typedef struct oracle_functions {
    /* Numbers that a sample leaves behind for the next functions, and that a direction needs at
     * it. */
    size_t (*state_size)(const void *model);
    size_t (*direction_size)(const void *model);
    /* The outputs of one sample, D, and nothing else; `room` as large as a state. */
    void (*values)(const void *model, const double *weights, const double *inputs, real *room,
                   real *outputs);
    /* The same, with what the following need of it. */
    void (*evaluate)(const void *model, const real *weights, const double *inputs, real *state,
                     real *outputs);
    /* The derivatives of u'f, in `state`; gradient += J'u unless it is NULL. */
    void (*pull)(const void *model, const real *weights, const real *u, real *state,
                 real *gradient);
    /* Looks at a direction v of the weights, once for all samples: before any push, and kept. */
    void (*aim)(const void *model, const real *v, real *direction);
    /* tangents = J v, n x D, at n samples whose states and directions stand one after the other. */
    void (*push)(const void *model, const real *weights, const real *v, size_t n,
                 const real *states, real *direction, real *tangents);
    /* product += the sum of S(u) v + J'u_dot over them, for the u that was pulled and the v that
     * was pushed; sizes, unless it is NULL, += the sum of the terms' absolute values. */
    void (*turn)(const void *model, const real *weights, const real *v, size_t n,
                 const real *u_dots, const real *states, real *direction, real *product,
                 real *sizes);
    /* The weights fall into blocks, each pair of which has a part of the Hessian: how many; and the
     * numbers for each sample that one of them needs. */
    size_t (*n_blocks)(const void *model);
    size_t (*block_size)(const void *model);
    /* hessian += the sum of S(u) + J'F J over n samples, for the u that was pulled and the D x D
     * forms F: what pairs the weights of a block with each other and with those of later blocks.
     * Each entry stands on one side of the diagonal, the other remains as it is; P x P. sizes +=
     * the sum of the terms' absolute values. `room`: n times the block's size. */
    void (*curve)(const void *model, const real *weights, size_t block, size_t n, const real *forms,
                  const real *states, real *room, real *hessian, real *sizes);
} oracle_functions;

typedef struct oracle_model {
    const oracle_functions *functions;
    const void *data;
    size_t n_inputs, n_outputs, n_weights;
} oracle_model;

/* The samples on which its loss is taken. */
typedef struct oracle_problem {
    oracle_model model;
    size_t n_samples;
    const double *inputs;         /* N x d */
    const double *targets;        /* N x D */
    const double *sample_weights; /* N; NULL: ones */
    const double *metric;         /* D x D; NULL: the identity */
    const double *penalty;        /* P: Lambda's diagonal; NULL: none */
    const double *centre;         /* P: what is not penalised; NULL: zeros */
    oracle_stop stop;             /* none where it is zeroed */
    size_t n_threads;             /* 0: as many as there are cores */
} oracle_problem;

#endif
