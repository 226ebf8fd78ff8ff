/* The low parts of the means that were taken from the inputs' columns: kept, 0 where a file has
 * none, and refused where they make no sense. */
#include <hdf5.h>
#include <stdio.h>

#include "file_support.h"

static double low_part(const critpt_file *file, size_t input)
{
    double value = NAN;
    ASSERT_OK(critpt_file_input_mean_low(file, input, &value));
    return value;
}

static critpt_file *read_back(void)
{
    critpt_file *file;
    ASSERT_OK(critpt_file_read(&file, path));
    return file;
}

START_TEST(low_parts_are_kept)
{
    const size_t columns[INPUTS] = {0, 1};
    const double mean[INPUTS] = {1, 2}, scale[INPUTS] = {1, 1};
    critpt_file *file = filled(), *copy;
    ASSERT_OK(critpt_file_write(file, path));
    copy = read_back();
    ck_assert(low_part(copy, 0) == -1e-17 && low_part(copy, 1) == 1e-17);
    critpt_file_destroy(copy);
    ASSERT_OK(critpt_file_set_input_columns(file, columns, mean, scale, INPUTS));
    ck_assert(low_part(file, 0) == 0 && low_part(file, 1) == 0);
    critpt_file_destroy(file);
}
END_TEST

/* As in a file that was written before there were any. */
START_TEST(a_file_without_them_has_zeros)
{
    critpt_file *file = filled();
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    hid_t hdf5 = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(H5Adelete_by_name(hdf5, "/inputs", "mean_low", H5P_DEFAULT), 0);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
    file = read_back();
    ck_assert(low_part(file, 0) == 0 && low_part(file, 1) == 0);
    critpt_file_destroy(file);
}
END_TEST

START_TEST(a_low_part_that_is_no_number_is_refused)
{
    const double values[INPUTS] = {NAN, 0};
    critpt_file *file = filled();
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    hid_t hdf5 = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t inputs = H5Dopen2(hdf5, "/inputs", H5P_DEFAULT);
    hid_t attribute = H5Aopen(inputs, "mean_low", H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_DOUBLE, values), 0);
    ck_assert_int_ge(H5Aclose(attribute), 0);
    ck_assert_int_ge(H5Dclose(inputs), 0);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
    ASSERT_FAILS(critpt_file_read(&file, path), CRITPT_NON_FINITE, "attribute mean_low[0] is nan");
}
END_TEST

START_TEST(bad_calls_are_refused)
{
    const critpt_status bad = CRITPT_INVALID_ARGUMENT;
    double values[INPUTS] = {0, INFINITY};
    critpt_file *file = filled(), *bare;
    ASSERT_FAILS(critpt_file_set_input_mean_low(file, values, 1), bad, "has length 1");
    ASSERT_FAILS(critpt_file_set_input_mean_low(file, NULL, INPUTS), bad, "mean_low is NULL");
    ASSERT_FAILS(critpt_file_set_input_mean_low(NULL, values, INPUTS), bad, "file is NULL");
    ASSERT_FAILS(critpt_file_set_input_mean_low(file, values, INPUTS), CRITPT_NON_FINITE,
                 "mean_low[1] is inf");
    ck_assert(low_part(file, 0) == -1e-17);
    ASSERT_FAILS(critpt_file_input_mean_low(file, INPUTS, values), bad, "input is 2");
    ASSERT_FAILS(critpt_file_input_mean_low(file, 0, NULL), bad, "mean_low is NULL");
    ASSERT_OK(critpt_file_create(&bare, landscape));
    ASSERT_FAILS(critpt_file_set_input_mean_low(bare, values, INPUTS), bad, "no record of input");
    ASSERT_FAILS(critpt_file_input_mean_low(bare, 0, values), bad, "no record of input");
    critpt_file_destroy(bare);
    critpt_file_destroy(file);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        low_parts_are_kept,
        a_file_without_them_has_zeros,
        a_low_part_that_is_no_number_is_refused,
        bad_calls_are_refused,
    };
    return file_test_main("file_inputs", tests, sizeof tests / sizeof *tests);
}
