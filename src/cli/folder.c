/* Of names that begin with a dot nothing is ours. */
#include "cli/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

outcome cli_join(char **path, const char *directory, const char *a, const char *b, const char *c)
{
    size_t size =
        strlen(directory) + (a ? strlen(a) : 0) + (b ? strlen(b) : 0) + (c ? strlen(c) : 0) + 4;
    outcome result = cli_allocate(path, size, 1);
    if (result == DONE)
        snprintf(*path, size, "%s%s%s%s%s%s%s", directory, a ? "/" : "", a ? a : "", b ? "/" : "",
                 b ? b : "", c ? "/" : "", c ? c : "");
    return result;
}

static outcome make(const char *path)
{
    if (!mkdir(path, 0777) || errno == EEXIST)
        return DONE;
    return cli_fail(ENVIRONMENT, "cannot make the folder %s: %s", path, strerror(errno));
}

outcome cli_make_folders(const char *directory, const char *a, const char *b)
{
    char *first = NULL, *second = NULL;
    outcome result;
    TRY(cli_join(&first, directory, a, NULL, NULL));
    TRY(cli_join(&second, directory, a, b, NULL));
    TRY(make(directory));
    if (a)
        TRY(make(first));
    if (b)
        TRY(make(second));
done:
    free(first);
    free(second);
    return result;
}

static bool is_temporary(const char *name)
{
    const char *end = name + strlen(name);
    return end - name > 4 && !strcmp(end - 4, ".tmp") && strchr(name, '.') != end - 4;
}

outcome cli_look_into(const char *directory, bool *is_empty)
{
    DIR *folder = opendir(directory);
    *is_empty = true;
    if (!folder)
        return errno == ENOENT ? DONE
                               : cli_fail(ENVIRONMENT, "-o %s: %s", directory, strerror(errno));
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !is_temporary(entry->d_name))
            *is_empty = false;
    closedir(folder);
    return DONE;
}

outcome cli_remove_unfinished(const char *directory, int depth)
{
    DIR *folder = opendir(directory);
    char *path = NULL;
    outcome result = DONE;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        struct stat info;
        if (entry->d_name[0] == '.')
            continue;
        free(path);
        TRY(cli_join(&path, directory, entry->d_name, NULL, NULL));
        if (lstat(path, &info))
            continue;
        if (S_ISREG(info.st_mode) && is_temporary(entry->d_name))
            remove(path);
        else if (S_ISDIR(info.st_mode) && depth > 0)
            TRY(cli_remove_unfinished(path, depth - 1));
    }
done:
    if (folder)
        closedir(folder);
    free(path);
    return result;
}
