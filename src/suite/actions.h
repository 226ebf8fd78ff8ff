/* What critpt suite does with a folder. */
#ifndef SUITE_ACTIONS_H
#define SUITE_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/outcome.h"

typedef struct suite_request {
    const char *directory;
    const char *only; /* a pattern of names, as a shell has them; NULL: all */
    size_t at_once;
    bool json;
} suite_request;

outcome suite_make(const suite_request *r);
outcome suite_verify(const suite_request *r);

#endif
