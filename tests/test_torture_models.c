/* Models of callbacks and of fewer weights, penalties, and variants of calls, whose allocations
 * fail, one after the other. */
#include "torture.h"

enum { SAMPLES = 24 };

/* ---- a exp(-b x) + c ---- */

static int outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * x[i]) + w[2];
    return 0;
}

static int outputs_extended(void *user, const long double *w, size_t n, const double *x,
                            long double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * expl(-w[1] * x[i]) + w[2];
    return 0;
}

static int jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        const double e = exp(-w[1] * x[i]), row[] = {e, -w[0] * x[i] * e, 1};
        memcpy(J + 3 * i, row, sizeof row);
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

static int curvature_adjoint(void *user, const double *w, size_t n, const double *x,
                             const double *q, double *result)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        const double e = exp(-w[1] * x[i]);
        result[i] = -(q[1] + q[3]) * x[i] * e + q[4] * w[0] * x[i] * x[i] * e;
    }
    return 0;
}

static const critpt_model_callbacks whole = {.struct_size = sizeof whole,
                                             .outputs = outputs,
                                             .jacobian = jacobian,
                                             .curvature = curvature,
                                             .outputs_extended = outputs_extended,
                                             .curvature_adjoint = curvature_adjoint};
static const critpt_model_callbacks differences = {.struct_size = sizeof differences,
                                                   .outputs = outputs};
static const double decay_weights[] = {2, 0.5, 0.3};
static const size_t first_and_last[] = {0, 2}, last[] = {2};

/* x = 0, 1/8, 1/4, ... and targets beside them. */
static void abscissae(double *x)
{
    for (size_t i = 0; i < SAMPLES; i++)
        x[i] = (double)i / 8;
}

static void decay_of(world *w, const critpt_model_callbacks *callbacks)
{
    critpt_model_destroy(w->open);
    ASSERT_OK(critpt_model_create(&w->open, 1, 1, 3, callbacks, NULL));
    abscissae(w->a);
}

static void decay(world *w)
{
    decay_of(w, &whole);
}

static void decay_by_differences(world *w)
{
    decay_of(w, &differences);
}

static critpt_status declare(world *w)
{
    critpt_status status = critpt_model_declare_linear(w->open, first_and_last, 2);
    if (status == CRITPT_OK)
        status = critpt_model_declare_constants(w->open, last, 1);
    if (status == CRITPT_OK)
        status = critpt_model_declare_draws(w->open, decay_weights, decay_weights, 3);
    return status;
}

static critpt_status check_model(world *w)
{
    return critpt_model_check(w->open, decay_weights, 3, 5, w->a, 1);
}

/* A landscape of the model, with a plan of one point there and a free one at `other`. */
static critpt_status plan_of(world *w, critpt_model *model, const double *at, const double *other)
{
    size_t P = critpt_model_n_weights(model), d = critpt_model_n_inputs(model);
    critpt_status status = critpt_landscape_create(&w->new_landscape, model, SAMPLES, w->a, d);
    if (status == CRITPT_OK)
        status = critpt_plan_create(&w->new_plan, w->new_landscape);
    if (status == CRITPT_OK)
        status = critpt_plan_add_point(w->new_plan, at, P, NULL);
    if (status == CRITPT_OK)
        status = critpt_plan_add_free_point(w->new_plan, other, P, NULL);
    if (status == CRITPT_OK)
        status = critpt_plan_require_curvature(w->new_plan, 1, at, at, P, 1, NULL);
    return status;
}

/* What the solve has to say, and the spectrum of its point. */
static critpt_status solve_and_look(world *w, const double *at, size_t P)
{
    critpt_status status = critpt_plan_solve(w->new_plan, w->options);
    if (status == CRITPT_OK)
        status = critpt_landscape_targets(w->new_landscape, w->out, 1);
    if (status == CRITPT_OK)
        status = critpt_spectrum_create(&w->new_spectrum, w->new_landscape, at, P, NULL);
    w->out[1000] = (double)critpt_spectrum_kind(w->new_spectrum);
    return status;
}

static critpt_status solve_callbacks(world *w)
{
    const double other[] = {1, 0.25, 0};
    critpt_status status = plan_of(w, w->open, decay_weights, other);
    if (status == CRITPT_OK)
        status = critpt_plan_require_minimum(w->new_plan, 0, 0.01, NULL);
    return status == CRITPT_OK ? solve_and_look(w, decay_weights, 3) : status;
}

static critpt_status solve_differences(world *w)
{
    const double other[] = {1, 0.25, 0};
    critpt_status status = plan_of(w, w->open, decay_weights, other);
    return status == CRITPT_OK ? solve_and_look(w, decay_weights, 3) : status;
}

/* Of the network: sums and differences of its first weights, with a penalty. */
static critpt_status solve_fewer(world *w)
{
    const size_t rows[] = {0, 0, 1, 1, 4}, columns[] = {0, 1, 0, 1, 2};
    const double values[] = {1, 1, 1, -1, 2}, penalty[] = {0.01}, other[] = {0.5, -1, 0.25};
    critpt_status status = critpt_model_reparametrize(&w->new_model, w->s.model, w->s.weights,
                                                      w->s.P, 3, rows, columns, values, 5);
    if (status == CRITPT_OK)
        status = plan_of(w, w->new_model, decay_weights, other);
    if (status == CRITPT_OK)
        status = critpt_landscape_set_penalty(w->new_landscape, penalty, 1, NULL, 0);
    if (status == CRITPT_OK)
        status = critpt_plan_require_minimum(w->new_plan, 0, 0.01, NULL);
    return status == CRITPT_OK ? solve_and_look(w, decay_weights, 3) : status;
}

