/* Where the numbers of a specification come from: inputs, base targets, vectors. */
#include "spec/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Paths in a specification are relative to it. */
static outcome resolve(const char *file, const char *path, char **resolved)
{
    const char *slash = strrchr(file, '/');
    size_t directory = *path == '/' || !slash ? 0 : (size_t)(slash - file) + 1;
    size_t length = directory + strlen(path);
    outcome result = cli_allocate(resolved, length + 1, 1);
    if (result == DONE)
        snprintf(*resolved, length + 1, "%.*s%s", (int)directory, file, path);
    return result;
}

outcome spec_take_path(const place *p, char **path)
{
    const char *text = NULL;
    outcome result;
    TRY(spec_take_text(p, &text));
    TRY(resolve(p->file, text, path));
done:
    return result;
}

outcome spec_take_copy(const place *p, char **copy)
{
    const char *text = NULL;
    outcome result = spec_take_text(p, &text);
    return result != DONE || !text ? result : cli_copy_text(copy, text, strlen(text));
}

static outcome take_name(const place *p, data_source *source)
{
    const char *name = NULL;
    if (!json_is_string(p->value))
        return spec_fail_at(p,
                            "a column's name is needed here; numbers of columns are written in one "
                            "string, \"0-12,14\", and do not mix with names");
    outcome result;
    TRY(spec_take_text(p, &name));
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            TRY(spec_fail_at(
                p, "the name has a control character; choose columns by numbers, \"0-12,14\""));
    TRY(cli_copy_text(&source->names[source->n_names], name, strlen(name)));
    source->n_names++;
done:
    return result;
}

typedef struct numbered_name {
    const char *name;
    size_t number;
} numbered_name;

