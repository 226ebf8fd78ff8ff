/* The checker's conditions, margins and null directions against cases by hand. */
#include <float.h>

#include "oracle/first_order.h"
#include "oracle/network.h"
#include "oracle/condition.h"
#include "oracle/spectrum.h"
#include "oracle/null.h"
#include "support.h"

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

int main(void)
{
    const test_function tests[] = {
        finds_conditions_by_hand,
        a_unit_without_inputs_has_no_kink,
        knows_the_margin_by_hand,
        leaves_null_directions_out_of_margins,
        finds_the_least_eigenvalue_off_a_curve,
        says_where_rounding_decides_what_is_null,
        knows_null_directions,
        follows_curves_of_any_kind,
        knows_equations_without_terms,
        leaves_saturated_units_out_of_margins,
        leaves_faint_weights_out_of_margins,
    };
    return test_main("oracle_conditions", tests, sizeof tests / sizeof *tests);
}
