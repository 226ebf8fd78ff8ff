/* Plans on networks behind callbacks, of which random parts are given: what was planted is there,
 * as the network itself sees it. */
#include "dice.h"

#include <float.h>
#include <lapacke.h>

enum { MOST_POINTS = 3, MOST_WEIGHTS = 40 };

/* ---- A network behind callbacks ---- */

static critpt_landscape *batch_landscape(void *user, size_t n, const double *x)
{
    critpt_model *network = user;
    critpt_landscape *landscape;
    ASSERT_OK(critpt_landscape_create_borrowed(&landscape, network, n, x,
                                               critpt_model_n_inputs(network)));
    return landscape;
}

static int outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    critpt_model *network = user;
    critpt_landscape *landscape = batch_landscape(user, n, x);
    ASSERT_OK(critpt_landscape_outputs(landscape, NULL, w, critpt_model_n_weights(network), f,
                                       critpt_model_n_outputs(network)));
    critpt_landscape_destroy(landscape);
    return 0;
}

static int jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    critpt_model *network = user;
    size_t P = critpt_model_n_weights(network);
    critpt_landscape *landscape = batch_landscape(user, n, x);
    ASSERT_OK(critpt_landscape_jacobian(landscape, NULL, w, P, J, P));
    critpt_landscape_destroy(landscape);
    return 0;
}

/* S(u) is the residual curvature of targets f - n u. */
static int curvature(void *user, const double *w, size_t n, const double *x, const double *u,
                     double *matrix)
{
    critpt_model *network = user;
    size_t P = critpt_model_n_weights(network), D = critpt_model_n_outputs(network);
    critpt_landscape *landscape = batch_landscape(user, n, x);
    double *y = NEW(double, n *D), *S = NEW(double, P *P);
    ASSERT_OK(critpt_landscape_outputs(landscape, NULL, w, P, y, D));
    for (size_t i = 0; i < n * D; i++)
        y[i] -= (double)n * u[i];
    ASSERT_OK(critpt_landscape_set_targets(landscape, y, D));
    ASSERT_OK(critpt_landscape_residual_curvature(landscape, NULL, w, P, S, P));
    for (size_t i = 0; i < P * P; i++)
        matrix[i] += S[i];
    critpt_landscape_destroy(landscape);
    free(y);
    free(S);
    return 0;
}

/* ---- Random requests ---- */

typedef struct request {
    net shape;
    size_t N, K, P;
    int given; /* 0: outputs, 1: and the Jacobian, 2: and S */
    critpt_model *network, *model;
    critpt_landscape *seen, *landscape; /* of the network, of the callbacks */
    critpt_plan *plan;
    double *inputs;
    size_t index[MOST_POINTS]; /* SIZE_MAX: any */
    double entry, direction[MOST_WEIGHTS];
    bool wants_entry, wants_curvature, biased, wants_gap;
    double gap; /* of the loss of point 1 above that of point 0 */
} request;

static void draw_shape(dice *d, request *r)
{
    static const critpt_activation kinds[] = {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_SIN,
                                              CRITPT_SOFTPLUS};
    size_t D = 1 + roll(d, 2);
    r->biased = roll(d, 2);
    r->shape = (net){5 + roll(d, 3),
                     2,
                     {2 + roll(d, 2), D},
                     {kinds[roll(d, 4)], CRITPT_IDENTITY},
                     {(int)roll(d, 2), r->biased}};
}

static void set_metric(dice *d, const request *r, critpt_landscape *landscape)
{
    size_t D = critpt_landscape_model(landscape) ? critpt_model_n_outputs(r->network) : 0;
    double *s = NEW(double, r->N), M[4] = {1, 0, 0, 1};
    dice same = *d;
    for (size_t i = 0; i < r->N; i++)
        s[i] = 0.5 + uniform(&same);
    if (D == 2)
        M[0] = 1.5, M[1] = M[2] = 0.3;
    ASSERT_OK(critpt_landscape_set_sample_weights(landscape, s, r->N));
    if (D == 2)
        ASSERT_OK(critpt_landscape_set_output_metric(landscape, M, D));
    free(s);
}

