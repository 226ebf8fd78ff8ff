/* Plans: planted points are critical, targets are nearest, and every trap is named. */
#include "support.h"

#include <float.h>
#include <lapacke.h>
#include <stdint.h>

#include "base/base.h"

static double value_of(const critpt_plan *plan, critpt_report_quantity quantity)
{
    double value;
    ASSERT_OK(critpt_plan_report_value(plan, quantity, &value));
    return value;
}

static double point_value(const critpt_plan *plan, size_t point, critpt_point_quantity quantity)
{
    double value;
    ASSERT_OK(critpt_plan_point_value(plan, point, quantity, &value));
    return value;
}

/* A plan with K drawn points on a scene, all of which may move. */
static critpt_plan *plan_of(const scene *s, size_t K, double scale)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    for (size_t k = 0; k < K; k++) {
        double *weights = net_weights(s->model, 11, k, scale);
        size_t point;
        ASSERT_OK(critpt_plan_add_point(plan, weights, s->P, &point));
        ck_assert_uint_eq(point, k);
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
        free(weights);
    }
    return plan;
}

/* Every planted point's gradient, evaluated afresh, is within `accepted` rounding units. */
static void assert_critical(const scene *s, const critpt_plan *plan, double accepted)
{
    double *w = NEW(double, s->P), *g = NEW(double, s->P), unit;
    for (size_t k = 0; k < critpt_plan_n_points(plan); k++) {
        double square = 0;
        ASSERT_OK(critpt_plan_point_weights(plan, k, w, s->P));
        ASSERT_OK(critpt_landscape_gradient(s->landscape, NULL, w, s->P, g, s->P, NULL));
        ASSERT_OK(critpt_landscape_gradient_unit(s->landscape, NULL, w, s->P, &unit));
        for (size_t j = 0; j < s->P; j++)
            square += g[j] * g[j];
        ck_assert_msg(sqrt(square) <= accepted * unit, "point %zu: %.3g units", k,
                      sqrt(square) / unit);
    }
    free(w), free(g);
}

static const net small = {8, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};

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

/* ---- The traps of MATH 5 ---- */

static size_t cause_at(const critpt_plan *plan, critpt_cause wanted)
{
    for (size_t i = 0; i < critpt_plan_n_causes(plan); i++) {
        critpt_cause kind;
        ASSERT_OK(critpt_plan_cause(plan, i, &kind));
        if (kind == wanted)
            return i;
    }
    ck_abort_msg("cause %d is not among %zu", (int)wanted, critpt_plan_n_causes(plan));
    return 0;
}

static size_t cause_item(const critpt_plan *plan, size_t cause, critpt_cause_item kind, size_t i)
{
    size_t item;
    ASSERT_OK(critpt_plan_cause_item(plan, cause, kind, i, &item));
    return item;
}

/* c'A = 0 and c'b != 0 for every conflict: sum_k J_k c_k = 0, sum_k c_k' J_k' Mn f_k != 0. */
static void assert_conflicts_are_proofs(const scene *s, const critpt_plan *plan)
{
    size_t K = critpt_plan_n_points(plan), n = s->N * s->D;
    double *c = NEW(double, K * s->P), *w = NEW(double, s->P), *f = NEW(double, n);
    double *part = NEW(double, n), *sum = NEW(double, n), *size = NEW(double, n);
    ck_assert_uint_gt(critpt_plan_n_conflicts(plan), 0);
    for (size_t i = 0; i < critpt_plan_n_conflicts(plan); i++) {
        double right = 0, right_size = 0, defect;
        memset(c, 0, K * s->P * sizeof *c);
        memset(sum, 0, n * sizeof *sum);
        memset(size, 0, n * sizeof *size);
        for (size_t t = 0; t < critpt_plan_conflict_size(plan, i); t++) {
            size_t point, weight;
            double coefficient;
            ASSERT_OK(
                critpt_plan_conflict_equation(plan, i, t, &point, NULL, &weight, &coefficient));
            c[point * s->P + weight] = coefficient;
        }
        for (size_t k = 0; k < K; k++) {
            ASSERT_OK(critpt_plan_point_weights(plan, k, w, s->P));
            ASSERT_OK(critpt_landscape_outputs(s->landscape, NULL, w, s->P, f, s->D));
            ASSERT_OK(critpt_landscape_jacobian_vector(s->landscape, NULL, w, s->P, c + k * s->P,
                                                       s->P, part, s->D));
            for (size_t j = 0; j < n; j++) {
                sum[j] += part[j];
                size[j] += fabs(part[j]);
                right += part[j] * f[j] / (double)s->N;
                right_size += fabs(part[j] * f[j]) / (double)s->N;
            }
        }
        double left = 0, left_size = 0;
        for (size_t j = 0; j < n; j++) {
            left = hypot(left, sum[j]);
            left_size = hypot(left_size, size[j]);
        }
        ck_assert_double_le(left, 1e-10 * left_size);
        ck_assert_double_gt(fabs(right), 1e-9 * right_size);
        ASSERT_OK(critpt_plan_conflict_defect(plan, i, &defect));
        ck_assert_double_gt(defect, 100);
    }
    free(c), free(w), free(f), free(part), free(sum), free(size);
}

