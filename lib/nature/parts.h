/* Where S(u) is zero whatever u is: parts of the weights between which it has no entries. */
#ifndef CPT_NATURE_PARTS_H
#define CPT_NATURE_PARTS_H

#include "nature/problem.h"

/* Disjoint sets of weights between which S(u) has no entries, whatever u is. Part p has
 * members[first[p]] .. members[first[p + 1] - 1]; weights without any entry are in none. */
typedef struct cpt_nature_parts {
    size_t n, *first, *members;
} cpt_nature_parts;

/* Those that the points with a nature have in common. Scratch: u of N D numbers, s of P x P. */
critpt_status cpt_nature_parts_create(cpt_nature_parts *parts, const cpt_nature_problem *problem,
                                      double *u, double *s);
void cpt_nature_parts_destroy(cpt_nature_parts *parts);

static inline size_t cpt_nature_part_size(const cpt_nature_parts *parts, size_t p)
{
    return parts->first[p + 1] - parts->first[p];
}

/* Weights that are in any part. */
static inline size_t cpt_nature_n_members(const cpt_nature_parts *parts)
{
    return parts->first[parts->n];
}

#endif
