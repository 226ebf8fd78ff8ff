/* Calls that are broken off at each place where they can be: a progress callback cancels at each of
 * its beats in turn, or the model's own callback fails at each of its calls. The call says so,
 * leaves the landscape and the plan as they were, and afterwards ends as it does undisturbed. */
#include "support.h"

#include <time.h>

/* This program's clock, on which two looks are a second apart: every beat of a call is heard of,
 * and the same ones every time. */
CRITPT_PUBLIC int timespec_get(struct timespec *now, int base);
int timespec_get(struct timespec *now, int base)
{
    static time_t seconds;
    *now = (struct timespec){.tv_sec = ++seconds};
    return base;
}

/* ---- What breaks off, and where ---- */

static struct {
    size_t calls, last; /* the call that fails */
} breaks;

static bool broken(void)
{
    return breaks.calls++ == breaks.last;
}

static int cancel(double done, const char *stage, void *user)
{
    (void)done, (void)stage, (void)user;
    return broken();
}

/* f = (w0 exp(w1 x), w0 + w2 x^2) */
static int outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        f[2 * i] = w[0] * exp(w[1] * x[i]);
        f[2 * i + 1] = w[0] + w[2] * x[i] * x[i];
    }
    return broken();
}

static int jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        const double e = exp(w[1] * x[i]), own[] = {e, w[0] * x[i] * e, 0, 1, 0, x[i] * x[i]};
        memcpy(J + 6 * i, own, sizeof own);
    }
    return broken();
}

/* ---- Tasks ---- */

enum { OUT = 4096 };

typedef struct task {
    scene s;
    critpt_plan *plan;
    critpt_plan_options *options;
    critpt_spectrum_options *of_spectrum;
    double *a, *b;   /* OUT numbers, to be given */
    double out[OUT]; /* what the call found, 0 before it */
} task;

typedef struct task_case {
    const char *name;
    const net *shape; /* NULL: the model of callbacks */
    size_t samples;
    critpt_status ends; /* undisturbed */
    void (*prepare)(task *t);
    critpt_status (*call)(task *t);
} task_case;

static scene callback_scene(size_t n_samples)
{
    const critpt_model_callbacks callbacks = {.struct_size = sizeof callbacks, .outputs = outputs, .jacobian = jacobian};
    scene s = {.N = n_samples, .d = 1, .D = 2, .P = 3};
    s.inputs = normal(s.N, 1);
    s.weights = normal(s.P, 2);
    s.targets = normal(s.N * s.D, 3);
    ASSERT_OK(critpt_model_create(&s.model, s.d, s.D, s.P, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&s.landscape, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_landscape_set_targets(s.landscape, s.targets, s.D));
    return s;
}

static void weigh(const scene *s)
{
    const double metric[] = {2, 0.5, 0.5, 1};
    double *weights = NEW(double, s->N);
    for (size_t i = 0; i < s->N; i++)
        weights[i] = 1 + (double)(i % 3);
    ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, weights, s->N));
    if (s->D == 2)
        ASSERT_OK(critpt_landscape_set_output_metric(s->landscape, metric, 2));
    free(weights);
}

static task *task_create(const task_case *of)
{
    task *t = NEW(task, 1);
    breaks.last = SIZE_MAX;
    t->s = of->shape ? scene_create(of->shape, of->samples, 1) : callback_scene(of->samples);
    t->a = normal(OUT, 5);
    t->b = normal(OUT, 6);
    weigh(&t->s);
    ASSERT_OK(critpt_plan_create(&t->plan, t->s.landscape));
    ASSERT_OK(critpt_plan_options_create(&t->options));
    ASSERT_OK(critpt_spectrum_options_create(&t->of_spectrum));
    if (of->shape) {
        ASSERT_OK(critpt_plan_options_set_progress(t->options, cancel, NULL));
        ASSERT_OK(critpt_spectrum_options_set_progress(t->of_spectrum, cancel, NULL));
    }
    if (of->prepare)
        of->prepare(t);
    return t;
}

static void task_destroy(task *t)
{
    critpt_plan_destroy(t->plan);
    critpt_plan_options_destroy(t->options);
    critpt_spectrum_options_destroy(t->of_spectrum);
    scene_destroy(&t->s);
    free(t->a), free(t->b);
    free(t);
}

