/* What came out of a race: a table, CSV, JSON. */
#ifndef RACE_SUMMARY_H
#define RACE_SUMMARY_H

#include <jansson.h>

#include "cli/output_set.h"
#include "race/results.h"

/* The gap to the optimum that counts as reached. */
extern const double race_precision;

/* How the runs of an algorithm on a landscape went. */
typedef struct race_tally {
    size_t lost;                            /* crashed: nothing is known of them */
    size_t informed, reached, below;        /* below: under the lowest planted loss */
    size_t at_minimum, at_other, elsewhere; /* where they ended */
    double median;                          /* evaluations of those that reached it; NaN if none */
} race_tally;
outcome race_tally_make(const race_results *r, size_t field, size_t name, race_tally *tally);

void race_print_algorithms(const race_results *r);
outcome race_print_table(const race_results *r);
/* DIRECTORY/runs.csv: a line for each run. */
outcome race_write_csv(const race_results *r, output_set *set);
/* DIRECTORY/results.json. */
outcome race_summary_json(const race_results *r, json_t **root);

#endif
