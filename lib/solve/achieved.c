/* What became of the conditions: what is there beside what was asked, and whether it will do. */
#include <float.h>
#include <math.h>

#include "solve/solve.h"

static const cpt_block *block_of(const cpt_equations *equations, size_t c)
{
    const cpt_request request = {equations->plan->conditions[c].points[0], c};
    return cpt_equations_find_block(equations, request);
}

/* Largest residual of a block, largest in its own equation's unit, and largest unit: of three
 * equations, perhaps. */
static void measure_block(const cpt_equations *equations, const cpt_block *block, double *values)
{
    values[CRITPT_CONDITION_EQUATIONS] = (double)block->n;
    values[CRITPT_CONDITION_RESIDUAL] = values[CRITPT_CONDITION_SCALED] = 0;
    values[CRITPT_CONDITION_UNIT] = 0;
    for (size_t e = block->first; e < block->first + block->n; e++) {
        double residual = fabs(equations->residuals[e]);
        values[CRITPT_CONDITION_RESIDUAL] = fmax(values[CRITPT_CONDITION_RESIDUAL], residual);
        values[CRITPT_CONDITION_UNIT] = fmax(values[CRITPT_CONDITION_UNIT], equations->units[e]);
        if (residual > 0)
            values[CRITPT_CONDITION_SCALED] =
                fmax(values[CRITPT_CONDITION_SCALED], residual / equations->units[e]);
    }
}

/* How far a condition without equations is missed: the level, differences that are tied. */
static void measure_miss(const cpt_condition *condition, const cpt_report *report,
                         double target_size, double *values)
{
    double miss = fabs(values[CRITPT_CONDITION_ACHIEVED] - condition->value), largest = 0;
    for (size_t i = 0; i < condition->n_points; i++) {
        size_t point = condition->points[i];
        largest = fmax(largest, report->points[point * CPT_POINT_QUANTITIES + CRITPT_POINT_LOSS]);
    }
    values[CRITPT_CONDITION_RESIDUAL] = miss;
    values[CRITPT_CONDITION_UNIT] = DBL_EPSILON * fmax(largest, target_size * target_size);
    values[CRITPT_CONDITION_SCALED] = miss == 0 ? 0 : miss / values[CRITPT_CONDITION_UNIT];
}

static void measure_condition(const cpt_equations *equations, const cpt_report *report,
                              double target_size, size_t c, double *values)
{
    const cpt_condition *condition = &equations->plan->conditions[c];
    const cpt_condition_kind *kind = cpt_condition_kind_of(condition);
    const cpt_block *block = block_of(equations, c);
    values[CRITPT_CONDITION_REQUESTED] = condition->value;
    values[CRITPT_CONDITION_SOFTNESS] = condition->softness;
    if (block) {
        measure_block(equations, block, values);
        kind->achieved(condition, report, block->n, equations->residuals + block->first, values);
    } else {
        kind->achieved(condition, report, 0, NULL, values);
        measure_miss(condition, report, target_size, values);
    }
}

/* ---- Whether it will do ---- */

static critpt_status refuse_order(const critpt_plan *plan, size_t c, const double *values,
                                  cpt_report *report)
{
    critpt_status status;
    const cpt_condition *condition = &plan->conditions[c];
    const cpt_gap gap = cpt_condition_kind_of(condition)->gap(plan, condition);
    double excess = values[CRITPT_CONDITION_ACHIEVED] - values[CRITPT_CONDITION_REQUESTED];
    size_t below = gap.below;
    const cpt_request requests[3] = {{condition->points[0], c},
                                     {condition->points[0], CRITPT_CRITICAL_POINT},
                                     {below, CRITPT_CRITICAL_POINT}};
    cpt_cause cause = {.kind = CRITPT_CAUSE_LOSS_ORDER};
    CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_CONDITION, c));
    CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, condition->points[0]));
    CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, below));
    CPT_TRY(cpt_append(&report->causes, &report->n_causes, &cause, sizeof cause));
    cause = (cpt_cause){0};
    for (size_t i = 0; i < 3; i++)
        CPT_TRY(cpt_append(&report->contradicting, &report->n_contradicting, &requests[i],
                           sizeof requests[i]));
    status =
        cpt_error(CRITPT_INFEASIBLE,
                  "condition %zu asks for a loss %.17g above that of point %zu, and it is "
                  "%.17g whatever the targets are: at critical points of a network with "
                  "linear output layer the outputs' size decides; let points %zu and %zu move",
                  c, gap.difference, below, gap.difference + excess, condition->points[0], below);
