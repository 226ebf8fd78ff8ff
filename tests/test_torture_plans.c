/* Every call of libcritpt on plans whose allocations fail, one after the other. */
#include "torture.h"

/* ---- Plans ---- */

static critpt_status plan_create(world *w)
{
    return critpt_plan_create(&w->new_plan, w->s.landscape);
}

static critpt_status plan_options(world *w)
{
    return critpt_plan_options_create(&w->new_options);
}

static void one_point(world *w)
{
    torture_add_points(w, 1, false);
}

static void reduced(world *w)
{
    ASSERT_OK(torture_set_reduction(w));
    torture_add_points(w, 2, true);
}

static void three_points(world *w)
{
    torture_add_points(w, 3, true);
}

static critpt_status add_point(world *w)
{
    return critpt_plan_add_point(w->plan, w->a, w->s.P, NULL);
}

static critpt_status add_free_point(world *w)
{
    return critpt_plan_add_free_point(w->plan, w->a, w->s.P, NULL);
}

static critpt_status set_base_targets(world *w)
{
    return critpt_plan_set_base_targets(w->plan, w->a, w->s.D);
}

static critpt_status freeze_targets(world *w)
{
    const unsigned char mask[40] = {1, 0, 1};
    return critpt_plan_freeze_targets(w->plan, mask, 1);
}

static critpt_status draw_points(world *w)
{
    return critpt_plan_draw_points(w->plan, 2, 3, 1, 4, NULL, NULL);
}

static critpt_status draw_points_with_gain(world *w)
{
    return critpt_plan_draw_points(w->plan, 2, 3, 1, 4, NULL, w->out);
}

static critpt_status require_gradient(world *w)
{
    return critpt_plan_require_gradient(w->plan, 0, w->a, w->s.P, NULL);
}

static critpt_status require_entry(world *w)
{
    return critpt_plan_require_hessian_entry(w->plan, 0, 1, 2, 1, NULL);
}

static critpt_status require_curvature(world *w)
{
    return critpt_plan_require_curvature(w->plan, 0, w->a, w->b, w->s.P, 1, NULL);
}

static critpt_status require_eigenpair(world *w)
{
    return critpt_plan_require_eigenpair(w->plan, 0, 2, w->a, w->s.P, NULL);
}

static critpt_status require_gauss_newton(world *w)
{
    return critpt_plan_require_gauss_newton(w->plan, 0, NULL);
}

static critpt_status require_loss(world *w)
{
    return critpt_plan_require_loss(w->plan, 0, 1, NULL);
}

static critpt_status require_difference(world *w)
{
    return critpt_plan_require_loss_difference(w->plan, 0, 1, 0.1, NULL);
}

static critpt_status require_picture(world *w)
{
    const size_t points[3] = {0, 1, 2};
    return critpt_plan_require_picture(w->plan, points, w->a, 2, 3, 3, NULL);
}

static critpt_status require_index(world *w)
{
    return critpt_plan_require_index(w->plan, 0, 2, 0.001, NULL);
}

static critpt_status require_minimum(world *w)
{
    return critpt_plan_require_minimum(w->plan, 0, 0.001, NULL);
}

static critpt_status require_eigenvalues(world *w)
{
    return critpt_plan_require_eigenvalues(w->plan, 0, 1, 0.001, NULL);
}

/* ---- Solves ---- */

static critpt_status solve(world *w)
{
    critpt_status status = critpt_plan_solve(w->plan, w->options);
    size_t n = status == CRITPT_NO_MEMORY ? 0 : critpt_plan_n_warnings(w->plan);
    w->out[0] = (double)n;
    w->out[1] = status == CRITPT_NO_MEMORY ? 0 : (double)critpt_plan_n_conflicts(w->plan);
    return status;
}

static critpt_status diagnose(world *w)
{
    return critpt_plan_diagnose(w->plan, w->options);
}

/* The least limit that a solve keeps has no room for a triangle. */
static void without_triangle(world *w)
{
    critpt_status status = CRITPT_NO_MEMORY;
    double rank;
    one_point(w);
    for (size_t limit = 1000; status == CRITPT_NO_MEMORY; limit += limit / 16) {
        ASSERT_OK(critpt_plan_options_set_memory_limit(w->options, limit));
        status = critpt_plan_solve(w->plan, w->options);
    }
    ASSERT_OK(critpt_plan_report_value(w->plan, CRITPT_REPORT_RANK, &rank));
    ck_assert(status == CRITPT_OK && isnan(rank));
}

static void natures(world *w)
{
    torture_add_points(w, 2, true);
    ASSERT_OK(critpt_plan_require_minimum(w->plan, 0, 0.001, NULL));
    ASSERT_OK(critpt_plan_require_index(w->plan, 1, 1, 0.001, NULL));
}

