/* The plain arrays of a landscape that the oracle takes, and the claims about points
 * that follow from it. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "critpt_file.h"
#include "cli/outcome.h"
#include "oracle/first_order.h"
#include "oracle/network.h"

typedef struct problem {
    oracle_problem oracle; /* points into what follows: stay in place */
    oracle_network network;
    size_t *widths;
    critpt_activation *activations;
    int *bias;
    double *inputs, *targets, *sample_weights, *metric;
    size_t n_outputs, n_weights;
} problem;

/* critpt_landscape_gradient_unit, and the same of data rounded to float32; 0 where those overflow.
 */
outcome claims_find_units(const critpt_landscape *landscape, const critpt_landscape *rounded,
                          const double *weights, double *unit, double *rough);
/* The landscape of data rounded to float32, which the caller destroys; NULL where they overflow. */
outcome claims_round_landscape(const problem *p, critpt_landscape **rounded);

/* The outcome of a step of the oracle, with its sentence. */
outcome claims_from_oracle(oracle_status status);

outcome claims_load_problem(problem *p, const critpt_landscape *landscape);
void claims_free_problem(problem *p);

enum { N_CLAIMS = CRITPT_FILE_POINT_KINK_MARGIN + 1 };

/* The checker's own numbers, indexed by critpt_file_point_quantity; a gradient in units has those
 * of the checker. */
double claims_recomputed(const oracle_values *values, critpt_file_point_quantity quantity);
/* Whether a number of the library holds. `unit` is critpt_landscape_gradient_unit of its data:
 * bounds of gradients are the library's own numbers plus one unit, and hold if the checker's are
 * off by at most one more. */
bool claims_hold(const oracle_values *values, double unit, critpt_file_point_quantity quantity,
                 double stated);
/* Whether a number that was the checker's is so again, whatever type it computes in. */
bool claims_checked_hold(const oracle_values *values, critpt_file_point_quantity quantity,
                         double stated);
/* The quantity under which the checker's own number stands. */
critpt_file_point_quantity claims_checked_quantity(critpt_file_point_quantity quantity);

#endif
