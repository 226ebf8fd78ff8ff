/* Why equations conflict, as far as it is recognised: data for programs, a sentence for people. */
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/isolated.h"
#include "plan/solve.h"

static critpt_status keep_cause(cpt_report *report, cpt_cause *cause)
{
    critpt_status status = cpt_append(&report->causes, &report->n_causes, cause, sizeof *cause);
    if (status != CRITPT_OK)
        cpt_cause_destroy(cause);
    return status;
}

/* ---- Recognising causes ---- */

/* What generic points leave to be met: constants are in every range(J) once (MATH 5, fact 4). */
static size_t expected_rank(const cpt_solve *solve)
{
    size_t shared =
        cpt_mlp_has_free_output_mean(solve->workspace.jet.model) ? (solve->K - 1) * solve->D : 0;
    return solve->equations - shared - (size_t)solve->report.values[CRITPT_REPORT_NULL];
}

static critpt_status find_too_few_samples(cpt_solve *solve)
{
    cpt_cause cause = {.kind = CRITPT_CAUSE_TOO_FEW_SAMPLES};
    if (solve->unknowns >= expected_rank(solve))
        return CRITPT_OK;
    return keep_cause(&solve->report, &cause);
}

/* Points whose mean output differs from the first one's by more than rounding (fact 1). */
static critpt_status find_output_means(cpt_solve *solve)
{
    critpt_status status;
    cpt_cause cause = {.kind = CRITPT_CAUSE_OUTPUT_MEANS};
    double *means = NULL, largest, bound = 0;
    CPT_TRY(cpt_allocate(&means, 2 * solve->D, sizeof *means));
    CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, 0));
    for (size_t k = 0; k < solve->K; k++) {
        double apart = 0, *mean = k ? means + solve->D : means;
        CPT_TRY(cpt_solve_mean_output(solve, k, mean, &largest));
        bound = fmax(bound, 1e3 * DBL_EPSILON * largest);
        for (size_t o = 0; o < solve->D; o++)
            apart = fmax(apart, fabs(mean[o] - means[o]));
        if (apart > bound)
            CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, k));
    }
    if (cause.n_items[CRITPT_CAUSE_POINT] > 1) {
        status = keep_cause(&solve->report, &cause);
        memset(&cause, 0, sizeof cause);
    }
done:
    cpt_cause_destroy(&cause);
    cpt_free(means);
    return status;
}

static bool layers_equal(const cpt_solve *solve, const cpt_layer *layer, size_t a, size_t b)
{
    size_t length = layer->n_units * (layer->n_inputs + (layer->bias ? 1 : 0));
    return memcmp(cpt_solve_weights(solve, a) + layer->weights,
                  cpt_solve_weights(solve, b) + layer->weights, length * sizeof(double)) == 0;
}

/* Twins differ in the output layer only; other pairs may share some layers (fact 3). */
static critpt_status compare_points(cpt_solve *solve, size_t a, size_t b)
{
    critpt_status status;
    size_t n_layers, equal = 0;
    const cpt_layer *layers = cpt_mlp_layers(solve->workspace.jet.model, &n_layers);
    for (size_t l = 0; l + 1 < n_layers; l++)
        equal += layers_equal(solve, &layers[l], a, b);
    bool same_end = layers_equal(solve, &layers[n_layers - 1], a, b);
    bool twins = equal == n_layers - 1 && !same_end;
    if (!twins && (equal + same_end == 0 || equal + same_end == n_layers))
        return CRITPT_OK;
    cpt_cause cause = {.kind = twins ? CRITPT_CAUSE_TWINS : CRITPT_CAUSE_SHARED_LAYERS};
    CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, a));
    CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, b));
    return keep_cause(&solve->report, &cause);
done:
    cpt_cause_destroy(&cause);
    return status;
}

static bool in_conflict(const cpt_report *report, size_t point)
{
    for (size_t i = 0; i < report->n_conflicts; i++)
        for (size_t t = 0; t < report->conflicts[i].n_terms; t++)
            if (report->conflicts[i].terms[t].point == point)
                return true;
    return false;
}

