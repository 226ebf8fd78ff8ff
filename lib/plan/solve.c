/* Solving a plan: the stages in order, and the targets and weights changed only when all succeed.
 */
#include <math.h>
#include <string.h>

#include "nature/nature.h"
#include "plan/solve.h"

/* Samples folded at once: enough rows that the triangle's reflectors are applied as matrix
 * products, few enough that the chunk stays small beside the triangle. */
static size_t choose_batch(size_t equations, size_t N, size_t D)
{
    size_t rows = equations / 2;
    rows = rows < 512 ? 512 : rows > 2048 ? 2048 : rows;
    size_t batch = (rows + D - 1) / D;
    return batch < N ? batch : N;
}

/* Fields of loss equations that are kept: all of the largest block, if they do not take more than
 * 256 MiB. */
static size_t choose_group(const cpt_solve *solve)
{
    size_t largest = 0, most = ((size_t)32 << 20) / (solve->N * solve->D);
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (solve->blocks[b].kind == &cpt_loss_equations && solve->blocks[b].n > largest)
            largest = solve->blocks[b].n;
    most = most > 0 ? most : 1;
    return largest < most ? largest : most;
}

/* Whether a condition speaks of all second derivatives at a point. */
static bool needs_matrix(const cpt_solve *solve)
{
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (solve->blocks[b].kind == &cpt_gauss_newton_equations)
            return true;
    return false;
}

/* Natures, their projections, and the spectrum that confirms them, in extended precision. */
static critpt_status add_natures(const cpt_solve *solve, size_t *size)
{
    enum { MATRICES = 18, FIELDS = 3 }; /* of the spectrum: P x P, N x D */
    critpt_status status = CRITPT_OK;
    size_t n_natures = 0, square, own, projection;
    for (size_t c = 0; c < solve->plan->n_conditions; c++)
        n_natures += solve->plan->conditions[c].kind == CRITPT_CONDITION_NATURE;
    if (n_natures == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_nature_size(solve->plan->landscape, solve->K, n_natures, &own));
    CPT_TRY(cpt_multiply_add(own, 1, *size, "natures", size));
    CPT_TRY(cpt_solve_projection_size(solve, &projection));
    CPT_TRY(cpt_multiply_add(projection, 1, *size, "projections of the natures", size));
    CPT_TRY(cpt_multiply(solve->P, solve->P, "Hessian", &square));
    CPT_TRY(cpt_multiply_add(square, MATRICES, *size, "spectra of the natures", size));
    CPT_TRY(cpt_multiply_add(solve->N * solve->D, FIELDS, *size, "spectra of the natures", size));
done:
    return status;
}

/* Whether soft equations have to give way to a level (soft_level.c). */
static bool loosens(const cpt_solve *solve)
{
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (solve->blocks[b].condition && solve->blocks[b].condition->softness > 0)
            return cpt_solve_level_condition(solve->plan) != NULL;
    return false;
}

/* Doubles that the solve will allocate, the largest parts exactly. */
static critpt_status estimate_size(const cpt_solve *solve, size_t *size)
{
    critpt_status status;
    const critpt_landscape *landscape = solve->plan->landscape;
    size_t M = solve->equations, own, batch, n = solve->N * solve->D;
    CPT_TRY(
        cpt_workspace_size(landscape, CPT_JET_BATCH < solve->N ? CPT_JET_BATCH : solve->N, &own));
    CPT_TRY(cpt_workspace_size(landscape, solve->batch, &batch));
    CPT_TRY(cpt_multiply(M, M, "triangle of the equations", size));
    if (loosens(solve))
        CPT_TRY(cpt_multiply_add(M, M, *size, "triangle of the equations", size));
    CPT_TRY(cpt_multiply_add(solve->batch * solve->D, M, *size, "chunk of equations", size));
    CPT_TRY(cpt_multiply_add(M, 160, *size, "work space", size)); /* reflectors, dgeqp3, vectors */
    CPT_TRY(cpt_multiply_add(n, 11 + solve->group.capacity, *size, "targets", size));
    CPT_TRY(cpt_multiply_add(own, 1, *size, "batch of samples", size));
    CPT_TRY(cpt_multiply_add(batch, 1, *size, "batch of samples", size));
    CPT_TRY(cpt_multiply_add(solve->K + 4, solve->P, *size, "weights", size));
    if (needs_matrix(solve))
        CPT_TRY(cpt_multiply_add(solve->P + solve->batch * solve->D, solve->P, *size,
                                 "second derivatives", size));
    CPT_TRY(add_natures(solve, size));
done:
    return status;
}

