/* Opening does not wait for the other end of a FIFO. */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

outcome cli_input_open(const char *path, int *descriptor, uint64_t *size)
{
    struct stat info;
    *descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*descriptor < 0)
        return cli_fail(ENVIRONMENT, "cannot read %s: %s", path, strerror(errno));
    if (!fstat(*descriptor, &info) && S_ISREG(info.st_mode)) {
        *size = (uint64_t)info.st_size;
        return DONE;
    }
    close(*descriptor);
    *descriptor = -1;
    return cli_fail(ENVIRONMENT, "cannot read %s: it is not a regular file", path);
}

outcome cli_input_stream(const char *path, FILE **stream, uint64_t *size)
{
    int descriptor;
    *stream = NULL;
    outcome result = cli_input_open(path, &descriptor, size);
    if (result != DONE)
        return result;
    *stream = fdopen(descriptor, "rb");
    if (*stream)
        return DONE;
    close(descriptor);
    return cli_fail(ENVIRONMENT, "cannot read %s: out of memory", path);
}
