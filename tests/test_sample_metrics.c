/* A metric for each sample: where all are alike they are one metric, multiples of one are sample
 * weights; plans and natures with such that have nothing in common are held against the loss in
 * extended precision by test_conditions_random and test_penalty. */
#include "conditions_support.h"

#include <float.h>

enum { MOST = 40 };

static const net shapes[] = {
    {2, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
    {2, 1, {3}, {CRITPT_IDENTITY}, {1}},
    {2, 3, {2, 2, 3}, {CRITPT_GELU, CRITPT_SIN, CRITPT_IDENTITY}, {1, 0, 0}},
    {2, 2, {3, 2}, {CRITPT_SOFTPLUS, CRITPT_TANH}, {0, 1}},
    {3, 2, {2, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {1, 1}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double *one_metric(size_t D)
{
    double *metric = NEW(double, D *D);
    for (size_t i = 0; i < D * D; i++)
        metric[i] = i / D == i % D ? 2 : 0.5;
    return metric;
}

/* Weights s and M, or all s_i M. */
static void set_metric(scene *s, const double *weights, const double *metric, bool by_sample)
{
    size_t D = s->D, N = s->N;
    double *metrics = NEW(double, N *D *D);
    if (by_sample) {
        for (size_t i = 0; i < N * D * D; i++)
            metrics[i] = weights[i / (D * D)] * metric[i % (D * D)];
        ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, NULL, 0));
        ASSERT_OK(critpt_landscape_set_sample_metrics(s->landscape, metrics, N));
    } else {
        ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, weights, N));
        ASSERT_OK(critpt_landscape_set_output_metric(s->landscape, metric, D));
    }
    free(metrics);
}

static void assert_alike(const double *a, const double *b, size_t n)
{
    double size = 0;
    for (size_t i = 0; i < n; i++)
        size = fmax(size, fabs(a[i]));
    for (size_t i = 0; i < n; i++)
        ASSERT_NEAR(a[i], b[i], size, 1e-13);
}

