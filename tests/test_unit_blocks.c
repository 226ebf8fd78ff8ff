/* Solves without a triangle: the blocks against sums over the rows, what is planted against what
 * the triangle plants, contradictions, and what remains undecided. */
#include "dice.h"
#include "support.h"

#include "solve/solve.h"

enum { CASES = 150, MOST_POINTS = 3 };

static net draw_net(dice *d)
{
    static const critpt_activation kinds[] = {CRITPT_TANH, CRITPT_SOFTPLUS, CRITPT_SIN,
                                              CRITPT_GELU, CRITPT_RELU,     CRITPT_IDENTITY};
    net shape = {.n_inputs = 1 + roll(d, 4), .n_layers = 1 + roll(d, 3)};
    for (size_t l = 0; l < shape.n_layers; l++) {
        bool last = l + 1 == shape.n_layers;
        shape.widths[l] = 1 + roll(d, 4);
        shape.activations[l] = kinds[last && roll(d, 2) ? 5 : roll(d, 6)];
        shape.bias[l] = roll(d, 4) > 0;
    }
    return shape;
}

/* Sample weights, a metric and frozen targets, or none. */
static void draw_loss(const scene *s, critpt_plan *plan, dice *d)
{
    size_t N = s->N, D = s->D;
    double *weights = NEW(double, N), *metric = NEW(double, D *D);
    unsigned char *mask = NEW(unsigned char, N *D);
    for (size_t i = 0; i < N; i++)
        weights[i] = 0.1 + 4 * uniform(d);
    for (size_t a = 0; a < D * D; a++)
        metric[a] = a % (D + 1) == 0 ? 2 : 0.5;
    for (size_t i = 0; i < N * D; i++)
        mask[i] = roll(d, 12) == 0;
    if (roll(d, 2))
        ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, weights, N));
    if (roll(d, 2))
        ASSERT_OK(critpt_landscape_set_output_metric(s->landscape, metric, D));
    if (roll(d, 3) == 0)
        ASSERT_OK(critpt_plan_freeze_targets(plan, mask, D));
    free(weights), free(metric), free(mask);
}

