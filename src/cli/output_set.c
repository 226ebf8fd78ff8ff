/* A directory of output files, all or none. */
#include "cli/output_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.h"

static outcome write_failure(const char *path)
{
    return cli_fail(ENVIRONMENT, "cannot write %s: %s", path, strerror(errno));
}

outcome cli_output_begin(output_set *set, const char *directory)
{
    struct stat info;
    *set = (output_set){.directory = directory};
    if (!mkdir(directory, 0777)) {
        set->made_directory = true;
        return DONE;
    }
    if (errno == EEXIST && !stat(directory, &info) && S_ISDIR(info.st_mode))
        return DONE;
    return errno == EEXIST
               ? cli_fail(ENVIRONMENT, "cannot write %s: it is not a directory", directory)
               : write_failure(directory);
}

outcome cli_output_require_other(const char *option, const char *output, const char *input,
                                 const char *what)
{
    struct stat first, second;
    if (!output || stat(output, &first) || stat(input, &second) || first.st_dev != second.st_dev ||
        first.st_ino != second.st_ino)
        return DONE;
    return cli_fail(BAD_INPUT, "%s %s is %s itself; give another name", option, output, what);
}

outcome cli_output_temporary(const char *path, char **name)
{
    outcome result = cli_allocate(name, strlen(path) + 5, 1);
    if (result == DONE)
        sprintf(*name, "%s.tmp", path);
    return result;
}

outcome cli_output_open(output_set *set, const char *name)
{
    char *path = NULL, *temporary = NULL;
    const char *directory = set->directory ? set->directory : "";
    size_t size = strlen(directory) + strlen(name) + 2;
    outcome result;
    TRY(cli_allocate(&path, size, 1));
    snprintf(path, size, "%s%s%s", directory, set->directory ? "/" : "", name);
    TRY(cli_output_temporary(path, &temporary));
    TRY(cli_grow(&set->names, &set->capacity, set->n + 1, sizeof *set->names));
    set->current = fopen(temporary, "wb");
    if (!set->current)
        TRY(write_failure(path));
    set->names[set->n++] = path;
    path = NULL;
done:
    free(path);
    free(temporary);
    return result;
}

outcome cli_output_close(output_set *set)
{
    FILE *stream = set->current;
    set->current = NULL;
    errno = 0;
    bool written = !fflush(stream) && !ferror(stream) && !fsync(fileno(stream));
    int reason = errno;
    bool closed = !fclose(stream);
    if (written && closed)
        return cli_interrupted() ? cli_fail(INTERRUPTED, "interrupted; nothing was written") : DONE;
    errno = reason ? reason : errno;
    return write_failure(set->names[set->n - 1]);
}

outcome cli_output_commit(output_set *set)
{
    outcome result = DONE;
    for (size_t i = 0; result == DONE && i < set->n; i++) {
        char *temporary;
        TRY(cli_output_temporary(set->names[i], &temporary));
        if (rename(temporary, set->names[i]))
            result = write_failure(set->names[i]);
        free(temporary);
    }
    set->made_directory = set->made_directory && result != DONE;
done:
    return result;
}

void cli_output_end(output_set *set)
{
    if (set->current)
        fclose(set->current);
    for (size_t i = 0; i < set->n; i++) {
        char *temporary;
        if (cli_output_temporary(set->names[i], &temporary) == DONE)
            remove(temporary);
        free(temporary);
        free(set->names[i]);
    }
    free(set->names);
    if (set->made_directory)
        rmdir(set->directory);
    *set = (output_set){0};
}
