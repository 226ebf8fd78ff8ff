/* Reading a landscape file: everything is checked against everything else before it is believed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file/parts.h"
#include "file/path.h"

/* ---- The parts of a file
 * ---------------------------------------------------------------------------- */

static bool is_known_feature(const char *feature)
{
    for (int i = 0; critpt_file_model_kind_name((critpt_file_model_kind)i); i++) {
        const char *known = cpt_file_requirement((critpt_file_model_kind)i);
        if (known && !strcmp(feature, known))
            return true;
    }
    return strcmp(feature, cpt_file_penalty_feature) == 0;
}

/* What a reader must know to judge the file. */
static critpt_status check_requirements(const cpt_file_reader *reader)
{
    cpt_file_strings features = {0, 0, NULL};
    critpt_status status;
    CPT_TRY(cpt_file_read_strings(reader, "/", "requires", false, SIZE_MAX, &features));
    for (size_t i = 0; i < features.n; i++)
        if (!is_known_feature(features.items[i]))
            CPT_TRY(cpt_error(CRITPT_UNSUPPORTED,
                              "%s requires \"%.80s\" of its reader, which version %s does not "
                              "know: use a later libcritpt",
                              reader->path, features.items[i], critpt_version()));
done:
    cpt_file_free_strings(&features);
    return status;
}

static critpt_status check_format(const cpt_file_reader *reader)
{
    char *format = NULL;
    int64_t version = 0;
    critpt_status status;
    CPT_TRY(cpt_file_read_text(reader, "/", "format", false, &format));
    if (!format || strcmp(format, "critpt-landscape") != 0)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s is an HDF5 file but not a critpt landscape: its attribute format is "
                          "not \"critpt-landscape\"",
                          reader->path));
    CPT_TRY(cpt_file_read_number(reader, "/", "format_version", true, H5T_NATIVE_INT64, &version));
    if (version < 1 || version > CRITPT_FILE_FORMAT_VERSION)
        CPT_TRY(cpt_error(CRITPT_UNSUPPORTED,
                          "%s has format_version %lld; this is version %s, which reads up to %d: "
                          "use a later libcritpt",
                          reader->path, (long long)version, critpt_version(),
                          CRITPT_FILE_FORMAT_VERSION));
    CPT_TRY(check_requirements(reader));
done:
    cpt_free(format);
    return status;
}

/* A file that states another loss is about another landscape. */
static critpt_status check_loss(const cpt_file_reader *reader)
{
    char *formula = NULL;
    critpt_status status;
    CPT_TRY(cpt_file_read_text(reader, "/", "loss", false, &formula));
    if (formula && strcmp(formula, cpt_file_loss_formulas[0]) != 0 &&
        strcmp(formula, cpt_file_loss_formulas[1]) != 0)
        CPT_TRY(cpt_error(CRITPT_UNSUPPORTED,
                          "%s: / attribute loss is \"%.80s\", not the loss of this library",
                          reader->path, formula));
done:
    cpt_free(formula);
    return status;
}

static critpt_status get_root(const cpt_file_reader *reader, critpt_file *content)
{
    int64_t seed = 0;
    critpt_status status;
    for (int i = 0; i < CPT_FILE_TEXTS; i++)
        if (cpt_file_root_texts[i])
            CPT_TRY(
                cpt_file_read_text(reader, "/", cpt_file_root_texts[i], false, &content->texts[i]));
    CPT_TRY(check_loss(reader));
    CPT_TRY(
        cpt_file_read_text(reader, "/spec", NULL, false, &content->texts[CRITPT_FILE_TEXT_SPEC]));
    CPT_TRY(cpt_file_read_number(reader, "/", "seed", false, H5T_NATIVE_INT64, &seed));
    if (seed < 0)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s: / attribute seed is %lld; it is never "
                          "negative",
                          reader->path, (long long)seed));
    content->seed = (uint64_t)seed;
done:
    return status;
}

