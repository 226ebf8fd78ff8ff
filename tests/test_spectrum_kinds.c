/* Spectra and kinds: what a point is called, why directions are null, and what is refused. */
#include "support.h"

START_TEST(kinds_of_a_linear_regression)
{
    /* f = w x + b, whose loss is a quadratic: its one critical point is a minimum with the Hessian
     * [mean x^2, mean x; mean x, 1]. With x = 0 always, w is a null direction. */
    const net shape = {1, 1, {1}, {CRITPT_IDENTITY}, {1}};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L, *dead;
    critpt_spectrum *spectrum;
    const double x[4] = {-1, 0, 1, 4}, zero[4] = {0}, y[4] = {1, 3, 5, 11}, line[2] = {2, 3};
    const double off[2] = {2, 3.5}, mean[2] = {7, 5};
    double low, high, vector[2];
    ASSERT_OK(critpt_landscape_create(&L, model, 4, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, line, 2, NULL));
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), CRITPT_MINIMUM);
    ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, 0, &low, NULL));
    ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, 1, &high, NULL));
    ASSERT_NEAR(low + high, 4.5 + 1, 5.5, 1e-15); /* trace and determinant */
    ASSERT_NEAR(low * high, 4.5 - 1, 3.5, 1e-14);
    ASSERT_NEAR(critpt_spectrum_gap(spectrum), low, 1, 1e-15);
    ASSERT_OK(critpt_spectrum_eigenvector(spectrum, 1, vector, 2));
    ASSERT_NEAR(fabs(vector[0] * 4.5 + vector[1]), fabs(high * vector[0]), 5, 1e-14);
    critpt_spectrum_destroy(spectrum);
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, off, 2, NULL));
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), CRITPT_NOT_CRITICAL);
    critpt_spectrum_destroy(spectrum);
    ASSERT_OK(critpt_landscape_create(&dead, model, 4, zero, 1));
    ASSERT_OK(critpt_landscape_set_targets(dead, y, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, dead, mean, 2, NULL));
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), CRITPT_MINIMUM_ON_COMPLEMENT);
    ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 1);
    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(L);
    critpt_landscape_destroy(dead);
    critpt_model_destroy(model);
}
END_TEST

/* tanh units: 1 repeats 0, which H does not map to 0 where the gradient is not 0; 2 is saturated;
 * input 1 is dead, also for 2, whose weight counts once. Relu units rescale. */
START_TEST(null_directions_are_explained)
{
    const net shape = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    const net kinked = {2, 2, {2, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {1, 1}};
    const struct {
        size_t layer, unit, n;
        critpt_null_reason reason;
    } truth[] = {
        {0, 1, 3, CRITPT_NULL_DEAD_INPUT},
        {0, 2, 2, CRITPT_NULL_SATURATED_UNIT},
        {1, 2, 1, CRITPT_NULL_DEPENDENT_INPUT}, /* the saturated one is constant, as the bias is */
    };
    scene s = scene_create(&shape, 50, 1), r = scene_create(&kinked, 50, 1);
    critpt_landscape *L;
    critpt_spectrum *spectrum;
    for (size_t i = 0; i < s.N; i++)
        s.inputs[2 * i + 1] = 0;
    s.weights[2] = s.weights[0], s.weights[3] = s.weights[1], s.weights[7] = s.weights[6];
    s.weights[8] = 500;
    ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, 2));
    ASSERT_OK(critpt_landscape_set_targets(L, s.targets, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, s.weights, s.P, NULL));
    ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 6);
    ck_assert_uint_eq(critpt_spectrum_n_null_directions(spectrum), 3);
    for (size_t i = 0; i < 3; i++) {
        size_t layer, unit, n;
        critpt_null_reason reason;
        ASSERT_OK(critpt_spectrum_null_direction(spectrum, i, &layer, &unit, &reason, &n));
        ck_assert_uint_eq(layer, truth[i].layer);
        ck_assert_uint_eq(unit, truth[i].unit);
        ck_assert_uint_eq(n, truth[i].n);
        ck_assert_int_eq((int)reason, (int)truth[i].reason);
    }
    ASSERT_FAILS(critpt_spectrum_null_direction(spectrum, 3, NULL, NULL, NULL, NULL),
                 CRITPT_INVALID_ARGUMENT, "null direction is 3; the spectrum names 3");
    ASSERT_OK(critpt_spectrum_null_direction(spectrum, 0, NULL, NULL, NULL, NULL));
    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(L);
    /* planted, a relu net has a zero eigenvalue for each hidden unit and is no minimum */
    const double active[9] = {1, 0.5, -0.7, 1, 0.1, -0.2, 1.3, -0.8, 0.3};
    critpt_plan *plan;
    memcpy(r.weights, active, sizeof active);
    ASSERT_OK(critpt_plan_create(&plan, r.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, r.weights, r.P, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, r.targets, 1));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_spectrum_create(&spectrum, r.landscape, r.weights, r.P, NULL));
    ck_assert_uint_eq(critpt_spectrum_index(spectrum), 0); /* MATH 5, fact 5 */
    ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 2);
    ck_assert_uint_eq(critpt_spectrum_n_null_directions(spectrum), 2);
    critpt_null_reason reason;
    ASSERT_OK(critpt_spectrum_null_direction(spectrum, 1, NULL, NULL, &reason, NULL));
    ck_assert_int_eq((int)reason, CRITPT_NULL_RESCALED_UNIT);
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), CRITPT_MINIMUM_ON_COMPLEMENT);
    critpt_spectrum_destroy(spectrum);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
    scene_destroy(&r);
}
END_TEST

