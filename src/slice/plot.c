/* Scripts for gnuplot: filled contours of the loss on a plane, a curve of it on a line. */
#include "slice/plot.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "slice/labels.h"
#include "slice/scale.h"

/* Pixels: the picture, and the plot in it. */
enum { PLANE_WIDTH = 860, PLANE_HEIGHT = 700 };
enum { PLANE_LEFT = 112, PLANE_BOTTOM = 68, PLANE_SIDE = 576 };
enum { LINE_WIDTH = 900, LINE_HEIGHT = 600, CURVE_WIDTH = 780, CURVE_HEIGHT = 480 };
enum { RESOLUTION = 481 }; /* places of an axis at which a plane is drawn */

static double node(const slice_picture *p, size_t j)
{
    return ((double)j - p->zero) / p->per_unit;
}

/* Of the losses at the nodes from first to last of each axis. */
static loss_range range_of(const slice_picture *p, size_t first, size_t last)
{
    loss_range r = {INFINITY, -INFINITY};
    for (size_t i = first; i <= (p->n_axes == 2 ? last : first); i++)
        for (size_t j = first; j <= last; j++) {
            double loss = p->loss[(p->n_axes == 2 ? i * p->n_nodes : 0) + j];
            r.low = fmin(r.low, loss);
            r.high = fmax(r.high, loss);
        }
    return r;
}

/* Whether most nodes have losses in the lowest part of the range. */
static bool is_crowded(const slice_picture *p, loss_range r, double part)
{
    size_t n = 0, n_all = p->n_axes == 2 ? p->n_nodes * p->n_nodes : p->n_nodes;
    for (size_t i = 0; i < n_all; i++)
        n += p->loss[i] < r.low + part * (r.high - r.low);
    return n > n_all / 2;
}

/* Where the logarithm is wanted: most losses differ by little, next to those that span decades. */
static bool needs_logarithm(const slice_picture *p, loss_range r)
{
    return slice_spans_decades(r) && is_crowded(p, r, 0.01);
}

static void put_title(FILE *script, const slice_picture *p)
{
    char title[1400];
    if (p->along)
        snprintf(title, sizeof title, "%.600s: the loss around point %zu", p->path,
                 p->along->point);
    else if (p->n_axes == 1)
        snprintf(title, sizeof title, "%.600s: the loss on the line through points %zu and %zu",
                 p->path, p->through[0], p->through[1]);
    else
        snprintf(title, sizeof title,
                 "%.600s: the loss on the plane through points %zu, %zu and %zu", p->path,
                 p->through[0], p->through[1], p->through[2]);
    fprintf(script, "set title ");
    cli_gnuplot_quote(script, title);
    fprintf(script, " noenhanced\n");
}

/* ---- A plane ---- */

/* The nodes drawn, from first to last of each axis, and the colours. */
typedef struct view {
    size_t first, last;
    loss_range losses; /* at these nodes */
    loss_scale scale;
} view;

/* The margin is left out where the loss there dwarfs what lies between the points: somebody has
 * drawn a picture into the loss. Where it is drawn, losses far from those between the points have
 * the colours of the ends, except on the logarithmic scale. */
static view choose_view_through(const slice_picture *p)
{
    size_t end = p->n_nodes - 1;
    loss_range inner = range_of(p, p->margin, end - p->margin), all = range_of(p, 0, end);
    double span = inner.high - inner.low;
    bool framed = span > 0 && all.high - all.low > 20 * span;
    view v = {.last = end};
    if (framed) {
        v.first = p->margin;
        v.last = end - p->margin;
        all = inner;
    }
    v.losses = all;
    scale_kind kind = LOG_SCALE;
    if (needs_logarithm(p, all)) {
        all.low = fmax(all.low, 1e-6 * all.high);
    } else {
        all.low = fmax(all.low, inner.low - span / 2);
        all.high = fmin(all.high, inner.high + span / 2);
        kind = !framed && is_crowded(p, all, 0.25) ? ROOT_SCALE : LINEAR_SCALE;
    }
    v.scale = slice_scale_make(kind, all, 16);
    return v;
}

/* Around a point colours fit what its curvature makes of the loss, and a few times that: what is
 * beyond has the colours of the ends. They are signed where the loss falls from the point by more
 * than rounding and a ten-thousandth of what it rises. */
static view choose_view_around(const slice_picture *p)
{
    static const double reach = 4, fall = 1e-4, rounding = 1e-12;
    view v = {.last = p->n_nodes - 1};
    double base = p->marks[0].loss, height = reach * slice_along_height(p->along);
    loss_range shown = v.losses = range_of(p, 0, v.last);
    if (height > rounding * fabs(base)) {
        shown.low = fmax(shown.low, base - height);
        shown.high = fmin(shown.high, base + height);
    }
    double below = base - shown.low, above = shown.high - base;
    if (below > rounding * fabs(base) && below > fall * above)
        v.scale = slice_scale_around(base, shown);
    else
        v.scale =
            slice_scale_make(is_crowded(p, shown, 0.25) ? ROOT_SCALE : LINEAR_SCALE, shown, 16);
    return v;
}

