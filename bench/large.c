/* Planting and extreme spectra at sizes where a dense triangle is large, or has no room: two points
 * of a tanh network with biases on normal inputs. Processor seconds, as some take minutes; the
 * rate of a large dgemm is taken before each. One line per figure: name value unit. A task's name
 * as argument measures that one alone. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "support.h"

enum { K = 2 };

typedef struct task {
    const char *name;
    size_t d, h[2], D, N; /* the second hidden layer has no units where there is none */
    double limit;         /* bytes; 0: none */
    double scale;         /* of the weights drawn */
    int spectrum;         /* of the first point, five eigenvalues at each end */
} task;

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds that so many flops take at the rate of a large dgemm. */
static double dgemm_seconds(double flops)
{
    enum { ORDER = 2000 };
    double *a = get(3 * (size_t)ORDER * ORDER), start;
    for (size_t i = 0; i < 3 * (size_t)ORDER * ORDER; i++)
        a[i] = (double)(i % 11) - 5;
    start = processor_seconds();
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, ORDER, ORDER, ORDER, 1, a, ORDER,
                a + ORDER * ORDER, ORDER, 0, a + 2 * ORDER * ORDER, ORDER);
    start = processor_seconds() - start;
    free(a);
    return flops / (2.0 * ORDER * ORDER * ORDER) * start;
}

static critpt_landscape *prepare(const task *t, critpt_model **model, critpt_plan **plan)
{
    critpt_landscape *landscape;
    double *inputs = get(t->N * t->d), *weights;
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, t->N * t->d));
    check(critpt_mlp_create(model, t->d));
    for (size_t l = 0; l < 2 && t->h[l]; l++)
        check(critpt_mlp_add_layer(*model, t->h[l], CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(*model, t->D, CRITPT_IDENTITY, CRITPT_BIAS));
    weights = get(critpt_model_n_weights(*model));
    check(critpt_landscape_create(&landscape, *model, t->N, inputs, t->d));
    check(critpt_plan_create(plan, landscape));
    for (size_t k = 0; k < K; k++) {
        check(critpt_mlp_draw_weights(*model, 1, k, t->scale, weights, critpt_model_n_weights(*model)));
        check(critpt_plan_add_point(*plan, weights, critpt_model_n_weights(*model), NULL));
        check(critpt_plan_let_point_move(*plan, k));
    }
    free(inputs);
    free(weights);
    return landscape;
}

/* Five eigenvalues at each end, and the largest of their bounds beside the spectrum's width. */
static void measure_spectrum(const task *t, const critpt_landscape *landscape,
                             const double *weights, size_t P)
{
    critpt_spectrum_options *options;
    critpt_spectrum *spectrum;
    double first, value, error, worst = 0;
    check(critpt_spectrum_options_create(&options));
    check(critpt_spectrum_options_set_n_extreme(options, 5));
    check(critpt_spectrum_options_set_tolerance(options, 1e-3));
    double start = processor_seconds();
    check(critpt_spectrum_create(&spectrum, landscape, weights, P, options));
    printf("large_spectrum_%s %.4g s\n", t->name, processor_seconds() - start);
    check(critpt_spectrum_eigenvalue(spectrum, 0, &first, NULL));
    for (size_t i = 0; i < critpt_spectrum_n_eigenvalues(spectrum); i++) {
        check(critpt_spectrum_eigenvalue(spectrum, i, &value, &error));
        worst = fmax(worst, error);
    }
    printf("large_spectrum_error_%s %.3g of the width\n", t->name, worst / (value - first));
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
}

static void measure(const task *t)
{
    critpt_model *model;
    critpt_plan *plan;
    critpt_plan_options *options;
    critpt_landscape *landscape = prepare(t, &model, &plan);
    size_t P = critpt_model_n_weights(model), before = memory.held;
    double M = (double)(K * P), worst = 0, *weights = get(P);
    double products = dgemm_seconds((double)t->N * M * M);
    check(critpt_plan_options_create(&options));
    check(critpt_plan_options_set_memory_limit(options, (size_t)t->limit));
    memory.peak = memory.held;
    double start = processor_seconds();
    check(critpt_plan_solve(plan, options));
    double taken = processor_seconds() - start;
    for (size_t k = 0; k < K; k++) {
        double scaled;
        check(critpt_plan_point_value(plan, k, CRITPT_POINT_GRADIENT_SCALED, &scaled));
        worst = fmax(worst, scaled);
    }
    printf("# %s: M %.0f, n %zu, D %zu, K %d\n", t->name, M, t->N * t->D, t->D, K);
    printf("large_planting_%s %.4g s\n", t->name, taken);
    printf("large_planting_per_dgemm_of_N_M2_%s %.3g ratio\n", t->name, taken / products);
    printf("large_peak_%s %.4g GB\n", t->name, (double)(memory.peak - before) / 1e9);
    printf("scaled_gradient_%s %.3g units\n", t->name, worst);
    check(critpt_plan_point_weights(plan, 0, weights, P));
    if (t->spectrum)
        measure_spectrum(t, landscape, weights, P);
    free(weights);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}

int main(int argc, char **argv)
{
    static const task tasks[] = {
        {"2480", 30, {20, 20}, 10, 1500, 0, 1, 0},
        {"4960", 54, {30, 20}, 10, 1797, 0, 1, 0},
        {"4960_without_triangle", 54, {30, 20}, 10, 1797, 60e6, 1, 0},
        {"20000", 100, {90, 0}, 10, 4000, 2.5e9, 1, 0},
        {"186620", 300, {300, 0}, 10, 37324, 2e9, 2, 1},
    };
    static const task small[] = {{"small", 6, {5, 4}, 2, 200, 0, 1, 1},
                                 {"small_without_triangle", 6, {5, 4}, 2, 200, 900e3, 1, 0}};
    count_memory();
    setvbuf(stdout, NULL, _IOLBF, 0); /* minutes lie between lines */
    printf("# %s\n", critpt_linalg_name());
    if (is_smoke(argc, argv)) {
        for (size_t i = 0; i < sizeof small / sizeof *small; i++)
            measure(&small[i]);
        return 0;
    }
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (argc < 2 || !strcmp(argv[1], tasks[i].name))
            measure(&tasks[i]);
    return 0;
}
