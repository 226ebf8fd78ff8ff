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

/* Second derivatives of a network with one hidden layer and linear output that the targets move at
 * a critical point (MATH 5, fact 5); SIZE_MAX where no count is known. */
static size_t movable_curvatures(const critpt_model *model)
{
    size_t n_layers = 0;
    const cpt_layer *layers = cpt_model_is_mlp(model) ? cpt_mlp_layers(model, &n_layers) : NULL;
    if (n_layers != 2 || !cpt_mlp_has_linear_output(model))
        return SIZE_MAX;
    size_t inputs = layers[0].n_inputs + layers[0].bias, D = model->n_outputs;
    return layers[0].n_units * (inputs * (inputs + 1) / 2 + (D - 1) * inputs);
}

/* Constants are in every range(J) once; S = 0 counts what can be moved, where that is known. */
size_t cpt_solve_expected_rank(const cpt_solve *solve)
{
    const critpt_model *model = solve->workspace.jet.model;
    size_t rank = solve->equations, n_gradients = 0, null = 0;
    for (size_t e = 0; e < solve->equations; e++)
        null += solve->null[e];
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        n_gradients += block->kind == &cpt_gradient_equations;
        if (block->kind == &cpt_gauss_newton_equations) {
            size_t movable = movable_curvatures(model);
            rank -= block->n - (movable < block->n ? movable : 0);
        }
    }
    if (cpt_mlp_has_free_output_mean(model) && n_gradients > 0)
        rank -= (n_gradients - 1) * solve->D;
    return null < rank ? rank - null : rank;
}

static critpt_status find_too_few_samples(cpt_solve *solve)
{
    cpt_cause cause = {.kind = CRITPT_CAUSE_TOO_FEW_SAMPLES};
    size_t unknowns = solve->unknowns; /* with the slack of soft equations */
    for (size_t e = 0; e < solve->equations; e++)
        unknowns += solve->looseness[e] > 0;
    if (unknowns >= cpt_solve_expected_rank(solve))
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
    size_t reference = solve->K;
    for (size_t k = 0; k < solve->K; k++) {
        if (!solve->plan->points[k].critical)
            continue;
        if (reference == solve->K) {
            reference = k;
            CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, k));
        }
        double apart = 0, *mean = k > reference ? means + solve->D : means;
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
            if (report->conflicts[i].terms[t].request.point == point)
                return true;
    return false;
}

/* Of two points whose gradients vanish; before a solve every point may be in a conflict. */
static critpt_status find_related_points(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    const cpt_point *points = solve->plan->points;
    bool any = solve->report.n_conflicts == 0;
    for (size_t a = 0; a < solve->K; a++)
        for (size_t b = a + 1; b < solve->K; b++)
            if (points[a].critical && points[b].critical &&
                (any || (in_conflict(&solve->report, a) && in_conflict(&solve->report, b))))
                CPT_TRY(compare_points(solve, a, b));
done:
    return status;
}

/* Whether a curvature condition speaks of the output layer alone, which must be linear: its block
 * of the Hessian is the same for all targets (fact 5). */
static bool is_fixed_curvature(const cpt_solve *solve, const cpt_condition *condition)
{
    const critpt_model *model = solve->workspace.jet.model;
    size_t n_layers;
    if (!cpt_mlp_has_linear_output(model))
        return false;
    const cpt_layer *layers = cpt_mlp_layers(model, &n_layers);
    size_t last = layers[n_layers - 1].weights;
    if (condition->kind == CRITPT_CONDITION_HESSIAN_ENTRY)
        return condition->row >= last && condition->column >= last;
    if (condition->kind != CRITPT_CONDITION_CURVATURE)
        return false;
    for (size_t j = 0; j < 2 * solve->P; j++)
        if (condition->vectors[j] != 0 && j % solve->P < last)
            return false;
    return true;
}

static critpt_status find_fixed_curvatures(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    cpt_cause cause = {.kind = CRITPT_CAUSE_FIXED_CURVATURE};
    for (size_t c = 0; c < solve->plan->n_conditions; c++) {
        const cpt_condition *condition = &solve->plan->conditions[c];
        if (condition->softness > 0 || !is_fixed_curvature(solve, condition))
            continue;
        CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, condition->points[0]));
        CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_CONDITION, c));
    }
    if (cause.n_items[CRITPT_CAUSE_CONDITION] > 0) {
        status = keep_cause(&solve->report, &cause);
        cause = (cpt_cause){0};
    }
done:
    cpt_cause_destroy(&cause);
    return status;
}

/* Numbers of the Hessian that a hard condition prescribes. */
static size_t count_curvatures(const cpt_solve *solve, const cpt_condition *condition)
{
    if (condition->softness > 0)
        return 0;
    if (condition->kind == CRITPT_CONDITION_EIGENPAIR)
        return solve->P;
    return condition->kind == CRITPT_CONDITION_HESSIAN_ENTRY ||
           condition->kind == CRITPT_CONDITION_CURVATURE;
}

