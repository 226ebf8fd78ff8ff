/* Directions: eigenvectors of the Hessian, random ones, a file's. Where no ranges are given, that
 * of the flattest is a tenth of the norm of the weights, or twice the basin where that is known,
 * and the others are shorter by the root of their curvatures' ratio: so the loss bends alike along
 * all of them, and a saddle looks like one. */
#include "slice/along.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/table.h"

static const double default_share = 0.1;   /* of the norm of the weights */
static const double shortest_share = 1e-3; /* of the longest range */
enum { LARGEST_WHOLE = 2000 };             /* weights, for all eigenvalues where two will do */

/* ---- Names and ranges ---- */

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 18 && !text[digits];
}

static outcome take_names(slice_along *along, const char *text)
{
    outcome result = DONE;
    while (text) {
        const char *comma = strchr(text, ',');
        size_t length = comma ? (size_t)(comma - text) : strlen(text);
        if (along->n == MAX_ALONG || !length)
            return cli_fail(BAD_INPUT,
                            "--along: give one or two directions with a comma between them: "
                            "escape, top, the number of an eigenvector, random[:SEED] or a CSV "
                            "file");
        TRY(cli_copy_text(&along->names[along->n++], text, length));
        text = comma ? comma + 1 : NULL;
    }
done:
    return result;
}

static outcome take_ranges(slice_along *along, const char *text)
{
    for (size_t i = 0; text && i < along->n; i++) {
        char *end;
        along->range[i] = strtod(text, &end);
        bool last = *end == '\0';
        if (end == text || !(along->range[i] > 0 && isfinite(along->range[i])) ||
            (!last && (*end != ',' || i + 1 == along->n)))
            return cli_fail(BAD_INPUT,
                            "--range: give a positive number, or one for each direction with a "
                            "comma between them");
        for (size_t j = i + 1; last && j < along->n; j++)
            along->range[j] = along->range[i];
        text = last ? NULL : end + 1;
    }
    return DONE;
}

outcome slice_along_parse(slice_along *along, const char *names, const char *ranges)
{
    outcome result = take_names(along, names);
    return result == DONE ? take_ranges(along, ranges) : result;
}

void slice_along_free(slice_along *along)
{
    for (size_t i = 0; i < MAX_ALONG; i++) {
        free(along->names[i]);
        free(along->directions[i]);
    }
    *along = (slice_along){0};
}

/* ---- Directions ---- */

/* What the directions are made from. */
typedef struct origin {
    const critpt_landscape *landscape;
    const double *weights;
    size_t P;
} origin;

/* Eigenvector number i in ascending order; the first and the last also of large networks. */
static outcome find_eigenvector(const origin *o, size_t i, double *direction)
{
    critpt_spectrum_options *options = NULL;
    critpt_spectrum *spectrum = NULL;
    bool extreme = o->P > LARGEST_WHOLE && (i == 0 || i + 1 == o->P);
    outcome result;
    TRY(cli_from_library(critpt_spectrum_options_create(&options), "%s", ""));
    if (extreme)
        TRY(cli_from_library(critpt_spectrum_options_set_n_extreme(options, 1), "%s", ""));
    else
        TRY(cli_from_library(critpt_spectrum_options_set_eigenvectors(options, i, 1), "%s", ""));
    TRY(cli_from_library(critpt_spectrum_create(&spectrum, o->landscape, o->weights, o->P, options),
                         "--along"));
    if (extreme && i > 0)
        i = critpt_spectrum_n_eigenvalues(spectrum) - 1;
    TRY(cli_from_library(critpt_spectrum_eigenvector(spectrum, i, direction, o->P), "--along"));
done:
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
    return result;
}

static outcome read_direction(const char *path, size_t P, double *direction)
{
    const table_format format = {.separator = ','};
    table t;
    outcome result = data_table_read(&t, path, &format);
    if (result != DONE)
        return result;
    if (t.rows * t.columns != P || (t.rows != 1 && t.columns != 1))
        result = cli_fail(BAD_INPUT,
                          "%s has %zu rows and %zu columns; a direction has as many numbers as "
                          "there are weights, %zu, in one row or column",
                          path, t.rows, t.columns, P);
    else
        memcpy(direction, t.values, P * sizeof *direction);
    data_table_free(&t);
    return result;
}

