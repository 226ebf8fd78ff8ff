/* Plans that fail leave everything as it was; options and getters refuse what they cannot take. */
#include "plan_support.h"

#include <stdint.h>

START_TEST(a_point_on_a_kink_is_refused)
{
    const net shape = {2, 2, {3, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {0, 0}};
    scene s = scene_create(&shape, 30, 1);
    critpt_landscape *L;
    critpt_plan *plan;
    s.inputs[14] = s.inputs[15] = 1;
    s.weights[0] = 0.5, s.weights[1] = -0.5;
    ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_plan_create(&plan, L));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INVALID_ARGUMENT,
                 "unit 0 of layer 0 at sample 7");
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    scene_destroy(&s);
}
END_TEST

START_TEST(overflowing_outputs_are_refused)
{
    const net shape = {2, 2, {3, 1}, {CRITPT_SQUARE, CRITPT_SQUARE}, {0, 0}};
    scene s = scene_create(&shape, 30, 1);
    critpt_plan *plan;
    for (size_t j = 0; j < s.P; j++)
        s.weights[j] = 1e100;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_NON_FINITE, "point 0 is inf at sample");
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* ---- Failure leaves everything as it was ---- */

typedef struct cancel_at {
    int calls, stop;
    double last;
} cancel_at;

static int cancel(double done, const char *stage, void *user)
{
    cancel_at *at = user;
    ck_assert_double_ge(done, at->last);
    ck_assert_double_le(done, 1);
    ck_assert_ptr_nonnull(stage);
    at->last = done;
    return ++at->calls == at->stop;
}

/* Finite outputs are not enough: a gradient of products of 1e200 is not, nor is a loss. */
START_TEST(overflowing_gradients_and_losses_are_refused)
{
    const net shape = {1, 1, {1}, {CRITPT_IDENTITY}, {0}};
    scene s = scene_create(&shape, 3, 1);
    double inputs[3] = {1e200, 0, 0}, targets[3] = {0, 1e200, 0}, weight = 0;
    critpt_landscape *large;
    critpt_plan *plan;
    ASSERT_OK(critpt_landscape_create(&large, s.model, 3, inputs, 1));
    ASSERT_OK(critpt_plan_create(&plan, large));
    ASSERT_OK(critpt_plan_add_point(plan, &weight, 1, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_NON_FINITE, "overflow");
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(large);
    inputs[0] = 1;
    ASSERT_OK(critpt_landscape_create(&large, s.model, 3, inputs, 1));
    ASSERT_OK(critpt_plan_create(&plan, large));
    ASSERT_OK(critpt_plan_add_point(plan, &weight, 1, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, targets, 1));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_NON_FINITE, "the loss of point 0 overflows");
    ck_assert_int_ne(critpt_landscape_targets(large, targets, 1), CRITPT_OK);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(large);
    scene_destroy(&s);
}
END_TEST

START_TEST(cancelling_changes_nothing)
{
    scene s = scene_create(&small, 2000, 1);
    critpt_plan *plan = plan_of(&s, 2, 2);
    critpt_plan_options *options;
    double *y = NEW(double, s.N *s.D), *w = NEW(double, s.P), *given = NEW(double, s.P);
    ASSERT_OK(critpt_plan_options_create(&options));
    cancel_at all = {0, 0, 0};
    ASSERT_OK(critpt_plan_options_set_progress(options, cancel, &all));
    ASSERT_OK(critpt_plan_point_weights(plan, 1, given, s.P));
    for (int stop = 1;; stop++) {
        cancel_at at = {0, stop, 0};
        ASSERT_OK(critpt_plan_options_set_progress(options, cancel, &at));
        critpt_status status = critpt_plan_solve(plan, options);
        if (status == CRITPT_OK)
            break;
        ck_assert_int_eq(status, CRITPT_CANCELLED);
        ASSERT_OK(critpt_landscape_targets(s.landscape, y, s.D));
        ck_assert_mem_eq(y, s.targets, s.N * s.D * sizeof *y);
        ASSERT_OK(critpt_plan_point_weights(plan, 1, w, s.P));
        ck_assert_mem_eq(w, given, s.P * sizeof *w);
        ck_assert_int_lt(stop, 1000);
    }
    assert_critical(&s, plan, 2);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    free(y), free(w), free(given);
    scene_destroy(&s);
}
END_TEST

START_TEST(the_memory_limit_is_kept_before_anything_is_allocated)
{
    scene s = scene_create(&small, 500, 1);
    critpt_plan *plan = plan_of(&s, 3, 2);
    critpt_plan_options *options;
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, 100000));
    ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_NO_MEMORY, "GiB");
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, 100000000));
    ASSERT_OK(critpt_plan_solve(plan, options));
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* Every allocation of a solve fails in turn, for a plan that succeeds and one with all kinds of
 * diagnosis; targets stay, nothing leaks. */
