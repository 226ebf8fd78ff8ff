/* The suite planted-1: eight families, each with one knob. */
#ifndef SUITE_FAMILIES_H
#define SUITE_FAMILIES_H

#include <stdbool.h>

#include "suite/member.h"

enum { SUITE_FAMILIES = 8 };

typedef struct suite_family {
    const char *name;
    const char *what;      /* was planted */
    const char *knob;      /* and its value */
    const char *reference; /* where the literature names it */
    bool basins;           /* are measured */
    outcome (*compose)(suite_member *m);
    const char *hash; /* SHA-256 of what its members compose, in order: it is frozen by it */
} suite_family;

extern const char suite_name[];
extern const char suite_citation[];
extern const suite_family suite_families[SUITE_FAMILIES];

/* Member 0 .. 239 in order of family, size, instance: texts and points. */
enum { SUITE_MEMBERS = SUITE_FAMILIES * SUITE_SIZES * SUITE_INSTANCES };
outcome suite_compose(suite_member *m, size_t number);
void suite_name_member(char name[SUITE_NAME], size_t number);
/* Composes the family of a member, and holds what comes out against its hash. */
outcome suite_require_frozen(size_t number);

#endif
