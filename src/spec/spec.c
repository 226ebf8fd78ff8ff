/* Reading a specification: the file, its model, and what stands at its root. */
#include "spec/spec.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/input.h"
#include "cli/json_memory.h"
#include "spec/parts.h"

static outcome take_widths(const place *p, spec *s)
{
    size_t n = 0;
    outcome result;
    TRY(spec_require_array(p, "widths", &n));
    if (n < 2)
        TRY(spec_fail_at(p, "one width is no network; give those of the inputs and of each layer"));
    TRY(cli_allocate(&s->widths, n, sizeof *s->widths));
    s->n_layers = n - 1;
    for (size_t l = 0; l < n; l++) {
        place width = spec_element_of(p, l);
        TRY(spec_take_size(&width, 1, INT_MAX, &s->widths[l]));
    }
done:
    return result;
}

static outcome take_activation(const place *p, critpt_activation *activation)
{
    const char *name = NULL;
    outcome result = spec_take_text(p, &name);
    if (result != DONE || critpt_activation_from_name(name, activation) == CRITPT_OK)
        return result;
    char names[256] = "";
    for (int i = 0; critpt_activation_name((critpt_activation)i); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 critpt_activation_name((critpt_activation)i));
    return spec_fail_at(p, "\"%s\" is not an activation; known: %s", name, names);
}

static outcome take_activations(const place *p, spec *s)
{
    size_t n = 0;
    outcome result;
    TRY(spec_require_array(p, "activations", &n));
    if (n != s->n_layers)
        TRY(spec_fail_at(p, "%zu activations for %zu layers; give one per layer, the output's last",
                         n, s->n_layers));
    TRY(cli_allocate(&s->activations, n, sizeof *s->activations));
    for (size_t l = 0; l < n; l++) {
        place activation = spec_element_of(p, l);
        TRY(take_activation(&activation, &s->activations[l]));
    }
done:
    return result;
}

/* true, false, or a list of them with one per layer; true if absent. */
static outcome take_bias(const place *p, spec *s)
{
    bool all = true;
    size_t n = s->n_layers;
    bool list = json_is_array(p->value);
    outcome result;
    TRY(cli_allocate(&s->bias, s->n_layers, sizeof *s->bias));
    if (list)
        TRY(spec_require_array(p, "true and false", &n));
    else
        TRY(spec_take_boolean(p, &all));
    if (n != s->n_layers)
        TRY(spec_fail_at(p, "%zu values for %zu layers; give one per layer", n, s->n_layers));
    for (size_t l = 0; l < s->n_layers; l++) {
        bool one = all;
        place element = list ? spec_element_of(p, l) : *p;
        TRY(spec_take_boolean(&element, &one));
        s->bias[l] = one ? CRITPT_BIAS : CRITPT_NO_BIAS;
    }
done:
    return result;
}

static outcome take_init(const place *p, spec *s)
{
    static const char *const known[] = {"scale", NULL};
    if (!p->value)
        return DONE;
    outcome result;
    TRY(spec_require_object(p, known));
    place scale = spec_member_of(p, "scale");
    TRY(spec_take_positive(&scale, &s->init_scale));
done:
    return result;
}

static outcome require_member(const place *p, const char *key, place *member)
{
    *member = spec_member_of(p, key);
    return member->value ? DONE : spec_fail_at(p, "%s is missing", key);
}

/* A model that a shared object has. */
static outcome take_library(const place *p, spec *s)
{
    static const char *const known[] = {"library", "name", "options", "init", NULL};
    outcome result;
    TRY(spec_require_object(p, known));
    place library = spec_member_of(p, "library"), name = spec_member_of(p, "name"),
          options = spec_member_of(p, "options"), init = spec_member_of(p, "init");
    TRY(spec_take_path(&library, &s->library));
    TRY(spec_take_copy(&name, &s->library_model));
    TRY(spec_take_copy(&options, &s->library_options));
    TRY(take_init(&init, s));
done:
    return result;
}

outcome spec_take_model(const place *p, spec *s)
{
    static const char *const known[] = {"widths", "activations", "bias", "init", "library", NULL};
    place widths, activations, bias, init;
    outcome result;
    if (json_is_object(p->value) && spec_member_of(p, "library").value)
        return take_library(p, s);
    TRY(spec_require_object(p, known));
    TRY(require_member(p, "widths", &widths));
    TRY(require_member(p, "activations", &activations));
    bias = spec_member_of(p, "bias");
    init = spec_member_of(p, "init");
    TRY(take_widths(&widths, s));
    TRY(take_activations(&activations, s));
    TRY(take_bias(&bias, s));
    TRY(take_init(&init, s));
done:
    return result;
}