static void draw_conditions(dice *d, request *r)
{
    double *w = NEW(double, r->P);
    for (size_t k = 0; k < r->K; k++) {
        ASSERT_OK(critpt_mlp_draw_weights(r->network, d->seed, k, 2, w, r->P));
        ASSERT_OK(critpt_plan_add_point(r->plan, w, r->P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(r->plan, k));
        r->index[k] = roll(d, 3) ? SIZE_MAX : roll(d, 3);
        if (r->index[k] != SIZE_MAX)
            ASSERT_OK(critpt_plan_require_index(r->plan, k, r->index[k], 1e-4, NULL));
    }
    r->wants_gap = r->K > 1 && roll(d, 2);
    r->gap = 0.1 * uniform(d);
    if (r->wants_gap)
        ASSERT_OK(critpt_plan_require_loss_difference(r->plan, 1, 0, r->gap, NULL));
    for (size_t j = 0; j < r->P; j++)
        r->direction[j] = 2 * uniform(d) - 1;
    r->wants_curvature = r->index[0] == SIZE_MAX && roll(d, 2);
    r->wants_entry = r->index[0] == SIZE_MAX && !r->wants_curvature && roll(d, 2);
    r->entry = 2 * uniform(d) - 1;
    if (r->wants_curvature)
        ASSERT_OK(critpt_plan_require_curvature(r->plan, 0, r->direction, r->direction, r->P,
                                                r->entry, NULL));
    if (r->wants_entry)
        ASSERT_OK(critpt_plan_require_hessian_entry(r->plan, 0, 0, 1, r->entry, NULL));
    free(w);
}

/* The last layer is linear, and its biases are constants. */
static void declare(const request *r)
{
    size_t D = critpt_model_n_outputs(r->network), width = r->shape.widths[0],
           n = D * (width + r->biased);
    size_t weights[MOST_WEIGHTS];
    for (size_t i = 0; i < n; i++)
        weights[i] = r->P - n + i;
    ASSERT_OK(critpt_model_declare_linear(r->model, weights, n));
    if (r->biased)
        ASSERT_OK(critpt_model_declare_constants(r->model, weights + n - D, D));
}

static void draw_request(dice *d, request *r)
{
    static const size_t sizes[] = {200, 360, 450};
    memset(r, 0, sizeof *r);
    draw_shape(d, r);
    r->N = sizes[roll(d, 3)];
    r->K = 1 + roll(d, MOST_POINTS);
    r->given = (int)roll(d, 3);
    r->network = net_model(&r->shape);
    r->P = critpt_model_n_weights(r->network);
    critpt_model_callbacks table = {.struct_size = sizeof table, .outputs = outputs};
    if (r->given >= 1)
        table.jacobian = jacobian;
    if (r->given >= 2)
        table.curvature = curvature;
    size_t width = r->shape.n_inputs;
    r->inputs = NEW(double, r->N *width);
    ASSERT_OK(critpt_random_normal(d->seed, 0, 0, r->inputs, r->N * width));
    ASSERT_OK(critpt_model_create(&r->model, width, critpt_model_n_outputs(r->network), r->P,
                                  &table, r->network));
    declare(r);
    ASSERT_OK(critpt_landscape_create(&r->landscape, r->model, r->N, r->inputs, width));
    ASSERT_OK(critpt_landscape_create(&r->seen, r->network, r->N, r->inputs, width));
    if (roll(d, 2)) {
        set_metric(d, r, r->landscape);
        set_metric(d, r, r->seen);
    }
    ASSERT_OK(critpt_plan_create(&r->plan, r->landscape));
    draw_conditions(d, r);
}

static void free_request(request *r)
{
    critpt_plan_destroy(r->plan);
    critpt_landscape_destroy(r->landscape);
    critpt_landscape_destroy(r->seen);
    critpt_model_destroy(r->model);
    critpt_model_destroy(r->network);
    free(r->inputs);
}

/* ---- What the network sees ---- */

static void check_hessian(const request *r, size_t k, const double *w)
{
    size_t P = r->P, negative = 0;
    double *H = NEW(double, P *P), *values = NEW(double, P), curved = 0;
    ASSERT_OK(critpt_landscape_hessian(r->seen, NULL, w, P, H, P));
    for (size_t a = 0; a < P * P; a++)
        curved += r->direction[a / P] * H[a] * r->direction[a % P];
    /* differences of outputs see second derivatives to nine digits of what is summed */
    if (k == 0 && r->wants_curvature)
        ASSERT_NEAR(curved, r->entry, 1, 1e-6);
    if (k == 0 && r->wants_entry)
        ASSERT_NEAR(H[1], r->entry, 1, 1e-6);
    ck_assert_int_eq(
        LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'U', (lapack_int)P, H, (lapack_int)P, values), 0);
    for (size_t j = 0; j < P; j++)
        negative += values[j] < 0;
    if (r->index[k] != SIZE_MAX)
        ck_assert_uint_eq(negative, r->index[k]);
    free(H);
    free(values);
}

