/* The plain arrays of a landscape that the checker in exact.h takes, and the claims about points
 * that follow from it. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "critpt_file.h"
#include "exact.h"

typedef struct problem {
    exact_problem exact; /* points into what follows */
    size_t *widths;
    critpt_activation *activations;
    int *bias;
    double *inputs, *targets, *sample_weights, *metric;
    size_t n_outputs, n_weights;
} problem;

outcome problem_load(problem *p, const critpt_landscape *landscape);
void problem_free(problem *p);

enum { N_CLAIMS = CRITPT_FILE_POINT_KINK_MARGIN + 1 };

/* What may be claimed of a point: indexed by critpt_file_point_quantity; norms of gradients rounded
 * up by more than the checker's own rounding. */
void claims_from(const exact_values *values, double claims[N_CLAIMS]);
/* The recomputed value that a claim is held against, and whether the claim holds. */
double recomputed(const exact_values *values, critpt_file_point_quantity quantity);
bool claim_holds(const exact_values *values, critpt_file_point_quantity quantity, double stated);

#endif
