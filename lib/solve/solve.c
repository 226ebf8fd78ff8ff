/* Solving a plan: the stages in order, and the targets and weights changed only when all succeed.
 */
#include <math.h>
#include <string.h>

#include "solve/solve.h"

/* Conditions, points and frozen targets that came after the scale of the residual was set. */
static critpt_status require_scalable(const critpt_plan *plan)
{
    if (plan->residual_scale == 1 ||
        (plan->n_points == 1 && plan->n_conditions == 0 && plan->points[0].critical &&
         cpt_plan_n_frozen(plan) == 0 && !cpt_penalty_is_set(&plan->landscape->penalty)))
        return CRITPT_OK;
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "the residual's scale is %g, which only a plan of one critical point without "
                     "conditions, frozen targets and penalty can meet; set it to 1",
                     plan->residual_scale);
}

/* How many equations the plan has; nothing is allocated. */
static critpt_status count_equations(cpt_equations *equations, cpt_report *report)
{
    critpt_status status;
    const critpt_plan *plan = equations->plan;
    const cpt_points *points = cpt_equations_points(equations);
    double unknowns = (double)(points->N * points->D - cpt_plan_n_frozen(plan));
    CPT_TRY(cpt_reduction_sum(points->metric->reduction, 1, &unknowns));
    equations->unknowns = (size_t)unknowns;
    CPT_TRY(require_scalable(plan));
    CPT_TRY(cpt_solve_require_natures(plan));
    CPT_TRY(cpt_equations_foresee(equations));
    if (equations->n == 0 && plan->n_conditions == 0)
        return cpt_error(
            CRITPT_INVALID_ARGUMENT,
            "the plan asks for nothing: all points are free and no condition is there");
    report->values[CRITPT_REPORT_EQUATIONS] = (double)equations->n;
    report->values[CRITPT_REPORT_UNKNOWNS] = (double)equations->unknowns;
done:
    return status;
}

