/* What the tests of natures share: planted points, and a projector of their own making. */
#ifndef TESTS_NATURE_SUPPORT_H
#define TESTS_NATURE_SUPPORT_H

#include "support.h"

#include "nature/nature.h"

enum { STAGE_POINTS = 5 };

typedef struct stage {
    scene s;
    size_t K, n, rank;
    double *weights[STAGE_POINTS];
    double *current, *base; /* n: critical for all points, nearest to base */
    double *sample_weights, *metric;
    double *range; /* rank x n: spans the ranges of all J, orthonormal in the loss's norm*/
    critpt_workspace *workspace;
    cpt_nature_point points[STAGE_POINTS];
    cpt_nature_problem problem;
} stage;

typedef struct wish {
    net shape;
    size_t N, K;
    size_t index[STAGE_POINTS];
    double margin, scale; /* scale of the weights */
    uint64_t seed;
    bool weighted;   /* with sample weights and an output metric */
    bool dead_input; /* input 0 is 0 in every sample */
} wish;

stage *stage_create(const wish *wanted);
void stage_destroy(stage *made);
double stage_product(const stage *made, const double *a, const double *b); /* a' Mn b */
critpt_status stage_project(void *user, double *change);
/* H at point k for targets y, P x P, through the public interface. */
void stage_hessian(const stage *made, size_t k, const double *y, double *hessian);

#endif