static critpt_plan *draw_plan(const scene *s, dice *d)
{
    critpt_plan *plan;
    size_t K = 1 + roll(d, MOST_POINTS), P = s->P;
    double *w = NEW(double, P), *g = normal(P, d->seed);
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    for (size_t k = 0; k < K; k++) {
        ASSERT_OK(critpt_mlp_draw_weights(s->model, d->seed, k, 2, w, P));
        ASSERT_OK(critpt_plan_add_point(plan, w, P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
    }
    for (size_t j = 0; j < P; j++)
        g[j] *= 0.1;
    if (roll(d, 4) == 0)
        ASSERT_OK(critpt_plan_require_gradient(plan, 0, g, P, NULL));
    draw_loss(s, plan, d);
    free(w), free(g);
    return plan;
}

/* A way of solving a plan, chosen in place of the first that has room. */
static critpt_status solve(critpt_plan *plan, cpt_route route, cpt_solve *by)
{
    critpt_status status = cpt_solve_begin(by, plan, NULL);
    by->equations.route = route;
    return status == CRITPT_OK ? cpt_solve_run(by) : status;
}

/* Where both ways end well: the same targets; and what the triangle plants at a moderate condition
 * is planted without it, in most cases. */
START_TEST(plants_what_the_triangle_plants)
{
    size_t moderate = 0, planted = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        dice d = {seed, 0};
        const net shape = draw_net(&d);
        scene s = scene_create(&shape, 60 + roll(&d, 300), seed);
        critpt_plan *plan = draw_plan(&s, &d);
        cpt_solve with, without;
        critpt_status first = solve(plan, CPT_ROUTE_ROWS, &with);
        critpt_status second = solve(plan, CPT_ROUTE_UNIT_BLOCKS, &without);
        double condition = with.equations.triangle.condition;
        ck_assert_msg(first != CRITPT_INFEASIBLE || second != CRITPT_OK, "seed %d", (int)seed);
        ck_assert_msg(second != CRITPT_INFEASIBLE || first != CRITPT_OK, "seed %d: %s", (int)seed,
                      critpt_error_message());
        if (first == CRITPT_OK && condition < 1e5) {
            moderate++;
            planted += second == CRITPT_OK;
        }
        if (first == CRITPT_OK && second == CRITPT_OK) {
            const cpt_metric *metric = cpt_equations_points(&with.equations)->metric;
            double apart = cpt_metric_norm(metric, with.targets.values, without.targets.values);
            double distance = cpt_metric_norm(metric, with.targets.values, with.targets.base);
            ck_assert_msg(apart <= 1e-13 * condition * (distance + with.targets.size),
                          "seed %d: %g apart at the distance %g, condition %g", (int)seed, apart,
                          distance, condition);
            ck_assert(isnan(without.report.values[CRITPT_REPORT_RANK]));
            ck_assert(isnan(without.report.values[CRITPT_REPORT_CONDITION]));
            ck_assert(isnan(without.report.values[CRITPT_REPORT_REDUNDANT]));
        }
        cpt_solve_end(&with);
        cpt_solve_end(&without);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
    ck_assert_uint_ge(moderate, CASES / 3);
    ck_assert_uint_eq(planted, moderate);
}
END_TEST

typedef enum inputs_kind { GENERIC, ISOLATED, COLLINEAR } inputs_kind;

/* An 8-6-2 network at two points, whose input column 3 is like the others, or 0 in all but two
 * samples, or column 2 but for 1e-8. */
static critpt_plan *inputs_plan(inputs_kind kind, critpt_model **model,
                                critpt_landscape **landscape)
{
    enum { N = 200, d = 8 };
    critpt_plan *plan;
    double inputs[N * d], w[128];
    ASSERT_OK(critpt_mlp_create(model, d));
    ASSERT_OK(critpt_mlp_add_layer(*model, 6, CRITPT_TANH, 1));
    ASSERT_OK(critpt_mlp_add_layer(*model, 2, CRITPT_IDENTITY, 1));
    ASSERT_OK(critpt_random_normal(4, 0, 0, inputs, N * d));
    for (size_t i = 0; i < N; i++) {
        double *x = inputs + i * d;
        if (kind == ISOLATED && i != 5 && i != 90)
            x[3] = 0;
        if (kind == COLLINEAR)
            x[3] = x[2] + 1e-8 * x[3];
    }
    ASSERT_OK(critpt_landscape_create(landscape, *model, N, inputs, d));
    ASSERT_OK(critpt_plan_create(&plan, *landscape));
    for (size_t k = 0; k < 2; k++) {
        ASSERT_OK(critpt_mlp_draw_weights(*model, 1, k, 1, w, critpt_model_n_weights(*model)));
        ASSERT_OK(critpt_plan_add_point(plan, w, critpt_model_n_weights(*model), NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
    }
    return plan;
}

static void expect(inputs_kind kind, cpt_route route, critpt_status wanted, const char *words)
{
    critpt_model *model;
    critpt_landscape *landscape;
    cpt_solve by;
    critpt_plan *plan = inputs_plan(kind, &model, &landscape);
    ASSERT_FAILS(solve(plan, route, &by), wanted, words);
    cpt_solve_end(&by);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}

/* Twelve equations on the four targets of two samples: what stalls proves it, and names the column.
 * Where a column is nearly another, targets exist, which the steps do not find: nothing is proven.
 */
START_TEST(proves_a_contradiction_or_nothing)
{
    expect(ISOLATED, CPT_ROUTE_ROWS, CRITPT_INFEASIBLE, "input column 3 ");
    expect(ISOLATED, CPT_ROUTE_UNIT_BLOCKS, CRITPT_INFEASIBLE, "input column 3 of the first layer");
    expect(COLLINEAR, CPT_ROUTE_ROWS, CRITPT_OK, "");
    expect(COLLINEAR, CPT_ROUTE_UNIT_BLOCKS, CRITPT_NOT_CONVERGED, "input column 3");
}
END_TEST

/* w0 exp(-w1 x) + sin(w2 x) */
static int decay(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * x[i]) + sin(w[2] * x[i]);
    return 0;
}

static int decay_jacobian(void *user, const double *w, size_t n, const double *x, double *j)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        double e = exp(-w[1] * x[i]);
        j[3 * i] = e;
        j[3 * i + 1] = -x[i] * w[0] * e;
        j[3 * i + 2] = x[i] * cos(w[2] * x[i]);
    }
    return 0;
}

/* A model that knows no blocks has its rows scaled. */
START_TEST(plants_models_by_callbacks)
{
    enum { N = 40 };
    static const double weights[2][3] = {{2, 1, 0.7}, {1, 3, -1.6}};
    const critpt_model_callbacks callbacks = {
        .struct_size = sizeof callbacks, .outputs = decay, .jacobian = decay_jacobian};
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    cpt_solve with, without;
    double x[N];
    for (size_t i = 0; i < N; i++)
        x[i] = 0.1 * (double)(i + 1);
    ASSERT_OK(critpt_model_create(&model, 1, 1, 3, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&landscape, model, N, x, 1));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < 2; k++)
        ASSERT_OK(critpt_plan_add_point(plan, weights[k], 3, NULL));
    ASSERT_OK(solve(plan, CPT_ROUTE_ROWS, &with));
    ASSERT_OK(solve(plan, CPT_ROUTE_UNIT_BLOCKS, &without));
    for (size_t i = 0; i < N; i++)
        ASSERT_NEAR(without.targets.values[i], with.targets.values[i], with.targets.size, 1e-9);
    cpt_solve_end(&with);
    cpt_solve_end(&without);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

static size_t steps_heard;
static int hear(double done, const char *stage, void *user)
{
    (void)user;
    if (strncmp(stage, "residual ", 9) != 0)
        return 0;
    ck_assert(done >= 0.2 && done < 0.85); /* the bar moves with the residual */
    return ++steps_heard > 5;
}

/* A memory limit chooses the way; it is refused with what each way needs, and can be cancelled. */
START_TEST(a_memory_limit_chooses_the_way)
{
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan = inputs_plan(GENERIC, &model, &landscape);
    critpt_plan_options *options;
    double rank, distance, same;
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_solve(plan, options));
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_RANK, &rank));
    ck_assert(rank > 0);
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_DISTANCE, &distance));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, 700000));
    ASSERT_OK(critpt_plan_solve(plan, options));
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_RANK, &rank));
    ck_assert(isnan(rank));
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_DISTANCE, &same));
    ASSERT_NEAR(same, distance, distance, 1e-9);
    ASSERT_OK(critpt_plan_options_set_progress(options, hear, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_CANCELLED, "");
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, 1000));
    ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_NO_MEMORY, "GiB without a triangle");
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

