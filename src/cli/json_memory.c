/* Jansson asks for memory here, where a refusal is noted. */
#include "cli/json_memory.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>

static bool refused;

void *cli_json_allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    refused = refused || !memory;
    return memory;
}

void cli_json_watch_memory(void)
{
    json_set_alloc_funcs(cli_json_allocate, free);
}

outcome cli_json_require_memory(void)
{
    return refused ? cli_fail(ENVIRONMENT, "out of memory") : DONE;
}
