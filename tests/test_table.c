/* CSV tables: what is read, and that every fault is one sentence naming file, line and value. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "columns.h"
#include "table.h"

static char path[64];

static void setup(void)
{
    snprintf(path, sizeof path, "test_table.%ld.csv", (long)getpid());
}

static void teardown(void)
{
    remove(path);
}

static void put(const char *text, size_t length)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static void expect(const char *text, const char *columns, size_t skip, size_t rows, size_t width,
                   const double *values)
{
    table t;
    put(text, strlen(text));
    outcome result = table_read(&t, path, columns, skip);
    ck_assert_msg(result == DONE, "%s", failure());
    ck_assert_uint_eq(t.rows, rows);
    ck_assert_uint_eq(t.columns, width);
    for (size_t i = 0; i < rows * width; i++)
        ck_assert_double_eq(t.values[i], values[i]);
    table_free(&t);
}

static void refuse_bytes(const char *text, size_t length, const char *columns, size_t skip,
                         const char *sentence)
{
    table t;
    put(text, length);
    ck_assert_int_eq(table_read(&t, path, columns, skip), BAD_INPUT);
    ck_assert_msg(strstr(failure(), sentence) != NULL, "\"%s\" is not in \"%s\"", sentence,
                  failure());
    ck_assert_ptr_null(t.values);
    ck_assert_ptr_null(strchr(failure(), '\n'));
}

static void refuse(const char *text, const char *columns, size_t skip, const char *sentence)
{
    refuse_bytes(text, strlen(text), columns, skip, sentence);
}

START_TEST(reads_numbers)
{
    expect("1,2\n3,4\n", NULL, 0, 2, 2, (double[]){1, 2, 3, 4});
    expect("1,2\r\n3,4", NULL, 0, 2, 2, (double[]){1, 2, 3, 4});
    expect("1,2\r3,4\r", NULL, 0, 2, 2, (double[]){1, 2, 3, 4});
    expect("\n1\n\n2\n\n", NULL, 0, 2, 1, (double[]){1, 2});
    expect(" -1.5e-3 ,\t+.5\n1.,1E2\n", NULL, 0, 2, 2, (double[]){-1.5e-3, .5, 1, 100});
    expect("\"1\",\"2\"\n", NULL, 0, 1, 2, (double[]){1, 2});
    expect("\xef\xbb\xbf"
           "7\n",
           NULL, 0, 1, 1, (double[]){7});
    expect("0.1\n1e-320\n", NULL, 0, 2, 1, (double[]){0.1, 1e-320});
}
END_TEST

START_TEST(chooses_columns)
{
    expect("0,1,2,3\n", "1-2", 0, 1, 2, (double[]){1, 2});
    expect("0,1,2,3\n", "3,0", 0, 1, 2, (double[]){0, 3});
    expect("0,1,2,3\n", "-1,1-2,3-", 0, 1, 4, (double[]){0, 1, 2, 3});
    expect("a,1\nb,2\n", "1", 0, 2, 1, (double[]){1, 2});
    table t;
    put("0,1,2,3\n", 8);
    ck_assert_int_eq(table_read(&t, path, "0,2-", 0), DONE);
    ck_assert_uint_eq(t.source[1], 2);
    ck_assert_uint_eq(t.source[2], 3);
    table_free(&t);
}
END_TEST

START_TEST(skips_lines)
{
    expect("x,y,z\n1,2\n", NULL, 1, 1, 2, (double[]){1, 2});
    expect("x\r\n\r\n1,2\r\n", NULL, 2, 1, 2, (double[]){1, 2});
    refuse("x\n1,2\n3\n", NULL, 1, "line 3 has 1 values, the rows before it have 2");
    refuse("x\r\n1,2\r\n3\r\n", NULL, 1, "line 3 has 1 values");
}
END_TEST

START_TEST(refuses_bad_values)
{
    refuse("1,2\n3,four\n", NULL, 0, "line 2, column 1: \"four\" is not a decimal number");
    refuse("1,nan\n", NULL, 0, "line 1, column 1: \"nan\" is not finite");
    refuse("-inf\n", NULL, 0, "line 1, column 0: \"-inf\" is not finite");
    refuse("1e999\n", NULL, 0, "\"1e999\" is beyond the range of double");
    refuse("0x10\n", NULL, 0, "\"0x10\" is not a decimal number");
    refuse("1.5abc\n", NULL, 0, "\"1.5abc\" is not");
    refuse("1e\n", NULL, 0, "\"1e\" is not");
    refuse(".\n", NULL, 0, "\".\" is not");
    refuse("1 2\n", NULL, 0, "\"1 2\" is not");
    refuse("1,,3\n", NULL, 0, "line 1, column 1 is empty");
    refuse("1;2\n", NULL, 0, "\"1;2\" is not");
    refuse_bytes("1\0002\n", 4, NULL, 0, "a byte 0 from line 1 on");
    refuse("\"1\" 2\n", NULL, 0, "quotation mark");
    refuse("1\n\"2\n3\n", NULL, 0, "quotation mark opened after line 1");
}
END_TEST

START_TEST(refuses_bad_shapes)
{
    refuse("", NULL, 0, "has no rows");
    refuse("\n\n", NULL, 0, "has no rows");
    refuse("1\n", NULL, 1, "below the lines that skip_rows passes over");
    refuse("1,2\n3,4,5\n", NULL, 0, "line 2 has 3 values, the rows before it have 2");
    refuse("1,2\n", "2", 0, "column 2 is asked for, but line 1 has the columns 0 to 1");
    refuse("1,2\n", "0-18446744073709551614", 0, "is asked for");
}
END_TEST

START_TEST(refuses_bad_lists)
{
    const char *const bad[] = {
        "", "-", "a", "1,", ",1", "3-1", "1--2", "1-2-3", "1 ", "-0x1", "99999999999999999999999"};
    column_list list;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(columns_parse(&list, bad[i], "columns") == BAD_INPUT, "\"%s\"", bad[i]);
        ck_assert_ptr_nonnull(strstr(failure(), "columns: \""));
    }
}
END_TEST

static void put_gzip(const char *text)
{
    gzFile file = gzopen(path, "wb");
    ck_assert_int_gt(gzputs(file, text), 0);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

START_TEST(reads_gzip)
{
    table t;
    put_gzip("1,2\n3,4\n");
    ck_assert_int_eq(table_read(&t, path, NULL, 0), DONE);
    ck_assert_uint_eq(t.rows, 2);
    ck_assert_double_eq(t.values[3], 4);
    table_free(&t);
}
END_TEST

START_TEST(refuses_damaged_gzip)
{
    char text[4096];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 7 == 6 ? '\n' : (char)('0' + i * i % 10);
    text[sizeof text - 1] = '\0';
    put_gzip(text);
    FILE *file = fopen(path, "rb");
    char bytes[4096];
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t length = 10; length < n; length += 7) {
        table t;
        put(bytes, length);
        ck_assert_int_eq(table_read(&t, path, NULL, 0), BAD_INPUT);
    }
    bytes[n - 5] ^= 1; /* the checksum */
    refuse_bytes(bytes, n, NULL, 0, "damaged gzip data");
}
END_TEST

