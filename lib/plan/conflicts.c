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

typedef struct weighed_term {
    double importance; /* |coefficient| times the norm of the equation's row */
    size_t equation;
} weighed_term;

static int by_importance(const void *a, const void *b)
{
    const weighed_term *x = a, *y = b;
    if (x->importance != y->importance)
        return x->importance < y->importance ? 1 : -1;
    return x->equation > y->equation ? 1 : x->equation < y->equation ? -1 : 0;
}

static cpt_term term_of(const cpt_solve *solve, size_t equation, double coefficient)
{
    const cpt_block *block = cpt_solve_block(solve, equation);
    return (cpt_term){block->request, equation - block->first, coefficient};
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
            terms[count++] = (weighed_term){importance, j};
    }
    qsort(terms, count, sizeof *terms, by_importance);
    CPT_TRY(cpt_allocate(&conflict->terms, count, sizeof *conflict->terms));
    for (size_t i = 0; i < count; i++)
        conflict->terms[i] = term_of(solve, terms[i].equation, c[terms[i].equation]);
    conflict->n_terms = count;
done:
    cpt_free(terms);
    return status;
}

static critpt_status keep_conflict(cpt_solve *solve, size_t position, double defect)
{
    critpt_status status;
    cpt_conflict conflict = {0, NULL, defect};
    size_t equation = cpt_triangle_column(&solve->triangle, position);
    if (solve->null[equation]) { /* alone, with no target in it */
        const cpt_term term = term_of(solve, equation, 1);
        CPT_TRY(cpt_append(&conflict.terms, &conflict.n_terms, &term, sizeof term));
    } else {
        CPT_TRY(cpt_triangle_dependency(&solve->triangle, position, solve->step));
        CPT_TRY(collect_terms(solve, solve->step, &conflict));
    }
    CPT_TRY(cpt_append(&solve->report.conflicts, &solve->report.n_conflicts, &conflict,
                       sizeof conflict));
done:
    if (status != CRITPT_OK)
        cpt_free(conflict.terms);
    return status;
}

/* Rounding units by which the equation at a position misses. */
static double defect_at(const cpt_solve *solve, size_t position)
{
    size_t j = cpt_triangle_column(&solve->triangle, position);
    return solve->residuals[j] == 0 ? 0 : fabs(solve->residuals[j]) / solve->units[j];
}

/* More than a redundant equation may miss by. */
static bool conflicts_at(const cpt_solve *solve, size_t position)
{
    size_t j = cpt_triangle_column(&solve->triangle, position);
    return !(defect_at(solve, position) <= cpt_solve_block(solve, j)->kind->accepted);
}

/* Whether an equation that misses is a proof: c'b != 0 beyond the rounding of all that c combines,
 * and beyond what c'A, zero but for what lies below the rank and for rounding, makes of ten times
 * the present targets. */
static critpt_status prove(cpt_solve *solve, size_t position, bool *proven)
{
    critpt_status status;
    cpt_triangle *triangle = &solve->triangle;
    size_t rank = triangle->rank;
    double defect = 0, rounding = 0, terms = 0;
    *proven = solve->null[cpt_triangle_column(triangle, position)];
    if (*proven)
        return CRITPT_OK;
    CPT_TRY(cpt_triangle_dependency(triangle, position, solve->step));
    for (size_t e = 0; e < solve->equations; e++)
        if (solve->step[e] != 0) {
            defect += solve->step[e] * solve->residuals[e];
            rounding += fabs(solve->step[e]) * solve->units[e];
            terms = hypot(terms, solve->step[e] / triangle->scale[e]);
        }
    double rest =
        cpt_linalg_norm(position + 1 - rank, triangle->r + position * triangle->order + rank) +
        DBL_EPSILON * terms;
    double size = cpt_solve_distance(solve, solve->targets, NULL) +
                  cpt_solve_distance(solve, solve->base, NULL) + solve->spread;
    *proven = fabs(defect) > 20 * rounding && fabs(defect) > 10 * rest * size;
    if (*proven)
        solve->excluded = fmin(solve->excluded, fabs(defect) / (rest * size));
done:
    return status;
}

bool cpt_solve_all_hold(const cpt_solve *solve)
{
    for (size_t i = 0; i < solve->equations; i++)
        if (solve->looseness[cpt_triangle_column(&solve->triangle, i)] == 0 &&
            conflicts_at(solve, i))
            return false;
    return !cpt_solve_drowns(solve);
}

size_t cpt_solve_count_conflicts(cpt_solve *solve)
{
    double *values = solve->report.values;
    size_t conflicting = 0, redundant = 0, null = 0;
    for (size_t i = solve->triangle.rank; i < solve->equations; i++) {
        if (conflicts_at(solve, i))
            conflicting++;
        else if (solve->null[cpt_triangle_column(&solve->triangle, i)])
            null++;
        else
            redundant++;
    }
    values[CRITPT_REPORT_CONFLICTING] = (double)conflicting;
    values[CRITPT_REPORT_REDUNDANT] = (double)redundant;
    values[CRITPT_REPORT_NULL] = (double)null;
    return conflicting;
}

bool cpt_solve_is_certain(const cpt_solve *solve)
{
    static const double far = 1e8; /* times the present targets; rounding tells little more */
    return solve->excluded >= far;
}

void cpt_solve_close_accounts(cpt_solve *solve)
{
    double *values = solve->report.values;
    values[CRITPT_REPORT_REDUNDANT] += values[CRITPT_REPORT_CONFLICTING];
    values[CRITPT_REPORT_CONFLICTING] = 0;
}

/* Visits the equations that are proofs: how many there are, and the first of them kept. */
static critpt_status visit_proofs(cpt_solve *solve, bool keep, size_t *n_proofs)
{
    critpt_status status = CRITPT_OK;
    *n_proofs = 0;
    solve->excluded = INFINITY;
    for (size_t i = solve->triangle.rank; i < solve->equations; i++) {
        bool proof = conflicts_at(solve, i);
        if (proof)
            CPT_TRY(prove(solve, i, &proof));
        *n_proofs += proof;
        if (keep && proof && solve->report.n_conflicts < KEPT_CONFLICTS)
            CPT_TRY(keep_conflict(solve, i, defect_at(solve, i)));
    }
done:
    return status;
}

critpt_status cpt_solve_count_proofs(cpt_solve *solve, size_t *n_proofs)
{
    return visit_proofs(solve, false, n_proofs);
}

critpt_status cpt_solve_keep_conflicts(cpt_solve *solve, size_t *n_proofs)
{
    return visit_proofs(solve, true, n_proofs);
}
