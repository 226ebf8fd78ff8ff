/* Landscape files: what is written comes back, equal content gives equal bytes, and damaged,
 * foreign or newer files are refused in one sentence. */
#include <check.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "critpt_file.h"

enum { N = 7, INPUTS = 2, OUTPUTS = 2, K = 3 };

static char path[64], other[64];
static critpt_landscape *landscape;
static size_t P;

static void ok(critpt_status status)
{
    ck_assert_msg(status == CRITPT_OK, "%s: %s", critpt_status_name(status),
                  critpt_error_message());
}

static void refused(critpt_status status, critpt_status expected, const char *sentence)
{
    ck_assert_msg(status == expected, "%s: %s", critpt_status_name(status), critpt_error_message());
    ck_assert_msg(strstr(critpt_error_message(), sentence) != NULL, "\"%s\" is not in \"%s\"",
                  sentence, critpt_error_message());
}

static critpt_model *make_model(void)
{
    critpt_model *model;
    ok(critpt_mlp_create(&model, INPUTS));
    ok(critpt_mlp_add_layer(model, 3, CRITPT_LEAKY_RELU, CRITPT_NO_BIAS));
    ok(critpt_mlp_add_layer(model, OUTPUTS, CRITPT_TANH, CRITPT_BIAS));
    return model;
}

static void setup(void)
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
    ok(critpt_landscape_create(&landscape, model, N, inputs, INPUTS));
    ok(critpt_landscape_set_targets(landscape, targets, OUTPUTS));
    ok(critpt_landscape_set_sample_weights(landscape, weights, N));
    ok(critpt_landscape_set_output_metric(landscape, metric, OUTPUTS));
    P = critpt_model_n_weights(model);
    critpt_model_destroy(model);
}

static void teardown(void)
{
    critpt_landscape_destroy(landscape);
    remove(path);
    remove(other);
}

/* A file with everything in it. */
static critpt_status fill(critpt_file **result)
{
    double weights[K * 14], requested[K * 14], values[K] = {0.5, NAN, INFINITY}, base[N * OUTPUTS];
    const size_t columns[INPUTS] = {0, 5};
    const double mean[INPUTS] = {1.5, -2}, scale[INPUTS] = {0.25, 3};
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
    STEP(critpt_file_set_point_nature(file, 1, "saddle"));
    STEP(critpt_file_set_text(file, CRITPT_FILE_TEXT_SPEC, "{\"seed\": 7}"));
    STEP(critpt_file_set_text(file, CRITPT_FILE_TEXT_SOURCE, "d\xc3\xa9j\xc3\xa0.csv"));
    STEP(critpt_file_set_text(file, CRITPT_FILE_TEXT_REFUSED, "too few samples"));
    STEP(critpt_file_set_seed(file, INT64_MAX));
    STEP(critpt_file_set_base_targets(file, base, OUTPUTS));
    STEP(critpt_file_set_input_columns(file, columns, mean, scale, INPUTS));
    STEP(critpt_file_add_dropped_column(file, 3, "constant"));
    STEP(critpt_file_add_dropped_column(file, 4, ""));
    STEP(critpt_file_set_report_value(file, CRITPT_REPORT_RANK, 12));
    STEP(critpt_file_set_report_value(file, CRITPT_REPORT_RANK_GAP, INFINITY));
    STEP(critpt_file_add_warning(file, "first"));
    STEP(critpt_file_add_warning(file, "second"));
#undef STEP
    if (status != CRITPT_OK) {
        critpt_file_destroy(file);
        file = NULL;
    }
    *result = file;
    return status;
}

static critpt_file *filled(void)
{
    critpt_file *file;
    ok(fill(&file));
    return file;
}

static char *load(const char *name, size_t *n)
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

static void store(const char *name, const char *bytes, size_t n)
{
    FILE *stream = fopen(name, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, n, stream), n);
    ck_assert_int_eq(fclose(stream), 0);
}

