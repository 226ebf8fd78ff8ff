/* Conditions once more, and frozen targets. */
#ifndef VERIFY_CONDITIONS_H
#define VERIFY_CONDITIONS_H

#include "verify/verification.h"

/* Seconds for all conditions. */
outcome verify_estimate_conditions(verification *v, double *seconds);
outcome verify_check_conditions(verification *v);
outcome verify_count_frozen(const verification *v, double *count);

#endif
