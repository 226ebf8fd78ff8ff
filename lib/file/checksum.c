/* The checksum of HDF5's metadata: lookup3 of Bob Jenkins (2006), which takes twelve bytes at a
 * time. */
#include "file/raw.h"

static uint32_t rotate(uint32_t x, int bits)
{
    return x << bits | x >> (32 - bits);
}

static void mix(uint32_t s[3])
{
    static const int bits[] = {4, 6, 8, 16, 19, 4};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        uint32_t *a = &s[i % 3], *b = &s[(i + 1) % 3], *c = &s[(i + 2) % 3];
        *a = (*a - *c) ^ rotate(*c, bits[i]);
        *c += *b;
    }
}

static void finish(uint32_t s[3])
{
    static const int bits[] = {14, 11, 25, 16, 4, 14, 24};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        uint32_t *c = &s[(i + 2) % 3], *b = &s[(i + 1) % 3];
        *c = (*c ^ *b) - rotate(*b, bits[i]);
    }
}

/* Adds up to twelve bytes. */
static void add(uint32_t s[3], const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s[i / 4] += (uint32_t)bytes[i] << 8 * (i % 4);
}

uint32_t cpt_file_checksum(const unsigned char *bytes, size_t n)
{
    enum { BLOCK = 12 };
    uint32_t start = 0xdeadbeef + (uint32_t)n, s[3] = {start, start, start};
    for (; n > BLOCK; n -= BLOCK, bytes += BLOCK) {
        add(s, bytes, BLOCK);
        mix(s);
    }
    add(s, bytes, n);
    if (n)
        finish(s);
    return s[2];
}
