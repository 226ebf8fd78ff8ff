/* Counting how runs ended, and telling it. */
#include "race/summary.h"

#include <math.h>
#include <stdlib.h>

#include "cli/folder.h"
#include "cli/json_number.h"

const double race_precision = 1e-8;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

outcome race_tally_make(const race_results *r, size_t field, size_t name, race_tally *tally)
{
    const race_field *f = &r->fields[field];
    double *reached = NULL;
    outcome result;
    *tally = (race_tally){.median = NAN};
    TRY(cli_allocate(&reached, r->n_starts, sizeof *reached));
    for (size_t start = 0; start < r->n_starts; start++) {
        const race_result *run = race_at(r, field, name, start);
        size_t at = race_end_point(run, f);
        double evaluations = race_reached(run, f, race_precision);
        tally->lost += run->n_records == 0;
        tally->informed += run->informed;
        tally->below += race_gap(run, f) < -race_precision;
        if (isfinite(evaluations))
            reached[tally->reached++] = evaluations;
        if (run->n_records == 0)
            continue;
        if (at == f->n_points)
            tally->elsewhere++;
        else if (race_point_is_minimum(&f->points[at]))
            tally->at_minimum++;
        else
            tally->at_other++;
    }
    qsort(reached, tally->reached, sizeof *reached, ascending);
    size_t n = tally->reached;
    if (n)
        tally->median = (reached[(n - 1) / 2] + reached[n / 2]) / 2;
done:
    free(reached);
    return result;
}

void race_print_algorithms(const race_results *r)
{
    for (size_t name = 0; name < r->n_names; name++) {
        printf("%-20s ", r->names[name].name);
        cli_print_name(stdout, r->names[name].about);
        printf("\n");
    }
}

static outcome print_field(const race_results *r, size_t field)
{
    const race_field *f = &r->fields[field];
    outcome result = DONE;
    printf("\n");
    cli_print_name(stdout, f->path);
    printf(
        ": %zu weights, %zu samples, %zu points planted, %zu of them minima, lowest loss "
        "%.9g\n\nalgorithm              runs  reached  median   minimum  other  elsewhere  below\n",
        f->n_weights, f->n_samples, f->n_points, f->n_minima, f->optimum);
    for (size_t name = 0; name < r->n_names; name++) {
        race_tally t;
        char median[32] = "-";
        TRY(race_tally_make(r, field, name, &t));
        if (t.reached)
            snprintf(median, sizeof median, "%.6g", t.median);
        printf("%-20s %6zu %8zu %7s %9zu %6zu %10zu %6zu", r->names[name].name,
               r->n_starts - t.lost, t.reached, median, t.at_minimum, t.at_other, t.elsewhere,
               t.below);
        if (t.lost)
            printf("  %zu crashed", t.lost);
        if (t.informed)
            printf("  %zu informed", t.informed);
        printf("\n");
    }
done:
    return result;
}

outcome race_print_table(const race_results *r)
{
    outcome result = DONE;
    printf("race           %zu landscapes, %zu algorithms, %zu starts from %s, %zu evaluations "
           "each, seed %llu\n\n",
           r->n_fields, r->n_names, r->n_starts, r->from, r->budget, (unsigned long long)r->seed);
    race_print_algorithms(r);
    for (size_t field = 0; field < r->n_fields; field++)
        TRY(print_field(r, field));
    printf("\nreached: best loss within %g of the lowest planted one, after so many evaluations in "
           "the median;\nminimum, other: ended at a planted point of that kind; below: under the "
           "lowest planted loss\n",
           race_precision);
done:
    return result;
}

/* Quoted, for names may hold commas. */
static void write_quoted(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (; *text; text++)
        fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', stream);
}

static void write_line(const race_results *r, FILE *stream, size_t field, size_t name, size_t start)
{
    const race_field *f = &r->fields[field];
    const race_result *run = race_at(r, field, name, start);
    size_t at = race_end_point(run, f), n = run->n_records;
    write_quoted(stream, f->name);
    fprintf(stream, ",%zu,%zu,%zu,%s,%zu,", f->family, f->instance, f->n_weights,
            r->names[name].name, start);
    write_quoted(stream, run->ended);
    fprintf(stream, ",%d,%zu", run->informed, run->evaluations);
    for (size_t kind = 0; kind < RACE_KINDS; kind++)
        fprintf(stream, ",%zu", run->counts[kind]);
    if (n)
        fprintf(stream, ",%.17g,%.17g,%.17g,%.17g,", race_row(run, n - 1)[RACE_BEST],
                race_gap(run, f), race_row(run, n - 1)[RACE_NORM], race_nearest(run, f, n - 1));
    else
        fprintf(stream, ",,,,,");
    if (n && at < f->n_points)
        fprintf(stream, "%zu", at);
    fprintf(stream, ",%s\n", race_gap(run, f) < -race_precision ? "yes" : "no");
}

