/* What a solve made of its points, and whether that will do. */
#include <float.h>
#include <math.h>

#include "landscape/accepted.h"
#include "solve/solve.h"

static double *values_of(const cpt_report *report, size_t point)
{
    return report->points + point * CPT_POINT_QUANTITIES;
}

static void set_gradient(size_t n, const double *gradient, double unit, double *values)
{
    double norm = cpt_linalg_norm(n, gradient);
    values[CRITPT_POINT_GRADIENT_NORM] = norm;
    values[CRITPT_POINT_GRADIENT_SCALED] = norm > 0 ? norm / unit : 0;
    values[CRITPT_POINT_GRADIENT_MAX] = 0;
    for (size_t j = 0; j < n; j++)
        values[CRITPT_POINT_GRADIENT_MAX] =
            fmax(values[CRITPT_POINT_GRADIENT_MAX], fabs(gradient[j]));
}

/* A critical point's gradient is the residual of its equations. */
static critpt_status measure_gradient(cpt_equations *equations, const double *targets, size_t point,
                                      double *gradient, double *values)
{
    critpt_status status;
    cpt_evaluation *evaluation = &equations->work->evaluation;
    const cpt_points *points = evaluation->points;
    const cpt_block *block =
        cpt_equations_find_block(equations, (cpt_request){point, CRITPT_CRITICAL_POINT});
    cpt_gradient_scale scale;
    double unit;
    if (block) {
        set_gradient(block->n, equations->residuals + block->first, block->unit, values);
        return CRITPT_OK;
    }
    CPT_TRY(cpt_landscape_gradient_pass(&evaluation->workspace, targets,
                                        cpt_points_weights(points, point), gradient, NULL));
    CPT_TRY(cpt_condition_gradient_unit(evaluation, point, targets,
                                        cpt_linalg_norm(points->P, gradient), &scale, &unit));
    set_gradient(points->P, gradient, unit, values);
done:
    return status;
}

/* gradient: scratch for P numbers */
static critpt_status measure_point(cpt_equations *equations, const double *targets, size_t point,
                                   double *gradient, double *values)
{
    critpt_status status;
    critpt_workspace *workspace = &equations->work->evaluation.workspace;
    const cpt_points *points = cpt_equations_points(equations);
    const double *weights = cpt_points_weights(points, point);
    const double *requested = equations->plan->points[point].requested;
    CPT_TRY(
        cpt_landscape_gradient_pass(workspace, targets, weights, NULL, &values[CRITPT_POINT_LOSS]));
    if (!isfinite(values[CRITPT_POINT_LOSS]))
        CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                          "the loss of point %zu overflows; scale targets, sample weights and "
                          "metric down",
                          point));
    CPT_TRY(measure_gradient(equations, targets, point, gradient, values));
    CPT_TRY(cpt_landscape_float32_pass(workspace, targets, weights, gradient));
    values[CRITPT_POINT_GRADIENT_NORM_FLOAT32] =
        isinf(gradient[0]) ? INFINITY : cpt_linalg_norm(points->P, gradient);
    for (size_t j = 0; j < points->P; j++)
        values[CRITPT_POINT_MOVED] =
            fmax(values[CRITPT_POINT_MOVED], fabs(weights[j] - requested[j]));
done:
    return status;
}

critpt_status cpt_solve_measure_points(cpt_equations *equations, const cpt_targets *targets,
                                       cpt_report *report)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    double *gradient = NULL;
    CPT_TRY(cpt_allocate(&gradient, points->P, sizeof *gradient));
    for (size_t k = 0; k < points->K; k++)
        CPT_TRY(measure_point(equations, targets->values, k, gradient, values_of(report, k)));
done:
    cpt_free(gradient);
    return status;
}

