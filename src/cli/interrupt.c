/* The one number that signal handlers set. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught; /* 0: none */

static void keep_number(int number)
{
    caught = number;
}

void cli_catch_signals(void)
{
    struct sigaction raise = {.sa_handler = keep_number}, ignore = {.sa_handler = SIG_IGN};
    const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++) {
        struct sigaction old;
        if (!sigaction(stopping[i], NULL, &old) && old.sa_handler != SIG_IGN) /* nohup */
            sigaction(stopping[i], &raise, NULL);
    }
    sigaction(SIGXFSZ, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

bool cli_interrupted(void)
{
    return caught != 0;
}

int cli_signal(void)
{
    return caught;
}
