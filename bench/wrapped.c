/* The library's network wrapped in callbacks, against itself; what a check of callbacks takes; and
 * a model that is its outputs alone. One line per figure: name value unit.
 *
 * The wrapper is what a user with fast derivatives writes: samples in the network's layout, and the
 * last batch remembered, so that the operators of one batch share its evaluation. Times are the
 * processor's. */
#include <math.h>
#include <string.h>

#include "model/model.h"
#include "support.h"

/* A d-h-D tanh network with biases. */
typedef struct task {
    size_t d, h, D, N, few; /* samples, and those of natures, 0 where these cannot be had */
    int rounds;
} task;

static double used(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- The wrapper ---- */

enum { BATCH = 1000 };

typedef struct wrapper {
    critpt_model *network;
    cpt_batch batch;         /* the last one, in the network's layout */
    cpt_order order, wanted; /* it was evaluated to, and was then asked for */
    double *weights, *rows;  /* its weights and inputs as they came */
    double *inputs, *field;  /* d x n; D x n */
    double *matrix;          /* P x P */
    double *scratch;
    cpt_assembly *curvature, *hessian, *gauss_newton;
} wrapper;

static void transpose(size_t rows, size_t columns, const double *from, double *to)
{
    cpt_linalg_transpose(rows, columns, from, columns, to, rows);
}

/* The batch, evaluated unless it is the last one: to as many orders as the one before was asked
 * for. */
static const cpt_batch *evaluate(wrapper *w, const double *weights, size_t n, const double *inputs,
                                 cpt_order order)
{
    size_t d = w->network->n_inputs, P = w->network->n_weights;
    bool same = w->batch.n == n && !memcmp(w->weights, weights, P * sizeof *weights) &&
                !memcmp(w->rows, inputs, n * d * sizeof *inputs);
    if (!same) {
        memcpy(w->weights, weights, P * sizeof *weights);
        memcpy(w->rows, inputs, n * d * sizeof *inputs);
        transpose(n, d, inputs, w->inputs);
        w->batch.n = n;
    }
    cpt_order before = same ? w->wanted : order;
    if (!same || order > w->order) {
        w->order = order > w->wanted ? order : w->wanted;
        check(w->network->operations->forward(w->network, &w->batch, w->order));
    }
    w->wanted = order > before ? order : before;
    return &w->batch;
}

static int outputs(void *user, const double *weights, size_t n, const double *inputs, double *to)
{
    wrapper *w = user;
    const cpt_batch *batch = evaluate(w, weights, n, inputs, CPT_VALUES);
    transpose(w->network->n_outputs, n, batch->outputs, to);
    return 0;
}

static int jacobian(void *user, const double *weights, size_t n, const double *inputs, double *to)
{
    wrapper *w = user;
    size_t D = w->network->n_outputs, P = w->network->n_weights;
    const cpt_jacobian_layout layout = {D * P, P, 1, NULL};
    evaluate(w, weights, n, inputs, CPT_DERIVATIVES);
    check(w->network->operations->jacobian(w->network, &w->batch, NULL, NULL, to, &layout));
    return 0;
}

static int jacobian_vector(void *user, const double *weights, size_t n, const double *inputs,
                           const double *direction, double *result)
{
    wrapper *w = user;
    evaluate(w, weights, n, inputs, CPT_DERIVATIVES);
    check(w->network->operations->pushforward(w->network, &w->batch, direction, w->field));
    transpose(w->network->n_outputs, n, w->field, result);
    return 0;
}

static int transposed(void *user, const double *weights, size_t n, const double *inputs,
                      const double *cotangent, double *gradient)
{
    wrapper *w = user;
    evaluate(w, weights, n, inputs, CPT_DERIVATIVES);
    transpose(n, w->network->n_outputs, cotangent, w->field);
    check(w->network->operations->pullback(w->network, &w->batch, w->field, gradient));
    return 0;
}

/* matrix += sum of s_i J_i' M J_i + S(u), by whichever assembly is for that. */
static int add_matrix(wrapper *w, cpt_assembly *assembly, const cpt_batch *batch,
                      const cpt_curvature *form, double *matrix)
{
    const cpt_model_second_order *second = w->network->operations->second;
    size_t P = w->network->n_weights;
    check(second->assembly_start(assembly, 0));
    check(second->assembly_add(assembly, batch, form));
    check(second->assembly_store(assembly, 1, w->matrix, P));
    for (size_t i = 0; i < P * P; i++)
        matrix[i] += w->matrix[i];
    return 0;
}

static int curvature(void *user, const double *weights, size_t n, const double *inputs,
                     const double *cotangent, double *matrix)
{
    wrapper *w = user;
    const cpt_curvature form = {.cotangent = w->field};
    const cpt_batch *batch = evaluate(w, weights, n, inputs, CPT_SECOND_DERIVATIVES);
    transpose(n, w->network->n_outputs, cotangent, w->field);
    return add_matrix(w, w->curvature, batch, &form, matrix);
}

static int hessian(void *user, const double *weights, size_t n, const double *inputs,
                   const double *sample_weights, const double *metric, const double *cotangent,
                   double *matrix)
{
    wrapper *w = user;
    const cpt_curvature form = {.cotangent = cotangent ? w->field : NULL,
                                .gauss_newton = true,
                                .sample_weights = sample_weights,
                                .metric = metric};
    const cpt_batch *batch = evaluate(w, weights, n, inputs, CPT_SECOND_DERIVATIVES);
    if (cotangent)
        transpose(n, w->network->n_outputs, cotangent, w->field);
    return add_matrix(w, cotangent ? w->hessian : w->gauss_newton, batch, &form, matrix);
}

static int hessian_vectors(void *user, const double *weights, size_t n, const double *inputs,
                           const double *sample_weights, const double *metric,
                           const double *cotangent, size_t count, const double *directions,
                           double *results)
{
    wrapper *w = user;
    size_t P = w->network->n_weights;
    const cpt_curvature form = {.cotangent = cotangent ? w->field : NULL,
                                .gauss_newton = true,
                                .sample_weights = sample_weights,
                                .metric = metric};
    const cpt_batch *batch = evaluate(w, weights, n, inputs, CPT_SECOND_DERIVATIVES);
    if (cotangent)
        transpose(n, w->network->n_outputs, cotangent, w->field);
    check(w->network->operations->second->curvature_vectors(w->network, batch, &form, count,
                                                            directions, P, w->scratch, results, P));
    return 0;
}

static int adjoint(void *user, const double *weights, size_t n, const double *inputs,
                   const double *q, double *result)
{
    wrapper *w = user;
    const cpt_model_second_order *second = w->network->operations->second;
    size_t D = w->network->n_outputs;
    const cpt_batch *batch = evaluate(w, weights, n, inputs, CPT_SECOND_DERIVATIVES);
    memset(w->field, 0, n * D * sizeof *w->field);
    check(second->adjoint_start(w->curvature, 0, q, w->network->n_weights));
    check(second->adjoint_add(w->curvature, batch, w->field));
    transpose(D, n, w->field, result);
    return 0;
}

static int curvature_vector(void *user, const double *weights, size_t n, const double *inputs,
                            const double *cotangent, const double *direction, double *result)
{
    wrapper *w = user;
    size_t P = w->network->n_weights;
    const cpt_curvature form = {.cotangent = w->field};
    const cpt_batch *batch = evaluate(w, weights, n, inputs, CPT_SECOND_DERIVATIVES);
    transpose(n, w->network->n_outputs, cotangent, w->field);
    check(w->network->operations->second->curvature_vectors(w->network, batch, &form, 1, direction,
                                                            P, w->scratch, result, P));
    return 0;
}

static int second_directional(void *user, const double *weights, size_t n, const double *inputs,
                              const double *v, const double *u, double *result)
{
    wrapper *w = user;
    const cpt_model_second_order *second = w->network->operations->second;
    const cpt_batch *batch = evaluate(w, weights, n, inputs, CPT_SECOND_DERIVATIVES);
    size_t size;
    check(second->tangents_size(w->network, n, &size));
    double *tangents = get(2 * size + 1);
    const cpt_direction directions[2] = {{v, tangents}, {u, tangents + size}};
    check(second->push_tangents(w->network, batch, v, tangents));
    check(second->push_tangents(w->network, batch, u, tangents + size));
    check(second->second_directional(w->network, batch, &directions[0], &directions[1], w->scratch,
                                     w->field));
    transpose(w->network->n_outputs, n, w->field, result);
    free(tangents);
    return 0;
}

static const critpt_model_callbacks wrapping = {
    .struct_size = sizeof wrapping,
    .outputs = outputs,
    .jacobian = jacobian,
    .jacobian_vector = jacobian_vector,
    .jacobian_transposed_vector = transposed,
    .curvature = curvature,
    .curvature_vector = curvature_vector,
    .second_directional = second_directional,
    .batch_limit = BATCH,
    .hessian = hessian,
    .hessian_vectors = hessian_vectors,
    .curvature_adjoint = adjoint,
};

static cpt_assembly *make_assembly(const critpt_model *network, bool curvature, bool gauss_newton)
{
    enum { BYTES = 192 << 20 };
    static const double some = 0;
    const cpt_curvature form = {.cotangent = curvature ? &some : NULL,
                                .gauss_newton = gauss_newton};
    cpt_assembly *assembly;
    check(network->operations->second->assembly_create(&assembly, network, &form, BATCH, BYTES));
    return assembly;
}

static void wrap(critpt_model *network, wrapper *w, critpt_model **model)
{
    size_t d = network->n_inputs, D = network->n_outputs, P = network->n_weights, size;
    memset(w, 0, sizeof *w);
    w->network = network;
    w->weights = get(P);
    w->rows = get(BATCH * d);
    w->inputs = get(BATCH * d);
    w->field = get(BATCH * D);
    w->matrix = get(P * P);
    check(network->operations->tape_size(network, BATCH, &size));
    w->batch = (cpt_batch){
        .weights = w->weights, .inputs = w->inputs, .outputs = get(BATCH * D), .tape = get(size)};
    check(network->operations->second->scratch_size(network, BATCH, &size));
    w->scratch = get(size);
    w->curvature = make_assembly(network, true, false);
    w->hessian = make_assembly(network, true, true);
    w->gauss_newton = make_assembly(network, false, true);
    check(critpt_model_create(model, d, D, P, &wrapping, w));
}

static void unwrap(wrapper *w)
{
    w->network->operations->second->assembly_destroy(w->curvature);
    w->network->operations->second->assembly_destroy(w->hessian);
    w->network->operations->second->assembly_destroy(w->gauss_newton);
    free(w->weights), free(w->rows), free(w->inputs), free(w->field);
    free(w->matrix), free(w->scratch), free(w->batch.outputs), free(w->batch.tape);
}

/* ---- Both sides ---- */

typedef struct side {
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    double *weights, *result; /* 2 x P; P x P */
} side;

static critpt_model *make_network(const task *t)
{
    critpt_model *network;
    check(critpt_mlp_create(&network, t->d));
    check(critpt_mlp_add_layer(network, t->h, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(network, t->D, CRITPT_IDENTITY, CRITPT_BIAS));
    return network;
}

static void prepare(const task *t, size_t N, critpt_model *model, const critpt_model *network,
                    side *s)
{
    size_t P = critpt_model_n_weights(network);
    double *inputs = get(N * t->d), *targets = get(N * t->D);
    s->model = model;
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, N * t->d));
    check(critpt_random_normal(1, 99, 0, targets, N * t->D));
    check(critpt_landscape_create(&s->landscape, model, N, inputs, t->d));
    check(critpt_landscape_set_targets(s->landscape, targets, t->D));
    check(critpt_workspace_create(&s->workspace, s->landscape));
    s->weights = get(2 * P);
    s->result = get(P * P);
    for (size_t k = 0; k < 2; k++)
        check(critpt_mlp_draw_weights(network, 1, k, 1, s->weights + k * P, P));
    free(inputs);
    free(targets);
}

