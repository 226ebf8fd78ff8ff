/* Scripts for gnuplot, each with its data. */
#include "race/plots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/folder.h"
#include "cli/gnuplot.h"

enum { WIDTH = 900, HEIGHT = 560, NODES = 81, SIDE = 61, TRACES = 3 };

/* Colours dark enough on white, and with each a dash and after five a width: lines are told apart
 * in black and white too. */
static const char *const colours[] = {"#4b0082", "#00796b", "#c0392b", "#0b62c4",
                                      "#a05a00", "#1b1f24", "#6b6b00", "#777777"};
enum { COLOURS = sizeof colours / sizeof *colours, DASHES = 5 };

typedef struct picture {
    const race_results *r;
    output_set *set;
    FILE *script;
    char *path;
} picture;

static outcome begin(picture *p, const char *file, const char *title, const char *x, const char *y)
{
    outcome result;
    TRY(cli_join(&p->path, p->r->directory, file, NULL, NULL));
    TRY(cli_gnuplot_begin(&p->script, p->set, p->path, WIDTH, HEIGHT));
    fprintf(p->script,
            "set title '%s'\nset xlabel '%s'\nset ylabel '%s'\nset key outside right\n"
            "set grid lc rgb '#dddddd'\nset border 3\nset tics nomirror\n",
            title, x, y);
done:
    return result;
}

static outcome end(picture *p, outcome result)
{
    if (p->script && result == DONE)
        result = cli_gnuplot_run(p->script, p->set, p->path);
    else if (p->script)
        fclose(p->script);
    free(p->path);
    return result;
}

/* Data as $dN, and a plot of them all with these words behind each. */
static void begin_data(FILE *script, size_t n)
{
    fprintf(script, "$d%zu << E\n", n);
}

/* An algorithm's own line, and its name in the key. */
static void print_line(const picture *p, size_t name)
{
    fprintf(p->script, " lc rgb '%s' dt %zu lw %zu title ", colours[name % COLOURS],
            name % DASHES + 1, 2 + name / DASHES);
    cli_gnuplot_quote(p->script, p->r->names[name].name);
}

static void plot_all(const picture *p, const char *words)
{
    for (size_t name = 0; name < p->r->n_names; name++) {
        fprintf(p->script, "%s $d%zu %s", name ? "," : "plot", name, words);
        print_line(p, name);
    }
    fprintf(p->script, "\n");
}

/* The i-th of nodes from 1 to the budget, evenly in the logarithm. */
static double node(const race_results *r, size_t i)
{
    return pow((double)(r->budget > 1 ? r->budget : 2), (double)i / (NODES - 1));
}

/* The best gap that a run had after so many evaluations. */
static double gap_after(const race_result *run, const race_field *f, double evaluations)
{
    double best = INFINITY;
    for (size_t i = 0; i < run->n_records && race_row(run, i)[RACE_EVALUATIONS] <= evaluations; i++)
        best = race_row(run, i)[RACE_BEST];
    return best - f->optimum;
}

/* ---- Run lengths ---- */

/* The share of targets 10^2 to 10^-8, five a decade, that a run has reached. */
static double targets_reached(double gap)
{
    enum { FIRST = 10, LAST = -40 };
    size_t n = 0;
    for (int k = FIRST; k >= LAST; k--)
        n += gap <= pow(10, k / 5.0);
    return (double)n / (FIRST - LAST + 1);
}

static outcome draw_run_lengths(const race_results *r, output_set *set)
{
    picture p = {.r = r, .set = set};
    outcome result;
    TRY(begin(&p, "run-lengths.svg",
              "Targets reached, from 100 to 1e-8 above the lowest planted "
              "loss",
              "evaluations", "share of runs and targets"));
    fprintf(p.script, "set logscale x\nset yrange [0:1]\n");
    for (size_t name = 0; name < r->n_names; name++) {
        begin_data(p.script, name);
        for (size_t i = 0; i < NODES; i++) {
            double sum = 0;
            for (size_t field = 0; field < r->n_fields; field++)
                for (size_t s = 0; s < r->n_starts; s++)
                    sum += targets_reached(
                        gap_after(race_at(r, field, name, s), &r->fields[field], node(r, i)));
            fprintf(p.script, "%g %g\n", node(r, i), sum / (double)(r->n_fields * r->n_starts));
        }
        fprintf(p.script, "E\n");
    }
    plot_all(&p, "with steps");
done:
    return end(&p, result);
}

