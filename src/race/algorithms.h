/* The one table of algorithms, and the list of those that a race runs. */
#ifndef RACE_ALGORITHMS_H
#define RACE_ALGORITHMS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/outcome.h"
#include "race/task.h"

typedef struct race_algorithm {
    const char *name;
    const char *what;                        /* in a few words */
    const char *library;                     /* NULL: it is ours */
    const char *faults;                      /* known ones of the library's version; or NULL */
    critpt_status (*solve)(race_task *task); /* NULL: the library was not found */
    double step;                             /* the usual size of steps; 0: it chooses itself */
    size_t n_vectors, n_matrices;
} race_algorithm;

/* One of a race: "adam" or "adam@0.001", an algorithm with its step. */
typedef struct race_entry {
    char *name;
    const race_algorithm *algorithm;
    double step;
} race_entry;

typedef struct race_list {
    size_t n, capacity;
    race_entry *entries;
} race_list;

/* Those of a list with commas; NULL: all that are there. BAD_INPUT names what is not. */
outcome race_list_read(race_list *list, const char *text);
void race_list_free(race_list *list);
/* The version of an algorithm's library; that of critpt for ours. */
const char *race_version(const race_algorithm *algorithm);
/* Prints the table, for --algorithms help. */
void race_list_print(void);

#endif