static critpt_status require_memory(cpt_solve *solve)
{
    critpt_status status;
    size_t size, limit = solve->options->memory_limit;
    CPT_TRY(cpt_linalg_require_size("number of equations", solve->equations));
    CPT_TRY(estimate_size(solve, &size));
    CPT_TRY(cpt_multiply(size, sizeof(double), "memory of the solve", &size));
    if (limit && size >= limit)
        CPT_TRY(cpt_error(
            CRITPT_NO_MEMORY,
            "%zu equations in %zu targets need %.3g GiB, the memory limit is %.3g GiB; "
            "raise it, or use fewer points or a smaller network",
            solve->equations, solve->unknowns, (double)size / 0x1p30, (double)limit / 0x1p30));
    solve->memory_left = limit ? limit - size : 0;
done:
    return status;
}

/* Conditions, points and frozen targets that came after the scale of the residual was set. */
static critpt_status require_scalable(const critpt_plan *plan)
{
    if (plan->residual_scale == 1 || (plan->n_points == 1 && plan->n_conditions == 0 &&
                                      plan->points[0].critical && cpt_solve_n_frozen(plan) == 0))
        return CRITPT_OK;
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "the residual's scale is %g, which only a plan of one critical point without "
                     "conditions and frozen targets can meet; set it to 1",
                     plan->residual_scale);
}

/* The landscape's sizes and the plan's equations. */
static critpt_status count(cpt_solve *solve, const critpt_plan *plan,
                           const critpt_plan_options *options)
{
    critpt_status status;
    const critpt_landscape *landscape = plan->landscape;
    solve->plan = plan;
    solve->options = cpt_plan_options_in_force(options);
    solve->K = plan->n_points;
    solve->P = landscape->model->n_weights;
    solve->N = landscape->n_samples;
    solve->D = landscape->model->n_outputs;
    solve->unknowns = solve->N * solve->D - cpt_solve_n_frozen(plan);
    if (solve->K == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the plan has no point; add one with critpt_plan_add_point");
    CPT_TRY(require_scalable(plan));
    CPT_TRY(cpt_solve_require_natures(plan));
    CPT_TRY(cpt_solve_list_blocks(solve));
    if (solve->equations == 0 && plan->n_conditions == 0)
        return cpt_error(
            CRITPT_INVALID_ARGUMENT,
            "the plan asks for nothing: all points are free and no condition is there");
    solve->group.capacity = choose_group(solve);
    solve->batch = choose_batch(solve->equations, solve->N, solve->D);
    solve->report.values[CRITPT_REPORT_EQUATIONS] = (double)solve->equations;
    solve->report.values[CRITPT_REPORT_UNKNOWNS] = (double)solve->unknowns;
done:
    return status;
}

static critpt_status allocate_fields(cpt_solve *solve)
{
    critpt_status status;
    size_t n = solve->N * solve->D;
    CPT_TRY(cpt_allocate(&solve->weights, solve->K * solve->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->base, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->targets, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->field, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->weighted, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->directions, 2 * solve->P + solve->D, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->product, solve->P, sizeof(double)));
    if (solve->group.capacity > 0) {
        cpt_loss_group *group = &solve->group;
        CPT_TRY(cpt_allocate(&group->c, group->capacity * n, sizeof(double)));
        CPT_TRY(cpt_allocate(&group->half_squares, group->capacity, sizeof(double)));
        CPT_TRY(cpt_allocate(&group->reference, n, sizeof(double)));
        CPT_TRY(cpt_allocate(&group->weighted, n, sizeof(double)));
    }
    if (needs_matrix(solve))
        CPT_TRY(cpt_allocate(&solve->matrix, solve->P * solve->P, sizeof(double)));
done:
    return status;
}

static critpt_status allocate_krylov(cpt_solve *solve)
{
    critpt_status status;
    size_t n = solve->N * solve->D, M = solve->equations;
    cpt_krylov *krylov = &solve->krylov;
    CPT_TRY(cpt_change_create(&krylov->v, n, M));
    CPT_TRY(cpt_change_create(&krylov->w, n, M));
    CPT_TRY(cpt_change_create(&krylov->solution, n, M));
    CPT_TRY(cpt_allocate(&krylov->u, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&krylov->image, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&krylov->right, M, sizeof(double)));
done:
    return status;
}

static void free_krylov(cpt_krylov *krylov)
{
    cpt_change_destroy(&krylov->v);
    cpt_change_destroy(&krylov->w);
    cpt_change_destroy(&krylov->solution);
    cpt_free(krylov->u);
    cpt_free(krylov->image);
    cpt_free(krylov->right);
}

critpt_status cpt_solve_allocate_equations(cpt_solve *solve)
{
    critpt_status status;
    size_t M = solve->equations;
    CPT_TRY(cpt_allocate(&solve->null, M, sizeof(bool)));
    CPT_TRY(cpt_allocate(&solve->residuals, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->step, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->units, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->looseness, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->slack, M, sizeof(double)));
    CPT_TRY(allocate_krylov(solve));
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        double weight = block->condition ? block->condition->softness : 0;
        for (size_t e = block->first; weight > 0 && e < block->first + block->n; e++)
            solve->looseness[e] = 1 / sqrt(weight);
    }
done:
    return status;
}

