/* Conditions that cannot be had are refused with their reason. */
#include <stdint.h>

#include "conditions_support.h"

static const net small = {6, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};

START_TEST(gaps_that_disagree_are_named)
{
    planned p = planned_create(&small, 600, 3, 0);
    size_t one, two, point, condition, found = 0;
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 2, 0, 0.5, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, -0.05, &one));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, -0.1, &two));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "drop one of them");
    ck_assert_uint_eq(critpt_plan_n_contradicting(p.plan), 2);
    for (size_t i = 0; i < 2; i++) {
        ASSERT_OK(critpt_plan_contradicting(p.plan, i, &point, &condition));
        found += condition == one || condition == two;
    }
    ck_assert_uint_eq(found, 2);
    planned_free(&p);
}
END_TEST

/* 0.1 + 0.2 and 0.3 differ by rounding, which the last gap, 0, does not hide. */
START_TEST(gaps_around_a_circle_may_be_zero)
{
    planned p = planned_create(&small, 600, 4, 0);
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, 0.1, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 2, 1, 0.2, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 0, 0.3, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 2, 0, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    planned_free(&p);
}
END_TEST

START_TEST(fixed_critical_points_keep_their_order)
{
    scene s = scene_create(&small, 600, 3);
    critpt_plan *plan;
    size_t c, point, condition;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    double *a = net_weights(s.model, 5, 0, 2);
    double *b = NEW(double, s.P);
    memcpy(b, a, s.P * sizeof *b);
    /* the same function with two units exchanged: the same loss */
    for (size_t j = 0; j < 6; j++) {
        b[j] = a[6 + j];
        b[6 + j] = a[j];
    }
    b[24] = a[25], b[25] = a[24];
    b[28] = a[29], b[29] = a[28], b[32] = a[33], b[33] = a[32];
    ASSERT_OK(critpt_plan_add_point(plan, a, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, b, s.P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(plan, 1, 0, 0.5, &c));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "whatever the targets are");
    ck_assert_uint_eq(critpt_plan_n_contradicting(plan), 3);
    ASSERT_OK(critpt_plan_contradicting(plan, 0, &point, &condition));
    ck_assert_uint_eq(condition, c);
    ASSERT_OK(critpt_plan_contradicting(plan, 1, &point, &condition));
    ck_assert_uint_eq(condition, CRITPT_CRITICAL_POINT);
    critpt_cause cause;
    ASSERT_OK(critpt_plan_cause(plan, 0, &cause));
    ck_assert_int_eq(cause, CRITPT_CAUSE_LOSS_ORDER);
    critpt_plan_destroy(plan);
    free(a), free(b);
    scene_destroy(&s);
}
END_TEST

/* The seven curvatures q that the parallelogram law in three directions ties together: the sum of q
 * over a +- b +- c is 4 (q(a) + q(b) + q(c)). Without any one of them they can be had. */
START_TEST(a_long_contradiction_is_counted)
{
    planned p = planned_create(&small, 600, 1, 1);
    const size_t P = p.s.P;
    double *v = NEW(double, P);
    for (size_t i = 0; i < 4; i++) {
        v[0] = 1, v[1] = i & 1 ? -1 : 1, v[2] = i & 2 ? -1 : 1;
        ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, P, 3, NULL));
    }
    for (size_t i = 0; i < 3; i++) {
        v[0] = v[1] = v[2] = 0;
        v[i] = 1;
        ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, P, i == 2 ? 2 : 1, NULL));
    }
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE,
                 "condition 5 and 1 more cannot be had together");
    ck_assert_uint_eq(critpt_plan_n_contradicting(p.plan), 7);
    ck_assert_int_eq(critpt_plan_contradiction_is_minimal(p.plan), 1);
    free(v);
    planned_free(&p);
}
END_TEST

