/* critpt slice: the loss on the line or plane through points of a file, or from one along
 * directions, printed, as CSV, as a picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/trial.h"
#include "critpt_file.h"
#include "cli/interrupt.h"
#include "cli/json_number.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "plugin/plugin.h"
#include "slice/along.h"
#include "slice/frame.h"
#include "slice/plot.h"

extern const command slice_command; /* a row of main.c */

/* Nodes from A to B: by default and at most, on a line and on a plane. */
static const uint64_t default_grid[] = {201, 61}, largest_grid[] = {100000, 1001};

typedef struct run_of {
    const char *path, *library, *through_text, *along_text, *range_text, *csv, *plot;
    uint64_t grid, read_limit, point;
    bool has_grid, has_point, json;
    size_t through[MAX_CORNERS], n_through;
    critpt_file *file;
    plugin model;
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    slice_frame frame;
    slice_along along;      /* n 0: through points */
    size_t margin, n_nodes; /* nodes before A; nodes of an axis */
    double zero, per_unit;  /* node (zero + per_unit) is 1 */
    double *loss, *scratch; /* 2 P numbers of scratch */
    slice_mark *marks;
    size_t n_marks, capacity;
} run_of;

/* ---- Input ---- */

/* Numbers of points with commas between them; 0 if it is not that. */
static size_t read_list(const char *text, uint64_t numbers[MAX_CORNERS])
{
    for (size_t n = 0; n < MAX_CORNERS; n++) {
        size_t digits = strspn(text, "0123456789");
        if (!digits || digits > 18)
            return 0;
        numbers[n] = strtoull(text, NULL, 10);
        text += digits;
        if (!*text)
            return n + 1;
        if (*text++ != ',')
            return 0;
    }
    return 0;
}

static outcome read_through(run_of *r)
{
    uint64_t numbers[MAX_CORNERS];
    size_t K = critpt_file_n_points(r->file);
    if (!K)
        return cli_fail(BAD_INPUT, "%s has no points to lay a slice through", r->path);
    read_list(r->through_text, numbers);
    for (size_t i = 0; i < r->n_through; i++) {
        if (numbers[i] >= K)
            return cli_fail(BAD_INPUT, "--through: %s has no point %llu; its points are 0 to %zu",
                            r->path, (unsigned long long)numbers[i], K - 1);
        r->through[i] = (size_t)numbers[i];
        for (size_t j = 0; j < i; j++)
            if (r->through[j] == r->through[i])
                return cli_fail(BAD_INPUT, "--through: point %zu is named twice", r->through[i]);
    }
    return DONE;
}

/* From a point along directions: from -1 to 1. */
static void centre_grid(run_of *r)
{
    r->n_nodes = (size_t)r->grid;
    r->zero = r->per_unit = (double)(r->grid - 1) / 2;
}

static outcome check_grid(run_of *r)
{
    size_t kind = (r->along.n ? r->along.n : r->n_through - 1) - 1;
    if (!r->has_grid)
        r->grid = default_grid[kind] + (r->along.n ? 40 * kind : 0);
    if (r->grid < 2 || r->grid > largest_grid[kind])
        return cli_fail(BAD_INPUT,
                        "--grid: %llu is outside 2 .. %llu, the numbers of nodes that "
                        "a %s may have from %s",
                        (unsigned long long)r->grid, (unsigned long long)largest_grid[kind],
                        kind ? "plane" : "line", r->along.n ? "end to end" : "point to point");
    if (r->along.n) {
        centre_grid(r);
        return DONE;
    }
    /* a quarter of the side, at least one node */
    r->margin = (size_t)(r->grid + 2) / 4;
    r->n_nodes = (size_t)r->grid + 2 * r->margin;
    r->zero = (double)r->margin;
    r->per_unit = (double)(r->grid - 1);
    return DONE;
}

