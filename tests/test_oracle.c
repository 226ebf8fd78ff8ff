/* The independent checker against closed forms by hand, and against differences of its own loss. */
#include <float.h>
#include <stdio.h>

#include "oracle/activation.h"
#include "oracle/first_order.h"
#include "oracle/losses.h"
#include "oracle/network.h"
#include "oracle/products.h"
#include "oracle/condition.h"
#include "oracle/spectrum.h"
#include "oracle/eigen.h"
#include "oracle/null.h"
#include "support.h"

/* 1-1-1 with a tanh unit and all biases, two samples, sample weights and a metric. */
START_TEST(agrees_with_a_network_by_hand)
{
    const size_t widths[] = {1, 1, 1};
    const critpt_activation activations[] = {CRITPT_TANH, CRITPT_IDENTITY};
    const int bias[] = {1, 1};
    const double x[] = {0.5, -1.25}, y[] = {1, 2}, s[] = {2, 0.5}, metric[] = {3};
    const double w[] = {0.75, 0.25, -1.5, 0.125}; /* W1, b1, W2, b2 */
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){2, widths, activations, bias}),
        2,
        x,
        y,
        s,
        metric,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    oracle_values found;
    long double loss = 0, level = 0, g[4] = {0}, g_y[4] = {0}, j2 = 0, r2 = 0, absolute[4] = {0};
    for (int i = 0; i < 2; i++) {
        long double t = tanhl((long double)w[0] * x[i] + w[1]), slope = 1 - t * t;
        long double r = w[2] * t + w[3] - y[i], m = (long double)s[i] * metric[0] / 2;
        long double j[4] = {w[2] * slope * x[i], w[2] * slope, t, 1};
        long double phi_z = fabs(w[0]) * fabs(x[i]) + fabs(w[1]);
        long double phi_a = slope * phi_z + fabsl(t);
        long double phi = fabs(w[2]) * (fabsl(t) + phi_a) + fabs(w[3]);
        long double back = fabsl(w[2] * m * r); /* onto the unit, with one more rounding */
        long double error = back * (2 * fabsl(t) * slope * phi_z + slope);
        const long double errors[4] = {error * fabs(x[i]), error, fabsl(m * r) * phi_a, 0};
        loss += m * r * r / 2;
        level += m * y[i] * y[i];
        r2 += m * r * m * r;
        for (int p = 0; p < 4; p++) {
            g[p] += j[p] * m * r;
            g_y[p] += j[p] * m * y[i];
            absolute[p] += fabsl(j[p]) * m * phi + errors[p];
            j2 += j[p] * j[p];
        }
    }
    long double norm = 0, norm_y = 0, norm_phi = 0, largest = 0;
    for (int p = 0; p < 4; p++) {
        norm += g[p] * g[p];
        norm_y += g_y[p] * g_y[p];
        norm_phi += absolute[p] * absolute[p];
        largest = fmaxl(largest, fabsl(g[p]));
    }
    long double unit = sqrtl(j2 * r2) + sqrtl(norm_y) + sqrtl(norm_phi);
    ck_assert_int_eq(oracle_evaluate(&problem, w, &found), ORACLE_OK);
    ASSERT_NEAR(found.loss, loss, loss, DBL_EPSILON);
    ASSERT_NEAR(found.level, level, level, DBL_EPSILON);
    ASSERT_NEAR(found.gradient_norm, sqrtl(norm), sqrtl(norm), DBL_EPSILON);
    ASSERT_NEAR(found.gradient_max, largest, largest, DBL_EPSILON);
    ASSERT_NEAR(found.unit, unit, unit, DBL_EPSILON);
    ck_assert_double_infinite(found.kink_margin);
}
END_TEST