done:
    cpt_plan_cause_destroy(&cause);
    return status;
}

/* Units that a condition's residual may have at this condition number of the equations. */
static double accepted(const cpt_equations *equations, const cpt_condition *condition)
{
    return condition->softness > 0
               ? INFINITY
               : cpt_equations_accepted(equations, cpt_condition_kind_of(condition));
}

/* Whether a miss is 1 % or more of what was asked, because the targets are so large: with targets
 * of the outputs' size rounding would be less. Some kinds have a warning of their own. */
static bool is_lost(const cpt_equations *equations, const cpt_targets *targets, double target_size,
                    const cpt_condition *condition, const double *values)
{
    double asked = fabs(values[CRITPT_CONDITION_REQUESTED]);
    double miss = values[CRITPT_CONDITION_RESIDUAL], unit = miss / values[CRITPT_CONDITION_SCALED];
    if (condition->softness > 0 || cpt_condition_kind_of(condition)->warn || !(asked > 0) ||
        !(target_size > targets->size))
        return false;
    return miss > 0.01 * asked &&
           miss > accepted(equations, condition) * unit * targets->size / target_size;
}

static critpt_status refuse(const cpt_equations *equations, size_t c, const double *values,
                            cpt_report *report)
{
    const cpt_condition *condition = &equations->plan->conditions[c];
    double units = values[CRITPT_CONDITION_SCALED];
    bool tied = !block_of(equations, c) && condition != cpt_condition_level(equations->plan);
    if (tied && !(units <= 100 * equations->triangle.condition))
        return refuse_order(equations->plan, c, values, report);
    return cpt_error(CRITPT_NOT_CONVERGED,
                     "condition %zu (%s) is missed by %.3g, %.3g times its rounding, where the "
                     "equations have condition %.1e; allow more refinements or use other "
                     "weights",
                     c, critpt_condition_kind_name(condition->kind),
                     values[CRITPT_CONDITION_RESIDUAL], units, equations->triangle.condition);
}

static critpt_status judge(const cpt_equations *equations, const cpt_targets *targets,
                           double target_size, size_t c, cpt_report *report)
{
    const cpt_condition *condition = &equations->plan->conditions[c];
    const cpt_condition_kind *kind = cpt_condition_kind_of(condition);
    const double *values = report->conditions + c * CPT_CONDITION_QUANTITIES;
    if (!(values[CRITPT_CONDITION_SCALED] <= accepted(equations, condition)))
        return refuse(equations, c, values, report);
    if (is_lost(equations, targets, target_size, condition, values))
        return cpt_error(CRITPT_NOT_CONVERGED,
                         "condition %zu (%s) is missed by %.3g, which is rounding beside targets "
                         "of %.2g times the outputs' size; use more samples or other weights",
                         c, kind->name, values[CRITPT_CONDITION_RESIDUAL],
                         target_size / targets->size);
    if (condition->softness > 0 && !block_of(equations, c))
        return cpt_plan_warn(report,
                             "condition %zu is a soft loss difference between critical points, "
                             "in which the targets have no say; only a hard one scales their "
                             "output layers",
                             c);
    if (kind->warn && condition->softness == 0)
        return kind->warn(report, c, values);
    return CRITPT_OK;
}

critpt_status cpt_solve_measure_conditions(const cpt_equations *equations,
                                           const cpt_targets *targets, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    size_t n = equations->plan->n_conditions;
    double size = cpt_metric_norm(cpt_equations_points(equations)->metric, targets->values, NULL);
    CPT_TRY(cpt_allocate(&report->conditions, n * CPT_CONDITION_QUANTITIES, sizeof(double)));
    report->n_conditions = n;
    for (size_t c = 0; c < n; c++)
        measure_condition(equations, report, size, c,
                          report->conditions + c * CPT_CONDITION_QUANTITIES);
    for (size_t c = 0; c < n; c++)
        CPT_TRY(judge(equations, targets, size, c, report));
done:
    return status;
}
