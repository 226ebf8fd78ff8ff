/* Landscape files: what is written comes back, and equal content gives equal bytes. */
#include <hdf5.h>
#include <unistd.h>

#include "file_support.h"

static void compare_points(const critpt_file *a, const critpt_file *b)
{
    double x[14], y[14];
    ck_assert_uint_eq(critpt_file_n_points(a), critpt_file_n_points(b));
    for (size_t k = 0; k < critpt_file_n_points(a); k++) {
        ASSERT_OK(critpt_file_point_weights(a, k, x, P));
        ASSERT_OK(critpt_file_point_weights(b, k, y, P));
        ck_assert_mem_eq(x, y, P * sizeof *x);
        ASSERT_OK(critpt_file_point_weights_requested(a, k, x, P));
        ASSERT_OK(critpt_file_point_weights_requested(b, k, y, P));
        ck_assert_mem_eq(x, y, P * sizeof *x);
        for (int v = 0; critpt_file_vector_name((critpt_file_vector)v); v++) {
            ASSERT_OK(critpt_file_point_vector(a, k, (critpt_file_vector)v, x, P));
            ASSERT_OK(critpt_file_point_vector(b, k, (critpt_file_vector)v, y, P));
            for (size_t i = 0; i < P; i++)
                ck_assert((x[i] <= y[i] && x[i] >= y[i]) || (isnan(x[i]) && isnan(y[i])));
        }
        ck_assert_pstr_eq(critpt_file_point_kind(a, k), critpt_file_point_kind(b, k));
        ck_assert_str_eq(critpt_file_point_nature(a, k), critpt_file_point_nature(b, k));
        for (int q = 0; critpt_file_point_quantity_name((critpt_file_point_quantity)q); q++) {
            ASSERT_OK(critpt_file_point_value(a, k, (critpt_file_point_quantity)q, x));
            ASSERT_OK(critpt_file_point_value(b, k, (critpt_file_point_quantity)q, y));
            ck_assert(memcmp(x, y, sizeof *x) == 0 || (isnan(*x) && isnan(*y)));
        }
    }
}

static void compare_landscapes(const critpt_landscape *a, const critpt_landscape *b)
{
    double x[N * 2], y[N * 2];
    ck_assert_uint_eq(critpt_landscape_n_samples(a), critpt_landscape_n_samples(b));
    ASSERT_OK(critpt_landscape_inputs(a, x, INPUTS));
    ASSERT_OK(critpt_landscape_inputs(b, y, INPUTS));
    ck_assert_mem_eq(x, y, sizeof x);
    ASSERT_OK(critpt_landscape_targets(a, x, OUTPUTS));
    ASSERT_OK(critpt_landscape_targets(b, y, OUTPUTS));
    ck_assert_mem_eq(x, y, sizeof x);
    ASSERT_OK(critpt_landscape_sample_weights(a, x, N));
    ASSERT_OK(critpt_landscape_sample_weights(b, y, N));
    ck_assert_mem_eq(x, y, N * sizeof *x);
    ASSERT_OK(critpt_landscape_output_metric(a, x, OUTPUTS));
    ASSERT_OK(critpt_landscape_output_metric(b, y, OUTPUTS));
    ck_assert_mem_eq(x, y, OUTPUTS * OUTPUTS * sizeof *x);
}

static void compare_models(const critpt_model *a, const critpt_model *b)
{
    ck_assert_uint_eq(critpt_mlp_n_layers(a), critpt_mlp_n_layers(b));
    for (size_t l = 0; l < critpt_mlp_n_layers(a); l++) {
        size_t width[2];
        critpt_activation activation[2];
        int bias[2];
        ASSERT_OK(critpt_mlp_layer(a, l, &width[0], &activation[0], &bias[0]));
        ASSERT_OK(critpt_mlp_layer(b, l, &width[1], &activation[1], &bias[1]));
        ck_assert(width[0] == width[1] && activation[0] == activation[1] && bias[0] == bias[1]);
    }
}

