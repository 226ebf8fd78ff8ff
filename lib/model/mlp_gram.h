/* Products of the Jacobians of all points of a layered network, inside its folder: J_k' Mn J_l,
 * summed over the samples (MATH 6).
 *
 * Column (p, r) of Mn^(1/2) J_k is delta_{k,o}[p] abar[r] for every output o, so that an entry of a
 * product is the sum over the samples of (sum_o delta_{k,o}[p] delta_{l,o}[q]) (abar_k[r]
 * abar_l[s]): rows of pairs of units against rows of pairs of inputs, as the Hessian's parts are.
 * Units whose inputs are the same form a group: the first layer's of all points, a hidden layer's
 * of one point. A linear output layer's delta is the same at all points, so that all of them form
 * one group with the inputs of all points. */
#ifndef CPT_MODEL_MLP_GRAM_H
#define CPT_MODEL_MLP_GRAM_H

#include "model/mlp.h"
#include "model/mlp_products.h"

/* Pairs of units and of inputs formed at a time: they stay in cache, and make a good product. */
enum { CPT_MLP_UNIT_PAIRS = 512, CPT_MLP_INPUT_PAIRS = 352 };

typedef enum cpt_mlp_group_kind {
    CPT_MLP_FIRST_LAYER,
    CPT_MLP_ONE_POINT,
    CPT_MLP_LINEAR_OUTPUTS
} cpt_mlp_group_kind;

typedef struct cpt_mlp_group {
    cpt_mlp_group_kind kind;
    const cpt_layer *layer;
    size_t point;      /* of CPT_MLP_ONE_POINT */
    size_t units, fan; /* entries of both lists; fan includes the constant */
    size_t places;     /* equations of one unit, each belonging to an input */
    double *delta;     /* units x D x n */
    double *inputs;    /* fan x n */
} cpt_mlp_group;

/* The products of two groups, g <= h: pairs of units by pairs of inputs. */
typedef struct cpt_mlp_pairing {
    const cpt_mlp_group *g, *h;
    bool constant; /* the linear outputs with themselves, where one metric serves all samples up to
                      a factor: the sums of all pairs of units differ by factors alone */
    size_t rows, columns;
} cpt_mlp_pairing;

typedef struct cpt_mlp_pairing_tile {
    const cpt_mlp_pairing *part;
    size_t pass, first, rows;
    double *sums; /* rows x columns */
} cpt_mlp_pairing_tile;

typedef struct cpt_mlp_gram {
    cpt_gram gram; /* first */
    const cpt_mlp *mlp;
    bool one_metric;
    cpt_mlp_group *groups;
    size_t n_groups;
    cpt_mlp_pairing *parts;
    size_t n_parts;
    cpt_mlp_pairing_tile *tiles;
    size_t n_tiles, n_sums;
    double *sums;
    size_t pass, n; /* of the present batch */
    double keep;    /* 0 before the first batch of a pass */
    size_t n_rows;  /* of n samples, of a batch, in */
    double *memory;
    double *reference, *pairs, *products; /* 1, CPT_MLP_UNIT_PAIRS and CPT_MLP_INPUT_PAIRS rows */
    size_t widest;                        /* the largest fan */
    double *square;                       /* widest x widest */
    double *ratios;                       /* D x D: of a constant part */
    size_t most_places;
    size_t *equations, *sources; /* twice the most places: of a unit of each of two groups */
} cpt_mlp_gram;

/* The group of a point's units in a layer. */
cpt_mlp_group *cpt_mlp_gram_group(const cpt_mlp_gram *gram, size_t layer, size_t point);

critpt_status cpt_mlp_gram_size(const critpt_model *model, size_t n_points, bool one_metric,
                                size_t n_samples, size_t bytes, size_t *batch, size_t *size);
critpt_status cpt_mlp_gram_create(cpt_gram **gram, const critpt_model *model, size_t n_points,
                                  bool one_metric, size_t n_samples, size_t bytes);
void cpt_mlp_gram_destroy(cpt_gram *gram);
critpt_status cpt_mlp_gram_start(cpt_gram *gram, size_t pass);
critpt_status cpt_mlp_gram_take(cpt_gram *gram, size_t point, const cpt_batch *batch,
                                const double *seeds);
critpt_status cpt_mlp_gram_add(cpt_gram *gram);
critpt_status cpt_mlp_gram_store(cpt_gram *gram, const size_t *first, const size_t *numbers,
                                 cpt_upper *matrix);

#endif