static critpt_status find_related_points(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t a = 0; a < solve->K; a++)
        for (size_t b = a + 1; b < solve->K; b++)
            if (in_conflict(&solve->report, a) && in_conflict(&solve->report, b))
                CPT_TRY(compare_points(solve, a, b));
done:
    return status;
}

static critpt_status find_causes(cpt_solve *solve)
{
    critpt_status status;
    CPT_TRY(find_too_few_samples(solve));
    if (!cpt_model_is_mlp(solve->workspace.jet.model))
        goto done;
    if (cpt_mlp_has_free_output_mean(solve->workspace.jet.model))
        CPT_TRY(find_output_means(solve));
    CPT_TRY(find_related_points(solve));
    CPT_TRY(cpt_solve_find_isolated_samples(solve));
done:
    return status;
}

/* ---- The sentence ---- */

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

static void say_isolated(const cpt_solve *solve, const cpt_cause *cause, sentence *to)
{
    size_t n_layers;
    const cpt_layer *layers = cpt_mlp_layers(solve->workspace.jet.model, &n_layers);
    say(to, "; ");
    say_items(to, "input column", cause, CRITPT_CAUSE_COLUMN);
    say(to, " var%s in ", cause->n_items[CRITPT_CAUSE_COLUMN] == 1 ? "ies" : "y");
    say_items(to, "sample", cause, CRITPT_CAUSE_SAMPLE);
    say(to,
        " only: %zu equations for each such column stand on %zu targets; drop the column%s, "
        "or use fewer points or a narrower first layer",
        solve->K * layers[0].n_units, solve->D * cause->n_items[CRITPT_CAUSE_SAMPLE],
        cause->n_items[CRITPT_CAUSE_COLUMN] == 1 ? "" : "s");
}

static void say_cause(const cpt_solve *solve, const cpt_cause *cause, sentence *to)
{
    switch (cause->kind) {
    case CRITPT_CAUSE_TOO_FEW_SAMPLES:
        say(to,
            "; %zu targets cannot meet about %zu independent equations: use at least %zu samples",
            solve->unknowns, expected_rank(solve), expected_rank(solve) / solve->D + 1);
        break;
    case CRITPT_CAUSE_OUTPUT_MEANS:
        say(to, "; ");
        say_items(to, "point", cause, CRITPT_CAUSE_POINT);
        say(to, " have different mean outputs, which the output biases tie to the mean target: let "
                "points move, or shift their output biases to a common mean");
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
        say_isolated(solve, cause, to);
        break;
    }
}

/* The weightiest equation of the first conflict, by its place in the network. */
static void say_equation(const cpt_solve *solve, sentence *to)
{
    const cpt_term *term = &solve->report.conflicts[0].terms[0];
    const critpt_model *model = solve->workspace.jet.model;
    size_t layer, row, column;
    if (!cpt_model_is_mlp(model)) {
        say(to, " (first: point %zu, weight %zu)", term->point, term->weight);
        return;
    }
    critpt_mlp_locate_weight(model, term->weight, &layer, &row, &column);
    say(to, " (first: point %zu, layer %zu, row %zu, column %zu)", term->point, layer, row, column);
}

critpt_status cpt_solve_explain_conflicts(cpt_solve *solve)
{
    critpt_status status = find_causes(solve);
    if (status != CRITPT_OK)
        return status;
    sentence why = {"", 0};
    say_equation(solve, &why);
    for (size_t i = 0; i < solve->report.n_causes; i++)
        say_cause(solve, &solve->report.causes[i], &why);
    if (solve->report.n_causes == 0)
        say(&why, "; use other weights, fewer points or more samples");
    if (solve->report.n_causes == 0 && solve->triangle.condition > 1e10)
        say(&why, " (to double precision: the others have condition %.1e)",
            solve->triangle.condition);
    return cpt_error(CRITPT_INFEASIBLE, "%.0f of %zu equations contradict the others%s",
                     solve->report.values[CRITPT_REPORT_CONFLICTING], solve->equations, why.text);
}
