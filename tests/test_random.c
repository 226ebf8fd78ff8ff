/* Random draws: the published answers of Philox, bits that must never change, known normal numbers,
 * distributions, streams, and every error exit. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/random.h"

/* ---- Known answers ------------------------------------------------------------------------------
 */

/* kat_vectors of the authors' Random123. */
static const struct {
    uint32_t counter[4], key[2], output[4];
} philox_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(test_philox)
{
    uint32_t output[4];
    cpt_philox(philox_answers[_i].counter, philox_answers[_i].key, output);
    ck_assert(memcmp(output, philox_answers[_i].output, sizeof output) == 0);
}
END_TEST

/* The integer k of the draw, the bits of its normal number, and its true value: k from a second
 * implementation of Philox, the value by Newton's method in 45 digits. */
static const struct {
    uint64_t seed, stream, index, k;
    double bits;
    long double value;
} known_draws[] = {
    {0, 0, 0, UINT64_C(7931020870206717), 0x1.2d769e93cb521p+0, 1.177591239054273227074L},
    {0, 0, 1, UINT64_C(3261426827205785), -0x1.69580971eeee8p-2, -0.3528748966016181489022L},
    {0, 0, 2, UINT64_C(2877311682649940), -0x1.e082db6bb1549p-2, -0.4692491802673727238052L},
    {0, 0, 3, UINT64_C(3738951917056541), -0x1.b7257e8970af8p-3, -0.2144269834226049339207L},
    {0, 0, 4, UINT64_C(6247967004420024), 0x1.0334caa9fef1bp-1, 0.5062621433748718182248L},
    {0, 0, 5, UINT64_C(249944653850898), -0x1.ea3a2c365d488p+0, -1.914950145027690517686L},
    {1, 0, 0, UINT64_C(8058603510201600), 0x1.407827c9b8c2bp+0, 1.251833426235644368602L},
    {1, 1, 0, UINT64_C(2340089690644707), -0x1.49b48907db321p-1, -0.6439554998483780845978L},
    {1, 16, 0, UINT64_C(5552945793365073), 0x1.2f6a2c7c2cf7ap-2, 0.2963034582892231228122L},
    {1, 17, 0, UINT64_C(31686350957815), -0x1.58fa89c9734c2p+1, -2.6951458200115615984L},
    {2, 16, 0, UINT64_C(8890116492305930), 0x1.1cf5af1d47205p+1, 2.226247681899852028818L},
    {42, 16, 1000000, UINT64_C(5345439782914767), 0x1.e4465c9cf8a52p-3, 0.2364623294261770403795L},
    {42, 16, UINT64_C(4294967296), UINT64_C(8317705875715262), 0x1.6dbd80fcbb6acp+0,
     1.428672849371120910882L},
    {42, 16, UINT64_C(4294967297), UINT64_C(4549313460184605), 0x1.a0e0e25f09cc2p-7,
     0.01272212079318391462763L},
    {20260717, 1, 7, UINT64_C(5603677262324968), 0x1.3e8ddcb236babp-2, 0.3110880359433233395654L},
    {UINT64_C(4294967296), 0, 0, UINT64_C(8813457958747079), 0x1.0302d0e8788bap+1,
     2.023523438941166191823L},
    {UINT64_C(9223372036854775807), UINT64_C(18446744073709551615), UINT64_C(18446744073709551614),
     UINT64_C(8164352386913306), 0x1.51adcf29f7ce9p+0, 1.319058368440716656637L},
    {UINT64_C(12345678901234567), 3, 9, UINT64_C(547290372285000), -0x1.8c64ccab2651fp+0,
     -1.548413078102676264685L},
};

/* The same for integers that no short search would draw: both ends, the centre, the seams of the
 * approximation. */
static const struct {
    uint64_t k;
    double bits;
    long double value;
} known_normals[] = {
    {UINT64_C(0), -0x1.095b059d67c4cp+3, -8.292361075813595538234L},
    {UINT64_C(1), -0x1.052484c516592p+3, -8.16070784085858317554L},
    {UINT64_C(2), -0x1.03293d7de204fp+3, -8.098784204354301631245L},
    {UINT64_C(12345), -0x1.bf628869be798p+2, -6.990388968721071237383L},
    {UINT64_C(8192), -0x1.c30d61bedb7bdp+2, -7.047691761383190121568L},
    {UINT64_C(1048577), -0x1.95a118a31748p+2, -6.337957534092425336383L},
    {UINT64_C(117093), -0x1.aaba25e09e68cp+2, -6.667611569742472734563L},
    {UINT64_C(135107), -0x1.a9616d1820b51p+2, -6.646571420252102890228L},
    {UINT64_C(1073741824), -0x1.4aa9374605c5ap+2, -5.166578119641677519777L},
    {UINT64_C(35184372088832), -0x1.547d173f6ec7dp+1, -2.660067468617454872337L},
    {UINT64_C(675539944105574), -0x1.7085226d3e523p+0, -1.439531470938455836912L},
    {UINT64_C(675539944105575), -0x1.7085226d3e51fp+0, -1.439531470938455052609L},
    {UINT64_C(1125899906842627), -0x1.267d4c07b055fp+0, -1.150349380376006290653L},
    {UINT64_C(2251799813685248), -0x1.5956b87528a48p-1, -0.6744897501960815685161L},
    {UINT64_C(4503599627370495), -0x1.40d931ff62707p-53, -1.391458212335883461117e-16L},
    {UINT64_C(4503599627370496), 0x1.40d931ff62707p-53, 1.391458212335883461117e-16L},
    {UINT64_C(4503599627370497), 0x1.e145caff13a8ap-52, 4.174374637007650383351e-16L},
    {UINT64_C(8972014882652160), 0x1.547d173f6ec92p+1, 2.660067468617464444831L},
    {UINT64_C(9007199254740990), 0x1.052484c516592p+3, 8.16070784085858317554L},
    {UINT64_C(9007199254740991), 0x1.095b059d67c4cp+3, 8.292361075813595538234L},
};