START_TEST(fixed_points_with_different_means_conflict_and_movable_ones_are_balanced)
{
    scene s = scene_create(&small, 500, 1);
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    double *given[3], *moved = NEW(double, s.P), *requested = NEW(double, s.P);
    for (size_t k = 0; k < 3; k++) {
        given[k] = net_weights(s.model, 3, k, 2);
        ASSERT_OK(critpt_plan_add_point(plan, given[k], s.P, NULL));
    }
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "different mean outputs");
    size_t cause = cause_at(plan, CRITPT_CAUSE_OUTPUT_MEANS);
    ck_assert_uint_eq(critpt_plan_cause_n_items(plan, cause, CRITPT_CAUSE_POINT), 3);
    for (size_t k = 0; k < 3; k++)
        ck_assert_uint_eq(cause_item(plan, cause, CRITPT_CAUSE_POINT, k), k);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_CONFLICTING), 4);
    assert_conflicts_are_proofs(&s, plan);

    ASSERT_OK(critpt_plan_let_point_move(plan, 1));
    ASSERT_OK(critpt_plan_let_point_move(plan, 2));
    for (int round = 0; round < 2; round++) { /* the second solve starts from the requested ones */
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        assert_critical(&s, plan, 2);
        ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), (double)(3 * s.P - 2 * s.D));
        ck_assert_double_eq(value_of(plan, CRITPT_REPORT_REDUNDANT), (double)(2 * s.D));
        for (size_t k = 0; k < 3; k++) {
            double largest = 0;
            ASSERT_OK(critpt_plan_point_weights(plan, k, moved, s.P));
            ASSERT_OK(critpt_plan_point_weights_requested(plan, k, requested, s.P));
            ck_assert_mem_eq(requested, given[k], s.P * sizeof *requested);
            ck_assert_mem_eq(requested, moved, (s.P - s.D) * sizeof *moved);
            for (size_t o = s.P - s.D; o < s.P; o++)
                largest = fmax(largest, fabs(moved[o] - requested[o]));
            ck_assert_double_eq(largest, point_value(plan, k, CRITPT_POINT_MOVED));
            ck_assert(k == 0 ? largest == 0 : largest > 0.01);
        }
    }
    for (size_t k = 0; k < 3; k++)
        free(given[k]);
    free(moved), free(requested);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(movable_points_take_the_base_targets_mean)
{
    scene s = scene_create(&small, 500, 1);
    critpt_plan *plan = plan_of(&s, 2, 2);
    double *f = NEW(double, s.N *s.D), *w = NEW(double, s.P), mean[2] = {0}, wanted[2] = {0};
    ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_point_weights(plan, 1, w, s.P));
    ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, w, s.P, f, s.D));
    for (size_t i = 0; i < s.N * s.D; i++) {
        mean[i % 2] += f[i] / (double)s.N;
        wanted[i % 2] += s.targets[i] / (double)s.N;
    }
    ASSERT_NEAR(mean[0], wanted[0], 1, 1e-13);
    ASSERT_NEAR(mean[1], wanted[1], 1, 1e-13);
    critpt_plan_destroy(plan);
    free(f), free(w);
    scene_destroy(&s);
}
END_TEST

