/* A set of requests that contradict each other, with all left out that it does not need: whether
 * some requests can be had together is seen by solving for them alone. */
#include <math.h>
#include <string.h>

#include "plan/solve.h"

typedef enum verdict { TOGETHER, CONTRADICTION, UNDECIDED } verdict;

/* ---- A solve of some blocks ---- */

static critpt_status list_kept(cpt_solve *part, const cpt_solve *whole, const bool *kept)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < whole->n_blocks; b++) {
        cpt_block block = whole->blocks[b];
        if (!kept[b])
            continue;
        block.first = part->equations;
        CPT_TRY(cpt_append(&part->blocks, &part->n_blocks, &block, sizeof block));
        part->equations += block.n;
    }
done:
    return status;
}

/* The whole solve's equation that each of the part's is. */
static void list_equations(const cpt_solve *whole, const bool *kept, size_t *equations)
{
    size_t next = 0;
    for (size_t b = 0; b < whole->n_blocks; b++)
        for (size_t j = 0; kept[b] && j < whole->blocks[b].n; j++)
            equations[next++] = whole->blocks[b].first + j;
}

/* The part's triangle, from the columns of the whole solve's, which are scaled. */
static critpt_status fold_kept(cpt_solve *part, const cpt_solve *whole, const size_t *equations)
{
    critpt_status status;
    const cpt_triangle *triangle = &whole->triangle;
    size_t order = triangle->order, n = part->equations, entries, *positions = NULL;
    double *columns = NULL, tolerance = whole->report.values[CRITPT_REPORT_RANK_TOLERANCE];
    CPT_TRY(cpt_allocate(&positions, order, sizeof *positions));
    CPT_TRY(cpt_multiply(order, n, "columns of a contradiction", &entries));
    CPT_TRY(cpt_allocate(&columns, entries, sizeof *columns));
    for (size_t i = 0; i < order; i++)
        positions[cpt_triangle_column(triangle, i)] = i;
    for (size_t j = 0; j < n; j++) {
        size_t position = positions[equations[j]];
        memcpy(columns + j * order, triangle->r + position * order,
               (position + 1) * sizeof *columns);
    }
    CPT_TRY(cpt_triangle_create(&part->triangle, n));
    CPT_TRY(cpt_triangle_fold(&part->triangle, order, columns));
    CPT_TRY(cpt_triangle_factor(&part->triangle, part->null, tolerance));
    for (size_t j = 0; j < n; j++)
        part->triangle.scale[j] *= triangle->scale[equations[j]];
    part->report.values[CRITPT_REPORT_RANK_TOLERANCE] = tolerance;
done:
    cpt_free(positions);
    cpt_free(columns);
    return status;
}

/* Fields and workspace stay the whole solve's, which hands them out and takes them back. */
static critpt_status part_create(cpt_solve *part, cpt_solve *whole, const bool *kept)
{
    critpt_status status;
    size_t *equations = NULL;
    *part = *whole;
    part->n_blocks = part->equations = 0;
    part->blocks = NULL;
    part->triangle = (cpt_triangle){0};
    part->targets = NULL;
    part->rigid = NULL;
    cpt_solve_forget_equations(part);
    cpt_report_initialize(&part->report);
    CPT_TRY(list_kept(part, whole, kept));
    CPT_TRY(cpt_solve_allocate_equations(part));
    CPT_TRY(cpt_allocate(&part->targets, part->N * part->D, sizeof(double)));
    CPT_TRY(cpt_allocate(&part->report.points, part->K * CPT_POINT_QUANTITIES, sizeof(double)));
    part->workspace.targets = part->targets;
    CPT_TRY(cpt_allocate(&equations, part->equations, sizeof *equations));
    list_equations(whole, kept, equations);
    for (size_t j = 0; j < part->equations; j++) {
        part->null[j] = whole->null[equations[j]];
        part->looseness[j] = whole->looseness[equations[j]];
    }
    CPT_TRY(fold_kept(part, whole, equations));
done:
    cpt_free(equations);
    return status;
}

static void part_destroy(cpt_solve *part, cpt_solve *whole)
{
    whole->workspace = part->workspace;
    whole->workspace.targets = whole->targets;
    whole->group.block = NULL;
    cpt_triangle_destroy(&part->triangle);
    cpt_report_destroy(&part->report);
    cpt_solve_free_equations(part);
    cpt_free(part->blocks);
    cpt_free(part->targets);
}