/* Integers, so that everything is exact: f = (w x)^2 with w = 3, x = 2, y = 30. */
START_TEST(is_exact_on_integers)
{
    const size_t widths[] = {1, 1};
    const critpt_activation activations[] = {CRITPT_SQUARE};
    const int bias[] = {0};
    const double x[] = {2}, y[] = {30}, w[] = {3}, base[] = {27};
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){1, widths, activations, bias}),
        1,
        x,
        y,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    oracle_values found;
    double distance;
    ck_assert_int_eq(oracle_evaluate(&problem, w, &found), ORACLE_OK);
    ck_assert_double_eq(found.loss, 18);           /* 6^2 / 2 */
    ck_assert_double_eq(found.level, 900);         /* 30^2 */
    ck_assert_double_eq(found.gradient_norm, 144); /* 2 (w x) x r = 24 * 6 */
    ck_assert_double_eq(found.gradient_norm_float32, 144);
    /* 24 * 6 + 24 * 30 + 24 phi; phi_z = |w x| = 6, phi = |2 z| phi_z + |f| = 12 * 6 + 36 = 108 */
    /* and psi = |x| |act''| phi_z |r| = 2 * 2 * 6 * 6 */
    ck_assert_double_eq(found.unit, 144 + 720 + 24 * 108 + 144);
    ck_assert_int_eq(oracle_distance(&problem, base, &distance), ORACLE_OK);
    ck_assert_double_eq(distance, 3);
    ck_assert_uint_eq(problem.model.n_weights, 1);
}
END_TEST

/* What float32 does to 1/3 and 0.1 is done to inputs, targets and weights before anything else. */
START_TEST(rounds_to_float32)
{
    const size_t widths[] = {1, 1};
    const critpt_activation activations[] = {CRITPT_IDENTITY};
    const int bias[] = {1};
    const double x[] = {1.0 / 3}, y[] = {0.1}, w[] = {0.7, 0.3};
    const double x32[] = {(float)x[0]}, y32[] = {(float)y[0]}, w32[] = {(float)w[0], (float)w[1]};
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){1, widths, activations, bias}),
        1,
        x,
        y,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    const oracle_problem rounded = {
        oracle_network_model(&(oracle_network){1, widths, activations, bias}),
        1,
        x32,
        y32,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    oracle_values a, b;
    ck_assert_int_eq(oracle_evaluate(&problem, w, &a), ORACLE_OK);
    ck_assert_int_eq(oracle_evaluate(&rounded, w32, &b), ORACLE_OK);
    ck_assert_double_eq(a.gradient_norm_float32, b.gradient_norm);
    ck_assert_double_ne(a.gradient_norm_float32, a.gradient_norm);
}
END_TEST

/* Known values of every activation, and its slope as a difference quotient, through a 1-1 net whose
 * loss is (act(w) - 0)^2 / 2 and whose gradient is act(w) act'(w). */
START_TEST(knows_every_activation)
{
    static const struct {
        critpt_activation activation;
        double z, value, slope;
    } cases[] = {
        {CRITPT_IDENTITY, 0.5, 0.5, 1},
        {CRITPT_TANH, 0.5, 0.46211715726000975850, 0.78644773296592741015},
        {CRITPT_TANH, 15, 0.99999999999981284754, 3.7430491875353693e-13},
        {CRITPT_SIGMOID, 0.5, 0.62245933120185456464, 0.23500371220159449069},
        {CRITPT_SIGMOID, -40, 4.2483542552915889e-18, 4.2483542552915889e-18},
        {CRITPT_SOFTPLUS, 0.5, 0.97407698418010668086, 0.62245933120185456464},
        {CRITPT_SOFTPLUS, 50, 50.000000000000000000, 1},
        {CRITPT_SILU, 0.5, 0.31122966560092728232, 0.73996118730265180998},
        {CRITPT_GELU, 0.5, 0.34573123063700651818, 0.86749512465616286},
        {CRITPT_SIN, 0.5, 0.47942553860420300027, 0.87758256189037271612},
        {CRITPT_GAUSSIAN, 0.5, 0.77880078307140486825, -0.77880078307140486825},
        {CRITPT_SQUARE, 0.5, 0.25, 1},
        {CRITPT_ELU, -0.5, -0.39346934028736657640, 0.60653065971263342360},
        {CRITPT_ELU, 0.5, 0.5, 1},
        {CRITPT_RELU, 0.5, 0.5, 1},
        {CRITPT_LEAKY_RELU, -0.5, -0.005, 0.01},
    };
    const size_t widths[] = {1, 1};
    const int bias[] = {0};
    const double x[] = {1}, y[] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const oracle_problem problem = {
            oracle_network_model(&(oracle_network){1, widths, &cases[i].activation, bias}),
            1,
            x,
            y,
            NULL,
            NULL,
            NULL,
            NULL,
            {NULL, NULL},
            0};
        oracle_values found;
        ck_assert_int_eq(oracle_evaluate(&problem, &cases[i].z, &found), ORACLE_OK);
        double loss = cases[i].value * cases[i].value / 2;
        double gradient = fabs(cases[i].value * cases[i].slope);
        ASSERT_NEAR(found.loss, loss, loss, 1e-14);
        ASSERT_NEAR(found.gradient_norm, gradient, gradient, 1e-12);
        bool kinked = cases[i].activation >= CRITPT_ELU;
        ck_assert_double_eq(found.kink_margin, kinked ? 0.5 : INFINITY);
    }
}
END_TEST

