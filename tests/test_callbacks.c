/* Models of callbacks: whatever part of the table is given, the operators are those of the closed
 * form, to rounding or to the accuracy of differences. */
#include "callbacks_support.h"
#include "dice.h"

#include <float.h>
#include <lapacke.h>
#include <stddef.h>

enum { MOST = 450 };

/* A random part of the table. */
static critpt_model_callbacks draw_part(dice *d)
{
    critpt_model_callbacks part = whole;
    size_t mask = roll(d, 1024);
    if (!(mask & 1))
        part.jacobian = NULL;
    if (!(mask & 2))
        part.jacobian_vector = NULL;
    if (!(mask & 4))
        part.jacobian_transposed_vector = NULL;
    if (!(mask & 8))
        part.curvature = NULL;
    if (!(mask & 16))
        part.curvature_vector = NULL;
    if (!(mask & 32))
        part.second_directional = NULL;
    if (!(mask & 64))
        part.outputs_complex = NULL;
    if (!(mask & 128))
        part.hessian = NULL;
    if (!(mask & 256))
        part.hessian_vectors = NULL;
    if (!(mask & 512))
        part.curvature_adjoint = NULL;
    part.batch_limit = roll(d, 3) == 0 ? 1 + roll(d, 70) : 0;
    part.concurrent = (int)roll(d, 2);
    return part;
}

static bool has_first(const critpt_model_callbacks *c)
{
    return c->jacobian || c->jacobian_vector || c->jacobian_transposed_vector || c->outputs_complex;
}

static bool has_second(const critpt_model_callbacks *c)
{
    return c->curvature || c->curvature_vector || c->second_directional;
}

typedef struct problem {
    critpt_model_callbacks part;
    critpt_model *model;
    critpt_landscape *landscape;
    size_t N;
    double w[P], x[MOST], y[MOST * D], s[MOST], M[D * D];
    long double H[P][P], size[P][P]; /* the Hessian, and its sum with absolute values */
    long double g[P], g_size[P], loss;
} problem;

static void add_sample(problem *p, size_t i)
{
    long double J[D][P], S[D][P][P], f[D], r[D], u[D], factor = (long double)p->s[i] / p->N, w[P];
    for (size_t j = 0; j < P; j++)
        w[j] = p->w[j];
    derivatives(p->w, p->x[i], J, S);
    whole.outputs_extended(NULL, w, 1, &p->x[i], f);
    for (size_t o = 0; o < D; o++)
        r[o] = f[o] - p->y[i * D + o];
    for (size_t o = 0; o < D; o++) {
        u[o] = 0;
        for (size_t c = 0; c < D; c++)
            u[o] += factor * p->M[o * D + c] * r[c];
        p->loss += u[o] * r[o] / 2;
    }
    for (size_t a = 0; a < P; a++) {
        for (size_t o = 0; o < D; o++) {
            p->g[a] += J[o][a] * u[o];
            p->g_size[a] += fabsl(J[o][a] * u[o]);
        }
        for (size_t b = 0; b < P; b++)
            for (size_t o = 0; o < D; o++) {
                p->H[a][b] += u[o] * S[o][a][b];
                p->size[a][b] += fabsl(u[o] * S[o][a][b]);
                for (size_t c = 0; c < D; c++) {
                    long double term = factor * J[o][a] * p->M[o * D + c] * J[c][b];
                    p->H[a][b] += term;
                    p->size[a][b] += fabsl(term);
                }
            }
    }
}

