/* Several files that appear together or not at all: written beside their names, renamed at the end.
 */
#ifndef OUTPUT_SET_H
#define OUTPUT_SET_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/outcome.h"

typedef struct output_set {
    const char *directory;
    bool made_directory;
    size_t n, capacity;
    char **names; /* final paths; each is written as the path and ".tmp" */
    FILE *current;
} output_set;

/* Makes the directory if there is none. */
outcome cli_output_begin(output_set *set, const char *directory);
/* Opens directory/name for writing, or name alone in a set that has not begun with a directory and
 * is all zeros; output_close ends it. */
outcome cli_output_open(output_set *set, const char *name);
outcome cli_output_close(output_set *set);
/* Whether `output` (NULL: none) is another file than `input`; BAD_INPUT otherwise, with a sentence
 * that names the option and what the input is. */
outcome cli_output_require_other(const char *option, const char *output, const char *input,
                                 const char *what);
/* path.tmp, in memory that the caller frees. */
outcome cli_output_temporary(const char *path, char **name);
/* Puts everything in place. */
outcome cli_output_commit(output_set *set);
/* Removes what was not put in place, also after output_commit. */
void cli_output_end(output_set *set);

#endif
