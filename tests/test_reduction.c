/* Samples spread over processes: what a landscape computes over one to four of them, some without
 * samples, is what one that holds all samples computes; and what goes wrong in one of them or
 * between them is told by all. */
#include "processes.h"

#include <critpt_file.h>

#include <stdio.h>

enum { N = 257 };

/* How the samples are spread. */
static const struct {
    size_t p, counts[MOST_PROCESSES];
} splits[] = {{1, {N}}, {2, {100, 157}}, {2, {0, N}}, {3, {57, 0, 200}}, {4, {1, 80, 0, 176}}};
enum { N_SPLITS = sizeof splits / sizeof *splits };

static const net tanh_net = {4, 2, {6, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
static const net curved_net = {4, 2, {6, 2}, {CRITPT_TANH, CRITPT_SOFTPLUS}, {1, 1}};
static const net relu_net = {4, 2, {6, 2}, {CRITPT_RELU, CRITPT_IDENTITY}, {1, 1}};
static const double metric[] = {2, 0.5, 0.5, 1};

static double *sample_weights(void)
{
    double *s = NEW(double, N);
    ASSERT_OK(critpt_random_uniform(3, 5, 0, s, N));
    for (size_t i = 0; i < N; i++)
        s[i] += 0.25;
    return s;
}

/* All processes end with this status and these words. */
static void assert_all(const process *processes, size_t p, critpt_status status, const char *words)
{
    for (size_t r = 0; r < p; r++) {
        ck_assert_msg(processes[r].status == status, "process %zu of %zu: %s (%s), not %s", r, p,
                      critpt_status_name(processes[r].status), processes[r].message,
                      critpt_status_name(status));
        ck_assert_msg(!words || strstr(processes[r].message, words), "process %zu: \"%s\" lacks %s",
                      r, processes[r].message, words);
    }
}

/* |a - b| <= tolerance |b| for vectors. */
static void assert_vector(const char *what, size_t n, const double *a, const double *b,
                          double tolerance)
{
    double apart = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        apart = hypot(apart, a[i] - b[i]);
        size = hypot(size, b[i]);
    }
    ck_assert_msg(apart <= tolerance * size, "%s: %.3g apart of %.3g", what, apart, size);
}

/* ---- Evaluations ---- */

typedef struct evaluations {
    size_t P;
    double loss, unit, margin;
    double *gradient, *rounded, *pulled, *hessian, *gauss_newton, *curvature, *products;
    double *density;
    const double *weights, *cotangent; /* N x D */
} evaluations;

enum { VECTORS = 3, GRID = 5 };

static evaluations evaluations_create(const scene *s, const double *cotangent)
{
    size_t P = s->P;
    return (evaluations){.P = P,
                         .gradient = NEW(double, P),
                         .rounded = NEW(double, P),
                         .pulled = NEW(double, P),
                         .hessian = NEW(double, P *P),
                         .gauss_newton = NEW(double, P *P),
                         .curvature = NEW(double, P *(P + 2)),
                         .products = NEW(double, VECTORS *(P + 1)),
                         .density = NEW(double, GRID),
                         .weights = s->weights,
                         .cotangent = cotangent};
}

static void evaluations_free(evaluations *e)
{
    free(e->gradient), free(e->rounded), free(e->pulled), free(e->hessian), free(e->gauss_newton);
    free(e->curvature), free(e->products), free(e->density);
}

static void evaluate(process *self)
{
    evaluations *e = self->user;
    const critpt_landscape *L = self->landscape;
    size_t P = e->P, D = critpt_model_n_outputs(critpt_landscape_model(L));
    const double *w = e->weights, *u = e->cotangent + self->first * D;
    const double grid[GRID] = {-0.5, 0, 0.5, 1, 2};
    double *directions = normal(VECTORS * P, 8);
    critpt_workspace *workspace = NULL;
    process_try(self, critpt_workspace_create(&workspace, L));
    process_try(self, critpt_landscape_gradient(L, workspace, w, P, e->gradient, P, &e->loss));
    process_try(self, critpt_landscape_gradient_float32(L, NULL, w, P, e->rounded, P));
    process_try(
        self, critpt_landscape_jacobian_transposed_vector(L, workspace, w, P, u, D, e->pulled, P));
    process_try(self, critpt_landscape_gradient_unit(L, workspace, w, P, &e->unit));
    process_try(self, critpt_landscape_kink_margin(L, workspace, w, P, &e->margin));
    process_try(self, critpt_landscape_hessian(L, workspace, w, P, e->hessian, P));
    process_try(self, critpt_landscape_gauss_newton(L, NULL, w, P, e->gauss_newton, P));
    process_try(self, critpt_landscape_residual_curvature(L, NULL, w, P, e->curvature, P + 2));
    process_try(self, critpt_landscape_hessian_vectors(L, workspace, w, P, VECTORS, directions, P,
                                                       e->products, P + 1));
    process_try(self, critpt_spectrum_density(L, w, P, 1, 2, 6, 0.5, grid, GRID, e->density));
    critpt_workspace_destroy(workspace);
    free(directions);
}

static void compare_evaluations(const evaluations *e, const evaluations *alone)
{
    size_t P = e->P;
    double rounding = 1e-13;
    assert_vector("loss", 1, &e->loss, &alone->loss, rounding);
    assert_vector("gradient", P, e->gradient, alone->gradient, rounding);
    assert_vector("float32 gradient", P, e->rounded, alone->rounded, rounding);
    assert_vector("J'u", P, e->pulled, alone->pulled, rounding);
    assert_vector("unit", 1, &e->unit, &alone->unit, rounding);
    ck_assert_double_eq(e->margin, alone->margin);
    assert_vector("Hessian", P * P, e->hessian, alone->hessian, rounding);
    assert_vector("Gauss-Newton", P * P, e->gauss_newton, alone->gauss_newton, rounding);
    for (size_t j = 0; j < P; j++)
        assert_vector("residual curvature", P, e->curvature + j * (P + 2),
                      alone->curvature + j * (P + 2), 1e-12);
    for (size_t j = 0; j < VECTORS; j++)
        assert_vector("products", P, e->products + j * (P + 1), alone->products + j * (P + 1),
                      rounding);
    assert_vector("density", GRID, e->density, alone->density, 1e-9);
}

static void evaluate_everywhere(const net *shape, const double *s, const double *m)
{
    scene all = scene_create(shape, N, 1);
    double *cotangent = normal(N * all.D, 12);
    const whole of = {&all, s, m};
    if (s)
        ASSERT_OK(critpt_landscape_set_sample_weights(all.landscape, s, N));
    if (m)
        ASSERT_OK(critpt_landscape_set_output_metric(all.landscape, m, all.D));
    evaluations alone = evaluations_create(&all, cotangent);
    process single = {.landscape = all.landscape, .user = &alone};
    evaluate(&single);
    assert_all(&single, 1, CRITPT_OK, NULL);
    for (size_t i = 0; i < N_SPLITS; i++) {
        meeting meets;
        process processes[MOST_PROCESSES];
        evaluations parts[MOST_PROCESSES];
        void *users[MOST_PROCESSES];
        for (size_t r = 0; r < splits[i].p; r++) {
            parts[r] = evaluations_create(&all, cotangent);
            users[r] = &parts[r];
        }
        meeting_create(&meets, splits[i].p);
        processes_run(&of, splits[i].p, splits[i].counts, &meets, evaluate, users, processes);
        assert_all(processes, splits[i].p, CRITPT_OK, NULL);
        for (size_t r = 0; r < splits[i].p; r++) {
            compare_evaluations(&parts[r], &alone);
            evaluations_free(&parts[r]);
        }
        meeting_destroy(&meets);
    }
    evaluations_free(&alone);
    free(cotangent);
    scene_destroy(&all);
}

START_TEST(evaluations_are_those_of_all_samples)
{
    double *s = sample_weights();
    evaluate_everywhere(&tanh_net, NULL, NULL);
    evaluate_everywhere(&tanh_net, s, metric);
    evaluate_everywhere(&relu_net, s, NULL);
    free(s);
}
END_TEST

/* ---- Plans ---- */

typedef enum recipe {
    TWO_POINTS,
    CURVATURES,
    EIGENPAIR,
    GAUSS_NEWTON,
    FREE_POINTS,
    LEVEL,
    FROZEN,
    NOISE,
    N_RECIPES
} recipe;

enum { REPORTED = 7 };
static const critpt_report_quantity reported[REPORTED] = {
    CRITPT_REPORT_EQUATIONS, CRITPT_REPORT_UNKNOWNS,      CRITPT_REPORT_RANK,
    CRITPT_REPORT_DISTANCE,  CRITPT_REPORT_AMPLIFICATION, CRITPT_REPORT_EXPECTED_RANK,
    CRITPT_REPORT_CONDITION};

typedef struct planting {
    recipe recipe;
    const scene *all;
    double *targets, *base; /* N x D: every process fills in its rows */
    double *weights;        /* P: of point 0, as the solve left it */
    double report[REPORTED];
} planting;

static critpt_status add_points(critpt_plan *plan, const scene *all, size_t n, bool critical)
{
    critpt_status status = CRITPT_OK;
    size_t k;
    for (size_t i = 0; i < n && status == CRITPT_OK; i++) {
        double *w = net_weights(all->model, critical ? 21 : 22, i, 1.5);
        status = critical ? critpt_plan_add_point(plan, w, all->P, &k)
                          : critpt_plan_add_free_point(plan, w, all->P, &k);
        if (status == CRITPT_OK && critical)
            status = critpt_plan_let_point_move(plan, k);
        free(w);
    }
    return status;
}

static critpt_status add_conditions(critpt_plan *plan, const planting *of, size_t first, size_t n)
{
    critpt_status status = CRITPT_OK;
    size_t P = of->all->P, D = of->all->D, c;
    double *v = normal(P, 31), *g = normal(P, 32), *base = normal(n * D + 1, 33);
    const double picture[] = {0, 0.1, 0.3, 0.2, 0.25, 0};
    const size_t corners[] = {1, 2, 3};
    unsigned char *mask = NEW(unsigned char, n *D + 1);
    for (size_t i = 0; i < n * D; i++)
        mask[i] = (first * D + i) % 7 == 3;
    switch (of->recipe) {
    case CURVATURES:
        status = critpt_plan_require_curvature(plan, 0, v, v, P, 3, NULL);
        status = status ? status : critpt_plan_require_hessian_entry(plan, 0, 0, 4, 0.25, &c);
        status = status ? status : critpt_plan_soften(plan, c, 2);
        break;
    case EIGENPAIR:
        status = critpt_plan_require_eigenpair(plan, 1, 0.5, v, P, NULL);
        break;
    case GAUSS_NEWTON:
        status = critpt_plan_require_gauss_newton(plan, 0, NULL);
        break;
    case FREE_POINTS:
        for (size_t j = 0; j < P; j++)
            g[j] *= 0.01;
        status = critpt_plan_require_gradient(plan, 1, g, P, NULL);
        status = status ? status : critpt_plan_require_loss_difference(plan, 4, 1, 0.125, NULL);
        status =
            status ? status : critpt_plan_require_picture(plan, corners, picture, 2, 3, 3, NULL);
        break;
    case LEVEL:
        status = critpt_plan_require_loss(plan, 0, 100, NULL);
        break;
    case FROZEN:
        for (size_t i = 0; i < n * D; i++)
            base[i] = of->all->targets[first * D + i];
        status = critpt_plan_set_base_targets(plan, base, D);
        status = status ? status : critpt_plan_freeze_targets(plan, mask, D);
        break;
    default:
        break;
    }
    free(v), free(g), free(base), free(mask);
    return status;
}

static const net *shape_of(recipe r)
{
    static const net flat_net = {4, 1, {2}, {CRITPT_TANH}, {1}};
    return r == EIGENPAIR ? &curved_net : r == GAUSS_NEWTON ? &flat_net : &tanh_net;
}

static critpt_status make_plan(critpt_plan **plan, critpt_landscape *L, const planting *of,
                               size_t first, size_t n)
{
    critpt_status status = critpt_plan_create(plan, L);
    static const size_t critical[] = {
        [TWO_POINTS] = 2,  [CURVATURES] = 1, [EIGENPAIR] = 1, [GAUSS_NEWTON] = 1,
        [FREE_POINTS] = 1, [LEVEL] = 2,      [FROZEN] = 2,    [NOISE] = 1};
    static const size_t others[N_RECIPES] = {[EIGENPAIR] = 1, [FREE_POINTS] = 4};
    status = status ? status : add_points(*plan, of->all, critical[of->recipe], true);
    status = status ? status : add_points(*plan, of->all, others[of->recipe], false);
    return status ? status : add_conditions(*plan, of, first, n);
}

static critpt_status read_back(const critpt_plan *plan, planting *of, size_t first)
{
    critpt_status status;
    size_t D = of->all->D;
    const critpt_landscape *L = critpt_plan_landscape(plan);
    status = critpt_landscape_targets(L, of->targets + first * D, D);
    if (!status)
        status = critpt_plan_base_targets(plan, of->base + first * D, D);
    for (size_t i = 0; i < REPORTED && !status; i++)
        status = critpt_plan_report_value(plan, reported[i], &of->report[i]);
    if (!status)
        status = critpt_plan_point_weights(plan, 0, of->weights, of->all->P);
    return status;
}

static void plant(process *self)
{
    planting *of = self->user;
    critpt_plan *plan = NULL;
    if (process_try(self, make_plan(&plan, self->landscape, of, self->first, self->n)) &&
        process_try(self, critpt_plan_solve(plan, NULL)))
        process_try(self, read_back(plan, of, self->first));
    critpt_plan_destroy(plan);
}

/* In the norm of the loss. */
static double distance(const whole *of, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        double d[2] = {a[2 * i] - b[2 * i], a[2 * i + 1] - b[2 * i + 1]};
        double square =
            of->metric ? 2 * d[0] * d[0] + d[0] * d[1] + d[1] * d[1] : d[0] * d[0] + d[1] * d[1];
        sum += (of->sample_weights ? of->sample_weights[i] : 1) * square / N;
    }
    return sqrt(sum);
}

