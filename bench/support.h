/* What the benchmarks share. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <critpt.h>

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline void *get(size_t doubles)
{
    void *memory = malloc(doubles * sizeof(double));
    if (!memory) {
        fprintf(stderr, "cannot allocate %zu doubles\n", doubles);
        exit(1);
    }
    return memory;
}

static inline void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "%s: %s\n", critpt_status_name(status), critpt_error_message());
    exit(1);
}

/* Whether the smallest case alone is to run, once, to see that the program works. */
static inline int is_smoke(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[argc - 1], "--smoke") == 0;
}

static inline int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static inline double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, ascending);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Bytes that the library holds, and the most it held, once they are counted. */
static struct {
    size_t held, peak;
} memory;

static inline void *count_allocate(size_t bytes, void *user)
{
    size_t *block = malloc(bytes + 2 * sizeof(size_t));
    (void)user;
    if (!block)
        return NULL;
    block[0] = bytes;
    memory.held += bytes;
    memory.peak = memory.held > memory.peak ? memory.held : memory.peak;
    return block + 2;
}

static inline void count_release(void *block, void *user)
{
    size_t *start = (size_t *)block - 2;
    (void)user;
    memory.held -= start[0];
    free(start);
}

static inline void count_memory(void)
{
    const critpt_allocator counting = {sizeof counting, count_allocate, count_release, NULL};
    check(critpt_set_allocator(&counting));
}

#endif
