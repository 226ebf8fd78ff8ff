/* Every call of libcritpt on models, landscapes and spectra whose allocations fail, one after the
 * other. */
#include "torture.h"

/* ---- Models and landscapes ---- */

static int outputs(void *user, const double *weights, size_t n, const double *inputs, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = weights[0] * inputs[i];
    return 0;
}

static int jacobian(void *user, const double *weights, size_t n, const double *inputs, double *J)
{
    (void)user, (void)weights;
    memcpy(J, inputs, n * sizeof *J);
    return 0;
}

static critpt_status model_create(world *w)
{
    const critpt_model_callbacks callbacks = {
        .struct_size = sizeof callbacks, .outputs = outputs, .jacobian = jacobian};
    return critpt_model_create(&w->new_model, 1, 1, 1, &callbacks, NULL);
}

/* Of columns that share rows: their triangle, the drawing that needs it, and a Hessian. */
static critpt_status reparametrize(world *w)
{
    const size_t rows[] = {0, 0, 1, 1, 3}, columns[] = {0, 1, 0, 1, 2};
    const double values[] = {1, 2, 3, 4, 5};
    critpt_status status = critpt_model_reparametrize(&w->new_model, w->s.model, w->a, w->s.P, 3,
                                                      rows, columns, values, 5);
    if (status == CRITPT_OK)
        status = critpt_model_draw_weights(w->new_model, 1, 2, 1, w->out, 3);
    if (status == CRITPT_OK)
        status = critpt_model_base_weights(w->new_model, w->b, 3, w->out + 3, w->s.P);
    if (status == CRITPT_OK)
        status = critpt_landscape_create(&w->new_landscape, w->new_model, 20, w->a, 2);
    if (status == CRITPT_OK)
        status = critpt_landscape_set_targets(w->new_landscape, w->b, w->s.D);
    if (status == CRITPT_OK)
        status = critpt_landscape_hessian(w->new_landscape, NULL, w->b, 3, w->out + 3 + w->s.P, 3);
    return status;
}

/* At a degenerate point: null directions, and extended precision. */
static critpt_status choose_weights(world *w)
{
    const size_t chosen[] = {0, 2, 3, 4};
    const double zero[4] = {0};
    critpt_status status =
        critpt_model_choose_weights(&w->new_model, w->s.model, w->a, w->s.P, chosen, 4);
    if (status == CRITPT_OK)
        status = critpt_landscape_create(&w->new_landscape, w->new_model, 20, w->a, 2);
    if (status == CRITPT_OK)
        status = critpt_landscape_set_targets(w->new_landscape, w->b, w->s.D);
    if (status == CRITPT_OK)
        status = critpt_spectrum_create(&w->new_spectrum, w->new_landscape, zero, 4, NULL);
    return status;
}

static critpt_status mlp_create(world *w)
{
    return critpt_mlp_create(&w->new_model, 3);
}

static critpt_status add_layer(world *w)
{
    return critpt_mlp_add_layer(w->open, 4, CRITPT_TANH, 1);
}

static critpt_status draw_weights(world *w)
{
    return critpt_mlp_draw_weights(w->s.model, 1, 2, 1, w->out, w->s.P);
}

static critpt_status copies(world *w)
{
    critpt_status status = critpt_mlp_symmetric_copies(w->s.model, w->out);
    if (status == CRITPT_OK)
        status = critpt_mlp_symmetric_copies_at(w->s.model, w->s.weights, w->s.P, w->out + 1);
    return status;
}

static critpt_status distance(world *w)
{
    int exact;
    return critpt_mlp_distance(w->s.model, w->a, w->b, w->s.P, w->out, &exact);
}

static critpt_status landscape_create(world *w)
{
    return critpt_landscape_create(&w->new_landscape, w->s.model, 20, w->a, 2);
}

static critpt_status landscape_borrowed(world *w)
{
    return critpt_landscape_create_borrowed(&w->new_landscape, w->s.model, 20, w->a, 2);
}

static critpt_status set_targets(world *w)
{
    return critpt_landscape_set_targets(w->s.landscape, w->a, w->s.D);
}

static critpt_status set_sample_weights(world *w)
{
    for (size_t i = 0; i < w->s.N; i++)
        w->out[i] = 1 + (double)i;
    return critpt_landscape_set_sample_weights(w->s.landscape, w->out, w->s.N);
}

static critpt_status set_metric(world *w)
{
    const double metric[] = {2};
    return critpt_landscape_set_output_metric(w->s.landscape, metric, 1);
}

