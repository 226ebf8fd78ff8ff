/* Why equations conflict, as far as it is recognised. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "explain/explain.h"
#include "model/structure.h"
#include "explain/constants.h"
#include "explain/isolated.h"

static critpt_status keep_cause(cpt_report *report, cpt_cause *cause)
{
    critpt_status status = cpt_append(&report->causes, &report->n_causes, cause, sizeof *cause);
    if (status != CRITPT_OK)
        cpt_plan_cause_destroy(cause);
    return status;
}

static const critpt_model *model_of(const cpt_equations *equations)
{
    return equations->plan->landscape->model;
}

static critpt_status find_too_few_samples(const cpt_equations *equations, cpt_report *report)
{
    cpt_cause cause = {.kind = CRITPT_CAUSE_TOO_FEW_SAMPLES};
    size_t unknowns = equations->unknowns; /* with the slack of soft equations */
    for (size_t e = 0; e < equations->n; e++)
        unknowns += equations->looseness[e] > 0;
    if (unknowns >= cpt_equations_expected_rank(equations))
        return CRITPT_OK;
    return keep_cause(report, &cause);
}

/* Points that demand another mean target than the first one by more than rounding (fact 1), for the
 * outputs whose constants are in range(J). */
static critpt_status find_output_means(cpt_equations *equations, const bool *constant,
                                       cpt_report *report)
{
    critpt_status status;
    cpt_evaluation *evaluation = &equations->work->evaluation;
    size_t K = evaluation->points->K, D = evaluation->points->D;
    cpt_cause cause = {.kind = CRITPT_CAUSE_OUTPUT_MEANS};
    double *means = NULL, largest, bound = 0;
    CPT_TRY(cpt_allocate(&means, 2 * D, sizeof *means));
    size_t reference = K;
    for (size_t k = 0; k < K; k++) {
        if (!equations->plan->points[k].critical)
            continue;
        if (reference == K) {
            reference = k;
            CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, k));
        }
        double apart = 0, *mean = k > reference ? means + D : means;
        CPT_TRY(cpt_points_mean_output(evaluation, k, mean, &largest));
        CPT_TRY(cpt_points_add_demand(evaluation->points, k, NULL, mean));
        bound = fmax(bound, 1e3 * DBL_EPSILON * largest);
        for (size_t o = 0; o < D; o++)
            if (constant[o])
                apart = fmax(apart, fabs(mean[o] - means[o]));
        if (apart > bound)
            CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, k));
    }
    if (cause.n_items[CRITPT_CAUSE_POINT] > 1) {
        status = keep_cause(report, &cause);
        memset(&cause, 0, sizeof cause);
    }
done:
    cpt_plan_cause_destroy(&cause);
    cpt_free(means);
    return status;
}

static bool blocks_equal(const cpt_points *points, const cpt_affine_block *block, size_t a,
                         size_t b)
{
    size_t length = block->n_units * (block->n_inputs + (block->bias ? 1 : 0));
    return memcmp(cpt_points_weights(points, a) + block->weights,
                  cpt_points_weights(points, b) + block->weights, length * sizeof(double)) == 0;
}

/* Twins differ in the output layer only; other pairs may share some layers (fact 3). */
static critpt_status compare_points(const cpt_equations *equations, size_t a, size_t b,
                                    cpt_report *report)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    const critpt_model *model = model_of(equations);
    size_t n_layers = cpt_structure_n_blocks(model), equal = 0;
    bool same_end = false;
    for (size_t l = 0; l < n_layers; l++) {
        const cpt_affine_block block = cpt_structure_block(model, l);
        bool same = blocks_equal(points, &block, a, b);
        equal += same && l + 1 < n_layers;
        same_end = same;
    }
    bool twins = n_layers && equal == n_layers - 1 && !same_end;
    if (!twins && (equal + same_end == 0 || equal + same_end == n_layers))
        return CRITPT_OK;
    cpt_cause cause = {.kind = twins ? CRITPT_CAUSE_TWINS : CRITPT_CAUSE_SHARED_LAYERS};
    CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, a));
    CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, b));
    return keep_cause(report, &cause);
done:
    cpt_plan_cause_destroy(&cause);
    return status;
}

static bool in_conflict(const cpt_report *report, size_t point)
{
    for (size_t i = 0; i < report->n_conflicts; i++)
        for (size_t t = 0; t < report->conflicts[i].n_terms; t++)
            if (report->conflicts[i].terms[t].request.point == point)
                return true;
    return false;
}

/* Of two points whose gradients vanish; before a solve every point may be in a conflict. */
static critpt_status find_related_points(const cpt_equations *equations, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    const cpt_point *points = equations->plan->points;
    bool any = report->n_conflicts == 0;
    size_t K = equations->plan->n_points;
    for (size_t a = 0; a < K; a++)
        for (size_t b = a + 1; b < K; b++)
            if (points[a].critical && points[b].critical &&
                (any || (in_conflict(report, a) && in_conflict(report, b))))
                CPT_TRY(compare_points(equations, a, b, report));
done:
    return status;
}

