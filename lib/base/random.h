/* What critpt_random_* consist of, for tests against published answers and at extreme draws. */
#ifndef CPT_RANDOM_H
#define CPT_RANDOM_H

#include <stdint.h>

/* Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
 */
void cpt_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t output[4]);

/* The uniform and the normal number of probability (k + 1/2) 2^-53, k < 2^53. */
double cpt_random_uniform_of(uint64_t k);
double cpt_random_normal_of(uint64_t k);

#endif