/* Through points, or from one along directions. */
static outcome check_place(run_of *r)
{
    uint64_t numbers[MAX_CORNERS];
    if (!r->through_text == !r->has_point)
        return cli_fail(BAD_INPUT, "give one of --through A,B[,C] and --point K; usage: %s",
                        slice_command.usage);
    if (!r->has_point && (r->along_text || r->range_text))
        return cli_fail(BAD_INPUT, "--along and --range belong to --point K");
    if (r->has_point && !r->along_text)
        return cli_fail(BAD_INPUT, "--point K needs --along DIRECTION[,DIRECTION]; usage: %s",
                        slice_command.usage);
    if (r->has_point)
        return slice_along_parse(&r->along, r->along_text, r->range_text);
    r->n_through = read_list(r->through_text, numbers);
    if (r->n_through < 2)
        return cli_fail(BAD_INPUT,
                        "--through: \"%.60s\" is not A,B or A,B,C, two or three numbers of points "
                        "with commas between them",
                        r->through_text);
    return DONE;
}

static outcome read_options(run_of *r, int n_arguments, char **arguments)
{
    const option_spec options[] = {
        {.name = "--through", .text = &r->through_text},
        {.name = "--point", .integer = &r->point, .given = &r->has_point},
        {.name = "--along", .text = &r->along_text},
        {.name = "--range", .text = &r->range_text},
        {.name = "--grid", .integer = &r->grid, .given = &r->has_grid},
        {.name = "--csv", .text = &r->csv},
        {.name = "--plot", .text = &r->plot},
        {.name = "--json", .flag = &r->json},
        LIBRARY_OPTION(&r->library),
        READ_LIMIT_OPTION(&r->read_limit),
    };
    outcome result;
    TRY(cli_parse_arguments(&slice_command, n_arguments, arguments, options,
                            sizeof options / sizeof *options, "the landscape file", &r->path));
    TRY(check_place(r));
    TRY(check_grid(r));
    TRY(cli_gnuplot_require_outputs(r->csv, r->plot, r->path));
done:
    return result;
}

/* Corners at the ends of the ranges. */
static outcome leave_point(run_of *r)
{
    size_t P = critpt_file_n_weights(r->file), K = critpt_file_n_points(r->file);
    outcome result;
    if (r->point >= K)
        return cli_fail(BAD_INPUT, "--point: %s has no point %llu; it has %zu, numbered from 0 on",
                        r->path, (unsigned long long)r->point, K);
    r->n_through = 1;
    r->through[0] = (size_t)r->point;
    TRY(slice_along_compute(&r->along, r->file, r->landscape, (size_t)r->point));
    TRY(slice_frame_allocate(&r->frame, P, r->along.n));
    TRY(cli_from_library(
        critpt_file_point_weights(r->file, (size_t)r->point, r->frame.corners[0], P), "%s",
        r->path));
    for (size_t i = 0; i < r->along.n; i++)
        for (size_t j = 0; j < P; j++)
            r->frame.corners[i + 1][j] =
                r->frame.corners[0][j] + r->along.range[i] * r->along.directions[i][j];
    TRY(slice_frame_complete(&r->frame, NULL));
done:
    return result;
}

static outcome load(run_of *r)
{
    outcome result;
    TRY(cli_read_landscape(&r->file, r->path, r->read_limit));
    TRY(plugin_landscape(&r->model, r->library, r->file, r->path, BAD_INPUT, &r->landscape));
    size_t P = critpt_file_n_weights(r->file);
    TRY(cli_allocate(&r->scratch, 2 * P, sizeof(double)));
    if (r->along.n)
        return leave_point(r);
    TRY(read_through(r));
    TRY(slice_frame_allocate(&r->frame, P, r->n_through - 1));
    for (size_t i = 0; i < r->n_through; i++)
        TRY(cli_from_library(
            critpt_file_point_weights(r->file, r->through[i], r->frame.corners[i], P), "%s",
            r->path));
    TRY(slice_frame_complete(&r->frame, r->through));
done:
    return result;
}

/* ---- Computing ---- */

/* s or t of a node: j / (n - 1) of [0, 1] where --grid n gives n nodes from 0 to 1, or from -1. */
static double node(const run_of *r, size_t j)
{
    return ((double)j - r->zero) / r->per_unit;
}

