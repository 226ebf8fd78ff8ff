/* Independent tasks on all cores. */
#ifndef ORACLE_PARALLEL_H
#define ORACLE_PARALLEL_H

#include "oracle/status.h"

/* Calls task(data, i) for i below n, each once, in any order and on any thread; returns a status
 * that is not ORACLE_OK if there was one, after which no new task begins. Results do not depend on
 * the number of threads as long as tasks write to places of their own. */
oracle_status oracle_run(size_t n, oracle_status (*task)(void *data, size_t i), void *data);

/* How many tasks of like size keep all cores busy. */
size_t oracle_n_cores(void);

#endif
