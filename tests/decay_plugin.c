/* Models for the tests of the program: decays a exp(-b x) + c in several states of completeness.
 * Macros make of it objects that are wrong, or another model than they say. */
#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <critpt_plugin.h>

#ifndef DECAY_VERSION
#define DECAY_VERSION "1.0"
#endif
#ifndef DECAY_SHIFT /* of all outputs */
#define DECAY_SHIFT 0
#endif
#ifndef DECAY_LIE /* of outputs in extended precision alone */
#define DECAY_LIE 0
#endif
#ifndef DECAY_SLOPE /* of the stated derivative by b */
#define DECAY_SLOPE 1
#endif
#ifndef DECAY_TABLE
#define DECAY_TABLE critpt_plugin_table
#endif
#ifndef DECAY_ABI
#define DECAY_ABI CRITPT_PLUGIN_ABI
#endif
#ifndef DECAY_SIZE
#define DECAY_SIZE sizeof(critpt_plugin)
#endif
#ifndef DECAY_MODEL_SIZE
#define DECAY_MODEL_SIZE sizeof(critpt_plugin_model)
#endif
#ifndef DECAY_INPUTS
#define DECAY_INPUTS 1
#endif

/* ---- a exp(-b x) + c ---- */

static int outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * x[i * DECAY_INPUTS]) + w[2] + DECAY_SHIFT;
    return 0;
}

static int outputs_complex(void *user, const double *w, size_t n, const double *x, double *f)
{
    double complex a, b, c;
    (void)user;
    memcpy(&a, w, sizeof a);
    memcpy(&b, w + 2, sizeof b);
    memcpy(&c, w + 4, sizeof c);
    for (size_t i = 0; i < n; i++) {
        double complex value = a * cexp(-b * x[i * DECAY_INPUTS]) + c + DECAY_SHIFT;
        memcpy(f + 2 * i, &value, sizeof value);
    }
    return 0;
}

static int outputs_extended(void *user, const long double *w, size_t n, const double *x,
                            long double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] =
            w[0] * expl(-w[1] * x[i * DECAY_INPUTS]) + w[2] + DECAY_SHIFT + DECAY_LIE * w[0] * w[1];
    return 0;
}

static int jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        double e = exp(-w[1] * x[i * DECAY_INPUTS]);
        J[3 * i] = e;
        J[3 * i + 1] = -w[0] * x[i * DECAY_INPUTS] * e * DECAY_SLOPE;
        J[3 * i + 2] = 1;
    }
    return 0;
}

static int second_directional(void *user, const double *w, size_t n, const double *x,
                              const double *v, const double *u, double *result)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        double t = x[i * DECAY_INPUTS], e = exp(-w[1] * t);
        result[i] = -t * e * (v[0] * u[1] + v[1] * u[0]) * DECAY_SLOPE +
                    w[0] * t * t * e * v[1] * u[1] * DECAY_SLOPE;
    }
    return 0;
}

static int fail(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user, (void)w, (void)n, (void)x, (void)f;
    return 1;
}

static const critpt_model_callbacks stepped = {.struct_size = sizeof stepped,
                                               .outputs = outputs,
                                               .outputs_complex = outputs_complex,
                                               .outputs_extended = outputs_extended};
static const critpt_model_callbacks analytic = {.struct_size = sizeof analytic,
                                                .outputs = outputs,
                                                .jacobian = jacobian,
                                                .second_directional = second_directional,
                                                .outputs_extended = outputs_extended};
static const critpt_model_callbacks plain = {.struct_size = sizeof plain, .outputs = outputs};
static const critpt_model_callbacks failing = {.struct_size = sizeof failing, .outputs = fail};

static const char *const names[] = {"amplitude", "rate", "background"};
static const size_t linear[] = {0, 2}, constants[] = {2};
static const double centre[] = {2, 1, 0.5}, spread[] = {0.5, 0.25, 0.25};

#define DECAY(text, table)                                                                         \
    {                                                                                              \
        .struct_size = DECAY_MODEL_SIZE, .name = text, .version = DECAY_VERSION,                   \
        .n_inputs = DECAY_INPUTS, .n_outputs = 1, .n_weights = 3, .callbacks = &(table),           \
        .weight_names = names, .linear = linear, .n_linear = 2, .constants = constants,            \
        .centre = centre, .spread = spread                                                         \
    }

/* Analytic derivatives to second order; complex steps and differences of these; differences. */
static const critpt_plugin_model decay = DECAY("decay", analytic), steps = DECAY("steps", stepped),
                                 bare = DECAY("plain", plain), broken = DECAY("failing", failing);

/* ---- Sums of as many decays as the options say, without background ---- */

typedef struct sum {
    size_t n_terms;
    double *draws; /* centre and spread, of 2 n_terms weights each */
} sum;

static int sum_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    const sum *s = user;
    for (size_t i = 0; i < n; i++) {
        f[i] = 0;
        for (size_t k = 0; k < s->n_terms; k++)
            f[i] += w[2 * k] * exp(-w[2 * k + 1] * x[i]);
    }
    return 0;
}

static const critpt_model_callbacks summed = {.struct_size = sizeof summed, .outputs = sum_outputs};

static const char *configure(const char *options, critpt_plugin_model *model)
{
    char *end = NULL;
    long n = options ? strtol(options, &end, 10) : 0;
    if (!options || *end || n < 1 || n > 9)
        return "one digit is needed, how many terms there are";
    sum *s = calloc(1, sizeof *s);
    double *draws = calloc((size_t)n, 4 * sizeof *draws);
    if (!s || !draws) {
        free(s);
        free(draws);
        return "out of memory";
    }
    *s = (sum){(size_t)n, draws};
    for (size_t k = 0; k < 2 * s->n_terms; k++) {
        draws[k] = (double)(k + 1);
        draws[2 * s->n_terms + k] = 0.25;
    }
    model->user = s;
    model->n_weights = 2 * s->n_terms;
    model->centre = draws;
    model->spread = draws + 2 * s->n_terms;
    return NULL;
}

static void release(critpt_plugin_model *model)
{
    sum *s = model->user;
    free(s->draws);
    free(s);
}

static const critpt_plugin_model sums = {.struct_size = sizeof sums,
                                         .name = "sums",
                                         .version = "3",
                                         .n_inputs = 1,
                                         .n_outputs = 1,
                                         .callbacks = &summed,
                                         .configure = configure,
                                         .release = release};

static const critpt_plugin_model *const models[] = {&decay, &steps, &bare, &broken, &sums};

CRITPT_PUBLIC extern const critpt_plugin DECAY_TABLE;
const critpt_plugin DECAY_TABLE = {DECAY_SIZE, DECAY_ABI, sizeof models / sizeof *models, models};
