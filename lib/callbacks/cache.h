/* A bounded store of arrays under their keys: what is dear to compute and asked for again. */
#ifndef CPT_CALLBACKS_CACHE_H
#define CPT_CALLBACKS_CACHE_H

#include "linalg/linalg.h"

/* What an array is a function of: which of the functions, and two arrays of numbers. */
typedef struct cpt_cache_key {
    int kind;
    const double *weights, *inputs;
    size_t n_weights, n_inputs;
} cpt_cache_key;

typedef struct cpt_cache_entry cpt_cache_entry;

/* Entries one after another, as they came; the oldest are dropped where room is needed. Zero is an
 * empty one. Its owner keeps threads apart. */
typedef struct cpt_cache {
    cpt_cache_entry *first, *last;
    size_t numbers; /* doubles held */
} cpt_cache;

/* Copies the `count` numbers under this key, if they are there. */
bool cpt_cache_find(const cpt_cache *cache, const cpt_cache_key *key, size_t count, double *values);
/* Keeps them, unless there is no room: nothing is lost then but time. */
void cpt_cache_keep(cpt_cache *cache, const cpt_cache_key *key, size_t count, const double *values);
void cpt_cache_clear(cpt_cache *cache);

#endif
