/* Activations against closed forms in extended precision, their properties, and the independence of
 * a value from its place in the array: at every vector level of this processor. */
#include <check.h>
#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activation_reference.h"
#include "model/activation.h"

enum { N_ACTIVATIONS = 12, N_ORDERS = 4, GRID_CAPACITY = 20000 };

/* ---- Arguments ----------------------------------------------------------------------------------
 */

/* Dense around 0, saturation on both sides, tiny and huge arguments. */
static size_t make_grid(double *z)
{
    size_t n = 0;
    for (int i = -5120; i <= 5120; i++)
        z[n++] = i / 128.0 + (i % 7) * 1e-5;
    for (int i = 40; i <= 7200; i += 9)
        for (int sign = -1; sign <= 1; sign += 2)
            z[n++] = sign * (i / 10.0 + 1e-3);
    for (double magnitude = 1e-300; magnitude < 1; magnitude *= 7.3)
        for (int sign = -1; sign <= 1; sign += 2)
            z[n++] = sign * magnitude;
    static const double huge[] = {710, 745, 1e3, 1e10, 1e100, 1e150};
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++)
        for (int sign = -1; sign <= 1; sign += 2)
            z[n++] = sign * huge[i];
    ck_assert_uint_le(n, GRID_CAPACITY);
    return n;
}

static double grid[GRID_CAPACITY], results[N_ORDERS][GRID_CAPACITY];

static void evaluate(int level, int activation, size_t n, const double *z)
{
    cpt_model_activation_evaluate_at((cpt_model_vector_level)level, (critpt_activation)activation,
                                     n, z, results[0], results[1], results[2], results[3]);
}

/* act^(order)(z) for a single argument. */
static double single(int level, int activation, unsigned order, double z)
{
    double result = 0;
    double *wanted[N_ORDERS] = {NULL, NULL, NULL, NULL};
    wanted[order] = &result;
    cpt_model_activation_evaluate_at((cpt_model_vector_level)level, (critpt_activation)activation,
                                     1, &z, wanted[0], wanted[1], wanted[2], wanted[3]);
    return result;
}

static int n_levels(void)
{
    return (int)cpt_model_vector_best_level() + 1;
}

/* ---- Closed forms in extended precision
 * ----------------------------------------------------------- */

/* Valgrind computes long double in double precision, whatever its format says. */
static bool has_extended_precision(void)
{
    volatile long double one = 1, above = one + 0x1p-63L;
    return above > one;
}

/* Largest errors, in units of eps times the magnitude: what libmvec's 4 ulp and a few operations
 * give. */
static const double largest_error[N_ACTIVATIONS][N_ORDERS] = {
    [CRITPT_IDENTITY] = {0, 0, 0, 0}, [CRITPT_TANH] = {4, 8, 10, 12},
    [CRITPT_SIGMOID] = {4, 6, 8, 8},  [CRITPT_SOFTPLUS] = {6, 4, 6, 8},
    [CRITPT_SILU] = {5, 6, 8, 8},     [CRITPT_GELU] = {6, 6, 6, 6},
    [CRITPT_SIN] = {4, 4, 4, 4},      [CRITPT_GAUSSIAN] = {4, 6, 6, 8},
    [CRITPT_SQUARE] = {1, 0, 0, 0},   [CRITPT_ELU] = {6, 6, 6, 6},
    [CRITPT_RELU] = {0, 0, 0, 0},     [CRITPT_LEAKY_RELU] = {1, 0, 0, 0},
};

START_TEST(test_values_and_derivatives)
{
    size_t n = make_grid(grid);
    for (int level = 0; level < n_levels(); level++) {
        evaluate(level, _i, n, grid);
        for (unsigned order = 0; order < N_ORDERS; order++) {
            double worst = 0, worst_z = 0;
            for (size_t i = 0; i < n; i++) {
                reference r = reference_of(_i, order, grid[i]);
                long double error = fabsl((long double)results[order][i] - r.exact) - 1e-300L;
                double units = (double)(error / (DBL_EPSILON * (r.magnitude + 1e-300L)));
                if (!(units <= worst)) {
                    worst = units;
                    worst_z = grid[i];
                }
            }
            printf("%-10s level %d derivative %u: error %.2f eps at %g\n",
                   critpt_activation_name((critpt_activation)_i), level, order, worst, worst_z);
            ck_assert_msg(worst <= largest_error[_i][order],
                          "%s, level %d, derivative %u at %.17g: error %.3g eps, %.3g allowed",
                          critpt_activation_name((critpt_activation)_i), level, order, worst_z,
                          worst, largest_error[_i][order]);
        }
    }
}
END_TEST