outcome race_write_csv(const race_results *r, output_set *set)
{
    char *path = NULL;
    outcome result;
    TRY(cli_join(&path, r->directory, "runs.csv", NULL, NULL));
    TRY(cli_output_open(set, path));
    fprintf(set->current,
            "landscape,family,instance,weights,algorithm,start,ended,informed,evaluations,losses,"
            "gradients,hessian_vectors,hessians,residuals,jacobians,best_loss,gap,gradient_norm,"
            "nearest_minimum,end_point,below_planted\n");
    for (size_t field = 0; field < r->n_fields; field++)
        for (size_t name = 0; name < r->n_names; name++)
            for (size_t start = 0; start < r->n_starts; start++)
                write_line(r, set->current, field, name, start);
    TRY(cli_output_close(set));
done:
    free(path);
    return result;
}

static json_t *points_json(const race_field *f)
{
    json_t *points = json_array();
    for (size_t k = 0; k < f->n_points; k++)
        json_array_append_new(points, json_pack("{s:o, s:s?, s:o, s:o}", "loss",
                                                cli_json_number(f->points[k].loss), "kind",
                                                f->points[k].kind, "index",
                                                cli_json_number(f->points[k].index), "reach",
                                                cli_json_number(f->points[k].reach)));
    return points;
}

/* How many runs ended at each point, and the share of time spent near each. */
static void ends_json(const race_results *r, size_t field, size_t name, json_t *ends, json_t *near)
{
    const race_field *f = &r->fields[field];
    for (size_t k = 0; k < f->n_points; k++) {
        json_int_t count = 0;
        double share = 0;
        for (size_t start = 0; start < r->n_starts; start++) {
            const race_result *run = race_at(r, field, name, start);
            count += run->n_records && race_end_point(run, f) == k;
            share += race_time_near(run, f, k) / (double)r->n_starts;
        }
        json_array_append_new(ends, json_integer(count));
        json_array_append_new(near, cli_json_number(share));
    }
}

static outcome algorithms_json(const race_results *r, size_t field, json_t *algorithms)
{
    outcome result = DONE;
    for (size_t name = 0; name < r->n_names; name++) {
        race_tally t;
        json_t *ends = json_array(), *near = json_array();
        ends_json(r, field, name, ends, near);
        TRY(race_tally_make(r, field, name, &t));
        json_array_append_new(
            algorithms,
            json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:o}", "algorithm",
                      cli_json_text(r->names[name].name), "runs", (json_int_t)r->n_starts,
                      "crashed", (json_int_t)t.lost, "informed", (json_int_t)t.informed, "reached",
                      (json_int_t)t.reached, "median_evaluations", cli_json_number(t.median),
                      "below_planted", (json_int_t)t.below, "at_minimum", (json_int_t)t.at_minimum,
                      "elsewhere", (json_int_t)t.elsewhere, "ended_at_point", ends,
                      "time_near_point", near));
    }
done:
    return result;
}

outcome race_summary_json(const race_results *r, json_t **root)
{
    json_t *landscapes = json_array(), *about = json_array();
    outcome result = DONE;
    for (size_t name = 0; name < r->n_names; name++)
        json_array_append_new(about,
                              json_pack("{s:o, s:o}", "name", cli_json_text(r->names[name].name),
                                        "about", cli_json_text(r->names[name].about)));
    for (size_t field = 0; field < r->n_fields; field++) {
        const race_field *f = &r->fields[field];
        json_t *algorithms = json_array();
        TRY(algorithms_json(r, field, algorithms));
        json_array_append_new(
            landscapes,
            json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "name", cli_json_text(f->name),
                      "family", (json_int_t)f->family, "instance", (json_int_t)f->instance,
                      "weights", (json_int_t)f->n_weights, "optimum", cli_json_number(f->optimum),
                      "points", points_json(f), "results", algorithms));
    }
done:
    *root = json_pack("{s:s, s:I, s:I, s:s, s:I, s:o, s:o}", "critpt", critpt_version(), "budget",
                      (json_int_t)r->budget, "starts", (json_int_t)r->n_starts, "from", r->from,
                      "seed", (json_int_t)r->seed, "algorithms", about, "landscapes", landscapes);
    return result;
}
