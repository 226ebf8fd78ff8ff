/* Plans on models of fewer weights, crossed with conditions, levels, natures, frozen targets,
 * metrics, sample weights and penalties: what was planted is there, as the base itself sees it. */
#include "reparametrized_support.h"

#include <float.h>
#include <lapacke.h>

#include "solve/solve.h"

enum { MOST_POINTS = 2 };

typedef struct request {
    fewer f;
    size_t D, samples, K;
    critpt_landscape *seen, *landscape; /* of the base, of the model */
    critpt_plan *plan;
    double *inputs, *base_targets, *v; /* v: K x V */
    unsigned char *frozen;
    double *penalty, *centre;  /* V each */
    size_t index[MOST_POINTS]; /* SIZE_MAX: any */
    double *a, *b;             /* V each: directions */
    double curvature, entry, level, gap;
    bool wants_curvature, wants_entry, wants_eigenpair, wants_level, wants_gap, freezes;
} request;

static void weigh(dice *d, const request *r)
{
    double *s = NEW(double, r->samples), *M = NEW(double, r->D * r->D);
    for (size_t i = 0; i < r->samples; i++)
        s[i] = 0.5 + uniform(d);
    for (size_t i = 0; i < r->D * r->D; i++)
        M[i] = i % (r->D + 1) == 0 ? 1.5 : 0.3;
    critpt_landscape *both[] = {r->seen, r->landscape};
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(critpt_landscape_set_sample_weights(both[i], s, r->samples));
        ASSERT_OK(critpt_landscape_set_output_metric(both[i], M, r->D));
    }
    free(s), free(M);
}

/* On some of the weights, but for the constants. */
static void penalize(dice *d, request *r)
{
    size_t V = r->f.V;
    for (size_t k = 0; k < V; k++) {
        r->penalty[k] = roll(d, 2) ? 0.01 * uniform(d) : 0;
        for (size_t o = 0; o < r->D; o++)
            if (cpt_structure_constant(r->f.model, o) == k)
                r->penalty[k] = 0;
        r->centre[k] = uniform(d);
    }
    ASSERT_OK(critpt_landscape_set_penalty(r->landscape, r->penalty, V, r->centre, V));
}

static void freeze(dice *d, request *r)
{
    size_t n = r->samples * r->D;
    r->base_targets = normal(n, d->seed + 9);
    r->frozen = NEW(unsigned char, n);
    for (size_t i = 0; i < n; i++)
        r->frozen[i] = roll(d, 6) == 0;
    ASSERT_OK(critpt_plan_set_base_targets(r->plan, r->base_targets, r->D));
    ASSERT_OK(critpt_plan_freeze_targets(r->plan, r->frozen, r->D));
}

static void add_points(dice *d, request *r)
{
    size_t V = r->f.V;
    r->v = NEW(double, r->K *V);
    for (size_t k = 0; k < r->K; k++) {
        double *v = r->v + k * V;
        ASSERT_OK(critpt_model_draw_weights(r->f.model, d->seed, k, 2, v, V));
        ASSERT_OK(critpt_plan_add_point(r->plan, v, V, NULL));
        ASSERT_OK(critpt_plan_let_point_move(r->plan, k));
        r->index[k] = roll(d, 3) ? SIZE_MAX : roll(d, 2);
        if (r->index[k] != SIZE_MAX)
            ASSERT_OK(critpt_plan_require_index(r->plan, k, r->index[k], 1e-4, NULL));
    }
}