static void compare_content(const critpt_file *a, const critpt_file *b)
{
    double x[N * OUTPUTS], y[N * OUTPUTS];
    for (int t = 0; t <= CRITPT_FILE_TEXT_REFUSED; t++)
        ck_assert_str_eq(critpt_file_text_value(a, (critpt_file_text)t),
                         critpt_file_text_value(b, (critpt_file_text)t));
    ck_assert_uint_eq(critpt_file_seed(a), critpt_file_seed(b));
    ASSERT_OK(critpt_file_base_targets(a, x, OUTPUTS));
    ASSERT_OK(critpt_file_base_targets(b, y, OUTPUTS));
    ck_assert_mem_eq(x, y, sizeof x);
    for (int q = 0; critpt_file_report_quantity_name((critpt_report_quantity)q); q++) {
        ASSERT_OK(critpt_file_report_value(a, (critpt_report_quantity)q, x));
        ASSERT_OK(critpt_file_report_value(b, (critpt_report_quantity)q, y));
        ck_assert(memcmp(x, y, sizeof *x) == 0 || (isnan(*x) && isnan(*y)));
    }
    ck_assert_uint_eq(critpt_file_n_warnings(b), 2);
    ck_assert_str_eq(critpt_file_warning(b, 1), "second");
    ck_assert_ptr_null(critpt_file_warning(b, 2));
}

static void compare_columns(const critpt_file *b)
{
    size_t source;
    double mean, scale;
    ASSERT_OK(critpt_file_input_column(b, 1, &source, &mean, &scale));
    ck_assert(source == 5 && mean == -2 && scale == 3);
    ck_assert_uint_eq(critpt_file_n_dropped_columns(b), 2);
    ck_assert_str_eq(critpt_file_dropped_column(b, 0, &source), "constant");
    ck_assert_uint_eq(source, 3);
    ck_assert_str_eq(critpt_file_dropped_column(b, 1, NULL), "");
}

/* Conditions come back with their numbers, although losses stand apart from the others. */
static void compare_conditions(const critpt_file *a, const critpt_file *b)
{
    ck_assert_uint_eq(critpt_file_n_conditions(b), 5);
    for (size_t c = 0; c < 5; c++) {
        critpt_condition_kind kinds[2];
        size_t n_points[2], points[2][3] = {{0}}, rows[2], columns[2];
        double values[2], arrays[2][2 * 14] = {{0}};
        const critpt_file *const files[] = {a, b};
        for (size_t i = 0; i < 2; i++) {
            ASSERT_OK(critpt_file_condition(files[i], c, &kinds[i], &n_points[i], points[i]));
            ASSERT_OK(critpt_file_condition_size(files[i], c, &rows[i], &columns[i]));
            if (rows[i])
                ASSERT_OK(critpt_file_condition_array(files[i], c, arrays[i], columns[i]));
        }
        ck_assert(kinds[0] == kinds[1] && n_points[0] == n_points[1] && rows[0] == rows[1]);
        ck_assert(columns[0] == columns[1] && !memcmp(points[0], points[1], sizeof points[0]));
        ck_assert_mem_eq(arrays[0], arrays[1], sizeof arrays[0]);
        for (int q = 0; critpt_file_condition_quantity_name((critpt_condition_quantity)q); q++) {
            for (size_t i = 0; i < 2; i++)
                ASSERT_OK(critpt_file_condition_value(files[i], c, (critpt_condition_quantity)q,
                                                      &values[i]));
            ck_assert_mem_eq(&values[0], &values[1], sizeof values[0]);
        }
    }
    critpt_condition_kind kind;
    double achieved;
    ASSERT_OK(critpt_file_condition(b, 3, &kind, NULL, NULL));
    ASSERT_OK(critpt_file_condition_value(b, 3, CRITPT_CONDITION_ACHIEVED, &achieved));
    ck_assert(kind == CRITPT_CONDITION_LOSS && achieved == 0.75);
    unsigned char mask[N * OUTPUTS];
    ck_assert_int_eq(critpt_file_has_frozen_targets(b), 1);
    ASSERT_OK(critpt_file_frozen_targets(b, mask, OUTPUTS));
    for (size_t i = 0; i < N * OUTPUTS; i++)
        ck_assert_uint_eq(mask[i], i == 1 || i == 2);
}

