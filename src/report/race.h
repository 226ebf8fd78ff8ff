/* The part of the page about a race. */
#ifndef REPORT_RACE_H
#define REPORT_RACE_H

#include <stdio.h>

#include "cli/outcome.h"

/* Tables and pictures of the race in the folder, for the landscape of this name and weights. */
outcome report_race(FILE *stream, const char *directory, const char *landscape, size_t n_weights);

#endif
