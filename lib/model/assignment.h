/* The assignment problem: one partner for each, at the least total cost. */
#ifndef CPT_MODEL_ASSIGNMENT_H
#define CPT_MODEL_ASSIGNMENT_H

#include "base/base.h"

/* Scratch for assignments of at most n, zero before it is created; destroyed even after an error.
 */
typedef struct cpt_assignment {
    double *u, *v;    /* potentials of rows; of columns, n + 1 */
    size_t *row_of;   /* the row matched to a column, n + 1; n: none */
    size_t *previous; /* column before this one on the shortest path */
    double *least;    /* reduced length of the path to a column */
    bool *done;
} cpt_assignment;
critpt_status cpt_model_assignment_create(cpt_assignment *scratch, size_t n);
void cpt_model_assignment_destroy(cpt_assignment *scratch);

/* match[i] is the column assigned to row i of the n x n costs, a permutation of least sum. */
void cpt_model_assign(const cpt_assignment *scratch, size_t n, const double *cost, size_t *match);

#endif