/* The gradient that a landscape of all samples has at the targets of all parts is zero to rounding.
 */
static void assert_critical(const whole *of, const planting *part)
{
    const scene *all = of->scene;
    double *g = NEW(double, all->P), unit, norm = 0;
    ASSERT_OK(critpt_landscape_set_targets(all->landscape, part->targets, all->D));
    ASSERT_OK(
        critpt_landscape_gradient(all->landscape, NULL, part->weights, all->P, g, all->P, NULL));
    ASSERT_OK(critpt_landscape_gradient_unit(all->landscape, NULL, part->weights, all->P, &unit));
    for (size_t j = 0; j < all->P; j++)
        norm = hypot(norm, g[j]);
    ck_assert_msg(norm <= 2 * unit, "gradient of %.3g units", norm / unit);
    free(g);
}

static void compare_plantings(const whole *of, const planting *part, const planting *alone)
{
    double scale = alone->report[3]; /* the distance that the targets were moved by */
    ck_assert_double_gt(scale, 0);
    ck_assert_double_le(alone->report[6], 1e6);
    double tolerance = alone->report[6] <= 1e4 ? 1e-10 : 1e-8;
    double apart = distance(of, part->targets, alone->targets);
    ck_assert_msg(apart <= tolerance * scale, "recipe %d: targets %.3g apart of %.3g",
                  (int)part->recipe, apart, scale);
    apart = distance(of, part->base, alone->base);
    ck_assert_msg(apart <= 1e-13, "recipe %d: base targets %.3g apart", (int)part->recipe, apart);
    for (size_t i = 0; i < REPORTED; i++)
        ck_assert_msg(fabs(part->report[i] - alone->report[i]) <= 1e-6 * fabs(alone->report[i]),
                      "recipe %d: quantity %zu is %.17g, alone %.17g", (int)part->recipe, i,
                      part->report[i], alone->report[i]);
    assert_vector("weights", of->scene->P, part->weights, alone->weights, 1e-14);
    assert_critical(of, part);
}

