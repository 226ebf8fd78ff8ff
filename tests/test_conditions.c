/* Conditions: each holds on the finished landscape by differences in extended precision, and they
 * combine. */
#include <float.h>
#include <stdio.h>

#include "conditions_support.h"

static const net small = {6, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
static const net curved = {6, 2, {4, 2}, {CRITPT_TANH, CRITPT_SIGMOID}, {1, 1}};

START_TEST(a_gradient_is_met)
{
    planned p = planned_create(&small, 600, 3, 4);
    double *g = normal(p.s.P, 21);
    size_t c, d;
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 1, g, p.s.P, &c));
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 2, g, p.s.P, &d));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, NULL, NULL);
    for (size_t k = 1; k < 3; k++)
        for (size_t j = 0; j < p.s.P; j += 5) {
            double *v = unit_vector(p.s.P, j);
            ASSERT_NEAR(finished_slope(&f, k, v), g[j], sqrt(finished_level(&f)), 1e-9);
            free(v);
        }
    ck_assert_double_le(planned_condition(&p, c, CRITPT_CONDITION_SCALED), 20);
    double norm = 0;
    for (size_t j = 0; j < p.s.P; j++)
        norm += g[j] * g[j];
    ASSERT_NEAR(planned_condition(&p, d, CRITPT_CONDITION_REQUESTED), sqrt(norm), sqrt(norm),
                1e-15);
    ASSERT_NEAR(planned_condition(&p, d, CRITPT_CONDITION_ACHIEVED), sqrt(norm), sqrt(norm), 1e-12);
    planned_assert_critical(&p, 0);
    finished_free(&f);
    free(g);
    planned_free(&p);
}
END_TEST

START_TEST(entries_and_curvatures_of_the_hessian_are_met)
{
    planned p = planned_create(&small, 600, 2, 2);
    double *v = normal(p.s.P, 31), *u = normal(p.s.P, 32);
    size_t entry, diagonal, along, across;
    ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 0, 3, 1, 0.75, &entry));
    ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 1, 2, 2, -0.5, &diagonal));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 3, &along));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 1, v, u, p.s.P, -2, &across));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, NULL, NULL);
    double *e1 = unit_vector(p.s.P, 1), *e2 = unit_vector(p.s.P, 2), *e3 = unit_vector(p.s.P, 3),
           size = finished_level(&f) + 1;
    ASSERT_NEAR(finished_curvature(&f, 0, e3, e1), 0.75, size, 1e-7);
    ASSERT_NEAR(finished_curvature(&f, 1, e2, e2), -0.5, size, 1e-7);
    ASSERT_NEAR(finished_curvature(&f, 0, v, v), 3, size * (double)p.s.P, 1e-6);
    ASSERT_NEAR(finished_curvature(&f, 1, v, u), -2, size * (double)p.s.P, 1e-6);
    for (size_t c = 0; c < 4; c++) {
        ck_assert_double_le(planned_condition(&p, c, CRITPT_CONDITION_SCALED), 20);
        ASSERT_NEAR(planned_condition(&p, c, CRITPT_CONDITION_ACHIEVED),
                    planned_condition(&p, c, CRITPT_CONDITION_REQUESTED), 1, 1e-11);
    }
    planned_assert_critical(&p, 0);
    finished_free(&f);
    free(v), free(u), free(e1), free(e2), free(e3);
    planned_free(&p);
}
END_TEST

