/* The base layer: status table, messages, allocator, checked sizes and arrays, sums; the BLAS
 * found. */
#include "support.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "base/base.h"
#include "config.h"
#include "linalg/provider.h"

/* ---- Status, messages, version ---- */

/* The numbers are part of the ABI: they never change. */
static const struct {
    int number;
    critpt_status status;
    const char *name;
} statuses[] = {
    {0, CRITPT_OK, "CRITPT_OK"},
    {-1, CRITPT_INVALID_ARGUMENT, "CRITPT_INVALID_ARGUMENT"},
    {-2, CRITPT_NON_FINITE, "CRITPT_NON_FINITE"},
    {-3, CRITPT_SIZE_OVERFLOW, "CRITPT_SIZE_OVERFLOW"},
    {-4, CRITPT_UNSUPPORTED, "CRITPT_UNSUPPORTED"},
    {-5, CRITPT_INCONSISTENT, "CRITPT_INCONSISTENT"},
    {-20, CRITPT_INFEASIBLE, "CRITPT_INFEASIBLE"},
    {-21, CRITPT_TRIVIAL, "CRITPT_TRIVIAL"},
    {-22, CRITPT_NOT_CONVERGED, "CRITPT_NOT_CONVERGED"},
    {-23, CRITPT_NOT_ATTAINED, "CRITPT_NOT_ATTAINED"},
    {-24, CRITPT_BUDGET_SPENT, "CRITPT_BUDGET_SPENT"},
    {-40, CRITPT_CANCELLED, "CRITPT_CANCELLED"},
    {-60, CRITPT_NO_MEMORY, "CRITPT_NO_MEMORY"},
    {-61, CRITPT_SYSTEM, "CRITPT_SYSTEM"},
    {-62, CRITPT_REDUCTION_FAILED, "CRITPT_REDUCTION_FAILED"},
};
enum { N_STATUSES = sizeof statuses / sizeof *statuses };

START_TEST(every_status_has_its_number_name_and_text)
{
    for (int i = 0; i < N_STATUSES; i++) {
        ck_assert_int_eq(statuses[i].status, statuses[i].number);
        ck_assert_str_eq(critpt_status_name(statuses[i].status), statuses[i].name);
        ck_assert_uint_gt(strlen(critpt_status_text(statuses[i].status)), 3);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(critpt_status_text(statuses[i].status),
                             critpt_status_text(statuses[j].status));
    }
}
END_TEST

START_TEST(no_other_number_has_a_name)
{
    for (int number = -300; number <= 300; number++) {
        int known = 0;
        for (int i = 0; i < N_STATUSES; i++)
            known |= statuses[i].number == number;
        const char *name = critpt_status_name((critpt_status)number);
        ck_assert_msg(known == (strcmp(name, "CRITPT_UNKNOWN") != 0), "%d: %s", number, name);
        ck_assert_ptr_nonnull(critpt_status_text((critpt_status)number));
    }
    ck_assert_str_eq(critpt_status_name((critpt_status)INT_MIN), "CRITPT_UNKNOWN");
}
END_TEST

START_TEST(error_returns_its_status_and_keeps_the_sentence)
{
    ck_assert_int_eq(cpt_error(CRITPT_SYSTEM, "file %s, line %d", "a.csv", 7), CRITPT_SYSTEM);
    ck_assert_str_eq(critpt_error_message(), "file a.csv, line 7");
    ck_assert_int_eq(cpt_error(CRITPT_TRIVIAL, "again"), CRITPT_TRIVIAL);
    ck_assert_str_eq(critpt_error_message(), "again");
}
END_TEST

START_TEST(error_may_quote_the_message_before)
{
    cpt_error(CRITPT_SYSTEM, "line 7");
    cpt_error(CRITPT_SYSTEM, "w.csv: %s", critpt_error_message());
    ck_assert_str_eq(critpt_error_message(), "w.csv: line 7");
}
END_TEST

START_TEST(messages_have_at_most_1023_bytes)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    cpt_error(CRITPT_SYSTEM, "%s", text);
    ck_assert_uint_eq(strlen(critpt_error_message()), 1023);
}
END_TEST

static void *fail_in_a_thread(void *first)
{
    *(char *)first = critpt_error_message()[0];
    cpt_error(CRITPT_SYSTEM, "of the thread");
    return NULL;
}

