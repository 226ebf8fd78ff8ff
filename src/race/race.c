/* critpt race: algorithms on planted landscapes, from the same starts and with the same budget. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/folder.h"
#include "cli/interrupt.h"
#include "cli/json_memory.h"
#include "cli/json_number.h"
#include "cli/progress.h"
#include "race/coco.h"
#include "race/folder.h"
#include "race/ioh.h"
#include "race/job.h"
#include "race/plots.h"
#include "race/starts.h"
#include "race/summary.h"

extern const command race_command; /* a row of main.c */

enum { STARTS = 20, BUDGET = 1000, MOST_STARTS = 100000, MOST_JOBS = 1024 };

typedef struct race {
    const char **paths, *directory, *library, *list_text, *from_text;
    size_t n_paths;
    uint64_t n_starts, budget, seed, at_once, read_limit;
    bool resume, json;
    race_list list;
    race_from from;
    race_field *fields;
    double **starts; /* of each field n_starts x P */
    race_job *jobs;
    size_t n_jobs;
    race_results results;
} race;

/* ---- Input ---- */

static outcome require(const char *option, uint64_t value, uint64_t most)
{
    if (value >= 1 && value <= most)
        return DONE;
    return cli_fail(BAD_INPUT, "%s: %llu is outside 1 .. %llu", option, (unsigned long long)value,
                    (unsigned long long)most);
}

static outcome read_options(race *r, int n_arguments, char **arguments)
{
    const option_spec options[] = {
        {.name = "-o", .text = &r->directory},
        {.name = "--algorithms", .text = &r->list_text},
        {.name = "--starts", .integer = &r->n_starts},
        {.name = "--from", .text = &r->from_text},
        {.name = "--budget", .integer = &r->budget},
        {.name = "--seed", .integer = &r->seed},
        {.name = "--jobs", .integer = &r->at_once},
        {.name = "--resume", .flag = &r->resume},
        {.name = "--json", .flag = &r->json},
        LIBRARY_OPTION(&r->library),
        READ_LIMIT_OPTION(&r->read_limit),
    };
    outcome result;
    r->n_starts = STARTS;
    r->budget = BUDGET;
    r->at_once = 1;
    r->from_text = "init";
    TRY(cli_allocate(&r->paths, (size_t)n_arguments, sizeof *r->paths));
    TRY(cli_parse_list(&race_command, n_arguments, arguments, options,
                       sizeof options / sizeof *options, r->paths, &r->n_paths));
    if (r->list_text && !strcmp(r->list_text, "help"))
        goto done;
    if (!r->n_paths)
        TRY(cli_fail(BAD_INPUT, "no landscape file; usage: %s", race_command.usage));
    if (!r->directory)
        TRY(cli_fail(BAD_INPUT, "-o DIR is missing; usage: %s", race_command.usage));
    TRY(require("--starts", r->n_starts, MOST_STARTS));
    TRY(require("--budget", r->budget, UINT32_MAX));
    TRY(require("--jobs", r->at_once, MOST_JOBS));
    TRY(race_from_read(&r->from, r->from_text));
    TRY(race_list_read(&r->list, r->list_text));
done:
    return result;
}

static outcome load(race *r)
{
    outcome result;
    TRY(cli_allocate(&r->fields, r->n_paths, sizeof *r->fields));
    r->results.fields = r->fields;
    for (size_t i = 0; i < r->n_paths; i++) {
        r->results.n_fields = i + 1;
        TRY(race_field_load(&r->fields[i], r->paths[i], r->library, i + 1, r->read_limit));
        for (size_t j = 0; j < i; j++)
            if (!strcmp(r->fields[i].name, r->fields[j].name))
                TRY(cli_fail(BAD_INPUT, "%s and %s have the same name; results are kept by it",
                             r->paths[j], r->paths[i]));
    }
    TRY(cli_allocate(&r->starts, r->n_paths, sizeof *r->starts));
    for (size_t i = 0; i < r->n_paths; i++) {
        size_t P = r->fields[i].n_weights;
        TRY(cli_allocate(&r->starts[i], r->n_starts * P, sizeof **r->starts));
        for (size_t s = 0; s < r->n_starts; s++)
            TRY(race_start(&r->fields[i], &r->from, r->seed, s, r->starts[i] + s * P));
    }
done:
    return result;
}

/* ---- What the race is, by which a folder is known again ---- */

static json_t *fields_json(const race *r)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < r->n_paths; i++) {
        const race_field *f = &r->fields[i];
        char hash[17];
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)f->hash);
        json_array_append_new(
            fields,
            json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:s}", "name", cli_json_text(f->name),
                      "family", (json_int_t)f->family, "instance", (json_int_t)f->instance,
                      "weights", (json_int_t)f->n_weights, "samples", (json_int_t)f->n_samples,
                      "points", (json_int_t)f->n_points, "hash", hash));
    }
    return fields;
}

