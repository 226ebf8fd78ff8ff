/* From the triangle to targets: the rank decided, the equations solved and refined. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

static void report_rank(cpt_solve *solve, double tolerance)
{
    double *values = solve->report.values;
    values[CRITPT_REPORT_RANK] = (double)solve->triangle.rank;
    values[CRITPT_REPORT_RANK_TOLERANCE] = tolerance;
    values[CRITPT_REPORT_RANK_GAP] = solve->triangle.gap;
    values[CRITPT_REPORT_CONDITION] = solve->triangle.condition;
}

critpt_status cpt_solve_factor(cpt_solve *solve)
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
        size_t e = cpt_triangle_column(triangle, i);
        norm = hypot(norm, triangle->scale[e] * solve->residuals[e]);
    }
    return norm;
}

/* Residuals at the present targets, a soft equation's less what its slack allows. */
static critpt_status find_residuals(cpt_solve *solve)
{
    critpt_status status;
    CPT_TRY(cpt_solve_residuals(solve));
    for (size_t e = 0; e < solve->equations; e++)
        solve->residuals[e] -= solve->looseness[e] * solve->slack[e];
done:
    return status;
}

static void copy(const cpt_solve *solve, const double *from_targets, const double *from_slack,
                 double *targets, double *slack)
{
    memcpy(targets, from_targets, solve->N * solve->D * sizeof(double));
    memcpy(slack, from_slack, solve->equations * sizeof(double));
}

/* Restarts on the equations' own residuals, until rounding stops the decrease: what is left is then
 * the rounding of the targets (MATH 6, steps 3 and 5). A step shorter than a part of the targets'
 * last digits is none. */
critpt_status cpt_solve_refine(cpt_solve *solve)
{
    static const double last_digits = DBL_EPSILON / 64;
    critpt_status status;
    cpt_change *step = &solve->krylov.solution, earlier = {NULL, NULL};
    double last = INFINITY;
    size_t round;
    CPT_TRY(cpt_change_create(&earlier, solve->N * solve->D, solve->equations));
    for (round = 0;; round++) {
        CPT_TRY(cpt_solve_progress(solve, 0.85, "refinement"));
        CPT_TRY(find_residuals(solve));
        double residual = independent_residual(solve);
        if (!isfinite(residual))
            CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                              "the gradients overflow; scale inputs and weights down"));
        if (residual >= last) {
            copy(solve, earlier.field, earlier.slack, solve->targets, solve->slack);
            CPT_TRY(find_residuals(solve));
            break;
        }
        if (round > solve->options->refinements || residual > 0.5 * last)
            break;
        copy(solve, solve->targets, solve->slack, earlier.field, earlier.slack);
        if (round > 0) /* the first step is taken even if large targets then round coarsely */
            last = residual;
        double enough = last_digits * cpt_solve_distance(solve, solve->targets, NULL);
        CPT_TRY(cpt_solve_least_norm(solve, solve->residuals, enough, step));
        cpt_solve_add_change(solve, 1, step);
    }
    for (size_t e = 0; e < solve->equations; e++)
        solve->residuals[e] += solve->looseness[e] * solve->slack[e];
    solve->report.values[CRITPT_REPORT_REFINEMENTS] = round ? (double)round - 1 : 0;
done:
    cpt_change_destroy(&earlier);
    return status;
}

/* Where the targets start from: at the base targets, or where those lie after the residual of the
 * only point was scaled (MATH 7, K = 1). */
static critpt_status start(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    size_t n = solve->N * solve->D;
    double scale = solve->plan->residual_scale;
    memset(solve->targets, 0, n * sizeof(double));
    if (scale != 1)
        CPT_TRY(cpt_solve_add_outputs(solve, 0, 1 - scale, solve->targets));
    cpt_linalg_axpy(n, scale, solve->base, solve->targets);
    solve->started = true;
    memset(solve->slack, 0, solve->equations * sizeof(double));
done:
    return status;
}

/* The present rank's solution: refined, and its dependent equations looked at. */
static critpt_status attempt(cpt_solve *solve)
{
    critpt_status status;
    CPT_TRY(start(solve));
    CPT_TRY(cpt_solve_refine(solve));
    CPT_TRY(cpt_solve_units(solve));
    cpt_solve_count_conflicts(solve);
done:
    return status;
}

static critpt_status attempt_at(cpt_solve *solve, double tolerance)
{
    critpt_status status;
    CPT_TRY(cpt_triangle_decide_rank(&solve->triangle, tolerance));
    report_rank(solve, tolerance);
    CPT_TRY(attempt(solve));
done:
    return status;
}

/* Equations that conflict may only be nearly dependent: those that stand clear of the rounding of
 * the triangle are then taken as independent, unless the user set the tolerance. */
critpt_status cpt_solve_attempt(cpt_solve *solve)
{
    critpt_status status;
    size_t rank = solve->triangle.rank;
    double first = solve->report.values[CRITPT_REPORT_RANK_TOLERANCE];
    double finest = sqrt((double)solve->equations) * DBL_EPSILON;
    const double *conflicting = &solve->report.values[CRITPT_REPORT_CONFLICTING];
    CPT_TRY(attempt(solve));
    if (*conflicting > 0 && solve->options->rank_tolerance == 0) {
        CPT_TRY(attempt_at(solve, finest));
        if (solve->triangle.rank > rank && !cpt_solve_all_hold(solve))
            CPT_TRY(attempt_at(solve, first));
    }
done:
    return status;
}

/* What is proven to conflict is infeasible; the rest is judged by what it misses. */
critpt_status cpt_solve_settle_rank(cpt_solve *solve)
{
    critpt_status status;
    size_t n_proofs = 0;
    CPT_TRY(cpt_solve_attempt(solve));
    if (solve->report.values[CRITPT_REPORT_CONFLICTING] > 0)
        CPT_TRY(cpt_solve_keep_conflicts(solve, &n_proofs));
    if (n_proofs > 0)
        CPT_TRY(cpt_solve_explain_conflicts(solve, n_proofs));
done:
    return status;
}