static critpt_status get_columns(const cpt_file_reader *reader, critpt_file *content)
{
    size_t d = content->n_inputs, n_dropped = 0;
    critpt_status status;
    CPT_TRY(cpt_file_read_sizes(reader, "/inputs", "columns", false, &content->columns, &d));
    if (content->columns) {
        CPT_TRY(cpt_file_read_finite(reader, "/inputs", "mean", true, 1, d, 1, &content->mean));
        CPT_TRY(cpt_file_read_finite(reader, "/inputs", "mean_low", false, 1, d, 1,
                                     &content->mean_low));
        if (!content->mean_low) /* as in files of before there was one */
            CPT_TRY(cpt_allocate(&content->mean_low, d, sizeof *content->mean_low));
        CPT_TRY(cpt_file_read_finite(reader, "/inputs", "scale", true, 1, d, 1, &content->scale));
    }
    CPT_TRY(
        cpt_file_read_sizes(reader, "/inputs", "dropped", false, &content->dropped, &n_dropped));
    content->dropped_capacity = n_dropped;
    if (content->dropped)
        CPT_TRY(cpt_file_read_strings(reader, "/inputs", "dropped_why", true, n_dropped,
                                      &content->dropped_why));
done:
    return status;
}

/* Penalties, none of them negative, and what they are centred at. */
static critpt_status get_penalty(const cpt_file_reader *reader, critpt_file *content)
{
    cpt_file_strings features = {0, 0, NULL};
    size_t P = content->n_weights;
    bool named = false;
    critpt_status status;
    CPT_TRY(cpt_file_read_strings(reader, "/", "requires", false, SIZE_MAX, &features));
    for (size_t i = 0; i < features.n; i++)
        named = named || !strcmp(features.items[i], cpt_file_penalty_feature);
    CPT_TRY(cpt_file_read_finite(reader, "/penalty", NULL, false, 1, P, 1, &content->penalty));
    CPT_TRY(
        cpt_file_read_finite(reader, "/penalty_centre", NULL, false, 1, P, 1, &content->centre));
    if (content->centre && !content->penalty)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s: /penalty_centre is there, and /penalty is not", reader->path));
    if (content->penalty && !named)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s: /penalty is there, and / attribute requires lacks \"%s\"",
                          reader->path, cpt_file_penalty_feature));
    for (size_t j = 0; content->penalty && j < P; j++)
        if (content->penalty[j] < 0)
            CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT, "%s: /penalty is %g for weight %zu",
                              reader->path, content->penalty[j], j));
done:
    cpt_file_free_strings(&features);
    return status;
}

static critpt_status get_data(const cpt_file_reader *reader, critpt_file *content)
{
    cpt_file_item item;
    size_t d = content->n_inputs, D = content->n_outputs;
    critpt_status status;
    CPT_TRY(cpt_file_find(reader, "/inputs", NULL, &item));
    size_t n = item.id < 0 ? 0 : item.dims[0];
    cpt_file_release(&item);
    content->n_samples = n;
    CPT_TRY(cpt_file_read_finite(reader, "/inputs", NULL, true, 2, n, d, &content->inputs));
    if (!n)
        CPT_TRY(cpt_file_bad_item(&item, "has no samples"));
    CPT_TRY(cpt_file_read_finite(reader, "/targets", NULL, true, 2, n, D, &content->targets));
    CPT_TRY(cpt_file_read_finite(reader, "/base_targets", NULL, false, 2, n, D,
                                 &content->base_targets));
    CPT_TRY(cpt_file_read_finite(reader, "/sample_weights", NULL, false, 1, n, 1,
                                 &content->sample_weights));
    CPT_TRY(cpt_file_read_finite(reader, "/output_metric", NULL, false, 2, D, D, &content->metric));
    CPT_TRY(get_penalty(reader, content));
    CPT_TRY(cpt_file_read_text(reader, "/inputs", "source", false,
                               &content->texts[CRITPT_FILE_TEXT_SOURCE]));
    CPT_TRY(get_columns(reader, content));
done:
    return status;
}

