/* Plans: planted points are critical, and targets are nearest. */
#include "plan_support.h"

#include <lapacke.h>

START_TEST(points_are_critical_for_one_to_five_points)
{
    static const net shapes[] = {
        {8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {8, 2, {4, 3}, {CRITPT_TANH, CRITPT_TANH}, {1, 1}},
        {8, 3, {5, 4, 2}, {CRITPT_SOFTPLUS, CRITPT_TANH, CRITPT_IDENTITY}, {1, 0, 1}},
        {8, 2, {4, 2}, {CRITPT_SIN, CRITPT_IDENTITY}, {0, 0}},
        {8, 1, {3}, {CRITPT_SIGMOID}, {1}},
        {8, 2, {4, 2}, {CRITPT_LEAKY_RELU, CRITPT_IDENTITY}, {1, 1}},
    };
    for (size_t t = 0; t < sizeof shapes / sizeof *shapes; t++)
        for (size_t K = 1; K <= 5; K++) {
            scene s = scene_create(&shapes[t], 900, t);
            critpt_plan *plan = plan_of(&s, K, 2);
            ASSERT_OK(critpt_plan_solve(plan, NULL));
            ck_assert_double_le(value_of(plan, CRITPT_REPORT_CONDITION), 1e4);
            assert_critical(&s, plan, 2);
            critpt_plan_destroy(plan);
            scene_destroy(&s);
        }
}
END_TEST

/* Sample weights, a metric and base targets of one's own. */
START_TEST(points_are_critical_in_any_metric)
{
    const double metric[4] = {2, 0.5, 0.5, 1};
    scene s = scene_create(&small, 700, 4);
    double *weights = NEW(double, s.N);
    for (size_t i = 0; i < s.N; i++)
        weights[i] = 0.1 + (double)(i % 7);
    ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, weights, s.N));
    ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
    critpt_plan *plan = plan_of(&s, 3, 2);
    ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    assert_critical(&s, plan, 2);
    critpt_plan_destroy(plan);
    free(weights);
    scene_destroy(&s);
}
END_TEST

/* The nearest targets, against LAPACK's dgelsd on the explicit system A Mn^(-1/2) z = b - A y0. */
START_TEST(targets_are_the_nearest)
{
    const double metric[4] = {2, 0.5, 0.5, 1};
    /* C' of M = C C', by hand: C = [[a, 0], [b, c]]. */
    const double a = sqrt(2), b = 0.5 / sqrt(2), c = sqrt(1 - 0.125);
    scene s = scene_create(&small, 120, 9);
    critpt_plan *plan = plan_of(&s, 2, 2);
    size_t n = s.N * s.D, M = 2 * s.P;
    double *J = NEW(double, n *s.P), *A = NEW(double, M *n), *f = NEW(double, n);
    double *right = NEW(double, n > M ? n : M), *singular = NEW(double, M), *w = NEW(double, s.P);
    double *y = NEW(double, n), *sample_weights = NEW(double, s.N);
    for (size_t i = 0; i < s.N; i++)
        sample_weights[i] = 0.5 + (double)(i % 3);
    ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, sample_weights, s.N));
    ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
    ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    for (size_t k = 0; k < 2; k++) {
        ASSERT_OK(critpt_plan_point_weights(plan, k, w, s.P));
        ASSERT_OK(critpt_landscape_jacobian(s.landscape, NULL, w, s.P, J, s.P));
        ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, w, s.P, f, s.D));
        for (size_t j = 0; j < s.P; j++)
            for (size_t i = 0; i < s.N; i++) {
                double root = sqrt(sample_weights[i] / (double)s.N);
                double J0 = J[2 * i * s.P + j], J1 = J[(2 * i + 1) * s.P + j];
                double r0 = f[2 * i] - s.targets[2 * i], r1 = f[2 * i + 1] - s.targets[2 * i + 1];
                double B0 = root * (a * J0 + b * J1), B1 = root * c * J1;
                A[2 * i * M + k * s.P + j] = B0; /* column-major M x n */
                A[(2 * i + 1) * M + k * s.P + j] = B1;
                right[k * s.P + j] += B0 * root * (a * r0 + b * r1) + B1 * root * c * r1;
            }
    }
    lapack_int rank;
    ck_assert_int_eq(LAPACKE_dgelsd(LAPACK_COL_MAJOR, (lapack_int)M, (lapack_int)n, 1, A,
                                    (lapack_int)M, right, (lapack_int)n, singular, 1e-10, &rank),
                     0);
    ck_assert_int_eq(rank, (lapack_int)value_of(plan, CRITPT_REPORT_RANK));
    ASSERT_OK(critpt_landscape_targets(s.landscape, y, s.D));
    double apart = 0, size = 0, distance = 0;
    for (size_t i = 0; i < s.N; i++) {
        double root = sqrt(sample_weights[i] / (double)s.N);
        double d1 = y[2 * i + 1] - s.targets[2 * i + 1], d0 = y[2 * i] - s.targets[2 * i];
        double z0 = root * (a * d0 + b * d1), z1 = root * c * d1;
        apart = hypot(apart, hypot(z0 - right[2 * i], z1 - right[2 * i + 1]));
        size = hypot(size, hypot(right[2 * i], right[2 * i + 1]));
        distance = hypot(distance, hypot(z0, z1));
    }
    ASSERT_NEAR(apart, 0, size, 1e-10);
    ASSERT_NEAR(value_of(plan, CRITPT_REPORT_DISTANCE), distance, distance, 1e-12);
    critpt_plan_destroy(plan);
    free(J), free(A), free(f), free(right), free(singular), free(w), free(y), free(sample_weights);
    scene_destroy(&s);
}
END_TEST

