/* Setting and getting the content of a file. */
#include <math.h>
#include <string.h>

#include "file/file.h"

/* ---- Texts
 * ---------------------------------------------------------------------------------------- */

critpt_status critpt_file_set_text(critpt_file *file, critpt_file_text which, const char *text)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_file_require_choice("text", (int)which, CPT_FILE_TEXTS));
    CPT_TRY(cpt_file_replace_text(&file->texts[which], text));
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
    CPT_TRY(cpt_file_require(file));
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
    CPT_TRY(cpt_file_require(file));
    if (targets) {
        size_t D = file->n_outputs;
        CPT_TRY(cpt_require_matrix("targets", targets, file->n_samples, D, leading));
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
    CPT_TRY(cpt_file_require(file));
    if (!file->base_targets)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the file has no base targets");
    size_t D = file->n_outputs;
    CPT_TRY(cpt_require_matrix("targets", targets, file->n_samples, D, leading));
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
    double *means = NULL, *low = NULL, *scales = NULL;
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_require_array("source", source, n_inputs, file->n_inputs));
    CPT_TRY(cpt_require_array("mean", mean, n_inputs, file->n_inputs));
    CPT_TRY(cpt_require_array("scale", scale, n_inputs, file->n_inputs));
    CPT_TRY(cpt_require_finite("mean", mean, n_inputs));
    CPT_TRY(cpt_require_finite("scale", scale, n_inputs));
    CPT_TRY(cpt_allocate(&columns, n_inputs, sizeof *columns));
    CPT_TRY(cpt_allocate(&means, n_inputs, sizeof *means));
    CPT_TRY(cpt_allocate(&low, n_inputs, sizeof *low));
    CPT_TRY(cpt_allocate(&scales, n_inputs, sizeof *scales));
    memcpy(columns, source, n_inputs * sizeof *columns);
    memcpy(means, mean, n_inputs * sizeof *means);
    memcpy(scales, scale, n_inputs * sizeof *scales);
    cpt_free(file->columns);
    cpt_free(file->mean);
    cpt_free(file->mean_low);
    cpt_free(file->scale);
    file->columns = columns;
    file->mean = means;
    file->mean_low = low;
    file->scale = scales;
    return CRITPT_OK;
done:
    cpt_free(columns);
    cpt_free(means);
    cpt_free(low);
    cpt_free(scales);
    return status;
}

static critpt_status require_columns(const critpt_file *file)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    if (!file->columns)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the file has no record of input columns");
done:
    return status;
}

static critpt_status require_input(const critpt_file *file, size_t input)
{
    critpt_status status;
    CPT_TRY(require_columns(file));
    if (input >= file->n_inputs)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "input is %zu; the model has %zu", input,
                         file->n_inputs);
done:
    return status;
}

critpt_status critpt_file_set_input_mean_low(critpt_file *file, const double *mean_low,
                                             size_t n_inputs)
{
    critpt_status status;
    CPT_TRY(require_columns(file));
    CPT_TRY(cpt_require_array("mean_low", mean_low, n_inputs, file->n_inputs));
    CPT_TRY(cpt_require_finite("mean_low", mean_low, n_inputs));
    memcpy(file->mean_low, mean_low, n_inputs * sizeof *mean_low);
done:
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
    CPT_TRY(require_input(file, input));
    if (source)
        *source = file->columns[input];
    if (mean)
        *mean = file->mean[input];
    if (scale)
        *scale = file->scale[input];
done:
    return status;
}

critpt_status critpt_file_input_mean_low(const critpt_file *file, size_t input, double *mean_low)
{
    critpt_status status;
    CPT_TRY(require_input(file, input));
    CPT_TRY(cpt_file_require_pointer(mean_low, "mean_low"));
    *mean_low = file->mean_low[input];
done:
    return status;
}

critpt_status critpt_file_add_dropped_column(critpt_file *file, size_t source, const char *why)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_file_require_pointer(why, "why"));
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
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_file_require_choice("report quantity", (int)quantity, CPT_FILE_REPORT_QUANTITIES));
    file->report[quantity] = value;
done:
    return status;
}

critpt_status critpt_file_report_value(const critpt_file *file, critpt_report_quantity quantity,
                                       double *value)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_file_require_choice("report quantity", (int)quantity, CPT_FILE_REPORT_QUANTITIES));
    CPT_TRY(cpt_file_require_pointer(value, "value"));
    *value = file->report[quantity];
done:
    return status;
}

critpt_status critpt_file_add_warning(critpt_file *file, const char *warning)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    CPT_TRY(cpt_file_require_pointer(warning, "warning"));
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
    void *const owned[] = {file->widths,   file->activations,  file->bias,           file->inputs,
                           file->targets,  file->base_targets, file->sample_weights, file->metric,
                           file->penalty,  file->centre,       file->columns,        file->mean,
                           file->mean_low, file->scale,        file->dropped,        file->frozen};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        cpt_free(owned[i]);
    for (int i = 0; i < CPT_FILE_TEXTS; i++)
        cpt_free(file->texts[i]);
    cpt_file_forget_points(file);
    cpt_file_free_strings(&file->dropped_why);
    cpt_file_free_strings(&file->warnings);
    cpt_file_free_strings(&file->weight_names);
    cpt_free(file);
}
