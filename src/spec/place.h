/* Checked access to JSON whose failures name the place: "spec.json: points[2].natur: ...". */
#ifndef JSON_PLACE_H
#define JSON_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/outcome.h"

/* A value and the way to it; places live on the stack of those who walk. */
typedef struct place {
    const char *file;
    const struct place *parent; /* NULL at the root */
    const char *key;            /* NULL for an element of an array */
    size_t index;
    json_t *value;
} place;

outcome spec_fail_at(const place *p, const char *format, ...) PRINTF_LIKE(2, 3);

/* An object with keys out of `known`, a list that ends with NULL. */
outcome spec_require_object(const place *p, const char *const *known);
outcome spec_require_array(const place *p, const char *of_what, size_t *length);

/* The member, whose value is NULL if it is absent. */
place spec_member_of(const place *object, const char *key);
place spec_element_of(const place *array, size_t index);

/* Each of the following stores the value, or leaves *result alone if it is absent. */
outcome spec_take_text(const place *p, const char **result);
outcome spec_take_boolean(const place *p, bool *result);
outcome spec_take_integer(const place *p, uint64_t low, uint64_t high, uint64_t *result);
outcome spec_take_size(const place *p, size_t low, size_t high, size_t *result);
/* A number; a number above 0. */
outcome spec_take_positive(const place *p, double *result);
outcome spec_take_number(const place *p, double *result);

#endif
