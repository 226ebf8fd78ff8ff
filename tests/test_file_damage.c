/* Landscape files that are missing, foreign, newer, damaged or in contradiction with themselves,
 * and places that cannot be written: each is refused in one sentence, and nothing is lost. */
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_support.h"

START_TEST(missing_and_foreign)
{
    critpt_file *file;
    ASSERT_FAILS(critpt_file_read(&file, "no/such.h5"), CRITPT_SYSTEM,
                 "cannot read no/such.h5: No such file or directory");
    ck_assert_ptr_null(file);
    ASSERT_FAILS(critpt_file_read(&file, "."), CRITPT_SYSTEM, "not a regular file");
    store(path, "PK\3\4 nothing of HDF5", 20);
    ASSERT_FAILS(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT, "is not an HDF5 file");
    store(path, "", 0);
    ASSERT_FAILS(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT, "is not an HDF5 file");
    hid_t hdf5 = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(hdf5);
    ASSERT_FAILS(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT, "not a critpt landscape");
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

static void require_features(hid_t file, hsize_t n, const char *const *names)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &n, NULL);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t attribute = H5Acreate2(file, "requires", type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(attribute, 0);
    if (n)
        ck_assert_int_ge(H5Awrite(attribute, type, names), 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static void unknown_features(hid_t file)
{
    require_features(file, 2, (const char *const[]){"views", "penalty"});
}

static void escaping_feature(hid_t file)
{
    require_features(file, 1, (const char *const[]){"a\33[2Jb\n"});
}

static void no_features(hid_t file)
{
    require_features(file, 0, NULL);
}

/* An array of numbers. */
static void numbered_features(hid_t file)
{
    hsize_t n = 1;
    int64_t one = 1;
    hid_t space = H5Screate_simple(1, &n, NULL);
    hid_t attribute = H5Acreate2(file, "requires", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_INT64, &one), 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

/* Beyond the slope of leaky_relu and the scale of elu there are no parameters. */
static void parameter_of_tanh(hid_t file)
{
    hid_t dataset = H5Dopen2(file, "/model/activation_parameters", H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                              (const double[]){0.01, 0.5}),
                     0);
    H5Dclose(dataset);
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

/* Writes n numbers into a dataset. */
static void put_numbers(hid_t file, const char *name, const double *values)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
                     0);
    H5Dclose(dataset);
}

/* The file has conditions 1, 2 and 4 in /conditions, 0 and 3 in /values. */
static void number_beyond(hid_t file)
{
    put_numbers(file, "/conditions/number", (const double[]){1, 2, 9});
}

static void number_twice(hid_t file)
{
    put_numbers(file, "/values/number", (const double[]){0, 2});
}

static void negative_number(hid_t file)
{
    put_numbers(file, "/values/number", (const double[]){0, -3});
}

static void point_beyond(hid_t file)
{
    put_numbers(file, "/values/points", (const double[]){2, 0, K, 0, -1, -1});
}

static void no_point(hid_t file)
{
    put_numbers(file, "/conditions/points", (const double[]){-1, -1, -1, 2, -1, -1, 2, -1, -1});
}

static void wild_entry(hid_t file)
{
    put_numbers(file, "/conditions/array_1", (const double[]){1e300, 0});
}

static void nan_picture(hid_t file)
{
    put_numbers(file, "/values/array_0", (const double[]){1, 2, NAN, 4, 5, 6});
}

static void without_array(hid_t file)
{
    ck_assert_int_ge(H5Ldelete(file, "/conditions/array_2", H5P_DEFAULT), 0);
}

static void without_points(hid_t file)
{
    ck_assert_int_ge(H5Ldelete(file, "/values/points", H5P_DEFAULT), 0);
}

static void exchanged_groups(hid_t file)
{
    ck_assert_int_ge(H5Lmove(file, "/values", file, "/other", H5P_DEFAULT, H5P_DEFAULT), 0);
    ck_assert_int_ge(H5Lmove(file, "/conditions", file, "/values", H5P_DEFAULT, H5P_DEFAULT), 0);
    ck_assert_int_ge(H5Lmove(file, "/other", file, "/conditions", H5P_DEFAULT, H5P_DEFAULT), 0);
}

static void mask_of_another_size(hid_t file)
{
    ck_assert_int_ge(H5Ldelete(file, "/frozen", H5P_DEFAULT), 0);
    ck_assert_int_ge(
        H5Lcreate_hard(file, "/points/weights", file, "/frozen", H5P_DEFAULT, H5P_DEFAULT), 0);
}

START_TEST(contradictions)
{
    static const struct {
        void (*change)(hid_t file);
        critpt_status status;
        const char *sentence;
    } cases[] = {
        {newer_version, CRITPT_UNSUPPORTED, "has format_version 2; this is version"},
        {unknown_features, CRITPT_UNSUPPORTED, "requires \"views\" of its reader, which version"},
        {escaping_feature, CRITPT_UNSUPPORTED, "requires \"a\\x1b[2Jb\\x0a\" of its reader"},
        {numbered_features, CRITPT_INVALID_ARGUMENT, "/ attribute requires does not hold strings"},
        {parameter_of_tanh, CRITPT_UNSUPPORTED,
         "/model/activation_parameters is 0.5 for layer 1; tanh has 0"},
        {without_targets, CRITPT_INVALID_ARGUMENT, "/targets is missing"},
        {zero_width, CRITPT_INVALID_ARGUMENT, "/model/widths is 0 at position 1"},
        {wide_layer, CRITPT_SIZE_OVERFLOW, "does not fit"},
        {nan_target, CRITPT_NON_FINITE, "/targets is nan in row 2, column 1"},
        {group_for_points, CRITPT_INVALID_ARGUMENT, "/points/loss is not a dataset"},
        {number_beyond, CRITPT_INVALID_ARGUMENT, "/conditions: condition 9 is beyond the last"},
        {number_twice, CRITPT_INVALID_ARGUMENT, "/values: condition 2 is beyond the last or there"},
        {negative_number, CRITPT_INVALID_ARGUMENT, "/values/number is -3 at position 1"},
        {point_beyond, CRITPT_INVALID_ARGUMENT, "condition 0 is on a point that is not there"},
        {no_point, CRITPT_INVALID_ARGUMENT, "condition 1 is on a point that is not there"},
        {wild_entry, CRITPT_INVALID_ARGUMENT, "condition 1 has an array that is not its own"},
        {nan_picture, CRITPT_NON_FINITE, "/values/array_0 is nan in row 0, column 2"},
        {without_array, CRITPT_INVALID_ARGUMENT, "condition 2 has an array that is not its own"},
        {without_points, CRITPT_INVALID_ARGUMENT, "/values/points is missing"},
        {exchanged_groups, CRITPT_INVALID_ARGUMENT, "is of a kind that does not stand there"},
        {mask_of_another_size, CRITPT_INVALID_ARGUMENT, "/frozen has dimensions 3 x 14"},
    };
    critpt_file *file = filled(), *read;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ASSERT_OK(critpt_file_write(file, path));
        edit(cases[i].change);
        ASSERT_FAILS(critpt_file_read(&read, path), cases[i].status, cases[i].sentence);
        ck_assert_ptr_null(read);
    }
    critpt_file_destroy(file);
}
END_TEST

