/* Penalties: what they add to every evaluation, and random plans under them, held against the loss
 * in extended precision. */
#include "conditions_support.h"
#include "dice.h"

#include <float.h>
#include <stdint.h>

enum { CASES = 60, MOST = 24 };

static const net small = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};

START_TEST(evaluations_gain_their_terms)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        scene s = scene_create(&small, 50, seed);
        double g[2][MOST], H[2][MOST * MOST], G[2][MOST * MOST], Hv[2][MOST], loss[2];
        double v[MOST], *directions = normal(MOST, seed + 5);
        memcpy(v, directions, sizeof v);
        for (int with = 0; with < 2; with++) {
            if (with)
                scene_penalize(&s, seed + 9, 0.5, seed % 2, seed / 2 % 2);
            ASSERT_OK(critpt_landscape_gradient(s.landscape, NULL, s.weights, s.P, g[with], s.P,
                                                &loss[with]));
            ASSERT_OK(critpt_landscape_hessian(s.landscape, NULL, s.weights, s.P, H[with], s.P));
            ASSERT_OK(
                critpt_landscape_gauss_newton(s.landscape, NULL, s.weights, s.P, G[with], s.P));
            ASSERT_OK(critpt_landscape_hessian_vector(s.landscape, NULL, s.weights, s.P, v, s.P,
                                                      Hv[with], s.P));
        }
        ASSERT_NEAR(loss[1] - loss[0], scene_penalty(&s, s.weights), loss[1], 1e-15);
        for (size_t j = 0; j < s.P; j++) {
            double away = s.weights[j] - (s.centre ? s.centre[j] : 0);
            ASSERT_NEAR(g[1][j] - g[0][j], s.penalty[j] * away, 1, 1e-14);
            ASSERT_NEAR(Hv[1][j] - Hv[0][j], s.penalty[j] * v[j], 1, 1e-14);
            for (size_t i = 0; i < s.P; i++) {
                double lambda = i == j ? s.penalty[j] : 0;
                ASSERT_NEAR(H[1][i * s.P + j] - H[0][i * s.P + j], lambda, 1, 1e-14);
                ASSERT_NEAR(G[1][i * s.P + j] - G[0][i * s.P + j], lambda, 1, 1e-14);
            }
        }
        free(directions);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(what_is_set_is_read_back_and_taken_off)
{
    scene s = scene_create(&small, 30, 1);
    double loss[2], penalty[MOST], centre[MOST], one = 0.25;
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &loss[0]));
    ASSERT_OK(critpt_landscape_set_penalty(s.landscape, &one, 1, s.weights, s.P));
    ASSERT_OK(critpt_landscape_penalty(s.landscape, penalty, s.P, centre, s.P));
    for (size_t j = 0; j < s.P; j++) {
        ck_assert(penalty[j] == one && centre[j] == s.weights[j]);
    }
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &loss[1]));
    ck_assert(loss[1] == loss[0]);
    ASSERT_OK(critpt_landscape_set_penalty(s.landscape, NULL, 0, NULL, 0));
    ASSERT_OK(critpt_landscape_penalty(s.landscape, penalty, s.P, NULL, 0));
    ck_assert(penalty[0] == 0);
    ASSERT_FAILS(critpt_landscape_penalty(s.landscape, penalty, s.P - 1, NULL, 0),
                 CRITPT_INVALID_ARGUMENT, "penalty");
    scene_destroy(&s);
}
END_TEST

START_TEST(bad_penalties_are_refused_and_change_nothing)
{
    scene s = scene_create(&small, 30, 1);
    double *penalty = NEW(double, s.P), *centre = NEW(double, s.P), before, after;
    scene_penalize(&s, 3, 0.5, false, true);
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &before));
    penalty[3] = -1;
    ASSERT_FAILS(critpt_landscape_set_penalty(s.landscape, penalty, s.P, NULL, 0),
                 CRITPT_INVALID_ARGUMENT, "penalty[3] is -1");
    penalty[3] = NAN;
    ASSERT_FAILS(critpt_landscape_set_penalty(s.landscape, penalty, s.P, NULL, 0),
                 CRITPT_NON_FINITE, "penalty");
    penalty[3] = 1;
    ASSERT_FAILS(critpt_landscape_set_penalty(s.landscape, penalty, s.P - 1, NULL, 0),
                 CRITPT_INVALID_ARGUMENT, "penalty");
    ASSERT_FAILS(critpt_landscape_set_penalty(s.landscape, penalty, s.P, centre, 2),
                 CRITPT_INVALID_ARGUMENT, "centre");
    ASSERT_FAILS(critpt_landscape_set_penalty(s.landscape, NULL, 1, NULL, 0),
                 CRITPT_INVALID_ARGUMENT, "penalty");
    centre[1] = INFINITY;
    ASSERT_FAILS(critpt_landscape_set_penalty(s.landscape, penalty, s.P, centre, s.P),
                 CRITPT_NON_FINITE, "centre");
    ASSERT_FAILS(critpt_landscape_set_penalty(NULL, penalty, s.P, NULL, 0), CRITPT_INVALID_ARGUMENT,
                 "landscape");
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &after));
    ck_assert(before == after);
    free(penalty), free(centre);
    scene_destroy(&s);
}
END_TEST