START_TEST(what_was_planted_is_there)
{
    dice d = {500 + (uint64_t)_i, 0};
    request r;
    draw_request(&d, &r);
    size_t D = critpt_model_n_outputs(r.network), P = r.P;
    critpt_status status = critpt_plan_solve(r.plan, NULL);
    ck_assert_msg(status == CRITPT_OK || status == CRITPT_NOT_ATTAINED, "seed %d: %s", _i,
                  critpt_error_message());
    if (status == CRITPT_OK) {
        double *y = NEW(double, r.N *D), *w = NEW(double, P), *g = NEW(double, P), unit;
        ASSERT_OK(critpt_landscape_targets(r.landscape, y, D));
        ASSERT_OK(critpt_landscape_set_targets(r.seen, y, D));
        for (size_t k = 0; k < r.K; k++) {
            double norm = 0;
            ASSERT_OK(critpt_plan_point_weights(r.plan, k, w, P));
            ASSERT_OK(critpt_landscape_gradient(r.seen, NULL, w, P, g, P, NULL));
            /* units of a model by differences hold what these leave */
            ASSERT_OK(critpt_landscape_gradient_unit(r.landscape, NULL, w, P, &unit));
            for (size_t j = 0; j < P; j++)
                norm = hypot(norm, g[j]);
            ck_assert_msg(norm <= 10 * unit, "seed %d: point %zu stands at %.3g units", _i, k,
                          norm / unit);
            check_hessian(&r, k, w);
        }
        if (r.wants_gap) {
            double losses[2];
            for (size_t k = 0; k < 2; k++) {
                ASSERT_OK(critpt_plan_point_weights(r.plan, k, w, P));
                ASSERT_OK(critpt_landscape_loss(r.seen, NULL, w, P, &losses[k]));
            }
            ASSERT_NEAR(losses[1] - losses[0], r.gap, losses[0] + losses[1], 1e-9);
        }
        free(y);
        free(w);
        free(g);
    }
    free_request(&r);
}
END_TEST

/* ---- Declared structure ---- */

/* w0 exp(-w1 x) + w2 */
static int decay(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * x[i]) + w[2];
    return 0;
}

static critpt_model *decay_model(const size_t *linear, size_t n_linear, const size_t *constant)
{
    const critpt_model_callbacks table = {.struct_size = sizeof table, .outputs = decay};
    critpt_model *model;
    ASSERT_OK(critpt_model_create(&model, 1, 1, 3, &table, NULL));
    if (linear)
        ASSERT_OK(critpt_model_declare_linear(model, linear, n_linear));
    if (constant)
        ASSERT_OK(critpt_model_declare_constants(model, constant, 1));
    return model;
}

