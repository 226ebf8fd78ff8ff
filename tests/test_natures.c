/* Natures through the plan: what is promised is there, nearest, and refused where it cannot be. */
#include "support.h"

#include <stdint.h>
#include <string.h>

typedef struct wish {
    net shape;
    size_t N, K, index[3]; /* SIZE_MAX: any */
    double margin;
} wish;

static critpt_plan *plan_of(const scene *s, const wish *w, double scale)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    for (size_t k = 0; k < w->K; k++) {
        double *weights = net_weights(s->model, 5, k, scale);
        ASSERT_OK(critpt_plan_add_point(plan, weights, s->P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
        if (w->index[k] != SIZE_MAX)
            ASSERT_OK(critpt_plan_require_index(plan, k, w->index[k], w->margin, NULL));
        free(weights);
    }
    return plan;
}

/* The finished landscape's spectrum has that index, and nothing undecided. */
static void assert_index(const scene *s, const critpt_plan *plan, size_t point, size_t index)
{
    critpt_spectrum *spectrum;
    critpt_spectrum_options *options;
    double *w = NEW(double, s->P);
    ASSERT_OK(critpt_plan_point_weights(plan, point, w, s->P));
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(options, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, s->landscape, w, s->P, options));
    ck_assert_uint_eq(critpt_spectrum_index(spectrum), index);
    ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 0);
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), index ? CRITPT_SADDLE : CRITPT_MINIMUM);
    critpt_spectrum_options_destroy(options);
    critpt_spectrum_destroy(spectrum);
    free(w);
}

static double report(const critpt_plan *plan, critpt_report_quantity quantity)
{
    double value;
    ASSERT_OK(critpt_plan_report_value(plan, quantity, &value));
    return value;
}

