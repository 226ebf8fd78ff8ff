/* SHA-256, as FIPS 180-4 has it: what sha256sum prints. */
#ifndef SUITE_SHA256_H
#define SUITE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SUITE_DIGITS = 64 }; /* of a hash in hexadecimal */

typedef struct suite_hash {
    uint32_t state[8];
    uint64_t length; /* bytes */
    unsigned char block[64];
} suite_hash;

void suite_hash_begin(suite_hash *hash);
void suite_hash_add(suite_hash *hash, const void *bytes, size_t n);
void suite_hash_end(suite_hash *hash, char digits[SUITE_DIGITS + 1]);

#endif