/* An escape that does not fit whole is left out with all that follows. */
START_TEST(messages_show_what_a_terminal_would_obey)
{
    char text[1030], wanted[1040];
    cpt_error(CRITPT_SYSTEM, "\x1b[2J of a\tname\x7f");
    ck_assert_str_eq(critpt_error_message(), "\\x1b[2J of a\\x09name\\x7f");
    for (size_t n = 1010; n < 1023; n++) {
        memset(text, 'a', n);
        strcpy(text + n, "\n\n\n");
        memset(wanted, 'a', n);
        strcpy(wanted + n, "\\x0a\\x0a\\x0a");
        wanted[n + (1023 - n) / 4 * 4] = '\0';
        wanted[n + 12] = '\0';
        cpt_error(CRITPT_SYSTEM, "%s", text);
        ck_assert_str_eq(critpt_error_message(), wanted);
    }
}
END_TEST

START_TEST(messages_are_the_threads_own)
{
    cpt_error(CRITPT_SYSTEM, "of the main thread");
    pthread_t thread;
    char first = 'x';
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_in_a_thread, &first), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(first, '\0');
    ck_assert_str_eq(critpt_error_message(), "of the main thread");
}
END_TEST

START_TEST(version_is_one)
{
    int major = -1, minor = -1, patch = -1;
    critpt_version_numbers(&major, &minor, &patch);
    ck_assert_int_eq(major, CRITPT_VERSION_MAJOR);
    ck_assert_int_eq(minor, CRITPT_VERSION_MINOR);
    ck_assert_int_eq(patch, CRITPT_VERSION_PATCH);
    critpt_version_numbers(NULL, NULL, NULL);
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
    ck_assert_str_eq(critpt_version(), text);
    ck_assert_str_eq(critpt_version(), PACKAGE_VERSION);
}
END_TEST

/* ---- Memory ---- */

typedef struct counter {
    size_t allocated, released, last_bytes;
    int refuse;
} counter;

static void *counting_allocate(size_t bytes, void *user)
{
    counter *count = user;
    if (count->refuse)
        return NULL;
    count->allocated++;
    count->last_bytes = bytes;
    void *memory = malloc(bytes);
    if (memory)
        memset(memory, 0xa5, bytes);
    return memory;
}

static void counting_release(void *memory, void *user)
{
    ((counter *)user)->released++;
    ck_assert_ptr_nonnull(memory);
    free(memory);
}

static void use_counting_allocator(counter *count)
{
    critpt_allocator table = {sizeof table, counting_allocate, counting_release, count};
    ASSERT_OK(critpt_set_allocator(&table));
}

START_TEST(allocator_is_used_and_restored)
{
    counter count = {0};
    use_counting_allocator(&count);
    double *x;
    ASSERT_OK(cpt_allocate(&x, 5, sizeof *x));
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq(x[i], 0.0);
    ck_assert_uint_eq(count.last_bytes, 5 * sizeof *x + CPT_BLOCK_HEAD);
    cpt_free(x);
    cpt_free(NULL);
    ck_assert_uint_eq(count.allocated, 1);
    ck_assert_uint_eq(count.released, 1);
    ASSERT_OK(critpt_set_allocator(NULL));
    ASSERT_OK(cpt_allocate(&x, 5, sizeof *x));
    cpt_free(x);
    ck_assert_uint_eq(count.allocated, 1);
    ck_assert_uint_eq(count.released, 1);
}
END_TEST

START_TEST(allocator_of_a_later_version_is_taken)
{
    struct {
        critpt_allocator known;
        void *later[4];
    } table = {{sizeof table, counting_allocate, counting_release, NULL}, {NULL}};
    counter count = {0};
    table.known.user = &count;
    ASSERT_OK(critpt_set_allocator(&table.known));
    void *memory;
    ASSERT_OK(cpt_allocate(&memory, 1, 1));
    cpt_free(memory);
    ASSERT_OK(critpt_set_allocator(NULL));
    ck_assert_uint_eq(count.released, 1);
}
END_TEST

