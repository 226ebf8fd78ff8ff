/* What is in DIR, and what may be written there. */
#include "race/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/folder.h"
#include "cli/input.h"
#include "cli/output_set.h"

/* Whether the file holds this text, and a line end. */
static bool holds(const char *path, const char *text)
{
    FILE *stream;
    uint64_t size;
    bool same = cli_input_stream(path, &stream, &size) == DONE;
    for (; same && *text; text++)
        same = fgetc(stream) == (unsigned char)*text;
    same = same && fgetc(stream) == '\n' && fgetc(stream) == EOF;
    if (stream)
        fclose(stream);
    return same;
}

/* ---- Beginning ---- */

static outcome begin_empty(const char *directory, const char *path, const char *text)
{
    output_set set = {0};
    outcome result;
    TRY(cli_make_folders(directory, NULL, NULL));
    TRY(cli_output_open(&set, path));
    fprintf(set.current, "%s\n", text);
    TRY(cli_output_close(&set));
    TRY(cli_output_commit(&set));
done:
    cli_output_end(&set);
    return result;
}

outcome race_folder_begin(const char *directory, const char *text, bool resume)
{
    enum { DEPTH = 4 };
    char *path = NULL;
    bool is_empty;
    outcome result;
    TRY(cli_join(&path, directory, "race.json", NULL, NULL));
    TRY(cli_look_into(directory, &is_empty));
    if (!is_empty && !resume)
        TRY(cli_fail(BAD_INPUT,
                     "-o %s is not empty, and nothing is overwritten; --resume goes on with a race",
                     directory));
    if (!is_empty && access(path, F_OK) != 0)
        TRY(cli_fail(BAD_INPUT, "--resume: %s holds no race", directory));
    if (!is_empty && !holds(path, text))
        TRY(cli_fail(BAD_INPUT,
                     "--resume: %s is the folder of another race; %s tells which landscapes, "
                     "algorithms, starts, budget and seed it has",
                     directory, path));
    if (is_empty)
        TRY(begin_empty(directory, path, text));
    if (resume) /* which may have been killed before there was anything but unfinished files */
        TRY(cli_remove_unfinished(directory, DEPTH));
done:
    free(path);
    return result;
}

outcome race_folder_make_runs(const char *directory, const char *landscape, const char *algorithm)
{
    char *runs = NULL;
    outcome result;
    TRY(cli_join(&runs, directory, "runs", NULL, NULL));
    TRY(cli_make_folders(runs, landscape, algorithm));
done:
    free(runs);
    return result;
}

outcome race_folder_run(char **path, const char *directory, const char *landscape,
                        const char *algorithm, size_t start)
{
    char *runs = NULL, file[32];
    outcome result;
    *path = NULL;
    TRY(cli_join(&runs, directory, "runs", NULL, NULL));
    snprintf(file, sizeof file, "%05zu.run", start);
    TRY(cli_join(path, runs, landscape, algorithm, file));
done:
    free(runs);
    return result;
}

/* ---- Others ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const race_name *)a)->name, ((const race_name *)b)->name);
}

static bool is_named(const race_results *r, const char *name)
{
    for (size_t i = 0; i < r->n_names; i++)
        if (!strcmp(r->names[i].name, name))
            return true;
    return false;
}

/* Names stand in several formats: letters, digits and few others do no harm in any. */
static outcome require_plain(const char *path, const char *name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-";
    if (name[strspn(name, plain)] == '\0')
        return DONE;
    return cli_fail(BAD_INPUT,
                    "%s/%s: a name of an algorithm has letters, digits and . _ @ + - alone", path,
                    name);
}

outcome race_folder_add_others(race_results *r, size_t *capacity)
{
    static const char about[] = "of another program, by its results in runs";
    size_t own = r->n_names;
    char *path = NULL;
    DIR *folder = NULL;
    outcome result;
    TRY(cli_join(&path, r->directory, "runs", r->fields[0].name, NULL));
    folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || is_named(r, entry->d_name))
            continue;
        TRY(require_plain(path, entry->d_name));
        TRY(cli_grow(&r->names, capacity, r->n_names + 1, sizeof *r->names));
        race_name *name = &r->names[r->n_names];
        *name = (race_name){0};
        r->n_names++;
        TRY(cli_copy_text(&name->name, entry->d_name, strlen(entry->d_name)));
        TRY(cli_copy_text(&name->about, about, sizeof about - 1));
    }
    qsort(r->names + own, r->n_names - own, sizeof *r->names, by_name);
done:
    if (folder)
        closedir(folder);
    free(path);
    return result;
}