/* f = w0 w1 x at w = 0 with mean x y != 0: the saddle of w0 w1. */
START_TEST(a_saddle_and_a_degenerate_point)
{
    const net shape = {1, 2, {1, 1}, {CRITPT_IDENTITY, CRITPT_IDENTITY}, {0, 0}};
    const net quartic = {1, 2, {1, 1}, {CRITPT_SQUARE, CRITPT_IDENTITY}, {0, 0}};
    const double x[2] = {1, 2}, y[2] = {1, 2}, zero[2] = {0, 0};
    critpt_model *model = net_model(&shape), *flat = net_model(&quartic);
    critpt_landscape *L;
    critpt_spectrum *spectrum;
    double low;
    ASSERT_OK(critpt_landscape_create(&L, model, 2, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, zero, 2, NULL));
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), CRITPT_SADDLE);
    ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, 0, &low, NULL));
    ASSERT_NEAR(low, -2.5, 2.5, 1e-15); /* the off-diagonal entry is -mean x y */
    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(L);
    ASSERT_OK(critpt_landscape_create(&L, flat, 2, x, 1)); /* v (w x)^2: the loss falls as -v w^2 */
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, zero, 2, NULL));
    ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 2);
    ck_assert_str_eq(critpt_kind_name(critpt_spectrum_kind(spectrum)), "degenerate");
    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
    critpt_model_destroy(flat);
}
END_TEST

/* Two squares of affine functions, v0 and v1 times: beside the scale of either unit a rotation of
 * both changes nothing, or for v0 v1 < 0 a hyperbolic one. */
