/* The subcommands, and how they read their command lines. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/outcome.h"

typedef struct command {
    const char *name;
    const char *usage;       /* "critpt plant SPEC.json -o FILE.h5 [...]" */
    const char *description; /* for --help, lines */
    outcome (*run)(int n_arguments, char **arguments);
} command;

/* An option of a subcommand: the one result pointer that is not NULL tells its kind. */
typedef struct option_spec {
    const char *name; /* "--seed", "-o" */
    const char **text;
    bool *flag;
    uint64_t *integer;
    double *seconds;
    bool *given; /* may be NULL */
} option_spec;

/* What reading the landscape file may take, in every subcommand that reads one. */
#define READ_LIMIT_OPTION(limit)                                                                   \
    {                                                                                              \
        .name = "--read-limit", .integer = (limit)                                                 \
    }
#define READ_LIMIT_USAGE " [--read-limit BYTES]"
#define READ_LIMIT_HELP                                                                            \
    "    --read-limit BYTES  memory that FILE.h5 may take; 256 MiB or 100 times its size by "      \
    "default\n"

/* Where the model of a file is that does not hold it. */
#define LIBRARY_OPTION(path)                                                                       \
    {                                                                                              \
        .name = "--library", .text = (path)                                                        \
    }
#define LIBRARY_USAGE " [--library MODEL.so]"
#define LIBRARY_HELP                                                                               \
    "    --library MODEL.so  the shared object with the model, for a file that does not hold it\n"

/* Reads options, in any place, and exactly one other argument, which `what` names. */
outcome cli_parse_arguments(const command *c, int n_arguments, char **arguments,
                            const option_spec *options, size_t n_options, const char *what,
                            const char **argument);
/* Reads options and any number of other arguments, at most n_arguments, into `found`. */
outcome cli_parse_list(const command *c, int n_arguments, char **arguments,
                       const option_spec *options, size_t n_options, const char **found,
                       size_t *n_found);

#endif
