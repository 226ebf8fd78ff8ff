/* Conditions once more: what is asked, what is there, and the largest error of an equation, in
 * extended precision. Shares no code with the library. */
#ifndef EXACT_CONDITION_H
#define EXACT_CONDITION_H

#include "exact.h"

/* A condition in plain arrays, as critpt_file_condition(3) describes them. */
typedef struct exact_request {
    critpt_condition_kind kind;
    const double *weights[3];
    double value; /* what is asked, where it is one number */
    size_t n_rows, n_columns;
    const double *array;
} exact_request;

typedef struct exact_finding {
    double requested; /* the value; |gradient|; 0; a picture's contrast */
    double achieved;  /* the same of the landscape */
    double residual;
    double size;   /* of the terms whose sum it is: the scale of rounding */
    bool termless; /* an equation without terms asks for what is not 0 */
} exact_finding;

outcome exact_find(const exact_problem *problem, const exact_request *request,
                   exact_finding *finding);

/* The largest changes of what is achieved and of the residual when each weight is moved to one of
 * its neighbours in double precision: what rounding of the units' sums makes of them, in eps / 2.
 */
outcome exact_find_sensitivity(const exact_problem *problem, const exact_request *request,
                               const exact_finding *finding, double *achieved, double *residual);

/* How many losses and how many Hessian-vector products that takes. */
void exact_find_cost(const exact_problem *problem, const exact_request *request, double *losses,
                     double *products);

#endif