static void draw_problem(dice *d, problem *p)
{
    memset(p, 0, sizeof *p);
    p->part = draw_part(d);
    p->N = 1 + roll(d, roll(d, 2) ? 20 : MOST - 1);
    double scale = pow(10, 3 * uniform(d) - 1.5); /* of the amplitudes */
    for (size_t j = 0; j < P; j++)
        p->w[j] =
            (j % 2 ? 1 : scale) * (0.2 + 1.8 * uniform(d)) * (j != 1 && roll(d, 3) == 0 ? -1 : 1);
    if (roll(d, 8) == 0)
        p->w[roll(d, P)] = 0;
    for (size_t i = 0; i < p->N; i++) {
        p->x[i] = 2 * uniform(d);
        p->s[i] = 1;
        for (size_t o = 0; o < D; o++)
            p->y[i * D + o] = scale * (2 * uniform(d) - 1);
    }
    p->M[0] = p->M[3] = 1;
    ASSERT_OK(critpt_model_create(&p->model, 1, D, P, &p->part, NULL));
    ASSERT_OK(critpt_landscape_create(&p->landscape, p->model, p->N, p->x, 1));
    ASSERT_OK(critpt_landscape_set_targets(p->landscape, p->y, D));
    if (roll(d, 2)) {
        for (size_t i = 0; i < p->N; i++)
            p->s[i] = 0.5 + uniform(d);
        ASSERT_OK(critpt_landscape_set_sample_weights(p->landscape, p->s, p->N));
    }
    if (roll(d, 2)) {
        p->M[0] = 1 + uniform(d);
        p->M[1] = p->M[2] = uniform(d) - 0.5;
        ASSERT_OK(critpt_landscape_set_output_metric(p->landscape, p->M, D));
    }
    for (size_t i = 0; i < p->N; i++)
        add_sample(p, i);
}

static void free_problem(problem *p)
{
    critpt_landscape_destroy(p->landscape);
    critpt_model_destroy(p->model);
}

/* Relative to sums with absolute values: what is exact to rounding, and what differences leave. */
static double first_accuracy(const problem *p)
{
    return has_first(&p->part) ? 1e-13 : 1e-10;
}

static double second_accuracy(const problem *p)
{
    double first = first_accuracy(p);
    return has_second(&p->part) ? first : has_first(&p->part) ? 1e-10 : 1e-8;
}

START_TEST(operators_are_those_of_the_closed_form)
{
    dice d = {11, 1000 * (uint64_t)_i};
    problem p;
    double g[P], H[P * P], loss, v[P], Hv[P];
    draw_problem(&d, &p);
    ASSERT_OK(critpt_landscape_gradient(p.landscape, NULL, p.w, P, g, P, &loss));
    ASSERT_NEAR(loss, p.loss, p.loss, 1e-13);
    double scale = 0;
    for (size_t a = 0; a < P; a++)
        scale = fmax(scale, (double)p.g_size[a] * fmax(fabs(p.w[a]), 1));
    for (size_t a = 0; a < P; a++)
        ASSERT_NEAR(g[a], p.g[a], (double)p.g_size[a] + scale / fmax(fabs(p.w[a]), 1),
                    first_accuracy(&p));
    ASSERT_OK(critpt_landscape_hessian(p.landscape, NULL, p.w, P, H, P));
    double most = 0;
    for (size_t k = 0; k < P * P; k++)
        most = fmax(most, (double)p.size[k / P][k % P] * fmax(fabs(p.w[k / P]), 1) *
                              fmax(fabs(p.w[k % P]), 1));
    for (size_t k = 0; k < P * P; k++) {
        size_t a = k / P, b = k % P;
        double size = (double)p.size[a][b] + most / fmax(fabs(p.w[a]), 1) / fmax(fabs(p.w[b]), 1);
        ASSERT_NEAR(H[k], p.H[a][b], size, second_accuracy(&p));
        ck_assert_double_eq(H[k], H[b * P + a]);
    }
    /* where one is given and the other made of differences, they agree as well as these do */
    bool one_way = !p.part.hessian == !p.part.hessian_vectors;
    double both = fmax(1e-12, second_accuracy(&p));
    for (size_t j = 0; j < P; j++)
        v[j] = 2 * uniform(&d) - 1;
    ASSERT_OK(critpt_landscape_hessian_vector(p.landscape, NULL, p.w, P, v, P, Hv, P));
    for (size_t a = 0; a < P; a++) {
        double sum = 0, size = 0;
        for (size_t b = 0; b < P; b++) {
            sum += H[a * P + b] * v[b];
            size += fabs(H[a * P + b] * v[b]) + (double)p.size[a][b];
        }
        ASSERT_NEAR(Hv[a], sum, size + most / fmax(fabs(p.w[a]), 1), one_way ? 1e-12 : both);
    }
    free_problem(&p);
}
END_TEST

