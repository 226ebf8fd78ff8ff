/* Reading the model of a landscape file: a network's layers, or what is known of another. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "file/parts.h"

/* ---- Networks ---- */

static critpt_status get_activations(const cpt_file_reader *reader, critpt_file *content)
{
    cpt_file_strings names = {0, 0, NULL};
    size_t n = content->n_layers;
    critpt_status status;
    CPT_TRY(cpt_file_read_strings(reader, "/model/activations", NULL, true, n, &names));
    CPT_TRY(cpt_allocate(&content->activations, n, sizeof *content->activations));
    for (size_t l = 0; l < n; l++)
        if (critpt_activation_from_name(names.items[l], &content->activations[l]) != CRITPT_OK)
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                              "%s: /model/activations has \"%.40s\" for layer %zu, which is not an "
                              "activation of this version",
                              reader->path, names.items[l], l));
done:
    cpt_file_free_strings(&names);
    return status;
}

/* Only PyTorch's default parameters are offered, and 0 where there is none. */
static critpt_status check_parameters(const cpt_file_reader *reader, const critpt_file *content)
{
    double *parameters = NULL;
    critpt_status status;
    CPT_TRY(cpt_file_read_finite(reader, "/model/activation_parameters", NULL, false, 1,
                                 content->n_layers, 1, &parameters));
    for (size_t l = 0; parameters && l < content->n_layers; l++) {
        critpt_activation kind = content->activations[l];
        double expected = cpt_file_activation_parameter(kind);
        if (parameters[l] < expected || parameters[l] > expected)
            CPT_TRY(cpt_error(CRITPT_UNSUPPORTED,
                              "%s: /model/activation_parameters is %g for layer %zu; %s has %g",
                              reader->path, parameters[l], l, critpt_activation_name(kind),
                              expected));
    }
done:
    cpt_free(parameters);
    return status;
}

static critpt_status get_bias(const cpt_file_reader *reader, critpt_file *content)
{
    size_t *flags = NULL, n = content->n_layers;
    critpt_status status;
    CPT_TRY(cpt_file_read_sizes(reader, "/model/bias", NULL, true, &flags, &n));
    CPT_TRY(cpt_allocate(&content->bias, n, sizeof *content->bias));
    for (size_t l = 0; l < n; l++)
        content->bias[l] = flags[l] != 0;
done:
    cpt_free(flags);
    return status;
}

/* P, which has to be that of the layers. */
static critpt_status check_weights(const cpt_file_reader *reader, const critpt_file *content)
{
    int64_t n_parameters = 0;
    critpt_status status;
    CPT_TRY(cpt_file_read_number(reader, "/model", "n_parameters", true, H5T_NATIVE_INT64,
                                 &n_parameters));
    if (n_parameters < 0 || (uint64_t)n_parameters != content->n_weights)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s: /model attribute n_parameters is %lld; its layers have %zu weights",
                          reader->path, (long long)n_parameters, content->n_weights));
done:
    return status;
}

static critpt_status get_network(const cpt_file_reader *reader, critpt_file *content)
{
    size_t n_widths = 0;
    critpt_status status;
    content->exact_orders = 2;
    CPT_TRY(cpt_file_read_sizes(reader, "/model/widths", NULL, true, &content->widths, &n_widths));
    if (n_widths < 2)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s: /model/widths has %zu values; a network "
                          "has at least two",
                          reader->path, n_widths));
    for (size_t l = 0; l < n_widths; l++)
        if (!content->widths[l])
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT, "%s: /model/widths is 0 at position %zu",
                              reader->path, l));
    content->n_layers = n_widths - 1;
    CPT_TRY(get_activations(reader, content));
    CPT_TRY(check_parameters(reader, content));
    CPT_TRY(get_bias(reader, content));
    CPT_TRY(cpt_file_count_weights(content));
    CPT_TRY(check_weights(reader, content));
done:
    return status;
}

/* ---- Other models ---- */

/* An integer attribute of the model within some limits. */
static critpt_status get_integer(const cpt_file_reader *reader, const char *name, int64_t least,
                                 int64_t most, int64_t *value)
{
    critpt_status status;
    *value = 0;
    CPT_TRY(cpt_file_read_number(reader, "/model", name, true, H5T_NATIVE_INT64, value));
    if (*value < least || *value > most)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s: /model attribute %s is %lld; it is from %lld to %lld", reader->path,
                          name, (long long)*value, (long long)least, (long long)most));
