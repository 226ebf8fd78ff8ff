/* That a file is what its specification describes: seed, model, inputs and weights, of which those
 * that were drawn are drawn again. What came from other files cannot be, and is listed. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/dataset.h"
#include "verify/spec.h"

static void judge_size(verification *v, const char *claim, size_t stated, size_t found)
{
    verify_judge(v, "spec", claim, (double)stated, (double)found, stated == found);
}

static bool check_library(verification *v)
{
    const char *name = v->spec.library_model, *options = v->spec.library_options;
    const char *stated = critpt_file_text_value(v->file, CRITPT_FILE_TEXT_MODEL_OPTIONS);
    bool same = v->spec.library && v->model.model;
    verify_judge_text(v, "spec", "model", v->spec.library ? "library" : "mlp",
                      v->model.model ? "library" : "mlp", same);
    if (!same)
        return false;
    if (name)
        verify_judge_text(v, "spec", "model.name", name, v->model.table.name,
                          !strcmp(name, v->model.table.name));
    verify_judge_text(v, "spec", "model.options", options ? options : "nothing",
                      stated ? stated : "nothing",
                      options && stated ? !strcmp(options, stated) : options == stated);
    verify_leave(v, "model.library (%s)", v->spec.library);
    return true;
}

static bool check_model(verification *v)
{
    const spec *s = &v->spec;
    const oracle_network *p = &v->problem.network;
    char claim[64];
    if (s->library || v->model.model)
        return check_library(v);
    judge_size(v, "layers", s->n_layers, p->n_layers);
    for (size_t l = 0; s->n_layers == p->n_layers && l <= p->n_layers; l++) {
        snprintf(claim, sizeof claim, "model.widths[%zu]", l);
        judge_size(v, claim, s->widths[l], p->widths[l]);
    }
    for (size_t l = 0; s->n_layers == p->n_layers && l < p->n_layers; l++) {
        snprintf(claim, sizeof claim, "model.activations[%zu]", l);
        verify_judge_text(v, "spec", claim, critpt_activation_name(s->activations[l]),
                          critpt_activation_name(p->activations[l]),
                          s->activations[l] == p->activations[l]);
        snprintf(claim, sizeof claim, "model.bias[%zu]", l);
        judge_size(v, claim, s->bias[l] != 0, p->bias[l] != 0);
    }
    return !v->n_false || s->n_layers == p->n_layers;
}

/* ---- Inputs ---- */

/* Their columns are as they were drawn. */
static void check_plain_columns(verification *v, const dataset *d)
{
    bool plain = critpt_file_n_dropped_columns(v->file) == 0;
    for (size_t j = 0; j < d->n_columns && critpt_file_has_input_columns(v->file); j++) {
        size_t column = 0;
        double mean = NAN, mean_low = NAN, scale = NAN;
        critpt_file_input_column(v->file, j, &column, &mean, &scale);
        critpt_file_input_mean_low(v->file, j, &mean_low);
        plain = plain && column == d->columns[j] && !memcmp(&mean, &d->mean[j], sizeof mean) &&
                !memcmp(&mean_low, &d->mean_low[j], sizeof mean_low) &&
                !memcmp(&scale, &d->scale[j], sizeof scale);
    }
    plain = plain && critpt_file_has_input_columns(v->file);
    verify_judge(v, "inputs", "columns as they were drawn", plain, 1, plain);
}

static outcome draw_inputs(verification *v)
{
    const char *source = critpt_file_text_value(v->file, CRITPT_FILE_TEXT_SOURCE);
    const char *kind = v->spec.inputs.source.kind == SOURCE_NORMAL ? "normal" : "uniform";
    size_t n = v->problem.oracle.n_samples, d = v->problem.n_inputs;
    dataset drawn = {0};
    outcome result = DONE;
    verify_judge_text(v, "inputs", "source", source ? source : "nothing", kind,
                      source && !strcmp(source, kind));
    judge_size(v, "samples", v->spec.inputs.samples, n);
    if (v->spec.inputs.samples != n)
        return DONE;
    TRY(spec_dataset_build(&drawn, &v->spec.inputs, d, v->spec.seed));
    verify_judge_bits(v, "inputs", "drawn again", n * d, v->problem.inputs, drawn.values);
    check_plain_columns(v, &drawn);
done:
    spec_dataset_free(&drawn);
    return result;
}

