/* Following links, and making a file beside another. */
#include "file/path.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40, MOST_NAMES = 1000 };

/* `path` is a link: it becomes what the link says, which is relative to the link's directory. */
static int follow(char path[PATH_MAX])
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
        return errno;
    const char *slash = strrchr(path, '/');
    size_t kept = *target == '/' || !slash ? 0 : (size_t)(slash - path) + 1;
    if (kept + (size_t)length >= PATH_MAX)
        return ENAMETOOLONG;
    memcpy(path + kept, target, (size_t)length);
    path[kept + (size_t)length] = '\0';
    return 0;
}

const char *cpt_file_resolve(const char *path, char final[PATH_MAX])
{
    struct stat info;
    int reason = strlen(path) < PATH_MAX ? 0 : ENAMETOOLONG;
    if (!reason)
        strcpy(final, path);
    for (int i = 0; !reason && i < MOST_LINKS; i++) {
        if (lstat(final, &info))
            return errno == ENOENT ? NULL : strerror(errno);
        if (S_ISREG(info.st_mode))
            return NULL;
        if (!S_ISLNK(info.st_mode))
            return "it exists and is not a regular file";
        reason = follow(final);
    }
    return strerror(reason ? reason : ELOOP);
}

int cpt_file_create_beside(const char *final, char name[PATH_MAX])
{
    for (int i = 0; i < MOST_NAMES; i++) {
        int length = snprintf(name, PATH_MAX, "%s.%ld-%d.tmp", final, (long)getpid(), i);
        if (length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

double cpt_file_room(uint64_t size, uint64_t limit)
{
    static const double least = 256.0 * 1024 * 1024, expansion = 100;
    return limit ? (double)limit : fmax(least, expansion * (double)size);
}
