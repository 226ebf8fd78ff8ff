/* Pieces of work, each in a process of its own, several at a time. */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/progress.h"
#include "cli/outcome.h"

typedef struct children_work {
    size_t n, at_once;
    /* Does piece i, in the child; what it returns, if it does, is the exit code. */
    int (*work)(size_t i, void *user);
    /* Whether piece i need not be done; may be NULL. */
    bool (*is_done)(size_t i, void *user);
    /* What the end of its child means, by the status of waitpid(2) and the child's sentence, which
     * is empty where it left none; anything but DONE ends all. */
    outcome (*judge)(size_t i, int status, const char *sentence, void *user);
    const char *(*stage)(size_t i, void *user); /* for the bar */
    const char *interrupted;                    /* the sentence for a signal */
    int stop_by;                                /* the signal that ends the other children then */
    void *user;
} children_work;

outcome cli_children_work(const children_work *work, progress *bar);
/* Ends a child; unless the code is 0 the parent hears the sentence of its last failure. */
_Noreturn void cli_child_end(int code);

#endif
