/* verify finds every claim that was made false, whatever was changed; and a signal ends the program
 * with its own exit code and no half-made file. */
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "critpt_file.h"
#include "support.h"

enum { P = 23 }; /* weights of the instance below */

static char spec[64], file[64];

static const char instance[] =
    "{\"model\": {\"widths\": [4, 3, 2], \"activations\": [\"relu\", \"identity\"]},"
    " \"inputs\": {\"normal\": {\"samples\": 60}}, \"seed\": 3, \"points\": [{}, {}]}";

static void put(const char *name, const char *text)
{
    FILE *stream = fopen(name, "wb");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
}

/* Starts critpt with up to four arguments, quietly. */
static pid_t start(const char *a, const char *b, const char *c, const char *d)
{
    const char *program = getenv("CRITPT");
    ck_assert_msg(program != NULL, "CRITPT must name the program");
    pid_t child = fork();
    if (child == 0) {
        signal(SIGINT, SIG_DFL);
        ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
        ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
        execlp(program, program, a, b, c, d, (char *)NULL);
        _exit(127);
    }
    return child;
}

static int result_of(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void setup(void)
{
    snprintf(spec, sizeof spec, "test_verify.%ld.json", (long)getpid());
    snprintf(file, sizeof file, "test_verify.%ld.h5", (long)getpid());
    put(spec, instance);
    ck_assert_int_eq(result_of(start("plant", spec, "-o", file)), 0);
}

static void teardown(void)
{
    remove(spec);
    remove(file);
}

static int verify(void)
{
    return result_of(start("verify", file, NULL, NULL));
}

/* Multiplies entry `index` of a dataset. */
static void scale_entry(const char *name, size_t index, double factor)
{
    double values[1024];
    hid_t hdf5 = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(hdf5, name, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    values[index] *= factor;
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
                     0);
    H5Dclose(dataset);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
}

/* Adds to entry `index` of a dataset. */
static void shift_entry(const char *name, size_t index, double by)
{
    double values[1024];
    hid_t hdf5 = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(hdf5, name, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    values[index] += by;
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
                     0);
    H5Dclose(dataset);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
}

static void scale_attribute(const char *name, double factor)
{
    double value;
    hid_t hdf5 = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t report = H5Gopen2(hdf5, "/report", H5P_DEFAULT);
    hid_t attribute = H5Aopen(report, name, H5P_DEFAULT);
    ck_assert_int_ge(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), 0);
    value *= factor;
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value), 0);
    H5Aclose(attribute);
    H5Gclose(report);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
}

/* The report states this number, or nothing where it is NaN. */
static void state(const char *name, double value)
{
    hid_t hdf5 = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t report = H5Gopen2(hdf5, "/report", H5P_DEFAULT), scalar = H5Screate(H5S_SCALAR);
    if (H5Aexists(report, name) > 0)
        ck_assert_int_ge(H5Adelete(report, name), 0);
    if (!isnan(value)) {
        hid_t attribute =
            H5Acreate2(report, name, H5T_IEEE_F64LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
        ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value), 0);
        H5Aclose(attribute);
    }
    H5Sclose(scalar);
    H5Gclose(report);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
}

START_TEST(an_honest_file_passes)
{
    ck_assert_int_eq(verify(), 0);
}
END_TEST

START_TEST(a_changed_claim_is_found)
{
    static const struct {
        const char *name;
        double factor;
    } claims[] = {
        {"/points/loss", 1 + 1e-12},
        {"/points/loss", 1 - 1e-12},
        {"/points/gradient_norm", -1},
        {"/points/gradient_norm", 10},
        {"/points/gradient_max", -1},
        {"/points/gradient_max", 10},
        {"/points/gradient_scaled", -1},
        {"/points/gradient_scaled", 10},
        {"/points/gradient_norm_float32", 1 - 1e-6},
        {"/points/gradient_norm_float32", 1 + 1e-6},
        {"/points/kink_margin", 1 + 1e-6},
        {"/points/kink_margin", 1 - 1e-6},
    };
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        for (size_t k = 0; k < 2; k++) {
            scale_entry(claims[i].name, k, claims[i].factor);
            ck_assert_msg(verify() == 3, "%s of point %zu", claims[i].name, k);
            setup();
        }
}
END_TEST

START_TEST(a_changed_spectrum_is_found)
{
    static const struct {
        const char *name;
        double by;
    } claims[] = {
        {"/points/index", 1},           {"/points/index", -1},    {"/points/nullity", 1},
        {"/points/eigenvalues", -1e-6}, {"/points/escape", 1e-6},
    };
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        for (size_t k = 0; k < 2; k++) {
            bool vector = i > 2;
            shift_entry(claims[i].name, vector ? k * P + 3 * k : k, claims[i].by);
            ck_assert_msg(verify() == 3, "%s of point %zu", claims[i].name, k);
            setup();
        }
    scale_entry("/points/eigenvalue_error", 0, 1e-12); /* a bound that nothing keeps */
    ck_assert_int_eq(verify(), 3);
}
END_TEST