static view choose_view(const slice_picture *p)
{
    return p->along ? choose_view_around(p) : choose_view_through(p);
}

/* Linear between the nodes; x and y count nodes from 0. */
static double interpolate(const slice_picture *p, const loss_scale *scale, double x, double y)
{
    size_t n = p->n_nodes, j = (size_t)fmin(x, (double)(n - 2)),
           i = (size_t)fmin(y, (double)(n - 2));
    const double *corner = p->loss + i * n + j;
    double u = x - (double)j, v = y - (double)i;
    return (1 - v) * ((1 - u) * slice_scale_place(scale, corner[0]) +
                      u * slice_scale_place(scale, corner[1])) +
           v * ((1 - u) * slice_scale_place(scale, corner[n]) +
                u * slice_scale_place(scale, corner[n + 1]));
}

static void put_grid(FILE *script, const slice_picture *p, const view *v)
{
    double step = (double)(v->last - v->first) / (RESOLUTION - 1);
    fprintf(script, "$grid << END\n");
    for (int i = 0; i < RESOLUTION; i++)
        for (int j = 0; j < RESOLUTION; j++)
            fprintf(
                script, "%.7g%c",
                interpolate(p, &v->scale, (double)v->first + j * step, (double)v->first + i * step),
                j + 1 < RESOLUTION ? ' ' : '\n');
    fprintf(script, "END\n");
}

/* Bands of colour and the lines between them. */
static void put_colours(FILE *script, const view *v)
{
    const loss_scale *scale = &v->scale;
    int n_bands = (int)lround((scale->high - scale->low) / scale->step);
    static const char *const rising =
        "0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', 5 '#28ae80', "
        "6 '#5ec962', 7 '#addc30', 8 '#fde725'";
    static const char *const from_the_middle =
        "0 '#1c3f73', 1 '#2f6fb2', 2 '#77add6', 3 '#cfe2ef', 4 '#f6f3ee', 5 '#f8d3b8', "
        "6 '#e88f66', 7 '#c4432f', 8 '#7d1420'";
    fprintf(script, "set palette defined (%s) maxcolors %d\nset cbrange [%.9g:%.9g]\nset cblabel ",
            scale->kind == SIGNED_SCALE ? from_the_middle : rising, n_bands, scale->low,
            scale->high);
    slice_scale_put_name(script, scale, v->losses);
    fprintf(script, scale->kind == SIGNED_SCALE ? " offset 3, 0\n" : "\n"); /* wide tics */
    slice_scale_put_tics(script, scale, "cb");
    fprintf(script, "set cntrparam levels discrete %.9g", scale->low);
    for (int k = 1; k <= n_bands; k++)
        fprintf(script, ", %.9g", scale->low + k * scale->step);
    fprintf(script, "\n");
}

/* "s: along escape, curvature -0.1, 1 is 0.02 away" */
static void put_direction(FILE *script, const slice_along *a, size_t i)
{
    char text[400];
    snprintf(text, sizeof text, "%c: along %.200s, curvature %.3g; 1 is %.3g away", "st"[i],
             a -> names[i], a -> curvature[i], a -> range[i]);
    fprintf(script, "set %clabel ", "xy"[i]);
    cli_gnuplot_quote(script, text);
    fprintf(script, " noenhanced\n");
}

static void put_edges(FILE *script, const slice_picture *p)
{
    const size_t *k = p->through;
    fprintf(script, "set xlabel 's: from point %zu to point %zu, %.3g away'\n", k[0], k[1],
            p->lengths[0]);
    if (p->n_axes == 2)
        fprintf(script,
                "set ylabel 't: from point %zu to point %zu, %.3g away, at %.0f degrees to s'\n",
                k[0], k[2], p->lengths[1], acos(fmax(-1, fmin(1, p->cosine))) * 180 / acos(-1));
}

/* What s and, on a plane, t are. */
static void put_axis_names(FILE *script, const slice_picture *p)
{
    if (!p->along)
        put_edges(script, p);
    for (size_t i = 0; p->along && i < p->along->n; i++)
        put_direction(script, p->along, i);
}

static void put_axes(FILE *script, const slice_picture *p, double low, double high)
{
    fprintf(script,
            "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n"
            "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
            "set bmargin at screen %.5f\nset tmargin at screen %.5f\n"
            "set tics out nomirror\nset xtics 0.25\nset ytics 0.25\n",
            low, high, low, high, (double)PLANE_LEFT / PLANE_WIDTH,
            (double)(PLANE_LEFT + PLANE_SIDE) / PLANE_WIDTH, (double)PLANE_BOTTOM / PLANE_HEIGHT,
            (double)(PLANE_BOTTOM + PLANE_SIDE) / PLANE_HEIGHT);
    put_axis_names(script, p);
}

