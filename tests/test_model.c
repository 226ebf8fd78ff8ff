/* Models: building networks, locating weights, callbacks, and every error exit. */
#include "support.h"

#include <stdint.h>

START_TEST(a_network_is_what_was_added)
{
    critpt_model *model;
    size_t width;
    critpt_activation activation;
    int bias;
    ASSERT_OK(critpt_mlp_create(&model, 5));
    ck_assert_uint_eq(critpt_mlp_n_layers(model), 0);
    ASSERT_OK(critpt_mlp_add_layer(model, 4, CRITPT_TANH, CRITPT_BIAS));
    ASSERT_OK(critpt_mlp_add_layer(model, 3, CRITPT_GELU, CRITPT_NO_BIAS));
    ASSERT_OK(critpt_mlp_add_layer(model, 2, CRITPT_IDENTITY, CRITPT_BIAS));
    ck_assert_uint_eq(critpt_model_n_inputs(model), 5);
    ck_assert_uint_eq(critpt_model_n_outputs(model), 2);
    ck_assert_uint_eq(critpt_model_n_weights(model), 4 * 6 + 3 * 4 + 2 * 4);
    ck_assert_uint_eq(critpt_mlp_n_layers(model), 3);
    ASSERT_OK(critpt_mlp_layer(model, 1, &width, &activation, &bias));
    ck_assert_uint_eq(width, 3);
    ck_assert_int_eq((int)activation, CRITPT_GELU);
    ck_assert_int_eq(bias, CRITPT_NO_BIAS);
    ASSERT_OK(critpt_mlp_layer(model, 2, NULL, NULL, NULL));
    critpt_model_destroy(model);
}
END_TEST

/* Every index has one place, in PyTorch's order: weight matrices row by row, then the bias. */
START_TEST(weights_are_located_in_order)
{
    const net shape = {5, 3, {4, 3, 2}, {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY}, {1, 0, 1}};
    critpt_model *model = net_model(&shape);
    size_t index = 0, width = shape.n_inputs, layer, row, column;
    for (size_t l = 0; l < shape.n_layers; l++) {
        for (size_t p = 0; p < shape.widths[l]; p++)
            for (size_t r = 0; r < width; r++, index++) {
                ASSERT_OK(critpt_mlp_locate_weight(model, index, &layer, &row, &column));
                ck_assert(layer == l && row == p && column == r);
            }
        for (size_t p = 0; shape.bias[l] && p < shape.widths[l]; p++, index++) {
            ASSERT_OK(critpt_mlp_locate_weight(model, index, &layer, &row, &column));
            ck_assert(layer == l && row == p && column == width);
        }
        width = shape.widths[l];
    }
    ck_assert_uint_eq(index, critpt_model_n_weights(model));
    ASSERT_FAILS(critpt_mlp_locate_weight(model, index, NULL, NULL, NULL), CRITPT_INVALID_ARGUMENT,
                 "weight index is 44; the network has 44 weights");
    critpt_model_destroy(model);
}
END_TEST

