/* Solving until minima have the basins that were asked for. */
#ifndef PLANT_BASINS_H
#define PLANT_BASINS_H

#include "cli/progress.h"
#include "critpt_file.h"
#include "plant/instance.h"

/* Solves the instance's plan; where the specification asks for basins, or `all` is set, measures
 * them, and raises the margins of points that fall short, in a plan made anew, until they do not.
 */
outcome plant_solve(instance *made, bool all, progress *bar);
/* States in the file what was measured. */
outcome plant_state_basins(critpt_file *file, const instance *made);

#endif
