/* What a solve made of its points, and whether that will do. */
#include <float.h>
#include <math.h>

#include "plan/solve.h"

static double *values_of(const cpt_solve *solve, size_t point)
{
    return solve->report.points + point * CPT_POINT_QUANTITIES;
}

static critpt_status measure_point(cpt_solve *solve, size_t point)
{
    critpt_status status;
    const double *weights = cpt_solve_weights(solve, point);
    const double *requested = solve->plan->points[point].requested;
    double *values = values_of(solve, point), *gradient = solve->product;
    cpt_gradient_scale scale;
    CPT_TRY(cpt_landscape_gradient_pass(&solve->workspace, solve->targets, weights, NULL,
                                        &values[CRITPT_POINT_LOSS]));
    if (!isfinite(values[CRITPT_POINT_LOSS]))
        CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                          "the loss of point %zu overflows; scale targets, sample weights and "
                          "metric down",
                          point));
    if (!solve->plan->points[point].critical)
        CPT_TRY(cpt_solve_measure_gradient(solve, point, gradient, &scale));
    CPT_TRY(cpt_landscape_float32_pass(&solve->workspace, solve->targets, weights, gradient));
    values[CRITPT_POINT_GRADIENT_NORM_FLOAT32] = cpt_linalg_norm(solve->P, gradient);
    for (size_t j = 0; j < solve->P; j++)
        values[CRITPT_POINT_MOVED] =
            fmax(values[CRITPT_POINT_MOVED], fabs(weights[j] - requested[j]));
done:
    return status;
}

critpt_status cpt_solve_measure_points(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < solve->K; k++)
        CPT_TRY(measure_point(solve, k));
done:
    return status;
}

/* Independent equations among those that must hold. */
static size_t hard_rank(const cpt_solve *solve)
{
    size_t rank = 0;
    for (size_t i = 0; i < solve->triangle.rank; i++)
        rank += solve->looseness[cpt_triangle_column(&solve->triangle, i)] == 0;
    return rank;
}

/* y = f at every critical point, to the rounding of the solve (MATH 5, fact 12). */
static critpt_status require_residuals(const cpt_solve *solve)
{
    double size = cpt_solve_distance(solve, solve->targets, NULL) + solve->spread;
    double rounding = fmin(1e-6, 100 * DBL_EPSILON * solve->triangle.condition);
    if (solve->n_critical == 0 || cpt_solve_level_condition(solve->plan))
        return CRITPT_OK;
    for (size_t k = 0; k < solve->K; k++)
        if (solve->plan->points[k].critical &&
            sqrt(2 * values_of(solve, k)[CRITPT_POINT_LOSS]) > rounding * size)
            return CRITPT_OK;
    size_t rank = hard_rank(solve);
    if (solve->unknowns <= rank)
        return cpt_error(CRITPT_TRIVIAL,
                         "only targets equal to the outputs are left, with loss 0: %zu targets, "
                         "equations of rank %zu; give more samples",
                         solve->unknowns, rank);
    return cpt_error(CRITPT_TRIVIAL,
                     "the nearest targets are the outputs themselves, with loss 0, although "
                     "equations of rank %zu leave %zu targets freedom: give base targets off the "
                     "span of the outputs, with noise for example",
                     rank, solve->unknowns);
}

/* Which scaled gradients pass at this condition (MATH 9). */
static double accepted_gradient(double condition)
{
    return condition <= 1e6 ? 2 : 100;
}

/* What may help where equations are missed. */
static const char *advice(const cpt_solve *solve)
{
    if (solve->report.values[CRITPT_REPORT_CONFLICTING] == 0)
        return "allow more refinements, or use other weights";
    if (solve->options->rank_tolerance > 0)
        return "equations below the rank tolerance that was set do not hold: make it smaller";
    return "double precision cannot tell whether nearly dependent equations contradict each other: "
           "use other weights, or scale and centre the inputs";
}

static critpt_status judge_gradients(cpt_solve *solve)
{
    double condition = solve->triangle.condition, accepted = accepted_gradient(condition);
    for (size_t k = 0; k < solve->K; k++) {
        double scaled = values_of(solve, k)[CRITPT_POINT_GRADIENT_SCALED];
        if (!solve->plan->points[k].critical)
            continue;
        if (!(scaled <= accepted))
            return cpt_error(CRITPT_NOT_CONVERGED,
                             "the gradient of point %zu is %.3g times its rounding unit, %.3g are "
                             "accepted at condition %.1e; %s",
                             k, scaled, accepted, condition, advice(solve));
    }
    return CRITPT_OK;
}

/* What the targets' distance is measured by: the outputs' spread; the size of constant outputs;
 * that of the base targets where outputs are 0. */
static double yardstick(const cpt_solve *solve)
{
    static const double rounding = 1e3 * DBL_EPSILON;
    double base = cpt_solve_distance(solve, solve->base, NULL);
    if (solve->spread > rounding * solve->size)
        return solve->spread;
    return solve->size > 0 ? solve->size : base > 0 ? base : 1;
}

/* From where on the last digit of the targets is 1 % of the outputs. */
static const double drowning = 0.01 / DBL_EPSILON;

bool cpt_solve_drowns(const cpt_solve *solve)
{
    return cpt_solve_distance(solve, solve->targets, solve->base) > drowning * yardstick(solve);
}

static critpt_status judge_amplification(cpt_solve *solve)
{
    static const double large = 10;
    double *values = solve->report.values, limit = solve->options->amplification_limit;
    double distance = cpt_solve_distance(solve, solve->targets, solve->base);
    double amplification = distance / yardstick(solve);
    values[CRITPT_REPORT_DISTANCE] = distance;
    values[CRITPT_REPORT_AMPLIFICATION] = amplification;
    if (amplification > limit)
        return cpt_error(CRITPT_NOT_ATTAINED,
                         "the targets' amplification is %.4g, beyond the limit of %.4g; it falls "
                         "with wider inputs, larger initial weights, more samples, points drawn "
                         "apart and soft conditions",
                         amplification, limit);
    if (amplification > drowning)
        return cpt_error(CRITPT_NOT_CONVERGED,
                         "the targets' amplification is %.4g: beside such targets rounding hides "
                         "the outputs; it falls with wider inputs, larger initial weights, more "
                         "samples, points drawn apart and soft conditions",
                         amplification);
    if (amplification > large)
        return cpt_report_warn(&solve->report,
                               "amplification %.3g: the targets are far larger than the outputs; "
                               "it falls with wider inputs, larger initial weights and more "
                               "samples",
                               amplification);
    return CRITPT_OK;
}

static critpt_status warn_of_rank(cpt_solve *solve)
{
    static const double small_gap = 100;
    const double *values = solve->report.values;
    if (!(values[CRITPT_REPORT_RANK_GAP] < small_gap))
        return CRITPT_OK;
    return cpt_report_warn(&solve->report,
                           "the rank %zu of %zu equations is not clear: the pivots drop by %.3g "
                           "only at tolerance %.1e",
                           solve->triangle.rank, solve->equations, values[CRITPT_REPORT_RANK_GAP],
                           values[CRITPT_REPORT_RANK_TOLERANCE]);
}

critpt_status cpt_solve_judge(cpt_solve *solve)
{
    critpt_status status;
    CPT_TRY(require_residuals(solve));
    CPT_TRY(judge_gradients(solve));
    CPT_TRY(judge_amplification(solve));
    CPT_TRY(warn_of_rank(solve));
done:
    return status;
}
