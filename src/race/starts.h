/* Where the runs of a race begin: the same for all algorithms, and for a seed for ever. */
#ifndef RACE_STARTS_H
#define RACE_STARTS_H

#include "race/field.h"

typedef enum race_from_kind {
    RACE_FROM_INIT,     /* the initialiser's draws */
    RACE_FROM_NEAR,     /* a uniform direction from point K, at a radius */
    RACE_FROM_STABLE,   /* the same in the eigenspace of the positive eigenvalues of saddle K */
    RACE_FROM_SYMMETRIC /* draws with equal pairs of hidden units */
} race_from_kind;

typedef struct race_from {
    race_from_kind kind;
    const char *text; /* as it was given */
    size_t point;
    double radius;
} race_from;

outcome race_from_read(race_from *from, const char *text);
/* Start number `start` of the field, P numbers. */
outcome race_start(const race_field *field, const race_from *from, uint64_t seed, size_t start,
                   double *weights);

#endif