/* Every kind but the right one. */
START_TEST(a_changed_kind_is_found)
{
    critpt_file *content;
    ASSERT_OK(critpt_file_read(&content, file));
    for (size_t k = 0; k < 2; k++) {
        critpt_kind right = CRITPT_NOT_CRITICAL;
        for (int i = 0; critpt_kind_name((critpt_kind)i); i++)
            if (!strcmp(critpt_kind_name((critpt_kind)i), critpt_file_point_kind(content, k)))
                right = (critpt_kind)i;
        for (int i = 0; critpt_kind_name((critpt_kind)i); i++) {
            ASSERT_OK(critpt_file_set_point_kind(content, k, critpt_kind_name((critpt_kind)i)));
            ASSERT_OK(critpt_file_write(content, file));
            ck_assert_int_eq(verify(), i == (int)right ? 0 : 3);
        }
        ASSERT_OK(critpt_file_set_point_kind(content, k, critpt_kind_name(right)));
    }
    critpt_file_destroy(content);
}
END_TEST

/* A linear model at its minimum, with an input that is always 0: the null direction has a name. */
START_TEST(a_named_null_direction_is_seen)
{
    static const char *const kinds[] = {"minimum_on_complement", "degenerate", "minimum", "saddle"};
    const double inputs[] = {1, 0, -2, 0, 0.5, 0, 3, 0}, targets[] = {2, -4, 1, 6};
    const double weights[] = {2, 5};
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_spectrum *spectrum;
    critpt_file *content;
    ASSERT_OK(critpt_mlp_create(&model, 2));
    ASSERT_OK(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_NO_BIAS));
    ASSERT_OK(critpt_landscape_create(&landscape, model, 4, inputs, 2));
    ASSERT_OK(critpt_landscape_set_targets(landscape, targets, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, landscape, weights, 2, NULL));
    ASSERT_OK(critpt_file_create(&content, landscape));
    ASSERT_OK(critpt_file_set_points(content, 1, weights, NULL, 2, 2));
    ASSERT_OK(critpt_file_set_point_spectrum(content, 0, spectrum));
    ck_assert_str_eq(critpt_file_point_kind(content, 0), kinds[0]);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ASSERT_OK(critpt_file_set_point_kind(content, 0, kinds[i]));
        ASSERT_OK(critpt_file_write(content, file));
        ck_assert_msg(verify() == (i ? 3 : 0), "%s", kinds[i]);
    }
    critpt_file_destroy(content);
    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}
END_TEST

/* Writes the eigenvalues times `factor`, the least of them times `least` besides. */
static void store_eigenvalues(critpt_file *content, const double *values, size_t n, double factor,
                              double least)
{
    double *changed = NEW(double, n);
    for (size_t i = 0; i < n; i++)
        changed[i] = values[i] * factor * (i ? 1 : least);
    ASSERT_OK(critpt_file_set_point_vector(content, 0, CRITPT_FILE_VECTOR_EIGENVALUES, changed, n));
    ASSERT_OK(critpt_file_write(content, file));
    free(changed);
}

/* The least time out of 1/4, 1/2, 1, ... seconds that lets it check the point at all; the whole
 * Hessian of the network below takes some ten times as long. */
static int verify_in_little_time(void)
{
    int result = 1;
    for (int i = 0; i < 12 && result == 1; i++) {
        char limit[32];
        snprintf(limit, sizeof limit, "--limit=%g", ldexp(0.25, i));
        result = result_of(start("verify", file, limit, NULL));
    }
    return result;
}

/* With little time for a large network the extremes are held against random directions. */
START_TEST(extremes_are_checked_along_directions)
{
    put(spec, "{\"model\": {\"widths\": [30, 16, 10], \"activations\": [\"tanh\", \"identity\"]},"
              " \"inputs\": {\"normal\": {\"samples\": 2000}}, \"points\": [{}]}");
    ck_assert_int_eq(result_of(start("plant", spec, "-o", file)), 0);
    critpt_file *content;
    ASSERT_OK(critpt_file_read(&content, file));
    size_t n = critpt_file_n_weights(content);
    double *values = NEW(double, n);
    ASSERT_OK(critpt_file_point_vector(content, 0, CRITPT_FILE_VECTOR_EIGENVALUES, values, n));
    ck_assert_int_eq(verify_in_little_time(), 0);
    store_eigenvalues(content, values, n, 1, 1.01); /* not what the escape vector has */
    ck_assert_int_eq(verify_in_little_time(), 3);
    store_eigenvalues(content, values, n, 0.001, 1000); /* far too narrow */
    ck_assert_int_eq(verify_in_little_time(), 3);
    critpt_file_destroy(content);
    free(values);
}
END_TEST