/* The equation of a loss says what it is above the first one, the common level. */
START_TEST(two_losses_of_one_point_contradict_each_other)
{
    planned p = planned_create(&small, 600, 2, 2);
    double *w = NEW(double, p.s.P);
    size_t twin, one, two, condition, point, found = 0;
    ASSERT_OK(critpt_plan_point_weights(p.plan, 1, w, p.s.P));
    ASSERT_OK(critpt_plan_add_free_point(p.plan, w, p.s.P, &twin));
    ASSERT_OK(critpt_plan_require_loss(p.plan, 1, 9, &one));
    ASSERT_OK(critpt_plan_require_loss(p.plan, twin, 9.5, &two));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE,
                 "condition 1 and condition 0 cannot be had together");
    ck_assert_uint_eq(critpt_plan_n_contradicting(p.plan), 2);
    ck_assert_int_eq(critpt_plan_contradiction_is_minimal(p.plan), 1);
    for (size_t i = 0; i < 2; i++) {
        ASSERT_OK(critpt_plan_contradicting(p.plan, i, &point, &condition));
        found += condition == one ? point == 1 : condition == two && point == twin;
    }
    ck_assert_uint_eq(found, 2);
    free(w);
    planned_free(&p);
}
END_TEST

/* c'A = 0 and c'b != 0, recomputed: the combination of the equations' residuals is the same for any
 * targets, and not rounding. */
static double combined_residual(const planned *p, const double *targets, double *size)
{
    size_t P = p->s.P, terms = critpt_plan_conflict_size(p->plan, 0);
    double total = 0, *w = NEW(double, P), *g = NEW(double, P), *Hv = NEW(double, P);
    *size = 0;
    ASSERT_OK(critpt_landscape_set_targets(p->s.landscape, targets, p->s.D));
    for (size_t t = 0; t < terms; t++) {
        size_t point, condition, entry;
        double coefficient, residual;
        ASSERT_OK(
            critpt_plan_conflict_equation(p->plan, 0, t, &point, &condition, &entry, &coefficient));
        ASSERT_OK(critpt_plan_point_weights_requested(p->plan, point, w, P));
        if (condition == CRITPT_CRITICAL_POINT) {
            ASSERT_OK(critpt_landscape_gradient(p->s.landscape, NULL, w, P, g, P, NULL));
            residual = g[entry];
        } else { /* H v = 2 v with v = e_0 + e_1 here */
            double *v = NEW(double, P);
            v[0] = v[1] = 1;
            ASSERT_OK(critpt_landscape_hessian_vector(p->s.landscape, NULL, w, P, v, P, Hv, P));
            residual = Hv[entry] - 2 * v[entry];
            free(v);
        }
        total += coefficient * residual;
        *size += fabs(coefficient * residual);
    }
    free(w), free(g), free(Hv);
    return total;
}

START_TEST(a_conflict_is_a_proof_that_can_be_checked)
{
    planned p = planned_create(&small, 600, 2, 0);
    size_t n = p.s.N * 2;
    double *v = NEW(double, p.s.P), *y = normal(n, 81), *z = normal(n, 82), size;
    v[0] = v[1] = 1;
    ASSERT_OK(critpt_plan_require_eigenpair(p.plan, 0, 2, v, p.s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "condition 0");
    ck_assert_uint_ge(critpt_plan_n_conflicts(p.plan), 1);
    double one = combined_residual(&p, y, &size), other = combined_residual(&p, z, &size);
    ASSERT_NEAR(one, other, size, 1e-10);
    ck_assert_double_gt(fabs(one), 1e-6 * size);
    free(v), free(y), free(z);
    planned_free(&p);
}
END_TEST

START_TEST(curvature_of_the_output_layer_is_fixed_and_named)
{
    planned p = planned_create(&small, 600, 3, 0);
    size_t last = p.s.P - 1, c, point, condition, item;
    critpt_cause cause;
    ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 1, 0, 0, 1, NULL));
    ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 2, last, last, 17, &c));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "output layer");
    ck_assert_uint_eq(critpt_plan_n_contradicting(p.plan), 1);
    ASSERT_OK(critpt_plan_contradicting(p.plan, 0, &point, &condition));
    ck_assert_uint_eq(condition, c);
    ck_assert_uint_eq(point, 2);
    ck_assert_uint_eq(critpt_plan_n_causes(p.plan), 1);
    ASSERT_OK(critpt_plan_cause(p.plan, 0, &cause));
    ck_assert_int_eq(cause, CRITPT_CAUSE_FIXED_CURVATURE);
    ASSERT_OK(critpt_plan_cause_item(p.plan, 0, CRITPT_CAUSE_CONDITION, 0, &item));
    ck_assert_uint_eq(item, c);
    /* and beforehand */
    ASSERT_OK(critpt_plan_diagnose(p.plan, NULL));
    ck_assert_uint_eq(critpt_plan_n_causes(p.plan), 1);
    ASSERT_OK(critpt_plan_cause(p.plan, 0, &cause));
    ck_assert_int_eq(cause, CRITPT_CAUSE_FIXED_CURVATURE);
    ASSERT_NEAR(planned_report(&p, CRITPT_REPORT_EXPECTED_RANK), 3 * p.s.P + 2 - 4, 1, 0);
    planned_free(&p);
}
END_TEST

