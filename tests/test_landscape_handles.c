/* Landscapes and workspaces as handles: what they keep, what they refuse, and the memory they take.
 */
#include "support.h"

#include "base/base.h"

START_TEST(properties_read_back)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 4, 1);
    double inputs[12], targets[8], weights[4] = {1, 2, 3, 4}, metric[4] = {2, 1, 1, 2}, back[8];
    ck_assert_ptr_eq(critpt_landscape_model(s.landscape), s.model);
    ck_assert_uint_eq(critpt_landscape_n_samples(s.landscape), 4);
    ASSERT_OK(critpt_landscape_inputs(s.landscape, inputs, 3));
    ck_assert_mem_eq(inputs, s.inputs, sizeof inputs);
    ASSERT_OK(critpt_landscape_targets(s.landscape, targets, 2));
    ck_assert_mem_eq(targets, s.targets, sizeof targets);
    ASSERT_OK(critpt_landscape_sample_weights(s.landscape, back, 4));
    ck_assert(back[0] == 1 && back[3] == 1);
    ASSERT_OK(critpt_landscape_output_metric(s.landscape, back, 2));
    ck_assert(back[0] == 1 && back[1] == 0 && back[2] == 0 && back[3] == 1);
    ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, weights, 4));
    ASSERT_OK(critpt_landscape_sample_weights(s.landscape, back, 4));
    ck_assert_mem_eq(back, weights, sizeof weights);
    ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, NULL, 0));
    ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
    ASSERT_OK(critpt_landscape_output_metric(s.landscape, back, 2));
    ck_assert_mem_eq(back, metric, sizeof metric);
    ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, NULL, 0));
    ASSERT_OK(critpt_landscape_output_metric(s.landscape, back, 2));
    ck_assert(back[1] == 0);
    scene_destroy(&s);
}
END_TEST

/* Handles may be destroyed in any order. */
START_TEST(handles_keep_what_they_need)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 4, 1);
    critpt_workspace *workspace;
    double loss;
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    critpt_model_destroy(s.model);
    ASSERT_OK(critpt_landscape_loss(s.landscape, workspace, s.weights, s.P, &loss));
    critpt_landscape_destroy(s.landscape);
    critpt_workspace_destroy(workspace);
    critpt_landscape_destroy(NULL);
    critpt_workspace_destroy(NULL);
    s.landscape = NULL;
    s.model = NULL;
    scene_destroy(&s);
}
END_TEST

START_TEST(creation_refuses_what_it_cannot_take)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    critpt_model *model = net_model(&shape), *empty;
    critpt_landscape *L;
    double inputs[12] = {0};
    ASSERT_OK(critpt_mlp_create(&empty, 3));
    ASSERT_FAILS(critpt_landscape_create(NULL, model, 4, inputs, 3), CRITPT_INVALID_ARGUMENT,
                 "landscape is NULL");
    ASSERT_FAILS(critpt_landscape_create(&L, NULL, 4, inputs, 3), CRITPT_INVALID_ARGUMENT,
                 "model is NULL");
    ck_assert_ptr_null(L);
    ASSERT_FAILS(critpt_landscape_create(&L, empty, 4, inputs, 3), CRITPT_INVALID_ARGUMENT,
                 "no layer");
    ASSERT_FAILS(critpt_landscape_create(&L, model, 4, NULL, 3), CRITPT_INVALID_ARGUMENT,
                 "inputs is NULL");
    ASSERT_FAILS(critpt_landscape_create(&L, model, 4, inputs, 2), CRITPT_INVALID_ARGUMENT,
                 "leading dimension of inputs is 2");
    ASSERT_FAILS(critpt_landscape_create(&L, model, (size_t)1 << 40, inputs, 3),
                 CRITPT_SIZE_OVERFLOW, "n_samples");
    ASSERT_FAILS(critpt_landscape_create(&L, model, ((size_t)1 << 31) - 1, inputs, 3),
                 CRITPT_SIZE_OVERFLOW, "targets");
    ASSERT_FAILS(critpt_landscape_create(&L, model, 2, inputs, SIZE_MAX / 4), CRITPT_SIZE_OVERFLOW,
                 "inputs"); /* whose bytes do not fit */
    inputs[7] = NAN;
    ASSERT_FAILS(critpt_landscape_create(&L, model, 4, inputs, 3), CRITPT_NON_FINITE,
                 "row 2, column 1");
    inputs[7] = INFINITY;
    ASSERT_FAILS(critpt_landscape_create_borrowed(&L, model, 4, inputs, 3), CRITPT_NON_FINITE,
                 "inputs is inf");
    critpt_model_destroy(model);
    critpt_model_destroy(empty);
}
END_TEST

