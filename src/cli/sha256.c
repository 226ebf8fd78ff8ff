/* The names are those of FIPS 180-4, section 6.2. */
#include "cli/sha256.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 64, ROUNDS = 64 };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t K[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void schedule(uint32_t W[ROUNDS], const unsigned char *block)
{
    for (int t = 0; t < 16; t++)
        W[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 16; t < ROUNDS; t++) {
        uint32_t a = W[t - 15], b = W[t - 2];
        W[t] = (turn(b, 17) ^ turn(b, 19) ^ b >> 10) + W[t - 7] +
               (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + W[t - 16];
    }
}

static void digest(cli_hash *hash)
{
    uint32_t W[ROUNDS], v[8]; /* a to h */
    schedule(W, hash->block);
    memcpy(v, hash->state, sizeof v);
    for (int t = 0; t < ROUNDS; t++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t T1 =
            v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + choice + K[t] + W[t];
        uint32_t T2 = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + majority;
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += T1;
        v[0] = T1 + T2;
    }
    for (int i = 0; i < 8; i++)
        hash->state[i] += v[i];
}

void cli_hash_begin(cli_hash *hash)
{
    *hash = (cli_hash){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void cli_hash_add(cli_hash *hash, const void *bytes, size_t n)
{
    for (const unsigned char *at = bytes; n > 0; n--, at++) {
        hash->block[hash->length++ % BLOCK] = *at;
        if (hash->length % BLOCK == 0)
            digest(hash);
    }
}

void cli_hash_end(cli_hash *hash, char digits[CLI_HASH_DIGITS + 1])
{
    unsigned char one = 0x80, zero = 0, length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(8 * hash->length >> (56 - 8 * i));
    cli_hash_add(hash, &one, 1);
    while (hash->length % BLOCK != BLOCK - sizeof length)
        cli_hash_add(hash, &zero, 1);
    cli_hash_add(hash, length, sizeof length);
    for (int i = 0; i < 8; i++)
        snprintf(digits + 8 * i, 9, "%08x", hash->state[i]);
}
