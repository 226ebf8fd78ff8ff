/* A landscape of a suite: its specification and data as text, whose bytes are the same for ever.
 * All numbers are drawn by critpt_random_uniform(3) and kept as multiples of 2^-10, so that no
 * rounding comes in and none depends on a C library. */
#ifndef SUITE_MEMBER_H
#define SUITE_MEMBER_H

#include <stdint.h>

#include "cli/outcome.h"
#include "suite/text.h"

enum { SUITE_SIZES = 6, SUITE_INSTANCES = 5, SUITE_NAME = 48 }; /* the last is room for a name */
extern const size_t suite_sizes[SUITE_SIZES];                   /* P */

typedef struct suite_member {
    char name[SUITE_NAME];              /* planted-1_p020_f3_i2 */
    size_t family, n_weights, instance; /* 3, P = 20, 2; families and instances from 1 on */
    size_t n_samples, n_points;
    double *points;       /* n_points x P */
    size_t capacity;      /* of points, numbers */
    uint64_t seed, drawn; /* of its numbers so many */
    suite_text spec;      /* NAME.json */
    suite_text weights;   /* NAME.csv: P rows, a point a column */
    suite_text inputs;    /* NAME-inputs.csv; empty where the specification draws them */
} suite_member;

void suite_member_begin(suite_member *m, const char *suite, size_t family, size_t n_weights,
                        size_t instance);
void suite_member_free(suite_member *m);

/* n numbers k / 1024, low <= k / 1024 < high; these are such numbers too. */
outcome suite_draw(suite_member *m, double low, double high, double *numbers, size_t n);

/* The specification's beginning: a model, as JSON, and uniform inputs between -2 and 2. */
outcome suite_begin_spec(suite_member *m, const char *model, size_t n_samples);
/* The same with the inputs given, n_samples x n_inputs. */
outcome suite_begin_spec_with_inputs(suite_member *m, const char *model, size_t n_samples,
                                     size_t n_inputs, const double *inputs);
/* A point, and what is asked of it, as JSON's keys and values. */
outcome suite_add_point(suite_member *m, const double *weights, const char *format, ...)
    PRINTF_LIKE(3, 4);
outcome suite_end_spec(suite_member *m);

#endif
