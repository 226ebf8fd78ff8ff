/* The files of a member in a folder DIR: DIR/NAME.h5, the landscape; DIR/specs/NAME.json, NAME.csv
 * and NAME-inputs.csv; and DIR/specs/NAME.sha256, which is written last: their hashes, as sha256sum
 * -c takes them in DIR. */
#ifndef SUITE_STORE_H
#define SUITE_STORE_H

#include <stdbool.h>

#include "suite/member.h"
#include "cli/sha256.h"

typedef struct suite_stored {
    char spec[CLI_HASH_DIGITS + 1], weights[CLI_HASH_DIGITS + 1],
        inputs[CLI_HASH_DIGITS + 1];     /* the last
              empty where there are none */
    char landscape[CLI_HASH_DIGITS + 1]; /* of the file that is there; empty where there is none */
    bool whole;                          /* all is there as it was made and verified */
    char wrong[160];                     /* what is not, otherwise */
} suite_stored;

/* DIR/NAME.h5, and DIR/specs/NAME.json, to be freed. */
outcome suite_landscape_path(char **path, const char *directory, const suite_member *m);
outcome suite_spec_path(char **path, const char *directory, const suite_member *m);

outcome suite_store_texts(const char *directory, const suite_member *m);
outcome suite_store_hashes(const char *directory, const suite_member *m);
/* Whether its hashes are there: otherwise it is not made, or not to its end. */
outcome suite_is_made(bool *made, const char *directory, const suite_member *m);
/* What is there, against what the member composes. */
outcome suite_inspect(suite_stored *s, const char *directory, const suite_member *m);

#endif
