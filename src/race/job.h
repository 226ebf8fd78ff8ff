/* The runs of a race, each in a process of its own: its library may exit or abort. */
#ifndef RACE_JOB_H
#define RACE_JOB_H

#include "cli/progress.h"
#include "race/algorithms.h"
#include "race/field.h"

typedef struct race_job {
    const race_field *field;
    const race_entry *entry;
    const double *start; /* P */
    size_t number;       /* of the start */
    size_t budget;
    uint64_t seed;
    char *path; /* of its result */
} race_job;

/* Does those whose result is not there yet, `at_once` at a time. What is done stays when it is
 * interrupted. */
outcome race_jobs_do(race_job *jobs, size_t n, size_t at_once, progress *bar);

#endif
