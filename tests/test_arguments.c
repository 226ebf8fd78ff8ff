/* What every call says of a handle that is NULL, of numbers that do not exist, of places for
 * results that are missing; and that results which are not wanted can be left out. */
#include "support.h"

#include <stdint.h>

#include <critpt_file.h>

static const net shape = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
enum { N = 40, P = 9, BEYOND = 1000 };
static const size_t points[3] = {0, 0, 0};

#define INVALID(call, words) ASSERT_FAILS(call, CRITPT_INVALID_ARGUMENT, words)
#define NULL_(call) INVALID(call, "NULL")

/* ---- Handles that are NULL ---- */

START_TEST(no_landscape_and_no_model_is_refused)
{
    double x[N * P] = {0};
    size_t one, two, three;
    int flag;
    critpt_activation activation;
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    NULL_(critpt_mlp_create(NULL, 1));
    NULL_(critpt_mlp_add_layer(NULL, 1, CRITPT_TANH, 1));
    NULL_(critpt_mlp_layer(NULL, 0, &one, &activation, &flag));
    NULL_(critpt_mlp_locate_weight(NULL, 0, &one, &two, &three));
    NULL_(critpt_mlp_symmetric_copies(NULL, x));
    NULL_(critpt_mlp_symmetric_copies_at(NULL, x, P, x));
    NULL_(critpt_mlp_distance(NULL, x, x, P, x, &flag));
    NULL_(critpt_mlp_draw_weights(NULL, 1, 0, 1, x, P));
    NULL_(critpt_landscape_create(&landscape, NULL, N, x, 2));
    NULL_(critpt_landscape_create_borrowed(&landscape, NULL, N, x, 2));
    NULL_(critpt_landscape_set_targets(NULL, x, 1));
    NULL_(critpt_landscape_set_sample_weights(NULL, x, N));
    NULL_(critpt_landscape_set_output_metric(NULL, x, 1));
    NULL_(critpt_landscape_set_sample_metrics(NULL, x, N));
    NULL_(critpt_landscape_set_penalty(NULL, x, 1, NULL, 0));
    NULL_(critpt_landscape_inputs(NULL, x, 2));
    NULL_(critpt_landscape_targets(NULL, x, 1));
    NULL_(critpt_landscape_sample_weights(NULL, x, N));
    NULL_(critpt_landscape_output_metric(NULL, x, 1));
    NULL_(critpt_landscape_sample_metrics(NULL, x, N));
    NULL_(critpt_landscape_penalty(NULL, x, P, NULL, 0));
    NULL_(critpt_workspace_create(&workspace, NULL));
    NULL_(critpt_workspace_create(NULL, NULL));
    NULL_(critpt_workspace_select(NULL, &one, 1));
    NULL_(critpt_landscape_outputs(NULL, NULL, x, P, x, 1));
    NULL_(critpt_landscape_loss(NULL, NULL, x, P, x));
    NULL_(critpt_landscape_gradient(NULL, NULL, x, P, x, P, x));
    NULL_(critpt_landscape_jacobian_vector(NULL, NULL, x, P, x, P, x, 1));
    NULL_(critpt_landscape_jacobian_transposed_vector(NULL, NULL, x, P, x, 1, x, P));
    NULL_(critpt_landscape_jacobian(NULL, NULL, x, P, x, P));
    NULL_(critpt_landscape_gradient_unit(NULL, NULL, x, P, x));
    NULL_(critpt_landscape_gradient_float32(NULL, NULL, x, P, x, P));
    NULL_(critpt_landscape_kink_margin(NULL, NULL, x, P, x));
    NULL_(critpt_landscape_hessian(NULL, NULL, x, P, x, P));
    NULL_(critpt_landscape_gauss_newton(NULL, NULL, x, P, x, P));
    NULL_(critpt_landscape_residual_curvature(NULL, NULL, x, P, x, P));
    NULL_(critpt_landscape_hessian_vector(NULL, NULL, x, P, x, P, x, P));
    NULL_(critpt_landscape_hessian_vectors(NULL, NULL, x, P, 1, x, P, x, P));
    NULL_(critpt_activation_from_name(NULL, &activation));
    NULL_(critpt_activation_from_name("tanh", NULL));
    ASSERT_OK(critpt_mlp_create(&model, 2));
    NULL_(critpt_landscape_create(NULL, model, N, x, 2));
    critpt_model_destroy(model);
    critpt_model_destroy(NULL);
    critpt_landscape_destroy(NULL);
    critpt_workspace_destroy(NULL);
    ck_assert_uint_eq(critpt_mlp_n_layers(NULL), 0);
    ck_assert_uint_eq(critpt_landscape_n_samples(NULL), 0);
    ck_assert_ptr_null(critpt_landscape_model(NULL));
}
END_TEST

