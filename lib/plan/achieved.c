/* What became of the conditions: what is there beside what was asked, and whether it will do. */
#include <float.h>
#include <math.h>

#include "plan/solve.h"

static double loss_of(const cpt_solve *solve, size_t point)
{
    return solve->report.points[point * CPT_POINT_QUANTITIES + CRITPT_POINT_LOSS];
}

static const cpt_block *block_of(const cpt_solve *solve, size_t condition)
{
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (solve->blocks[b].request.condition == condition)
            return &solve->blocks[b];
    return NULL;
}

/* Losses without an equation: the level, and differences that are tied. */
static void measure_loss(const cpt_solve *solve, const cpt_condition *condition, double *values)
{
    double loss = loss_of(solve, condition->points[0]), largest = loss;
    double size = cpt_solve_distance(solve, solve->targets, NULL);
    values[CRITPT_CONDITION_ACHIEVED] = loss;
    if (condition->kind == CRITPT_CONDITION_LOSS_DIFFERENCE) {
        double below = loss_of(solve, condition->points[1]);
        values[CRITPT_CONDITION_ACHIEVED] -= below;
        largest = fmax(loss, below);
    }
    values[CRITPT_CONDITION_RESIDUAL] = fabs(values[CRITPT_CONDITION_ACHIEVED] - condition->value);
    values[CRITPT_CONDITION_SCALED] =
        values[CRITPT_CONDITION_RESIDUAL] / (DBL_EPSILON * fmax(largest, size * size));
}

/* Largest residual of a block, and in its units. */
static void measure_block(const cpt_solve *solve, const cpt_block *block, double *values)
{
    values[CRITPT_CONDITION_EQUATIONS] = (double)block->n;
    values[CRITPT_CONDITION_RESIDUAL] = values[CRITPT_CONDITION_SCALED] = 0;
    for (size_t e = block->first; e < block->first + block->n; e++) {
        double residual = fabs(solve->residuals[e]);
        values[CRITPT_CONDITION_RESIDUAL] = fmax(values[CRITPT_CONDITION_RESIDUAL], residual);
        if (residual > 0)
            values[CRITPT_CONDITION_SCALED] =
                fmax(values[CRITPT_CONDITION_SCALED], residual / solve->units[e]);
    }
}

/* Contrast of the picture asked for and of the one that is there. */
static void measure_contrast(const cpt_solve *solve, const cpt_block *block, double *values)
{
    const double *picture = block->condition->vectors, *residuals = solve->residuals + block->first;
    double low = 0, high = 0, lowest = 0, highest = 0;
    for (size_t e = 0; e < block->n; e++) {
        double asked = picture[e + 1] - picture[0], there = asked + residuals[e];
        low = fmin(low, asked);
        high = fmax(high, asked);
        lowest = fmin(lowest, there);
        highest = fmax(highest, there);
    }
    values[CRITPT_CONDITION_REQUESTED] = high - low;
    values[CRITPT_CONDITION_ACHIEVED] = highest - lowest;
}

/* |gradient| asked for and there. */
static void measure_gradient(const cpt_solve *solve, const cpt_block *block, double *values)
{
    const double *asked = block->condition->vectors, *residuals = solve->residuals + block->first;
    values[CRITPT_CONDITION_REQUESTED] = cpt_linalg_norm(block->n, asked);
    values[CRITPT_CONDITION_ACHIEVED] = 0;
    for (size_t j = 0; j < block->n; j++)
        values[CRITPT_CONDITION_ACHIEVED] =
            hypot(values[CRITPT_CONDITION_ACHIEVED], asked[j] + residuals[j]);
}

static void measure_condition(const cpt_solve *solve, size_t c, double *values)
{
    const cpt_condition *condition = &solve->plan->conditions[c];
    const cpt_block *block = block_of(solve, c);
    values[CRITPT_CONDITION_REQUESTED] = condition->value;
    values[CRITPT_CONDITION_SOFTNESS] = condition->softness;
    if (condition->kind == CRITPT_CONDITION_NATURE) {
        values[CRITPT_CONDITION_ACHIEVED] = condition->value; /* confirmed by the spectrum */
        return;
    }
    if (!block) {
        measure_loss(solve, condition, values);
        return;
    }
    measure_block(solve, block, values);
    const double *residuals = solve->residuals + block->first, *v = condition->vectors;
    switch (condition->kind) {
    case CRITPT_CONDITION_GRADIENT:
        measure_gradient(solve, block, values);
        break;
    case CRITPT_CONDITION_EIGENPAIR: /* Rayleigh's quotient */
        values[CRITPT_CONDITION_ACHIEVED] =
            condition->value +
            cpt_linalg_dot(block->n, v, residuals) / cpt_linalg_dot(block->n, v, v);
        break;
    case CRITPT_CONDITION_GAUSS_NEWTON:
        values[CRITPT_CONDITION_ACHIEVED] = values[CRITPT_CONDITION_RESIDUAL];
        break;
    case CRITPT_CONDITION_PICTURE:
        measure_contrast(solve, block, values);
        break;
    case CRITPT_CONDITION_LOSS:
        values[CRITPT_CONDITION_ACHIEVED] = loss_of(solve, condition->points[0]);
        break;
    case CRITPT_CONDITION_NATURE:
        break;
    case CRITPT_CONDITION_HESSIAN_ENTRY:
    case CRITPT_CONDITION_CURVATURE:
    case CRITPT_CONDITION_LOSS_DIFFERENCE:
        values[CRITPT_CONDITION_ACHIEVED] = condition->value + *residuals;
        break;
    }
}

/* ---- Whether it will do ---- */

