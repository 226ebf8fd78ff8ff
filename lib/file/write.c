/* Writing a landscape file: built in memory, so that the same content gives the same bytes and a
 * full disk is an ordinary error, then put in place as a whole. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file/file.h"

#define OF_RESIDUALS "sum_i s_i (f_i-y_i)' M (f_i-y_i) / (2N)"
const char *const cpt_file_loss_formulas[2] = {
    OF_RESIDUALS "; PyTorch MSELoss is 2/D of it when s = 1, M = I",
    OF_RESIDUALS " + sum_j penalty_j (w_j-penalty_centre_j)^2 / 2",
};

const char cpt_file_penalty_feature[] = "penalty";

static critpt_status put_text(hid_t file, const char *object, const char *attribute,
                              const char *text)
{
    return text ? cpt_file_put_strings(file, object, attribute, 0, &text, 1) : CRITPT_OK;
}

static critpt_status put_integer(hid_t file, const char *object, const char *attribute,
                                 int64_t value)
{
    return cpt_file_put_numbers(file, object, attribute, H5T_STD_I64LE, H5T_NATIVE_INT64, 0, 1, 1,
                                &value);
}

static critpt_status put_reals(hid_t file, const char *object, const char *attribute, size_t rank,
                               size_t rows, size_t columns, const double *values)
{
    return cpt_file_put_numbers(file, object, attribute, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, rank,
                                rows, columns, values);
}

/* Sizes as 64-bit integers. */
static critpt_status put_sizes(hid_t file, const char *object, const char *attribute,
                               const size_t *sizes, size_t n)
{
    int64_t *integers;
    critpt_status status;
    CPT_TRY(cpt_allocate(&integers, n, sizeof *integers));
    for (size_t i = 0; i < n; i++)
        integers[i] = (int64_t)sizes[i];
    CPT_TRY(cpt_file_put_numbers(file, object, attribute, H5T_STD_I64LE, H5T_NATIVE_INT64, 1, n, 1,
                                 integers));
done:
    cpt_free(integers);
    return status;
}

static critpt_status put_root(const critpt_file *content, hid_t file)
{
    const char *required[2], *of_model = cpt_file_requirement(content->model);
    size_t n_required = 0;
    critpt_status status;
    CPT_TRY(put_text(file, "/", "format", "critpt-landscape"));
    CPT_TRY(put_integer(file, "/", "format_version", CRITPT_FILE_FORMAT_VERSION));
    for (int i = 0; i < CPT_FILE_TEXTS; i++)
        if (cpt_file_root_texts[i])
            CPT_TRY(put_text(file, "/", cpt_file_root_texts[i], content->texts[i]));
    CPT_TRY(put_integer(file, "/", "seed", (int64_t)content->seed));
    CPT_TRY(put_text(file, "/", "loss", cpt_file_loss_formulas[content->penalty != NULL]));
    CPT_TRY(put_text(file, "/spec", NULL, content->texts[CRITPT_FILE_TEXT_SPEC]));
    if (of_model)
        required[n_required++] = of_model;
    if (content->penalty)
        required[n_required++] = cpt_file_penalty_feature;
    if (n_required)
        CPT_TRY(cpt_file_put_strings(file, "/", "requires", 1, required, n_required));
done:
    return status;
}

static critpt_status put_inputs(const critpt_file *content, hid_t file)
{
    size_t n = content->n_samples, d = content->n_inputs, dropped = content->dropped_why.n;
    critpt_status status;
    CPT_TRY(put_reals(file, "/inputs", NULL, 2, n, d, content->inputs));
    CPT_TRY(put_text(file, "/inputs", "source", content->texts[CRITPT_FILE_TEXT_SOURCE]));
    if (content->columns) {
        CPT_TRY(put_sizes(file, "/inputs", "columns", content->columns, d));
        CPT_TRY(put_reals(file, "/inputs", "mean", 1, d, 1, content->mean));
        CPT_TRY(put_reals(file, "/inputs", "mean_low", 1, d, 1, content->mean_low));
        CPT_TRY(put_reals(file, "/inputs", "scale", 1, d, 1, content->scale));
    }
    if (dropped) {
        CPT_TRY(put_sizes(file, "/inputs", "dropped", content->dropped, dropped));
        CPT_TRY(cpt_file_put_strings(file, "/inputs", "dropped_why", 1,
                                     (const char *const *)content->dropped_why.items, dropped));
    }
done:
    return status;
}

