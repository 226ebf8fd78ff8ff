/* Conditions computed from hidden targets can be had together: random networks, weights, metrics,
 * masks and conditions. What a solve answers is checked without the library's own judgement. */
#include "dice.h"
#include "support.h"

#include <float.h>
#include <stdint.h>

enum { CONDITIONS = 6, POINTS = 3, CASES = 150 };

/* A condition on losses, with its value for the hidden targets. */
typedef struct asked {
    size_t condition, above, below; /* below = POINTS: the loss itself */
    double value;
    bool soft;
} asked;

typedef struct game {
    scene s;
    double *sample_weights, *metric; /* or NULL */
    double *base;
    unsigned char *frozen;
    size_t K, n_asked;
    double *weights[POINTS];
    bool has_gradient[POINTS], has_loss;
    asked losses[CONDITIONS];
    critpt_plan *plan;
} game;

static const critpt_activation smooth[] = {CRITPT_IDENTITY, CRITPT_TANH,     CRITPT_SIGMOID,
                                           CRITPT_SOFTPLUS, CRITPT_SILU,     CRITPT_GELU,
                                           CRITPT_SIN,      CRITPT_GAUSSIAN, CRITPT_SQUARE};

static net draw_net(dice *d)
{
    net shape = {.n_inputs = 2 + roll(d, 3), .n_layers = 1 + roll(d, 3)};
    for (size_t l = 0; l < shape.n_layers; l++) {
        shape.widths[l] = 1 + roll(d, 3);
        shape.activations[l] = smooth[roll(d, sizeof smooth / sizeof *smooth)];
        shape.bias[l] = roll(d, 2) > 0;
    }
    return shape;
}

static void draw_metrics(game *g, dice *d)
{
    size_t N = g->s.N, D = g->s.D;
    if (roll(d, 2)) {
        g->sample_weights = NEW(double, N);
        for (size_t i = 0; i < N; i++)
            g->sample_weights[i] = 0.1 + 4 * uniform(d);
        ASSERT_OK(critpt_landscape_set_sample_weights(g->s.landscape, g->sample_weights, N));
    }
    if (roll(d, 3) == 0) {
        scene_metrize(&g->s, d->seed + 5);
    } else if (roll(d, 2)) {
        g->metric = NEW(double, D *D);
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++)
                g->metric[a * D + b] = a == b ? 2 : 0.5;
        ASSERT_OK(critpt_landscape_set_output_metric(g->s.landscape, g->metric, D));
    }
    if (roll(d, 2))
        scene_penalize(&g->s, d->seed, pow(10, 4 * uniform(d) - 3), roll(d, 2) > 0, roll(d, 2) > 0);
}

static game create(dice *d)
{
    const net shape = draw_net(d);
    game g = {.s = scene_create(&shape, 60 + roll(d, 60), d->seed), .K = 2 + roll(d, 2)};
    draw_metrics(&g, d);
    ASSERT_OK(critpt_plan_create(&g.plan, g.s.landscape));
    for (size_t k = 0; k < g.K; k++) {
        g.weights[k] = net_weights(g.s.model, d->seed, k, 1.5);
        ASSERT_OK(critpt_plan_add_free_point(g.plan, g.weights[k], g.s.P, NULL));
    }
    g.base = normal(g.s.N * g.s.D, d->seed + 77);
    g.frozen = NEW(unsigned char, g.s.N *g.s.D);
    return g;
}

static void destroy(game *g)
{
    critpt_plan_destroy(g->plan);
    scene_destroy(&g->s);
    for (size_t k = 0; k < g->K; k++)
        free(g->weights[k]);
    free(g->sample_weights), free(g->metric), free(g->base), free(g->frozen);
}

static long double loss_at(const game *g, const double *weights, const double *targets)
{
    return scene_loss(&g->s, weights, targets, g->sample_weights, g->metric);
}

/* A loss or a difference of losses, as the hidden targets have it. */
static void ask_loss(game *g, dice *d, bool difference)
{
    asked a = {.above = roll(d, g->K), .below = POINTS};
    long double loss = loss_at(g, g->weights[a.above], g->s.targets);
    if (difference) {
        a.below = (a.above + 1) % g->K;
        a.value = (double)(loss - loss_at(g, g->weights[a.below], g->s.targets));
        ASSERT_OK(
            critpt_plan_require_loss_difference(g->plan, a.above, a.below, a.value, &a.condition));
    } else if (!g->has_loss) {
        g->has_loss = true;
        a.value = (double)loss;
        ASSERT_OK(critpt_plan_require_loss(g->plan, a.above, a.value, &a.condition));
    } else
        return;
    g->losses[g->n_asked++] = a;
}

