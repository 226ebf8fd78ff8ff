/* What became of a run, as DIR/runs/LANDSCAPE/ALGORITHM/START.run holds it: lines of text that
 * other programs can write too (examples/race_torch.py). */
#ifndef RACE_RESULT_H
#define RACE_RESULT_H

#include <stdio.h>

#include "race/field.h"

enum { RACE_KINDS = 6, RACE_ENDED = 120 };

/* The columns before the distances. */
typedef enum race_column {
    RACE_EVALUATIONS = 0,
    RACE_REASONS = 1,
    RACE_LOSS = 2,
    RACE_BEST = 3,
    RACE_NORM = 4,
    RACE_DISTANCE =
        5 /* to point 0, and so on; then the place on the slice through points 0, 1, 2 */
} race_column;

typedef struct race_result {
    char ended[RACE_ENDED]; /* "budget", "stopped", "diverged", "crashed ...", "failed ..." */
    bool informed;
    size_t evaluations, counts[RACE_KINDS];
    size_t n_records, n_points;
    double *rows; /* n_records x (RACE_DISTANCE + n_points + 2) */
} race_result;

/* A run that has ended, whose landscape's points it knows. */
outcome race_result_write(FILE *stream, critpt_run *run, const race_field *field,
                          const char *ended);
/* One of which nothing is left. */
void race_result_write_lost(FILE *stream, const race_field *field, const char *ended);
/* BAD_INPUT names the line that is not as it should be. */
outcome race_result_read(race_result *result, const char *path, const race_field *field);
void race_result_free(race_result *result);

static inline const double *race_row(const race_result *result, size_t record)
{
    return result->rows + record * (RACE_DISTANCE + result->n_points + 2);
}

/* ---- What it comes to ---- */

/* The planted point at which the run ended: within 1e-3 of the size of its weights, at least of 1;
 * n_points: elsewhere. */
size_t race_end_point(const race_result *result, const race_field *field);
/* Best loss minus the optimum; infinity where nothing was recorded. */
double race_gap(const race_result *result, const race_field *field);
/* Evaluations until a gap was reached; infinity where it was not. */
double race_reached(const race_result *result, const race_field *field, double gap);
/* Distance to the nearest planted minimum at a record; infinity where there is none. */
double race_nearest(const race_result *result, const race_field *field, size_t record);
/* Share of the run's evaluations that were spent nearer to the point than its reach. */
double race_time_near(const race_result *result, const race_field *field, size_t point);

#endif
