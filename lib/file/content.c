/* Setting and getting the content of a file. */
#include <math.h>
#include <string.h>

#include "file/file.h"

static critpt_status require_file(const critpt_file *file)
{
    return file ? CRITPT_OK : cpt_error(CRITPT_INVALID_ARGUMENT, "file is NULL");
}

static critpt_status require_pointer(const void *pointer, const char *what)
{
    return pointer ? CRITPT_OK : cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", what);
}

static critpt_status require_point(const critpt_file *file, size_t point)
{
    critpt_status status = require_file(file);
    if (status == CRITPT_OK && point >= file->n_points)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "point is %zu; the file has %zu points", point,
                         file->n_points);
    return status;
}

/* `n` is how many quantities, texts or the like there are. */
static critpt_status require_choice(const char *what, int choice, int n)
{
    if (choice >= 0 && choice < n)
        return CRITPT_OK;
    return cpt_error(CRITPT_INVALID_ARGUMENT, "%s %d does not exist; there are 0 to %d", what,
                     choice, n - 1);
}

/* ---- Points
 * -------------------------------------------------------------------------------------- */

/* Texts go through a copy, so that a failure, or a text of the file itself, does no harm. */
static critpt_status any_natures(cpt_file_strings *natures, size_t n)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < n; k++)
        CPT_TRY(cpt_file_add_string(natures, "any"));
done:
    return status;
}

static void adopt_points(critpt_file *file, size_t n_points, double *weights, double *requested,
                         cpt_file_strings natures)
{
    cpt_free(file->weights);
    cpt_free(file->requested);
    cpt_file_free_strings(&file->natures);
    for (int q = 0; q < CPT_FILE_POINT_QUANTITIES; q++) {
        cpt_free(file->point_values[q]);
        file->point_values[q] = NULL;
    }
    file->n_points = n_points;
    file->weights = weights;
    file->requested = requested;
    file->natures = natures;
}

critpt_status critpt_file_set_points(critpt_file *file, size_t n_points, const double *weights,
                                     const double *requested, size_t n_weights, size_t leading)
{
    double *copy = NULL, *request = NULL;
    cpt_file_strings natures = {0, 0, NULL};
    size_t n;
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, file->n_weights));
    CPT_TRY(cpt_require_matrix("weights", weights, n_weights, leading));
    CPT_TRY(cpt_require_finite_matrix("weights", weights, n_points, n_weights, leading));
    if (requested)
        CPT_TRY(cpt_require_finite_matrix("requested", requested, n_points, n_weights, leading));
    CPT_TRY(cpt_multiply(n_points, n_weights, "weights of the points", &n));
    CPT_TRY(cpt_allocate(&copy, n, sizeof *copy));
    CPT_TRY(cpt_allocate(&request, n, sizeof *request));
    for (size_t k = 0; k < n_points; k++) {
        const double *asked = requested ? requested : weights;
        memcpy(copy + k * n_weights, weights + k * leading, n_weights * sizeof *copy);
        memcpy(request + k * n_weights, asked + k * leading, n_weights * sizeof *copy);
    }
    CPT_TRY(any_natures(&natures, n_points));
    adopt_points(file, n_points, copy, request, natures);
    return CRITPT_OK;
done:
    cpt_free(copy);
    cpt_free(request);
    cpt_file_free_strings(&natures);
    return status;
}

size_t critpt_file_n_points(const critpt_file *file)
{
    return file ? file->n_points : 0;
}

size_t critpt_file_n_weights(const critpt_file *file)
{
    return file ? file->n_weights : 0;
}

static critpt_status get_row(const critpt_file *file, const double *rows, size_t point,
                             double *weights, size_t n_weights)
{
    critpt_status status;
    CPT_TRY(require_point(file, point));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, file->n_weights));
    memcpy(weights, rows + point * n_weights, n_weights * sizeof *weights);
done:
    return status;
}

critpt_status critpt_file_point_weights(const critpt_file *file, size_t point, double *weights,
                                        size_t n_weights)
{
    return get_row(file, file ? file->weights : NULL, point, weights, n_weights);
}

critpt_status critpt_file_point_weights_requested(const critpt_file *file, size_t point,
                                                  double *weights, size_t n_weights)
{
    return get_row(file, file ? file->requested : NULL, point, weights, n_weights);
}

