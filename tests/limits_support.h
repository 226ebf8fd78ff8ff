/* Calls within memory limits: what each is held to, of random networks. */
#ifndef TESTS_LIMITS_SUPPORT_H
#define TESTS_LIMITS_SUPPORT_H

#include "support.h"

typedef struct outcome {
    critpt_status status;
    size_t peak, allocations;
} outcome;

/* Makes what a call needs, measures the call alone with a limit, 0 for none, and destroys all. */
typedef outcome (*limited_call)(const void *data, size_t limit);

/* What a limited_call does around the call itself. */
size_t limits_begin(void);
outcome limits_end(critpt_status status, size_t before);

/* Holds a call with limits around its peak without one: what is allocated never passes the limit,
 * the call is refused before it allocates anything, and not at all if it keeps below four fifths of
 * the limit. Returns the outcome without limit. */
outcome limits_hold(const char *name, limited_call call, const void *data);

/* Random numbers from 0 to n - 1, from a seed on; a random network of that seed. */
void limits_seed(uint64_t seed);
size_t limits_draw(size_t n);
scene limits_scene(uint64_t seed, size_t widest, size_t most_samples);
/* Half of its weights are free from now on, or are columns that share rows. */
void limits_halve(scene *s, bool mixed);

#endif