/* An instance with a condition of every kind. */
static void plant_conditions(void)
{
    char image[96], weights[96], mask[96], text[2048];
    snprintf(image, sizeof image, "%s.image.csv", spec);
    snprintf(weights, sizeof weights, "%s.weights.csv", spec);
    snprintf(mask, sizeof mask, "%s.mask.csv", spec);
    put(image, "0,1,0\n1,0,1\n0,2,0\n");
    FILE *stream = fopen(weights, "wb");
    for (int i = 0; i < 26; i++)
        fprintf(stream, "%g\n", sin(i));
    ck_assert_int_eq(fclose(stream), 0);
    stream = fopen(mask, "wb");
    for (int i = 0; i < 900; i++)
        fprintf(stream, "%d,0\n", i < 20);
    ck_assert_int_eq(fclose(stream), 0);
    snprintf(text, sizeof text,
             "{\"model\": {\"widths\": [3, 4, 2], \"activations\": [\"tanh\", \"tanh\"],"
             " \"init\": {\"scale\": 2}}, \"inputs\": {\"normal\": {\"samples\": 900}},"
             " \"seed\": 5, \"points\": [{}, {\"loss_above\": {\"point\": 0, \"by\": 0.25},"
             " \"conditions\": [{\"hessian\": [1, 2], \"value\": 0.5},"
             " {\"eigenpair\": {\"unit\": 4}, \"value\": -0.25}]}, {\"critical\": false,"
             " \"conditions\": [{\"gradient\": {\"unit\": 0}}, {\"curvature\": [{\"unit\": 3},"
             " {\"unit\": 5}], \"value\": 1, \"soft\": 10}]}, {\"critical\": false},"
             " {\"critical\": false, \"conditions\": [{\"gauss_newton\": true, \"soft\": 3}]}],"
             " \"values\": [{\"weights\": {\"csv\": \"%s\"}, \"above\": 0, \"value\": 0.125},"
             " {\"plane\": [0, 2, 3], \"grid\": 3, \"csv\": \"%s\"}],"
             " \"frozen\": {\"csv\": \"%s\"}}",
             weights, image, mask);
    put(spec, text);
    ck_assert_int_eq(result_of(start("plant", spec, "-o", file)), 0);
    remove(image);
    remove(weights);
    remove(mask);
}

/* Every number that is stated of a condition, and every array, however the condition came about. */
START_TEST(a_changed_condition_is_found)
{
    enum { CONDITIONS = 8 };
    critpt_file *content;
    plant_conditions();
    ck_assert_int_eq(verify(), 0);
    ASSERT_OK(critpt_file_read(&content, file));
    ck_assert_uint_eq(critpt_file_n_conditions(content), CONDITIONS);
    for (size_t c = 0; c < CONDITIONS; c++)
        for (int q = 0; q <= CRITPT_CONDITION_EQUATIONS; q++) {
            critpt_condition_quantity quantity = (critpt_condition_quantity)q;
            double value;
            ASSERT_OK(critpt_file_condition_value(content, c, quantity, &value));
            if (quantity == CRITPT_CONDITION_SCALED)
                continue; /* of the library's rounding unit: not rechecked */
            double changed = quantity == CRITPT_CONDITION_RESIDUAL    ? value - 1e-6 /* a bound */
                             : quantity == CRITPT_CONDITION_EQUATIONS ? value + 1
                                                                      : value + 1e-6;
            ASSERT_OK(critpt_file_set_condition_value(content, c, quantity, changed));
            ASSERT_OK(critpt_file_write(content, file));
            ck_assert_msg(verify() == 3, "%s of condition %zu",
                          critpt_file_condition_quantity_name(quantity), c);
            ASSERT_OK(critpt_file_set_condition_value(content, c, quantity, value));
        }
    ASSERT_OK(critpt_file_write(content, file));
    ck_assert_int_eq(verify(), 0);
    critpt_file_destroy(content);
}
END_TEST

START_TEST(a_changed_request_is_found)
{
    static const struct {
        const char *name;
        size_t entry;
    } requests[] = {{"/conditions/array_1", 1}, /* another entry of the Hessian */
                    {"/conditions/array_2", 4},
                    {"/conditions/array_3", 7},
                    {"/conditions/array_4", 30},
                    {"/values/array_7", 5}};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        plant_conditions();
        shift_entry(requests[i].name, requests[i].entry, 1);
        ck_assert_msg(verify() == 3, "%s", requests[i].name);
    }
    plant_conditions();
    shift_entry("/values/points", 7, -1); /* the picture's plane through another point */
    ck_assert_int_eq(verify(), 3);
}
END_TEST

