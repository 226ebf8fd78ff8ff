/* Loading: the losses are computed anew, kinds and indices are the file's. */
#include "race/field.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/trial.h"

bool race_point_is_minimum(const race_point *point)
{
    return point->kind && (!strcmp(point->kind, critpt_kind_name(CRITPT_MINIMUM)) ||
                           !strcmp(point->kind, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT)));
}

bool race_point_is_saddle(const race_point *point)
{
    return point->kind && !strcmp(point->kind, critpt_kind_name(CRITPT_SADDLE));
}

/* "planted-1_f3_i2" has family 3 and instance 2. */
static void number(race_field *field, size_t order)
{
    unsigned family, instance;
    const char *at = strstr(field->name, "_f");
    int end = 0;
    field->family = order;
    field->instance = 1;
    for (; at; at = strstr(at + 1, "_f"))
        if (sscanf(at, "_f%4u_i%4u%n", &family, &instance, &end) == 2 && !at[end] && family > 0 &&
            instance > 0) {
            field->family = family;
            field->instance = instance;
        }
}

static outcome name_field(race_field *field)
{
    const char *slash = strrchr(field->path, '/'), *name = slash ? slash + 1 : field->path;
    size_t length = strlen(name);
    if (length > 3 && !strcmp(name + length - 3, ".h5"))
        length -= 3;
    return cli_copy_text(&field->name, name, length);
}

static outcome load_point(race_field *field, size_t k)
{
    race_point *point = &field->points[k];
    size_t P = field->n_weights;
    outcome result;
    TRY(cli_allocate(&point->weights, P, sizeof *point->weights));
    TRY(cli_from_library(critpt_file_point_weights(field->file, k, point->weights, P), "%s",
                         field->path));
    TRY(cli_from_library(
        critpt_landscape_loss(field->landscape, NULL, point->weights, P, &point->loss),
        "%s: point %zu", field->path, k));
    critpt_file_point_value(field->file, k, CRITPT_FILE_POINT_INDEX, &point->index);
    point->kind = critpt_file_point_kind(field->file, k);
    for (size_t i = 0; i < P; i++)
        point->norm = hypot(point->norm, point->weights[i]);
    field->n_minima += race_point_is_minimum(point);
    field->optimum = fmin(field->optimum, point->loss);
done:
    return result;
}

/* Between points a and b, up to symmetries where they are known. */
static outcome distance_between(const race_field *field, size_t a, size_t b, double *distance)
{
    const critpt_model *model = critpt_landscape_model(field->landscape);
    const double *x = field->points[a].weights, *y = field->points[b].weights;
    if (critpt_mlp_n_layers(model) > 0)
        return cli_from_library(critpt_mlp_distance(model, x, y, field->n_weights, distance, NULL),
                                "%s", field->path);
    *distance = 0;
    for (size_t i = 0; i < field->n_weights; i++)
        *distance = hypot(*distance, x[i] - y[i]);
    return DONE;
}

/* A tenth of the distance to the nearest other point. */
static outcome measure_reach(race_field *field, size_t k)
{
    static const double share = 0.1;
    double nearest = INFINITY, distance;
    outcome result = DONE;
    for (size_t j = 0; j < field->n_points; j++)
        if (j != k) {
            TRY(distance_between(field, k, j, &distance));
            nearest = fmin(nearest, distance);
        }
    field->points[k].reach = share * nearest;
done:
    return result;
}

/* FNV-1a of what makes the landscape. */
static void add(uint64_t *hash, const void *bytes, size_t n)
{
    for (const unsigned char *at = bytes; n > 0; n--, at++)
        *hash = (*hash ^ *at) * 1099511628211u;
}

static outcome hash_data(race_field *field)
{
    size_t N = field->n_samples, D = field->n_outputs;
    size_t d = critpt_model_n_inputs(critpt_landscape_model(field->landscape));
    double *room = NULL;
    outcome result;
    TRY(cli_allocate(&room, N * (D > d ? D : d), sizeof *room));
    field->hash = 14695981039346656037u;
    TRY(cli_from_library(critpt_landscape_inputs(field->landscape, room, d), "%s", field->path));
    add(&field->hash, room, N * d * sizeof *room);
    TRY(cli_from_library(critpt_landscape_targets(field->landscape, room, D), "%s", field->path));
    add(&field->hash, room, N * D * sizeof *room);
    for (size_t k = 0; k < field->n_points; k++)
        add(&field->hash, field->points[k].weights, field->n_weights * sizeof *room);
done:
    free(room);
    return result;
}

static outcome require_planted(const race_field *field)
{
    const char *refused = critpt_file_text_value(field->file, CRITPT_FILE_TEXT_REFUSED);
    if (refused)
        return cli_fail(BAD_INPUT,
                        "%s is not planted as it was asked for, and no truth to race against: %.*s",
                        field->path, (int)strcspn(refused, "\n"), refused);
    if (critpt_file_n_points(field->file) == 0)
        return cli_fail(BAD_INPUT, "%s has no points: nothing is planted in it", field->path);
    return DONE;
}

outcome race_field_load(race_field *field, const char *path, const char *library, size_t order,
                        uint64_t read_limit)
{
    outcome result;
    *field = (race_field){.path = path, .optimum = INFINITY};
    TRY(name_field(field));
    number(field, order);
    TRY(cli_read_landscape(&field->file, path, read_limit));
    TRY(require_planted(field));
    TRY(plugin_landscape(&field->model, library, field->file, path, BAD_INPUT, &field->landscape));
    const critpt_model *model = critpt_landscape_model(field->landscape);
    field->n_weights = critpt_model_n_weights(model);
    field->n_outputs = critpt_model_n_outputs(model);
    field->n_samples = critpt_landscape_n_samples(field->landscape);
    field->n_points = critpt_file_n_points(field->file);
    TRY(cli_allocate(&field->points, field->n_points, sizeof *field->points));
    for (size_t k = 0; k < field->n_points; k++)
        TRY(load_point(field, k));
    for (size_t k = 0; k < field->n_points; k++)
        TRY(measure_reach(field, k));
    TRY(hash_data(field));
done:
    return result;
}

void race_field_free(race_field *field)
{
    for (size_t k = 0; field->points && k < field->n_points; k++)
        free(field->points[k].weights);
    free(field->points);
    free(field->name);
    critpt_landscape_destroy(field->landscape);
    plugin_close(&field->model);
    critpt_file_destroy(field->file);
    *field = (race_field){0};
}