START_TEST(points_have_the_natures_asked_for)
{
    static const wish wishes[] = {
        {{8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}}, 600, 2, {0, 0}, 1e-4},
        {{8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}}, 600, 2, {0, 3}, 1e-4},
        {{6, 2, {3, 2}, {CRITPT_SIN, CRITPT_IDENTITY}, {1, 1}}, 500, 2, {1, SIZE_MAX}, 1e-4},
        {{6, 3, {4, 3, 1}, {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY}, {0, 0, 0}},
         800,
         1,
         {0},
         1e-5},
        {{6, 2, {3, 1}, {CRITPT_TANH, CRITPT_SIGMOID}, {1, 1}}, 400, 2, {2, 0}, 1e-5},
    };
    for (size_t t = 0; t < sizeof wishes / sizeof *wishes; t++) {
        const wish *w = &wishes[t];
        scene s = scene_create(&w->shape, w->N, 3);
        critpt_plan *plan = plan_of(&s, w, 2);
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ck_assert_double_le(report(plan, CRITPT_REPORT_DUALITY_GAP), 1e-3);
        for (size_t k = 0; k < w->K; k++) {
            double margin, scaled;
            ASSERT_OK(critpt_plan_point_value(plan, k, CRITPT_POINT_MARGIN, &margin));
            ASSERT_OK(critpt_plan_point_value(plan, k, CRITPT_POINT_GRADIENT_SCALED, &scaled));
            ck_assert_double_le(scaled, 2);
            if (w->index[k] == SIZE_MAX) {
                ck_assert_double_nan(margin);
                continue;
            }
            ck_assert_double_ge(margin, w->margin);
            assert_index(&s, plan, k, w->index[k]);
        }
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

/* The second input is the first but for `near`. */
static void make_collinear(scene *s, double near)
{
    for (size_t i = 0; i < s->N; i++)
        s->inputs[i * s->d + 1] = s->inputs[i * s->d] + near * s->inputs[i * s->d + 1];
    critpt_landscape_destroy(s->landscape);
    ASSERT_OK(critpt_landscape_create(&s->landscape, s->model, s->N, s->inputs, s->d));
    ASSERT_OK(critpt_landscape_set_targets(s->landscape, s->targets, s->D));
}

static bool has_warning(const critpt_plan *plan, const char *words)
{
    for (size_t i = 0; i < critpt_plan_n_warnings(plan); i++)
        if (strstr(critpt_plan_warning(plan, i), words))
            return true;
    return false;
}

/* Nearly collinear inputs make curvatures that rounding hides, though the whitened ones have the
 * margin, or on some machines nearly, which a warning says. Larger ones are asked for, so that no
 * sign is hidden; where they cannot be had, nothing is promised. */
START_TEST(no_sign_is_left_undecided)
{
    static const struct {
        double near, margin;
        critpt_status status;
        const char *says;
    } tasks[] = {{1e-2, 1e-6, CRITPT_OK, ""},
                 {1e-4, 1e-6, CRITPT_OK, ""},
                 {1e-5, 1e-6, CRITPT_OK, ""},
                 {1e-7, 1e-3, CRITPT_NOT_ATTAINED, "undecided signs"},
                 {3e-7, 0.5, CRITPT_NOT_ATTAINED, "more would not help"}};
    for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++) {
        const wish w = {{4, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
                        400,
                        2,
                        {1, 2},
                        tasks[t].margin};
        scene s = scene_create(&w.shape, w.N, 3);
        make_collinear(&s, tasks[t].near);
        critpt_plan *plan = plan_of(&s, &w, 2);
        ck_assert_msg(critpt_plan_solve(plan, NULL) == tasks[t].status, "near %g: %s",
                      tasks[t].near, critpt_error_message());
        if (tasks[t].status != CRITPT_OK)
            ck_assert_ptr_nonnull(strstr(critpt_error_message(), tasks[t].says));
        for (size_t k = 0; tasks[t].status == CRITPT_OK && k < w.K; k++) {
            double margin;
            assert_index(&s, plan, k, w.index[k]);
            ASSERT_OK(critpt_plan_point_value(plan, k, CRITPT_POINT_MARGIN, &margin));
            ck_assert_msg(margin >= w.margin ||
                              (margin >= 0.9 * w.margin && has_warning(plan, "are met at")),
                          "near %g: margin %.17g", tasks[t].near, margin);
        }
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

/* The ladder of MATH 7 knows what indices a single point can have: the nearest targets of an index
 * that the base targets have already are those without any nature. */
START_TEST(an_index_that_is_there_already_costs_nothing)
{
    static const wish w = {
        {4, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}}, 400, 1, {SIZE_MAX}, 1e-8};
    scene s = scene_create(&w.shape, w.N, 3);
    critpt_plan *plan = plan_of(&s, &w, 2);
    critpt_spectrum *spectrum;
    double *x = NEW(double, s.P), before;
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    before = report(plan, CRITPT_REPORT_DISTANCE);
    ASSERT_OK(critpt_plan_point_weights(plan, 0, x, s.P));
    ASSERT_OK(critpt_spectrum_create(&spectrum, s.landscape, x, s.P, NULL));
    ASSERT_OK(critpt_plan_require_index(plan, 0, critpt_spectrum_index(spectrum), 1e-8, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_NEAR(report(plan, CRITPT_REPORT_DISTANCE), before, before, 1e-3);
    critpt_spectrum_destroy(spectrum);
    critpt_plan_destroy(plan);
    free(x);
    scene_destroy(&s);
}
END_TEST

/* Natures beside other conditions and frozen targets. */
START_TEST(natures_combine_with_conditions)
{
    static const wish w = {
        {8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}}, 900, 2, {0, 1}, 1e-5};
    scene s = scene_create(&w.shape, w.N, 3);
    critpt_plan *plan = plan_of(&s, &w, 2);
    unsigned char *frozen = NEW(unsigned char, s.N);
    double *base = normal(s.N, 9), *v = normal(s.P, 10), *y = NEW(double, s.N), achieved, loss[2];
    for (size_t i = 0; i < s.N; i += 9)
        frozen[i] = 1;
    size_t c;
    ASSERT_OK(critpt_plan_set_base_targets(plan, base, 1));
    ASSERT_OK(critpt_plan_freeze_targets(plan, frozen, 1));
    ASSERT_OK(critpt_plan_require_curvature(plan, 0, v, v, s.P, 5, &c));
    ASSERT_OK(critpt_plan_require_loss_difference(plan, 1, 0, 0.25, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    assert_index(&s, plan, 0, 0);
    assert_index(&s, plan, 1, 1);
    ASSERT_OK(critpt_plan_condition_value(plan, c, CRITPT_CONDITION_ACHIEVED, &achieved));
    ASSERT_NEAR(achieved, 5, 5, 1e-9);
    for (size_t k = 0; k < 2; k++)
        ASSERT_OK(critpt_plan_point_value(plan, k, CRITPT_POINT_LOSS, &loss[k]));
    ASSERT_NEAR(loss[1] - loss[0], 0.25, loss[0], 1e-13);
    ASSERT_OK(critpt_landscape_targets(s.landscape, y, 1));
    for (size_t i = 0; i < s.N; i += 9)
        ck_assert_double_eq(y[i], base[i]);
    critpt_plan_destroy(plan);
    free(frozen), free(base), free(v), free(y);
    scene_destroy(&s);
}
END_TEST

/* MATH 5, fact 5: with a linear output layer there are no maxima, and margins have a cap. */
START_TEST(caps_are_named)
{
    static const wish w = {
        {4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}}, 300, 1, {SIZE_MAX}, 0};
    scene s = scene_create(&w.shape, w.N, 3);
    critpt_plan *plan = plan_of(&s, &w, 2);
    double *before = NEW(double, s.N), *after = NEW(double, s.N);
    ASSERT_OK(critpt_landscape_targets(s.landscape, before, 1));
    ASSERT_OK(critpt_plan_require_maximum(plan, 0, 1e-4, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "cannot have index 19");
    ASSERT_OK(critpt_landscape_targets(s.landscape, after, 1));
    ck_assert_mem_eq(before, after, s.N * sizeof *before);
    critpt_plan_destroy(plan);
    free(before), free(after);
    scene_destroy(&s);
}
END_TEST

/* Nothing comes in by the second input: the weights of the two units for it are null directions,
 * and 7 of the 9 weights are left for an index. */
START_TEST(null_directions_cap_the_index)
{
    enum { SAMPLES = 200, WEIGHTS = 9 };
    const net shape = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_TANH}, {1, 1}};
    critpt_model *model = net_model(&shape);
    critpt_landscape *landscape;
    critpt_plan *plan;
    double *inputs = normal(2 * SAMPLES, 5), *weights = net_weights(model, 5, 0, 1.5);
    double *first = net_weights(model, 5, 1, 1.5);
    for (size_t i = 0; i < SAMPLES; i++)
        inputs[2 * i + 1] = 0;
    ASSERT_OK(critpt_landscape_create(&landscape, model, SAMPLES, inputs, 2));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    ASSERT_OK(critpt_plan_add_point(plan, first, WEIGHTS, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, weights, WEIGHTS, NULL));
    ASSERT_OK(critpt_plan_require_index(plan, 1, WEIGHTS - 1, 1e-6, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                 "point 1 cannot have index 8: in 2 of 9 directions its outputs do not change to "
                 "second order, whatever the targets; ask for 7 or less");
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    free(inputs), free(weights), free(first);
}
END_TEST

/* Dead units without biases: neither gradient nor Hessian see anything. */
START_TEST(a_point_where_nothing_curves_has_no_nature)
{
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    double inputs[40], weights[6] = {-1, -2, -1, -1, 1, 1}, targets[20];
    for (size_t i = 0; i < 40; i++)
        inputs[i] = 1 + 0.1 * (double)i;
    for (size_t i = 0; i < 20; i++)
        targets[i] = (double)(i % 3);
    ASSERT_OK(critpt_mlp_create(&model, 2));
    ASSERT_OK(critpt_mlp_add_layer(model, 2, CRITPT_RELU, CRITPT_NO_BIAS));
    ASSERT_OK(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_NO_BIAS));
    ASSERT_OK(critpt_landscape_create(&landscape, model, 20, inputs, 2));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    ASSERT_OK(critpt_plan_add_point(plan, weights, 6, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, targets, 1));
    ASSERT_OK(critpt_plan_require_index(plan, 0, 1, 0.1, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "point 0");
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

static int cancel(double done, const char *stage, void *user)
{
    size_t *calls = user;
    (void)done;
    if (strstr(stage, "nature"))
        ++*calls;
    return *calls >= 3;
}

START_TEST(cancelling_natures_changes_nothing)
{
    static const wish w = {
        {8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}}, 600, 2, {0, 3}, 1e-4};
    scene s = scene_create(&w.shape, w.N, 3);
    critpt_plan *plan = plan_of(&s, &w, 2);
    critpt_plan_options *options;
    size_t calls = 0;
    double *before = NEW(double, s.N), *after = NEW(double, s.N);
    ASSERT_OK(critpt_landscape_targets(s.landscape, before, 1));
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_progress(options, cancel, &calls));
    ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_CANCELLED, "cancelled");
    ck_assert_uint_eq(calls, 3);
    ASSERT_OK(critpt_landscape_targets(s.landscape, after, 1));
    ck_assert_mem_eq(before, after, s.N * sizeof *before);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    free(before), free(after);
    scene_destroy(&s);
}
END_TEST

START_TEST(natures_refuse_what_they_cannot_take)
{
    static const wish w = {
        {4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}}, 300, 2, {SIZE_MAX, SIZE_MAX}, 0};
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    scene s = scene_create(&w.shape, w.N, 3);
    critpt_plan *plan = plan_of(&s, &w, 2);
    double *v = normal(s.P, 1);
    size_t c, point;
    critpt_plan_options *options;
    ASSERT_FAILS(critpt_plan_require_minimum(NULL, 0, 0.1, NULL), invalid, "plan is NULL");
    ASSERT_FAILS(critpt_plan_require_maximum(NULL, 0, 0.1, NULL), invalid, "plan is NULL");
    ASSERT_FAILS(critpt_plan_require_minimum(plan, 2, 0.1, NULL), invalid, "point is 2");
    ASSERT_FAILS(critpt_plan_require_minimum(plan, 0, 0, NULL), invalid, "margin is 0");
    ASSERT_FAILS(critpt_plan_require_minimum(plan, 0, 1, NULL), invalid, "margin is 1");
    ASSERT_FAILS(critpt_plan_require_minimum(plan, 0, NAN, NULL), invalid, "margin is nan");
    ASSERT_FAILS(critpt_plan_require_index(plan, 0, s.P + 1, 0.1, NULL), invalid, "index is");
    ASSERT_OK(critpt_plan_add_free_point(plan, v, s.P, &point));
    ASSERT_FAILS(critpt_plan_require_minimum(plan, point, 0.1, NULL), invalid, "not critical");
    ASSERT_OK(critpt_plan_require_minimum(plan, 0, 1e-4, &c));
    ASSERT_FAILS(critpt_plan_require_minimum(plan, 0, 1e-4, NULL), invalid, "prescribed already");
    ASSERT_FAILS(critpt_plan_soften(plan, c, 1), invalid, "nature");
    ASSERT_OK(critpt_plan_require_curvature(plan, 1, v, v, s.P, 1, &c));
    ASSERT_OK(critpt_plan_soften(plan, c, 1));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_UNSUPPORTED, "soft");
    ASSERT_OK(critpt_plan_options_create(&options));
    ck_assert_uint_eq(critpt_plan_options_nature_products(NULL), 20000);
    ASSERT_FAILS(critpt_plan_options_set_nature_products(options, 0), invalid, "0 products");
    ASSERT_OK(critpt_plan_options_set_nature_products(options, 7));
    ck_assert_uint_eq(critpt_plan_options_nature_products(options), 7);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    free(v);
    scene_destroy(&s);
}
END_TEST