critpt_status critpt_file_set_point_values(critpt_file *file, critpt_file_point_quantity quantity,
                                           const double *values, size_t n_points)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(require_choice("point quantity", (int)quantity, CPT_FILE_POINT_QUANTITIES));
    CPT_TRY(cpt_require_array("values", values, n_points, file->n_points));
    if (!file->point_values[quantity])
        CPT_TRY(cpt_allocate(&file->point_values[quantity], n_points, sizeof *values));
    memcpy(file->point_values[quantity], values, n_points * sizeof *values);
done:
    return status;
}

critpt_status critpt_file_point_value(const critpt_file *file, size_t point,
                                      critpt_file_point_quantity quantity, double *value)
{
    critpt_status status;
    CPT_TRY(require_point(file, point));
    CPT_TRY(require_choice("point quantity", (int)quantity, CPT_FILE_POINT_QUANTITIES));
    CPT_TRY(require_pointer(value, "value"));
    *value = file->point_values[quantity] ? file->point_values[quantity][point] : NAN;
done:
    return status;
}

/* ---- Texts
 * ---------------------------------------------------------------------------------------- */

static critpt_status replace_text(char **place, const char *text)
{
    char *copy = NULL;
    critpt_status status = text ? cpt_file_copy_string(&copy, text) : CRITPT_OK;
    if (status == CRITPT_OK) {
        cpt_free(*place);
        *place = copy;
    }
    return status;
}

critpt_status critpt_file_set_point_nature(critpt_file *file, size_t point, const char *nature)
{
    critpt_status status;
    CPT_TRY(require_point(file, point));
    CPT_TRY(require_pointer(nature, "nature"));
    CPT_TRY(replace_text(&file->natures.items[point], nature));
done:
    return status;
}

const char *critpt_file_point_nature(const critpt_file *file, size_t point)
{
    return file && point < file->n_points ? file->natures.items[point] : NULL;
}

critpt_status critpt_file_set_text(critpt_file *file, critpt_file_text which, const char *text)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(require_choice("text", (int)which, CPT_FILE_TEXTS));
    CPT_TRY(replace_text(&file->texts[which], text));
done:
    return status;
}

const char *critpt_file_text_value(const critpt_file *file, critpt_file_text which)
{
    return file && (int)which >= 0 && (int)which < CPT_FILE_TEXTS ? file->texts[which] : NULL;
}

/* ---- Seed, base targets, columns
 * -------------------------------------------------------------------- */

critpt_status critpt_file_set_seed(critpt_file *file, uint64_t seed)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    if (seed > INT64_MAX)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "seed is %llu; it must be below 2^63",
                         (unsigned long long)seed);
    file->seed = seed;
done:
    return status;
}

uint64_t critpt_file_seed(const critpt_file *file)
{
    return file ? file->seed : 0;
}

critpt_status critpt_file_set_base_targets(critpt_file *file, const double *targets, size_t leading)
{
    double *copy = NULL;
    critpt_status status;
    CPT_TRY(require_file(file));
    if (targets) {
        size_t D = file->n_outputs;
        CPT_TRY(cpt_require_matrix("targets", targets, D, leading));
        CPT_TRY(cpt_require_finite_matrix("targets", targets, file->n_samples, D, leading));
        CPT_TRY(cpt_allocate(&copy, file->n_samples * D, sizeof *copy));
        for (size_t i = 0; i < file->n_samples; i++)
            memcpy(copy + i * D, targets + i * leading, D * sizeof *copy);
    }
    cpt_free(file->base_targets);
    file->base_targets = copy;
done:
    return status;
}

int critpt_file_has_base_targets(const critpt_file *file)
{
    return file && file->base_targets;
}

critpt_status critpt_file_base_targets(const critpt_file *file, double *targets, size_t leading)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    if (!file->base_targets)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the file has no base targets");
    size_t D = file->n_outputs;
    CPT_TRY(cpt_require_matrix("targets", targets, D, leading));
    for (size_t i = 0; i < file->n_samples; i++)
        memcpy(targets + i * leading, file->base_targets + i * D, D * sizeof *targets);
done:
    return status;
}

