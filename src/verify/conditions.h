/* Conditions once more, and frozen targets. */
#ifndef VERIFY_CONDITIONS_H
#define VERIFY_CONDITIONS_H

#include "verify/verification.h"

outcome verify_check_conditions(verification *v);
outcome verify_count_frozen(const verification *v, double *count);

#endif
