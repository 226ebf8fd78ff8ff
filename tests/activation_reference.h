/* Activations and their derivatives by closed forms in extended precision. */
#ifndef TESTS_ACTIVATION_REFERENCE_H
#define TESTS_ACTIVATION_REFERENCE_H

#include <critpt.h>

/* A sum of terms with the sum of their magnitudes, the unit of rounding near a root. */
typedef struct reference {
    long double exact, magnitude;
} reference;

reference reference_of(int activation, unsigned order, long double z);

#endif
