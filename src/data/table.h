/* Tables of numbers from CSV files, plain or compressed by gzip. */
#ifndef TABLE_H
#define TABLE_H

#include "cli/outcome.h"
#include "data/format.h"

typedef struct table {
    size_t rows, columns;
    double *values; /* rows x columns, row-major */
    size_t *source; /* the file's column that each column came from */
} table;

/* Every value of a column that is taken must be a finite decimal number; blank lines are passed
 * over. */
outcome data_table_read(table *t, const char *path, const table_format *format);
void data_table_free(table *t);

#endif
