/* For each family an .info file with three lines for each dimension, and for each dimension a .dat
 * file (a row for each new target) and a .tdat file (rows on the grid of evaluations). */
#include "race/coco.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/folder.h"

typedef enum measure { LOSS, DISTANCE } measure;
static const char *const folders[] = {"coco-loss", "coco-distance"};

static const double last_target = 1e-8, largest = 1e300; /* what text holds in place of infinity */

/* Landscapes of one family and dimension, in order of instance. */
typedef struct group {
    size_t n, *fields;
} group;

/* What a record is in this measure: now, and the best so far above the optimum, which is never
 * negative: a loss below the planted ones is the last target. */
typedef struct series {
    measure of;
    const race_result *result;
    const race_field *field;
    double best, gap;
} series;

static void advance(series *s, size_t record, double *now)
{
    const double *row = race_row(s->result, record);
    *now = s->of == LOSS ? row[RACE_LOSS] : race_nearest(s->result, s->field, record);
    *now = *now < largest ? *now : largest; /* NaN too */
    s->best = fmin(s->best, s->of == LOSS ? fmin(row[RACE_BEST], largest) : *now);
    double gap = s->best - (s->of == LOSS ? s->field->optimum : 0);
    s->gap = fmin(s->gap, gap < 0 ? last_target : gap);
}

static int level_of(double gap)
{
    return gap > 0 ? (int)floor(5 * log10(gap)) : INT_MIN;
}

/* Whether a later record has the same number of evaluations: the last one stands for all. */
static bool is_overtaken(const race_result *result, size_t record)
{
    return record + 1 < result->n_records && race_row(result, record)[RACE_EVALUATIONS] ==
                                                 race_row(result, record + 1)[RACE_EVALUATIONS];
}

/* The rows of one run, by targets or by the grid. */
static void write_run(FILE *stream, series s, bool by_targets)
{
    int level = INT_MAX;
    bool due = false;
    fprintf(stream,
            "%% f evaluations | g evaluations | best noise-free fitness - Fopt (%.12e) + sum g_i+ "
            "| measured fitness | best measured fitness or single-digit g-values | x1 | x2...\n",
            s.of == LOSS ? s.field->optimum : 0);
    for (size_t i = 0; i < s.result->n_records; i++) {
        const double *row = race_row(s.result, i);
        double now;
        advance(&s, i, &now);
        bool last = i + 1 == s.result->n_records;
        due = due || i == 0 ||
              (!by_targets &&
               (last || ((unsigned)row[RACE_REASONS] & (CRITPT_RUN_GRID | CRITPT_RUN_LAST))));
        due = due || (by_targets && level_of(s.gap) < level);
        level = level_of(s.gap) < level ? level_of(s.gap) : level;
        if (due && !is_overtaken(s.result, i)) {
            fprintf(stream, "%.0f 0 %+.9e %+.9e %+.9e\n", row[RACE_EVALUATIONS], s.gap, now,
                    s.best);
            due = false;
        }
    }
}

static series begin(const race_results *r, measure of, size_t field, size_t name, size_t start)
{
    return (series){of, race_at(r, field, name, start), &r->fields[field], INFINITY, INFINITY};
}

/* A landscape of its own family has its starts for instances. */
static size_t instance_of(const race_results *r, const group *g, size_t i, size_t start)
{
    return g->n > 1 || r->fields[g->fields[i]].instance > 1 ? r->fields[g->fields[i]].instance
                                                            : start + 1;
}

static outcome write_rows(const race_results *r, output_set *set, measure of, size_t name,
                          const group *g, const char *path, bool by_targets)
{
    outcome result;
    TRY(cli_output_open(set, path));
    for (size_t i = 0; i < g->n; i++)
        for (size_t start = 0; start < r->n_starts; start++)
            if (race_at(r, g->fields[i], name, start)->n_records)
                write_run(set->current, begin(r, of, g->fields[i], name, start), by_targets);
    TRY(cli_output_close(set));
done:
    return result;
}

static void write_info(const race_results *r, FILE *stream, measure of, size_t name, const group *g)
{
    const race_field *first = &r->fields[g->fields[0]];
    fprintf(stream,
            "suite = 'critpt', funcId = %zu, DIM = %zu, Precision = %.3e, algId = '%s', "
            "coco_version = '2.8', logger = 'bbob', data_format = 'bbob-new2'\n",
            first->family, first->n_weights, last_target, r->names[name].name);
    fprintf(stream,
            "%% critpt %s race: %s; a gradient with its loss counts 1 evaluation, a minibatch its "
            "share, a Hessian DIM, a Jacobian as many as outputs\n",
            critpt_version(), of == LOSS ? "loss" : "distance to the nearest planted minimum");
    fprintf(stream, "data_f%zu/critpt_f%zu_DIM%zu.dat", first->family, first->family,
            first->n_weights);
    for (size_t i = 0; i < g->n; i++)
        for (size_t start = 0; start < r->n_starts; start++) {
            series s = begin(r, of, g->fields[i], name, start);
            double now;
            for (size_t record = 0; record < s.result->n_records; record++)
                advance(&s, record, &now);
            if (s.result->n_records)
                fprintf(stream, ", %zu:%zu|%.1e", instance_of(r, g, i, start),
                        s.result->evaluations, s.gap);
        }
    fprintf(stream, "\n");
}