/* ---- Derivatives against the function itself
 * ------------------------------------------------------- */

static double complex complex_activation(int activation, double complex z)
{
    switch ((critpt_activation)activation) {
    case CRITPT_TANH:
        return ctanh(z);
    case CRITPT_SIGMOID:
        return 1 / (1 + cexp(-z));
    case CRITPT_SOFTPLUS:
        return clog(1 + cexp(z));
    case CRITPT_SILU:
        return z / (1 + cexp(-z));
    case CRITPT_SIN:
        return csin(z);
    case CRITPT_GAUSSIAN:
        return cexp(-z * z);
    case CRITPT_SQUARE:
        return z * z;
    case CRITPT_ELU: /* each side of the kink is analytic */
        return creal(z) > 0 ? z : cexp(z) - 1;
    case CRITPT_LEAKY_RELU:
        return creal(z) > 0 ? z : 0.01 * z;
    case CRITPT_RELU:
        return creal(z) > 0 ? z : 0;
    default:
        return z;
    }
}

START_TEST(test_complex_step)
{
    const double h = 1e-100;
    if (_i == CRITPT_GELU)
        return; /* C has no complex erf */
    for (double z = -6.05; z < 6; z += 0.1) {
        double expected = cimag(complex_activation(_i, z + h * I)) / h;
        for (int level = 0; level < n_levels(); level++)
            ck_assert_double_eq_tol(single(level, _i, 1, z), expected,
                                    1e-13 * fabs(expected) + 1e-15);
    }
}
END_TEST

START_TEST(test_central_differences)
{
    const double h = 0x1p-17;
    for (double z = -6.05; z < 6; z += 0.1)
        for (unsigned order = 0; order + 1 < N_ORDERS; order++)
            for (int level = 0; level < n_levels(); level++) {
                double difference =
                    (single(level, _i, order, z + h) - single(level, _i, order, z - h)) / (2 * h);
                ck_assert_double_eq_tol(single(level, _i, order + 1, z), difference, 2e-9);
            }
}
END_TEST

/* ---- The table of properties
 * ------------------------------------------------------------------------ */

static const cpt_model_activation_traits *traits_of(int activation)
{
    return cpt_model_activation_find((critpt_activation)activation);
}

START_TEST(test_bounds)
{
    size_t n = make_grid(grid);
    for (int level = 0; level < n_levels(); level++) {
        evaluate(level, _i, n, grid);
        for (unsigned order = 1; order < N_ORDERS; order++) {
            double bound = traits_of(_i)->bound[order - 1], largest = 0;
            for (size_t i = 0; i < n; i++)
                largest = fmax(largest, fabs(results[order][i]));
            if (isinf(bound)) {
                ck_assert_double_gt(largest, 1e100);
            } else {
                ck_assert_double_le(largest, bound * (1 + 8 * DBL_EPSILON));
                ck_assert_double_ge(largest, bound * (1 - 1e-4));
            }
        }
    }
}
END_TEST

/* In a tail no derivative changes faster than its traits say, which bounds errors there: by closed
 * forms, at 500 places on either side and for errors up to those that mlp_errors.c takes. */
START_TEST(test_tails)
{
    double tail = traits_of(_i)->tail;
    for (int place = -500; place <= 500 && isfinite(tail); place++)
        for (int step = 0; place && step < 40; step++) {
            double z = copysign(tail + fabs(place * 0.04), place);
            double rate = 2 * fabs(z) + CPT_MODEL_TAIL_RATE, dz = 0.5 / rate * pow(0.7, step / 2);
            double moved = step % 2 ? z - dz : z + dz;
            if (fabs(z) - dz <= tail)
                continue;
            for (unsigned order = 1; order < N_ORDERS; order++) {
                long double most =
                    fabsl(reference_of(_i, order, z).exact) * (1 + 2 * rate * dz) * (1 + 1e-12L);
                ck_assert_ldouble_le(fabsl(reference_of(_i, order, moved).exact), most);
            }
        }
}
END_TEST

