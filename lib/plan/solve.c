/* Solving a plan: the stages in order, and the targets and weights changed only when all succeed.
 */
#include <float.h>
#include <math.h>
#include <string.h>

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

/* Doubles that the solve will allocate, the largest parts exactly. */
static critpt_status estimate_size(const cpt_solve *solve, size_t *size)
{
    critpt_status status;
    size_t M = solve->equations, jet, n = solve->unknowns;
    CPT_TRY(cpt_jet_size(solve->plan->landscape->model, solve->batch, &jet));
    CPT_TRY(cpt_multiply(M, M, "triangle of the equations", size));
    CPT_TRY(cpt_multiply_add(solve->batch * solve->D, M, *size, "chunk of equations", size));
    CPT_TRY(cpt_multiply_add(M, 160, *size, "work space", size)); /* reflectors, dgeqp3, vectors */
    CPT_TRY(cpt_multiply_add(n, 4, *size, "targets", size));
    CPT_TRY(cpt_multiply_add(jet, 1, *size, "batch of samples", size));
done:
    return status;
}

static critpt_status require_memory(const cpt_solve *solve)
{
    critpt_status status;
    size_t size, limit = solve->options->memory_limit;
    CPT_TRY(cpt_linalg_require_size("number of equations", solve->equations));
    CPT_TRY(estimate_size(solve, &size));
    CPT_TRY(cpt_multiply(size, sizeof(double), "memory of the solve", &size));
    if (limit && size > limit)
        CPT_TRY(cpt_error(
            CRITPT_NO_MEMORY,
            "%zu equations in %zu targets need %.3g GiB, the memory limit is %.3g GiB; "
            "raise it, or use fewer points or a smaller network",
            solve->equations, solve->unknowns, (double)size / 0x1p30, (double)limit / 0x1p30));
done:
    return status;
}

