/* From DIR/results.json, and the pictures beside it. */
#include "report/race.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/input.h"
#include "cli/json_memory.h"
#include "report/page.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void print_row(FILE *stream, const json_t *row, size_t n_points)
{
    const json_t *ends = json_object_get(row, "ended_at_point");
    fprintf(stream, "<tr><td>");
    report_text(stream, text_of(row, "algorithm"));
    fprintf(stream, "</td>");
    report_cell(stream, number_of(row, "runs"));
    report_cell(stream, number_of(row, "reached"));
    report_cell(stream, number_of(row, "median_evaluations"));
    for (size_t k = 0; k < n_points; k++)
        report_cell(stream, json_number_value(json_array_get(ends, k)));
    report_cell(stream, number_of(row, "elsewhere"));
    report_cell(stream, number_of(row, "below_planted"));
    report_cell(stream, number_of(row, "informed"));
    fprintf(stream, "</tr>\n");
}

static void print_table(FILE *stream, const json_t *landscape)
{
    size_t n_points = json_array_size(json_object_get(landscape, "points")), i;
    const json_t *row;
    fprintf(stream, "<div class=\"wide\"><table>\n<tr><th>algorithm</th><th>runs</th>"
                    "<th>reached</th><th>median evaluations</th>");
    for (size_t k = 0; k < n_points; k++)
        fprintf(stream, "<th>at point %zu</th>", k);
    fprintf(stream, "<th>elsewhere</th><th>below planted</th><th>informed</th></tr>\n");
    json_array_foreach(json_object_get(landscape, "results"), i, row)
        print_row(stream, row, n_points);
    fprintf(stream, "</table></div>\n");
}

static outcome print_pictures(FILE *stream, const char *directory)
{
    static const char *const pictures[][2] = {
        {"run-lengths.svg", "The share of targets that each algorithm reached, by evaluations"},
        {"loss.svg", "The best loss above the lowest planted one, by evaluations"},
        {"ends.svg", "Where the runs of each algorithm ended"},
        {"saddles.svg", "How long each algorithm stayed near saddles, by their index"},
        {"trajectories.svg", "Where the first runs went on the plane through points 0, 1 and 2"}};
    size_t size = strlen(directory) + 32;
    char *path = NULL;
    outcome result;
    TRY(cli_allocate(&path, size, 1));
    fprintf(stream, "<div class=\"figures\">\n");
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        snprintf(path, size, "%s/%s", directory, pictures[i][0]);
        TRY(report_picture(stream, path, pictures[i][1]));
    }
    fprintf(stream, "</div>\n");
done:
    free(path);
    return result;
}

static void print_settings(FILE *stream, const json_t *root)
{
    const json_t *algorithm;
    size_t i;
    fprintf(stream, "<p>%.0f evaluations for each run, %.0f starts from ",
            number_of(root, "budget"), number_of(root, "starts"));
    report_text(stream, text_of(root, "from"));
    fprintf(stream,
            ", seed %.0f. Reached: within 1e-8 of the lowest planted loss, or below it.</p>\n"
            "<details><summary>Algorithms</summary><ul>\n",
            number_of(root, "seed"));
    json_array_foreach(json_object_get(root, "algorithms"), i, algorithm)
    {
        fprintf(stream, "<li>");
        report_text(stream, text_of(algorithm, "name"));
        fprintf(stream, ": ");
        report_text(stream, text_of(algorithm, "about"));
        fprintf(stream, "</li>\n");
    }
    fprintf(stream, "</ul></details>\n");
}

outcome report_race(FILE *stream, const char *directory, const char *landscape, size_t n_weights)
{
    size_t size = strlen(directory) + 16, i;
    uint64_t bytes;
    char *path = NULL;
    FILE *file = NULL;
    json_t *root = NULL;
    const json_t *found = NULL, *each;
    json_error_t error;
    outcome result;
    TRY(cli_allocate(&path, size, 1));
    snprintf(path, size, "%s/results.json", directory);
    if (access(path, R_OK) != 0)
        TRY(cli_fail(BAD_INPUT, "--race: %s cannot be read; critpt race writes it at its end",
                     path));
    TRY(cli_input_stream(path, &file, &bytes));
    root = json_loadf(file, 0, &error);
    TRY(cli_json_require_memory());
    if (!root)
        TRY(cli_fail(BAD_INPUT, "--race: %s: %s; critpt race writes it at its end", path,
                     error.text));
    json_array_foreach(json_object_get(root, "landscapes"), i,
                       each) if (!strcmp(text_of(each, "name"), landscape) &&
                                 number_of(each, "weights") == (double)n_weights) found = each;
    if (!found)
        TRY(cli_fail(BAD_INPUT, "--race: %s is a race without the landscape %s of %zu weights",
                     directory, landscape, n_weights));
    report_section(stream, "The race", NULL);
    print_settings(stream, root);
    print_table(stream, found);
    TRY(print_pictures(stream, directory));
done:
    if (file)
        fclose(file);
    json_decref(root);
    free(path);
    return result;
}