static bool is_nature(const char *name)
{
    static const char *const known[] = {"any", "minimum", "maximum", "saddle", "free"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i]))
            return true;
    return false;
}

static critpt_status check_names(const cpt_file_reader *reader, const char *object,
                                 const cpt_file_strings *names, bool (*is_known)(const char *))
{
    for (size_t k = 0; k < names->n; k++)
        if (!is_known(names->items[k]))
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "%s: %s has \"%.40s\" for point %zu, which this version does not know",
                             reader->path, object, names->items[k], k);
    return CRITPT_OK;
}

/* Numbers, vectors and kinds: all of them optional. */
static critpt_status get_knowledge(const cpt_file_reader *reader, critpt_file *content)
{
    size_t K = content->n_points;
    char name[64];
    critpt_status status = CRITPT_OK;
    for (int q = 0; q < CPT_FILE_POINT_QUANTITIES; q++) {
        snprintf(name, sizeof name, "/points/%s", cpt_file_point_quantities[q].name);
        CPT_TRY(cpt_file_read_reals(reader, name, NULL, false, 1, K, 1, &content->point_values[q]));
        double *values = content->point_values[q];
        for (size_t k = 0; values && cpt_file_point_quantities[q].integer && k < K; k++)
            values[k] = values[k] < 0 ? NAN : values[k]; /* -1 stands for unknown */
    }
    for (int v = 0; v < CPT_FILE_VECTORS; v++) {
        snprintf(name, sizeof name, "/points/%s", cpt_file_vectors[v]);
        CPT_TRY(cpt_file_read_reals(reader, name, NULL, false, 2, K, content->n_weights,
                                    &content->vectors[v]));
    }
    CPT_TRY(cpt_file_read_strings(reader, "/points/kind", NULL, false, K, &content->kinds));
    CPT_TRY(check_names(reader, "/points/kind", &content->kinds, cpt_file_is_kind));
    CPT_TRY(cpt_file_repeat_string(&content->kinds, "", K - content->kinds.n));
done:
    return status;
}

static critpt_status get_points(const cpt_file_reader *reader, critpt_file *content)
{
    cpt_file_item item;
    size_t P = content->n_weights;
    critpt_status status;
    CPT_TRY(cpt_file_find(reader, "/points/weights", NULL, &item));
    size_t K = item.id < 0 ? 0 : item.dims[0];
    cpt_file_release(&item);
    content->n_points = K;
    CPT_TRY(
        cpt_file_read_finite(reader, "/points/weights", NULL, true, 2, K, P, &content->weights));
    CPT_TRY(cpt_file_read_finite(reader, "/points/weights_requested", NULL, true, 2, K, P,
                                 &content->requested));
    CPT_TRY(cpt_file_read_strings(reader, "/points/nature_requested", NULL, true, K,
                                  &content->natures));
    CPT_TRY(check_names(reader, "/points/nature_requested", &content->natures, is_nature));
    CPT_TRY(get_knowledge(reader, content));
    CPT_TRY(cpt_file_read_record(reader, content));
done:
    return status;
}

/* The parts of /conditions or of /values. */
typedef struct condition_group {
    const char *name;
    bool values;
    cpt_file_strings kinds;
    size_t *numbers;
    double *points; /* n x 3 */
    double *quantities[CPT_FILE_CONDITION_QUANTITIES];
} condition_group;

static void group_free(condition_group *group)
{
    cpt_file_free_strings(&group->kinds);
    cpt_free(group->numbers);
    cpt_free(group->points);
    for (int q = 0; q < CPT_FILE_CONDITION_QUANTITIES; q++)
        cpt_free(group->quantities[q]);
}