START_TEST(wrong_allocators_are_refused_and_change_nothing)
{
    counter count = {0};
    use_counting_allocator(&count);
    const critpt_allocator zero = {0, counting_allocate, counting_release, NULL},
                           small = {sizeof small - 1, counting_allocate, counting_release, NULL},
                           half = {sizeof half, counting_allocate, NULL, NULL},
                           other_half = {sizeof half, NULL, counting_release, NULL},
                           nothing = {sizeof nothing, NULL, NULL, NULL};
    ASSERT_FAILS(critpt_set_allocator(&zero), CRITPT_INVALID_ARGUMENT, "struct_size is 0");
    ASSERT_FAILS(critpt_set_allocator(&small), CRITPT_INVALID_ARGUMENT, "sizeof");
    ASSERT_FAILS(critpt_set_allocator(&half), CRITPT_INVALID_ARGUMENT, "no release");
    ASSERT_FAILS(critpt_set_allocator(&other_half), CRITPT_INVALID_ARGUMENT, "no allocate");
    ASSERT_FAILS(critpt_set_allocator(&nothing), CRITPT_INVALID_ARGUMENT, "no allocate");
    void *memory;
    ASSERT_OK(cpt_allocate(&memory, 1, 1));
    cpt_free(memory);
    ASSERT_OK(critpt_set_allocator(NULL));
    ck_assert_uint_eq(count.allocated, 1);
    ck_assert_uint_eq(count.released, 1);
}
END_TEST

START_TEST(allocation_of_nothing_is_a_pointer)
{
    void *memory = NULL;
    ASSERT_OK(cpt_allocate(&memory, 0, sizeof(double)));
    ck_assert_ptr_nonnull(memory);
    cpt_free(memory);
}
END_TEST

