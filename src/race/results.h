/* A race that was run: landscapes, entries, results. */
#ifndef RACE_RESULTS_H
#define RACE_RESULTS_H

#include "race/field.h"
#include "race/result.h"

/* An algorithm in the outputs: one of the race's own, or of another program's. */
typedef struct race_name {
    char *name;
    char *about; /* library, version, faults; or "of another program" */
} race_name;

typedef struct race_results {
    const char *directory;
    size_t budget, n_starts;
    const char *from;
    uint64_t seed;
    size_t n_fields, n_names;
    race_field *fields;
    race_name *names;
    race_result *results; /* fields x names x starts */
} race_results;

static inline const race_result *race_at(const race_results *r, size_t field, size_t name,
                                         size_t start)
{
    return &r->results[(field * r->n_names + name) * r->n_starts + start];
}

#endif
