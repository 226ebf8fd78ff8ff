/* Files to read: regular ones, which do not make the program wait. */
#ifndef INPUT_H
#define INPUT_H

#include <stdint.h>
#include <stdio.h>

#include "cli/outcome.h"

/* A descriptor of the file, which the caller closes, and its size. ENVIRONMENT where it cannot be
 * read, or is a FIFO, a device or a directory. */
outcome cli_input_open(const char *path, int *descriptor, uint64_t *size);
/* The same as a stream. */
outcome cli_input_stream(const char *path, FILE **stream, uint64_t *size);

#endif
