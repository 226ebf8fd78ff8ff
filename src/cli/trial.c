/* A child with the system's own signal handlers and a limit of time. */
#include "cli/trial.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"

enum { LEAST_SECONDS = 60, BYTES_A_SECOND = 1000000 };

static void do_and_exit(void (*work)(void *user), void *user, const char *path)
{
    static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
    const struct rlimit core = {0, 0};
    struct stat info;
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        signal(handled[i], SIG_DFL);
    rlim_t seconds = LEAST_SECONDS;
    if (!stat(path, &info))
        seconds += (rlim_t)(info.st_size / BYTES_A_SECOND);
    const struct rlimit time = {seconds, seconds + 1};
    setrlimit(RLIMIT_CORE, &core);
    setrlimit(RLIMIT_CPU, &time);
    work(user);
    _exit(0);
}

outcome cli_try(void (*work)(void *user), void *user, const char *path, const char *damaged)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        do_and_exit(work, user, path);
    if (child < 0)
        return cli_fail(ENVIRONMENT, "cannot start a process to read %s: %s", path,
                        strerror(errno));
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return cli_fail(ENVIRONMENT, "cannot wait for a process: %s", strerror(errno));
        if (cli_interrupted())
            kill(child, SIGKILL);
    }
    if (cli_interrupted())
        return cli_fail(INTERRUPTED, "interrupted");
    if (WIFSIGNALED(status))
        return cli_fail(BAD_INPUT, "%s is %s (signal %d); make or fetch it again", path, damaged,
                        WTERMSIG(status));
    return DONE;
}

typedef struct reading {
    const char *path;
    size_t limit;
} reading;

static void read_and_forget(void *user)
{
    const reading *r = user;
    critpt_file *file = NULL;
    (void)critpt_file_read_limited(&file, r->path, r->limit);
    critpt_file_destroy(file);
}

outcome cli_read_landscape(critpt_file **file, const char *path, uint64_t limit)
{
    reading r = {path, (size_t)limit};
    outcome result = cli_try(read_and_forget, &r, path, CLI_DAMAGED_HDF5);
    if (result != DONE)
        return result;
    result = cli_from_library(critpt_file_read_limited(file, path, r.limit), "%s", "");
    return result == DONE && cli_interrupted() ? cli_fail(INTERRUPTED, "interrupted") : result;
}
