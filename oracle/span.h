/* Spans of directions of the weights: single weights, and vectors. */
#ifndef ORACLE_SPAN_H
#define ORACLE_SPAN_H

#include <stdbool.h>

#include "oracle/real.h"
#include "oracle/status.h"

/* What was found: weights without effect, and vectors. */
typedef struct oracle_span {
    size_t P, n, capacity;
    bool *marked;  /* P */
    real *vectors; /* n x P */
} oracle_span;

oracle_status oracle_span_add(oracle_span *found, const real *v);
/* v less its part in the marked weights and in the first n vectors, which are orthonormal; returns
 * its length. */
real oracle_span_reduce(const oracle_span *found, size_t n, real *v);
/* Makes the vectors orthonormal, and leaves out those that depend on others. */
void oracle_span_orthonormalize(oracle_span *found);
void oracle_span_free(oracle_span *found);

#endif