START_TEST(round_trip)
{
    critpt_file *a = filled(), *b;
    critpt_landscape *copy;
    ASSERT_OK(critpt_file_write(a, path));
    ASSERT_OK(critpt_file_read(&b, path));
    compare_points(a, b);
    compare_content(a, b);
    compare_columns(b);
    compare_conditions(a, b);
    ASSERT_OK(critpt_file_landscape(b, &copy));
    compare_landscapes(landscape, copy);
    compare_models(critpt_landscape_model(landscape), critpt_landscape_model(copy));
    critpt_landscape_destroy(copy);
    critpt_file_destroy(a);
    critpt_file_destroy(b);
}
END_TEST

/* No points, no report, default weights and metric: what is not there does not come back. */
START_TEST(round_trip_of_little)
{
    critpt_file *a, *b;
    double value;
    ASSERT_OK(critpt_landscape_set_sample_weights(landscape, NULL, 0));
    ASSERT_OK(critpt_landscape_set_output_metric(landscape, NULL, 0));
    ASSERT_OK(critpt_file_create(&a, landscape));
    ASSERT_OK(critpt_file_write(a, path));
    ASSERT_OK(critpt_file_read(&b, path));
    ck_assert_uint_eq(critpt_file_n_points(b), 0);
    ck_assert_int_eq(critpt_file_has_base_targets(b), 0);
    ck_assert_int_eq(critpt_file_has_input_columns(b), 0);
    ck_assert_uint_eq(critpt_file_n_conditions(b), 0);
    ck_assert_int_eq(critpt_file_has_frozen_targets(b), 0);
    ck_assert_ptr_null(critpt_file_text_value(b, CRITPT_FILE_TEXT_SPEC));
    ASSERT_OK(critpt_file_report_value(b, CRITPT_REPORT_RANK, &value));
    ck_assert_double_nan(value);
    critpt_landscape *copy;
    ASSERT_OK(critpt_file_landscape(b, &copy));
    compare_landscapes(landscape, copy);
    critpt_landscape_destroy(copy);
    critpt_file_destroy(a);
    critpt_file_destroy(b);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_eq(H5Lexists(file, "/sample_weights", H5P_DEFAULT), 0);
    ck_assert_int_eq(H5Lexists(file, "/output_metric", H5P_DEFAULT), 0);
    ck_assert_int_eq(H5Lexists(file, "/conditions", H5P_DEFAULT), 0);
    ck_assert_int_eq(H5Lexists(file, "/values", H5P_DEFAULT), 0);
    ck_assert_int_eq(H5Lexists(file, "/frozen", H5P_DEFAULT), 0);
    H5Fclose(file);
}
END_TEST