/* The spectrum's bounds hold what differences leave. */
START_TEST(bounds_of_eigenvalues_hold)
{
    dice d = {12, 1000 * (uint64_t)_i};
    problem p;
    critpt_spectrum *spectrum;
    double exact[P], H[P * P];
    draw_problem(&d, &p);
    for (size_t k = 0; k < P * P; k++)
        H[k] = (double)p.H[k / P][k % P];
    ASSERT_OK(critpt_spectrum_create(&spectrum, p.landscape, p.w, P, NULL));
    ck_assert_int_eq(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'U', P, H, P, exact), 0);
    for (size_t k = 0; k < P; k++) {
        double value, bound;
        ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, k, &value, &bound));
        double own = 8 * P * DBL_EPSILON * fmax(fabs(exact[0]), fabs(exact[P - 1]));
        ck_assert_msg(fabs(value - exact[k]) <= bound + own,
                      "seed %d: eigenvalue %zu is %.17g, not %.17g, bound %.3g", _i, k, value,
                      exact[k], bound);
    }
    critpt_spectrum_destroy(spectrum);
    free_problem(&p);
}
END_TEST

/* ---- Many weights: samples of several batches wait for one call of hessian ---- */

/* f = sum of w_j^2 cos(j x). */
enum { MANY = 430, WAITING = 650 };

static int many_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    memset(f, 0, n * sizeof *f);
    for (size_t k = 0; k < n * MANY; k++)
        f[k / MANY] += w[k % MANY] * w[k % MANY] * cos((double)(k % MANY) * x[k / MANY]);
    return 0;
}
static int many_jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    (void)user;
    for (size_t k = 0; k < n * MANY; k++)
        J[k] = 2 * w[k % MANY] * cos((double)(k % MANY) * x[k / MANY]);
    return 0;
}
static int many_curvature(void *user, const double *w, size_t n, const double *x, const double *u,
                          double *S)
{
    (void)user, (void)w;
    for (size_t k = 0; k < n * MANY; k++)
        S[k % MANY * (MANY + 1)] += 2 * u[k / MANY] * cos((double)(k % MANY) * x[k / MANY]);
    return 0;
}
static int many_hessian(void *user, const double *w, size_t n, const double *x, const double *s,
                        const double *M, const double *u, double *H)
{
    static double J[WAITING * MANY];
    size_t *calls = user;
    ck_assert_uint_le(n, WAITING);
    ++*calls;
    many_jacobian(NULL, w, n, x, J);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < MANY * MANY; k++)
            H[k] +=
                (s ? s[i] : 1) * (M ? M[0] : 1) * J[i * MANY + k / MANY] * J[i * MANY + k % MANY];
    return u ? many_curvature(NULL, w, n, x, u, H) : 0;
}