static void compare_points(const critpt_file *a, const critpt_file *b)
{
    double x[14], y[14];
    ck_assert_uint_eq(critpt_file_n_points(a), critpt_file_n_points(b));
    for (size_t k = 0; k < critpt_file_n_points(a); k++) {
        ok(critpt_file_point_weights(a, k, x, P));
        ok(critpt_file_point_weights(b, k, y, P));
        ck_assert_mem_eq(x, y, P * sizeof *x);
        ok(critpt_file_point_weights_requested(a, k, x, P));
        ok(critpt_file_point_weights_requested(b, k, y, P));
        ck_assert_mem_eq(x, y, P * sizeof *x);
        ck_assert_str_eq(critpt_file_point_nature(a, k), critpt_file_point_nature(b, k));
        for (int q = 0; critpt_file_point_quantity_name((critpt_file_point_quantity)q); q++) {
            ok(critpt_file_point_value(a, k, (critpt_file_point_quantity)q, x));
            ok(critpt_file_point_value(b, k, (critpt_file_point_quantity)q, y));
            ck_assert(memcmp(x, y, sizeof *x) == 0 || (isnan(*x) && isnan(*y)));
        }
    }
}

static void compare_landscapes(const critpt_landscape *a, const critpt_landscape *b)
{
    double x[N * 2], y[N * 2];
    ck_assert_uint_eq(critpt_landscape_n_samples(a), critpt_landscape_n_samples(b));
    ok(critpt_landscape_inputs(a, x, INPUTS));
    ok(critpt_landscape_inputs(b, y, INPUTS));
    ck_assert_mem_eq(x, y, sizeof x);
    ok(critpt_landscape_targets(a, x, OUTPUTS));
    ok(critpt_landscape_targets(b, y, OUTPUTS));
    ck_assert_mem_eq(x, y, sizeof x);
    ok(critpt_landscape_sample_weights(a, x, N));
    ok(critpt_landscape_sample_weights(b, y, N));
    ck_assert_mem_eq(x, y, N * sizeof *x);
    ok(critpt_landscape_output_metric(a, x, OUTPUTS));
    ok(critpt_landscape_output_metric(b, y, OUTPUTS));
    ck_assert_mem_eq(x, y, OUTPUTS * OUTPUTS * sizeof *x);
}

