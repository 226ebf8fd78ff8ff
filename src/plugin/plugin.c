/* Shared objects with models: found, loaded, checked, configured. */
#include "plugin/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/input.h"
#include "cli/trial.h"

/* ---- The file ---- */

/* The beginning of an ELF file: what tells for which machine it is. */
enum { HEAD = 20, CLASS = 4, DATA = 5, MACHINE = 18 };

static bool read_head(int descriptor, unsigned char head[HEAD])
{
    return pread(descriptor, head, HEAD, 0) == HEAD && !memcmp(head, "\177ELF", 4);
}

/* Where this system lets the program look at itself; else the loader will say something. */
static bool is_foreign(int descriptor)
{
    unsigned char head[HEAD], own[HEAD];
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool known = self >= 0 && read_head(self, own) && read_head(descriptor, head);
    if (self >= 0)
        close(self);
    return known && (head[CLASS] != own[CLASS] || head[DATA] != own[DATA] ||
                     memcmp(head + MACHINE, own + MACHINE, 2) != 0);
}

/* Of the open file from where it is read now to its end; false if reading fails. */
static bool hash_file(int descriptor, char digits[CLI_HASH_DIGITS + 1])
{
    unsigned char part[4096];
    cli_hash hash;
    ssize_t n;
    cli_hash_begin(&hash);
    while ((n = read(descriptor, part, sizeof part)) != 0) {
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            cli_hash_add(&hash, part, (size_t)n);
    }
    cli_hash_end(&hash, digits);
    return true;
}

static outcome read_object(plugin *p)
{
    int descriptor;
    uint64_t size;
    outcome result = cli_input_open(p->path, &descriptor, &size);
    if (result != DONE)
        return result;
    if (is_foreign(descriptor))
        result = cli_fail(
            BAD_INPUT, "%s is an object for another machine than this program's; compile it here",
            p->path);
    else if (!hash_file(descriptor, p->hash))
        result = cli_fail(ENVIRONMENT, "cannot read %s", p->path);
    close(descriptor);
    return result;
}

/* ---- Loading ---- */

static void load_and_exit(void *user)
{
    const plugin *p = user;
    (void)dlopen(p->path, RTLD_NOW | RTLD_LOCAL);
}

/* Truncated objects end those who map them. */
static outcome load(plugin *p)
{
    outcome result = cli_try(load_and_exit, p, p->path, "an object that cannot be loaded");
    if (result != DONE)
        return result;
    p->handle = dlopen(p->path, RTLD_NOW | RTLD_LOCAL);
    const char *why = p->handle ? NULL : dlerror();
    if (why && (strstr(why, strerror(ENOMEM)) || strstr(why, "memory")))
        return cli_fail(ENVIRONMENT, "%s: %s", p->path, why);
    if (why && !strncmp(why, p->path, strlen(p->path)))
        return cli_fail(BAD_INPUT, "%s", why);
    return p->handle ? DONE : cli_fail(BAD_INPUT, "%s: %s", p->path, why ? why : "not loaded");
}

static outcome find_table(const plugin *p, const critpt_plugin **table)
{
    const critpt_plugin *found = dlsym(p->handle, "critpt_plugin_table");
    if (!found)
        return cli_fail(BAD_INPUT,
                        "%s exports no critpt_plugin_table: it is no model of critpt's; see "
                        "critpt_plugin(3)",
                        p->path);
    if (found->struct_size != sizeof *found)
        return cli_fail(BAD_INPUT,
                        "%s: critpt_plugin_table has struct_size %zu; it is sizeof(critpt_plugin), "
                        "%zu",
                        p->path, found->struct_size, sizeof *found);
    if (found->abi != CRITPT_PLUGIN_ABI)
        return cli_fail(BAD_INPUT,
                        "%s was compiled for version %u of critpt_plugin.h's tables, and this is "
                        "critpt %s, which knows version %d; compile it again",
                        p->path, found->abi, critpt_version(), CRITPT_PLUGIN_ABI);
    *table = found;
    return DONE;
}

