/* Landscape files of plans, and of models of callbacks: what is written of them is what they were.
 */
#include "file_support.h"

/* a exp(-b x) + c, `user` being what is added. */
static int decay_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * x[i]) + w[2] + *(const double *)user;
    return 0;
}

enum { DECAY_SAMPLES = 20 };
static const critpt_model_callbacks decay = {.struct_size = sizeof decay, .outputs = decay_outputs};
static double decay_moved[] = {0, 1e-9, 1e-14};

/* A plan of one point of that model, solved. */
static void plant_decay(critpt_model **model, critpt_plan **plan)
{
    const size_t constants[] = {2};
    const double weights[] = {2, 0.5, 0.25};
    double inputs[DECAY_SAMPLES];
    critpt_landscape *mine;
    for (size_t i = 0; i < DECAY_SAMPLES; i++)
        inputs[i] = (double)i / 4;
    ASSERT_OK(critpt_model_create(model, 1, 1, 3, &decay, &decay_moved[0]));
    ASSERT_OK(critpt_model_declare_constants(*model, constants, 1));
    ASSERT_OK(critpt_landscape_create(&mine, *model, DECAY_SAMPLES, inputs, 1));
    ASSERT_OK(critpt_plan_create(plan, mine));
    ASSERT_OK(critpt_plan_add_point(*plan, weights, 3, NULL));
    ASSERT_OK(critpt_plan_solve(*plan, NULL));
    critpt_landscape_destroy(mine);
}

static void write_decay(const critpt_plan *plan, const char *to)
{
    const char *const names[] = {"a", "b", "c"};
    const critpt_landscape *mine = critpt_plan_landscape(plan);
    critpt_file *file;
    ASSERT_OK(critpt_file_create_from_plan(&file, mine, plan));
    ck_assert_int_eq(critpt_file_model(file), CRITPT_FILE_MODEL_EXTERNAL);
    ck_assert_uint_eq(critpt_file_n_recorded(file), 8);
    ASSERT_OK(critpt_file_set_weight_names(file, names, 3));
    ASSERT_OK(critpt_file_set_text(file, CRITPT_FILE_TEXT_MODEL_NAME, "decay"));
    ASSERT_OK(critpt_file_write(file, to));
    critpt_file_destroy(file);
}