static outcome check_inputs(verification *v)
{
    const data_source *source = &v->spec.inputs.source;
    const char *stated = critpt_file_text_value(v->file, CRITPT_FILE_TEXT_SOURCE);
    if (source->kind == SOURCE_NORMAL || source->kind == SOURCE_UNIFORM)
        return draw_inputs(v);
    const char *slash = strrchr(source->path, '/'), *name = slash ? slash + 1 : source->path;
    verify_judge_text(v, "inputs", "source", stated ? stated : "nothing", name,
                      stated && !strcmp(stated, name));
    verify_leave(v, "inputs, and the columns they were taken from (from %s)", name);
    return DONE;
}

/* ---- Weights ---- */

/* What a point's weights were drawn or read as. */
static outcome check_requested(verification *v, const critpt_model *model, size_t k,
                               const double *requested, double *drawn)
{
    const spec *s = &v->spec;
    size_t P = v->problem.n_weights;
    char where[32];
    outcome result = DONE;
    snprintf(where, sizeof where, "point %zu", k);
    if (k >= s->n_points || s->points[k].weights.kind) {
        verify_leave(v, "weights_requested of point %zu (from a file)", k);
        return DONE;
    }
    size_t first = spec_is_drawn_apart(s, k) ? 0 : s->candidates + k;
    size_t last = spec_is_drawn_apart(s, k) ? s->candidates : first + 1, found = last;
    for (size_t c = first; c < last && found == last; c++) {
        TRY(cli_from_library(critpt_model_draw_weights(model, s->seed, c, s->init_scale, drawn, P),
                             "%s", v->path));
        found = memcmp(drawn, requested, P * sizeof *drawn) ? last : c;
    }
    if (spec_is_drawn_apart(s, k)) {
        verify_judge(v, where, "weights_requested, one of the candidates", (double)found,
                     (double)last, found < last);
        verify_leave(v, "which of the candidates point %zu is", k);
    } else {
        verify_judge_bits(v, where, "weights_requested, drawn again", P, requested, drawn);
    }
done:
    return result;
}

/* Losses that are asked for between critical points scale output layers. */
static bool may_scale(const verification *v, size_t k)
{
    bool asked = false;
    for (size_t c = 0; c < critpt_file_n_conditions(v->file); c++) {
        critpt_condition_kind kind = CRITPT_CONDITION_GRADIENT;
        critpt_file_condition(v->file, c, &kind, NULL, NULL);
        asked = asked || kind == CRITPT_CONDITION_LOSS || kind == CRITPT_CONDITION_LOSS_DIFFERENCE;
    }
    return asked && k < v->spec.n_points && !v->spec.points[k].fixed;
}

/* Weights that a solve may move: those that scale, by one factor where outputs are linear in them,
 * and constants that are balanced. Of a network these are the output layer's. */
typedef struct movable {
    bool *scaled, *constant; /* P each */
} movable;

static void mark_layer(const verification *v, movable *m)
{
    const oracle_network *p = &v->problem.network;
    size_t P = v->problem.n_weights, last = p->n_layers - 1, D = v->problem.n_outputs;
    size_t biases = p->bias[last] ? P - D : P, first = biases - D * p->widths[last];
    for (size_t i = first; p->activations[last] == CRITPT_IDENTITY && i < P; i++) {
        m->scaled[i] = true;
        m->constant[i] = i >= biases;
    }
}

static void mark_declared(const verification *v, movable *m)
{
    const critpt_plugin_model *table = &v->model.table;
    for (size_t i = 0; i < table->n_linear; i++)
        m->scaled[table->linear[i]] = true;
    for (size_t o = 0; table->constants && o < table->n_outputs; o++)
        m->constant[table->constants[o]] = true;
}