static critpt_status begin(cpt_solve *solve, const critpt_plan *plan,
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
    solve->unknowns = solve->N * solve->D;
    if (solve->K == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the plan has no point; add one with critpt_plan_add_point");
    CPT_TRY(cpt_multiply(solve->K, solve->P, "equations", &solve->equations));
    solve->batch = choose_batch(solve->equations, solve->N, solve->D);
    CPT_TRY(require_memory(solve));
    CPT_TRY(cpt_workspace_initialize(&solve->workspace, landscape, CPT_JET_BATCH));
    CPT_TRY(cpt_allocate(&solve->weights, solve->equations, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->base, solve->unknowns, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->targets, solve->unknowns, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->null, solve->equations, sizeof(bool)));
    CPT_TRY(cpt_allocate(&solve->gradient, solve->equations, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->step, solve->equations, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->units, solve->equations, sizeof(double)));
    for (size_t k = 0; k < solve->K; k++)
        memcpy(solve->weights + k * solve->P, plan->points[k].requested, solve->P * sizeof(double));
    solve->report.values[CRITPT_REPORT_EQUATIONS] = (double)solve->equations;
    solve->report.values[CRITPT_REPORT_UNKNOWNS] = (double)solve->unknowns;
done:
    return status;
}

static void end(cpt_solve *solve)
{
    if (solve->workspace.landscape)
        cpt_workspace_release(&solve->workspace);
    cpt_triangle_destroy(&solve->triangle);
    cpt_free(solve->weights);
    cpt_free(solve->base);
    cpt_free(solve->targets);
    cpt_free(solve->null);
    cpt_free(solve->gradient);
    cpt_free(solve->step);
    cpt_free(solve->units);
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

static void report_rank(cpt_solve *solve, double tolerance)
{
    double *values = solve->report.values;
    values[CRITPT_REPORT_RANK] = (double)solve->triangle.rank;
    values[CRITPT_REPORT_RANK_TOLERANCE] = tolerance;
    values[CRITPT_REPORT_RANK_GAP] = solve->triangle.gap;
    values[CRITPT_REPORT_CONDITION] = solve->triangle.condition;
}

static critpt_status factor(cpt_solve *solve)
{
    critpt_status status;
    double tolerance = solve->options->rank_tolerance;
    size_t larger = solve->equations > solve->unknowns ? solve->equations : solve->unknowns;
    if (tolerance == 0)
        tolerance = 10 * (double)larger * DBL_EPSILON;
    CPT_TRY(cpt_solve_progress(solve, 0.8, "rank"));
    CPT_TRY(cpt_solve_find_null(solve));
    CPT_TRY(cpt_triangle_factor(&solve->triangle, solve->null, tolerance));
    report_rank(solve, tolerance);
done:
    return status;
}

/* Norm of the independent equations' residuals, each in units of its row. */
static double independent_residual(const cpt_solve *solve)
{
    const cpt_triangle *triangle = &solve->triangle;
    double norm = 0;
    for (size_t i = 0; i < triangle->rank; i++) {
        size_t j = cpt_triangle_column(triangle, i);
        norm = hypot(norm, triangle->scale[j] * solve->gradient[j]);
    }
    return norm;
}

/* Semi-normal equations, refined on the gradients of the finished landscape until rounding stops
 * the decrease: what is left is then the rounding of the targets (MATH 6, steps 3 and 5). */
static critpt_status solve_and_refine(cpt_solve *solve)
{
    critpt_status status;
    size_t bytes = solve->unknowns * sizeof(double), round;
    double *previous = NULL, last = INFINITY;
    CPT_TRY(cpt_allocate(&previous, solve->unknowns, sizeof(double)));
    memcpy(solve->targets, solve->base, bytes);
    for (round = 0;; round++) {
        CPT_TRY(cpt_solve_progress(solve, 0.85, "refinement"));
        CPT_TRY(cpt_solve_gradients(solve));
        double residual = independent_residual(solve);
        if (!isfinite(residual))
            CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                              "the gradients overflow; scale inputs and weights down"));
        if (residual >= last) {
            memcpy(solve->targets, previous, bytes);
            CPT_TRY(cpt_solve_gradients(solve));
            break;
        }
        if (round > solve->options->refinements || residual > 0.5 * last)
            break;
        memcpy(previous, solve->targets, bytes);
        if (round > 0) /* the first step is taken even if large targets then round coarsely */
            last = residual;
        CPT_TRY(cpt_triangle_solve(&solve->triangle, solve->gradient, solve->step));
        CPT_TRY(cpt_solve_move_targets(solve));
    }
    solve->report.values[CRITPT_REPORT_REFINEMENTS] = round ? (double)round - 1 : 0;
done:
    cpt_free(previous);
    return status;
}

/* Rounding units of all gradient entries, and the scaled gradient of every point. */
static critpt_status measure_units(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < solve->K; k++) {
        cpt_gradient_scale scale;
        const double *gradient = solve->gradient + k * solve->P;
        CPT_TRY(cpt_solve_progress(solve, 0.9, "units"));
        CPT_TRY(cpt_landscape_gradient_scale(&solve->workspace, solve->targets,
                                             cpt_solve_weights(solve, k), &scale));
        for (size_t j = 0; j < solve->P; j++)
            solve->units[k * solve->P + j] = cpt_landscape_entry_unit(&solve->workspace, &scale, j);
        double unit = cpt_landscape_rounding_unit(&scale);
        double norm = cpt_linalg_norm(solve->P, gradient);
        if (!isfinite(norm) || !isfinite(unit))
            CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                              "the gradient of point %zu or its rounding unit overflows; scale "
                              "inputs, targets and weights down",
                              k));
        double *values = solve->report.points + k * CPT_POINT_QUANTITIES;
        values[CRITPT_POINT_GRADIENT_NORM] = norm;
        values[CRITPT_POINT_GRADIENT_SCALED] = norm > 0 ? norm / unit : 0;
        values[CRITPT_POINT_GRADIENT_MAX] = 0;
        for (size_t j = 0; j < solve->P; j++)
            values[CRITPT_POINT_GRADIENT_MAX] =
                fmax(values[CRITPT_POINT_GRADIENT_MAX], fabs(gradient[j]));
    }