static outcome take_options(const place *root, spec *s)
{
    place balance = spec_member_of(root, "balance_output_bias"),
          tolerance = spec_member_of(root, "rank_tolerance"),
          limit = spec_member_of(root, "memory_limit"),
          amplification = spec_member_of(root, "amplification_limit"),
          seconds = spec_member_of(root, "time_limit"),
          products = spec_member_of(root, "nature_products");
    outcome result;
    TRY(spec_take_boolean(&balance, &s->balance_output_bias));
    TRY(spec_take_positive(&tolerance, &s->rank_tolerance));
    if (s->rank_tolerance >= 1)
        TRY(spec_fail_at(&tolerance, "%g is not below 1", s->rank_tolerance));
    TRY(spec_take_size(&limit, 1, SIZE_MAX / 2, &s->memory_limit));
    TRY(spec_take_positive(&amplification, &s->amplification_limit));
    TRY(spec_take_positive(&seconds, &s->time_limit));
    TRY(spec_take_size(&products, 1, SIZE_MAX / 2, &s->nature_products));
done:
    return result;
}

/* The seed used goes into the JSON too. */
static outcome take_seed(const place *root, spec *s, const uint64_t *replacement)
{
    place member = spec_member_of(root, "seed");
    uint64_t seed = 0;
    outcome result = spec_take_integer(&member, 0, INT64_MAX, &seed);
    if (result != DONE)
        return result;
    s->seed = replacement ? *replacement : seed;
    if (json_object_set_new(s->root, "seed", json_integer((json_int_t)s->seed)))
        return cli_fail(ENVIRONMENT, "out of memory");
    return DONE;
}

static outcome take_penalty(const place *root, penalty_spec *penalty)
{
    static const char *const known[] = {"weights", "centre", NULL};
    place member = spec_member_of(root, "penalty"), weights, centre;
    outcome result;
    if (!member.value)
        return DONE;
    TRY(spec_require_object(&member, known));
    TRY(require_member(&member, "weights", &weights));
    centre = spec_member_of(&member, "centre");
    TRY(json_is_number(weights.value) ? spec_take_number(&weights, &penalty->all)
                                      : spec_take_vector_file(&weights, &penalty->weights));
    if (penalty->all < 0)
        TRY(spec_fail_at(&weights, "%g; a penalty is 0 or more", penalty->all));
    if (centre.value)
        TRY(spec_take_vector_file(&centre, &penalty->centre));
done:
    return result;
}

static outcome take_root(const place *root, spec *s, const uint64_t *seed)
{
    static const char *const known[] = {"model",           "inputs",
                                        "base_targets",    "seed",
                                        "points",          "sample_weights",
                                        "output_metric",   "penalty",
                                        "memory_limit",    "balance_output_bias",
                                        "rank_tolerance",  "amplification_limit",
                                        "time_limit",      "nature_products",
                                        "values",          "frozen",
                                        "separate_points", NULL};
    place model, inputs, points;
    outcome result;
    TRY(spec_require_object(root, known));
    TRY(require_member(root, "model", &model));
    TRY(require_member(root, "inputs", &inputs));
    TRY(require_member(root, "points", &points));
    place base = spec_member_of(root, "base_targets"),
          weights = spec_member_of(root, "sample_weights"),
          metric = spec_member_of(root, "output_metric"), values = spec_member_of(root, "values"),
          frozen = spec_member_of(root, "frozen"), apart = spec_member_of(root, "separate_points");
    TRY(spec_take_model(&model, s));
    TRY(spec_take_inputs(&inputs, &s->inputs));
    TRY(spec_take_base(&base, &s->base));
    TRY(spec_take_points(&points, s));
    TRY(spec_take_values(&values, s));
    TRY(spec_take_separation(&apart, s));
    if (weights.value)
        TRY(spec_take_file_source(&weights, &s->sample_weights));
    if (metric.value)
        TRY(spec_take_file_source(&metric, &s->output_metric));
    TRY(take_penalty(root, &s->penalty));
    if (frozen.value)
        TRY(spec_take_file_source(&frozen, &s->frozen));
    TRY(take_options(root, s));
    TRY(take_seed(root, s, seed));
done:
    return result;
}

