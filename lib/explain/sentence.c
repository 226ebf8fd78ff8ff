/* Why it cannot be, as a sentence for people. */
#include <stdarg.h>
#include <stdio.h>

#include "explain/explain.h"

typedef struct sentence {
    char text[900]; /* leaves room for the rest of a message */
    size_t length;
} sentence;

static void say(sentence *to, const char *format, ...) CPT_PRINTF(2, 3);
static void say(sentence *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(to->text + to->length, sizeof to->text - to->length, format, arguments);
    va_end(arguments);
    if (wanted > 0)
        to->length += (size_t)wanted;
    if (to->length >= sizeof to->text)
        to->length = sizeof to->text - 1;
}

/* "point 3", "points 0 and 2", "samples 1, 2, 3 and 17 more" */
static void say_items(sentence *to, const char *noun, const cpt_cause *cause,
                      critpt_cause_item kind)
{
    enum { NAMED = 6 };
    size_t count = cause->n_items[kind];
    const size_t *items = cause->items[kind];
    say(to, "%s%s", noun, count == 1 ? "" : "s");
    for (size_t i = 0; i < count && i < NAMED; i++)
        say(to, "%s%zu", i == 0 ? " " : i + 1 == count ? " and " : ", ", items[i]);
    if (count > NAMED)
        say(to, " and %zu more", count - NAMED);
}

static void say_isolated(const cpt_equations *equations, const cpt_cause *cause, sentence *to)
{
    const critpt_model *model = equations->plan->landscape->model;
    cpt_affine_block input = {0, 0, false, 0, 0};
    (void)cpt_structure_input_block(model, &input);
    say(to, "; ");
    say_items(to, "input column", cause, CRITPT_CAUSE_COLUMN);
    say(to, " var%s in ", cause->n_items[CRITPT_CAUSE_COLUMN] == 1 ? "ies" : "y");
    say_items(to, "sample", cause, CRITPT_CAUSE_SAMPLE);
    say(to,
        " only: %zu equations for each such column stand on %zu targets; drop the column%s, "
        "or use fewer points or a narrower first layer",
        equations->n_critical * input.n_units,
        model->n_outputs * cause->n_items[CRITPT_CAUSE_SAMPLE],
        cause->n_items[CRITPT_CAUSE_COLUMN] == 1 ? "" : "s");
}

static void say_cause(const cpt_equations *equations, const cpt_cause *cause, sentence *to)
{
    switch (cause->kind) {
    case CRITPT_CAUSE_TOO_FEW_SAMPLES:
        say(to,
            "; %zu targets cannot meet about %zu independent equations: use at least %zu samples%s",
            equations->unknowns, cpt_equations_expected_rank(equations),
            cpt_equations_expected_rank(equations) / equations->plan->landscape->model->n_outputs +
                1,
            equations->plan->frozen ? ", or freeze fewer targets" : "");
        break;
    case CRITPT_CAUSE_OUTPUT_MEANS:
        say(to, "; ");
        say_items(to, "point", cause, CRITPT_CAUSE_POINT);
        say(to, " have different mean outputs, which weights that add constants tie to the mean "
                "target: let "
                "points move, or shift these weights to a common mean");
        break;
    case CRITPT_CAUSE_TWINS:
        say(to, "; ");
        say_items(to, "point", cause, CRITPT_CAUSE_POINT);
        say(to, " differ in the output layer only, in which the loss is convex: drop one or change "
                "its other layers");
        break;
    case CRITPT_CAUSE_SHARED_LAYERS:
        say(to, "; ");
        say_items(to, "point", cause, CRITPT_CAUSE_POINT);
        say(to, " share some layers: drop one or change those layers");
        break;
    case CRITPT_CAUSE_ISOLATED_SAMPLES:
        say_isolated(equations, cause, to);
        break;
    case CRITPT_CAUSE_FIXED_CURVATURE:
        say(to, "; ");
        say_items(to, "condition", cause, CRITPT_CAUSE_CONDITION);
        say(to,
            " ask%s for curvature in the output layer, which is linear: the targets have no "
            "say in it; prescribe other directions",
            cause->n_items[CRITPT_CAUSE_CONDITION] == 1 ? "s" : "");
        break;
    case CRITPT_CAUSE_CURVATURE_COUNT:
        say(to,
            "; at point %zu the targets move %zu second derivatives, and more are prescribed: "
            "drop some conditions or use a wider network",
            cause->items[CRITPT_CAUSE_POINT][0],
            cpt_structure_movable_curvatures(equations->plan->landscape->model));
        break;
    case CRITPT_CAUSE_PENALTY:
        say(to,
            "; at point %zu the penalty has a slope along directions in which the outputs stay as "
            "they are, so that no targets balance it: rescale its units, centre the penalty "
            "there, or leave weights without effect out of it",
            cause->items[CRITPT_CAUSE_POINT][0]);
        break;
    case CRITPT_CAUSE_LOSS_ORDER: /* has a sentence of its own */
        break;
    }
}