/* |J|_F and the gradients of a deep net with several outputs against the library's Jacobian. */
START_TEST(agrees_with_the_library)
{
    const net shape = {.n_inputs = 3,
                       .n_layers = 3,
                       .widths = {5, 4, 2},
                       .activations = {CRITPT_GELU, CRITPT_LEAKY_RELU, CRITPT_TANH},
                       .bias = {1, 0, 1}};
    const size_t widths[] = {3, 5, 4, 2};
    scene made = scene_create(&shape, 37, 11);
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){3, widths, shape.activations, shape.bias}),
        37,
        made.inputs,
        made.targets,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    oracle_values found;
    double loss, unit, margin, *gradient = NEW(double, made.P);
    ck_assert_uint_eq(problem.model.n_weights, made.P);
    ck_assert_int_eq(oracle_evaluate(&problem, made.weights, &found), ORACLE_OK);
    ASSERT_OK(critpt_landscape_gradient(made.landscape, NULL, made.weights, made.P, gradient,
                                        made.P, &loss));
    ASSERT_OK(critpt_landscape_gradient_unit(made.landscape, NULL, made.weights, made.P, &unit));
    ASSERT_OK(critpt_landscape_kink_margin(made.landscape, NULL, made.weights, made.P, &margin));
    double norm = 0;
    for (size_t i = 0; i < made.P; i++)
        norm = hypot(norm, gradient[i]);
    ASSERT_NEAR(found.loss, loss, loss, 1e-14);
    ASSERT_NEAR(found.gradient_norm, norm, norm, 1e-13);
    ASSERT_NEAR(found.unit * DBL_EPSILON, unit, unit, 1e-12);
    ASSERT_NEAR(found.kink_margin, margin, 1, 1e-14);
    free(gradient);
    scene_destroy(&made);
}
END_TEST

/* H = act'^2 + act act'' for the loss act(w)^2 / 2, with act'' a central difference of slopes. */
START_TEST(knows_every_second_derivative)
{
    static const double places[] = {-2.5, -0.7, 0.3, 1.9};
    const size_t widths[] = {1, 1};
    const int bias[] = {0};
    const double x[] = {1}, y[] = {0}, along[] = {-2};
    for (int a = CRITPT_IDENTITY; a <= CRITPT_LEAKY_RELU; a++)
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            critpt_activation activation = (critpt_activation)a;
            const oracle_problem problem = {
                oracle_network_model(&(oracle_network){1, widths, &activation, bias}),
                1,
                x,
                y,
                NULL,
                NULL,
                NULL,
                NULL,
                {NULL, NULL},
                0};
            const oracle_activation *act = oracle_activation_of(activation);
            real z = places[i], h = (real)1e-6, f = act->value(z), slope = act->slope(z);
            real bend = (act->slope(z + h) - act->slope(z - h)) / (2 * h);
            double expected = (double)(slope * slope + f * bend), found, length;
            ck_assert_int_eq(oracle_quotients(&problem, &places[i], 1, along, &found, &length),
                             ORACLE_OK);
            ASSERT_NEAR(found, expected, 1, 1e-10);
            ck_assert_double_eq(length, 2);
        }
}
END_TEST

enum { ORDER = 40 };

/* 2 on the diagonal and -1 beside it, conjugated by a reflection so that it is full. */
static void second_difference(real *full)
{
    real v[ORDER], square = 0;
    for (size_t i = 0; i < ORDER; i++) {
        v[i] = (real)sin((double)i + 1);
        square += v[i] * v[i];
    }
    for (size_t i = 0; i < ORDER; i++)
        for (size_t j = 0; j < ORDER; j++) {
            full[i * ORDER + j] = 0;
            for (size_t p = 0; p < ORDER; p++)
                for (size_t q = 0; q < ORDER; q++) {
                    real entry = p == q ? 2 : p + 1 == q || q + 1 == p ? -1 : 0;
                    full[i * ORDER + j] += ((i == p) - 2 * v[i] * v[p] / square) * entry *
                                           ((j == q) - 2 * v[j] * v[q] / square);
                }
        }
}

