/* Writing HTML: text escaped, drawings inline, nothing from outside. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/outcome.h"

/* Text in place of markup; control characters become spaces. NULL: nothing. */
void report_text(FILE *stream, const char *text);
void report_begin(FILE *stream, const char *title);
void report_end(FILE *stream);
/* A heading and the paragraph below it; NULL: none. */
void report_section(FILE *stream, const char *heading, const char *words);
/* A number for people; a dash for NaN. */
void report_number(FILE *stream, double value);
/* A cell of a table with a number. */
void report_cell(FILE *stream, double value);

/* A curve or points: n numbers each. */
typedef struct report_chart {
    const char *alternative; /* what there is to see, in words */
    const char *x_words, *y_words;
    size_t n;
    const double *x, *y;
    const double *marks; /* places on x, n_marks of them, on the curve */
    size_t n_marks;
    bool as_points; /* else a curve */
} report_chart;
/* An inline drawing of it; values that are not finite are left out. */
void report_draw(FILE *stream, const report_chart *chart);

/* The file as a picture within the page, if it is there. */
outcome report_picture(FILE *stream, const char *path, const char *alternative);

#endif