static void compare_models(const critpt_model *a, const critpt_model *b)
{
    ck_assert_uint_eq(critpt_mlp_n_layers(a), critpt_mlp_n_layers(b));
    for (size_t l = 0; l < critpt_mlp_n_layers(a); l++) {
        size_t width[2];
        critpt_activation activation[2];
        int bias[2];
        ok(critpt_mlp_layer(a, l, &width[0], &activation[0], &bias[0]));
        ok(critpt_mlp_layer(b, l, &width[1], &activation[1], &bias[1]));
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
    ok(critpt_file_base_targets(a, x, OUTPUTS));
    ok(critpt_file_base_targets(b, y, OUTPUTS));
    ck_assert_mem_eq(x, y, sizeof x);
    for (int q = 0; critpt_file_report_quantity_name((critpt_report_quantity)q); q++) {
        ok(critpt_file_report_value(a, (critpt_report_quantity)q, x));
        ok(critpt_file_report_value(b, (critpt_report_quantity)q, y));
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
    ok(critpt_file_input_column(b, 1, &source, &mean, &scale));
    ck_assert(source == 5 && mean == -2 && scale == 3);
    ck_assert_uint_eq(critpt_file_n_dropped_columns(b), 2);
    ck_assert_str_eq(critpt_file_dropped_column(b, 0, &source), "constant");
    ck_assert_uint_eq(source, 3);
    ck_assert_str_eq(critpt_file_dropped_column(b, 1, NULL), "");
}

START_TEST(round_trip)
{
    critpt_file *a = filled(), *b;
    critpt_landscape *copy;
    ok(critpt_file_write(a, path));
    ok(critpt_file_read(&b, path));
    compare_points(a, b);
    compare_content(a, b);
    compare_columns(b);
    ok(critpt_file_landscape(b, &copy));
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
    ok(critpt_landscape_set_sample_weights(landscape, NULL, 0));
    ok(critpt_landscape_set_output_metric(landscape, NULL, 0));
    ok(critpt_file_create(&a, landscape));
    ok(critpt_file_write(a, path));
    ok(critpt_file_read(&b, path));
    ck_assert_uint_eq(critpt_file_n_points(b), 0);
    ck_assert_int_eq(critpt_file_has_base_targets(b), 0);
    ck_assert_int_eq(critpt_file_has_input_columns(b), 0);
    ck_assert_ptr_null(critpt_file_text_value(b, CRITPT_FILE_TEXT_SPEC));
    ok(critpt_file_report_value(b, CRITPT_REPORT_RANK, &value));
    ck_assert_double_nan(value);
    critpt_landscape *copy;
    ok(critpt_file_landscape(b, &copy));
    compare_landscapes(landscape, copy);
    critpt_landscape_destroy(copy);
    critpt_file_destroy(a);
    critpt_file_destroy(b);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_eq(H5Lexists(file, "/sample_weights", H5P_DEFAULT), 0);
    ck_assert_int_eq(H5Lexists(file, "/output_metric", H5P_DEFAULT), 0);
    H5Fclose(file);
}
END_TEST

START_TEST(equal_content_gives_equal_bytes)
{
    critpt_file *a = filled(), *b;
    size_t n, m;
    ok(critpt_file_write(a, path));
    sleep(1); /* a timestamp would differ */
    ok(critpt_file_read(&b, path));
    ok(critpt_file_write(b, other));
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
    ok(critpt_mlp_create(&model, WIDE));
    ok(critpt_mlp_add_layer(model, 1, CRITPT_TANH, CRITPT_BIAS));
    ok(critpt_landscape_create(&wide, model, 1, inputs, WIDE));
    ok(critpt_landscape_set_targets(wide, inputs, 1));
    ok(critpt_file_create(&file, wide));
    ok(critpt_file_set_input_columns(file, columns, mean, scale, WIDE));
    ok(critpt_file_write(file, path));
    critpt_file_destroy(file);
    ok(critpt_file_read(&file, path));
    size_t source;
    double value;
    ok(critpt_file_input_column(file, WIDE - 1, &source, NULL, &value));
    ck_assert_uint_eq(source, 2 * (WIDE - 1));
    ck_assert_double_eq(value, WIDE);
    critpt_file_destroy(file);
    critpt_landscape_destroy(wide);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(missing_and_foreign)
{
    critpt_file *file;
    refused(critpt_file_read(&file, "no/such.h5"), CRITPT_SYSTEM,
            "cannot read no/such.h5: No such file or directory");
    ck_assert_ptr_null(file);
    refused(critpt_file_read(&file, "."), CRITPT_SYSTEM, "not a regular file");
    store(path, "PK\3\4 nothing of HDF5", 20);
    refused(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT, "is not an HDF5 file");
    store(path, "", 0);
    refused(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT, "is not an HDF5 file");
    hid_t hdf5 = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(hdf5);
    refused(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT, "not a critpt landscape");
}
END_TEST

static void edit(void (*change)(hid_t file))
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(file, 0);
    change(file);
    ck_assert_int_ge(H5Fclose(file), 0);
}

static void newer_version(hid_t file)
{
    int64_t version = CRITPT_FILE_FORMAT_VERSION + 1;
    hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_INT64, &version), 0);
    H5Aclose(attribute);
}

static void without_targets(hid_t file)
{
    ck_assert_int_ge(H5Ldelete(file, "/targets", H5P_DEFAULT), 0);
}

static void zero_width(hid_t file)
{
    int64_t widths[] = {INPUTS, 0, OUTPUTS};
    hid_t dataset = H5Dopen2(file, "/model/widths", H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, widths), 0);
    H5Dclose(dataset);
}

static void wide_layer(hid_t file)
{
    int64_t widths[] = {INPUTS, INT64_MAX, OUTPUTS};
    hid_t dataset = H5Dopen2(file, "/model/widths", H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, widths), 0);
    H5Dclose(dataset);
}

static void nan_target(hid_t file)
{
    double targets[N * OUTPUTS] = {0};
    targets[5] = NAN;
    hid_t dataset = H5Dopen2(file, "/targets", H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, targets),
                     0);
    H5Dclose(dataset);
}