static outcome put_plane_marks(FILE *script, const slice_picture *p, double low, double high)
{
    plotted_mark *marks = NULL;
    outcome result;
    TRY(cli_allocate(&marks, p->n_marks, sizeof *marks));
    for (size_t i = 0; i < p->n_marks; i++) {
        const slice_mark *m = &p->marks[i];
        marks[i] = (plotted_mark){m, (m->place[0] - low) / (high - low),
                                  (m->place[1] - low) / (high - low), ABOVE};
    }
    TRY(slice_put_marks(script, marks, p->n_marks, PLANE_SIDE, PLANE_SIDE));
done:
    free(marks);
    return result;
}

outcome slice_plot_plane(const slice_picture *p, output_set *set, const char *path)
{
    view v = choose_view(p);
    double low = node(p, v.first), high = node(p, v.last), step = (high - low) / (RESOLUTION - 1);
    char using[160];
    FILE *script;
    outcome result = cli_gnuplot_begin(&script, set, path, PLANE_WIDTH, PLANE_HEIGHT);
    if (result != DONE)
        return result;
    snprintf(using, sizeof using, "using (%.9g + $1 * %.9g):(%.9g + $2 * %.9g):3", low, step, low,
             step);
    put_title(script, p);
    put_grid(script, p, &v);
    put_colours(script, &v);
    put_axes(script, p, low, high);
    result = put_plane_marks(script, p, low, high);
    if (v.first == 0 && !p->along)
        fprintf(script, "set object rectangle from 0, 0 to 1, 1 front fillstyle empty "
                        "border linecolor '#ffffff' dashtype 3\n");
    fprintf(script,
            "set contour base\nunset surface\nset table $lines\nsplot $grid matrix %s\n"
            "unset table\nunset key\n"
            "plot $grid matrix %s with image, $lines using 1:2 with lines linewidth 0.6 "
            "linecolor '#80000000'\n",
            using, using);
    if (result != DONE) {
        fclose(script);
        return result;
    }
    return cli_gnuplot_run(script, set, path);
}

/* ---- A line ---- */

static outcome put_line_marks(FILE *script, const slice_picture *p, const loss_scale *scale,
                              double bottom, double top)
{
    size_t n = p->n_nodes;
    double low = node(p, 0), high = node(p, n - 1);
    plotted_mark *marks = NULL;
    outcome result;
    TRY(cli_allocate(&marks, p->n_marks, sizeof *marks));
    for (size_t i = 0; i < p->n_marks; i++) {
        const slice_mark *m = &p->marks[i];
        double x = (m->place[0] - low) / (high - low), reach = (double)n / 40;
        double before = fmax(x * (double)(n - 1) - reach, 0);
        double after = fmin(x * (double)(n - 1) + reach, (double)(n - 1));
        bool inside = before < after;
        double around = inside ? (slice_scale_place(scale, p->loss[(size_t)before]) +
                                  slice_scale_place(scale, p->loss[(size_t)after])) /
                                     2
                               : 0;
        double height = slice_scale_place(scale, m->loss);
        marks[i] = (plotted_mark){m, x, (height - bottom) / (top - bottom),
                                  around > height ? BELOW : ABOVE};
    }
    TRY(slice_put_marks(script, marks, p->n_marks, CURVE_WIDTH, CURVE_HEIGHT));
done:
    free(marks);
    return result;
}

outcome slice_plot_line(const slice_picture *p, output_set *set, const char *path)
{
    size_t end = p->n_nodes - 1;
    loss_range all = range_of(p, 0, end), shown = all;
    scale_kind kind = needs_logarithm(p, all) ? LOG_SCALE : LINEAR_SCALE;
    if (kind == LOG_SCALE)
        shown.low = fmax(all.low, 1e-12 * all.high);
    loss_scale scale = slice_scale_make(kind, shown, 8);
    double margin = 0.12 * (scale.high - scale.low);
    double bottom = scale.low - margin, top = scale.high + margin;
    FILE *script;
    outcome result = cli_gnuplot_begin(&script, set, path, LINE_WIDTH, LINE_HEIGHT);
    if (result != DONE)
        return result;
    put_title(script, p);
    slice_scale_put_tics(script, &scale, "y");
    fprintf(script, "set ylabel ");
    slice_scale_put_name(script, &scale, all);
    fprintf(script, "\n");
    put_axis_names(script, p);
    fprintf(script,
            "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset xtics 0.25\nunset key\n"
            "set grid linetype 1 linewidth 0.5 linecolor rgb '#dddddd'\n$curve << END\n",
            node(p, 0), node(p, end), bottom, top);
    for (size_t j = 0; j < p->n_nodes; j++)
        fprintf(script, "%.9g %.9g\n", node(p, j), slice_scale_place(&scale, p->loss[j]));
    fprintf(script, "END\n");
    result = put_line_marks(script, p, &scale, bottom, top);
    fprintf(script, "plot $curve with lines linewidth 2.5 linecolor '#1f5fa8'\n");
    if (result != DONE) {
        fclose(script);
        return result;
    }
    return cli_gnuplot_run(script, set, path);
}
