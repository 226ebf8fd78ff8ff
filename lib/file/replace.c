/* Replacing a file as a whole: written beside its final name, flushed to the disk, renamed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"

static critpt_status system_error(const char *path)
{
    return cpt_error(CRITPT_SYSTEM, "cannot write %s: %s", path, strerror(errno));
}

/* A link's target is replaced, not the link; devices and directories are left alone. */
static critpt_status require_replaceable(const char *path, char resolved[PATH_MAX])
{
    struct stat info;
    if (strlen(path) >= PATH_MAX)
        return cpt_error(CRITPT_SYSTEM, "cannot write %.60s...: the path is too long", path);
    strcpy(resolved, path);
    if (stat(path, &info))
        return errno == ENOENT ? CRITPT_OK : system_error(path);
    if (!S_ISREG(info.st_mode))
        return cpt_error(CRITPT_SYSTEM, "cannot write %s: it exists and is not a regular file",
                         path);
    return realpath(path, resolved) ? CRITPT_OK : system_error(path);
}

/* Opens a new file named `path`.tmp, .tmp1, ... with the permissions of a new file. */
static int open_beside(const char *path, char *name, size_t size)
{
    for (int i = 0; i < 1000; i++) {
        snprintf(name, size, "%s.%ld-%d.tmp", path, (long)getpid(), i);
        int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

static bool write_all(int descriptor, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(descriptor, bytes, n < 1 << 30 ? n : 1 << 30);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        n -= (size_t)written;
    }
    return fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS;
}

critpt_status cpt_file_replace(const char *path, const void *bytes, size_t n)
{
    char final[PATH_MAX], name[PATH_MAX + 40];
    critpt_status status;
    CPT_TRY(require_replaceable(path, final));
    int descriptor = open_beside(final, name, sizeof name);
    if (descriptor < 0)
        return system_error(path);
    bool written = write_all(descriptor, bytes, n);
    int reason = errno;
    if (close(descriptor) && written) {
        written = false;
        reason = errno;
    }
    if (written && !rename(name, final))
        return CRITPT_OK;
    errno = written ? errno : reason;
    status = system_error(path);
    remove(name);
done:
    return status;
}
