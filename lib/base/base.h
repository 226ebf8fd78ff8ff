/* What every layer stands on: status and messages, allocation, checked sizes.
 *
 * Names: public symbols begin with critpt_, internal ones that are not static with cpt_<folder>_
 * (cpt_ alone for this folder), so that a static libcritpt does not clash with its users' names. */
#ifndef CPT_BASE_H
#define CPT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "critpt.h"

#if defined(__GNUC__)
#define CPT_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define CPT_PRINTF(format_index, first)
#endif

/* Exported for libcritpt-file and libcritpt-mpi alone, of the same version; no part of the
 * interface. */
#define CPT_SHARED CRITPT_PUBLIC

/* Sets this thread's message and returns `status`, so that a failure is one line:
 *     return cpt_error(CRITPT_INVALID_ARGUMENT, "width is 0; a layer needs at least one unit"); */
CPT_SHARED critpt_status cpt_error(critpt_status status, const char *format, ...) CPT_PRINTF(2, 3);

/* The one cleanup idiom: `status` and the label `done` are the function's own. */
#define CPT_TRY(call)                                                                              \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != CRITPT_OK)                                                                   \
            goto done;                                                                             \
    } while (0)

/* Stores in *pointer (a pointer to a pointer) zeroed memory for count elements, from the
 * allocator in force. On failure *pointer is NULL. Never returns NULL with CRITPT_OK. */
CPT_SHARED critpt_status cpt_allocate(void *pointer, size_t count, size_t element_size);
CPT_SHARED void cpt_free(void *memory);

/* Bytes that this thread may hold at a time beyond what it holds when the budget begins: an
 * allocation that would pass them is CRITPT_NO_MEMORY. Budgets nest; each holds until it ends. A
 * limit of 0 is none. */
typedef struct cpt_budget {
    size_t limit, used;
    struct cpt_budget *outer;
} cpt_budget;
CPT_SHARED void cpt_budget_begin(cpt_budget *budget, size_t limit);
CPT_SHARED void cpt_budget_end(const cpt_budget *budget);
/* Whether so many bytes more may be had. */
bool cpt_budget_has(size_t bytes);
/* CRITPT_OK in place of a CRITPT_NO_MEMORY that a budget made: for what can be left out. */
critpt_status cpt_budget_forgive(critpt_status status);
/* CRITPT_NO_MEMORY where so many bytes cannot be had at once: asked before work that will take them
 * bit by bit. None are held. */
CPT_SHARED critpt_status cpt_require_room(size_t bytes);
/* None in force, for callbacks of the user, until it is resumed. */
cpt_budget *cpt_budget_suspend(void);
void cpt_budget_resume(cpt_budget *suspended);

/* A progress callback in force in this thread, for calls at any depth; `done` never falls. Where
 * the callback is NULL the pulse around it stays in force. */
typedef struct cpt_pulse {
    critpt_progress progress;
    void *user;
    double done, from, to; /* the present range */
    const char *stage;
    double limit;                /* seconds from `begun` on; 0: none */
    struct timespec begun, last; /* last: call */
    struct cpt_pulse *outer;
} cpt_pulse;
void cpt_pulse_begin(cpt_pulse *pulse, critpt_progress progress, void *user, const char *stage);
/* Ends what advances and beats with CRITPT_NOT_ATTAINED once so many seconds are over, 0 never. */
void cpt_pulse_limit(cpt_pulse *pulse, double seconds);
void cpt_pulse_end(const cpt_pulse *pulse);
/* What cpt_pulse_advance counts from 0 to 1 is now that part of the whole. */
void cpt_pulse_range(double from, double to);
/* Calls it, and says CRITPT_CANCELLED if it asks for that. */
critpt_status cpt_pulse_advance(double done, const char *stage);
/* The same at the stage reached, if it was not called for a while. */
critpt_status cpt_pulse_beat(void);

/* What each block takes beside its bytes. */
enum { CPT_BLOCK_HEAD = 16 };

/* Where the first cache line in `memory` begins: at most CPT_ALIGNED doubles further on. Rows of 8
 * k doubles then begin at one too, so that no load or store straddles two. */
enum { CPT_ALIGNED = 8 };
double *cpt_align(double *memory);

/* Makes room for one more element at the end of *array (a pointer to a pointer) of *count elements
 * and copies `element` there; *count grows by one. */
critpt_status cpt_append(void *array, size_t *count, const void *element, size_t size);

static inline size_t cpt_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}
static inline size_t cpt_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* *result = a b, or a b + c; CRITPT_SIZE_OVERFLOW naming `what` if it does not fit a size_t. */
CPT_SHARED critpt_status cpt_multiply(size_t a, size_t b, const char *what, size_t *result);
CPT_SHARED critpt_status cpt_multiply_add(size_t a, size_t b, size_t c, const char *what,
                                          size_t *result);

/* CRITPT_NON_FINITE naming `what` and the position of the first entry that is not finite.
 * The matrix is row-major, rows x columns with leading dimension `leading`. */
bool cpt_all_finite(const double *values, size_t count);
CPT_SHARED critpt_status cpt_require_finite(const char *what, const double *values, size_t count);
CPT_SHARED critpt_status cpt_require_finite_matrix(const char *what, const double *values,
                                                   size_t rows, size_t columns, size_t leading);

/* CRITPT_INVALID_ARGUMENT if an array that the caller passed is NULL or not `expected` long. */
CPT_SHARED critpt_status cpt_require_array(const char *what, const void *array, size_t count,
                                           size_t expected);
/* The same for a row-major matrix of `rows` rows, NULL only if there are none, with `columns`
 * entries, `leading` apart;
 * CRITPT_SIZE_OVERFLOW if no memory can hold rows so far apart, whatever numbers they are of. */
CPT_SHARED critpt_status cpt_require_matrix(const char *what, const void *array, size_t rows,
                                            size_t columns, size_t leading);

/* Compensated (Neumaier) summation: the error does not grow with the number of terms. */
typedef struct cpt_sum {
    double value, compensation;
} cpt_sum;
void cpt_sum_add(cpt_sum *sum, double term);
double cpt_sum_value(const cpt_sum *sum);

#endif
