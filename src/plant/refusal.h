/* Why a plan was refused, in the terms of the specification. */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "plant/instance.h"

/* Adds to the sentence of the failure: columns and rows of the inputs' source, the
 * requests that contradict each other, and the equations.
 */
void plant_explain_refusal(const instance *made);

#endif