static void dismiss(side *s)
{
    critpt_workspace_destroy(s->workspace);
    critpt_landscape_destroy(s->landscape);
    critpt_model_destroy(s->model);
    free(s->weights);
    free(s->result);
}

static double time_gradient(side *s)
{
    size_t P = critpt_model_n_weights(s->model);
    double start = used();
    check(critpt_landscape_gradient(s->landscape, s->workspace, s->weights, P, s->result, P, NULL));
    return used() - start;
}

static double time_hessian(side *s)
{
    size_t P = critpt_model_n_weights(s->model);
    double start = used();
    check(critpt_landscape_hessian(s->landscape, s->workspace, s->weights, P, s->result, P));
    return used() - start;
}

/* A block of products, as spectra and natures without whole matrices take them. */
static double time_products(side *s)
{
    enum { COUNT = 16 };
    size_t P = critpt_model_n_weights(s->model);
    double *directions = get(COUNT * P), *products = get(COUNT * P);
    check(critpt_random_normal(2, 0, 0, directions, COUNT * P));
    double start = used();
    check(critpt_landscape_hessian_vectors(s->landscape, s->workspace, s->weights, P, COUNT,
                                           directions, P, products, P));
    double taken = used() - start;
    free(directions), free(products);
    return taken;
}

static double time_solve(side *s, int natures)
{
    size_t P = critpt_model_n_weights(s->model);
    critpt_plan *plan;
    critpt_plan_options *options;
    check(critpt_plan_create(&plan, s->landscape));
    check(critpt_plan_options_create(&options));
    check(critpt_plan_options_set_model_check(options, 0)); /* a figure of its own */
    for (size_t k = 0; k < 2; k++) {
        check(critpt_plan_add_point(plan, s->weights + k * P, P, NULL));
        check(critpt_plan_let_point_move(plan, k));
        if (natures)
            check(critpt_plan_require_index(plan, k, k, 1e-6, NULL));
    }
    double start = used();
    check(critpt_plan_solve(plan, options));
    double taken = used() - start;
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    return taken;
}