START_TEST(drawn_weights_have_the_initialisers_deviation)
{
    const net shape = {400, 2, {100, 50}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    critpt_model *model = net_model(&shape);
    size_t P = critpt_model_n_weights(model), first = 100 * 401;
    double *a = net_weights(model, 7, 0, 3), *b = net_weights(model, 7, 1, 3),
           *raw = NEW(double, P);
    double square[2] = {0, 0};
    for (size_t j = 0; j < P; j++)
        square[j >= first] += a[j] * a[j];
    ASSERT_NEAR(sqrt(square[0] / (double)first), 3.0 / 20, 0.15, 0.02);
    ASSERT_NEAR(sqrt(square[1] / (double)(P - first)), 3.0 / 10, 0.3, 0.05);
    ck_assert_mem_ne(a, b, P * sizeof *a); /* each point has its own stream */
    ASSERT_OK(critpt_random_normal(7, CRITPT_STREAM_POINTS + 1, 0, raw, P));
    ASSERT_NEAR(b[5], raw[5] * 3 / 20, 1, 1e-15);
    free(a), free(b), free(raw);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(networks_refuse_what_they_cannot_take)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {1}};
    critpt_model *model, *other;
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    double w[8], x[3] = {0};
    ASSERT_FAILS(critpt_mlp_create(NULL, 3), invalid, "model is NULL");
    ASSERT_FAILS(critpt_mlp_create(&model, 0), invalid, "n_inputs is 0");
    ck_assert_ptr_null(model);
    ASSERT_FAILS(critpt_mlp_create(&model, SIZE_MAX), CRITPT_SIZE_OVERFLOW, "n_inputs");
    ASSERT_OK(critpt_mlp_create(&model, 3));
    ASSERT_FAILS(critpt_mlp_add_layer(NULL, 2, CRITPT_TANH, 1), invalid, "model is NULL");
    ASSERT_FAILS(critpt_mlp_add_layer(model, 0, CRITPT_TANH, 1), invalid, "width is 0");
    ASSERT_FAILS(critpt_mlp_add_layer(model, 2, (critpt_activation)12, 1), invalid,
                 "activation 12 does not exist");
    ASSERT_FAILS(critpt_mlp_add_layer(model, 2, (critpt_activation)-1, 1), invalid,
                 "activation -1 does not exist");
    ASSERT_FAILS(critpt_mlp_add_layer(model, 2, CRITPT_TANH, 2), invalid, "bias is 2");
    ASSERT_FAILS(critpt_mlp_add_layer(model, SIZE_MAX / 2, CRITPT_TANH, 1), CRITPT_SIZE_OVERFLOW,
                 "weights of the layer");
    ASSERT_FAILS(critpt_mlp_add_layer(model, (size_t)1 << 30, CRITPT_TANH, 1), CRITPT_SIZE_OVERFLOW,
                 "number of weights");
    ck_assert_uint_eq(critpt_mlp_n_layers(model), 0); /* nothing changed */
    ck_assert_uint_eq(critpt_model_n_weights(model), 0);
    ASSERT_FAILS(critpt_mlp_layer(model, 0, NULL, NULL, NULL), invalid, "layer is 0");
    ASSERT_FAILS(critpt_mlp_layer(NULL, 0, NULL, NULL, NULL), invalid, "model is NULL");
    ASSERT_FAILS(critpt_mlp_locate_weight(NULL, 0, NULL, NULL, NULL), invalid, "model is NULL");
    critpt_model_destroy(model);

    other = net_model(&shape);
    ASSERT_FAILS(critpt_mlp_draw_weights(NULL, 0, 0, 1, w, 8), invalid, "model is NULL");
    ASSERT_FAILS(critpt_mlp_draw_weights(other, 0, 0, 1, w, 7), invalid, "length 7; it must be 8");
    ASSERT_FAILS(critpt_mlp_draw_weights(other, 0, 0, 1, NULL, 8), invalid, "weights is NULL");
    ASSERT_FAILS(critpt_mlp_draw_weights(other, 0, 0, 0, w, 8), invalid, "scale is 0");
    ASSERT_FAILS(critpt_mlp_draw_weights(other, 0, 0, NAN, w, 8), invalid, "scale is nan");
    ASSERT_FAILS(critpt_mlp_draw_weights(other, UINT64_MAX, 0, 1, w, 8), invalid, "seed");
    ASSERT_FAILS(critpt_mlp_draw_weights(other, 0, SIZE_MAX, 1, w, 8), invalid, "streams end");
    critpt_landscape *landscape;
    ASSERT_OK(critpt_landscape_create(&landscape, other, 1, x, 3));
    ASSERT_FAILS(critpt_mlp_add_layer(other, 2, CRITPT_TANH, 1), invalid, "cannot grow");
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(other);
    critpt_model_destroy(NULL);
    ck_assert_uint_eq(critpt_mlp_n_layers(NULL), 0);
    ck_assert_uint_eq(critpt_model_n_inputs(NULL), 0);
    ck_assert_uint_eq(critpt_model_n_outputs(NULL), 0);
    ck_assert_uint_eq(critpt_model_n_weights(NULL), 0);
}
END_TEST

