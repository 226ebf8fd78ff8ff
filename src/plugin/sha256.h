/* The SHA-256 digest of a file, as sha256sum(1) prints it. */
#ifndef PLUGIN_SHA256_H
#define PLUGIN_SHA256_H

#include <stdbool.h>
#include <stddef.h>

enum { SHA256_TEXT = 65 };

/* Of the open file from where it is read now to its end; false if reading fails. */
bool plugin_sha256(int descriptor, char text[SHA256_TEXT]);

#endif