/* The landscapes of a family with so many weights, if they can be measured and a run is left. */
static void find_group(const race_results *r, measure of, size_t name, size_t family,
                       size_t n_weights, group *g)
{
    bool any = false;
    g->n = 0;
    for (size_t i = 0; i < r->n_fields; i++) {
        const race_field *field = &r->fields[i];
        if (field->family != family || field->n_weights != n_weights ||
            (of == DISTANCE && field->n_minima == 0))
            continue;
        size_t at = g->n++;
        for (; at > 0 && r->fields[g->fields[at - 1]].instance > field->instance; at--)
            g->fields[at] = g->fields[at - 1];
        g->fields[at] = i;
        for (size_t start = 0; start < r->n_starts; start++)
            any = any || race_at(r, i, name, start)->n_records;
    }
    g->n = any ? g->n : 0;
}

/* The next larger number of weights in the family; 0 if there is none. */
static size_t next_dimension(const race_results *r, size_t family, size_t after)
{
    size_t next = 0;
    for (size_t i = 0; i < r->n_fields; i++)
        if (r->fields[i].family == family && r->fields[i].n_weights > after &&
            (!next || r->fields[i].n_weights < next))
            next = r->fields[i].n_weights;
    return next;
}

/* The data of one dimension, and its lines of .info, which are kept until its file is open. */
static outcome write_dimension(const race_results *r, output_set *set, measure of, size_t name,
                               const group *g, FILE *info)
{
    const race_field *first = &r->fields[g->fields[0]];
    const char *algorithm = r->names[name].name;
    char folder[64], file[96];
    char *base = NULL, *path = NULL;
    outcome result = DONE;
    snprintf(folder, sizeof folder, "data_f%zu", first->family);
    TRY(cli_join(&base, r->directory, folders[of], NULL, NULL));
    TRY(cli_make_folders(base, algorithm, folder));
    write_info(r, info, of, name, g);
    for (int by_targets = 1; by_targets >= 0; by_targets--) {
        snprintf(file, sizeof file, "critpt_f%zu_DIM%zu.%s", first->family, first->n_weights,
                 by_targets ? "dat" : "tdat");
        free(path);
        TRY(cli_join(&path, base, algorithm, folder, file));
        TRY(write_rows(r, set, of, name, g, path, by_targets));
    }
done:
    free(base);
    free(path);
    return result;
}

static outcome write_family(const race_results *r, output_set *set, measure of, size_t name,
                            size_t family, group *g)
{
    char file[64], *path = NULL, *text = NULL;
    size_t size = 0;
    FILE *info = open_memstream(&text, &size);
    outcome result = info ? DONE : cli_fail(ENVIRONMENT, "out of memory");
    for (size_t n = 0; result == DONE && (n = next_dimension(r, family, n)) != 0;) {
        find_group(r, of, name, family, n, g);
        if (g->n)
            TRY(write_dimension(r, set, of, name, g, info));
    }
    if (result != DONE || fflush(info) || size == 0)
        goto done;
    snprintf(file, sizeof file, "critpt_f%zu.info", family);
    TRY(cli_join(&path, r->directory, folders[of], r->names[name].name, file));
    TRY(cli_output_open(set, path));
    fwrite(text, 1, size, set->current);
    TRY(cli_output_close(set));
done:
    if (info)
        fclose(info);
    free(text);
    free(path);
    return result;
}

/* Whether no landscape before this one has its family. */
static bool is_first(const race_results *r, size_t field)
{
    for (size_t i = 0; i < field; i++)
        if (r->fields[i].family == r->fields[field].family)
            return false;
    return true;
}

outcome race_coco_write(const race_results *r, output_set *set)
{
    group g = {0};
    outcome result;
    TRY(cli_allocate(&g.fields, r->n_fields, sizeof *g.fields));
    for (int of = LOSS; of <= DISTANCE; of++)
        for (size_t name = 0; name < r->n_names; name++)
            for (size_t i = 0; i < r->n_fields; i++)
                if (is_first(r, i))
                    TRY(write_family(r, set, (measure)of, name, r->fields[i].family, &g));
done:
    free(g.fields);
    return result;
}
