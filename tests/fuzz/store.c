/* Bytes as a file, for readers that take a path. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

const char *fuzz_store(const uint8_t *data, size_t size, const char *ending)
{
    static char path[64];
    snprintf(path, sizeof path, "fuzz.%ld%s", (long)getpid(), ending);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
    return path;
}
