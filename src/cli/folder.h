/* Folders of results: made, looked into, gone on with after a kill. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdbool.h>

#include "cli/outcome.h"

/* directory/a/b/c, the parts that are not NULL, to be freed. */
outcome cli_join(char **path, const char *directory, const char *a, const char *b, const char *c);
/* Makes directory/a/b and what leads to it, up to the parts that are NULL. */
outcome cli_make_folders(const char *directory, const char *a, const char *b);
/* Whether there is nothing in the folder but files that were being written; a folder that is not
 * there is empty. */
outcome cli_look_into(const char *directory, bool *is_empty);
/* Removes files that were being written when their writer was killed, so many folders deep. */
outcome cli_remove_unfinished(const char *directory, int depth);

#endif
