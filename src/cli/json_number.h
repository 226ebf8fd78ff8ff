/* JSON output: numbers that JSON has no words for, texts that are not UTF-8, and printing. */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include <jansson.h>

#include "cli/outcome.h"

/* An integer where it is one below 2^53, null for NaN, "inf" and "-inf" as strings. */
json_t *cli_json_number(double value);
/* Bytes that are not UTF-8, as names of files may have, become \x and two digits; null for NULL. */
json_t *cli_json_text(const char *text);
outcome cli_print_json(const json_t *root);

#endif
