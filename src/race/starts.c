/* Drawing starts. */
#include "race/starts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Apart from the streams of points and algorithms: a plan with the same seed draws others. */
enum { FIRST_DRAW = 1 << 20, STREAM = 1 << 29 };

static const double usual_radius = 0.1;

/* Reads ":K" and, if there is one, ":RADIUS" behind it. */
static outcome read_point(race_from *from, const char *rest, bool needs_radius)
{
    char *end;
    size_t digits = *rest == ':' ? strspn(rest + 1, "0123456789") : 0;
    from->radius = usual_radius;
    if (digits == 0 || digits > 9)
        return cli_fail(BAD_INPUT, "--from: \"%.60s\" names no point", from->text);
    from->point = strtoul(rest + 1, &end, 10);
    if (!*end && !needs_radius)
        return DONE;
    const char *radius = end + 1;
    from->radius = *end == ':' ? strtod(radius, &end) : 0;
    if (*end || end == radius || !isfinite(from->radius) || !(from->radius > 0))
        return cli_fail(BAD_INPUT, "--from: \"%.60s\" has no positive radius behind its point",
                        from->text);
    return DONE;
}

outcome race_from_read(race_from *from, const char *text)
{
    *from = (race_from){.kind = RACE_FROM_INIT, .text = text};
    if (!strcmp(text, "init"))
        return DONE;
    from->kind = RACE_FROM_SYMMETRIC;
    if (!strcmp(text, "symmetric"))
        return DONE;
    from->kind = RACE_FROM_NEAR;
    if (!strncmp(text, "near:", 5))
        return read_point(from, text + 4, true);
    from->kind = RACE_FROM_STABLE;
    if (!strncmp(text, "stable:", 7))
        return read_point(from, text + 6, false);
    return cli_fail(BAD_INPUT,
                    "--from: \"%.60s\" is not init, near:K:RADIUS, stable:K[:RADIUS] or symmetric",
                    text);
}

static outcome draw(const race_field *field, uint64_t seed, size_t start, double *weights)
{
    const critpt_model *model = critpt_landscape_model(field->landscape);
    critpt_status status =
        critpt_model_draw_weights(model, seed, FIRST_DRAW + start, 1, weights, field->n_weights);
    if (status == CRITPT_UNSUPPORTED)
        return cli_fail(BAD_INPUT,
                        "%s: its model has no initialiser; start with --from near:K:RADIUS",
                        field->path);
    return cli_from_library(status, "%s", field->path);
}

/* Every second unit of a hidden layer becomes a copy of the one before it, in what comes in and in
 * what goes out: then their gradients are equal too. */
static outcome pair_units(const race_field *field, double *weights)
{
    const critpt_model *model = critpt_landscape_model(field->landscape);
    size_t n_layers = critpt_mlp_n_layers(model), offset = 0, d = critpt_model_n_inputs(model);
    size_t pairs = 0, fan_in = d, width = 0;
    int bias;
    for (size_t l = 0; l < n_layers; l++) {
        critpt_mlp_layer(model, l, &width, NULL, &bias);
        double *W = weights + offset, *b = W + width * fan_in;
        for (size_t r = 1; l > 0 && r < fan_in; r += 2)
            for (size_t p = 0; p < width; p++)
                W[p * fan_in + r] = W[p * fan_in + r - 1];
        for (size_t p = 1; l + 1 < n_layers && p < width; p += 2) {
            memcpy(W + p * fan_in, W + (p - 1) * fan_in, fan_in * sizeof *W);
            if (bias)
                b[p] = b[p - 1];
            pairs++;
        }
        offset += width * (fan_in + (bias ? 1 : 0));
        fan_in = width;
    }
    return pairs ? DONE
                 : cli_fail(BAD_INPUT,
                            "%s: no hidden layer has two units, and symmetric starts need a pair",
                            field->path);
}

static outcome require_point(const race_field *field, const race_from *from)
{
    if (from->point >= field->n_points)
        return cli_fail(BAD_INPUT, "--from %s: %s has no point %zu; its points are 0 to %zu",
                        from->text, field->path, from->point, field->n_points - 1);
    if (from->kind == RACE_FROM_STABLE && !race_point_is_saddle(&field->points[from->point]))
        return cli_fail(BAD_INPUT, "--from %s: point %zu of %s is no saddle", from->text,
                        from->point, field->path);
    return DONE;
}

/* Leaves of a direction what lies in the eigenspace of the certainly positive eigenvalues. */
static outcome project(const race_field *field, const race_point *saddle, double *direction)
{
    size_t P = field->n_weights;
    critpt_spectrum *spectrum = NULL;
    double *vector = NULL, value, error;
    outcome result;
    TRY(cli_allocate(&vector, P, sizeof *vector));
    TRY(cli_from_library(
        critpt_spectrum_create(&spectrum, field->landscape, saddle->weights, P, NULL), "%s",
        field->path));
    for (size_t i = 0; i < P; i++) {
        double along = 0;
        TRY(cli_from_library(critpt_spectrum_eigenvalue(spectrum, i, &value, &error), "%s", ""));
        if (value > error)
            continue;
        TRY(cli_from_library(critpt_spectrum_eigenvector(spectrum, i, vector, P), "%s", ""));
        for (size_t j = 0; j < P; j++)
            along += vector[j] * direction[j];
        for (size_t j = 0; j < P; j++)
            direction[j] -= along * vector[j];
    }
done:
    critpt_spectrum_destroy(spectrum);
    free(vector);
    return result;
}

static outcome draw_near(const race_field *field, const race_from *from, uint64_t seed,
                         size_t start, double *weights)
{
    size_t P = field->n_weights;
    double norm = 0;
    outcome result;
    TRY(require_point(field, from));
    const race_point *point = &field->points[from->point];
    TRY(cli_from_library(critpt_random_normal(seed, STREAM + start, 0, weights, P), "%s", ""));
    if (from->kind == RACE_FROM_STABLE)
        TRY(project(field, point, weights));
    for (size_t i = 0; i < P; i++)
        norm = hypot(norm, weights[i]);
    for (size_t i = 0; i < P; i++) {
        weights[i] = point->weights[i] + from->radius * weights[i] / norm;
        if (!isfinite(weights[i]))
            TRY(cli_fail(BAD_INPUT, "--from %s: weight %zu of start %zu is not finite; %s",
                         from->text, i, start, "choose a smaller radius"));
    }
done:
    return result;
}

outcome race_start(const race_field *field, const race_from *from, uint64_t seed, size_t start,
                   double *weights)
{
    outcome result;
    if (from->kind == RACE_FROM_NEAR || from->kind == RACE_FROM_STABLE)
        return draw_near(field, from, seed, start, weights);
    TRY(draw(field, seed, start, weights));
    if (from->kind == RACE_FROM_SYMMETRIC)
        TRY(pair_units(field, weights));
done:
    return result;
}
