/* Numbers as JSON, and JSON to standard output. */
#include "cli/json_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

outcome cli_print_json(const json_t *root, const char *path)
{
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    outcome result = cli_json_require_memory();
    if (result == DONE && !text)
        result = cli_fail(BAD_INPUT, "%s: a name in it is not UTF-8", path);
    if (result == DONE)
        puts(text);
    free(text);
    return result;
}