static void many_conditions(world *w)
{
    one_point(w);
    for (size_t k = 1; k < 4; k++)
        ASSERT_OK(critpt_plan_add_free_point(w->plan, w->a + k * w->s.P, w->s.P, NULL));
    const size_t points[3] = {1, 2, 3};
    ASSERT_OK(critpt_plan_require_hessian_entry(w->plan, 0, 0, 0, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(w->plan, 1, w->a, w->b, w->s.P, 1, NULL));
    ASSERT_OK(critpt_plan_require_picture(w->plan, points, w->a, 2, 3, 3, NULL));
}

static void a_gradient(world *w)
{
    ASSERT_OK(critpt_plan_add_free_point(w->plan, w->a, w->s.P, NULL));
    ASSERT_OK(critpt_plan_require_gradient(w->plan, 0, w->b, w->s.P, NULL));
}

static void an_eigenpair(world *w)
{
    one_point(w);
    ASSERT_OK(critpt_plan_require_eigenpair(w->plan, 0, 2, w->a, w->s.P, NULL));
}

static void a_gauss_newton(world *w)
{
    one_point(w);
    ASSERT_OK(critpt_plan_require_gauss_newton(w->plan, 0, NULL));
}

static void a_soft_level(world *w)
{
    size_t condition;
    one_point(w);
    ASSERT_OK(critpt_plan_require_curvature(w->plan, 0, w->a, w->a, w->s.P, 1, &condition));
    ASSERT_OK(critpt_plan_soften(w->plan, condition, 2));
    ASSERT_OK(critpt_plan_require_loss(w->plan, 0, 3, NULL));
}

static void scaled_outputs(world *w)
{
    torture_add_points(w, 2, true);
    ASSERT_OK(critpt_plan_require_loss_difference(w->plan, 0, 1, 0.01, NULL));
}

static void contradiction(world *w)
{
    torture_add_points(w, 2, false);
    ASSERT_OK(critpt_plan_require_curvature(w->plan, 0, w->a, w->a, w->s.P, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(w->plan, 0, w->a, w->a, w->s.P, 2, NULL));
}

/* The same weights but for the output layer. */
static void twins(world *w)
{
    for (size_t k = 0; k < 2; k++) {
        w->a[w->s.P - 1] = (double)k;
        ASSERT_OK(critpt_plan_add_point(w->plan, w->a, w->s.P, NULL));
    }
}

static void frozen(world *w)
{
    const unsigned char mask[40] = {1, 0, 1};
    one_point(w);
    ASSERT_OK(critpt_plan_freeze_targets(w->plan, mask, 1));
}

static void solved(world *w)
{
    one_point(w);
    ASSERT_OK(critpt_plan_solve(w->plan, NULL));
}

static critpt_status ladder(world *w)
{
    size_t n;
    return critpt_plan_index_ladder(w->plan, w->out, 100, &n);
}

/* ---- All of them ---- */

static const torture_case plans[] = {
    PLAIN(plan_create),
    PLAIN(plan_options),
    PLAIN(add_point),
    PLAIN(add_free_point),
    PLAIN(set_base_targets),
    PLAIN(freeze_targets),
    PLAIN(draw_points),
    PLAIN(draw_points_with_gain),
    WITH(one_point, draw_points),
    {"require_gradient", NULL, 0, CRITPT_OK, one_point, require_gradient},
    WITH(one_point, require_entry),
    WITH(one_point, require_curvature),
    WITH(one_point, require_eigenpair),
    WITH(one_point, require_gauss_newton),
    WITH(one_point, require_loss),
    WITH(three_points, require_difference),
    WITH(three_points, require_picture),
    WITH(one_point, require_index),
    WITH(one_point, require_minimum),
    WITH(one_point, require_eigenvalues),
};
static const net curved = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_SIN}, {1, 1}};
static const torture_case solves[] = {
    WITH(one_point, solve),
    WITH(three_points, solve),
    WITH(without_triangle, solve),
    WITH(reduced, solve),
    WITH(many_conditions, solve),
    WITH(a_gradient, solve),
    {"an_eigenpair: solve", &curved, 0, CRITPT_OK, an_eigenpair, solve},
    {"a_gauss_newton: solve", &curved, 100, CRITPT_OK, a_gauss_newton, solve},
    WITH(a_soft_level, solve),
    WITH(scaled_outputs, solve),
    WITH(frozen, solve),
    WITH(natures, solve),
    {"contradiction", NULL, 0, CRITPT_INFEASIBLE, contradiction, solve},
    {"twins", NULL, 0, CRITPT_INFEASIBLE, twins, solve},
    WITH(three_points, diagnose),
    WITH(contradiction, diagnose),
    WITH(solved, ladder),
};

START_TEST(plans_are_built)
{
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        torture(&plans[i]);
}
END_TEST

START_TEST(plans_are_solved)
{
    for (size_t i = 0; i < sizeof solves / sizeof *solves; i++)
        torture(&solves[i]);
}
END_TEST

int main(void)
{
    const test_function tests[] = {plans_are_built, plans_are_solved};
    return test_main("torture_plans", tests, sizeof tests / sizeof *tests);
}
