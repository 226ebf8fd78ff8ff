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
        a_kink_within_rounding_widens_the_bound,
    };
    return test_main("spectrum", tests, sizeof tests / sizeof *tests);
}
