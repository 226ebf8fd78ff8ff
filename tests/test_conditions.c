/* Conditions: each holds on the finished landscape by differences in extended precision, they
 * combine, and what cannot be had is refused with its reason. */
#include "support.h"

#include <float.h>
#include <stdint.h>
#include <stdio.h>

static const net small = {6, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
static const net curved = {6, 2, {4, 2}, {CRITPT_TANH, CRITPT_SIGMOID}, {1, 1}};

/* A scene with a plan of K drawn points; those with their bit in `free_ones` need not be critical.
 */
typedef struct planned {
    scene s;
    critpt_plan *plan;
} planned;

static planned plan_create(const net *shape, size_t N, size_t K, unsigned free_ones)
{
    planned p = {scene_create(shape, N, 3), NULL};
    ASSERT_OK(critpt_plan_create(&p.plan, p.s.landscape));
    for (size_t k = 0; k < K; k++) {
        double *weights = net_weights(p.s.model, 5, k, 2);
        if (free_ones >> k & 1)
            ASSERT_OK(critpt_plan_add_free_point(p.plan, weights, p.s.P, NULL));
        else
            ASSERT_OK(critpt_plan_add_point(p.plan, weights, p.s.P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(p.plan, k));
        free(weights);
    }
    return p;
}

static void plan_free(planned *p)
{
    critpt_plan_destroy(p->plan);
    scene_destroy(&p->s);
}

static double condition_value(const planned *p, size_t condition, critpt_condition_quantity q)
{
    double value;
    ASSERT_OK(critpt_plan_condition_value(p->plan, condition, q, &value));
    return value;
}

static double report_value(const planned *p, critpt_report_quantity q)
{
    double value;
    ASSERT_OK(critpt_plan_report_value(p->plan, q, &value));
    return value;
}

/* What the solve left, for the reference. */
typedef struct finished {
    const planned *p;
    double *targets, *weights; /* K x P */
    const double *s, *metric;
} finished;

static finished finish(const planned *p, const double *s, const double *metric)
{
    size_t K = critpt_plan_n_points(p->plan);
    finished f = {p, NEW(double, p->s.N * p->s.D), NEW(double, K * p->s.P), s, metric};
    ASSERT_OK(critpt_landscape_targets(p->s.landscape, f.targets, p->s.D));
    for (size_t k = 0; k < K; k++)
        ASSERT_OK(critpt_plan_point_weights(p->plan, k, f.weights + k * p->s.P, p->s.P));
    return f;
}

static void finished_free(finished *f)
{
    free(f->targets);
    free(f->weights);
}

static long double loss_at(const finished *f, const double *weights)
{
    const scene *s = &f->p->s;
    return reference_loss(&s->shape, weights, s->N, s->inputs, f->targets, f->s, f->metric);
}

static long double point_loss(const finished *f, size_t point)
{
    return loss_at(f, f->weights + point * f->p->s.P);
}

/* y' Mn y, twice the loss of a network without outputs. */
static double level(const finished *f)
{
    const scene *s = &f->p->s;
    double total = 0;
    for (size_t i = 0; i < s->N; i++)
        for (size_t o = 0; o < s->D; o++)
            for (size_t q = 0; q < s->D; q++)
                total += (f->s ? f->s[i] : 1) / (double)s->N *
                         (f->metric ? f->metric[o * s->D + q] : o == q) * f->targets[i * s->D + o] *
                         f->targets[i * s->D + q];
    return total;
}

/* The loss at w + a v + b u. */
static long double shifted(const finished *f, size_t point, double a, const double *v, double b,
                           const double *u)
{
    size_t P = f->p->s.P;
    double *w = NEW(double, P);
    for (size_t j = 0; j < P; j++)
        w[j] = f->weights[point * P + j] + a * v[j] + b * u[j];
    long double loss = loss_at(f, w);
    free(w);
    return loss;
}

/* v'Hu by mixed differences at steps h, 2h and 4h, extrapolated to h = 0. */
static double curvature(const finished *f, size_t point, const double *v, const double *u)
{
    long double by_step[3];
    for (int i = 0; i < 3; i++) {
        double h = ldexp(1, -8 + i);
        by_step[i] = (shifted(f, point, h, v, h, u) - shifted(f, point, h, v, -h, u) -
                      shifted(f, point, -h, v, h, u) + shifted(f, point, -h, v, -h, u)) /
                     (4 * (long double)h * h);
    }
    long double fine = (4 * by_step[0] - by_step[1]) / 3,
                coarse = (4 * by_step[1] - by_step[2]) / 3;
    return (double)((16 * fine - coarse) / 15);
}

/* The derivative along v likewise. */
static double slope(const finished *f, size_t point, const double *v)
{
    long double by_step[3];
    for (int i = 0; i < 3; i++) {
        double h = ldexp(1, -9 + i);
        by_step[i] =
            (shifted(f, point, h, v, 0, v) - shifted(f, point, -h, v, 0, v)) / (2 * (long double)h);
    }
    long double fine = (4 * by_step[0] - by_step[1]) / 3,
                coarse = (4 * by_step[1] - by_step[2]) / 3;
    return (double)((16 * fine - coarse) / 15);
}

static double *unit(size_t P, size_t j)
{
    double *v = NEW(double, P);
    v[j] = 1;
    return v;
}

static void assert_critical(const planned *p, size_t point)
{
    double scaled;
    ASSERT_OK(critpt_plan_point_value(p->plan, point, CRITPT_POINT_GRADIENT_SCALED, &scaled));
    ck_assert_double_le(scaled, 2);
}

START_TEST(a_gradient_is_met)
{
    planned p = plan_create(&small, 600, 3, 4);
    double *g = normal(p.s.P, 21);
    size_t c, d;
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 1, g, p.s.P, &c));
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 2, g, p.s.P, &d));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, NULL, NULL);
    for (size_t k = 1; k < 3; k++)
        for (size_t j = 0; j < p.s.P; j += 5) {
            double *v = unit(p.s.P, j);
            ASSERT_NEAR(slope(&f, k, v), g[j], sqrt(level(&f)), 1e-9);
            free(v);
        }
    ck_assert_double_le(condition_value(&p, c, CRITPT_CONDITION_SCALED), 20);
    double norm = 0;
    for (size_t j = 0; j < p.s.P; j++)
        norm += g[j] * g[j];
    ASSERT_NEAR(condition_value(&p, d, CRITPT_CONDITION_REQUESTED), sqrt(norm), sqrt(norm), 1e-15);
    ASSERT_NEAR(condition_value(&p, d, CRITPT_CONDITION_ACHIEVED), sqrt(norm), sqrt(norm), 1e-12);
    assert_critical(&p, 0);
    finished_free(&f);
    free(g);
    plan_free(&p);
}
END_TEST

