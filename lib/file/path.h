/* Where a file is written, and how much one that is read may fill: of the C library alone, for the
 * library and the program alike. */
#ifndef CPT_FILE_PATH_H
#define CPT_FILE_PATH_H

#include <limits.h>
#include <stdint.h>

/* The path of the regular file that `path` leads to, or of the file that it would make: a link
 * stays, and what it leads to is replaced. NULL, or why there can be none: it is a device, for
 * instance. */
const char *cpt_file_resolve(const char *path, char final[PATH_MAX]);
/* Opens a new file beside `final` whose name no other writer has, with the permissions of a new
 * file; -1 with errno where there can be none. */
int cpt_file_create_beside(const char *final, char name[PATH_MAX]);
/* How many bytes of memory what is read from a file of this size may fill, compressed as it may be:
 * `limit`, or 256 MiB or 100 times its size where that is 0. */
double cpt_file_room(uint64_t size, uint64_t limit);

#endif
