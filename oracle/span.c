/* Spans of directions of the weights. */
#include "oracle/span.h"

#include <stdlib.h>
#include <math.h>

oracle_status oracle_span_add(oracle_span *found, const real *v)
{
    oracle_status result =
        oracle_grow(&found->vectors, &found->capacity, (found->n + 1) * found->P, sizeof *v);
    if (result != ORACLE_OK)
        return result;
    for (size_t i = 0; i < found->P; i++)
        found->vectors[found->n * found->P + i] = v[i];
    found->n++;
    return ORACLE_OK;
}

real oracle_span_reduce(const oracle_span *found, size_t n, real *v)
{
    real square = 0;
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = 0; i < found->P; i++)
            v[i] = found->marked[i] ? 0 : v[i];
        for (size_t k = 0; k < n; k++) {
            const real *u = found->vectors + k * found->P;
            real along = 0;
            for (size_t i = 0; i < found->P; i++)
                along += u[i] * v[i];
            for (size_t i = 0; i < found->P; i++)
                v[i] -= along * u[i];
        }
    }
    for (size_t i = 0; i < found->P; i++)
        square += v[i] * v[i];
    return REAL(sqrt)(square);
}

void oracle_span_orthonormalize(oracle_span *found)
{
    size_t kept = 0, P = found->P;
    for (size_t k = 0; k < found->n; k++) {
        real *v = found->vectors + kept * P, before = 0;
        for (size_t i = 0; i < P; i++) {
            v[i] = found->vectors[k * P + i];
            before += v[i] * v[i];
        }
        real length = oracle_span_reduce(found, kept, v);
        for (size_t i = 0; i < P && length > 0; i++)
            v[i] /= length;
        kept += length > NUMBER(1e-10) * REAL(sqrt)(before);
    }
    found->n = kept;
}

void oracle_span_free(oracle_span *found)
{
    free(found->marked);
    free(found->vectors);
}
