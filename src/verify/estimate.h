/* How long a recheck takes. */
#ifndef VERIFY_ESTIMATE_H
#define VERIFY_ESTIMATE_H

#include "oracle/condition.h"
#include "verify/verification.h"

/* Times parts of the work at a point, and sets v->estimate, v->total, v->spectra and v->whole. */
outcome verify_estimate(verification *v, const double *weights);
/* Seconds that a condition takes, after that. */
double verify_condition_seconds(const verification *v, const oracle_request *request);

#endif