/* ---- Callbacks: f = (w0 exp(w1 x), w0 + w1 x), one input ---- */

static int failing; /* which callback fails: 0 none, 1 outputs, 2 jacobian */

static int exponential_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    ck_assert_ptr_eq(user, &failing);
    for (size_t i = 0; i < n; i++) {
        f[2 * i] = w[0] * exp(w[1] * x[i]);
        f[2 * i + 1] = w[0] + w[1] * x[i];
    }
    return failing == 1;
}

static int exponential_jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        J[4 * i] = exp(w[1] * x[i]);
        J[4 * i + 1] = w[0] * x[i] * exp(w[1] * x[i]);
        J[4 * i + 2] = 1;
        J[4 * i + 3] = x[i];
    }
    return failing == 2;
}

static const critpt_model_callbacks exponential = {.struct_size = sizeof exponential,
                                                   .outputs = exponential_outputs,
                                                   .jacobian = exponential_jacobian};

START_TEST(a_model_by_callbacks_is_evaluated_and_planted)
{
    enum { N = 300 };
    critpt_model *model;
    critpt_landscape *L;
    critpt_plan *plan;
    double x[N], y[2 * N], f[2 * N], J[4 * N], g[2], loss, truth = 0, gradient[2] = {0, 0};
    const double w[2] = {0.5, -0.8}, v[2] = {0.3, 2};
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)i / N;
        y[2 * i] = sin((double)i);
        y[2 * i + 1] = cos((double)i);
    }
    failing = 0;
    ASSERT_OK(critpt_model_create(&model, 1, 2, 2, &exponential, &failing));
    ASSERT_OK(critpt_landscape_create(&L, model, N, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 2));
    exponential_outputs(&failing, w, N, x, f);
    exponential_jacobian(&failing, w, N, x, J);
    for (size_t i = 0; i < 2 * N; i++) {
        double r = f[i] - y[i];
        truth += r * r / (2 * N);
        gradient[0] += J[2 * i] * r / N;
        gradient[1] += J[2 * i + 1] * r / N;
    }
    ASSERT_OK(critpt_landscape_gradient(L, NULL, w, 2, g, 2, &loss));
    ASSERT_NEAR(loss, truth, truth, 1e-14);
    ASSERT_NEAR(g[0], gradient[0], 1, 1e-14);
    ASSERT_NEAR(g[1], gradient[1], 1, 1e-14);
    double back[4 * N], product[2 * N];
    ASSERT_OK(critpt_landscape_jacobian(L, NULL, w, 2, back, 2));
    ck_assert_mem_eq(back, J, sizeof J);
    ASSERT_OK(critpt_landscape_jacobian_vector(L, NULL, w, 2, v, 2, product, 2));
    ASSERT_NEAR(product[7], J[14] * v[0] + J[15] * v[1], 1, 1e-14);

    ASSERT_OK(critpt_plan_create(&plan, L));
    ASSERT_OK(critpt_plan_add_point(plan, w, 2, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, v, 2, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, y, 2));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    for (size_t k = 0; k < 2; k++) {
        double scaled;
        ASSERT_OK(critpt_plan_point_value(plan, k, CRITPT_POINT_GRADIENT_SCALED, &scaled));
        ck_assert_double_le(scaled, 2);
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(callbacks_are_checked_and_may_fail)
{
    critpt_model *model;
    critpt_landscape *L;
    critpt_model_callbacks bad = exponential;
    const double x[2] = {1, 2}, w[2] = {1, 1}, y[4] = {0};
    double loss, g[2];
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_model_create(NULL, 1, 2, 2, &exponential, NULL), invalid, "model is NULL");
    ASSERT_FAILS(critpt_model_create(&model, 1, 2, 2, NULL, NULL), invalid, "callbacks is NULL");
    ASSERT_FAILS(critpt_model_create(&model, 0, 2, 2, &exponential, NULL), invalid, "0 inputs");
    ASSERT_FAILS(critpt_model_create(&model, 1, 0, 2, &exponential, NULL), invalid, "0 outputs");
    ASSERT_FAILS(critpt_model_create(&model, 1, 2, 0, &exponential, NULL), invalid, "0 weights");
    ASSERT_FAILS(critpt_model_create(&model, 1, 2, SIZE_MAX, &exponential, NULL),
                 CRITPT_SIZE_OVERFLOW, "n_weights");
    bad.struct_size = 4;
    ASSERT_FAILS(critpt_model_create(&model, 1, 2, 2, &bad, NULL), invalid, "struct_size is 4");
    bad = exponential;
    bad.outputs = NULL;
    ASSERT_FAILS(critpt_model_create(&model, 1, 2, 2, &bad, NULL), invalid, "outputs callback");
    ASSERT_OK(critpt_model_create(&model, 1, 2, 2, &exponential, &failing));
    ASSERT_FAILS(critpt_mlp_add_layer(model, 2, CRITPT_TANH, 1), invalid, "not a layered network");
    ASSERT_OK(critpt_landscape_create(&L, model, 2, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 2));
    failing = 1;
    ASSERT_FAILS(critpt_landscape_loss(L, NULL, w, 2, &loss), CRITPT_SYSTEM, "outputs callback");
    failing = 2;
    ASSERT_OK(critpt_landscape_loss(L, NULL, w, 2, &loss));
    ASSERT_FAILS(critpt_landscape_gradient(L, NULL, w, 2, g, 2, NULL), CRITPT_SYSTEM,
                 "jacobian callback");
    failing = 0;
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

/* f = w0 x, which w1 has no part in. */
static int half_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * x[i];
    return 0;
}

