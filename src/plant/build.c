/* Building what a specification asks for. */
#include "plant/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plant/conditions.h"
#include "plant/separation.h"
#include "plant/targets.h"
#include "plant/weights.h"
#include "spec/source.h"

static outcome load_model(instance *made)
{
    const spec *s = &made->spec;
    const plugin_request request = {s->library, s->library_model, s->library_options};
    outcome result = plugin_open(&made->library, &request);
    made->model = made->library.model;
    return result;
}

static outcome build_model(instance *made)
{
    const spec *s = &made->spec;
    outcome result;
    if (s->library)
        return load_model(made);
    TRY(cli_from_library(critpt_mlp_create(&made->model, s->widths[0]), "%s: model", s->file));
    for (size_t l = 0; l < s->n_layers; l++)
        TRY(cli_from_library(
            critpt_mlp_add_layer(made->model, s->widths[l + 1], s->activations[l], s->bias[l]),
            "%s: model.widths[%zu]", s->file, l + 1));
done:
    return result;
}

static outcome require_width(const instance *made)
{
    const spec *s = &made->spec;
    size_t d = critpt_model_n_inputs(made->model);
    if (made->data.n_columns == d)
        return DONE;
    if (s->library)
        return cli_fail(BAD_INPUT,
                        "%s: model %.80s of %s has %zu input%s, but the inputs have %zu columns "
                        "(%zu were dropped); make them equal",
                        s->file, made->library.table.name, s->library, d, d == 1 ? "" : "s",
                        made->data.n_columns, made->data.n_dropped);
    return cli_fail(BAD_INPUT,
                    "%s: model.widths[0] is %zu, but the inputs have %zu columns (%zu were "
                    "dropped); make them equal",
                    s->file, s->widths[0], made->data.n_columns, made->data.n_dropped);
}

static outcome set_sample_weights(instance *made)
{
    const data_source *source = &made->spec.sample_weights;
    table t;
    outcome result;
    if (!source->kind)
        return DONE;
    TRY(plant_read_shaped(source, "sample_weights", made->data.n_samples, 1, true, &t));
    result = cli_from_library(
        critpt_landscape_set_sample_weights(made->landscape, t.values, made->data.n_samples), "%s",
        source->path);
    data_table_free(&t);
done:
    return result;
}

static outcome set_output_metric(instance *made)
{
    const data_source *source = &made->spec.output_metric;
    size_t D = critpt_model_n_outputs(made->model);
    table t;
    outcome result;
    if (!source->kind)
        return DONE;
    TRY(plant_read_shaped(source, "output_metric", D, D, false, &t));
    result = cli_from_library(critpt_landscape_set_output_metric(made->landscape, t.values, D),
                              "%s", source->path);
    data_table_free(&t);
done:
    return result;
}

/* P numbers of a file. */
static outcome read_vector(const data_source *source, const char *name, size_t P, double **values)
{
    table t;
    outcome result;
    TRY(cli_allocate(values, P, sizeof **values));
    TRY(plant_read_shaped(source, name, 1, P, true, &t));
    memcpy(*values, t.values, P * sizeof **values);
    data_table_free(&t);
done:
    return result;
}

static outcome set_penalty(instance *made)
{
    const penalty_spec *penalty = &made->spec.penalty;
    size_t P = critpt_model_n_weights(made->model), n = penalty->weights.kind ? P : 1;
    double *weights = NULL, *centre = NULL;
    outcome result = DONE;
    if (penalty->weights.kind)
        TRY(read_vector(&penalty->weights, "penalty.weights", P, &weights));
    if (penalty->centre.kind)
        TRY(read_vector(&penalty->centre, "penalty.centre", P, &centre));
    TRY(cli_from_library(critpt_landscape_set_penalty(made->landscape,
                                                      weights ? weights : &penalty->all, n, centre,
                                                      centre ? P : 0),
                         "%s: penalty", made->spec.file));
done:
    free(weights);
    free(centre);
    return result;
}

