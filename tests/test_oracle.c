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

/* f = (w . x)^2 with x = (2, 1) and y = 20: at w = (3, -1) the residual is 5, the loss 12.5, the
 * gradient 50 x, the Hessian 110 xx' and its Gauss-Newton part 100 xx'. */
START_TEST(finds_conditions_by_hand)
{
    const size_t widths[] = {2, 1};
    const critpt_activation activations[] = {CRITPT_SQUARE};
    const int bias[] = {0};
    const double x[] = {2, 1}, y[] = {20}, a[] = {3, -1}, b[] = {3, 0}, c[] = {2, -1};
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
    const double gradient[] = {97, 54}, entry[] = {0, 1}, directions[] = {1, 1, 1, -1};
    const double picture[] = {12.5 + 7, 128 + 7, 60.5 + 7, 10 + 7}; /* the last is 8 */
    const struct {
        oracle_request request;
        double requested, achieved, residual;
    } cases[] = {
        {{CRITPT_CONDITION_LOSS, {a}, 12, 0, 0, NULL}, 12, 12.5, 0.5},
        {{CRITPT_CONDITION_LOSS_DIFFERENCE, {a, b}, -115, 0, 0, NULL}, -115, -115.5, 0.5},
        {{CRITPT_CONDITION_GRADIENT, {a}, 0, 1, 2, gradient}, hypot(97, 54), hypot(100, 50), 4},
        {{CRITPT_CONDITION_HESSIAN_ENTRY, {a}, 221, 1, 2, entry}, 221, 220, 1},
        {{CRITPT_CONDITION_CURVATURE, {a}, 300, 2, 2, directions}, 300, 330, 30},
        {{CRITPT_CONDITION_EIGENPAIR, {a}, 549, 1, 2, x}, 549, 550, 2},
        {{CRITPT_CONDITION_GAUSS_NEWTON, {a}, 0, 0, 0, NULL}, 0, 40, 40},
        {{CRITPT_CONDITION_PICTURE, {a, b, c}, 0, 2, 2, picture}, 118, 120, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oracle_finding found;
        ck_assert_int_eq(oracle_find(&problem, &cases[i].request, &found), ORACLE_OK);
        ASSERT_NEAR(found.requested, cases[i].requested, 500, DBL_EPSILON);
        ASSERT_NEAR(found.achieved, cases[i].achieved, 500, DBL_EPSILON);
        ASSERT_NEAR(found.residual, cases[i].residual, 500, DBL_EPSILON);
    }
}
END_TEST

/* 1-1-1-1 of relu units without biases: at x = 2 with w = -1 the first unit is off, and the second
 * one is 0 however the weights move: it has no kink there. With w = 0 the first one is on its own.
 */
START_TEST(a_unit_without_inputs_has_no_kink)
{
    const size_t widths[] = {1, 1, 1, 1};
    const critpt_activation activations[] = {CRITPT_RELU, CRITPT_RELU, CRITPT_IDENTITY};
    const int none[] = {0, 0, 0}, bias[] = {0, 1, 0};
    const double x[] = {2}, y[] = {1}, off[] = {-1, 3, 5}, on[] = {0, 3, 5};
    const double biased[] = {-1, 3, 0, 5};
    oracle_problem problem = {oracle_network_model(&(oracle_network){3, widths, activations, none}),
                              1,
                              x,
                              y,
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              {NULL, NULL},
                              0};
    oracle_values values;
    ck_assert_int_eq(oracle_evaluate(&problem, off, &values), ORACLE_OK);
    ck_assert_double_eq(values.kink_margin, 2);
    ck_assert_int_eq(oracle_evaluate(&problem, on, &values), ORACLE_OK);
    ck_assert_double_eq(values.kink_margin, 0);
    problem.model = oracle_network_model(&(oracle_network){3, widths, activations, bias});
    ck_assert_int_eq(oracle_evaluate(&problem, biased, &values), ORACLE_OK);
    ck_assert_double_eq(values.kink_margin, 0);
}
END_TEST

/* f = a tanh(w x) at x = 1 and 2 with a = 1, w = 1/2, y = f - r: the Hessian and its Gauss-Newton
 * part are 2 x 2 and by hand, and so is the least root of det(H - m G) = 0, as G is well
 * conditioned and not floored. */
START_TEST(knows_the_margin_by_hand)
{
    const size_t widths[] = {1, 1, 1};
    const critpt_activation activations[] = {CRITPT_TANH, CRITPT_IDENTITY};
    const int bias[] = {0, 0};
    const double x[] = {1, 2}, r[] = {0.25, -0.5}, w[] = {0.5, 1};
    double y[2], margin, error;
    bool open;
    long double g[3] = {0}, h[3] = {0}; /* ww, wa, aa */
    for (int i = 0; i < 2; i++) {
        long double t = tanhl((long double)w[0] * x[i]), slope = 1 - t * t, bend = -2 * t * slope;
        y[i] = (double)(w[1] * t - r[i]);
        long double residual = w[1] * t - y[i];
        long double jw = w[1] * slope * x[i], ja = t;
        g[0] += jw * jw / 2;
        g[1] += jw * ja / 2;
        g[2] += ja * ja / 2;
        h[0] += residual * w[1] * bend * x[i] * x[i] / 2;
        h[1] += residual * slope * x[i] / 2;
    }
    for (int i = 0; i < 3; i++)
        h[i] += g[i];
    /* det(H - m G) = a m^2 - b m + c */
    long double a = g[0] * g[2] - g[1] * g[1];
    long double b = h[0] * g[2] + h[2] * g[0] - 2 * h[1] * g[1], c = h[0] * h[2] - h[1] * h[1];
    long double root = sqrtl(b * b - 4 * a * c), low = (b - root) / (2 * a),
                high = (b + root) / (2 * a);
    long double expected = fminl(fabsl(low), fabsl(high));
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){2, widths, activations, bias}),
        2,
        x,
        y,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    ck_assert_int_eq(oracle_margin(&problem, w, &margin, &error, &open), ORACLE_OK);
    ASSERT_NEAR(margin, expected, 1, 1e-14);
    ck_assert_double_lt(error, 1e-9);
    ck_assert(!open);
}
END_TEST