static int half_jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    (void)user, (void)w;
    for (size_t i = 0; i < n; i++)
        J[2 * i] = x[i], J[2 * i + 1] = 0;
    return 0;
}

START_TEST(a_weight_without_effect_is_named)
{
    const critpt_model_callbacks callbacks = {
        .struct_size = sizeof callbacks, .outputs = half_outputs, .jacobian = half_jacobian};
    const double x[4] = {1, 2, 3, 4}, y[4] = {1, 0, 1, 0}, w[2] = {0.5, 7};
    critpt_model *model;
    critpt_landscape *L;
    critpt_plan *plan;
    size_t point, layer, unit, n_weights;
    critpt_null_reason reason;
    ASSERT_OK(critpt_model_create(&model, 1, 1, 2, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&L, model, 4, x, 1));
    ASSERT_OK(critpt_plan_create(&plan, L));
    ASSERT_OK(critpt_plan_add_point(plan, w, 2, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, y, 1));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_uint_eq(critpt_plan_n_null_directions(plan), 1);
    ASSERT_OK(critpt_plan_null_direction(plan, 0, &point, &layer, &unit, &reason, &n_weights));
    ck_assert(point == 0 && layer == 0 && unit == 1 && n_weights == 1);
    ck_assert_int_eq(reason, CRITPT_NULL_NO_INFLUENCE);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_network_is_what_was_added,
        weights_are_located_in_order,
        drawn_weights_have_the_initialisers_deviation,
        networks_refuse_what_they_cannot_take,
        a_model_by_callbacks_is_evaluated_and_planted,
        callbacks_are_checked_and_may_fail,
        a_weight_without_effect_is_named,
    };
    return test_main("model", tests, sizeof tests / sizeof *tests);
}