/* Which those are is known of the model alone. */
static void check_moves(verification *v, size_t k, const movable *m, const double *weights,
                        const double *requested)
{
    size_t P = v->problem.n_weights, at = P;
    bool fixed = k >= v->spec.n_points || v->spec.points[k].fixed;
    double factor = 1, largest = 0;
    char where[32];
    snprintf(where, sizeof where, "point %zu", k);
    for (size_t i = 0; may_scale(v, k) && i < P; i++)
        if (m->scaled[i] && !m->constant[i] && fabs(requested[i]) > largest) {
            largest = fabs(requested[i]);
            factor = weights[i] / requested[i];
        }
    for (size_t i = 0; i < P && at == P; i++) {
        bool free =
            m->constant[i] && !fixed && (v->spec.balance_output_bias || factor < 1 || factor > 1);
        bool scaled = m->scaled[i] && (factor < 1 || factor > 1);
        double expected = scaled ? factor * requested[i] : requested[i];
        double error = scaled ? 4 * DBL_EPSILON * fabs(expected) : 0;
        at = free || fabs(weights[i] - expected) <= error ? P : i;
    }
    verify_judge(v, where, "weights that moved without leave", at < P ? weights[at] : 0,
                 at < P ? requested[at] : 0, at == P);
}

static outcome check_weights(verification *v)
{
    const critpt_model *model = critpt_landscape_model(v->landscape);
    size_t P = v->problem.n_weights;
    double *weights = NULL, *requested, *drawn;
    movable m = {NULL, NULL};
    outcome result;
    TRY(cli_allocate(&m.scaled, 2 * P, sizeof(bool)));
    m.constant = m.scaled + P;
    if (v->model.model)
        mark_declared(v, &m);
    else
        mark_layer(v, &m);
    TRY(cli_allocate(&weights, 3 * P, sizeof *weights));
    requested = weights + P;
    drawn = requested + P;
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++) {
        TRY(cli_from_library(critpt_file_point_weights(v->file, k, weights, P), "%s", v->path));
        TRY(cli_from_library(critpt_file_point_weights_requested(v->file, k, requested, P), "%s",
                             v->path));
        TRY(check_requested(v, model, k, requested, drawn));
        check_moves(v, k, &m, weights, requested);
    }
done:
    free(m.scaled);
    free(weights);
    return result;
}

/* ---- Data that only files give ---- */

static bool all_default(const double *values, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++) {
        double expected = stride ? i % stride == 0 : 1;
        if (values[i] < expected || values[i] > expected)
            return false;
    }
    return true;
}

static void check_optional(verification *v, const char *name, const data_source *source,
                           bool absent)
{
    if (source->kind)
        verify_leave(v, "%s (from %s)", name, source->path);
    else
        verify_judge(v, "spec", name, 0, absent ? 0 : 1, absent);
}

/* The file's penalty is the specification's, where that has a number. */
static void check_penalty(verification *v)
{
    const penalty_spec *asked = &v->spec.penalty;
    const double *penalty = v->problem.penalty, *centre = v->problem.centre;
    size_t worst = 0;
    bool centred = false;
    for (size_t j = 0; j < v->problem.n_weights; j++) {
        if (fabs(penalty[j] - asked->all) > fabs(penalty[worst] - asked->all))
            worst = j;
        centred = centred || fabs(centre[j]) > 0;
    }
    if (asked->weights.kind)
        verify_leave(v, "penalty (from %s)", asked->weights.path);
    else
        verify_judge(v, "spec", "penalty", penalty[worst], asked->all,
                     !(fabs(penalty[worst] - asked->all) > 0));
    check_optional(v, "penalty_centre", &asked->centre, !centred);
}

outcome verify_check_spec(verification *v)
{
    size_t D = v->problem.n_outputs;
    outcome result = DONE;
    if (!v->has_spec) {
        verify_leave(v, "spec, and whether its requests are met (the file has none)");
        verify_leave(v, "seed");
        verify_leave(v, "inputs, and the columns they were taken from");
        verify_leave(v, "weights_requested");
        return DONE;
    }
    verify_judge(v, "file", "seed", (double)critpt_file_seed(v->file), (double)v->spec.seed,
                 critpt_file_seed(v->file) == v->spec.seed);
    if (!check_model(v))
        return DONE;
    TRY(check_inputs(v));
    TRY(check_weights(v));
    check_optional(v, "sample_weights", &v->spec.sample_weights,
                   all_default(v->problem.sample_weights, v->problem.oracle.n_samples, 0));
    check_optional(v, "output_metric", &v->spec.output_metric,
                   all_default(v->problem.metric, D * D, D + 1));
    check_penalty(v);
    check_optional(v, "frozen", &v->spec.frozen, !critpt_file_has_frozen_targets(v->file));
done:
    return result;
}