/* Losses on a coarse grid of the plane through three points, less the first. */
static void ask_picture(game *g, dice *d)
{
    size_t points[3] = {roll(d, g->K), roll(d, g->K), roll(d, g->K)}, P = g->s.P;
    double values[9], *w = NEW(double, P);
    long double first = loss_at(g, g->weights[points[0]], g->s.targets);
    for (size_t node = 0; node < 9; node++) {
        for (size_t j = 0; j < P; j++)
            w[j] = g->weights[points[0]][j] +
                   (double)(node % 3) / 2 * (g->weights[points[1]][j] - g->weights[points[0]][j]) +
                   (double)(node / 3) / 2 * (g->weights[points[2]][j] - g->weights[points[0]][j]);
        values[node] = (double)(loss_at(g, w, g->s.targets) - first);
    }
    ASSERT_OK(critpt_plan_require_picture(g->plan, points, values, 3, 3, 3, NULL));
    free(w);
}

static void ask_derivative(game *g, dice *d, size_t kind)
{
    size_t k = roll(d, g->K), P = g->s.P, row = roll(d, P), column = roll(d, P);
    double *g_ = NEW(double, P), *H = NEW(double, P *P);
    ASSERT_OK(critpt_landscape_gradient(g->s.landscape, NULL, g->weights[k], P, g_, P, NULL));
    ASSERT_OK(critpt_landscape_hessian(g->s.landscape, NULL, g->weights[k], P, H, P));
    if (kind == 0 && !g->has_gradient[k]) {
        g->has_gradient[k] = true;
        ASSERT_OK(critpt_plan_require_gradient(g->plan, k, g_, P, NULL));
    } else
        ASSERT_OK(
            critpt_plan_require_hessian_entry(g->plan, k, row, column, H[row * P + column], NULL));
    free(g_), free(H);
}

static void ask(game *g, dice *d)
{
    size_t n = 1 + roll(d, CONDITIONS), last;
    for (size_t i = 0; i < n; i++) {
        size_t kind = roll(d, 5);
        if (kind < 2)
            ask_derivative(g, d, kind);
        else if (kind < 4)
            ask_loss(g, d, kind == 3);
        else
            ask_picture(g, d);
    }
    last = critpt_plan_n_conditions(g->plan) - 1;
    critpt_condition_kind kind;
    ASSERT_OK(critpt_plan_condition(g->plan, last, &kind, NULL, NULL));
    if (roll(d, 4) == 0 && kind != CRITPT_CONDITION_LOSS) {
        ASSERT_OK(critpt_plan_soften(g->plan, last, pow(10, 600 * uniform(d) - 300)));
        for (size_t i = 0; i < g->n_asked; i++)
            g->losses[i].soft = g->losses[i].condition == last;
    }
    if (roll(d, 3) == 0) {
        for (size_t i = 0; i < g->s.N * g->s.D; i++) {
            g->frozen[i] = roll(d, 6) == 0;
            g->base[i] = g->frozen[i] ? g->s.targets[i] : g->base[i];
        }
        ASSERT_OK(critpt_plan_freeze_targets(g->plan, g->frozen, g->s.D));
    }
    ASSERT_OK(critpt_plan_set_base_targets(g->plan, g->base, g->s.D));
}

/* eps max(L, y' Mn y): twice the loss of outputs that are 0. */
static double loss_unit(const game *g, const double *y)
{
    size_t D = g->s.D;
    double size = 0;
    for (size_t i = 0; i < g->s.N; i++)
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++) {
                double metric = g->s.metrics ? g->s.metrics[(i * D + a) * D + b]
                                : g->metric  ? g->metric[a * D + b]
                                             : a == b;
                size += (g->sample_weights ? g->sample_weights[i] : 1) * metric * y[i * D + a] *
                        y[i * D + b] / (double)g->s.N;
            }
    for (size_t k = 0; k < g->K; k++)
        size = fmax(size, (double)loss_at(g, g->weights[k], y));
    return DBL_EPSILON * size;
}

