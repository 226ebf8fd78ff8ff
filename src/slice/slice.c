/* critpt slice: the loss on the line or plane through points of a file, printed, as CSV, as a
 * picture. */
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
#include "slice/frame.h"
#include "slice/plot.h"

extern const command slice_command; /* a row of main.c */

/* Nodes from A to B: by default and at most, on a line and on a plane. */
static const uint64_t default_grid[] = {201, 61}, largest_grid[] = {100000, 1001};

typedef struct run_of {
    const char *path, *through_text, *csv, *plot;
    uint64_t grid, read_limit;
    bool has_grid, json;
    size_t through[MAX_CORNERS], n_through;
    critpt_file *file;
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    slice_frame frame;
    size_t margin, n_nodes; /* nodes before A; nodes of an axis */
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

static outcome check_grid(run_of *r)
{
    size_t kind = r->n_through == 2 ? 0 : 1;
    if (!r->has_grid)
        r->grid = default_grid[kind];
    if (r->grid < 2 || r->grid > largest_grid[kind])
        return cli_fail(BAD_INPUT,
                        "--grid: %llu is outside 2 .. %llu, the numbers of nodes that "
                        "a %s may have from point to point",
                        (unsigned long long)r->grid, (unsigned long long)largest_grid[kind],
                        kind ? "plane" : "line");
    /* a quarter of the side, at least one node */
    r->margin = (size_t)(r->grid + 2) / 4;
    r->n_nodes = (size_t)r->grid + 2 * r->margin;
    return DONE;
}

static outcome read_options(run_of *r, int n_arguments, char **arguments)
{
    const option_spec options[] = {
        {.name = "--through", .text = &r->through_text},
        {.name = "--grid", .integer = &r->grid, .given = &r->has_grid},
        {.name = "--csv", .text = &r->csv},
        {.name = "--plot", .text = &r->plot},
        {.name = "--json", .flag = &r->json},
        READ_LIMIT_OPTION(&r->read_limit),
    };
    uint64_t numbers[MAX_CORNERS];
    outcome result;
    TRY(cli_parse_arguments(&slice_command, n_arguments, arguments, options,
                            sizeof options / sizeof *options, "the landscape file", &r->path));
    if (!r->through_text)
        TRY(cli_fail(BAD_INPUT, "--through A,B[,C] is missing; usage: %s", slice_command.usage));
    r->n_through = read_list(r->through_text, numbers);
    if (r->n_through < 2)
        TRY(cli_fail(BAD_INPUT,
                     "--through: \"%.60s\" is not A,B or A,B,C, two or three numbers of points "
                     "with commas between them",
                     r->through_text));
    TRY(check_grid(r));
    TRY(cli_gnuplot_require_outputs(r->csv, r->plot, r->path));
done:
    return result;
}

static outcome load(run_of *r)
{
    outcome result;
    TRY(cli_read_landscape(&r->file, r->path, r->read_limit));
    TRY(read_through(r));
    TRY(cli_from_library(critpt_file_landscape(r->file, &r->landscape), "%s", r->path));
    size_t P = critpt_file_n_weights(r->file);
    TRY(cli_allocate(&r->scratch, 2 * P, sizeof(double)));
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

/* s or t of a node: j / (n - 1) of [0, 1] where --grid n gives n nodes from 0 to 1. */
static double node(const run_of *r, size_t j)
{
    return ((double)j - (double)r->margin) / (double)(r->grid - 1);
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

static void print_heading(const run_of *r)
{
    const critpt_model *model = critpt_landscape_model(r->landscape);
    const slice_frame *f = &r->frame;
    const size_t *p = r->through;
    char widths[256], activations[256];
    cli_describe_widths(model, widths, sizeof widths);
    cli_describe_activations(model, activations, sizeof activations);
    cli_print_name(stdout, r->path);
    printf(": a %s network (%s), %zu weights, on %zu samples\n", widths, activations, f->n_weights,
           critpt_landscape_n_samples(r->landscape));
    if (f->n_axes == 1)
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
    printf(", from %g to %g, %g apart\n", node(r, 0), node(r, r->n_nodes - 1),
           1 / (double)(r->grid - 1));
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
    json_t *root = json_pack(
        "{s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "file", cli_json_text(r->path), "through", through,
        "nodes", (json_int_t)r->n_nodes, "first", cli_json_number(node(r, 0)), "last",
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
    critpt_workspace_destroy(r.workspace);
    critpt_landscape_destroy(r.landscape);
    critpt_file_destroy(r.file);
    free(r.loss);
    free(r.scratch);
    free(r.marks);
    return result;
}

const command slice_command = {
    "slice",
    "critpt slice FILE.h5 --through A,B[,C] [--grid N] [--csv OUT] [--plot "
    "OUT.svg|.png]" READ_LIMIT_USAGE " [--json]",
    "Prints what the loss is on the line through points A and B, w = A + s (B - A), or on the\n"
    "plane through points A, B and C, w = A + s (B - A) + t (C - A), and which points of the file\n"
    "lie there. Nodes reach a quarter beyond the points: from s, t = -0.25 to 1.25 or so.\n\n"
    "    --through A,B[,C]   points of the file, from 0 on\n"
    "    --grid N            nodes from A to B and from A to C; 201 on a line, 61 on a plane by\n"
    "                        default\n"
    "    --csv OUT           s, t (on a plane) and loss of all nodes\n"
    "    --plot OUT          a picture by gnuplot: a curve, or filled contours\n" READ_LIMIT_HELP
    "    --json              the losses of all nodes, and the points, as JSON\n",
    run,
};