START_TEST(an_eigenpair_is_met)
{
    planned p = planned_create(&curved, 1200, 2, 0);
    double *v = normal(p.s.P, 41), *Hv = NEW(double, p.s.P), largest = 0;
    size_t c;
    ASSERT_OK(critpt_plan_require_eigenpair(p.plan, 1, -0.25, v, p.s.P, &c));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, NULL, NULL);
    ASSERT_OK(critpt_landscape_hessian_vector(p.s.landscape, NULL, f.weights + p.s.P, p.s.P, v,
                                              p.s.P, Hv, p.s.P));
    for (size_t j = 0; j < p.s.P; j++)
        largest = fmax(largest, fabs(Hv[j] + 0.25 * v[j]));
    ck_assert_double_le(largest, 1e-11);
    for (size_t j = 0; j < p.s.P; j += 7) {
        double *e = unit_vector(p.s.P, j);
        ASSERT_NEAR(finished_curvature(&f, 1, e, v), -0.25 * v[j],
                    (1 + finished_level(&f)) * (double)p.s.P, 1e-6);
        free(e);
    }
    ASSERT_NEAR(planned_condition(&p, c, CRITPT_CONDITION_ACHIEVED), -0.25, 1, 1e-12);
    ASSERT_NEAR(planned_condition(&p, c, CRITPT_CONDITION_EQUATIONS), p.s.P, 1, 0);
    planned_assert_critical(&p, 0);
    planned_assert_critical(&p, 1);
    finished_free(&f);
    free(v), free(Hv);
    planned_free(&p);
}
END_TEST

/* S = 0 at a critical point makes it a minimum, whatever else is asked. */
START_TEST(a_gauss_newton_hessian_is_a_minimum)
{
    static const net shape = {8, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    planned p = planned_create(&shape, 900, 2, 0);
    size_t c;
    ASSERT_OK(critpt_plan_require_gauss_newton(p.plan, 0, &c));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, NULL, NULL);
    critpt_spectrum *spectrum;
    ASSERT_OK(critpt_spectrum_create(&spectrum, p.s.landscape, f.weights, p.s.P, NULL));
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), CRITPT_MINIMUM);
    double *H = NEW(double, p.s.P *p.s.P), *G = NEW(double, p.s.P *p.s.P), apart = 0, size = 0;
    ASSERT_OK(critpt_landscape_hessian(p.s.landscape, NULL, f.weights, p.s.P, H, p.s.P));
    ASSERT_OK(critpt_landscape_gauss_newton(p.s.landscape, NULL, f.weights, p.s.P, G, p.s.P));
    for (size_t i = 0; i < p.s.P * p.s.P; i++) {
        apart = fmax(apart, fabs(H[i] - G[i]));
        size = fmax(size, fabs(G[i]));
    }
    ck_assert_double_le(apart, 1e-12 * size);
    /* MATH 5, fact 5: for a critical point 3 (8 + 1)(8 + 2)/2 of the second derivatives move */
    ASSERT_NEAR(planned_report(&p, CRITPT_REPORT_RANK), 2 * p.s.P + 3 * 45, 1, 0);
    ASSERT_NEAR(planned_report(&p, CRITPT_REPORT_EXPECTED_RANK), 2 * p.s.P + 3 * 45, 1, 0);
    critpt_spectrum_destroy(spectrum);
    finished_free(&f);
    free(H), free(G);
    planned_free(&p);
}
END_TEST

/* The largest |entry of S|, the second derivatives that the residual brings, of the network
 * sum_j v_j sin(w_j x), weights (w_1, w_2, v_1, v_2). */
static double largest_of_two_sines(const scene *s, const double *targets, const double *weights)
{
    long double largest = 0;
    for (size_t j = 0; j < 2; j++) {
        long double of_w = 0, of_both = 0;
        for (size_t i = 0; i < s->N; i++) {
            long double x = s->inputs[i], z = weights[j] * x, r = -targets[i];
            for (size_t k = 0; k < 2; k++)
                r += weights[2 + k] * sinl(weights[k] * x);
            of_w -= r * weights[2 + j] * sinl(z) * x * x / (long double)s->N;
            of_both += r * cosl(z) * x / (long double)s->N;
        }
        largest = fmaxl(largest, fmaxl(fabsl(of_w), fabsl(of_both)));
    }
    return (double)largest;
}

/* With arguments of 1e13 the largest residual may be an equation's whose rounding is small; what is
 * stated is a bound all the same, with the largest unit and not with that one's. */
