/* critpt spectrum: the Hessian's eigenvalues at a point, printed, as CSV, as a picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/trial.h"
#include "critpt_file.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/json_number.h"
#include "cli/report.h"
#include "plugin/plugin.h"
#include "spectrum/plot.h"
#include "data/table.h"

extern const command spectrum_command; /* a row of main.c */

/* Beyond this many weights only extreme eigenvalues are computed, and a density estimated. */
enum { LARGEST_WHOLE = 2000, N_EXTREME = 6, MAX_PRODUCTS = 4000 };
/* Of the density: vectors, Lanczos steps, places. */
enum { DENSITY_VECTORS = 4, DENSITY_STEPS = 80, DENSITY_PLACES = 800 };
enum { SHOWN = 3 };       /* eigenvalues printed at each end */
#define DENSITY_BEGIN 0.5 /* in the bar */

typedef struct run_of {
    const char *path, *library, *weights_path, *csv, *plot;
    uint64_t point, read_limit;
    bool has_point, json;
    critpt_file *file;
    plugin model;
    critpt_landscape *landscape;
    size_t P, n; /* weights; eigenvalues held */
    double *weights, *values, *errors, loss;
    critpt_spectrum_options *options;
    critpt_spectrum *spectrum;
    progress bar;
    char place[512]; /* "point 2", or the file of the weights */
} run_of;

/* ---- Input ---- */

static outcome read_options(run_of *r, int n_arguments, char **arguments)
{
    const option_spec options[] = {
        {.name = "--point", .integer = &r->point, .given = &r->has_point},
        {.name = "--weights", .text = &r->weights_path},
        {.name = "--csv", .text = &r->csv},
        {.name = "--plot", .text = &r->plot},
        {.name = "--json", .flag = &r->json},
        LIBRARY_OPTION(&r->library),
        READ_LIMIT_OPTION(&r->read_limit),
    };
    outcome result;
    TRY(cli_parse_arguments(&spectrum_command, n_arguments, arguments, options,
                            sizeof options / sizeof *options, "the landscape file", &r->path));
    if (r->has_point && r->weights_path)
        TRY(cli_fail(BAD_INPUT, "give one of --point K and --weights W.csv"));
    if (r->weights_path)
        TRY(cli_output_require_other("--csv", r->csv, r->weights_path, "the file of weights"));
    TRY(cli_gnuplot_require_outputs(r->csv, r->plot, r->path));
done:
    return result;
}

/* One row or one column of P numbers. */
static outcome read_weights(run_of *r)
{
    table t;
    outcome result =
        data_table_read(&t, r->weights_path, &(table_format){.read_limit = (size_t)r->read_limit});
    if (result != DONE)
        return result;
    if ((t.rows == 1 && t.columns == r->P) || (t.columns == 1 && t.rows == r->P))
        memcpy(r->weights, t.values, r->P * sizeof(double));
    else
        result = cli_fail(BAD_INPUT,
                          "%s has %zu rows and %zu columns; one row or one column of %zu weights "
                          "is needed",
                          r->weights_path, t.rows, t.columns, r->P);
    data_table_free(&t);
    snprintf(r->place, sizeof r->place, "weights %s", r->weights_path);
    return result;
}

static outcome read_point(run_of *r)
{
    size_t K = critpt_file_n_points(r->file);
    if (!K)
        return cli_fail(BAD_INPUT, "%s has no points; give --weights W.csv", r->path);
    if (r->point >= K)
        return cli_fail(BAD_INPUT, "--point: %s has no point %llu; its points are 0 to %zu",
                        r->path, (unsigned long long)r->point, K - 1);
    snprintf(r->place, sizeof r->place, "point %llu", (unsigned long long)r->point);
    return cli_from_library(critpt_file_point_weights(r->file, (size_t)r->point, r->weights, r->P),
                            "%s", r->path);
}

static outcome load(run_of *r)
{
    outcome result;
    TRY(cli_read_landscape(&r->file, r->path, r->read_limit));
    TRY(plugin_landscape(&r->model, r->library, r->file, r->path, BAD_INPUT, &r->landscape));
    r->P = critpt_file_n_weights(r->file);
    TRY(cli_allocate(&r->weights, r->P, sizeof(double)));
    TRY(r->weights_path ? read_weights(r) : read_point(r));
done:
    return result;
}