START_TEST(allocation_fails_cleanly)
{
    char here;
    void *memory = &here;
    ASSERT_FAILS(cpt_allocate(&memory, SIZE_MAX / 4, 8), CRITPT_SIZE_OVERFLOW,
                 "4611686018427387903");
    ck_assert_ptr_null(memory);
    counter count = {.refuse = 1};
    use_counting_allocator(&count);
    memory = &here;
    ASSERT_FAILS(cpt_allocate(&memory, 3, 8), CRITPT_NO_MEMORY, "24 bytes");
    ck_assert_ptr_null(memory);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

START_TEST(append_grows_an_array)
{
    int *array = NULL;
    size_t n = 0;
    for (int i = 0; i < 1000; i++)
        ASSERT_OK(cpt_append(&array, &n, &i, sizeof i));
    ck_assert_uint_eq(n, 1000);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(array[i], i);
    cpt_free(array);
}
END_TEST

START_TEST(append_that_fails_changes_nothing)
{
    counter count = {0};
    use_counting_allocator(&count);
    int *array = NULL;
    size_t n = 0;
    const int five = 5;
    ASSERT_OK(cpt_append(&array, &n, &five, sizeof five));
    count.refuse = 1;
    critpt_status status = CRITPT_OK;
    for (int i = 0; i < 100 && status == CRITPT_OK; i++)
        status = cpt_append(&array, &n, &five, sizeof five);
    ck_assert_int_eq(status, CRITPT_NO_MEMORY);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(array[i], 5);
    cpt_free(array);
    ASSERT_OK(critpt_set_allocator(NULL));
    ck_assert_uint_eq(count.allocated, count.released);
}
END_TEST

/* ---- Sizes ---- */

START_TEST(multiply_to_the_limit)
{
    const size_t half = (size_t)1 << (sizeof(size_t) * CHAR_BIT / 2);
    size_t result = 7;
    ASSERT_OK(cpt_multiply(half, half - 1, "x", &result));
    ck_assert_uint_eq(result, half * (half - 1));
    ASSERT_OK(cpt_multiply(SIZE_MAX, 1, "x", &result));
    ck_assert_uint_eq(result, SIZE_MAX);
    ASSERT_OK(cpt_multiply(SIZE_MAX, 0, "x", &result));
    ck_assert_uint_eq(result, 0);
    ASSERT_OK(cpt_multiply(0, SIZE_MAX, "x", &result));
    ck_assert_uint_eq(result, 0);
    ASSERT_FAILS(cpt_multiply(half, half, "the Hessian", &result), CRITPT_SIZE_OVERFLOW,
                 "the Hessian");
    ASSERT_FAILS(cpt_multiply(SIZE_MAX / 2 + 1, 2, "x", &result), CRITPT_SIZE_OVERFLOW, "x 2");
    ASSERT_FAILS(cpt_multiply(SIZE_MAX, SIZE_MAX, "x", &result), CRITPT_SIZE_OVERFLOW, "x");
}
END_TEST

START_TEST(multiply_add_to_the_limit)
{
    size_t result = 7;
    ASSERT_OK(cpt_multiply_add(SIZE_MAX / 2, 2, 1, "x", &result));
    ck_assert_uint_eq(result, SIZE_MAX);
    ASSERT_OK(cpt_multiply_add(0, 5, SIZE_MAX, "x", &result));
    ck_assert_uint_eq(result, SIZE_MAX);
    ASSERT_OK(cpt_multiply_add(5, 0, SIZE_MAX, "x", &result));
    ck_assert_uint_eq(result, SIZE_MAX);
    ASSERT_FAILS(cpt_multiply_add(SIZE_MAX / 2, 2, 2, "weights", &result), CRITPT_SIZE_OVERFLOW,
                 "weights");
    ASSERT_FAILS(cpt_multiply_add(1, 1, SIZE_MAX, "weights", &result), CRITPT_SIZE_OVERFLOW,
                 "+ 1844");
}
END_TEST

/* ---- Budgets ---- */

START_TEST(budgets_bound_what_is_held_at_a_time)
{
    cpt_budget outer, inner;
    double *before, *a, *b;
    ASSERT_OK(cpt_allocate(&before, 1000, sizeof *before));
    cpt_budget_begin(&outer, 1000);
    ck_assert(cpt_budget_has(1000) && !cpt_budget_has(1001));
    ASSERT_OK(cpt_allocate(&a, 50, sizeof *a));
    ASSERT_FAILS(cpt_allocate(&b, 80, sizeof *b), CRITPT_NO_MEMORY, "memory limit");
    ck_assert_ptr_null(b);
    cpt_budget_begin(&inner, 0); /* without a limit of its own */
    ASSERT_FAILS(cpt_allocate(&b, 80, sizeof *b), CRITPT_NO_MEMORY, "memory limit");
    cpt_budget_end(&inner);
    cpt_budget *suspended = cpt_budget_suspend();
    ASSERT_OK(cpt_allocate(&b, 80, sizeof *b));
    cpt_free(b);
    cpt_budget_resume(suspended);
    cpt_free(a);
    cpt_free(before); /* which was not counted */
    ASSERT_OK(cpt_allocate(&b, 80, sizeof *b));
    cpt_free(b);
    cpt_budget_end(&outer);
    ASSERT_OK(cpt_allocate(&b, 800, sizeof *b));
    cpt_free(b);
}
END_TEST

/* ---- Arrays that callers pass ---- */

START_TEST(arrays_have_their_length)
{
    double x[3] = {0};
    ASSERT_OK(cpt_require_array("weights", x, 3, 3));
    ASSERT_FAILS(cpt_require_array("weights", NULL, 3, 3), CRITPT_INVALID_ARGUMENT,
                 "weights is NULL");
    ASSERT_FAILS(cpt_require_array("weights", x, 2, 3), CRITPT_INVALID_ARGUMENT,
                 "weights has length 2; it must be 3");
    ASSERT_OK(cpt_require_matrix("inputs", x, 1, 3, 3));
    ASSERT_OK(cpt_require_matrix("inputs", x, 1, 3, 9));
    ASSERT_FAILS(cpt_require_matrix("inputs", NULL, 1, 3, 3), CRITPT_INVALID_ARGUMENT,
                 "inputs is NULL");
    ASSERT_FAILS(cpt_require_matrix("inputs", x, 1, 3, 2), CRITPT_INVALID_ARGUMENT, "inputs is 2");
    ASSERT_OK(cpt_require_matrix("inputs", x, 0, 3, SIZE_MAX));
    ASSERT_FAILS(cpt_require_matrix("inputs", x, 2, 3, SIZE_MAX / 32 + 1), CRITPT_SIZE_OVERFLOW,
                 "2 rows so far apart");
}
END_TEST

START_TEST(the_first_value_that_is_not_finite_is_named)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    double x[12]; /* also 2 rows of 3, 6 apart */
    for (int k = 0; k < 3; k++)
        for (int at = 0; at < 12; at++) {
            for (int i = 0; i < 12; i++)
                x[i] = i % 2 ? 1e308 : -1e-320;
            ASSERT_OK(cpt_require_finite("x", x, 12));
            x[at] = x[11] = bad[k];
            char place[64];
            snprintf(place, sizeof place, "x[%d] is %s", at, k == 0 ? "" : k == 1 ? "inf" : "-inf");
            ASSERT_FAILS(cpt_require_finite("x", x, 12), CRITPT_NON_FINITE, place);
            if (at % 6 < 3) {
                snprintf(place, sizeof place, "row %d, column %d", at / 6, at % 6);
                ASSERT_FAILS(cpt_require_finite_matrix("inputs", x, 2, 3, 6), CRITPT_NON_FINITE,
                             place);
            } else { /* between the rows anything may stand */
                ASSERT_OK(cpt_require_finite_matrix("inputs", x, 2, 3, 6));
            }
        }
    ASSERT_OK(cpt_require_finite("x", NULL, 0));
}
END_TEST

