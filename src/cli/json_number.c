/* Numbers and texts as JSON, and JSON to standard output. */
#include "cli/json_number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json_memory.h"

json_t *cli_json_number(double value)
{
    if (isnan(value))
        return json_null();
    if (isinf(value))
        return json_string(value > 0 ? "inf" : "-inf");
    if (fabs(value) < 9007199254740992.0 && value <= floor(value) &&
        (value != 0 || !signbit(value)))
        return json_integer((json_int_t)value);
    return json_real(value);
}

/* Bytes of the character that begins here; 0 where none does (RFC 3629). */
static size_t character_length(const unsigned char *c)
{
    size_t length = *c < 0x80   ? 1
                    : *c < 0xc2 ? 0
                    : *c < 0xe0 ? 2
                    : *c < 0xf0 ? 3
                    : *c < 0xf5 ? 4
                                : 0;
    for (size_t i = 1; i < length; i++)
        if (c[i] < 0x80 || c[i] > 0xbf)
            return 0;
    bool long_form = (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xf0 && c[1] < 0x90);
    bool beyond = (*c == 0xed && c[1] > 0x9f) || (*c == 0xf4 && c[1] > 0x8f);
    return long_form || beyond ? 0 : length;
}

json_t *cli_json_text(const char *text)
{
    enum { ESCAPED = 4 };
    if (!text)
        return json_null();
    char *copy = cli_json_allocate(ESCAPED * strlen(text) + 1), *end = copy;
    if (!copy)
        return NULL;
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        size_t length = character_length(c);
        if (length)
            memcpy(end, c, length);
        else
            snprintf(end, ESCAPED + 1, "\\x%02x", *c);
        end += length ? length : ESCAPED;
        c += length ? length : 1;
    }
    *end = '\0';
    json_t *string = json_string(copy);
    free(copy);
    return string;
}

outcome cli_print_json(const json_t *root)
{
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    outcome result = cli_json_require_memory(); /* there is a text */
    if (result == DONE)
        puts(text);
    free(text);
    return result;
}
