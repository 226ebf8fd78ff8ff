/* Calls that need no memory: each answers where none is left. tests/test_exports.sh holds that
 * every public call has a row in one of tests/test_torture*.c. */
#include "torture.h"

#include <stdio.h>
#include <unistd.h>

/* The call succeeds without an allocation. */
#define ANSWERS(call)                                                                              \
    do {                                                                                           \
        memory_count.allocations = memory_count.allowed = 0;                                       \
        critpt_status answer_ = (call);                                                            \
        memory_count.allowed = SIZE_MAX;                                                           \
        ck_assert_msg(answer_ == CRITPT_OK, "%s: %s: %s", #call, critpt_status_name(answer_),      \
                      critpt_error_message());                                                     \
        ck_assert_msg(memory_count.allocations == 0, "%s allocates", #call);                       \
    } while (0)
/* The value is this one, and asking for it allocates nothing. */
#define IS(value, wanted)                                                                          \
    do {                                                                                           \
        memory_count.allocations = memory_count.allowed = 0;                                       \
        bool is_ = (value) == (wanted);                                                            \
        memory_count.allowed = SIZE_MAX;                                                           \
        ck_assert_msg(is_, "%s is not %s", #value, #wanted);                                       \
        ck_assert_msg(memory_count.allocations == 0, "%s allocates", #value);                      \
    } while (0)
#define SAYS(text, wanted) IS(strcmp(text, wanted), 0)

enum { N = 40, D = 1, P = 9, OUT = 4096 };
static double out[OUT];
static size_t one, two, three;

static scene begin(void)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    return scene_create(&torture_net, N, 1);
}

static void end(scene *s)
{
    scene_destroy(s);
    ck_assert_uint_eq(memory_count.live, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
}

/* ---- Models, landscapes, numbers ---- */

START_TEST(names_and_numbers)
{
    int major, minor, patch;
    critpt_activation activation;
    scene s = begin();
    ANSWERS((critpt_version_numbers(&major, &minor, &patch), CRITPT_OK));
    IS(major, CRITPT_VERSION_MAJOR);
    IS(strstr(critpt_version(), "0.") != NULL, true);
    IS(critpt_linalg_name() != NULL, true);
    SAYS(critpt_status_name(CRITPT_NO_MEMORY), "CRITPT_NO_MEMORY");
    IS(*critpt_status_text(CRITPT_NO_MEMORY) != 0, true);
    SAYS(critpt_activation_name(CRITPT_GELU), "gelu");
    ANSWERS(critpt_activation_from_name("elu", &activation));
    IS(activation, CRITPT_ELU);
    SAYS(critpt_kind_name(CRITPT_SADDLE), "saddle");
    SAYS(critpt_condition_kind_name(CRITPT_CONDITION_PICTURE), "picture");
    SAYS(critpt_file_condition_quantity_name(CRITPT_CONDITION_ACHIEVED), "achieved");
    SAYS(critpt_file_report_quantity_name(CRITPT_REPORT_RANK_GAP), "rank_gap");
    SAYS(critpt_file_model_kind_name(CRITPT_FILE_MODEL_LIBRARY), "library");
    ANSWERS(critpt_random_normal(1, 2, 3, out, 99));
    ANSWERS(critpt_random_uniform(1, 2, 3, out, 99));
    IS(critpt_model_fail("a sentence") != 0, true);
    end(&s);
}
END_TEST

START_TEST(models_and_landscapes)
{
    int bias;
    size_t some[] = {3, 1};
    critpt_activation activation;
    critpt_workspace *workspace;
    scene s = begin();
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    IS(critpt_model_base(s.model), NULL);
    IS(critpt_model_exact_orders(s.model), 2);
    IS(critpt_model_n_inputs(s.model), 2);
    IS(critpt_model_n_outputs(s.model), D);
    IS(critpt_model_n_weights(s.model), P);
    ANSWERS(critpt_mlp_layer(s.model, 1, &one, &activation, &bias));
    ANSWERS(critpt_mlp_locate_weight(s.model, 5, &one, &two, &three));
    IS(critpt_landscape_model(s.landscape), s.model);
    IS(critpt_landscape_n_samples(s.landscape), N);
    IS(critpt_landscape_has_sample_metrics(s.landscape), 0);
    ANSWERS(critpt_landscape_inputs(s.landscape, out, 2));
    ANSWERS(critpt_landscape_output_metric(s.landscape, out, D));
    ANSWERS(critpt_landscape_whole(s.landscape, &one, &two, &three));
    ANSWERS(critpt_workspace_select(workspace, some, 2));
    critpt_workspace_destroy(workspace);
    end(&s);
}
END_TEST

/* ---- Options ---- */

START_TEST(options_of_plans)
{
    critpt_plan_options *o;
    scene s = begin();
    ASSERT_OK(critpt_plan_options_create(&o));
    ANSWERS(critpt_plan_options_set_amplification_limit(o, 7));
    ANSWERS(critpt_plan_options_set_balance(o, 0));
    ANSWERS(critpt_plan_options_set_base_noise(o, 0.5));
    ANSWERS(critpt_plan_options_set_memory_limit(o, 1000));
    ANSWERS(critpt_plan_options_set_model_check(o, 0));
    ANSWERS(critpt_plan_options_set_nature_products(o, 9));
    ANSWERS(critpt_plan_options_set_progress(o, NULL, NULL));
    ANSWERS(critpt_plan_options_set_rank_tolerance(o, 1e-9));
    ANSWERS(critpt_plan_options_set_refinements(o, 2));
    ANSWERS(critpt_plan_options_set_seed(o, 8));
    ANSWERS(critpt_plan_options_set_time_limit(o, 60));
    IS(critpt_plan_options_amplification_limit(o), 7);
    IS(critpt_plan_options_balance(o), 0);
    IS(critpt_plan_options_base_noise(o), 0.5);
    IS(critpt_plan_options_memory_limit(o), 1000);
    IS(critpt_plan_options_model_check(o), 0);
    IS(critpt_plan_options_nature_products(o), 9);
    IS(critpt_plan_options_rank_tolerance(o), 1e-9);
    IS(critpt_plan_options_refinements(o), 2);
    IS(critpt_plan_options_seed(o), 8);
    IS(critpt_plan_options_time_limit(o), 60);
    critpt_plan_options_destroy(o);
    end(&s);
}
END_TEST

START_TEST(options_of_spectra)
{
    critpt_spectrum_options *o;
    scene s = begin();
    ASSERT_OK(critpt_spectrum_options_create(&o));
    ANSWERS(critpt_spectrum_options_set_accepted_gradient(o, 50));
    ANSWERS(critpt_spectrum_options_set_extended_precision(o, 1));
    ANSWERS(critpt_spectrum_options_set_eigenvectors(o, 1, 3));
    ANSWERS(critpt_spectrum_options_set_max_products(o, 99));
    ANSWERS(critpt_spectrum_options_set_memory_limit(o, 1000));
    ANSWERS(critpt_spectrum_options_set_n_extreme(o, 2));
    ANSWERS(critpt_spectrum_options_set_progress(o, NULL, NULL));
    ANSWERS(critpt_spectrum_options_set_seed(o, 8));
    ANSWERS(critpt_spectrum_options_set_tolerance(o, 1e-6));
    IS(critpt_spectrum_options_accepted_gradient(o), 50);
    IS(critpt_spectrum_options_extended_precision(o), 1);
    IS(critpt_spectrum_options_first_eigenvector(o), 1);
    IS(critpt_spectrum_options_n_eigenvectors(o), 3);
    IS(critpt_spectrum_options_max_products(o), 99);
    IS(critpt_spectrum_options_memory_limit(o), 1000);
    IS(critpt_spectrum_options_n_extreme(o), 2);
    IS(critpt_spectrum_options_seed(o), 8);
    IS(critpt_spectrum_options_tolerance(o), 1e-6);
    critpt_spectrum_options_destroy(o);
    end(&s);
}
END_TEST

/* ---- Plans ---- */

static critpt_plan *plan_of(const scene *s)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s->weights, P, NULL));
    return plan;
}

