/* The verdict on targets: margins, duality gap, and whether rounding hides the signs asked for. */
#include "nature/verdict.h"

#include <math.h>
#include <string.h>

#include "nature/margins.h"

double cpt_nature_gap(const cpt_nature_result *result)
{
    double gap = fabs(result->objective - result->dual_of_margins);
    return result->objective > 0 ? gap / result->objective : 0;
}

/* Index and margin of every point at the result's targets. */
static critpt_status examine_targets(const cpt_nature_subspaces *subspaces,
                                     cpt_nature_result *result, bool *as_wanted)
{
    critpt_status status = CRITPT_OK;
    const cpt_nature_problem *problem = subspaces->maps->problem;
    *as_wanted = true;
    for (size_t k = 0; k < problem->n_points; k++) {
        const cpt_nature_point *point = &problem->points[k];
        cpt_nature_outcome *outcome = &result->outcomes[k];
        if (!cpt_nature_is_wanted(problem, k))
            continue;
        CPT_TRY(cpt_nature_measure_point(subspaces->maps, &subspaces->whitenings[k], point,
                                         result->targets, &outcome->index, &outcome->margin));
        *as_wanted = *as_wanted && outcome->margin >= (1 - CPT_NATURE_MARGIN_TOLERANCE) *
                                                          result->scale * point->margin;
    }
done:
    return status;
}

/* targets = those found and a part t of the way to those inside, and their objective. */
static double go_inside(const cpt_nature_maps *maps, const cpt_nature_result *result,
                        const double *inner, double t, double *targets)
{
    for (size_t i = 0; i < maps->n; i++)
        targets[i] = result->targets[i] + t * (inner[i] - result->targets[i]);
    return pow(cpt_metric_norm(maps->metric, targets, maps->problem->base), 2) / 2;
}

/* targets as far inside the inequalities, which are convex, as the gap may grow: to what just
 * counts as nearest, or where it is larger, twofold. Their objective, or 0 if there are none. */
static double find_inside(const cpt_nature_maps *maps, const cpt_nature_result *result,
                          const double *inner, double *targets)
{
    enum { HALVINGS = 10 }; /* of the way to the inner targets: to a thousandth of it */
    bool nearest = result->gap <= CPT_NATURE_ACCEPTED_GAP;
    double allowed = nearest ? CPT_NATURE_ACCEPTED_GAP : 2 * result->gap, low = 0, high = 1;
    for (size_t i = 0; i < HALVINGS; i++) {
        double t = (low + high) / 2, objective = go_inside(maps, result, inner, t, targets);
        if (objective - result->dual_of_margins <= allowed * objective)
            low = t;
        else
            high = t;
    }
    return low > 0 ? go_inside(maps, result, inner, low, targets) : 0;
}

/* Where rounding hides signs at the targets found, those further inside are taken if it does not
 * hide them there. */
static critpt_status move_inside(const cpt_nature_subspaces *subspaces, const double *inner,
                                 cpt_nature_result *result)
{
    critpt_status status = CRITPT_OK;
    const cpt_nature_problem *problem = subspaces->maps->problem;
    bool resolved, as_wanted; /* which convexity leaves as it is */
    double objective = 0, *targets = NULL;
    size_t n = subspaces->maps->n;
    if (!problem->resolves)
        return CRITPT_OK;
    CPT_TRY(
        problem->resolves(problem->resolves_user, result->outcomes, result->targets, &resolved));
    if (resolved || !inner || !isfinite(result->gap))
        goto done;
    CPT_TRY(cpt_allocate(&targets, n, sizeof(double)));
    objective = find_inside(subspaces->maps, result, inner, targets);
    if (objective == 0)
        goto done;
    CPT_TRY(problem->resolves(problem->resolves_user, result->outcomes, targets, &resolved));
    if (resolved) {
        memcpy(result->targets, targets, n * sizeof(double));
        result->objective = objective;
        result->gap = cpt_nature_gap(result);
        CPT_TRY(examine_targets(subspaces, result, &as_wanted));
    }
done:
    cpt_free(targets);
    return status;
}

/* Targets may have the margins though not what `least` asks for beyond them: the bound for the
 * margins tells their gap. */
critpt_status cpt_nature_conclude(const cpt_nature_subspaces *subspaces, cpt_nature_end end,
                                  const double *inner, cpt_nature_result *result)
{
    critpt_status status;
    bool as_wanted;
    CPT_TRY(examine_targets(subspaces, result, &as_wanted));
    if (as_wanted && isinf(result->gap))
        result->gap = cpt_nature_gap(result);
    if (as_wanted)
        result->verdict = result->scale < 1 ? CPT_NATURE_SMALLER_MARGIN : CPT_NATURE_ATTAINED;
    else if (end == CPT_NATURE_SEPARATED)
        result->verdict = CPT_NATURE_INFEASIBLE;
    else
        result->verdict = CPT_NATURE_UNDECIDED;
    if (result->verdict == CPT_NATURE_ATTAINED)
        CPT_TRY(move_inside(subspaces, inner, result));
done:
    return status;
}