static planting planting_create(const scene *all, recipe made_by)
{
    return (planting){.recipe = made_by,
                      .all = all,
                      .targets = NEW(double, N * all->D),
                      .base = NEW(double, N * all->D),
                      .weights = NEW(double, all->P)};
}

static void planting_free(planting *made)
{
    free(made->targets), free(made->base), free(made->weights);
}

/* Every process has what it was told of the whole; rows of the targets are put together. */
static void plant_over(const whole *of, size_t split, const planting *alone)
{
    const scene *all = of->scene;
    size_t p = splits[split].p;
    meeting meets;
    process processes[MOST_PROCESSES];
    planting parts[MOST_PROCESSES];
    void *users[MOST_PROCESSES];
    for (size_t r = 0; r < p; r++) {
        parts[r] = planting_create(all, alone->recipe);
        if (r > 0) { /* one place for the rows of all */
            free(parts[r].targets), free(parts[r].base);
            parts[r].targets = parts[0].targets;
            parts[r].base = parts[0].base;
        }
        users[r] = &parts[r];
    }
    meeting_create(&meets, p);
    processes_run(of, p, splits[split].counts, &meets, plant, users, processes);
    assert_all(processes, p, CRITPT_OK, NULL);
    for (size_t r = 0; r < p; r++) {
        compare_plantings(of, &parts[r], alone);
        free(parts[r].weights);
    }
    free(parts[0].targets), free(parts[0].base);
    meeting_destroy(&meets);
}