START_TEST(a_solved_plan)
{
    scene s = begin();
    critpt_plan *plan = plan_of(&s);
    ASSERT_OK(critpt_plan_require_index(plan, 0, 1, 0.001, &one));
    ASSERT_OK(critpt_plan_add_free_point(plan, s.targets, P, &two));
    ASSERT_OK(critpt_plan_require_curvature(plan, two, s.targets, s.targets, P, 1, &three));
    ANSWERS(critpt_plan_set_residual_scale(plan, 1));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    IS(critpt_plan_landscape(plan), s.landscape);
    IS(critpt_plan_n_frozen_targets(plan), 0);
    ANSWERS(critpt_plan_base_targets(plan, out, D));
    ANSWERS(critpt_plan_condition_nature(plan, one, &two, out));
    ANSWERS(critpt_plan_condition_eigenvalues(plan, one, out));
    ANSWERS(critpt_plan_condition_size(plan, three, &two, &one));
    ANSWERS(critpt_plan_condition_array(plan, three, out, P));
    ANSWERS(critpt_plan_condition_value(plan, three, CRITPT_CONDITION_ACHIEVED, out));
    ANSWERS(critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, out));
    critpt_plan_destroy(plan);
    end(&s);
}
END_TEST

/* Two points that differ in the output bias alone; a unit without influence. */
START_TEST(a_refused_plan)
{
    scene s = begin();
    critpt_cause cause;
    critpt_null_reason reason;
    s.weights[6] = 0;
    critpt_plan *plan = plan_of(&s);
    s.weights[P - 1] += 1;
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, P, NULL));
    ck_assert_int_eq(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE);
    IS(critpt_plan_warning(plan, 999), NULL);
    IS(critpt_plan_conflict_size(plan, 0) > 0, true);
    ANSWERS(critpt_plan_conflict_defect(plan, 0, out));
    ANSWERS(critpt_plan_conflict_equation(plan, 0, 0, &one, &two, &three, out));
    IS(critpt_plan_n_contradicting(plan) > 0, true);
    ANSWERS(critpt_plan_contradicting(plan, 0, &one, &two));
    IS(critpt_plan_contradiction_is_minimal(plan), 1);
    IS(critpt_plan_n_causes(plan) > 0, true);
    ANSWERS(critpt_plan_cause(plan, 0, &cause));
    IS(critpt_plan_cause_n_items(plan, 0, CRITPT_CAUSE_POINT) > 0, true);
    ANSWERS(critpt_plan_cause_item(plan, 0, CRITPT_CAUSE_POINT, 0, &one));
    IS(critpt_plan_n_null_directions(plan) > 0, true);
    ANSWERS(critpt_plan_null_direction(plan, 0, &one, &two, &three, &reason, NULL));
    critpt_plan_destroy(plan);
    end(&s);
}
END_TEST

