/* What the tests of samples spread over processes share: how they are spread, and plans made there.
 */
#ifndef TESTS_REDUCTION_SUPPORT_H
#define TESTS_REDUCTION_SUPPORT_H

#include "processes.h"

enum { N = 257, N_SPLITS = 5, REPORTED = 7 };

/* How the samples are spread. */
typedef struct spread {
    size_t p, counts[MOST_PROCESSES];
} spread;
extern const spread splits[N_SPLITS];

extern const net tanh_net, curved_net, relu_net;
extern const double metric[4];
double *sample_weights(void);

/* All processes end with this status and these words. */
void assert_all(const process *processes, size_t p, critpt_status status, const char *words);
/* |a - b| <= tolerance |b| for vectors. */
void assert_vector(const char *what, size_t n, const double *a, const double *b, double tolerance);

typedef enum recipe {
    TWO_POINTS,
    CURVATURES,
    EIGENPAIR,
    GAUSS_NEWTON,
    FREE_POINTS,
    LEVEL,
    FROZEN,
    NOISE,
    N_RECIPES
} recipe;

typedef struct planting {
    recipe recipe;
    const scene *all;
    double *targets, *base; /* N x D: every process fills in its rows */
    double *weights;        /* P: of point 0, as the solve left it */
    double report[REPORTED];
} planting;

/* Points that are critical and may move, or free ones. */
critpt_status add_points(critpt_plan *plan, const scene *all, size_t n, bool critical);
/* The recipe's plan on the samples from `first` on, n of them. */
critpt_status make_plan(critpt_plan **plan, critpt_landscape *L, const planting *of, size_t first,
                        size_t n);

#endif