/* Eigenvalues 2 - 2 cos(k pi / (n + 1)) with their vectors; then zero, and values far apart. */
START_TEST(knows_eigenvalues)
{
    static real a[ORDER * ORDER], full[ORDER * ORDER], values[ORDER], vectors[ORDER * ORDER];
    second_difference(full);
    memcpy(a, full, sizeof a);
    ck_assert_int_eq(oracle_eigen(ORDER, a, values, vectors, 0, (oracle_stop){NULL, NULL}),
                     ORACLE_OK);
    for (size_t k = 0; k < ORDER; k++) {
        double expected = 2 - 2 * cos((double)(k + 1) * acos(-1.0) / (ORDER + 1)), worst = 0;
        ASSERT_NEAR((double)values[k], expected, 1, 2e-15);
        for (size_t i = 0; i < ORDER; i++) {
            real residual = -values[k] * vectors[k * ORDER + i];
            for (size_t j = 0; j < ORDER; j++)
                residual += full[i * ORDER + j] * vectors[k * ORDER + j];
            worst = fmax(worst, fabs((double)residual));
        }
        ck_assert_double_le(worst, 1e-16);
    }
    memset(a, 0, sizeof a);
    ck_assert_int_eq(oracle_eigen(ORDER, a, values, NULL, 0, (oracle_stop){NULL, NULL}), ORACLE_OK);
    ck_assert_double_eq((double)values[ORDER - 1], 0);
    for (size_t i = 0; i < ORDER; i++)
        a[i * ORDER + i] = (real)pow(10, 10 - (double)i);
    ck_assert_int_eq(oracle_eigen(ORDER, a, values, NULL, 0, (oracle_stop){NULL, NULL}), ORACLE_OK);
    ASSERT_NEAR((double)values[0], 1e-29, 1e-29, 1e-15);
    ASSERT_NEAR((double)values[ORDER - 1], 1e10, 1e10, 1e-15);
}
END_TEST

/* Two implementations that share nothing, on a deep net with sample weights and a metric. */
START_TEST(agrees_with_the_library_on_spectra)
{
    const net shape = {.n_inputs = 3,
                       .n_layers = 3,
                       .widths = {5, 4, 2},
                       .activations = {CRITPT_GELU, CRITPT_SILU, CRITPT_TANH},
                       .bias = {1, 0, 1}};
    const size_t widths[] = {3, 5, 4, 2};
    const double metric[] = {2, 0.5, 0.5, 1};
    double s[37];
    for (int i = 0; i < 37; i++)
        s[i] = 1 + 0.1 * i;
    scene made = scene_create(&shape, 37, 12);
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){3, widths, shape.activations, shape.bias}),
        37,
        made.inputs,
        made.targets,
        s,
        metric,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    ASSERT_OK(critpt_landscape_set_sample_weights(made.landscape, s, 37));
    ASSERT_OK(critpt_landscape_set_output_metric(made.landscape, metric, 2));
    critpt_spectrum *spectrum;
    oracle_spectrum found;
    ASSERT_OK(critpt_spectrum_create(&spectrum, made.landscape, made.weights, made.P, NULL));
    ck_assert_int_eq(oracle_spectrum_create(&found, &problem, made.weights, -1), ORACLE_OK);
    for (size_t i = 0; i < made.P; i++) {
        double value;
        ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, i, &value, NULL));
        ASSERT_NEAR(value, found.values[i], found.norm, 1e-14);
    }
    ck_assert_uint_eq(found.n_negative, critpt_spectrum_index(spectrum));
    ck_assert_uint_eq(found.n_positive, critpt_spectrum_n_positive(spectrum));
    ck_assert_double_lt(found.error, 1e-12 * found.norm);
    oracle_spectrum_free(&found);
    critpt_spectrum_destroy(spectrum);
    scene_destroy(&made);
}
END_TEST

