/* The model of a file: layers, or the sizes of one that is elsewhere and the outputs by which it is
 * recognised; and landscapes with it. */
#include <math.h>
#include <string.h>

#include "file/file.h"

/* Outputs of the same model that another compiler made differ by rounding, as parts of the largest
 * of a point. */
static const double like = 1e-12;

/* ---- From a model ---- */

critpt_status cpt_file_count_weights(critpt_file *file)
{
    critpt_status status = CRITPT_OK;
    size_t total = 0;
    for (size_t l = 0; l < file->n_layers; l++) {
        size_t inputs = file->widths[l] + (file->bias[l] != 0);
        CPT_TRY(cpt_multiply_add(inputs, file->widths[l + 1], total, "weights", &total));
    }
    file->n_weights = total;
    file->n_inputs = file->widths[0];
    file->n_outputs = file->widths[file->n_layers];
done:
    return status;
}

static critpt_status copy_layers(critpt_file *file, const critpt_model *model)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&file->widths, file->n_layers + 1, sizeof *file->widths));
    CPT_TRY(cpt_allocate(&file->activations, file->n_layers, sizeof *file->activations));
    CPT_TRY(cpt_allocate(&file->bias, file->n_layers, sizeof *file->bias));
    file->widths[0] = critpt_model_n_inputs(model);
    for (size_t l = 0; l < file->n_layers; l++)
        CPT_TRY(critpt_mlp_layer(model, l, &file->widths[l + 1], &file->activations[l],
                                 &file->bias[l]));
    CPT_TRY(cpt_file_count_weights(file));
done:
    return status;
}

critpt_status cpt_file_copy_model(critpt_file *file, const critpt_model *model)
{
    file->n_layers = critpt_mlp_n_layers(model);
    file->exact_orders = critpt_model_exact_orders(model);
    if (file->n_layers)
        return copy_layers(file, model);
    file->model = CRITPT_FILE_MODEL_EXTERNAL;
    file->n_inputs = critpt_model_n_inputs(model);
    file->n_outputs = critpt_model_n_outputs(model);
    file->n_weights = critpt_model_n_weights(model);
    return CRITPT_OK;
}

/* ---- What it is ---- */

critpt_file_model_kind critpt_file_model(const critpt_file *file)
{
    return file ? file->model : CRITPT_FILE_MODEL_NETWORK;
}

static critpt_status require_elsewhere(const critpt_file *file)
{
    critpt_status status;
    CPT_TRY(cpt_file_require(file));
    if (file->model == CRITPT_FILE_MODEL_NETWORK)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the file holds its model, a layered network, which needs no other");
done:
    return status;
}

critpt_status critpt_file_set_model(critpt_file *file, critpt_file_model_kind kind)
{
    critpt_status status;
    CPT_TRY(require_elsewhere(file));
    if (kind != CRITPT_FILE_MODEL_LIBRARY && kind != CRITPT_FILE_MODEL_EXTERNAL)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "kind is %d; a model that is not in the file is in a library (%d) or "
                         "external (%d)",
                         (int)kind, (int)CRITPT_FILE_MODEL_LIBRARY,
                         (int)CRITPT_FILE_MODEL_EXTERNAL);
    file->model = kind;
done:
    return status;
}

int critpt_file_exact_orders(const critpt_file *file)
{
    return file ? file->exact_orders : 0;
}

critpt_status critpt_file_set_weight_names(critpt_file *file, const char *const *names,
                                           size_t n_weights)
{
    cpt_file_strings copy = {0, 0, NULL};
    critpt_status status;
    CPT_TRY(require_elsewhere(file));
    if (names)
        CPT_TRY(cpt_require_array("names", names, n_weights, file->n_weights));
    for (size_t j = 0; names && j < n_weights; j++) {
        if (!names[j])
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT, "names[%zu] is NULL", j));
        CPT_TRY(cpt_file_add_string(&copy, names[j]));
    }
    cpt_file_free_strings(&file->weight_names);
    file->weight_names = copy;
    return CRITPT_OK;
done:
    cpt_file_free_strings(&copy);
    return status;
}

