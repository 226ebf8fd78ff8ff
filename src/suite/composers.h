/* How the members of each family are composed. */
#ifndef SUITE_COMPOSERS_H
#define SUITE_COMPOSERS_H

#include "suite/member.h"

outcome suite_compose_levels(suite_member *m);
outcome suite_compose_basins(suite_member *m);
outcome suite_compose_conditioned(suite_member *m);
outcome suite_compose_close(suite_member *m);

outcome suite_compose_ladder(suite_member *m);
outcome suite_compose_plateaus(suite_member *m);

outcome suite_compose_kinks(suite_member *m);
outcome suite_compose_exponentials(suite_member *m);

/* The least eigenvalue of point 0 or 1 of a conditioned member, in units of 1e-9. */
size_t suite_least_eigenvalue(const suite_member *m, size_t point);

#endif