START_TEST(no_plan_is_refused)
{
    double x[N * P] = {0};
    unsigned char mask[N] = {0};
    size_t i, j, k, n, where[3];
    critpt_condition_kind kind;
    critpt_cause cause;
    critpt_null_reason reason;
    critpt_plan *plan;
    NULL_(critpt_plan_create(&plan, NULL));
    NULL_(critpt_plan_create(NULL, NULL));
    NULL_(critpt_plan_add_point(NULL, x, P, NULL));
    NULL_(critpt_plan_let_point_move(NULL, 0));
    NULL_(critpt_plan_add_free_point(NULL, x, P, NULL));
    NULL_(critpt_plan_draw_points(NULL, 1, 2, 1, 1, NULL, NULL));
    NULL_(critpt_plan_set_base_targets(NULL, x, 1));
    NULL_(critpt_plan_freeze_targets(NULL, mask, 1));
    NULL_(critpt_plan_solve(NULL, NULL));
    NULL_(critpt_plan_diagnose(NULL, NULL));
    NULL_(critpt_plan_index_ladder(NULL, x, 5, &n));
    NULL_(critpt_plan_set_residual_scale(NULL, 2));
    NULL_(critpt_plan_require_gradient(NULL, 0, x, P, NULL));
    NULL_(critpt_plan_require_hessian_entry(NULL, 0, 0, 0, 1, NULL));
    NULL_(critpt_plan_require_curvature(NULL, 0, x, x, P, 1, NULL));
    NULL_(critpt_plan_require_eigenpair(NULL, 0, 1, x, P, NULL));
    NULL_(critpt_plan_require_gauss_newton(NULL, 0, NULL));
    NULL_(critpt_plan_require_loss(NULL, 0, 1, NULL));
    NULL_(critpt_plan_require_loss_difference(NULL, 0, 1, 1, NULL));
    NULL_(critpt_plan_require_picture(NULL, points, x, 2, 2, 2, NULL));
    NULL_(critpt_plan_require_minimum(NULL, 0, 0.1, NULL));
    NULL_(critpt_plan_require_index(NULL, 0, 1, 0.1, NULL));
    NULL_(critpt_plan_require_maximum(NULL, 0, 0.1, NULL));
    NULL_(critpt_plan_soften(NULL, 0, 1));
    NULL_(critpt_plan_condition(NULL, 0, &kind, &n, where));
    NULL_(critpt_plan_condition_size(NULL, 0, &i, &j));
    NULL_(critpt_plan_condition_array(NULL, 0, x, P));
    NULL_(critpt_plan_condition_nature(NULL, 0, &i, x));
    NULL_(critpt_plan_condition_value(NULL, 0, CRITPT_CONDITION_ACHIEVED, x));
    NULL_(critpt_plan_frozen_targets(NULL, mask, 1));
    NULL_(critpt_plan_point_weights(NULL, 0, x, P));
    NULL_(critpt_plan_point_weights_requested(NULL, 0, x, P));
    NULL_(critpt_plan_base_targets(NULL, x, 1));
    NULL_(critpt_plan_best_targets(NULL, x, 1));
    NULL_(critpt_plan_keep_best(NULL));
    NULL_(critpt_plan_point_value(NULL, 0, CRITPT_POINT_LOSS, x));
    NULL_(critpt_plan_report_value(NULL, CRITPT_REPORT_RANK, x));
    NULL_(critpt_plan_conflict_equation(NULL, 0, 0, &i, &j, &k, x));
    NULL_(critpt_plan_conflict_defect(NULL, 0, x));
    NULL_(critpt_plan_contradicting(NULL, 0, &i, &j));
    NULL_(critpt_plan_cause(NULL, 0, &cause));
    NULL_(critpt_plan_cause_item(NULL, 0, CRITPT_CAUSE_POINT, 0, &i));
    NULL_(critpt_plan_null_direction(NULL, 0, &i, &j, &k, &reason, &n));
    critpt_plan_destroy(NULL);
}
END_TEST

