/* A set of requests that contradict each other, with all left out that it does not need: whether
 * some requests can be had together is seen by solving for them alone. */
#include <math.h>
#include <string.h>

#include "explain/explain.h"

typedef enum verdict { TOGETHER, CONTRADICTION, UNDECIDED } verdict;

/* Equations that hold may do so by the rounding of large targets alone: dependent ones that
 * contradict each other at the base targets, where rounding is less, are not seen to be had
 * together. */
static critpt_status judge_met(cpt_equations *part, cpt_targets *targets, verdict *found)
{
    critpt_status status = CRITPT_OK;
    cpt_proofs at_base = {0, INFINITY};
    const cpt_points *points = cpt_equations_points(part);
    *found = cpt_equations_all_met(part, targets) ? TOGETHER : UNDECIDED;
    if (*found == UNDECIDED || !(part->accounts.redundant > 0))
        return CRITPT_OK;
    memcpy(targets->values, targets->base, points->N * points->D * sizeof(double));
    CPT_TRY(cpt_equations_find_residuals(part, targets->values));
    CPT_TRY(cpt_equations_find_units(part, targets->values));
    CPT_TRY(cpt_explain_find_proofs(part, targets, NULL, &at_base));
    *found = at_base.n > 0 ? UNDECIDED : TOGETHER;
done:
    return status;
}

/* Solves for the blocks kept alone, from the same base targets. */
static critpt_status solve_for(cpt_equations *whole, const cpt_targets *targets, const bool *kept,
                               cpt_proofs *proofs, verdict *found)
{
    critpt_status status;
    cpt_equations part;
    cpt_targets found_targets = {.spread = targets->spread, .size = targets->size};
    cpt_proofs of_part;
    size_t n = cpt_equations_points(whole)->N * cpt_equations_points(whole)->D;
    CPT_TRY(cpt_equations_create_part(&part, whole, kept));
    CPT_TRY(cpt_equations_targets_create(&part, &found_targets));
    memcpy(found_targets.base, targets->base, n * sizeof(double));
    CPT_TRY(cpt_equations_solve(&part, &found_targets));
    if (cpt_equations_all_hold(&part, &found_targets)) {
        CPT_TRY(judge_met(&part, &found_targets, found));
        goto done;
    }
    CPT_TRY(cpt_explain_find_proofs(&part, &found_targets, NULL, &of_part));
    *found = of_part.n > 0 ? CONTRADICTION : UNDECIDED;
    proofs->excluded = fmin(proofs->excluded, of_part.excluded);
done:
    cpt_equations_destroy(&part);
    cpt_equations_targets_destroy(&found_targets);
    return status;
}

/* ---- The set ---- */

/* The blocks of the conflict that has the fewest. */
static critpt_status choose_conflict(const cpt_equations *equations, const cpt_report *report,
                                     bool *kept)
{
    critpt_status status;
    size_t fewest = SIZE_MAX;
    bool *these = NULL;
    CPT_TRY(cpt_allocate(&these, equations->n_blocks, sizeof *these));
    for (size_t i = 0; i < report->n_conflicts; i++) {
        const cpt_conflict *conflict = &report->conflicts[i];
        size_t count = 0;
        memset(these, 0, equations->n_blocks * sizeof *these);
        for (size_t t = 0; t < conflict->n_terms; t++)
            for (size_t b = 0; b < equations->n_blocks; b++) {
                const cpt_request *of = &equations->blocks[b].request;
                const cpt_request *term = &conflict->terms[t].request;
                bool same = of->point == term->point && of->condition == term->condition;
                count += same && !these[b];
                these[b] = these[b] || same;
            }
        if (count < fewest)
            memcpy(kept, these, equations->n_blocks * sizeof *kept);
        fewest = count < fewest ? count : fewest;
    }
done:
    cpt_free(these);
    return status;
}

static size_t count_kept(const cpt_equations *equations, const bool *kept)
{
    size_t count = 0;
    for (size_t b = 0; b < equations->n_blocks; b++)
        count += kept[b];
    return count;
}

/* Whether a part has room beside the whole. */
static bool has_room(const cpt_equations *equations)
{
    const cpt_points *points = cpt_equations_points(equations);
    size_t M = equations->n, n = points->N * points->D;
    size_t part = M * (2 * M + 320) + 12 * n + 500; /* triangle and columns, vectors, fields */
    return cpt_budget_has(part * sizeof(double));
}

/* Leaves out what the contradiction does not need. It is known to be minimal if the rest can be had
 * without each part of it. */
static critpt_status minimize(cpt_equations *equations, const cpt_targets *targets, bool *kept,
                              cpt_proofs *proofs, bool *minimal)
{
    static const double most_work = 1e12; /* flops; beyond it the set is given as it is */
    critpt_status status = CRITPT_OK;
    verdict found;
    double cube = pow((double)equations->n, 3);
    if ((double)(count_kept(equations, kept) + 1) * cube > most_work || !has_room(equations))
        return CRITPT_OK;
    CPT_TRY(solve_for(equations, targets, kept, proofs, &found));
    for (size_t b = 0; b < equations->n_blocks && found != CONTRADICTION; b++)
        kept[b] = true;
    if ((double)count_kept(equations, kept) * cube > most_work)
        return CRITPT_OK;
    *minimal = true;
    for (size_t b = 0; b < equations->n_blocks && count_kept(equations, kept) > 1; b++) {
        if (!kept[b])
            continue;
        kept[b] = false;
        CPT_TRY(solve_for(equations, targets, kept, proofs, &found));
        kept[b] = found != CONTRADICTION;
        *minimal = *minimal && found != UNDECIDED;
    }
    *minimal = *minimal && cpt_explain_is_certain(proofs);
done:
    return status;
}

/* A loss takes part as its difference to the level, which then takes part too. Without the level
 * the next loss is in its place. */
static critpt_status add_level(const cpt_equations *equations, const bool *kept, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    const cpt_condition *level = NULL;
    size_t n_losses = 0;
    for (size_t b = 0; b < equations->n_blocks; b++)
        if (kept[b] && equations->blocks[b].level) {
            level = equations->blocks[b].level;
            n_losses++;
        }
    if (n_losses == 0)
        return CRITPT_OK;
    report->minimal = report->minimal && n_losses == 1;
    const cpt_request request = {level->points[0], (size_t)(level - equations->plan->conditions)};
    CPT_TRY(cpt_append(&report->contradicting, &report->n_contradicting, &request, sizeof request));
done:
    return status;
}

critpt_status cpt_explain_find_contradiction(cpt_equations *equations, const cpt_targets *targets,
                                             cpt_proofs *proofs, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    bool *kept = NULL;
    if (report->n_conflicts == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&kept, equations->n_blocks, sizeof *kept));
    CPT_TRY(choose_conflict(equations, report, kept));
    CPT_TRY(minimize(equations, targets, kept, proofs, &report->minimal));
    for (size_t b = 0; b < equations->n_blocks; b++)
        if (kept[b])
            CPT_TRY(cpt_append(&report->contradicting, &report->n_contradicting,
                               &equations->blocks[b].request, sizeof(cpt_request)));
    CPT_TRY(add_level(equations, kept, report));
done:
    cpt_free(kept);
    return status;
}
