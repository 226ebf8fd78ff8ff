/* Random numbers of a test's cases. */
#ifndef TESTS_DICE_H
#define TESTS_DICE_H

#include "support.h"

/* Draws of one case. */
typedef struct dice {
    uint64_t seed, next;
} dice;

static inline double uniform(dice *d)
{
    double value;
    ASSERT_OK(critpt_random_uniform(d->seed, 3000, d->next++, &value, 1));
    return value;
}

static inline size_t roll(dice *d, size_t sides)
{
    return (size_t)(uniform(d) * (double)sides);
}

#endif