/* ---- Loss ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static outcome draw_loss(const race_results *r, output_set *set)
{
    picture p = {.r = r, .set = set};
    size_t n = r->n_fields * r->n_starts;
    double *gaps = NULL;
    outcome result;
    TRY(cli_allocate(&gaps, n, sizeof *gaps));
    TRY(begin(&p, "loss.svg", "Best loss above the lowest planted one, in the median of runs",
              "evaluations", "loss above it (10^{-16}: none, or below)"));
    fprintf(p.script, "set logscale xy\nset format y '10^{%%L}'\nunset mytics\n");
    for (size_t name = 0; name < r->n_names; name++) {
        begin_data(p.script, name);
        for (size_t i = 0; i < NODES; i++) {
            for (size_t j = 0; j < n; j++)
                gaps[j] = gap_after(race_at(r, j / r->n_starts, name, j % r->n_starts),
                                    &r->fields[j / r->n_starts], node(r, i));
            qsort(gaps, n, sizeof *gaps, ascending);
            if (isfinite(gaps[n / 2]))
                fprintf(p.script, "%g %g\n", node(r, i), fmax(gaps[n / 2], 1e-16));
        }
        fprintf(p.script, "\n1 1e300\nE\n"); /* no table is empty */
    }
    fprintf(p.script, "set yrange [1e-16:1e4]\n");
    plot_all(&p, "with lines");
done:
    free(gaps);
    return end(&p, result);
}

/* ---- Ends ---- */

/* How many runs ended at point k; n_points: elsewhere. */
static size_t count_ends(const race_results *r, size_t name, size_t k, bool elsewhere)
{
    size_t n = 0;
    for (size_t field = 0; field < r->n_fields; field++)
        for (size_t s = 0; s < r->n_starts; s++) {
            const race_result *run = race_at(r, field, name, s);
            size_t at = race_end_point(run, &r->fields[field]);
            bool outside = at == r->fields[field].n_points;
            n += run->n_records && (elsewhere ? outside : !outside && at == k);
        }
    return n;
}

static size_t most_points(const race_results *r)
{
    size_t most = 0;
    for (size_t field = 0; field < r->n_fields; field++)
        most = r->fields[field].n_points > most ? r->fields[field].n_points : most;
    return most;
}

/* "point 2: saddle of index 3" where there is one landscape, else its number alone. */
static void name_point(const race_results *r, FILE *script, size_t k)
{
    const race_point *point = r->n_fields == 1 ? &r->fields[0].points[k] : NULL;
    fprintf(script, "title 'point %zu", k);
    if (point && point->kind)
        fprintf(script, ", %s", race_point_is_saddle(point) ? "saddle" : point->kind);
    if (point && race_point_is_saddle(point) && !isnan(point->index))
        fprintf(script, " of index %.0f", point->index);
    fprintf(script, "' noenhanced");
}

static outcome draw_ends(const race_results *r, output_set *set)
{
    enum { MOST_POINTS = 12 };
    picture p = {.r = r, .set = set};
    size_t K = most_points(r);
    outcome result;
    K = K < MOST_POINTS ? K : MOST_POINTS;
    TRY(begin(&p, "ends.svg", "Where runs ended", "", "runs"));
    fprintf(p.script, "set style data histogram\nset style histogram rowstacked\n"
                      "set style fill solid 0.8 border -1\nset boxwidth 0.7\nset yrange [0:*]\n"
                      "set xtics rotate by -45\nset grid noxtics\n");
    begin_data(p.script, 0);
    for (size_t name = 0; name < r->n_names; name++) {
        fprintf(p.script, "\"%s\"", r->names[name].name);
        for (size_t k = 0; k < K; k++)
            fprintf(p.script, " %zu", count_ends(r, name, k, false));
        fprintf(p.script, " %zu\n", count_ends(r, name, 0, true));
    }
    fprintf(p.script, "E\nplot ");
    for (size_t k = 0; k < K; k++) {
        fprintf(p.script, "$d0 using %zu%s ", k + 2, k ? "" : ":xtic(1)");
        name_point(r, p.script, k);
        fprintf(p.script, ", ");
    }
    fprintf(p.script, "$d0 using %zu lc rgb '#bbbbbb' title 'elsewhere'\n", K + 2);
done:
    return end(&p, result);
}

/* ---- Saddles ---- */

/* The mean share of evaluations near saddles of this index, over runs; false if there is none. */
static bool time_near(const race_results *r, size_t name, double index, double *share)
{
    size_t n = 0;
    *share = 0;
    for (size_t field = 0; field < r->n_fields; field++)
        for (size_t k = 0; k < r->fields[field].n_points; k++) {
            const race_point *point = &r->fields[field].points[k];
            if (!race_point_is_saddle(point) || point->index != index)
                continue;
            for (size_t s = 0; s < r->n_starts; s++, n++)
                *share += race_time_near(race_at(r, field, name, s), &r->fields[field], k);
        }
    *share = n ? *share / (double)n : 0;
    return n > 0;
}

static double largest_index(const race_results *r)
{
    double largest = 0;
    for (size_t field = 0; field < r->n_fields; field++)
        for (size_t k = 0; k < r->fields[field].n_points; k++)
            if (race_point_is_saddle(&r->fields[field].points[k]))
                largest = fmax(largest, r->fields[field].points[k].index);
    return largest;
}

