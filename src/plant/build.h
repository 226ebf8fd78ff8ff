/* A specification made into an instance. */
#ifndef PLANT_BUILD_H
#define PLANT_BUILD_H

#include "cli/progress.h"
#include "plant/instance.h"

/* `seed` and `library` replace the specification's unless they are NULL. The bar shows what takes
 * long in it: drawing points. */
outcome plant_instance_build(instance *made, const char *file, const uint64_t *seed,
                             const char *library, progress *bar);
/* Its plan anew, as after a change of what the specification asks of points. */
outcome plant_instance_plan(instance *made);

#endif