const char *critpt_file_weight_name(const critpt_file *file, size_t weight)
{
    return file && weight < file->weight_names.n ? file->weight_names.items[weight] : NULL;
}

/* ---- Recorded outputs ---- */

/* A landscape of some samples, without targets. */
static critpt_status take_samples(const critpt_file *file, critpt_model *model, size_t n,
                                  const size_t *samples, critpt_landscape **landscape)
{
    size_t d = file->n_inputs;
    double *inputs = NULL;
    critpt_status status;
    CPT_TRY(cpt_allocate(&inputs, n * d, sizeof *inputs));
    for (size_t i = 0; i < n; i++)
        memcpy(inputs + i * d, file->inputs + samples[i] * d, d * sizeof *inputs);
    CPT_TRY(critpt_landscape_create(landscape, model, n, inputs, d));
done:
    cpt_free(inputs);
    return status;
}

/* Those of the model at all points, K x (n D). */
static critpt_status find_outputs(const critpt_file *file, critpt_model *model, size_t n,
                                  const size_t *samples, double **outputs)
{
    size_t K = file->n_points, D = file->n_outputs, P = file->n_weights, width, total;
    critpt_landscape *few = NULL;
    critpt_status status;
    CPT_TRY(take_samples(file, model, n, samples, &few));
    CPT_TRY(cpt_multiply(n, D, "outputs", &width));
    CPT_TRY(cpt_multiply(K, width, "outputs", &total));
    CPT_TRY(cpt_allocate(outputs, total, sizeof **outputs));
    for (size_t k = 0; k < K; k++)
        CPT_TRY(
            critpt_landscape_outputs(few, NULL, file->weights + k * P, P, *outputs + k * width, D));
done:
    critpt_landscape_destroy(few);
    return status;
}

static critpt_status require_sizes(const critpt_file *file, const critpt_model *model)
{
    size_t d = critpt_model_n_inputs(model), D = critpt_model_n_outputs(model);
    size_t P = critpt_model_n_weights(model);
    if (d == file->n_inputs && D == file->n_outputs && P == file->n_weights)
        return CRITPT_OK;
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "the model has %zu inputs, %zu outputs and %zu weights, that of the file %zu, "
                     "%zu and %zu: it is another",
                     d, D, P, file->n_inputs, file->n_outputs, file->n_weights);
}

critpt_status critpt_file_record_outputs(critpt_file *file, const critpt_landscape *landscape)
{
    size_t n, samples[CPT_FILE_RECORDED], *copy = NULL;
    double *outputs = NULL;
    critpt_model *model;
    critpt_status status;
    CPT_TRY(require_elsewhere(file));
    CPT_TRY(cpt_file_require_pointer(landscape, "landscape"));
    model = (critpt_model *)critpt_landscape_model(landscape); /* frozen: only counted */
    CPT_TRY(require_sizes(file, model));
    n = file->n_samples < CPT_FILE_RECORDED ? file->n_samples : CPT_FILE_RECORDED;
    for (size_t i = 0; i < n; i++) /* spread evenly, without a product that might overflow */
        samples[i] = file->n_samples / n * i + file->n_samples % n * i / n;
    CPT_TRY(cpt_allocate(&copy, n, sizeof *copy));
    CPT_TRY(find_outputs(file, model, n, samples, &outputs));
    memcpy(copy, samples, n * sizeof *copy);
    cpt_file_forget_record(file);
    file->record = (cpt_file_record){n, copy, outputs};
    return CRITPT_OK;
done:
    cpt_free(copy);
    cpt_free(outputs);
    return status;
}

size_t critpt_file_n_recorded(const critpt_file *file)
{
    return file ? file->record.n : 0;
}