/* A larger table may ask for nothing that this version does not know. */
static outcome copy_model(plugin *p, const critpt_plugin_model *model, size_t number)
{
    const unsigned char *bytes = (const unsigned char *)model;
    size_t least = offsetof(critpt_plugin_model, release) + sizeof model->release;
    if (!model || model->struct_size < least)
        return cli_fail(BAD_INPUT,
                        "%s: model %zu has struct_size %zu; it is sizeof(critpt_plugin_model), %zu",
                        p->path, number, model ? model->struct_size : 0, sizeof *model);
    for (size_t i = sizeof *model; i < model->struct_size; i++)
        if (bytes[i] != 0)
            return cli_fail(BAD_INPUT,
                            "%s: model %zu has members that critpt %s does not know; use a later "
                            "critpt",
                            p->path, number, critpt_version());
    if (!model->name || !model->version || !*model->name || !*model->version)
        return cli_fail(BAD_INPUT, "%s: model %zu has no %s", p->path, number,
                        !model->name || !*model->name ? "name" : "version");
    memcpy(&p->table, model, sizeof p->table);
    p->table.struct_size = sizeof p->table;
    return DONE;
}

/* "decay, growth" */
static void list_names(const critpt_plugin *table, char *text, size_t size)
{
    *text = '\0';
    for (size_t i = 0, used = 0; i < table->n_models && used < size; i++, used = strlen(text)) {
        const char *name = table->models[i] ? table->models[i]->name : NULL;
        snprintf(text + used, size - used, "%s%.60s", i ? ", " : "", name ? name : "(none)");
    }
}

static outcome choose_model(plugin *p, const critpt_plugin *table, const char *name)
{
    char names[512];
    size_t found = table->n_models;
    if (table->n_models == 0 || !table->models)
        return cli_fail(BAD_INPUT, "%s: critpt_plugin_table has no models", p->path);
    for (size_t i = 0; name && i < table->n_models && found == table->n_models; i++)
        if (table->models[i] && table->models[i]->name && !strcmp(table->models[i]->name, name))
            found = i;
    if (!name && table->n_models == 1)
        found = 0;
    if (found < table->n_models)
        return copy_model(p, table->models[found], found);
    list_names(table, names, sizeof names);
    if (name)
        return cli_fail(BAD_INPUT, "%s has no model \"%.80s\"; it has %s", p->path, name, names);
    return cli_fail(BAD_INPUT, "%s has %zu models; name one of %s", p->path, table->n_models,
                    names);
}

/* ---- The model ---- */

static outcome configure(plugin *p)
{
    critpt_plugin_model *table = &p->table;
    const char *wrong = NULL;
    if (!table->configure && p->options)
        return cli_fail(BAD_INPUT, "%s: model %.80s takes no options, and \"%.80s\" are given",
                        p->path, table->name, p->options);
    if (table->configure)
        wrong = table->configure(p->options, table);
    if (wrong)
        return cli_fail(BAD_INPUT, "%s: options \"%.200s\" of model %.80s: %.400s", p->path,
                        p->options ? p->options : "", table->name, wrong);
    p->configured = true;
    return DONE;
}

static outcome declare(const plugin *p)
{
    const critpt_plugin_model *table = &p->table;
    outcome result = DONE;
    if (table->n_linear > 0)
        TRY(cli_from_library(critpt_model_declare_linear(p->model, table->linear, table->n_linear),
                             "%s: linear weights of model %.80s", p->path, table->name));
    if (table->constants)
        TRY(cli_from_library(
            critpt_model_declare_constants(p->model, table->constants, table->n_outputs),
            "%s: constants of model %.80s", p->path, table->name));
    if (table->centre || table->spread)
        TRY(cli_from_library(
            critpt_model_declare_draws(p->model, table->centre, table->spread, table->n_weights),
            "%s: draws of model %.80s", p->path, table->name));
done:
    return result;
}

