/* Scalar products. */
#ifndef ORACLE_DOT_H
#define ORACLE_DOT_H

#include <stddef.h>

#include "oracle/real.h"

/* Four sums, which do not wait for each other. */
static inline real dot(const real *a, const real *b, size_t n)
{
    enum { FOUR = 4 };
    real p = 0, q = 0, r = 0, s = 0;
    size_t i = 0;
    for (; i + FOUR <= n; i += FOUR) {
        p += a[i] * b[i];
        q += a[i + 1] * b[i + 1];
        r += a[i + 2] * b[i + 2];
        s += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++)
        p += a[i] * b[i];
    return (p + q) + (r + s);
}

#endif