START_TEST(entries_and_curvatures_of_the_hessian_are_met)
{
    planned p = plan_create(&small, 600, 2, 2);
    double *v = normal(p.s.P, 31), *u = normal(p.s.P, 32);
    size_t entry, diagonal, along, across;
    ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 0, 3, 1, 0.75, &entry));
    ASSERT_OK(critpt_plan_require_hessian_entry(p.plan, 1, 2, 2, -0.5, &diagonal));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 3, &along));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 1, v, u, p.s.P, -2, &across));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, NULL, NULL);
    double *e1 = unit(p.s.P, 1), *e2 = unit(p.s.P, 2), *e3 = unit(p.s.P, 3), size = level(&f) + 1;
    ASSERT_NEAR(curvature(&f, 0, e3, e1), 0.75, size, 1e-7);
    ASSERT_NEAR(curvature(&f, 1, e2, e2), -0.5, size, 1e-7);
    ASSERT_NEAR(curvature(&f, 0, v, v), 3, size * (double)p.s.P, 1e-6);
    ASSERT_NEAR(curvature(&f, 1, v, u), -2, size * (double)p.s.P, 1e-6);
    for (size_t c = 0; c < 4; c++) {
        ck_assert_double_le(condition_value(&p, c, CRITPT_CONDITION_SCALED), 20);
        ASSERT_NEAR(condition_value(&p, c, CRITPT_CONDITION_ACHIEVED),
                    condition_value(&p, c, CRITPT_CONDITION_REQUESTED), 1, 1e-11);
    }
    assert_critical(&p, 0);
    finished_free(&f);
    free(v), free(u), free(e1), free(e2), free(e3);
    plan_free(&p);
}
END_TEST