/* Three steps of conjugate gradients attain nothing; what their multipliers prove is said. */
START_TEST(an_exhausted_budget_says_what_is_proven)
{
    static const size_t indices[] = {0, 1};
    for (size_t t = 0; t < 2; t++) {
        const wish w = {
            {6, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}}, 400, 2, {0, indices[t]}, 1e-4};
        scene s = scene_create(&w.shape, w.N, 3);
        critpt_plan *plan = plan_of(&s, &w, 2);
        critpt_plan_options *options;
        ASSERT_OK(critpt_plan_options_create(&options));
        ASSERT_OK(critpt_plan_options_set_nature_products(options, 3));
        ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_NOT_ATTAINED,
                     indices[t] ? "of the critical ones have them in the subspaces tried; allow"
                                : "of the critical ones have them; allow");
        critpt_plan_options_destroy(options);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

/* The least limit that does not refuse holds, and the natures are found with it. */
START_TEST(natures_keep_the_memory_limit)
{
    static const wish w = {
        {8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}}, 600, 2, {0, 1}, 1e-4};
    size_t limit = 1000, before;
    critpt_status status;
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    scene s = scene_create(&w.shape, w.N, 3);
    critpt_plan *plan = plan_of(&s, &w, 2);
    critpt_plan_options *options;
    ASSERT_OK(critpt_plan_options_create(&options));
    do {
        limit += limit / 8;
        ASSERT_OK(critpt_plan_options_set_memory_limit(options, limit));
        before = memory_count.bytes_peak = memory_count.bytes_live;
        status = critpt_plan_solve(plan, options);
        ck_assert(status == CRITPT_OK || memory_count.bytes_peak - before < 100000);
    } while (status == CRITPT_NO_MEMORY);
    ck_assert_int_eq(status, CRITPT_OK);
    ck_assert_uint_le(memory_count.bytes_peak - before, limit);
    assert_index(&s, plan, 0, 0);
    assert_index(&s, plan, 1, 1);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* Every allocation of the first ones fails in turn, and then every 64th part of them farther on. */