START_TEST(no_plan_has_anything)
{
    ck_assert_uint_eq(critpt_plan_n_points(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_conditions(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_frozen_targets(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_warnings(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_conflicts(NULL), 0);
    ck_assert_uint_eq(critpt_plan_conflict_size(NULL, 0), 0);
    ck_assert_uint_eq(critpt_plan_n_contradicting(NULL), 0);
    ck_assert_uint_eq(critpt_plan_n_causes(NULL), 0);
    ck_assert_uint_eq(critpt_plan_cause_n_items(NULL, 0, CRITPT_CAUSE_POINT), 0);
    ck_assert_uint_eq(critpt_plan_n_null_directions(NULL), 0);
    ck_assert_int_eq(critpt_plan_contradiction_is_minimal(NULL), 0);
    ck_assert_int_eq(critpt_plan_point_is_critical(NULL, 0), 0);
    ck_assert_ptr_null(critpt_plan_warning(NULL, 0));
}
END_TEST

/* What they are without a handle are the defaults. */
START_TEST(no_options_are_not_set)
{
    NULL_(critpt_plan_options_create(NULL));
    NULL_(critpt_plan_options_set_rank_tolerance(NULL, 0.1));
    NULL_(critpt_plan_options_set_memory_limit(NULL, 1));
    NULL_(critpt_plan_options_set_refinements(NULL, 1));
    NULL_(critpt_plan_options_set_base_noise(NULL, 1));
    NULL_(critpt_plan_options_set_seed(NULL, 1));
    NULL_(critpt_plan_options_set_balance(NULL, 1));
    NULL_(critpt_plan_options_set_model_check(NULL, 1));
    NULL_(critpt_plan_options_set_amplification_limit(NULL, 1));
    NULL_(critpt_plan_options_set_nature_products(NULL, 1));
    NULL_(critpt_plan_options_set_progress(NULL, NULL, NULL));
    critpt_plan_options_destroy(NULL);
    ck_assert(critpt_plan_options_rank_tolerance(NULL) == 0);
    ck_assert_uint_eq(critpt_plan_options_memory_limit(NULL), 0);
    ck_assert_uint_eq(critpt_plan_options_refinements(NULL), 4);
    ck_assert(isnan(critpt_plan_options_base_noise(NULL)));
    ck_assert_uint_eq(critpt_plan_options_seed(NULL), 0);
    ck_assert_int_eq(critpt_plan_options_balance(NULL), 1);
    ck_assert(isinf(critpt_plan_options_amplification_limit(NULL)));
    ck_assert_uint_eq(critpt_plan_options_nature_products(NULL), 20000);
    NULL_(critpt_spectrum_options_create(NULL));
    NULL_(critpt_spectrum_options_set_n_extreme(NULL, 1));
    NULL_(critpt_spectrum_options_set_eigenvectors(NULL, 0, 1));
    NULL_(critpt_spectrum_options_set_tolerance(NULL, 0.1));
    NULL_(critpt_spectrum_options_set_max_products(NULL, 1));
    NULL_(critpt_spectrum_options_set_accepted_gradient(NULL, 1));
    NULL_(critpt_spectrum_options_set_extended_precision(NULL, 1));
    NULL_(critpt_spectrum_options_set_memory_limit(NULL, 1));
    NULL_(critpt_spectrum_options_set_seed(NULL, 1));
    NULL_(critpt_spectrum_options_set_progress(NULL, NULL, NULL));
    critpt_spectrum_options_destroy(NULL);
    ck_assert_uint_eq(critpt_spectrum_options_n_extreme(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_options_first_eigenvector(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_options_n_eigenvectors(NULL), SIZE_MAX);
    ck_assert(critpt_spectrum_options_tolerance(NULL) == 1e-8);
    ck_assert_uint_eq(critpt_spectrum_options_max_products(NULL), 20000);
    ck_assert(critpt_spectrum_options_accepted_gradient(NULL) == 100);
    ck_assert_int_eq(critpt_spectrum_options_extended_precision(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_options_memory_limit(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_options_seed(NULL), 0);
}
END_TEST

START_TEST(no_spectrum_is_refused)
{
    double x[P] = {0}, y;
    size_t i, j, n;
    critpt_null_reason reason;
    critpt_spectrum *spectrum;
    NULL_(critpt_spectrum_create(&spectrum, NULL, x, P, NULL));
    NULL_(critpt_spectrum_create(NULL, NULL, x, P, NULL));
    NULL_(critpt_spectrum_eigenvalue(NULL, 0, x, &y));
    NULL_(critpt_spectrum_eigenvector(NULL, 0, x, P));
    INVALID(critpt_spectrum_null_direction(NULL, 0, &i, &j, &reason, &n), "spectrum is NULL");
    NULL_(critpt_spectrum_density(NULL, x, P, 1, 1, 1, 1, x, 1, x));
    critpt_spectrum_destroy(NULL);
    ck_assert_uint_eq(critpt_spectrum_n_eigenvalues(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_index(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_n_positive(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_nullity(NULL), 0);
    ck_assert_int_eq(critpt_spectrum_is_whole(NULL), 0);
    ck_assert(isnan(critpt_spectrum_gap(NULL)));
    ck_assert(isnan(critpt_spectrum_gradient_scaled(NULL)));
    ck_assert_int_eq(critpt_spectrum_kind(NULL), CRITPT_NOT_CRITICAL);
    ck_assert_uint_eq(critpt_spectrum_n_null_directions(NULL), 0);
}
END_TEST

START_TEST(no_file_is_refused)
{
    double x[N * P] = {0};
    unsigned char mask[N] = {0};
    size_t i, j, n, where[3];
    critpt_condition_kind kind;
    critpt_file *file;
    critpt_landscape *landscape;
    NULL_(critpt_file_create(&file, NULL));
    NULL_(critpt_file_create(NULL, NULL));
    NULL_(critpt_file_read(NULL, "none.h5"));
    NULL_(critpt_file_read(&file, NULL));
    NULL_(critpt_file_write(NULL, "none.h5"));
    NULL_(critpt_file_landscape(NULL, &landscape));
    NULL_(critpt_file_set_points(NULL, 1, x, NULL, P, P));
    NULL_(critpt_file_point_weights(NULL, 0, x, P));
    NULL_(critpt_file_point_weights_requested(NULL, 0, x, P));
    NULL_(critpt_file_set_point_values(NULL, CRITPT_FILE_POINT_LOSS, x, 1));
    NULL_(critpt_file_point_value(NULL, 0, CRITPT_FILE_POINT_LOSS, x));
    NULL_(critpt_file_set_point_vector(NULL, 0, CRITPT_FILE_VECTOR_ESCAPE, x, P));
    NULL_(critpt_file_point_vector(NULL, 0, CRITPT_FILE_VECTOR_ESCAPE, x, P));
    NULL_(critpt_file_set_point_kind(NULL, 0, "minimum"));
    NULL_(critpt_file_set_point_spectrum(NULL, 0, NULL));
    NULL_(critpt_file_set_point_nature(NULL, 0, "any"));
    NULL_(critpt_file_add_condition(NULL, CRITPT_CONDITION_LOSS, points, 1, NULL, 0, 0, 0, NULL));
    NULL_(critpt_file_condition(NULL, 0, &kind, &n, where));
    NULL_(critpt_file_condition_size(NULL, 0, &i, &j));
    NULL_(critpt_file_condition_array(NULL, 0, x, P));
    NULL_(critpt_file_set_condition_value(NULL, 0, CRITPT_CONDITION_ACHIEVED, 1));
    NULL_(critpt_file_condition_value(NULL, 0, CRITPT_CONDITION_ACHIEVED, x));
    NULL_(critpt_file_set_frozen_targets(NULL, mask, 1));
    NULL_(critpt_file_frozen_targets(NULL, mask, 1));
    NULL_(critpt_file_set_text(NULL, CRITPT_FILE_TEXT_SPEC, "{}"));
    NULL_(critpt_file_set_seed(NULL, 1));
    NULL_(critpt_file_set_base_targets(NULL, x, 1));
    NULL_(critpt_file_base_targets(NULL, x, 1));
    NULL_(critpt_file_set_input_columns(NULL, points, x, x, 2));
    NULL_(critpt_file_input_column(NULL, 0, &i, x, x));
    NULL_(critpt_file_set_input_mean_low(NULL, x, 2));
    NULL_(critpt_file_input_mean_low(NULL, 0, x));
    NULL_(critpt_file_add_dropped_column(NULL, 0, "constant"));
    NULL_(critpt_file_set_report_value(NULL, CRITPT_REPORT_RANK, 1));
    NULL_(critpt_file_report_value(NULL, CRITPT_REPORT_RANK, x));
    NULL_(critpt_file_add_warning(NULL, "text"));
    NULL_(critpt_file_dataset_size(NULL, "x", &i, &j));
    NULL_(critpt_file_dataset_size("none.h5", NULL, &i, &j));
    NULL_(critpt_file_dataset_size("none.h5", "x", NULL, &j));
    NULL_(critpt_file_dataset_size("none.h5", "x", &i, NULL));
    NULL_(critpt_file_dataset_read(NULL, "x", x, 1, 1, 1));
    NULL_(critpt_file_dataset_read("none.h5", NULL, x, 1, 1, 1));
    critpt_file_destroy(NULL);
}
END_TEST

START_TEST(no_file_has_anything)
{
    ck_assert_uint_eq(critpt_file_n_points(NULL), 0);
    ck_assert_uint_eq(critpt_file_n_weights(NULL), 0);
    ck_assert_uint_eq(critpt_file_n_conditions(NULL), 0);
    ck_assert_uint_eq(critpt_file_n_dropped_columns(NULL), 0);
    ck_assert_uint_eq(critpt_file_n_warnings(NULL), 0);
    ck_assert_uint_eq(critpt_file_seed(NULL), 0);
    ck_assert_int_eq(critpt_file_has_frozen_targets(NULL), 0);
    ck_assert_int_eq(critpt_file_has_base_targets(NULL), 0);
    ck_assert_int_eq(critpt_file_has_input_columns(NULL), 0);
    ck_assert_ptr_null(critpt_file_text_value(NULL, CRITPT_FILE_TEXT_SPEC));
    ck_assert_ptr_null(critpt_file_point_kind(NULL, 0));
    ck_assert_ptr_null(critpt_file_point_nature(NULL, 0));
    ck_assert_ptr_null(critpt_file_dropped_column(NULL, 0, NULL));
    ck_assert_ptr_null(critpt_file_warning(NULL, 0));
}
END_TEST

/* ---- Numbers that do not exist ---- */

START_TEST(no_name_belongs_to_a_number_beyond)
{
    const int beyond[] = {-1, BEYOND};
    for (size_t i = 0; i < 2; i++) {
        const int b = beyond[i];
        ck_assert_ptr_null(critpt_activation_name((critpt_activation)b));
        ck_assert_ptr_null(critpt_condition_kind_name((critpt_condition_kind)b));
        ck_assert_ptr_null(critpt_kind_name((critpt_kind)b));
        ck_assert_ptr_null(critpt_file_point_quantity_name((critpt_file_point_quantity)b));
        ck_assert_ptr_null(critpt_file_vector_name((critpt_file_vector)b));
        ck_assert_ptr_null(critpt_file_condition_quantity_name((critpt_condition_quantity)b));
        ck_assert_ptr_null(critpt_file_report_quantity_name((critpt_report_quantity)b));
    }
}
END_TEST

/* A plan whose last solve found a contradiction. */
static critpt_plan *contradictory_plan(const scene *s)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s->weights, s->P, NULL));
    ASSERT_OK(critpt_plan_require_curvature(plan, 0, s->weights, s->weights, P, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(plan, 0, s->weights, s->weights, P, 2, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "contradict");
    return plan;
}

START_TEST(a_plan_is_asked_for_what_it_has)
{
    scene s = scene_create(&shape, N, 1);
    critpt_plan *plan = contradictory_plan(&s);
    double x[2 * P];
    size_t i;
    critpt_cause cause;
    const int beyond[] = {-1, BEYOND};
    for (size_t b = 0; b < 2; b++) {
        INVALID(critpt_plan_point_value(plan, 0, (critpt_point_quantity)beyond[b], x),
                "point quantity");
        INVALID(critpt_plan_report_value(plan, (critpt_report_quantity)beyond[b], x),
                "report quantity");
        INVALID(critpt_plan_condition_value(plan, 0, (critpt_condition_quantity)beyond[b], x),
                "condition quantity");
        ck_assert_uint_eq(critpt_plan_cause_n_items(plan, 0, (critpt_cause_item)beyond[b]), 0);
    }
    INVALID(critpt_plan_condition(plan, BEYOND, NULL, NULL, NULL), "condition is 1000");
    INVALID(critpt_plan_condition_size(plan, BEYOND, NULL, NULL), "condition is 1000");
    INVALID(critpt_plan_condition_array(plan, BEYOND, x, P), "condition is 1000");
    INVALID(critpt_plan_condition_nature(plan, BEYOND, NULL, NULL), "condition is 1000");
    INVALID(critpt_plan_condition_nature(plan, 0, NULL, NULL), "nature");
    INVALID(critpt_plan_soften(plan, BEYOND, 1), "condition is 1000");
    INVALID(critpt_plan_let_point_move(plan, BEYOND), "point is 1000");
    INVALID(critpt_plan_point_weights(plan, BEYOND, x, P), "point is 1000");
    INVALID(critpt_plan_point_weights_requested(plan, BEYOND, x, P), "point is 1000");
    INVALID(critpt_plan_conflict_equation(plan, BEYOND, 0, NULL, NULL, NULL, NULL),
            "conflict is 1000");
    INVALID(critpt_plan_conflict_equation(plan, 0, BEYOND, NULL, NULL, NULL, NULL), "term is 1000");
    INVALID(critpt_plan_conflict_defect(plan, BEYOND, x), "conflict is 1000");
    INVALID(critpt_plan_contradicting(plan, BEYOND, NULL, NULL), "request is 1000");
    INVALID(critpt_plan_cause(plan, BEYOND, &cause), "cause is 1000");
    INVALID(critpt_plan_cause_item(plan, BEYOND, CRITPT_CAUSE_POINT, 0, &i), "cause is 1000");
    INVALID(critpt_plan_null_direction(plan, BEYOND, NULL, NULL, NULL, NULL, NULL),
            "null direction is 1000");
    ck_assert_uint_eq(critpt_plan_conflict_size(plan, BEYOND), 0);
    ck_assert_int_eq(critpt_plan_point_is_critical(plan, BEYOND), 0);
    ck_assert_ptr_null(critpt_plan_warning(plan, BEYOND));
    NULL_(critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, NULL));
    NULL_(critpt_plan_report_value(plan, CRITPT_REPORT_RANK, NULL));
    NULL_(critpt_plan_condition_value(plan, 0, CRITPT_CONDITION_ACHIEVED, NULL));
    NULL_(critpt_plan_conflict_defect(plan, 0, NULL));
    NULL_(critpt_plan_cause(plan, 0, NULL));
    NULL_(critpt_plan_cause_item(plan, 0, CRITPT_CAUSE_POINT, 0, NULL));
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* Each of them, and none of them. */
START_TEST(results_that_are_not_wanted_are_left_out)
{
    scene s = scene_create(&shape, N, 1);
    critpt_plan *plan = contradictory_plan(&s);
    critpt_condition_kind kind;
    double coefficient = 0;
    size_t n, where[3], rows, columns, point = BEYOND, condition = BEYOND, entry = BEYOND;
    ASSERT_OK(critpt_plan_condition(plan, 1, &kind, &n, where));
    ASSERT_OK(critpt_plan_condition(plan, 1, NULL, NULL, NULL));
    ck_assert(kind == CRITPT_CONDITION_CURVATURE && n == 1 && where[0] == 0);
    ASSERT_OK(critpt_plan_condition_size(plan, 1, &rows, &columns));
    ASSERT_OK(critpt_plan_condition_size(plan, 1, NULL, NULL));
    ck_assert(rows == 2 && columns == P);
    ASSERT_OK(critpt_plan_conflict_equation(plan, 0, 0, &point, &condition, &entry, &coefficient));
    ASSERT_OK(critpt_plan_conflict_equation(plan, 0, 0, NULL, NULL, NULL, NULL));
    ck_assert(point == 0 && condition < 2 && entry == 0 && coefficient != 0);
    ASSERT_OK(critpt_plan_contradicting(plan, 0, &point, &condition));
    ASSERT_OK(critpt_plan_contradicting(plan, 0, NULL, NULL));
    ck_assert(point == 0 && condition < 2);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(a_spectrum_is_asked_for_what_it_has)
{
    scene s = scene_create(&shape, N, 1);
    critpt_spectrum *spectrum;
    double x[P], value = NAN, error = NAN, width = 1;
    ASSERT_OK(critpt_spectrum_create(&spectrum, s.landscape, s.weights, s.P, NULL));
    INVALID(critpt_spectrum_eigenvalue(spectrum, BEYOND, NULL, NULL), "1000");
    INVALID(critpt_spectrum_eigenvector(spectrum, BEYOND, x, P), "1000");
    INVALID(critpt_spectrum_eigenvector(spectrum, 0, x, P - 1), "8");
    INVALID(critpt_spectrum_null_direction(spectrum, BEYOND, NULL, NULL, NULL, NULL), "1000");
    ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, 0, NULL, NULL));
    ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, 0, &value, &error));
    ck_assert(isfinite(value) && error > 0);
    INVALID(critpt_spectrum_density(s.landscape, s.weights, P, 1, 0, 1, width, x, 1, x), "0");
    INVALID(critpt_spectrum_density(s.landscape, s.weights, P, 1, 1, 0, width, x, 1, x), "0");
    INVALID(critpt_spectrum_density(s.landscape, s.weights, P, 1, 1, 1, 0, x, 1, x), "width");
    INVALID(critpt_spectrum_density(s.landscape, s.weights, P, 1, 1, 1, INFINITY, x, 1, x),
            "width");
    NULL_(critpt_spectrum_density(s.landscape, s.weights, P, 1, 1, 1, width, NULL, 1, x));
    NULL_(critpt_spectrum_density(s.landscape, s.weights, P, 1, 1, 1, width, x, 1, NULL));
    critpt_spectrum_destroy(spectrum);
    scene_destroy(&s);
}
END_TEST

START_TEST(a_file_is_asked_for_what_it_has)
{
    scene s = scene_create(&shape, N, 1);
    critpt_file *file;
    critpt_condition_kind kind = CRITPT_CONDITION_LOSS;
    double x[N * P] = {0};
    const double entry[] = {0, 1};
    size_t condition = BEYOND, n = BEYOND, rows = BEYOND, columns = BEYOND, where[3];
    const int beyond[] = {-1, BEYOND};
    ASSERT_OK(critpt_file_create(&file, s.landscape));
    ASSERT_OK(critpt_file_set_points(file, 1, s.weights, NULL, P, P));
    for (size_t b = 0; b < 2; b++) {
        INVALID(critpt_file_set_text(file, (critpt_file_text)beyond[b], "x"), "text");
        ck_assert_ptr_null(critpt_file_text_value(file, (critpt_file_text)beyond[b]));
        INVALID(critpt_file_point_value(file, 0, (critpt_file_point_quantity)beyond[b], x),
                "point quantity");
        INVALID(critpt_file_set_point_values(file, (critpt_file_point_quantity)beyond[b], x, 1),
                "point quantity");
        INVALID(critpt_file_point_vector(file, 0, (critpt_file_vector)beyond[b], x, P), "vector");
        INVALID(critpt_file_set_point_vector(file, 0, (critpt_file_vector)beyond[b], x, P),
                "vector");
        INVALID(critpt_file_report_value(file, (critpt_report_quantity)beyond[b], x), "report");
        INVALID(critpt_file_set_report_value(file, (critpt_report_quantity)beyond[b], 1), "report");
        INVALID(critpt_file_add_condition(file, (critpt_condition_kind)beyond[b], points, 1, x, 1,
                                          1, 1, NULL),
                "condition kind");
    }
    INVALID(critpt_file_condition(file, 0, NULL, NULL, NULL), "condition is 0; the file has 0");
    INVALID(critpt_file_condition_value(file, 0, CRITPT_CONDITION_ACHIEVED, x), "condition is 0");
    INVALID(critpt_file_base_targets(file, x, 1), "no base targets");
    ASSERT_OK(critpt_file_add_condition(file, CRITPT_CONDITION_HESSIAN_ENTRY, points, 1, entry, 1,
                                        2, 2, &condition));
    ck_assert_uint_eq(condition, 0);
    ASSERT_OK(critpt_file_condition(file, 0, NULL, NULL, NULL));
    ASSERT_OK(critpt_file_condition(file, 0, &kind, &n, where));
    ck_assert(kind == CRITPT_CONDITION_HESSIAN_ENTRY && n == 1 && where[0] == 0);
    ASSERT_OK(critpt_file_condition_size(file, 0, NULL, NULL));
    ASSERT_OK(critpt_file_condition_size(file, 0, &rows, &columns));
    ck_assert(rows == 1 && columns == 2);
    for (size_t b = 0; b < 2; b++)
        INVALID(critpt_file_condition_value(file, 0, (critpt_condition_quantity)beyond[b], x),
                "condition quantity");
    NULL_(critpt_file_condition_value(file, 0, CRITPT_CONDITION_ACHIEVED, NULL));
    NULL_(critpt_file_report_value(file, CRITPT_REPORT_RANK, NULL));
    NULL_(critpt_file_point_value(file, 0, CRITPT_FILE_POINT_LOSS, NULL));
    NULL_(critpt_file_write(file, NULL));
    NULL_(critpt_file_landscape(file, NULL));
    NULL_(critpt_file_add_warning(file, NULL));
    NULL_(critpt_file_set_point_nature(file, 0, NULL));
    NULL_(critpt_file_set_point_spectrum(file, 0, NULL));
    NULL_(critpt_file_create_from_plan(&file, s.landscape, NULL));
    INVALID(critpt_file_set_point_kind(file, 0, ""), "kind is \"\"");
    INVALID(critpt_file_set_point_kind(file, 0, "pass"), "kind is \"pass\"");
    ck_assert_ptr_null(critpt_file_point_kind(file, BEYOND));
    ck_assert_ptr_null(critpt_file_point_nature(file, BEYOND));
    ck_assert_ptr_null(critpt_file_dropped_column(file, BEYOND, NULL));
    critpt_file_destroy(file);
    scene_destroy(&s);
}
END_TEST

START_TEST(frozen_targets_of_a_file_come_and_go)
{
    scene s = scene_create(&shape, N, 1);
    critpt_file *file;
    unsigned char mask[N];
    ASSERT_OK(critpt_file_create(&file, s.landscape));
    memset(mask, 1, sizeof mask);
    ASSERT_OK(critpt_file_frozen_targets(file, mask, 1)); /* never set: zeros */
    ck_assert_int_eq(mask[N - 1], 0);
    mask[1] = 7;
    ASSERT_OK(critpt_file_set_frozen_targets(file, mask, 1));
    ck_assert_int_eq(critpt_file_has_frozen_targets(file), 1);
    ASSERT_OK(critpt_file_frozen_targets(file, mask, 1));
    ck_assert_int_eq(mask[1], 1);
    ASSERT_OK(critpt_file_set_frozen_targets(file, NULL, 0));
    ck_assert_int_eq(critpt_file_has_frozen_targets(file), 0);
    critpt_file_destroy(file);
    scene_destroy(&s);
}
END_TEST

START_TEST(a_network_is_asked_for_what_it_has)
{
    scene s = scene_create(&shape, N, 1);
    double far[2][P], distance;
    int exact;
    size_t row = BEYOND;
    NULL_(critpt_mlp_symmetric_copies(s.model, NULL));
    NULL_(critpt_mlp_symmetric_copies_at(s.model, s.weights, P, NULL));
    NULL_(critpt_mlp_distance(s.model, s.weights, s.weights, P, NULL, &exact));
    ASSERT_OK(critpt_mlp_distance(s.model, s.weights, s.weights, P, &distance, NULL));
    ck_assert(distance == 0);
    for (size_t i = 0; i < P; i++)
        far[0][i] = 1e300, far[1][i] = 0;
    ASSERT_FAILS(critpt_mlp_distance(s.model, far[0], far[1], P, &distance, &exact),
                 CRITPT_NON_FINITE, "distance");
    INVALID(critpt_mlp_layer(s.model, BEYOND, NULL, NULL, NULL), "1000");
    INVALID(critpt_mlp_locate_weight(s.model, BEYOND, NULL, NULL, NULL), "1000");
    ASSERT_OK(critpt_mlp_layer(s.model, 0, NULL, NULL, NULL));
    ASSERT_OK(critpt_mlp_locate_weight(s.model, 2, NULL, NULL, NULL));
    ASSERT_OK(critpt_mlp_locate_weight(s.model, 2, NULL, &row, NULL));
    ck_assert_uint_eq(row, 1);
    scene_destroy(&s);
}
END_TEST

/* ---- Samples that are selected, and landscapes that cannot be ---- */

START_TEST(all_samples_are_selected_again)
{
    scene s = scene_create(&shape, N, 1);
    critpt_workspace *workspace;
    const size_t few[] = {3, 3, 5}, beyond[] = {N};
    double all, some, again;
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    ASSERT_OK(critpt_landscape_loss(s.landscape, workspace, s.weights, P, &all));
    ASSERT_OK(critpt_workspace_select(workspace, few, 3));
    ASSERT_OK(critpt_landscape_loss(s.landscape, workspace, s.weights, P, &some));
    ck_assert(some != all);
    INVALID(critpt_workspace_select(workspace, beyond, 1), "40");
    INVALID(critpt_workspace_select(workspace, NULL, 3), "NULL");
    ASSERT_OK(critpt_workspace_select(workspace, NULL, 0));
    ASSERT_OK(critpt_landscape_loss(s.landscape, workspace, s.weights, P, &again));
    ck_assert(again == all);
    critpt_workspace_destroy(workspace);
    scene_destroy(&s);
}
END_TEST

START_TEST(draws_are_checked)
{
    double x[4];
    INVALID(critpt_random_normal(UINT64_MAX, 0, 0, x, 4), "seeds go from 0");
    INVALID(critpt_random_uniform(UINT64_MAX, 0, 0, x, 4), "seeds go from 0");
    INVALID(critpt_random_uniform(1, 0, UINT64_MAX - 2, x, 4), "first");
    INVALID(critpt_random_uniform(1, 0, 0, NULL, 4), "values is NULL");
    INVALID(critpt_random_normal(1, 0, 0, NULL, 4), "values is NULL");
    ASSERT_OK(critpt_random_normal(1, 0, 0, NULL, 0));
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        no_landscape_and_no_model_is_refused,
        no_plan_is_refused,
        no_plan_has_anything,
        no_options_are_not_set,
        no_spectrum_is_refused,
        no_file_is_refused,
        no_file_has_anything,
        no_name_belongs_to_a_number_beyond,
        a_plan_is_asked_for_what_it_has,
        results_that_are_not_wanted_are_left_out,
        a_spectrum_is_asked_for_what_it_has,
        a_file_is_asked_for_what_it_has,
        frozen_targets_of_a_file_come_and_go,
        a_network_is_asked_for_what_it_has,
        all_samples_are_selected_again,
        draws_are_checked,
    };
    return test_main("arguments", tests, sizeof tests / sizeof *tests);
}