/* Nearly equal points: the equations are met to rounding by the first solution, and its refinement
 * keeps them. */
START_TEST(ill_conditioned_points_are_met_to_rounding)
{
    for (int refine = 0; refine <= 1; refine++) {
        const net shape = {6, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
        scene s = scene_create(&shape, 400, 1);
        critpt_plan *plan = plan_of(&s, 1, 2);
        double *near = net_weights(s.model, 11, 0, 2), *by = net_weights(s.model, 11, 5, 2);
        critpt_plan_options *options;
        for (size_t j = 0; j < s.P; j++)
            near[j] += 1e-3 * by[j];
        ASSERT_OK(critpt_plan_add_point(plan, near, s.P, NULL));
        ASSERT_OK(critpt_plan_options_create(&options));
        if (!refine)
            ASSERT_OK(critpt_plan_options_set_refinements(options, 0));
        ASSERT_OK(critpt_plan_solve(plan, options));
        ck_assert_double_ge(value_of(plan, CRITPT_REPORT_CONDITION), 1e9);
        ck_assert_int_eq(value_of(plan, CRITPT_REPORT_REFINEMENTS) > 0, refine);
        assert_critical(&s, plan, 2);
        free(near), free(by);
        critpt_plan_options_destroy(options);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

/* Column 2 of the inputs equals column 0 to 1e-12, so that the equations have a condition of 1e12
 * or so: a gradient of 2e-17, that of the targets' own rounding, is there all the same (by a
 * projection on the rows' range in double precision). The gradient is formed by hand in extended
 * precision. */
START_TEST(nearly_collinear_columns_are_planted_to_rounding)
{
    enum { N = 60, P = 11 };
    double x[3 * N], noise[N], base[N], y[N], w[P], size = 0;
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    ASSERT_OK(critpt_random_normal(1, 0, 0, x, 3 * N));
    ASSERT_OK(critpt_random_normal(1, 1, 0, noise, N));
    for (size_t i = 0; i < N; i++)
        x[3 * i + 2] = x[3 * i] + 1e-12 * x[3 * i + 2];
    ASSERT_OK(critpt_mlp_create(&model, 3));
    ASSERT_OK(critpt_mlp_add_layer(model, 2, CRITPT_TANH, CRITPT_BIAS));
    ASSERT_OK(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_BIAS));
    ASSERT_OK(critpt_mlp_draw_weights(model, 1, 0, 1, w, P));
    ASSERT_OK(critpt_landscape_create(&landscape, model, N, x, 3));
    ASSERT_OK(critpt_landscape_outputs(landscape, NULL, w, P, base, 1));
    for (size_t i = 0; i < N; i++)
        base[i] += 0.1 * noise[i];
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    ASSERT_OK(critpt_plan_add_point(plan, w, P, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, base, 1));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_double_gt(value_of(plan, CRITPT_REPORT_CONDITION), 1e10);
    ck_assert_double_le(point_value(plan, 0, CRITPT_POINT_GRADIENT_SCALED), 0.1);
    ASSERT_OK(critpt_landscape_targets(landscape, y, 1));
    long double g[P] = {0};
    for (size_t i = 0; i < N; i++) {
        long double a[2], r = w[10] - (long double)y[i];
        for (size_t p = 0; p < 2; p++) {
            a[p] = w[6 + p];
            for (size_t j = 0; j < 3; j++)
                a[p] += (long double)w[3 * p + j] * x[3 * i + j];
            a[p] = tanhl(a[p]);
            r += w[8 + p] * a[p];
        }
        for (size_t p = 0; p < 2; p++) {
            long double d = r * w[8 + p] * (1 - a[p] * a[p]) / N;
            for (size_t j = 0; j < 3; j++)
                g[3 * p + j] += d * x[3 * i + j];
            g[6 + p] += d;
            g[8 + p] += r * a[p] / N;
        }
        g[10] += r / N;
    }
    for (size_t j = 0; j < P; j++)
        size = hypot(size, (double)g[j]);
    ck_assert_double_le(size, 5e-17);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_targets_and_another_one_others)
{
    double *y[3];
    for (size_t t = 0; t < 3; t++) {
        scene s = scene_create(&small, 200, 1);
        critpt_plan *plan = plan_of(&s, 1, 2);
        critpt_plan_options *options;
        ASSERT_OK(critpt_plan_options_create(&options));
        ASSERT_OK(critpt_plan_options_set_seed(options, t / 2 + 5));
        ASSERT_OK(critpt_plan_solve(plan, options));
        y[t] = NEW(double, s.N *s.D);
        ASSERT_OK(critpt_landscape_targets(s.landscape, y[t], s.D));
        critpt_plan_options_destroy(options);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
    ck_assert_mem_eq(y[0], y[1], 400 * sizeof(double));
    ck_assert_mem_ne(y[0], y[2], 400 * sizeof(double));
    for (size_t t = 0; t < 3; t++)
        free(y[t]);
}
END_TEST

/* ---- R1: an exact rational case. f = (v (a x + b t)^2)^2 with integer weights and inputs: y
 * solves the normal equations over the rationals exactly. ---- */

__extension__ typedef __int128 wide;

typedef struct rational {
    wide p, q;
} rational;

static rational reduce(wide p, wide q)
{
    wide a = p < 0 ? -p : p, b = q < 0 ? -q : q;
    while (b) {
        wide r = a % b;
        a = b;
        b = r;
    }
    if (a == 0)
        a = 1;
    if (q < 0)
        a = -a;
    return (rational){p / a, q / a};
}

static rational sub_product(rational x, rational y, rational z) /* x - y z */
{
    rational yz = reduce(y.p * z.p, y.q * z.q);
    return reduce(x.p * yz.q - yz.p * x.q, x.q * yz.q);
}

static rational quotient(rational x, rational y)
{
    return reduce(x.p * y.q, x.q * y.p);
}

/* Solves the symmetric positive definite n x n system in place; the solution replaces b. */
static void solve_rational(size_t n, rational *A, rational *b)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++) {
            if (i == k)
                continue;
            rational factor = quotient(A[i * n + k], A[k * n + k]);
            for (size_t j = k; j < n; j++)
                A[i * n + j] = sub_product(A[i * n + j], factor, A[k * n + j]);
            b[i] = sub_product(b[i], factor, b[k]);
        }
    for (size_t k = 0; k < n; k++)
        b[k] = quotient(b[k], A[k * n + k]);
}

START_TEST(rational_instance_is_solved_exactly)
{
    enum { N = 6, P = 3, K = 2 };
    const net shape = {2, 2, {1, 1}, {CRITPT_SQUARE, CRITPT_SQUARE}, {0, 0}};
    const double inputs[2 * N] = {1, 0, 0, 1, 1, 1, 1, -1, 2, 1, 1, 2};
    const double points[K][P] = {{1, 1, 1}, {2, -1, 1}}, base[N] = {1, -1, 2, 0, 3, 1};
    /* With v = 1, df/da = 4 z^3 x and df/db = 4 z^3 t span the quartic f = z^4 and df/dv = 2 z^4:
     * of three equations at each point one is redundant. The factor 4 does not change the span. */
    enum { M = 4 };
    rational A[M * M], b[M];
    long long exact_J[M][N], f[K][N];
    for (size_t k = 0; k < K; k++)
        for (size_t i = 0; i < N; i++) {
            long long x = (long long)inputs[2 * i], t = (long long)inputs[2 * i + 1];
            long long z = (long long)points[k][0] * x + (long long)points[k][1] * t;
            f[k][i] = z * z * z * z;
            exact_J[2 * k][i] = z * z * z * x;
            exact_J[2 * k + 1][i] = z * z * z * t;
        }
    /* y = y0 + J c with (J J') c = J_k (f_k - y0) row by row. */
    for (size_t a = 0; a < M; a++) {
        long long right = 0;
        for (size_t i = 0; i < N; i++)
            right += exact_J[a][i] * (f[a / 2][i] - (long long)base[i]);
        b[a] = (rational){right, 1};
        for (size_t c = 0; c < M; c++) {
            long long product = 0;
            for (size_t i = 0; i < N; i++)
                product += exact_J[a][i] * exact_J[c][i];
            A[a * M + c] = (rational){product, 1};
        }
    }
    solve_rational(M, A, b);

    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_plan *plan;
    double y[N];
    ASSERT_OK(critpt_landscape_create(&L, model, N, inputs, 2));
    ASSERT_OK(critpt_plan_create(&plan, L));
    for (size_t k = 0; k < K; k++)
        ASSERT_OK(critpt_plan_add_point(plan, points[k], P, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, base, 1));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_landscape_targets(L, y, 1));
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), M);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_REDUNDANT), K);
    for (size_t i = 0; i < N; i++) {
        long double truth = base[i];
        for (size_t a = 0; a < M; a++)
            truth += (long double)exact_J[a][i] * (long double)b[a].p / (long double)b[a].q;
        ASSERT_NEAR(y[i], truth, 100, 1e-14);
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        points_are_critical_for_one_to_five_points,
        points_are_critical_in_any_metric,
        targets_are_the_nearest,
        ill_conditioned_points_are_met_to_rounding,
        nearly_collinear_columns_are_planted_to_rounding,
        rational_instance_is_solved_exactly,
        the_same_seed_gives_the_same_targets_and_another_one_others,
    };
    return test_main("plan", tests, sizeof tests / sizeof *tests);
}