/* Data and what is known of the model are read back without it, and with it the same losses. */
START_TEST(models_of_callbacks_are_recognised)
{
    critpt_model *model, *stranger;
    critpt_plan *plan;
    critpt_file *file;
    critpt_landscape *again;
    double w[3], inputs[DECAY_SAMPLES], loss, expected;
    plant_decay(&model, &plan);
    write_decay(plan, path);
    ASSERT_OK(critpt_file_read(&file, path));
    ck_assert_int_eq(critpt_file_model(file), CRITPT_FILE_MODEL_EXTERNAL);
    ck_assert_str_eq(critpt_file_model_kind_name(critpt_file_model(file)), "external");
    ck_assert_int_eq(critpt_file_exact_orders(file), 0);
    ck_assert_str_eq(critpt_file_weight_name(file, 1), "b");
    ck_assert_ptr_null(critpt_file_weight_name(file, 3));
    ck_assert_uint_eq(critpt_file_n_samples(file), DECAY_SAMPLES);
    ASSERT_OK(critpt_file_inputs(file, inputs, 1));
    ck_assert(inputs[3] == 0.75);
    ASSERT_FAILS(critpt_file_landscape(file, &again), CRITPT_UNSUPPORTED,
                 "does not hold its model decay");
    ASSERT_OK(critpt_file_landscape_with_model(file, model, &again));
    ASSERT_OK(critpt_file_point_weights(file, 0, w, 3));
    ASSERT_OK(critpt_landscape_loss(again, NULL, w, 3, &loss));
    ASSERT_OK(critpt_landscape_loss(critpt_plan_landscape(plan), NULL, w, 3, &expected));
    ck_assert(loss == expected);
    critpt_landscape_destroy(again);
    for (size_t i = 1; i < 3; i++) { /* 1e-9 off is another model, 1e-14 another compiler */
        ASSERT_OK(critpt_model_create(&stranger, 1, 1, 3, &decay, &decay_moved[i]));
        if (i == 1)
            ASSERT_FAILS(critpt_file_landscape_with_model(file, stranger, &again),
                         CRITPT_INCONSISTENT, "at point 0 output 0 of sample");
        else
            ASSERT_OK(critpt_file_landscape_with_model(file, stranger, &again));
        critpt_landscape_destroy(again);
        again = NULL;
        critpt_model_destroy(stranger);
    }
    critpt_file_destroy(file);
    critpt_plan_destroy(plan);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(models_elsewhere_refuse)
{
    critpt_model *model, *wide;
    critpt_plan *plan;
    critpt_file *file, *network;
    critpt_landscape *made;
    const char *const names[] = {"a", NULL, "c"};
    double room[4];
    plant_decay(&model, &plan);
    ASSERT_OK(critpt_file_create_from_plan(&file, critpt_plan_landscape(plan), plan));
    ASSERT_OK(critpt_file_create(&network, landscape));
    ASSERT_OK(critpt_model_create(&wide, 2, 1, 3, &decay, &decay_moved[0]));
    ASSERT_FAILS(critpt_file_landscape_with_model(file, wide, &made), CRITPT_INVALID_ARGUMENT,
                 "2 inputs, 1 outputs and 3 weights");
    ASSERT_FAILS(critpt_file_landscape_with_model(file, NULL, &made), CRITPT_INVALID_ARGUMENT,
                 "model is NULL");
    ASSERT_FAILS(critpt_file_landscape_with_model(network, model, &made), CRITPT_INVALID_ARGUMENT,
                 "holds its model");
    ASSERT_FAILS(critpt_file_set_weight_names(file, names, 3), CRITPT_INVALID_ARGUMENT,
                 "names[1] is NULL");
    ASSERT_FAILS(critpt_file_set_weight_names(network, names, 3), CRITPT_INVALID_ARGUMENT,
                 "holds its model");
    ASSERT_FAILS(critpt_file_set_model(file, CRITPT_FILE_MODEL_NETWORK), CRITPT_INVALID_ARGUMENT,
                 "kind is 0");
    ASSERT_FAILS(critpt_file_record_outputs(network, landscape), CRITPT_INVALID_ARGUMENT,
                 "holds its model");
    ASSERT_FAILS(critpt_file_record_outputs(file, landscape), CRITPT_INVALID_ARGUMENT, "another");
    ASSERT_FAILS(critpt_file_inputs(file, NULL, 1), CRITPT_INVALID_ARGUMENT, "inputs");
    ASSERT_FAILS(critpt_file_sample_weights(file, room, 4), CRITPT_INVALID_ARGUMENT, "weights");
    ASSERT_OK(critpt_file_output_metric(file, room, 1));
    ck_assert(room[0] == 1);
    ck_assert_ptr_null(critpt_file_model_kind_name((critpt_file_model_kind)3));
    ck_assert_uint_eq(critpt_file_n_recorded(NULL), 0);
    critpt_model_destroy(wide);
    critpt_file_destroy(network);
    critpt_file_destroy(file);
    critpt_plan_destroy(plan);
    critpt_model_destroy(model);
}
END_TEST

/* A Hessian's entry at point 1, a picture on points 0 to 2, of which the last is free. */
static void compare_requests(const critpt_file *file, const double *picture)
{
    double entry[2], values[6], requested, achieved, residual;
    unsigned char mask[60 * OUTPUTS];
    ck_assert_uint_eq(critpt_file_n_conditions(file), 2);
    ASSERT_OK(critpt_file_condition_array(file, 0, entry, 2));
    ck_assert(entry[0] == 2 && entry[1] == 0);
    ASSERT_OK(critpt_file_condition_value(file, 0, CRITPT_CONDITION_REQUESTED, &requested));
    ASSERT_OK(critpt_file_condition_value(file, 0, CRITPT_CONDITION_ACHIEVED, &achieved));
    ASSERT_OK(critpt_file_condition_value(file, 0, CRITPT_CONDITION_RESIDUAL, &residual));
    ck_assert(requested == 0.5 && fabs(achieved - 0.5) <= residual && residual < 1e-9);
    ASSERT_OK(critpt_file_condition_array(file, 1, values, 2));
    ck_assert_mem_eq(values, picture, sizeof values);
    ck_assert_str_eq(critpt_file_point_nature(file, 1), "any");
    ck_assert_str_eq(critpt_file_point_nature(file, 2), "free");
    ASSERT_OK(critpt_file_frozen_targets(file, mask, OUTPUTS));
    ck_assert(mask[0] == 1 && mask[1] == 0 && mask[3] == 1 && mask[4] == 0);
}

/* What the plan knows is in the file. */
START_TEST(from_a_plan)
{
    enum { SAMPLES = 60 };
    double inputs[SAMPLES * INPUTS], weights[14], value, stored;
    critpt_model *model = make_model();
    critpt_landscape *mine;
    critpt_plan *plan;
    critpt_file *file;
    ASSERT_OK(critpt_random_normal(3, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    ASSERT_OK(critpt_landscape_create(&mine, model, SAMPLES, inputs, INPUTS));
    ASSERT_OK(critpt_plan_create(&plan, mine));
    for (size_t k = 0; k < 2; k++) {
        ASSERT_OK(critpt_mlp_draw_weights(model, 3, k, 1, weights, P));
        ASSERT_OK(critpt_plan_add_point(plan, weights, P, NULL));
    }
    const size_t corners[] = {0, 1, 2};
    const double picture[] = {0, 1, 2, 0, 3, 1};
    unsigned char mask[SAMPLES * OUTPUTS] = {1, 0, 0, 1};
    ASSERT_OK(critpt_mlp_draw_weights(model, 3, 2, 1, weights, P));
    ASSERT_OK(critpt_plan_add_free_point(plan, weights, P, NULL));
    ASSERT_OK(critpt_plan_require_hessian_entry(plan, 1, 2, 0, 0.5, NULL));
    ASSERT_OK(critpt_plan_require_picture(plan, corners, picture, 3, 2, 2, NULL));
    ASSERT_OK(critpt_plan_freeze_targets(plan, mask, OUTPUTS));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_file_create_from_plan(&file, mine, plan));
    compare_requests(file, picture);
    ck_assert_uint_eq(critpt_file_n_points(file), 3);
    ASSERT_OK(critpt_plan_point_value(plan, 1, CRITPT_POINT_LOSS, &value));
    ASSERT_OK(critpt_file_point_value(file, 1, CRITPT_FILE_POINT_LOSS, &stored));
    ck_assert_double_eq(value, stored);
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_EQUATIONS, &value));
    ASSERT_OK(critpt_file_report_value(file, CRITPT_REPORT_EQUATIONS, &stored));
    ck_assert_double_eq(value, stored);
    ck_assert_int_eq(critpt_file_has_base_targets(file), 1);
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(mine);
    critpt_model_destroy(model);
}
END_TEST

