/* The report of a solve: filled while it runs, read by getters afterwards. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan.h"

void cpt_plan_report_initialize(cpt_report *report)
{
    memset(report, 0, sizeof *report);
    for (size_t i = 0; i < CPT_REPORT_QUANTITIES; i++)
        report->values[i] = NAN;
}

void cpt_plan_cause_destroy(cpt_cause *cause)
{
    for (size_t i = 0; i < CPT_CAUSE_ITEMS; i++)
        cpt_free(cause->items[i]);
}

void cpt_plan_report_destroy(cpt_report *report)
{
    for (size_t i = 0; i < report->n_warnings; i++)
        cpt_free(report->warnings[i]);
    for (size_t i = 0; i < report->n_conflicts; i++)
        cpt_free(report->conflicts[i].terms);
    for (size_t i = 0; i < report->n_causes; i++)
        cpt_plan_cause_destroy(&report->causes[i]);
    cpt_free(report->warnings);
    cpt_free(report->conflicts);
    cpt_free(report->contradicting);
    cpt_free(report->causes);
    cpt_free(report->null_directions);
    cpt_free(report->points);
    cpt_free(report->conditions);
    cpt_free(report->base_targets);
    cpt_free(report->best_targets);
    cpt_free(report->best_weights);
}

critpt_status cpt_plan_warn(cpt_report *report, const char *format, ...)
{
    critpt_status status;
    char text[1024], *copy;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    CPT_TRY(cpt_allocate(&copy, strlen(text) + 1, 1));
    strcpy(copy, text);
    status = cpt_append(&report->warnings, &report->n_warnings, &copy, sizeof copy);
    if (status != CRITPT_OK)
        cpt_free(copy);
done:
    return status;
}

critpt_status cpt_plan_cause_add_item(cpt_cause *cause, critpt_cause_item kind, size_t item)
{
    return cpt_append(&cause->items[kind], &cause->n_items[kind], &item, sizeof item);
}

/* ---- Getters ---- */

static critpt_status require_index(const char *what, size_t index, size_t count)
{
    if (index >= count)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is %zu; the last solve has %zu", what, index,
                         count);
    return CRITPT_OK;
}

static critpt_status require_plan(const critpt_plan *plan)
{
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    return CRITPT_OK;
}

static critpt_status require_result(const void *result)
{
    if (!result)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the place for the result is NULL");
    return CRITPT_OK;
}

static critpt_status require_targets(const critpt_plan *plan, const double *targets, size_t leading)
{
    return cpt_require_matrix("targets", targets, plan->landscape->n_samples,
                              plan->landscape->model->n_outputs, leading);
}

static void copy_targets(const critpt_plan *plan, const double *from, double *targets,
                         size_t leading)
{
    size_t D = plan->landscape->model->n_outputs;
    for (size_t i = 0; i < plan->landscape->n_samples; i++)
        memcpy(targets + i * leading, from + i * D, D * sizeof *targets);
}

critpt_status critpt_plan_base_targets(const critpt_plan *plan, double *targets, size_t leading)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_targets(plan, targets, leading));
    if (!plan->report.base_targets)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the plan was not solved yet");
    copy_targets(plan, plan->report.base_targets, targets, leading);
done:
    return status;
}

static critpt_status require_best(const critpt_plan *plan)
{
    if (!plan->report.best_targets)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the plan has no solve that failed with targets to keep; those of one "
                         "that succeeded are in the landscape");
    return CRITPT_OK;
}

critpt_status critpt_plan_best_targets(const critpt_plan *plan, double *targets, size_t leading)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_targets(plan, targets, leading));
    CPT_TRY(require_best(plan));
    copy_targets(plan, plan->report.best_targets, targets, leading);
done:
    return status;
}

critpt_status critpt_plan_keep_best(critpt_plan *plan)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_best(plan));
    const cpt_report *report = &plan->report;
    size_t P = plan->landscape->model->n_weights;
    size_t D = plan->landscape->model->n_outputs;
    if (plan->n_points != report->n_points)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the plan has %zu points, and had %zu when its last solve failed; solve "
                         "it again",
                         plan->n_points, report->n_points);
    CPT_TRY(critpt_landscape_set_targets(plan->landscape, report->best_targets, D));
    for (size_t k = 0; k < plan->n_points; k++)
        memcpy(plan->points[k].weights, report->best_weights + k * P, P * sizeof(double));
done:
    return status;
}

critpt_status critpt_plan_point_value(const critpt_plan *plan, size_t point,
                                      critpt_point_quantity quantity, double *value)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_result(value));
    if ((int)quantity < 0 || (int)quantity >= CPT_POINT_QUANTITIES)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "point quantity %d does not exist",
                         (int)quantity);
    CPT_TRY(require_index("point", point, plan->report.points ? plan->report.n_points : 0));
    *value = plan->report.points[point * CPT_POINT_QUANTITIES + (size_t)quantity];
