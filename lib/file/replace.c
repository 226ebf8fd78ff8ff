/* Replacing a file as a whole: written beside its final name, flushed to the disk, renamed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"

static critpt_status system_error(const char *path)
{
    return cpt_error(CRITPT_SYSTEM, "cannot write %s: %s", path, strerror(errno));
}

/* *path is a link: it becomes what the link says, which is relative to the link's directory. */
static critpt_status follow(char **path)
{
    char target[PATH_MAX], *joined = NULL;
    critpt_status status;
    ssize_t length = readlink(*path, target, sizeof target - 1);
    if (length < 0)
        return system_error(*path);
    target[length] = '\0';
    const char *slash = strrchr(*path, '/');
    size_t kept = *target == '/' || !slash ? 0 : (size_t)(slash - *path) + 1;
    CPT_TRY(cpt_allocate(&joined, kept + (size_t)length + 1, 1));
    memcpy(joined, *path, kept);
    strcpy(joined + kept, target);
    cpt_free(*path);
    *path = joined;
done:
    return status;
}

/* A link stays, and what it leads to is replaced or made; devices and directories are left alone.
 */
static critpt_status resolve(const char *path, char **final)
{
    enum { MOST_LINKS = 40 };
    struct stat info;
    critpt_status status;
    CPT_TRY(cpt_file_copy_string(final, path));
    for (int i = 0; i < MOST_LINKS; i++) {
        if (lstat(*final, &info))
            return errno == ENOENT ? CRITPT_OK : system_error(path);
        if (S_ISREG(info.st_mode))
            return CRITPT_OK;
        if (!S_ISLNK(info.st_mode))
            return cpt_error(CRITPT_SYSTEM, "cannot write %s: it exists and is not a regular file",
                             path);
        CPT_TRY(follow(final));
    }
    errno = ELOOP;
    status = system_error(path);
done:
    return status;
}

/* Opens a new file whose name no other writer has, with the permissions of a new file. */
static int open_beside(const char *final, char *name, size_t size)
{
    for (int i = 0; i < 1000; i++) {
        snprintf(name, size, "%s.%ld-%d.tmp", final, (long)getpid(), i);
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

/* Writes the new file and puts it in place; errno tells why it could not. */
static bool write_file(const char *name, const char *final, int descriptor, const void *bytes,
                       size_t n)
{
    bool written = write_all(descriptor, bytes, n);
    int reason = errno;
    if (close(descriptor) && written) {
        written = false;
        reason = errno;
    }
    if (written && !rename(name, final))
        return true;
    reason = written ? errno : reason;
    remove(name);
    errno = reason;
    return false;
}

critpt_status cpt_file_replace(const char *path, const void *bytes, size_t n)
{
    char *final = NULL, *name = NULL;
    critpt_status status;
    CPT_TRY(resolve(path, &final));
    size_t size = strlen(final) + 40;
    CPT_TRY(cpt_allocate(&name, size, 1));
    int descriptor = open_beside(final, name, size);
    if (descriptor < 0 || !write_file(name, final, descriptor, bytes, n))
        status = system_error(path);
done:
    cpt_free(final);
    cpt_free(name);
    return status;
}
