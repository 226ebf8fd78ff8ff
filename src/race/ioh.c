/* For each algorithm and landscape a description in JSON and a table of all records. */
#include "race/ioh.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/folder.h"
#include "cli/json_number.h"

static const double largest = 1e300; /* what the text holds in place of infinity */

/* Loss above the optimum; a loss below the planted ones counts as the optimum. */
static double above(const race_field *field, double loss)
{
    double gap = loss - field->optimum;
    return gap < largest ? fmax(gap, 0) : largest;
}

static void write_rows(const race_results *r, FILE *stream, size_t field, size_t name)
{
    const race_field *f = &r->fields[field];
    for (size_t start = 0; start < r->n_starts; start++) {
        const race_result *result = race_at(r, field, name, start);
        if (!result->n_records)
            continue;
        fprintf(stream, "evaluations raw_y best_y gradient_norm nearest_minimum\n");
        for (size_t i = 0; i < result->n_records; i++) {
            const double *row = race_row(result, i);
            fprintf(stream, "%.0f %.9e %.9e %.9e %.9e\n", row[RACE_EVALUATIONS],
                    above(f, row[RACE_LOSS]), above(f, row[RACE_BEST]),
                    row[RACE_NORM] < largest ? row[RACE_NORM] : largest,
                    fmin(race_nearest(result, f, i), largest));
        }
    }
}

static json_t *describe_run(const race_result *result, const race_field *f, size_t instance)
{
    size_t best = 0;
    for (size_t i = 1; i < result->n_records; i++)
        best = race_row(result, i)[RACE_BEST] < race_row(result, best)[RACE_BEST] ? i : best;
    const double *row = race_row(result, best);
    return json_pack("{s:I, s:I, s:{s:I, s:f, s:[]}}", "instance", (json_int_t)instance, "evals",
                     (json_int_t)result->evaluations, "best", "evals",
                     (json_int_t)row[RACE_EVALUATIONS], "y", above(f, row[RACE_BEST]), "x");
}

static json_t *describe(const race_results *r, size_t field, size_t name, const char *data)
{
    const race_field *f = &r->fields[field];
    json_t *runs = json_array();
    for (size_t start = 0; start < r->n_starts; start++) {
        const race_result *result = race_at(r, field, name, start);
        size_t instance = f->instance > 1 ? f->instance : start + 1;
        if (result->n_records)
            json_array_append_new(runs, describe_run(result, f, instance));
    }
    json_t *scenario = json_pack("{s:I, s:s, s:o}", "dimension", (json_int_t)f->n_weights, "path",
                                 data, "runs", runs);
    return json_pack("{s:s, s:s, s:I, s:o, s:b, s:{s:o, s:o}, s:[s, s, s, s, s], s:[o]}", "version",
                     "0.3.5", "suite", "critpt", "function_id", (json_int_t)f->family,
                     "function_name", cli_json_text(f->name), "maximization", 0, "algorithm",
                     "name", cli_json_text(r->names[name].name), "info",
                     cli_json_text(r->names[name].about), "attributes", "evaluations", "raw_y",
                     "best_y", "gradient_norm", "nearest_minimum", "scenarios", scenario);
}

static outcome write_one(const race_results *r, output_set *set, size_t field, size_t name)
{
    const race_field *f = &r->fields[field];
    char *base = NULL, *folder = NULL, *file = NULL, *path = NULL, *data = NULL;
    size_t size = strlen(f->name) + 96;
    json_t *root = NULL;
    outcome result;
    TRY(cli_join(&base, r->directory, "ioh", NULL, NULL));
    TRY(cli_allocate(&folder, size, 1));
    TRY(cli_allocate(&file, size, 1));
    snprintf(folder, size, "data_f%zu_%s", f->family, f->name);
    snprintf(file, size, "IOHprofiler_f%zu_DIM%zu.dat", f->family, f->n_weights);
    TRY(cli_make_folders(base, r->names[name].name, folder));
    TRY(cli_join(&data, folder, file, NULL, NULL));
    TRY(cli_join(&path, base, r->names[name].name, data, NULL));
    TRY(cli_output_open(set, path));
    write_rows(r, set->current, field, name);
    TRY(cli_output_close(set));
    free(path);
    snprintf(file, size, "IOHprofiler_f%zu_%s.json", f->family, f->name);
    TRY(cli_join(&path, base, r->names[name].name, file, NULL));
    TRY(cli_output_open(set, path));
    root = describe(r, field, name, data);
    bool written = root && !json_dumpf(root, set->current, JSON_INDENT(1));
    fputc('\n', set->current);
    TRY(cli_output_close(set));
    if (!written)
        TRY(cli_fail(ENVIRONMENT, "out of memory"));
done:
    json_decref(root);
    free(base), free(folder), free(file), free(path), free(data);
    return result;
}

outcome race_ioh_write(const race_results *r, output_set *set)
{
    outcome result = DONE;
    for (size_t name = 0; name < r->n_names; name++)
        for (size_t field = 0; field < r->n_fields; field++)
            TRY(write_one(r, set, field, name));
done:
    return result;
}
