/* Second derivatives of a few samples at a time, one row of P (P + 1) / 2 for each output, and
 * products with them. */
#ifndef CPT_CALLBACKS_PAIRS_H
#define CPT_CALLBACKS_PAIRS_H

#include "callbacks/callbacks.h"

/* Samples that are held at once in a batch of at most n, and the doubles that they take. */
size_t cpt_callbacks_held(const cpt_callback_model *own, size_t n);
critpt_status cpt_callbacks_held_size(const critpt_model *model, size_t n, size_t *size);

/* Rows of samples [first, first + count) of the batch, held in `memory`: absolute and enlarged if
 * the tape is. */
typedef struct cpt_pair_rows {
    size_t first, count;
    double *rows;   /* count D x n_pairs */
    double *errors; /* likewise, of differences; else NULL */
} cpt_pair_rows;
/* The rows that come after these, zero at first; count is 0 after the last. */
critpt_status cpt_callbacks_next_pairs(const cpt_callback_model *own, const cpt_callback_tape *tape,
                                       double *memory, cpt_pair_rows *pairs);

/* packed (n_pairs): the symmetric part of Q, times 2 off its diagonal; or of v u'. Its product with
 * a row is <Hess f, Q>. */
void cpt_callbacks_pack(size_t P, const double *q, size_t leading, double *packed);
void cpt_callbacks_pack_pair(size_t P, const double *v, const double *u, double *packed);
/* result (P) = or += the symmetric matrix of a row times v. */
void cpt_callbacks_pair_product(size_t P, const double *row, const double *v, double *result);

#endif