static void draw_conditions(dice *d, request *r)
{
    size_t V = r->f.V;
    r->a = normal(V, d->seed + 3);
    r->b = normal(V, d->seed + 4);
    r->curvature = 2 * uniform(d) - 1;
    r->entry = 2 * uniform(d) - 1;
    r->gap = 0.1 * uniform(d);
    if (r->index[0] == SIZE_MAX)
        switch (roll(d, 4)) {
        case 0:
            r->wants_curvature = true;
            ASSERT_OK(critpt_plan_require_curvature(r->plan, 0, r->a, r->b, V, r->curvature, NULL));
            break;
        case 1:
            r->wants_entry = true;
            ASSERT_OK(critpt_plan_require_hessian_entry(r->plan, 0, 0, V - 1, r->entry, NULL));
            break;
        case 2:
            r->wants_eigenpair = true;
            ASSERT_OK(critpt_plan_require_eigenpair(r->plan, 0, r->curvature, r->a, V, NULL));
        }
    r->wants_gap = r->K > 1 && roll(d, 2);
    if (r->wants_gap)
        ASSERT_OK(critpt_plan_require_loss_difference(r->plan, 1, 0, r->gap, NULL));
    bool natures = false;
    for (size_t k = 0; k < r->K; k++)
        natures |= r->index[k] != SIZE_MAX;
    r->wants_level = !natures && roll(d, 2);
    r->level = 1e6 * (1 + uniform(d));
    if (r->wants_level)
        ASSERT_OK(critpt_plan_require_loss(r->plan, 0, r->level, NULL));
}

static void draw_request(dice *d, matrix_kind kind, request *r)
{
    memset(r, 0, sizeof *r);
    r->f = fewer_create(d, kind);
    r->D = net_outputs(&r->f.shape);
    r->K = 1 + roll(d, MOST_POINTS);
    r->samples = 40 + 16 * r->K * r->f.V / r->D;
    r->inputs = net_inputs(r->f.base, r->samples, d->seed);
    size_t width = r->f.shape.n_inputs;
    ASSERT_OK(critpt_landscape_create(&r->landscape, r->f.model, r->samples, r->inputs, width));
    ASSERT_OK(critpt_landscape_create(&r->seen, r->f.base, r->samples, r->inputs, width));
    r->penalty = NEW(double, r->f.V);
    r->centre = NEW(double, r->f.V);
    if (roll(d, 2))
        weigh(d, r);
    else if (roll(d, 2)) {
        metrize(r->seen, r->samples, r->D);
        metrize(r->landscape, r->samples, r->D);
    }
    if (roll(d, 4) == 0)
        penalize(d, r);
    ASSERT_OK(critpt_plan_create(&r->plan, r->landscape));
    add_points(d, r);
    draw_conditions(d, r);
    r->freezes = roll(d, 3) == 0;
    if (r->freezes)
        freeze(d, r);
}

static void free_request(request *r)
{
    critpt_plan_destroy(r->plan);
    critpt_landscape_destroy(r->landscape);
    critpt_landscape_destroy(r->seen);
    fewer_destroy(&r->f);
    free(r->inputs), free(r->base_targets), free(r->frozen), free(r->v), free(r->a), free(r->b);
    free(r->penalty), free(r->centre);
}

/* ---- What the base sees ---- */

/* B'g and, V x V, B'HB of the base at v's weights, with the targets planted; and the penalty's. */
static void look(const request *r, const double *v, long double *g, double *H)
{
    size_t P = r->f.P, V = r->f.V;
    const double *B = r->f.matrix;
    double *w = NEW(double, P), *g0 = NEW(double, P), *H0 = NEW(double, P *P);
    fewer_base_weights(&r->f, v, w);
    ASSERT_OK(critpt_landscape_gradient(r->seen, NULL, w, P, g0, P, NULL));
    ASSERT_OK(critpt_landscape_hessian(r->seen, NULL, w, P, H0, P));
    for (size_t k = 0; k < V; k++) {
        g[k] = 0;
        for (size_t j = 0; j < P; j++)
            g[k] += (long double)B[j * V + k] * g0[j];
        for (size_t l = 0; l < V; l++) {
            long double sum = 0;
            for (size_t i = 0; i < P; i++)
                for (size_t j = 0; B[i * V + k] != 0 && j < P; j++)
                    sum += (long double)B[i * V + k] * H0[i * P + j] * B[j * V + l];
            H[k * V + l] = (double)sum + (k == l ? r->penalty[k] : 0);
        }
        g[k] += (long double)r->penalty[k] * (v[k] - r->centre[k]);
    }
    free(w), free(g0), free(H0);
}

