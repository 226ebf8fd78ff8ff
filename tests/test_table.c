/* CSV tables: what is read, and that every fault is one sentence naming file, line and value. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "data/columns.h"
#include "data/table.h"

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
    outcome result =
        data_table_read(&t, path, &(table_format){.columns = columns, .skip_lines = skip});
    ck_assert_msg(result == DONE, "%s", cli_failure());
    ck_assert_uint_eq(t.rows, rows);
    ck_assert_uint_eq(t.columns, width);
    for (size_t i = 0; i < rows * width; i++)
        ck_assert_double_eq(t.values[i], values[i]);
    data_table_free(&t);
}

static void refuse_bytes(const char *text, size_t length, const char *columns, size_t skip,
                         const char *sentence)
{
    table t;
    put(text, length);
    ck_assert_int_eq(
        data_table_read(&t, path, &(table_format){.columns = columns, .skip_lines = skip}),
        BAD_INPUT);
    ck_assert_msg(strstr(cli_failure(), sentence) != NULL, "\"%s\" is not in \"%s\"", sentence,
                  cli_failure());
    ck_assert_ptr_null(t.values);
    ck_assert_ptr_null(strchr(cli_failure(), '\n'));
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
    ck_assert_int_eq(data_table_read(&t, path, &(table_format){.columns = "0,2-"}), DONE);
    ck_assert_uint_eq(t.source[1], 2);
    ck_assert_uint_eq(t.source[2], 3);
    data_table_free(&t);
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
        ck_assert_msg(data_columns_parse(&list, bad[i], "columns") == BAD_INPUT, "\"%s\"", bad[i]);
        ck_assert_ptr_nonnull(strstr(cli_failure(), "columns: \""));
    }
}
END_TEST

/* ---- Names and separators ---- */

static const char *const t_x2[] = {"t", "x2"};

static table_format named(const char *const *names, size_t n, char separator)
{
    return (table_format){
        .names = (char *const *)names, .n_names = n, .header = true, .separator = separator};
}

static void expect_as(const char *text, const table_format *format, size_t rows, size_t width,
                      const double *values)
{
    table t;
    put(text, strlen(text));
    ck_assert_msg(data_table_read(&t, path, format) == DONE, "%s", cli_failure());
    ck_assert(t.rows == rows && t.columns == width);
    for (size_t i = 0; i < rows * width; i++)
        ck_assert_double_eq(t.values[i], values[i]);
    data_table_free(&t);
}

static void refuse_as(const char *text, const table_format *format, const char *sentence)
{
    table t;
    put(text, strlen(text));
    ck_assert_int_eq(data_table_read(&t, path, format), BAD_INPUT);
    ck_assert_msg(strstr(cli_failure(), sentence) != NULL, "\"%s\" is not in \"%s\"", sentence,
                  cli_failure());
    ck_assert_ptr_null(t.values);
    for (const char *c = cli_failure(); *c; c++)
        ck_assert((unsigned char)*c >= ' ' && *c != 127);
}

START_TEST(chooses_columns_by_name)
{
    const char *const numbers[] = {"2020", "2019"}, *const umlaut[] = {"\xc3\xa4"};
    const table_format two = named(t_x2, 2, 0), years = named(numbers, 2, 0),
                       other = named(umlaut, 1, 0);
    expect_as("t,x1,x2\n1,2,3\n4,5,6\n", &two, 2, 2, (double[]){1, 3, 4, 6});
    expect_as("x2,name,t\n1,a,3\n4,b,6\n", &two, 2, 2, (double[]){3, 1, 6, 4}); /* as asked */
    expect_as("\n\"t\" , x2\r\n1,2", &two, 1, 2, (double[]){1, 2});
    expect_as("\xef\xbb\xbft,x2\n1,2\n", &two, 1, 2, (double[]){1, 2});
    expect_as(",t,x2,a,a,\n0,1,2,3,4,5\n", &two, 1, 2, (double[]){1, 2}); /* not asked for */
    expect_as("2019,2020\n1,2\n", &years, 1, 2, (double[]){2, 1});
    expect_as("t,\xc3\xa4\n1,2\n", &other, 1, 1, (double[]){2});
    table t;
    put("x2,x1,t\n1,2,3\n", 14);
    ck_assert_int_eq(data_table_read(&t, path, &two), DONE);
    ck_assert(t.source[0] == 2 && t.source[1] == 0);
    data_table_free(&t);
    const table_format later = {
        .names = (char *const *)t_x2, .n_names = 2, .header = true, .skip_lines = 1};
    expect_as("made by hand\nt,x2\n1,2\n", &later, 1, 2, (double[]){1, 2});
}
END_TEST

