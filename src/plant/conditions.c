/* Conditions, values, pictures and frozen targets of a specification, put into its plan. Each one
 * keeps its JSON path, for refusals. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plant/conditions.h"
#include "plant/weights.h"
#include "spec/conditions.h"

/* The path of the condition that comes next. */
static outcome name_next(instance *made, const char *format, ...) PRINTF_LIKE(2, 3);
static outcome name_next(instance *made, const char *format, ...)
{
    outcome result = cli_grow(&made->conditions, &made->capacity, made->n_conditions + 1,
                              sizeof *made->conditions);
    if (result != DONE)
        return result;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(made->conditions[made->n_conditions].path, sizeof made->conditions->path, format,
              arguments);
    va_end(arguments);
    return DONE;
}

/* Counts the condition that was added, soft if `soft` is not 0; or says where it failed. */
static outcome added(instance *made, critpt_status status, double soft)
{
    const char *path = made->conditions[made->n_conditions].path;
    if (status == CRITPT_OK && soft > 0)
        status = critpt_plan_soften(made->plan, made->n_conditions, soft);
    made->n_conditions++;
    return cli_from_library(status, "%s: %s", made->spec.file, path);
}

/* P numbers into `values`; `key` names them in a failure. */
static outcome find_vector(const instance *made, const vector_spec *vector, const char *key,
                           double *values)
{
    const char *file = made->spec.file, *path = made->conditions[made->n_conditions].path;
    size_t P = critpt_model_n_weights(made->model);
    table t;
    outcome result = DONE;
    if (vector->file.kind) {
        TRY(plant_read_shaped(&vector->file, "the vector", 1, P, true, &t));
        memcpy(values, t.values, P * sizeof *values);
        data_table_free(&t);
    } else if (vector->n) {
        if (vector->n != P)
            TRY(cli_fail(BAD_INPUT, "%s: %s.%s: %zu numbers; the model has %zu weights", file, path,
                         key, vector->n, P));
        memcpy(values, vector->numbers, P * sizeof *values);
    } else {
        if (vector->unit >= P)
            TRY(cli_fail(BAD_INPUT, "%s: %s.%s.unit: %zu; the weights are 0 to %zu", file, path,
                         key, vector->unit, P - 1));
        memset(values, 0, P * sizeof *values);
        values[vector->unit] = 1;
    }
done:
    return result;
}

/* `vectors` has room for 2 P numbers. */
static outcome add_condition(instance *made, size_t k, size_t i, double *vectors)
{
    const condition_spec *condition = &made->spec.points[k].conditions[i];
    const spec_condition_kind *kind = spec_condition_kind_of(condition);
    size_t P = critpt_model_n_weights(made->model);
    outcome result;
    TRY(name_next(made, "points[%zu].conditions[%zu]", k, i));
    for (size_t v = 0; v < kind->n_vectors; v++)
        TRY(find_vector(made, &condition->vectors[v], kind->key, vectors + v * P));
    TRY(added(made, kind->require(made->plan, k, condition, vectors, P), condition->soft));
done:
    return result;
}

static outcome add_point_conditions(instance *made, size_t k, double *vectors)
{
    const point_spec *point = &made->spec.points[k];
    outcome result = DONE;
    if (point->has_nature) {
        size_t P = critpt_model_n_weights(made->model);
        size_t index = point->index == SIZE_MAX ? P : point->index;
        TRY(name_next(made, "points[%zu].nature", k));
        TRY(added(
            made,
            point->eigenvalue > 0
                ? critpt_plan_require_eigenvalues(made->plan, k, index, point->eigenvalue, NULL)
                : critpt_plan_require_index(made->plan, k, index, point->margin, NULL),
            0));
    }
    if (point->has_loss) {
        TRY(name_next(made, "points[%zu].loss", k));
        TRY(added(made, critpt_plan_require_loss(made->plan, k, point->loss, NULL), 0));
    }
    if (point->has_above) {
        TRY(name_next(made, "points[%zu].loss_above", k));
        TRY(added(made,
                  critpt_plan_require_loss_difference(made->plan, k, point->above, point->by, NULL),
                  point->soft));
    }
    for (size_t i = 0; i < point->n_conditions; i++)
        TRY(add_condition(made, k, i, vectors));
done:
    return result;
}

static outcome add_picture(instance *made, const value_spec *value)
{
    size_t n = value->grid;
    table t;
    outcome result;
    TRY(plant_read_shaped(&value->image, "the picture", n, n, false, &t));
    result =
        added(made, critpt_plan_require_picture(made->plan, value->plane, t.values, n, n, n, NULL),
              value->soft);
    data_table_free(&t);
done:
    return result;
}

static outcome add_loss_value(instance *made, const value_spec *value)
{
    size_t P = critpt_model_n_weights(made->model), point = 0;
    table t;
    outcome result;
    TRY(plant_read_shaped(&value->weights, "the weight vector", 1, P, true, &t));
    result = cli_from_library(critpt_plan_add_free_point(made->plan, t.values, P, &point), "%s: %s",
                              made->spec.file, made->conditions[made->n_conditions].path);
    data_table_free(&t);
    TRY(result);
    TRY(added(
        made,
        critpt_plan_require_loss_difference(made->plan, point, value->above, value->value, NULL),
        value->soft));
done:
    return result;
}

static outcome freeze_targets(instance *made)
{
    const data_source *source = &made->spec.frozen;
    size_t n = made->data.n_samples, D = critpt_model_n_outputs(made->model);
    unsigned char *mask = NULL;
    table t = {0};
    outcome result = DONE;
    if (!source->kind)
        return DONE;
    TRY(plant_read_shaped(source, "frozen", n, D, false, &t));
    TRY(cli_allocate(&mask, n * D, 1));
    for (size_t i = 0; i < n * D; i++) {
        bool zero = !(t.values[i] < 0 || t.values[i] > 0),
             one = !(t.values[i] < 1 || t.values[i] > 1);
        if (!zero && !one)
            TRY(cli_fail(BAD_INPUT,
                         "%s: frozen is %g for sample %zu, output %zu; use 1 for a target that "
                         "must stay and 0 for any other",
                         source->path, t.values[i], i / D, i % D));
        mask[i] = one;
    }
    TRY(cli_from_library(critpt_plan_freeze_targets(made->plan, mask, D), "%s: frozen",
                         made->spec.file));
done:
    data_table_free(&t);
    free(mask);
    return result;
}

outcome plant_instance_add_conditions(instance *made)
{
    const spec *s = &made->spec;
    double *vectors = NULL;
    outcome result;
    TRY(cli_allocate(&vectors, 2 * critpt_model_n_weights(made->model), sizeof *vectors));
    for (size_t k = 0; k < s->n_points; k++)
        TRY(add_point_conditions(made, k, vectors));
    for (size_t i = 0; i < s->n_values; i++) {
        TRY(name_next(made, "values[%zu]", i));
        TRY(s->values[i].is_picture ? add_picture(made, &s->values[i])
                                    : add_loss_value(made, &s->values[i]));
    }
    TRY(freeze_targets(made));
done:
    free(vectors);
    return result;
}
