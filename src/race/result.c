/* Writing and reading results, and what they come to. */
#include "race/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/input.h"

static const char heading[] = "critpt-run 1";

/* ---- Writing ---- */

/* s and t of w = w0 + s (w1 - w0) + t (w2 - w0), by least squares; NaN where there is no plane. */
static void locate(const race_field *field, const double *weights, double place[2])
{
    double a = 0, b = 0, c = 0, u = 0, v = 0;
    place[0] = place[1] = NAN;
    if (field->n_points < 3)
        return;
    const race_point *p = field->points;
    for (size_t i = 0; i < field->n_weights; i++) {
        double x = p[1].weights[i] - p[0].weights[i], y = p[2].weights[i] - p[0].weights[i];
        double z = weights[i] - p[0].weights[i];
        a += x * x, b += x * y, c += y * y, u += x * z, v += y * z;
    }
    double determinant = a * c - b * b;
    if (determinant > 1e-12 * a * c) {
        place[0] = (c * u - b * v) / determinant;
        place[1] = (a * v - b * u) / determinant;
    }
}

static void write_head(FILE *stream, const char *ended, int informed, size_t evaluations,
                       const size_t counts[RACE_KINDS], size_t n_records, size_t n_points)
{
    fprintf(stream, "%s\nended %s\ninformed %d\nevaluations %zu\ncounts", heading, ended, informed,
            evaluations);
    for (size_t kind = 0; kind < RACE_KINDS; kind++)
        fprintf(stream, " %zu", counts[kind]);
    fprintf(stream, "\nrecords %zu\nevaluations reasons loss best_loss gradient_norm", n_records);
    for (size_t k = 0; k < n_points; k++)
        fprintf(stream, " distance_%zu", k);
    fprintf(stream, " s t\n");
}

static outcome write_row(FILE *stream, critpt_run *run, const race_field *field, size_t record,
                         double *weights)
{
    unsigned reasons = 0;
    double value, place[2];
    outcome result;
    TRY(cli_from_library(critpt_run_record_reasons(run, record, &reasons), "%s", ""));
    for (int q = CRITPT_RUN_EVALUATIONS; q <= CRITPT_RUN_GRADIENT_NORM; q++) {
        TRY(cli_from_library(critpt_run_record(run, record, (critpt_run_quantity)q, &value), "%s",
                             ""));
        fprintf(stream, q ? " %.17g" : "%.17g", value);
        if (q == CRITPT_RUN_EVALUATIONS)
            fprintf(stream, " %u", reasons);
    }
    for (size_t k = 0; k < field->n_points; k++) {
        TRY(cli_from_library(critpt_run_record_distance(run, record, k, &value, NULL), "%s", ""));
        fprintf(stream, " %.17g", value);
    }
    TRY(cli_from_library(critpt_run_record_weights(run, record, weights, field->n_weights), "%s",
                         ""));
    locate(field, weights, place);
    fprintf(stream, " %.9g %.9g\n", place[0], place[1]);
done:
    return result;
}

outcome race_result_write(FILE *stream, critpt_run *run, const race_field *field, const char *ended)
{
    size_t counts[RACE_KINDS], n = critpt_run_n_records(run);
    double *weights = NULL;
    outcome result;
    TRY(cli_allocate(&weights, field->n_weights, sizeof *weights));
    for (int kind = 0; kind < RACE_KINDS; kind++)
        counts[kind] = critpt_run_n_evaluations(run, (critpt_evaluation)kind);
    write_head(stream, ended, critpt_run_is_informed(run), critpt_run_evaluations(run), counts, n,
               field->n_points);
    for (size_t record = 0; record < n; record++)
        TRY(write_row(stream, run, field, record, weights));
done:
    free(weights);
    return result;
}

void race_result_write_lost(FILE *stream, const race_field *field, const char *ended)
{
    const size_t none[RACE_KINDS] = {0};
    write_head(stream, ended, 0, 0, none, 0, field->n_points);
}

/* ---- Reading ---- */

static outcome fail_at(const char *path, const char *what)
{
    return cli_fail(BAD_INPUT, "%s is no result of a run on this landscape: %s", path, what);
}