START_TEST(curvature_along_the_output_layer_is_fixed)
{
    planned p = planned_create(&small, 600, 2, 0);
    double *v = NEW(double, p.s.P);
    critpt_cause cause;
    v[p.s.P - 1] = v[p.s.P - 4] = 1;
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 17, NULL));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "output layer");
    ASSERT_OK(critpt_plan_cause(p.plan, 0, &cause));
    ck_assert_int_eq(cause, CRITPT_CAUSE_FIXED_CURVATURE);
    free(v);
    planned_free(&p);
}
END_TEST

/* Two conditions that contradict each other, among others that have no part in it. */
START_TEST(the_smallest_contradiction_is_found)
{
    planned p = planned_create(&small, 900, 4, 8);
    size_t one, two, point, condition, found = 0;
    double *v = normal(p.s.P, 91);
    ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 1, 3, 1, 0.75, NULL));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 4, &one));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 0, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 5, &two));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "cannot be had together");
    ck_assert_uint_eq(critpt_plan_n_contradicting(p.plan), 2);
    for (size_t i = 0; i < 2; i++) {
        ASSERT_OK(critpt_plan_contradicting(p.plan, i, &point, &condition));
        found += condition == one || condition == two;
    }
    ck_assert_uint_eq(found, 2);
    free(v);
    planned_free(&p);
}
END_TEST

START_TEST(more_curvatures_than_the_targets_can_move_are_counted)
{
    static const net shape = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    planned p = planned_create(&shape, 400, 1, 0);
    critpt_cause cause;
    size_t found = 0;
    ck_assert_uint_eq(p.s.P, 13);
    for (size_t a = 0; a < p.s.P; a++)
        for (size_t b = 0; b <= a; b++)
            ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 0, a, b, a == b, NULL));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "18 second derivatives");
    for (size_t i = 0; i < critpt_plan_n_causes(p.plan); i++) {
        ASSERT_OK(critpt_plan_cause(p.plan, i, &cause));
        found += cause == CRITPT_CAUSE_CURVATURE_COUNT;
    }
    ck_assert_uint_eq(found, 1);
    planned_free(&p);
}
END_TEST

/* The range of either point's Jacobian is all squares of the inputs, for each output, and the
 * outputs lie in it: both are critical only where the functions are the same. Beside 2^52 and 2^52
 * + 1 the other inputs drown, and what rounding leaves of the rows is no equation more. */
START_TEST(rounding_that_stands_clear_is_no_rank)
{
    enum { SAMPLES = 37 };
    const net shape = {4, 2, {4, 2}, {CRITPT_SQUARE, CRITPT_IDENTITY}, {0, 0}};
    for (unsigned seed = 0; seed < 20; seed++) {
        scene s = scene_create(&shape, SAMPLES, seed);
        critpt_landscape *landscape;
        critpt_plan *plan;
        for (size_t i = 0; i < SAMPLES; i++)
            s.inputs[4 * i + 3] = 0x1p52 + (s.inputs[4 * i + 3] > 0);
        ASSERT_OK(critpt_landscape_create(&landscape, s.model, SAMPLES, s.inputs, 4));
        ASSERT_OK(critpt_plan_create(&plan, landscape));
        for (unsigned k = 0; k < 2; k++) {
            double *w = net_weights(s.model, 100 + seed, k, 2);
            ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
            free(w);
        }
        ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "contradict the others");
        critpt_plan_destroy(plan);
        critpt_landscape_destroy(landscape);
        scene_destroy(&s);
    }
}
END_TEST

/* 35 values on 20 targets contradict each other by themselves, whatever stands beside them,
 * although targets of 1e8 times the outputs may meet them to their own rounding. */
