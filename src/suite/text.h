/* Text in memory that grows. */
#ifndef SUITE_TEXT_H
#define SUITE_TEXT_H

#include <stdarg.h>

#include "cli/outcome.h"

typedef struct suite_text {
    char *bytes; /* NULL while empty, ends with a zero otherwise */
    size_t length, capacity;
} suite_text;

outcome suite_print(suite_text *text, const char *format, ...) PRINTF_LIKE(2, 3);
outcome suite_print_list(suite_text *text, const char *format, va_list arguments);
void suite_text_free(suite_text *text);

#endif