START_TEST(planted_targets_are_those_of_all_samples)
{
    double *s = sample_weights();
    for (int weighed = 0; weighed < 2; weighed++) {
        for (recipe r = 0; r < N_RECIPES; r++) {
            scene all = scene_create(shape_of(r), N, 2);
            const whole of = {&all, weighed ? s : NULL, weighed ? metric : NULL};
            planting alone = planting_create(&all, r);
            meeting nobody = {0};
            process single = {
                .meeting = &nobody, .n = N, .landscape = all.landscape, .user = &alone};
            ASSERT_OK(critpt_landscape_set_sample_weights(all.landscape, of.sample_weights,
                                                          of.sample_weights ? N : 0));
            ASSERT_OK(critpt_landscape_set_output_metric(all.landscape, of.metric,
                                                         of.metric ? all.D : 0));
            plant(&single);
            assert_all(&single, 1, CRITPT_OK, NULL);
            for (size_t i = 0; i < N_SPLITS; i++)
                plant_over(&of, i, &alone);
            planting_free(&alone);
            scene_destroy(&all);
        }
    }
    free(s);
}
END_TEST

/* ---- Without a triangle ---- */

typedef struct large {
    const scene *all;
    bool fixed; /* points may not move: their mean outputs contradict each other */
    double *targets, condition, distance;
    size_t steps; /* of the iteration */
} large;

static int count_steps(double done, const char *stage, void *user)
{
    large *of = user;
    (void)done;
    of->steps += strncmp(stage, "residual", 8) == 0;
    return 0;
}

/* Process 1 has no room for a triangle. */
static void plant_large(process *self)
{
    large *of = self->user;
    critpt_plan *plan = NULL;
    critpt_plan_options *options = NULL;
    process_try(self, critpt_plan_options_create(&options));
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, add_points(plan, of->all, 3, true));
    if (of->fixed) {
        double *w = net_weights(of->all->model, 23, 0, 1.5);
        process_try(self, critpt_plan_add_point(plan, w, of->all->P, NULL));
        w[of->all->P - 1] += 1;
        process_try(self, critpt_plan_add_point(plan, w, of->all->P, NULL));
        free(w);
    }
    process_try(self, critpt_plan_options_set_progress(options, count_steps, of));
    if (self->rank == 1)
        process_try(self, critpt_plan_options_set_memory_limit(options, 20 << 20));
    if (process_try(self, critpt_plan_solve(plan, options))) {
        double *rows = of->targets + self->first * of->all->D;
        process_try(self, critpt_landscape_targets(self->landscape, rows, of->all->D));
        process_try(self, critpt_plan_report_value(plan, CRITPT_REPORT_CONDITION, &of->condition));
        process_try(self, critpt_plan_report_value(plan, CRITPT_REPORT_DISTANCE, &of->distance));
    }
    critpt_plan_destroy(plan);
    critpt_plan_options_destroy(options);
}

