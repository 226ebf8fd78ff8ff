/* A bar on standard error, where that is a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

typedef struct progress {
    bool shown;
    int percent; /* last drawn */
} progress;

void cli_progress_begin(progress *bar, bool quiet);
/* A critpt_progress whose `user` is the bar; stops the work when a signal came. */
int cli_progress_update(double done, const char *stage, void *user);
/* Makes room for other output. */
void cli_progress_clear(progress *bar);
void cli_progress_end(progress *bar);

#endif
