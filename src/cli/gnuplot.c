/* gnuplot reads its script, data included, from a temporary file. */
#include "cli/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"

extern char **environ;

static bool ends_with(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && !strcmp(path + n - m, ending);
}

outcome cli_gnuplot_require_format(const char *path)
{
    if (ends_with(path, ".svg") || ends_with(path, ".png"))
        return DONE;
    return cli_fail(BAD_INPUT, "--plot: \"%.200s\" must end in .svg or .png", path);
}

void cli_gnuplot_quote(FILE *script, const char *text)
{
    fputc('\'', script);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        fputc(c < 32 || c == 127 ? '?' : c, script);
        if (c == '\'')
            fputc(c, script);
    }
    fputc('\'', script);
}

outcome cli_gnuplot_begin(FILE **script, output_set *set, const char *path, int width, int height)
{
    char *temporary = NULL;
    outcome result;
    *script = NULL;
    TRY(cli_output_open(set, path));
    TRY(cli_output_close(set));
    TRY(cli_output_temporary(path, &temporary));
    *script = tmpfile();
    if (!*script)
        TRY(cli_fail(ENVIRONMENT, "cannot make a temporary file: %s", strerror(errno)));
    if (ends_with(path, ".svg"))
        fprintf(*script, "set terminal svg size %d,%d font 'sans-serif,13' background '#ffffff'\n",
                width, height);
    else
        fprintf(*script, "set terminal pngcairo size %d,%d font 'sans,12'\n", width, height);
    fprintf(*script, "set output ");
    cli_gnuplot_quote(*script, temporary);
    fprintf(*script, "\n");
done:
    free(temporary);
    return result;
}

/* The first line of what gnuplot said that is not blank. */
static void first_words(FILE *said, char *text, size_t size)
{
    *text = '\0';
    rewind(said);
    while (fgets(text, (int)size, said)) {
        size_t start = strspn(text, " \t\n^");
        text[start + strcspn(text + start, "\n")] = '\0';
        memmove(text, text + start, strlen(text + start) + 1);
        if (*text)
            return;
    }
}

static outcome spawn(FILE *script, FILE *said, int *status)
{
    posix_spawn_file_actions_t actions;
    char name[] = "gnuplot";
    char *arguments[] = {name, NULL};
    pid_t child;
    if (posix_spawn_file_actions_init(&actions))
        return cli_fail(ENVIRONMENT, "out of memory");
    int code = posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
    code = code ? code : posix_spawn_file_actions_adddup2(&actions, fileno(said), STDOUT_FILENO);
    code = code ? code : posix_spawn_file_actions_adddup2(&actions, fileno(said), STDERR_FILENO);
    code = code ? code : posix_spawnp(&child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code)
        return cli_fail(ENVIRONMENT, "cannot run gnuplot, which --plot needs: %s; install it",
                        strerror(code));
    while (waitpid(child, status, 0) < 0)
        if (errno != EINTR)
            return cli_fail(ENVIRONMENT, "cannot wait for gnuplot: %s", strerror(errno));
    return DONE;
}

outcome cli_gnuplot_run(FILE *script, const char *path)
{
    char words[200];
    int status = 0;
    FILE *said = tmpfile();
    outcome result = DONE;
    bool ready =
        said && !fflush(script) && !ferror(script) && lseek(fileno(script), 0, SEEK_SET) == 0;
    if (!ready)
        TRY(cli_fail(ENVIRONMENT, "cannot write a temporary file: %s", strerror(errno)));
    TRY(spawn(script, said, &status));
    if (cli_interrupted()) /* which ends gnuplot too */
        TRY(cli_fail(INTERRUPTED, "interrupted; nothing was written"));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        first_words(said, words, sizeof words);
        TRY(cli_fail(ENVIRONMENT, "gnuplot cannot draw %s: %s", path,
                     *words ? words : "it failed without a word"));
    }
done:
    if (said)
        fclose(said);
    fclose(script);
    return result;
}