static size_t n_values(const run_of *r)
{
    return r->frame.n_axes == 2 ? r->n_nodes * r->n_nodes : r->n_nodes;
}

static void place_of(const run_of *r, size_t value, double place[2])
{
    place[0] = node(r, value % r->n_nodes);
    place[1] = r->frame.n_axes == 2 ? node(r, value / r->n_nodes) : 0;
}

static outcome compute_loss(run_of *r)
{
    size_t n = n_values(r), P = r->frame.n_weights;
    progress bar;
    outcome result;
    cli_progress_begin(&bar, r->json);
    TRY(cli_allocate(&r->loss, n, sizeof(double)));
    for (size_t i = 0; i < n; i++) {
        double place[2];
        place_of(r, i, place);
        slice_frame_weights(&r->frame, place, r->scratch);
        TRY(cli_from_library(
            critpt_landscape_loss(r->landscape, r->workspace, r->scratch, P, &r->loss[i]),
            "%s: s = %g, t = %g", r->path, place[0], place[1]));
        if (!isfinite(r->loss[i]))
            TRY(cli_fail(BAD_INPUT, "%s: the loss overflows at s = %g, t = %g; slice nearer points",
                         r->path, place[0], place[1]));
        if (cli_progress_update((double)i / (double)n, "evaluating", &bar))
            TRY(cli_fail(INTERRUPTED, "interrupted; nothing was written"));
    }
done:
    cli_progress_end(&bar);
    return result;
}

/* Marks a point of the file that lies on the slice and is not marked yet. */
static outcome mark_point(run_of *r, size_t k)
{
    slice_mark mark = {.point = k, .kind = critpt_file_point_kind(r->file, k), .index = NAN};
    size_t P = r->frame.n_weights;
    outcome result;
    for (size_t i = 0; i < r->n_marks; i++)
        if (r->marks[i].point == k)
            return DONE;
    TRY(cli_from_library(critpt_file_point_weights(r->file, k, r->scratch, P), "%s", r->path));
    if (!slice_frame_locate(&r->frame, r->scratch, r->scratch + P, mark.place))
        return DONE;
    for (size_t i = 0; i < 2; i++) /* no 1e-17 in tables */
        mark.place[i] = fabs(mark.place[i]) < 1e-14 ? 0 : mark.place[i];
    TRY(cli_from_library(
        critpt_landscape_loss(r->landscape, r->workspace, r->scratch, P, &mark.loss),
        "%s: point %zu", r->path, k));
    critpt_file_point_value(r->file, k, CRITPT_FILE_POINT_INDEX, &mark.index);
    TRY(cli_grow(&r->marks, &r->capacity, r->n_marks + 1, sizeof *r->marks));
    r->marks[r->n_marks++] = mark;
done:
    return result;
}

static outcome compute(run_of *r)
{
    outcome result;
    TRY(cli_from_library(critpt_workspace_create(&r->workspace, r->landscape), "%s", r->path));
    TRY(compute_loss(r));
    for (size_t i = 0; i < r->n_through; i++)
        TRY(mark_point(r, r->through[i]));
    for (size_t k = 0; k < critpt_file_n_points(r->file); k++)
        TRY(mark_point(r, k));
done:
    return result;
}

/* ---- Printing ---- */

static void print_along(const slice_along *a)
{
    printf("%-14s w = w%zu + s a%s, from point %zu\n", a->n == 2 ? "plane" : "line", a->point,
           a->n == 2 ? " + t b" : "", a->point);
    for (size_t i = 0; i < a->n; i++) {
        printf("%-14c %.6g long, along ", "ab"[i], a -> range[i]);
        cli_print_name(stdout, a->names[i]);
        printf(", curvature %.6g\n", a->curvature[i]);
    }
}

