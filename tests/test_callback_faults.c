/* Callbacks that lie, fail, cancel, write NaN, or look at their place. */
#include "callbacks_support.h"

/* What goes wrong, in which callback, from which call of it on. */
typedef enum misdeed {
    LIES,
    FAILS,
    SAYS_WHY,
    CANCELS,
    WRITES_NAN,
    LOOKS_AT_PLACE,
    FORGETS
} misdeed;
typedef struct culprit {
    misdeed does;
    const char *callback;
    int calls;
    size_t at; /* where it lies, or what comes there first where there is less */
} culprit;

/* Spoils one of n numbers, the first or the last, if this callback is the culprit; what it returns.
 */
static int spoil(void *user, const char *callback, size_t n, double *to)
{
    culprit *c = user;
    if (!c || strcmp(c->callback, callback))
        return 0;
    switch (c->does) {
    case LIES:
        to[c->at % n] = to[c->at % n] * 1.001 + 0.001;
        break;
    case FAILS:
        return 7;
    case SAYS_WHY:
        return critpt_model_fail("the integrator took too many steps");
    case CANCELS:
        return CRITPT_CANCELLED;
    case WRITES_NAN:
        to[n - 1] = NAN;
        break;
    case LOOKS_AT_PLACE:
        for (size_t i = 0; i < n; i++)
            to[i] += 1e-3 * (double)i;
        break;
    case FORGETS:
        to[0] += 1e-9 * c->calls++;
        break;
    }
    return 0;
}

static int bad_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    whole.outputs(user, w, n, x, f);
    return spoil(user, "outputs", n * D, f);
}
static int bad_complex(void *user, const double *w, size_t n, const double *x, double *f)
{
    whole.outputs_complex(user, w, n, x, f);
    return spoil(user, "outputs_complex", 2 * n * D, f);
}
static int bad_extended(void *user, const long double *w, size_t n, const double *x, long double *f)
{
    double first;
    whole.outputs_extended(user, w, n, x, f);
    first = (double)f[0];
    int code = spoil(user, "outputs_extended", 1, &first);
    f[0] = first;
    return code;
}
static int bad_jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    whole.jacobian(user, w, n, x, J);
    return spoil(user, "jacobian", n * D * P, J);
}
static int bad_vector(void *user, const double *w, size_t n, const double *x, const double *v,
                      double *to)
{
    whole.jacobian_vector(user, w, n, x, v, to);
    return spoil(user, "jacobian_vector", n * D, to);
}
static int bad_transposed(void *user, const double *w, size_t n, const double *x, const double *u,
                          double *to)
{
    whole.jacobian_transposed_vector(user, w, n, x, u, to);
    return spoil(user, "jacobian_transposed_vector", P, to);
}
static int bad_curvature(void *user, const double *w, size_t n, const double *x, const double *u,
                         double *to)
{
    whole.curvature(user, w, n, x, u, to);
    return spoil(user, "curvature", P * P, to);
}
static int bad_curvature_vector(void *user, const double *w, size_t n, const double *x,
                                const double *u, const double *v, double *to)
{
    whole.curvature_vector(user, w, n, x, u, v, to);
    return spoil(user, "curvature_vector", P, to);
}
static int bad_directional(void *user, const double *w, size_t n, const double *x, const double *v,
                           const double *u, double *to)
{
    whole.second_directional(user, w, n, x, v, u, to);
    return spoil(user, "second_directional", n * D, to);
}
static int bad_hessian(void *user, const double *w, size_t n, const double *x, const double *s,
                       const double *M, const double *u, double *to)
{
    whole.hessian(user, w, n, x, s, M, u, to);
    return spoil(user, "hessian", P * P, to);
}
static int bad_vectors(void *user, const double *w, size_t n, const double *x, const double *s,
                       const double *M, const double *u, size_t count, const double *directions,
                       double *to)
{
    whole.hessian_vectors(user, w, n, x, s, M, u, count, directions, to);
    return spoil(user, "hessian_vectors", count * P, to);
}
static int bad_adjoint(void *user, const double *w, size_t n, const double *x, const double *q,
                       double *to)
{
    whole.curvature_adjoint(user, w, n, x, q, to);
    return spoil(user, "curvature_adjoint", n * D, to);
}

static const critpt_model_callbacks bad_whole = {
    .struct_size = sizeof bad_whole,
    .outputs = bad_outputs,
    .jacobian = bad_jacobian,
    .jacobian_vector = bad_vector,
    .jacobian_transposed_vector = bad_transposed,
    .curvature = bad_curvature,
    .curvature_vector = bad_curvature_vector,
    .second_directional = bad_directional,
    .outputs_complex = bad_complex,
    .outputs_extended = bad_extended,
    .hessian = bad_hessian,
    .hessian_vectors = bad_vectors,
    .curvature_adjoint = bad_adjoint,
};

/* An audit of the whole table with this culprit, or of the part without the Jacobian. */
static critpt_status audit(culprit *c, bool without_jacobian)
{
    critpt_model *model;
    critpt_model_callbacks table = bad_whole;
    if (without_jacobian)
        table.jacobian = NULL;
    ASSERT_OK(critpt_model_create(&model, 1, D, P, &table, c));
    critpt_status status = critpt_model_check(model, check_weights, P, CHECKED, check_inputs, 1);
    critpt_model_destroy(model);
    return status;
}

