/* Conditions once more: what is asked, what is there, and the largest error of an equation, in
 * extended precision. Shares no code with the library. */
#ifndef ORACLE_CONDITION_H
#define ORACLE_CONDITION_H

#include "oracle/first_order.h"

/* A condition in plain arrays, as critpt_file_condition(3) describes them. */
typedef struct oracle_request {
    critpt_condition_kind kind;
    const double *weights[3];
    double value; /* what is asked, where it is one number */
    size_t n_rows, n_columns;
    const double *array;
} oracle_request;

typedef struct oracle_finding {
    double requested; /* the value; |gradient|; 0; a picture's contrast */
    double achieved;  /* the same of the landscape */
    double residual;
    double size;   /* of the terms whose sum it is: the scale of rounding */
    bool termless; /* an equation without terms asks for what is not 0 */
} oracle_finding;

oracle_status oracle_find(const oracle_problem *problem, const oracle_request *request,
                          oracle_finding *finding);

/* The largest changes of what is achieved and of the residual when each weight and each input
 * but zeros is moved to one of its neighbours in double precision: what rounding of the units' sums
 * makes of them, in eps / 2. Weights alone move all samples alike, which conditions may not feel.
 */
oracle_status oracle_find_sensitivity(const oracle_problem *problem, const oracle_request *request,
                                      const oracle_finding *finding, double *achieved,
                                      double *residual);

/* Equations that it stands for. */
double oracle_equations(const oracle_request *request, double n_weights);
/* Whether losses may be tied for all targets, so that it stands for none. */
bool oracle_may_be_tied(const oracle_request *request);
/* Units of rounding that a number of its kind may be off: fewer for losses than for derivatives. */
double oracle_accepted_units(const oracle_request *request);

/* What it takes: work that n cores share counts 1/n. */
typedef struct oracle_cost {
    double evaluations, losses, products; /* of oracle_evaluate, oracle_loss, oracle_products */
} oracle_cost;

oracle_cost oracle_find_cost(const oracle_problem *problem, const oracle_request *request);

#endif
