/* The sentence of the last failure, and memory whose exhaustion is an outcome. */
#include "cli/outcome.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char sentence[8192];

/* Sentences quote what was found in files: nothing that a terminal would obey. */
static void remove_controls(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if ((*c < ' ' && *c != '\n') || *c == 127)
            *c = '?';
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) /* U+0080 to U+009F */
            *c = c[1] = '?';
}

outcome cli_fail(outcome code, const char *format, ...)
{
    char text[sizeof sentence];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    remove_controls(text);
    memcpy(sentence, text, sizeof sentence);
    return code;
}

const char *cli_failure(void)
{
    return sentence;
}

static void print_escaped(FILE *stream, const char *text, bool lines)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((*c < ' ' && !(lines && *c == '\n')) || *c == 127)
            fprintf(stream, "\\x%02x", *c);
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) /* U+0080 to U+009F */
            fprintf(stream, "\\x%02x", *++c);
        else
            fputc(*c, stream);
}

void cli_print_safely(FILE *stream, const char *text)
{
    print_escaped(stream, text, true);
}

void cli_print_name(FILE *stream, const char *text)
{
    print_escaped(stream, text, false);
}

static outcome outcome_of(critpt_status status)
{
    switch (status) {
    case CRITPT_OK:
        return DONE;
    case CRITPT_INFEASIBLE:
    case CRITPT_TRIVIAL:
    case CRITPT_NOT_CONVERGED:
    case CRITPT_NOT_ATTAINED:
    case CRITPT_BUDGET_SPENT:
        return REFUSED;
    case CRITPT_CANCELLED:
        return INTERRUPTED;
    case CRITPT_NO_MEMORY:
    case CRITPT_SYSTEM:
        return ENVIRONMENT;
    default:
        return BAD_INPUT;
    }
}

outcome cli_from_library(critpt_status status, const char *format, ...)
{
    if (status == CRITPT_OK)
        return DONE;
    if (status == CRITPT_CANCELLED) /* only signals cancel */
        return cli_fail(INTERRUPTED, "interrupted; nothing was written");
    char context[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    return cli_fail(outcome_of(status), "%s%s%s", context, *context ? ": " : "",
                    critpt_error_message());
}

outcome cli_allocate(void *pointer, size_t count, size_t element_size)
{
    void *memory = NULL;
    memcpy(pointer, &memory, sizeof memory);
    if (element_size && count > SIZE_MAX / 2 / element_size)
        return cli_fail(BAD_INPUT, "%zu values of %zu bytes are more than this machine can address",
                        count, element_size);
    memory = calloc(count ? count : 1, element_size);
    if (!memory)
        return cli_fail(ENVIRONMENT, "out of memory: cannot allocate %zu values of %zu bytes",
                        count, element_size);
    memcpy(pointer, &memory, sizeof memory);
    return DONE;
}

outcome cli_grow(void *pointer, size_t *capacity, size_t count, size_t element_size)
{
    if (count <= *capacity)
        return DONE;
    size_t larger = *capacity < 16 ? 16 : *capacity;
    while (larger < count)
        larger = larger > SIZE_MAX / 2 ? count : 2 * larger;
    void *memory;
    memcpy(&memory, pointer, sizeof memory);
    memory = larger <= SIZE_MAX / 2 / element_size ? realloc(memory, larger * element_size) : NULL;
    if (!memory)
        return cli_fail(ENVIRONMENT, "out of memory: cannot allocate %zu values of %zu bytes",
                        larger, element_size);
    memcpy(pointer, &memory, sizeof memory);
    *capacity = larger;
    return DONE;
}

outcome cli_copy_text(char **copy, const char *text, size_t length)
{
    outcome result = cli_allocate(copy, length + 1, 1);
    if (result == DONE)
        memcpy(*copy, text, length);
    return result;
}