critpt_status critpt_file_set_input_columns(critpt_file *file, const size_t *source,
                                            const double *mean, const double *scale,
                                            size_t n_inputs)
{
    size_t *columns = NULL;
    double *means = NULL, *scales = NULL;
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(cpt_require_array("source", source, n_inputs, file->n_inputs));
    CPT_TRY(cpt_require_array("mean", mean, n_inputs, file->n_inputs));
    CPT_TRY(cpt_require_array("scale", scale, n_inputs, file->n_inputs));
    CPT_TRY(cpt_require_finite("mean", mean, n_inputs));
    CPT_TRY(cpt_require_finite("scale", scale, n_inputs));
    CPT_TRY(cpt_allocate(&columns, n_inputs, sizeof *columns));
    CPT_TRY(cpt_allocate(&means, n_inputs, sizeof *means));
    CPT_TRY(cpt_allocate(&scales, n_inputs, sizeof *scales));
    memcpy(columns, source, n_inputs * sizeof *columns);
    memcpy(means, mean, n_inputs * sizeof *means);
    memcpy(scales, scale, n_inputs * sizeof *scales);
    cpt_free(file->columns);
    cpt_free(file->mean);
    cpt_free(file->scale);
    file->columns = columns;
    file->mean = means;
    file->scale = scales;
    return CRITPT_OK;
done:
    cpt_free(columns);
    cpt_free(means);
    cpt_free(scales);
    return status;
}

int critpt_file_has_input_columns(const critpt_file *file)
{
    return file && file->columns;
}

critpt_status critpt_file_input_column(const critpt_file *file, size_t input, size_t *source,
                                       double *mean, double *scale)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    if (!file->columns)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the file has no record of input columns");
    if (input >= file->n_inputs)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "input is %zu; the model has %zu", input,
                         file->n_inputs);
    if (source)
        *source = file->columns[input];
    if (mean)
        *mean = file->mean[input];
    if (scale)
        *scale = file->scale[input];
done:
    return status;
}

critpt_status critpt_file_add_dropped_column(critpt_file *file, size_t source, const char *why)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(require_pointer(why, "why"));
    CPT_TRY(cpt_file_grow(&file->dropped, &file->dropped_capacity, file->dropped_why.n,
                          sizeof *file->dropped));
    file->dropped[file->dropped_why.n] = source;
    CPT_TRY(cpt_file_add_string(&file->dropped_why, why));
done:
    return status;
}

size_t critpt_file_n_dropped_columns(const critpt_file *file)
{
    return file ? file->dropped_why.n : 0;
}

const char *critpt_file_dropped_column(const critpt_file *file, size_t dropped, size_t *source)
{
    if (dropped >= critpt_file_n_dropped_columns(file))
        return NULL;
    if (source)
        *source = file->dropped[dropped];
    return file->dropped_why.items[dropped];
}

/* ---- Report
 * ----------------------------------------------------------------------------------------- */

critpt_status critpt_file_set_report_value(critpt_file *file, critpt_report_quantity quantity,
                                           double value)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(require_choice("report quantity", (int)quantity, CPT_FILE_REPORT_QUANTITIES));
    file->report[quantity] = value;
done:
    return status;
}

critpt_status critpt_file_report_value(const critpt_file *file, critpt_report_quantity quantity,
                                       double *value)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(require_choice("report quantity", (int)quantity, CPT_FILE_REPORT_QUANTITIES));
    CPT_TRY(require_pointer(value, "value"));
    *value = file->report[quantity];
done:
    return status;
}

critpt_status critpt_file_add_warning(critpt_file *file, const char *warning)
{
    critpt_status status;
    CPT_TRY(require_file(file));
    CPT_TRY(require_pointer(warning, "warning"));
    CPT_TRY(cpt_file_add_string(&file->warnings, warning));
done:
    return status;
}

size_t critpt_file_n_warnings(const critpt_file *file)
{
    return file ? file->warnings.n : 0;
}

const char *critpt_file_warning(const critpt_file *file, size_t warning)
{
    return warning < critpt_file_n_warnings(file) ? file->warnings.items[warning] : NULL;
}

void critpt_file_destroy(critpt_file *file)
{
    if (!file)
        return;
    void *const owned[] = {file->widths,  file->activations,  file->bias,           file->inputs,
                           file->targets, file->base_targets, file->sample_weights, file->metric,
                           file->columns, file->mean,         file->scale,          file->dropped};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        cpt_free(owned[i]);
    for (int i = 0; i < CPT_FILE_TEXTS; i++)
        cpt_free(file->texts[i]);
    adopt_points(file, 0, NULL, NULL, (cpt_file_strings){0, 0, NULL});
    cpt_file_free_strings(&file->dropped_why);
    cpt_file_free_strings(&file->warnings);
    cpt_free(file);
}