START_TEST(all_solve_in_a_way_that_has_room_in_all)
{
    enum { SAMPLES = 1200, SOME = 500 };
    static const net shape = {10, 2, {40, 3}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    static const size_t counts[] = {SOME, SAMPLES - SOME};
    scene all = scene_create(&shape, SAMPLES, 4);
    const whole of = {&all, NULL, NULL};
    double *joint = NEW(double, SAMPLES *all.D);
    large alone = {.all = &all, .targets = NEW(double, SAMPLES *all.D)};
    large parts[2] = {{.all = &all, .targets = joint}, {.all = &all, .targets = joint}};
    void *const users[] = {&parts[0], &parts[1]};
    process single = {.landscape = all.landscape, .user = &alone}, processes[2];
    meeting meets;
    plant_large(&single);
    assert_all(&single, 1, CRITPT_OK, NULL);
    ck_assert_double_le(alone.condition, 1e4);
    meeting_create(&meets, 2);
    processes_run(&of, 2, counts, &meets, plant_large, users, processes);
    assert_all(processes, 2, CRITPT_OK, NULL);
    /* a step: the equations' products, announced, and a square with its announcement */
    ck_assert_uint_gt(parts[0].steps, 100);
    ck_assert_uint_le(meets.long_ones, parts[0].steps + 200);
    ck_assert_uint_le(meets.calls, 3 * parts[0].steps + 600);
    double apart = 0;
    for (size_t i = 0; i < SAMPLES * all.D; i++)
        apart = hypot(apart, (joint[i] - alone.targets[i]) / sqrt(SAMPLES));
    for (size_t r = 0; r < 2; r++) {
        ck_assert(isnan(parts[r].condition)); /* not known without a triangle */
        ck_assert_msg(apart <= 1e-10 * alone.distance, "%.3g apart of %.3g", apart, alone.distance);
    }
    meeting_destroy(&meets);
    meeting_create(&meets, 2);
    parts[0].fixed = parts[1].fixed = alone.fixed = true;
    processes_run(&of, 2, counts, &meets, plant_large, users, processes);
    single.rank = 1;
    plant_large(&single);
    ck_assert_int_ne(single.status, CRITPT_OK);
    assert_all(processes, 2, single.status, "without a triangle");
    meeting_destroy(&meets);
    free(alone.targets), free(joint);
    scene_destroy(&all);
}
END_TEST

/* ---- Spectra ---- */

typedef struct spectra {
    const double *weights;
    size_t P, n_extreme, n, index;
    critpt_kind kind;
    double *values, scaled;
} spectra;

static void find_spectrum(process *self)
{
    spectra *e = self->user;
    critpt_spectrum *spectrum = NULL;
    critpt_spectrum_options *options = NULL;
    process_try(self, critpt_spectrum_options_create(&options));
    process_try(self, critpt_spectrum_options_set_n_extreme(options, e->n_extreme));
    if (process_try(
            self, critpt_spectrum_create(&spectrum, self->landscape, e->weights, e->P, options))) {
        e->n = critpt_spectrum_n_eigenvalues(spectrum);
        e->index = critpt_spectrum_index(spectrum);
        e->kind = critpt_spectrum_kind(spectrum);
        e->scaled = critpt_spectrum_gradient_scaled(spectrum);
        for (size_t i = 0; i < e->n; i++)
            process_try(self, critpt_spectrum_eigenvalue(spectrum, i, &e->values[i], NULL));
    }
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
}

START_TEST(spectra_are_those_of_all_samples)
{
    double *s = sample_weights();
    scene all = scene_create(&tanh_net, N, 3);
    const whole of = {&all, s, metric};
    ASSERT_OK(critpt_landscape_set_sample_weights(all.landscape, s, N));
    ASSERT_OK(critpt_landscape_set_output_metric(all.landscape, metric, all.D));
    for (size_t n_extreme = 0; n_extreme <= 4; n_extreme += 4) {
        spectra alone = {all.weights, all.P, n_extreme, .values = NEW(double, all.P)};
        process single = {.landscape = all.landscape, .user = &alone};
        find_spectrum(&single);
        assert_all(&single, 1, CRITPT_OK, NULL);
        double width = fabs(alone.values[0]) + fabs(alone.values[alone.n - 1]);
        for (size_t i = 0; i < N_SPLITS; i++) {
            meeting meets;
            process processes[MOST_PROCESSES];
            spectra parts[MOST_PROCESSES];
            void *users[MOST_PROCESSES];
            for (size_t r = 0; r < splits[i].p; r++) {
                parts[r] = alone;
                parts[r].values = NEW(double, all.P);
                users[r] = &parts[r];
            }
            meeting_create(&meets, splits[i].p);
            processes_run(&of, splits[i].p, splits[i].counts, &meets, find_spectrum, users,
                          processes);
            assert_all(processes, splits[i].p, CRITPT_OK, NULL);
            for (size_t r = 0; r < splits[i].p; r++) {
                ck_assert_uint_eq(parts[r].n, alone.n);
                ck_assert_uint_eq(parts[r].index, alone.index);
                ck_assert_int_eq(parts[r].kind, alone.kind);
                for (size_t j = 0; j < alone.n; j++)
                    ASSERT_NEAR(parts[r].values[j], alone.values[j], width, 1e-10);
                free(parts[r].values);
            }
            meeting_destroy(&meets);
        }
        free(alone.values);
    }
    free(s);
    scene_destroy(&all);
}
END_TEST

/* ---- Runs ---- */

enum { BUDGET = 9, MOST_RECORDS = 64 };

typedef struct descent {
    const scene *all;
    size_t evaluations, n; /* records */
    double *end, records[MOST_RECORDS][5]; /* evaluations, loss, best, gradient norm, distance */
} descent;

static void keep_records(process *self, critpt_run *run, descent *d)
{
    d->n = critpt_run_n_records(run);
    for (size_t i = 0; i < d->n && i < MOST_RECORDS; i++) {
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_EVALUATIONS, &d->records[i][0]));
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_LOSS, &d->records[i][1]));
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_BEST_LOSS, &d->records[i][2]));
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_GRADIENT_NORM, &d->records[i][3]));
        process_try(self, critpt_run_record_distance(run, i, 0, &d->records[i][4], NULL));
    }
}

/* Gradient descent until the budget is spent, which all of them notice at once. */
static void descend(process *self)
{
    descent *d = self->user;
    size_t P = d->all->P;
    double *w = NEW(double, P), *g = NEW(double, P), loss;
    critpt_run *run = NULL;
    critpt_status status = CRITPT_OK;
    memcpy(w, d->all->weights, P * sizeof *w);
    if (process_try(self, critpt_run_create(&run, self->landscape, BUDGET))) {
        process_try(self, critpt_run_add_point(run, w, P, 0, NULL));
        for (size_t step = 0; status == CRITPT_OK && step < 2 * BUDGET; step++) {
            status = critpt_run_gradient(run, w, P, g, P, &loss);
            for (size_t i = 0; status == CRITPT_OK && i < P; i++)
                w[i] -= 0.05 * g[i];
        }
        if (status != CRITPT_BUDGET_SPENT)
            process_try(self, status == CRITPT_OK ? CRITPT_NOT_CONVERGED : status);
        process_try(self, critpt_run_end(run));
        d->evaluations = critpt_run_evaluations(run);
        keep_records(self, run, d);
    }
    memcpy(d->end, w, P * sizeof *w);
    critpt_run_destroy(run);
    free(w);
    free(g);
}