/* A frozen target that moved: the base targets say so. */
START_TEST(a_moved_frozen_target_is_found)
{
    critpt_file *content;
    plant_conditions();
    ASSERT_OK(critpt_file_read(&content, file));
    unsigned char mask[2 * 900];
    ASSERT_OK(critpt_file_frozen_targets(content, mask, 2));
    ck_assert(mask[0] == 1 && mask[1] == 0 && mask[2 * 19] == 1 && mask[2 * 20] == 0);
    mask[2 * 20 + 1] = 1;
    ASSERT_OK(critpt_file_set_frozen_targets(content, mask, 2));
    ASSERT_OK(critpt_file_write(content, file));
    ck_assert_int_eq(verify(), 3);
    critpt_file_destroy(content);
}
END_TEST

/* A little of the data is changed, and all that is said of the points is wrong. */
START_TEST(changed_data_are_found)
{
    static const char *const data[] = {"/targets", "/inputs", "/points/weights"};
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        scale_entry(data[i], 5, 1 + 1e-9);
        ck_assert_msg(verify() == 3, "%s", data[i]);
        setup();
    }
}
END_TEST

START_TEST(a_changed_report_is_found)
{
    static const char *const names[] = {"equations", "unknowns", "distance"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scale_attribute(names[i], 2);
        ck_assert_msg(verify() == 3, "%s", names[i]);
        setup();
    }
    scale_entry("/base_targets", 0, 1.5); /* the distance is false then */
    ck_assert_int_eq(verify(), 3);
}
END_TEST

/* Only a solve of gradients without a triangle states no rank, and then nothing else of it. */
START_TEST(a_rank_is_stated_or_nothing_of_a_triangle)
{
    static const char without[] =
        "{\"model\": {\"widths\": [8, 6, 2], \"activations\": [\"tanh\", \"identity\"],"
        " \"bias\": true}, \"inputs\": {\"normal\": {\"samples\": 300}}, \"seed\": 3,"
        " \"points\": [{}, {}], \"memory_limit\": 800000}";
    static const char *const names[] = {"rank", "rank_gap", "redundant", "condition",
                                        "conflicting"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        state(names[i], NAN);
        ck_assert_msg(verify() == 3, "%s", names[i]);
        setup();
    }
    put(spec, without);
    ck_assert_int_eq(result_of(start("plant", spec, "-o", file)), 0);
    ck_assert_int_eq(verify(), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        state(names[i], 1);
        ck_assert_msg(verify() == 3, "%s", names[i]);
        state(names[i], NAN);
    }
    ck_assert_int_eq(verify(), 0);
}
END_TEST

/* Sends the signal to a long run after `milliseconds`, and again until it ends, as a shell that
 * starts the program may take one for itself; false if the program was not ready for it. */
static bool interrupt_after(long milliseconds, int number)
{
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    const struct timespec between = {0, 20 * 1000000};
    char name[80];
    int status;
    pid_t ended;
    snprintf(name, sizeof name, "%s.new", file);
    pid_t child = start("plant", spec, "-o", name);
    nanosleep(&pause, NULL);
    do {
        kill(child, number);
        nanosleep(&between, NULL);
        ended = waitpid(child, &status, WNOHANG);
    } while (ended == 0);
    ck_assert_int_eq(ended, child);
    ck_assert_int_ne(access(name, F_OK), 0);
    if (WIFSIGNALED(status))
        return false;
    ck_assert_int_eq(WEXITSTATUS(status), 128 + number);
    return true;
}

static void interrupt_with(int number)
{
    put(spec, "{\"model\": {\"widths\": [50, 40, 10], \"activations\": [\"tanh\", \"identity\"]},"
              " \"inputs\": {\"normal\": {\"samples\": 4000}}, \"points\": [{}, {}]}");
    long milliseconds = 50;
    while (!interrupt_after(milliseconds, number) && milliseconds < 5000)
        milliseconds *= 2;
    ck_assert_int_lt(milliseconds, 5000);
}

START_TEST(a_signal_interrupts)
{
    interrupt_with(SIGINT);
    interrupt_with(SIGTERM);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        an_honest_file_passes,
        a_changed_claim_is_found,
        changed_data_are_found,
        a_changed_spectrum_is_found,
        a_changed_kind_is_found,
        a_changed_report_is_found,
        a_rank_is_stated_or_nothing_of_a_triangle,
        a_signal_interrupts,
        a_named_null_direction_is_seen,
        extremes_are_checked_along_directions,
        a_changed_condition_is_found,
        a_changed_request_is_found,
        a_moved_frozen_target_is_found,
    };
    Suite *suite = suite_create("verify");
    TCase *all = tcase_create("verify");
    tcase_set_timeout(all, 300);
    tcase_add_checked_fixture(all, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
