/* Points that are drawn apart. */
#ifndef PLANT_SEPARATION_H
#define PLANT_SEPARATION_H

#include "cli/progress.h"
#include "plant/instance.h"

/* Chooses the points that are drawn apart, among the candidates. */
outcome plant_instance_separate_points(instance *made, progress *bar);

#endif
