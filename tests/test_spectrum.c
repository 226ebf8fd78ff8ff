/* Spectra against published and exact truth: which points are what. */
#include "support.h"

#include <float.h>

#include "landscape/landscape.h"
#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

/* ---- A1: the linear autoencoder 16-4-16 (Baldi and Hornik 1989): every family of critical points,
 * its loss and its Morse index. ---- */

enum { WIDE = 16, NARROW = 4 };

static void set_family(unsigned family, double *weights)
{
    size_t unit = 0;
    memset(weights, 0, 2 * WIDE * NARROW * sizeof *weights);
    for (size_t i = 0; i < WIDE; i++)
        if (family >> i & 1) {
            weights[unit * WIDE + i] = 1;                   /* encoder row */
            weights[WIDE * NARROW + i * NARROW + unit] = 1; /* decoder column */
            unit++;
        }
}

static size_t members(unsigned family)
{
    size_t count = 0;
    for (; family; family &= family - 1)
        count++;
    return count;
}

static size_t family_index(unsigned family)
{
    size_t index = (NARROW - members(family)) * (WIDE - members(family));
    for (size_t i = 0; i < WIDE; i++)
        for (size_t j = 0; j < WIDE; j++)
            index += (family >> i & 1) && !(family >> j & 1) && j > i;
    return index;
}

START_TEST(linear_autoencoder_has_its_2517_families)
{
    const net shape = {WIDE, 2, {NARROW, WIDE}, {CRITPT_IDENTITY, CRITPT_IDENTITY}, {0, 0}};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    double inputs[WIDE * WIDE] = {0}, weights[2 * WIDE * NARROW];
    size_t families = 0, largest = 0;
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < WIDE; i++) /* covariance diag(1, ..., 16) */
        inputs[i * WIDE + i] = sqrt(WIDE * (double)(i + 1));
    ASSERT_OK(critpt_landscape_create(&L, model, WIDE, inputs, WIDE));
    ASSERT_OK(critpt_landscape_set_targets(L, inputs, WIDE));
    for (unsigned family = 0; family < 1u << WIDE; family++) {
        if (members(family) > NARROW)
            continue;
        critpt_spectrum *spectrum;
        double loss, truth = 0;
        set_family(family, weights);
        for (size_t i = 0; i < WIDE; i++)
            truth += family >> i & 1 ? 0 : (double)(i + 1) / 2;
        ASSERT_OK(critpt_landscape_loss(L, NULL, weights, 2 * WIDE * NARROW, &loss));
        ASSERT_NEAR(loss, truth, truth, 1e-14);
        ASSERT_OK(critpt_spectrum_create(&spectrum, L, weights, 2 * WIDE * NARROW, NULL));
        ck_assert_msg(critpt_spectrum_index(spectrum) == family_index(family),
                      "family %x: index %zu, not %zu", family, critpt_spectrum_index(spectrum),
                      family_index(family));
        ck_assert_int_ne(critpt_spectrum_kind(spectrum), CRITPT_NOT_CRITICAL);
        critpt_spectrum_destroy(spectrum);
        families++;
        largest = family_index(family) > largest ? family_index(family) : largest;
        if (members(family) == NARROW) {
            least = fmin(least, loss);
            most = fmax(most, loss);
        }
    }
    ck_assert_uint_eq(families, 2517);
    ck_assert_uint_eq(largest, WIDE * NARROW); /* half of the 128 directions */
    ASSERT_NEAR(least, 39, 39, 1e-14);
    ASSERT_NEAR(most, 63, 63, 1e-14);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

/* ---- C1: a bad local minimum (after Yun, Sra, Jadbabaie 2019) ---- */