static int compare_names(const void *a, const void *b)
{
    const numbered_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static outcome require_different(const place *p, const data_source *source)
{
    numbered_name *sorted = NULL;
    size_t n = source->n_names;
    outcome result;
    TRY(cli_allocate(&sorted, n, sizeof *sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = (numbered_name){source->names[i], i};
    qsort(sorted, n, sizeof *sorted, compare_names);
    for (size_t i = 1; i < n; i++)
        if (!strcmp(sorted[i - 1].name, sorted[i].name)) {
            place second = spec_element_of(p, sorted[i].number);
            TRY(spec_fail_at(&second, "\"%.80s\" is named twice; name each column once",
                             sorted[i].name));
        }
done:
    free(sorted);
    return result;
}

/* A list of numbers in a string, or an array of names. */
static outcome take_columns(const place *p, data_source *source)
{
    size_t n = 0;
    outcome result;
    if (!p->value || json_is_string(p->value))
        return spec_take_copy(p, &source->columns);
    TRY(spec_require_array(p, "names (or a string of numbers, \"0-12,14\")", &n));
    if (!source->header)
        TRY(spec_fail_at(
            p, "columns have names only with \"header\": true; without, give their numbers, "
               "\"0-12,14\""));
    TRY(cli_allocate(&source->names, n, sizeof *source->names));
    for (size_t i = 0; i < n; i++) {
        place name = spec_element_of(p, i);
        TRY(take_name(&name, source));
    }
    TRY(require_different(p, source));
done:
    return result;
}

static outcome take_separator(const place *p, char *separator)
{
    static const char known[] = ",;\t| ";
    const char *text = ",";
    outcome result;
    TRY(spec_take_text(p, &text));
    if (text[1] || !strchr(known, *text))
        TRY(spec_fail_at(p, "a separator is one of \",\", \";\", \"\\t\", \"|\" and \" \""));
    *separator = *text;
done:
    return result;
}

static outcome take_limit(const place *p, data_source *source)
{
    place limit = spec_member_of(p, "read_limit");
    return spec_take_size(&limit, 1, SIZE_MAX / 2, &source->read_limit);
}

outcome spec_take_csv(const place *p, const place *path, data_source *source)
{
    place columns = spec_member_of(p, "columns"), skip = spec_member_of(p, "skip_rows"),
          header = spec_member_of(p, "header"), separator = spec_member_of(p, "separator");
    outcome result;
    source->kind = SOURCE_CSV;
    TRY(spec_take_path(path, &source->path));
    TRY(spec_take_boolean(&header, &source->header));
    TRY(take_columns(&columns, source));
    TRY(spec_take_size(&skip, 0, SIZE_MAX / 2, &source->skip_rows));
    TRY(take_separator(&separator, &source->separator));
    TRY(take_limit(p, source));
done:
    return result;
}

static outcome take_hdf5(const place *p, const place *path, data_source *source)
{
    place dataset = spec_member_of(p, "dataset");
    if (!dataset.value)
        return spec_fail_at(p, "dataset is missing; name the dataset in the HDF5 file");
    outcome result;
    source->kind = SOURCE_HDF5;
    TRY(spec_take_path(path, &source->path));
    TRY(spec_take_copy(&dataset, &source->dataset));
    TRY(take_limit(p, source));
done:
    return result;
}

outcome spec_choose(const place *p, const char *const *keys, size_t n_keys, size_t *chosen)
{
    size_t found = 0;
    for (size_t i = 0; i < n_keys; i++)
        if (json_object_get(p->value, keys[i])) {
            *chosen = i;
            found++;
        }
    if (found == 1)
        return DONE;
    char list[128] = "";
    for (size_t i = 0; i < n_keys; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"",
                 !i                ? ""
                 : i + 1 == n_keys ? " or "
                                   : ", ",
                 keys[i]);
    return spec_fail_at(p, "give exactly one of %s", list);
}

outcome spec_take_file_source(const place *p, data_source *source)
{
    static const char *const known[] = {CSV_KEYS, NULL};
    outcome result;
    TRY(spec_require_object(p, known));
    place csv = spec_member_of(p, "csv");
    if (!csv.value)
        TRY(spec_fail_at(p, "csv is missing; name the CSV file"));
    TRY(spec_take_csv(p, &csv, source));
done:
    return result;
}

outcome spec_take_vector_file(const place *p, data_source *source)
{
    static const char *const keys[] = {"csv", "hdf5"};
    static const char *const known[][7] = {{CSV_KEYS, NULL}, {HDF5_KEYS, NULL}};
    static const char *const any[] = {CSV_KEYS, HDF5_KEYS, NULL};
    size_t kind = 0;
    outcome result;
    TRY(spec_require_object(p, any));
    TRY(spec_choose(p, keys, 2, &kind));
    TRY(spec_require_object(p, known[kind]));
    place path = spec_member_of(p, keys[kind]);
    TRY(kind ? take_hdf5(p, &path, source) : spec_take_csv(p, &path, source));
done:
    return result;
}

static outcome take_normal(const place *p, input_spec *inputs)
{
    static const char *const known[] = {"samples", NULL};
    place samples = spec_member_of(p, "samples");
    outcome result;
    inputs->source.kind = SOURCE_NORMAL;
    TRY(spec_require_object(p, known));
    if (!samples.value)
        TRY(spec_fail_at(p, "samples is missing; say how many to draw"));
    TRY(spec_take_size(&samples, 1, SIZE_MAX / 2, &inputs->samples));
done:
    return result;
}

static outcome take_uniform(const place *p, input_spec *inputs)
{
    static const char *const known[] = {"samples", "low", "high", NULL};
    outcome result;
    inputs->source.kind = SOURCE_UNIFORM;
    inputs->low = 0;
    inputs->high = 1;
    TRY(spec_require_object(p, known));
    place samples = spec_member_of(p, "samples"), low = spec_member_of(p, "low"),
          high = spec_member_of(p, "high");
    if (!samples.value)
        TRY(spec_fail_at(p, "samples is missing; say how many to draw"));
    TRY(spec_take_size(&samples, 1, SIZE_MAX / 2, &inputs->samples));
    TRY(spec_take_number(&low, &inputs->low));
    TRY(spec_take_number(&high, &inputs->high));
    if (!(inputs->low < inputs->high))
        TRY(spec_fail_at(p, "low, %g, is not below high, %g", inputs->low, inputs->high));
done:
    return result;
}

static outcome take_columns_options(const place *p, input_spec *inputs)
{
    place standardize = spec_member_of(p, "standardize"),
          constant = spec_member_of(p, "drop_constant"), rare = spec_member_of(p, "drop_rare");
    outcome result;
    TRY(spec_take_boolean(&standardize, &inputs->standardize));
    TRY(spec_take_boolean(&constant, &inputs->drop_constant));
    TRY(spec_take_size(&rare, 0, SIZE_MAX / 2, &inputs->drop_rare));
done:
    return result;
}

outcome spec_take_inputs(const place *p, input_spec *inputs)
{
    static const char *const keys[] = {"csv", "hdf5", "normal", "uniform"};
    static const char *const known[][10] = {
        {CSV_KEYS, "standardize", "drop_constant", "drop_rare", NULL},
        {HDF5_KEYS, "standardize", "drop_constant", "drop_rare", NULL},
        {"normal", NULL},
        {"uniform", NULL},
    };
    static const char *const any[] = {CSV_KEYS,      HDF5_KEYS,       "normal",    "uniform",
                                      "standardize", "drop_constant", "drop_rare", NULL};
    size_t kind = 0;
    outcome result;
    TRY(spec_require_object(p, any));
    TRY(spec_choose(p, keys, 4, &kind));
    TRY(spec_require_object(p, known[kind]));
    place chosen = spec_member_of(p, keys[kind]);
    if (kind == 0)
        TRY(spec_take_csv(p, &chosen, &inputs->source));
    else if (kind == 1)
        TRY(take_hdf5(p, &chosen, &inputs->source));
    else
        TRY(kind == 2 ? take_normal(&chosen, inputs) : take_uniform(&chosen, inputs));
    TRY(take_columns_options(p, inputs));
done:
    return result;
}

static outcome take_named_base(const place *p, base_spec *base)
{
    const char *name = json_string_value(p->value);
    if (!strcmp(name, "points-mean"))
        base->kind = BASE_POINTS_MEAN;
    else if (!strcmp(name, "zero"))
        base->kind = BASE_ZERO;
    else
        return spec_fail_at(p,
                            "\"%s\" is not known; use \"points-mean\", \"zero\", {\"csv\": ...} or "
                            "{\"noise\": ...}",
                            name);
    return DONE;
}

outcome spec_take_base(const place *p, base_spec *base)
{
    static const char *const keys[] = {"csv", "noise"};
    static const char *const known[][8] = {{CSV_KEYS, "one_hot", NULL}, {"noise", NULL}};
    static const char *const any[] = {CSV_KEYS, "one_hot", "noise", NULL};
    size_t kind = 0;
    outcome result;
    if (!p->value)
        return DONE;
    if (json_is_string(p->value))
        return take_named_base(p, base);
    TRY(spec_require_object(p, any));
    TRY(spec_choose(p, keys, 2, &kind));
    TRY(spec_require_object(p, known[kind]));
    place chosen = spec_member_of(p, keys[kind]), one_hot = spec_member_of(p, "one_hot");
    base->kind = kind ? BASE_NOISE : BASE_CSV;
    TRY(kind ? spec_take_positive(&chosen, &base->noise)
             : spec_take_csv(p, &chosen, &base->source));
    TRY(spec_take_boolean(&one_hot, &base->one_hot));
done:
    return result;
}
