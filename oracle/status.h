/* How a step of the oracle ended, how a caller ends it, and memory whose exhaustion is a status. */
#ifndef ORACLE_STATUS_H
#define ORACLE_STATUS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum oracle_status {
    ORACLE_OK = 0,
    ORACLE_NO_MEMORY,
    ORACLE_NOT_CONVERGED, /* the iteration for eigenvalues */
    ORACLE_STOPPED        /* the caller's stop function said so */
} oracle_status;

/* Asked now and then by any thread whether to stop; `wanted` may be NULL. */
typedef struct oracle_stop {
    bool (*wanted)(void *data);
    void *data;
} oracle_stop;

/* ORACLE_STOPPED if it is wanted. */
oracle_status oracle_check_stop(oracle_stop stop);

/* The cleanup idiom: `result` and the label `done` are the function's own. */
#define ORACLE_TRY(call)                                                                           \
    do {                                                                                           \
        result = (call);                                                                           \
        if (result != ORACLE_OK)                                                                   \
            goto done;                                                                             \
    } while (0)

/* Stores in *pointer (a pointer to a pointer) zeroed memory; NULL on failure. */
oracle_status oracle_allocate(void *pointer, size_t count, size_t element_size);
/* Makes room for at least `count` elements where *capacity have room, at least doubling it. */
oracle_status oracle_grow(void *pointer, size_t *capacity, size_t count, size_t element_size);

#endif