static critpt_status put_data(const critpt_file *content, hid_t file)
{
    size_t n = content->n_samples, D = content->n_outputs;
    critpt_status status;
    CPT_TRY(put_inputs(content, file));
    CPT_TRY(put_reals(file, "/targets", NULL, 2, n, D, content->targets));
    if (content->base_targets)
        CPT_TRY(put_reals(file, "/base_targets", NULL, 2, n, D, content->base_targets));
    if (content->sample_weights)
        CPT_TRY(put_reals(file, "/sample_weights", NULL, 1, n, 1, content->sample_weights));
    if (content->metric)
        CPT_TRY(put_reals(file, "/output_metric", NULL, 2, D, D, content->metric));
    if (content->penalty)
        CPT_TRY(put_reals(file, "/penalty", NULL, 1, content->n_weights, 1, content->penalty));
    if (content->centre)
        CPT_TRY(
            put_reals(file, "/penalty_centre", NULL, 1, content->n_weights, 1, content->centre));
    if (content->frozen)
        CPT_TRY(cpt_file_put_numbers(file, "/frozen", NULL, H5T_STD_U8LE, H5T_NATIVE_UCHAR, 2, n, D,
                                     content->frozen));
done:
    return status;
}

double cpt_file_activation_parameter(critpt_activation activation)
{
    return activation == CRITPT_LEAKY_RELU ? 0.01 : activation == CRITPT_ELU ? 1 : 0;
}

static critpt_status put_layers(const critpt_file *content, hid_t file)
{
    size_t n = content->n_layers;
    const char **names = NULL;
    double *parameters = NULL;
    unsigned char *bias = NULL;
    critpt_status status;
    CPT_TRY(cpt_allocate(&names, n, sizeof *names));
    CPT_TRY(cpt_allocate(&parameters, n, sizeof *parameters));
    CPT_TRY(cpt_allocate(&bias, n, sizeof *bias));
    for (size_t l = 0; l < n; l++) {
        names[l] = critpt_activation_name(content->activations[l]);
        parameters[l] = cpt_file_activation_parameter(content->activations[l]);
        bias[l] = content->bias[l] != 0;
    }
    CPT_TRY(cpt_file_put_strings(file, "/model/activations", NULL, 1, names, n));
    CPT_TRY(put_reals(file, "/model/activation_parameters", NULL, 1, n, 1, parameters));
    CPT_TRY(cpt_file_put_numbers(file, "/model/bias", NULL, H5T_STD_U8LE, H5T_NATIVE_UCHAR, 1, n, 1,
                                 bias));
done:
    cpt_free(names);
    cpt_free(parameters);
    cpt_free(bias);
    return status;
}

static critpt_status put_network(const critpt_file *content, hid_t file)
{
    critpt_status status;
    CPT_TRY(put_sizes(file, "/model/widths", NULL, content->widths, content->n_layers + 1));
    CPT_TRY(put_layers(content, file));
done:
    return status;
}

/* What is known of a model that is not in the file. */
static critpt_status put_other(const critpt_file *content, hid_t file)
{
    const cpt_file_record *record = &content->record;
    critpt_status status;
    CPT_TRY(put_integer(file, "/model", "n_inputs", (int64_t)content->n_inputs));
    CPT_TRY(put_integer(file, "/model", "n_outputs", (int64_t)content->n_outputs));
    CPT_TRY(put_integer(file, "/model", "exact_orders", content->exact_orders));
    if (content->weight_names.n)
        CPT_TRY(cpt_file_put_strings(file, "/model/weight_names", NULL, 1,
                                     (const char *const *)content->weight_names.items,
                                     content->weight_names.n));
    if (record->outputs) {
        CPT_TRY(put_sizes(file, "/model/samples", NULL, record->samples, record->n));
        CPT_TRY(put_reals(file, "/model/outputs", NULL, 2, content->n_points,
                          record->n * content->n_outputs, record->outputs));
    }
done:
    return status;
}

