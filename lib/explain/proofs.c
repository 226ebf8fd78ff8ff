/* Dependent equations: redundant where they hold all the same, else proofs of infeasibility.
 *
 * A dependent equation comes with a combination c of equations with c'A = 0. Then c'b is the same
 * for all targets, and it is read off the finished ones: there the independent equations hold, so
 * it is the dependent one's own residual (MATH 6, steps 3 and 6). */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"

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

static cpt_term term_of(const cpt_equations *equations, size_t equation, double coefficient)
{
    const cpt_block *block = cpt_equations_block(equations, equation);
    return (cpt_term){block->request, equation - block->first, coefficient};
}

/* The terms of combination c that are not rounding, sorted, in a conflict. */
static critpt_status collect_terms(const cpt_equations *equations, const double *c,
                                   cpt_conflict *conflict)
{
    critpt_status status;
    weighed_term *terms = NULL;
    size_t count = 0;
    double largest = 0;
    CPT_TRY(cpt_allocate(&terms, equations->n, sizeof *terms));
    for (size_t j = 0; j < equations->n; j++)
        if (c[j] != 0)
            largest = fmax(largest, fabs(c[j]) / equations->triangle.scale[j]);
    for (size_t j = 0; j < equations->n; j++) {
        double importance = c[j] != 0 ? fabs(c[j]) / equations->triangle.scale[j] : 0;
        if (importance > DBL_EPSILON * largest)
            terms[count++] = (weighed_term){importance, j};
    }
    qsort(terms, count, sizeof *terms, by_importance);
    CPT_TRY(cpt_allocate(&conflict->terms, count, sizeof *conflict->terms));
    for (size_t i = 0; i < count; i++)
        conflict->terms[i] = term_of(equations, terms[i].equation, c[terms[i].equation]);
    conflict->n_terms = count;
done:
    cpt_free(terms);
    return status;
}

/* The combination is that of the proof. */
static critpt_status keep_conflict(const cpt_equations *equations, size_t position,
                                   const double *combination, cpt_report *report)
{
    critpt_status status;
    cpt_conflict conflict = {0, NULL, cpt_equations_defect(equations, position)};
    size_t equation = cpt_triangle_column(&equations->triangle, position);
    if (equations->null[equation]) { /* alone, with no target in it */
        const cpt_term term = term_of(equations, equation, 1);
        CPT_TRY(cpt_append(&conflict.terms, &conflict.n_terms, &term, sizeof term));
    } else {
        CPT_TRY(collect_terms(equations, combination, &conflict));
    }
    CPT_TRY(cpt_append(&report->conflicts, &report->n_conflicts, &conflict, sizeof conflict));
done:
    if (status != CRITPT_OK)
        cpt_free(conflict.terms);
    return status;
}

/* Whether an equation that misses is a proof: c'b != 0 beyond the rounding of all that c combines,
 * and beyond what c'A, zero but for what lies below the rank and for rounding, makes of ten times
 * the present targets. */
static void prove(cpt_equations *equations, const cpt_targets *targets, size_t position, double *c,
                  bool *proven, double *excluded)
{
    cpt_triangle *triangle = &equations->triangle;
    size_t rank = triangle->rank;
    double defect = 0, rounding = 0, terms = 0;
    *proven = equations->null[cpt_triangle_column(triangle, position)];
    if (*proven)
        return;
    cpt_triangle_dependency(triangle, position, c);
    for (size_t e = 0; e < equations->n; e++)
        if (c[e] != 0) {
            defect += c[e] * equations->residuals[e];
            rounding += fabs(c[e]) * equations->units[e];
            terms = hypot(terms, c[e] / triangle->scale[e]);
        }
    double rest =
        cpt_linalg_norm(position + 1 - rank, cpt_upper_column(&triangle->r, position) + rank) +
        DBL_EPSILON * terms;
    double size = cpt_equations_target_size(cpt_equations_points(equations), targets);
    *proven = fabs(defect) > 20 * rounding && fabs(defect) > 10 * rest * size;
    if (*proven)
        *excluded = fmin(*excluded, fabs(defect) / (rest * size));
}

bool cpt_explain_is_certain(const cpt_proofs *proofs)
{
    return proofs->excluded >= cpt_equations_far;
}

critpt_status cpt_explain_find_proofs(cpt_equations *equations, const cpt_targets *targets,
                                      cpt_report *report, cpt_proofs *proofs)
{
    critpt_status status;
    double *combination = NULL;
    size_t kept = report ? KEPT_CONFLICTS : 0;
    *proofs = (cpt_proofs){0, INFINITY};
    CPT_TRY(cpt_allocate(&combination, equations->n, sizeof(double)));
    for (size_t i = equations->triangle.rank; i < equations->n; i++) {
        bool proven = false;
        if (cpt_equations_conflicts(equations, i))
            prove(equations, targets, i, combination, &proven, &proofs->excluded);
        proofs->n += proven;
        if (!proven || kept == 0)
            continue;
        status = keep_conflict(equations, i, combination, report);
        kept = status == CRITPT_OK ? kept - 1 : 0;
        CPT_TRY(cpt_budget_forgive(status));
    }
done:
    cpt_free(combination);
    return status;
}