START_TEST(a_nonlinear_output_layer_needs_no_balance)
{
    const net shape = {8, 2, {4, 2}, {CRITPT_TANH, CRITPT_TANH}, {1, 1}};
    scene s = scene_create(&shape, 500, 1);
    critpt_plan *plan = plan_of(&s, 2, 2);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), (double)(2 * s.P));
    ck_assert_double_eq(point_value(plan, 0, CRITPT_POINT_MOVED), 0);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(twins_conflict_and_are_named)
{
    const net shape = {8, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    scene s = scene_create(&shape, 500, 1);
    critpt_plan *plan;
    double *other = net_weights(s.model, 77, 0, 2), *twin = NEW(double, s.P);
    memcpy(twin, s.weights, s.P * sizeof *twin);
    for (size_t j = 36; j < s.P; j++) /* the output layer */
        twin[j] += 0.5;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, other, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, twin, s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                 "points 0 and 2 differ in the output layer only");
    size_t cause = cause_at(plan, CRITPT_CAUSE_TWINS);
    ck_assert_uint_eq(cause_item(plan, cause, CRITPT_CAUSE_POINT, 0), 0);
    ck_assert_uint_eq(cause_item(plan, cause, CRITPT_CAUSE_POINT, 1), 2);
    assert_conflicts_are_proofs(&s, plan);
    critpt_plan_destroy(plan);
    free(other), free(twin);
    scene_destroy(&s);
}
END_TEST

START_TEST(shared_layers_are_named_where_they_conflict)
{
    /* With equal output layers and one hidden unit of constant slope the gradients by its weights
     * are the same function: identity units make the conflict certain. */
    const net shape = {3, 3, {2, 2, 1}, {CRITPT_TANH, CRITPT_IDENTITY, CRITPT_IDENTITY}, {1, 0, 0}};
    scene s = scene_create(&shape, 200, 1);
    critpt_plan *plan;
    double *other = NEW(double, s.P);
    memcpy(other, s.weights, s.P * sizeof *other);
    for (size_t j = 8; j < s.P - 2; j++) /* the layer in the middle */
        other[j] -= 0.7 * (double)(j % 3);
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, other, s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                 "points 0 and 1 share some layers");
    cause_at(plan, CRITPT_CAUSE_SHARED_LAYERS);
    assert_conflicts_are_proofs(&s, plan);
    critpt_plan_destroy(plan);
    free(other);
    scene_destroy(&s);
}
END_TEST

START_TEST(too_few_samples_are_counted)
{
    scene s = scene_create(&small, 40, 1);
    critpt_plan *plan = plan_of(&s, 3, 2);
    /* 3 P - 2 D = 134 independent equations, 80 targets */
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "at least 68 samples");
    cause_at(plan, CRITPT_CAUSE_TOO_FEW_SAMPLES);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), 80);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
    s = scene_create(&small, 68, 1);
    plan = plan_of(&s, 3, 2);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    assert_critical(&s, plan, 100);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(one_point_with_few_targets_is_trivial)
{
    scene s = scene_create(&small, 20, 1); /* 40 targets, 46 equations */
    critpt_plan *plan = plan_of(&s, 1, 2);
    double *y = NEW(double, s.N *s.D);
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_TRIVIAL, "more samples");
    ASSERT_OK(critpt_landscape_targets(s.landscape, y, s.D));
    ck_assert_mem_eq(y, s.targets, s.N * s.D * sizeof *y);
    free(y);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(base_targets_in_the_span_of_the_outputs_are_trivial)
{
    scene s = scene_create(&small, 300, 1);
    critpt_plan *plan = plan_of(&s, 1, 2);
    double *zero = NEW(double, s.N *s.D);
    ASSERT_OK(critpt_plan_set_base_targets(plan, zero, s.D));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_TRIVIAL, "base targets");
    /* the default base targets get noise where all points have the same outputs, and work */
    ASSERT_OK(critpt_plan_set_base_targets(plan, NULL, 0));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_double_gt(point_value(plan, 0, CRITPT_POINT_LOSS), 1e-3);
    assert_critical(&s, plan, 2);
    free(zero);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* A copy with units permuted and a sign flipped has the same range of J: redundant equations. */
START_TEST(symmetric_copies_are_accepted)
{
    const net shape = {5, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 1);
    critpt_plan *plan;
    double *copy = NEW(double, s.P), *w = s.weights;
    memcpy(copy, w, s.P * sizeof *copy);
    for (size_t r = 0; r < 5; r++) { /* units 0 and 1 swapped, unit 2 flipped */
        copy[r] = w[5 + r];
        copy[5 + r] = w[r];
        copy[10 + r] = -w[10 + r];
    }
    copy[15] = w[16], copy[16] = w[15], copy[17] = -w[17];
    copy[18] = w[19], copy[19] = w[18], copy[20] = -w[20];
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, copy, s.P, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL)); /* and the base targets get noise */
    assert_critical(&s, plan, 2);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), (double)s.P);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_REDUNDANT), (double)s.P);
    ASSERT_NEAR(point_value(plan, 0, CRITPT_POINT_LOSS), point_value(plan, 1, CRITPT_POINT_LOSS), 1,
                1e-13);
    free(copy);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