START_TEST(test_parity)
{
    const cpt_model_parity parity = traits_of(_i)->parity;
    for (int level = 0; level < n_levels(); level++) {
        bool odd = true, even = true, half_plus_odd = true;
        for (double z = 0.01; z < 9; z += 0.37) {
            double right = single(level, _i, 0, z), left = single(level, _i, 0, -z);
            odd = odd && left == -right;
            even = even && left == right;
            half_plus_odd = half_plus_odd && fabs(left + right - 1) <= 2 * DBL_EPSILON;
        }
        ck_assert_int_eq(odd, parity == CPT_MODEL_ODD);
        ck_assert_int_eq(even, parity == CPT_MODEL_EVEN);
        ck_assert_int_eq(half_plus_odd, parity == CPT_MODEL_HALF_PLUS_ODD);
    }
}
END_TEST

START_TEST(test_homogeneity)
{
    for (int level = 0; level < n_levels(); level++) {
        bool homogeneous[3] = {false, true, true};
        for (double z = -8.3; z < 9; z += 0.37)
            for (unsigned k = 1; k <= 2; k++)
                homogeneous[k] = homogeneous[k] &&
                                 single(level, _i, 0, 4 * z) == pow(4, k) * single(level, _i, 0, z);
        for (unsigned k = 1; k <= 2; k++)
            ck_assert_int_eq(homogeneous[k], traits_of(_i)->homogeneity == k);
    }
}
END_TEST

/* The first derivative that differs on the two sides of 0 is the kink's. */
START_TEST(test_kink)
{
    for (int level = 0; level < n_levels(); level++) {
        unsigned kink = 0;
        for (unsigned order = N_ORDERS; order-- > 0;)
            if (fabs(single(level, _i, order, 1e-9) - single(level, _i, order, -1e-9)) > 1e-3)
                kink = order;
        ck_assert_uint_eq(kink, traits_of(_i)->kink);
        if (kink) { /* at the kink itself: the left side's */
            ck_assert_double_eq_tol(single(level, _i, 1, 0), single(level, _i, 1, -1e-12), 1e-9);
            ck_assert_double_eq_tol(single(level, _i, 2, 0), single(level, _i, 2, -1e-12), 1e-9);
        }
        if (traits_of(_i)->slope != 0)
            ck_assert_double_eq(traits_of(_i)->slope, single(level, _i, 1, -3));
    }
}
END_TEST

/* ---- Special arguments
 * -------------------------------------------------------------------------------- */

START_TEST(test_not_a_number)
{
    for (int level = 0; level < n_levels(); level++)
        for (unsigned order = 0; order < N_ORDERS; order++)
            ck_assert_msg(isnan(single(level, _i, order, NAN)), "%s, level %d, derivative %u",
                          traits_of(_i)->name, level, order);
}
END_TEST

/* Values at -infinity and infinity, the slopes there; second and third derivatives vanish. */
static const double limits[N_ACTIVATIONS][4] = {
    [CRITPT_IDENTITY] = {-INFINITY, INFINITY, 1, 1},
    [CRITPT_TANH] = {-1, 1, 0, 0},
    [CRITPT_SIGMOID] = {0, 1, 0, 0},
    [CRITPT_SOFTPLUS] = {0, INFINITY, 0, 1},
    [CRITPT_SILU] = {0, INFINITY, 0, 1},
    [CRITPT_GELU] = {0, INFINITY, 0, 1},
    [CRITPT_GAUSSIAN] = {0, 0, 0, 0},
    [CRITPT_ELU] = {-1, INFINITY, 0, 1},
    [CRITPT_RELU] = {0, INFINITY, 0, 1},
    [CRITPT_LEAKY_RELU] = {-INFINITY, INFINITY, 0.01, 1},
    [CRITPT_SQUARE] = {INFINITY, INFINITY, -INFINITY, INFINITY}};

