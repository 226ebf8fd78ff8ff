/* critpt: landscapes with critical points at known places, from the command line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "critpt_file.h"
#include "cli/interrupt.h"
#include "cli/json_memory.h"

/* One row for each folder with a subcommand, in the order of --help. */
#define SUBCOMMANDS(row)                                                                           \
    row(plant) row(show) row(verify) row(spectrum) row(slice) row(export) row(race) row(report)    \
        row(suite)
#define DECLARATION(name) extern const command name##_command;
#define ADDRESS(name) &name##_command,

SUBCOMMANDS(DECLARATION)
static const command *const commands[] = {SUBCOMMANDS(ADDRESS)};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void)
{
    printf("critpt %s: training sets whose loss has critical points where you choose.\n\n",
           critpt_version());
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("    %s\n", commands[i]->usage);
    printf(
        "    critpt --version | --help | SUBCOMMAND --help\n\n"
        "Exit: 0 done, 1 the request cannot be met, 2 bad usage or input, 3 verify found a false\n"
        "claim, 4 reading, writing or memory failed, 128 + N: signal N interrupted it. See "
        "critpt(1).\n");
}

static void print_version(void)
{
    printf("critpt %s (%s)\n", critpt_version(), critpt_linalg_name());
}

static outcome run_command(const command *c, int n_arguments, char **arguments)
{
    for (int i = 0; i < n_arguments && strcmp(arguments[i], "--") != 0; i++)
        if (!strcmp(arguments[i], "--help") || !strcmp(arguments[i], "-h")) {
            printf("usage: %s\n\n%s", c->usage, c->description);
            return DONE;
        }
    return c->run(n_arguments, arguments);
}

/* How many letters must be put in, left out or changed to make b of a: the least number, by rows of
 * the table over their beginnings. Names have at most NAME letters. */
enum { NAME = 16 };
static size_t edits_between(const char *a, const char *b)
{
    size_t row[NAME + 1], n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t changed = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            size_t least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
            row[j + 1] = least < changed ? least : changed;
        }
    }
    return row[n];
}

/* A subcommand that was mistyped, and the one that was meant if one is near. */
static outcome unknown_command(const char *name)
{
    enum { NEAR = 2 };
    size_t best = 0, least = NEAR + 1;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        size_t edits = strlen(name) > NAME ? NEAR + 1 : edits_between(commands[i]->name, name);
        best = edits < least ? i : best;
        least = edits < least ? edits : least;
    }
    if (least <= NEAR)
        return cli_fail(BAD_INPUT, "unknown subcommand \"%.80s\"; did you mean %s?", name,
                        commands[best]->name);
    return cli_fail(BAD_INPUT, "unknown subcommand \"%.80s\"; try critpt --help", name);
}

static outcome run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name)
        return cli_fail(BAD_INPUT, "no subcommand; try critpt --help");
    if (!strcmp(name, "--help") || !strcmp(name, "-h"))
        return print_help(), DONE;
    if (!strcmp(name, "--version"))
        return print_version(), DONE;
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strcmp(name, commands[i]->name))
            return run_command(commands[i], argc - 2, argv + 2);
    return unknown_command(name);
}

/* A file that is opened must not take the place of a stream that was closed: these stay streams
 * that cannot be used. */
static void keep_streams(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
}

int main(int argc, char **argv)
{
    keep_streams();
    cli_catch_signals();
    cli_json_watch_memory();
    outcome result = run(argc, argv);
    bool written = !fflush(stdout) && !ferror(stdout);
    if (result == DONE && !written)
        result = cli_fail(ENVIRONMENT, "cannot write to standard output: %s", strerror(errno));
    if (result == DONE)
        return 0;
    if (cli_interrupted() && result != INTERRUPTED) /* a call that it broke off failed */
        result = cli_fail(INTERRUPTED, "interrupted");
    fprintf(stderr, "critpt: ");
    cli_print_safely(stderr, cli_failure());
    fprintf(stderr, "\n");
    fflush(stderr);
    /* Not exit: after a damaged file HDF5 would complain there about memory of its own. */
    _Exit(result == INTERRUPTED ? INTERRUPTED + cli_signal() : (int)result);
}