START_TEST(runs_are_those_on_all_samples)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    descent alone = {.all = &all, .end = NEW(double, all.P)};
    process single = {.landscape = all.landscape, .user = &alone};
    descend(&single);
    assert_all(&single, 1, CRITPT_OK, NULL);
    ck_assert_uint_eq(alone.evaluations, BUDGET);
    ck_assert(alone.n > 2 && alone.n <= MOST_RECORDS);
    for (size_t i = 0; i < N_SPLITS; i++) {
        meeting meets;
        process processes[MOST_PROCESSES];
        descent parts[MOST_PROCESSES];
        void *users[MOST_PROCESSES];
        for (size_t r = 0; r < splits[i].p; r++) {
            parts[r] = (descent){.all = &all, .end = NEW(double, all.P)};
            users[r] = &parts[r];
        }
        meeting_create(&meets, splits[i].p);
        processes_run(&of, splits[i].p, splits[i].counts, &meets, descend, users, processes);
        assert_all(processes, splits[i].p, CRITPT_OK, NULL);
        for (size_t r = 0; r < splits[i].p; r++) {
            ck_assert_uint_eq(parts[r].evaluations, BUDGET);
            ck_assert_uint_eq(parts[r].n, alone.n);
            assert_vector("where it ends", all.P, parts[r].end, alone.end, 1e-12);
            for (size_t k = 0; k < alone.n; k++)
                assert_vector("a record", 5, parts[r].records[k], alone.records[k], 1e-12);
            free(parts[r].end);
        }
        meeting_destroy(&meets);
    }
    free(alone.end);
    scene_destroy(&all);
}
END_TEST

/* ---- What goes wrong ---- */

static const size_t two_parts[] = {100, 157}, three_parts[] = {57, 0, 200};

/* How many calls of the callback a job makes. */
static size_t count_calls(const whole *of, process_job job, void *user)
{
    meeting meets;
    process processes[2];
    void *const users[] = {user, user};
    meeting_create(&meets, 2);
    processes_run(of, 2, two_parts, &meets, job, users, processes);
    assert_all(processes, 2, CRITPT_OK, NULL);
    meeting_destroy(&meets);
    return processes[0].calls;
}

/* Plants and looks at the targets, which a failure leaves as they were. */
static void plant_two(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    const planting of = {.recipe = TWO_POINTS, .all = all};
    process_try(self, make_plan(&plan, self->landscape, &of, self->first, self->n));
    process_try(self, critpt_plan_solve(plan, NULL));
    if (self->status != CRITPT_OK) {
        double *y = NEW(double, self->n * all->D);
        critpt_landscape_targets(self->landscape, y, all->D);
        if (memcmp(y, all->targets + self->first * all->D, self->n * all->D * sizeof *y) != 0)
            snprintf(self->message, sizeof self->message, "the targets have changed");
        free(y);
    }
    critpt_plan_destroy(plan);
}

START_TEST(a_callback_that_fails_fails_the_call)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    size_t calls = count_calls(&of, plant_two, &all);
    ck_assert_uint_gt(calls, 40);
    for (size_t at = 0; at < calls; at++) {
        meeting meets;
        process processes[2];
        void *const users[] = {&all, &all};
        meeting_create(&meets, 2);
        meets.trouble = CALLBACK_FAILS;
        meets.at = at;
        processes_run(&of, 2, two_parts, &meets, plant_two, users, processes);
        ck_assert(!meets.broken);
        assert_all(processes, 2, CRITPT_REDUCTION_FAILED, "callback returned 7");
        meeting_destroy(&meets);
    }
    scene_destroy(&all);
}
END_TEST

/* Sums that one process receives with another last digit. */
START_TEST(different_numbers_are_noticed)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    size_t calls = count_calls(&of, plant_two, &all), noticed = 0;
    for (size_t at = 0; at < calls; at++) {
        meeting meets;
        process processes[2];
        void *const users[] = {&all, &all};
        meeting_create(&meets, 2);
        meets.trouble = OTHER_ROUNDING;
        meets.at = at;
        processes_run(&of, 2, two_parts, &meets, plant_two, users, processes);
        ck_assert(!meets.broken);
        if (processes[0].status != CRITPT_OK) { /* else the call answered with whole numbers */
            noticed++;
            assert_all(processes, 2, CRITPT_REDUCTION_FAILED, "different numbers");
        }
        meeting_destroy(&meets);
    }
    ck_assert_uint_gt(noticed, calls / 3);
    scene_destroy(&all);
}
END_TEST

static void loss_only(process *self)
{
    const scene *all = self->user;
    double loss;
    process_try(self, critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss));
}

START_TEST(a_callback_that_combines_nothing_is_noticed)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    meeting meets;
    process processes[3];
    void *const users[] = {&all, &all, &all};
    meeting_create(&meets, 3);
    meets.trouble = NOT_COMBINED;
    meets.at = 4; /* joining takes four */
    processes_run(&of, 3, three_parts, &meets, loss_only, users, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "of 1 processes where there are 3");
    meeting_destroy(&meets);
    scene_destroy(&all);
}
END_TEST

/* Process 0 asks for something else, then all ask for the same again. */
static void ask_differently(process *self, critpt_status (*other)(process *self))
{
    const scene *all = self->user;
    double loss = 0;
    critpt_status status =
        self->rank == 0 ? other(self)
                        : critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss);
    process_try(self, status);
    if (critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss) != CRITPT_OK)
        snprintf(self->message, sizeof self->message, "afterwards: %s", critpt_error_message());
}

static critpt_status ask_gradient(process *self)
{
    const scene *all = self->user;
    double *g = NEW(double, all->P);
    critpt_status status =
        critpt_landscape_gradient(self->landscape, NULL, all->weights, all->P, g, all->P, NULL);
    free(g);
    return status;
}

static critpt_status ask_elsewhere(process *self)
{
    const scene *all = self->user;
    double *w = NEW(double, all->P), loss;
    memcpy(w, all->weights, all->P * sizeof *w);
    w[3] = nextafter(w[3], 0);
    critpt_status status = critpt_landscape_loss(self->landscape, NULL, w, all->P, &loss);
    free(w);
    return status;
}

