/* Models of callbacks against closed forms: eigenpairs, Gauss-Newton Hessians and natures of a
 * decay, whose Hessian is summed here in extended precision; kinks where the model says they are.
 */
#include "support.h"

enum { N = 24, P = 3 };

/* ---- a exp(-b x) + c ---- */

static int outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * x[i]) + w[2];
    return 0;
}

static int jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        const double e = exp(-w[1] * x[i]), row[P] = {e, -w[0] * x[i] * e, 1};
        memcpy(J + P * i, row, sizeof row);
    }
    return 0;
}

static int curvature(void *user, const double *w, size_t n, const double *x, const double *u,
                     double *S)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        const double e = u[i] * exp(-w[1] * x[i]);
        S[1] -= x[i] * e;
        S[3] -= x[i] * e;
        S[4] += w[0] * x[i] * x[i] * e;
    }
    return 0;
}

static size_t adjoints; /* calls of the next */

static int curvature_adjoint(void *user, const double *w, size_t n, const double *x,
                             const double *q, double *result)
{
    (void)user;
    adjoints++;
    for (size_t i = 0; i < n; i++) {
        const double e = exp(-w[1] * x[i]);
        result[i] = -(q[1] + q[3]) * x[i] * e + q[4] * w[0] * x[i] * x[i] * e;
    }
    return 0;
}

static const critpt_model_callbacks table = {.struct_size = sizeof table,
                                             .outputs = outputs,
                                             .jacobian = jacobian,
                                             .curvature = curvature,
                                             .curvature_adjoint = curvature_adjoint};
static const double weights[P] = {2, 0.5, 0.3};

typedef struct decay {
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    double x[N];
    long double hessian[P][P], curvature[P][P]; /* after the solve: all of it, and S alone */
} decay;

static decay begin(void)
{
    decay d = {0};
    for (size_t i = 0; i < N; i++)
        d.x[i] = (double)i / 8;
    ASSERT_OK(critpt_model_create(&d.model, 1, 1, P, &table, NULL));
    ASSERT_OK(critpt_landscape_create(&d.landscape, d.model, N, d.x, 1));
    ASSERT_OK(critpt_plan_create(&d.plan, d.landscape));
    ASSERT_OK(critpt_plan_add_point(d.plan, weights, P, NULL));
    return d;
}

static void solve(decay *d)
{
    double y[N];
    ASSERT_OK(critpt_plan_solve(d->plan, NULL));
    ASSERT_OK(critpt_landscape_targets(d->landscape, y, 1));
    for (size_t i = 0; i < N; i++) {
        const long double x = d->x[i], a = weights[0], e = expl(-weights[1] * x);
        const long double r = (a * e + weights[2] - y[i]) / N, row[P] = {e, -a * x * e, 1};
        for (size_t j = 0; j < P; j++)
            for (size_t k = 0; k < P; k++)
                d->hessian[j][k] += row[j] * row[k] / N;
        d->curvature[0][1] -= r * x * e;
        d->curvature[1][0] -= r * x * e;
        d->curvature[1][1] += r * a * x * x * e;
    }
    for (size_t j = 0; j < P; j++)
        for (size_t k = 0; k < P; k++)
            d->hessian[j][k] += d->curvature[j][k];
}

static void end(decay *d)
{
    critpt_plan_destroy(d->plan);
    critpt_landscape_destroy(d->landscape);
    critpt_model_destroy(d->model);
}

/* At a critical point sum r x e = 0, and so the targets move entry 11 alone: a vector has the value
 * where rows 0 and 2 of the Gauss-Newton part G give it, which two linear equations see to. */
START_TEST(an_eigenpair_holds)
{
    decay d = begin();
    const double value = 2;
    long double G[P][P] = {{0}};
    for (size_t i = 0; i < N; i++) {
        const long double e = expl(-weights[1] * d.x[i]), row[P] = {e, -weights[0] * d.x[i] * e, 1};
        for (size_t j = 0; j < P; j++)
            for (size_t k = 0; k < P; k++)
                G[j][k] += row[j] * row[k] / N;
    }
    const long double determinant = G[0][1] * (G[2][2] - value) - G[0][2] * G[2][1];
    const double v[P] = {
        1, (double)(((value - G[0][0]) * (G[2][2] - value) + G[0][2] * G[2][0]) / determinant),
        (double)((-G[0][1] * G[2][0] - (value - G[0][0]) * G[2][1]) / determinant)};
    ASSERT_OK(critpt_plan_require_eigenpair(d.plan, 0, value, v, P, NULL));
    solve(&d);
    for (size_t j = 0; j < P; j++) {
        long double sum = 0;
        for (size_t k = 0; k < P; k++)
            sum += d.hessian[j][k] * v[k];
        ASSERT_NEAR(sum, value * v[j], 1, 1e-11);
    }
    end(&d);
}
END_TEST

