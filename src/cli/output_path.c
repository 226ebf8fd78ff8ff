/* Following links, and making a file beside another. */
#include "cli/output_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40, MOST_NAMES = 1000 };

static outcome refusal(const char *path, const char *why)
{
    return cli_fail(ENVIRONMENT, "cannot write %s: %s", path, why);
}

/* As long as the part of the path before its last name. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* *path is a link: it becomes what the link says, which is relative to the link's directory. */
static outcome follow(char **path)
{
    char target[PATH_MAX], *joined = NULL;
    ssize_t length = readlink(*path, target, sizeof target - 1);
    if (length < 0)
        return refusal(*path, strerror(errno));
    target[length] = '\0';
    size_t kept = *target == '/' ? 0 : directory_length(*path);
    outcome result = cli_allocate(&joined, kept + (size_t)length + 1, 1);
    if (result != DONE)
        return result;
    memcpy(joined, *path, kept);
    strcpy(joined + kept, target);
    free(*path);
    *path = joined;
    return DONE;
}

/* A file can be made where its directory is and takes new names. */
static outcome require_directory(const char *path, char *final)
{
    size_t length = directory_length(final);
    char kept = final[length];
    final[length] = '\0';
    int refused = access(length ? final : ".", W_OK | X_OK);
    final[length] = kept;
    return refused ? refusal(path, strerror(errno)) : DONE;
}

outcome cli_output_resolve(const char *path, char **final)
{
    struct stat info;
    outcome result;
    TRY(cli_copy_text(final, path, strlen(path)));
    for (int i = 0; i < MOST_LINKS; i++) {
        if (lstat(*final, &info)) {
            TRY(errno == ENOENT ? DONE : refusal(path, strerror(errno)));
            return require_directory(path, *final);
        }
        if (S_ISREG(info.st_mode))
            return require_directory(path, *final);
        if (!S_ISLNK(info.st_mode))
            return refusal(path, "it exists and is not a regular file");
        TRY(follow(final));
    }
    result = refusal(path, strerror(ELOOP));
done:
    return result;
}

int cli_output_create(const char *final, char **temporary)
{
    size_t size = strlen(final) + 40;
    *temporary = malloc(size);
    errno = *temporary ? EEXIST : ENOMEM;
    for (int i = 0; *temporary && i < MOST_NAMES && errno == EEXIST; i++) {
        snprintf(*temporary, size, "%s.%ld-%d.tmp", final, (long)getpid(), i);
        int descriptor = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0)
            return descriptor;
    }
    return -1;
}