static critpt_status get_group(const cpt_file_reader *reader, condition_group *group)
{
    char name[64];
    size_t n;
    critpt_status status;
    snprintf(name, sizeof name, "%s/type", group->name);
    CPT_TRY(cpt_file_read_strings(reader, name, NULL, false, SIZE_MAX, &group->kinds));
    n = group->kinds.n;
    if (!n)
        return CRITPT_OK;
    snprintf(name, sizeof name, "%s/number", group->name);
    CPT_TRY(cpt_file_read_sizes(reader, name, NULL, true, &group->numbers, &n));
    snprintf(name, sizeof name, "%s/points", group->name);
    CPT_TRY(cpt_file_read_finite(reader, name, NULL, true, 2, n, 3, &group->points));
    for (int q = 0; q < CPT_FILE_CONDITION_QUANTITIES; q++) {
        snprintf(name, sizeof name, "%s/%s", group->name, cpt_file_condition_quantities[q]);
        CPT_TRY(cpt_file_read_reals(reader, name, NULL, false, 1, n, 1, &group->quantities[q]));
    }
done:
    return status;
}

/* Whether the name is a kind of condition that stands in such a group. */
static bool find_kind(const char *name, bool values, critpt_condition_kind *kind)
{
    for (int i = 0; critpt_condition_kind_name((critpt_condition_kind)i); i++)
        if (!strcmp(name, critpt_condition_kind_name((critpt_condition_kind)i))) {
            *kind = (critpt_condition_kind)i;
            return cpt_file_is_value(*kind) == values;
        }
    return false;
}

static critpt_status bad_condition(const cpt_file_reader *reader, const condition_group *group,
                                   size_t i, const char *what)
{
    return cpt_error(CRITPT_INVALID_ARGUMENT, "%s: %s: condition %zu %s", reader->path, group->name,
                     group->numbers[i], what);
}

/* The array of condition `number`, which the file may lack. */
static critpt_status get_array(const cpt_file_reader *reader, const condition_group *group,
                               size_t number, cpt_file_condition *made, double **array)
{
    char name[64];
    cpt_file_item item;
    critpt_status status;
    snprintf(name, sizeof name, "%s/array_%zu", group->name, number);
    CPT_TRY(cpt_file_find(reader, name, NULL, &item));
    if (item.id < 0)
        return CRITPT_OK;
    made->n_rows = item.dims[0];
    made->n_columns = item.dims[1];
    cpt_file_release(&item);
    CPT_TRY(
        cpt_file_read_finite(reader, name, NULL, true, 2, made->n_rows, made->n_columns, array));
done:
    return status;
}

static critpt_status get_condition(const cpt_file_reader *reader, const condition_group *group,
                                   size_t i, critpt_file *content)
{
    cpt_file_condition made = {0};
    size_t number = group->numbers[i];
    double *array = NULL;
    critpt_status status;
    if (number >= content->n_conditions || content->conditions[number].n_points)
        return bad_condition(reader, group, i, "is beyond the last or there twice");
    if (!find_kind(group->kinds.items[i], group->values, &made.kind))
        return bad_condition(reader, group, i, "is of a kind that does not stand there");
    made.n_points = cpt_file_condition_points(made.kind);
    for (size_t j = 0; j < made.n_points; j++) {
        double point = group->points[3 * i + j];
        if (!(point >= 0 && point < (double)content->n_points))
            return bad_condition(reader, group, i, "is on a point that is not there");
        made.points[j] = (size_t)point;
    }
    CPT_TRY(get_array(reader, group, number, &made, &array));
    status = cpt_file_make_condition(content, &made, array, made.n_columns);
    if (status == CRITPT_INVALID_ARGUMENT)
        status = bad_condition(reader, group, i, "has an array that is not its own");
    CPT_TRY(status);
    for (int q = 0; q < CPT_FILE_CONDITION_QUANTITIES; q++)
        if (group->quantities[q])
            made.values[q] = group->quantities[q][i];
    content->conditions[number] = made;
done:
    cpt_free(array);
    return status;
}

static critpt_status get_conditions(const cpt_file_reader *reader, critpt_file *content)
{
    condition_group groups[] = {{.name = "/conditions"}, {.name = "/values", .values = true}};
    size_t n = 0;
    critpt_status status;
    for (size_t g = 0; g < 2; g++) {
        CPT_TRY(get_group(reader, &groups[g]));
        n += groups[g].kinds.n;
    }
    CPT_TRY(cpt_allocate(&content->conditions, n, sizeof *content->conditions));
    content->n_conditions = content->conditions_capacity = n;
    for (size_t g = 0; g < 2; g++)
        for (size_t i = 0; i < groups[g].kinds.n; i++)
            CPT_TRY(get_condition(reader, &groups[g], i, content));
done:
    group_free(&groups[0]);
    group_free(&groups[1]);
    return status;
}