static outcome build_landscape(instance *made)
{
    const dataset *d = &made->data;
    outcome result;
    TRY(cli_from_library(critpt_landscape_create_borrowed(&made->landscape, made->model,
                                                          d->n_samples, d->values, d->n_columns),
                         "%s: inputs", made->spec.file));
    TRY(set_sample_weights(made));
    TRY(set_output_metric(made));
    TRY(set_penalty(made));
done:
    return result;
}

static outcome add_points(instance *made)
{
    const spec *s = &made->spec;
    size_t n = critpt_model_n_weights(made->model), n_apart = 0;
    double *weights = NULL;
    outcome result;
    TRY(cli_allocate(&weights, n, sizeof *weights));
    for (size_t k = 0; k < s->n_points; k++) {
        if (spec_is_drawn_apart(s, k))
            memcpy(weights, made->apart + n * n_apart++, n * sizeof *weights);
        else
            TRY(plant_find_weights(made, k, weights, n));
        TRY(cli_from_library(s->points[k].critical
                                 ? critpt_plan_add_point(made->plan, weights, n, NULL)
                                 : critpt_plan_add_free_point(made->plan, weights, n, NULL),
                             "%s: points[%zu]", s->file, k));
        if (!s->points[k].fixed)
            TRY(cli_from_library(critpt_plan_let_point_move(made->plan, k), "%s: points[%zu]",
                                 s->file, k));
    }
done:
    free(weights);
    return result;
}

static outcome set_options(instance *made)
{
    const spec *s = &made->spec;
    critpt_plan_options *options;
    outcome result;
    TRY(cli_from_library(critpt_plan_options_create(&made->options), "%s", s->file));
    options = made->options;
    TRY(cli_from_library(critpt_plan_options_set_seed(options, s->seed), "%s: seed", s->file));
    TRY(cli_from_library(critpt_plan_options_set_balance(options, s->balance_output_bias), "%s",
                         s->file));
    TRY(cli_from_library(critpt_plan_options_set_memory_limit(options, s->memory_limit),
                         "%s: memory_limit", s->file));
    TRY(cli_from_library(
        critpt_plan_options_set_amplification_limit(options, s->amplification_limit),
        "%s: amplification_limit", s->file));
    TRY(cli_from_library(critpt_plan_options_set_time_limit(options, s->time_limit),
                         "%s: time_limit", s->file));
    if (s->nature_products > 0)
        TRY(cli_from_library(critpt_plan_options_set_nature_products(options, s->nature_products),
                             "%s: nature_products", s->file));
    if (s->rank_tolerance > 0)
        TRY(cli_from_library(critpt_plan_options_set_rank_tolerance(options, s->rank_tolerance),
                             "%s: rank_tolerance", s->file));
    if (s->base.kind == BASE_NOISE)
        TRY(cli_from_library(critpt_plan_options_set_base_noise(options, s->base.noise),
                             "%s: base_targets.noise", s->file));
done:
    return result;
}

outcome plant_instance_plan(instance *made)
{
    outcome result;
    critpt_plan_destroy(made->plan);
    made->plan = NULL;
    made->n_conditions = 0;
    TRY(cli_from_library(critpt_plan_create(&made->plan, made->landscape), "%s", made->spec.file));
    TRY(add_points(made));
    TRY(plant_instance_add_conditions(made));
    TRY(plant_instance_set_base_targets(made, made->plan));
done:
    return result;
}

outcome plant_instance_build(instance *made, const char *file, const uint64_t *seed,
                             const char *library, progress *bar)
{
    *made = (instance){.gain = NAN};
    outcome result;
    TRY(spec_read(&made->spec, file, seed));
    if (library)
        TRY(spec_set_library(&made->spec, library));
    TRY(build_model(made));
    TRY(spec_dataset_build(&made->data, &made->spec.inputs, critpt_model_n_inputs(made->model),
                           made->spec.seed));
    TRY(require_width(made));
    TRY(build_landscape(made));
    TRY(cli_from_library(critpt_plan_create(&made->plan, made->landscape), "%s", file));
    TRY(set_options(made));
    TRY(plant_instance_separate_points(made, bar));
    TRY(add_points(made));
    TRY(plant_instance_add_conditions(made));
    TRY(plant_instance_set_base_targets(made, made->plan));
done:
    if (result != DONE)
        plant_instance_free(made);
    return result;
}