START_TEST(callbacks_that_contradict_each_other_are_named)
{
    static const char *const all[] = {
        "outputs",         "jacobian",         "jacobian_vector",
        "curvature",       "curvature_vector", "jacobian_transposed_vector",
        "outputs_complex", "outputs_extended", "second_directional",
        "hessian",         "hessian_vectors",  "curvature_adjoint"};
    culprit none = {LIES, "none", 0, 0};
    ASSERT_OK(audit(&none, false));
    ASSERT_OK(audit(&none, true));
    for (size_t i = 1; i < sizeof all / sizeof *all; i++) {
        culprit liar = {LIES, all[i], 0, 0};
        ASSERT_FAILS(audit(&liar, false), CRITPT_INCONSISTENT, all[i]);
        if (i != 1)
            ASSERT_FAILS(audit(&liar, true), CRITPT_INCONSISTENT, all[i]);
        for (liar.at = 1; liar.at < CHECKED * D * P; liar.at++)
            ASSERT_FAILS(audit(&liar, false), CRITPT_INCONSISTENT, all[i]);
    }
    culprit by_place = {LOOKS_AT_PLACE, "outputs", 0, 0}, forgetful = {FORGETS, "outputs", 0, 0};
    ASSERT_FAILS(audit(&by_place, false), CRITPT_INCONSISTENT, "among other samples");
    ASSERT_FAILS(audit(&forgetful, false), CRITPT_INCONSISTENT, "the same call before");
}
END_TEST

START_TEST(what_callbacks_say_of_their_failure_is_in_the_message)
{
    static const char *const all[] = {"outputs",         "jacobian",           "curvature",
                                      "outputs_complex", "second_directional", "hessian",
                                      "hessian_vectors", "curvature_adjoint"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        culprit failing = {FAILS, all[i], 0, 0}, speaking = {SAYS_WHY, all[i], 0, 0},
                cancelling = {CANCELS, all[i], 0, 0};
        ASSERT_FAILS(audit(&failing, false), CRITPT_SYSTEM, all[i]);
        ASSERT_FAILS(audit(&failing, false), CRITPT_SYSTEM, "reported a failure");
        ASSERT_FAILS(audit(&speaking, false), CRITPT_SYSTEM, "took too many steps");
        ASSERT_FAILS(audit(&cancelling, false), CRITPT_CANCELLED, all[i]);
    }
    /* a failure that says nothing does not repeat what another one said */
    culprit speaking = {SAYS_WHY, "outputs", 0, 0}, failing = {FAILS, "outputs", 0, 0};
    ASSERT_FAILS(audit(&speaking, false), CRITPT_SYSTEM, "took too many steps");
    ASSERT_FAILS(audit(&failing, false), CRITPT_SYSTEM, "reported a failure");
}
END_TEST

START_TEST(nan_is_named_by_output_sample_and_weight)
{
    culprit in_outputs = {WRITES_NAN, "outputs", 0, 0},
            in_jacobian = {WRITES_NAN, "jacobian", 0, 0};
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    const size_t selected[] = {4, 2};
    double y[CHECKED * D] = {0}, g[P], loss;
    ASSERT_FAILS(audit(&in_outputs, false), CRITPT_NON_FINITE, "output 1 of sample 5");
    ASSERT_FAILS(audit(&in_jacobian, false), CRITPT_NON_FINITE,
                 "output 1 of sample 5 and weight 4");
    ASSERT_OK(critpt_model_create(&model, 1, D, P, &bad_whole, &in_outputs));
    ASSERT_OK(critpt_landscape_create(&landscape, model, CHECKED, check_inputs, 1));
    ASSERT_OK(critpt_landscape_set_targets(landscape, y, D));
    ASSERT_OK(critpt_workspace_create(&workspace, landscape));
    ASSERT_OK(critpt_workspace_select(workspace, selected, 2));
    ASSERT_FAILS(critpt_landscape_gradient(landscape, workspace, check_weights, P, g, P, &loss),
                 CRITPT_NON_FINITE, "output 1 of sample 2");
    critpt_workspace_destroy(workspace);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

/* A solve looks at its points, unless it is told not to. */
START_TEST(a_solve_refuses_callbacks_that_contradict_each_other)
{
    culprit liar = {LIES, "jacobian", 0, 0};
    critpt_model_callbacks table = {
        .struct_size = sizeof table, .outputs = bad_outputs, .jacobian = bad_jacobian};
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    critpt_plan_options *options;
    ASSERT_OK(critpt_model_create(&model, 1, D, P, &table, &liar));
    ASSERT_OK(critpt_landscape_create(&landscape, model, CHECKED, check_inputs, 1));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    ASSERT_OK(critpt_plan_add_point(plan, check_weights, P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INCONSISTENT, "sample 0, weight 0");
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_model_check(options, 0));
    ck_assert_int_ne(critpt_plan_solve(plan, options), CRITPT_INCONSISTENT);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        callbacks_that_contradict_each_other_are_named,
        what_callbacks_say_of_their_failure_is_in_the_message,
        nan_is_named_by_output_sample_and_weight,
        a_solve_refuses_callbacks_that_contradict_each_other,
    };
    return test_main("callback_faults", tests, sizeof tests / sizeof *tests);
}