START_TEST(square_units_that_mix_are_named)
{
    const net shape = {3, 2, {2, 1}, {CRITPT_SQUARE, CRITPT_IDENTITY}, {1, 1}};
    for (int sign = -1; sign <= 1; sign += 2) {
        scene s = scene_create(&shape, 200, 1);
        critpt_plan *plan;
        critpt_spectrum *spectrum;
        size_t mixed = 0, named = 0;
        s.weights[8] = 0.7, s.weights[9] = 0.4 * sign;
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ASSERT_OK(critpt_spectrum_create(&spectrum, s.landscape, s.weights, s.P, NULL));
        ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 3);
        for (size_t i = 0; i < critpt_spectrum_n_null_directions(spectrum); i++) {
            critpt_null_reason reason;
            size_t layer, unit, n;
            ASSERT_OK(critpt_spectrum_null_direction(spectrum, i, &layer, &unit, &reason, &n));
            ck_assert(reason == CRITPT_NULL_RESCALED_UNIT || reason == CRITPT_NULL_MIXED_UNIT);
            mixed += reason == CRITPT_NULL_MIXED_UNIT ? n : 0;
            named += n;
        }
        ck_assert_uint_eq(mixed, 1);
        ck_assert_uint_eq(named, 3);
        critpt_spectrum_destroy(spectrum);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(spectra_refuse_what_they_cannot_take)
{
    const net shape = {3, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    scene s = scene_create(&shape, 20, 1);
    critpt_landscape *bare;
    critpt_spectrum *spectrum;
    critpt_spectrum_options *options;
    double v[8];
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_OK(critpt_landscape_create(&bare, s.model, 20, s.inputs, 3));
    ASSERT_FAILS(critpt_spectrum_create(NULL, s.landscape, s.weights, 8, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, NULL, s.weights, 8, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 7, NULL), invalid,
                 "length 7");
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, bare, s.weights, 8, NULL), invalid,
                 "no targets");
    ASSERT_OK(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, NULL));
    ASSERT_FAILS(critpt_spectrum_eigenvalue(spectrum, 8, v, v), invalid, "eigenvalue is 8");
    ASSERT_FAILS(critpt_spectrum_eigenvalue(NULL, 0, v, v), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_eigenvector(spectrum, 8, v, 8), invalid, "eigenvalue is 8");
    ASSERT_FAILS(critpt_spectrum_eigenvector(spectrum, 0, v, 7), invalid, "length 7");
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_destroy(NULL);
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, 1000));
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options),
                 CRITPT_NO_MEMORY, "GiB; raise it");
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, 0));
    ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 5, 4));
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options), invalid,
                 "eigenvectors 5 to 8 are asked for; there are 8");
    ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 9, SIZE_MAX));
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options), invalid,
                 "eigenvectors from 9 on are asked for; there are 8");
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, 3));
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options), invalid,
                 "give one of the two");
    critpt_spectrum_options_destroy(options);
    ck_assert_ptr_null(critpt_kind_name((critpt_kind)6));
    ck_assert_uint_eq(critpt_spectrum_n_eigenvalues(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_n_null_directions(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_index(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_n_positive(NULL), 0);
    ck_assert_uint_eq(critpt_spectrum_nullity(NULL), 0);
    ck_assert_int_eq(critpt_spectrum_is_whole(NULL), 0);
    ck_assert(isnan(critpt_spectrum_gap(NULL)) && isnan(critpt_spectrum_gradient_scaled(NULL)));
    critpt_landscape_destroy(bare);
    scene_destroy(&s);
}
END_TEST

START_TEST(options_of_spectra_are_checked_and_read_back)
{
    critpt_spectrum_options *options;
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_spectrum_options_create(NULL), invalid, "NULL");
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ck_assert_uint_eq(critpt_spectrum_options_n_extreme(options), 0);
    ck_assert_double_eq(critpt_spectrum_options_tolerance(NULL), 1e-8);
    ck_assert_uint_eq(critpt_spectrum_options_max_products(options), 20000);
    ck_assert_double_eq(critpt_spectrum_options_accepted_gradient(options), 100);
    ck_assert_uint_eq(critpt_spectrum_options_seed(options), 0);
    ck_assert_int_eq(critpt_spectrum_options_extended_precision(NULL), 0);
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(options, 1));
    ck_assert_int_eq(critpt_spectrum_options_extended_precision(options), 1);
    ASSERT_FAILS(critpt_spectrum_options_set_extended_precision(NULL, 1), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_options_set_tolerance(options, 0), invalid, "tolerance is 0");
    ASSERT_FAILS(critpt_spectrum_options_set_tolerance(options, NAN), invalid, "tolerance is nan");
    ASSERT_FAILS(critpt_spectrum_options_set_max_products(options, 0), invalid, "max_products");
    ASSERT_FAILS(critpt_spectrum_options_set_accepted_gradient(options, 0), invalid, "0 units");
    ASSERT_FAILS(critpt_spectrum_options_set_seed(options, UINT64_MAX), invalid, "seed");
    ASSERT_FAILS(critpt_spectrum_options_set_n_extreme(NULL, 1), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_options_set_eigenvectors(NULL, 0, 1), invalid, "NULL");
    ck_assert_uint_eq(critpt_spectrum_options_first_eigenvector(options), 0);
    ck_assert_uint_eq(critpt_spectrum_options_n_eigenvectors(NULL), SIZE_MAX);
    ASSERT_FAILS(critpt_spectrum_options_set_tolerance(NULL, 0.1), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_options_set_max_products(NULL, 1), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_options_set_accepted_gradient(NULL, 1), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_options_set_seed(NULL, 1), invalid, "NULL");
    ASSERT_FAILS(critpt_spectrum_options_set_memory_limit(NULL, 1), invalid, "NULL");
    ck_assert_uint_eq(critpt_spectrum_options_memory_limit(options), 0);
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, 1000));
    ck_assert_uint_eq(critpt_spectrum_options_memory_limit(options), 1000);
    ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 5, 4));
    ck_assert_uint_eq(critpt_spectrum_options_first_eigenvector(options), 5);
    ck_assert_uint_eq(critpt_spectrum_options_n_eigenvectors(options), 4);
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, 3));
    ASSERT_OK(critpt_spectrum_options_set_max_products(options, 1));
    ASSERT_OK(critpt_spectrum_options_set_accepted_gradient(options, 5));
    ASSERT_OK(critpt_spectrum_options_set_tolerance(options, 1e-12));
    ASSERT_OK(critpt_spectrum_options_set_seed(options, 4));
    ck_assert_uint_eq(critpt_spectrum_options_n_extreme(options), 3);
    ck_assert_uint_eq(critpt_spectrum_options_seed(options), 4);
    critpt_spectrum_options_destroy(options);
    critpt_spectrum_options_destroy(NULL);
}
END_TEST