START_TEST(failing_allocations_change_nothing)
{
    for (int trap = 0; trap <= 1; trap++) {
        ASSERT_OK(critpt_set_allocator(&counting_allocator));
        memory_count.live = 0;
        scene s = scene_create(&small, 200, 1);
        for (size_t i = 0; trap && i < s.N; i++) {
            s.inputs[i * s.d] = i == 3;
            s.inputs[i * s.d + 1] = 0;
        }
        critpt_landscape *L;
        critpt_plan *plan;
        double *y = NEW(double, s.N *s.D);
        ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
        ASSERT_OK(critpt_landscape_set_targets(L, s.targets, s.D));
        ASSERT_OK(critpt_plan_create(&plan, L));
        for (size_t k = 0; k < 3; k++) {
            double *w = net_weights(s.model, 4, k, 2);
            ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
            if (!trap)
                ASSERT_OK(critpt_plan_let_point_move(plan, k));
            free(w);
        }
        critpt_status status = CRITPT_NO_MEMORY;
        size_t tries = 0;
        for (; status == CRITPT_NO_MEMORY; tries++) {
            memory_count.allocations = 0;
            memory_count.allowed = tries;
            status = critpt_plan_solve(plan, NULL);
            memory_count.allowed = SIZE_MAX;
            if (status != CRITPT_OK) {
                ASSERT_OK(critpt_landscape_targets(L, y, s.D));
                ck_assert_mem_eq(y, s.targets, s.N * s.D * sizeof *y);
            }
        }
        ck_assert_msg(status == (trap ? CRITPT_INFEASIBLE : CRITPT_OK), "%s",
                      critpt_error_message());
        ck_assert_uint_gt(tries, 20);
        critpt_plan_destroy(plan);
        critpt_landscape_destroy(L);
        free(y);
        scene_destroy(&s);
        ck_assert_uint_eq(memory_count.live, 0);
        ASSERT_OK(critpt_set_allocator(NULL));
    }
}
END_TEST

/* ---- Options and getters ---- */

