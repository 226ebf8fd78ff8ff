/* Conditions, values and frozen targets once more. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/stated_condition.h"
#include "verify/conditions.h"
#include "verify/estimate.h"

/* What roundings of the units' sums make of it may be so many times what one of each weight does.
 */
static const double moves = 10;

static bool equal(double a, double b)
{
    return a <= b && a >= b;
}

/* By how much the moves of the weights may change what is achieved and the residual. */
typedef struct tolerance {
    double achieved, residual;
} tolerance;

/* Numbers hold to some units of rounding of their terms, and of the weights. A residual is a bound
 * in double precision, which knows little of what saturates: how near it is, is not judged. */
static double rounding_of(const stated_condition *stated, const oracle_finding *found)
{
    double size = fmax(found->size, fmax(fabs(found->requested), found->residual));
    return oracle_accepted_units(&stated->request) * DBL_EPSILON * size;
}

static bool achieved_holds(const stated_condition *stated, const oracle_finding *found,
                           const tolerance *moved)
{
    return fabs(stated->achieved - found->achieved) <=
           rounding_of(stated, found) + moves * moved->achieved;
}

static bool residual_holds(const stated_condition *stated, const oracle_finding *found,
                           const tolerance *moved)
{
    double error = rounding_of(stated, found) + moves * moved->residual;
    return isfinite(stated->residual) && stated->residual >= fmax(0, found->residual - error);
}

/* What the weights' rounding may do takes longer to find than the numbers themselves: it is
 * asked for where they do not hold without it. */
static outcome find_tolerance(const verification *v, const stated_condition *stated,
                              const oracle_finding *found, tolerance *moved)
{
    *moved = (tolerance){0, 0};
    if (achieved_holds(stated, found, moved) && residual_holds(stated, found, moved))
        return DONE;
    return claims_from_oracle(oracle_find_sensitivity(&v->problem.oracle, &stated->request, found,
                                                      &moved->achieved, &moved->residual));
}

static void judge_condition(verification *v, const char *where, const stated_condition *stated,
                            const oracle_finding *found, const tolerance *moved)
{
    double equations = claims_count_equations(stated, v->problem.n_weights);
    double accepted = claims_accepted_error(stated, found);
    verify_judge(v, where, "requested", stated->requested, found->requested,
                 fabs(stated->requested - found->requested) <= 4 * DBL_EPSILON * found->requested ||
                     equal(stated->requested, found->requested));
    verify_judge(v, where, "achieved", stated->achieved, found->achieved,
                 achieved_holds(stated, found, moved));
    verify_judge(v, where, "residual", stated->residual, found->residual,
                 residual_holds(stated, found, moved));
    if (!isnan(stated->equations) || v->planted)
        verify_judge(v, where, "equations", stated->equations, equations,
                     equal(stated->equations, equations));
    if (v->planted && isfinite(accepted))
        verify_judge(v, where, "what is missed of the request", accepted, found->residual,
                     found->residual <= accepted);
    if (stated->scaled < 0 || (isinf(stated->scaled) && !found->termless) ||
        (v->planted && isnan(stated->scaled)))
        verify_judge(v, where, "scaled_residual", stated->scaled, 0, false);
    if (stated->unit < 0 || (v->planted && isnan(stated->unit)))
        verify_judge(v, where, "rounding_unit", stated->unit, 0, false);
}

static outcome check_condition(verification *v, size_t c)
{
    stated_condition stated;
    oracle_finding found;
    tolerance moved;
    char where[64];
    static const double rough = 1e-6;
    outcome result = claims_load_condition(&stated, v->file, c);
    if (result != DONE)
        return result;
    snprintf(where, sizeof where, "condition %zu (%s)", c,
             critpt_condition_kind_name(stated.request.kind));
    if (!v->planted &&
        (isnan(stated.requested) || isnan(stated.achieved) || isnan(stated.residual))) {
        verify_leave(v, "%s", where);
    } else if (verify_seconds_now() - v->start + verify_condition_seconds(v, &stated.request) >
               v->limit) {
        verify_leave(v, "condition %zu (time limit)", c);
    } else {
        TRY(claims_from_oracle(oracle_find(&v->problem.oracle, &stated.request, &found)));
        TRY(claims_require_calls(&v->problem));
        if (v->model.model && !(rounding_of(&stated, &found) <= rough * fabs(found.achieved))) {
            verify_leave(v, "%s (differences of the model's outputs are too rough)", where);
            goto done;
        }
        TRY(find_tolerance(v, &stated, &found, &moved));
        judge_condition(v, where, &stated, &found, &moved);
    }
done:
    claims_free_condition(&stated);
    return result;
}

outcome verify_count_frozen(const verification *v, double *count)
{
    size_t D = v->problem.n_outputs, n = v->problem.oracle.n_samples * D;
    unsigned char *mask = NULL;
    outcome result;
    TRY(cli_allocate(&mask, n, 1));
    TRY(cli_from_library(critpt_file_frozen_targets(v->file, mask, D), "%s", v->path));
    *count = 0;
    for (size_t i = 0; i < n; i++)
        *count += mask[i];
done:
    free(mask);
    return result;
}

/* How many frozen targets are not the base targets. */
static outcome check_frozen(verification *v)
{
    size_t D = v->problem.n_outputs, n = v->problem.oracle.n_samples * D;
    unsigned char *mask = NULL;
    double *base = NULL, moved = 0;
    outcome result = DONE;
    if (!critpt_file_has_frozen_targets(v->file) || !critpt_file_has_base_targets(v->file))
        return DONE;
    TRY(cli_allocate(&mask, n, 1));
    TRY(cli_allocate(&base, n, sizeof *base));
    TRY(cli_from_library(critpt_file_frozen_targets(v->file, mask, D), "%s", v->path));
    TRY(cli_from_library(critpt_file_base_targets(v->file, base, D), "%s", v->path));
    for (size_t i = 0; i < n; i++)
        moved += mask[i] && memcmp(&base[i], &v->problem.targets[i], sizeof *base) != 0;
    verify_judge(v, "report", "frozen targets that moved", 0, moved, equal(moved, 0));
done:
    free(mask);
    free(base);
    return result;
}

outcome verify_check_conditions(verification *v)
{
    size_t n = critpt_file_n_conditions(v->file);
    double points =
               v->total > 0 ? v->estimate * (double)critpt_file_n_points(v->file) / v->total : 0,
           part = n ? (1 - points) / (double)n : 0;
    outcome result = DONE;
    for (size_t c = 0; c < n; c++) {
        double from = points + (double)c * part;
        verify_begin(v, "rechecking conditions", from, from + part, part * v->total);
        TRY(check_condition(v, c));
    }
    TRY(check_frozen(v));
    if (n) { /* the library's own estimates */
        verify_leave(v, "%s", critpt_file_condition_quantity_name(CRITPT_CONDITION_SCALED));
        verify_leave(v, "%s", critpt_file_condition_quantity_name(CRITPT_CONDITION_UNIT));
    }
done:
    return result;
}