START_TEST(passes_over_a_header)
{
    const table_format all = {.header = true}, last = {.header = true, .columns = "1-"};
    expect_as("t,x\n1,2\n", &all, 1, 2, (double[]){1, 2});
    expect_as("t,x\n1,2\n", &last, 1, 1, (double[]){2});
    expect_as("t,1\n1,2\n", &all, 1, 2, (double[]){1, 2});
    refuse_as("1,2\n3,4\n", &all, "line 1 has numbers only, it is no header; leave out header");
    refuse_as("t,x\n", &all, "has no rows below its header");
    refuse_as("\n", &all, "has no rows, not even its header");
    refuse_as("t,x\n1,2,3\n", &all, "line 2 has 3 values, the rows before it have 2");
    refuse_as("t\n1\n", &last, "column 1 is asked for, but line 1 has the columns 0 to 0");
    refuse_as("t,x\n1,two\n", &all, "line 2, column 1 (\"x\"): \"two\" is not a decimal number");
}
END_TEST

START_TEST(refuses_names_that_are_not_there_once)
{
    const table_format two = named(t_x2, 2, 0);
    refuse_as("t,x1\n1,2\n", &two, "line 1: no column is named \"x2\"; there are \"t\", \"x1\"");
    refuse_as("t,X2\n1,2\n", &two, "no column is named \"x2\"; there are \"t\", \"X2\"");
    refuse_as("t,x2,t\n1,2,3\n", &two,
              "line 1: columns 0 and 2 are both named \"t\"; rename one, or choose columns by");
    refuse_as("1,2\n3,4\n", &two, "no column is named \"t\"; there are \"1\", \"2\"");
    refuse_as("t\x1b[31m,x2\n1,2\n", &two, "\"t?[31m\"");
    refuse_as("\"t\nu\",x2\n1,2\n", &two, "\"t u\"");
    refuse_as("t\xc2\x9b,x2\n1,2\n", &two, "\"t??\"");
    char wide[4000] = "";
    for (int j = 0; j < 400; j++)
        snprintf(wide + strlen(wide), sizeof wide - strlen(wide), "%scolumn%d", j ? "," : "", j);
    refuse_as(wide, &two, ", ...");
}
END_TEST

START_TEST(takes_other_separators)
{
    const char separators[] = ";\t| ";
    for (size_t i = 0; separators[i]; i++) {
        char text[32];
        const table_format two = named(t_x2, 2, separators[i]), all = {.separator = separators[i]};
        snprintf(text, sizeof text, "t%cx1%cx2\n1%c-2%c3\n", separators[i], separators[i],
                 separators[i], separators[i]);
        expect_as(text, &two, 1, 2, (double[]){1, 3});
        expect_as(strchr(text, '\n') + 1, &all, 1, 3, (double[]){1, -2, 3});
    }
}
END_TEST

START_TEST(names_the_separator_that_it_sees)
{
    const table_format none = {0}, third = {.columns = "2"}, semicolon = {.separator = ';'},
                       two = named(t_x2, 2, 0);
    refuse_as("1;2\n", &none,
              "\"1;2\" is not a decimal number; it has semicolons: if they separate "
              "the values, set \"separator\": \";\"");
    refuse_as("1\t2\n", &none,
              "\"1\\t2\" is not a decimal number; it has tabs: if they separate the "
              "values, set \"separator\": \"\\t\"");
    refuse_as("1,5;2,5\n", &none, "\"5;2\" is not a decimal number; it has semicolons");
    refuse_as("1 2\n", &none, "set \"separator\": \" \"");
    refuse_as("1|2\n", &none, "it has bars");
    refuse_as("1;2;3\n", &third, "has the columns 0 to 0; it has semicolons: if");
    refuse_as("1,2\n", &semicolon,
              "it has commas: if they separate the values, set \"separator\": "
              "\",\"; decimals have a point");
    refuse_as("t;x2\n1;2\n", &two, "there is \"t;x2\"; it has semicolons: if they separate");
    /* a long field is cut between characters: 55 letters, one of two bytes, and more */
    refuse_as("1,eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\xc3\xa9\xc3\xa9xyz\n",
              &none, "e\xc3\xa9...\" is not a decimal number");
    refuse_as("\xff\xfet\n", &none, "is a text in UTF-16; save it in UTF-8");
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
    ck_assert_int_eq(data_table_read(&t, path, &(table_format){0}), DONE);
    ck_assert_uint_eq(t.rows, 2);
    ck_assert_double_eq(t.values[3], 4);
    data_table_free(&t);
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
        ck_assert_int_eq(data_table_read(&t, path, &(table_format){0}), BAD_INPUT);
    }
    bytes[n - 5] ^= 1; /* the checksum */
    refuse_bytes(bytes, n, NULL, 0, "damaged gzip data");
}
END_TEST

