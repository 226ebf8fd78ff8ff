/* A few threads that take task after task. */
#include "oracle/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MOST_THREADS = 64 };

typedef struct job {
    size_t n;
    oracle_status (*task)(void *data, size_t i);
    void *data;
    atomic_size_t next;
    atomic_int status;
} job;

size_t oracle_n_threads(size_t n_threads)
{
    long n = n_threads ? (long)n_threads : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (size_t)n;
}

static void *work(void *data)
{
    job *j = data;
    while (atomic_load(&j->status) == ORACLE_OK) {
        size_t i = atomic_fetch_add(&j->next, 1);
        if (i >= j->n)
            break;
        oracle_status status = j->task(j->data, i);
        if (status != ORACLE_OK)
            atomic_store(&j->status, (int)status);
    }
    return NULL;
}

/* The caller's thread works too; where no other can be had it works alone. */
oracle_status oracle_run(size_t n_threads, size_t n, oracle_status (*task)(void *data, size_t i),
                         void *data)
{
    pthread_t threads[MOST_THREADS];
    size_t most = oracle_n_threads(n_threads), wanted = n < most ? n : most, more = 0;
    job j = {.n = n, .task = task, .data = data};
    while (more + 1 < wanted && !pthread_create(&threads[more], NULL, work, &j))
        more++;
    work(&j);
    while (more > 0)
        pthread_join(threads[--more], NULL);
    return (oracle_status)atomic_load(&j.status);
}
