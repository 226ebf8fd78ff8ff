/* What the tests of callbacks share: a model whose derivatives have closed forms. */
#ifndef TESTS_CALLBACKS_SUPPORT_H
#define TESTS_CALLBACKS_SUPPORT_H

#include "support.h"

enum { P = 5, D = 2, CHECKED = 6 };

/* f_0 = w0 exp(-w1 x) + w2 exp(-w3 x), f_1 = w0 sin(w1 x) + w4^2: all callbacks of it. */
extern const critpt_model_callbacks whole;
/* First and second derivatives at one sample, in extended precision. */
void derivatives(const double *w, double at, long double J[D][P], long double S[D][P][P]);

/* Weights and samples to check a table at. */
extern const double check_weights[P], check_inputs[CHECKED];

#endif