/* More curvatures at a critical point than the targets can move there. */
static critpt_status count_point_curvatures(cpt_solve *solve, size_t point)
{
    critpt_status status = CRITPT_OK;
    cpt_cause cause = {.kind = CRITPT_CAUSE_CURVATURE_COUNT};
    size_t count = 0;
    for (size_t c = 0; c < solve->plan->n_conditions; c++) {
        const cpt_condition *condition = &solve->plan->conditions[c];
        size_t these = condition->points[0] == point ? count_curvatures(solve, condition) : 0;
        count += these;
        if (these > 0)
            CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_CONDITION, c));
    }
    if (count > movable_curvatures(solve->workspace.jet.model)) {
        CPT_TRY(cpt_cause_add_item(&cause, CRITPT_CAUSE_POINT, point));
        status = keep_cause(&solve->report, &cause);
        cause = (cpt_cause){0};
    }
done:
    cpt_cause_destroy(&cause);
    return status;
}

critpt_status cpt_solve_find_causes(cpt_solve *solve)
{
    critpt_status status;
    CPT_TRY(find_too_few_samples(solve));
    if (!cpt_model_is_mlp(solve->workspace.jet.model))
        goto done;
    if (cpt_mlp_has_free_output_mean(solve->workspace.jet.model))
        CPT_TRY(find_output_means(solve));
    CPT_TRY(find_related_points(solve));
    CPT_TRY(find_fixed_curvatures(solve));
    for (size_t k = 0; k < solve->K; k++)
        if (solve->plan->points[k].critical)
            CPT_TRY(count_point_curvatures(solve, k));
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
        solve->n_critical * layers[0].n_units, solve->D * cause->n_items[CRITPT_CAUSE_SAMPLE],
        cause->n_items[CRITPT_CAUSE_COLUMN] == 1 ? "" : "s");
}

static void say_cause(const cpt_solve *solve, const cpt_cause *cause, sentence *to)
{
    switch (cause->kind) {
    case CRITPT_CAUSE_TOO_FEW_SAMPLES:
        say(to,
            "; %zu targets cannot meet about %zu independent equations: use at least %zu samples%s",
            solve->unknowns, cpt_solve_expected_rank(solve),
            cpt_solve_expected_rank(solve) / solve->D + 1,
            solve->plan->frozen ? ", or freeze fewer targets" : "");
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
            cause->items[CRITPT_CAUSE_POINT][0], movable_curvatures(solve->workspace.jet.model));
        break;
    case CRITPT_CAUSE_LOSS_ORDER: /* has a sentence of its own */
        break;
    }
}

/* The weightiest equation of the first conflict, by its place in the network. */
static void say_equation(const cpt_solve *solve, sentence *to)
{
    const cpt_term *term = &solve->report.conflicts[0].terms[0];
    const critpt_model *model = solve->workspace.jet.model;
    size_t layer, row, column, condition = term->request.condition;
    if (condition != CRITPT_CRITICAL_POINT) {
        say(to, " (first: equation %zu of condition %zu, %s at point %zu)", term->entry, condition,
            critpt_condition_kind_name(solve->plan->conditions[condition].kind),
            term->request.point);
        return;
    }
    if (!cpt_model_is_mlp(model)) {
        say(to, " (first: point %zu, weight %zu)", term->request.point, term->entry);
        return;
    }
    critpt_mlp_locate_weight(model, term->entry, &layer, &row, &column);
    say(to, " (first: point %zu, layer %zu, row %zu, column %zu)", term->request.point, layer, row,
        column);
}

/* "; critical point 0 and condition 2 cannot be had together", where that tells something. */
static void say_contradiction(const cpt_solve *solve, sentence *to)
{
    enum { NAMED = 6 };
    const cpt_report *report = &solve->report;
    size_t n = report->n_contradicting;
    if (solve->plan->n_conditions == 0 && n == solve->K)
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

critpt_status cpt_solve_explain_conflicts(cpt_solve *solve, size_t n_proofs)
{
    critpt_status status = cpt_solve_find_contradiction(solve);
    if (status == CRITPT_OK)
        status = cpt_solve_find_causes(solve);
    if (status != CRITPT_OK)
        return status;
    sentence why = {"", 0};
    say_equation(solve, &why);
    say_contradiction(solve, &why);
    for (size_t i = 0; i < solve->report.n_causes; i++)
        say_cause(solve, &solve->report.causes[i], &why);
    if (solve->report.n_causes == 0 && solve->report.minimal && solve->report.n_contradicting > 1)
        say(&why, "; drop one of them, or use other weights or more samples");
    else if (solve->report.n_causes == 0)
        say(&why, "; use other weights, fewer points or more samples%s",
            solve->plan->frozen ? ", or freeze fewer targets" : "");
    if (!cpt_solve_is_certain(solve))
        say(&why, " (to double precision: no targets up to %.1g times as large meet them)",
            solve->excluded);
    return cpt_error(CRITPT_INFEASIBLE, "%zu of %zu equations contradict the others%s", n_proofs,
                     solve->equations, why.text);
}