/* Random vectors of another seed, whose products nobody could add up. */
static critpt_status ask_at_random(process *self, uint64_t seed)
{
    const scene *all = self->user;
    const double grid[] = {0, 1};
    double density[2];
    return critpt_spectrum_density(self->landscape, all->weights, all->P, seed, 1, 3, 0.5, grid, 2,
                                   density);
}

static void other_seed(process *self)
{
    process_try(self, ask_at_random(self, self->rank));
}

static critpt_status ask_wrongly(process *self)
{
    const scene *all = self->user;
    double loss;
    return critpt_landscape_loss(self->landscape, NULL, all->weights, all->P - 1, &loss);
}

static void out_of_step(process *self)
{
    ask_differently(self, ask_gradient);
}

static void elsewhere(process *self)
{
    ask_differently(self, ask_elsewhere);
}

static void wrongly(process *self)
{
    ask_differently(self, ask_wrongly);
}

static void without_place(process *self)
{
    const scene *all = self->user;
    critpt_spectrum *spectrum = NULL;
    process_try(self, critpt_spectrum_create(self->rank == 0 ? NULL : &spectrum, self->landscape,
                                             all->weights, all->P, NULL));
    critpt_spectrum_destroy(spectrum);
}

static void run_three(const scene *all, process_job job, process *processes)
{
    const whole of = {all, NULL, NULL};
    void *const users[] = {(void *)all, (void *)all, (void *)all};
    meeting meets;
    meeting_create(&meets, 3);
    processes_run(&of, 3, three_parts, &meets, job, users, processes);
    ck_assert(!meets.broken);
    meeting_destroy(&meets);
}

START_TEST(processes_out_of_step_are_noticed)
{
    scene all = scene_create(&tanh_net, N, 2);
    process processes[3];
    run_three(&all, out_of_step, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "out of step");
    run_three(&all, elsewhere, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "must give the same weights");
    run_three(&all, other_seed, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "different numbers");
    scene_destroy(&all);
}
END_TEST

/* ---- One process fails ---- */

/* The first has the failure's own status and words, the others hear of it. */
static void assert_first_fails(const process *processes, critpt_status status, const char *words)
{
    assert_all(processes, 1, status, words);
    for (size_t r = 1; r < 3; r++)
        assert_all(processes + r, 1, CRITPT_REDUCTION_FAILED, "another process failed");
}

typedef struct beats {
    size_t n, most;
} beats;

static int stop_at(double done, const char *stage, void *user)
{
    beats *b = user;
    (void)done, (void)stage;
    return b->n++ == b->most;
}

static void plant_with(process *self, size_t memory, double seconds, size_t stop)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    critpt_plan_options *options = NULL;
    beats count = {0, stop};
    const planting of = {.recipe = TWO_POINTS, .all = all};
    process_try(self, critpt_plan_options_create(&options));
    process_try(self, make_plan(&plan, self->landscape, &of, self->first, self->n));
    if (self->rank == 0) {
        process_try(self, critpt_plan_options_set_memory_limit(options, memory));
        process_try(self, critpt_plan_options_set_progress(options, stop_at, &count));
        process_try(self, critpt_plan_options_set_time_limit(options, seconds));
    }
    process_try(self, critpt_plan_solve(plan, options));
    critpt_plan_destroy(plan);
    critpt_plan_options_destroy(options);
}

static void plant_in_no_memory(process *self)
{
    plant_with(self, 1000, 0, SIZE_MAX);
}

static _Atomic size_t stop_after;

static void plant_until_stopped(process *self)
{
    plant_with(self, 0, 0, stop_after);
}

static void plant_in_no_time(process *self)
{
    plant_with(self, 0, 1e-9, SIZE_MAX);
}

static void plant_at_overflow(process *self)
{
    const scene *all = self->user;
    double *w = NEW(double, all->P), loss;
    for (size_t j = 0; j < all->P; j++)
        w[j] = 1e308;
    critpt_plan *plan = NULL;
    /* outputs overflow where there are samples: not in process 1 */
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, w, all->P, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
    if (critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss) != CRITPT_OK)
        snprintf(self->message, sizeof self->message, "afterwards: %s", critpt_error_message());
    free(w);
}

START_TEST(where_one_process_fails_all_hear_of_it)
{
    scene all = scene_create(&tanh_net, N, 2);
    process processes[3];
    run_three(&all, wrongly, processes);
    assert_first_fails(processes, CRITPT_INVALID_ARGUMENT, "length 43; it must be 44");
    run_three(&all, without_place, processes);
    assert_first_fails(processes, CRITPT_INVALID_ARGUMENT, "spectrum is NULL");
    run_three(&all, plant_in_no_memory, processes);
    assert_first_fails(processes, CRITPT_NO_MEMORY, "memory limit");
    run_three(&all, plant_in_no_time, processes);
    assert_first_fails(processes, CRITPT_NOT_ATTAINED, "time limit");
    for (stop_after = 0; stop_after < 8; stop_after++) {
        run_three(&all, plant_until_stopped, processes);
        assert_first_fails(processes, CRITPT_CANCELLED, "cancelled");
    }
    run_three(&all, plant_at_overflow, processes);
    ck_assert_int_eq(processes[0].status, CRITPT_NON_FINITE);
    ck_assert_int_eq(processes[1].status, CRITPT_REDUCTION_FAILED);
    ck_assert_ptr_null(strstr(processes[2].message, "afterwards"));
    scene_destroy(&all);
}
END_TEST

/* A kink is at one sample, of process 2: all say so, with the number of the sample in the whole. */
static void plant_on_kink(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
}