/* ---- Computing ---- */

/* Extreme eigenvalues as accurate as a bounded number of products makes them: where an end of the
 * spectrum is crowded, the tolerance is loosened. */
static outcome compute_extremes(run_of *r)
{
    critpt_spectrum_options *options = r->options;
    critpt_status status = CRITPT_NOT_CONVERGED;
    outcome result;
    TRY(cli_from_library(critpt_spectrum_options_set_n_extreme(options, N_EXTREME), "%s", ""));
    TRY(cli_from_library(critpt_spectrum_options_set_max_products(options, MAX_PRODUCTS), "%s",
                         ""));
    for (double tolerance = 1e-6; status == CRITPT_NOT_CONVERGED && tolerance < 0.1;
         tolerance *= 100) {
        if (cli_interrupted())
            return cli_fail(INTERRUPTED, "interrupted");
        TRY(cli_from_library(critpt_spectrum_options_set_tolerance(options, tolerance), "%s", ""));
        status = critpt_spectrum_create(&r->spectrum, r->landscape, r->weights, r->P, options);
    }
    TRY(cli_from_library(status, "%s: %s", r->path, r->place));
done:
    return result;
}

static outcome compute(run_of *r)
{
    bool whole = r->P <= LARGEST_WHOLE;
    outcome result;
    TRY(cli_from_library(critpt_spectrum_options_create(&r->options), "%s", ""));
    TRY(cli_from_library(
        critpt_spectrum_options_set_progress(r->options, cli_progress_update, &r->bar), "%s", ""));
    cli_progress_range(&r->bar, 0, whole || !r->plot ? 1 : DENSITY_BEGIN);
    if (!whole)
        TRY(compute_extremes(r));
    else
        TRY(cli_from_library(
            critpt_spectrum_create(&r->spectrum, r->landscape, r->weights, r->P, r->options),
            "%s: %s", r->path, r->place));
    TRY(cli_from_library(critpt_landscape_loss(r->landscape, NULL, r->weights, r->P, &r->loss),
                         "%s", r->path));
    r->n = critpt_spectrum_n_eigenvalues(r->spectrum);
    TRY(cli_allocate(&r->values, r->n, sizeof(double)));
    TRY(cli_allocate(&r->errors, r->n, sizeof(double)));
    for (size_t i = 0; i < r->n; i++)
        TRY(cli_from_library(
            critpt_spectrum_eigenvalue(r->spectrum, i, &r->values[i], &r->errors[i]), "%s", ""));
    if (cli_interrupted())
        TRY(cli_fail(INTERRUPTED, "interrupted"));
done:
    return result;
}

/* ---- Printing ---- */

static void print_ends(const run_of *r)
{
    size_t shown = r->n < SHOWN ? r->n : SHOWN;
    for (size_t i = 0; i < shown; i++)
        printf("%-18s%13.6g +- %.1e\n", i ? "" : "least", r->values[i], r->errors[i]);
    for (size_t i = 0; i < shown; i++)
        printf("%-18s%13.6g +- %.1e\n", i ? "" : "largest", r->values[r->n - 1 - i],
               r->errors[r->n - 1 - i]);
}

static const char *reason_text(critpt_null_reason reason)
{
    switch (reason) {
    case CRITPT_NULL_DEAD_INPUT:
        return "is 0 in every sample";
    case CRITPT_NULL_SATURATED_UNIT:
        return "is saturated or dead in every sample";
    case CRITPT_NULL_NO_INFLUENCE:
        return "has no influence on the outputs";
    case CRITPT_NULL_RESCALED_UNIT:
        return "can be rescaled";
    case CRITPT_NULL_DUPLICATED_UNIT:
        return "does what one before it does";
    case CRITPT_NULL_MIXED_UNIT:
        return "can be mixed with others";
    case CRITPT_NULL_DEPENDENT_INPUT:
        return "is determined by others";
    case CRITPT_NULL_NUMERICAL:
        break;
    }
    return "has no effect";
}