/* ---- Random plans ---- */

static net draw_net(dice *d)
{
    static const critpt_activation smooth[] = {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_SOFTPLUS,
                                               CRITPT_SIN,  CRITPT_GELU,    CRITPT_SILU};
    net shape = {.n_inputs = 1 + roll(d, 3), .n_layers = 2};
    shape.widths[0] = 1 + roll(d, 3);
    shape.widths[1] = 1 + roll(d, 2);
    shape.activations[0] = smooth[roll(d, sizeof smooth / sizeof *smooth)];
    shape.bias[0] = roll(d, 2) > 0;
    shape.bias[1] = roll(d, 2) > 0;
    return shape;
}

static void ask(planned *p, dice *d, double *metric, double *s)
{
    if (roll(d, 3) == 0) {
        scene_metrize(&p->s, d->seed + 3);
    } else if (roll(d, 2)) {
        for (size_t i = 0; i < p->s.D * p->s.D; i++)
            metric[i] = i / p->s.D == i % p->s.D ? 2 : 0.5;
        ASSERT_OK(critpt_landscape_set_output_metric(p->s.landscape, metric, p->s.D));
    }
    if (roll(d, 2)) {
        for (size_t i = 0; i < p->s.N; i++)
            s[i] = 0.1 + 2 * uniform(d);
        ASSERT_OK(critpt_landscape_set_sample_weights(p->s.landscape, s, p->s.N));
    }
    if (roll(d, 2))
        ASSERT_OK(critpt_plan_require_index(p->plan, 0, roll(d, 3), 1e-3, NULL));
    if (roll(d, 3) == 0)
        ASSERT_OK(critpt_plan_require_loss(p->plan, 1, 3 + uniform(d), NULL));
    if (roll(d, 3) == 0)
        ASSERT_OK(critpt_plan_require_hessian_entry(p->plan, 1, 0, p->s.P - 1, 0.25, NULL));
}

/* A gradient that is zero to rounding, by differences that know nothing of the library. */
static void assert_critical(const finished *f, size_t point, uint64_t seed)
{
    size_t P = f->p->s.P;
    double scale = 1 + (double)finished_point_loss(f, point);
    for (size_t j = 0; j < P; j++) {
        double *e = unit_vector(P, j), slope = finished_slope(f, point, e);
        ck_assert_msg(fabs(slope) <= 1e-9 * scale, "case %d, point %zu: slope %g along weight %zu",
                      (int)seed, point, slope, j);
        free(e);
    }
}

/* Negative pivots of L D L' of the Hessian by differences; -1 where one is too near to 0. */
static int index_at(const finished *f, size_t point)
{
    size_t P = f->p->s.P;
    double *H = NEW(double, P *P);
    int index = 0;
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j <= i; j++) {
            double *v = unit_vector(P, i), *u = unit_vector(P, j);
            H[i * P + j] = H[j * P + i] = finished_curvature(f, point, v, u);
            free(v), free(u);
        }
    for (size_t k = 0; k < P && index >= 0; k++) {
        double pivot = H[k * P + k];
        if (fabs(pivot) < 1e-7) {
            index = -1;
            break;
        }
        index += pivot < 0;
        for (size_t i = k + 1; i < P; i++)
            for (size_t j = k + 1; j < P; j++)
                H[i * P + j] -= H[i * P + k] * H[k * P + j] / pivot;
    }
    free(H);
    return index;
}

static void check(const planned *p, const double *s, const double *metric, uint64_t seed)
{
    finished f = finished_create(p, s[0] > 0 ? s : NULL, metric[0] > 0 ? metric : NULL);
    for (size_t k = 0; k < 2; k++)
        assert_critical(&f, k, seed);
    for (size_t c = 0; c < critpt_plan_n_conditions(p->plan); c++) {
        critpt_condition_kind kind;
        size_t point;
        double asked = planned_condition(p, c, CRITPT_CONDITION_REQUESTED);
        ASSERT_OK(critpt_plan_condition(p->plan, c, &kind, NULL, NULL));
        point = kind == CRITPT_CONDITION_NATURE ? 0 : 1;
        if (kind == CRITPT_CONDITION_NATURE) {
            int index = index_at(&f, point);
            ck_assert_msg(index < 0 || index == (int)asked, "case %d: index %d for %g", (int)seed,
                          index, asked);
        } else if (kind == CRITPT_CONDITION_LOSS)
            ASSERT_NEAR(finished_point_loss(&f, 1), asked, finished_level(&f) + asked, 1e-13);
    }
    finished_free(&f);
}

