/* What the test programs share. */
#include "support.h"

#include <stdio.h>

void *test_allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

counted_memory memory_count = {.allowed = SIZE_MAX};

/* The size stands before the block. */
static void *counting_allocate(size_t bytes, void *user)
{
    (void)user;
    if (memory_count.allocations++ >= memory_count.allowed)
        return NULL;
    size_t *block = malloc(bytes + 16);
    if (!block)
        return NULL;
    *block = bytes;
    memory_count.live++;
    memory_count.bytes_live += bytes;
    memory_count.bytes_peak = memory_count.bytes_peak < memory_count.bytes_live
                                  ? memory_count.bytes_live
                                  : memory_count.bytes_peak;
    return (char *)block + 16;
}

static void counting_release(void *memory, void *user)
{
    (void)user;
    size_t *block = (size_t *)((char *)memory - 16);
    memory_count.bytes_live -= *block;
    memory_count.live--;
    free(block);
}

const critpt_allocator counting_allocator = {sizeof counting_allocator, counting_allocate,
                                             counting_release, NULL};

int test_main(const char *name, const test_function *tests, size_t n_tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 300);
    for (size_t i = 0; i < n_tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

size_t net_outputs(const net *shape)
{
    return shape->widths[shape->n_layers - 1];
}

critpt_model *net_model(const net *shape)
{
    critpt_model *model;
    ASSERT_OK(critpt_mlp_create(&model, shape->n_inputs));
    for (size_t l = 0; l < shape->n_layers; l++)
        ASSERT_OK(
            critpt_mlp_add_layer(model, shape->widths[l], shape->activations[l], shape->bias[l]));
    return model;
}

double *normal(size_t n, uint64_t seed)
{
    double *values = NEW(double, n);
    ASSERT_OK(critpt_random_normal(seed, 1000, 0, values, n));
    return values;
}

double *net_weights(const critpt_model *model, uint64_t seed, size_t point, double scale)
{
    size_t P = critpt_model_n_weights(model);
    double *weights = NEW(double, P);
    ASSERT_OK(critpt_model_draw_weights(model, seed, point, scale, weights, P));
    return weights;
}

double *net_inputs(const critpt_model *model, size_t n_samples, uint64_t seed)
{
    size_t n = n_samples * critpt_model_n_inputs(model);
    double *inputs = NEW(double, n);
    ASSERT_OK(critpt_random_normal(seed, CRITPT_STREAM_INPUTS, 0, inputs, n));
    return inputs;
}

scene scene_create(const net *shape, size_t n_samples, uint64_t seed)
{
    scene made = {.shape = *shape, .N = n_samples, .d = shape->n_inputs, .D = net_outputs(shape)};
    made.model = net_model(shape);
    made.P = critpt_model_n_weights(made.model);
    made.inputs = net_inputs(made.model, n_samples, seed);
    made.weights = net_weights(made.model, seed, 0, 1.5);
    made.targets = normal(n_samples * made.D, seed + 1);
    ASSERT_OK(critpt_landscape_create(&made.landscape, made.model, n_samples, made.inputs, made.d));
    ASSERT_OK(critpt_landscape_set_targets(made.landscape, made.targets, made.D));
    return made;
}

void scene_destroy(scene *made)
{
    critpt_landscape_destroy(made->landscape);
    critpt_model_destroy(made->model);
    free(made->inputs);
    free(made->weights);
    free(made->targets);
    free(made->penalty);
    free(made->metrics);
    free(made->centre);
}

void scene_penalize(scene *made, uint64_t seed, double size, bool some, bool centred)
{
    size_t P = made->P;
    double *draws = normal(2 * P, seed);
    made->penalty = NEW(double, P);
    for (size_t j = 0; j < P; j++)
        made->penalty[j] = some && draws[j] < 0 ? 0 : size * (some ? draws[j] : 1);
    if (centred) {
        made->centre = NEW(double, P);
        memcpy(made->centre, draws + P, P * sizeof(double));
    }
    ASSERT_OK(critpt_landscape_set_penalty(made->landscape, made->penalty, P, made->centre,
                                           centred ? P : 0));
    free(draws);
}

long double scene_penalty(const scene *made, const double *weights)
{
    long double sum = 0;
    for (size_t j = 0; made->penalty && j < made->P; j++) {
        long double away = weights[j] - (made->centre ? (long double)made->centre[j] : 0);
        sum += made->penalty[j] * away * away / 2;
    }
    return sum;
}

long double reference_activation(critpt_activation activation, long double z)
{
    switch (activation) {
    case CRITPT_IDENTITY:
        return z;
    case CRITPT_TANH:
        return tanhl(z);
    case CRITPT_SIGMOID:
        return 1 / (1 + expl(-z));
    case CRITPT_SOFTPLUS:
        return logl(1 + expl(z));
    case CRITPT_SILU:
        return z / (1 + expl(-z));
    case CRITPT_GELU:
        return z * erfcl(-z / sqrtl(2)) / 2;
    case CRITPT_SIN:
        return sinl(z);
    case CRITPT_GAUSSIAN:
        return expl(-z * z);
    case CRITPT_SQUARE:
        return z * z;
    case CRITPT_ELU:
        return z > 0 ? z : expm1l(z);
    case CRITPT_RELU:
        return z > 0 ? z : 0;
    case CRITPT_LEAKY_RELU:
        return z > 0 ? z : 0.01 * z; /* the double 0.01, as in PyTorch */
    }
    ck_abort_msg("no such activation");
    return 0;
}

void reference_outputs(const net *shape, const double *weights, const double *inputs,
                       long double *outputs)
{
    enum { WIDEST = 512 };
    long double before[WIDEST], after[WIDEST];
    size_t width = shape->n_inputs;
    for (size_t j = 0; j < width; j++)
        before[j] = inputs[j];
    for (size_t l = 0; l < shape->n_layers; l++) {
        const double *bias = weights + width * shape->widths[l];
        for (size_t p = 0; p < shape->widths[l]; p++) {
            long double z = shape->bias[l] ? bias[p] : 0;
            for (size_t j = 0; j < width; j++)
                z += (long double)weights[p * width + j] * before[j];
            after[p] = reference_activation(shape->activations[l], z);
        }
        weights = bias + (shape->bias[l] ? shape->widths[l] : 0);
        width = shape->widths[l];
        memcpy(before, after, sizeof before);
    }
    memcpy(outputs, before, width * sizeof *outputs);
}

static long double sum_losses(const net *shape, const double *weights, size_t n_samples,
                              const double *inputs, const double *targets, const double *s,
                              const double *metric, size_t stride)
{
    size_t D = net_outputs(shape);
    long double *r = NEW(long double, D), loss = 0;
    for (size_t i = 0; i < n_samples; i++) {
        long double square = 0;
        reference_outputs(shape, weights, inputs + i * shape->n_inputs, r);
        for (size_t o = 0; o < D; o++)
            r[o] -= targets[i * D + o];
        for (size_t o = 0; o < D; o++)
            for (size_t q = 0; q < D; q++)
                square += r[o] * r[q] * (metric ? metric[i * stride + o * D + q] : o == q);
        loss += (s ? s[i] : 1) * square;
    }
    free(r);
    return loss / (2 * (long double)n_samples);
}

long double reference_loss(const net *shape, const double *weights, size_t n_samples,
                           const double *inputs, const double *targets, const double *s,
                           const double *metric)
{
    return sum_losses(shape, weights, n_samples, inputs, targets, s, metric, 0);
}

long double scene_loss(const scene *made, const double *weights, const double *targets,
                       const double *s, const double *metric)
{
    size_t D = made->D;
    return sum_losses(&made->shape, weights, made->N, made->inputs, targets, s,
                      made->metrics ? made->metrics : metric, made->metrics ? D * D : 0) +
           scene_penalty(made, weights);
}

void scene_metrize(scene *made, uint64_t seed)
{
    size_t D = made->D;
    double *a = normal(made->N * D * D, seed);
    made->metrics = NEW(double, made->N *D *D);
    for (size_t i = 0; i < made->N * D * D; i++) {
        size_t row = i / D % D, column = i % D;
        const double *own = a + i / (D * D) * D * D;
        made->metrics[i] = row == column ? 0.3 : 0;
        for (size_t q = 0; q < D; q++)
            made->metrics[i] += own[row * D + q] * own[column * D + q];
    }
    ASSERT_OK(critpt_landscape_set_sample_metrics(made->landscape, made->metrics, made->N));
    free(a);
}
