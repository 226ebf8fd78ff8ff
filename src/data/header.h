/* The names in a table's first row, and what a field tells of the separator. */
#ifndef TABLE_HEADER_H
#define TABLE_HEADER_H

#include "cli/outcome.h"
#include "data/format.h"

typedef struct table_header {
    size_t n, capacity;
    char **names;
} table_header;

outcome data_header_add(table_header *header, const char *name, size_t length);
void data_header_free(table_header *header);
/* Stores the columns of the wanted names. A failure names the file and the line. */
outcome data_header_find(const table_header *header, const table_format *wanted, const char *path,
                         size_t line, size_t *columns);

/* A text for a message: shortened, in one line. */
enum { SHOWN = 64 };
const char *data_printable(char shown[SHOWN], const char *text, size_t length);
bool data_is_decimal(const char *text, size_t length);
/* "; it has tabs: ..." where another separator stands in the text, else "". */
enum { HINT = 128 };
const char *data_separator_hint(char hint[HINT], const char *text, char separator);

#endif
