/* Activations in extended precision: a row each of functions and of what is known of them. */
#ifndef ORACLE_ACTIVATION_H
#define ORACLE_ACTIVATION_H

#include <stdbool.h>

#include "oracle/real.h"

typedef struct oracle_activation {
    real (*value)(real z);
    real (*slope)(real z);
    real (*bend)(real z); /* the second derivative */
    double supremum[4];   /* of |act| and its first three derivatives away from 0, rounded up */
    double tail;          /* from where on the first two are monotone on either side */
    int degree;           /* k: act(c z) = c^k act(z) for every c > 0; 0: none */
    bool is_exact;        /* without an error of its own */
    bool has_kink;        /* a derivative jumps at 0 */
    double jump;          /* of the slope there */
} oracle_activation;

const oracle_activation *oracle_activation_of(critpt_activation kind);

#endif