/* A file of before kinds were known, and points of which some have no spectrum. */
START_TEST(spectra_are_optional)
{
    critpt_file *file = filled(), *read;
    double value, vector[14];
    ASSERT_OK(critpt_file_set_points(file, 1, (const double[14]){0}, NULL, P, P));
    ASSERT_OK(critpt_file_write(file, path));
    hid_t hdf5 = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    static const char *const names[] = {"/points/kind", "/points/index", "/points/eigenvalues"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_int_eq(H5Lexists(hdf5, names[i], H5P_DEFAULT), 0);
    H5Fclose(hdf5);
    ASSERT_OK(critpt_file_read(&read, path));
    ck_assert_ptr_null(critpt_file_point_kind(read, 0));
    ASSERT_OK(critpt_file_point_value(read, 0, CRITPT_FILE_POINT_INDEX, &value));
    ck_assert_double_nan(value);
    ASSERT_OK(critpt_file_point_vector(read, 0, CRITPT_FILE_VECTOR_ESCAPE, vector, P));
    ck_assert_double_nan(vector[P - 1]);
    critpt_file_destroy(read);
    critpt_file_destroy(file);
}
END_TEST

/* What the spectrum says is what the file says. */
START_TEST(takes_a_spectrum)
{
    critpt_spectrum_options *options;
    critpt_spectrum *spectrum;
    critpt_file *file = filled();
    double weights[14], found[14], error, value;
    ASSERT_OK(critpt_file_point_weights(file, 1, weights, P));
    ASSERT_OK(critpt_spectrum_create(&spectrum, landscape, weights, P, NULL));
    ASSERT_OK(critpt_file_set_point_spectrum(file, 1, spectrum));
    ck_assert_str_eq(critpt_file_point_kind(file, 1), "not_critical");
    ASSERT_OK(critpt_file_point_vector(file, 1, CRITPT_FILE_VECTOR_EIGENVALUES, found, P));
    for (size_t i = 0; i < P; i++) {
        ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, i, &value, &error));
        ck_assert_double_eq(found[i], value);
    }
    ASSERT_OK(critpt_file_point_value(file, 1, CRITPT_FILE_POINT_EIGENVALUE_ERROR, &value));
    ck_assert_double_eq(value, error);
    ASSERT_OK(critpt_file_point_value(file, 1, CRITPT_FILE_POINT_INDEX, &value));
    ck_assert_double_eq(value, (double)critpt_spectrum_index(spectrum));
    critpt_spectrum_destroy(spectrum);
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, landscape, weights, P, options));
    ASSERT_FAILS(critpt_file_set_point_spectrum(file, 1, spectrum), CRITPT_INVALID_ARGUMENT,
                 "a file needs all 14");
    critpt_spectrum_options_destroy(options);
    critpt_spectrum_destroy(spectrum);
    critpt_file_destroy(file);
}
END_TEST

START_TEST(equal_content_gives_equal_bytes)
{
    critpt_file *a = filled(), *b;
    size_t n, m;
    ASSERT_OK(critpt_file_write(a, path));
    sleep(1); /* a timestamp would differ */
    ASSERT_OK(critpt_file_read(&b, path));
    ASSERT_OK(critpt_file_write(b, other));
    char *x = load(path, &n), *y = load(other, &m);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(x, y, n);
    free(x);
    free(y);
    critpt_file_destroy(a);
    critpt_file_destroy(b);
}
END_TEST