critpt_status cpt_solve_begin(cpt_solve *solve, const critpt_plan *plan,
                              const critpt_plan_options *options)
{
    critpt_status status;
    cpt_equations *equations = &solve->equations;
    cpt_solve_room room;
    memset(solve, 0, sizeof *solve);
    cpt_plan_report_initialize(&solve->report);
    solve->plan = equations->plan = plan;
    solve->options = equations->options = cpt_plan_options_in_force(options);
    equations->work = &solve->work;
    solve->work.evaluation.points = &solve->points;
    if (plan->n_points == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the plan has no point; add one with critpt_plan_add_point");
    cpt_points_describe(&solve->points, plan);
    CPT_TRY(count_equations(equations, &solve->report));
    CPT_TRY(cpt_solve_choose_route(equations, &room, &solve->memory_left));
    equations->spare = solve->memory_left;
    CPT_TRY(cpt_points_create(&solve->points, plan));
    CPT_TRY(cpt_equations_list(equations));
    CPT_TRY(cpt_condition_work_create(&solve->work, &solve->points, CPT_JET_BATCH, room.matrix,
                                      room.fields));
    CPT_TRY(cpt_equations_allocate(equations));
    CPT_TRY(cpt_equations_targets_create(equations, &solve->targets));
    if (cpt_solve_loosens(equations))
        CPT_TRY(cpt_allocate(&equations->rigid, equations->n * equations->n, sizeof(double)));
    solve->report.n_points = plan->n_points;
    CPT_TRY(
        cpt_allocate(&solve->report.points, plan->n_points * CPT_POINT_QUANTITIES, sizeof(double)));
done:
    return status;
}

void cpt_solve_end(cpt_solve *solve)
{
    cpt_points_destroy(&solve->points);
    cpt_condition_work_destroy(&solve->work);
    cpt_equations_destroy(&solve->equations);
    cpt_equations_targets_destroy(&solve->targets);
    cpt_solve_destroy_natures(&solve->natures, solve->points.K);
    cpt_plan_report_destroy(&solve->report);
}

/* Samples of a check, spread over all of them. */
enum { CHECKED_SAMPLES = 4, MOST_CHECKED_WEIGHTS = 2000 };

/* Callbacks that contradict each other are refused before anything rests on them. A memory limit
 * that has no room for the check goes without. */
static critpt_status check_model(const critpt_plan_options *options, const cpt_points *points)
{
    critpt_status status = CRITPT_OK;
    const critpt_landscape *landscape = points->landscape;
    const critpt_model *model = landscape->model;
    size_t N = landscape->n_samples, d = model->n_inputs, n = cpt_smaller(N, CHECKED_SAMPLES);
    size_t numbers[CHECKED_SAMPLES];
    double *inputs = NULL;
    if (!options->check_model || !model->operations->check || n == 0 ||
        model->n_weights > MOST_CHECKED_WEIGHTS)
        goto done;
    CPT_TRY(cpt_allocate(&inputs, n * d, sizeof *inputs));
    for (size_t i = 0; i < n; i++) {
        numbers[i] = n > 1 ? i * (N - 1) / (n - 1) : 0;
        memcpy(inputs + i * d, landscape->inputs + numbers[i] * landscape->inputs_leading,
               d * sizeof *inputs);
    }
    for (size_t k = 0; k < points->K; k++)
        CPT_TRY(cpt_budget_forgive(
            model->operations->check(model, cpt_points_weights(points, k), n, inputs, numbers)));
done:
    cpt_free(inputs);
    return status;
}

/* A gradient does not exist at a kink: refuse points that stand on one (MATH 5, fact 9). */
static critpt_status find_kinks(cpt_evaluation *evaluation, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < evaluation->points->K; k++) {
        cpt_kink kink;
        CPT_TRY(cpt_landscape_kink_pass(&evaluation->workspace,
                                        cpt_points_weights(evaluation->points, k), &kink));
        report->points[k * CPT_POINT_QUANTITIES + CRITPT_POINT_KINK_MARGIN] = kink.margin;
        if (kink.margin > 0)
            continue;
        char where[96];
        cpt_structure_describe_kink(evaluation->points->landscape->model, &kink, where,
                                    sizeof where);
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "point %zu stands on a kink of %s at sample %zu; move its weights a "
                          "little",
                          k, where, kink.sample));
    }
done:
    return status;
}

/* Rank and condition as they are now; a level may loosen soft equations later. */
static void report_rank(const cpt_equations *equations, cpt_report *report)
{
    report->values[CRITPT_REPORT_RANK] =
        equations->unit_blocks ? NAN : (double)equations->triangle.rank;
    report->values[CRITPT_REPORT_RANK_TOLERANCE] = equations->accounts.tolerance;
    report->values[CRITPT_REPORT_RANK_GAP] = equations->triangle.gap;
    report->values[CRITPT_REPORT_CONDITION] = equations->triangle.condition;
}

static void report_accounts(const cpt_accounts *accounts, cpt_report *report)
{
    report->values[CRITPT_REPORT_REDUNDANT] = accounts->redundant;
    report->values[CRITPT_REPORT_CONFLICTING] = accounts->conflicting;
    report->values[CRITPT_REPORT_NULL] = accounts->null;
    report->values[CRITPT_REPORT_REFINEMENTS] = accounts->refinements;
}

static critpt_status find_rank(cpt_equations *equations, cpt_report *report)
{
    critpt_status status;
    CPT_TRY(cpt_equations_factor(equations));
    report_rank(equations, report);
    CPT_TRY(cpt_explain_null_directions(equations, report));
    report->values[CRITPT_REPORT_EXPECTED_RANK] = (double)cpt_equations_expected_rank(equations);
done:
    return status;
}

/* What is proven to conflict is infeasible; the rest is judged by what it misses. */
static critpt_status solve_equations(cpt_equations *equations, cpt_targets *targets,
                                     cpt_report *report)
{
    critpt_status status;
    cpt_proofs proofs = {0, INFINITY};
    status = cpt_equations_solve(equations, targets);
    report_rank(equations, report);
    if (status != CRITPT_OK)
        goto done;
    if (equations->unit_blocks)
        CPT_TRY(cpt_explain_stalled(equations, targets, report));
    if (equations->accounts.conflicting > 0)
        CPT_TRY(cpt_explain_find_proofs(equations, targets, report, &proofs));
    if (proofs.n > 0)
        CPT_TRY(cpt_explain_conflicts(equations, targets, &proofs, report));
done:
    return status;
}