/* Curvatures that are the same for all targets (fact 5). */
static critpt_status find_fixed_curvatures(const cpt_equations *equations, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    cpt_cause cause = {.kind = CRITPT_CAUSE_FIXED_CURVATURE};
    for (size_t c = 0; c < equations->plan->n_conditions; c++) {
        const cpt_condition *condition = &equations->plan->conditions[c];
        const cpt_condition_kind *kind = cpt_condition_kind_of(condition);
        if (condition->softness > 0 || !kind->is_fixed ||
            !kind->is_fixed(model_of(equations), condition))
            continue;
        CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, condition->points[0]));
        CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_CONDITION, c));
    }
    if (cause.n_items[CRITPT_CAUSE_CONDITION] > 0) {
        status = keep_cause(report, &cause);
        cause = (cpt_cause){0};
    }
done:
    cpt_plan_cause_destroy(&cause);
    return status;
}

/* Numbers of the Hessian that a hard condition prescribes. */
static size_t count_curvatures(const cpt_equations *equations, const cpt_condition *condition)
{
    const cpt_condition_kind *kind = cpt_condition_kind_of(condition);
    if (condition->softness > 0 || !kind->n_curvatures)
        return 0;
    return kind->n_curvatures(model_of(equations));
}

/* More curvatures at a critical point than the targets can move there. */
static critpt_status count_point_curvatures(const cpt_equations *equations, size_t point,
                                            cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    cpt_cause cause = {.kind = CRITPT_CAUSE_CURVATURE_COUNT};
    size_t count = 0;
    for (size_t c = 0; c < equations->plan->n_conditions; c++) {
        const cpt_condition *condition = &equations->plan->conditions[c];
        size_t these = condition->points[0] == point ? count_curvatures(equations, condition) : 0;
        count += these;
        if (these > 0)
            CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_CONDITION, c));
    }
    if (count > cpt_structure_movable_curvatures(model_of(equations))) {
        CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, point));
        status = keep_cause(report, &cause);
        cause = (cpt_cause){0};
    }
done:
    cpt_plan_cause_destroy(&cause);
    return status;
}

static critpt_status compare_means(cpt_equations *equations, cpt_report *report)
{
    critpt_status status;
    const critpt_model *model = model_of(equations);
    size_t D = model->n_outputs, n_known = 0;
    bool *constant = NULL;
    CPT_TRY(cpt_allocate(&constant, D, sizeof *constant));
    for (size_t o = 0; o < D; o++) {
        constant[o] = cpt_structure_constant(model, o) != SIZE_MAX;
        n_known += constant[o];
    }
    /* what is not known is looked for where there is a conflict to explain */
    if (n_known == 0 && cpt_penalty_is_set(&equations->plan->landscape->penalty))
        goto done; /* what it demands of the means is not known either */
    if (n_known == 0 && report->n_conflicts > 0)
        CPT_TRY(cpt_explain_find_constants(equations, constant));
    CPT_TRY(find_output_means(equations, constant, report));
done:
    cpt_free(constant);
    return status;
}

/* A critical point alone can be had by y = f, but for a penalty that pulls where the outputs stay.
 */
static critpt_status find_penalty(const cpt_equations *equations, cpt_report *report)
{
    critpt_status status;
    const critpt_plan *plan = equations->plan;
    cpt_cause cause = {.kind = CRITPT_CAUSE_PENALTY};
    if (report->n_contradicting != 1 ||
        report->contradicting[0].condition != CRITPT_CRITICAL_POINT ||
        cpt_plan_n_frozen(plan) > 0 || !cpt_penalty_is_set(&plan->landscape->penalty))
        return CRITPT_OK;
    CPT_TRY(cpt_plan_cause_add_item(&cause, CRITPT_CAUSE_POINT, report->contradicting[0].point));
    return keep_cause(report, &cause);
done:
    cpt_plan_cause_destroy(&cause);
    return status;
}

static critpt_status find_all(cpt_equations *equations, cpt_report *report)
{
    critpt_status status;
    const critpt_plan *plan = equations->plan;
    CPT_TRY(find_too_few_samples(equations, report));
    CPT_TRY(compare_means(equations, report));
    CPT_TRY(find_related_points(equations, report));
    CPT_TRY(find_fixed_curvatures(equations, report));
    for (size_t k = 0; k < plan->n_points; k++)
        if (plan->points[k].critical)
            CPT_TRY(count_point_curvatures(equations, k, report));
    CPT_TRY(cpt_explain_isolated_samples(equations, report));
    CPT_TRY(find_penalty(equations, report));
done:
    return status;
}

critpt_status cpt_explain_find_causes(cpt_equations *equations, cpt_report *report)
{
    /* some look at all samples */
    if (cpt_reduction_is_split(cpt_equations_points(equations)->metric->reduction))
        return CRITPT_OK;
    return cpt_budget_forgive(find_all(equations, report));
}