START_TEST(a_residual_with_its_unit_is_a_bound)
{
    static const net shape = {1, 2, {2, 1}, {CRITPT_SIN, CRITPT_IDENTITY}, {0, 0}};
    size_t n_beyond = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        scene s = scene_create(&shape, 40, seed);
        double *targets = NEW(double, s.N), *weights = net_weights(s.model, seed, 0, 1);
        double residual, unit, scaled;
        critpt_plan *plan;
        size_t c;
        weights[0] *= 1e13, weights[2] *= 1e-13; /* outputs that are well known */
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_add_point(plan, weights, s.P, NULL));
        ASSERT_OK(critpt_plan_require_gauss_newton(plan, 0, &c));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ASSERT_OK(critpt_landscape_targets(s.landscape, targets, 1));
        ASSERT_OK(critpt_plan_condition_value(plan, c, CRITPT_CONDITION_RESIDUAL, &residual));
        ASSERT_OK(critpt_plan_condition_value(plan, c, CRITPT_CONDITION_SCALED, &scaled));
        ASSERT_OK(critpt_plan_condition_value(plan, c, CRITPT_CONDITION_UNIT, &unit));
        double largest = largest_of_two_sines(&s, targets, weights);
        ck_assert_double_le(largest, residual + unit);
        n_beyond += largest > residual * (1 + 1 / scaled); /* its own equation's unit */
        critpt_plan_destroy(plan);
        scene_destroy(&s);
        free(targets), free(weights);
    }
    ck_assert_uint_ge(n_beyond, 20); /* how rounding falls depends on BLAS */
}
END_TEST

/* All second derivatives of a small network at once, beside its gradient: those that other targets
 * give, as some are alike whatever the targets are. The base targets know nothing of them. */
START_TEST(a_whole_hessian_is_prescribed)
{
    static const net shape = {3, 2, {2, 1}, {CRITPT_TANH, CRITPT_SIN}, {1, 0}};
    planned p = planned_create(&shape, 900, 1, 0);
    size_t P = p.s.P;
    double *wanted = NEW(double, P *P), *H = NEW(double, P *P), *w = NEW(double, P);
    double *others = normal(p.s.N, 98);
    ASSERT_OK(critpt_plan_point_weights(p.plan, 0, w, P));
    ASSERT_OK(critpt_landscape_set_targets(p.s.landscape, others, 1));
    ASSERT_OK(critpt_landscape_hessian(p.s.landscape, NULL, w, P, wanted, P));
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b <= a; b++)
            ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 0, a, b, wanted[a * P + b], NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_plan_point_weights(p.plan, 0, w, P));
    ASSERT_OK(critpt_landscape_hessian(p.s.landscape, NULL, w, P, H, P));
    finished f = finished_create(&p, NULL, NULL);
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b <= a; b++) {
            ASSERT_NEAR(H[a * P + b], wanted[a * P + b], 1 + finished_level(&f), 1e-12);
            double *v = unit_vector(P, a), *u = unit_vector(P, b);
            ASSERT_NEAR(finished_curvature(&f, 0, v, u), wanted[a * P + b], 1 + finished_level(&f),
                        1e-6);
            free(v), free(u);
        }
    planned_assert_critical(&p, 0);
    ASSERT_NEAR(planned_report(&p, CRITPT_REPORT_EQUATIONS), P + P * (P + 1) / 2, 1, 0);
    finished_free(&f);
    free(wanted), free(H), free(w), free(others);
    planned_free(&p);
}
END_TEST

START_TEST(loss_differences_are_met_where_the_targets_decide)
{
    planned p = planned_create(&small, 600, 4, 4 + 8), q = planned_create(&curved, 600, 2, 0);
    size_t c;
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 2, 0, 0.5, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 2, -0.125, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, NULL, NULL);
    double size = DBL_EPSILON * fmax(finished_level(&f), (double)finished_point_loss(&f, 2));
    ASSERT_NEAR(finished_point_loss(&f, 2) - finished_point_loss(&f, 0), 0.5, size, 20);
    ASSERT_NEAR(finished_point_loss(&f, 3) - finished_point_loss(&f, 2), -0.125, size, 20);
    planned_assert_critical(&p, 0);
    planned_assert_critical(&p, 1);
    finished_free(&f);
    planned_free(&p);
    /* two critical points of a network with a curved output */
    ASSERT_OK(critpt_plan_require_loss_difference(q.plan, 1, 0, 0.25, &c));
    ASSERT_OK(critpt_plan_solve(q.plan, NULL));
    f = finished_create(&q, NULL, NULL);
    ASSERT_NEAR(finished_point_loss(&f, 1) - finished_point_loss(&f, 0), 0.25,
                DBL_EPSILON * fmax(finished_level(&f), (double)finished_point_loss(&f, 1)), 20);
    ASSERT_NEAR(planned_condition(&q, c, CRITPT_CONDITION_ACHIEVED), 0.25, 1, 1e-12);
    finished_free(&f);
    planned_free(&q);
}
END_TEST