START_TEST(what_only_rounding_meets_is_not_had)
{
    enum { SAMPLES = 20, GRID = 6 };
    const net shape = {5, 2, {2, 1}, {CRITPT_GELU, CRITPT_IDENTITY}, {0, 1}};
    const size_t corners[3] = {0, 1, 2};
    size_t seen = 0;
    for (unsigned seed = 0; seed < 40; seed++) {
        scene s = scene_create(&shape, SAMPLES, seed);
        double *base = NEW(double, SAMPLES), *picture = normal(GRID * GRID, 300 + seed);
        critpt_plan *plan;
        size_t condition, point, c;
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_set_base_targets(plan, base, 1));
        for (unsigned k = 0; k < 5; k++) {
            double *w = net_weights(s.model, 200 + seed, k, k < 3 ? 0.3 : 1);
            ASSERT_OK(critpt_plan_add_free_point(plan, w, s.P, NULL));
            free(w);
        }
        ASSERT_OK(critpt_plan_require_loss_difference(plan, 3, 0, 0.005, NULL));
        ASSERT_OK(critpt_plan_require_loss_difference(plan, 4, 1, -1.5, NULL));
        ASSERT_OK(critpt_plan_require_picture(plan, corners, picture, GRID, GRID, GRID, &c));
        if (critpt_plan_solve(plan, NULL) != CRITPT_OK && critpt_plan_n_contradicting(plan) > 1) {
            bool pictured = false;
            for (size_t i = 0; i < critpt_plan_n_contradicting(plan); i++) {
                ASSERT_OK(critpt_plan_contradicting(plan, i, &point, &condition));
                pictured = pictured || condition == c;
            }
            ck_assert(!pictured || !critpt_plan_contradiction_is_minimal(plan));
            seen += pictured;
        }
        critpt_plan_destroy(plan);
        free(base), free(picture);
        scene_destroy(&s);
    }
    ck_assert_uint_gt(seen, 0);
}
END_TEST

START_TEST(the_amplification_can_be_limited)
{
    planned p = planned_create(&small, 600, 3, 0);
    critpt_plan_options *options;
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    double amplification = planned_report(&p, CRITPT_REPORT_AMPLIFICATION);
    ASSERT_OK(critpt_plan_options_set_amplification_limit(options, amplification * 0.999));
    double *before = NEW(double, p.s.N * 2), *after = NEW(double, p.s.N * 2);
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, before, 2));
    ASSERT_FAILS(critpt_plan_solve(p.plan, options), CRITPT_NOT_ATTAINED, "amplification");
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, after, 2));
    ck_assert_mem_eq(before, after, p.s.N * 2 * sizeof *before);
    ASSERT_OK(critpt_plan_options_set_amplification_limit(options, amplification * 1.001));
    ASSERT_OK(critpt_plan_solve(p.plan, options));
    ASSERT_FAILS(critpt_plan_options_set_amplification_limit(options, 0), CRITPT_INVALID_ARGUMENT,
                 "amplification limit is 0");
    critpt_plan_options_destroy(options);
    free(before), free(after);
    planned_free(&p);
}
END_TEST

/* What a failed solve had reached is kept beside the landscape, which is as it was: with the limit
 * alone passed, it is what the same solve gives without one. */