/* Targets, and the weights of the plan's points, N D + K P numbers. */
static double *state_of(const task *t, size_t *n)
{
    const scene *s = &t->s;
    size_t K = critpt_plan_n_points(t->plan), targets = s->N * s->D;
    *n = targets + K * s->P;
    double *state = NEW(double, *n);
    ASSERT_OK(critpt_landscape_targets(s->landscape, state, s->D));
    for (size_t k = 0; k < K; k++)
        ASSERT_OK(critpt_plan_point_weights(t->plan, k, state + targets + k * s->P, s->P));
    return state;
}

static critpt_status run(const task_case *of, task *t, size_t last)
{
    memset(t->out, 0, sizeof t->out);
    breaks.calls = 0;
    breaks.last = last;
    critpt_status status = of->call(t);
    breaks.last = SIZE_MAX;
    return status;
}

/* The next place: all of the first and of the last ones, some of those between. */
static size_t after(size_t k, size_t n)
{
    size_t far = k + 1 + k / 10;
    return k < 40 || k + 40 >= n ? k + 1 : far + 40 < n ? far : n - 40;
}

/* Ended as the other one did, with the same state and results. */
static void compare(const task_case *of, const task *t, const task *other, critpt_status status)
{
    size_t n, m;
    double *one = state_of(t, &n), *two = state_of(other, &m);
    ck_assert_msg(status == of->ends, "%s: %s (%s)", of->name, critpt_status_name(status),
                  critpt_error_message());
    ck_assert_uint_eq(n, m);
    ck_assert_msg(!memcmp(one, two, n * sizeof *one), "%s: another state", of->name);
    ck_assert_msg(!memcmp(t->out, other->out, sizeof t->out), "%s: other results", of->name);
    free(one), free(two);
}

static void interrupt(const task_case *of)
{
    const critpt_status says = of->shape ? CRITPT_CANCELLED : CRITPT_SYSTEM;
    const char *words = of->shape ? "cancelled by the progress callback" : "reported a failure";
    size_t n, m;
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    task *whole = task_create(of), *t = task_create(of);
    compare(of, whole, whole, run(of, whole, SIZE_MAX));
    const size_t places = breaks.calls;
    ck_assert_msg(places > 0, "%s cannot be broken off", of->name);
    double *before = state_of(t, &n);
    for (size_t k = 0; k < places; k = after(k, places)) {
        critpt_status status = run(of, t, k);
        ck_assert_msg(status == says && strstr(critpt_error_message(), words),
                      "%s broken off at %zu of %zu: %s (%s)", of->name, k, places,
                      critpt_status_name(status), critpt_error_message());
        double *state = state_of(t, &m);
        ck_assert_msg(n == m && !memcmp(before, state, n * sizeof *state),
                      "%s broken off at %zu of %zu changed its handles", of->name, k, places);
        free(state);
    }
    compare(of, t, whole, run(of, t, SIZE_MAX));
    free(before);
    task_destroy(whole);
    task_destroy(t);
    ck_assert_uint_eq(memory_count.live, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
}

/* ---- Evaluations of callbacks ---- */

#define EVALUATION(name, call)                                                                     \
    static critpt_status name(task *t)                                                             \
    {                                                                                              \
        const critpt_landscape *L = t->s.landscape;                                                \
        const double *at = t->s.weights;                                                           \
        size_t P = t->s.P;                                                                         \
        return call;                                                                               \
    }
EVALUATION(evaluate_outputs, critpt_landscape_outputs(L, NULL, at, P, t->out, 2))
EVALUATION(loss, critpt_landscape_loss(L, NULL, at, P, t->out))
EVALUATION(gradient, critpt_landscape_gradient(L, NULL, at, P, t->out, P, t->out + P))
EVALUATION(jacobian_vector, critpt_landscape_jacobian_vector(L, NULL, at, P, t->a, P, t->out, 2))
EVALUATION(transposed,
           critpt_landscape_jacobian_transposed_vector(L, NULL, at, P, t->a, 2, t->out, P))
EVALUATION(whole_jacobian, critpt_landscape_jacobian(L, NULL, at, P, t->out, P))
EVALUATION(gradient_unit, critpt_landscape_gradient_unit(L, NULL, at, P, t->out))
EVALUATION(float32, critpt_landscape_gradient_float32(L, NULL, at, P, t->out, P))
EVALUATION(kink_margin, critpt_landscape_kink_margin(L, NULL, at, P, t->out))

/* ---- Spectra ---- */

static void few_vectors(task *t)
{
    ASSERT_OK(critpt_spectrum_options_set_eigenvectors(t->of_spectrum, 1, 2));
}

static void extremes(task *t)
{
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(t->of_spectrum, 2));
}

