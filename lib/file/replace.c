/* Replacing a file as a whole: written beside its final name, flushed to the disk, renamed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file/file.h"
#include "file/path.h"

static critpt_status cannot_write(const char *path, const char *why)
{
    return cpt_error(CRITPT_SYSTEM, "cannot write %s: %s", path, why);
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
    char final[PATH_MAX], name[PATH_MAX];
    const char *why = cpt_file_resolve(path, final);
    if (why)
        return cannot_write(path, why);
    int descriptor = cpt_file_create_beside(final, name);
    if (descriptor < 0 || !write_file(name, final, descriptor, bytes, n))
        return cannot_write(path, strerror(errno));
    return CRITPT_OK;
}