static critpt_status get_frozen(const cpt_file_reader *reader, critpt_file *content)
{
    size_t n = content->n_samples * content->n_outputs;
    double *mask = NULL;
    critpt_status status;
    CPT_TRY(cpt_file_read_finite(reader, "/frozen", NULL, false, 2, content->n_samples,
                                 content->n_outputs, &mask));
    if (!mask)
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&content->frozen, n, sizeof *content->frozen));
    for (size_t i = 0; i < n; i++)
        content->frozen[i] = mask[i] < 0 || mask[i] > 0;
done:
    cpt_free(mask);
    return status;
}

static critpt_status get_warnings(const cpt_file_reader *reader, critpt_file *content)
{
    int64_t n = 0; /* without the attribute there is no warning */
    critpt_status status;
    CPT_TRY(cpt_file_read_strings(reader, "/report/warnings", NULL, false, SIZE_MAX,
                                  &content->warnings));
    CPT_TRY(cpt_file_read_number(reader, "/report", "n_warnings", false, H5T_NATIVE_INT64, &n));
    if (n != (int64_t)content->warnings.n)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s: /report has %zu warnings; its attribute n_warnings is %lld",
                          reader->path, content->warnings.n, (long long)n));
done:
    return status;
}

static critpt_status get_report(const cpt_file_reader *reader, critpt_file *content)
{
    critpt_status status;
    for (int q = 0; q < CPT_FILE_REPORT_QUANTITIES; q++)
        CPT_TRY(cpt_file_read_number(reader, "/report", cpt_file_report_quantities[q].name, false,
                                     H5T_NATIVE_DOUBLE, &content->report[q]));
    CPT_TRY(get_warnings(reader, content));
done:
    return status;
}

static critpt_status get_content(const cpt_file_reader *reader, critpt_file *content)
{
    critpt_status status;
    CPT_TRY(check_format(reader));
    CPT_TRY(get_root(reader, content));
    CPT_TRY(cpt_file_read_model(reader, content));
    CPT_TRY(get_data(reader, content));
    CPT_TRY(get_frozen(reader, content));
    CPT_TRY(get_points(reader, content));
    CPT_TRY(get_conditions(reader, content));
    CPT_TRY(get_report(reader, content));
done:
    return status;
}

/* Within the reader's room. */
static critpt_status read_content(const cpt_file_reader *reader, critpt_file **file)
{
    critpt_status status;
    critpt_file *content = NULL;
    cpt_budget budget;
    cpt_budget_begin(&budget, reader->room < (double)SIZE_MAX ? (size_t)reader->room : 0);
    CPT_TRY(cpt_file_new(&content));
    CPT_TRY(get_content(reader, content));
    *file = content;
    content = NULL;
done:
    critpt_file_destroy(content);
    cpt_budget_end(&budget);
    return status;
}

critpt_status critpt_file_read_limited(critpt_file **file, const char *path, size_t memory_limit)
{
    if (!file || !path)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", file ? "path" : "file");
    cpt_file_silence silence = cpt_file_silence_begin();
    cpt_file_reader reader = CPT_FILE_READER;
    critpt_status status;
    *file = NULL;
    CPT_TRY(cpt_file_open(&reader, path));
    reader.room = cpt_file_room(reader.size, memory_limit);
    CPT_TRY(cpt_file_require_room(&reader));
    CPT_TRY(read_content(&reader, file));
done:
    cpt_file_close(&reader);
    cpt_file_silence_end(silence);
    return status;
}

critpt_status critpt_file_read(critpt_file **file, const char *path)
{
    return critpt_file_read_limited(file, path, 0);
}