/* MATH 5, fact 2: the output layers are scaled, and the points stay critical. */
START_TEST(critical_points_are_set_apart_by_scaling_their_outputs)
{
    static const double gaps[] = {0.3, 1.7};
    for (size_t t = 0; t < 2; t++) {
        planned p = planned_create(&small, 600, 3, 0);
        double moved;
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, gaps[t], NULL));
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 2, 1, gaps[t], NULL));
        ASSERT_OK(critpt_plan_solve(p.plan, NULL));
        finished f = finished_create(&p, NULL, NULL);
        double unit_ = DBL_EPSILON * fmax(finished_level(&f), (double)finished_point_loss(&f, 2));
        ASSERT_NEAR(finished_point_loss(&f, 1) - finished_point_loss(&f, 0), gaps[t], unit_, 20);
        ASSERT_NEAR(finished_point_loss(&f, 2) - finished_point_loss(&f, 1), gaps[t], unit_, 20);
        for (size_t k = 0; k < 3; k++)
            planned_assert_critical(&p, k);
        ASSERT_OK(critpt_plan_point_value(p.plan, 2, CRITPT_POINT_MOVED, &moved));
        ck_assert_double_gt(moved, 0);
        finished_free(&f);
        planned_free(&p);
    }
}
END_TEST

START_TEST(the_level_of_the_loss_is_set_or_refused_with_the_least_one)
{
    planned p = planned_create(&small, 600, 2, 0);
    double least, y[2];
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished before = finished_create(&p, NULL, NULL);
    least = (double)finished_point_loss(&before, 0);
    /* with the default base targets the loss is already as low as it gets */
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, least + 1, NULL));
    ASSERT_OK(critpt_plan_require_loss(p.plan, 1, least + 1.5, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, NULL, NULL);
    double size = DBL_EPSILON * fmax(finished_level(&f), (double)finished_point_loss(&f, 1));
    ASSERT_NEAR(finished_point_loss(&f, 0), least + 1, size, 20);
    ASSERT_NEAR(finished_point_loss(&f, 1), least + 1.5, size, 20);
    planned_assert_critical(&p, 0);
    planned_assert_critical(&p, 1);
    ck_assert_uint_eq(critpt_plan_n_warnings(p.plan) > 0, 1);
    finished_free(&before);
    finished_free(&f);
    planned_free(&p);
    p = planned_create(&small, 600, 2, 0);
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, least / 2, NULL));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "it is at least");
    ck_assert_int_eq(sscanf(strstr(critpt_error_message(), "at least"), "at least %lf", &y[0]), 1);
    ASSERT_NEAR(y[0], least, least, 1e-9);
    planned_free(&p);
}
END_TEST

/* The default base targets leave no residual to move along, so that noise raises the loss, and two
 * targets, one on either side, are equally near: the same side is taken for every noise, not the
 * one that rounding would choose. */
START_TEST(a_level_raised_by_noise_lies_on_one_side_of_it)
{
    enum { SEEDS = 16 };
    planned p = planned_create(&small, 300, 2, 0);
    size_t n = p.s.N * p.s.D;
    double *noise = NEW(double, n);
    critpt_plan_options *options = NULL;
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished before = finished_create(&p, NULL, NULL);
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, 100, NULL));
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double along = 0;
        ASSERT_OK(critpt_plan_options_set_seed(options, seed));
        ASSERT_OK(critpt_plan_solve(p.plan, options));
        finished f = finished_create(&p, NULL, NULL);
        ASSERT_OK(critpt_random_normal(seed, CRITPT_STREAM_NOISE, 0, noise, n));
        for (size_t i = 0; i < n; i++)
            along += (f.targets[i] - before.targets[i]) * noise[i] / (double)n;
        ck_assert_msg(along < -1, "seed %d: %.3g along the noise", (int)seed, along);
        finished_free(&f);
    }
    free(noise);
    critpt_plan_options_destroy(options);
    finished_free(&before);
    planned_free(&p);
}
END_TEST

