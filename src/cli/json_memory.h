/* Memory of Jansson, which does not always say that it had none: what could not be made is left out
 * of what is built, and a text cut short is one with an error in it. */
#ifndef JSON_MEMORY_H
#define JSON_MEMORY_H

#include "cli/outcome.h"

/* Before Jansson is used. */
void cli_json_watch_memory(void);
/* Memory, to be freed, whose refusal is noted with Jansson's. */
void *cli_json_allocate(size_t bytes);
/* ENVIRONMENT if Jansson was ever refused memory. */
outcome cli_json_require_memory(void);

#endif
