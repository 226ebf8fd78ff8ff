/* What the tests of landscape files share. */
#include "file_support.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

char path[64], other[64];
critpt_landscape *landscape;
size_t P;

critpt_model *make_model(void)
{
    critpt_model *model;
    ASSERT_OK(critpt_mlp_create(&model, INPUTS));
    ASSERT_OK(critpt_mlp_add_layer(model, 3, CRITPT_LEAKY_RELU, CRITPT_NO_BIAS));
    ASSERT_OK(critpt_mlp_add_layer(model, OUTPUTS, CRITPT_TANH, CRITPT_BIAS));
    return model;
}

void file_setup(void)
{
    snprintf(path, sizeof path, "test_file.%ld.h5", (long)getpid());
    snprintf(other, sizeof other, "test_file.%ld.other.h5", (long)getpid());
    double inputs[N * INPUTS], targets[N * OUTPUTS], weights[N];
    const double metric[] = {2, 0.5, 0.5, 1};
    for (int i = 0; i < N * INPUTS; i++)
        inputs[i] = 0.1 * i - 0.5;
    for (int i = 0; i < N * OUTPUTS; i++)
        targets[i] = 1.0 / (i + 3);
    for (int i = 0; i < N; i++)
        weights[i] = 1 + 0.25 * i;
    critpt_model *model = make_model();
    ASSERT_OK(critpt_landscape_create(&landscape, model, N, inputs, INPUTS));
    ASSERT_OK(critpt_landscape_set_targets(landscape, targets, OUTPUTS));
    ASSERT_OK(critpt_landscape_set_sample_weights(landscape, weights, N));
    ASSERT_OK(critpt_landscape_set_output_metric(landscape, metric, OUTPUTS));
    P = critpt_model_n_weights(model);
    critpt_model_destroy(model);
}

void file_teardown(void)
{
    critpt_landscape_destroy(landscape);
    remove(path);
    remove(other);
}

/* A file with everything in it. */
critpt_status fill(critpt_file **result)
{
    double weights[K * 14], requested[K * 14], values[K] = {0.5, NAN, INFINITY}, base[N * OUTPUTS];
    const size_t columns[INPUTS] = {0, 5};
    const double mean[INPUTS] = {1.5, -2}, scale[INPUTS] = {0.25, 3},
                 mean_low[INPUTS] = {-1e-17, 1e-17};
    critpt_file *file = NULL;
    for (size_t i = 0; i < K * P; i++) {
        weights[i] = sin((double)i);
        requested[i] = cos((double)i);
    }
    for (int i = 0; i < N * OUTPUTS; i++)
        base[i] = i;
    critpt_status status = critpt_file_create(&file, landscape);
#define STEP(call) status = status == CRITPT_OK ? (call) : status
    STEP(critpt_file_set_points(file, K, weights, requested, P, P));
    for (int q = 0; q <= CRITPT_FILE_POINT_KINK_MARGIN; q++)
        STEP(critpt_file_set_point_values(file, (critpt_file_point_quantity)q, values, K));
    const double counts[K] = {3, NAN, 0};
    STEP(critpt_file_set_point_values(file, CRITPT_FILE_POINT_INDEX, counts, K));
    STEP(critpt_file_set_point_values(file, CRITPT_FILE_POINT_NULLITY, counts, K));
    STEP(critpt_file_set_point_values(file, CRITPT_FILE_POINT_SYMMETRIC_COPIES, values, K));
    STEP(critpt_file_set_point_vector(file, 0, CRITPT_FILE_VECTOR_EIGENVALUES, weights, P));
    STEP(critpt_file_set_point_vector(file, 2, CRITPT_FILE_VECTOR_ESCAPE, requested, P));
    STEP(critpt_file_set_point_kind(file, 2, "minimum"));
    STEP(critpt_file_set_point_nature(file, 1, "saddle"));
    STEP(critpt_file_set_text(file, CRITPT_FILE_TEXT_SPEC, "{\"seed\": 7}"));
    STEP(critpt_file_set_text(file, CRITPT_FILE_TEXT_SOURCE, "d\xc3\xa9j\xc3\xa0.csv"));
    STEP(critpt_file_set_text(file, CRITPT_FILE_TEXT_REFUSED, "too few samples"));
    STEP(critpt_file_set_seed(file, INT64_MAX));
    STEP(critpt_file_set_base_targets(file, base, OUTPUTS));
    STEP(critpt_file_set_input_columns(file, columns, mean, scale, INPUTS));
    STEP(critpt_file_set_input_mean_low(file, mean_low, INPUTS));
    STEP(critpt_file_add_dropped_column(file, 3, "constant"));
    STEP(critpt_file_add_dropped_column(file, 4, ""));
    STEP(critpt_file_set_report_value(file, CRITPT_REPORT_RANK, 12));
    STEP(critpt_file_set_report_value(file, CRITPT_REPORT_RANK_GAP, INFINITY));
    STEP(critpt_file_add_warning(file, "first"));
    STEP(critpt_file_add_warning(file, "second"));
    const size_t plane[] = {2, 0, 1};
    const double picture[] = {1, 2, 3, 4, 5, 6}, entry[] = {3, 1};
    unsigned char mask[N * OUTPUTS] = {0, 1, 1};
    STEP(critpt_file_add_condition(file, CRITPT_CONDITION_PICTURE, plane, 3, picture, 2, 3, 3,
                                   NULL));
    STEP(critpt_file_add_condition(file, CRITPT_CONDITION_HESSIAN_ENTRY, plane, 1, entry, 1, 2, 2,
                                   NULL));
    STEP(critpt_file_add_condition(file, CRITPT_CONDITION_CURVATURE, plane, 1, weights, 2, P, P,
                                   NULL));
    STEP(critpt_file_add_condition(file, CRITPT_CONDITION_LOSS, plane + 1, 1, NULL, 0, 0, 0, NULL));
    STEP(critpt_file_add_condition(file, CRITPT_CONDITION_GAUSS_NEWTON, plane, 1, NULL, 0, 0, 0,
                                   NULL));
    STEP(critpt_file_set_condition_value(file, 3, CRITPT_CONDITION_ACHIEVED, 0.75));
    STEP(critpt_file_set_condition_value(file, 1, CRITPT_CONDITION_SOFTNESS, 8));
    STEP(critpt_file_set_frozen_targets(file, mask, OUTPUTS));
#undef STEP
    if (status != CRITPT_OK) {
        critpt_file_destroy(file);
        file = NULL;
    }
    *result = file;
    return status;
}

critpt_file *filled(void)
{
    critpt_file *file;
    ASSERT_OK(fill(&file));
    return file;
}

char *load(const char *name, size_t *n)
{
    FILE *stream = fopen(name, "rb");
    ck_assert_ptr_nonnull(stream);
    struct stat info;
    ck_assert_int_eq(fstat(fileno(stream), &info), 0);
    *n = (size_t)info.st_size;
    char *bytes = malloc(*n + 1);
    ck_assert_uint_eq(fread(bytes, 1, *n, stream), *n);
    fclose(stream);
    return bytes;
}

void store(const char *name, const char *bytes, size_t n)
{
    FILE *stream = fopen(name, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, n, stream), n);
    ck_assert_int_eq(fclose(stream), 0);
}

int file_test_main(const char *name, const test_function *tests, size_t n_tests)
{
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, file_setup, file_teardown);
    for (size_t i = 0; i < n_tests; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
