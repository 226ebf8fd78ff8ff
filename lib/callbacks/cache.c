/* See cache.h. Entries are few thousands at most: a scan of their hashes costs less than what one
 * of them saves. */
#include "callbacks/cache.h"

#include <string.h>

/* Doubles of all entries: 128 MiB. Chosen: the second derivatives of three points of a model of 100
 * weights over 1000 samples. */
enum { MOST_NUMBERS = 1 << 24 };

struct cpt_cache_entry {
    cpt_cache_entry *next;
    uint64_t hash;
    cpt_cache_key key; /* its arrays lie behind the values */
    size_t count, size;
    double values[];
};

/* FNV-1a over the words of an array. */
static uint64_t hash_numbers(uint64_t hash, const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, &numbers[i], sizeof word);
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 29;
    }
    return hash;
}

static uint64_t hash_key(const cpt_cache_key *key)
{
    uint64_t hash = UINT64_C(14695981039346656037) + (uint64_t)key->kind;
    hash = hash_numbers(hash, key->weights, key->n_weights);
    return hash_numbers(hash, key->inputs, key->n_inputs);
}

static bool same(const cpt_cache_key *a, const cpt_cache_key *b)
{
    return a->kind == b->kind && a->n_weights == b->n_weights && a->n_inputs == b->n_inputs &&
           memcmp(a->weights, b->weights, a->n_weights * sizeof *a->weights) == 0 &&
           memcmp(a->inputs, b->inputs, a->n_inputs * sizeof *a->inputs) == 0;
}

static cpt_cache_entry *find(const cpt_cache *cache, const cpt_cache_key *key, uint64_t hash)
{
    cpt_cache_entry *entry = cache->first;
    while (entry && !(entry->hash == hash && same(&entry->key, key)))
        entry = entry->next;
    return entry;
}

bool cpt_cache_find(const cpt_cache *cache, const cpt_cache_key *key, size_t count, double *values)
{
    const cpt_cache_entry *entry = find(cache, key, hash_key(key));
    if (!entry || entry->count != count)
        return false;
    memcpy(values, entry->values, count * sizeof *values);
    return true;
}

static void drop_first(cpt_cache *cache)
{
    cpt_cache_entry *entry = cache->first;
    cache->first = entry->next;
    if (!cache->first)
        cache->last = NULL;
    cache->numbers -= entry->size;
    cpt_free(entry);
}

/* An entry with room for so many numbers; NULL where there is none. It outlives the budget of the
 * call that makes it, and is charged to none, but taken only where that had room for all of the
 * cache. */
static cpt_cache_entry *create(const cpt_cache *cache, size_t size)
{
    cpt_cache_entry *entry = NULL;
    if (!cpt_budget_has((cache->numbers + size) * sizeof(double)))
        return NULL;
    cpt_budget *suspended = cpt_budget_suspend();
    critpt_status status = cpt_allocate(&entry, 1, sizeof *entry + size * sizeof(double));
    cpt_budget_resume(suspended);
    return status == CRITPT_OK ? entry : NULL;
}

void cpt_cache_keep(cpt_cache *cache, const cpt_cache_key *key, size_t count, const double *values)
{
    size_t size = count + key->n_weights + key->n_inputs;
    uint64_t hash = hash_key(key);
    if (size > MOST_NUMBERS || find(cache, key, hash))
        return;
    while (cache->numbers > MOST_NUMBERS - size)
        drop_first(cache);
    cpt_cache_entry *entry = create(cache, size);
    if (!entry)
        return;
    double *weights = entry->values + count, *inputs = weights + key->n_weights;
    memcpy(entry->values, values, count * sizeof *values);
    memcpy(weights, key->weights, key->n_weights * sizeof *weights);
    memcpy(inputs, key->inputs, key->n_inputs * sizeof *inputs);
    entry->hash = hash;
    entry->key = *key;
    entry->key.weights = weights;
    entry->key.inputs = inputs;
    entry->count = count;
    entry->size = size;
    *(cache->last ? &cache->last->next : &cache->first) = entry;
    cache->last = entry;
    cache->numbers += size;
}

void cpt_cache_clear(cpt_cache *cache)
{
    while (cache->first)
        drop_first(cache);
}
