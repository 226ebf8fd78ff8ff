/* Spectra once more. */
#ifndef VERIFY_SPECTRUM_H
#define VERIFY_SPECTRUM_H

#include "verify/verification.h"

/* Whether the file states a spectrum of the point. */
bool verify_states_spectrum(const verification *v, size_t k);
/* Seconds that the recheck of one takes, by the whole Hessian and along random directions, and
 * v->product_seconds. */
outcome verify_estimate_spectrum(verification *v, const double *weights, double *whole,
                                 double *directions);
/* For a gradient of so many units. */
outcome verify_check_spectrum(verification *v, size_t k, const double *weights,
                              double gradient_scaled, double kink_margin);

#endif
