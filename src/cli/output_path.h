/* Where an output goes: links are followed once, so that what they point to is replaced. */
#ifndef OUTPUT_PATH_H
#define OUTPUT_PATH_H

#include "cli/outcome.h"

/* The path of the regular file that `path` leads to, or of the file that it would make, in memory
 * that the caller frees. ENVIRONMENT where there is something else. */
outcome cli_output_resolve(const char *path, char **final);

#endif