/* A record of more columns than a plain HDF5 attribute holds (64 KiB). */
START_TEST(wide_inputs)
{
    enum { WIDE = 9000 };
    static double inputs[WIDE], mean[WIDE], scale[WIDE];
    static size_t columns[WIDE];
    for (size_t j = 0; j < WIDE; j++) {
        columns[j] = 2 * j;
        scale[j] = 1 + (double)j;
    }
    critpt_model *model;
    critpt_landscape *wide;
    critpt_file *file;
    ASSERT_OK(critpt_mlp_create(&model, WIDE));
    ASSERT_OK(critpt_mlp_add_layer(model, 1, CRITPT_TANH, CRITPT_BIAS));
    ASSERT_OK(critpt_landscape_create(&wide, model, 1, inputs, WIDE));
    ASSERT_OK(critpt_landscape_set_targets(wide, inputs, 1));
    ASSERT_OK(critpt_file_create(&file, wide));
    ASSERT_OK(critpt_file_set_input_columns(file, columns, mean, scale, WIDE));
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    ASSERT_OK(critpt_file_read(&file, path));
    size_t source;
    double value;
    ASSERT_OK(critpt_file_input_column(file, WIDE - 1, &source, NULL, &value));
    ck_assert_uint_eq(source, 2 * (WIDE - 1));
    ck_assert_double_eq(value, WIDE);
    critpt_file_destroy(file);
    critpt_landscape_destroy(wide);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(any_dataset)
{
    critpt_file *file = filled();
    size_t rows, columns;
    double values[K * 20];
    ASSERT_OK(critpt_file_write(file, path));
    ASSERT_OK(critpt_file_dataset_size(path, "/points/weights", &rows, &columns));
    ck_assert(rows == K && columns == P);
    ASSERT_OK(critpt_file_dataset_read(path, "points/weights", values, K, P, 20));
    for (size_t i = 0; i < K * P; i++)
        ck_assert_double_eq(values[i / P * 20 + i % P], sin((double)i));
    ASSERT_OK(critpt_file_dataset_size(path, "/sample_weights", &rows, &columns));
    ck_assert(rows == N && columns == 1);
    ASSERT_FAILS(critpt_file_dataset_size(path, "/none", &rows, &columns), CRITPT_INVALID_ARGUMENT,
                 "has no dataset /none");
    ASSERT_FAILS(critpt_file_dataset_size(path, "/points", &rows, &columns),
                 CRITPT_INVALID_ARGUMENT, "is not a dataset");
    ASSERT_FAILS(critpt_file_dataset_size(path, "/spec", &rows, &columns), CRITPT_INVALID_ARGUMENT,
                 "is a single value");
    ASSERT_FAILS(critpt_file_dataset_read(path, "/points/weights", values, 2, P, P),
                 CRITPT_INVALID_ARGUMENT, "not 2 x");
    ASSERT_FAILS(critpt_file_dataset_read(path, "/model/activations", values, 2, 1, 1),
                 CRITPT_INVALID_ARGUMENT, "does not hold numbers");
    ASSERT_FAILS(critpt_file_dataset_read(path, "/points/loss", values, K, 1, 1), CRITPT_NON_FINITE,
                 "/points/loss is nan in row 1");
    critpt_file_destroy(file);
}
END_TEST

START_TEST(wrong_conditions)
{
    critpt_file *file = filled();
    const size_t points[] = {0, 1, K};
    double array[28] = {0};
    const critpt_status bad = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(
        critpt_file_add_condition(file, (critpt_condition_kind)99, points, 1, NULL, 0, 0, 0, NULL),
        bad, "condition kind 99 does not exist");
    ASSERT_FAILS(
        critpt_file_add_condition(file, CRITPT_CONDITION_LOSS, points, 2, NULL, 0, 0, 0, NULL), bad,
        "points has length 2; it must be 1");
    ASSERT_FAILS(
        critpt_file_add_condition(file, CRITPT_CONDITION_PICTURE, points, 3, array, 2, 2, 2, NULL),
        bad, "point is 3; the file has 3 points");
    ASSERT_FAILS(
        critpt_file_add_condition(file, CRITPT_CONDITION_GRADIENT, points, 1, array, 1, 2, 2, NULL),
        bad, "gradient has no array of 1 x 2");
    array[1] = (double)P;
    ASSERT_FAILS(critpt_file_add_condition(file, CRITPT_CONDITION_HESSIAN_ENTRY, points, 1, array,
                                           1, 2, 2, NULL),
                 bad, "column of the Hessian's entry is 14");
    array[1] = NAN;
    ASSERT_FAILS(critpt_file_add_condition(file, CRITPT_CONDITION_EIGENPAIR, points, 1, array, 1, P,
                                           P, NULL),
                 CRITPT_NON_FINITE, "array is nan");
    ASSERT_FAILS(critpt_file_condition_array(file, 4, array, 1), bad,
                 "condition 4 (gauss_newton) has no array");
    ASSERT_FAILS(critpt_file_condition(file, 5, NULL, NULL, NULL), bad, "condition is 5");
    ASSERT_FAILS(critpt_file_condition_value(file, 0, (critpt_condition_quantity)7, array), bad,
                 "condition quantity 7 does not exist");
    ck_assert_uint_eq(critpt_file_n_conditions(file), 5);
    critpt_file_destroy(file);
}
END_TEST

START_TEST(wrong_arguments)
{
    critpt_file *file = filled();
    double values[64] = {0};
    size_t source = 0;
    const critpt_status bad = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_file_create(NULL, landscape), bad, "file is NULL");
    ASSERT_FAILS(critpt_file_create(&(critpt_file *){NULL}, NULL), bad, "landscape is NULL");
    ASSERT_FAILS(critpt_file_create_from_plan(&(critpt_file *){NULL}, landscape, NULL), bad,
                 "plan is");
    ASSERT_FAILS(critpt_file_read(&(critpt_file *){NULL}, NULL), bad, "path is NULL");
    ASSERT_FAILS(critpt_file_write(NULL, path), bad, "file is NULL");
    ASSERT_FAILS(critpt_file_landscape(file, NULL), bad, "landscape is NULL");
    values[3] = NAN;
    ASSERT_FAILS(critpt_file_set_base_targets(file, values, OUTPUTS), CRITPT_NON_FINITE, "row 1");
    ASSERT_FAILS(critpt_file_set_text(file, (critpt_file_text)9, ""), bad, "text 9 does not exist");
    ASSERT_FAILS(critpt_file_set_seed(file, UINT64_MAX), bad, "must be below 2^63");
    ASSERT_FAILS(critpt_file_base_targets(file, values, 1), bad, "leading dimension");
    ASSERT_FAILS(critpt_file_set_input_columns(file, &source, values, values, 1), bad,
                 "has length 1");
    ASSERT_FAILS(critpt_file_input_column(file, INPUTS, &source, NULL, NULL), bad, "input is 2");
    ASSERT_FAILS(critpt_file_add_dropped_column(file, 1, NULL), bad, "why is NULL");
    ASSERT_FAILS(critpt_file_set_report_value(file, (critpt_report_quantity)-1, 0), bad,
                 "report quantity -1");
    ASSERT_FAILS(critpt_file_report_value(NULL, CRITPT_REPORT_RANK, values), bad, "file is NULL");
    ASSERT_FAILS(critpt_file_add_warning(file, NULL), bad, "warning is NULL");
    ASSERT_FAILS(critpt_file_dataset_size(NULL, "/x", &source, &source), bad, "NULL");
    ck_assert_ptr_null(critpt_file_point_quantity_name((critpt_file_point_quantity)99));
    ck_assert_ptr_null(critpt_file_report_quantity_name((critpt_report_quantity)-1));
    critpt_file *copy = filled();
    compare_points(file, copy); /* nothing has changed */
    critpt_file_destroy(copy);
    critpt_file_destroy(file);
    critpt_file_destroy(NULL);
}
END_TEST