START_TEST(setters_refuse_and_change_nothing)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 4, 1);
    double bad[8] = {1, 1, 1, NAN, 1, 1, 1, 1}, loss, after;
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &loss));
    ASSERT_FAILS(critpt_landscape_set_targets(NULL, bad, 2), CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_FAILS(critpt_landscape_set_targets(s.landscape, NULL, 2), CRITPT_INVALID_ARGUMENT,
                 "targets is NULL");
    ASSERT_FAILS(critpt_landscape_set_targets(s.landscape, bad, 1), CRITPT_INVALID_ARGUMENT,
                 "leading dimension of targets is 1");
    ASSERT_FAILS(critpt_landscape_set_targets(s.landscape, bad, 2), CRITPT_NON_FINITE,
                 "row 1, column 1");
    ASSERT_FAILS(critpt_landscape_set_sample_weights(NULL, bad, 4), CRITPT_INVALID_ARGUMENT,
                 "NULL");
    ASSERT_FAILS(critpt_landscape_set_sample_weights(s.landscape, bad, 3), CRITPT_INVALID_ARGUMENT,
                 "length 3; it must be 4");
    ASSERT_FAILS(critpt_landscape_set_sample_weights(s.landscape, bad, 4), CRITPT_NON_FINITE,
                 "[3]");
    bad[3] = 0;
    ASSERT_FAILS(critpt_landscape_set_sample_weights(s.landscape, bad, 4), CRITPT_INVALID_ARGUMENT,
                 "sample weights[3] is 0");
    ASSERT_FAILS(critpt_landscape_set_output_metric(NULL, bad, 2), CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_FAILS(critpt_landscape_set_output_metric(s.landscape, bad, 1), CRITPT_INVALID_ARGUMENT,
                 "leading dimension of output metric");
    const double skew[4] = {1, 0.5, 0.25, 1}, indefinite[4] = {1, 2, 2, 1};
    const double infinite[4] = {INFINITY, 0, 0, 1};
    ASSERT_FAILS(critpt_landscape_set_output_metric(s.landscape, skew, 2), CRITPT_INVALID_ARGUMENT,
                 "not symmetric");
    ASSERT_FAILS(critpt_landscape_set_output_metric(s.landscape, indefinite, 2),
                 CRITPT_INVALID_ARGUMENT, "minor of order 2");
    ASSERT_FAILS(critpt_landscape_set_output_metric(s.landscape, infinite, 2), CRITPT_NON_FINITE,
                 "row 0, column 0");
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &after));
    ck_assert_double_eq(loss, after);
    scene_destroy(&s);
}
END_TEST

START_TEST(workspaces_refuse_what_they_cannot_take)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 4, 1), other = scene_create(&shape, 4, 2);
    critpt_workspace *workspace;
    const size_t indices[5] = {0, 4, 1, 1, 1};
    double loss;
    ASSERT_FAILS(critpt_workspace_create(NULL, s.landscape), CRITPT_INVALID_ARGUMENT, "workspace");
    ASSERT_FAILS(critpt_workspace_create(&workspace, NULL), CRITPT_INVALID_ARGUMENT, "landscape");
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    ASSERT_FAILS(critpt_workspace_select(NULL, indices, 1), CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_FAILS(critpt_workspace_select(workspace, indices, 2), CRITPT_INVALID_ARGUMENT,
                 "indices[1] is 4; there are 4 samples");
    ASSERT_FAILS(critpt_workspace_select(workspace, indices, 5), CRITPT_INVALID_ARGUMENT,
                 "5 indices");
    ASSERT_FAILS(critpt_workspace_select(workspace, indices, 0), CRITPT_INVALID_ARGUMENT,
                 "0 indices");
    ASSERT_FAILS(critpt_workspace_select(workspace, NULL, 2), CRITPT_INVALID_ARGUMENT, "at NULL");
    ASSERT_FAILS(critpt_landscape_loss(other.landscape, workspace, s.weights, s.P, &loss),
                 CRITPT_INVALID_ARGUMENT, "belongs to another landscape");
    critpt_workspace_destroy(workspace);
    scene_destroy(&s);
    scene_destroy(&other);
}
END_TEST