static void check_conditions(const request *r, const double *H)
{
    size_t V = r->f.V;
    double curved = 0, size = 0;
    for (size_t i = 0; i < V * V; i++) {
        curved += r->a[i / V] * H[i] * r->b[i % V];
        size += fabs(r->a[i / V] * H[i] * r->b[i % V]);
    }
    if (r->wants_curvature)
        ASSERT_NEAR(curved, r->curvature, 1 + size, 1e-9);
    if (r->wants_entry)
        ASSERT_NEAR(H[V - 1], r->entry, 1, 1e-9);
    for (size_t k = 0; r->wants_eigenpair && k < V; k++) {
        double product = 0, terms = 1;
        for (size_t l = 0; l < V; l++) {
            product += H[k * V + l] * r->a[l];
            terms += fabs(H[k * V + l] * r->a[l]);
        }
        ASSERT_NEAR(product, r->curvature * r->a[k], terms, 1e-9);
    }
}

static size_t count_negative(size_t V, double *H)
{
    double *values = NEW(double, V);
    size_t negative = 0;
    ck_assert_int_eq(
        LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'U', (lapack_int)V, H, (lapack_int)V, values), 0);
    for (size_t k = 0; k < V; k++)
        negative += values[k] < 0;
    free(values);
    return negative;
}

static void check_point(const request *r, int number, size_t k, double *loss)
{
    size_t V = r->f.V;
    double *v = NEW(double, V), *H = NEW(double, V *V), unit;
    long double *g = NEW(long double, V), norm = 0;
    ASSERT_OK(critpt_plan_point_weights(r->plan, k, v, V));
    ASSERT_OK(critpt_landscape_loss(r->landscape, NULL, v, V, loss));
    ASSERT_OK(critpt_landscape_gradient_unit(r->landscape, NULL, v, V, &unit));
    look(r, v, g, H);
    for (size_t j = 0; j < V; j++)
        norm = hypotl(norm, g[j]);
    ck_assert_msg(norm <= 100 * unit, "case %d: point %zu stands at %.3Lg units", number, k,
                  norm / unit);
    if (k == 0)
        check_conditions(r, H);
    if (r->index[k] != SIZE_MAX) {
        size_t negative = count_negative(V, H);
        ck_assert_msg(negative == r->index[k], "case %d: point %zu has index %zu, not %zu", number,
                      k, negative, r->index[k]);
    }
    free(v), free(H), free(g);
}

static void check_all(const request *r, int number)
{
    size_t n = r->samples * r->D;
    double *y = NEW(double, n), loss[MOST_POINTS];
    ASSERT_OK(critpt_landscape_targets(r->landscape, y, r->D));
    ASSERT_OK(critpt_landscape_set_targets(r->seen, y, r->D));
    for (size_t i = 0; r->freezes && i < n; i++)
        if (r->frozen[i])
            ck_assert_double_eq(y[i], r->base_targets[i]);
    for (size_t k = 0; k < r->K; k++)
        check_point(r, number, k, &loss[k]);
    if (r->wants_level)
        ASSERT_NEAR(loss[0], r->level, r->level, 1e-9);
    if (r->wants_gap)
        ASSERT_NEAR(loss[1] - loss[0], r->gap, loss[0] + loss[1], 1e-9);
    free(y);
}

/* Whether it was solved. Fixed weights that points share, and second derivatives of which output
 * weights have no say, make contradictions; natures may be out of reach. */
static bool plant(int number)
{
    dice d = {7000 + (uint64_t)number, 0};
    request r;
    draw_request(&d, (matrix_kind)(number % N_MATRIX_KINDS), &r);
    bool unbound = r.f.kind >= SPARSE && !r.wants_entry && !r.wants_eigenpair;
    for (size_t l = 0; l < r.f.shape.n_layers; l++) /* squares have few outputs */
        unbound &= r.f.shape.activations[l] != CRITPT_SQUARE;
    for (size_t k = 0; k < r.K; k++)
        unbound &= r.index[k] == SIZE_MAX;
    critpt_status status = critpt_plan_solve(r.plan, NULL);
    ck_assert_msg(status == CRITPT_OK ||
                      (!unbound && (status == CRITPT_INFEASIBLE || status == CRITPT_NOT_ATTAINED)),
                  "case %d: %s", number, critpt_error_message());
    if (status == CRITPT_OK)
        check_all(&r, number);
    free_request(&r);
    return status == CRITPT_OK;
}

