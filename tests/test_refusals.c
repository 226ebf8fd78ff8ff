/* What calls refuse before they touch memory: leading dimensions that no memory holds, handles that
 * do not belong together; and what they leave when they refuse. */
#include "support.h"

#include <stdint.h>

#include <critpt_file.h>

static const net shape = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
enum { SAMPLES = 40, WEIGHTS = 9 };

static critpt_plan *plan_of(const scene *s)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s->weights, s->P, NULL));
    return plan;
}

/* ---- Leading dimensions ---- */

/* What every array of every call is refused for: rows that wrap around, or nearly. */
static const size_t leadings[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 8, SIZE_MAX / 16 + 1,
                                  SIZE_MAX / 8 / SAMPLES + 1};
enum { N_LEADINGS = sizeof leadings / sizeof *leadings };

/* The array stands alone on the heap, so that a sanitizer sees every access beside it. */
static double *array_of(size_t n)
{
    double *values = NEW(double, n);
    for (size_t i = 0; i < n; i++)
        values[i] = (double)i / (double)n;
    return values;
}

#define REFUSED(call) ASSERT_FAILS(call, CRITPT_SIZE_OVERFLOW, "so far apart")

START_TEST(no_landscape_takes_a_leading_dimension_that_wraps)
{
    scene s = scene_create(&shape, SAMPLES, 1);
    double *x = array_of(SAMPLES * 2), *w = s.weights, *out = array_of(SAMPLES * WEIGHTS);
    critpt_landscape *L = s.landscape, *other;
    for (size_t i = 0; i < N_LEADINGS; i++) {
        size_t huge = leadings[i];
        REFUSED(critpt_landscape_create(&other, s.model, SAMPLES, x, huge));
        REFUSED(critpt_landscape_create_borrowed(&other, s.model, SAMPLES, x, huge));
        REFUSED(critpt_landscape_set_targets(L, x, huge));
        REFUSED(critpt_landscape_inputs(L, out, huge));
        REFUSED(critpt_landscape_targets(L, out, huge));
        REFUSED(critpt_landscape_outputs(L, NULL, w, s.P, out, huge));
        REFUSED(critpt_landscape_jacobian_vector(L, NULL, w, s.P, w, s.P, out, huge));
        REFUSED(critpt_landscape_jacobian_transposed_vector(L, NULL, w, s.P, x, huge, out, s.P));
        REFUSED(critpt_landscape_jacobian(L, NULL, w, s.P, out, huge));
        REFUSED(critpt_landscape_hessian_vectors(L, NULL, w, s.P, SAMPLES, out, huge, out, s.P));
        REFUSED(critpt_landscape_hessian_vectors(L, NULL, w, s.P, SAMPLES, out, s.P, out, huge));
    }
    for (size_t i = 0; i < 3; i++) { /* of fewer rows */
        size_t huge = leadings[i];
        REFUSED(critpt_landscape_set_output_metric(L, x, huge));
        REFUSED(critpt_landscape_output_metric(L, out, huge));
        REFUSED(critpt_landscape_hessian(L, NULL, w, s.P, out, huge));
        REFUSED(critpt_landscape_gauss_newton(L, NULL, w, s.P, out, huge));
        REFUSED(critpt_landscape_residual_curvature(L, NULL, w, s.P, out, huge));
    }
    free(x), free(out);
    scene_destroy(&s);
}
END_TEST