/* A picture of hard edges on the plane through three points that are not critical. */
START_TEST(a_picture_is_met)
{
    static const net shape = {10, 2, {20, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    enum { SIDE = 9 };
    planned p = planned_create(&shape, 1500, 3, 7);
    const size_t corners[3] = {0, 1, 2};
    double picture[SIDE * SIDE];
    size_t c;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            picture[i * SIDE + j] = (i - 4) * (i - 4) + (j - 4) * (j - 4) <= 9 ? 1 : 0;
    ASSERT_OK(critpt_plan_require_picture(p.plan, corners, picture, SIDE, SIDE, SIDE, &c));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, NULL, NULL);
    const double *A = f.weights, *B = A + p.s.P, *C = B + p.s.P;
    double *w = NEW(double, p.s.P);
    long double at_A = finished_loss(&f, A);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            for (size_t k = 0; k < p.s.P; k++)
                w[k] = A[k] + j / (SIDE - 1.0) * (B[k] - A[k]) + i / (SIDE - 1.0) * (C[k] - A[k]);
            ASSERT_NEAR(finished_loss(&f, w) - at_A, picture[i * SIDE + j] - picture[0],
                        DBL_EPSILON * fmax(finished_level(&f), (double)at_A), 20);
        }
    ASSERT_NEAR(planned_condition(&p, c, CRITPT_CONDITION_REQUESTED), 1, 1, 0);
    ASSERT_NEAR(planned_condition(&p, c, CRITPT_CONDITION_EQUATIONS), SIDE * SIDE - 1, 1, 0);
    free(w);
    finished_free(&f);
    planned_free(&p);
}
END_TEST

