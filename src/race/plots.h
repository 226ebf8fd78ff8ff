/* Pictures of a race, by gnuplot. */
#ifndef RACE_PLOTS_H
#define RACE_PLOTS_H

#include "cli/output_set.h"
#include "race/results.h"

/* DIRECTORY/run-lengths.svg, loss.svg, ends.svg, and where they have a subject saddles.svg and
 * trajectories.svg. Without gnuplot there are none, and *without says so. */
outcome race_plots_write(const race_results *r, output_set *set, const char **without);

#endif
