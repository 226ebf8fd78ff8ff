/* Every name tries four sides of its point. */
#include "slice/labels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LETTER_WIDTH = 10, LETTER_HEIGHT = 20, POINT_SIZE = 12 }; /* pixels */

/* What a point or a name covers, in parts of the plot's sides. */
typedef struct label_box {
    double x, y, width, height; /* lower left corner */
} label_box;

typedef struct labels {
    FILE *script;
    double plot_width, plot_height; /* pixels */
    size_t n;
    label_box *taken; /* by the points, then by names */
} labels;

/* "2 saddle, index 3"; "point 2" where its kind is not known. */
static void name_of(const slice_mark *m, char *name, size_t size)
{
    int used = m->kind ? snprintf(name, size, "%zu %.40s", m->point, m->kind)
                       : snprintf(name, size, "point %zu", m->point);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    if (m->kind && !strcmp(m->kind, critpt_kind_name(CRITPT_SADDLE)) && !isnan(m->index))
        snprintf(name + used, size - (size_t)used, ", index %.0f", m->index);
}

static int point_type(const slice_mark *m)
{
    const char *kind = m->kind ? m->kind : "";
    return !strcmp(kind, critpt_kind_name(CRITPT_MINIMUM))   ? 7
           : !strcmp(kind, critpt_kind_name(CRITPT_SADDLE))  ? 13
           : !strcmp(kind, critpt_kind_name(CRITPT_MAXIMUM)) ? 9
                                                             : 5;
}

static bool overlap(const label_box *a, const label_box *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
           b->y < a->y + a->height;
}

static bool is_free(const labels *l, const label_box *box)
{
    for (size_t i = 0; i < l->n; i++)
        if (overlap(&l->taken[i], box))
            return false;
    return true;
}

static label_box point_box(const labels *l, double x, double y)
{
    double width = POINT_SIZE / l->plot_width, height = POINT_SIZE / l->plot_height;
    return (label_box){x - width / 2, y - height / 2, width, height};
}

/* Moved into the plot if need be. */
static label_box moved_inside(const labels *l, label_box box)
{
    double gap_x = 6 / l->plot_width, gap_y = 4 / l->plot_height;
    box.x = fmax(gap_x, fmin(box.x, 1 - gap_x - box.width));
    box.y = fmax(gap_y, fmin(box.y, 1 - gap_y - box.height));
    return box;
}

/* A name of so many letters on this side of the point at (x, y). */
static label_box name_box(const labels *l, double x, double y, size_t n_letters, label_side side)
{
    double width = (double)(n_letters * LETTER_WIDTH) / l->plot_width;
    double height = LETTER_HEIGHT / l->plot_height, gap = POINT_SIZE / l->plot_width;
    switch (side) {
    case ABOVE:
        return (label_box){x - width / 2, y + 0.4 * height, width, height};
    case BELOW:
        return (label_box){x - width / 2, y - 1.4 * height, width, height};
    case RIGHT:
        return (label_box){x + gap, y - height / 2, width, height};
    default:
        return (label_box){x - gap - width, y - height / 2, width, height};
    }
}

/* On the first free side, beginning with the mark's own, which it is too if none is free. */
static void put_name(labels *l, const plotted_mark *p)
{
    char name[128];
    name_of(p->mark, name, sizeof name);
    label_box box = moved_inside(l, name_box(l, p->x, p->y, strlen(name), p->side));
    for (int i = 0; i < (int)N_SIDES; i++) {
        label_side side = (label_side)(((int)p->side + i) % (int)N_SIDES);
        label_box tried = moved_inside(l, name_box(l, p->x, p->y, strlen(name), side));
        if (is_free(l, &tried)) {
            box = tried;
            break;
        }
    }
    l->taken[l->n++] = box;
    fprintf(l->script, "set label ");
    cli_gnuplot_quote(l->script, name);
    fprintf(l->script, " at graph %.5f, graph %.5f center boxed front noenhanced\n",
            box.x + box.width / 2, box.y + box.height / 2);
}

/* White with a black edge. */
static void put_point(FILE *script, const plotted_mark *p)
{
    int type = point_type(p->mark);
    double size = type == 7 ? 1.0 : 1.2;
    const char *format = "set label '' at graph %.5f, graph %.5f front point pointtype %d "
                         "pointsize (%.2f * unit) linecolor '%s'\n";
    fprintf(script, format, p->x, p->y, type, 1.4 * size, "#000000");
    fprintf(script, format, p->x, p->y, type, 0.9 * size, "#ffffff");
}

static bool is_inside(const plotted_mark *p)
{
    return fabs(p->x - 0.5) < 0.5 + 1e-6 && fabs(p->y - 0.5) < 0.5 + 1e-6;
}

outcome slice_put_marks(FILE *script, const plotted_mark *marks, size_t n, double width,
                        double height)
{
    labels l = {script, width, height, 0, NULL};
    outcome result;
    TRY(cli_allocate(&l.taken, 2 * n, sizeof *l.taken));
    fprintf(script, "set style textbox opaque noborder fillcolor '#ffffff' margins 0.5,0.5\n"
                    "unit = GPVAL_TERM eq 'svg' ? 0.65 : 1\n"); /* its points are larger */
    for (size_t i = 0; i < n; i++)
        if (is_inside(&marks[i]))
            l.taken[l.n++] = point_box(&l, marks[i].x, marks[i].y);
    for (size_t i = 0; i < n; i++)
        if (is_inside(&marks[i])) {
            put_name(&l, &marks[i]);
            put_point(script, &marks[i]);
        }
done:
    free(l.taken);
    return result;
}
