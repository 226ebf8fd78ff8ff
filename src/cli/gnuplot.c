/* gnuplot reads its script, data included, from a temporary file. */
#include "cli/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

static outcome require_format(const char *path)
{
    if (ends_with(path, ".svg") || ends_with(path, ".png"))
        return DONE;
    return cli_fail(BAD_INPUT, "--plot: \"%.200s\" must end in .svg or .png", path);
}

outcome cli_gnuplot_require_outputs(const char *csv, const char *plot, const char *landscape)
{
    outcome result;
    TRY(cli_output_require_other("--csv", csv, landscape, "the landscape file"));
    if (plot)
        TRY(require_format(plot));
    TRY(cli_output_require_other("--plot", plot, landscape, "the landscape file"));
    TRY(cli_output_require("--csv", csv));
    TRY(cli_output_require("--plot", plot));
done:
    return result;
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
    outcome result;
    *script = NULL;
    TRY(cli_output_open(set, path));
    *script = tmpfile();
    if (!*script)
        TRY(cli_fail(ENVIRONMENT, "cannot make a temporary file: %s", strerror(errno)));
    if (ends_with(path, ".svg"))
        fprintf(*script, "set terminal svg size %d,%d font 'sans-serif,13' background '#ffffff'\n",
                width, height);
    else
        fprintf(*script, "set terminal pngcairo size %d,%d font 'sans,12'\n", width, height);
done:
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

static outcome spawn(FILE *script, int picture, FILE *said, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    char name[] = "gnuplot";
    char *arguments[] = {name, NULL};
    if (posix_spawn_file_actions_init(&actions))
        return cli_fail(ENVIRONMENT, "out of memory");
    int code = posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
    code = code ? code : posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
    code = code ? code : posix_spawn_file_actions_adddup2(&actions, fileno(said), STDERR_FILENO);
    code = code ? code : posix_spawnp(child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code)
        return cli_fail(ENVIRONMENT, "cannot run gnuplot, which --plot needs: %s; install it",
                        strerror(code));
    return DONE;
}

/* gnuplot's picture comes through a pipe: its own failures to write it would go unnoticed. *whole
 * tells whether it has the end that it must have. */
static outcome copy_picture(int picture, FILE *output, pid_t child, const char *end, bool *whole)
{
    enum { TAIL = 16 };
    char bytes[1 << 14], tail[TAIL + sizeof bytes];
    size_t kept = 0, needed = strlen(end);
    for (;;) {
        ssize_t n = read(picture, bytes, sizeof bytes);
        if (cli_interrupted())
            kill(child, SIGTERM);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cli_fail(ENVIRONMENT, "cannot read from gnuplot: %s", strerror(errno));
        if (n == 0)
            break;
        fwrite(bytes, 1, (size_t)n, output);
        memcpy(tail + kept, bytes, (size_t)n);
        kept += (size_t)n;
        size_t dropped = kept > TAIL ? kept - TAIL : 0;
        memmove(tail, tail + dropped, kept - dropped);
        kept -= dropped;
    }
    while (kept && tail[kept - 1] == '\n')
        kept--;
    *whole = kept >= needed && !memcmp(tail + kept - needed, end, needed);
    return DONE;
}

/* Runs gnuplot to its end; `whole` as of copy_picture. */
static outcome draw(FILE *script, FILE *output, FILE *said, const char *end, int *status,
                    bool *whole)
{
    int ends[2];
    pid_t child = -1;
    outcome result;
    if (pipe(ends))
        return cli_fail(ENVIRONMENT, "cannot make a pipe: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    result = spawn(script, ends[1], said, &child);
    close(ends[1]);
    if (result == DONE)
        result = copy_picture(ends[0], output, child, end, whole);
    close(ends[0]);
    while (child > 0 && waitpid(child, status, 0) < 0)
        if (errno != EINTR)
            return cli_fail(ENVIRONMENT, "cannot wait for gnuplot: %s", strerror(errno));
    return result;
}

static outcome judge(int status, bool whole, FILE *said, const char *path)
{
    char words[200];
    if (cli_interrupted()) /* which ends gnuplot too */
        return cli_fail(INTERRUPTED, "interrupted; nothing was written");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && whole)
        return DONE;
    first_words(said, words, sizeof words);
    return cli_fail(ENVIRONMENT, "gnuplot cannot draw %s: %s", path,
                    *words ? words : "it failed without a word");
}

outcome cli_gnuplot_run(FILE *script, output_set *set, const char *path)
{
    const char *end = ends_with(path, ".svg") ? "</svg>" : "IEND\xae\x42\x60\x82";
    int status = 0;
    bool whole = false;
    FILE *said = tmpfile();
    outcome result = DONE;
    bool ready =
        said && !fflush(script) && !ferror(script) && lseek(fileno(script), 0, SEEK_SET) == 0;
    if (!ready)
        TRY(cli_fail(ENVIRONMENT, "cannot write a temporary file: %s", strerror(errno)));
    TRY(draw(script, set->current, said, end, &status, &whole));
    TRY(judge(status, whole, said, path));
    TRY(cli_output_close(set));
done:
    if (said)
        fclose(said);
    fclose(script);
    return result;
}
