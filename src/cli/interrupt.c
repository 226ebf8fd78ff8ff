/* The one flag that signal handlers set. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t flag;

static void raise_flag(int number)
{
    (void)number;
    flag = 1;
}

void cli_catch_signals(void)
{
    struct sigaction raise = {.sa_handler = raise_flag}, ignore = {.sa_handler = SIG_IGN};
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
    return flag != 0;
}

int cli_heed_signals(double done, const char *stage, void *user)
{
    (void)done, (void)stage, (void)user;
    return cli_interrupted();
}