done:
    return status;
}

critpt_status critpt_plan_report_value(const critpt_plan *plan, critpt_report_quantity quantity,
                                       double *value)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_result(value));
    if ((int)quantity < 0 || (int)quantity >= CPT_REPORT_QUANTITIES)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "report quantity %d does not exist",
                         (int)quantity);
    *value = plan->report.values[quantity];
done:
    return status;
}

size_t critpt_plan_n_warnings(const critpt_plan *plan)
{
    return plan ? plan->report.n_warnings : 0;
}

const char *critpt_plan_warning(const critpt_plan *plan, size_t warning)
{
    return warning < critpt_plan_n_warnings(plan) ? plan->report.warnings[warning] : NULL;
}

size_t critpt_plan_n_conflicts(const critpt_plan *plan)
{
    return plan ? plan->report.n_conflicts : 0;
}

size_t critpt_plan_conflict_size(const critpt_plan *plan, size_t conflict)
{
    return conflict < critpt_plan_n_conflicts(plan) ? plan->report.conflicts[conflict].n_terms : 0;
}

critpt_status critpt_plan_conflict_equation(const critpt_plan *plan, size_t conflict, size_t term,
                                            size_t *point, size_t *condition, size_t *entry,
                                            double *coefficient)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_index("conflict", conflict, plan->report.n_conflicts));
    CPT_TRY(require_index("term", term, plan->report.conflicts[conflict].n_terms));
    const cpt_term *found = &plan->report.conflicts[conflict].terms[term];
    if (point)
        *point = found->request.point;
    if (condition)
        *condition = found->request.condition;
    if (entry)
        *entry = found->entry;
    if (coefficient)
        *coefficient = found->coefficient;
done:
    return status;
}

size_t critpt_plan_n_contradicting(const critpt_plan *plan)
{
    return plan ? plan->report.n_contradicting : 0;
}

critpt_status critpt_plan_contradicting(const critpt_plan *plan, size_t i, size_t *point,
                                        size_t *condition)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_index("request", i, plan->report.n_contradicting));
    if (point)
        *point = plan->report.contradicting[i].point;
    if (condition)
        *condition = plan->report.contradicting[i].condition;
done:
    return status;
}

int critpt_plan_contradiction_is_minimal(const critpt_plan *plan)
{
    return plan && plan->report.n_contradicting > 0 && plan->report.minimal;
}

critpt_status critpt_plan_conflict_defect(const critpt_plan *plan, size_t conflict, double *defect)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_result(defect));
    CPT_TRY(require_index("conflict", conflict, plan->report.n_conflicts));
    *defect = plan->report.conflicts[conflict].defect;
done:
    return status;
}

size_t critpt_plan_n_causes(const critpt_plan *plan)
{
    return plan ? plan->report.n_causes : 0;
}

critpt_status critpt_plan_cause(const critpt_plan *plan, size_t cause, critpt_cause *kind)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_result(kind));
    CPT_TRY(require_index("cause", cause, plan->report.n_causes));
    *kind = plan->report.causes[cause].kind;
done:
    return status;
}

size_t critpt_plan_cause_n_items(const critpt_plan *plan, size_t cause, critpt_cause_item kind)
{
    bool known = (int)kind >= 0 && (int)kind < CPT_CAUSE_ITEMS;
    return known && cause < critpt_plan_n_causes(plan) ? plan->report.causes[cause].n_items[kind]
                                                       : 0;
}

critpt_status critpt_plan_cause_item(const critpt_plan *plan, size_t cause, critpt_cause_item kind,
                                     size_t i, size_t *item)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_result(item));
    CPT_TRY(require_index("cause", cause, plan->report.n_causes));
    CPT_TRY(require_index("item", i, critpt_plan_cause_n_items(plan, cause, kind)));
    *item = plan->report.causes[cause].items[kind][i];
done:
    return status;
}

size_t critpt_plan_n_null_directions(const critpt_plan *plan)
{
    return plan ? plan->report.n_null_directions : 0;
}

critpt_status critpt_plan_null_direction(const critpt_plan *plan, size_t direction, size_t *point,
                                         size_t *layer, size_t *unit, critpt_null_reason *reason,
                                         size_t *n_weights)
{
    critpt_status status;
    CPT_TRY(require_plan(plan));
    CPT_TRY(require_index("null direction", direction, plan->report.n_null_directions));
    const cpt_null_direction *found = &plan->report.null_directions[direction];
    if (point)
        *point = found->point;
    if (layer)
        *layer = found->layer;
    if (unit)
        *unit = found->unit;
    if (reason)
        *reason = found->reason;
    if (n_weights)
        *n_weights = found->n_weights;
done:
    return status;
}
