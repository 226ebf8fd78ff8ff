/* Points of a file on a plot, with their names beside them. */
#ifndef SLICE_LABELS_H
#define SLICE_LABELS_H

#include "cli/gnuplot.h"
#include "slice/mark.h"

/* Where a name goes if there is room. */
typedef enum label_side { ABOVE, BELOW, RIGHT, LEFT, N_SIDES } label_side;

/* A point at (x, y), in parts of the plot's sides. */
typedef struct plotted_mark {
    const slice_mark *mark;
    double x, y;
    label_side side;
} plotted_mark;

/* Labels of gnuplot for points and their names, which keep off each other as far as there is room;
 * the plot has about so many pixels. Points outside it are left out. */
outcome slice_put_marks(FILE *script, const plotted_mark *marks, size_t n, double width,
                        double height);

#endif
