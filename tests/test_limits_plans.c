/* Memory limits of random plans that cross what plans can ask for: natures, losses, conditions hard
 * and soft, several points, frozen targets, sample weights and an output metric; and of what cannot
 * be had. */
#include "limits_support.h"

#include <stdio.h>

typedef critpt_status (*on_plan)(critpt_plan *plan, const critpt_plan_options *options);

typedef struct plan_call {
    const scene *s;
    uint64_t seed;
    on_plan run;
} plan_call;

/* ---- Random plans ---- */

/* Some networks have inputs that are 0 in every sample, and so directions without effect. */
static void weigh(const scene *s)
{
    double *weights = NEW(double, s->N), *metric = NEW(double, s->D * s->D);
    for (size_t i = 0; i < s->N; i++)
        weights[i] = 1 + (double)limits_draw(3);
    for (size_t o = 0; o < s->D; o++)
        metric[o * s->D + o] = 1 + (double)o;
    if (limits_draw(3) == 0)
        ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, weights, s->N));
    if (limits_draw(3) == 0)
        ASSERT_OK(critpt_landscape_set_output_metric(s->landscape, metric, s->D));
    free(weights), free(metric);
}

static void add_points(critpt_plan *plan, const scene *s, size_t n_points, size_t n_free)
{
    for (size_t k = 0; k < n_points + n_free; k++) {
        double *w = net_weights(s->model, 4, k, 1.5);
        if (limits_draw(8) == 0) /* no input matters */
            memset(w, 0, s->P / 3 * sizeof *w);
        if (k < n_points)
            ASSERT_OK(critpt_plan_add_point(plan, w, s->P, NULL));
        else
            ASSERT_OK(critpt_plan_add_free_point(plan, w, s->P, NULL));
        if (k < n_points && limits_draw(2))
            ASSERT_OK(critpt_plan_let_point_move(plan, k));
        free(w);
    }
}

static void freeze(critpt_plan *plan, const scene *s)
{
    unsigned char *mask = NEW(unsigned char, s->N * s->D);
    for (size_t i = 0; i < s->N * s->D; i++)
        mask[i] = limits_draw(10) == 0;
    ASSERT_OK(critpt_plan_set_base_targets(plan, s->targets, s->D));
    ASSERT_OK(critpt_plan_freeze_targets(plan, mask, s->D));
    free(mask);
}

/* What a plan refuses at once is left out: it asks for nothing then. */
static void add_condition(critpt_plan *plan, const scene *s, size_t n_points, size_t n_free)
{
    const size_t three[3] = {0, limits_draw(n_points + n_free), limits_draw(n_points + n_free)};
    size_t P = s->P, K = n_points + n_free, k = limits_draw(K), c = SIZE_MAX;
    double *v = normal(P, limits_draw(99));
    switch (limits_draw(8)) {
    case 0:
        (void)critpt_plan_require_curvature(plan, k, v, v, P, 1, &c);
        break;
    case 1:
        (void)critpt_plan_require_hessian_entry(plan, k, limits_draw(P), limits_draw(P), 1, &c);
        break;
    case 2:
        (void)critpt_plan_require_loss_difference(plan, k, limits_draw(K), 0.1, &c);
        break;
    case 3:
        (void)critpt_plan_require_loss(plan, k, 1.5, NULL);
        break;
    case 4:
        (void)critpt_plan_require_gradient(plan, n_points, v, P, &c);
        break;
    case 5:
        (void)critpt_plan_require_eigenpair(plan, k, 0.5, v, P, &c);
        break;
    case 6:
        (void)critpt_plan_require_picture(plan, three, v, 1, P < 3 ? P : 3, P, &c);
        break;
    default:
        (void)critpt_plan_require_gauss_newton(plan, k, &c);
        break;
    }
    if (c != SIZE_MAX && limits_draw(4) == 0)
        (void)critpt_plan_soften(plan, c, 2);
    free(v);
}

static void add_natures(critpt_plan *plan, const scene *s, size_t n_points)
{
    for (size_t k = 0; k < n_points; k++)
        if (limits_draw(3) == 0)
            (void)critpt_plan_require_minimum(plan, k, 1e-3, NULL);
        else if (limits_draw(2) == 0)
            (void)critpt_plan_require_index(plan, k, limits_draw(s->P + 1), 1e-3, NULL);
}

static critpt_plan *random_plan(const scene *s, uint64_t seed)
{
    critpt_plan *plan;
    limits_seed(seed + 1000);
    size_t n_points = 1 + limits_draw(3), n_free = limits_draw(3);
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    add_points(plan, s, n_points, n_free);
    if (limits_draw(3) == 0)
        freeze(plan, s);
    for (size_t n = limits_draw(3); n > 0; n--)
        add_condition(plan, s, n_points, n_free);
    if (seed % 2)
        add_natures(plan, s, n_points);
    return plan;
}

static outcome run_plan(const void *data, size_t limit)
{
    const plan_call *c = data;
    critpt_plan_options *options;
    critpt_plan *plan = random_plan(c->s, c->seed);
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_nature_products(options, 30));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, limit));
    size_t before = limits_begin();
    critpt_status status = c->run(plan, options);
    const outcome seen = limits_end(status, before);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    return seen;
}

static scene plan_scene(uint64_t seed)
{
    bool natures = seed % 2; /* which take their time */
    scene s = limits_scene(seed, natures ? 3 : seed % 7 ? 5 : 9, seed % 3 && !natures ? 400 : 60);
    weigh(&s);
    return s;
}

static void hold_plans(const char *what, on_plan run, uint64_t seeds)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        scene s = plan_scene(seed);
        const plan_call call = {&s, seed, run};
        char name[80];
        snprintf(name, sizeof name, "%s, seed %d, P = %zu, N = %zu", what, (int)seed, s.P, s.N);
        limits_hold(name, run_plan, &call);
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
}

START_TEST(solves_of_random_plans_keep_their_limit)
{
    hold_plans("solve", critpt_plan_solve, 60);
}
END_TEST

START_TEST(diagnoses_of_random_plans_keep_their_limit)
{
    hold_plans("diagnose", critpt_plan_diagnose, 30);
}
END_TEST

int main(void)
{
    const test_function tests[] = {solves_of_random_plans_keep_their_limit,
                                   diagnoses_of_random_plans_keep_their_limit};
    return test_main("limits_plans", tests, sizeof tests / sizeof *tests);
}
