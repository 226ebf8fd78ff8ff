/* A specification made into an instance. */
#ifndef PLANT_BUILD_H
#define PLANT_BUILD_H

#include "plant/instance.h"

outcome plant_instance_build(instance *made, const char *file, const uint64_t *seed);

#endif