static void assert_null_direction(const critpt_plan *plan, size_t i, size_t layer, size_t unit,
                                  critpt_null_reason reason, size_t n_weights)
{
    size_t at_point, at_layer, at_unit, count;
    critpt_null_reason why;
    ASSERT_OK(critpt_plan_null_direction(plan, i, &at_point, &at_layer, &at_unit, &why, &count));
    ck_assert_uint_eq(at_point, 0);
    ck_assert_uint_eq(at_layer, layer);
    ck_assert_uint_eq(at_unit, unit);
    ck_assert_int_eq((int)why, (int)reason);
    ck_assert_uint_eq(count, n_weights);
}

/* A tanh unit with weights 0 on both sides: either may move alone, both together have an effect.
 * Equations of both are 0 = 0; one side is named. A product that vanishes at this point alone, of
 * units whose inputs are 0 there, is not. */
START_TEST(a_null_direction_is_confirmed_by_moves)
{
    const net shape = {2, 2, {1, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 1}};
    const net squares = {2, 2, {1, 1}, {CRITPT_SQUARE, CRITPT_IDENTITY}, {0, 1}};
    for (int flat = 0; flat < 2; flat++) {
        scene s = scene_create(flat ? &squares : &shape, 20, 1);
        critpt_plan *plan;
        s.weights[0] = s.weights[1] = 0, s.weights[2] = flat;
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
        ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ck_assert_double_eq(value_of(plan, CRITPT_REPORT_NULL), 3);
        ck_assert_uint_eq(critpt_plan_n_null_directions(plan), 1);
        if (flat) /* the output weight of a unit that is 0: not together with those into it */
            assert_null_direction(plan, 0, 1, 0, CRITPT_NULL_DEAD_INPUT, 1);
        else
            assert_null_direction(plan, 0, 0, 0, CRITPT_NULL_NO_INFLUENCE, 2);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(null_directions_are_named)
{
    const net shape = {5, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 1);
    critpt_landscape *L;
    critpt_plan *plan;
    for (size_t i = 0; i < s.N; i++)
        s.inputs[i * 5 + 3] = 0;                  /* a dead input */
    s.weights[20 + 1] = 1000;                     /* bias: unit 1 is saturated */
    s.weights[24 + 2] = 0, s.weights[28 + 2] = 0; /* nothing depends on unit 2 */
    ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_plan_create(&plan, L));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_uint_eq(critpt_plan_n_null_directions(plan), 3);
    assert_null_direction(plan, 0, 0, 3, CRITPT_NULL_DEAD_INPUT, 4);
    assert_null_direction(plan, 1, 0, 1, CRITPT_NULL_SATURATED_UNIT, 5);
    assert_null_direction(plan, 2, 0, 2, CRITPT_NULL_NO_INFLUENCE, 5);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_NULL), 14);
    ck_assert_ptr_nonnull(strstr(critpt_plan_warning(plan, 0), "input 3 of layer 0 is 0"));
    double g[64], unit, square = 0;
    ASSERT_OK(critpt_landscape_gradient(L, NULL, s.weights, s.P, g, s.P, NULL));
    ASSERT_OK(critpt_landscape_gradient_unit(L, NULL, s.weights, s.P, &unit));
    for (size_t j = 0; j < s.P; j++)
        square += g[j] * g[j];
    ck_assert_double_le(sqrt(square), 2 * unit);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    scene_destroy(&s);
}
END_TEST

START_TEST(isolated_samples_are_named)
{
    const net shape = {5, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    scene s = scene_create(&shape, 400, 1);
    critpt_landscape *L;
    critpt_plan *plan;
    for (size_t i = 0; i < s.N; i++) /* K n_1 m = 8 m > D t: 2 columns, 3 samples: 16 > 6 */
        for (size_t j = 1; j <= 2; j++)
            s.inputs[i * 5 + j] =
                i == 17 || i == 200 || (i == 399 && j == 1) ? s.inputs[i * 5 + j] : -0.25;
    ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_plan_create(&plan, L));
    for (size_t k = 0; k < 2; k++) {
        double *w = net_weights(s.model, 5, k, 2);
        ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
        free(w);
    }
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "samples 17, 200 and 399 only");
    size_t last = critpt_plan_n_causes(plan) - 1;
    ck_assert_uint_eq(critpt_plan_cause_n_items(plan, last, CRITPT_CAUSE_COLUMN), 2);
    ck_assert_uint_eq(cause_item(plan, last, CRITPT_CAUSE_SAMPLE, 2), 399);
    critpt_landscape_destroy(s.landscape);
    s.landscape = L;
    assert_conflicts_are_proofs(&s, plan);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* K n_1 m = 6 m > D t = 4 t: no column alone, of 2 samples each, but three that overlap, of 4; and
 * two of the same 2 samples, which are named once. */