static void print_heading(const run_of *r)
{
    const slice_frame *f = &r->frame;
    const size_t *p = r->through;
    char model[CLI_MODEL];
    cli_describe_model(r->file, r->landscape, model, sizeof model);
    cli_print_name(stdout, r->path);
    printf(": a ");
    cli_print_name(stdout, model);
    printf(", %zu weights, on %zu samples\n", f->n_weights,
           critpt_landscape_n_samples(r->landscape));
    if (r->along.n)
        print_along(&r->along);
    else if (f->n_axes == 1)
        printf(
            "line           w = w%zu + s (w%zu - w%zu), through points %zu and %zu, %.6g apart\n",
            p[0], p[1], p[0], p[0], p[1], f->lengths[0]);
    else
        printf("plane          w = w%zu + s (w%zu - w%zu) + t (w%zu - w%zu), through points %zu, "
               "%zu and %zu\n"
               "sides          |w%zu - w%zu| = %.6g, |w%zu - w%zu| = %.6g, the cosine between "
               "them %.3g\n",
               p[0], p[1], p[0], p[2], p[0], p[0], p[1], p[2], p[1], p[0], f->lengths[0], p[2],
               p[0], f->lengths[1], slice_frame_cosine(f));
    printf("nodes          %zu", r->n_nodes);
    if (f->n_axes == 2)
        printf(" x %zu", r->n_nodes);
    printf(", from %g to %g, %g apart\n", node(r, 0), node(r, r->n_nodes - 1), 1 / r->per_unit);
}

static void print_extreme(const run_of *r, const char *name, size_t value)
{
    double place[2];
    place_of(r, value, place);
    printf("%-14s %.9g at s = %.6g", name, r->loss[value], place[0]);
    if (r->frame.n_axes == 2)
        printf(", t = %.6g", place[1]);
    printf("\n");
}

static void print_slice(const run_of *r)
{
    bool plane = r->frame.n_axes == 2;
    size_t least = 0, largest = 0;
    for (size_t i = 1; i < n_values(r); i++) {
        least = r->loss[i] < r->loss[least] ? i : least;
        largest = r->loss[i] > r->loss[largest] ? i : largest;
    }
    print_heading(r);
    print_extreme(r, "least loss", least);
    print_extreme(r, "largest loss", largest);
    printf("\npoint           s  %s          loss  kind                   index\n",
           plane ? "          t" : "");
    for (size_t i = 0; i < r->n_marks; i++) {
        const slice_mark *m = &r->marks[i];
        printf("%5zu  %10.6g", m->point, m->place[0]);
        if (plane)
            printf("  %10.6g", m->place[1]);
        printf("  %12.9g  %-21s", m->loss, m->kind ? m->kind : "unknown");
        if (!isnan(m->index))
            printf("  %5.0f", m->index);
        printf("\n");
    }
}

static json_t *along_json(const slice_along *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "name", cli_json_text(a->names[i]),
                                              "curvature", cli_json_number(a->curvature[i]),
                                              "range", cli_json_number(a->range[i])));
    return list;
}

/* Nodes as --csv writes them: s runs fastest, then t. */
static outcome print_slice_json(const run_of *r)
{
    json_t *losses = json_array(), *marks = json_array(), *through = json_array();
    for (size_t i = 0; i < n_values(r); i++)
        json_array_append_new(losses, cli_json_number(r->loss[i]));
    for (size_t i = 0; i < r->n_through; i++)
        json_array_append_new(through, json_integer((json_int_t)r->through[i]));
    for (size_t i = 0; i < r->n_marks; i++) {
        const slice_mark *m = &r->marks[i];
        json_t *mark = json_pack("{s:I, s:o, s:o, s:s?, s:o}", "point", (json_int_t)m->point, "s",
                                 cli_json_number(m->place[0]), "loss", cli_json_number(m->loss),
                                 "kind", m->kind, "index", cli_json_number(m->index));
        if (r->frame.n_axes == 2)
            json_object_set_new(mark, "t", cli_json_number(m->place[1]));
        json_array_append_new(marks, mark);
    }
    json_t *root =
        json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "file", cli_json_text(r->path),
                  "through", through, "along", along_json(&r->along), "nodes",
                  (json_int_t)r->n_nodes, "first", cli_json_number(node(r, 0)), "last",
                  cli_json_number(node(r, r->n_nodes - 1)), "loss", losses, "points", marks);
    outcome result = cli_print_json(root);
    json_decref(root);
    return result;
}

