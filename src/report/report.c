/* critpt report: one page in HTML that tells what is in a landscape file, for people who do not
 * have the program. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/output_set.h"
#include "cli/report.h"
#include "plugin/plugin.h"
#include "cli/trial.h"
#include "critpt_file.h"
#include "report/basins.h"
#include "report/page.h"
#include "report/race.h"

extern const command report_command; /* a row of main.c */

enum { MOST_FIGURES = 12, NODES = 121 };

typedef struct report {
    const char *path, *output, *race, *library;
    char *name; /* of the file, without folder and ending */
    uint64_t read_limit;
    critpt_file *file;
    plugin model;
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    size_t n_points, n_weights;
    double *scratch; /* 3 P */
} report;

static outcome read_options(report *r, int n_arguments, char **arguments)
{
    const option_spec options[] = {
        {.name = "-o", .text = &r->output},
        {.name = "--race", .text = &r->race},
        LIBRARY_OPTION(&r->library),
        READ_LIMIT_OPTION(&r->read_limit),
    };
    outcome result;
    TRY(cli_parse_arguments(&report_command, n_arguments, arguments, options,
                            sizeof options / sizeof *options, "the landscape file", &r->path));
    if (!r->output)
        TRY(cli_fail(BAD_INPUT, "-o PAGE.html is missing; usage: %s", report_command.usage));
    TRY(cli_output_require_other("-o", r->output, r->path, "the landscape file"));
    TRY(cli_output_require("-o", r->output));
done:
    return result;
}

static outcome load(report *r)
{
    const char *slash = strrchr(r->path, '/'), *name = slash ? slash + 1 : r->path;
    size_t length = strlen(name);
    outcome result;
    if (length > 3 && !strcmp(name + length - 3, ".h5"))
        length -= 3;
    TRY(cli_copy_text(&r->name, name, length));
    TRY(cli_read_landscape(&r->file, r->path, r->read_limit));
    TRY(plugin_landscape(&r->model, r->library, r->file, r->path, BAD_INPUT, &r->landscape));
    TRY(cli_from_library(critpt_workspace_create(&r->workspace, r->landscape), "%s", r->path));
    r->n_points = critpt_file_n_points(r->file);
    r->n_weights = critpt_file_n_weights(r->file);
    TRY(cli_allocate(&r->scratch, 3 * r->n_weights, sizeof *r->scratch));
done:
    return result;
}

/* ---- What was planted ---- */

static void print_planted(const report *r, FILE *stream)
{
    const char *refused = critpt_file_text_value(r->file, CRITPT_FILE_TEXT_REFUSED);
    char model[CLI_MODEL];
    double amplification = NAN;
    cli_describe_model(r->file, r->landscape, model, sizeof model);
    critpt_file_report_value(r->file, CRITPT_REPORT_AMPLIFICATION, &amplification);
    fprintf(stream, "<p>A training set of %zu samples on which the squared-error loss of a ",
            critpt_landscape_n_samples(r->landscape));
    report_text(stream, model);
    fprintf(stream, " with %zu weights has %zu planted points", r->n_weights, r->n_points);
    if (!isnan(amplification))
        fprintf(stream, "; amplification %.3g", amplification);
    fprintf(stream, ".</p>\n");
    if (refused) {
        fprintf(stream, "<p class=\"warning\"><strong>Not planted as it was asked for:</strong> ");
        report_text(stream, refused);
        fprintf(stream, "</p>\n");
    }
    for (size_t i = 0; i < critpt_file_n_warnings(r->file); i++) {
        fprintf(stream, "<p class=\"warning\">Warning: ");
        report_text(stream, critpt_file_warning(r->file, i));
        fprintf(stream, "</p>\n");
    }
}

static double value_of(const report *r, size_t k, critpt_file_point_quantity quantity)
{
    double value = NAN;
    critpt_file_point_value(r->file, k, quantity, &value);
    return value;
}

