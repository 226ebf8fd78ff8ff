/* What is claimed of a model that is not in the file. */
#ifndef VERIFY_MODEL_H
#define VERIFY_MODEL_H

#include "verify/verification.h"

outcome verify_check_model(verification *v);
/* Lists what of point k rests on the model's own words: its kinks, and where differences of its
 * outputs are not sharp its gradients. */
void verify_leave_rough(verification *v, size_t k, bool sharp);

#endif