static double time_planting(side *s)
{
    return time_solve(s, 0);
}

static double time_natures(side *s)
{
    return time_solve(s, 1);
}

/* The check of four samples, as a solve has it at each point, in Hessians of a thousand. */
static double time_check(side *s)
{
    enum { CHECKED = 4 };
    size_t P = critpt_model_n_weights(s->model), d = critpt_model_n_inputs(s->model);
    double *inputs = get(CHECKED * d);
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, CHECKED * d));
    double start = used();
    check(critpt_model_check(s->model, s->weights, P, CHECKED, inputs, d));
    double taken = used() - start;
    free(inputs);
    return taken;
}

static void compare(const task *t, const char *what, double (*measure)(side *), side *of, side *to,
                    int rounds)
{
    enum { MOST = 31 };
    double first[MOST], second[MOST], ratio[MOST];
    rounds = rounds < MOST ? rounds : MOST;
    measure(of);
    measure(to);
    for (int i = 0; i < rounds; i++) {
        first[i] = measure(of);
        second[i] = measure(to);
        ratio[i] = first[i] / second[i];
    }
    printf("wrapped_%s_%zu_%zu_%zu %.4g ms\n", what, t->d, t->h, t->D, 1e3 * median(first, rounds));
    printf("wrapped_%s_%zu_%zu_%zu_per_own %.3g times\n", what, t->d, t->h, t->D,
           median(ratio, rounds));
    fflush(stdout);
}

