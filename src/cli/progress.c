/* Drawing the bar. */
#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/interrupt.h"

enum { WIDEST = 79, LONGEST = 40, WORDS = 24 }; /* the line; in it the bar, and words at least */

static double seconds_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void cli_progress_begin(progress *bar, bool quiet)
{
    *bar = (progress){.shown = !quiet && isatty(STDERR_FILENO),
                      .owner = pthread_self(),
                      .to = 1,
                      .start = seconds_now()};
}

void cli_progress_range(progress *bar, double from, double to)
{
    bar->from = from;
    bar->to = to;
}

/* Columns of the terminal, or of the environment where it does not tell; 0 if unknown. */
static long columns(void)
{
    struct winsize size;
    const char *told = getenv("COLUMNS");
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return told ? strtol(told, NULL, 10) : 0;
}

/* A line that the terminal does not break: `\r` would not come back to its start. */
static int width(void)
{
    long n = columns();
    return n > 0 && n <= WIDEST ? (int)n - 1 : WIDEST;
}

/* The seconds show that it works where the bar stands. */
static void draw(progress *bar)
{
    static const char full[] = "########################################";
    enum { BESIDE = sizeof "[] 100% " - 1 + WORDS };
    char line[2 * WIDEST], rest[2 * sizeof bar->stage];
    int room = width(), longest = room - BESIDE;
    longest = longest < 0 ? 0 : longest < LONGEST ? longest : LONGEST;
    snprintf(rest, sizeof rest, "%s, %.0f s", bar->stage, floor(bar->last - bar->start));
    snprintf(line, sizeof line, "[%-*.*s] %3d%% %-*.*s", longest, bar->percent * longest / 100,
             full, bar->percent, WIDEST, WIDEST, rest);
    fprintf(stderr, "\r%.*s", room, line);
    bar->drawn = true;
}

int cli_progress_update(double done, const char *stage, void *user)
{
    static const double interval = 0.3; /* seconds */
    progress *bar = user;
    if (!pthread_equal(bar->owner, pthread_self()))
        return cli_interrupted();
    double part = done > 0 ? done < 1 ? done : 1 : 0;
    double at = bar->from + part * (bar->to - bar->from);
    bar->done = at > bar->done ? at : bar->done;
    int percent = (int)(100 * bar->done);
    double now = seconds_now();
    bool same = bar->drawn && percent == bar->percent && now < bar->last + interval &&
                !strncmp(stage, bar->stage, sizeof bar->stage - 1);
    if (!bar->shown || same)
        return cli_interrupted();
    bar->percent = percent;
    bar->last = now;
    snprintf(bar->stage, sizeof bar->stage, "%s", stage);
    draw(bar);
    return cli_interrupted();
}

void cli_progress_clear(progress *bar)
{
    if (bar->shown && bar->drawn)
        fprintf(stderr, "\r%*s\r", width(), "");
    bar->drawn = false;
}

void cli_progress_end(progress *bar)
{
    cli_progress_clear(bar);
    bar->shown = false;
}