START_TEST(test_limits)
{
    for (int level = 0; level < n_levels(); level++)
        for (int side = 0; side < 2; side++)
            for (int huge = 0; huge < 2; huge++) {
                double z = (side ? 1 : -1) * (huge ? 1e300 : INFINITY);
                for (unsigned order = 0; order < N_ORDERS; order++) {
                    double result = single(level, _i, order, z);
                    double limit = order < 2 ? limits[_i][2 * order + (unsigned)side]
                                             : (_i == CRITPT_SQUARE && order == 2 ? 2 : 0);
                    if (_i == CRITPT_SIN)
                        ck_assert(huge ? fabs(result) <= 1 : isnan(result));
                    else if (huge && isinf(limit))
                        ck_assert(fabs(result) >= 1e297 && signbit(result) == signbit(limit));
                    else
                        ck_assert_double_eq(result, limit);
                }
            }
}
END_TEST

/* ---- Place
 * ---------------------------------------------------------------------------------------------- */

enum { PLACES = 200 };

static void mixed_arguments(double *z)
{
    static const double special[] = {0,     -0.0, 1e-310, -800, 800,
                                     1e300, 37.7, -37.7,  26.7, INFINITY};
    for (size_t i = 0; i < PLACES; i++)
        z[i] = i % 11 == 10 ? special[i / 11 % (sizeof special / sizeof *special)]
                            : 30 * sin(0.7 * (double)i * (double)i);
}

/* Every entry has the same bits alone, and in arrays of any length at any offset. */
START_TEST(test_place)
{
    double z[PLACES], alone[N_ORDERS][PLACES], r[N_ORDERS][PLACES];
    mixed_arguments(z);
    for (int level = 0; level < n_levels(); level++) {
        for (unsigned order = 0; order < N_ORDERS; order++)
            for (size_t i = 0; i < PLACES; i++)
                alone[order][i] = single(level, _i, order, z[i]);
        for (size_t n = 1; n <= 140; n++)
            for (size_t offset = 0; offset < 9; offset++) {
                cpt_model_activation_evaluate_at((cpt_model_vector_level)level,
                                                 (critpt_activation)_i, n, z + offset, r[0], r[1],
                                                 r[2], r[3]);
                for (unsigned order = 0; order < N_ORDERS; order++)
                    ck_assert_msg(memcmp(r[order], alone[order] + offset, n * sizeof *z) == 0,
                                  "%s, level %d, derivative %u: n %zu, offset %zu",
                                  traits_of(_i)->name, level, order, n, offset);
            }
    }
}
END_TEST

/* What is not asked for is not written, nothing beyond n is, and the rest does not change. */
START_TEST(test_subsets)
{
    double z[PLACES], all[N_ORDERS][PLACES], r[N_ORDERS][PLACES];
    mixed_arguments(z);
    for (int level = 0; level < n_levels(); level++) {
        cpt_model_activation_evaluate_at((cpt_model_vector_level)level, (critpt_activation)_i,
                                         PLACES, z, all[0], all[1], all[2], all[3]);
        for (unsigned subset = 0; subset < 1u << N_ORDERS; subset++)
            for (size_t n = 0; n < PLACES; n += 37) {
                double *wanted[N_ORDERS];
                for (unsigned order = 0; order < N_ORDERS; order++) {
                    wanted[order] = subset >> order & 1 ? r[order] : NULL;
                    for (size_t i = 0; i < PLACES; i++)
                        r[order][i] = -77;
                }
                cpt_model_activation_evaluate_at((cpt_model_vector_level)level,
                                                 (critpt_activation)_i, n, z, wanted[0], wanted[1],
                                                 wanted[2], wanted[3]);
                for (unsigned order = 0; order < N_ORDERS; order++) {
                    size_t written = wanted[order] ? n : 0;
                    ck_assert(memcmp(r[order], all[order], written * sizeof *z) == 0);
                    for (size_t i = written; i < PLACES; i++)
                        ck_assert_double_eq(r[order][i], -77);
                }
            }
    }
}
END_TEST

typedef void vector_function(cpt_model_vector_level, size_t, const double *, double *);
static vector_function *const vector_functions[] = {cpt_model_vector_exp,   cpt_model_vector_expm1,
                                                    cpt_model_vector_log1p, cpt_model_vector_sin,
                                                    cpt_model_vector_cos,   cpt_model_vector_erfc};