START_TEST(wrong_arguments_of_points)
{
    critpt_file *file = filled();
    double values[64] = {0};
    const critpt_status bad = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_file_set_points(file, K, values, NULL, P + 1, P + 1), bad,
                 "weights has length");
    ASSERT_FAILS(critpt_file_set_points(file, K, values, NULL, P, P - 1), bad, "leading dimension");
    values[3] = NAN;
    ASSERT_FAILS(critpt_file_set_points(file, 1, values, NULL, P, P), CRITPT_NON_FINITE,
                 "column 3");
    ASSERT_FAILS(critpt_file_point_weights(file, K, values, P), bad, "point is 3; the file has 3");
    ASSERT_FAILS(critpt_file_point_weights(NULL, 0, values, P), bad, "file is NULL");
    ASSERT_FAILS(critpt_file_point_weights_requested(file, 0, NULL, P), bad, "weights is NULL");
    ASSERT_FAILS(critpt_file_set_point_values(file, (critpt_file_point_quantity)22, values, K), bad,
                 "point quantity 22 does not exist");
    ASSERT_FAILS(
        critpt_file_set_point_values(file, CRITPT_FILE_POINT_INDEX, (const double[]){0, 1.5, 2}, K),
        bad, "index of point 1 is 1.5; an integer");
    ASSERT_FAILS(critpt_file_set_point_values(file, CRITPT_FILE_POINT_NULLITY,
                                              (const double[]){0, 1, -1}, K),
                 bad, "nullity of point 2 is -1; an integer");
    ASSERT_FAILS(critpt_file_set_point_vector(file, K, CRITPT_FILE_VECTOR_ESCAPE, values, P), bad,
                 "point is 3; the file has 3");
    ASSERT_FAILS(critpt_file_set_point_vector(file, 0, (critpt_file_vector)2, values, P), bad,
                 "vector 2 does not exist");
    ASSERT_FAILS(critpt_file_set_point_vector(file, 0, CRITPT_FILE_VECTOR_ESCAPE, values, P - 1),
                 bad, "vector has length 13");
    ASSERT_FAILS(critpt_file_point_vector(file, 0, CRITPT_FILE_VECTOR_ESCAPE, NULL, P), bad,
                 "vector is NULL");
    ASSERT_FAILS(critpt_file_set_point_kind(file, 0, "hill"), bad, "kind is \"hill\"");
    ASSERT_FAILS(critpt_file_set_point_spectrum(file, 0, NULL), bad, "spectrum is NULL");
    ck_assert_ptr_null(critpt_file_vector_name((critpt_file_vector)2));
    ck_assert_ptr_null(critpt_file_point_kind(file, K));
    ASSERT_FAILS(critpt_file_point_value(file, 0, CRITPT_FILE_POINT_LOSS, NULL), bad,
                 "value is NULL");
    ASSERT_FAILS(critpt_file_set_point_nature(file, 9, "any"), bad, "point is 9");
    critpt_file *copy = filled();
    compare_points(file, copy); /* nothing has changed */
    critpt_file_destroy(copy);
    critpt_file_destroy(file);
}
END_TEST