/* Of stream 5; "random" is "random:0". */
static outcome draw_direction(const char *name, size_t P, double *direction)
{
    enum { STREAM_DIRECTIONS = 5 };
    const char *seed = name + strlen("random");
    if (*seed && !is_number(seed + 1))
        return cli_fail(BAD_INPUT, "--along: \"%.60s\": the seed is a number from 0 on", name);
    return cli_from_library(critpt_random_normal(*seed ? strtoull(seed + 1, NULL, 10) : 0,
                                                 STREAM_DIRECTIONS, 0, direction, P),
                            "--along");
}

static outcome find_direction(const origin *o, const char *name, double *direction)
{
    size_t i = is_number(name) ? (size_t)strtoull(name, NULL, 10) : SIZE_MAX;
    if (is_number(name) && i >= o->P)
        return cli_fail(BAD_INPUT, "--along: there is no eigenvector %zu; they are 0 to %zu", i,
                        o->P - 1);
    if (is_number(name))
        return find_eigenvector(o, i, direction);
    if (!strcmp(name, "escape"))
        return find_eigenvector(o, 0, direction);
    if (!strcmp(name, "top"))
        return find_eigenvector(o, o->P - 1, direction);
    if (!strcmp(name, "random") || !strncmp(name, "random:", 7))
        return draw_direction(name, o->P, direction);
    return read_direction(name, o->P, direction);
}

static outcome normalise(const char *name, size_t P, double *direction)
{
    double norm = 0;
    for (size_t j = 0; j < P; j++)
        norm = hypot(norm, direction[j]);
    if (!(norm > 0))
        return cli_fail(BAD_INPUT, "--along: %s is a direction of zeros", name);
    for (size_t j = 0; j < P; j++)
        direction[j] /= norm;
    return DONE;
}

/* d'Hd; of a model without second derivatives and at kinks it is not known. */
static double find_curvature(const origin *o, const double *direction, double *product)
{
    double sum = 0;
    if (critpt_landscape_hessian_vector(o->landscape, NULL, o->weights, o->P, direction, o->P,
                                        product, o->P) != CRITPT_OK)
        return NAN;
    for (size_t j = 0; j < o->P; j++)
        sum += direction[j] * product[j];
    return sum;
}

/* ---- Ranges ---- */

static double longest_range(const critpt_file *file, const origin *o, size_t point)
{
    double basin = NAN, norm = 0;
    critpt_file_point_value(file, point, CRITPT_FILE_POINT_BASIN, &basin);
    for (size_t j = 0; j < o->P; j++)
        norm = hypot(norm, o->weights[j]);
    if (basin > 0)
        return 2 * basin;
    return norm > 0 ? default_share * norm : 1;
}

static void choose_ranges(slice_along *along, double longest)
{
    double flattest = INFINITY;
    for (size_t i = 0; i < along->n; i++)
        flattest = fmin(flattest, fabs(along->curvature[i]));
    for (size_t i = 0; i < along->n; i++) {
        double share = sqrt(flattest / fabs(along->curvature[i]));
        along->range[i] = longest * fmin(1, fmax(share, shortest_share)); /* 1 where it is NaN */
    }
}

outcome slice_along_compute(slice_along *along, const critpt_file *file,
                            const critpt_landscape *landscape, size_t point)
{
    size_t P = critpt_file_n_weights(file);
    double *weights = NULL, *product;
    outcome result;
    along->point = point;
    TRY(cli_allocate(&weights, 2 * P, sizeof *weights));
    product = weights + P;
    TRY(cli_from_library(critpt_file_point_weights(file, point, weights, P), "%s", ""));
    const origin o = {landscape, weights, P};
    for (size_t i = 0; i < along->n; i++) {
        TRY(cli_allocate(&along->directions[i], P, sizeof(double)));
        TRY(find_direction(&o, along->names[i], along->directions[i]));
        TRY(normalise(along->names[i], P, along->directions[i]));
        along->curvature[i] = find_curvature(&o, along->directions[i], product);
    }
    if (!(along->range[0] > 0))
        choose_ranges(along, longest_range(file, &o, point));
done:
    free(weights);
    return result;
}

double slice_along_height(const slice_along *along)
{
    double height = 0;
    for (size_t i = 0; i < along->n; i++)
        height = fmax(height, fabs(along->curvature[i]) * along->range[i] * along->range[i] / 2);
    return height;
}
