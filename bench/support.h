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

#endif
