/* Processes played by threads: their reductions meet at a barrier, where the last to come combines
 * the numbers of all. */
#ifndef TESTS_PROCESSES_H
#define TESTS_PROCESSES_H

#include <pthread.h>

#include "support.h"

enum { MOST_PROCESSES = 4, MESSAGE = 1024, ANNOUNCEMENT = 32 };

/* What goes wrong, if anything. */
typedef enum trouble {
    NO_TROUBLE,
    CALLBACK_FAILS, /* in all processes, at call number `at` */
    OTHER_ROUNDING, /* process 1 receives other last digits at call number `at` */
    NOT_COMBINED,   /* from call number `at` on */
} trouble;

typedef struct meeting {
    pthread_mutex_t mutex;
    pthread_cond_t everyone;
    size_t p, arrived, generation;
    double *parts[MOST_PROCESSES], *combined;
    size_t n[MOST_PROCESSES], room;
    critpt_reduction_operation operations[MOST_PROCESSES];
    bool broken; /* a mismatch, or someone did not come: all calls fail from then on */
    trouble trouble;
    size_t at, calls; /* calls so far, */
    size_t long_ones; /* of them of more numbers than an announcement has */
} meeting;

/* One of them, in its thread. */
typedef struct process {
    meeting *meeting;
    size_t rank, first, n; /* its samples in the whole */
    critpt_landscape *landscape;
    size_t calls; /* of its callback */
    critpt_status status;
    char message[MESSAGE];
    void *user; /* of the test */
} process;

typedef void (*process_job)(process *self);

/* The callback; user is the process. */
int processes_reduce(critpt_reduction_operation operation, double *values, size_t n, void *user);

/* Keeps the status of a call that failed, with its message; whether it is the first. */
bool process_try(process *self, critpt_status status);

/* Runs the job in all of them at once, after their landscapes were made and joined: parts of the
 * scene's, with its targets, and sample weights and a metric unless NULL. counts: samples of each.
 * `users`: one for each, or NULL. */
typedef struct whole {
    const scene *scene;
    const double *sample_weights, *metric;
} whole;
void processes_run(const whole *of, size_t p, const size_t *counts, meeting *meets, process_job job,
                   void *const *users, process *processes);
void meeting_create(meeting *made, size_t p);
void meeting_destroy(meeting *made);

#endif