static outcome draw_saddles(const race_results *r, output_set *set)
{
    picture p = {.r = r, .set = set};
    double largest = largest_index(r), share;
    outcome result;
    if (!(largest > 0))
        return DONE;
    TRY(begin(&p, "saddles.svg", "Time near saddles: within a tenth of the way to the next point",
              "index of the saddle", "share of evaluations"));
    fprintf(p.script, "set xrange [0.5:%g]\nset yrange [0:*]\nset xtics 1\n", largest + 0.5);
    for (size_t name = 0; name < r->n_names; name++) {
        begin_data(p.script, name);
        for (double index = 1; index <= largest; index++)
            if (time_near(r, name, index, &share))
                fprintf(p.script, "%g %g\n", index, share);
        fprintf(p.script, "E\n");
    }
    plot_all(&p, "with linespoints");
done:
    return end(&p, result);
}

/* ---- Trajectories ---- */

/* The first landscape with a plane through its points 0, 1 and 2; n_fields if there is none. */
static size_t find_plane(const race_results *r)
{
    for (size_t field = 0; field < r->n_fields; field++)
        for (size_t name = 0; name < r->n_names; name++)
            for (size_t s = 0; s < r->n_starts; s++) {
                const race_result *run = race_at(r, field, name, s);
                if (run->n_records && !isnan(race_row(run, 0)[RACE_DISTANCE + run->n_points]))
                    return field;
            }
    return r->n_fields;
}

/* Coordinates from -1 to 2. */
static double side(size_t i)
{
    return 3 * (double)i / (SIDE - 1) - 1;
}

static outcome write_surface(const race_field *f, FILE *script)
{
    size_t P = f->n_weights;
    double *weights = NULL, loss;
    critpt_workspace *workspace = NULL;
    outcome result;
    TRY(cli_allocate(&weights, P, sizeof *weights));
    TRY(cli_from_library(critpt_workspace_create(&workspace, f->landscape), "%s", f->path));
    for (size_t j = 0; j < SIDE; j++)
        for (size_t i = 0; i < SIDE; i++) {
            for (size_t k = 0; k < P; k++)
                weights[k] = f->points[0].weights[k] +
                             side(i) * (f->points[1].weights[k] - f->points[0].weights[k]) +
                             side(j) * (f->points[2].weights[k] - f->points[0].weights[k]);
            TRY(cli_from_library(critpt_landscape_loss(f->landscape, workspace, weights, P, &loss),
                                 "%s", f->path));
            fprintf(script, "%g %g %g\n", side(i), side(j), log10(fmax(loss, 1e-300)));
        }
done:
    critpt_workspace_destroy(workspace);
    free(weights);
    return result;
}

static void write_traces(const race_results *r, FILE *script, size_t field, size_t name)
{
    begin_data(script, name);
    for (size_t s = 0; s < r->n_starts && s < TRACES; s++) {
        const race_result *run = race_at(r, field, name, s);
        for (size_t i = 0; i < run->n_records; i++) {
            const double *place = race_row(run, i) + RACE_DISTANCE + run->n_points;
            fprintf(script, "%g %g\n", place[0], place[1]);
        }
        fprintf(script, "\n");
    }
    fprintf(script, "0 1e9\nE\n");
}

static outcome draw_trajectories(const race_results *r, output_set *set)
{
    picture p = {.r = r, .set = set};
    size_t field = find_plane(r);
    outcome result;
    if (field == r->n_fields)
        return DONE;
    TRY(begin(&p, "trajectories.svg",
              "Where the first runs went, seen on the plane through points 0, 1, 2", "s: 0 to 1",
              "t: 0 to 2"));
    fprintf(p.script, "set xrange [-1:2]\nset yrange [-1:2]\nset cblabel 'log_{10} loss'\n"
                      "set palette defined (0 '#9ecae1', 1 '#deebf7', 2 '#ffffff')\n"
                      "set key below\n$surface << E\n");
    TRY(write_surface(&r->fields[field], p.script));
    fprintf(p.script, "E\n$points << E\n0 0\n1 0\n0 1\nE\n");
    for (size_t name = 0; name < r->n_names; name++)
        write_traces(r, p.script, field, name);
    fprintf(p.script, "plot $surface with image notitle");
    for (size_t name = 0; name < r->n_names; name++) {
        fprintf(p.script, ", $d%zu with lines", name);
        print_line(&p, name);
    }
    fprintf(p.script, ", $points with points pt 7 lc rgb 'black' title 'planted'\n");
done:
    return end(&p, result);
}

/* Whether a program of this name is in the PATH. */
static bool is_installed(const char *name)
{
    const char *at = getenv("PATH");
    char path[4096];
    while (at && *at) {
        size_t n = strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s/%s", (int)(n < 4000 ? n : 4000), at, name);
        if (access(path, X_OK) == 0)
            return true;
        at += at[n] ? n + 1 : n;
    }
    return false;
}

outcome race_plots_write(const race_results *r, output_set *set, const char **without)
{
    outcome result;
    if (!is_installed("gnuplot")) {
        *without = "gnuplot is not installed; install it and run the same with --resume";
        return DONE;
    }
    TRY(draw_run_lengths(r, set));
    TRY(draw_loss(r, set));
    TRY(draw_ends(r, set));
    TRY(draw_saddles(r, set));
    TRY(draw_trajectories(r, set));
done:
    return result;
}
