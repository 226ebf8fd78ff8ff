/* The plain arrays of a landscape that the oracle takes, and the claims about points
 * that follow from it. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "critpt_file.h"
#include "cli/outcome.h"
#include "oracle/first_order.h"
#include "oracle/network.h"
#include "oracle/numerical.h"
#include "plugin/plugin.h"

typedef struct problem {
    oracle_problem oracle; /* points into what follows: stay in place */
    oracle_network network;
    oracle_numerical numerical; /* in its place, for a model of a shared object */
    struct claims_calls *calls; /* of its outputs */
    size_t *widths;
    critpt_activation *activations;
    int *bias;
    double *inputs, *targets, *sample_weights, *metric, *penalty, *centre;
    size_t n_inputs, n_outputs, n_weights;
} problem;

/* critpt_landscape_gradient_unit, and the same of data rounded to float32; 0 where those overflow.
 */
outcome claims_find_units(const critpt_landscape *landscape, const critpt_landscape *rounded,
                          const double *weights, double *unit, double *rough);
/* The landscape of data rounded to float32, which the caller destroys; NULL where they overflow. */
outcome claims_round_landscape(const problem *p, const critpt_landscape *landscape,
                               critpt_landscape **rounded);

/* The outcome of a step of the oracle, with its sentence. */
outcome claims_from_oracle(oracle_status status);

/* `library` is where the landscape's model is from, which has to stay; NULL, or without a model,
 * for a network. */
outcome claims_load_problem(problem *p, const critpt_landscape *landscape, const plugin *library);
/* An error if the model of a shared object failed in any call of the checker. */
outcome claims_require_calls(const problem *p);
/* Whether its outputs are in extended precision. */
bool claims_are_extended(const problem *p);
/* Whether derivatives of the checker are to be believed: those of a network, and differences whose
 * errors are small beside `unit`, that of the gradient. */
bool claims_are_sharp(const oracle_values *values, double unit);
/* Whether the checker knows the model, and computes in more than double precision. */
bool claims_can_check(const problem *p);
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