START_TEST(no_plan_takes_a_leading_dimension_that_wraps)
{
    scene s = scene_create(&shape, SAMPLES, 1);
    critpt_plan *plan = plan_of(&s);
    unsigned char mask[SAMPLES] = {0};
    double *x = array_of(SAMPLES), *out = array_of(SAMPLES);
    const size_t points[3] = {0, 0, 0};
    ASSERT_OK(critpt_plan_require_curvature(plan, 0, s.weights, s.weights, s.P, 1, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    for (size_t i = 0; i < N_LEADINGS; i++) {
        size_t huge = leadings[i];
        REFUSED(critpt_plan_set_base_targets(plan, x, huge));
        REFUSED(critpt_plan_base_targets(plan, out, huge));
        REFUSED(critpt_plan_best_targets(plan, out, huge));
        REFUSED(critpt_plan_freeze_targets(plan, mask, huge));
        REFUSED(critpt_plan_frozen_targets(plan, mask, huge));
        REFUSED(critpt_plan_require_picture(plan, points, x, SAMPLES, 2, huge, NULL));
    }
    for (size_t i = 0; i < 3; i++)
        REFUSED(critpt_plan_condition_array(plan, 0, out, leadings[i]));
    ck_assert_uint_eq(critpt_plan_n_conditions(plan), 1);
    ck_assert_uint_eq(critpt_plan_n_frozen_targets(plan), 0);
    critpt_plan_destroy(plan);
    free(x), free(out);
    scene_destroy(&s);
}
END_TEST

START_TEST(no_file_takes_a_leading_dimension_that_wraps)
{
    scene s = scene_create(&shape, SAMPLES, 1);
    critpt_file *file;
    unsigned char mask[SAMPLES] = {0};
    double *x = array_of(SAMPLES * WEIGHTS);
    const size_t points[3] = {0, 0, 0};
    ASSERT_OK(critpt_file_create(&file, s.landscape));
    ASSERT_OK(critpt_file_set_points(file, SAMPLES, x, NULL, s.P, s.P));
    ASSERT_OK(critpt_file_set_base_targets(file, x, 1));
    ASSERT_OK(critpt_file_add_condition(file, CRITPT_CONDITION_PICTURE, points, 3, x, SAMPLES, 2, 2,
                                        NULL));
    for (size_t i = 0; i < N_LEADINGS; i++) {
        size_t huge = leadings[i];
        REFUSED(critpt_file_set_points(file, SAMPLES, x, NULL, s.P, huge));
        REFUSED(critpt_file_set_base_targets(file, x, huge));
        REFUSED(critpt_file_base_targets(file, x, huge));
        REFUSED(critpt_file_set_frozen_targets(file, mask, huge));
        REFUSED(critpt_file_frozen_targets(file, mask, huge));
        REFUSED(critpt_file_add_condition(file, CRITPT_CONDITION_PICTURE, points, 3, x, SAMPLES, 2,
                                          huge, NULL));
        REFUSED(critpt_file_condition_array(file, 0, x, huge));
        REFUSED(critpt_file_dataset_read("none.h5", "none", x, SAMPLES, 1, huge));
    }
    critpt_file_destroy(file);
    free(x);
    scene_destroy(&s);
}
END_TEST

/* ---- Handles that do not belong together ---- */

START_TEST(a_file_is_made_from_a_plan_and_its_own_landscape)
{
    scene small = scene_create(&shape, 4, 1), large = scene_create(&shape, SAMPLES, 1);
    critpt_plan *plan = plan_of(&large);
    critpt_file *file = NULL;
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_ptr_eq(critpt_plan_landscape(plan), large.landscape);
    ck_assert_ptr_null(critpt_plan_landscape(NULL));
    ASSERT_FAILS(critpt_file_create_from_plan(&file, small.landscape, plan),
                 CRITPT_INVALID_ARGUMENT, "another landscape");
    ck_assert_ptr_null(file);
    ASSERT_FAILS(critpt_file_create_from_plan(&file, NULL, plan), CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_OK(critpt_file_create_from_plan(&file, large.landscape, plan));
    critpt_file_destroy(file);
    critpt_plan_destroy(plan);
    scene_destroy(&small);
    scene_destroy(&large);
}
END_TEST

START_TEST(a_workspace_serves_its_own_landscape)
{
    scene small = scene_create(&shape, 4, 1), large = scene_create(&shape, SAMPLES, 1);
    critpt_workspace *ws;
    critpt_landscape *L = large.landscape;
    double *w = large.weights, x[WEIGHTS * WEIGHTS], *targets = NEW(double, SAMPLES);
    size_t P = large.P;
    ASSERT_OK(critpt_workspace_create(&ws, small.landscape));
#define FOREIGN(call) ASSERT_FAILS(call, CRITPT_INVALID_ARGUMENT, "another landscape")
    FOREIGN(critpt_landscape_outputs(L, ws, w, P, targets, 1));
    FOREIGN(critpt_landscape_loss(L, ws, w, P, x));
    FOREIGN(critpt_landscape_gradient(L, ws, w, P, x, P, NULL));
    FOREIGN(critpt_landscape_jacobian_vector(L, ws, w, P, w, P, targets, 1));
    FOREIGN(critpt_landscape_jacobian_transposed_vector(L, ws, w, P, targets, 1, x, P));
    FOREIGN(critpt_landscape_jacobian(L, ws, w, P, targets, P));
    FOREIGN(critpt_landscape_gradient_unit(L, ws, w, P, x));
    FOREIGN(critpt_landscape_gradient_float32(L, ws, w, P, x, P));
    FOREIGN(critpt_landscape_kink_margin(L, ws, w, P, x));
    FOREIGN(critpt_landscape_hessian(L, ws, w, P, x, P));
    FOREIGN(critpt_landscape_gauss_newton(L, ws, w, P, x, P));
    FOREIGN(critpt_landscape_residual_curvature(L, ws, w, P, x, P));
    FOREIGN(critpt_landscape_hessian_vector(L, ws, w, P, w, P, x, P));
    FOREIGN(critpt_landscape_hessian_vectors(L, ws, w, P, 1, w, P, x, P));
    critpt_workspace_destroy(ws);
    free(targets);
    scene_destroy(&small);
    scene_destroy(&large);
}
END_TEST

/* ---- What a refusal leaves ---- */

START_TEST(the_report_is_that_of_the_solve_that_was_refused)
{
    scene s = scene_create(&shape, SAMPLES, 1);
    critpt_plan *plan = plan_of(&s);
    critpt_plan_options *options;
    double value, y[SAMPLES], *w = net_weights(s.model, 7, 3, 1);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, &value));
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, 1));
    ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_NO_MEMORY, "memory limit");
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_EQUATIONS, &value));
    ck_assert(value == 2 * WEIGHTS);
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_RANK, &value));
    ck_assert(isnan(value));
    ASSERT_FAILS(critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, &value),
                 CRITPT_INVALID_ARGUMENT, "point");
    ASSERT_FAILS(critpt_plan_base_targets(plan, y, 1), CRITPT_INVALID_ARGUMENT, "not solved");
    ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
    ASSERT_FAILS(critpt_plan_diagnose(plan, options), CRITPT_NO_MEMORY, "memory limit");
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_EQUATIONS, &value));
    ck_assert(value == 3 * WEIGHTS);
    ASSERT_FAILS(critpt_plan_best_targets(plan, y, 1), CRITPT_INVALID_ARGUMENT, "no solve");
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    free(w);
    scene_destroy(&s);
}
END_TEST

/* Nothing but a sanitizer sees an offset on a null pointer. */
START_TEST(an_entry_of_the_hessian_is_prescribed)
{
    scene s = scene_create(&shape, SAMPLES, 1);
    critpt_plan *plan = plan_of(&s);
    double value;
    ASSERT_OK(critpt_plan_require_hessian_entry(plan, 0, 0, 0, 1, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_condition_value(plan, 0, CRITPT_CONDITION_ACHIEVED, &value));
    ASSERT_NEAR(value, 1, 1, 1e-10);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        no_landscape_takes_a_leading_dimension_that_wraps,
        no_plan_takes_a_leading_dimension_that_wraps,
        no_file_takes_a_leading_dimension_that_wraps,
        a_file_is_made_from_a_plan_and_its_own_landscape,
        a_workspace_serves_its_own_landscape,
        the_report_is_that_of_the_solve_that_was_refused,
        an_entry_of_the_hessian_is_prescribed,
    };
    return test_main("refusals", tests, sizeof tests / sizeof *tests);
}