done:
    return status;
}

/* The present rank's solution: refined, and its dependent equations looked at. */
static critpt_status attempt(cpt_solve *solve)
{
    critpt_status status;
    CPT_TRY(solve_and_refine(solve));
    CPT_TRY(measure_units(solve));
    cpt_solve_count_conflicts(solve);
done:
    return status;
}

/* Equations that conflict may only be nearly dependent: those that stand clear of the rounding of
 * the triangle are then taken as independent, unless the user set the tolerance. What conflicts
 * still is infeasible. */
static critpt_status settle_rank(cpt_solve *solve)
{
    critpt_status status;
    size_t rank = solve->triangle.rank;
    double finest = sqrt((double)solve->equations) * DBL_EPSILON;
    const double *conflicting = &solve->report.values[CRITPT_REPORT_CONFLICTING];
    CPT_TRY(attempt(solve));
    if (*conflicting > 0 && solve->options->rank_tolerance == 0) {
        CPT_TRY(cpt_triangle_decide_rank(&solve->triangle, finest));
        report_rank(solve, finest);
        if (solve->triangle.rank > rank)
            CPT_TRY(attempt(solve));
    }
    if (*conflicting > 0) {
        CPT_TRY(cpt_solve_keep_conflicts(solve));
        CPT_TRY(cpt_solve_explain_conflicts(solve));
    }
done:
    return status;
}

/* Loss, and the gradient after rounding to float32, whose array is `step`. */
static critpt_status measure_points(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    for (size_t k = 0; k < solve->K; k++) {
        const double *weights = cpt_solve_weights(solve, k);
        const double *requested = solve->plan->points[k].requested;
        double *values = solve->report.points + k * CPT_POINT_QUANTITIES;
        CPT_TRY(cpt_landscape_gradient_pass(workspace, solve->targets, weights, NULL,
                                            &values[CRITPT_POINT_LOSS]));
        if (!isfinite(values[CRITPT_POINT_LOSS]))
            CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                              "the loss of point %zu overflows; scale targets, sample weights and "
                              "metric down",
                              k));
        CPT_TRY(cpt_landscape_float32_pass(workspace, solve->targets, weights, solve->step));
        values[CRITPT_POINT_GRADIENT_NORM_FLOAT32] = cpt_linalg_norm(solve->P, solve->step);
        for (size_t j = 0; j < solve->P; j++)
            values[CRITPT_POINT_MOVED] =
                fmax(values[CRITPT_POINT_MOVED], fabs(weights[j] - requested[j]));
    }
done:
    return status;
}

/* y = f at every point, to the rounding of the solve (MATH 5, fact 12). */
static critpt_status require_residuals(const cpt_solve *solve)
{
    double size = cpt_solve_distance(solve, solve->targets, NULL) + solve->spread;
    double rounding = fmin(1e-6, 100 * DBL_EPSILON * solve->triangle.condition);
    for (size_t k = 0; k < solve->K; k++) {
        double loss = solve->report.points[k * CPT_POINT_QUANTITIES + CRITPT_POINT_LOSS];
        if (sqrt(2 * loss) > rounding * size)
            return CRITPT_OK;
    }
    return cpt_error(CRITPT_TRIVIAL,
                     "only targets equal to the outputs are left, with loss 0: %zu targets, "
                     "equations of rank %zu; give %s",
                     solve->unknowns, solve->triangle.rank,
                     solve->unknowns <= solve->triangle.rank
                         ? "more samples"
                         : "base targets off the span of the outputs, with noise for example");
}