/* What differences of outputs leave is no rounding. */
static critpt_status warn_of_differences(const critpt_model *model, cpt_report *report)
{
    if (cpt_structure_exact_orders(model) > 0)
        return CRITPT_OK;
    return cpt_plan_warn(report,
                         "the model's first derivatives are differences of its outputs: the "
                         "points are critical to the accuracy of these, which the units of "
                         "gradients include");
}

/* Everything that is stated, at the finished targets. */
static critpt_status judge(cpt_solve *solve)
{
    critpt_status status;
    cpt_equations *equations = &solve->equations;
    const cpt_targets *targets = &solve->targets;
    cpt_report *report = &solve->report;
    CPT_TRY(cpt_solve_measure_points(equations, targets, report));
    CPT_TRY(cpt_solve_measure_natures(equations, targets, &solve->natures, report));
    CPT_TRY(cpt_solve_measure_conditions(equations, targets, report));
    CPT_TRY(cpt_solve_judge(equations, targets, report));
    CPT_TRY(cpt_solve_confirm_natures(&solve->points, solve->plan, targets, &solve->natures));
    CPT_TRY(warn_of_differences(solve->plan->landscape->model, report));
    cpt_equations_close_accounts(equations);
done:
    return status;
}

critpt_status cpt_solve_run(cpt_solve *solve)
{
    critpt_status status, refusal;
    const critpt_plan *plan = solve->plan;
    const critpt_plan_options *options = solve->options;
    cpt_evaluation *evaluation = &solve->work.evaluation;
    cpt_equations *equations = &solve->equations;
    cpt_targets *targets = &solve->targets;
    cpt_report *report = &solve->report;
    CPT_TRY(check_model(options, &solve->points));
    CPT_TRY(cpt_solve_balance(plan, options, evaluation, &solve->points));
    refusal = cpt_solve_scale_outputs(plan, options, evaluation, &solve->points, report);
    /* the report of a refusal has base targets all the same */
    CPT_TRY(cpt_solve_choose_base(plan, options, evaluation, targets));
    CPT_TRY(refusal);
    CPT_TRY(find_kinks(evaluation, report));
    CPT_TRY(find_rank(equations, report));
    CPT_TRY(solve_equations(equations, targets, report));
    CPT_TRY(
        cpt_solve_find_natures(equations, solve->memory_left, targets, &solve->natures, report));
    CPT_TRY(cpt_solve_set_level(equations, targets, report));
    CPT_TRY(judge(solve));
    CPT_TRY(cpt_pulse_advance(1, "done"));
done:
    report_accounts(&equations->accounts, report);
    return status;
}

static void hand_over_report(critpt_plan *plan, cpt_solve *solve)
{
    cpt_plan_report_destroy(&plan->report);
    plan->report = solve->report;
    if (solve->targets.based) {
        plan->report.base_targets = solve->targets.base;
        solve->targets.base = NULL;
    }
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
    if (!solve->targets.started)
        return;
    solve->report.best_targets = solve->targets.values;
    solve->report.best_weights = solve->points.weights;
    solve->targets.values = solve->points.weights = NULL;
}

/* Nothing in here can fail. */
static void commit(critpt_plan *plan, cpt_solve *solve)
{
    critpt_landscape *landscape = plan->landscape;
    double *old = landscape->targets;
    landscape->targets = solve->targets.values;
    solve->targets.values = old;
    for (size_t k = 0; k < plan->n_points; k++)
        memcpy(plan->points[k].weights, cpt_points_weights(&solve->points, k),
               solve->points.P * sizeof(double));
}

