/* DIR/manifest.json: what is in a folder of a suite, by which the folder is known again. */
#ifndef SUITE_MANIFEST_H
#define SUITE_MANIFEST_H

#include <jansson.h>

#include "suite/families.h"
#include "suite/store.h"

/* Makes the folder and DIR/specs, or goes on with one that has a manifest of this suite; any other
 * that is not empty is refused. */
outcome suite_folder_begin(const char *directory);
/* What families have to say of themselves. */
outcome suite_describe(json_t **root);
/* Writes the manifest of the members that are there whole, counts them, and hands it over. */
outcome suite_manifest_write(const char *directory, size_t *n_whole, json_t **root);
/* For each member the hash of its landscape file in the manifest, or an empty string. */
outcome suite_manifest_read(const char *directory, char (*hashes)[CLI_HASH_DIGITS + 1]);

#endif
