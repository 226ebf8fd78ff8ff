/* Radioactive decay with a background as a model for the program critpt:
 *
 *     cc -shared -fPIC decay.c -o decay.so $(pkg-config --cflags critpt) -lm
 *     critpt plant decay.json -o decay.h5 && critpt verify decay.h5 --library ./decay.so
 *
 * f(t; a, b, c) = a exp(-b t) + c. With its complex outputs first derivatives are exact to
 * rounding, and with the extended ones everything in a file is rechecked by differences of these.
 */
#include <complex.h>
#include <math.h>
#include <string.h>

#include <critpt_plugin.h>

static int outputs(void *user, const double *w, size_t n, const double *t, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * t[i]) + w[2];
    return 0;
}

static int outputs_complex(void *user, const double *w, size_t n, const double *t, double *f)
{
    double complex z[3];
    (void)user;
    memcpy(z, w, sizeof z);
    for (size_t i = 0; i < n; i++) {
        double complex value = z[0] * cexp(-z[1] * t[i]) + z[2];
        memcpy(f + 2 * i, &value, sizeof value);
    }
    return 0;
}

static int outputs_extended(void *user, const long double *w, size_t n, const double *t,
                            long double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * expl(-w[1] * t[i]) + w[2];
    return 0;
}

static const critpt_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                                 .outputs = outputs,
                                                 .outputs_complex = outputs_complex,
                                                 .outputs_extended = outputs_extended};

/* The outputs are linear in a and c, and c is a constant. Weights are drawn around 100, 0.7, 5. */
static const size_t linear[] = {0, 2}, constants[] = {2};
static const double centre[] = {100, 0.7, 5}, spread[] = {20, 0.2, 2};
static const char *const names[] = {"amplitude", "rate", "background"};

static const critpt_plugin_model decay = {.struct_size = sizeof decay,
                                          .name = "decay",
                                          .version = "1.0",
                                          .n_inputs = 1,
                                          .n_outputs = 1,
                                          .n_weights = 3,
                                          .callbacks = &callbacks,
                                          .weight_names = names,
                                          .linear = linear,
                                          .n_linear = 2,
                                          .constants = constants,
                                          .centre = centre,
                                          .spread = spread};

static const critpt_plugin_model *const models[] = {&decay};

const critpt_plugin critpt_plugin_table = {sizeof(critpt_plugin), CRITPT_PLUGIN_ABI, 1, models};