START_TEST(options_are_checked_and_read_back)
{
    critpt_plan_options *options;
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_plan_options_create(NULL), invalid, "NULL");
    ASSERT_OK(critpt_plan_options_create(&options));
    ck_assert_double_eq(critpt_plan_options_rank_tolerance(options), 0);
    ck_assert_uint_eq(critpt_plan_options_memory_limit(options), 0);
    ck_assert_uint_eq(critpt_plan_options_refinements(options), 4);
    ck_assert(isnan(critpt_plan_options_base_noise(options)));
    ck_assert_uint_eq(critpt_plan_options_seed(options), 0);
    ck_assert_int_eq(critpt_plan_options_balance(NULL), 1);
    ASSERT_OK(critpt_plan_options_set_rank_tolerance(options, 1e-9));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, 77));
    ASSERT_OK(critpt_plan_options_set_refinements(options, 1));
    ASSERT_OK(critpt_plan_options_set_base_noise(options, 0.5));
    ASSERT_OK(critpt_plan_options_set_seed(options, INT64_MAX));
    ASSERT_OK(critpt_plan_options_set_balance(options, 0));
    ASSERT_FAILS(critpt_plan_options_set_rank_tolerance(options, 1), invalid, "tolerance is 1");
    ASSERT_FAILS(critpt_plan_options_set_rank_tolerance(options, -1), invalid, "-1");
    ASSERT_FAILS(critpt_plan_options_set_rank_tolerance(options, NAN), invalid, "nan");
    ASSERT_FAILS(critpt_plan_options_set_base_noise(options, -1), invalid, "-1");
    ASSERT_FAILS(critpt_plan_options_set_base_noise(options, INFINITY), invalid, "inf");
    ASSERT_FAILS(critpt_plan_options_set_seed(options, (uint64_t)1 << 63), invalid,
                 "9223372036854775808");
    ASSERT_FAILS(critpt_plan_options_set_balance(options, 2), invalid, "balance is 2");
    ck_assert_int_eq(critpt_plan_options_model_check(NULL), 1);
    ASSERT_OK(critpt_plan_options_set_model_check(options, 0));
    ck_assert_int_eq(critpt_plan_options_model_check(options), 0);
    ASSERT_FAILS(critpt_plan_options_set_model_check(options, 2), invalid, "check is 2");
    ASSERT_FAILS(critpt_plan_options_set_rank_tolerance(NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_options_set_memory_limit(NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_options_set_refinements(NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_options_set_base_noise(NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_options_set_seed(NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_options_set_balance(NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_options_set_progress(NULL, NULL, NULL), invalid, "NULL");
    ck_assert_double_eq(critpt_plan_options_rank_tolerance(options), 1e-9);
    ck_assert_uint_eq(critpt_plan_options_memory_limit(options), 77);
    ck_assert_uint_eq(critpt_plan_options_refinements(options), 1);
    ck_assert_double_eq(critpt_plan_options_base_noise(options), 0.5);
    ck_assert_uint_eq(critpt_plan_options_seed(options), INT64_MAX);
    ck_assert_int_eq(critpt_plan_options_balance(options), 0);
    critpt_plan_options_destroy(options);
    critpt_plan_options_destroy(NULL);
}
END_TEST

START_TEST(plans_refuse_what_they_cannot_take)
{
    scene s = scene_create(&small, 300, 1);
    critpt_plan *plan;
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    double x[700];
    ASSERT_FAILS(critpt_plan_create(NULL, s.landscape), invalid, "plan");
    ASSERT_FAILS(critpt_plan_create(&plan, NULL), invalid, "landscape");
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_FAILS(critpt_plan_solve(NULL, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), invalid, "no point");
    ASSERT_FAILS(critpt_plan_add_point(NULL, s.weights, s.P, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_add_point(plan, NULL, s.P, NULL), invalid, "weights is NULL");
    ASSERT_FAILS(critpt_plan_add_point(plan, s.weights, 3, NULL), invalid, "length 3");
    s.weights[5] = INFINITY;
    ASSERT_FAILS(critpt_plan_add_point(plan, s.weights, s.P, NULL), CRITPT_NON_FINITE,
                 "weights[5] is inf");
    s.weights[5] = 0;
    ASSERT_FAILS(critpt_plan_let_point_move(plan, 0), invalid, "point is 0; the plan has 0");
    ASSERT_FAILS(critpt_plan_let_point_move(NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_set_base_targets(NULL, s.targets, 2), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_set_base_targets(plan, s.targets, 1), invalid, "leading");
    s.targets[9] = NAN;
    ASSERT_FAILS(critpt_plan_set_base_targets(plan, s.targets, 2), CRITPT_NON_FINITE,
                 "row 4, column 1");
    ASSERT_FAILS(critpt_plan_point_weights(plan, 0, x, s.P), invalid, "point is 0");
    ASSERT_FAILS(critpt_plan_point_weights_requested(plan, 0, x, s.P), invalid, "point is 0");
    ASSERT_FAILS(critpt_plan_base_targets(plan, x, 2), invalid, "not solved");
    ASSERT_FAILS(critpt_plan_base_targets(NULL, x, 2), invalid, "NULL");
    critpt_plan_destroy(plan);
    critpt_plan_destroy(NULL);
    scene_destroy(&s);
}
END_TEST

START_TEST(reports_refuse_what_they_cannot_give)
{
    scene s = scene_create(&small, 300, 1);
    critpt_plan *plan;
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    double x[700], value;
    size_t item;
    critpt_cause kind;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_FAILS(critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, &value), invalid,
                 "point is 0");
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_RANK, &value));
    ck_assert(isnan(value));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_base_targets(plan, x, 2));
    ASSERT_FAILS(critpt_plan_base_targets(plan, x, 1), invalid, "leading");
    ASSERT_FAILS(critpt_plan_point_weights(plan, 0, x, 4), invalid, "length 4");
    ASSERT_FAILS(critpt_plan_point_value(NULL, 0, CRITPT_POINT_LOSS, &value), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_point_value(plan, 1, CRITPT_POINT_LOSS, &value), invalid,
                 "point is 1");
    ASSERT_FAILS(critpt_plan_point_value(plan, 0, (critpt_point_quantity)99, &value), invalid,
                 "99 does not exist");
    ASSERT_FAILS(critpt_plan_report_value(plan, (critpt_report_quantity)99, &value), invalid,
                 "99 does not exist");
    ASSERT_FAILS(critpt_plan_report_value(plan, CRITPT_REPORT_RANK, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_report_value(NULL, CRITPT_REPORT_RANK, &value), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_conflict_equation(plan, 0, 0, NULL, NULL, NULL, NULL), invalid,
                 "conflict is 0");
    ASSERT_FAILS(critpt_plan_conflict_defect(plan, 0, &value), invalid, "conflict is 0");
    ASSERT_FAILS(critpt_plan_cause(plan, 0, &kind), invalid, "cause is 0");
    ASSERT_FAILS(critpt_plan_cause_item(plan, 0, CRITPT_CAUSE_POINT, 0, &item), invalid,
                 "cause is 0");
    ASSERT_FAILS(critpt_plan_null_direction(plan, 0, NULL, NULL, NULL, NULL, NULL), invalid,
                 "null direction is 0");
    ck_assert_uint_eq(critpt_plan_n_points(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_warnings(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_conflicts(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_causes(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_null_directions(NULL), 0);
    ck_assert_uint_eq(critpt_plan_conflict_size(plan, 0), 0);
    ck_assert_uint_eq(critpt_plan_cause_n_items(plan, 0, CRITPT_CAUSE_POINT), 0);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_point_on_a_kink_is_refused,
        overflowing_outputs_are_refused,
        overflowing_gradients_and_losses_are_refused,
        cancelling_changes_nothing,
        the_memory_limit_is_kept_before_anything_is_allocated,
        failing_allocations_change_nothing,
        options_are_checked_and_read_back,
        plans_refuse_what_they_cannot_take,
        reports_refuse_what_they_cannot_give,
    };
    return test_main("plan_refusals", tests, sizeof tests / sizeof *tests);
}
