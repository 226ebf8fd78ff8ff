/* Growing by printing. */
#include "suite/text.h"

#include <stdio.h>
#include <stdlib.h>

outcome suite_print_list(suite_text *text, const char *format, va_list arguments)
{
    va_list again;
    outcome result;
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    if (n < 0)
        TRY(cli_fail(ENVIRONMENT, "out of memory"));
    TRY(cli_grow(&text->bytes, &text->capacity, text->length + (size_t)n + 1, 1));
    vsnprintf(text->bytes + text->length, (size_t)n + 1, format, again);
    text->length += (size_t)n;
done:
    va_end(again);
    return result;
}

outcome suite_print(suite_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    outcome result = suite_print_list(text, format, arguments);
    va_end(arguments);
    return result;
}

void suite_text_free(suite_text *text)
{
    free(text->bytes);
    *text = (suite_text){0};
}