void cpt_solve_free_equations(cpt_solve *solve)
{
    cpt_free(solve->null);
    cpt_free(solve->residuals);
    cpt_free(solve->step);
    cpt_free(solve->units);
    cpt_free(solve->looseness);
    cpt_free(solve->slack);
    free_krylov(&solve->krylov);
}

void cpt_solve_forget_equations(cpt_solve *solve)
{
    solve->null = NULL;
    solve->residuals = solve->step = solve->units = solve->looseness = solve->slack = NULL;
    solve->krylov = (cpt_krylov){0};
}

critpt_status cpt_solve_begin(cpt_solve *solve, const critpt_plan *plan,
                              const critpt_plan_options *options)
{
    critpt_status status;
    memset(solve, 0, sizeof *solve);
    cpt_report_initialize(&solve->report);
    CPT_TRY(count(solve, plan, options));
    CPT_TRY(require_memory(solve));
    CPT_TRY(cpt_workspace_initialize(&solve->workspace, plan->landscape, CPT_JET_BATCH));
    CPT_TRY(allocate_fields(solve));
    CPT_TRY(cpt_solve_allocate_equations(solve));
    if (loosens(solve))
        CPT_TRY(cpt_allocate(&solve->rigid, solve->equations * solve->equations, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->report.points, solve->K * CPT_POINT_QUANTITIES, sizeof(double)));
    solve->report.n_points = solve->K;
    solve->workspace.targets = solve->targets;
    for (size_t k = 0; k < solve->K; k++)
        memcpy(solve->weights + k * solve->P, plan->points[k].requested, solve->P * sizeof(double));
done:
    return status;
}

void cpt_solve_end(cpt_solve *solve)
{
    if (solve->workspace.landscape)
        cpt_workspace_release(&solve->workspace);
    cpt_triangle_destroy(&solve->triangle);
    cpt_report_destroy(&solve->report);
    cpt_free(solve->blocks);
    cpt_free(solve->weights);
    cpt_free(solve->base);
    cpt_free(solve->targets);
    cpt_free(solve->field);
    cpt_free(solve->weighted);
    cpt_free(solve->nature_null);
    cpt_solve_free_equations(solve);
    cpt_free(solve->rigid);
    cpt_free(solve->directions);
    cpt_free(solve->product);
    cpt_free(solve->group.c);
    cpt_free(solve->group.half_squares);
    cpt_free(solve->group.reference);
    cpt_free(solve->group.weighted);
    cpt_free(solve->matrix);
}