START_TEST(a_known_bad_local_minimum)
{
    const net shape = {2, 2, {2, 1}, {CRITPT_SIGMOID, CRITPT_IDENTITY}, {0, 0}};
    const double inputs[6] = {1, 0, 0, 1, 0.5, 0.5}, targets[3] = {0, 0, 1};
    double low = 1 / (1 + exp(1)), high = 1 / (1 + exp(-1.5));
    const double weights[6] = {-1, -1, 1.5, 1.5, (1.0 / 3 + 0.5 * high) / low, -0.5};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_spectrum *spectrum;
    double outputs[3], loss;
    ASSERT_NEAR(weights[4], 2.7594, 1, 5e-5);
    ASSERT_OK(critpt_landscape_create(&L, model, 3, inputs, 2));
    ASSERT_OK(critpt_landscape_set_targets(L, targets, 1));
    ASSERT_OK(critpt_landscape_outputs(L, NULL, weights, 6, outputs, 1));
    for (size_t i = 0; i < 3; i++)
        ASSERT_NEAR(outputs[i], 1.0 / 3, 1, 4 * DBL_EPSILON);
    ASSERT_OK(critpt_landscape_loss(L, NULL, weights, 6, &loss));
    ASSERT_NEAR(3 * loss, 1.0 / 3, 1, 4 * DBL_EPSILON);
    ASSERT_OK(critpt_spectrum_create(&spectrum, L, weights, 6, NULL));
    ck_assert_double_le(critpt_spectrum_gradient_scaled(spectrum), 2);
    ck_assert_uint_eq(critpt_spectrum_index(spectrum), 0);
    ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 3);
    ck_assert_uint_eq(critpt_spectrum_n_positive(spectrum), 3);
    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

/* ---- B1, B1', B3: a hidden unit of a planted point is split ---- */

/* sum_i u_i v act''(z_i) x_i x_i', act = tanh, u = (f - y) / N, for unit j of a d-h-1 net without
 * biases; how many eigenvalues of t (1 - t) times it are negative. */
static size_t inner_index(const scene *s, size_t h, size_t j, double t)
{
    size_t d = s->d, index = 0;
    double *S = NEW(double, d *d), *f = NEW(double, s->N), *values = NEW(double, d);
    double *y = NEW(double, s->N);
    ASSERT_OK(critpt_landscape_outputs(s->landscape, NULL, s->weights, s->P, f, 1));
    ASSERT_OK(critpt_landscape_targets(s->landscape, y, 1));
    for (size_t i = 0; i < s->N; i++) {
        const double *x = s->inputs + i * d;
        double z = 0;
        for (size_t r = 0; r < d; r++)
            z += s->weights[j * d + r] * x[r];
        double factor = t * (1 - t) * (f[i] - y[i]) / (double)s->N * s->weights[h * d + j] * -2 *
                        tanh(z) * (1 - tanh(z) * tanh(z));
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < d; b++)
                S[a * d + b] += factor * x[a] * x[b];
    }
    ASSERT_OK(cpt_linalg_eigen(d, S, values));
    for (size_t r = 0; r < d; r++) {
        ck_assert_double_gt(fabs(values[r]), 1e-8);
        index += values[r] < 0;
    }
    free(S), free(f), free(values), free(y);
    return index;
}