START_TEST(a_kink_is_named_by_its_number_in_the_whole)
{
    scene all = scene_create(&relu_net, N, 2);
    process processes[3];
    double *row = all.inputs + 200 * all.d, *w = all.weights + 2 * all.d; /* unit 2 */
    memset(row, 0, all.d * sizeof *row);
    all.weights[6 * all.d + 2] = 0;
    ck_assert_double_ne(w[0], 0);
    run_three(&all, plant_on_kink, processes);
    assert_all(processes, 3, CRITPT_INVALID_ARGUMENT, "kink of unit 2 of layer 0 at sample 200");
    scene_destroy(&all);
}
END_TEST

/* ---- Refusals ---- */

static void join_wrongly(process *self)
{
    process_try(self, critpt_landscape_set_reduction(self->landscape, self->first ? 56 : 0,
                                                     processes_reduce, self));
}

static void ask_for_nature(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_require_minimum(plan, 0, 0.01, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
}

static void ask_for_diagnosis(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_diagnose(plan, NULL));
    critpt_plan_destroy(plan);
}

static void ask_for_draws(process *self)
{
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_draw_points(plan, 1, 2, 1, 1, NULL, NULL));
    critpt_plan_destroy(plan);
}

static void ask_for_file(process *self)
{
    critpt_file *file = NULL;
    process_try(self, critpt_file_create(&file, self->landscape));
    critpt_file_destroy(file);
}

static void ask_for_some_samples(process *self)
{
    const scene *all = self->user;
    const size_t first = 0;
    critpt_workspace *workspace = NULL;
    double loss;
    process_try(self, critpt_workspace_create(&workspace, self->landscape));
    if (self->n)
        process_try(self, critpt_workspace_select(workspace, &first, 1));
    process_try(self,
                critpt_landscape_loss(self->landscape, workspace, all->weights, all->P, &loss));
    critpt_workspace_destroy(workspace);
}

/* Two points that cannot both be critical: their outputs differ by a factor. */
static void ask_for_the_impossible(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    double *w = NEW(double, all->P);
    memcpy(w, all->weights, all->P * sizeof *w);
    for (size_t j = 30; j < all->P; j++) /* the output layer */
        w[j] *= 1.5;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_add_point(plan, w, all->P, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
    free(w);
}

START_TEST(what_is_not_offered_is_refused_by_all)
{
    scene all = scene_create(&tanh_net, N, 2);
    process processes[3];
    run_three(&all, join_wrongly, processes);
    assert_all(processes, 3, CRITPT_INVALID_ARGUMENT, "but not those numbered 0 to 256");
    run_three(&all, ask_for_nature, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "natures: not offered");
    run_three(&all, ask_for_diagnosis, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "here over 3");
    run_three(&all, ask_for_draws, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "drawn points: not offered");
    run_three(&all, ask_for_file, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "spread over 3 processes");
    run_three(&all, ask_for_some_samples, processes);
    ck_assert_int_eq(processes[0].status, CRITPT_UNSUPPORTED);
    ck_assert_int_eq(processes[1].status, CRITPT_REDUCTION_FAILED); /* without samples */
    run_three(&all, ask_for_the_impossible, processes);
    assert_all(processes, 3, CRITPT_NOT_CONVERGED, "undecided");
    scene_destroy(&all);
}
END_TEST

static int fails_first(critpt_reduction_operation operation, double *values, size_t n, void *user)
{
    (void)operation, (void)values, (void)n, (void)user;
    return 3;
}

START_TEST(a_landscape_knows_what_it_is_a_part_of)
{
    scene all = scene_create(&tanh_net, N, 2);
    critpt_landscape *empty, *L = all.landscape;
    size_t first, n, p;
    double loss, alone;
    ASSERT_OK(critpt_landscape_loss(L, NULL, all.weights, all.P, &alone));
    ASSERT_OK(critpt_landscape_whole(L, &first, &n, &p));
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(n, N);
    ck_assert_uint_eq(p, 1);
    ASSERT_FAILS(critpt_landscape_set_reduction(L, 0, fails_first, NULL), CRITPT_REDUCTION_FAILED,
                 "callback returned 3 in reduction 0");
    ASSERT_OK(critpt_landscape_loss(L, NULL, all.weights, all.P, &loss));
    ck_assert_double_eq(loss, alone);
    ASSERT_FAILS(critpt_landscape_set_reduction(L, 5, NULL, NULL), CRITPT_INVALID_ARGUMENT,
                 "first_sample is 5");
    ASSERT_OK(critpt_landscape_set_reduction(L, 0, NULL, NULL));
    ASSERT_FAILS(critpt_landscape_set_reduction(NULL, 0, fails_first, NULL),
                 CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_FAILS(critpt_landscape_whole(NULL, &first, &n, &p), CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_OK(critpt_landscape_create(&empty, all.model, 0, NULL, all.d));
    ASSERT_OK(critpt_landscape_set_targets(empty, NULL, all.D));
    ASSERT_FAILS(critpt_landscape_loss(empty, NULL, all.weights, all.P, &loss),
                 CRITPT_INVALID_ARGUMENT, "has no samples");
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, empty));
    ASSERT_OK(critpt_plan_add_point(plan, all.weights, all.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INVALID_ARGUMENT, "has no samples");
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(empty);
    scene_destroy(&all);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        evaluations_are_those_of_all_samples,        planted_targets_are_those_of_all_samples,
        all_solve_in_a_way_that_has_room_in_all,     spectra_are_those_of_all_samples,
        runs_are_those_on_all_samples,
        a_callback_that_fails_fails_the_call,        different_numbers_are_noticed,
        a_callback_that_combines_nothing_is_noticed, processes_out_of_step_are_noticed,
        where_one_process_fails_all_hear_of_it,      a_kink_is_named_by_its_number_in_the_whole,
        what_is_not_offered_is_refused_by_all,       a_landscape_knows_what_it_is_a_part_of,
    };
    return test_main("reduction", tests, sizeof tests / sizeof *tests);
}