START_TEST(a_gauss_newton_hessian_has_no_curvature)
{
    decay d = begin();
    ASSERT_OK(critpt_plan_require_gauss_newton(d.plan, 0, NULL));
    solve(&d);
    for (size_t j = 0; j < P; j++)
        for (size_t k = 0; k < P; k++)
            ASSERT_NEAR(d.curvature[j][k], 0, 1, 1e-12);
    end(&d);
}
END_TEST

/* Every leading minor is positive. */
START_TEST(a_minimum_is_one)
{
    decay d = begin();
    ASSERT_OK(critpt_plan_require_minimum(d.plan, 0, 0.5, NULL));
    solve(&d);
    const long double(*H)[P] = (const long double(*)[P])d.hessian;
    long double minor = H[0][0] * H[1][1] - H[0][1] * H[1][0];
    long double whole = minor * H[2][2] - H[0][0] * H[1][2] * H[2][1] +
                        H[0][1] * H[1][2] * H[2][0] + H[0][2] * H[1][0] * H[2][1] -
                        H[0][2] * H[1][1] * H[2][0];
    ck_assert_uint_gt(adjoints, 0);
    ck_assert(H[0][0] > 0 && minor > 0 && whole > 0);
    end(&d);
}
END_TEST

/* ---- |a + b x|, whose kink is at -a/b ---- */

static double lie; /* what its margins are in place of those that are below 0.25 */

static int bent(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = fabs(w[0] + w[1] * x[i]);
    return 0;
}

static int margins(void *user, const double *w, size_t n, const double *x, double *m)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        m[i] = fabs(w[0] + w[1] * x[i]);
        if (lie != 0 && m[i] < 0.25)
            m[i] = lie;
    }
    return 0;
}

START_TEST(kinks_are_where_the_model_says)
{
    const critpt_model_callbacks kinked = {
        .struct_size = sizeof kinked, .outputs = bent, .kink_margins = margins};
    const double x[5] = {0, 0.5, 1, 1.5, 2}, off[2] = {-0.875, 1}, on[2] = {-1, 1};
    double margin, hessian[4];
    critpt_model *model;
    critpt_landscape *landscape;
    lie = 0;
    ASSERT_OK(critpt_model_create(&model, 1, 1, 2, &kinked, NULL));
    ASSERT_OK(critpt_landscape_create(&landscape, model, 5, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(landscape, x, 1));
    ASSERT_OK(critpt_landscape_kink_margin(landscape, NULL, off, 2, &margin));
    ck_assert_double_eq(margin, 0.125);
    ASSERT_OK(critpt_landscape_kink_margin(landscape, NULL, on, 2, &margin));
    ck_assert_double_eq(margin, 0);
    ASSERT_FAILS(critpt_landscape_hessian(landscape, NULL, on, 2, hessian, 2),
                 CRITPT_INVALID_ARGUMENT, "sample 2 stands on a kink");
    lie = -1;
    ASSERT_FAILS(critpt_landscape_kink_margin(landscape, NULL, off, 2, &margin), CRITPT_NON_FINITE,
                 "-1");
    lie = NAN;
    ASSERT_FAILS(critpt_landscape_kink_margin(landscape, NULL, off, 2, &margin), CRITPT_NON_FINITE,
                 "nan");
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

/* Of a network with a kink, two weights chosen: the message names the network's unit. */
START_TEST(kinks_of_fewer_weights_are_the_network_s)
{
    static const net shape = {1, 2, {2, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {1, 1}};
    const double origin[7] = {1, 1, -1, 0.5, 1, 1, 0}, x[3] = {0, 1, 2}, v[2] = {1, 1};
    const size_t chosen[2] = {0, 4};
    double hessian[4];
    critpt_model *base = net_model(&shape), *model;
    critpt_landscape *landscape;
    ASSERT_OK(critpt_model_choose_weights(&model, base, origin, 7, chosen, 2));
    ASSERT_OK(critpt_landscape_create(&landscape, model, 3, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(landscape, x, 1));
    ASSERT_FAILS(critpt_landscape_hessian(landscape, NULL, v, 2, hessian, 2),
                 CRITPT_INVALID_ARGUMENT, "sample 1 stands on a kink of unit 0 of layer 0");
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    critpt_model_destroy(base);
}
END_TEST

int main(void)
{
    const test_function tests[] = {an_eigenpair_holds, a_gauss_newton_hessian_has_no_curvature,
                                   a_minimum_is_one, kinks_are_where_the_model_says,
                                   kinks_of_fewer_weights_are_the_network_s};
    return test_main("callback_curves", tests, sizeof tests / sizeof *tests);
}