/* Weights of 1e60 make products of two 1e120, squared residuals beyond doubles. */
START_TEST(spectra_that_overflow_are_refused)
{
    const net shape = {2, 3, {3, 2, 1}, {CRITPT_SQUARE, CRITPT_SQUARE, CRITPT_IDENTITY}, {0, 0, 0}};
    scene s = scene_create(&shape, 20, 3);
    critpt_spectrum *spectrum;
    critpt_spectrum_options *options;
    double at = 0, density;
    ASSERT_OK(critpt_landscape_set_targets(s.landscape, s.targets, s.D));
    for (size_t j = 0; j < s.P; j++)
        s.weights[j] = 1e60;
    ASSERT_OK(critpt_spectrum_options_create(&options));
    for (size_t n_extreme = 0; n_extreme < 3; n_extreme++) {
        ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, n_extreme));
        ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, s.P, options),
                     CRITPT_NON_FINITE, "overflows");
        ck_assert_ptr_null(spectrum);
    }
    ASSERT_FAILS(
        critpt_spectrum_density(s.landscape, s.weights, s.P, 0, 1, 4, 0.1, &at, 1, &density),
        CRITPT_NON_FINITE, "overflows");
    critpt_spectrum_options_destroy(options);
    scene_destroy(&s);
}
END_TEST

/* exp(-81) in the only sample: f'' (f - y) is far below the rounding of the residual, and not 0. A
 * weight in whose place another leaves the outputs another thousandth is no null direction. */
START_TEST(a_small_output_is_no_null_direction)
{
    const net shape = {1, 1, {1}, {CRITPT_GAUSSIAN}, {0}};
    const double x = 1, y = 1, w = 9;
    const double truth = (4 * w * w - 2) * exp(-w * w) * (exp(-w * w) - y) +
                         pow(2 * w * exp(-w * w), 2); /* f'' (f - y) + f'^2 */
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_spectrum *spectrum;
    double value, error;
    ASSERT_OK(critpt_landscape_create(&L, model, 1, &x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, &y, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, &w, 1, NULL));
    ck_assert_uint_eq(critpt_spectrum_n_null_directions(spectrum), 0);
    ck_assert_uint_eq(critpt_spectrum_index(spectrum), 1);
    ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, 0, &value, &error));
    ASSERT_NEAR(value, truth, -truth, 1e-12);
    ck_assert_double_lt(error, -truth / 1000);
    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

/* f = exp(-(w x + b)^2) at z = 50 and 60 is 0 in double precision, and so is all of H, which is
 * r_1 f''_1 uu' + r_2 f''_2 vv' with r = (1, -1), u = (1, 1), v = (2, 1): a saddle, for which long
 * double may have the exponents, and bounds in double precision have not. */
START_TEST(what_curves_out_of_sight_is_no_complement)
{
    const net shape = {1, 1, {1}, {CRITPT_GAUSSIAN}, {1}};
    const double x[] = {1, 2}, y[] = {-1, 1}, w[] = {10, 40};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_spectrum *spectrum;
    critpt_spectrum_options *options;
    ASSERT_OK(critpt_landscape_create(&L, model, 2, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(options, 1));
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, w, 2, options));
    ck_assert_int_eq(critpt_spectrum_kind(spectrum), CRITPT_DEGENERATE);
    size_t named = 0;
    for (size_t i = 0; i < critpt_spectrum_n_null_directions(spectrum); i++) {
        size_t n;
        ASSERT_OK(critpt_spectrum_null_direction(spectrum, i, NULL, NULL, NULL, &n));
        named += n;
    }
    ck_assert_uint_le(named, critpt_spectrum_nullity(spectrum));
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        kinds_of_a_linear_regression,         null_directions_are_explained,
        a_small_output_is_no_null_direction,  what_curves_out_of_sight_is_no_complement,
        a_saddle_and_a_degenerate_point,      square_units_that_mix_are_named,
        spectra_refuse_what_they_cannot_take, options_of_spectra_are_checked_and_read_back,
        spectra_that_overflow_are_refused,
    };
    return test_main("spectrum_kinds", tests, sizeof tests / sizeof *tests);
}