static outcome describe(const race *r, char **text)
{
    json_t *algorithms = json_array();
    for (size_t i = 0; i < r->list.n; i++) {
        const race_entry *e = &r->list.entries[i];
        json_array_append_new(
            algorithms,
            json_pack("{s:o, s:s, s:s, s:s?, s:o}", "name", cli_json_text(e->name), "library",
                      e->algorithm->library ? e->algorithm->library : "critpt", "version",
                      race_version(e->algorithm), "known_faults", e->algorithm->faults, "step",
                      e->step > 0 ? json_real(e->step) : json_null()));
    }
    json_t *root = json_pack("{s:s, s:I, s:I, s:I, s:s, s:o, s:o}", "critpt", critpt_version(),
                             "budget", (json_int_t)r->budget, "starts", (json_int_t)r->n_starts,
                             "seed", (json_int_t)r->seed, "from", r->from_text, "algorithms",
                             algorithms, "landscapes", fields_json(r));
    *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    json_decref(root);
    return *text ? cli_json_require_memory() : cli_fail(ENVIRONMENT, "out of memory");
}

/* ---- Running ---- */

static outcome write_starts(const race *r, size_t field)
{
    const race_field *f = &r->fields[field];
    char *path = NULL, *name = NULL;
    output_set set = {0};
    outcome result;
    TRY(cli_allocate(&name, strlen(f->name) + 5, 1));
    strcat(strcpy(name, f->name), ".csv");
    TRY(cli_join(&path, r->directory, "starts", name, NULL));
    TRY(cli_make_folders(r->directory, "starts", NULL));
    TRY(cli_output_open(&set, path));
    for (size_t s = 0; s < r->n_starts; s++)
        for (size_t i = 0; i < f->n_weights; i++)
            fprintf(set.current, "%.17g%c", r->starts[field][s * f->n_weights + i],
                    i + 1 == f->n_weights ? '\n' : ',');
    TRY(cli_output_close(&set));
    TRY(cli_output_commit(&set));
done:
    cli_output_end(&set);
    free(path);
    free(name);
    return result;
}

static outcome make_jobs(race *r)
{
    outcome result;
    TRY(cli_allocate(&r->jobs, r->n_paths * r->list.n * r->n_starts, sizeof *r->jobs));
    for (size_t i = 0; i < r->n_paths; i++)
        for (size_t e = 0; e < r->list.n; e++) {
            TRY(race_folder_make_runs(r->directory, r->fields[i].name, r->list.entries[e].name));
            for (size_t s = 0; s < r->n_starts; s++) {
                race_job *job = &r->jobs[r->n_jobs];
                *job = (race_job){.field = &r->fields[i],
                                  .entry = &r->list.entries[e],
                                  .start = r->starts[i] + s * r->fields[i].n_weights,
                                  .number = s,
                                  .budget = r->budget,
                                  .seed = r->seed};
                r->n_jobs++;
                TRY(race_folder_run(&job->path, r->directory, job->field->name, job->entry->name,
                                    s));
            }
        }
done:
    return result;
}

static outcome compete(race *r)
{
    progress bar;
    char *text = NULL;
    outcome result;
    TRY(describe(r, &text));
    TRY(race_folder_begin(r->directory, text, r->resume));
    for (size_t i = 0; i < r->n_paths; i++)
        TRY(write_starts(r, i));
    TRY(make_jobs(r));
    cli_progress_begin(&bar, r->json);
    result = race_jobs_do(r->jobs, r->n_jobs, r->at_once, &bar);
    cli_progress_end(&bar);
done:
    free(text);
    return result;
}

/* ---- Results ---- */

/* The race's own algorithms, then those that other programs have left results of. */
static outcome name_all(race *r)
{
    race_results *all = &r->results;
    size_t capacity = 0;
    char about[512];
    outcome result;
    for (size_t i = 0; i < r->list.n; i++) {
        const race_entry *e = &r->list.entries[i];
        const race_algorithm *a = e->algorithm;
        TRY(cli_grow(&all->names, &capacity, all->n_names + 1, sizeof *all->names));
        race_name *name = &all->names[all->n_names];
        *name = (race_name){0};
        all->n_names++;
        TRY(cli_copy_text(&name->name, e->name, strlen(e->name)));
        int n = snprintf(about, sizeof about, "%s, %s %s", a->what,
                         a->library ? a->library : "critpt", race_version(a));
        if (e->step > 0)
            n += snprintf(about + n, sizeof about - (size_t)n, ", step %g", e->step);
        if (a->faults)
            snprintf(about + n, sizeof about - (size_t)n, "; %s", a->faults);
        TRY(cli_copy_text(&name->about, about, strlen(about)));
    }
    TRY(race_folder_add_others(all, &capacity));
done:
    return result;
}