static void print_null_directions(const critpt_spectrum *spectrum)
{
    for (size_t i = 0; i < critpt_spectrum_n_null_directions(spectrum); i++) {
        size_t layer = 0, unit = 0, n = 0;
        critpt_null_reason reason = CRITPT_NULL_DEAD_INPUT;
        critpt_spectrum_null_direction(spectrum, i, &layer, &unit, &reason, &n);
        if (reason == CRITPT_NULL_NUMERICAL) {
            printf("%-18s%zu along which the model's outputs stay\n", i ? "" : "null directions",
                   n);
            continue;
        }
        printf("%-18slayer %zu: %s %zu %s: %zu direction%s\n", i ? "" : "null directions", layer,
               reason == CRITPT_NULL_DEAD_INPUT || reason == CRITPT_NULL_DEPENDENT_INPUT ? "input"
                                                                                         : "unit",
               unit, reason_text(reason), n, n == 1 ? "" : "s");
    }
}

static void print_spectrum(const run_of *r)
{
    const critpt_spectrum *s = r->spectrum;
    bool whole = critpt_spectrum_is_whole(s);
    const char *least = whole ? "" : "at least ";
    char model[CLI_MODEL];
    cli_describe_model(r->file, r->landscape, model, sizeof model);
    cli_print_name(stdout, r->path);
    printf(", ");
    cli_print_name(stdout, r->place);
    printf(": a ");
    cli_print_name(stdout, model);
    printf(", %zu weights, on %zu samples\n\n", r->P, critpt_landscape_n_samples(r->landscape));
    printf("loss              %.9g\n", r->loss);
    printf("scaled gradient   %.3g rounding units\n", critpt_spectrum_gradient_scaled(s));
    printf("kind              %s\n", critpt_kind_name(critpt_spectrum_kind(s)));
    printf("index             %s%zu certainly negative, %s%zu certainly positive\n", least,
           critpt_spectrum_index(s), least, critpt_spectrum_n_positive(s));
    printf("nullity           %s%zu whose sign rounding hides\n", whole ? "" : "among those found ",
           critpt_spectrum_nullity(s));
    if (whole)
        printf("gap               %.3g, the least |eigenvalue| whose sign is decided\n",
               critpt_spectrum_gap(s));
    if (!whole)
        printf("eigenvalues       %zu extreme ones of %zu\n", r->n, r->P);
    print_ends(r);
    print_null_directions(s);
}

static json_t *null_directions_json(const critpt_spectrum *spectrum)
{
    json_t *list = json_array();
    for (size_t i = 0; i < critpt_spectrum_n_null_directions(spectrum); i++) {
        size_t layer = 0, unit = 0, n = 0;
        critpt_null_reason reason = CRITPT_NULL_DEAD_INPUT;
        critpt_spectrum_null_direction(spectrum, i, &layer, &unit, &reason, &n);
        json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:I}", "layer", (json_int_t)layer,
                                              reason == CRITPT_NULL_DEAD_INPUT ? "input" : "unit",
                                              (json_int_t)unit, "why", reason_text(reason),
                                              "directions", (json_int_t)n));
    }
    return list;
}

static outcome print_spectrum_json(const run_of *r)
{
    const critpt_spectrum *s = r->spectrum;
    json_t *values = json_array(), *errors = json_array();
    for (size_t i = 0; i < r->n; i++) {
        json_array_append_new(values, cli_json_number(r->values[i]));
        json_array_append_new(errors, cli_json_number(r->errors[i]));
    }
    json_t *root = json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "file",
        cli_json_text(r->path), "place", cli_json_text(r->place), "loss", cli_json_number(r->loss),
        "gradient_scaled", cli_json_number(critpt_spectrum_gradient_scaled(s)), "kind",
        critpt_kind_name(critpt_spectrum_kind(s)), "whole", critpt_spectrum_is_whole(s), "index",
        (json_int_t)critpt_spectrum_index(s), "n_positive",
        (json_int_t)critpt_spectrum_n_positive(s), "nullity",
        (json_int_t)critpt_spectrum_nullity(s), "gap", cli_json_number(critpt_spectrum_gap(s)),
        "eigenvalues", values, "errors", errors, "null_directions", null_directions_json(s));
    outcome result = cli_print_json(root);
    json_decref(root);
    return result;
}

/* ---- Output files ---- */

