/* Conditions refuse with a sentence what they cannot take. */
#include <float.h>
#include <stdint.h>

#include "conditions_support.h"

static const net small = {6, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};

START_TEST(conditions_refuse_what_they_cannot_take)
{
    planned p = planned_create(&small, 50, 2, 2);
    size_t P = p.s.P;
    double *v = normal(P, 1), *zero = NEW(double, P), *nan_ = normal(P, 1);
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    nan_[3] = NAN;
    ASSERT_FAILS(critpt_plan_add_free_point(NULL, v, P, NULL), invalid, "plan is NULL");
    ASSERT_FAILS(critpt_plan_add_free_point(p.plan, v, P - 1, NULL), invalid, "weights");
    ASSERT_FAILS(critpt_plan_require_gradient(p.plan, 2, v, P, NULL), invalid, "point is 2");
    ASSERT_FAILS(critpt_plan_require_gradient(p.plan, 0, nan_, P, NULL), CRITPT_NON_FINITE, "[3]");
    ASSERT_FAILS(critpt_plan_require_gradient(p.plan, 0, NULL, P, NULL), invalid, "NULL");
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 0, v, P, NULL));
    ASSERT_FAILS(critpt_plan_require_gradient(p.plan, 0, v, P, NULL), invalid, "by condition 0");
    ASSERT_FAILS(critpt_plan_require_hessian_entry(p.plan, 0, P, 0, 1, NULL), invalid, "outside");
    ASSERT_FAILS(critpt_plan_require_hessian_entry(p.plan, 0, 0, 0, NAN, NULL), CRITPT_NON_FINITE,
                 "nan");
    ASSERT_FAILS(critpt_plan_require_curvature(p.plan, 0, zero, v, P, 1, NULL), invalid,
                 "v is zero");
    ASSERT_FAILS(critpt_plan_require_curvature(p.plan, 0, v, v, P + 1, 1, NULL), invalid, "v");
    ASSERT_FAILS(critpt_plan_require_eigenpair(p.plan, 0, INFINITY, v, P, NULL), CRITPT_NON_FINITE,
                 "inf");
    ASSERT_FAILS(critpt_plan_require_eigenpair(p.plan, 0, 1, zero, P, NULL), invalid, "zero");
    ASSERT_FAILS(critpt_plan_require_gauss_newton(p.plan, 7, NULL), invalid, "point is 7");
    ASSERT_FAILS(critpt_plan_require_loss(p.plan, 0, -1, NULL), invalid, "negative");
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, 1, NULL));
    ASSERT_FAILS(critpt_plan_require_loss(p.plan, 0, 1, NULL), invalid, "prescribed already");
    ASSERT_FAILS(critpt_plan_soften(p.plan, 1, 1), invalid, "only loss differences");
    ASSERT_FAILS(critpt_plan_require_loss_difference(p.plan, 0, 0, 1, NULL), invalid, "itself");
    ASSERT_FAILS(critpt_plan_require_loss_difference(p.plan, 0, 4, 1, NULL), invalid, "point is 4");
    ASSERT_FAILS(critpt_plan_soften(p.plan, 9, 1), invalid, "condition is 9");
    ASSERT_FAILS(critpt_plan_soften(p.plan, 0, 0), invalid, "positive");
    ASSERT_FAILS(critpt_plan_soften(p.plan, 0, INFINITY), invalid, "finite");
    ASSERT_FAILS(critpt_plan_soften(NULL, 0, 1), invalid, "plan is NULL");
    ASSERT_FAILS(critpt_plan_freeze_targets(p.plan, NULL, 2), invalid, "mask");
    ASSERT_FAILS(critpt_plan_freeze_targets(NULL, NULL, 0), invalid, "plan is NULL");
    ASSERT_OK(critpt_plan_freeze_targets(p.plan, NULL, 0));
    ASSERT_FAILS(critpt_plan_condition(p.plan, 2, NULL, NULL, NULL), invalid, "condition is 2");
    ASSERT_FAILS(critpt_plan_condition_value(p.plan, 0, CRITPT_CONDITION_REQUESTED, v), invalid,
                 "not part of a successful solve");
    ASSERT_FAILS(critpt_plan_condition_value(p.plan, 0, CRITPT_CONDITION_REQUESTED, NULL), invalid,
                 "NULL");
    ASSERT_FAILS(critpt_plan_condition_value(p.plan, 0, (critpt_condition_quantity)77, v), invalid,
                 "77");
    ASSERT_FAILS(critpt_plan_contradicting(p.plan, 0, NULL, NULL), invalid, "request is 0");
    ASSERT_FAILS(critpt_plan_diagnose(NULL, NULL), invalid, "plan is NULL");
    ck_assert_uint_eq(critpt_plan_n_conditions(p.plan), 2);
    ck_assert_uint_eq(critpt_plan_n_conditions(NULL), 0);
    ck_assert_ptr_null(critpt_condition_kind_name((critpt_condition_kind)9));
    ck_assert_str_eq(critpt_condition_kind_name(CRITPT_CONDITION_PICTURE), "picture");
    critpt_condition_kind kind;
    size_t n_points, where[3];
    ASSERT_OK(critpt_plan_condition(p.plan, 1, &kind, &n_points, where));
    ck_assert_int_eq(kind, CRITPT_CONDITION_LOSS);
    ck_assert_uint_eq(n_points, 1);
    ck_assert_uint_eq(where[0], 0);
    free(v), free(zero), free(nan_);
    planned_free(&p);
}
END_TEST

