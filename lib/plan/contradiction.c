/* The smallest set of requests that contradict each other: those of a conflict, with all left out
 * that it does not need. */
#include <math.h>
#include <string.h>

#include "plan/solve.h"

/* Columns of the triangle that belong to a set of blocks, as a triangle of their own. */
typedef struct subset {
    size_t n;
    size_t *positions; /* in the whole triangle */
    cpt_triangle triangle;
    double *dependency; /* n */
} subset;

static critpt_status subset_create(subset *set, const cpt_solve *solve, const bool *kept)
{
    critpt_status status;
    const cpt_triangle *whole = &solve->triangle;
    size_t order = whole->order, entries;
    double *columns = NULL;
    bool *excluded = NULL;
    memset(set, 0, sizeof *set);
    CPT_TRY(cpt_allocate(&set->positions, order, sizeof(size_t)));
    for (size_t i = 0; i < order; i++) {
        size_t e = cpt_triangle_column(whole, i);
        if (!solve->null[e] && kept[cpt_solve_block(solve, e) - solve->blocks])
            set->positions[set->n++] = i;
    }
    if (set->n == 0)
        goto done;
    CPT_TRY(cpt_multiply(order, set->n, "columns of a contradiction", &entries));
    CPT_TRY(cpt_allocate(&columns, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&excluded, set->n, sizeof(bool)));
    CPT_TRY(cpt_allocate(&set->dependency, set->n, sizeof(double)));
    for (size_t c = 0; c < set->n; c++)
        memcpy(columns + c * order, whole->r + set->positions[c] * order,
               (set->positions[c] + 1) * sizeof(double));
    CPT_TRY(cpt_triangle_create(&set->triangle, set->n));
    CPT_TRY(cpt_triangle_fold(&set->triangle, order, columns));
    CPT_TRY(cpt_triangle_factor(&set->triangle, excluded,
                                solve->report.values[CRITPT_REPORT_RANK_TOLERANCE]));
done:
    cpt_free(columns);
    cpt_free(excluded);
    return status;
}

static void subset_destroy(subset *set)
{
    cpt_free(set->positions);
    cpt_free(set->dependency);
    cpt_triangle_destroy(&set->triangle);
}

/* Whether a dependency's right sides fail to cancel: columns of the whole triangle are scaled. */
static bool fails(const cpt_solve *solve, const subset *set)
{
    double defect = 0, rounding = 0;
    for (size_t c = 0; c < set->n; c++) {
        size_t e = cpt_triangle_column(&solve->triangle, set->positions[c]);
        double factor = set->dependency[c] * solve->triangle.scale[e];
        defect += factor * solve->residuals[e];
        rounding += fabs(factor) * solve->units[e] * cpt_solve_block(solve, e)->kind->accepted;
    }
    return fabs(defect) > rounding;
}

static critpt_status contradict(const cpt_solve *solve, const bool *kept, bool *yes)
{
    critpt_status status;
    subset set;
    *yes = false;
    CPT_TRY(subset_create(&set, solve, kept));
    for (size_t i = set.triangle.rank; i < set.n && !*yes; i++) {
        CPT_TRY(cpt_triangle_dependency(&set.triangle, i, set.dependency));
        *yes = fails(solve, &set);
    }
done:
    subset_destroy(&set);
    return status;
}

/* The blocks of the conflict that has the fewest. */
static critpt_status choose_conflict(const cpt_solve *solve, bool *kept)
{
    critpt_status status;
    size_t fewest = SIZE_MAX;
    bool *these = NULL;
    CPT_TRY(cpt_allocate(&these, solve->n_blocks, sizeof *these));
    for (size_t i = 0; i < solve->report.n_conflicts; i++) {
        const cpt_conflict *conflict = &solve->report.conflicts[i];
        size_t count = 0;
        memset(these, 0, solve->n_blocks * sizeof *these);
        for (size_t t = 0; t < conflict->n_terms; t++)
            for (size_t b = 0; b < solve->n_blocks; b++) {
                const cpt_request *of = &solve->blocks[b].request;
                const cpt_request *term = &conflict->terms[t].request;
                bool same = of->point == term->point && of->condition == term->condition;
                count += same && !these[b];
                these[b] = these[b] || same;
            }
        if (count < fewest)
            memcpy(kept, these, solve->n_blocks * sizeof *kept);
        fewest = count < fewest ? count : fewest;
    }
done:
    cpt_free(these);
    return status;
}

/* A loss takes part as its difference to the level, which then takes part too. */
static critpt_status add_level(cpt_solve *solve, const bool *kept)
{
    const cpt_condition *level = cpt_solve_level_condition(solve->plan);
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_condition *condition = solve->blocks[b].condition;
        if (!kept[b] || !condition || condition->kind != CRITPT_CONDITION_LOSS)
            continue;
        const cpt_request request = {level->points[0], (size_t)(level - solve->plan->conditions)};
        return cpt_append(&solve->report.contradicting, &solve->report.n_contradicting, &request,
                          sizeof request);
    }
    return CRITPT_OK;
}

critpt_status cpt_solve_find_contradiction(cpt_solve *solve)
{
    static const double most_work = 1e12; /* beyond it the conflict's set is given as it is */
    critpt_status status;
    size_t count = 0;
    bool *kept = NULL, still;
    CPT_TRY(cpt_allocate(&kept, solve->n_blocks, sizeof *kept));
    CPT_TRY(choose_conflict(solve, kept));
    for (size_t b = 0; b < solve->n_blocks; b++)
        count += kept[b];
    double work = (double)count * pow((double)solve->equations, 3);
    for (size_t b = 0; b < solve->n_blocks && count > 1 && work <= most_work; b++) {
        if (!kept[b])
            continue;
        kept[b] = false;
        CPT_TRY(contradict(solve, kept, &still));
        kept[b] = !still;
    }
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (kept[b])
            CPT_TRY(cpt_append(&solve->report.contradicting, &solve->report.n_contradicting,
                               &solve->blocks[b].request, sizeof solve->blocks[b].request));
    CPT_TRY(add_level(solve, kept));
done:
    cpt_free(kept);
    return status;
}
