/* Folders of a race. */
#include "race/results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

outcome race_join(char **path, const char *directory, const char *a, const char *b, const char *c)
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

outcome race_make_folders(const char *directory, const char *a, const char *b)
{
    char *first = NULL, *second = NULL;
    outcome result;
    TRY(race_join(&first, directory, a, NULL, NULL));
    TRY(race_join(&second, directory, a, b, NULL));
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