/* The network, wrapped, with what is known of it. */
static void wrap_declared(const task *t, critpt_model *network, wrapper *w, critpt_model **model)
{
    enum { MOST_OUTPUTS = 16 };
    size_t constants[MOST_OUTPUTS], n_linear = (t->h + 1) * t->D, *linear = get(n_linear);
    for (size_t o = 0; o < t->D; o++)
        constants[o] = network->n_weights - t->D + o;
    for (size_t j = 0; j < n_linear; j++)
        linear[j] = network->n_weights - n_linear + j;
    wrap(network, w, model);
    check(critpt_model_declare_constants(*model, constants, t->D));
    check(critpt_model_declare_linear(*model, linear, n_linear));
    free(linear);
}

/* The first n numbers that were computed last agree to rounding. */
static void require_same(const side *a, const side *b, size_t n)
{
    double most = 0, off = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs(b->result[i]));
        off = fmax(off, fabs(a->result[i] - b->result[i]));
    }
    if (off <= 1e-13 * most)
        return;
    fprintf(stderr, "the wrapped network is off by %g of %g\n", off, most);
    exit(1);
}

/* A network and its wrapper on the same samples. */
typedef struct pair {
    side own, wrapped;
    wrapper wrapper;
} pair;

static void begin_pair(const task *t, size_t N, pair *p)
{
    critpt_model *network = make_network(t), *model;
    wrap_declared(t, network, &p->wrapper, &model);
    prepare(t, N, network, network, &p->own);
    prepare(t, N, model, network, &p->wrapped);
}

