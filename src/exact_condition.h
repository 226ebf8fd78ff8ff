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
    double size; /* of the terms whose sum it is: the scale of rounding */
} exact_finding;

outcome exact_find(const exact_problem *problem, const exact_request *request,
                   exact_finding *finding);
/* How many losses and how many Hessian-vector products that takes. */
void exact_find_cost(const exact_problem *problem, const exact_request *request, double *losses,
                     double *products);

#endif