/* A weight without effect is left out: the margin is the other's, H / G = 1 for a linear model. */
START_TEST(leaves_null_directions_out_of_margins)
{
    const size_t widths[] = {2, 1};
    const critpt_activation activations[] = {CRITPT_IDENTITY};
    const int bias[] = {0};
    const double x[] = {1, 0, 3, 0, -2, 0}, y[] = {1, 2, 3}, w[] = {0.5, 7};
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){1, widths, activations, bias}),
        3,
        x,
        y,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    double margin, error;
    bool open;
    ck_assert_int_eq(oracle_margin(&problem, w, &margin, &error, &open), ORACLE_OK);
    ASSERT_NEAR(margin, 1, 1, 1e-14);
    ck_assert_int_eq(oracle_least_eigenvalue(&problem, w, &margin, &error, &open), ORACLE_OK);
    ASSERT_NEAR(margin, 14. / 3, 1, 1e-14); /* the mean square of the input */
    ck_assert(!open && error < 1e-13);
}
END_TEST

/* (v w x)^2 / 2 at targets v w x: on the complement of v w = const the Hessian is (v^2 + w^2) x^2.
 */
START_TEST(finds_the_least_eigenvalue_off_a_curve)
{
    const size_t widths[] = {1, 1, 1};
    const critpt_activation activations[] = {CRITPT_IDENTITY, CRITPT_IDENTITY};
    const int bias[] = {0, 0};
    const double x[] = {1, 2, -3}, w[] = {0.5, 2}, y[] = {1, 2, -3};
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){2, widths, activations, bias}),
        3,
        x,
        y,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    double least, error;
    bool open;
    ck_assert_int_eq(oracle_least_eigenvalue(&problem, w, &least, &error, &open), ORACLE_OK);
    ASSERT_NEAR(least, 4.25 * 14 / 3, 1, 1e-12);
    ck_assert(!open && error < 1e-11);
}
END_TEST