START_TEST(a_split_unit_gives_a_line_of_critical_points)
{
    enum { D = 4, H = 3, N = 300 };
    const net shape = {D, 2, {H, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    const net wider = {D, 2, {H + 1, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        scene s = scene_create(&shape, N, seed);
        critpt_plan *plan;
        critpt_spectrum *old;
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
        ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, 1));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ASSERT_OK(critpt_spectrum_create(&old, s.landscape, s.weights, s.P, NULL));
        ck_assert_uint_eq(critpt_spectrum_nullity(old), 0);
        scene w = scene_create(&wider, N, seed);
        double *y = NEW(double, N);
        ASSERT_OK(critpt_landscape_targets(s.landscape, y, 1));
        ASSERT_OK(critpt_landscape_set_targets(w.landscape, y, 1));
        for (double t = -1.5; t <= 2.6; t += 0.8) { /* 0 and 1 are not among them */
            critpt_spectrum *new;
            memcpy(w.weights, s.weights, H * D * sizeof(double));
            memcpy(w.weights + H * D, s.weights + (H - 1) * D, D * sizeof(double));
            memcpy(w.weights + (H + 1) * D, s.weights + H * D, H * sizeof(double));
            w.weights[(H + 1) * D + H - 1] = t * s.weights[H * D + H - 1];
            w.weights[(H + 1) * D + H] = (1 - t) * s.weights[H * D + H - 1];
            ASSERT_OK(critpt_spectrum_create(&new, w.landscape, w.weights, w.P, NULL));
            ck_assert_double_le(critpt_spectrum_gradient_scaled(new), 10);
            ck_assert_uint_eq(critpt_spectrum_index(new),
                              critpt_spectrum_index(old) + inner_index(&s, H, H - 1, t));
            ck_assert_uint_eq(critpt_spectrum_nullity(new), 1);
            ck_assert_uint_ge(critpt_spectrum_n_positive(new), critpt_spectrum_n_positive(old));
            critpt_spectrum_destroy(new);
        }
        critpt_spectrum_destroy(old);
        critpt_plan_destroy(plan);
        free(y);
        scene_destroy(&w);
        scene_destroy(&s);
    }
}
END_TEST

/* ---- Bounds of rounding ---- */

START_TEST(absolute_sums_bound_the_hessian)
{
    const net shapes[] = {
        {6, 2, {8, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {5, 4, {4, 5, 3, 2}, {CRITPT_SIN, CRITPT_SOFTPLUS, CRITPT_GELU, CRITPT_TANH}, {1, 0, 1, 1}},
    };
    const double metric[4] = {2, -0.5, -0.5, 1};
    for (size_t t = 0; t < 2; t++) {
        scene s = scene_create(&shapes[t], 300, t);
        critpt_workspace *workspace;
        double *H = NEW(double, s.P *s.P), *bound = NEW(double, s.P *s.P), *ones = NEW(double, s.P);
        double *sums = NEW(double, s.P);
        ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
        ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
        ASSERT_OK(cpt_landscape_curvature_matrix(workspace, s.weights, CPT_HESSIAN, NULL, H, s.P));
        ASSERT_OK(cpt_landscape_curvature_matrix(workspace, s.weights, CPT_ABSOLUTE_HESSIAN, NULL,
                                                 bound, s.P));
        for (size_t j = 0; j < s.P; j++)
            ones[j] = 1;
        ASSERT_OK(cpt_landscape_curvature_vectors(workspace, s.weights, CPT_ABSOLUTE_HESSIAN, NULL,
                                                  1, ones, s.P, sums, s.P));
        for (size_t i = 0; i < s.P; i++) {
            double sum = 0;
            for (size_t j = 0; j < s.P; j++) {
                ck_assert_double_le(fabs(H[i * s.P + j]), bound[i * s.P + j] * (1 + 1e-13));
                sum += bound[i * s.P + j];
            }
            ASSERT_NEAR(sums[i], sum, sum, 1e-13);
        }
        free(H), free(bound), free(ones), free(sums);
        critpt_workspace_destroy(workspace);
        scene_destroy(&s);
    }
}
END_TEST

/* The Hessian by plain loops in extended precision is that of double precision to its bound, for
 * all activations, sample weights and an output metric. */
START_TEST(extended_hessian_is_the_hessian)
{
    const double metric[4] = {2, -0.5, -0.5, 1};
    for (int activation = 0; activation <= CRITPT_LEAKY_RELU; activation++) {
        critpt_activation a = (critpt_activation)activation;
        const net shape = {
            3, 3, {4, 3, 2}, {a, a, activation % 2 ? a : CRITPT_IDENTITY}, {1, 1, 0}};
        scene s = scene_create(&shape, 70, 5);
        size_t P = s.P;
        double *H = NEW(double, P *P), *weights = NEW(double, s.N), largest = 0;
        long double *extended = NEW(long double, P *P);
        critpt_workspace *workspace;
        for (size_t i = 0; i < s.N; i++)
            weights[i] = 0.5 + (double)(i % 3);
        ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
        ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, weights, s.N));
        ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
        ASSERT_OK(critpt_landscape_hessian(s.landscape, workspace, s.weights, P, H, P));
        ASSERT_OK(cpt_landscape_extended_hessian(workspace, s.weights, extended));
        for (size_t i = 0; i < P * P; i++)
            largest = fmax(largest, fabs(H[i]));
        for (size_t i = 0; i < P * P; i++)
            ASSERT_NEAR((double)extended[i], H[i], largest, 1e-14);
        free(H), free(weights), free(extended);
        critpt_workspace_destroy(workspace);
        scene_destroy(&s);
    }
}
END_TEST

/* Least squares on nearly collinear inputs, x and x + near z: the Hessian is X'X / N, positive
 * definite with a least eigenvalue of about near^2 / 4. Where double precision hides that, extended
 * precision does not; on collinear inputs neither sees a sign that is not there. */
START_TEST(extended_precision_sees_what_rounding_hides)
{
    static const double nears[] = {1e-7, 0};
    const net shape = {2, 1, {1}, {CRITPT_IDENTITY}, {0}};
    for (size_t t = 0; t < 2 && LDBL_EPSILON < DBL_EPSILON; t++) {
        scene s = scene_create(&shape, 200, 5);
        critpt_spectrum_options *options;
        critpt_landscape *landscape;
        double *z = normal(s.N, 9);
        for (size_t i = 0; i < s.N; i++)
            s.inputs[2 * i + 1] = s.inputs[2 * i] + nears[t] * z[i];
        ASSERT_OK(critpt_landscape_create(&landscape, s.model, s.N, s.inputs, 2));
        ASSERT_OK(critpt_landscape_set_targets(landscape, z, 1));
        ASSERT_OK(critpt_spectrum_options_create(&options));
        for (int extended = 0; extended < 2; extended++) {
            critpt_spectrum *spectrum;
            ASSERT_OK(critpt_spectrum_options_set_extended_precision(options, extended));
            ASSERT_OK(critpt_spectrum_create(&spectrum, landscape, s.weights, 2, options));
            ck_assert_uint_eq(critpt_spectrum_index(spectrum), 0);
            ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), !(extended && nears[t] > 0));
            critpt_spectrum_destroy(spectrum);
        }
        critpt_spectrum_options_destroy(options);
        critpt_landscape_destroy(landscape);
        free(z);
        scene_destroy(&s);
    }
}
END_TEST