/* ---- Output files ---- */

static outcome write_csv(const run_of *r, output_set *set)
{
    bool plane = r->frame.n_axes == 2;
    double place[2];
    outcome result = cli_output_open(set, r->csv);
    if (result != DONE)
        return result;
    fprintf(set->current, plane ? "s,t,loss\n" : "s,loss\n");
    for (size_t i = 0; i < n_values(r); i++) {
        place_of(r, i, place);
        fprintf(set->current, "%.17g,", place[0]);
        if (plane)
            fprintf(set->current, "%.17g,", place[1]);
        fprintf(set->current, "%.17g\n", r->loss[i]);
    }
    return cli_output_close(set);
}

static outcome draw(const run_of *r, output_set *set)
{
    const slice_frame *f = &r->frame;
    const slice_picture picture = {
        .path = r->path,
        .n_axes = f->n_axes,
        .n_nodes = r->n_nodes,
        .margin = r->margin,
        .zero = r->zero,
        .per_unit = r->per_unit,
        .along = r->along.n ? &r->along : NULL,
        .through = {r->through[0], r->through[1], r->through[2]},
        .lengths = {f->lengths[0], f->lengths[1]},
        .cosine = f->n_axes == 2 ? slice_frame_cosine(f) : 0,
        .loss = r->loss,
        .n_marks = r->n_marks,
        .marks = r->marks,
    };
    return f->n_axes == 2 ? slice_plot_plane(&picture, set, r->plot)
                          : slice_plot_line(&picture, set, r->plot);
}

static outcome run(int n_arguments, char **arguments)
{
    run_of r = {0};
    output_set set = {0};
    outcome result;
    TRY(read_options(&r, n_arguments, arguments));
    TRY(load(&r));
    TRY(compute(&r));
    if (r.csv)
        TRY(write_csv(&r, &set));
    if (r.plot)
        TRY(draw(&r, &set));
    TRY(cli_output_commit(&set));
    if (r.json)
        TRY(print_slice_json(&r));
    else
        print_slice(&r);
done:
    cli_output_end(&set);
    slice_frame_free(&r.frame);
    slice_along_free(&r.along);
    critpt_workspace_destroy(r.workspace);
    critpt_landscape_destroy(r.landscape);
    plugin_close(&r.model);
    critpt_file_destroy(r.file);
    free(r.loss);
    free(r.scratch);
    free(r.marks);
    return result;
}

const command slice_command = {
    "slice",
    "critpt slice FILE.h5 --through A,B[,C] | --point K --along D[,D] [--range R[,R]] [--grid N] "
    "[--csv OUT] [--plot OUT.svg|.png]" LIBRARY_USAGE READ_LIMIT_USAGE " [--json]",
    "Prints what the loss is on the line through points A and B, w = A + s (B - A), or on the\n"
    "plane through points A, B and C, w = A + s (B - A) + t (C - A), and which points of the file\n"
    "lie there. Nodes reach a quarter beyond the points: from s, t = -0.25 to 1.25 or so.\n"
    "Or on the line or plane that leaves a point along directions, from s, t = -1 to 1.\n\n"
    "    --through A,B[,C]   points of the file, from 0 on\n"
    "    --point K --along D[,D]\n"
    "                        from point K: escape and top are the eigenvectors of the least and\n"
    "                        largest eigenvalue, a number that of an eigenvalue, ascending from 0\n"
    "                        on; random[:SEED]; else a CSV file of P numbers\n"
    "    --range R[,R]       how far that goes on each side, by default so that the loss bends\n"
    "                        alike in both\n"
    "    --grid N            nodes from A to B and from A to C, or from end to end; 201 on a "
    "line,\n"
    "                        61 on a plane, or 101, by default\n"
    "    --csv OUT           s, t (on a plane) and loss of all nodes\n"
    "    --plot OUT          a picture by gnuplot: a curve, or filled contours\n" LIBRARY_HELP
        READ_LIMIT_HELP
    "    --json              the losses of all nodes, and the points, as JSON\n",
    run,
};