START_TEST(the_best_targets_of_a_failed_solve_are_kept)
{
    planned p = planned_create(&small, 600, 3, 0);
    critpt_plan_options *options;
    size_t n = p.s.N * p.s.D, P = p.s.P;
    double *before = NEW(double, n), *after = NEW(double, n), *best = NEW(double, n);
    double *weights = NEW(double, P), *moved = NEW(double, P);
    ASSERT_FAILS(critpt_plan_best_targets(p.plan, best, p.s.D), CRITPT_INVALID_ARGUMENT,
                 "no solve that failed");
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_amplification_limit(options, 1e-3));
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, before, p.s.D));
    ASSERT_FAILS(critpt_plan_solve(p.plan, options), CRITPT_NOT_ATTAINED, "amplification");
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, after, p.s.D));
    ck_assert_mem_eq(before, after, n * sizeof *before);
    ASSERT_OK(critpt_plan_best_targets(p.plan, best, p.s.D));
    ASSERT_FAILS(critpt_plan_best_targets(p.plan, best, p.s.D - 1), CRITPT_INVALID_ARGUMENT,
                 "leading");
    ASSERT_OK(critpt_plan_point_weights(p.plan, 2, moved, P));
    ASSERT_OK(critpt_plan_keep_best(p.plan));
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, after, p.s.D));
    ck_assert_mem_eq(best, after, n * sizeof *best);
    ASSERT_OK(critpt_plan_point_weights(p.plan, 2, weights, P));
    ck_assert_mem_ne(weights, moved, P * sizeof *weights);
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, after, p.s.D));
    ck_assert_mem_eq(best, after, n * sizeof *best);
    ASSERT_OK(critpt_plan_point_weights(p.plan, 2, moved, P));
    ck_assert_mem_eq(weights, moved, P * sizeof *weights);
    ASSERT_FAILS(critpt_plan_best_targets(p.plan, best, p.s.D), CRITPT_INVALID_ARGUMENT,
                 "in the landscape");
    ASSERT_FAILS(critpt_plan_keep_best(p.plan), CRITPT_INVALID_ARGUMENT, "in the landscape");
    ASSERT_FAILS(critpt_plan_keep_best(NULL), CRITPT_INVALID_ARGUMENT, "plan is NULL");
    ASSERT_FAILS(critpt_plan_solve(p.plan, options), CRITPT_NOT_ATTAINED, "amplification");
    ASSERT_OK(critpt_plan_add_point(p.plan, weights, P, NULL));
    ASSERT_FAILS(critpt_plan_keep_best(p.plan), CRITPT_INVALID_ARGUMENT, "solve it again");
    critpt_plan_options_destroy(options);
    free(before), free(after), free(best), free(weights), free(moved);
    planned_free(&p);
}
END_TEST

/* A plan with every kind of condition; twice a contradiction if `impossible`. */

