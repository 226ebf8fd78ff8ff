/* Models in shared objects, for the program critpt: critpt_plugin(3).
 *
 * An object exports one table, critpt_plugin_table, with one or more models. A specification names
 * it, {"library": "./decay.so", "name": "decay"}; so do the options --library. The object needs no
 * library of critpt's to be linked with:
 *
 *     cc -shared -fPIC decay.c -o decay.so $(pkg-config --cflags critpt) -lm */
#ifndef CRITPT_PLUGIN_H
#define CRITPT_PLUGIN_H

#include <critpt.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the layout of these tables is; members may be added at the end of a critpt_plugin_model. */
enum { CRITPT_PLUGIN_ABI = 1 };

/* A model f(x; w). All that is pointed to stays as long as the object is loaded. */
typedef struct critpt_plugin_model {
    size_t struct_size; /* sizeof(critpt_plugin_model) */
    const char *name;
    const char *version; /* changes whenever outputs do */
    size_t n_inputs, n_outputs, n_weights;
    const critpt_model_callbacks *callbacks; /* as for critpt_model_create */
    void *user;                              /* passed to them */
    /* Each NULL, or 0, if there is nothing to say. */
    const char *const *weight_names; /* n_weights */
    const size_t *linear;            /* as of critpt_model_declare_linear */
    size_t n_linear;
    const size_t *constants;       /* n_outputs: critpt_model_declare_constants */
    const double *centre, *spread; /* n_weights each: critpt_model_declare_draws */
    /* For a model whose sizes depend on options: makes of *model, a copy of this table, what it is
     * for the options that the specification gives, a text of the model's own syntax, NULL where
     * there is none. Returns NULL, or a sentence about what is wrong with them. */
    const char *(*configure)(const char *options, struct critpt_plugin_model *model);
    /* Frees what configure allocated. */
    void (*release)(struct critpt_plugin_model *model);
} critpt_plugin_model;

typedef struct critpt_plugin {
    size_t struct_size; /* sizeof(critpt_plugin) */
    unsigned abi;       /* CRITPT_PLUGIN_ABI */
    size_t n_models;
    const critpt_plugin_model *const *models;
} critpt_plugin;

/* What an object defines. */
CRITPT_PUBLIC extern const critpt_plugin critpt_plugin_table;

#ifdef __cplusplus
}
#endif

#endif
