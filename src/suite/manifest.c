/* The manifest is JSON; its strings are the suite's own. */
#include "suite/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/folder.h"
#include "cli/input.h"
#include "cli/json_memory.h"
#include "cli/output_set.h"

static const char file_name[] = "manifest.json";

static outcome path_of(char **path, const char *directory)
{
    return cli_join(path, directory, file_name, NULL, NULL);
}

/* ---- Reading ---- */

static outcome load(const char *directory, json_t **root)
{
    char *path = NULL;
    FILE *stream = NULL;
    uint64_t size;
    json_error_t error;
    outcome result;
    TRY(path_of(&path, directory));
    if (access(path, R_OK) != 0)
        TRY(cli_fail(BAD_INPUT, "%s has no %s: it is no folder of a suite", directory, file_name));
    TRY(cli_input_stream(path, &stream, &size));
    *root = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
    TRY(cli_json_require_memory());
    if (!*root)
        TRY(cli_fail(BAD_INPUT, "%s: line %d: %s", path, error.line, error.text));
    const char *name = json_string_value(json_object_get(*root, "suite"));
    if (!name || strcmp(name, suite_name) != 0)
        TRY(cli_fail(BAD_INPUT, "%s is not the manifest of the suite %s", path, suite_name));
done:
    if (stream)
        fclose(stream);
    free(path);
    return result;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* The number of the member of this name, or SUITE_MEMBERS. */
static size_t find(char (*names)[SUITE_NAME], const char *name)
{
    size_t i = 0;
    while (i < SUITE_MEMBERS && strcmp(names[i], name) != 0)
        i++;
    return i;
}

outcome suite_manifest_read(const char *directory, char (*hashes)[CLI_HASH_DIGITS + 1])
{
    char(*names)[SUITE_NAME] = NULL;
    json_t *root = NULL, *item;
    size_t i;
    outcome result;
    TRY(cli_allocate(&names, SUITE_MEMBERS, sizeof *names));
    for (i = 0; i < SUITE_MEMBERS; i++)
        suite_name_member(names[i], i);
    TRY(load(directory, &root));
    json_array_foreach(json_object_get(root, "landscapes"), i, item)
    {
        size_t number = find(names, text_at(item, "name"));
        if (number == SUITE_MEMBERS)
            TRY(cli_fail(BAD_INPUT, "%s/%s: landscape %zu has no name of %s", directory, file_name,
                         i, suite_name));
        snprintf(hashes[number], sizeof *hashes, "%s", text_at(item, "landscape_sha256"));
        if (strlen(hashes[number]) != CLI_HASH_DIGITS)
            TRY(cli_fail(BAD_INPUT, "%s/%s: %s has no landscape_sha256", directory, file_name,
                         names[number]));
    }
done:
    json_decref(root);
    free(names);
    return result;
}

/* ---- Writing ---- */

outcome suite_describe(json_t **root)
{
    json_t *families = json_array(), *sizes = json_array();
    for (size_t i = 0; i < SUITE_FAMILIES; i++) {
        const suite_family *f = &suite_families[i];
        json_array_append_new(families,
                              json_pack("{s:I, s:s, s:s, s:s, s:s}", "number", (json_int_t)(i + 1),
                                        "name", f->name, "what", f->what, "knob", f->knob,
                                        "reference", f->reference));
    }
    for (size_t i = 0; i < SUITE_SIZES; i++)
        json_array_append_new(sizes, json_integer((json_int_t)suite_sizes[i]));
    *root =
        json_pack("{s:s, s:s, s:o, s:I, s:o}", "suite", suite_name, "citation", suite_citation,
                  "sizes", sizes, "instances", (json_int_t)SUITE_INSTANCES, "families", families);
    return *root ? cli_json_require_memory() : cli_fail(ENVIRONMENT, "out of memory");
}

static json_t *landscape_json(const suite_member *m, const suite_stored *s)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s*, s:s}", "name", m->name,
                     "family", (json_int_t)m->family, "instance", (json_int_t)m->instance,
                     "weights", (json_int_t)m->n_weights, "samples", (json_int_t)m->n_samples,
                     "points", (json_int_t)m->n_points, "spec_sha256", s->spec, "weights_sha256",
                     s->weights, "inputs_sha256", *s->inputs ? s->inputs : NULL, "landscape_sha256",
                     s->landscape);
}

static outcome list_landscapes(const char *directory, json_t *list)
{
    suite_member m = {0};
    suite_stored stored;
    bool made;
    outcome result = DONE;
    for (size_t i = 0; i < SUITE_MEMBERS; i++) {
        suite_name_member(m.name, i);
        TRY(suite_is_made(&made, directory, &m));
        if (!made)
            continue;
        TRY(suite_compose(&m, i));
        TRY(suite_inspect(&stored, directory, &m));
        if (stored.whole)
            json_array_append_new(list, landscape_json(&m, &stored));
        suite_member_free(&m);
    }
done:
    suite_member_free(&m);
    return result;
}

static outcome store(const char *directory, const json_t *root)
{
    char *path = NULL;
    output_set set = {0};
    outcome result;
    TRY(cli_json_require_memory());
    TRY(path_of(&path, directory));
    TRY(cli_output_open(&set, path));
    bool written = !json_dumpf(root, set.current, JSON_INDENT(1));
    fputc('\n', set.current);
    TRY(cli_json_require_memory());
    TRY(cli_output_close(&set));
    if (!written)
        TRY(cli_fail(ENVIRONMENT, "out of memory"));
    TRY(cli_output_commit(&set));
done:
    cli_output_end(&set);
    free(path);
    return result;
}

outcome suite_manifest_write(const char *directory, size_t *n_whole, json_t **root)
{
    json_t *list = json_array();
    outcome result;
    *n_whole = 0;
    *root = NULL;
    TRY(suite_describe(root));
    TRY(list_landscapes(directory, list));
    json_object_set_new(*root, "made_by", json_sprintf("critpt %s", critpt_version()));
    json_object_set(*root, "landscapes", list);
    TRY(store(directory, *root));
    *n_whole = json_array_size(list);
done:
    json_decref(list);
    return result;
}

outcome suite_folder_begin(const char *directory)
{
    json_t *root = NULL;
    bool is_empty;
    outcome result;
    TRY(cli_look_into(directory, &is_empty));
    if (!is_empty) {
        TRY(load(directory, &root));
    } else {
        TRY(cli_make_folders(directory, NULL, NULL));
        TRY(suite_describe(&root));
        TRY(store(directory, root));
    }
    TRY(cli_remove_unfinished(directory, 1));
    TRY(cli_make_folders(directory, "specs", NULL));
done:
    json_decref(root);
    return result;
}