static void check_normal(double normal, double bits, long double value)
{
    ck_assert_msg(memcmp(&normal, &bits, sizeof bits) == 0, "bits of %a, not %a", normal, bits);
    ck_assert_double_le((double)fabsl(normal - value), 4 * DBL_EPSILON * fabs(normal));
}

START_TEST(test_known_draws)
{
    double normal, uniform;
    ck_assert_int_eq(critpt_random_normal(known_draws[_i].seed, known_draws[_i].stream,
                                          known_draws[_i].index, &normal, 1),
                     CRITPT_OK);
    check_normal(normal, known_draws[_i].bits, known_draws[_i].value);
    ck_assert_int_eq(critpt_random_uniform(known_draws[_i].seed, known_draws[_i].stream,
                                           known_draws[_i].index, &uniform, 1),
                     CRITPT_OK);
    double expected = ldexp((double)known_draws[_i].k, -53) + ldexp(1, -54);
    ck_assert(memcmp(&uniform, &expected, sizeof expected) == 0);
}
END_TEST

START_TEST(test_known_normals)
{
    check_normal(cpt_random_normal_of(known_normals[_i].k), known_normals[_i].bits,
                 known_normals[_i].value);
}
END_TEST

START_TEST(test_extreme_uniforms)
{
    const uint64_t last = (UINT64_C(1) << 53) - 1;
    ck_assert_double_eq(cpt_random_uniform_of(0), 0x1p-54);
    ck_assert_double_eq(cpt_random_uniform_of(last), 1 - 0x1p-53);
    for (unsigned shift = 0; shift < 53; shift++) { /* symmetry */
        uint64_t k = UINT64_C(1) << shift;
        ck_assert_double_eq(cpt_random_normal_of(k), -cpt_random_normal_of(last - k));
    }
}
END_TEST

/* ---- Distributions
 * ---------------------------------------------------------------------------------- */

enum { N_DRAWS = 100000 };
static double draws[N_DRAWS], others[N_DRAWS];

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double identity_distribution(double x)
{
    return x;
}

