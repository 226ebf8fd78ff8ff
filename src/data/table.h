/* Tables of numbers from CSV files, plain or compressed by gzip. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>

#include "cli/outcome.h"

typedef struct table {
    size_t rows, columns;
    double *values; /* rows x columns, row-major */
    size_t *source; /* the file's column that each column came from */
} table;

/* How a file is read; all of it zero: comma-separated values without a header, every column. */
typedef struct table_format {
    const char *columns; /* "0-12,14", ascending; NULL: all, or the following */
    char *const *names;  /* of columns, in this order, as the header has them */
    size_t n_names;
    bool header;       /* the first row has names */
    size_t skip_lines; /* before all else */
    char separator;    /* 0: a comma */
} table_format;

/* Every value of a column that is taken must be a finite decimal number; blank lines are passed
 * over. */
outcome data_table_read(table *t, const char *path, const table_format *format);
void data_table_free(table *t);

#endif