/* 1/2 (w x - y)^2 changes by |(w x - y) x| ulps of w and by |(w x - y) w| of x, 10.5 units of 2^-52
 * each, of a loss with ulps four times as large; the residual, from 6, by the same. */
START_TEST(knows_what_rounded_weights_and_inputs_do)
{
    const size_t widths[] = {1, 1};
    const critpt_activation linear[] = {CRITPT_IDENTITY};
    const int none[] = {0};
    const double x[] = {3}, y[] = {1}, w[] = {1.5};
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){1, widths, linear, none}),
        1,
        x,
        y,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    const oracle_request request = {CRITPT_CONDITION_LOSS, {w}, 6, 0, 0, NULL};
    oracle_finding found;
    double achieved, residual;
    ck_assert_int_eq(oracle_find(&problem, &request, &found), ORACLE_OK);
    ck_assert_int_eq(oracle_find_sensitivity(&problem, &request, &found, &achieved, &residual),
                     ORACLE_OK);
    ck_assert(achieved >= 0x1p-48 && achieved <= 0x1.8p-48);
    ASSERT_NEAR(residual, 21 * 0x1p-52, 1, 0x1p-60);
}
END_TEST

/* exp(-z^2) is 0 at z = 2.6e5 and about it, and so is what rounding makes of the gradient; at z = 9
 * it is small, and moves by more than its rounding. */
START_TEST(measures_small_outputs_by_themselves)
{
    const size_t widths[] = {1, 1, 1};
    const critpt_activation activations[] = {CRITPT_GAUSSIAN, CRITPT_IDENTITY};
    const int bias[] = {0, 1};
    const double x = 1e5, y = 0, w[] = {2.6, 1.5, 0}, one = 1, nine = 9;
    const oracle_network deep = {2, widths, activations, bias},
                         flat = {1, widths, activations, bias};
    const oracle_problem far = {
        oracle_network_model(&deep), 1, &x, &y, NULL, NULL, NULL, NULL, {NULL, NULL}, 0};
    const oracle_problem small = {
        oracle_network_model(&flat), 1, &one, &one, NULL, NULL, NULL, NULL, {NULL, NULL}, 0};
    oracle_values values;
    size_t n = 99;
    ck_assert_int_eq(oracle_evaluate(&far, w, &values), ORACLE_OK);
    ck_assert_double_eq(values.unit, 0);
    ck_assert_int_eq(oracle_n_null(&small, &nine, &n), ORACLE_OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* A number beyond single precision is an overflow, whether inf - inf, what tanh saturates or a zero
 * would hide it or not. */
START_TEST(overflows_to_infinity)
{
    const size_t widths[] = {2, 1};
    const critpt_activation activations[][1] = {{CRITPT_IDENTITY}, {CRITPT_TANH}};
    const int none[] = {0};
    const struct {
        double x[2], y[1], w[2];
        bool finite;
    } cases[] = {
        {{1, 1}, {1}, {1e40, -1e40}, false},      {{1, 1}, {1e40}, {1, 1}, false},
        {{1, 1e40}, {1}, {1, 1}, false},          {{0, 1}, {1}, {1e40, 1}, false},
        {{1, 3.4e38}, {3.4e38}, {1, 1e-9}, true}, {{1e40, 1}, {1}, {0, 1}, false},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const oracle_network network = {1, widths, activations[i % 2], none};
        const oracle_problem problem = {oracle_network_model(&network),
                                        1,
                                        cases[i / 2].x,
                                        cases[i / 2].y,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL,
                                        {NULL, NULL},
                                        0};
        oracle_values values;
        ck_assert_int_eq(oracle_evaluate(&problem, cases[i / 2].w, &values), ORACLE_OK);
        ck_assert_int_eq(cases[i / 2].finite, values.gradient_norm_float32 != INFINITY);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        agrees_with_a_network_by_hand,
        is_exact_on_integers,
        rounds_to_float32,
        knows_every_activation,
        agrees_with_the_library,
        knows_every_second_derivative,
        knows_eigenvalues,
        agrees_with_the_library_on_spectra,
        knows_what_rounded_weights_and_inputs_do,
        measures_small_outputs_by_themselves,
        overflows_to_infinity,
    };
    return test_main("oracle", tests, sizeof tests / sizeof *tests);
}