START_TEST(an_eigenpair_is_met)
{
    planned p = plan_create(&curved, 1200, 2, 0);
    double *v = normal(p.s.P, 41), *Hv = NEW(double, p.s.P), largest = 0;
    size_t c;
    ASSERT_OK(critpt_plan_require_eigenpair(p.plan, 1, -0.25, v, p.s.P, &c));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, NULL, NULL);
    ASSERT_OK(critpt_landscape_hessian_vector(p.s.landscape, NULL, f.weights + p.s.P, p.s.P, v,
                                              p.s.P, Hv, p.s.P));
    for (size_t j = 0; j < p.s.P; j++)
        largest = fmax(largest, fabs(Hv[j] + 0.25 * v[j]));
    ck_assert_double_le(largest, 1e-11);
    for (size_t j = 0; j < p.s.P; j += 7) {
        double *e = unit(p.s.P, j);
        ASSERT_NEAR(curvature(&f, 1, e, v), -0.25 * v[j], (1 + level(&f)) * (double)p.s.P, 1e-6);
        free(e);
    }
    ASSERT_NEAR(condition_value(&p, c, CRITPT_CONDITION_ACHIEVED), -0.25, 1, 1e-12);
    ASSERT_NEAR(condition_value(&p, c, CRITPT_CONDITION_EQUATIONS), p.s.P, 1, 0);
    assert_critical(&p, 0);
    assert_critical(&p, 1);
    finished_free(&f);
    free(v), free(Hv);
    plan_free(&p);
}
END_TEST

/* S = 0 at a critical point makes it a minimum, whatever else is asked. */
START_TEST(a_gauss_newton_hessian_is_a_minimum)
{
    static const net shape = {8, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    planned p = plan_create(&shape, 900, 2, 0);
    size_t c;
    ASSERT_OK(critpt_plan_require_gauss_newton(p.plan, 0, &c));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, NULL, NULL);
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
    ASSERT_NEAR(report_value(&p, CRITPT_REPORT_RANK), 2 * p.s.P + 3 * 45, 1, 0);
    ASSERT_NEAR(report_value(&p, CRITPT_REPORT_EXPECTED_RANK), 2 * p.s.P + 3 * 45, 1, 0);
    critpt_spectrum_destroy(spectrum);
    finished_free(&f);
    free(H), free(G);
    plan_free(&p);
}
END_TEST

/* All second derivatives of a small network at once, beside its gradient: those that other targets
 * give, as some are alike whatever the targets are. The base targets know nothing of them. */
START_TEST(a_whole_hessian_is_prescribed)
{
    static const net shape = {3, 2, {2, 1}, {CRITPT_TANH, CRITPT_SIN}, {1, 0}};
    planned p = plan_create(&shape, 900, 1, 0);
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
    finished f = finish(&p, NULL, NULL);
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b <= a; b++) {
            ASSERT_NEAR(H[a * P + b], wanted[a * P + b], 1 + level(&f), 1e-12);
            double *v = unit(P, a), *u = unit(P, b);
            ASSERT_NEAR(curvature(&f, 0, v, u), wanted[a * P + b], 1 + level(&f), 1e-6);
            free(v), free(u);
        }
    assert_critical(&p, 0);
    ASSERT_NEAR(report_value(&p, CRITPT_REPORT_EQUATIONS), P + P * (P + 1) / 2, 1, 0);
    finished_free(&f);
    free(wanted), free(H), free(w), free(others);
    plan_free(&p);
}
END_TEST