static critpt_status solve_for(cpt_solve *whole, const bool *kept, verdict *found)
{
    critpt_status status;
    cpt_solve part;
    size_t n_proofs = 0;
    CPT_TRY(part_create(&part, whole, kept));
    CPT_TRY(cpt_solve_attempt(&part));
    *found = TOGETHER;
    if (cpt_solve_all_hold(&part))
        goto done;
    CPT_TRY(cpt_solve_count_proofs(&part, &n_proofs));
    *found = n_proofs > 0 ? CONTRADICTION : UNDECIDED;
    whole->excluded = fmin(whole->excluded, part.excluded);
done:
    part_destroy(&part, whole);
    return status;
}

/* ---- The set ---- */

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

static size_t count_kept(const cpt_solve *solve, const bool *kept)
{
    size_t count = 0;
    for (size_t b = 0; b < solve->n_blocks; b++)
        count += kept[b];
    return count;
}

/* Whether a part has room beside the whole: in what the memory limit leaves, and where the rows of
 * the chunks were. */
static bool has_room(const cpt_solve *solve)
{
    double M = (double)solve->equations, n = (double)(solve->N * solve->D);
    double rows = (double)(solve->batch * solve->D) * M;
    double part = 2 * M * M + 160 * M + 6 * n; /* triangle and columns, vectors, fields */
    return solve->memory_left == 0 || part <= (double)solve->memory_left / sizeof(double) + rows;
}

/* Leaves out what the contradiction does not need. It is known to be minimal if the rest can be had
 * without each part of it. */
static critpt_status minimize(cpt_solve *solve, bool *kept)
{
    static const double most_work = 1e12; /* flops; beyond it the set is given as it is */
    critpt_status status = CRITPT_OK;
    verdict found;
    double cube = pow((double)solve->equations, 3);
    if ((double)(count_kept(solve, kept) + 1) * cube > most_work || !has_room(solve))
        return CRITPT_OK;
    CPT_TRY(solve_for(solve, kept, &found));
    for (size_t b = 0; b < solve->n_blocks && found != CONTRADICTION; b++)
        kept[b] = true;
    if ((double)count_kept(solve, kept) * cube > most_work)
        return CRITPT_OK;
    solve->report.minimal = true;
    for (size_t b = 0; b < solve->n_blocks && count_kept(solve, kept) > 1; b++) {
        if (!kept[b])
            continue;
        kept[b] = false;
        CPT_TRY(solve_for(solve, kept, &found));
        kept[b] = found != CONTRADICTION;
        solve->report.minimal = solve->report.minimal && found != UNDECIDED;
    }
    solve->report.minimal = solve->report.minimal && cpt_solve_is_certain(solve);
done:
    return status;
}

/* A loss takes part as its difference to the level, which then takes part too. Without the level
 * the next loss is in its place. */
static critpt_status add_level(cpt_solve *solve, const bool *kept)
{
    critpt_status status = CRITPT_OK;
    const cpt_condition *level = cpt_solve_level_condition(solve->plan);
    size_t n_losses = 0;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_condition *condition = solve->blocks[b].condition;
        n_losses += kept[b] && condition && condition->kind == CRITPT_CONDITION_LOSS;
    }
    if (n_losses == 0)
        return CRITPT_OK;
    solve->report.minimal = solve->report.minimal && n_losses == 1;
    const cpt_request request = {level->points[0], (size_t)(level - solve->plan->conditions)};
    CPT_TRY(cpt_append(&solve->report.contradicting, &solve->report.n_contradicting, &request,
                       sizeof request));
done:
    return status;
}

critpt_status cpt_solve_find_contradiction(cpt_solve *solve)
{
    critpt_status status;
    bool *kept = NULL;
    CPT_TRY(cpt_allocate(&kept, solve->n_blocks, sizeof *kept));
    CPT_TRY(choose_conflict(solve, kept));
    CPT_TRY(minimize(solve, kept));
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (kept[b])
            CPT_TRY(cpt_append(&solve->report.contradicting, &solve->report.n_contradicting,
                               &solve->blocks[b].request, sizeof solve->blocks[b].request));
    CPT_TRY(add_level(solve, kept));
done:
    cpt_free(kept);
    return status;
}
