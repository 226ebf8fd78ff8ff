/* How a table is read from a file. */
#ifndef TABLE_FORMAT_H
#define TABLE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* All of it zero: comma-separated values without a header, every column. */
typedef struct table_format {
    const char *columns; /* "0-12,14", ascending; NULL: all, or the following */
    char *const *names;  /* of columns, in this order, as the header has them */
    size_t n_names;
    bool header;       /* the first row has names */
    size_t skip_lines; /* before all else */
    char separator;    /* 0: a comma */
    size_t read_limit; /* bytes of text, and of numbers; 0: as cpt_file_room has it */
} table_format;

#endif
