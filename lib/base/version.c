/* The library's version. */
#include "base/base.h"

#define TEXT(number) #number
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *critpt_version(void)
{
    return VERSION(CRITPT_VERSION_MAJOR, CRITPT_VERSION_MINOR, CRITPT_VERSION_PATCH);
}

void critpt_version_numbers(int *major, int *minor, int *patch)
{
    if (major)
        *major = CRITPT_VERSION_MAJOR;
    if (minor)
        *minor = CRITPT_VERSION_MINOR;
    if (patch)
        *patch = CRITPT_VERSION_PATCH;
}