START_TEST(test_vector_function_place)
{
    double x[80], alone[80], y[80];
    for (size_t i = 0; i < 80; i++)
        x[i] = 3 * fabs(sin(0.7 * (double)i * (double)i));
    for (int level = 0; level < n_levels(); level++) {
        for (size_t i = 0; i < 80; i++)
            vector_functions[_i]((cpt_model_vector_level)level, 1, x + i, alone + i);
        for (size_t n = 0; n <= 70; n++)
            for (size_t offset = 0; offset < 9; offset++) {
                memcpy(y, x, sizeof y); /* in place */
                vector_functions[_i]((cpt_model_vector_level)level, n, y + offset, y + offset);
                ck_assert(memcmp(y, x, offset * sizeof *y) == 0);
                ck_assert(memcmp(y + offset, alone + offset, n * sizeof *y) == 0);
                ck_assert(memcmp(y + offset + n, x + offset + n, (80 - offset - n) * sizeof *y) ==
                          0);
            }
    }
}
END_TEST

START_TEST(test_best_level_is_the_default)
{
    double z[PLACES], r[N_ORDERS][PLACES];
    mixed_arguments(z);
    cpt_model_activation_evaluate((critpt_activation)_i, PLACES, z, r[0], r[1], r[2], r[3]);
    evaluate((int)cpt_model_vector_best_level(), _i, PLACES, z);
    for (unsigned order = 0; order < N_ORDERS; order++)
        ck_assert(memcmp(r[order], results[order], sizeof r[order]) == 0);
}
END_TEST

/* ---- Names
 * ------------------------------------------------------------------------------------------------
 */

static const char *const names[N_ACTIVATIONS] = {"identity", "tanh", "sigmoid", "softplus",
                                                 "silu",     "gelu", "sin",     "gaussian",
                                                 "square",   "elu",  "relu",    "leaky_relu"};

START_TEST(test_names)
{
    for (int i = 0; i < N_ACTIVATIONS; i++) {
        critpt_activation activation = CRITPT_IDENTITY;
        ck_assert_str_eq(critpt_activation_name((critpt_activation)i), names[i]);
        ck_assert_int_eq(critpt_activation_from_name(names[i], &activation), CRITPT_OK);
        ck_assert_int_eq(activation, i);
    }
    ck_assert_ptr_null(critpt_activation_name((critpt_activation)N_ACTIVATIONS));
    ck_assert_ptr_null(critpt_activation_name((critpt_activation)-1));
    ck_assert_ptr_null(cpt_model_activation_find((critpt_activation)N_ACTIVATIONS));
}
END_TEST

START_TEST(test_unknown_names)
{
    static const char *const unknown[] = {"Tanh", "tan", "tanhh", "", " relu"};
    critpt_activation activation = CRITPT_SILU;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        ck_assert_int_eq(critpt_activation_from_name(unknown[i], &activation),
                         CRITPT_INVALID_ARGUMENT);
        ck_assert_int_eq(activation, CRITPT_SILU);
        ck_assert_ptr_nonnull(strstr(critpt_error_message(), unknown[i]));
        for (int k = 0; k < N_ACTIVATIONS; k++)
            ck_assert_ptr_nonnull(strstr(critpt_error_message(), names[k]));
    }
    ck_assert_int_eq(critpt_activation_from_name(NULL, &activation), CRITPT_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(critpt_error_message(), "name is NULL"));
    ck_assert_int_eq(critpt_activation_from_name("tanh", NULL), CRITPT_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(critpt_error_message(), "activation is NULL"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activation");
    TCase *each = tcase_create("each activation");
    tcase_set_timeout(each, 120);
    if (has_extended_precision())
        tcase_add_loop_test(each, test_values_and_derivatives, 0, N_ACTIVATIONS);
    else
        puts("SKIPPED: comparison with closed forms: long double is no wider than double here");
    tcase_add_loop_test(each, test_complex_step, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_central_differences, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_bounds, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_tails, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_parity, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_homogeneity, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_kink, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_not_a_number, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_limits, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_place, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_subsets, 0, N_ACTIVATIONS);
    tcase_add_loop_test(each, test_best_level_is_the_default, 0, N_ACTIVATIONS);
    suite_add_tcase(suite, each);
    TCase *once = tcase_create("vector functions and names");
    tcase_add_loop_test(once, test_vector_function_place, 0,
                        sizeof vector_functions / sizeof *vector_functions);
    tcase_add_test(once, test_names);
    tcase_add_test(once, test_unknown_names);
    suite_add_tcase(suite, once);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
