/* Dependent equations: redundant where they hold all the same, else proofs of infeasibility.
 *
 * A dependent equation comes with a combination c of equations with c'A = 0. Then c'b is the same
 * for all targets, and it is read off the finished ones: there the independent equations hold, so
 * it is the dependent one's own residual (MATH 6, steps 2 and 4). */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan/solve.h"

enum { KEPT_CONFLICTS = 64 };
static const double redundant_residual =
    100; /* rounding units that a redundant equation may miss by */

typedef struct weighed_term {
    double importance; /* |coefficient| times the norm of the equation's row */
    cpt_term term;
} weighed_term;

static int by_importance(const void *a, const void *b)
{
    const weighed_term *x = a, *y = b;
    if (x->importance != y->importance)
        return x->importance < y->importance ? 1 : -1;
    if (x->term.point != y->term.point)
        return x->term.point > y->term.point ? 1 : -1;
    return x->term.weight > y->term.weight ? 1 : x->term.weight < y->term.weight ? -1 : 0;
}

/* The terms of combination c that are not rounding, sorted, in a conflict. */
static critpt_status collect_terms(const cpt_solve *solve, const double *c, cpt_conflict *conflict)
{
    critpt_status status;
    weighed_term *terms = NULL;
    size_t count = 0;
    double largest = 0;
    CPT_TRY(cpt_allocate(&terms, solve->equations, sizeof *terms));
    for (size_t j = 0; j < solve->equations; j++)
        if (c[j] != 0)
            largest = fmax(largest, fabs(c[j]) / solve->triangle.scale[j]);
    for (size_t j = 0; j < solve->equations; j++) {
        double importance = c[j] != 0 ? fabs(c[j]) / solve->triangle.scale[j] : 0;
        if (importance > DBL_EPSILON * largest)
            terms[count++] = (weighed_term){importance, {j / solve->P, j % solve->P, c[j]}};
    }
    qsort(terms, count, sizeof *terms, by_importance);
    CPT_TRY(cpt_allocate(&conflict->terms, count, sizeof *conflict->terms));
    for (size_t i = 0; i < count; i++)
        conflict->terms[i] = terms[i].term;
    conflict->n_terms = count;
done:
    cpt_free(terms);
    return status;
}

static critpt_status keep_conflict(cpt_solve *solve, size_t position, double defect)
{
    critpt_status status;
    cpt_conflict conflict = {0, NULL, defect};
    CPT_TRY(cpt_triangle_dependency(&solve->triangle, position, solve->step));
    CPT_TRY(collect_terms(solve, solve->step, &conflict));
    CPT_TRY(cpt_append(&solve->report.conflicts, &solve->report.n_conflicts, &conflict,
                       sizeof conflict));
done:
    if (status != CRITPT_OK)
        cpt_free(conflict.terms);
    return status;
}

/* Rounding units by which the equation at a position misses; 0 for a null one. */
static double defect_at(const cpt_solve *solve, size_t position)
{
    size_t j = cpt_triangle_column(&solve->triangle, position);
    return solve->null[j] ? 0 : fabs(solve->gradient[j]) / solve->units[j];
}

size_t cpt_solve_count_conflicts(cpt_solve *solve)
{
    double *values = solve->report.values;
    size_t dependent = solve->equations - solve->triangle.rank, conflicting = 0;
    for (size_t i = solve->triangle.rank; i < solve->equations; i++)
        conflicting += defect_at(solve, i) > redundant_residual;
    values[CRITPT_REPORT_CONFLICTING] = (double)conflicting;
    values[CRITPT_REPORT_REDUNDANT] =
        (double)(dependent - conflicting) - values[CRITPT_REPORT_NULL];
    return conflicting;
}

critpt_status cpt_solve_keep_conflicts(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t i = solve->triangle.rank; i < solve->equations; i++) {
        double defect = defect_at(solve, i);
        if (defect > redundant_residual && solve->report.n_conflicts < KEPT_CONFLICTS)
            CPT_TRY(keep_conflict(solve, i, defect));
    }
done:
    return status;
}
