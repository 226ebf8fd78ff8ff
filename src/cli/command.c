/* Reading command lines: --name VALUE, --name=VALUE, -o VALUE, and -- before what starts
 * with a dash. */
#include "cli/command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static outcome usage_failure(const command *c, const char *format, const char *what)
{
    cli_fail(BAD_INPUT, format, what);
    return cli_fail(BAD_INPUT, "%s; usage: %s", cli_failure(), c->usage);
}

static bool all_digits(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static outcome take_value(const option_spec *option, const char *value)
{
    errno = 0;
    if (option->text) {
        *option->text = value;
        return *value ? DONE : cli_fail(BAD_INPUT, "%s: the value is empty", option->name);
    }
    if (option->integer) {
        *option->integer = strtoull(value, NULL, 10);
        if (!all_digits(value) || errno || *option->integer > INT64_MAX)
            return cli_fail(BAD_INPUT, "%s: \"%.60s\" is not an integer from 0 to 2^63 - 1",
                            option->name, value);
        return DONE;
    }
    char *end;
    *option->seconds = strtod(value, &end);
    if (end == value || *end || !isfinite(*option->seconds) || *option->seconds <= 0)
        return cli_fail(BAD_INPUT, "%s: \"%.60s\" is not a positive number of seconds",
                        option->name, value);
    return DONE;
}

/* The option that an argument names; *value points behind its "=", or is NULL. */
static const option_spec *find_option(const char *argument, const option_spec *options, size_t n,
                                      const char **value)
{
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(options[i].name);
        *value = NULL;
        if (!strncmp(argument, options[i].name, length) &&
            (argument[length] == '=' || !argument[length])) {
            *value = argument[length] ? argument + length + 1 : NULL;
            return &options[i];
        }
    }
    return NULL;
}

/* Reads the option at *position, which moves on to its value if that is the next argument. */
static outcome take_option(const command *c, int n_arguments, char **arguments, int *position,
                           const option_spec *options, size_t n_options)
{
    const char *value;
    const option_spec *option = find_option(arguments[*position], options, n_options, &value);
    if (!option)
        return usage_failure(c, "unknown option %.80s", arguments[*position]);
    if (option->given)
        *option->given = true;
    if (option->flag) {
        *option->flag = true;
        return value ? usage_failure(c, "%s takes no value", option->name) : DONE;
    }
    if (!value && *position + 1 == n_arguments)
        return usage_failure(c, "%s needs a value", option->name);
    return take_value(option, value ? value : arguments[++*position]);
}

/* Room for `most` arguments that are no options. */
static outcome parse(const command *c, int n_arguments, char **arguments,
                     const option_spec *options, size_t n_options, size_t most, const char **found,
                     size_t *n_found)
{
    bool options_end = false;
    outcome result = DONE;
    *n_found = 0;
    for (int i = 0; i < n_arguments; i++) {
        bool is_option = !options_end && arguments[i][0] == '-' && arguments[i][1];
        if (is_option && !strcmp(arguments[i], "--"))
            options_end = true;
        else if (is_option)
            TRY(take_option(c, n_arguments, arguments, &i, options, n_options));
        else if (*n_found == most)
            TRY(usage_failure(c, "\"%.80s\" is one argument too many", arguments[i]));
        else
            found[(*n_found)++] = arguments[i];
    }
done:
    return result;
}

outcome cli_parse_arguments(const command *c, int n_arguments, char **arguments,
                            const option_spec *options, size_t n_options, const char *what,
                            const char **argument)
{
    size_t n;
    outcome result;
    *argument = NULL;
    TRY(parse(c, n_arguments, arguments, options, n_options, 1, argument, &n));
    if (!*argument)
        return usage_failure(c, "%s is missing", what);
done:
    return result;
}

outcome cli_parse_list(const command *c, int n_arguments, char **arguments,
                       const option_spec *options, size_t n_options, const char **found,
                       size_t *n_found)
{
    return parse(c, n_arguments, arguments, options, n_options, (size_t)n_arguments, found,
                 n_found);
}
