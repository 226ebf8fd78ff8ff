/* A model out of a shared object, as critpt_plugin(3) describes it. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdbool.h>

#include "critpt_file.h"
#include "critpt_plugin.h"
#include "cli/outcome.h"
#include "cli/sha256.h"

/* To be zeroed before it is opened. */
typedef struct plugin {
    char *path, *options; /* options: NULL if there are none */
    void *handle;
    critpt_plugin_model table; /* configured */
    bool configured;
    critpt_model *model;
    char hash[CLI_HASH_DIGITS + 1]; /* of the object */
} plugin;

/* Which model is wanted. */
typedef struct plugin_request {
    const char *path;
    const char *name;    /* NULL: the only one */
    const char *options; /* NULL: none */
} plugin_request;

/* Loads it after a trial in a child, and makes the model. What is wrong is a sentence that begins
 * with the path. */
outcome plugin_open(plugin *p, const plugin_request *request);
/* After all that uses the model. */
void plugin_close(plugin *p);

/* What a file of its landscapes says of the model. */
outcome plugin_describe(const plugin *p, critpt_file *file);

/* The landscape of a file of any kind, whose model comes from the object at `path` if the file does
 * not hold it; `path` NULL: none is given. BAD_INPUT where name, version or sizes are others;
 * `other` where the outputs at the file's points are. */
outcome plugin_landscape(plugin *p, const char *path, const critpt_file *file,
                         const char *file_path, outcome other, critpt_landscape **landscape);

#endif
