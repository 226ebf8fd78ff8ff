/* Other subcommands as parts of the work of a child. */
#ifndef SUITE_CHILD_H
#define SUITE_CHILD_H

#include <stdbool.h>

#include "cli/outcome.h"

/* What critpt plant does, with --basins where they are to be measured. */
outcome suite_plant(const char *spec, const char *landscape, bool basins);
/* What critpt verify does; what it prints is lost. */
outcome suite_verify_landscape(const char *landscape);
/* How a child ended: DONE, or the member's name before its sentence. `advice` says what to do after
 * a signal. */
outcome suite_judge_end(const char *name, int status, const char *sentence, const char *advice);

#endif