START_TEST(names_unreadable_files)
{
    table t;
    ck_assert_int_eq(table_read(&t, "no/such.csv", NULL, 0), ENVIRONMENT);
    ck_assert_str_eq(failure(), "cannot read no/such.csv: No such file or directory");
    ck_assert_int_eq(table_read(&t, ".", NULL, 0), ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(failure(), "cannot read .: Is a directory"));
    ck_assert_int_eq(table_read(&t, "/dev/zero", NULL, 1), BAD_INPUT); /* would never end */
    ck_assert_ptr_nonnull(strstr(failure(), "a byte 0 from line 1 on; this is no text file"));
}
END_TEST

START_TEST(grows)
{
    size_t rows = 30000;
    FILE *file = fopen(path, "wb");
    for (size_t i = 0; i < rows; i++)
        fprintf(file, "%zu,%zu\n", i, 2 * i);
    fclose(file);
    table t;
    ck_assert_int_eq(table_read(&t, path, NULL, 0), DONE);
    ck_assert_uint_eq(t.rows, rows);
    for (size_t i = 0; i < rows; i++)
        ck_assert(t.values[2 * i] == (double)i && t.values[2 * i + 1] == 2.0 * (double)i);
    table_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tests = tcase_create("table");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_numbers);
    tcase_add_test(tests, chooses_columns);
    tcase_add_test(tests, skips_lines);
    tcase_add_test(tests, refuses_bad_values);
    tcase_add_test(tests, refuses_bad_shapes);
    tcase_add_test(tests, refuses_bad_lists);
    tcase_add_test(tests, reads_gzip);
    tcase_add_test(tests, refuses_damaged_gzip);
    tcase_add_test(tests, names_unreadable_files);
    tcase_add_test(tests, grows);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
