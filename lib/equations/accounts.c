/* Which equations hold at the targets they were solved for. */
#include <float.h>
#include <math.h>

#include "equations/equations.h"
#include "landscape/accepted.h"

double cpt_equations_accepted(const cpt_equations *equations, const cpt_condition_kind *kind)
{
    return fmin(kind->accepted, cpt_accepted_derivative(equations->triangle.condition));
}

double cpt_equations_defect(const cpt_equations *equations, size_t position)
{
    size_t j = cpt_triangle_column(&equations->triangle, position);
    double residual = equations->residuals[j];
    return residual == 0 ? 0 : fabs(residual) / equations->units[j];
}

bool cpt_equations_conflicts(const cpt_equations *equations, size_t position)
{
    size_t j = cpt_triangle_column(&equations->triangle, position);
    double accepted = cpt_equations_block(equations, j)->kind->accepted;
    return !(cpt_equations_defect(equations, position) <= accepted);
}

void cpt_equations_count(cpt_equations *equations)
{
    size_t conflicting = 0, redundant = 0, null = 0;
    if (equations->unit_blocks)
        return; /* unknown */
    for (size_t i = equations->triangle.rank; i < equations->n; i++) {
        if (cpt_equations_conflicts(equations, i))
            conflicting++;
        else if (equations->null[cpt_triangle_column(&equations->triangle, i)])
            null++;
        else
            redundant++;
    }
    equations->accounts.conflicting = (double)conflicting;
    equations->accounts.redundant = (double)redundant;
    equations->accounts.null = (double)null;
}

void cpt_equations_close_accounts(cpt_equations *equations)
{
    if (equations->unit_blocks)
        return;
    equations->accounts.redundant += equations->accounts.conflicting;
    equations->accounts.conflicting = 0;
}

/* The outputs' spread; the size of constant outputs; that of the base targets where outputs are 0.
 */
double cpt_equations_output_scale(const cpt_points *points, const cpt_targets *targets)
{
    static const double rounding = 1e3 * DBL_EPSILON;
    double base = cpt_metric_norm(points->metric, targets->base, NULL);
    if (targets->spread > rounding * targets->size)
        return targets->spread;
    return targets->size > 0 ? targets->size : base > 0 ? base : 1;
}

const double cpt_equations_largest_amplification = 0.01 / DBL_EPSILON;

double cpt_equations_target_size(const cpt_points *points, const cpt_targets *targets)
{
    return cpt_metric_norm(points->metric, targets->values, NULL) +
           cpt_metric_norm(points->metric, targets->base, NULL) + targets->spread;
}

const double cpt_equations_far = 1e8;

/* Whether the targets are so large that rounding hides the outputs beside them. */
static bool hides_outputs(const cpt_points *points, const cpt_targets *targets)
{
    double distance = cpt_metric_norm(points->metric, targets->values, targets->base);
    return distance >
           cpt_equations_largest_amplification * cpt_equations_output_scale(points, targets);
}

static bool is_hard(const cpt_equations *equations, size_t position)
{
    return equations->looseness[cpt_triangle_column(&equations->triangle, position)] == 0;
}

bool cpt_equations_all_hold(const cpt_equations *equations, const cpt_targets *targets)
{
    for (size_t i = 0; i < equations->n; i++)
        if (is_hard(equations, i) && cpt_equations_conflicts(equations, i))
            return false;
    return !hides_outputs(cpt_equations_points(equations), targets);
}

bool cpt_equations_all_met(const cpt_equations *equations, const cpt_targets *targets)
{
    for (size_t i = 0; i < equations->n; i++) {
        size_t j = cpt_triangle_column(&equations->triangle, i);
        double accepted =
            cpt_equations_accepted(equations, cpt_equations_block(equations, j)->kind);
        if (is_hard(equations, i) && !(cpt_equations_defect(equations, i) <= accepted))
            return false;
    }
    return cpt_equations_all_hold(equations, targets);
}