static outcome read_results(race *r)
{
    race_results *all = &r->results;
    char *path = NULL;
    outcome result;
    TRY(name_all(r));
    TRY(cli_allocate(&all->results, all->n_fields * all->n_names * all->n_starts,
                     sizeof *all->results));
    race_result *to = all->results;
    for (size_t i = 0; i < all->n_fields; i++)
        for (size_t name = 0; name < all->n_names; name++)
            for (size_t s = 0; s < all->n_starts; s++, to++) {
                free(path);
                TRY(race_folder_run(&path, all->directory, all->fields[i].name,
                                    all->names[name].name, s));
                TRY(race_result_read(to, path, &all->fields[i]));
            }
done:
    free(path);
    return result;
}

static outcome write_json(const race_results *all, output_set *set, json_t *root)
{
    char *path = NULL;
    outcome result;
    TRY(cli_join(&path, all->directory, "results.json", NULL, NULL));
    TRY(cli_output_open(set, path));
    bool written = root && !json_dumpf(root, set->current, JSON_INDENT(1));
    fputc('\n', set->current);
    TRY(cli_json_require_memory());
    TRY(cli_output_close(set));
    if (!written)
        TRY(cli_fail(ENVIRONMENT, "out of memory"));
done:
    free(path);
    return result;
}

static outcome tell(race *r)
{
    output_set set = {0};
    json_t *root = NULL;
    const char *without = NULL;
    outcome result;
    TRY(read_results(r));
    TRY(race_coco_write(&r->results, &set));
    TRY(race_ioh_write(&r->results, &set));
    TRY(race_write_csv(&r->results, &set));
    TRY(race_summary_json(&r->results, &root));
    TRY(write_json(&r->results, &set, root));
    TRY(race_plots_write(&r->results, &set, &without));
    TRY(cli_output_commit(&set));
    if (r->json)
        TRY(cli_print_json(root));
    else
        TRY(race_print_table(&r->results));
    if (!r->json && without)
        printf("\nno pictures: %s\n", without);
done:
    cli_output_end(&set);
    json_decref(root);
    return result;
}

static void free_race(race *r)
{
    race_results *all = &r->results;
    for (size_t i = 0; all->results && i < all->n_fields * all->n_names * all->n_starts; i++)
        race_result_free(&all->results[i]);
    for (size_t i = 0; i < all->n_names; i++) {
        free(all->names[i].name);
        free(all->names[i].about);
    }
    for (size_t i = 0; i < r->n_jobs; i++)
        free(r->jobs[i].path);
    for (size_t i = 0; r->starts && i < r->n_paths; i++)
        free(r->starts[i]);
    for (size_t i = 0; i < all->n_fields; i++)
        race_field_free(&r->fields[i]);
    race_list_free(&r->list);
    free(all->results), free(all->names), free(r->jobs), free(r->starts), free(r->fields);
    free(r->paths);
}

static outcome run(int n_arguments, char **arguments)
{
    race r = {0};
    outcome result;
    TRY(read_options(&r, n_arguments, arguments));
    if (r.list_text && !strcmp(r.list_text, "help")) {
        race_list_print();
        goto done;
    }
    TRY(load(&r));
    r.results.directory = r.directory;
    r.results.budget = (size_t)r.budget;
    r.results.n_starts = (size_t)r.n_starts;
    r.results.seed = r.seed;
    r.results.from = r.from_text;
    TRY(compete(&r));
    TRY(tell(&r));
done:
    free_race(&r);
    return result;
}

const command race_command = {
    "race",
    "critpt race FILE.h5... -o DIR [--algorithms LIST] [--starts N] [--from WHERE] [--budget N] "
    "[--seed N] [--jobs N] [--resume]" LIBRARY_USAGE READ_LIMIT_USAGE " [--json]",
    "Runs training algorithms on planted landscapes, from the same starts and with the same "
    "budget\n"
    "of evaluations, and writes how they fared to the folder DIR: results for cocopp and for\n"
    "IOHprofiler, runs.csv, results.json, pictures.\n\n"
    "    -o DIR              the folder, a new one\n"
    "    --algorithms LIST   names with commas between them, adam@0.001 for a step of 0.001; all\n"
    "                        that are there by default; help: lists them\n"
    "    --starts N          starts for each landscape; 20 by default\n"
    "    --from WHERE        init: the initialiser's draws (the default); near:K:RADIUS: around\n"
    "                        point K; stable:K[:RADIUS]: on the stable side of saddle K, 0.1 "
    "away;\n"
    "                        symmetric: draws whose hidden units are equal in pairs\n"
    "    --budget N          evaluations over all samples for each run; 1000 by default\n"
    "    --seed N            of starts and algorithms; 0 by default\n"
    "    --jobs N            runs at a time; 1 by default\n"
    "    --resume            go on with the race in DIR, which must be this one\n" LIBRARY_HELP
        READ_LIMIT_HELP "    --json              print results.json\n",
    run,
};