START_TEST(multiples_of_one_metric_are_sample_weights)
{
    for (size_t t = 0; t < SHAPES; t++) {
        scene s = scene_create(&shapes[t], 70, t);
        size_t P = s.P, chosen[] = {3, 60, 3, 17};
        double *metric = one_metric(s.D), *weights = normal(s.N, 9), *v = normal(P, 4);
        double g[2][MOST], H[2][MOST * MOST], G[2][MOST * MOST], S[2][MOST * MOST];
        double Hv[2][MOST], some[2][MOST], unit[2], loss[2];
        ck_assert_uint_le(P, MOST);
        for (size_t i = 0; i < s.N; i++)
            weights[i] = 0.2 + fabs(weights[i]);
        for (size_t way = 0; way < 2; way++) {
            critpt_workspace *workspace;
            set_metric(&s, weights, metric, way == 1);
            ck_assert_int_eq(critpt_landscape_has_sample_metrics(s.landscape), way == 1);
            ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
            ASSERT_OK(critpt_landscape_gradient(s.landscape, workspace, s.weights, P, g[way], P,
                                                &loss[way]));
            ASSERT_OK(
                critpt_landscape_gradient_unit(s.landscape, workspace, s.weights, P, &unit[way]));
            ASSERT_OK(critpt_landscape_hessian(s.landscape, workspace, s.weights, P, H[way], P));
            ASSERT_OK(
                critpt_landscape_gauss_newton(s.landscape, workspace, s.weights, P, G[way], P));
            ASSERT_OK(critpt_landscape_residual_curvature(s.landscape, workspace, s.weights, P,
                                                          S[way], P));
            ASSERT_OK(critpt_landscape_hessian_vector(s.landscape, workspace, s.weights, P, v, P,
                                                      Hv[way], P));
            ASSERT_OK(critpt_workspace_select(workspace, chosen, 4));
            ASSERT_OK(critpt_landscape_hessian_vector(s.landscape, workspace, s.weights, P, v, P,
                                                      some[way], P));
            critpt_workspace_destroy(workspace);
        }
        ASSERT_NEAR(loss[0], loss[1], loss[0], 1e-13);
        ASSERT_NEAR(unit[0], unit[1], unit[0], 1e-6);
        assert_alike(g[0], g[1], P);
        assert_alike(H[0], H[1], P * P);
        assert_alike(G[0], G[1], P * P);
        assert_alike(S[0], S[1], P * P);
        assert_alike(Hv[0], Hv[1], P);
        assert_alike(some[0], some[1], P);
        free(metric), free(weights), free(v);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(plans_do_not_tell_them_apart)
{
    for (size_t t = 0; t < 4; t++) {
        if (t == 1) /* two points of a linear model are never critical both */
            continue;
        double *targets[2], amplification[2];
        for (size_t way = 0; way < 2; way++) {
            planned p = planned_create(&shapes[t], 150, 2, 0);
            double *metric = one_metric(p.s.D), *weights = normal(p.s.N, 9);
            for (size_t i = 0; i < p.s.N; i++)
                weights[i] = 0.2 + fabs(weights[i]);
            set_metric(&p.s, weights, metric, way == 1);
            ASSERT_OK(critpt_plan_require_minimum(p.plan, 0, 1e-2, NULL));
            ASSERT_OK(critpt_plan_solve(p.plan, NULL));
            amplification[way] = planned_report(&p, CRITPT_REPORT_AMPLIFICATION);
            targets[way] = NEW(double, p.s.N *p.s.D);
            ASSERT_OK(critpt_landscape_targets(p.s.landscape, targets[way], p.s.D));
            for (size_t k = 0; k < 2; k++)
                planned_assert_critical(&p, k);
            if (way == 1)
                for (size_t i = 0; i < p.s.N * p.s.D; i++) /* natures stop within 1e-3 of least */
                    ASSERT_NEAR(targets[0][i], targets[1][i], 1, 2e-2);
            free(metric), free(weights);
            planned_free(&p);
        }
        ASSERT_NEAR(amplification[0], amplification[1], amplification[0], 1e-3);
        free(targets[0]), free(targets[1]);
    }
}
END_TEST

START_TEST(they_are_read_back_and_replaced)
{
    scene s = scene_create(&shapes[0], 20, 1);
    double metric[4] = {2, 0.5, 0.5, 1}, out[4], *all = NEW(double, 80);
    scene_metrize(&s, 2);
    ASSERT_OK(critpt_landscape_sample_metrics(s.landscape, all, 20));
    ck_assert_mem_eq(all, s.metrics, 80 * sizeof *all);
    ASSERT_FAILS(critpt_landscape_output_metric(s.landscape, out, 2), CRITPT_INVALID_ARGUMENT,
                 "metric for each sample");
    ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
    ck_assert_int_eq(critpt_landscape_has_sample_metrics(s.landscape), 0);
    ASSERT_OK(critpt_landscape_sample_metrics(s.landscape, all, 20));
    ck_assert_mem_eq(all + 76, metric, sizeof metric);
    ASSERT_OK(critpt_landscape_set_sample_metrics(s.landscape, NULL, 0));
    ASSERT_OK(critpt_landscape_output_metric(s.landscape, out, 2));
    ck_assert(out[0] == 1 && out[1] == 0);
    ck_assert_int_eq(critpt_landscape_has_sample_metrics(NULL), 0);
    free(all);
    scene_destroy(&s);
}
END_TEST

START_TEST(bad_metrics_are_refused_and_change_nothing)
{
    scene s = scene_create(&shapes[0], 20, 1);
    double before, after, *bad;
    scene_metrize(&s, 2);
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &before));
    bad = NEW(double, 80);
    memcpy(bad, s.metrics, 80 * sizeof *bad);
    bad[4 * 7 + 1] += 1;
    ASSERT_FAILS(critpt_landscape_set_sample_metrics(s.landscape, bad, 20), CRITPT_INVALID_ARGUMENT,
                 "metric of sample 7 is not symmetric");
    bad[4 * 7 + 2] += 1;
    bad[4 * 7 + 3] = -5;
    ASSERT_FAILS(critpt_landscape_set_sample_metrics(s.landscape, bad, 20), CRITPT_INVALID_ARGUMENT,
                 "metric of sample 7 is not positive definite");
    bad[4 * 9] = NAN;
    bad[4 * 7 + 3] = 500;
    ASSERT_FAILS(critpt_landscape_set_sample_metrics(s.landscape, bad, 20), CRITPT_NON_FINITE,
                 "metric of sample 9");
    ASSERT_FAILS(critpt_landscape_set_sample_metrics(s.landscape, bad, 19), CRITPT_INVALID_ARGUMENT,
                 "metrics of the samples");
    ASSERT_FAILS(critpt_landscape_set_sample_metrics(NULL, bad, 20), CRITPT_INVALID_ARGUMENT,
                 "landscape");
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &after));
    ck_assert(before == after);
    free(bad);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        multiples_of_one_metric_are_sample_weights,
        plans_do_not_tell_them_apart,
        they_are_read_back_and_replaced,
        bad_metrics_are_refused_and_change_nothing,
    };
    return test_main("sample_metrics", tests, sizeof tests / sizeof *tests);
}