static void extended(task *t)
{
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(t->of_spectrum, 1));
    memset(t->s.weights, 0, t->s.P * sizeof *t->s.weights); /* degenerate */
}

static critpt_status make_spectrum(task *t)
{
    critpt_spectrum *spectrum;
    critpt_status status =
        critpt_spectrum_create(&spectrum, t->s.landscape, t->s.weights, t->s.P, t->of_spectrum);
    t->out[0] = (double)critpt_spectrum_kind(spectrum);
    t->out[1] = (double)critpt_spectrum_index(spectrum);
    t->out[2] = (double)critpt_spectrum_n_null_directions(spectrum);
    critpt_spectrum_destroy(spectrum);
    return status;
}

static void linear_minimum(task *t)
{
    ASSERT_OK(critpt_plan_add_point(t->plan, t->s.weights, t->s.P, NULL));
    ASSERT_OK(critpt_plan_solve(t->plan, NULL));
}

static critpt_status make_basin(task *t)
{
    critpt_basin *basin = NULL;
    critpt_status status =
        critpt_landscape_basin(&basin, t->s.landscape, t->s.weights, t->s.P, 90, t->of_spectrum);
    t->out[0] = (double)critpt_basin_n_hessians(basin);
    t->out[1] = (double)critpt_basin_n_tried(basin);
    critpt_basin_destroy(basin);
    return status;
}

/* ---- Plans ---- */

static critpt_status solve(task *t)
{
    return critpt_plan_solve(t->plan, t->options);
}

static critpt_status diagnose(task *t)
{
    return critpt_plan_diagnose(t->plan, t->options);
}

static critpt_status draw_points(task *t)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, t->s.landscape));
    critpt_status status =
        critpt_plan_draw_points_with_options(plan, 2, 4, 1, 3, t->options, NULL, t->out);
    t->out[1] = (double)critpt_plan_n_points(plan);
    critpt_plan_destroy(plan);
    return status;
}

static void add_points(task *t, size_t n, bool movable)
{
    for (size_t k = 0; k < n; k++) {
        ASSERT_OK(critpt_plan_add_point(t->plan, t->a + 100 * k, t->s.P, NULL));
        if (movable)
            ASSERT_OK(critpt_plan_let_point_move(t->plan, k));
    }
}

static void one_point(task *t)
{
    add_points(t, 1, false);
}

static void two_points(task *t)
{
    add_points(t, 2, true);
}

static void frozen(task *t)
{
    const unsigned char mask[200] = {1, 0, 1};
    one_point(t);
    ASSERT_OK(critpt_plan_freeze_targets(t->plan, mask, t->s.D));
}

static void free_points(task *t)
{
    for (size_t k = 0; k < 5; k++)
        ASSERT_OK(critpt_plan_add_free_point(t->plan, t->a + 100 * k, t->s.P, NULL));
}