/* The same samples in another order: other roundings, within the bounds. */
START_TEST(eigenvalues_do_not_depend_on_the_order_of_samples)
{
    const net shape = {6, 3, {8, 4, 2}, {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_IDENTITY}, {1, 1, 1}};
    scene s = scene_create(&shape, 700, 3);
    critpt_landscape *other;
    critpt_spectrum *a, *b;
    double *inputs = NEW(double, s.N *s.d), *targets = NEW(double, s.N *s.D);
    for (size_t i = 0; i < s.N; i++) {
        size_t from = (i * 311 + 17) % s.N;
        memcpy(inputs + i * s.d, s.inputs + from * s.d, s.d * sizeof *inputs);
        memcpy(targets + i * s.D, s.targets + from * s.D, s.D * sizeof *targets);
    }
    ASSERT_OK(critpt_landscape_create(&other, s.model, s.N, inputs, s.d));
    ASSERT_OK(critpt_landscape_set_targets(other, targets, s.D));
    ASSERT_OK(critpt_spectrum_create(&a, s.landscape, s.weights, s.P, NULL));
    ASSERT_OK(critpt_spectrum_create(&b, other, s.weights, s.P, NULL));
    for (size_t i = 0; i < s.P; i++) {
        double x, y, x_error, y_error;
        ASSERT_OK(critpt_spectrum_eigenvalue(a, i, &x, &x_error));
        ASSERT_OK(critpt_spectrum_eigenvalue(b, i, &y, &y_error));
        ck_assert_double_le(fabs(x - y), x_error + y_error);
        ck_assert_double_le(x_error, 1e-9); /* and the bounds say something */
    }
    critpt_spectrum_destroy(a);
    critpt_spectrum_destroy(b);
    critpt_landscape_destroy(other);
    free(inputs), free(targets);
    scene_destroy(&s);
}
END_TEST