/* Whether the outputs of a point, `width` of them, are those recorded. */
static critpt_status require_alike(const critpt_file *file, size_t k, size_t width,
                                   const double *found)
{
    const double *recorded = file->record.outputs + k * width;
    size_t worst = 0, D = file->n_outputs;
    double size = 0;
    for (size_t i = 0; i < width; i++) {
        size = fmax(size, fabs(recorded[i]));
        if (!(fabs(found[i] - recorded[i]) <= fabs(found[worst] - recorded[worst])))
            worst = i;
    }
    if (fabs(found[worst] - recorded[worst]) <= like * size)
        return CRITPT_OK;
    return cpt_error(CRITPT_INCONSISTENT,
                     "the model is not the one that the file is of: at point %zu output %zu of "
                     "sample %zu is %.17g, and the file recorded %.17g",
                     k, worst % D, file->record.samples[worst / D], found[worst], recorded[worst]);
}

static critpt_status require_same(const critpt_file *file, critpt_model *model)
{
    size_t width = file->record.n * file->n_outputs;
    double *outputs = NULL;
    critpt_status status = CRITPT_OK;
    if (!file->record.outputs)
        return CRITPT_OK;
    CPT_TRY(find_outputs(file, model, file->record.n, file->record.samples, &outputs));
    for (size_t k = 0; k < file->n_points; k++)
        CPT_TRY(require_alike(file, k, width, outputs + k * width));
done:
    cpt_free(outputs);
    return status;
}

/* ---- Landscapes ---- */

critpt_status cpt_file_make_landscape(const critpt_file *file, critpt_model *model,
                                      critpt_landscape **landscape)
{
    critpt_landscape *made = NULL;
    critpt_status status;
    CPT_TRY(critpt_landscape_create(&made, model, file->n_samples, file->inputs, file->n_inputs));
    CPT_TRY(critpt_landscape_set_targets(made, file->targets, file->n_outputs));
    if (file->sample_weights)
        CPT_TRY(critpt_landscape_set_sample_weights(made, file->sample_weights, file->n_samples));
    if (file->metric)
        CPT_TRY(critpt_landscape_set_output_metric(made, file->metric, file->n_outputs));
    if (file->penalty)
        CPT_TRY(critpt_landscape_set_penalty(made, file->penalty, file->n_weights, file->centre,
                                             file->centre ? file->n_weights : 0));
    *landscape = made;
    made = NULL;
done:
    critpt_landscape_destroy(made);
    return status;
}

static critpt_status make_network(const critpt_file *file, critpt_model **model)
{
    critpt_status status;
    if (file->model != CRITPT_FILE_MODEL_NETWORK)
        return cpt_error(CRITPT_UNSUPPORTED,
                         "the file does not hold its model%s%.80s, which is %s: give it to "
                         "critpt_file_landscape_with_model",
                         file->texts[CRITPT_FILE_TEXT_MODEL_NAME] ? " " : "",
                         file->texts[CRITPT_FILE_TEXT_MODEL_NAME]
                             ? file->texts[CRITPT_FILE_TEXT_MODEL_NAME]
                             : "",
                         file->model == CRITPT_FILE_MODEL_LIBRARY
                             ? "in a shared object (critpt: --library MODEL.so)"
                             : "its maker's own");
    CPT_TRY(critpt_mlp_create(model, file->n_inputs));
    for (size_t l = 0; l < file->n_layers; l++)
        CPT_TRY(
            critpt_mlp_add_layer(*model, file->widths[l + 1], file->activations[l], file->bias[l]));
done:
    return status;
}

critpt_status critpt_file_landscape(const critpt_file *file, critpt_landscape **landscape)
{
    if (!file || !landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", file ? "landscape" : "file");
    critpt_model *model = NULL;
    critpt_status status;
    *landscape = NULL;
    CPT_TRY(make_network(file, &model));
    CPT_TRY(cpt_file_make_landscape(file, model, landscape));
done:
    critpt_model_destroy(model);
    return status;
}

critpt_status critpt_file_landscape_with_model(const critpt_file *file, critpt_model *model,
                                               critpt_landscape **landscape)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_pointer(landscape, "landscape"));
    *landscape = NULL;
    CPT_TRY(require_elsewhere(file));
    CPT_TRY(cpt_file_require_pointer(model, "model"));
    CPT_TRY(require_sizes(file, model));
    CPT_TRY(require_same(file, model));
    CPT_TRY(cpt_file_make_landscape(file, model, landscape));
done:
    return status;
}