outcome plugin_open(plugin *p, const plugin_request *request)
{
    const char *path = request->path;
    size_t room = strlen(path) + 3;
    const critpt_plugin *table = NULL;
    outcome result;
    TRY(cli_allocate(&p->path, room, 1));
    /* without a slash the loader would look elsewhere */
    snprintf(p->path, room, "%s%s", strchr(path, '/') ? "" : "./", path);
    if (request->options)
        TRY(cli_copy_text(&p->options, request->options, strlen(request->options)));
    TRY(read_object(p));
    TRY(load(p));
    TRY(find_table(p, &table));
    TRY(choose_model(p, table, request->name));
    TRY(configure(p));
    TRY(cli_from_library(critpt_model_create(&p->model, p->table.n_inputs, p->table.n_outputs,
                                             p->table.n_weights, p->table.callbacks, p->table.user),
                         "%s: model %.80s", p->path, p->table.name));
    TRY(declare(p));
done:
    return result;
}

void plugin_close(plugin *p)
{
    critpt_model_destroy(p->model);
    if (p->configured && p->table.release)
        p->table.release(&p->table);
    if (p->handle)
        dlclose(p->handle);
    free(p->path);
    free(p->options);
    *p = (plugin){0};
}

/* ---- Files ---- */

outcome plugin_describe(const plugin *p, critpt_file *file)
{
    const critpt_plugin_model *table = &p->table;
    const struct {
        critpt_file_text which;
        const char *text;
    } texts[] = {{CRITPT_FILE_TEXT_MODEL_NAME, table->name},
                 {CRITPT_FILE_TEXT_MODEL_VERSION, table->version},
                 {CRITPT_FILE_TEXT_MODEL_OPTIONS, p->options},
                 {CRITPT_FILE_TEXT_MODEL_HASH, p->hash}};
    outcome result;
    TRY(cli_from_library(critpt_file_set_model(file, CRITPT_FILE_MODEL_LIBRARY), "%s", ""));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(cli_from_library(critpt_file_set_text(file, texts[i].which, texts[i].text), "%s", ""));
    if (table->weight_names)
        TRY(cli_from_library(
            critpt_file_set_weight_names(file, table->weight_names, table->n_weights),
            "%s: names of weights", p->path));
done:
    return result;
}

static outcome require_version(const plugin *p, const critpt_file *file, const char *file_path)
{
    const char *version = critpt_file_text_value(file, CRITPT_FILE_TEXT_MODEL_VERSION);
    if (!version || !strcmp(version, p->table.version))
        return DONE;
    return cli_fail(BAD_INPUT,
                    "%s has version %.80s of model %.80s, and %s was made with version %.80s: give "
                    "the object of that version",
                    p->path, p->table.version, p->table.name, file_path, version);
}

outcome plugin_landscape(plugin *p, const char *path, const critpt_file *file,
                         const char *file_path, outcome other, critpt_landscape **landscape)
{
    const char *name = critpt_file_text_value(file, CRITPT_FILE_TEXT_MODEL_NAME);
    const plugin_request request = {path, name,
                                    critpt_file_text_value(file, CRITPT_FILE_TEXT_MODEL_OPTIONS)};
    bool own = critpt_file_model(file) == CRITPT_FILE_MODEL_NETWORK;
    critpt_status status;
    outcome result;
    if (own && path)
        return cli_fail(BAD_INPUT, "--library: %s holds its model, a network, and needs none",
                        file_path);
    if (own)
        return cli_from_library(critpt_file_landscape(file, landscape), "%s", file_path);
    if (!path)
        return cli_fail(BAD_INPUT,
                        "%s is of a model of kind %s%s%.80s, which is not in the file: give the "
                        "shared object that has it with --library MODEL.so",
                        file_path, critpt_file_model_kind_name(critpt_file_model(file)),
                        name ? ", " : "", name ? name : "");
    TRY(plugin_open(p, &request));
    TRY(require_version(p, file, file_path));
    status = critpt_file_landscape_with_model(file, p->model, landscape);
    result = cli_from_library(status, "%s and %s", file_path, p->path);
    if (status == CRITPT_INCONSISTENT)
        result = cli_fail(other, "%s", cli_failure());
done:
    return result;
}