static critpt_status put_model(const critpt_file *content, hid_t file)
{
    critpt_status status;
    CPT_TRY(cpt_file_put_group(file, "/model"));
    CPT_TRY(put_text(file, "/model", "kind", critpt_file_model_kind_name(content->model)));
    CPT_TRY(put_integer(file, "/model", "n_parameters", (int64_t)content->n_weights));
    for (int i = 0; i < CPT_FILE_TEXTS; i++)
        if (cpt_file_model_texts[i])
            CPT_TRY(put_text(file, "/model", cpt_file_model_texts[i], content->texts[i]));
    CPT_TRY(content->model == CRITPT_FILE_MODEL_NETWORK ? put_network(content, file)
                                                        : put_other(content, file));
done:
    return status;
}

/* One number per point; an integer that is not known is -1. */
static critpt_status put_point_values(const critpt_file *content, hid_t file, int q)
{
    const cpt_file_quantity *quantity = &cpt_file_point_quantities[q];
    size_t K = content->n_points, known = 0;
    char name[64];
    double *values = NULL;
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; content->point_values[q] && k < K; k++)
        known += isnan(content->point_values[q][k]) ? 0 : 1;
    if (!known)
        return CRITPT_OK;
    snprintf(name, sizeof name, "/points/%s", quantity->name);
    CPT_TRY(cpt_allocate(&values, K, sizeof *values));
    for (size_t k = 0; k < K; k++) {
        double value = content->point_values[q][k];
        values[k] = quantity->integer && isnan(value) ? -1 : value;
    }
    CPT_TRY(cpt_file_put_numbers(file, name, NULL,
                                 quantity->integer ? H5T_STD_I64LE : H5T_IEEE_F64LE,
                                 H5T_NATIVE_DOUBLE, 1, K, 1, values));
done:
    cpt_free(values);
    return status;
}

/* Numbers, vectors and kinds, as far as some point knows them. */
static critpt_status put_knowledge(const critpt_file *content, hid_t file)
{
    size_t K = content->n_points, kinds = 0;
    critpt_status status = CRITPT_OK;
    for (int q = 0; q < CPT_FILE_POINT_QUANTITIES; q++)
        CPT_TRY(put_point_values(content, file, q));
    for (int v = 0; v < CPT_FILE_VECTORS; v++) {
        char name[64];
        snprintf(name, sizeof name, "/points/%s", cpt_file_vectors[v]);
        if (content->vectors[v])
            CPT_TRY(put_reals(file, name, NULL, 2, K, content->n_weights, content->vectors[v]));
    }
    for (size_t k = 0; k < K; k++)
        kinds += critpt_file_point_kind(content, k) != NULL;
    if (kinds)
        CPT_TRY(cpt_file_put_strings(file, "/points/kind", NULL, 1,
                                     (const char *const *)content->kinds.items, K));
done:
    return status;
}

static critpt_status put_points(const critpt_file *content, hid_t file)
{
    size_t K = content->n_points, P = content->n_weights;
    critpt_status status;
    CPT_TRY(cpt_file_put_group(file, "/points"));
    CPT_TRY(put_reals(file, "/points/weights", NULL, 2, K, P, content->weights));
    CPT_TRY(put_reals(file, "/points/weights_requested", NULL, 2, K, P, content->requested));
    CPT_TRY(cpt_file_put_strings(file, "/points/nature_requested", NULL, 1,
                                 (const char *const *)content->natures.items, K));
    CPT_TRY(put_knowledge(content, file));
done:
    return status;
}