START_TEST(loss_differences_are_met_where_the_targets_decide)
{
    planned p = plan_create(&small, 600, 4, 4 + 8), q = plan_create(&curved, 600, 2, 0);
    size_t c;
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 2, 0, 0.5, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 2, -0.125, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, NULL, NULL);
    double size = DBL_EPSILON * fmax(level(&f), (double)point_loss(&f, 2));
    ASSERT_NEAR(point_loss(&f, 2) - point_loss(&f, 0), 0.5, size, 20);
    ASSERT_NEAR(point_loss(&f, 3) - point_loss(&f, 2), -0.125, size, 20);
    assert_critical(&p, 0);
    assert_critical(&p, 1);
    finished_free(&f);
    plan_free(&p);
    /* two critical points of a network with a curved output */
    ASSERT_OK(critpt_plan_require_loss_difference(q.plan, 1, 0, 0.25, &c));
    ASSERT_OK(critpt_plan_solve(q.plan, NULL));
    f = finish(&q, NULL, NULL);
    ASSERT_NEAR(point_loss(&f, 1) - point_loss(&f, 0), 0.25,
                DBL_EPSILON * fmax(level(&f), (double)point_loss(&f, 1)), 20);
    ASSERT_NEAR(condition_value(&q, c, CRITPT_CONDITION_ACHIEVED), 0.25, 1, 1e-12);
    finished_free(&f);
    plan_free(&q);
}
END_TEST

/* MATH 5, fact 2: the output layers are scaled, and the points stay critical. */
START_TEST(critical_points_are_set_apart_by_scaling_their_outputs)
{
    static const double gaps[] = {0.3, 1.7};
    for (size_t t = 0; t < 2; t++) {
        planned p = plan_create(&small, 600, 3, 0);
        double moved;
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, gaps[t], NULL));
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 2, 1, gaps[t], NULL));
        ASSERT_OK(critpt_plan_solve(p.plan, NULL));
        finished f = finish(&p, NULL, NULL);
        double unit_ = DBL_EPSILON * fmax(level(&f), (double)point_loss(&f, 2));
        ASSERT_NEAR(point_loss(&f, 1) - point_loss(&f, 0), gaps[t], unit_, 20);
        ASSERT_NEAR(point_loss(&f, 2) - point_loss(&f, 1), gaps[t], unit_, 20);
        for (size_t k = 0; k < 3; k++)
            assert_critical(&p, k);
        ASSERT_OK(critpt_plan_point_value(p.plan, 2, CRITPT_POINT_MOVED, &moved));
        ck_assert_double_gt(moved, 0);
        finished_free(&f);
        plan_free(&p);
    }
}
END_TEST

START_TEST(gaps_that_disagree_are_named)
{
    planned p = plan_create(&small, 600, 3, 0);
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
    plan_free(&p);
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

START_TEST(the_level_of_the_loss_is_set_or_refused_with_the_least_one)
{
    planned p = plan_create(&small, 600, 2, 0);
    double least, y[2];
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished before = finish(&p, NULL, NULL);
    least = (double)point_loss(&before, 0);
    /* with the default base targets the loss is already as low as it gets */
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, least + 1, NULL));
    ASSERT_OK(critpt_plan_require_loss(p.plan, 1, least + 1.5, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, NULL, NULL);
    double size = DBL_EPSILON * fmax(level(&f), (double)point_loss(&f, 1));
    ASSERT_NEAR(point_loss(&f, 0), least + 1, size, 20);
    ASSERT_NEAR(point_loss(&f, 1), least + 1.5, size, 20);
    assert_critical(&p, 0);
    assert_critical(&p, 1);
    ck_assert_uint_eq(critpt_plan_n_warnings(p.plan) > 0, 1);
    finished_free(&before);
    finished_free(&f);
    plan_free(&p);
    p = plan_create(&small, 600, 2, 0);
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, least / 2, NULL));
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INFEASIBLE, "it is at least");
    ck_assert_int_eq(sscanf(strstr(critpt_error_message(), "at least"), "at least %lf", &y[0]), 1);
    ASSERT_NEAR(y[0], least, least, 1e-9);
    plan_free(&p);
}
END_TEST