/* The weightiest equation of the first conflict, by its place in the network. */
static void say_equation(const cpt_equations *equations, const cpt_report *report, sentence *to)
{
    const cpt_term *term = &report->conflicts[0].terms[0];
    const critpt_model *model = equations->plan->landscape->model;
    size_t layer, row, column, condition = term->request.condition;
    if (condition != CRITPT_CRITICAL_POINT) {
        say(to, " (first: equation %zu of condition %zu, %s at point %zu)", term->entry, condition,
            critpt_condition_kind_name(equations->plan->conditions[condition].kind),
            term->request.point);
        return;
    }
    if (!cpt_structure_locate_weight(model, term->entry, &layer, &row, &column)) {
        say(to, " (first: point %zu, weight %zu)", term->request.point, term->entry);
        return;
    }
    say(to, " (first: point %zu, layer %zu, row %zu, column %zu)", term->request.point, layer, row,
        column);
}

/* "; critical point 0 and condition 2 cannot be had together", where that tells something. */
static void say_contradiction(const cpt_equations *equations, const cpt_report *report,
                              sentence *to)
{
    enum { NAMED = 6 };
    size_t n = report->n_contradicting;
    if (n == 0 || (equations->plan->n_conditions == 0 && n == equations->plan->n_points))
        return;
    say(to, "; ");
    for (size_t i = 0; i < n && i < NAMED; i++) {
        const cpt_request *request = &report->contradicting[i];
        say(to, "%s", i == 0 ? "" : i + 1 == n ? " and " : ", ");
        if (request->condition == CRITPT_CRITICAL_POINT)
            say(to, "critical point %zu", request->point);
        else
            say(to, "condition %zu", request->condition);
    }
    if (n > NAMED)
        say(to, " and %zu more", n - NAMED);
    say(to, n == 1 ? " cannot be met" : " cannot be had together");
}

critpt_status cpt_explain_conflicts(cpt_equations *equations, const cpt_targets *targets,
                                    cpt_proofs *proofs, cpt_report *report)
{
    critpt_status status;
    sentence why = {"", 0};
    status = cpt_explain_find_contradiction(equations, targets, proofs, report);
    if (status != CRITPT_OK) { /* the memory limit had no room for all of it */
        CPT_TRY(cpt_budget_forgive(status));
        report->n_contradicting = 0;
        report->minimal = false;
    }
    CPT_TRY(cpt_explain_find_causes(equations, report));
    if (report->n_conflicts > 0)
        say_equation(equations, report, &why);
    say_contradiction(equations, report, &why);
    for (size_t i = 0; i < report->n_causes; i++)
        say_cause(equations, &report->causes[i], &why);
    if (report->n_causes == 0 && report->minimal && report->n_contradicting > 1)
        say(&why, "; drop one of them, or use other weights or more samples");
    else if (report->n_causes == 0)
        say(&why, "; use other weights, fewer points or more samples%s",
            equations->plan->frozen ? ", or freeze fewer targets" : "");
    if (!cpt_explain_is_certain(proofs))
        say(&why, " (to double precision: no targets up to %.1g times as large meet them)",
            proofs->excluded);
    CPT_TRY(cpt_error(CRITPT_INFEASIBLE, "%zu of %zu equations contradict the others%s", proofs->n,
                      equations->n, why.text));
done:
    return status;
}