static void check_success(const game *g, const double *y, uint64_t seed)
{
    double unit = loss_unit(g, y);
    for (size_t i = 0; i < g->s.N * g->s.D; i++)
        ck_assert_msg(!g->frozen[i] || y[i] == g->base[i], "case %d: frozen target %zu moved",
                      (int)seed, i);
    for (size_t i = 0; i < g->n_asked; i++) {
        const asked *a = &g->losses[i];
        long double value = loss_at(g, g->weights[a->above], y);
        if (a->soft)
            continue;
        if (a->below < POINTS)
            value -= loss_at(g, g->weights[a->below], y);
        ASSERT_NEAR(value, a->value, unit, 20);
    }
}

START_TEST(what_hidden_targets_have_can_be_had)
{
    size_t solved = 0;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        dice d = {seed, 0};
        game g = create(&d);
        double *y = NEW(double, g.s.N *g.s.D), condition;
        ask(&g, &d);
        ASSERT_OK(critpt_plan_diagnose(g.plan, NULL));
        critpt_status status = critpt_plan_solve(g.plan, NULL);
        ASSERT_OK(critpt_landscape_targets(g.s.landscape, y, g.s.D));
        ASSERT_OK(critpt_plan_report_value(g.plan, CRITPT_REPORT_CONDITION, &condition));
        solved += status == CRITPT_OK;
        /* nearly dependent equations may be out of reach of double precision, but no more */
        ck_assert_msg(status == CRITPT_OK || (status == CRITPT_NOT_CONVERGED && condition > 1e3),
                      "case %d: %s (condition %g)", (int)seed, critpt_error_message(), condition);
        if (status == CRITPT_OK)
            check_success(&g, y, seed);
        else
            ck_assert_mem_eq(y, g.s.targets, g.s.N * g.s.D * sizeof *y);
        free(y);
        destroy(&g);
    }
    ck_assert_uint_ge(solved, CASES * 95 / 100);
}
END_TEST

/* ---- What random conditions found ---- */

static const net small = {3, 2, {2, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};

typedef struct pair {
    scene s;
    critpt_plan *plan;
    double *w[2];
} pair;

static pair pair_create(bool first_critical)
{
    pair p = {.s = scene_create(&small, 60, 3)};
    ASSERT_OK(critpt_plan_create(&p.plan, p.s.landscape));
    for (size_t k = 0; k < 2; k++)
        p.w[k] = net_weights(p.s.model, 5, k, 1.5);
    if (first_critical)
        ASSERT_OK(critpt_plan_add_point(p.plan, p.w[0], p.s.P, NULL));
    else
        ASSERT_OK(critpt_plan_add_free_point(p.plan, p.w[0], p.s.P, NULL));
    return p;
}

static void pair_free(pair *p)
{
    critpt_plan_destroy(p->plan);
    scene_destroy(&p->s);
    free(p->w[0]), free(p->w[1]);
}

START_TEST(frozen_targets_that_an_equation_needs_are_a_conflict)
{
    for (size_t all = 0; all < 2; all++) {
        pair p = pair_create(true);
        unsigned char mask[120];
        size_t point, condition;
        for (size_t i = 0; i < 120; i++)
            mask[i] = all || i % 2 == 1;
        ASSERT_OK(critpt_plan_freeze_targets(p.plan, mask, 2));
        ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "freeze fewer");
        ck_assert_uint_eq(critpt_plan_n_contradicting(p.plan), 1);
        ASSERT_OK(critpt_plan_contradicting(p.plan, 0, &point, &condition));
        ck_assert_uint_eq(condition, CRITPT_CRITICAL_POINT);
        ck_assert_uint_eq(critpt_plan_n_null_directions(p.plan), 0);
        pair_free(&p);
    }
}
END_TEST