/* A picture of hard edges on the plane through three points that are not critical. */
START_TEST(a_picture_is_met)
{
    static const net shape = {10, 2, {20, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    enum { SIDE = 9 };
    planned p = plan_create(&shape, 1500, 3, 7);
    const size_t corners[3] = {0, 1, 2};
    double picture[SIDE * SIDE];
    size_t c;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            picture[i * SIDE + j] = (i - 4) * (i - 4) + (j - 4) * (j - 4) <= 9 ? 1 : 0;
    ASSERT_OK(critpt_plan_require_picture(p.plan, corners, picture, SIDE, SIDE, SIDE, &c));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, NULL, NULL);
    const double *A = f.weights, *B = A + p.s.P, *C = B + p.s.P;
    double *w = NEW(double, p.s.P);
    long double at_A = loss_at(&f, A);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            for (size_t k = 0; k < p.s.P; k++)
                w[k] = A[k] + j / (SIDE - 1.0) * (B[k] - A[k]) + i / (SIDE - 1.0) * (C[k] - A[k]);
            ASSERT_NEAR(loss_at(&f, w) - at_A, picture[i * SIDE + j] - picture[0],
                        DBL_EPSILON * fmax(level(&f), (double)at_A), 20);
        }
    ASSERT_NEAR(condition_value(&p, c, CRITPT_CONDITION_REQUESTED), 1, 1, 0);
    ASSERT_NEAR(condition_value(&p, c, CRITPT_CONDITION_EQUATIONS), SIDE * SIDE - 1, 1, 0);
    free(w);
    finished_free(&f);
    plan_free(&p);
}
END_TEST