/* Passes over a byte order mark, also where the file cannot be read twice. */
static bool skip_mark(FILE *stream)
{
    int first = getc(stream);
    if (first == 0xef)
        return getc(stream) == 0xbb && getc(stream) == 0xbf;
    if (first != EOF)
        ungetc(first, stream);
    return true;
}

/* Whether `root` is the whole of the text. */
static outcome require_root(const char *file, const json_t *root, const json_error_t *error)
{
    outcome result = cli_json_require_memory();
    if (root || result != DONE)
        return result;
    return cli_fail(BAD_INPUT, "%s: line %d, column %d: %s", file, error->line, error->column,
                    error->text);
}

static outcome load(spec *s, const char *file)
{
    FILE *stream;
    uint64_t size;
    json_error_t error;
    outcome result = cli_input_stream(file, &stream, &size);
    if (result != DONE)
        return result;
    errno = 0;
    bool text = skip_mark(stream);
    s->root = text ? json_loadf(stream, JSON_REJECT_DUPLICATES, &error) : NULL;
    bool unread = ferror(stream);
    int reason = errno;
    fclose(stream);
    if (unread)
        return cli_fail(ENVIRONMENT, "cannot read %s: %s", file, strerror(reason));
    if (!text)
        return cli_fail(BAD_INPUT, "%s: line 1, column 1: JSON does not begin with such a byte",
                        file);
    return require_root(file, s->root, &error);
}

static outcome begin(spec *s, const char *file)
{
    *s = (spec){.init_scale = 1, .balance_output_bias = true, .amplification_limit = INFINITY};
    return cli_copy_text(&s->file, file, strlen(file));
}

outcome spec_read(spec *s, const char *file, const uint64_t *seed)
{
    outcome result;
    TRY(begin(s, file));
    TRY(load(s, file));
    place root = {.file = s->file, .value = s->root};
    TRY(take_root(&root, s, seed));
done:
    if (result != DONE)
        spec_free(s);
    return result;
}

outcome spec_parse(spec *s, const char *file, const char *text)
{
    json_error_t error;
    outcome result;
    TRY(begin(s, file));
    s->root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    TRY(require_root(file, s->root, &error));
    place root = {.file = s->file, .value = s->root};
    TRY(take_root(&root, s, NULL));
done:
    if (result != DONE)
        spec_free(s);
    return result;
}

static void free_source(data_source *source)
{
    free(source->path);
    free(source->dataset);
    free(source->columns);
    for (size_t i = 0; source->names && i < source->n_names; i++)
        free(source->names[i]);
    free(source->names);
}

static void free_point(point_spec *point)
{
    free_source(&point->weights);
    for (size_t c = 0; point->conditions && c < point->n_conditions; c++)
        for (size_t i = 0; i < 2; i++) {
            free_source(&point->conditions[c].vectors[i].file);
            free(point->conditions[c].vectors[i].numbers);
        }
    free(point->conditions);
}

void spec_free(spec *s)
{
    for (size_t k = 0; s->points && k < s->n_points; k++)
        free_point(&s->points[k]);
    for (size_t i = 0; s->values && i < s->n_values; i++) {
        free_source(&s->values[i].weights);
        free_source(&s->values[i].image);
    }
    free_source(&s->frozen);
    free(s->values);
    free_source(&s->inputs.source);
    free_source(&s->base.source);
    free_source(&s->sample_weights);
    free_source(&s->output_metric);
    free_source(&s->penalty.weights);
    free_source(&s->penalty.centre);
    free(s->points);
    free(s->library);
    free(s->library_model);
    free(s->library_options);
    free(s->widths);
    free(s->activations);
    free(s->bias);
    free(s->file);
    json_decref(s->root);
    *s = (spec){0};
}

outcome spec_set_library(spec *s, const char *path)
{
    char *copy;
    if (!s->library)
        return cli_fail(BAD_INPUT,
                        "--library: the model of %s is a network; \"library\" in its "
                        "place names an object",
                        s->file);
    outcome result = cli_copy_text(&copy, path, strlen(path));
    if (result != DONE)
        return result;
    free(s->library);
    s->library = copy;
    json_object_set_new(json_object_get(s->root, "model"), "library", json_string(path));
    return cli_json_require_memory();
}

outcome spec_text(const spec *s, char **text)
{
    *text = json_dumps(s->root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    outcome result = cli_json_require_memory();
    if (result == DONE && !*text)
        result = cli_fail(ENVIRONMENT, "out of memory");
    if (result != DONE) {
        free(*text);
        *text = NULL;
    }
    return result;
}
