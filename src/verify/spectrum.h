/* Spectra once more. */
#ifndef VERIFY_SPECTRUM_H
#define VERIFY_SPECTRUM_H

#include "verify/verification.h"

enum { VERIFY_DIRECTIONS = 16 }; /* at random, where there is no time for whole Hessians */

/* Whether the file states a spectrum of the point. */
bool verify_states_spectrum(const verification *v, size_t k);
/* For a gradient of so many units. */
outcome verify_check_spectrum(verification *v, size_t k, const double *weights,
                              double gradient_scaled, double kink_margin);

#endif