/* A gradient does not exist at a kink: refuse points that stand on one (MATH 5, fact 9). */
static critpt_status find_kinks(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < solve->K; k++) {
        cpt_kink kink;
        CPT_TRY(cpt_landscape_kink_pass(&solve->workspace, cpt_solve_weights(solve, k), &kink));
        solve->report.points[k * CPT_POINT_QUANTITIES + CRITPT_POINT_KINK_MARGIN] = kink.margin;
        if (kink.margin == 0)
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                              "point %zu stands on a kink: unit %zu of layer %zu is 0 at sample "
                              "%zu; move its weights a little",
                              k, kink.unit, kink.layer, kink.sample));
    }
done:
    return status;
}

critpt_status cpt_solve_run(cpt_solve *solve)
{
    critpt_status status;
    CPT_TRY(cpt_solve_balance(solve));
    critpt_status refusal = cpt_solve_scale_outputs(solve);
    CPT_TRY(cpt_solve_choose_base(solve)); /* which a report has all the same */
    CPT_TRY(refusal);
    CPT_TRY(find_kinks(solve));
    CPT_TRY(cpt_solve_fold(solve));
    CPT_TRY(cpt_solve_factor(solve));
    solve->report.values[CRITPT_REPORT_EXPECTED_RANK] = (double)cpt_solve_expected_rank(solve);
    CPT_TRY(cpt_solve_settle_rank(solve));
    CPT_TRY(cpt_solve_find_natures(solve));
    CPT_TRY(cpt_solve_set_level(solve));
    CPT_TRY(cpt_solve_measure_points(solve));
    CPT_TRY(cpt_solve_measure_natures(solve));
    CPT_TRY(cpt_solve_measure_conditions(solve));
    CPT_TRY(cpt_solve_judge(solve));
    CPT_TRY(cpt_solve_confirm_natures(solve));
    cpt_solve_close_accounts(solve);
    CPT_TRY(cpt_solve_progress(solve, 1, "done"));
done:
    return status;
}

static void hand_over_report(critpt_plan *plan, cpt_solve *solve)
{
    cpt_report_destroy(&plan->report);
    plan->report = solve->report;
    plan->report.base_targets = solve->base;
    solve->base = NULL;
    memset(&solve->report, 0, sizeof solve->report);
}

/* What is known only of a solve that succeeded. */
static void forget_values(cpt_report *report)
{
    cpt_free(report->points);
    cpt_free(report->conditions);
    report->points = report->conditions = NULL;
}

/* Leaves what a solve that failed had reached in its report. */
static void keep_best(cpt_solve *solve)
{
    forget_values(&solve->report);
    if (!solve->started)
        return;
    solve->report.best_targets = solve->targets;
    solve->report.best_weights = solve->weights;
    solve->targets = solve->weights = NULL;
}

/* Nothing in here can fail. */
static void commit(critpt_plan *plan, cpt_solve *solve)
{
    critpt_landscape *landscape = plan->landscape;
    double *old = landscape->targets;
    landscape->targets = solve->targets;
    solve->targets = old;
    for (size_t k = 0; k < solve->K; k++)
        memcpy(plan->points[k].weights, cpt_solve_weights(solve, k), solve->P * sizeof(double));
}

critpt_status critpt_plan_solve(critpt_plan *plan, const critpt_plan_options *options)
{
    critpt_status status;
    cpt_solve solve;
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    CPT_TRY(cpt_solve_begin(&solve, plan, options));
    status = cpt_solve_run(&solve);
    if (status == CRITPT_OK)
        commit(plan, &solve);
    else
        keep_best(&solve);
    hand_over_report(plan, &solve);
done:
    cpt_solve_end(&solve);
    return status;
}

critpt_status critpt_plan_diagnose(critpt_plan *plan, const critpt_plan_options *options)
{
    critpt_status status;
    cpt_solve solve;
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    CPT_TRY(cpt_solve_begin(&solve, plan, options));
    CPT_TRY(cpt_solve_balance(&solve));
    CPT_TRY(cpt_solve_choose_base(&solve));
    CPT_TRY(cpt_solve_find_causes(&solve));
    solve.report.values[CRITPT_REPORT_EXPECTED_RANK] = (double)cpt_solve_expected_rank(&solve);
    forget_values(&solve.report);
    hand_over_report(plan, &solve);
done:
    cpt_solve_end(&solve);
    return status;
}