/* An empty list asks for nothing; and none is written where nothing is needed. */
START_TEST(requires_nothing)
{
    critpt_file *file = filled(), *read;
    ASSERT_OK(critpt_file_write(file, path));
    hid_t hdf5 = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_eq(H5Aexists(hdf5, "requires"), 0);
    H5Fclose(hdf5);
    edit(no_features);
    ASSERT_OK(critpt_file_read(&read, path));
    critpt_file_destroy(read);
    critpt_file_destroy(file);
}
END_TEST

START_TEST(truncated_at_every_length)
{
    critpt_file *file = filled(), *read;
    size_t n;
    ASSERT_OK(critpt_file_write(file, path));
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
    ASSERT_OK(critpt_file_write(file, path));
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

/* HDF5 1.10 does not let go of headers whose checksum is wrong, and says so when the process ends:
 * it is not to see them. */
START_TEST(ends_in_silence)
{
    critpt_file *file = filled();
    struct stat info;
    size_t n;
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    char *bytes = load(path, &n);
    for (size_t i = 48; i < n; i += i < 1024 ? 4 : 97) {
        bytes[i] = (char)(bytes[i] ^ (1 << i % 8));
        store(path, bytes, n);
        bytes[i] = (char)(bytes[i] ^ (1 << i % 8));
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            if (!freopen(other, "w", stderr) || critpt_file_read(&file, path) == CRITPT_OK)
                _exit(0);
            exit(0);
        }
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        ck_assert_int_eq(stat(other, &info), 0);
        ck_assert_int_eq(info.st_size, 0);
    }
    free(bytes);
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
    ASSERT_FAILS(status, CRITPT_SYSTEM, "cannot write test_file");
    size_t n;
    char *bytes = load(path, &n);
    ck_assert(n == 8 && !memcmp(bytes, "precious", 8));
    free(bytes);
    ASSERT_FAILS(critpt_file_write(file, "no/such/dir.h5"), CRITPT_SYSTEM, "No such file");
    ASSERT_FAILS(critpt_file_write(file, "/dev/null"), CRITPT_SYSTEM, "not a regular file");
    ASSERT_FAILS(critpt_file_write(file, "."), CRITPT_SYSTEM, "not a regular file");
    critpt_file_destroy(file);
}
END_TEST

