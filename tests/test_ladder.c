/* The ladder of indices at a single point: every rung is met, and steps where it says (MATH 7). */
#include "support.h"

#include <float.h>

static size_t index_at(const scene *s, critpt_plan *plan, double scale)
{
    critpt_spectrum *spectrum;
    double *w = NEW(double, s->P);
    ASSERT_OK(critpt_plan_set_residual_scale(plan, scale));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_point_weights(plan, 0, w, s->P));
    ASSERT_OK(critpt_spectrum_create(&spectrum, s->landscape, w, s->P, NULL));
    ck_assert_int_ne(critpt_spectrum_kind(spectrum), CRITPT_NOT_CRITICAL);
    ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 0);
    size_t index = critpt_spectrum_index(spectrum);
    critpt_spectrum_destroy(spectrum);
    free(w);
    return index;
}

/* The whole ladder, from the scales that a solve at `scale` finds. */
static void climb(const net *shape, size_t N, double scale)
{
    scene s = scene_create(shape, N, 3);
    critpt_plan *plan;
    double *t = NEW(double, s.P), *y = normal(N * s.D, 9);
    size_t n, n_negative = 0;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, y, s.D));
    ASSERT_OK(critpt_plan_set_residual_scale(plan, scale));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_index_ladder(plan, t, s.P, &n));
    ck_assert_uint_gt(n, 4);
    while (n_negative < n && t[n_negative] < 0)
        n_negative++;
    size_t n_positive = n - n_negative;
    for (size_t q = 0; q <= n_positive; q++) {
        const double *up = t + n_negative;
        double low = q > 0 ? up[q - 1] : 0, high = q < n_positive ? up[q] : 2 * low;
        if (high - low > 1e-6 * high)
            ck_assert_uint_eq(index_at(&s, plan, q > 0 ? sqrt(low * high) : high / 2), q);
    }
    for (size_t q = 0; q <= n_negative; q++) {
        double low = q > 0 ? -t[n_negative - q] : 0;
        double high = q < n_negative ? -t[n_negative - 1 - q] : 2 * low;
        if (high - low > 1e-6 * high)
            ck_assert_uint_eq(index_at(&s, plan, q > 0 ? -sqrt(low * high) : -high / 2), q);
    }
    critpt_plan_destroy(plan);
    free(t), free(y);
    scene_destroy(&s);
}

START_TEST(every_rung_of_the_ladder_is_met)
{
    static const net shapes[] = {
        {4, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {4, 3, {3, 3, 1}, {CRITPT_SOFTPLUS, CRITPT_TANH, CRITPT_IDENTITY}, {1, 1, 0}},
        {5, 2, {3, 1}, {CRITPT_SIN, CRITPT_SIGMOID}, {1, 1}},
    };
    for (size_t i = 0; i < 3; i++)
        climb(&shapes[i], 400, 1);
    climb(&shapes[0], 400, -2.5); /* the same ladder from any rung */
}
END_TEST

START_TEST(the_residual_scales_and_the_point_stays_critical)
{
    static const net shape = {4, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 3);
    critpt_plan *plan;
    double *y = NEW(double, 600), *z = NEW(double, 600), *f = NEW(double, 600), scaled;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_landscape_targets(s.landscape, y, 2));
    ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, s.weights, s.P, f, 2));
    ASSERT_OK(critpt_plan_set_residual_scale(plan, -3));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_landscape_targets(s.landscape, z, 2));
    ASSERT_OK(critpt_plan_point_value(plan, 0, CRITPT_POINT_GRADIENT_SCALED, &scaled));
    ck_assert_double_le(scaled, 2);
    for (size_t i = 0; i < 600; i++)
        ASSERT_NEAR(z[i], f[i] + 3 * (f[i] - y[i]), 1 + fabs(z[i]), 1e-12);
    critpt_plan_destroy(plan);
    free(y), free(z), free(f);
    scene_destroy(&s);
}
END_TEST

START_TEST(the_ladder_refuses_what_it_cannot_take)
{
    static const net shape = {4, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    scene s = scene_create(&shape, 300, 3);
    critpt_plan *plan;
    double t[4];
    size_t n;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_FAILS(critpt_plan_index_ladder(NULL, t, 4, &n), invalid, "plan is NULL");
    ASSERT_FAILS(critpt_plan_index_ladder(plan, t, 4, &n), invalid, "0 points");
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_FAILS(critpt_plan_index_ladder(plan, t, 4, &n), invalid, "not solved yet");
    ASSERT_FAILS(critpt_plan_set_residual_scale(plan, 0), invalid, "not 0");
    ASSERT_FAILS(critpt_plan_set_residual_scale(plan, NAN), invalid, "nan");
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_FAILS(critpt_plan_index_ladder(plan, NULL, 4, &n), invalid, "scales is NULL");
    ASSERT_FAILS(critpt_plan_index_ladder(plan, t, 4, NULL), invalid, "n_steps is NULL");
    ASSERT_OK(critpt_plan_index_ladder(plan, NULL, 0, &n));
    ck_assert_uint_gt(n, 4);
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_FAILS(critpt_plan_set_residual_scale(plan, 2), invalid, "2 points");
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        every_rung_of_the_ladder_is_met,
        the_residual_scales_and_the_point_stays_critical,
        the_ladder_refuses_what_it_cannot_take,
    };
    return test_main("ladder", tests, sizeof tests / sizeof *tests);
}