START_TEST(a_plan_that_is_not_attained)
{
    scene s = begin();
    critpt_plan *plan = plan_of(&s);
    critpt_plan_options *options;
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_amplification_limit(options, 1e-6));
    ck_assert_int_eq(critpt_plan_solve(plan, options), CRITPT_NOT_ATTAINED);
    ANSWERS(critpt_plan_best_targets(plan, out, D));
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    end(&s);
}
END_TEST

/* ---- Spectra, basins, runs ---- */

/* At weights that are all 0, where units have no influence. */
START_TEST(a_spectrum)
{
    scene s = begin();
    const double zero[P] = {0};
    critpt_spectrum *spectrum;
    critpt_null_reason reason;
    ASSERT_OK(critpt_spectrum_create(&spectrum, s.landscape, zero, P, NULL));
    IS(critpt_spectrum_n_eigenvalues(spectrum), P);
    IS(critpt_spectrum_is_whole(spectrum), 1);
    IS(critpt_spectrum_index(spectrum) + critpt_spectrum_n_positive(spectrum) +
           critpt_spectrum_nullity(spectrum),
       P);
    IS(critpt_spectrum_gap(spectrum) > 0, true);
    IS(critpt_spectrum_gradient_scaled(spectrum) > 0, true);
    ANSWERS(critpt_spectrum_eigenvalue(spectrum, 0, out, out + 1));
    ANSWERS(critpt_spectrum_eigenvector(spectrum, 0, out, P));
    IS(critpt_spectrum_n_null_directions(spectrum) > 0, true);
    ANSWERS(critpt_spectrum_null_direction(spectrum, 0, &one, &two, &reason, &three));
    critpt_spectrum_destroy(spectrum);
    end(&s);
}
END_TEST

START_TEST(a_basin)
{
    static const net linear = {2, 1, {1}, {CRITPT_IDENTITY}, {1}};
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    scene s = scene_create(&linear, N, 1);
    critpt_plan *plan;
    critpt_basin *basin;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_landscape_basin(&basin, s.landscape, s.weights, s.P, 0, NULL));
    IS(critpt_basin_radius(basin) > 0, true);
    IS(critpt_basin_reason(basin), NULL);
    IS(critpt_basin_share(basin), 1);
    ANSWERS(critpt_basin_tried(basin, 0, out, &one, &two));
    critpt_basin_destroy(basin);
    critpt_plan_destroy(plan);
    end(&s);
}
END_TEST