done:
    return status;
}

static critpt_status get_size(const cpt_file_reader *reader, const char *name, size_t *size)
{
    int64_t value;
    critpt_status status;
    CPT_TRY(get_integer(reader, name, 1, INT_MAX, &value));
    *size = (size_t)value;
done:
    return status;
}

static critpt_status get_other(const cpt_file_reader *reader, critpt_file *content)
{
    int64_t exact;
    critpt_status status;
    CPT_TRY(get_size(reader, "n_inputs", &content->n_inputs));
    CPT_TRY(get_size(reader, "n_outputs", &content->n_outputs));
    CPT_TRY(get_size(reader, "n_parameters", &content->n_weights));
    CPT_TRY(get_integer(reader, "exact_orders", 0, 2, &exact));
    content->exact_orders = (int)exact;
    CPT_TRY(cpt_file_read_strings(reader, "/model/weight_names", NULL, false, content->n_weights,
                                  &content->weight_names));
done:
    return status;
}

critpt_status cpt_file_read_record(const cpt_file_reader *reader, critpt_file *content)
{
    size_t n = 0, width;
    critpt_status status;
    if (content->model == CRITPT_FILE_MODEL_NETWORK)
        return CRITPT_OK;
    CPT_TRY(
        cpt_file_read_sizes(reader, "/model/samples", NULL, false, &content->record.samples, &n));
    if (!content->record.samples)
        return CRITPT_OK;
    for (size_t i = 0; i < n; i++)
        if (content->record.samples[i] >= content->n_samples ||
            (i && content->record.samples[i] <= content->record.samples[i - 1]))
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                              "%s: /model/samples is %zu at position %zu; it ascends, and the file "
                              "has %zu samples",
                              reader->path, content->record.samples[i], i, content->n_samples));
    content->record.n = n;
    CPT_TRY(cpt_multiply(n, content->n_outputs, "outputs", &width));
    CPT_TRY(cpt_file_read_finite(reader, "/model/outputs", NULL, true, 2, content->n_points, width,
                                 &content->record.outputs));
done:
    return status;
}

/* ---- Any ---- */

/* Readers of before there was such a kind are told by `requires`. */
static critpt_status check_requirement(const cpt_file_reader *reader, critpt_file_model_kind model)
{
    cpt_file_strings features = {0, 0, NULL};
    critpt_status status;
    CPT_TRY(cpt_file_read_strings(reader, "/", "requires", false, SIZE_MAX, &features));
    for (int i = 0; critpt_file_model_kind_name((critpt_file_model_kind)i); i++) {
        const char *own = cpt_file_requirement((critpt_file_model_kind)i);
        bool named = false;
        for (size_t f = 0; own && f < features.n; f++)
            named = named || !strcmp(features.items[f], own);
        if (own && named != (i == (int)model))
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                              "%s: / attribute requires %s \"%s\", and the model is of kind \"%s\"",
                              reader->path, named ? "has" : "lacks", own,
                              critpt_file_model_kind_name(model)));
    }
done:
    cpt_file_free_strings(&features);
    return status;
}

critpt_status cpt_file_read_model(const cpt_file_reader *reader, critpt_file *content)
{
    char *kind = NULL;
    int number = 0;
    critpt_status status;
    CPT_TRY(cpt_file_read_text(reader, "/model", "kind", true, &kind));
    while (critpt_file_model_kind_name((critpt_file_model_kind)number) &&
           strcmp(kind, critpt_file_model_kind_name((critpt_file_model_kind)number)) != 0)
        number++;
    if (!critpt_file_model_kind_name((critpt_file_model_kind)number))
        CPT_TRY(cpt_error(CRITPT_UNSUPPORTED,
                          "%s: the model is of kind \"%.40s\"; mlp, library and external are read",
                          reader->path, kind));
    content->model = (critpt_file_model_kind)number;
    CPT_TRY(check_requirement(reader, content->model));
    for (int i = 0; i < CPT_FILE_TEXTS; i++)
        if (cpt_file_model_texts[i])
            CPT_TRY(cpt_file_read_text(reader, "/model", cpt_file_model_texts[i], false,
                                       &content->texts[i]));
    CPT_TRY(content->model == CRITPT_FILE_MODEL_NETWORK ? get_network(reader, content)
                                                        : get_other(reader, content));
done:
    cpt_free(kind);
    return status;
}
