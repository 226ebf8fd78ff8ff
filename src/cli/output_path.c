/* A path that can be written, as far as can be told before there is something to write. */
#include "cli/output_path.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/file/path.h"

static outcome refusal(const char *path, const char *why)
{
    return cli_fail(ENVIRONMENT, "cannot write %s: %s", path, why);
}

/* A file can be made where its directory is and takes new names. */
static outcome require_directory(const char *path, char *final)
{
    char *slash = strrchr(final, '/'), *end = slash ? slash + 1 : final, kept = *end;
    *end = '\0';
    int refused = access(slash ? final : ".", W_OK | X_OK);
    *end = kept;
    return refused ? refusal(path, strerror(errno)) : DONE;
}

outcome cli_output_resolve(const char *path, char **final)
{
    char found[PATH_MAX];
    const char *why = cpt_file_resolve(path, found);
    outcome result = why ? refusal(path, why) : require_directory(path, found);
    return result == DONE ? cli_copy_text(final, found, strlen(found)) : result;
}
