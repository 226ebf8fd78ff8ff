/* They are called as from a command line. */
#include "suite/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"

extern const command plant_command, verify_command;

/* Arguments are not written to, whatever their type says. */
static outcome call(const command *c, const char *const *arguments, size_t n)
{
    char *copies[8];
    memcpy(copies, arguments, n * sizeof *copies);
    return c->run((int)n, copies);
}

outcome suite_plant(const char *spec, const char *landscape, bool basins)
{
    const char *arguments[] = {"--quiet", "-o", landscape, "--", spec};
    const char *with_basins[] = {"--basins", "--quiet", "-o", landscape, "--", spec};
    return basins ? call(&plant_command, with_basins, sizeof with_basins / sizeof *with_basins)
                  : call(&plant_command, arguments, sizeof arguments / sizeof *arguments);
}

outcome suite_verify_landscape(const char *landscape)
{
    const char *arguments[] = {"--", landscape};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
        return cli_fail(ENVIRONMENT, "cannot open /dev/null: %s", strerror(errno));
    close(nowhere);
    return call(&verify_command, arguments, sizeof arguments / sizeof *arguments);
}

outcome suite_judge_end(const char *name, int status, const char *sentence, const char *advice)
{
    if (WIFSIGNALED(status))
        return cli_fail(ENVIRONMENT, "%s: its process was ended by signal %d; %s", name,
                        WTERMSIG(status), advice);
    if (WEXITSTATUS(status) == 0)
        return DONE;
    return cli_fail((outcome)WEXITSTATUS(status), "%s: %s", name, sentence);
}
