/* The targets to stay near to. */
#ifndef PLANT_TARGETS_H
#define PLANT_TARGETS_H

#include "plant/instance.h"

/* The specification's targets to stay near to; a plan has the default ones until then. */
outcome plant_instance_set_base_targets(const instance *made, critpt_plan *plan);

#endif
