/* Walking JSON values with the path at hand. */
#include "spec/place.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends the path to `text`; what does not fit is cut off. */
static void write_path(const place *p, char *text, size_t size)
{
    if (!p->parent) {
        *text = '\0';
        return;
    }
    write_path(p->parent, text, size);
    size_t used = strlen(text);
    if (p->key)
        snprintf(text + used, size - used, "%s%.80s", used ? "." : "", p->key);
    else
        snprintf(text + used, size - used, "[%zu]", p->index);
}

outcome spec_fail_at(const place *p, const char *format, ...)
{
    char path[512], text[1024];
    write_path(p, path, sizeof path);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cli_fail(BAD_INPUT, "%s: %s%s%s", p->file, path, *path ? ": " : "", text);
}

static bool listed(const char *const *list, const char *key)
{
    for (; list && *list; list++)
        if (!strcmp(*list, key))
            return true;
    return false;
}

static outcome unknown_key(const place *p, const char *const *known)
{
    char keys[512] = "";
    for (size_t used = 0; *known && used < sizeof keys; known++, used = strlen(keys))
        snprintf(keys + used, sizeof keys - used, "%s%s", used ? ", " : "", *known);
    return spec_fail_at(p, "unknown key; known: %s", keys);
}

static const char *kind_of(const json_t *value)
{
    static const char *const names[] = {"an object", "an array", "a string", "an integer",
                                        "a number",  "true",     "false",    "null"};
    return names[json_typeof(value)];
}

static outcome wrong_type(const place *p, const char *wanted)
{
    return spec_fail_at(p, "%s is needed here, not %s", wanted, kind_of(p->value));
}

outcome spec_require_object(const place *p, const char *const *known)
{
    if (!json_is_object(p->value))
        return wrong_type(p, "an object {...}");
    const char *key;
    json_t *value;
    json_object_foreach(p->value, key, value)
    {
        place member = {p->file, p, key, 0, value};
        if (!listed(known, key))
            return unknown_key(&member, known);
    }
    return DONE;
}

outcome spec_require_array(const place *p, const char *of_what, size_t *length)
{
    if (!json_is_array(p->value)) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "an array of %s", of_what);
        return wrong_type(p, wanted);
    }
    *length = json_array_size(p->value);
    if (!*length)
        return spec_fail_at(p, "the array is empty; give at least one of %s", of_what);
    return DONE;
}

place spec_member_of(const place *object, const char *key)
{
    return (place){object->file, object, key, 0, json_object_get(object->value, key)};
}

place spec_element_of(const place *array, size_t index)
{
    return (place){array->file, array, NULL, index, json_array_get(array->value, index)};
}

outcome spec_take_text(const place *p, const char **result)
{
    if (!p->value)
        return DONE;
    if (!json_is_string(p->value))
        return wrong_type(p, "a string");
    *result = json_string_value(p->value);
    if (!**result)
        return spec_fail_at(p, "the string is empty");
    return DONE;
}

outcome spec_take_boolean(const place *p, bool *result)
{
    if (!p->value)
        return DONE;
    if (!json_is_boolean(p->value))
        return wrong_type(p, "true or false");
    *result = json_is_true(p->value);
    return DONE;
}

outcome spec_take_integer(const place *p, uint64_t low, uint64_t high, uint64_t *result)
{
    if (!p->value)
        return DONE;
    if (!json_is_integer(p->value))
        return wrong_type(p, "an integer");
    json_int_t value = json_integer_value(p->value);
    if (value < 0 || (uint64_t)value < low || (uint64_t)value > high)
        return spec_fail_at(p, "%lld is outside %llu .. %llu", (long long)value,
                            (unsigned long long)low, (unsigned long long)high);
    *result = (uint64_t)value;
    return DONE;
}

outcome spec_take_size(const place *p, size_t low, size_t high, size_t *result)
{
    uint64_t value = *result;
    outcome code = spec_take_integer(p, low, high, &value);
    *result = (size_t)value;
    return code;
}

outcome spec_take_number(const place *p, double *result)
{
    if (!p->value)
        return DONE;
    if (!json_is_number(p->value))
        return wrong_type(p, "a number");
    *result = json_number_value(p->value); /* finite: Jansson refuses what overflows */
    return DONE;
}

outcome spec_take_positive(const place *p, double *result)
{
    outcome code = spec_take_number(p, result);
    if (code == DONE && p->value && !(*result > 0))
        return spec_fail_at(p, "%g is not positive", *result);
    return code;
}