static critpt_plan *ask_for_all(critpt_landscape *L, size_t P, bool impossible)
{
    critpt_plan *plan;
    size_t soft;
    const size_t corners[3] = {2, 3, 4};
    const double picture[6] = {0, 1, 0, 1, 0, 1};
    double *v = normal(P, 7), *base = normal(critpt_landscape_n_samples(L) * 2, 8);
    unsigned char *frozen = NEW(unsigned char, critpt_landscape_n_samples(L) * 2);
    frozen[0] = 1;
    ASSERT_OK(critpt_plan_create(&plan, L));
    for (size_t k = 0; k < 5; k++) {
        double *w = net_weights(critpt_landscape_model(L), 4, k, 2);
        ASSERT_OK((k < 2 ? critpt_plan_add_point : critpt_plan_add_free_point)(plan, w, P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
        free(w);
    }
    ASSERT_OK(critpt_plan_set_base_targets(plan, base, 2));
    ASSERT_OK(critpt_plan_freeze_targets(plan, frozen, 2));
    ASSERT_OK(critpt_plan_require_gauss_newton(plan, 0, NULL));
    ASSERT_OK(critpt_plan_require_hessian_entry(plan, 1, 0, 1, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(plan, 1, v, v, P, 1, NULL));
    ASSERT_OK(critpt_plan_require_eigenpair(plan, 1, 1, v, P, &soft));
    ASSERT_OK(critpt_plan_soften(plan, soft, 1));
    ASSERT_OK(critpt_plan_require_gradient(plan, 2, v, P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(plan, 1, 0, 0.25, NULL));
    ASSERT_OK(critpt_plan_require_loss(plan, 0, 1e4, NULL));
    ASSERT_OK(critpt_plan_require_picture(plan, corners, picture, 2, 3, 3, NULL));
    if (impossible)
        ASSERT_OK(critpt_plan_require_curvature(plan, 1, v, v, P, 2, NULL));
    free(v), free(base), free(frozen);
    return plan;
}

START_TEST(failing_allocations_change_nothing)
{
    static const net shape = {3, 2, {2, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    for (int impossible = 0; impossible <= 1; impossible++) {
        ASSERT_OK(critpt_set_allocator(&counting_allocator));
        memory_count.live = 0;
        memory_count.allowed = SIZE_MAX;
        scene s = scene_create(&shape, 400, 1);
        critpt_plan *plan = ask_for_all(s.landscape, s.P, impossible);
        double *y = NEW(double, s.N *s.D);
        critpt_status status = CRITPT_NO_MEMORY;
        size_t tries = 0;
        for (; status == CRITPT_NO_MEMORY; tries++) {
            memory_count.allocations = 0;
            memory_count.allowed = tries;
            status = critpt_plan_solve(plan, NULL);
            memory_count.allowed = SIZE_MAX;
            if (status != CRITPT_OK) {
                ASSERT_OK(critpt_landscape_targets(s.landscape, y, s.D));
                ck_assert_mem_eq(y, s.targets, s.N * s.D * sizeof *y);
            }
        }
        ck_assert_msg(status == (impossible ? CRITPT_INFEASIBLE : CRITPT_OK), "%s",
                      critpt_error_message());
        ck_assert_uint_gt(tries, 40);
        critpt_plan_destroy(plan);
        free(y);
        scene_destroy(&s);
        ck_assert_uint_eq(memory_count.live, 0);
        ASSERT_OK(critpt_set_allocator(NULL));
    }
}
END_TEST

/* The least limit that does not refuse holds, for a level with soft conditions and for a
 * contradiction, which is made minimal where there is room for it. */
START_TEST(contradictions_and_soft_levels_keep_the_memory_limit)
{
    for (int soft = 0; soft <= 1; soft++)
        for (size_t N = 50; N <= 450; N *= 3) {
            ASSERT_OK(critpt_set_allocator(&counting_allocator));
            planned p = planned_create(&small, N, 2, 0);
            critpt_plan_options *options;
            size_t limit = 1000, before, condition;
            critpt_status status;
            ASSERT_OK(critpt_plan_options_create(&options));
            ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 0, 0, 0, 1, NULL));
            ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 0, 0, 0, 2, &condition));
            if (soft) {
                ASSERT_OK(critpt_plan_soften(p.plan, condition, 1));
                ASSERT_OK(critpt_plan_require_loss(p.plan, 0, 1e6, NULL));
            }
            do {
                limit += limit / 32;
                ASSERT_OK(critpt_plan_options_set_memory_limit(options, limit));
                before = memory_count.bytes_peak = memory_count.bytes_live;
                status = critpt_plan_solve(p.plan, options);
            } while (status == CRITPT_NO_MEMORY);
            ck_assert_int_eq(status, soft ? CRITPT_OK : CRITPT_INFEASIBLE);
            ck_assert_uint_le(memory_count.bytes_peak - before, limit);
            ASSERT_OK(critpt_plan_options_set_memory_limit(options, 4 * limit));
            ck_assert_int_eq(critpt_plan_solve(p.plan, options), status);
            ck_assert_uint_eq(critpt_plan_n_contradicting(p.plan), soft ? 0 : 2);
            critpt_plan_options_destroy(options);
            planned_free(&p);
            ASSERT_OK(critpt_set_allocator(NULL));
        }
}
END_TEST

/* Nothing but a loss at one free point: no equation at all. */
START_TEST(a_loss_alone_is_set)
{
    planned p = planned_create(&small, 100, 1, 1);
    double loss;
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, 0.125, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_plan_point_value(p.plan, 0, CRITPT_POINT_LOSS, &loss));
    ASSERT_NEAR(loss, 0.125, 1, 1e-14);
    planned_free(&p);
    p = planned_create(&small, 100, 1, 1);
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INVALID_ARGUMENT, "asks for nothing");
    planned_free(&p);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        gaps_that_disagree_are_named,
        gaps_around_a_circle_may_be_zero,
        fixed_critical_points_keep_their_order,
        a_conflict_is_a_proof_that_can_be_checked,
        curvature_of_the_output_layer_is_fixed_and_named,
        curvature_along_the_output_layer_is_fixed,
        the_smallest_contradiction_is_found,
        a_long_contradiction_is_counted,
        two_losses_of_one_point_contradict_each_other,
        more_curvatures_than_the_targets_can_move_are_counted,
        rounding_that_stands_clear_is_no_rank,
        what_only_rounding_meets_is_not_had,
        the_amplification_can_be_limited,
        the_best_targets_of_a_failed_solve_are_kept,
        contradictions_and_soft_levels_keep_the_memory_limit,
        failing_allocations_change_nothing,
        a_loss_alone_is_set,
    };
    return test_main("contradictions", tests, sizeof tests / sizeof *tests);
}