/* Everything at once, in a metric and with sample weights. */
START_TEST(conditions_combine)
{
    static const double metric[4] = {2, 0.5, 0.5, 1};
    planned p = planned_create(&small, 900, 4, 8);
    double *s = NEW(double, p.s.N), *v = normal(p.s.P, 51), *g = normal(p.s.P, 52);
    unsigned char *frozen = NEW(unsigned char, p.s.N * 2);
    double *base = normal(p.s.N * 2, 53);
    for (size_t i = 0; i < p.s.N; i++) {
        s[i] = 0.5 + (double)(i % 5);
        frozen[2 * i] = i % 7 == 0;
        frozen[2 * i + 1] = i % 11 == 0;
    }
    ASSERT_OK(critpt_landscape_set_sample_weights(p.s.landscape, s, p.s.N));
    ASSERT_OK(critpt_landscape_set_output_metric(p.s.landscape, metric, 2));
    ASSERT_OK(critpt_plan_set_base_targets(p.plan, base, 2));
    ASSERT_OK(critpt_plan_freeze_targets(p.plan, frozen, 2));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 4, NULL));
    ASSERT_OK(critpt_plan_require_eigenpair(p.plan, 1, 0.5, v, p.s.P, NULL));
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 2, g, p.s.P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 0, 1, NULL));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "condition 1");
    planned_free(&p);
    p = planned_create(&small, 900, 4, 8);
    ASSERT_OK(critpt_landscape_set_sample_weights(p.s.landscape, s, p.s.N));
    ASSERT_OK(critpt_landscape_set_output_metric(p.s.landscape, metric, 2));
    ASSERT_OK(critpt_plan_set_base_targets(p.plan, base, 2));
    ASSERT_OK(critpt_plan_freeze_targets(p.plan, frozen, 2));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 4, NULL));
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 2, g, p.s.P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 0, 1, NULL));
    ASSERT_OK(critpt_plan_require_loss(p.plan, 1, 5000, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finished_create(&p, s, metric);
    double size = fmax(finished_level(&f), 5001);
    ASSERT_NEAR(finished_curvature(&f, 0, v, v), 4, size * (double)p.s.P, 1e-6);
    ASSERT_NEAR(finished_point_loss(&f, 3) - finished_point_loss(&f, 0), 1, size * DBL_EPSILON, 20);
    ASSERT_NEAR(finished_point_loss(&f, 1), 5000, size * DBL_EPSILON, 20);
    for (size_t j = 0; j < p.s.P; j += 9) {
        double *e = unit_vector(p.s.P, j);
        ASSERT_NEAR(finished_slope(&f, 2, e), g[j], size, 1e-9);
        ASSERT_NEAR(finished_slope(&f, 1, e), 0, size, 1e-9);
        free(e);
    }
    for (size_t i = 0; i < p.s.N * 2; i++)
        if (frozen[i])
            ck_assert_double_eq(f.targets[i], base[i]);
    planned_assert_critical(&p, 0);
    planned_assert_critical(&p, 1);
    finished_free(&f);
    free(s), free(v), free(g), free(frozen), free(base);
    planned_free(&p);
}
END_TEST

/* Of all targets that meet the conditions and keep the frozen ones, those are nearest whose move is
 * orthogonal, in the norm of the loss, to every move that changes no condition: tested on random
 * such moves, which a second solve from shifted base targets provides. */
START_TEST(the_nearest_free_targets_are_found)
{
    static const double metric[4] = {2, 0.5, 0.5, 1};
    planned p = planned_create(&small, 400, 1, 0);
    size_t n = p.s.N * 2;
    unsigned char *frozen = NEW(unsigned char, n);
    double *base = normal(n, 61), *other = normal(n, 62), product = 0, a = 0, b = 0;
    double *y = NEW(double, n), *z = NEW(double, n);
    for (size_t i = 0; i < n; i++) {
        frozen[i] = i % 3 == 0;
        other[i] = base[i] + (frozen[i] ? 0 : other[i]);
    }
    ASSERT_OK(critpt_landscape_set_output_metric(p.s.landscape, metric, 2));
    ASSERT_OK(critpt_plan_freeze_targets(p.plan, frozen, 2));
    ASSERT_OK(critpt_plan_set_base_targets(p.plan, base, 2));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, y, 2));
    ASSERT_OK(critpt_plan_set_base_targets(p.plan, other, 2));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_landscape_targets(p.s.landscape, z, 2));
    for (size_t i = 0; i < n; i += 2)
        for (size_t o = 0; o < 2; o++)
            for (size_t q = 0; q < 2; q++) {
                double move = y[i + o] - base[i + o], along = z[i + q] - y[i + q];
                product += metric[2 * o + q] * move * along;
                a += metric[2 * o + q] * move * (y[i + q] - base[i + q]);
                b += metric[2 * o + q] * along * (z[i + o] - y[i + o]);
            }
    ck_assert_double_gt(a, 0);
    ck_assert_double_gt(b, 0);
    ASSERT_NEAR(product, 0, sqrt(a * b), 1e-12);
    free(frozen), free(base), free(other), free(y), free(z);
    planned_free(&p);
}
END_TEST

/* The stationarity of |y - base|^2 + weight residual^2 for one soft loss difference: the move is
 * (f_k - f_l) times -weight times the residual, as it is the only condition. */
