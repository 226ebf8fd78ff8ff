/* Kills a program where it is about to change a file:
 *
 *     kill_at K PROGRAM ARGUMENT...
 *
 * runs it until it enters the K-th system call, from 1 on, that makes, writes, renames or removes a
 * file, or ends it; there it is gone, as if the power had failed, and the call is named. "ended"
 * where it ends before. What the shell script does in which libtool wraps a program is not counted,
 * nor what children do. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const struct {
    const char *name;
    long number;
} changes[] = {
#ifdef SYS_open
    {"open", SYS_open},       {"rename", SYS_rename},    {"unlink", SYS_unlink},
    {"mkdir", SYS_mkdir},     {"rmdir", SYS_rmdir},
#endif
#ifdef SYS_renameat
    {"rename", SYS_renameat},
#endif
    {"open", SYS_openat},     {"rename", SYS_renameat2}, {"unlink", SYS_unlinkat},
    {"mkdir", SYS_mkdirat},   {"write", SYS_write},      {"write", SYS_writev},
    {"write", SYS_pwrite64},  {"sync", SYS_fsync},       {"end", SYS_exit_group},
};

/* The name of the call if it is one of these; files that are opened to be read are not. */
static const char *change(const struct __ptrace_syscall_info *call)
{
    int flags = O_CREAT;
#ifdef SYS_open
    if (call->entry.nr == SYS_open)
        flags = (int)call->entry.args[1];
#endif
    if (call->entry.nr == SYS_openat)
        flags = (int)call->entry.args[2];
    for (size_t i = 0; flags & O_CREAT && i < sizeof changes / sizeof *changes; i++)
        if ((long)call->entry.nr == changes[i].number)
            return changes[i].name;
    return NULL;
}

/* Whether the process has become the program, `name` or what libtool made of it. */
static bool is_program(pid_t child, const char *name)
{
    char link[64], file[PATH_MAX];
    snprintf(link, sizeof link, "/proc/%ld/exe", (long)child);
    ssize_t n = readlink(link, file, sizeof file - 1);
    size_t length = strlen(name);
    return n >= (ssize_t)length && !strncmp(file + n - length, name, length);
}

static const char *kill_at(pid_t child, long k, const char *name)
{
    int status, signal = 0;
    struct __ptrace_syscall_info call;
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC))
        return NULL;
    while (!ptrace(PTRACE_SYSCALL, child, NULL, signal) && waitpid(child, &status, 0) > 0) {
        if (!WIFSTOPPED(status))
            return "ended";
        int stop = WSTOPSIG(status);
        signal = stop == (SIGTRAP | 0x80) || status >> 16 ? 0 : stop;
        if (stop != (SIGTRAP | 0x80))
            continue;
        if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call) < 0)
            return NULL;
        const char *what = call.op == PTRACE_SYSCALL_INFO_ENTRY ? change(&call) : NULL;
        if (what && is_program(child, name) && --k == 0) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return what;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *slash = strrchr(argv[2], '/'), *name = slash ? slash + 1 : argv[2];
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    const char *what = child > 0 ? kill_at(child, strtol(argv[1], NULL, 10), name) : NULL;
    fprintf(stderr, "%s\n", what ? what : "this system does not let processes be traced");
    return what ? 0 : 77;
}
#else
int main(void)
{
    return 77;
}
#endif
