/* How wide the basins of minima are, as far as the file knows. */
#ifndef REPORT_BASINS_H
#define REPORT_BASINS_H

#include <stdio.h>

#include "critpt_file.h"
#include "cli/outcome.h"

/* A section, where a point is a minimum. */
outcome report_basins(FILE *stream, const critpt_file *file);

#endif