static outcome print_points(const report *r, FILE *stream)
{
    size_t P = r->n_weights;
    outcome result = DONE;
    report_section(
        stream, "Points",
        "Eigenvalues are those of the Hessian of the loss; the index counts negative ones, "
        "the nullity those whose sign rounding hides. A gradient of a few rounding units is "
        "zero.");
    fprintf(stream, "<div class=\"wide\"><table>\n<tr><th>point</th><th>kind</th><th>asked for</th>"
                    "<th>loss</th><th>|gradient|</th><th>rounding units</th><th>index</th>"
                    "<th>nullity</th><th>least eigenvalue</th><th>largest</th></tr>\n");
    for (size_t k = 0; k < r->n_points; k++) {
        const char *kind = critpt_file_point_kind(r->file, k);
        TRY(cli_from_library(
            critpt_file_point_vector(r->file, k, CRITPT_FILE_VECTOR_EIGENVALUES, r->scratch, P),
            "%s", r->path));
        fprintf(stream, "<tr><td>%zu</td><td>", k);
        report_text(stream, kind ? kind : "unknown");
        fprintf(stream, "</td><td>");
        report_text(stream, critpt_file_point_nature(r->file, k));
        fprintf(stream, "</td>");
        report_cell(stream, value_of(r, k, CRITPT_FILE_POINT_LOSS));
        report_cell(stream, value_of(r, k, CRITPT_FILE_POINT_GRADIENT_NORM));
        report_cell(stream, value_of(r, k, CRITPT_FILE_POINT_GRADIENT_SCALED));
        report_cell(stream, value_of(r, k, CRITPT_FILE_POINT_INDEX));
        report_cell(stream, value_of(r, k, CRITPT_FILE_POINT_NULLITY));
        report_cell(stream, r->scratch[0]);
        report_cell(stream, r->scratch[P - 1]);
        fprintf(stream, "</tr>\n");
    }
    fprintf(stream, "</table></div>\n");
done:
    return result;
}

/* ---- Spectra and slices ---- */

/* Eigenvalues of both signs over many decades: asinh, which is linear near 0. */
static outcome draw_spectrum(const report *r, FILE *stream, size_t k)
{
    size_t P = r->n_weights;
    double *values = r->scratch, *numbers = r->scratch + P, unit;
    char words[160];
    outcome result;
    TRY(cli_from_library(
        critpt_file_point_vector(r->file, k, CRITPT_FILE_VECTOR_EIGENVALUES, values, P), "%s",
        r->path));
    if (isnan(values[0]))
        goto done;
    snprintf(words, sizeof words, "Spectrum of point %zu: %zu eigenvalues from %.4g to %.4g", k, P,
             values[0], values[P - 1]);
    unit = 1e-4 * fmax(fabs(values[0]), fabs(values[P - 1]));
    for (size_t i = 0; i < P; i++) {
        numbers[i] = (double)i;
        values[i] = unit > 0 ? asinh(values[i] / unit) : 0;
    }
    report_chart chart = {.alternative = words,
                          .x_words = "number of the eigenvalue",
                          .y_words = "asinh(eigenvalue / 1e-4 largest)",
                          .n = P,
                          .x = numbers,
                          .y = values,
                          .as_points = true};
    fprintf(stream, "<figure>\n");
    report_draw(stream, &chart);
    fprintf(stream, "<figcaption>%s</figcaption></figure>\n", words);
done:
    return result;
}

/* The loss from point 0 to point k and a quarter beyond both. */
static outcome draw_slice(const report *r, FILE *stream, size_t k)
{
    static const double ends[] = {0, 1};
    size_t P = r->n_weights;
    double s[NODES], loss[NODES], *a = r->scratch, *b = a + P, *w = b + P;
    char words[160];
    outcome result;
    TRY(cli_from_library(critpt_file_point_weights(r->file, 0, a, P), "%s", r->path));
    TRY(cli_from_library(critpt_file_point_weights(r->file, k, b, P), "%s", r->path));
    for (size_t i = 0; i < NODES; i++) {
        s[i] = -0.25 + 1.5 * (double)i / (NODES - 1);
        for (size_t j = 0; j < P; j++)
            w[j] = a[j] + s[i] * (b[j] - a[j]);
        TRY(cli_from_library(critpt_landscape_loss(r->landscape, r->workspace, w, P, &loss[i]),
                             "%s", r->path));
    }
    snprintf(words, sizeof words, "Loss on the line through points 0 (s = 0) and %zu (s = 1)", k);
    report_chart chart = {.alternative = words,
                          .x_words = "s",
                          .y_words = "loss",
                          .n = NODES,
                          .x = s,
                          .y = loss,
                          .marks = ends,
                          .n_marks = 2};
    fprintf(stream, "<figure>\n");
    report_draw(stream, &chart);
    fprintf(stream, "<figcaption>%s</figcaption></figure>\n", words);
done:
    return result;
}

static outcome print_figures(const report *r, FILE *stream)
{
    size_t n = r->n_points < MOST_FIGURES ? r->n_points : MOST_FIGURES;
    outcome result = DONE;
    report_section(stream, "Spectra", n < r->n_points ? "Of the first twelve points." : NULL);
    fprintf(stream, "<div class=\"figures\">\n");
    for (size_t k = 0; k < n; k++)
        TRY(draw_spectrum(r, stream, k));
    fprintf(stream, "</div>\n");
    if (n > 1) {
        report_section(stream, "Slices", "The loss on lines from point 0 to others.");
        fprintf(stream, "<div class=\"figures\">\n");
        for (size_t k = 1; k < n; k++)
            TRY(draw_slice(r, stream, k));
        fprintf(stream, "</div>\n");
    }
done:
    return result;
}

