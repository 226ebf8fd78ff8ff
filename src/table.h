/* Tables of numbers from CSV files, plain or compressed by gzip. */
#ifndef TABLE_H
#define TABLE_H

#include "outcome.h"

typedef struct table {
    size_t rows, columns;
    double *values; /* rows x columns, row-major */
    size_t *source; /* the file's column that each column came from */
} table;

/* Reads the listed columns ("0-12,14"; NULL: all) below the first `skip_lines` lines. Every value
 * of a listed column must be a finite decimal number; blank lines are passed over. */
outcome table_read(table *t, const char *path, const char *columns, size_t skip_lines);
void table_free(table *t);

#endif
