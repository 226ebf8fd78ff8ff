/* HDF5 1.10 may crash over damaged files where no check of ours comes first: trees that lead back
 * to themselves, for one. What reads a file is tried by a child, which may crash instead. */
#ifndef TRIAL_H
#define TRIAL_H

#include "critpt_file.h"
#include "cli/outcome.h"

/* Does `work` in a child, whose results are lost. BAD_INPUT, saying that the file is `damaged`,
 * where a signal ends it or it takes more time than any file of this size needs; otherwise it is
 * safe to do it here. */
#define CLI_DAMAGED_HDF5 "a damaged HDF5 file, which HDF5 fails to read"
outcome cli_try(void (*work)(void *user), void *user, const char *path, const char *damaged);

/* critpt_file_read_limited after a trial. */
outcome cli_read_landscape(critpt_file **file, const char *path, uint64_t limit);

#endif