/* ---- How to load it, and where it comes from ---- */

static void print_loading(const report *r, FILE *stream)
{
    report_section(stream, "How to load it", NULL);
    fprintf(stream, "<p>In Python, with h5py:</p>\n<pre>import h5py\nfile = h5py.File(&quot;");
    report_text(stream, r->name);
    fprintf(stream, ".h5&quot;)\ninputs, targets = file[&quot;inputs&quot;][:], "
                    "file[&quot;targets&quot;][:]\nweights = file[&quot;points/weights&quot;][0]"
                    "    # torch.nn.utils.vector_to_parameters takes it</pre>\n"
                    "<p>In C, with libcritpt-file:</p>\n<pre>critpt_file *file;\n"
                    "critpt_landscape *landscape;\ncritpt_file_read(&amp;file, &quot;");
    report_text(stream, r->name);
    fprintf(stream,
            ".h5&quot;);\n%s&amp;landscape);\n"
            "critpt_file_point_weights(file, 0, weights, n_weights);</pre>\n",
            critpt_file_model(r->file) == CRITPT_FILE_MODEL_NETWORK
                ? "critpt_file_landscape(file, "
                : "critpt_file_landscape_with_model(file, model, ");
}

static void print_text(const report *r, FILE *stream, const char *what, critpt_file_text which)
{
    const char *text = critpt_file_text_value(r->file, which);
    if (!text)
        return;
    fprintf(stream, "<tr><td>%s</td><td style=\"white-space:normal\">", what);
    report_text(stream, text);
    fprintf(stream, "</td></tr>\n");
}

static void print_provenance(const report *r, FILE *stream)
{
    const char *spec = critpt_file_text_value(r->file, CRITPT_FILE_TEXT_SPEC);
    report_section(stream, "Provenance", NULL);
    fprintf(stream, "<div class=\"wide\"><table>\n");
    print_text(r, stream, "made by", CRITPT_FILE_TEXT_CREATED_BY);
    print_text(r, stream, "BLAS", CRITPT_FILE_TEXT_LINALG);
    print_text(r, stream, "inputs", CRITPT_FILE_TEXT_SOURCE);
    fprintf(stream, "<tr><td>seed</td><td>%llu</td></tr>\n",
            (unsigned long long)critpt_file_seed(r->file));
    fprintf(stream, "<tr><td>this page</td><td>critpt %s</td></tr>\n</table></div>\n",
            critpt_version());
    if (spec) {
        fprintf(stream, "<details><summary>Specification</summary><pre>");
        report_text(stream, spec);
        fprintf(stream, "</pre></details>\n");
    }
}

static outcome write_page(const report *r, output_set *set)
{
    outcome result;
    TRY(cli_output_open(set, r->output));
    FILE *stream = set->current;
    report_begin(stream, r->name);
    print_planted(r, stream);
    TRY(print_points(r, stream));
    TRY(report_basins(stream, r->file));
    TRY(print_figures(r, stream));
    if (r->race)
        TRY(report_race(stream, r->race, r->name, r->n_weights));
    print_loading(r, stream);
    print_provenance(r, stream);
    report_end(stream);
    TRY(cli_output_close(set));
    TRY(cli_output_commit(set));
done:
    return result;
}

static outcome run(int n_arguments, char **arguments)
{
    report r = {0};
    output_set set = {0};
    outcome result;
    TRY(read_options(&r, n_arguments, arguments));
    TRY(load(&r));
    TRY(write_page(&r, &set));
done:
    cli_output_end(&set);
    critpt_workspace_destroy(r.workspace);
    critpt_landscape_destroy(r.landscape);
    plugin_close(&r.model);
    critpt_file_destroy(r.file);
    free(r.scratch);
    free(r.name);
    return result;
}

const command report_command = {
    "report",
    "critpt report FILE.h5 [--race DIR] -o PAGE.html" LIBRARY_USAGE READ_LIMIT_USAGE,
    "Writes a page that tells what is planted in a landscape file: points with their kinds, "
    "spectra,\n"
    "slices, warnings, how to load it, where it comes from. It needs nothing but a browser.\n\n"
    "    -o PAGE.html   the page\n"
    "    --race DIR     with the results of a race on this landscape\n" LIBRARY_HELP
        READ_LIMIT_HELP,
    run,
};