static double normal_distribution(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

/* sqrt(n) times the largest distance of the empirical distribution: above 1.95 once in a thousand.
 */
static double kolmogorov_smirnov(double *sample, size_t n, double (*distribution)(double))
{
    double largest = 0;
    qsort(sample, n, sizeof *sample, compare);
    for (size_t i = 0; i < n; i++) {
        double p = distribution(sample[i]);
        largest = fmax(largest, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
    }
    return largest * sqrt((double)n);
}

static double mean_power(const double *sample, size_t n, int power)
{
    cpt_sum sum = {0, 0};
    for (size_t i = 0; i < n; i++)
        cpt_sum_add(&sum, pow(sample[i], power));
    return cpt_sum_value(&sum) / (double)n;
}

START_TEST(test_normal_distribution)
{
    static const double moments[] = {1, 0, 1, 0, 3, 0, 15, 0, 105};
    ck_assert_int_eq(critpt_random_normal(11, 5, 0, draws, N_DRAWS), CRITPT_OK);
    for (int power = 1; power <= 4; power++) {
        double variance = moments[2 * power] - moments[power] * moments[power];
        ck_assert_double_eq_tol(mean_power(draws, N_DRAWS, power), moments[power],
                                4 * sqrt(variance / N_DRAWS));
    }
    ck_assert_double_le(kolmogorov_smirnov(draws, N_DRAWS, normal_distribution), 1.95);
}
END_TEST

START_TEST(test_uniform_distribution)
{
    ck_assert_int_eq(critpt_random_uniform(11, 6, 0, draws, N_DRAWS), CRITPT_OK);
    for (int power = 1; power <= 4; power++) {
        double mean = 1.0 / (power + 1), variance = 1.0 / (2 * power + 1) - mean * mean;
        ck_assert_double_eq_tol(mean_power(draws, N_DRAWS, power), mean,
                                4 * sqrt(variance / N_DRAWS));
    }
    ck_assert_double_le(kolmogorov_smirnov(draws, N_DRAWS, identity_distribution), 1.95);
    ck_assert(draws[0] > 0 && draws[N_DRAWS - 1] < 1);
}
END_TEST

static double correlation(const double *x, const double *y, size_t n)
{
    cpt_sum sum = {0, 0};
    for (size_t i = 0; i < n; i++)
        cpt_sum_add(&sum, x[i] * y[i]);
    return cpt_sum_value(&sum) / sqrt((double)n); /* a unit normal number if they are independent */
}

/* Neighbouring streams and seeds, and the same numbers in the words' other halves. */
START_TEST(test_independence)
{
    static const struct {
        uint64_t seed, stream;
    } pairs[] = {{7, 17},
                 {8, 16},
                 {7, UINT64_C(16) << 32},
                 {16, 7},
                 {7, 0},
                 {7, 1},
                 {UINT64_C(7) << 32, 16},
                 {6, 16},
                 {7 | 1 << 16, 16},
                 {7, 16 | 1 << 20}};
    ck_assert_int_eq(critpt_random_normal(7, 16, 0, draws, N_DRAWS), CRITPT_OK);
    for (size_t lag = 1; lag < 20; lag++)
        ck_assert_double_le(fabs(correlation(draws, draws + lag, N_DRAWS - lag)), 4);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        ck_assert_int_eq(critpt_random_normal(pairs[i].seed, pairs[i].stream, 0, others, N_DRAWS),
                         CRITPT_OK);
        ck_assert_double_le(fabs(correlation(draws, others, N_DRAWS)), 4);
    }
}
END_TEST

/* A part of a stream is what the whole stream has there, beyond 2^32 too. */
START_TEST(test_parts)
{
    static const uint64_t starts[] = {0, 1, 5, UINT32_MAX - UINT64_C(2), UINT64_MAX - 20};
    double all[20], part[7];
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
        for (uint64_t offset = 0; offset + 7 <= 20; offset++) {
            ck_assert_int_eq(critpt_random_normal(3, 4, starts[s], all, 20), CRITPT_OK);
            ck_assert_int_eq(critpt_random_normal(3, 4, starts[s] + offset, part, 7), CRITPT_OK);
            ck_assert(memcmp(part, all + offset, sizeof part) == 0);
            ck_assert_int_eq(critpt_random_uniform(3, 4, starts[s], all, 20), CRITPT_OK);
            ck_assert_int_eq(critpt_random_uniform(3, 4, starts[s] + offset, part, 7), CRITPT_OK);
            ck_assert(memcmp(part, all + offset, sizeof part) == 0);
        }
}
END_TEST

/* ---- Errors
 * ------------------------------------------------------------------------------------------- */

typedef critpt_status random_function(uint64_t, uint64_t, uint64_t, double *, size_t);
static random_function *const functions[] = {critpt_random_uniform, critpt_random_normal};

START_TEST(test_errors)
{
    random_function *const function = functions[_i];
    double value = -7;
    ck_assert_int_eq(function(UINT64_C(1) << 63, 0, 0, &value, 1), CRITPT_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(critpt_error_message(), "seed is 9223372036854775808"));
    ck_assert_ptr_nonnull(strstr(critpt_error_message(), "to 9223372036854775807"));
    ck_assert_int_eq(function(UINT64_MAX, 0, 0, NULL, 0), CRITPT_INVALID_ARGUMENT);
    ck_assert_int_eq(function(0, 0, UINT64_MAX, &value, 1), CRITPT_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(critpt_error_message(), "first is 18446744073709551615"));
    ck_assert_int_eq(function(0, 0, 2, &value, SIZE_MAX - 1), CRITPT_INVALID_ARGUMENT);
    ck_assert_int_eq(function(0, 0, 0, NULL, 3), CRITPT_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(critpt_error_message(), "values is NULL; 3 values"));
    ck_assert_double_eq(value, -7);
    ck_assert_int_eq(function(0, 0, 0, NULL, 0), CRITPT_OK);
    ck_assert_int_eq(function(INT64_MAX, UINT64_MAX, UINT64_MAX - 1, &value, 1), CRITPT_OK);
    ck_assert_double_ne(value, -7);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *known = tcase_create("known answers");
    tcase_add_loop_test(known, test_philox, 0, COUNT(philox_answers));
    tcase_add_loop_test(known, test_known_draws, 0, COUNT(known_draws));
    tcase_add_loop_test(known, test_known_normals, 0, COUNT(known_normals));
    tcase_add_test(known, test_extreme_uniforms);
    suite_add_tcase(suite, known);
    TCase *distributions = tcase_create("distributions, streams and errors");
    tcase_set_timeout(distributions, 60);
    tcase_add_test(distributions, test_normal_distribution);
    tcase_add_test(distributions, test_uniform_distribution);
    tcase_add_test(distributions, test_independence);
    tcase_add_test(distributions, test_parts);
    tcase_add_loop_test(distributions, test_errors, 0, COUNT(functions));
    suite_add_tcase(suite, distributions);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