static outcome write_csv(const run_of *r, output_set *set)
{
    outcome result = cli_output_open(set, r->csv);
    if (result != DONE)
        return result;
    for (size_t i = 0; i < r->n; i++)
        fprintf(set->current, "%.17g,%.17g\n", r->values[i], r->errors[i]);
    return cli_output_close(set);
}

static outcome draw_density(run_of *r, const spectrum_picture *picture, output_set *set)
{
    double *places = NULL, *density, low = r->values[0], high = r->values[r->n - 1];
    double width = fmax((high - low) / 200, 1e-300), margin = 6 * width;
    outcome result;
    TRY(cli_allocate(&places, 2 * DENSITY_PLACES, sizeof *places));
    density = places + DENSITY_PLACES;
    for (size_t i = 0; i < DENSITY_PLACES; i++)
        places[i] = low - margin + (high - low + 2 * margin) * (double)i / (DENSITY_PLACES - 1);
    cli_progress_range(&r->bar, DENSITY_BEGIN, 1);
    TRY(cli_from_library(critpt_spectrum_density_with_options(
                             r->landscape, r->weights, r->P, r->options, DENSITY_VECTORS,
                             DENSITY_STEPS, width, places, DENSITY_PLACES, density),
                         "%s", r->path));
    TRY(spectrum_plot_density(picture, places, density, DENSITY_PLACES, set, r->plot));
done:
    free(places);
    return result;
}

static outcome draw(run_of *r, output_set *set)
{
    const critpt_spectrum *s = r->spectrum;
    bool whole = critpt_spectrum_is_whole(s);
    char title[1400];
    int used = snprintf(title, sizeof title, "%.600s, %s: %s, index %s%zu", r->path, r->place,
                        critpt_kind_name(critpt_spectrum_kind(s)), whole ? "" : "at least ",
                        critpt_spectrum_index(s));
    if (whole)
        snprintf(title + used, sizeof title - (size_t)used, ", nullity %zu",
                 critpt_spectrum_nullity(s));
    const spectrum_picture picture = {
        title, r->n, critpt_spectrum_index(s), critpt_spectrum_n_positive(s), r->values, r->errors};
    return whole ? spectrum_plot_eigenvalues(&picture, set, r->plot)
                 : draw_density(r, &picture, set);
}

static outcome run(int n_arguments, char **arguments)
{
    run_of r = {0};
    output_set set = {0};
    outcome result;
    TRY(read_options(&r, n_arguments, arguments));
    TRY(load(&r));
    cli_progress_begin(&r.bar, r.json);
    TRY(compute(&r));
    if (r.csv)
        TRY(write_csv(&r, &set));
    if (r.plot)
        TRY(draw(&r, &set));
    cli_progress_end(&r.bar);
    TRY(cli_output_commit(&set));
    if (r.json)
        TRY(print_spectrum_json(&r));
    else
        print_spectrum(&r);
done:
    cli_progress_end(&r.bar);
    cli_output_end(&set);
    critpt_spectrum_options_destroy(r.options);
    critpt_spectrum_destroy(r.spectrum);
    critpt_landscape_destroy(r.landscape);
    plugin_close(&r.model);
    critpt_file_destroy(r.file);
    free(r.weights);
    free(r.values);
    free(r.errors);
    return result;
}

const command spectrum_command = {
    "spectrum",
    "critpt spectrum FILE.h5 [--point K | --weights W.csv] [--csv OUT] [--plot "
    "OUT.svg|.png]" LIBRARY_USAGE READ_LIMIT_USAGE " [--json]",
    "Prints what the Hessian of the loss says of a point: kind, index, nullity, eigenvalues.\n"
    "With more than 2000 weights only extreme eigenvalues are computed.\n\n"
    "    --point K         a point of the file, from 0 on; 0 by default\n"
    "    --weights W.csv   any weight vector instead, in one row or one column\n"
    "    --csv OUT         the eigenvalues, ascending, and their error bounds\n"
    "    --plot OUT        a picture by gnuplot: sorted eigenvalues, or a density for large "
    "models\n" LIBRARY_HELP READ_LIMIT_HELP
    "    --json            the numbers, all eigenvalues that were computed among them, as JSON\n",
    run,
};