static void losses(task *t)
{
    const size_t points[3] = {1, 2, 3};
    size_t condition;
    free_points(t);
    ASSERT_OK(critpt_plan_require_gradient(t->plan, 4, t->b, t->s.P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(t->plan, 1, 2, 0.01, NULL));
    ASSERT_OK(critpt_plan_require_picture(t->plan, points, t->b, 2, 3, 3, &condition));
    ASSERT_OK(critpt_plan_soften(t->plan, condition, 2));
    ASSERT_OK(critpt_plan_require_loss(t->plan, 4, 1e5, NULL));
}

static void scaled_outputs(task *t)
{
    two_points(t);
    ASSERT_OK(critpt_plan_require_loss_difference(t->plan, 0, 1, 0.01, NULL));
}

static void curvatures(task *t)
{
    size_t condition;
    free_points(t);
    ASSERT_OK(critpt_plan_require_hessian_entry(t->plan, 0, 0, 0, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(t->plan, 1, t->a, t->b, t->s.P, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(t->plan, 2, t->b, t->b, t->s.P, 1, &condition));
    ASSERT_OK(critpt_plan_soften(t->plan, condition, 3));
}

static void an_eigenpair(task *t)
{
    one_point(t);
    ASSERT_OK(critpt_plan_require_eigenpair(t->plan, 0, 2, t->b, t->s.P, NULL));
}

static void a_gauss_newton(task *t)
{
    one_point(t);
    ASSERT_OK(critpt_plan_require_gauss_newton(t->plan, 0, NULL));
}

static void contradiction(task *t)
{
    one_point(t);
    ASSERT_OK(critpt_plan_require_curvature(t->plan, 0, t->a, t->a, t->s.P, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(t->plan, 0, t->a, t->a, t->s.P, 2, NULL));
}

static void twins(task *t)
{
    add_points(t, 2, false);
    ASSERT_OK(critpt_plan_add_point(t->plan, t->a, t->s.P, NULL));
    ASSERT_OK(critpt_plan_require_loss_difference(t->plan, 0, 2, 1, NULL));
}

static void natures(task *t)
{
    two_points(t);
    ASSERT_OK(critpt_plan_require_minimum(t->plan, 0, 0.001, NULL));
    ASSERT_OK(critpt_plan_require_index(t->plan, 1, 1, 0.001, NULL));
}

/* ---- All of them ---- */

static const net plain = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
static const net wide = {2, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
static const net curved = {2, 2, {2, 2}, {CRITPT_SOFTPLUS, CRITPT_SIN}, {1, 1}};

#define EVALUATED(call)                                                                            \
    {                                                                                              \
#call, NULL, 100, CRITPT_OK, NULL, call                                                    \
    }
static const task_case evaluations[] = {
    EVALUATED(evaluate_outputs),
    EVALUATED(loss),
    EVALUATED(gradient),
    EVALUATED(jacobian_vector),
    EVALUATED(transposed),
    EVALUATED(whole_jacobian),
    EVALUATED(gradient_unit),
    EVALUATED(float32),
    EVALUATED(kink_margin),
    {"callbacks: solve", NULL, 100, CRITPT_OK, one_point, solve},
    {"callbacks: losses", NULL, 100, CRITPT_OK, losses, solve},
    {"callbacks: frozen", NULL, 100, CRITPT_OK, frozen, solve},
    {"callbacks: twins", NULL, 100, CRITPT_INFEASIBLE, twins, solve},
};
static const net linear = {2, 1, {1}, {CRITPT_IDENTITY}, {1}};
static const task_case spectra[] = {
    {"spectrum", &wide, 100, CRITPT_OK, NULL, make_spectrum},
    {"few vectors", &wide, 100, CRITPT_OK, few_vectors, make_spectrum},
    {"extremes", &wide, 100, CRITPT_OK, extremes, make_spectrum},
    {"extended", &wide, 100, CRITPT_OK, extended, make_spectrum},
    {"basin", &linear, 40, CRITPT_OK, linear_minimum, make_basin},
};
static const task_case solves[] = {
    {"one point", &wide, 100, CRITPT_OK, one_point, solve},
    {"two points", &wide, 100, CRITPT_OK, two_points, solve},
    {"frozen", &wide, 100, CRITPT_OK, frozen, solve},
    {"losses", &wide, 100, CRITPT_OK, losses, solve},
    {"scaled outputs", &plain, 40, CRITPT_OK, scaled_outputs, solve},
    {"curvatures", &wide, 100, CRITPT_OK, curvatures, solve},
    {"an eigenpair", &curved, 100, CRITPT_OK, an_eigenpair, solve},
    {"a Gauss-Newton Hessian", &curved, 100, CRITPT_OK, a_gauss_newton, solve},
    {"contradiction", &wide, 100, CRITPT_INFEASIBLE, contradiction, solve},
    {"twins", &wide, 100, CRITPT_INFEASIBLE, twins, solve},
    {"diagnose", &wide, 100, CRITPT_OK, two_points, diagnose},
    {"draw points", &wide, 100, CRITPT_OK, NULL, draw_points},
};
static const task_case searches[] = {
    {"natures", &plain, 40, CRITPT_OK, natures, solve},
};

#define INTERRUPT(cases)                                                                           \
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)                                      \
    interrupt(&cases[i])

START_TEST(a_model_that_fails_ends_what_evaluates_it)
{
    INTERRUPT(evaluations);
}
END_TEST

START_TEST(spectra_are_cancelled_at_every_beat)
{
    INTERRUPT(spectra);
}
END_TEST

START_TEST(solves_are_cancelled_at_every_beat)
{
    INTERRUPT(solves);
}
END_TEST

START_TEST(searches_for_natures_are_cancelled_at_every_beat)
{
    INTERRUPT(searches);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_model_that_fails_ends_what_evaluates_it, spectra_are_cancelled_at_every_beat,
        solves_are_cancelled_at_every_beat, searches_for_natures_are_cancelled_at_every_beat};
    return test_main("interrupted", tests, sizeof tests / sizeof *tests);
}
