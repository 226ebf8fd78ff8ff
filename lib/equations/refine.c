/* From the triangle to targets: the equations solved and refined, at the rank that can be had. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "equations/equations.h"
#include "landscape/accepted.h"

/* Norm of the independent equations' residuals, each in units of its row. */
static double independent_residual(const cpt_equations *equations)
{
    const cpt_triangle *triangle = &equations->triangle;
    double norm = 0;
    for (size_t i = 0; i < triangle->rank; i++) {
        size_t e = cpt_triangle_column(triangle, i);
        norm = hypot(norm, triangle->scale[e] * equations->residuals[e]);
    }
    return norm;
}

/* Residuals at the targets, a soft equation's less what its slack allows. */
static critpt_status find_residuals(cpt_equations *equations, const cpt_targets *targets)
{
    critpt_status status;
    CPT_TRY(cpt_equations_find_residuals(equations, targets->values));
    for (size_t e = 0; e < equations->n; e++)
        equations->residuals[e] -= equations->looseness[e] * targets->slack[e];
done:
    return status;
}

static void copy(const cpt_equations *equations, cpt_change from, cpt_change to)
{
    const cpt_points *points = cpt_equations_points(equations);
    memcpy(to.field, from.field, points->N * points->D * sizeof(double));
    memcpy(to.slack, from.slack, equations->n * sizeof(double));
}

/* Whether every gradient is as small as a triangle would leave it: a restart without one is as long
 * as the first run. */
static critpt_status is_refined(cpt_equations *equations, const cpt_targets *targets, bool *refined)
{
    critpt_status status;
    double accepted = cpt_accepted_gradient(1);
    CPT_TRY(cpt_equations_find_units(equations, targets->values));
    *refined = true;
    for (size_t b = 0; b < equations->n_blocks && *refined; b++) {
        const cpt_block *block = &equations->blocks[b];
        double norm = cpt_linalg_norm(block->n, equations->residuals + block->first);
        *refined = norm <= accepted * block->unit;
    }
done:
    return status;
}

/* Restarts on the equations' own residuals, until rounding stops the decrease: what is left is then
 * the rounding of the targets (MATH 6, step 5). A step shorter than a part of the targets'
 * last digits is none. */
critpt_status cpt_equations_refine(cpt_equations *equations, cpt_targets *targets)
{
    static const double last_digits = DBL_EPSILON / 64;
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    cpt_change present = cpt_equations_present(targets), earlier = {NULL, NULL};
    cpt_change *step = &equations->krylov.solution;
    double last = INFINITY;
    size_t round;
    bool refined;
    CPT_TRY(cpt_equations_change_create(equations, &earlier));
    for (round = 0;; round++) {
        /* without a triangle the work of the first round is still to come */
        double reached = equations->unit_blocks && round == 0 ? 0.2 : 0.85;
        CPT_TRY(cpt_pulse_advance(reached, "refinement"));
        CPT_TRY(find_residuals(equations, targets));
        if (equations->unit_blocks && round > 0) {
            CPT_TRY(is_refined(equations, targets, &refined));
            if (refined)
                break;
        }
        double residual = independent_residual(equations);
        if (!isfinite(residual))
            CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                              "the gradients overflow; scale inputs and weights down"));
        if (residual >= last) {
            copy(equations, earlier, present);
            CPT_TRY(find_residuals(equations, targets));
            break;
        }
        if (round > equations->options->refinements || residual > 0.5 * last)
            break;
        copy(equations, present, earlier);
        if (round > 0) /* the first step is taken even if large targets then round coarsely */
            last = residual;
        double enough = last_digits * cpt_metric_norm(points->metric, targets->values, NULL);
        CPT_TRY(cpt_equations_least_norm(equations, equations->residuals, enough, step));
        cpt_equations_change_add(equations, 1, step, &present);
    }
    for (size_t e = 0; e < equations->n; e++)
        equations->residuals[e] += equations->looseness[e] * targets->slack[e];
    equations->accounts.refinements = round ? (double)round - 1 : 0;
done:
    cpt_equations_change_destroy(&earlier);
    return status;
}

/* Where the targets start from: at the base targets, or where those lie after the residual of the
 * only point was scaled (MATH 7, K = 1). */
static critpt_status start(cpt_equations *equations, cpt_targets *targets)
{
    critpt_status status = CRITPT_OK;
    const cpt_points *points = cpt_equations_points(equations);
    cpt_change present = cpt_equations_present(targets);
    double scale = equations->plan->residual_scale;
    cpt_equations_change_clear(equations, &present);
    if (scale != 1)
        CPT_TRY(
            cpt_points_add_outputs(&equations->work->evaluation, 0, 1 - scale, targets->values));
    cpt_linalg_axpy(points->N * points->D, scale, targets->base, targets->values);
    targets->started = true;
done:
    return status;
}

/* The present rank's solution: refined, and its dependent equations counted. */
static critpt_status attempt(cpt_equations *equations, cpt_targets *targets)
{
    critpt_status status;
    CPT_TRY(start(equations, targets));
    CPT_TRY(cpt_equations_refine(equations, targets));
    CPT_TRY(cpt_equations_find_units(equations, targets->values));
    cpt_equations_count(equations);
done:
    return status;
}

static critpt_status attempt_at(cpt_equations *equations, double tolerance, cpt_targets *targets)
{
    critpt_status status;
    CPT_TRY(cpt_triangle_decide_rank(&equations->triangle, tolerance));
    equations->accounts.tolerance = tolerance;
    CPT_TRY(attempt(equations, targets));
done:
    return status;
}

/* Equations that conflict may only be nearly dependent: those that stand clear of the rounding of
 * the triangle are then taken as independent. Where that takes targets beyond all that a proof of
 * contradiction speaks of, it was rounding that stood clear. */
static critpt_status try_finest(cpt_equations *equations, cpt_targets *targets)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t rank = equations->triangle.rank;
    double first = equations->accounts.tolerance;
    double finest = sqrt((double)equations->n) * DBL_EPSILON;
    double farthest = cpt_equations_far * cpt_equations_target_size(points, targets);
    CPT_TRY(attempt_at(equations, finest, targets));
    bool far = cpt_metric_norm(points->metric, targets->values, targets->base) > farthest;
    if (equations->triangle.rank > rank && (far || !cpt_equations_all_hold(equations, targets)))
        CPT_TRY(attempt_at(equations, first, targets));
done:
    return status;
}

/* What does not hold with a triangle of products is diagnosed with that of the rows; and at a finer
 * tolerance of the rank, unless the user set it. */
critpt_status cpt_equations_solve(cpt_equations *equations, cpt_targets *targets)
{
    critpt_status status;
    CPT_TRY(attempt(equations, targets));
    bool may_fold = cpt_equations_may_fold(equations) && equations->triangle.of_products;
    if (may_fold && !cpt_equations_all_hold(equations, targets)) {
        CPT_TRY(cpt_equations_fold(equations));
        CPT_TRY(attempt(equations, targets));
    }
    if (equations->accounts.conflicting > 0 && equations->options->rank_tolerance == 0)
        CPT_TRY(try_finest(equations, targets));
done:
    return status;
}
