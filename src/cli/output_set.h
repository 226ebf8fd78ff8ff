/* Several files that appear together or not at all: each is written beside its final name, under a
 * name that no other writer has, and renamed at the end. What was there stays until then; devices,
 * FIFOs and directories are refused; a link stays, and what it points to is replaced. */
#ifndef OUTPUT_SET_H
#define OUTPUT_SET_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/outcome.h"

typedef struct output_file {
    char *path;      /* as it was asked for, in messages */
    char *final;     /* where that leads */
    char *temporary; /* NULL where there is nothing to remove */
} output_file;

typedef struct output_set {
    const char *directory;
    bool made_directory;
    size_t n, capacity;
    output_file *files;
    FILE *current;
} output_set;

/* Makes the directory if there is none. */
outcome cli_output_begin(output_set *set, const char *directory);
/* Opens directory/name for writing, or name alone in a set that has not begun with a directory and
 * is all zeros; output_close ends it. */
outcome cli_output_open(output_set *set, const char *name);
outcome cli_output_close(output_set *set);
/* Whether `path` (NULL: no output) can be written, as far as can be told before there is something
 * to write; and whether it is another file than `input`. `option` and `what` name them. */
outcome cli_output_require(const char *option, const char *path);
outcome cli_output_require_other(const char *option, const char *output, const char *input,
                                 const char *what);
/* Puts everything in place. */
outcome cli_output_commit(output_set *set);
/* Removes what was not put in place, also after output_commit. */
void cli_output_end(output_set *set);

#endif