static critpt_status set_sample_metrics(world *w)
{
    for (size_t i = 0; i < w->s.N; i++)
        w->out[i] = 1 + (double)i;
    return critpt_landscape_set_sample_metrics(w->s.landscape, w->out, w->s.N);
}

static critpt_status set_penalty(world *w)
{
    for (size_t j = 0; j < w->s.P; j++)
        w->out[j] = 0.01;
    return critpt_landscape_set_penalty(w->s.landscape, w->out, w->s.P, w->a, w->s.P);
}

static critpt_status workspace_create(world *w)
{
    return critpt_workspace_create(&w->new_workspace, w->s.landscape);
}

/* ---- Evaluations ---- */

#define EVALUATION(name, call)                                                                     \
    static critpt_status name(world *w)                                                            \
    {                                                                                              \
        const critpt_landscape *L = w->s.landscape;                                                \
        const double *at = w->s.weights;                                                           \
        size_t P = w->s.P;                                                                         \
        return call;                                                                               \
    }
EVALUATION(evaluate_outputs, critpt_landscape_outputs(L, NULL, at, P, w->out, 1))
EVALUATION(loss, critpt_landscape_loss(L, NULL, at, P, w->out))
EVALUATION(gradient, critpt_landscape_gradient(L, NULL, at, P, w->out, P, w->out + P))
EVALUATION(jacobian_vector, critpt_landscape_jacobian_vector(L, NULL, at, P, w->a, P, w->out, 1))
EVALUATION(transposed,
           critpt_landscape_jacobian_transposed_vector(L, NULL, at, P, w->a, 1, w->out, P))
EVALUATION(whole_jacobian, critpt_landscape_jacobian(L, NULL, at, P, w->out, P))
EVALUATION(gradient_unit, critpt_landscape_gradient_unit(L, NULL, at, P, w->out))
EVALUATION(float32, critpt_landscape_gradient_float32(L, NULL, at, P, w->out, P))
EVALUATION(kink_margin, critpt_landscape_kink_margin(L, NULL, at, P, w->out))
EVALUATION(hessian, critpt_landscape_hessian(L, NULL, at, P, w->out, P))
EVALUATION(gauss_newton, critpt_landscape_gauss_newton(L, NULL, at, P, w->out, P))
EVALUATION(curvature, critpt_landscape_residual_curvature(L, NULL, at, P, w->out, P))
EVALUATION(hessian_vector, critpt_landscape_hessian_vector(L, NULL, at, P, w->a, P, w->out, P))
EVALUATION(hessian_vectors,
           critpt_landscape_hessian_vectors(L, NULL, at, P, 20, w->a, P, w->out, P))
EVALUATION(hessian_in_workspace, critpt_landscape_hessian(L, w->workspace, at, P, w->out, P))
EVALUATION(vectors_in_workspace,
           critpt_landscape_hessian_vectors(L, w->workspace, at, P, 20, w->a, P, w->out, P))

/* ---- Spectra ---- */

static void extended(world *w)
{
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(w->spectrum_options, 1));
    for (size_t i = 0; i < w->s.P; i++) /* degenerate */
        w->s.weights[i] = 0;
}

static void extremes(world *w)
{
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(w->spectrum_options, 2));
}

static void few_vectors(world *w)
{
    ASSERT_OK(critpt_spectrum_options_set_eigenvectors(w->spectrum_options, 1, 2));
}

static critpt_status spectrum_create(world *w)
{
    critpt_status status = critpt_spectrum_create(&w->new_spectrum, w->s.landscape, w->s.weights,
                                                  w->s.P, w->spectrum_options);
    w->out[0] = (double)critpt_spectrum_kind(w->new_spectrum);
    w->out[1] = (double)critpt_spectrum_index(w->new_spectrum);
    w->out[2] = (double)critpt_spectrum_n_null_directions(w->new_spectrum);
    return status;
}

static critpt_status spectrum_options(world *w)
{
    return critpt_spectrum_options_create(&w->new_spectrum_options);
}

static critpt_status density(world *w)
{
    return critpt_spectrum_density(w->s.landscape, w->s.weights, w->s.P, 1, 2, 5, 0.1, w->a, 10,
                                   w->out);
}

/* ---- Basins ---- */

/* A net of one linear unit, whose planted point is the minimum. */
static void linear_minimum(world *w)
{
    ASSERT_OK(critpt_plan_add_point(w->plan, w->s.weights, w->s.P, NULL));
    ASSERT_OK(critpt_plan_solve(w->plan, NULL));
}

