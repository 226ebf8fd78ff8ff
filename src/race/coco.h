/* Results in the text format of COCO ("bbob-new2"), for cocopp. */
#ifndef RACE_COCO_H
#define RACE_COCO_H

#include "cli/output_set.h"
#include "race/results.h"

/* DIRECTORY/coco-loss/ALGORITHM/..., and coco-distance for the distance to the nearest planted
 * minimum, of the landscapes that have one. */
outcome race_coco_write(const race_results *r, output_set *set);

#endif