static outcome read_head(race_result *r, FILE *stream, const char *path)
{
    char line[256];
    int informed = -1;
    if (!fgets(line, sizeof line, stream) || strncmp(line, heading, sizeof heading - 1) != 0)
        return fail_at(path, "it does not begin with \"critpt-run 1\"");
    if (!fgets(line, sizeof line, stream) || strncmp(line, "ended ", 6) != 0)
        return fail_at(path, "line 2 is not \"ended ...\"");
    line[strcspn(line, "\n")] = '\0';
    snprintf(r->ended, sizeof r->ended, "%.*s", RACE_ENDED - 1, line + 6);
    if (fscanf(stream, "informed %d evaluations %zu counts", &informed, &r->evaluations) != 2 ||
        informed < 0 || informed > 1)
        return fail_at(path, "lines 3 and 4 are not \"informed 0\" or 1 and \"evaluations N\"");
    if (r->evaluations > (size_t)1 << 53)
        return fail_at(path, "evaluations are more than 2^53");
    r->informed = informed;
    for (size_t kind = 0; kind < RACE_KINDS; kind++)
        if (fscanf(stream, "%zu", &r->counts[kind]) != 1)
            return fail_at(path, "line 5 is not \"counts\" and six numbers");
    if (fscanf(stream, " records %zu%*1[\n]%*[^\n]", &r->n_records) != 1)
        return fail_at(path, "line 6 is not \"records N\"");
    return DONE;
}

/* Evaluations begin at 1, never fall, and end with those of the head. */
static outcome check_rows(const race_result *r, const char *path)
{
    for (size_t i = 0; i < r->n_records; i++) {
        double at = race_row(r, i)[RACE_EVALUATIONS];
        double before = i ? race_row(r, i - 1)[RACE_EVALUATIONS] : 1;
        if (!(at >= before) || (i == 0 && at != 1))
            return fail_at(path, "evaluations do not begin at 1 and grow");
    }
    if (r->n_records && race_row(r, r->n_records - 1)[RACE_EVALUATIONS] != (double)r->evaluations)
        return fail_at(path, "the last record is not that of the last evaluation");
    return DONE;
}

outcome race_result_read(race_result *r, const char *path, const race_field *field)
{
    outcome result;
    size_t width = RACE_DISTANCE + field->n_points + 2;
    FILE *stream = NULL;
    uint64_t size;
    *r = (race_result){.n_points = field->n_points};
    if (access(path, R_OK) != 0)
        return cli_fail(BAD_INPUT, "%s cannot be read; the race is not complete", path);
    TRY(cli_input_stream(path, &stream, &size));
    TRY(read_head(r, stream, path));
    if (r->n_records > size / width / 2) /* a number and what parts it from the next */
        TRY(fail_at(path, "it has more records than its size has room for"));
    TRY(cli_allocate(&r->rows, r->n_records * width, sizeof *r->rows));
    for (size_t i = 0; i < r->n_records * width; i++)
        if (fscanf(stream, "%lf", &r->rows[i]) != 1)
            TRY(fail_at(path, "a record is cut short"));
    TRY(check_rows(r, path));
done:
    if (stream)
        fclose(stream);
    return result;
}

void race_result_free(race_result *result)
{
    free(result->rows);
    *result = (race_result){0};
}

/* ---- What it comes to ---- */

size_t race_end_point(const race_result *result, const race_field *field)
{
    static const double near = 1e-3;
    size_t found = field->n_points;
    double least = INFINITY;
    for (size_t k = 0; result->n_records && k < field->n_points; k++) {
        double d = race_row(result, result->n_records - 1)[RACE_DISTANCE + k];
        if (d <= near * fmax(1, field->points[k].norm) && d < least) {
            found = k;
            least = d;
        }
    }
    return found;
}

double race_gap(const race_result *result, const race_field *field)
{
    return result->n_records ? race_row(result, result->n_records - 1)[RACE_BEST] - field->optimum
                             : INFINITY;
}

double race_reached(const race_result *result, const race_field *field, double gap)
{
    for (size_t i = 0; i < result->n_records; i++)
        if (race_row(result, i)[RACE_BEST] - field->optimum <= gap)
            return race_row(result, i)[RACE_EVALUATIONS];
    return INFINITY;
}

double race_nearest(const race_result *result, const race_field *field, size_t record)
{
    double nearest = INFINITY;
    for (size_t k = 0; k < field->n_points; k++)
        if (race_point_is_minimum(&field->points[k]))
            nearest = fmin(nearest, race_row(result, record)[RACE_DISTANCE + k]);
    return nearest;
}

double race_time_near(const race_result *result, const race_field *field, size_t point)
{
    double near = 0;
    for (size_t i = 0; i + 1 < result->n_records; i++) {
        const double *row = race_row(result, i), *next = race_row(result, i + 1);
        if (row[RACE_DISTANCE + point] <= field->points[point].reach)
            near += next[RACE_EVALUATIONS] - row[RACE_EVALUATIONS];
    }
    return result->evaluations ? near / (double)result->evaluations : 0;
}
