/* JSON output: numbers that JSON has no words for, and printing. */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include <jansson.h>

#include "cli/outcome.h"

/* An integer where it is one below 2^53, null for NaN, "inf" and "-inf" as strings. */
json_t *cli_json_number(double value);
/* BAD_INPUT naming the file `path` where there is no root, which then has a name that is no text.
 */
outcome cli_print_json(const json_t *root, const char *path);

#endif