/* Two minima of w0 exp(-w1 x) + w2 whose losses differ as asked, the constants being shifted. */
START_TEST(declared_structure_balances_and_scales)
{
    enum { N = 40 };
    static const size_t linear[] = {2, 0}, constant[] = {2};
    static const double weights[2][3] = {{2, 0.5, 0}, {1, 2, 1}};
    critpt_model *model = decay_model(linear, 2, constant);
    critpt_landscape *landscape;
    critpt_plan *plan;
    double x[N], w[3], losses[2], g[3], unit;
    for (size_t i = 0; i < N; i++)
        x[i] = (double)i / 10;
    ASSERT_OK(critpt_landscape_create(&landscape, model, N, x, 1));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < 2; k++) {
        ASSERT_OK(critpt_plan_add_point(plan, weights[k], 3, NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
        ASSERT_OK(critpt_plan_require_minimum(plan, k, 1e-3, NULL));
    }
    ASSERT_OK(critpt_plan_require_loss_difference(plan, 1, 0, 0.02, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    for (size_t k = 0; k < 2; k++) {
        ASSERT_OK(critpt_plan_point_weights(plan, k, w, 3));
        ck_assert_double_eq(w[1], weights[k][1]);
        ASSERT_OK(critpt_landscape_gradient(landscape, NULL, w, 3, g, 3, &losses[k]));
        ASSERT_OK(critpt_landscape_gradient_unit(landscape, NULL, w, 3, &unit));
        ck_assert_double_le(hypot(g[0], hypot(g[1], g[2])), 2 * unit);
    }
    ASSERT_NEAR(losses[1] - losses[0], 0.02, losses[0] + losses[1], 1e-10);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(false_declarations_are_named)
{
    static const size_t rate[] = {1}, amplitude[] = {0}, both[] = {0, 2}, twice[] = {0, 0},
                        beyond[] = {3}, constant[] = {2};
    static const double w[] = {2, 0.5, 0.3}, x[] = {0.1, 0.7, 1.4};
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    critpt_model *model = decay_model(both, 2, constant);
    critpt_landscape *landscape;
    ASSERT_OK(critpt_model_check(model, w, 3, 3, x, 1));
    ASSERT_OK(critpt_model_declare_linear(model, amplitude, 1));
    ASSERT_FAILS(critpt_model_check(model, w, 3, 3, x, 1), CRITPT_INCONSISTENT, "linear in");
    ASSERT_OK(critpt_model_declare_linear(model, both, 2));
    ASSERT_OK(critpt_model_declare_constants(model, rate, 1));
    ASSERT_FAILS(critpt_model_check(model, w, 3, 3, x, 1), CRITPT_INCONSISTENT, "add a constant");
    ASSERT_FAILS(critpt_model_declare_linear(model, twice, 2), invalid, "both weight 0");
    ASSERT_FAILS(critpt_model_declare_linear(model, beyond, 1), invalid, "there are 3 weights");
    ASSERT_FAILS(critpt_model_declare_linear(model, NULL, 0), invalid, "NULL");
    ASSERT_FAILS(critpt_model_declare_constants(model, both, 2), invalid, "weights");
    ASSERT_OK(critpt_landscape_create(&landscape, model, 3, x, 1));
    ASSERT_FAILS(critpt_model_declare_constants(model, constant, 1), invalid, "before");
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(weights_are_drawn_as_declared)
{
    static const double centre[] = {1, 0.5, -1}, spread[] = {0.5, 0.2, 0};
    static const size_t constant[] = {2};
    critpt_model *model = decay_model(NULL, 0, constant);
    critpt_landscape *landscape;
    critpt_plan *plan;
    double w[3], normal[3], x[60], gain;
    size_t first;
    ASSERT_FAILS(critpt_model_draw_weights(model, 7, 1, 2, w, 3), CRITPT_UNSUPPORTED,
                 "critpt_model_declare_draws");
    ASSERT_OK(critpt_model_declare_draws(model, centre, spread, 3));
    ASSERT_OK(critpt_model_draw_weights(model, 7, 1, 2, w, 3));
    ASSERT_OK(critpt_random_normal(7, CRITPT_STREAM_POINTS + 1, 0, normal, 3));
    for (size_t j = 0; j < 3; j++)
        ck_assert_double_eq(w[j], centre[j] + 2 * spread[j] * normal[j]);
    for (size_t i = 0; i < 60; i++)
        x[i] = (double)i / 20;
    ASSERT_OK(critpt_landscape_create(&landscape, model, 60, x, 1));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    ASSERT_OK(critpt_plan_draw_points(plan, 2, 6, 1, 7, &first, &gain));
    ck_assert_uint_eq(first, 0);
    ASSERT_OK(critpt_plan_point_weights(plan, 0, w, 3));
    ASSERT_OK(critpt_model_draw_weights(model, 7, 0, 1, normal, 3));
    ck_assert_mem_eq(w, normal, sizeof w);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callback_plans");
    TCase *tcase = tcase_create("callback_plans");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, what_was_planted_is_there, 0, 40);
    tcase_add_test(tcase, declared_structure_balances_and_scales);
    tcase_add_test(tcase, false_declarations_are_named);
    tcase_add_test(tcase, weights_are_drawn_as_declared);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
