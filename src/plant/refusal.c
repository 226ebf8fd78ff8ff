/* The library speaks of inputs and samples of the model; the user knows columns and rows of files.
 */
#include "plant/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAMED_ITEMS = 8, NAMED_CONFLICTS = 3, NAMED_TERMS = 4 };

typedef struct explanation {
    char text[6000];
    size_t length;
} explanation;

static void say(explanation *to, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(explanation *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(to->text + to->length, sizeof to->text - to->length, format, arguments);
    va_end(arguments);
    if (n > 0)
        to->length += (size_t)n;
    if (to->length >= sizeof to->text)
        to->length = sizeof to->text - 1;
}

/* "3, 5 and 7", or the first of many; `names` translates where it is not NULL. */
static void say_items(explanation *to, const critpt_plan *plan, size_t cause,
                      critpt_cause_item kind, const size_t *names)
{
    size_t n = critpt_plan_cause_n_items(plan, cause, kind);
    for (size_t i = 0; i < n && i < NAMED_ITEMS; i++) {
        size_t item = 0;
        critpt_plan_cause_item(plan, cause, kind, i, &item);
        const char *separator = !i ? "" : i + 1 == n ? " and " : ", ";
        say(to, "%s%zu", separator, names ? names[item] : item);
    }
    if (n > NAMED_ITEMS)
        say(to, " and %zu more", n - NAMED_ITEMS);
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* Columns and samples of a cause in terms of the file that the inputs come from. */
static void say_source(explanation *to, const instance *made, size_t cause)
{
    const data_source *source = &made->spec.inputs.source;
    const critpt_plan *plan = made->plan;
    size_t columns = critpt_plan_cause_n_items(plan, cause, CRITPT_CAUSE_COLUMN);
    size_t samples = critpt_plan_cause_n_items(plan, cause, CRITPT_CAUSE_SAMPLE);
    if (!source->path || (!columns && !samples))
        return;
    say(to, "\n  In %s, counting from 0:", source->path);
    if (columns) {
        say(to, " input column%s ", plural(columns));
        say_items(to, plan, cause, CRITPT_CAUSE_COLUMN, NULL);
        say(to, columns == 1 ? " is column " : " are columns ");
        say_items(to, plan, cause, CRITPT_CAUSE_COLUMN, made->data.columns);
    }
    if (samples) {
        say(to, "%s sample%s ", columns ? ";" : "", plural(samples));
        say_items(to, plan, cause, CRITPT_CAUSE_SAMPLE, NULL);
        say(to, samples == 1 ? " is row " : " are rows ");
        say_items(to, plan, cause, CRITPT_CAUSE_SAMPLE, NULL);
        if (source->skip_rows)
            say(to, " below the %zu skipped", source->skip_rows);
    }
    if (columns && !made->spec.library)
        say(to,
            ". Set inputs.drop_rare to drop such columns, and the first of model.widths to what "
            "is left");
    say(to, ".");
}

/* "points[2]", or "values[1].weights" for a point that was added for a value. */
static void say_point(explanation *to, const instance *made, size_t point)
{
    const spec *s = &made->spec;
    size_t number = s->n_points;
    if (point < s->n_points) {
        say(to, "points[%zu]", point);
        return;
    }
    for (size_t i = 0; i < s->n_values; i++)
        if (!s->values[i].is_picture && number++ == point)
            say(to, "values[%zu].weights", i);
}

/* The requests that contradict each other, as the specification has them. */
static void say_contradicting(explanation *to, const instance *made)
{
    size_t n = critpt_plan_n_contradicting(made->plan);
    bool minimal = critpt_plan_contradiction_is_minimal(made->plan);
    const char *precision = minimal ? "" : " to double precision";
    if (n == 1)
        say(to, "\n  In %s this cannot be had%s, even by itself:", made->spec.file, precision);
    else if (n)
        say(to, "\n  In %s these contradict each other%s%s:", made->spec.file, precision,
            minimal ? "; leaving out any one would do" : "");
    for (size_t i = 0; i < n; i++) {
        size_t point = 0, condition = 0;
        critpt_condition_kind kind = CRITPT_CONDITION_GRADIENT;
        critpt_plan_contradicting(made->plan, i, &point, &condition);
        say(to, i ? ", " : " ");
        if (condition == CRITPT_CRITICAL_POINT) {
            say_point(to, made, point);
            say(to, " (critical)");
            continue;
        }
        critpt_plan_condition(made->plan, condition, &kind, NULL, NULL);
        say(to, "%s (condition %zu, %s)", made->conditions[condition].path, condition,
            critpt_condition_kind_name(kind));
    }
    if (n)
        say(to, ".");
}

static void say_term(explanation *to, const instance *made, size_t conflict, size_t term)
{
    size_t point = 0, condition = 0, entry = 0, layer = 0, row = 0, column = 0, width = 0;
    double coefficient = 0;
    critpt_plan_conflict_equation(made->plan, conflict, term, &point, &condition, &entry,
                                  &coefficient);
    if (condition != CRITPT_CRITICAL_POINT) {
        critpt_condition_kind kind = CRITPT_CONDITION_GRADIENT;
        critpt_plan_condition(made->plan, condition, &kind, NULL, NULL);
        say(to, "%s%.3g (%s, %s at point %zu, equation %zu)", term ? ", " : " ", coefficient,
            made->conditions[condition].path, critpt_condition_kind_name(kind), point, entry);
        return;
    }
    if (made->spec.library) {
        const char *const *names = made->library.table.weight_names;
        say(to, "%s%.3g (point %zu, weight %zu%s%.60s)", term ? ", " : " ", coefficient, point,
            entry, names ? ", " : "", names ? names[entry] : "");
        return;
    }
    critpt_mlp_locate_weight(made->model, entry, &layer, &row, &column);
    width = made->spec.widths[layer];
    say(to, "%s%.3g (point %zu, layer %zu, row %zu, ", term ? ", " : " ", coefficient, point, layer,
        row);
    say(to, column == width ? "bias)" : "column %zu)", column);
}

static void say_conflicts(explanation *to, const instance *made)
{
    size_t n = critpt_plan_n_conflicts(made->plan);
    for (size_t i = 0; i < n && i < NAMED_CONFLICTS; i++) {
        size_t terms = critpt_plan_conflict_size(made->plan, i);
        double defect = 0;
        critpt_plan_conflict_defect(made->plan, i, &defect);
        say(to, "\n  Conflict %zu, of %zu equations with these coefficients:", i, terms);
        for (size_t t = 0; t < terms && t < NAMED_TERMS; t++)
            say_term(to, made, i, t);
        say(to, "%s; their right sides miss each other by %.2g rounding units.",
            terms > NAMED_TERMS ? ", ..." : "", defect);
    }
    if (n > NAMED_CONFLICTS)
        say(to, "\n  And %zu conflicts more.", n - NAMED_CONFLICTS);
}

void plant_explain_refusal(const instance *made)
{
    explanation to = {.length = 0};
    for (size_t i = 0; i < critpt_plan_n_causes(made->plan); i++)
        say_source(&to, made, i);
    say_contradicting(&to, made);
    say_conflicts(&to, made);
    cli_fail(REFUSED, "%s%s", cli_failure(), to.text);
}