START_TEST(names_unreadable_files)
{
    table t;
    ck_assert_int_eq(data_table_read(&t, "no/such.csv", &(table_format){0}), ENVIRONMENT);
    ck_assert_str_eq(cli_failure(), "cannot read no/such.csv: No such file or directory");
    ck_assert_int_eq(data_table_read(&t, ".", &(table_format){0}), ENVIRONMENT);
    ck_assert_str_eq(cli_failure(), "cannot read .: it is not a regular file");
    ck_assert_int_eq(data_table_read(&t, "/dev/zero", &(table_format){0}), ENVIRONMENT);
    ck_assert_str_eq(cli_failure(), "cannot read /dev/zero: it is not a regular file");
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* would wait for a writer */
    ck_assert_int_eq(data_table_read(&t, path, &(table_format){0}), ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(cli_failure(), "it is not a regular file"));
}
END_TEST

/* Writes n lines of the text, compressed. */
static void put_lines(const char *text, size_t n)
{
    gzFile file = gzopen(path, "wb9");
    for (size_t i = 0; i < n; i++)
        ck_assert_int_gt(gzputs(file, text), 0);
    gzclose(file);
}

/* 270 MB that are 270 KB in the file are refused; what is within a limit of one's own is not. */
START_TEST(believes_no_gzip_bomb)
{
    table t;
    char line[4001] = "";
    memset(line, '0', 3999);
    line[3999] = '\n';
    put_lines(line, 67500);
    ck_assert_int_eq(data_table_read(&t, path, &(table_format){0}), ENVIRONMENT);
    ck_assert_ptr_nonnull(
        strstr(cli_failure(), "bytes that may be read from it; raise read_limit"));
    put_lines("1,2\n", 1000);
    ck_assert_int_eq(data_table_read(&t, path, &(table_format){.read_limit = 16000}), DONE);
    data_table_free(&t);
    ck_assert_int_eq(data_table_read(&t, path, &(table_format){.read_limit = 15999}), ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(cli_failure(), "up to line 1000 "));
}
END_TEST

/* 50 000 columns of 100 000, by number and by name: in a time that grows as they do, or this would
 * take minutes. */
START_TEST(takes_many_columns)
{
    enum { WIDTH = 100000, TAKEN = WIDTH / 2, ROWS = 20 };
    char *list = malloc(8 * TAKEN), **names = malloc(TAKEN * sizeof *names);
    char *used = list;
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < TAKEN; i++) {
        used += sprintf(used, "%s%d", i ? "," : "", 2 * i);
        names[i] = malloc(12);
        sprintf(names[i], "c%d", 2 * (TAKEN - 1 - i));
    }
    for (int row = -1; row < ROWS; row++)
        for (int j = 0; j < WIDTH; j++)
            fprintf(file, row < 0 ? "c%d%c" : "%d%c", j, j + 1 < WIDTH ? ',' : '\n');
    fclose(file);
    const table_format formats[] = {{.columns = list, .header = true},
                                    {.names = names, .n_names = TAKEN, .header = true}};
    for (int f = 0; f < 2; f++) {
        table t;
        ck_assert_msg(data_table_read(&t, path, &formats[f]) == DONE, "%s", cli_failure());
        ck_assert_uint_eq(t.rows, ROWS);
        ck_assert_uint_eq(t.columns, TAKEN);
        for (int i = 0; i < TAKEN; i++)
            ck_assert(t.values[i] == 2.0 * (f ? TAKEN - 1 - i : i));
        data_table_free(&t);
    }
    for (int i = 0; i < TAKEN; i++)
        free(names[i]);
    free(names);
    free(list);
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
    ck_assert_int_eq(data_table_read(&t, path, &(table_format){0}), DONE);
    ck_assert_uint_eq(t.rows, rows);
    for (size_t i = 0; i < rows; i++)
        ck_assert(t.values[2 * i] == (double)i && t.values[2 * i + 1] == 2.0 * (double)i);
    data_table_free(&t);
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
    tcase_add_test(tests, chooses_columns_by_name);
    tcase_add_test(tests, passes_over_a_header);
    tcase_add_test(tests, refuses_names_that_are_not_there_once);
    tcase_add_test(tests, takes_other_separators);
    tcase_add_test(tests, names_the_separator_that_it_sees);
    tcase_add_test(tests, reads_gzip);
    tcase_add_test(tests, refuses_damaged_gzip);
    tcase_add_test(tests, names_unreadable_files);
    tcase_add_test(tests, believes_no_gzip_bomb);
    tcase_add_test(tests, takes_many_columns);
    tcase_add_test(tests, grows);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