START_TEST(evaluations_refuse_what_they_cannot_take)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 4, 1);
    critpt_landscape *L = s.landscape, *bare;
    double *w = s.weights, x[64] = {0}, nan[8] = {0, 0, 0, 0, NAN, 0, 0, 0};
    size_t P = s.P;
    ASSERT_OK(critpt_landscape_create(&bare, s.model, 4, s.inputs, 3));
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_landscape_loss(bare, NULL, w, P, x), invalid, "no targets");
    ASSERT_FAILS(critpt_landscape_gradient(bare, NULL, w, P, x, P, NULL), invalid, "no targets");
    ASSERT_FAILS(critpt_landscape_gradient_unit(bare, NULL, w, P, x), invalid, "no targets");
    ASSERT_FAILS(critpt_landscape_gradient_float32(bare, NULL, w, P, x, P), invalid, "no targets");
    ASSERT_FAILS(critpt_landscape_targets(bare, x, 2), invalid, "no targets");
    ASSERT_OK(critpt_landscape_outputs(bare, NULL, w, P, x, 2));
    ASSERT_FAILS(critpt_landscape_loss(NULL, NULL, w, P, x), invalid, "landscape is NULL");
    ASSERT_FAILS(critpt_landscape_loss(L, NULL, NULL, P, x), invalid, "weights is NULL");
    ASSERT_FAILS(critpt_landscape_loss(L, NULL, w, P - 1, x), invalid, "length 5; it must be 6");
    ASSERT_FAILS(critpt_landscape_loss(L, NULL, nan, P, x), CRITPT_NON_FINITE, "weights[4] is nan");
    ASSERT_FAILS(critpt_landscape_loss(L, NULL, w, P, NULL), invalid, "result is NULL");
    ASSERT_FAILS(critpt_landscape_gradient(L, NULL, w, P, x, 5, NULL), invalid, "gradient");
    ASSERT_FAILS(critpt_landscape_gradient(L, NULL, w, P, NULL, P, NULL), invalid, "gradient");
    ASSERT_FAILS(critpt_landscape_gradient_float32(L, NULL, w, P, x, 5), invalid, "gradient");
    ASSERT_FAILS(critpt_landscape_gradient_unit(L, NULL, w, P, NULL), invalid, "result is NULL");
    ASSERT_FAILS(critpt_landscape_kink_margin(L, NULL, w, P, NULL), invalid, "result is NULL");
    ASSERT_FAILS(critpt_landscape_outputs(L, NULL, w, P, x, 1), invalid, "leading");
    ASSERT_FAILS(critpt_landscape_outputs(L, NULL, w, P, NULL, 2), invalid, "outputs is NULL");
    ASSERT_FAILS(critpt_landscape_jacobian(L, NULL, w, P, x, 5), invalid, "leading");
    ASSERT_FAILS(critpt_landscape_jacobian(L, NULL, w, P, x, SIZE_MAX / 4), CRITPT_SIZE_OVERFLOW,
                 "jacobian");
    ASSERT_FAILS(critpt_landscape_jacobian_vector(L, NULL, w, P, x, 5, x, 2), invalid, "direction");
    ASSERT_FAILS(critpt_landscape_jacobian_vector(L, NULL, w, P, nan, P, x, 2), CRITPT_NON_FINITE,
                 "direction[4]");
    ASSERT_FAILS(critpt_landscape_jacobian_vector(L, NULL, w, P, w, P, NULL, 2), invalid, "result");
    ASSERT_FAILS(critpt_landscape_jacobian_transposed_vector(L, NULL, w, P, x, 1, x, P), invalid,
                 "cotangent");
    ASSERT_FAILS(critpt_landscape_jacobian_transposed_vector(L, NULL, w, P, nan, 2, x, P),
                 CRITPT_NON_FINITE, "row 2, column 0");
    ASSERT_FAILS(critpt_landscape_jacobian_transposed_vector(L, NULL, w, P, x, 2, x + 8, 5),
                 invalid, "result");
    ASSERT_FAILS(critpt_landscape_inputs(L, x, 2), invalid, "inputs");
    ASSERT_FAILS(critpt_landscape_inputs(NULL, x, 3), invalid, "NULL");
    ASSERT_FAILS(critpt_landscape_targets(L, x, 1), invalid, "targets");
    ASSERT_FAILS(critpt_landscape_sample_weights(L, x, 3), invalid, "sample weights");
    ASSERT_FAILS(critpt_landscape_output_metric(L, x, 1), invalid, "output metric");
    ck_assert_ptr_null(critpt_landscape_model(NULL));
    ck_assert_uint_eq(critpt_landscape_n_samples(NULL), 0);
    critpt_landscape_destroy(bare);
    scene_destroy(&s);
}
END_TEST