/* A machine that has no room for blocks of one size. */
static struct {
    size_t least, refused;
} machine;

static void *allocate_on(size_t bytes, void *user)
{
    (void)user;
    bool refuses = machine.least && bytes >= machine.least && bytes < machine.least + 64;
    machine.refused += refuses;
    return refuses ? NULL : malloc(bytes);
}

static void release_on(void *memory, void *user)
{
    (void)user;
    free(memory);
}

/* Where the activations have no room, and no limit told so before, they are not kept. */
START_TEST(keeps_activations_only_where_there_is_room)
{
    const critpt_allocator allocator = {sizeof allocator, allocate_on, release_on, NULL};
    critpt_model *model;
    critpt_landscape *landscape;
    cpt_solve with, without;
    size_t size;
    ASSERT_OK(critpt_set_allocator(&allocator));
    critpt_plan *plan = inputs_plan(GENERIC, &model, &landscape);
    ASSERT_OK(solve(plan, CPT_ROUTE_UNIT_BLOCKS, &with));
    ck_assert_ptr_nonnull(with.work.evaluation.kept.numbers);
    ASSERT_OK(cpt_points_kept_size(&with.points, &size));
    machine.least = size * sizeof(double);
    ASSERT_OK(solve(plan, CPT_ROUTE_UNIT_BLOCKS, &without));
    ck_assert_uint_eq(machine.refused, 1);
    ck_assert_ptr_null(without.work.evaluation.kept.numbers);
    ck_assert_mem_eq(with.targets.values, without.targets.values,
                     with.points.N * with.points.D * sizeof(double));
    cpt_solve_end(&with);
    cpt_solve_end(&without);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    machine.least = 0;
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

int main(void)
{
    const test_function tests[] = {plants_what_the_triangle_plants, plants_models_by_callbacks,
                                   proves_a_contradiction_or_nothing,
                                   a_memory_limit_chooses_the_way,
                                   keeps_activations_only_where_there_is_room};
    return test_main("unit_blocks", tests, sizeof tests / sizeof *tests);
}