static void many_matrices(critpt_model_callbacks *table, size_t *calls, const double *w,
                          double *hessian, double *products)
{
    critpt_model *model;
    critpt_landscape *landscape;
    double x[WAITING], y[WAITING] = {0}, s[WAITING];
    for (size_t i = 0; i < WAITING; i++) {
        x[i] = (double)i / WAITING;
        s[i] = 1 + x[i];
    }
    ASSERT_OK(critpt_model_create(&model, 1, 1, MANY, table, calls));
    ASSERT_OK(critpt_landscape_create(&landscape, model, WAITING, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(landscape, y, 1));
    ASSERT_OK(critpt_landscape_set_sample_weights(landscape, s, WAITING));
    ASSERT_OK(critpt_landscape_hessian(landscape, NULL, w, MANY, hessian, MANY));
    ASSERT_OK(critpt_landscape_gauss_newton(landscape, NULL, w, MANY, products, MANY));
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}

START_TEST(samples_that_wait_are_all_counted)
{
    static double w[MANY], H[2][MANY * MANY], G[2][MANY * MANY];
    critpt_model_callbacks table = {.struct_size = sizeof table,
                                    .outputs = many_outputs,
                                    .jacobian = many_jacobian,
                                    .curvature = many_curvature};
    size_t calls = 0;
    double most = 0;
    for (size_t j = 0; j < MANY; j++)
        w[j] = 1 / (1.0 + (double)j);
    many_matrices(&table, &calls, w, H[0], G[0]);
    ck_assert_uint_eq(calls, 0);
    table.hessian = many_hessian;
    many_matrices(&table, &calls, w, H[1], G[1]);
    ck_assert_uint_eq(calls, 2 * 2); /* of two batches of 200, then of what is left */
    for (size_t k = 0; k < MANY * MANY; k++)
        most = fmax(most, fmax(fabs(H[0][k]), fabs(G[0][k])));
    for (size_t k = 0; k < MANY * MANY; k++) {
        ASSERT_NEAR(H[1][k], H[0][k], most, 1e-13);
        ASSERT_NEAR(G[1][k], G[0][k], most, 1e-13);
    }
}
END_TEST

START_TEST(tables_of_other_versions_are_read)
{
    struct {
        critpt_model_callbacks known;
        void *later[3];
    } newer = {.known = whole};
    critpt_model_callbacks older = {
        .struct_size = offsetof(critpt_model_callbacks, jacobian_vector), .outputs = whole.outputs};
    critpt_model *model;
    memset((char *)&older + older.struct_size, 0xff, sizeof older - older.struct_size);
    ASSERT_OK(critpt_model_create(&model, 1, D, P, &older, NULL));
    critpt_model_destroy(model);
    newer.known.struct_size = sizeof newer;
    ASSERT_OK(critpt_model_create(&model, 1, D, P, &newer.known, NULL));
    critpt_model_destroy(model);
    newer.later[1] = &newer;
    ASSERT_FAILS(critpt_model_create(&model, 1, D, P, &newer.known, NULL), CRITPT_UNSUPPORTED,
                 "a member that this version does not know");
    newer.known.struct_size = offsetof(critpt_model_callbacks, curvature) + 1;
    ASSERT_FAILS(critpt_model_create(&model, 1, D, P, &newer.known, NULL), CRITPT_INVALID_ARGUMENT,
                 "set it to sizeof"); /* half a callback */
    newer.known.struct_size = SIZE_MAX - 7;
    ASSERT_FAILS(critpt_model_create(&model, 1, D, P, &newer.known, NULL), CRITPT_INVALID_ARGUMENT,
                 "set it to sizeof");
}
END_TEST

START_TEST(checks_refuse_what_they_cannot_check)
{
    critpt_model *model;
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    double nan[P] = {0, NAN, 0, 0, 0};
    ASSERT_OK(critpt_model_create(&model, 1, D, P, &whole, NULL));
    ASSERT_FAILS(critpt_model_check(NULL, check_weights, P, 1, check_inputs, 1), invalid, "NULL");
    ASSERT_FAILS(critpt_model_check(model, check_weights, P, 0, check_inputs, 1), invalid,
                 "n_samples is 0");
    ASSERT_FAILS(critpt_model_check(model, check_weights, 2, 1, check_inputs, 1), invalid,
                 "weights");
    ASSERT_FAILS(critpt_model_check(model, check_weights, P, 2, NULL, 1), invalid, "inputs");
    ASSERT_FAILS(critpt_model_check(model, nan, P, 1, check_inputs, 1), CRITPT_NON_FINITE,
                 "weights");
    critpt_model_destroy(model);
    ASSERT_OK(critpt_mlp_create(&model, 1));
    ASSERT_OK(critpt_mlp_add_layer(model, 1, CRITPT_TANH, 1));
    ASSERT_FAILS(critpt_model_check(model, check_weights, 2, 1, check_inputs, 1),
                 CRITPT_UNSUPPORTED, "layered network");
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callbacks");
    TCase *tcase = tcase_create("callbacks");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, operators_are_those_of_the_closed_form, 0, 200);
    tcase_add_loop_test(tcase, bounds_of_eigenvalues_hold, 0, 200);
    tcase_add_test(tcase, samples_that_wait_are_all_counted);
    tcase_add_test(tcase, tables_of_other_versions_are_read);
    tcase_add_test(tcase, checks_refuse_what_they_cannot_check);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