START_TEST(isolated_samples_of_several_columns_are_named)
{
    const net shape = {5, 2, {3, 4}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    for (int same = 0; same < 2; same++) {
        scene s = scene_create(&shape, 200, 1);
        critpt_landscape *L;
        critpt_plan *plan;
        size_t n = same ? 2 : 3, alone = 0;
        for (size_t i = 0; i < s.N; i++)
            for (size_t j = 1; j <= n; j++) {
                size_t first = same ? 50 : 50 + j;
                if (i != first && i != first + 1)
                    s.inputs[i * 5 + j] = 0.5;
            }
        ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
        ASSERT_OK(critpt_plan_create(&plan, L));
        for (size_t k = 0; k < 2; k++) {
            double *w = net_weights(s.model, 5, k, 2);
            ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
            free(w);
        }
        ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                     same ? "samples 50 and 51 only" : "samples 51, 52, 53 and 54 only");
        for (size_t i = 0; i < critpt_plan_n_causes(plan); i++) {
            critpt_cause cause;
            ASSERT_OK(critpt_plan_cause(plan, i, &cause));
            if (cause != CRITPT_CAUSE_ISOLATED_SAMPLES)
                continue;
            alone++;
            ck_assert_uint_eq(critpt_plan_cause_n_items(plan, i, CRITPT_CAUSE_COLUMN), n);
            ck_assert_uint_eq(cause_item(plan, i, CRITPT_CAUSE_COLUMN, n - 1), n);
        }
        ck_assert_uint_eq(alone, 1);
        critpt_landscape_destroy(s.landscape);
        s.landscape = L;
        assert_conflicts_are_proofs(&s, plan);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(blow_up_is_reported_and_warned_about)
{
    const net shape = {2, 2, {8, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    scene s = scene_create(&shape, 200, 1); /* narrow inputs, small pre-activations */
    critpt_plan *plan = plan_of(&s, 3, 0.7);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_double_gt(value_of(plan, CRITPT_REPORT_AMPLIFICATION), 10);
    bool warned = false;
    for (size_t i = 0; i < critpt_plan_n_warnings(plan); i++)
        warned = warned || strstr(critpt_plan_warning(plan, i), "amplification");
    ck_assert(warned);
    ck_assert_ptr_null(critpt_plan_warning(plan, critpt_plan_n_warnings(plan)));
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

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
    double x[700], value;
    size_t item;
    critpt_cause kind;
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
    critpt_plan_destroy(NULL);
    scene_destroy(&s);
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

int main(void)
{
    const test_function tests[] = {
        points_are_critical_for_one_to_five_points,
        points_are_critical_in_any_metric,
        targets_are_the_nearest,
        ill_conditioned_points_are_met_to_rounding,
        nearly_collinear_columns_are_planted_to_rounding,
        rational_instance_is_solved_exactly,
        fixed_points_with_different_means_conflict_and_movable_ones_are_balanced,
        movable_points_take_the_base_targets_mean,
        a_nonlinear_output_layer_needs_no_balance,
        twins_conflict_and_are_named,
        shared_layers_are_named_where_they_conflict,
        too_few_samples_are_counted,
        one_point_with_few_targets_is_trivial,
        base_targets_in_the_span_of_the_outputs_are_trivial,
        symmetric_copies_are_accepted,
        a_null_direction_is_confirmed_by_moves,
        null_directions_are_named,
        isolated_samples_are_named,
        isolated_samples_of_several_columns_are_named,
        blow_up_is_reported_and_warned_about,
        a_point_on_a_kink_is_refused,
        overflowing_outputs_are_refused,
        overflowing_gradients_and_losses_are_refused,
        cancelling_changes_nothing,
        the_memory_limit_is_kept_before_anything_is_allocated,
        failing_allocations_change_nothing,
        options_are_checked_and_read_back,
        plans_refuse_what_they_cannot_take,
        the_same_seed_gives_the_same_targets_and_another_one_others,
    };
    return test_main("plan", tests, sizeof tests / sizeof *tests);
}