/* What can be said without forming the equations. */
static critpt_status diagnose(cpt_solve *solve)
{
    critpt_status status;
    cpt_evaluation *evaluation = &solve->work.evaluation;
    CPT_TRY(cpt_solve_balance(solve->plan, solve->options, evaluation, &solve->points));
    CPT_TRY(cpt_solve_choose_base(solve->plan, solve->options, evaluation, &solve->targets));
    CPT_TRY(cpt_explain_find_causes(&solve->equations, &solve->report));
    solve->report.values[CRITPT_REPORT_EXPECTED_RANK] =
        (double)cpt_equations_expected_rank(&solve->equations);
    CPT_TRY(cpt_solve_warn_of_odds(&solve->equations, &solve->report));
done:
    return status;
}

/* What all processes must ask for alike. */
static void share_plan(const critpt_plan *plan, const critpt_plan_options *options)
{
    const critpt_landscape *landscape = plan->landscape;
    const double whole[] = {
        (double)plan->n_points, (double)plan->n_conditions,    plan->base_targets != NULL,
        plan->residual_scale,   options->rank_tolerance,       (double)options->refinements,
        options->base_noise,    (double)(options->seed >> 32), (double)(options->seed & UINT32_MAX),
        options->balance,       options->amplification_limit};
    cpt_landscape_share(landscape, sizeof whole / sizeof *whole, whole);
    for (size_t k = 0; k < plan->n_points; k++) {
        const cpt_point *point = &plan->points[k];
        const double kinds[] = {point->may_move, point->critical};
        cpt_landscape_share(landscape, 2, kinds);
        cpt_landscape_share(landscape, landscape->model->n_weights, point->requested);
    }
    for (size_t c = 0; c < plan->n_conditions; c++) {
        const cpt_condition *condition = &plan->conditions[c];
        const double kinds[] = {(double)condition->kind, condition->value, condition->softness};
        cpt_landscape_share(landscape, 3, kinds);
        for (size_t i = 0; i < condition->n_points; i++)
            cpt_landscape_share(landscape, 1, &(double){(double)condition->points[i]});
        if (condition->array)
            cpt_landscape_share(landscape, condition->n_rows * condition->n_columns,
                                condition->array);
    }
}

static critpt_status begin(cpt_solve *solve, const critpt_plan *plan,
                           const critpt_plan_options *options, bool solves)
{
    critpt_status status;
    memset(solve, 0, sizeof *solve);
    cpt_plan_report_initialize(&solve->report);
    CPT_TRY(cpt_landscape_require_samples(plan->landscape));
    if (!solves)
        CPT_TRY(cpt_landscape_require_unsplit(plan->landscape, "a diagnosis without a solve"));
    share_plan(plan, options);
    CPT_TRY(cpt_solve_begin(solve, plan, options));
done:
    return status;
}

/* Solves, or only diagnoses, within the options' memory limit and with their progress. The plan's
 * report is then of this call, whatever came of it. */
static critpt_status run(critpt_plan *plan, const critpt_plan_options *options, bool solves)
{
    critpt_status status;
    cpt_solve solve;
    cpt_budget budget;
    cpt_pulse pulse;
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    options = cpt_plan_options_in_force(options);
    cpt_budget_begin(&budget, options->memory_limit);
    cpt_pulse_begin(&pulse, options->progress, options->progress_user, "equations");
    cpt_pulse_limit(&pulse, options->time_limit);
    status = begin(&solve, plan, options, solves);
    if (status == CRITPT_OK)
        status = solves ? cpt_solve_run(&solve) : diagnose(&solve);
    status = cpt_landscape_leave(plan->landscape, status); /* all processes commit, or none does */
    if (!solves)
        forget_values(&solve.report);
    else if (status == CRITPT_OK)
        commit(plan, &solve);
    else
        keep_best(&solve);
    hand_over_report(plan, &solve);
    cpt_solve_end(&solve);
    cpt_pulse_end(&pulse);
    cpt_budget_end(&budget);
    return status;
}

critpt_status critpt_plan_solve(critpt_plan *plan, const critpt_plan_options *options)
{
    return run(plan, options, true);
}

critpt_status critpt_plan_diagnose(critpt_plan *plan, const critpt_plan_options *options)
{
    return run(plan, options, false);
}