static critpt_status refuse_order(cpt_solve *solve, size_t c, const double *values)
{
    critpt_status status;
    const cpt_condition *condition = &solve->plan->conditions[c];
    const cpt_condition *level = cpt_solve_level_condition(solve->plan);
    size_t below = condition->n_points == 2 ? condition->points[1] : level->points[0];
    const cpt_request requests[3] = {{condition->points[0], c},
                                     {condition->points[0], CRITPT_CRITICAL_POINT},
                                     {below, CRITPT_CRITICAL_POINT}};
    cpt_cause cause = {.kind = CRITPT_CAUSE_LOSS_ORDER};
    CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_CONDITION, c));
    CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, condition->points[0]));
    CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, below));
    CPT_TRY(cpt_append(&solve->report.causes, &solve->report.n_causes, &cause, sizeof cause));
    cause = (cpt_cause){0};
    for (size_t i = 0; i < 3; i++)
        CPT_TRY(cpt_append(&solve->report.contradicting, &solve->report.n_contradicting,
                           &requests[i], sizeof requests[i]));
    status = cpt_error(CRITPT_INFEASIBLE,
                       "condition %zu asks for a loss %.17g above that of point %zu, and it is "
                       "%.17g whatever the targets are: at critical points of a network with "
                       "linear output layer the outputs' size decides; let points %zu and %zu move",
                       c, values[CRITPT_CONDITION_REQUESTED], below,
                       values[CRITPT_CONDITION_ACHIEVED], condition->points[0], below);
done:
    cpt_cause_destroy(&cause);
    return status;
}

/* Units that a condition's residual may have at this condition number of the equations. */
static double accepted(const cpt_solve *solve, const cpt_condition *condition)
{
    if (condition->softness > 0)
        return INFINITY;
    switch (condition->kind) {
    case CRITPT_CONDITION_LOSS:
    case CRITPT_CONDITION_LOSS_DIFFERENCE:
    case CRITPT_CONDITION_PICTURE:
        return 20;
    default:
        return solve->triangle.condition <= 1e6 ? 20 : 100;
    }
}

/* Whether a miss is 1 % or more of what was asked, because the targets are so large: with targets
 * of the outputs' size rounding would be less. A picture has a warning of its own. */
static bool drowns(const cpt_solve *solve, const cpt_condition *condition, const double *values)
{
    double asked = fabs(values[CRITPT_CONDITION_REQUESTED]);
    double miss = values[CRITPT_CONDITION_RESIDUAL], unit = miss / values[CRITPT_CONDITION_SCALED];
    double targets = cpt_solve_distance(solve, solve->targets, NULL);
    if (condition->softness > 0 || condition->kind == CRITPT_CONDITION_NATURE ||
        condition->kind == CRITPT_CONDITION_PICTURE || !(asked > 0) || !(targets > solve->size))
        return false;
    return miss > 0.01 * asked && miss > accepted(solve, condition) * unit * solve->size / targets;
}

static critpt_status judge(cpt_solve *solve, size_t c)
{
    const cpt_condition *condition = &solve->plan->conditions[c];
    const double *values = solve->report.conditions + c * CPT_CONDITION_QUANTITIES;
    double units = values[CRITPT_CONDITION_SCALED];
    if (!(units <= accepted(solve, condition))) {
        bool tied = !block_of(solve, c) && condition != cpt_solve_level_condition(solve->plan);
        if (tied && !(units <= 100 * solve->triangle.condition))
            return refuse_order(solve, c, values);
        return cpt_error(CRITPT_NOT_CONVERGED,
                         "condition %zu (%s) is missed by %.3g, %.3g times its rounding, where the "
                         "equations have condition %.1e; allow more refinements or use other "
                         "weights",
                         c, critpt_condition_kind_name(condition->kind),
                         values[CRITPT_CONDITION_RESIDUAL], units, solve->triangle.condition);
    }
    if (drowns(solve, condition, values))
        return cpt_error(CRITPT_NOT_CONVERGED,
                         "condition %zu (%s) is missed by %.3g, which is rounding beside targets "
                         "of %.2g times the outputs' size; use more samples or other weights",
                         c, critpt_condition_kind_name(condition->kind),
                         values[CRITPT_CONDITION_RESIDUAL],
                         cpt_solve_distance(solve, solve->targets, NULL) / solve->size);
    if (condition->softness > 0 && !block_of(solve, c))
        return cpt_report_warn(&solve->report,
                               "condition %zu is a soft loss difference between critical points, "
                               "in which the targets have no say; only a hard one scales their "
                               "output layers",
                               c);
    if (condition->kind == CRITPT_CONDITION_PICTURE && condition->softness == 0 &&
        values[CRITPT_CONDITION_RESIDUAL] > 1e-3 * values[CRITPT_CONDITION_REQUESTED])
        return cpt_report_warn(
            &solve->report,
            "condition %zu: the picture is met to the rounding of the loss, which is %.2g of its "
            "contrast; take a wider plane, fewer values, more samples or the soft mode",
            c, values[CRITPT_CONDITION_RESIDUAL] / values[CRITPT_CONDITION_REQUESTED]);
    return CRITPT_OK;
}

critpt_status cpt_solve_measure_conditions(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    size_t n = solve->plan->n_conditions;
    CPT_TRY(cpt_allocate(&solve->report.conditions, n * CPT_CONDITION_QUANTITIES, sizeof(double)));
    solve->report.n_conditions = n;
    for (size_t c = 0; c < n; c++)
        measure_condition(solve, c, solve->report.conditions + c * CPT_CONDITION_QUANTITIES);
    for (size_t c = 0; c < n; c++)
        CPT_TRY(judge(solve, c));
done:
    return status;
}
