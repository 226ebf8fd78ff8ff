/* How a step of the program ended: its exit code, and one sentence about what failed. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stddef.h>
#include <stdio.h>

#include "critpt.h"

#if defined(__GNUC__)
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define PRINTF_LIKE(format_index, first)
#endif

/* The numbers are the exit codes of critpt(1). */
typedef enum outcome {
    DONE = 0,
    REFUSED = 1,      /* the request cannot be met */
    BAD_INPUT = 2,    /* bad usage or bad input */
    FALSE_CLAIM = 3,  /* verify found one */
    ENVIRONMENT = 4,  /* reading, writing, memory */
    INTERRUPTED = 128 /* plus the signal's number */
} outcome;

/* Sets the sentence and returns `code`. Arguments may be the old sentence. */
outcome cli_fail(outcome code, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same for a failed library call: "context: the library's message". DONE for CRITPT_OK. */
outcome cli_from_library(critpt_status status, const char *format, ...) PRINTF_LIKE(2, 3);
/* The sentence of the last failure. */
const char *cli_failure(void);

/* Text out of a file, with nothing in it but lines that a terminal would obey: \x1b for an escape;
 * and a name, which is one line. */
void cli_print_safely(FILE *stream, const char *text);
void cli_print_name(FILE *stream, const char *text);

/* The cleanup idiom: `result` and the label `done` are the function's own. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        result = (call);                                                                           \
        if (result != DONE)                                                                        \
            goto done;                                                                             \
    } while (0)

/* Stores in *pointer (a pointer to a pointer) zeroed memory; NULL on failure. */
outcome cli_allocate(void *pointer, size_t count, size_t element_size);
/* Makes room for at least `count` elements where *capacity have room, at least doubling it. */
outcome cli_grow(void *pointer, size_t *capacity, size_t count, size_t element_size);
/* A copy of the first `length` bytes, with a terminating zero. */
outcome cli_copy_text(char **copy, const char *text, size_t length);

#endif
