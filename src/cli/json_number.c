/* Numbers as JSON, and JSON to standard output. */
#include "cli/json_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

outcome cli_print_json(const json_t *root)
{
    char *text = json_dumps(root, JSON_INDENT(2));
    if (!text)
        return cli_fail(ENVIRONMENT, "out of memory");
    puts(text);
    free(text);
    return DONE;
}
