/* Drawing the bar. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/interrupt.h"

void cli_progress_begin(progress *bar, bool quiet)
{
    bar->shown = !quiet && isatty(STDERR_FILENO);
    bar->percent = -1;
}

int cli_progress_update(double done, const char *stage, void *user)
{
    progress *bar = user;
    int percent = done <= 0 ? 0 : done >= 1 ? 100 : (int)(100 * done);
    if (bar->shown && percent != bar->percent) {
        static const char full[] = "########################################";
        int length = percent * (int)(sizeof full - 1) / 100;
        fprintf(stderr, "\r[%-40.*s] %3d%% %-32.32s", length, full, percent, stage);
        bar->percent = percent;
    }
    return cli_interrupted();
}

void cli_progress_clear(progress *bar)
{
    if (bar->shown && bar->percent >= 0)
        fprintf(stderr, "\r%-80s\r", "");
    bar->percent = -1;
}

void cli_progress_end(progress *bar)
{
    cli_progress_clear(bar);
    bar->shown = false;
}
