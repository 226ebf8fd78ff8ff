/* What a specification asks for beside critical points. */
#ifndef PLANT_CONDITIONS_H
#define PLANT_CONDITIONS_H

#include "plant/instance.h"

/* Adds what the specification asks for beside critical points to the plan,
 * with free points after its own for weights of values. */
outcome plant_instance_add_conditions(instance *made);

#endif