/* Two columns of inputs that differ by d leave G a direction of d^2 / 2: null for 1e-9, none for
 * 1e-4, and a matter of rounding between. */
START_TEST(says_where_rounding_decides_what_is_null)
{
    static const struct {
        double d;
        bool open;
    } cases[] = {{0, false}, {1e-9, false}, {1e-7, true}, {1e-4, false}};
    const size_t widths[] = {2, 1};
    const critpt_activation activations[] = {CRITPT_IDENTITY};
    const int bias[] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double x[] = {1, 1 + cases[i].d, 1, 1 - cases[i].d}, y[] = {1, 2}, w[] = {0.5, 7};
        const oracle_problem problem = {
            oracle_network_model(&(oracle_network){1, widths, activations, bias}),
            2,
            x,
            y,
            NULL,
            NULL,
            NULL,
            NULL,
            {NULL, NULL},
            0};
        double margin, error;
        bool open;
        ck_assert_int_eq(oracle_margin(&problem, w, &margin, &error, &open), ORACLE_OK);
        ck_assert_msg(open == cases[i].open, "columns that differ by %g", cases[i].d);
    }
}
END_TEST

/* What symmetries there are, counted by hand; and that a move unmasks a direction which is null to
 * second order only. */
START_TEST(knows_null_directions)
{
    const size_t widths[] = {2, 2, 1};
    const critpt_activation relu[] = {CRITPT_RELU, CRITPT_IDENTITY},
                            tanh_net[] = {CRITPT_TANH, CRITPT_IDENTITY};
    const int none[] = {0, 0}, bias[] = {1, 1};
    const double x[] = {1, 2, 3, -1, -2, 0.5}, dead[] = {1, 0, 3, 0, -2, 0};
    const double constant[] = {1, 5, 3, 5, -2, 5}, y[] = {1, 2, 3};
    const double apart[] = {0.5, 0.25, -1, 0.75, 2, -3}, twins[] = {0.5, 0.25, 0.5, 0.25, 2, -3};
    const double silent[] = {0.5, 0.25, -1, 0.75, 2, 0};
    const double biased[] = {0.5, 0.25, -1, 0.75, 0.1, 0.2, 2, -3, 0.3};
    const struct {
        const critpt_activation *activations;
        const int *bias;
        const double *inputs, *weights;
        size_t n;
    } cases[] = {
        {tanh_net, none, x, apart, 0},         {relu, none, x, apart, 2}, /* each unit rescaled */
        {tanh_net, none, dead, apart, 2},                                 /* an input, two units */
        {tanh_net, none, x, twins, 1},         {tanh_net, none, x, silent, 2}, /* what comes in */
        {tanh_net, bias, constant, biased, 2},                                 /* column and bias */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const oracle_network network = {2, widths, cases[i].activations, cases[i].bias};
        const oracle_problem problem = {oracle_network_model(&network),
                                        3,
                                        cases[i].inputs,
                                        y,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL,
                                        {NULL, NULL},
                                        0};
        size_t n = 99;
        ck_assert_int_eq(oracle_n_null(&problem, cases[i].weights, &n), ORACLE_OK);
        ck_assert_msg(n == cases[i].n, "case %zu: %zu", i, n);
    }
    /* (w x)^2 at w = 0: its slope vanishes, and the outputs move all the same */
    const size_t square_widths[] = {1, 1};
    const critpt_activation square[] = {CRITPT_SQUARE};
    const double zero[] = {0}, one[] = {1};
    const oracle_problem flat = {
        oracle_network_model(&(oracle_network){1, square_widths, square, none}),
        1,
        one,
        one,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    size_t n = 99;
    ck_assert_int_eq(oracle_n_null(&flat, zero, &n), ORACLE_OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* Of the unit vector along `direction`, with and without what has no name. */
static void assert_explained(int line, const oracle_problem *problem, const double *weights,
                             const double *direction, bool named, bool any)
{
    real v[8], square = 0;
    bool found;
    size_t P = problem->model.n_weights;
    for (size_t i = 0; i < P; i++)
        square += (real)direction[i] * direction[i];
    for (size_t i = 0; i < P; i++)
        v[i] = direction[i] / REAL(sqrt)(square);
    ck_assert_int_eq(oracle_explain(problem, weights, false, 1, v, 1e-12, &found), ORACLE_OK);
    ck_assert_msg(found == named, "named, line %d", line);
    ck_assert_int_eq(oracle_explain(problem, weights, true, 1, v, 1e-12, &found), ORACLE_OK);
    ck_assert_msg(found == any, "any, line %d", line);
}

/* Two units that act on all samples can be mixed as if they were linear, u += v for the one and
 * out_v -= out_u for the other, unless a kink stands between samples. w1 w2 w3 x at 0 moves along
 * (1, 1, 1) by a cube, and along an axis not at all; w1 w2 x + b leaves b to give back what it
 * moves by, for one sample but not for two. */
START_TEST(follows_curves_of_any_kind)
{
    const size_t pair[] = {2, 2, 1}, chain[] = {1, 1, 1, 1};
    const critpt_activation relu[] = {CRITPT_RELU, CRITPT_IDENTITY},
                            linear[] = {CRITPT_IDENTITY, CRITPT_IDENTITY, CRITPT_IDENTITY};
    const int none[] = {0, 0, 0}, last[] = {0, 1};
    const double x[] = {1, 2, 3, 1, 2, 0.5, 0.25, 3}, across[] = {1, 2, 3, 1, 2, 0.5, 3, -5};
    const double y[] = {1, 2, 3, 4}, one[] = {1, 2}, zero[] = {0, 0, 0};
    const double w[] = {0.5, 0.25, 1, 0.75, 2, -3}, shear[] = {1, 0.75, 0, 0, 0, -2};
    const double other[] = {1, 0.75, 0, 0, 0, 2}, ones[] = {1, 1, 1}, axis[] = {0, 1, 0};
    const double product[] = {1, 1, 0};
    oracle_problem problem = {oracle_network_model(&(oracle_network){2, pair, relu, none}),
                              4,
                              x,
                              y,
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              {NULL, NULL},
                              0};
    assert_explained(__LINE__, &problem, w, shear, false, true);
    assert_explained(__LINE__, &problem, w, other, false, false);
    problem.inputs = across;
    assert_explained(__LINE__, &problem, w, shear, false, false);
    problem = (oracle_problem){oracle_network_model(&(oracle_network){3, chain, linear, none}),
                               2,
                               one,
                               y,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               {NULL, NULL},
                               0};
    assert_explained(__LINE__, &problem, zero, ones, false, false);
    assert_explained(__LINE__, &problem, zero, axis, false, true);
    problem = (oracle_problem){oracle_network_model(&(oracle_network){2, chain, linear, last}),
                               1,
                               one,
                               y,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               {NULL, NULL},
                               0};
    assert_explained(__LINE__, &problem, zero, product, false, true);
    problem.n_samples = 2;
    assert_explained(__LINE__, &problem, zero, product, false, false);
}
END_TEST

/* A unit that is off gives the gradient no terms: what is asked of it cannot be there. */
START_TEST(knows_equations_without_terms)
{
    const size_t widths[] = {1, 1, 1};
    const critpt_activation relu[] = {CRITPT_RELU, CRITPT_IDENTITY};
    const int none[] = {0, 0};
    const double x[] = {1, 2}, y[] = {1, 2}, off[] = {-1, 2}, on[] = {1, 2};
    const double asked[] = {0, 1}, nothing[] = {0, 0};
    const oracle_problem problem = {oracle_network_model(&(oracle_network){2, widths, relu, none}),
                                    2,
                                    x,
                                    y,
                                    NULL,
                                    NULL,
                                    NULL,
                                    NULL,
                                    {NULL, NULL},
                                    0};
    oracle_request request = {CRITPT_CONDITION_GRADIENT, {off}, 0, 1, 2, asked};
    oracle_finding found;
    ck_assert_int_eq(oracle_find(&problem, &request, &found), ORACLE_OK);
    ck_assert(found.termless);
    request.array = nothing;
    ck_assert_int_eq(oracle_find(&problem, &request, &found), ORACLE_OK);
    ck_assert(!found.termless);
    request.array = asked;
    request.weights[0] = on;
    ck_assert_int_eq(oracle_find(&problem, &request, &found), ORACLE_OK);
    ck_assert(!found.termless);
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

/* A saturated unit has slopes near 1e-34, which double precision never sees beside the others: the
 * margin is that of the output's weight, H / G = 1. */
START_TEST(leaves_saturated_units_out_of_margins)
{
    const size_t widths[] = {1, 1, 1};
    const critpt_activation activations[] = {CRITPT_TANH, CRITPT_IDENTITY};
    const int none[] = {0, 0};
    const double x[] = {1, -2}, y[] = {1, 3}, w[] = {40, 2};
    const oracle_problem problem = {
        oracle_network_model(&(oracle_network){2, widths, activations, none}),
        2,
        x,
        y,
        NULL,
        NULL,
        NULL,
        NULL,
        {NULL, NULL},
        0};
    double margin, error;
    bool open;
    ck_assert_int_eq(oracle_margin(&problem, w, &margin, &error, &open), ORACLE_OK);
    ASSERT_NEAR(margin, 1, 1, 1e-14);
}
END_TEST

/* Beside a unit that is not, one whose slopes are 7.7e-22 at most. Its output is 1 or -1, a
 * constant feature: where it were that, the other weights would have the same Hessian and G. */
START_TEST(leaves_faint_weights_out_of_margins)
{
    const size_t widths[] = {1, 2, 1};
    const critpt_activation activations[] = {CRITPT_TANH, CRITPT_IDENTITY};
    const int none[] = {0, 0};
    const double x[] = {1, 2, 1.5, 3}, y[] = {1, 2, -1, 0.5};
    const double faint[] = {25, 0.5, 2, 1}, constant[] = {400, 0.5, 2, 1};
    const oracle_network network = {2, widths, activations, none};
    const oracle_problem problem = {
        oracle_network_model(&network), 4, x, y, NULL, NULL, NULL, NULL, {NULL, NULL}, 0};
    double margin, truth, error;
    bool open;
    ck_assert_int_eq(oracle_margin(&problem, constant, &truth, &error, &open), ORACLE_OK);
    ck_assert_int_eq(oracle_margin(&problem, faint, &margin, &error, &open), ORACLE_OK);
    ck_assert(!open);
    ASSERT_NEAR(margin, truth, truth, 1e-12);
    ck_assert_double_gt(truth, 1e-3);
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
        finds_conditions_by_hand,
        a_unit_without_inputs_has_no_kink,
        knows_the_margin_by_hand,
        leaves_null_directions_out_of_margins,
        finds_the_least_eigenvalue_off_a_curve,
        says_where_rounding_decides_what_is_null,
        knows_null_directions,
        follows_curves_of_any_kind,
        knows_equations_without_terms,
        knows_what_rounded_weights_and_inputs_do,
        leaves_saturated_units_out_of_margins,
        leaves_faint_weights_out_of_margins,
        measures_small_outputs_by_themselves,
        overflows_to_infinity,
    };
    return test_main("oracle", tests, sizeof tests / sizeof *tests);
}