static void group_for_points(hid_t file)
{
    ck_assert_int_ge(H5Ldelete(file, "/points/loss", H5P_DEFAULT), 0);
    H5Gclose(H5Gcreate2(file, "/points/loss", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

START_TEST(contradictions)
{
    static const struct {
        void (*change)(hid_t file);
        critpt_status status;
        const char *sentence;
    } cases[] = {
        {newer_version, CRITPT_UNSUPPORTED, "has format_version 2; this is version"},
        {without_targets, CRITPT_INVALID_ARGUMENT, "/targets is missing"},
        {zero_width, CRITPT_INVALID_ARGUMENT, "/model/widths is 0 at position 1"},
        {wide_layer, CRITPT_SIZE_OVERFLOW, "does not fit"},
        {nan_target, CRITPT_NON_FINITE, "/targets is nan in row 2, column 1"},
        {group_for_points, CRITPT_INVALID_ARGUMENT, "/points/loss is not a dataset"},
    };
    critpt_file *file = filled(), *read;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ok(critpt_file_write(file, path));
        edit(cases[i].change);
        refused(critpt_file_read(&read, path), cases[i].status, cases[i].sentence);
        ck_assert_ptr_null(read);
    }
    critpt_file_destroy(file);
}
END_TEST

START_TEST(truncated_at_every_length)
{
    critpt_file *file = filled(), *read;
    size_t n;
    ok(critpt_file_write(file, path));
    char *bytes = load(path, &n);
    for (size_t length = 0; length < n; length += length < 600 ? 1 : 97) {
        store(other, bytes, length);
        ck_assert_int_eq(critpt_file_read(&read, other), CRITPT_INVALID_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(critpt_error_message(), other));
    }
    free(bytes);
    critpt_file_destroy(file);
}
END_TEST

/* A flipped bit is found or does no harm; the file comes back or a sentence does. */
START_TEST(flipped_bits)
{
    critpt_file *file = filled(), *read;
    size_t n, found = 0;
    ok(critpt_file_write(file, path));
    char *bytes = load(path, &n);
    for (size_t i = 0; i < n; i += i < 1024 ? 1 : 7) {
        bytes[i] = (char)(bytes[i] ^ (1 << i % 8));
        store(other, bytes, n);
        bytes[i] = (char)(bytes[i] ^ (1 << i % 8));
        critpt_status status = critpt_file_read(&read, other);
        found += status != CRITPT_OK;
        if (status == CRITPT_OK)
            critpt_file_destroy(read);
        else
            ck_assert_uint_gt(strlen(critpt_error_message()), 20);
    }
    ck_assert_uint_gt(found, 100);
    free(bytes);
    critpt_file_destroy(file);
}
END_TEST

START_TEST(keeps_the_old_file)
{
    critpt_file *file = filled();
    struct rlimit limit, old;
    store(path, "precious", 8);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 100;
    setrlimit(RLIMIT_FSIZE, &limit);
    critpt_status status = critpt_file_write(file, path);
    setrlimit(RLIMIT_FSIZE, &old);
    refused(status, CRITPT_SYSTEM, "cannot write test_file");
    size_t n;
    char *bytes = load(path, &n);
    ck_assert(n == 8 && !memcmp(bytes, "precious", 8));
    free(bytes);
    refused(critpt_file_write(file, "no/such/dir.h5"), CRITPT_SYSTEM, "No such file");
    refused(critpt_file_write(file, "/dev/null"), CRITPT_SYSTEM, "not a regular file");
    refused(critpt_file_write(file, "."), CRITPT_SYSTEM, "not a regular file");
    critpt_file_destroy(file);
}
END_TEST

START_TEST(follows_links)
{
    critpt_file *file = filled();
    struct stat info;
    store(other, "old", 3);
    ck_assert_int_eq(symlink(other, path), 0);
    ok(critpt_file_write(file, path));
    ck_assert_int_eq(lstat(path, &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(stat(other, &info), 0);
    ck_assert_int_gt(info.st_size, 1000);
    critpt_file_destroy(file);
}
END_TEST

START_TEST(any_dataset)
{
    critpt_file *file = filled();
    size_t rows, columns;
    double values[K * 20];
    ok(critpt_file_write(file, path));
    ok(critpt_file_dataset_size(path, "/points/weights", &rows, &columns));
    ck_assert(rows == K && columns == P);
    ok(critpt_file_dataset_read(path, "points/weights", values, K, P, 20));
    for (size_t i = 0; i < K * P; i++)
        ck_assert_double_eq(values[i / P * 20 + i % P], sin((double)i));
    ok(critpt_file_dataset_size(path, "/sample_weights", &rows, &columns));
    ck_assert(rows == N && columns == 1);
    refused(critpt_file_dataset_size(path, "/none", &rows, &columns), CRITPT_INVALID_ARGUMENT,
            "has no dataset /none");
    refused(critpt_file_dataset_size(path, "/points", &rows, &columns), CRITPT_INVALID_ARGUMENT,
            "is not a dataset");
    refused(critpt_file_dataset_size(path, "/spec", &rows, &columns), CRITPT_INVALID_ARGUMENT,
            "is a single value");
    refused(critpt_file_dataset_read(path, "/points/weights", values, 2, P, P),
            CRITPT_INVALID_ARGUMENT, "not 2 x");
    refused(critpt_file_dataset_read(path, "/model/activations", values, 2, 1, 1),
            CRITPT_INVALID_ARGUMENT, "does not hold numbers");
    refused(critpt_file_dataset_read(path, "/points/loss", values, K, 1, 1), CRITPT_NON_FINITE,
            "/points/loss is nan in row 1");
    critpt_file_destroy(file);
}
END_TEST

START_TEST(wrong_arguments)
{
    critpt_file *file = filled();
    double values[64] = {0};
    size_t source = 0;
    const critpt_status bad = CRITPT_INVALID_ARGUMENT;
    refused(critpt_file_create(NULL, landscape), bad, "file is NULL");
    refused(critpt_file_create(&(critpt_file *){NULL}, NULL), bad, "landscape is NULL");
    refused(critpt_file_create_from_plan(&(critpt_file *){NULL}, landscape, NULL), bad, "plan is");
    refused(critpt_file_read(&(critpt_file *){NULL}, NULL), bad, "path is NULL");
    refused(critpt_file_write(NULL, path), bad, "file is NULL");
    refused(critpt_file_landscape(file, NULL), bad, "landscape is NULL");
    refused(critpt_file_set_points(file, K, values, NULL, P + 1, P + 1), bad, "weights has length");
    refused(critpt_file_set_points(file, K, values, NULL, P, P - 1), bad, "leading dimension");
    values[3] = NAN;
    refused(critpt_file_set_points(file, 1, values, NULL, P, P), CRITPT_NON_FINITE, "column 3");
    refused(critpt_file_set_base_targets(file, values, OUTPUTS), CRITPT_NON_FINITE, "row 1");
    refused(critpt_file_point_weights(file, K, values, P), bad, "point is 3; the file has 3");
    refused(critpt_file_point_weights(NULL, 0, values, P), bad, "file is NULL");
    refused(critpt_file_point_weights_requested(file, 0, NULL, P), bad, "weights is NULL");
    refused(critpt_file_set_point_values(file, (critpt_file_point_quantity)6, values, K), bad,
            "point quantity 6 does not exist");
    refused(critpt_file_point_value(file, 0, CRITPT_FILE_POINT_LOSS, NULL), bad, "value is NULL");
    refused(critpt_file_set_point_nature(file, 9, "any"), bad, "point is 9");
    refused(critpt_file_set_text(file, (critpt_file_text)5, ""), bad, "text 5 does not exist");
    refused(critpt_file_set_seed(file, UINT64_MAX), bad, "must be below 2^63");
    refused(critpt_file_base_targets(file, values, 1), bad, "leading dimension");
    refused(critpt_file_set_input_columns(file, &source, values, values, 1), bad, "has length 1");
    refused(critpt_file_input_column(file, INPUTS, &source, NULL, NULL), bad, "input is 2");
    refused(critpt_file_add_dropped_column(file, 1, NULL), bad, "why is NULL");
    refused(critpt_file_set_report_value(file, (critpt_report_quantity)-1, 0), bad,
            "report quantity -1");
    refused(critpt_file_report_value(NULL, CRITPT_REPORT_RANK, values), bad, "file is NULL");
    refused(critpt_file_add_warning(file, NULL), bad, "warning is NULL");
    refused(critpt_file_dataset_size(NULL, "/x", &source, &source), bad, "NULL");
    ck_assert_ptr_null(critpt_file_point_quantity_name((critpt_file_point_quantity)99));
    ck_assert_ptr_null(critpt_file_report_quantity_name((critpt_report_quantity)-1));
    critpt_file *copy = filled();
    compare_points(file, copy); /* nothing has changed */
    critpt_file_destroy(copy);
    critpt_file_destroy(file);
    critpt_file_destroy(NULL);
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
    critpt_landscape *plain = landscape;
    teardown();
    ok(critpt_set_allocator(&limited));
    setup();
    (void)plain;
    size_t before = in_use;
    for (failing = 1;; failing++) {
        requests = 0;
        critpt_status status = everything();
        ck_assert_uint_eq(in_use, before);
        if (requests < failing) {
            ok(status);
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
    ok(critpt_set_allocator(NULL));
}
END_TEST

static int silent_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user, (void)w, (void)x;
    memset(f, 0, n * sizeof *f);
    return 0;
}

static int silent_jacobian(void *user, const double *w, size_t n, const double *x, double *j)
{
    return silent_outputs(user, w, n, x, j);
}

START_TEST(callbacks_are_not_written)
{
    const critpt_model_callbacks callbacks = {sizeof callbacks, silent_outputs, silent_jacobian};
    critpt_model *model;
    critpt_landscape *mine;
    critpt_file *file;
    double inputs[2] = {0};
    ok(critpt_model_create(&model, 1, 1, 1, &callbacks, NULL));
    ok(critpt_landscape_create(&mine, model, 2, inputs, 1));
    refused(critpt_file_create(&file, mine), CRITPT_UNSUPPORTED, "made of callbacks");
    critpt_landscape_destroy(mine);
    critpt_model_destroy(model);
}
END_TEST

/* What the plan knows is in the file. */
START_TEST(from_a_plan)
{
    enum { SAMPLES = 60 };
    double inputs[SAMPLES * INPUTS], weights[14], value, stored;
    critpt_model *model = make_model();
    critpt_landscape *mine;
    critpt_plan *plan;
    critpt_file *file;
    ok(critpt_random_normal(3, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    ok(critpt_landscape_create(&mine, model, SAMPLES, inputs, INPUTS));
    ok(critpt_plan_create(&plan, mine));
    for (size_t k = 0; k < 2; k++) {
        ok(critpt_mlp_draw_weights(model, 3, k, 1, weights, P));
        ok(critpt_plan_add_point(plan, weights, P, NULL));
    }
    ok(critpt_plan_solve(plan, NULL));
    ok(critpt_file_create_from_plan(&file, mine, plan));
    ck_assert_uint_eq(critpt_file_n_points(file), 2);
    ok(critpt_plan_point_value(plan, 1, CRITPT_POINT_LOSS, &value));
    ok(critpt_file_point_value(file, 1, CRITPT_FILE_POINT_LOSS, &stored));
    ck_assert_double_eq(value, stored);
    ok(critpt_plan_report_value(plan, CRITPT_REPORT_EQUATIONS, &value));
    ok(critpt_file_report_value(file, CRITPT_REPORT_EQUATIONS, &stored));
    ck_assert_double_eq(value, stored);
    ck_assert_int_eq(critpt_file_has_base_targets(file), 1);
    ok(critpt_file_write(file, path));
    critpt_file_destroy(file);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(mine);
    critpt_model_destroy(model);
}
END_TEST

/* HDF5 1.10 leaks memory of its own when it meets a damaged file: not for the leak sanitizer. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");
    tcase_set_timeout(tests, 120);
    signal(SIGXFSZ, SIG_IGN);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, round_trip);
    tcase_add_test(tests, round_trip_of_little);
    tcase_add_test(tests, equal_content_gives_equal_bytes);
    tcase_add_test(tests, wide_inputs);
    tcase_add_test(tests, missing_and_foreign);
    tcase_add_test(tests, contradictions);
    tcase_add_test(tests, truncated_at_every_length);
    tcase_add_test(tests, flipped_bits);
    tcase_add_test(tests, keeps_the_old_file);
    tcase_add_test(tests, follows_links);
    tcase_add_test(tests, any_dataset);
    tcase_add_test(tests, wrong_arguments);
    tcase_add_test(tests, every_allocation_fails_in_turn);
    tcase_add_test(tests, callbacks_are_not_written);
    tcase_add_test(tests, from_a_plan);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