START_TEST(what_was_planted_is_there)
{
    enum { CASES = 25 };
    int planted = 0;
    for (int i = 0; i < CASES; i++)
        planted += plant(i * N_MATRIX_KINDS + _i);
    /* the last layer alone is a linear regression: it has one critical point */
    static const int least[N_MATRIX_KINDS] = {
        [CHOSEN] = 16, [UPPER] = 5,   [LAST_LAYER] = 3, [TIED] = 18,
        [NESTED] = 18, [SPARSE] = 18, [DENSE] = 18,     [CANCELLING] = 16};
    ck_assert_msg(planted >= least[_i], "kind %d: %d", _i, planted);
}
END_TEST

/* ---- Products of Jacobians, where they are the base's ---- */

/* All but every n-th weight, in reverse order. */
static critpt_model *leave_out(critpt_model *base, size_t n)
{
    size_t P = critpt_model_n_weights(base), count = 0, *chosen = NEW(size_t, P);
    double *origin = normal(P, n);
    critpt_model *model;
    for (size_t j = P; j-- > 0;)
        if (j % n != 1)
            chosen[count++] = j;
    ASSERT_OK(critpt_model_choose_weights(&model, base, origin, P, chosen, count));
    free(chosen), free(origin);
    return model;
}

/* Entry (a, b), a <= b, of the equations of two points is J'J / N. */
static void check_products(critpt_model *model, size_t samples, const double *x)
{
    size_t V = critpt_model_n_weights(model), D = critpt_model_n_outputs(model), n = samples * D;
    double *v = normal(2 * V, 9), *J = NEW(double, 2 * n * V);
    critpt_landscape *landscape;
    critpt_plan *plan;
    cpt_solve solve;
    ASSERT_OK(critpt_landscape_create(&landscape, model, samples, x, critpt_model_n_inputs(model)));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < 2; k++) {
        ASSERT_OK(critpt_plan_add_point(plan, v + k * V, V, NULL));
        ASSERT_OK(critpt_landscape_jacobian(landscape, NULL, v + k * V, V, J + k * n * V, V));
    }
    ASSERT_OK(cpt_solve_begin(&solve, plan, NULL));
    cpt_triangle *triangle = &solve.equations.triangle;
    ASSERT_OK(cpt_triangle_create(triangle, 2 * V));
    ASSERT_OK(cpt_triangle_begin_products(triangle));
    ASSERT_OK(cpt_equations_form_products(&solve.equations));
    for (size_t b = 0; b < 2 * V; b++)
        for (size_t a = 0; a <= b; a++) {
            double sum = 0, size = 0;
            for (size_t i = 0; i < n; i++) {
                double term = J[(a / V * n + i) * V + a % V] * J[(b / V * n + i) * V + b % V];
                sum += term;
                size += fabs(term);
            }
            ASSERT_NEAR(cpt_upper_column(&triangle->r, b)[a], sum / (double)samples,
                        size / (double)samples, 1e-12);
        }
    cpt_solve_end(&solve);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    free(v), free(J);
}

START_TEST(products_are_those_of_the_rows)
{
    static const net shapes[] = {
        {3, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {2, 3, {3, 3, 3}, {CRITPT_TANH, CRITPT_SIN, CRITPT_TANH}, {1, 0, 1}},
        {4, 2, {3, 3}, {CRITPT_SIGMOID, CRITPT_IDENTITY}, {0, 0}},
    };
    enum { SAMPLES = 60 };
    critpt_model *base = net_model(&shapes[_i]), *model = leave_out(base, 7),
                 *nested = leave_out(model, 9);
    double *x = net_inputs(base, SAMPLES, 3);
    ck_assert(cpt_jet_takes_gram(nested));
    check_products(model, SAMPLES, x);
    check_products(nested, SAMPLES, x);
    critpt_model_destroy(nested), critpt_model_destroy(model), critpt_model_destroy(base);
    free(x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reparametrized_plans");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, what_was_planted_is_there, 0, N_MATRIX_KINDS);
    tcase_add_loop_test(tests, products_are_those_of_the_rows, 0, 3);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