START_TEST(a_soft_condition_is_weighed_against_the_distance)
{
    static const double weights[] = {1e-3, 1, 1e6};
    double last = INFINITY;
    for (size_t t = 0; t < 3; t++) {
        planned p = planned_create(&small, 300, 2, 3);
        size_t n = p.s.N * 2, c;
        double *base = normal(n, 71), *fk = NEW(double, n), *fl = NEW(double, n), largest = 0;
        ASSERT_OK(critpt_plan_set_base_targets(p.plan, base, 2));
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, 50, &c));
        ASSERT_OK(critpt_plan_soften(p.plan, c, weights[t]));
        ASSERT_OK(critpt_plan_solve(p.plan, NULL));
        finished f = finished_create(&p, NULL, NULL);
        double residual = (double)(finished_point_loss(&f, 1) - finished_point_loss(&f, 0)) - 50;
        ASSERT_OK(critpt_landscape_outputs(p.s.landscape, NULL, f.weights, p.s.P, fl, 2));
        ASSERT_OK(critpt_landscape_outputs(p.s.landscape, NULL, f.weights + p.s.P, p.s.P, fk, 2));
        for (size_t i = 0; i < n; i++)
            largest = fmax(largest,
                           fabs(f.targets[i] - base[i] - weights[t] * residual * (fk[i] - fl[i])));
        double rounding = 20 * DBL_EPSILON * weights[t] * fmax(50, finished_level(&f)) * 10;
        ck_assert_double_le(largest, 1e-12 * sqrt(finished_level(&f)) + rounding);
        ck_assert_double_lt(fabs(residual), last);
        last = fabs(residual);
        ASSERT_NEAR(planned_condition(&p, c, CRITPT_CONDITION_RESIDUAL), fabs(residual),
                    fmax(50, finished_level(&f)), 1e-14);
        ASSERT_NEAR(planned_condition(&p, c, CRITPT_CONDITION_SOFTNESS), weights[t], 1, 0);
        finished_free(&f);
        free(base), free(fk), free(fl);
        planned_free(&p);
    }
}
END_TEST

/* A penalty never makes a level impossible: the curvature asked for gives way, the more so the
 * smaller its weight. With f = v0 tanh(w0 x) + v1 tanh(w1 x) the (0, 0) entry of the Hessian is
 * mean (df/dw0)^2 + mean d2f/dw0^2 (f - y), so that at the level L it is at most the first mean
 * plus sqrt(2 L mean (d2f/dw0^2)^2), which the heaviest penalty comes to. */
START_TEST(a_soft_condition_gives_way_to_a_level)
{
    static const net shape = {1, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    static const double weights[] = {1e-3, 1, 1e3, 1e6}, level = 0.01;
    double last = -INFINITY;
    for (int t = 0; t < 4; t++) {
        planned p = planned_create(&shape, 30, 1, 1);
        size_t loss, curvature;
        ASSERT_OK(critpt_plan_require_loss(p.plan, 0, level, &loss));
        ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 0, 0, 0, 30, &curvature));
        ASSERT_OK(critpt_plan_soften(p.plan, curvature, weights[t]));
        ASSERT_OK(critpt_plan_solve(p.plan, NULL));
        finished f = finished_create(&p, NULL, NULL);
        ASSERT_NEAR(finished_point_loss(&f, 0), level, level, 1e-13);
        double w = f.weights[0], v = f.weights[2], slope = 0, bend = 0;
        for (size_t i = 0; i < p.s.N; i++) {
            double x = p.s.inputs[i], a = tanh(w * x), d = 1 - a * a;
            slope += pow(v * d * x, 2) / (double)p.s.N;
            bend += pow(-2 * v * a * d * x * x, 2) / (double)p.s.N;
        }
        double most = slope + sqrt(2 * level * bend);
        double there = planned_condition(&p, curvature, CRITPT_CONDITION_ACHIEVED);
        ASSERT_NEAR(planned_condition(&p, curvature, CRITPT_CONDITION_RESIDUAL), 30 - there, 30,
                    1e-13);
        ck_assert_double_gt(there, last);
        ck_assert_double_le(there, most * (1 + 1e-12));
        if (weights[t] == 1e6)
            ASSERT_NEAR(there, most, most, 1e-6);
        last = there;
        finished_free(&f);
        planned_free(&p);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_gradient_is_met,
        entries_and_curvatures_of_the_hessian_are_met,
        an_eigenpair_is_met,
        a_gauss_newton_hessian_is_a_minimum,
        a_residual_with_its_unit_is_a_bound,
        a_whole_hessian_is_prescribed,
        loss_differences_are_met_where_the_targets_decide,
        critical_points_are_set_apart_by_scaling_their_outputs,
        the_level_of_the_loss_is_set_or_refused_with_the_least_one,
        a_level_raised_by_noise_lies_on_one_side_of_it,
        a_picture_is_met,
        conditions_combine,
        the_nearest_free_targets_are_found,
        a_soft_condition_is_weighed_against_the_distance,
        a_soft_condition_gives_way_to_a_level,
    };
    return test_main("conditions", tests, sizeof tests / sizeof *tests);
}