/* ---- Sums ---- */

static double compensated(const double *terms, size_t n)
{
    cpt_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        cpt_sum_add(&sum, terms[i]);
    return cpt_sum_value(&sum);
}

START_TEST(sums_do_not_lose_small_terms)
{
    ck_assert_double_eq(compensated((double[]){1.0, 1e100, 1.0, -1e100}, 4), 2.0);
    ck_assert_double_eq(compensated((double[]){1e100, 1.0, -1e100}, 3), 1.0);
    ck_assert_double_eq(compensated(NULL, 0), 0.0);
    /* 1 + 2^20 terms of 2^-60: a plain sum stays at 1 */
    cpt_sum sum = {0};
    cpt_sum_add(&sum, 1.0);
    for (long i = 0; i < 1L << 20; i++)
        cpt_sum_add(&sum, ldexp(1.0, -60));
    ck_assert_double_eq(cpt_sum_value(&sum), 1.0 + ldexp(1.0, -40));
}
END_TEST

START_TEST(sums_beyond_the_largest_number_are_infinite)
{
    ck_assert_double_eq(compensated((double[]){1e308, 1e308, 1.0}, 3), INFINITY);
    ck_assert_double_eq(compensated((double[]){-1e308, -1e308}, 2), -INFINITY);
    ck_assert_double_eq(compensated((double[]){1.0, INFINITY}, 2), INFINITY);
    ck_assert(isnan(compensated((double[]){INFINITY, -INFINITY}, 2)));
    ck_assert(isnan(compensated((double[]){1.0, NAN}, 2)));
}
END_TEST

/* ---- The BLAS found ---- */

static void *name_blas(void *name)
{
    *(const char **)name = critpt_linalg_name();
    return NULL;
}

START_TEST(blas_has_a_name_in_every_thread)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    const char *names[THREADS] = {NULL};
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, name_blas, &names[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_str_eq(names[i], names[0]);
    }
    ck_assert_msg(strlen(names[0]) >= 8 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZr", names[0][0]),
                  "\"%s\"", names[0]);
}
END_TEST

START_TEST(blas_of_this_build_is_usable)
{
    ASSERT_OK(cpt_linalg_check_provider());
    ASSERT_OK(cpt_linalg_check_provider());
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        every_status_has_its_number_name_and_text,
        no_other_number_has_a_name,
        error_returns_its_status_and_keeps_the_sentence,
        error_may_quote_the_message_before,
        messages_have_at_most_1023_bytes,
        messages_show_what_a_terminal_would_obey,
        messages_are_the_threads_own,
        version_is_one,
        allocator_is_used_and_restored,
        allocator_of_a_later_version_is_taken,
        wrong_allocators_are_refused_and_change_nothing,
        allocation_of_nothing_is_a_pointer,
        allocation_fails_cleanly,
        append_grows_an_array,
        append_that_fails_changes_nothing,
        multiply_to_the_limit,
        multiply_add_to_the_limit,
        budgets_bound_what_is_held_at_a_time,
        arrays_have_their_length,
        the_first_value_that_is_not_finite_is_named,
        sums_do_not_lose_small_terms,
        sums_beyond_the_largest_number_are_infinite,
        blas_has_a_name_in_every_thread,
        blas_of_this_build_is_usable,
    };
    return test_main("base", tests, sizeof tests / sizeof *tests);
}