/* What float32 has no number for, targets or weights, has an infinite gradient there; the file has
 * it all the same. f = w x. */
START_TEST(from_a_plan_beyond_float32)
{
    const double inputs[3][3] = {{1e20, 2e20, 3e20}, {1e-10, 2e-10, 3e-10}, {1, 2, 3}};
    const double weights[3] = {1e19, 1e39, 1e44}, targets[3] = {1e39, 1e29, 1e45};
    for (size_t i = 0; i < 3; i++) {
        const double y[3] = {targets[i], -targets[i], targets[i] / 2};
        critpt_model *model;
        critpt_landscape *mine;
        critpt_plan *plan;
        critpt_file *file;
        double norm, single;
        ASSERT_OK(critpt_mlp_create(&model, 1));
        ASSERT_OK(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_NO_BIAS));
        ASSERT_OK(critpt_landscape_create(&mine, model, 3, inputs[i], 1));
        ASSERT_OK(critpt_plan_create(&plan, mine));
        ASSERT_OK(critpt_plan_add_point(plan, &weights[i], 1, NULL));
        ASSERT_OK(critpt_plan_set_base_targets(plan, y, 1));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ASSERT_OK(critpt_file_create_from_plan(&file, mine, plan));
        ASSERT_OK(critpt_file_point_value(file, 0, CRITPT_FILE_POINT_GRADIENT_NORM, &norm));
        ASSERT_OK(
            critpt_file_point_value(file, 0, CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32, &single));
        ck_assert(isfinite(norm) && single == INFINITY);
        ASSERT_OK(critpt_plan_point_value(plan, 0, CRITPT_POINT_GRADIENT_NORM_FLOAT32, &single));
        ck_assert(single == INFINITY);
        critpt_file_destroy(file);
        critpt_plan_destroy(plan);
        critpt_landscape_destroy(mine);
        critpt_model_destroy(model);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        models_of_callbacks_are_recognised,
        models_elsewhere_refuse,
        from_a_plan,
        from_a_plan_beyond_float32,
    };
    return file_test_main("file_plans", tests, sizeof tests / sizeof *tests);
}
