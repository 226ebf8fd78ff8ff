/* A bar on standard error, where that is a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <pthread.h>
#include <stdbool.h>

typedef struct progress {
    bool shown, drawn;
    pthread_t owner; /* the thread that draws */
    double from, to; /* the present part of the whole */
    double done;     /* of the whole; never falls */
    double start;    /* seconds at which it began, and */
    double last;     /* was drawn, with */
    int percent;     /* so many, */
    char stage[33];  /* and this */
} progress;

void cli_progress_begin(progress *bar, bool quiet);
/* What updates count from 0 to 1 is now that part of the whole. */
void cli_progress_range(progress *bar, double from, double to);
/* A critpt_progress whose `user` is the bar, which is drawn anew where it changes, and now and
 * then; stops the work when a signal came. Of another thread's call nothing is drawn. */
int cli_progress_update(double done, const char *stage, void *user);
/* Makes room for other output. */
void cli_progress_clear(progress *bar);
void cli_progress_end(progress *bar);

#endif