/* Which scaled gradients pass at this condition (MATH 9); infinity: not judged. */
static double accepted_gradient(double condition)
{
    return condition <= 1e6 ? 2 : condition <= 1e10 ? 100 : INFINITY;
}

static critpt_status judge_gradients(const cpt_solve *solve)
{
    double condition = solve->triangle.condition, accepted = accepted_gradient(condition);
    for (size_t k = 0; k < solve->K; k++) {
        double scaled =
            solve->report.points[k * CPT_POINT_QUANTITIES + CRITPT_POINT_GRADIENT_SCALED];
        if (!(scaled <= accepted))
            return cpt_error(CRITPT_NOT_CONVERGED,
                             "the gradient of point %zu is %.3g times its rounding unit, %.3g are "
                             "accepted at condition %.1e; allow more refinements",
                             k, scaled, accepted, condition);
    }
    return CRITPT_OK;
}

static const double large_amplification = 10, small_rank_gap = 100;

static critpt_status warn(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    double *values = solve->report.values, condition = solve->triangle.condition;
    if (values[CRITPT_REPORT_AMPLIFICATION] > large_amplification)
        CPT_TRY(cpt_report_warn(&solve->report,
                                "amplification %.3g: the targets are far larger than the outputs; "
                                "it falls with wider inputs, larger initial weights and more "
                                "samples",
                                values[CRITPT_REPORT_AMPLIFICATION]));
    if (values[CRITPT_REPORT_RANK_GAP] < small_rank_gap)
        CPT_TRY(
            cpt_report_warn(&solve->report,
                            "the rank %zu of %zu equations is not clear: the pivots drop by %.3g "
                            "only at tolerance %.1e",
                            solve->triangle.rank, solve->equations, values[CRITPT_REPORT_RANK_GAP],
                            values[CRITPT_REPORT_RANK_TOLERANCE]));
    for (size_t k = 0; isinf(accepted_gradient(condition)) && k < solve->K; k++) {
        double scaled =
            solve->report.points[k * CPT_POINT_QUANTITIES + CRITPT_POINT_GRADIENT_SCALED];
        if (scaled > accepted_gradient(1))
            CPT_TRY(
                cpt_report_warn(&solve->report,
                                "the gradient of point %zu is %.3g times its rounding unit: the "
                                "equations have condition %.1e",
                                k, scaled, condition));
    }
done:
    return status;
}

static critpt_status run(cpt_solve *solve)
{
    critpt_status status;
    double *values = solve->report.values;
    CPT_TRY(cpt_allocate(&solve->report.points, solve->K * CPT_POINT_QUANTITIES, sizeof(double)));
    solve->report.n_points = solve->K;
    CPT_TRY(cpt_solve_balance(solve));
    CPT_TRY(find_kinks(solve));
    CPT_TRY(cpt_solve_choose_base(solve));
    CPT_TRY(cpt_solve_fold(solve));
    CPT_TRY(factor(solve));
    CPT_TRY(settle_rank(solve));
    CPT_TRY(measure_points(solve));
    CPT_TRY(require_residuals(solve));
    CPT_TRY(judge_gradients(solve));
    values[CRITPT_REPORT_DISTANCE] = cpt_solve_distance(solve, solve->targets, solve->base);
    values[CRITPT_REPORT_AMPLIFICATION] =
        values[CRITPT_REPORT_DISTANCE] > 0 ? values[CRITPT_REPORT_DISTANCE] / solve->spread : 0;
    CPT_TRY(warn(solve));
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
    memset(&solve, 0, sizeof solve);
    cpt_report_initialize(&solve.report);
    CPT_TRY(begin(&solve, plan, options));
    status = run(&solve);
    if (status == CRITPT_OK)
        commit(plan, &solve);
    else {
        cpt_free(solve.report.points);
        solve.report.points = NULL;
    }
    hand_over_report(plan, &solve);
done:
    end(&solve);
    return status;
}