/* Two units exchanged: the outputs differ by rounding, in which no picture should be drawn. */
START_TEST(copies_of_a_point_have_one_loss)
{
    static const double differences[] = {0, 0.5};
    for (size_t t = 0; t < 2; t++) {
        pair p = pair_create(false);
        double *a = p.w[0], *b = p.w[1], amplification;
        memcpy(b, a, p.s.P * sizeof *b);
        for (size_t j = 0; j < 3; j++)
            b[j] = a[3 + j], b[3 + j] = a[j];
        for (size_t j = 6; j < 12; j += 2)
            b[j] = a[j + 1], b[j + 1] = a[j];
        ASSERT_OK(critpt_plan_add_free_point(p.plan, b, p.s.P, NULL));
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, differences[t], NULL));
        if (t == 1) {
            ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "condition 0");
        } else {
            ASSERT_OK(critpt_plan_solve(p.plan, NULL));
            ASSERT_OK(
                critpt_plan_report_value(p.plan, CRITPT_REPORT_AMPLIFICATION, &amplification));
            ASSERT_NEAR(amplification, 0, 1, 1e-12);
        }
        pair_free(&p);
    }
}
END_TEST

/* Two soft conditions that contradict each other meet half way, however heavy they are. */
START_TEST(soft_conditions_never_conflict)
{
    for (int exponent = 10; exponent <= 300; exponent += 58) {
        pair p = pair_create(true);
        double there[2];
        ASSERT_OK(critpt_plan_add_free_point(p.plan, p.w[1], p.s.P, NULL));
        for (size_t c = 0; c < 2; c++) {
            ASSERT_OK(
                critpt_plan_require_hessian_entry(p.plan, 1, 0, 1, 0.5 + 0.5 * (double)c, NULL));
            ASSERT_OK(critpt_plan_soften(p.plan, c, pow(10, exponent)));
        }
        ASSERT_OK(critpt_plan_solve(p.plan, NULL));
        for (size_t c = 0; c < 2; c++) {
            ASSERT_OK(critpt_plan_condition_value(p.plan, c, CRITPT_CONDITION_ACHIEVED, &there[c]));
            ASSERT_NEAR(there[c], 0.75, 1, 1e-7);
        }
        pair_free(&p);
    }
}
END_TEST

/* Of two gaps between critical points the soft one gives way. */
START_TEST(a_soft_gap_gives_way_to_a_hard_one)
{
    pair p = pair_create(true);
    double there;
    ASSERT_OK(critpt_plan_add_point(p.plan, p.w[1], p.s.P, NULL));
    ASSERT_OK(critpt_plan_let_point_move(p.plan, 1));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, 1e5, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, -0.1, NULL));
    ASSERT_OK(critpt_plan_soften(p.plan, 0, 1));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_plan_condition_value(p.plan, 1, CRITPT_CONDITION_ACHIEVED, &there));
    ASSERT_NEAR(there, -0.1, 1, 1e-13);
    pair_free(&p);
}
END_TEST

/* A scaled residual is for a single point alone, whatever comes first. */
START_TEST(a_scaled_residual_stays_alone)
{
    pair p = pair_create(true);
    unsigned char mask[120] = {1};
    size_t n_steps;
    ASSERT_OK(critpt_plan_set_residual_scale(p.plan, 3));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_plan_index_ladder(p.plan, NULL, 0, &n_steps));
    ASSERT_OK(critpt_plan_freeze_targets(p.plan, mask, 2));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INVALID_ARGUMENT, "set it to 1");
    ASSERT_OK(critpt_plan_freeze_targets(p.plan, NULL, 0));
    ASSERT_OK(critpt_plan_add_free_point(p.plan, p.w[1], p.s.P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, 0.1, NULL));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INVALID_ARGUMENT, "set it to 1");
    ASSERT_OK(critpt_plan_set_residual_scale(p.plan, 1));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    pair_free(&p);
}
END_TEST

/* Points are drawn beside a free point, whose mean output is tied to nothing. */
START_TEST(free_points_do_not_disturb_a_draw)
{
    pair p = pair_create(true);
    size_t first;
    double gain;
    ASSERT_OK(critpt_plan_add_free_point(p.plan, p.w[1], p.s.P, NULL));
    ASSERT_OK(critpt_plan_draw_points(p.plan, 1, 4, 1.5, 1, &first, &gain));
    ck_assert_uint_eq(first, 2);
    ck_assert(gain > 0);
    pair_free(&p);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        what_hidden_targets_have_can_be_had, frozen_targets_that_an_equation_needs_are_a_conflict,
        copies_of_a_point_have_one_loss,     soft_conditions_never_conflict,
        a_soft_gap_gives_way_to_a_hard_one,  a_scaled_residual_stays_alone,
        free_points_do_not_disturb_a_draw,
    };
    return test_main("conditions_random", tests, sizeof tests / sizeof *tests);
}