static critpt_status basin(world *w)
{
    critpt_basin *made = NULL;
    critpt_status status =
        critpt_landscape_basin(&made, w->s.landscape, w->s.weights, w->s.P, 200, NULL);
    w->out[0] = (double)critpt_basin_n_hessians(made);
    w->out[1] = (double)critpt_basin_n_tried(made);
    critpt_basin_destroy(made);
    return status;
}

/* ---- Runs ---- */

/* A run of every kind of evaluation, with more records than there is room for at first. */
static critpt_status observe(world *w)
{
    critpt_run *run = NULL;
    size_t P = w->s.P, n = 0;
    critpt_status status = critpt_run_create(&run, w->s.landscape, 500);
    for (size_t k = 0; status == CRITPT_OK && k < 2; k++)
        status = critpt_run_add_point(run, w->a + k * P, P, 0, NULL);
    if (status == CRITPT_OK)
        status = critpt_run_set_grid(run, 10000);
    if (status == CRITPT_OK)
        status = critpt_run_keep_weights(run, 1);
    for (; status == CRITPT_OK && n < 70; n++)
        status = critpt_run_gradient(run, w->s.weights, P, w->out, P, w->out + P);
    if (status == CRITPT_OK)
        status = critpt_run_residuals(run, w->s.weights, P, w->out + P + 1, w->s.N * w->s.D);
    if (status == CRITPT_OK)
        status = critpt_run_hessian(run, w->s.weights, P, w->out + 1000, P);
    if (status == CRITPT_OK)
        status = critpt_run_end(run);
    w->out[2000] = status == CRITPT_OK ? (double)critpt_run_n_records(run) : 0;
    critpt_run_destroy(run);
    return status;
}

static critpt_status watch_index(world *w)
{
    critpt_run *run = NULL;
    critpt_status status = critpt_run_create(&run, w->s.landscape, 1);
    if (status == CRITPT_OK)
        status = critpt_run_watch_index(run, 1);
    if (status == CRITPT_OK)
        status = critpt_run_loss(run, w->s.weights, w->s.P, w->out);
    if (status == CRITPT_OK)
        status = critpt_run_record(run, 0, CRITPT_RUN_INDEX, w->out + 1);
    critpt_run_destroy(run);
    return status;
}

/* ---- All of them ---- */

static const net linear = {2, 1, {1}, {CRITPT_IDENTITY}, {1}};
static const torture_case evaluations[] = {
    PLAIN(model_create),
    PLAIN(reparametrize),
    PLAIN(choose_weights),
    PLAIN(mlp_create),
    PLAIN(add_layer),
    PLAIN(draw_weights),
    PLAIN(copies),
    PLAIN(distance),
    PLAIN(landscape_create),
    PLAIN(landscape_borrowed),
    PLAIN(set_targets),
    PLAIN(set_sample_weights),
    PLAIN(set_metric),
    PLAIN(set_sample_metrics),
    PLAIN(set_penalty),
    PLAIN(torture_set_reduction),
    PLAIN(workspace_create),
    PLAIN(evaluate_outputs),
    PLAIN(loss),
    PLAIN(gradient),
    PLAIN(jacobian_vector),
    PLAIN(transposed),
    PLAIN(whole_jacobian),
    PLAIN(gradient_unit),
    PLAIN(float32),
    PLAIN(kink_margin),
    PLAIN(hessian),
    PLAIN(gauss_newton),
    PLAIN(curvature),
    PLAIN(hessian_vector),
    PLAIN(hessian_vectors),
    PLAIN(hessian_in_workspace),
    PLAIN(spectrum_create),
    WITH(extended, spectrum_create),
    WITH(extremes, spectrum_create),
    WITH(few_vectors, spectrum_create),
    PLAIN(spectrum_options),
    PLAIN(density),
    {"basin", &linear, 40, CRITPT_OK, linear_minimum, basin},
    PLAIN(vectors_in_workspace),
    PLAIN(observe),
    PLAIN(watch_index),
};

START_TEST(models_landscapes_and_spectra)
{
    for (size_t i = 0; i < sizeof evaluations / sizeof *evaluations; i++)
        torture(&evaluations[i]);
}
END_TEST

int main(void)
{
    const test_function tests[] = {models_landscapes_and_spectra};
    return test_main("torture", tests, sizeof tests / sizeof *tests);
}
