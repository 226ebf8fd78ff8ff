/* Lists of columns in the syntax of cut(1), counted from 0: "0-12,14", "3-", "-5". */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>

#include "cli/outcome.h"

/* Ascending ranges that do not touch; last is SIZE_MAX where the list says "to the end". */
typedef struct column_range {
    size_t first, last;
} column_range;

typedef struct column_list {
    size_t n_ranges;
    column_range *ranges;
} column_list;

/* `text` NULL stands for all columns. The list is a set: order and repetitions do not matter.
 * A failure's sentence begins with `where`. */
outcome data_columns_parse(column_list *list, const char *text, const char *where);
bool data_columns_contain(const column_list *list, size_t column);
void data_columns_free(column_list *list);

#endif
