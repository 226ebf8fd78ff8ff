/* SHA-256, as FIPS 180-4 has it: what sha256sum prints. */
#ifndef CLI_SHA256_H
#define CLI_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { CLI_HASH_DIGITS = 64 }; /* of a hash in hexadecimal */

typedef struct cli_hash {
    uint32_t state[8];
    uint64_t length; /* bytes */
    unsigned char block[64];
} cli_hash;

void cli_hash_begin(cli_hash *hash);
void cli_hash_add(cli_hash *hash, const void *bytes, size_t n);
void cli_hash_end(cli_hash *hash, char digits[CLI_HASH_DIGITS + 1]);

#endif