START_TEST(a_run)
{
    scene s = begin();
    critpt_run *run;
    unsigned reasons;
    int exact;
    ASSERT_OK(critpt_run_create(&run, s.landscape, 9));
    ASSERT_OK(critpt_run_add_point(run, s.targets, P, 0.5, &one));
    ck_assert_uint_eq(one, 0);
    ASSERT_OK(critpt_run_keep_weights(run, 1));
    ASSERT_OK(critpt_run_loss(run, s.weights, P, out));
    ASSERT_OK(critpt_run_end(run));
    IS(critpt_run_budget(run), 9);
    IS(critpt_run_evaluations(run), 1);
    IS(critpt_run_n_evaluations(run, CRITPT_EVALUATION_LOSS), 1);
    IS(critpt_run_n_samples_spent(run), N);
    IS(critpt_run_is_informed(run), 0);
    IS(critpt_run_n_points(run), 1);
    ANSWERS(critpt_run_best(run, out, P, out + P));
    ANSWERS(critpt_run_optimum(run, out));
    ANSWERS(critpt_run_point(run, 0, out, P));
    ANSWERS(critpt_run_record_reasons(run, 0, &reasons));
    ANSWERS(critpt_run_record_weights(run, 0, out, P));
    ASSERT_OK(critpt_run_record_distance(run, 0, 0, out, &exact));
    critpt_run_destroy(run);
    end(&s);
}
END_TEST

/* ---- Files ---- */

static critpt_file *file_of(const scene *s)
{
    const size_t point[] = {0}, columns[] = {0, 5};
    const unsigned char mask[N] = {1, 0, 1};
    const double positive[] = {1, 2};
    critpt_file *file;
    ASSERT_OK(critpt_file_create(&file, s->landscape));
    ASSERT_OK(critpt_file_set_points(file, 2, s->targets, NULL, P, P));
    ASSERT_OK(critpt_file_set_base_targets(file, s->targets, D));
    ASSERT_OK(critpt_file_set_frozen_targets(file, mask, D));
    ASSERT_OK(critpt_file_set_input_columns(file, columns, s->targets, positive, 2));
    ASSERT_OK(critpt_file_add_dropped_column(file, 3, "constant"));
    ASSERT_OK(critpt_file_add_warning(file, "first"));
    ASSERT_OK(critpt_file_add_condition(file, CRITPT_CONDITION_CURVATURE, point, 1, s->targets, 2,
                                        P, P, NULL));
    return file;
}

START_TEST(a_file)
{
    scene s = begin();
    critpt_file *file = file_of(&s);
    critpt_condition_kind kind;
    unsigned char mask[N];
    IS(critpt_file_n_inputs(file), 2);
    IS(critpt_file_n_outputs(file), D);
    IS(critpt_file_n_samples(file), N);
    IS(critpt_file_model(file), CRITPT_FILE_MODEL_NETWORK);
    IS(critpt_file_exact_orders(file), 2);
    ANSWERS(critpt_file_inputs(file, out, 2));
    ANSWERS(critpt_file_targets(file, out, D));
    ANSWERS(critpt_file_base_targets(file, out, D));
    ANSWERS(critpt_file_frozen_targets(file, mask, D));
    ANSWERS(critpt_file_sample_weights(file, out, N));
    ANSWERS(critpt_file_output_metric(file, out, D));
    ANSWERS(critpt_file_penalty(file, out, out + P, P));
    ANSWERS(critpt_file_condition(file, 0, &kind, &one, NULL));
    ANSWERS(critpt_file_condition_size(file, 0, &one, &two));
    ANSWERS(critpt_file_condition_array(file, 0, out, P));
    ANSWERS(critpt_file_set_condition_value(file, 0, CRITPT_CONDITION_RESIDUAL, 0.5));
    ANSWERS(critpt_file_condition_value(file, 0, CRITPT_CONDITION_RESIDUAL, out));
    IS(out[0], 0.5);
    ANSWERS(critpt_file_set_report_value(file, CRITPT_REPORT_RANK, 3));
    ANSWERS(critpt_file_report_value(file, CRITPT_REPORT_RANK, out));
    IS(out[0], 3);
    ANSWERS(critpt_file_set_seed(file, 8));
    IS(critpt_file_seed(file), 8);
    SAYS(critpt_file_warning(file, 0), "first");
    SAYS(critpt_file_dropped_column(file, 0, &one), "constant");
    ANSWERS(critpt_file_input_column(file, 1, &one, out, out + 1));
    ANSWERS(critpt_file_input_mean_low(file, 1, out));
    critpt_file_destroy(file);
    end(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {names_and_numbers,
                                   models_and_landscapes,
                                   options_of_plans,
                                   options_of_spectra,
                                   a_solved_plan,
                                   a_refused_plan,
                                   a_plan_that_is_not_attained,
                                   a_spectrum,
                                   a_basin,
                                   a_run,
                                   a_file};
    return test_main("torture_answers", tests, sizeof tests / sizeof *tests);
}