START_TEST(plans_under_penalties_hold)
{
    size_t solved = 0;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        dice d = {seed, 0};
        const net shape = draw_net(&d);
        planned p = planned_create(&shape, 80 + roll(&d, 80), 2, 0);
        double *s = NEW(double, p.s.N), metric[4] = {0};
        scene_penalize(&p.s, seed, pow(10, 3 * uniform(&d) - 3), roll(&d, 2) > 0, roll(&d, 2) > 0);
        ask(&p, &d, metric, s);
        critpt_status status = critpt_plan_solve(p.plan, NULL);
        if (status == CRITPT_OK) {
            solved++;
            check(&p, s, metric, seed);
        } else
            ck_assert_msg(status == CRITPT_INFEASIBLE || status == CRITPT_NOT_ATTAINED ||
                              status == CRITPT_NOT_CONVERGED,
                          "case %d: %s: %s", (int)seed, critpt_status_name(status),
                          critpt_error_message());
        free(s);
        planned_free(&p);
    }
    ck_assert_uint_ge(solved, CASES / 2);
}
END_TEST

/* ---- What changes ---- */

/* Penalised losses of critical points are ordered by scaling output weights alone. */
START_TEST(differences_of_losses_count_the_penalty)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        planned p = planned_create(&small, 60, 2, 0);
        size_t bias = p.s.P - 1;
        double difference = 0.05 + 0.1 * (double)seed;
        scene_penalize(&p.s, seed, 0.02, seed % 2, seed / 2 % 2);
        p.s.penalty[bias] = 0;
        ASSERT_OK(critpt_landscape_set_penalty(p.s.landscape, p.s.penalty, p.s.P, p.s.centre,
                                               p.s.centre ? p.s.P : 0));
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, difference, NULL));
        ASSERT_OK(critpt_plan_solve(p.plan, NULL));
        finished f = finished_create(&p, NULL, NULL);
        assert_critical(&f, 0, seed);
        assert_critical(&f, 1, seed);
        ASSERT_NEAR(finished_point_loss(&f, 1) - finished_point_loss(&f, 0), difference,
                    finished_level(&f) + 1, 1e-13);
        finished_free(&f);
        p.s.penalty[bias] = 0.5;
        ASSERT_OK(critpt_landscape_set_penalty(p.s.landscape, p.s.penalty, p.s.P, NULL, 0));
        ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_UNSUPPORTED,
                     "constants without penalty");
        planned_free(&p);
    }
}
END_TEST

/* A rescaled relu unit is a null direction of the outputs: under a penalty the point is critical
 * only where the weights into and out of the unit are balanced, and no targets help. */
START_TEST(orbits_of_rescaling_are_lifted)
{
    static const net homogeneous = {2, 2, {2, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {0, 0}};
    for (int balanced = 0; balanced < 2; balanced++) {
        scene s = scene_create(&homogeneous, 60, 4);
        critpt_plan *plan;
        critpt_spectrum *spectrum;
        double decay = 0.01, w[6];
        memcpy(w, s.weights, sizeof w);
        for (size_t u = 0; balanced && u < 2; u++) {
            double in = hypot(w[2 * u], w[2 * u + 1]);
            w[4 + u] = copysign(in, w[4 + u]);
        }
        ASSERT_OK(critpt_landscape_set_penalty(s.landscape, &decay, 1, NULL, 0));
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
        if (balanced) {
            ASSERT_OK(critpt_plan_solve(plan, NULL));
            ASSERT_OK(critpt_spectrum_create(&spectrum, s.landscape, w, s.P, NULL));
            ck_assert_uint_eq(
                critpt_spectrum_index(spectrum) + critpt_spectrum_n_positive(spectrum), s.P);
            critpt_spectrum_destroy(spectrum);
        } else
            ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                         "penalty has a slope along directions in which the outputs stay");
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(the_residual_is_not_scaled_under_a_penalty)
{
    planned p = planned_create(&small, 60, 1, 0);
    double decay = 0.1;
    ASSERT_OK(critpt_landscape_set_penalty(p.s.landscape, &decay, 1, NULL, 0));
    ASSERT_FAILS(critpt_plan_set_residual_scale(p.plan, 2), CRITPT_INVALID_ARGUMENT, "penalty");
    ASSERT_OK(critpt_landscape_set_penalty(p.s.landscape, NULL, 0, NULL, 0));
    ASSERT_OK(critpt_plan_set_residual_scale(p.plan, 2));
    ASSERT_OK(critpt_landscape_set_penalty(p.s.landscape, &decay, 1, NULL, 0));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INVALID_ARGUMENT, "scale");
    planned_free(&p);
}
END_TEST

int main(void)
{
    const test_function tests[] = {evaluations_gain_their_terms,
                                   what_is_set_is_read_back_and_taken_off,
                                   bad_penalties_are_refused_and_change_nothing,
                                   plans_under_penalties_hold,
                                   differences_of_losses_count_the_penalty,
                                   orbits_of_rescaling_are_lifted,
                                   the_residual_is_not_scaled_under_a_penalty};
    return test_main("penalty", tests, sizeof tests / sizeof *tests);
}