/* One number per condition of the group. */
static critpt_status put_condition_values(const critpt_file *content, hid_t file, const char *group,
                                          bool values, double *scratch)
{
    critpt_status status = CRITPT_OK;
    for (int q = 0; q < CPT_FILE_CONDITION_QUANTITIES; q++) {
        char name[64];
        size_t n = 0;
        for (size_t c = 0; c < content->n_conditions; c++)
            if (cpt_file_is_value(content->conditions[c].kind) == values)
                scratch[n++] = content->conditions[c].values[q];
        snprintf(name, sizeof name, "%s/%s", group, cpt_file_condition_quantities[q]);
        CPT_TRY(put_reals(file, name, NULL, 1, n, 1, scratch));
    }
done:
    return status;
}

static critpt_status put_condition_arrays(const critpt_file *content, hid_t file, const char *group,
                                          bool values)
{
    critpt_status status = CRITPT_OK;
    for (size_t c = 0; c < content->n_conditions; c++) {
        const cpt_file_condition *condition = &content->conditions[c];
        char name[64];
        if (cpt_file_is_value(condition->kind) != values || !condition->array)
            continue;
        snprintf(name, sizeof name, "%s/array_%zu", group, c);
        CPT_TRY(put_reals(file, name, NULL, 2, condition->n_rows, condition->n_columns,
                          condition->array));
    }
done:
    return status;
}

/* Kinds, numbers among all conditions, and points: n x 3, -1 where there are fewer. */
static critpt_status put_condition_names(const critpt_file *content, hid_t file, const char *group,
                                         bool values, double *scratch)
{
    size_t n = 0;
    const char **kinds = NULL;
    char name[64];
    double *numbers = scratch, *points = scratch + content->n_conditions;
    critpt_status status;
    CPT_TRY(cpt_allocate(&kinds, content->n_conditions, sizeof *kinds));
    for (size_t c = 0; c < content->n_conditions; c++) {
        const cpt_file_condition *condition = &content->conditions[c];
        if (cpt_file_is_value(condition->kind) != values)
            continue;
        kinds[n] = critpt_condition_kind_name(condition->kind);
        numbers[n] = (double)c;
        for (size_t i = 0; i < 3; i++)
            points[3 * n + i] = i < condition->n_points ? (double)condition->points[i] : -1;
        n++;
    }
    snprintf(name, sizeof name, "%s/type", group);
    CPT_TRY(cpt_file_put_strings(file, name, NULL, 1, kinds, n));
    snprintf(name, sizeof name, "%s/number", group);
    CPT_TRY(
        cpt_file_put_numbers(file, name, NULL, H5T_STD_I64LE, H5T_NATIVE_DOUBLE, 1, n, 1, numbers));
    snprintf(name, sizeof name, "%s/points", group);
    CPT_TRY(
        cpt_file_put_numbers(file, name, NULL, H5T_STD_I64LE, H5T_NATIVE_DOUBLE, 2, n, 3, points));
done:
    cpt_free(kinds);
    return status;
}

/* The conditions on losses, in /values, or the others, in /conditions. */
static critpt_status put_conditions(const critpt_file *content, hid_t file, bool values)
{
    const char *group = values ? "/values" : "/conditions";
    size_t n = 0;
    double *scratch = NULL;
    critpt_status status = CRITPT_OK;
    for (size_t c = 0; c < content->n_conditions; c++)
        n += cpt_file_is_value(content->conditions[c].kind) == values;
    if (!n)
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&scratch, 4 * content->n_conditions, sizeof *scratch));
    CPT_TRY(cpt_file_put_group(file, group));
    CPT_TRY(put_condition_names(content, file, group, values, scratch));
    CPT_TRY(put_condition_values(content, file, group, values, scratch));
    CPT_TRY(put_condition_arrays(content, file, group, values));
done:
    cpt_free(scratch);
    return status;
}