START_TEST(failing_allocations_change_nothing)
{
    static const wish w = {
        {3, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}}, 100, 2, {0, 1}, 1e-4};
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    memory_count.allowed = SIZE_MAX;
    scene s = scene_create(&w.shape, w.N, 3);
    critpt_plan *plan = plan_of(&s, &w, 2);
    double *y = NEW(double, s.N *s.D);
    critpt_status status = CRITPT_NO_MEMORY;
    size_t tries = 0;
    ASSERT_OK(critpt_landscape_set_targets(s.landscape, s.targets, s.D));
    for (; status == CRITPT_NO_MEMORY; tries += 1 + tries / 64) {
        memory_count.allocations = 0;
        memory_count.allowed = tries;
        status = critpt_plan_solve(plan, NULL);
        memory_count.allowed = SIZE_MAX;
        if (status != CRITPT_OK) {
            ASSERT_OK(critpt_landscape_targets(s.landscape, y, s.D));
            ck_assert_mem_eq(y, s.targets, s.N * s.D * sizeof *y);
        }
    }
    ck_assert_msg(status == CRITPT_OK, "%s", critpt_error_message());
    ck_assert_uint_gt(tries, 100);
    critpt_plan_destroy(plan);
    free(y);
    scene_destroy(&s);
    ck_assert_uint_eq(memory_count.live, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* The least eigenvalue of H in the metric G for f = v tanh(w x), two by two and by hand. */
static long double hand_margin(const scene *s, const double *weights, const double *targets)
{
    long double w = weights[0], v = weights[1], g[3] = {0}, h[3], n = (long double)s->N;
    long double bend = 0, cross = 0;
    for (size_t i = 0; i < s->N; i++) {
        long double x = s->inputs[i], a = tanhl(w * x), d = 1 - a * a, r = v * a - targets[i];
        g[0] += v * d * x * v * d * x / n;
        g[1] += v * d * x * a / n;
        g[2] += a * a / n;
        bend += -2 * v * a * d * x * x * r / n;
        cross += d * x * r / n;
    }
    h[0] = g[0] + bend, h[1] = g[1] + cross, h[2] = g[2];
    /* det(H - l G) = 0 */
    long double p = g[0] * g[2] - g[1] * g[1];
    long double q = h[0] * g[2] + h[2] * g[0] - 2 * h[1] * g[1], c = h[0] * h[2] - h[1] * h[1];
    return (q - sqrtl(q * q - 4 * p * c)) / (2 * p);
}

/* The level of the loss moves the targets after the nature: what is stated is what is there then.
 */
START_TEST(margins_are_those_of_the_finished_targets)
{
    static const net shape = {1, 2, {1, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    static const double levels[] = {3, 5, 10};
    size_t n_smaller = 0;
    for (int t = 0; t < 3; t++) {
        const wish w = {shape, 30, 1, {0}, 0.9};
        scene s = scene_create(&shape, 30, 2);
        critpt_plan *plan = plan_of(&s, &w, 1);
        double *targets = NEW(double, s.N), weights[2], margin;
        ASSERT_OK(critpt_plan_require_loss(plan, 0, levels[t], NULL));
        critpt_status status = critpt_plan_solve(plan, NULL);
        if (status == CRITPT_OK) {
            ASSERT_OK(critpt_landscape_targets(s.landscape, targets, 1));
            ASSERT_OK(critpt_plan_point_weights(plan, 0, weights, 2));
            ASSERT_OK(critpt_plan_point_value(plan, 0, CRITPT_POINT_MARGIN, &margin));
            ASSERT_NEAR(margin, hand_margin(&s, weights, targets), 1, 1e-9);
            ck_assert_uint_eq(margin<0.89, critpt_plan_n_warnings(plan)> 1 &&
                              strstr(critpt_plan_warning(plan, 1), "margins"));
        }
        ck_assert_msg(status == CRITPT_OK, "%s", critpt_error_message());
        n_smaller += margin < 0.89;
        free(targets);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
    ck_assert_uint_gt(n_smaller, 0);
}
END_TEST

/* Bit for bit, though a metric couples them with targets that a nature moves. */
START_TEST(frozen_targets_stay_with_a_metric_and_a_nature)
{
    static const net shape = {2, 2, {2, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    static const double metric[] = {2, 0.7, 0.7, 1.3};
    const wish w = {shape, 60, 1, {0}, 1e-4};
    scene s = scene_create(&shape, 60, 2);
    size_t n = s.N * 2, frozen = 0;
    double *base = normal(n, 4), *targets = NEW(double, n);
    unsigned char *mask = NEW(unsigned char, n);
    ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
    critpt_plan *plan = plan_of(&s, &w, 1);
    ASSERT_OK(critpt_plan_set_base_targets(plan, base, 2));
    for (size_t i = 0; i < n; i += 5)
        mask[i] = 1;
    ASSERT_OK(critpt_plan_freeze_targets(plan, mask, 2));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_landscape_targets(s.landscape, targets, 2));
    for (size_t i = 0; i < n; i++) {
        bool same = memcmp(base + i, targets + i, sizeof *base) == 0;
        ck_assert(same || i % 5 > 0);
        frozen += same;
    }
    ck_assert_uint_lt(frozen, n / 4);
    assert_index(&s, plan, 0, 0);
    free(base), free(targets), free(mask);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* 72 equations: shares by Wilson's formula of 23 of 62, 18 of 34 and 100 of 104 requests. */
START_TEST(odds_are_told_before_the_work)
{
    static const net shape = {8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    static const struct {
        size_t n_samples;
        const char *share;
    } cases[] = {{200, "with 4 26 to 50 % were"}, {600, "with 8 37 to 69 % were"}, {900, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const wish w = {shape, cases[i].n_samples, 2, {0, 1}, 1e-4};
        scene s = scene_create(&w.shape, w.N, 3);
        critpt_plan *plan = plan_of(&s, &w, 2);
        ASSERT_OK(critpt_plan_diagnose(plan, NULL));
        ck_assert_uint_eq(critpt_plan_n_warnings(plan), cases[i].share != NULL);
        if (cases[i].share) {
            const char *said = critpt_plan_warning(plan, 0);
            ck_assert_msg(strstr(said, cases[i].share) != NULL, "%s", said);
            ck_assert_msg(strstr(said, "1152 samples here, 91 to 98 %") != NULL, "%s", said);
        }
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        points_have_the_natures_asked_for,
        no_sign_is_left_undecided,
        an_index_that_is_there_already_costs_nothing,
        natures_combine_with_conditions,
        caps_are_named,
        null_directions_cap_the_index,
        a_point_where_nothing_curves_has_no_nature,
        cancelling_natures_changes_nothing,
        natures_refuse_what_they_cannot_take,
        an_exhausted_budget_says_what_is_proven,
        natures_keep_the_memory_limit,
        failing_allocations_change_nothing,
        margins_are_those_of_the_finished_targets,
        frozen_targets_stay_with_a_metric_and_a_nature,
        odds_are_told_before_the_work,
    };
    return test_main("natures", tests, sizeof tests / sizeof *tests);
}
