/* Independent tasks on all cores. */
#ifndef ORACLE_PARALLEL_H
#define ORACLE_PARALLEL_H

#include "oracle/status.h"

/* Calls task(data, i) for i below n, each once, in any order and on any of n_threads threads (0: as
 * many as there are cores); returns a status that is not ORACLE_OK if there was one, after which no
 * new task begins. Results do not depend on the number of threads as long as tasks write to places
 * of their own. */
oracle_status oracle_run(size_t n_threads, size_t n, oracle_status (*task)(void *data, size_t i),
                         void *data);

/* How many threads that are, and tasks of like size that keep all of them busy. */
size_t oracle_n_threads(size_t n_threads);

#endif
