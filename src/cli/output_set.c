/* A directory of output files, all or none. */
#include "cli/output_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/output_path.h"
#include "lib/file/path.h"

static outcome write_failure(const char *path, int reason)
{
    return cli_fail(ENVIRONMENT, "cannot write %s: %s", path,
                    reason ? strerror(reason) : "a write failed; the disk may be full");
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
               : write_failure(directory, errno);
}

outcome cli_output_require(const char *option, const char *path)
{
    char *final = NULL;
    outcome result = path ? cli_output_resolve(path, &final) : DONE;
    free(final);
    return result == DONE ? DONE : cli_fail(result, "%s: %s", option, cli_failure());
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

static void free_file(output_file *file)
{
    if (file->temporary)
        remove(file->temporary);
    free(file->path);
    free(file->final);
    free(file->temporary);
    *file = (output_file){0};
}

static outcome name_file(const output_set *set, const char *name, output_file *file)
{
    const char *directory = set->directory ? set->directory : "";
    size_t size = strlen(directory) + strlen(name) + 2;
    outcome result;
    TRY(cli_allocate(&file->path, size, 1));
    snprintf(file->path, size, "%s%s%s", directory, set->directory ? "/" : "", name);
    TRY(cli_output_resolve(file->path, &file->final));
    for (size_t i = 0; i < set->n; i++)
        if (!strcmp(set->files[i].final, file->final))
            TRY(cli_fail(BAD_INPUT, "%s would be written twice; give the outputs different names",
                         file->path));
done:
    return result;
}

outcome cli_output_open(output_set *set, const char *name)
{
    output_file file = {0};
    outcome result;
    TRY(cli_grow(&set->files, &set->capacity, set->n + 1, sizeof *set->files));
    TRY(name_file(set, name, &file));
    TRY(cli_allocate(&file.temporary, PATH_MAX, 1));
    int descriptor = cpt_file_create_beside(file.final, file.temporary);
    if (descriptor < 0) {
        result = write_failure(file.path, errno);
        free(file.temporary);
        file.temporary = NULL; /* not ours */
        goto done;
    }
    set->current = fdopen(descriptor, "wb");
    if (!set->current) {
        close(descriptor);
        TRY(write_failure(file.path, ENOMEM));
    }
    set->files[set->n++] = file;
    file = (output_file){0};
done:
    free_file(&file);
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
    return write_failure(set->files[set->n - 1].path, written ? errno : reason);
}

outcome cli_output_commit(output_set *set)
{
    outcome result =
        cli_interrupted() ? cli_fail(INTERRUPTED, "interrupted; nothing was written") : DONE;
    for (size_t i = 0; result == DONE && i < set->n; i++) {
        output_file *file = &set->files[i];
        if (rename(file->temporary, file->final)) {
            result = write_failure(file->path, errno);
        } else {
            free(file->temporary);
            file->temporary = NULL;
        }
    }
    set->made_directory = set->made_directory && result != DONE;
    return result;
}

void cli_output_end(output_set *set)
{
    if (set->current)
        fclose(set->current);
    for (size_t i = 0; i < set->n; i++)
        free_file(&set->files[i]);
    free(set->files);
    if (set->made_directory)
        rmdir(set->directory);
    *set = (output_set){0};
}