/* An allocator whose n-th request fails. */
static size_t requests, failing, in_use;

static void *limited_allocate(size_t bytes, void *user)
{
    (void)user;
    if (++requests == failing)
        return NULL;
    in_use++;
    return malloc(bytes);
}

static void limited_release(void *memory, void *user)
{
    (void)user;
    in_use--;
    free(memory);
}

static critpt_status everything(void)
{
    critpt_file *file = NULL, *read = NULL;
    critpt_landscape *copy = NULL;
    critpt_status status = fill(&file);
    if (status == CRITPT_OK)
        status = critpt_file_write(file, path);
    if (status == CRITPT_OK)
        status = critpt_file_read(&read, path);
    if (status == CRITPT_OK)
        status = critpt_file_landscape(read, &copy);
    critpt_landscape_destroy(copy);
    critpt_file_destroy(read);
    critpt_file_destroy(file);
    return status;
}

START_TEST(every_allocation_fails_in_turn)
{
    const critpt_allocator limited = {sizeof limited, limited_allocate, limited_release, NULL};
    file_teardown();
    ASSERT_OK(critpt_set_allocator(&limited));
    file_setup();
    size_t before = in_use;
    for (failing = 1;; failing++) {
        requests = 0;
        critpt_status status = everything();
        ck_assert_uint_eq(in_use, before);
        if (requests < failing) {
            ASSERT_OK(status);
            break;
        }
        ck_assert_msg(status == CRITPT_NO_MEMORY, "request %zu: %s", failing,
                      critpt_status_name(status));
    }
    ck_assert_uint_gt(failing, 50);
    failing = 0;
    critpt_landscape_destroy(landscape);
    landscape = NULL;
    ck_assert_uint_eq(in_use, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        round_trip,
        round_trip_of_little,
        equal_content_gives_equal_bytes,
        spectra_are_optional,
        takes_a_spectrum,
        wide_inputs,
        any_dataset,
        wrong_conditions,
        wrong_arguments,
        wrong_arguments_of_points,
        every_allocation_fails_in_turn,
    };
    return file_test_main("file", tests, sizeof tests / sizeof *tests);
}
