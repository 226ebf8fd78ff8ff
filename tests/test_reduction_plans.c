/* Plans whose samples are spread over processes: what is planted is what one that holds all samples
 * plants. */
#include "reduction_support.h"

#include <stdio.h>

static const critpt_report_quantity reported[REPORTED] = {
    CRITPT_REPORT_EQUATIONS, CRITPT_REPORT_UNKNOWNS,      CRITPT_REPORT_RANK,
    CRITPT_REPORT_DISTANCE,  CRITPT_REPORT_AMPLIFICATION, CRITPT_REPORT_EXPECTED_RANK,
    CRITPT_REPORT_CONDITION};

static const net *shape_of(recipe r)
{
    static const net flat_net = {4, 1, {2}, {CRITPT_TANH}, {1}};
    return r == EIGENPAIR ? &curved_net : r == GAUSS_NEWTON ? &flat_net : &tanh_net;
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

int main(void)
{
    const test_function tests[] = {
        planted_targets_are_those_of_all_samples,
        all_solve_in_a_way_that_has_room_in_all,
    };
    return test_main("reduction_plans", tests, sizeof tests / sizeof *tests);
}
