/* Pictures of the loss on a line or a plane. */
#ifndef SLICE_PLOT_H
#define SLICE_PLOT_H

#include "cli/gnuplot.h"
#include "slice/along.h"
#include "slice/mark.h"

/* The loss at nodes of s and t, of which `margin` lie before 0 and as many beyond 1; or, along
 * directions, from -1 to 1. */
typedef struct slice_picture {
    const char *path;
    size_t n_axes, n_nodes, margin; /* axes; nodes of each */
    double zero, per_unit;          /* node j is at (j - zero) / per_unit */
    const slice_along *along;       /* NULL: through points */
    size_t through[3];
    double lengths[2], cosine; /* of the edges B - A and C - A, and between them */
    const double *loss;        /* at (s_j, t_i): [i * n_nodes + j] */
    size_t n_marks;
    const slice_mark *marks;
} slice_picture;

outcome slice_plot_line(const slice_picture *picture, output_set *set, const char *path);
outcome slice_plot_plane(const slice_picture *picture, output_set *set, const char *path);

#endif