/* ---- Memory ---- */

START_TEST(nothing_is_allocated_with_a_workspace)
{
    const net shape = {9, 3, {7, 5, 3}, {CRITPT_TANH, CRITPT_GELU, CRITPT_IDENTITY}, {1, 1, 1}};
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    scene s = scene_create(&shape, 1000, 1);
    critpt_workspace *workspace;
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    double *x = NEW(double, s.N *s.D *s.P), *v = normal(s.N * s.D, 4), value;
    const size_t indices[3] = {3, 999, 3};
    memory_count.allocations = 0;
    for (int round = 0; round < 2; round++) {
        critpt_landscape *L = s.landscape;
        ASSERT_OK(critpt_landscape_loss(L, workspace, s.weights, s.P, &value));
        ASSERT_OK(critpt_landscape_gradient(L, workspace, s.weights, s.P, x, s.P, &value));
        ASSERT_OK(critpt_landscape_outputs(L, workspace, s.weights, s.P, x, s.D));
        ASSERT_OK(critpt_landscape_jacobian(L, workspace, s.weights, s.P, x, s.P));
        ASSERT_OK(critpt_landscape_jacobian_vector(L, workspace, s.weights, s.P, v, s.P, x, s.D));
        ASSERT_OK(critpt_landscape_jacobian_transposed_vector(L, workspace, s.weights, s.P, v, s.D,
                                                              x, s.P));
        ASSERT_OK(critpt_landscape_gradient_unit(L, workspace, s.weights, s.P, &value));
        ASSERT_OK(critpt_landscape_gradient_float32(L, workspace, s.weights, s.P, x, s.P));
        ASSERT_OK(critpt_landscape_kink_margin(L, workspace, s.weights, s.P, &value));
        ASSERT_OK(critpt_workspace_select(workspace, indices, 3));
    }
    ck_assert_uint_eq(memory_count.allocations, 0);
    critpt_workspace_destroy(workspace);
    free(x), free(v);
    scene_destroy(&s);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* Every allocation of a gradient without workspace fails in turn, and nothing leaks. */
START_TEST(failing_allocations_leave_nothing_behind)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    critpt_status status = CRITPT_NO_MEMORY;
    size_t tries = 0;
    for (memory_count.allowed = 0; status == CRITPT_NO_MEMORY; memory_count.allowed++, tries++) {
        critpt_model *model = NULL;
        critpt_landscape *L = NULL;
        critpt_workspace *workspace = NULL;
        double w[100] = {0}, g[100], x[27] = {0}, s[3] = {1, 2, 3};
        const double metric[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
        memory_count.allocations = 0;
        status = critpt_mlp_create(&model, 9);
        if (status == CRITPT_OK)
            status = critpt_mlp_add_layer(model, 7, CRITPT_TANH, 1);
        if (status == CRITPT_OK)
            status = critpt_mlp_add_layer(model, 3, CRITPT_IDENTITY, 1);
        if (status == CRITPT_OK)
            status = critpt_landscape_create(&L, model, 3, x, 9);
        if (status == CRITPT_OK)
            status = critpt_landscape_set_targets(L, x, 3);
        if (status == CRITPT_OK)
            status = critpt_landscape_set_sample_weights(L, s, 3);
        if (status == CRITPT_OK)
            status = critpt_landscape_set_output_metric(L, metric, 3);
        if (status == CRITPT_OK)
            status = critpt_landscape_gradient(L, NULL, w, 94, g, 94, NULL);
        if (status == CRITPT_OK)
            status = critpt_workspace_create(&workspace, L);
        critpt_workspace_destroy(workspace);
        critpt_landscape_destroy(L);
        critpt_model_destroy(model);
        ck_assert_uint_eq(memory_count.live, 0);
    }
    memory_count.allowed = SIZE_MAX;
    ck_assert_msg(status == CRITPT_OK, "%s", critpt_error_message());
    ck_assert_uint_gt(tries, 20);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        properties_read_back,
        handles_keep_what_they_need,
        creation_refuses_what_it_cannot_take,
        setters_refuse_and_change_nothing,
        workspaces_refuse_what_they_cannot_take,
        evaluations_refuse_what_they_cannot_take,
        nothing_is_allocated_with_a_workspace,
        failing_allocations_leave_nothing_behind,
    };
    return test_main("landscape_handles", tests, sizeof tests / sizeof *tests);
}