static void end_pair(pair *p)
{
    dismiss(&p->wrapped);
    unwrap(&p->wrapper); /* which needs the network */
    dismiss(&p->own);
}

static void compare_all(const task *t)
{
    pair p;
    begin_pair(t, t->N, &p);
    size_t P = critpt_model_n_weights(p.own.model);
    compare(t, "gradient", time_gradient, &p.wrapped, &p.own, t->rounds);
    require_same(&p.wrapped, &p.own, P);
    compare(t, "hessian", time_hessian, &p.wrapped, &p.own, t->rounds);
    require_same(&p.wrapped, &p.own, P * P);
    compare(t, "products", time_products, &p.wrapped, &p.own, t->rounds);
    compare(t, "planting", time_planting, &p.wrapped, &p.own, t->rounds / 3);
    end_pair(&p);
}

static void compare_natures(const task *t)
{
    pair p;
    begin_pair(t, t->few, &p);
    compare(t, "natures", time_natures, &p.wrapped, &p.own, 1);
    end_pair(&p);
}

static void measure_check(const task *t)
{
    enum { ROUNDS = 5, SAMPLES = 1000 };
    side wrapped;
    wrapper w;
    critpt_model *network = make_network(t), *model;
    double checks[ROUNDS], hessians[ROUNDS];
    wrap_declared(t, network, &w, &model);
    prepare(t, SAMPLES, model, network, &wrapped);
    for (int i = 0; i < ROUNDS; i++) {
        checks[i] = time_check(&wrapped);
        hessians[i] = time_hessian(&wrapped);
    }
    printf("check_%zu_%zu_%zu %.3g hessians\n", t->d, t->h, t->D,
           median(checks, ROUNDS) / median(hessians, ROUNDS));
    fflush(stdout);
    dismiss(&wrapped);
    unwrap(&w);
    critpt_model_destroy(network);
}

static void run(const task *t)
{
    measure_check(t);
    compare_all(t);
    if (t->few > 0)
        compare_natures(t);
}

/* ---- A model of outputs alone ---- */

enum { PEAKS = 3, WEIGHTS = 3 * PEAKS + 1 };

/* Gaussian peaks and a constant. */
static int peaks(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        f[i] = w[3 * PEAKS];
        for (size_t k = 0; k < PEAKS; k++) {
            double z = (x[i] - w[3 * k + 1]) / w[3 * k + 2];
            f[i] += w[3 * k] * exp(-z * z);
        }
    }
    return 0;
}

static void run_outputs_alone(size_t n_samples)
{
    static const critpt_model_callbacks alone = {.struct_size = sizeof alone, .outputs = peaks};
    static const double weights[WEIGHTS] = {1, -1, 0.5, 0.8, 0.2, 0.4, 1.2, 1.3, 0.6, 0.1};
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    double *inputs = get(n_samples);
    for (size_t i = 0; i < n_samples; i++)
        inputs[i] = -3 + 6 * (double)i / (double)n_samples;
    check(critpt_model_create(&model, 1, 1, WEIGHTS, &alone, NULL));
    check(critpt_landscape_create(&landscape, model, n_samples, inputs, 1));
    check(critpt_plan_create(&plan, landscape));
    check(critpt_plan_add_point(plan, weights, WEIGHTS, NULL));
    check(critpt_plan_require_index(plan, 0, 1, 1e-6, NULL));
    double start = used();
    check(critpt_plan_solve(plan, NULL));
    printf("outputs_alone_nature_%zu %.3g s\n", n_samples, used() - start);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    free(inputs);
}

int main(int argc, char **argv)
{
    static const task small = {3, 4, 2, 200, 200, 3};
    static const task tasks[] = {
        {4, 6, 1, 2000, 1000, 15}, {6, 8, 2, 2000, 500, 15}, {20, 30, 1, 2000, 0, 15}};
    if (is_smoke(argc, argv)) {
        run(&small);
        run_outputs_alone(200);
        return 0;
    }
    run_outputs_alone(1000);
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        run(&tasks[i]);
    return 0;
}
