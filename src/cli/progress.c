/* Drawing the bar. */
#include "cli/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/interrupt.h"

enum { WIDEST = 79 };

void cli_progress_begin(progress *bar, bool quiet)
{
    bar->shown = !quiet && isatty(STDERR_FILENO);
    bar->percent = -1;
}

/* A line that the terminal does not break: `\r` would not come back to its start. */
static int width(void)
{
    struct winsize size;
    bool told = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return told && size.ws_col < WIDEST ? size.ws_col - 1 : WIDEST;
}

static void draw(progress *bar, int percent, const char *stage)
{
    char line[2 * WIDEST];
    static const char full[] = "########################################";
    int length = percent * (int)(sizeof full - 1) / 100;
    snprintf(line, sizeof line, "[%-40.*s] %3d%% %-32.32s", length, full, percent, stage);
    fprintf(stderr, "\r%.*s", width(), line);
    bar->percent = percent;
}

int cli_progress_update(double done, const char *stage, void *user)
{
    progress *bar = user;
    int percent = done <= 0 ? 0 : done >= 1 ? 100 : (int)(100 * done);
    if (bar->shown && percent != bar->percent)
        draw(bar, percent, stage);
    return cli_interrupted();
}

void cli_progress_clear(progress *bar)
{
    if (bar->shown && bar->percent >= 0)
        fprintf(stderr, "\r%*s\r", width(), "");
    bar->percent = -1;
}

void cli_progress_end(progress *bar)
{
    cli_progress_clear(bar);
    bar->shown = false;
}