/* ---- Penalties of networks ---- */

static void penalized(world *w)
{
    const double penalty[] = {0.1};
    ASSERT_OK(critpt_landscape_set_penalty(w->s.landscape, penalty, 1, NULL, 0));
    torture_add_points(w, 1, true);
    ASSERT_OK(critpt_plan_require_minimum(w->plan, 0, 0.001, NULL));
}

static void different_metrics(world *w)
{
    double *metrics = NEW(double, w->s.N);
    for (size_t i = 0; i < w->s.N; i++)
        metrics[i] = 1 + (double)(i % 4);
    ASSERT_OK(critpt_landscape_set_sample_metrics(w->s.landscape, metrics, w->s.N));
    free(metrics);
    penalized(w);
}

/* The network has no say in a weight that the penalty pulls at. */
static void penalized_null_direction(world *w)
{
    const double penalty[] = {0.1};
    for (size_t k = 0; k < 40; k++)
        w->b[k] = 1;
    w->b[6] = 0; /* what the first hidden unit gives to the output */
    ASSERT_OK(critpt_landscape_set_penalty(w->s.landscape, penalty, 1, NULL, 0));
    ASSERT_OK(critpt_plan_add_point(w->plan, w->b, w->s.P, NULL));
}

static critpt_status solve(world *w)
{
    critpt_status status = critpt_plan_solve(w->plan, w->options);
    w->out[0] = status == CRITPT_NO_MEMORY ? 0 : (double)critpt_plan_n_causes(w->plan);
    return status;
}

/* ---- Variants ---- */

static void one_point(world *w)
{
    torture_add_points(w, 1, false);
}

static critpt_status require_maximum(world *w)
{
    return critpt_plan_require_maximum(w->plan, 0, 0.001, NULL);
}

static critpt_status draw_points(world *w)
{
    return critpt_plan_draw_points_with_options(w->plan, 1, 3, 1, 4, w->options, NULL, w->out);
}

static critpt_status density(world *w)
{
    return critpt_spectrum_density_with_options(w->s.landscape, w->s.weights, w->s.P,
                                                w->spectrum_options, 2, 5, 0.1, w->a, 10, w->out);
}

/* A solve that ends with targets, but not with those that were asked for. */
static void not_attained(world *w)
{
    torture_add_points(w, 2, true);
    ASSERT_OK(critpt_plan_options_set_amplification_limit(w->options, 1e-6));
    ck_assert_int_eq(critpt_plan_solve(w->plan, w->options), CRITPT_NOT_ATTAINED);
}

static critpt_status keep_best(world *w)
{
    return critpt_plan_keep_best(w->plan);
}

/* ---- Runs ---- */

static critpt_status observe_selected(world *w)
{
    const size_t some[] = {3, 1, 4};
    size_t P = w->s.P;
    int exact;
    critpt_run *run = NULL;
    critpt_status status = critpt_run_create(&run, w->s.landscape, 99);
    if (status == CRITPT_OK)
        status = critpt_run_set_cost(run, CRITPT_EVALUATION_JACOBIAN, 2);
    if (status == CRITPT_OK)
        status = critpt_run_add_point(run, w->a, P, 1, NULL);
    if (status == CRITPT_OK)
        status = critpt_run_select(run, some, 3);
    if (status == CRITPT_OK)
        status = critpt_run_hessian_vector(run, w->s.weights, P, w->a, P, w->out, P);
    if (status == CRITPT_OK)
        status = critpt_run_select(run, NULL, 0);
    if (status == CRITPT_OK)
        status = critpt_run_jacobian(run, w->s.weights, P, w->out + P, P);
    if (status == CRITPT_OK)
        status = critpt_run_end(run);
    if (status == CRITPT_OK)
        status = critpt_run_record_distance(run, 0, 0, w->out + 2000, &exact);
    critpt_run_destroy(run);
    return status;
}

#define CASE(prepare, call)                                                                        \
    {                                                                                              \
#prepare ": " #call, NULL, 0, CRITPT_OK, prepare, call                                     \
    }
static const torture_case models[] = {
    CASE(decay, declare),
    CASE(decay, check_model),
    CASE(decay_by_differences, check_model),
    CASE(decay, solve_callbacks),
    CASE(decay_by_differences, solve_differences),
    CASE(NULL, solve_fewer),
};
static const torture_case penalties[] = {
    CASE(penalized, solve),
    CASE(different_metrics, solve),
    {"penalized_null_direction", NULL, 0, CRITPT_INFEASIBLE, penalized_null_direction, solve},
};
static const torture_case variants[] = {
    CASE(one_point, require_maximum), CASE(one_point, draw_points), CASE(NULL, density),
    CASE(not_attained, keep_best),    CASE(NULL, observe_selected),
};

START_TEST(models_of_callbacks_and_of_fewer_weights)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        torture(&models[i]);
}
END_TEST

START_TEST(landscapes_with_penalties)
{
    for (size_t i = 0; i < sizeof penalties / sizeof *penalties; i++)
        torture(&penalties[i]);
}
END_TEST

START_TEST(variants_of_calls)
{
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        torture(&variants[i]);
}
END_TEST

int main(void)
{
    const test_function tests[] = {models_of_callbacks_and_of_fewer_weights,
                                   landscapes_with_penalties, variants_of_calls};
    return test_main("torture_models", tests, sizeof tests / sizeof *tests);
}