/* y = f at every critical point, to the rounding of the solve (MATH 5, fact 12). */
static critpt_status require_residuals(const cpt_equations *equations, const cpt_targets *targets,
                                       const cpt_report *report)
{
    const cpt_points *points = cpt_equations_points(equations);
    double size = cpt_metric_norm(points->metric, targets->values, NULL) + targets->spread;
    double rounding = fmin(1e-6, 100 * DBL_EPSILON * equations->triangle.condition);
    if (equations->n_critical == 0 || cpt_condition_level(equations->plan))
        return CRITPT_OK;
    for (size_t k = 0; k < points->K; k++)
        if (equations->plan->points[k].critical &&
            sqrt(2 * values_of(report, k)[CRITPT_POINT_LOSS]) > rounding * size)
            return CRITPT_OK;
    size_t rank = cpt_equations_hard_rank(equations);
    if (equations->unknowns <= rank)
        return cpt_error(CRITPT_TRIVIAL,
                         "only targets equal to the outputs are left, with loss 0: %zu targets, "
                         "equations of rank %zu; give more samples",
                         equations->unknowns, rank);
    return cpt_error(CRITPT_TRIVIAL,
                     "the nearest targets are the outputs themselves, with loss 0, although "
                     "equations of rank %zu leave %zu targets freedom: give base targets off the "
                     "span of the outputs, with noise for example",
                     rank, equations->unknowns);
}

/* What may help where equations are missed. */
static const char *advice(const cpt_equations *equations)
{
    if (equations->accounts.conflicting == 0)
        return "allow more refinements, or use other weights";
    if (equations->options->rank_tolerance > 0)
        return "equations below the rank tolerance that was set do not hold: make it smaller";
    return "double precision cannot tell whether nearly dependent equations contradict each other: "
           "use other weights, or scale and centre the inputs";
}

static critpt_status judge_gradients(const cpt_equations *equations, const cpt_report *report)
{
    double condition = equations->triangle.condition, accepted = cpt_accepted_gradient(condition);
    for (size_t k = 0; k < report->n_points; k++) {
        double scaled = values_of(report, k)[CRITPT_POINT_GRADIENT_SCALED];
        if (equations->plan->points[k].critical && !(scaled <= accepted))
            return cpt_error(CRITPT_NOT_CONVERGED,
                             "the gradient of point %zu is %.3g times its rounding unit, %.3g are "
                             "accepted at condition %.1e; %s",
                             k, scaled, accepted, condition, advice(equations));
    }
    return CRITPT_OK;
}

static critpt_status judge_amplification(const cpt_points *points, const cpt_targets *targets,
                                         double limit, cpt_report *report)
{
    static const double large = 10;
    double distance = cpt_metric_norm(points->metric, targets->values, targets->base);
    double amplification = distance / cpt_equations_output_scale(points, targets);
    report->values[CRITPT_REPORT_DISTANCE] = distance;
    report->values[CRITPT_REPORT_AMPLIFICATION] = amplification;
    if (amplification > limit)
        return cpt_error(CRITPT_NOT_ATTAINED,
                         "the targets' amplification is %.4g, beyond the limit of %.4g; it falls "
                         "with wider inputs, larger initial weights, more samples, points drawn "
                         "apart and soft conditions",
                         amplification, limit);
    if (amplification > cpt_equations_largest_amplification)
        return cpt_error(CRITPT_NOT_CONVERGED,
                         "the targets' amplification is %.4g: beside such targets rounding hides "
                         "the outputs; it falls with wider inputs, larger initial weights, more "
                         "samples, points drawn apart and soft conditions",
                         amplification);
    if (amplification > large)
        return cpt_plan_warn(report,
                             "amplification %.3g: the targets are far larger than the outputs; "
                             "it falls with wider inputs, larger initial weights and more "
                             "samples",
                             amplification);
    return CRITPT_OK;
}

static critpt_status warn_of_rank(const cpt_equations *equations, cpt_report *report)
{
    static const double small_gap = 100;
    const double *values = report->values;
    if (!(values[CRITPT_REPORT_RANK_GAP] < small_gap))
        return CRITPT_OK;
    return cpt_plan_warn(report,
                         "the rank %zu of %zu equations is not clear: the pivots drop by %.3g "
                         "only at tolerance %.1e",
                         equations->triangle.rank, equations->n, values[CRITPT_REPORT_RANK_GAP],
                         values[CRITPT_REPORT_RANK_TOLERANCE]);
}

critpt_status cpt_solve_judge(const cpt_equations *equations, const cpt_targets *targets,
                              cpt_report *report)
{
    critpt_status status;
    CPT_TRY(require_residuals(equations, targets, report));
    CPT_TRY(judge_gradients(equations, report));
    CPT_TRY(judge_amplification(cpt_equations_points(equations), targets,
                                equations->options->amplification_limit, report));
    CPT_TRY(warn_of_rank(equations, report));
done:
    return status;
}