/* Everything at once, in a metric and with sample weights. */
START_TEST(conditions_combine)
{
    static const double metric[4] = {2, 0.5, 0.5, 1};
    planned p = plan_create(&small, 900, 4, 8);
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
    plan_free(&p);
    p = plan_create(&small, 900, 4, 8);
    ASSERT_OK(critpt_landscape_set_sample_weights(p.s.landscape, s, p.s.N));
    ASSERT_OK(critpt_landscape_set_output_metric(p.s.landscape, metric, 2));
    ASSERT_OK(critpt_plan_set_base_targets(p.plan, base, 2));
    ASSERT_OK(critpt_plan_freeze_targets(p.plan, frozen, 2));
    ASSERT_OK(critpt_plan_require_curvature(p.plan, 0, v, v, p.s.P, 4, NULL));
    ASSERT_OK(critpt_plan_require_gradient(p.plan, 2, g, p.s.P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 3, 0, 1, NULL));
    ASSERT_OK(critpt_plan_require_loss(p.plan, 1, 5000, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    finished f = finish(&p, s, metric);
    double size = fmax(level(&f), 5001);
    ASSERT_NEAR(curvature(&f, 0, v, v), 4, size * (double)p.s.P, 1e-6);
    ASSERT_NEAR(point_loss(&f, 3) - point_loss(&f, 0), 1, size * DBL_EPSILON, 20);
    ASSERT_NEAR(point_loss(&f, 1), 5000, size * DBL_EPSILON, 20);
    for (size_t j = 0; j < p.s.P; j += 9) {
        double *e = unit(p.s.P, j);
        ASSERT_NEAR(slope(&f, 2, e), g[j], size, 1e-9);
        ASSERT_NEAR(slope(&f, 1, e), 0, size, 1e-9);
        free(e);
    }
    for (size_t i = 0; i < p.s.N * 2; i++)
        if (frozen[i])
            ck_assert_double_eq(f.targets[i], base[i]);
    assert_critical(&p, 0);
    assert_critical(&p, 1);
    finished_free(&f);
    free(s), free(v), free(g), free(frozen), free(base);
    plan_free(&p);
}
END_TEST

/* Of all targets that meet the conditions and keep the frozen ones, those are nearest whose move is
 * orthogonal, in the norm of the loss, to every move that changes no condition: tested on random
 * such moves, which a second solve from shifted base targets provides. */
START_TEST(the_nearest_free_targets_are_found)
{
    static const double metric[4] = {2, 0.5, 0.5, 1};
    planned p = plan_create(&small, 400, 1, 0);
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
    plan_free(&p);
}
END_TEST

/* The stationarity of |y - base|^2 + weight residual^2 for one soft loss difference: the move is
 * (f_k - f_l) times -weight times the residual, as it is the only condition. */
START_TEST(a_soft_condition_is_weighed_against_the_distance)
{
    static const double weights[] = {1e-3, 1, 1e6};
    double last = INFINITY;
    for (size_t t = 0; t < 3; t++) {
        planned p = plan_create(&small, 300, 2, 3);
        size_t n = p.s.N * 2, c;
        double *base = normal(n, 71), *fk = NEW(double, n), *fl = NEW(double, n), largest = 0;
        ASSERT_OK(critpt_plan_set_base_targets(p.plan, base, 2));
        ASSERT_OK(critpt_plan_require_loss_difference(p.plan, 1, 0, 50, &c));
        ASSERT_OK(critpt_plan_soften(p.plan, c, weights[t]));
        ASSERT_OK(critpt_plan_solve(p.plan, NULL));
        finished f = finish(&p, NULL, NULL);
        double residual = (double)(point_loss(&f, 1) - point_loss(&f, 0)) - 50;
        ASSERT_OK(critpt_landscape_outputs(p.s.landscape, NULL, f.weights, p.s.P, fl, 2));
        ASSERT_OK(critpt_landscape_outputs(p.s.landscape, NULL, f.weights + p.s.P, p.s.P, fk, 2));
        for (size_t i = 0; i < n; i++)
            largest = fmax(largest,
                           fabs(f.targets[i] - base[i] - weights[t] * residual * (fk[i] - fl[i])));
        double rounding = 20 * DBL_EPSILON * weights[t] * fmax(50, level(&f)) * 10;
        ck_assert_double_le(largest, 1e-12 * sqrt(level(&f)) + rounding);
        ck_assert_double_lt(fabs(residual), last);
        last = fabs(residual);
        ASSERT_NEAR(condition_value(&p, c, CRITPT_CONDITION_RESIDUAL), fabs(residual),
                    fmax(50, level(&f)), 1e-14);
        ASSERT_NEAR(condition_value(&p, c, CRITPT_CONDITION_SOFTNESS), weights[t], 1, 0);
        finished_free(&f);
        free(base), free(fk), free(fl);
        plan_free(&p);
    }
}
END_TEST

/* ---- What cannot be had ---- */

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
    planned p = plan_create(&small, 600, 2, 0);
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
    plan_free(&p);
}
END_TEST

START_TEST(curvature_of_the_output_layer_is_fixed_and_named)
{
    planned p = plan_create(&small, 600, 3, 0);
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
    ASSERT_NEAR(report_value(&p, CRITPT_REPORT_EXPECTED_RANK), 3 * p.s.P + 2 - 4, 1, 0);
    plan_free(&p);
}
END_TEST

/* Two conditions that contradict each other, among others that have no part in it. */
START_TEST(the_smallest_contradiction_is_found)
{
    planned p = plan_create(&small, 900, 4, 8);
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
    plan_free(&p);
}
END_TEST

START_TEST(more_curvatures_than_the_targets_can_move_are_counted)
{
    static const net shape = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    planned p = plan_create(&shape, 400, 1, 0);
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
    plan_free(&p);
}
END_TEST

START_TEST(the_amplification_can_be_limited)
{
    planned p = plan_create(&small, 600, 3, 0);
    critpt_plan_options *options;
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    double amplification = report_value(&p, CRITPT_REPORT_AMPLIFICATION);
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
    plan_free(&p);
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

/* Nothing but a loss at one free point: no equation at all. */
START_TEST(a_loss_alone_is_set)
{
    planned p = plan_create(&small, 100, 1, 1);
    double loss;
    ASSERT_OK(critpt_plan_require_loss(p.plan, 0, 0.125, NULL));
    ASSERT_OK(critpt_plan_solve(p.plan, NULL));
    ASSERT_OK(critpt_plan_point_value(p.plan, 0, CRITPT_POINT_LOSS, &loss));
    ASSERT_NEAR(loss, 0.125, 1, 1e-14);
    plan_free(&p);
    p = plan_create(&small, 100, 1, 1);
    ASSERT_FAILS(critpt_plan_solve(p.plan, NULL), CRITPT_INVALID_ARGUMENT, "asks for nothing");
    plan_free(&p);
}
END_TEST

START_TEST(conditions_refuse_what_they_cannot_take)
{
    planned p = plan_create(&small, 50, 2, 2);
    size_t P = p.s.P, points[3] = {0, 1, 1}, far[3] = {0, 1, 2};
    double *v = normal(P, 1), *zero = NEW(double, P), *nan_ = normal(P, 1), picture[4] = {0};
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
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, far, picture, 2, 2, 2, NULL), invalid,
                 "point is 2");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, picture, 1, 2, 2, NULL), invalid,
                 "1 x 2");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, NULL, 2, 2, 2, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, picture, 2, 2, 1, NULL), invalid,
                 "picture");
    ASSERT_FAILS(critpt_plan_require_picture(p.plan, points, picture, 2, SIZE_MAX, SIZE_MAX, NULL),
                 CRITPT_SIZE_OVERFLOW, "picture");
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
    size_t n_points;
    ASSERT_OK(critpt_plan_condition(p.plan, 1, &kind, &n_points, far));
    ck_assert_int_eq(kind, CRITPT_CONDITION_LOSS);
    ck_assert_uint_eq(n_points, 1);
    ck_assert_uint_eq(far[0], 0);
    free(v), free(zero), free(nan_);
    plan_free(&p);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_gradient_is_met,
        entries_and_curvatures_of_the_hessian_are_met,
        an_eigenpair_is_met,
        a_gauss_newton_hessian_is_a_minimum,
        a_whole_hessian_is_prescribed,
        loss_differences_are_met_where_the_targets_decide,
        critical_points_are_set_apart_by_scaling_their_outputs,
        gaps_that_disagree_are_named,
        fixed_critical_points_keep_their_order,
        the_level_of_the_loss_is_set_or_refused_with_the_least_one,
        a_picture_is_met,
        conditions_combine,
        the_nearest_free_targets_are_found,
        a_soft_condition_is_weighed_against_the_distance,
        a_conflict_is_a_proof_that_can_be_checked,
        curvature_of_the_output_layer_is_fixed_and_named,
        the_smallest_contradiction_is_found,
        more_curvatures_than_the_targets_can_move_are_counted,
        the_amplification_can_be_limited,
        failing_allocations_change_nothing,
        a_loss_alone_is_set,
        conditions_refuse_what_they_cannot_take,
    };
    return test_main("conditions", tests, sizeof tests / sizeof *tests);
}