/* ---- Kinds ---- */

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

/* A sample so near a kink that rounding may put it on the other side: the eigenvalues of both sides
 * lie within each other's bounds. */
START_TEST(a_kink_within_rounding_widens_the_bound)
{
    static const critpt_activation kinked[] = {CRITPT_RELU, CRITPT_LEAKY_RELU, CRITPT_ELU};
    const double x[3] = {1, 2, 3}, y[3] = {4, 1, -2};
    const double sides[2][4] = {{1, -1 + 0x1p-53, 1, 0.5}, {1, -1 - 0x1p-52, 1, 0.5}};
    for (size_t a = 0; a < 3; a++) {
        const net shape = {1, 2, {1, 1}, {kinked[a], CRITPT_IDENTITY}, {1, 1}};
        critpt_model *model = net_model(&shape);
        critpt_landscape *L;
        double values[2][4], errors[2][4], change = 0;
        ASSERT_OK(critpt_landscape_create(&L, model, 3, x, 1));
        ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
        for (size_t side = 0; side < 2; side++) {
            critpt_spectrum *spectrum;
            ASSERT_OK(critpt_spectrum_create(&spectrum, L, sides[side], 4, NULL));
            for (size_t i = 0; i < 4; i++)
                ASSERT_OK(
                    critpt_spectrum_eigenvalue(spectrum, i, &values[side][i], &errors[side][i]));
            critpt_spectrum_destroy(spectrum);
        }
        for (size_t i = 0; i < 4; i++) {
            change = fmax(change, fabs(values[0][i] - values[1][i]));
            ck_assert_double_le(fabs(values[0][i] - values[1][i]), errors[0][i] + errors[1][i]);
        }
        ck_assert_double_gt(change, 0.01); /* the sample counts on one side */
        critpt_landscape_destroy(L);
        critpt_model_destroy(model);
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
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options),
                 CRITPT_NO_MEMORY, "GiB; raise it");
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, 0));
    ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 5, 4));
    ck_assert_uint_eq(critpt_spectrum_options_first_eigenvector(options), 5);
    ck_assert_uint_eq(critpt_spectrum_options_n_eigenvectors(options), 4);
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options), invalid,
                 "eigenvectors 5 to 8 are asked for; there are 8");
    ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 9, SIZE_MAX));
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options), invalid,
                 "eigenvectors from 9 on are asked for; there are 8");
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, 3));
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, 8, options), invalid,
                 "give one of the two");
    ASSERT_OK(critpt_spectrum_options_set_max_products(options, 1));
    ASSERT_OK(critpt_spectrum_options_set_accepted_gradient(options, 5));
    ASSERT_OK(critpt_spectrum_options_set_tolerance(options, 1e-12));
    ASSERT_OK(critpt_spectrum_options_set_seed(options, 4));
    ck_assert_uint_eq(critpt_spectrum_options_n_extreme(options), 3);
    ck_assert_uint_eq(critpt_spectrum_options_seed(options), 4);
    critpt_spectrum_options_destroy(options);
    critpt_spectrum_options_destroy(NULL);
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
        linear_autoencoder_has_its_2517_families,
        a_known_bad_local_minimum,
        a_split_unit_gives_a_line_of_critical_points,
        absolute_sums_bound_the_hessian,
        extended_hessian_is_the_hessian,
        extended_precision_sees_what_rounding_hides,
        eigenvalues_do_not_depend_on_the_order_of_samples,
        kinds_of_a_linear_regression,
        null_directions_are_explained,
        a_small_output_is_no_null_direction,
        what_curves_out_of_sight_is_no_complement,
        a_saddle_and_a_degenerate_point,
        square_units_that_mix_are_named,
        a_kink_within_rounding_widens_the_bound,
        spectra_refuse_what_they_cannot_take,
        spectra_that_overflow_are_refused,
    };
    return test_main("spectrum", tests, sizeof tests / sizeof *tests);
}