static critpt_status put_report(const critpt_file *content, hid_t file)
{
    critpt_status status;
    CPT_TRY(cpt_file_put_group(file, "/report"));
    for (int q = 0; q < CPT_FILE_REPORT_QUANTITIES; q++) {
        hid_t type = cpt_file_report_quantities[q].integer ? H5T_STD_I64LE : H5T_IEEE_F64LE;
        if (!isnan(content->report[q]))
            CPT_TRY(cpt_file_put_numbers(file, "/report", cpt_file_report_quantities[q].name, type,
                                         H5T_NATIVE_DOUBLE, 0, 1, 1, &content->report[q]));
    }
    CPT_TRY(put_integer(file, "/report", "n_warnings", (int64_t)content->warnings.n));
    CPT_TRY(cpt_file_put_strings(file, "/report/warnings", NULL, 1,
                                 (const char *const *)content->warnings.items,
                                 content->warnings.n));
done:
    return status;
}

/* ---- The size ---- */

/* What strings take in HDF5's heaps of 4096 bytes, which they may leave half empty. */
static size_t size_of_text(const char *text)
{
    enum { BESIDE = 64 };
    return text ? 2 * strlen(text) + BESIDE : 0;
}

static size_t size_of_strings(const cpt_file_strings *strings)
{
    size_t size = 0;
    for (size_t i = 0; i < strings->n; i++)
        size += size_of_text(strings->items[i]);
    return size;
}

static size_t size_of_conditions(const critpt_file *content)
{
    enum { CONDITION = 2048 }; /* header and link of its array, quantities, name */
    size_t size = 0;
    for (size_t c = 0; c < content->n_conditions; c++) {
        const cpt_file_condition *condition = &content->conditions[c];
        size += CONDITION + condition->n_rows * condition->n_columns * sizeof(double);
    }
    return size;
}

/* Bytes of the whole file, nearly, at most; its arrays are in memory, so that this does not
 * overflow. */
static size_t foresee_size(const critpt_file *content)
{
    enum { HEADERS = 1 << 18 };
    size_t n = content->n_samples, D = content->n_outputs, d = content->n_inputs;
    size_t K = content->n_points, P = content->n_weights, vectors = 2 * P;
    size_t numbers = n * (d + 3 * D + 1) + D * D; /* of the data; then of columns and layers */
    numbers += 4 * d + content->dropped_why.n + 4 * content->n_layers;
    for (int v = 0; v < CPT_FILE_VECTORS; v++)
        vectors += content->vectors[v] ? P : 0;
    numbers += K * (vectors + CPT_FILE_POINT_QUANTITIES) + (K * D + 1) * content->record.n;
    size_t texts = size_of_strings(&content->natures) + size_of_strings(&content->kinds) +
                   size_of_strings(&content->weight_names) + size_of_strings(&content->warnings) +
                   size_of_strings(&content->dropped_why);
    for (int t = 0; t < CPT_FILE_TEXTS; t++)
        texts += size_of_text(content->texts[t]);
    return HEADERS + numbers * sizeof(double) + texts + size_of_conditions(content);
}

critpt_status critpt_file_write(const critpt_file *content, const char *path)
{
    if (!content || !path)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", content ? "path" : "file");
    cpt_file_silence silence = cpt_file_silence_begin();
    cpt_file_image image = {NULL, 0, 0, false};
    hid_t file = H5I_INVALID_HID;
    critpt_status status;
    CPT_TRY(cpt_file_image_open(&image, foresee_size(content), &file));
    CPT_TRY(put_root(content, file));
    CPT_TRY(put_data(content, file));
    CPT_TRY(put_model(content, file));
    CPT_TRY(put_points(content, file));
    CPT_TRY(put_conditions(content, file, false));
    CPT_TRY(put_conditions(content, file, true));
    CPT_TRY(put_report(content, file));
    CPT_TRY(cpt_file_image_close(&image, &file));
    CPT_TRY(cpt_file_replace(path, image.bytes, image.size));
done:
    if (file >= 0)
        H5Fclose(file);
    cpt_free(image.bytes);
    cpt_file_silence_end(silence);
    return status;
}