START_TEST(keeps_to_its_limit)
{
    critpt_file *file, *read;
    file = filled();
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    ASSERT_FAILS(critpt_file_read_limited(&read, path, 64), CRITPT_NO_MEMORY,
                 "more than the limit");
    ck_assert_ptr_null(read);
    ASSERT_OK(critpt_file_read_limited(&read, path, 1000000));
    critpt_file_destroy(read);
    ASSERT_OK(critpt_file_read_limited(&read, path, 0));
    critpt_file_destroy(read);
    ASSERT_FAILS(critpt_file_read_limited(NULL, path, 0), CRITPT_INVALID_ARGUMENT, "file is NULL");
    ASSERT_FAILS(critpt_file_read_limited(&read, NULL, 0), CRITPT_INVALID_ARGUMENT, "path is NULL");
}
END_TEST

START_TEST(waits_for_no_fifo)
{
    critpt_file *file;
    size_t rows, columns;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ASSERT_FAILS(critpt_file_read(&file, path), CRITPT_SYSTEM, "it is not a regular file");
    ASSERT_FAILS(critpt_file_dataset_size(path, "x", &rows, &columns), CRITPT_SYSTEM,
                 "it is not a regular file");
    ASSERT_OK(critpt_file_create(&file, landscape));
    ASSERT_FAILS(critpt_file_write(file, path), CRITPT_SYSTEM, "is not a regular file");
    critpt_file_destroy(file);
}
END_TEST

START_TEST(follows_links)
{
    critpt_file *file = filled();
    struct stat info;
    store(other, "old", 3);
    ck_assert_int_eq(symlink(other, path), 0);
    ASSERT_OK(critpt_file_write(file, path));
    ck_assert_int_eq(lstat(path, &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(stat(other, &info), 0);
    ck_assert_int_gt(info.st_size, 1000);
    remove(other); /* a link to a file that is not there makes it */
    ASSERT_OK(critpt_file_write(file, path));
    ck_assert_int_eq(lstat(path, &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(stat(other, &info), 0);
    remove(path); /* one that goes round in a circle is refused */
    ck_assert_int_eq(symlink(path, path), 0);
    ASSERT_FAILS(critpt_file_write(file, path), CRITPT_SYSTEM, "symbolic links");
    critpt_file_destroy(file);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        missing_and_foreign, contradictions,    requires_nothing,   truncated_at_every_length,
        flipped_bits,        ends_in_silence,   keeps_the_old_file, follows_links,
        keeps_to_its_limit,  waits_for_no_fifo,
    };
    signal(SIGXFSZ, SIG_IGN);
    return file_test_main("file_damage", tests, sizeof tests / sizeof *tests);
}