START_TEST(pictures_refuse_what_they_cannot_take)
{
    planned p = planned_create(&small, 50, 2, 2);
    const size_t points[3] = {0, 1, 1}, far[3] = {0, 1, 2};
    const double picture[4] = {0};
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, far, picture, 2, 2, 2, NULL), invalid,
                 "point is 2");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, picture, 1, 2, 2, NULL), invalid,
                 "1 x 2");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, NULL, 2, 2, 2, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, picture, 2, 2, 1, NULL), invalid,
                 "picture");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, picture, 2, SIZE_MAX, SIZE_MAX, NULL),
                 CRITPT_SIZE_OVERFLOW, "picture");
    ck_assert_uint_eq(critpt_plan_n_conditions(p.plan), 0);
    planned_free(&p);
}
END_TEST

/* A gradient, condition 0, and a loss, condition 1. */
START_TEST(what_a_condition_does_not_have_is_refused)
{
    planned p = planned_create(&small, 50, 2, 1);
    const size_t P = p.s.P, points[3] = {0, 1, 1};
    const double overflowing[] = {-DBL_MAX, 0, 0, DBL_MAX};
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    double *v = normal(P, 1);
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 0, v, P, NULL));
    ASSERT_OK(critpt_plan_require_loss(p.plan, 1, 1, NULL));
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, overflowing, 2, 2, 2, NULL),
                 CRITPT_NON_FINITE, "contrast");
    ASSERT_FAILS(critpt_plan_require_index(p.plan, 0, 0, 0.5, NULL), invalid, "not critical");
    ASSERT_FAILS(critpt_plan_condition_nature(p.plan, 1, NULL, NULL), invalid, "not a nature");
    ASSERT_FAILS(critpt_plan_condition_nature(p.plan, 2, NULL, NULL), invalid, "condition is 2");
    ASSERT_FAILS(critpt_plan_condition_size(p.plan, 2, NULL, NULL), invalid, "condition is 2");
    ASSERT_FAILS(critpt_plan_condition_array(p.plan, 1, v, P), invalid, "(loss) has no array");
    ASSERT_FAILS(critpt_plan_condition_array(p.plan, 0, v, P - 1), invalid, "array");
    ck_assert_uint_eq(critpt_plan_n_conditions(p.plan), 2);
    free(v);
    planned_free(&p);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        conditions_refuse_what_they_cannot_take,
        pictures_refuse_what_they_cannot_take,
        what_a_condition_does_not_have_is_refused,
    };
    return test_main("conditions_refusals", tests, sizeof tests / sizeof *tests);
}
