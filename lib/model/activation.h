/* Activations: values, three derivatives and their properties, one table row each (MATH 11). */
#ifndef CPT_MODEL_ACTIVATION_H
#define CPT_MODEL_ACTIVATION_H

#include "base/base.h"
#include "model/vector_math.h"

typedef enum cpt_model_parity {
    CPT_MODEL_NO_PARITY,
    CPT_MODEL_ODD,
    CPT_MODEL_EVEN,
    CPT_MODEL_HALF_PLUS_ODD
} cpt_model_parity;

typedef struct cpt_model_activation_traits {
    const char *name;
    unsigned kink;        /* order of the first derivative that jumps at 0; 0: smooth */
    unsigned homogeneity; /* k: act(c z) = c^k act(z) for every c > 0; 0: none */
    cpt_model_parity parity;
    double slope;    /* act' left of 0 of the two rectifiers, 0 elsewhere */
    double bound[4]; /* sup |act'| to |act''''| away from the kink; INFINITY: unbounded */
    double size;     /* sup |act| */
    double tail; /* from |z| = tail on the first three derivatives are monotone on either side, and
                    none changes faster than by exp((2 |z| + CPT_MODEL_TAIL_RATE) dz); no unit with
                    a kink is there while z may have the other sign; INFINITY: never */
} cpt_model_activation_traits;

enum { CPT_MODEL_TAIL_RATE = 4 };

/* NULL if there is no such activation. */
const cpt_model_activation_traits *cpt_model_activation_find(critpt_activation activation);

/* value[i] = act(z[i]) and its first three derivatives, for i < n. Any of the four results may be
 * NULL; what is asked for depends on z[i] alone. The arrays must not overlap.
 *
 * Relative errors are a few units in the last place away from roots; magnitudes below 1e-300 may be
 * flushed to 0. At a kink the derivatives are those from the left, which are PyTorch's choice.
 * Infinite arguments give the limits where those exist; NaN gives NaN. The activation exists. */
void cpt_model_activation_evaluate(critpt_activation activation, size_t n, const double *z,
                                   double *value, double *first, double *second, double *third);

/* The same at a level that this processor has: the way to the others, for tests. */
void cpt_model_activation_evaluate_at(cpt_model_vector_level level, critpt_activation activation,
                                      size_t n, const double *z, double *value, double *first,
                                      double *second, double *third);

/* act, act' and act'' at one z in extended precision. */
void cpt_model_activation_extended(critpt_activation activation, long double z, long double *value,
                                   long double *slope, long double *second);

#endif
