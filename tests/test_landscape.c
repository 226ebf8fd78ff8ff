/* First-order evaluations against extended-precision plain loops, differences and identities. */
#include "support.h"

#include <float.h>

#include "base/base.h"

/* Shapes a stranger might bring: 1 to 6 layers, widths 1 to 200, biases on and off. */
static const net shapes[] = {
    {1, 1, {1}, {CRITPT_IDENTITY}, {1}},
    {3, 1, {2}, {CRITPT_SIGMOID}, {0}},
    {4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
    {7, 2, {5, 3}, {CRITPT_SOFTPLUS, CRITPT_TANH}, {1, 0}},
    {2, 3, {200, 1, 4}, {CRITPT_TANH, CRITPT_SILU, CRITPT_IDENTITY}, {1, 1, 1}},
    {20,
     4,
     {17, 9, 33, 2},
     {CRITPT_SIN, CRITPT_GELU, CRITPT_GAUSSIAN, CRITPT_IDENTITY},
     {1, 0, 1, 1}},
    {5,
     5,
     {4, 4, 4, 4, 4},
     {CRITPT_ELU, CRITPT_TANH, CRITPT_LEAKY_RELU, CRITPT_RELU, CRITPT_IDENTITY},
     {1, 1, 1, 1, 1}},
    {6,
     6,
     {8, 7, 6, 5, 4, 3},
     {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_TANH, CRITPT_SILU, CRITPT_SIN, CRITPT_IDENTITY},
     {1, 0, 1, 0, 1, 0}},
    {100, 2, {150, 10}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double norm(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = hypot(sum, x[i]);
    return sum;
}

START_TEST(outputs_match_plain_loops)
{
    for (size_t t = 0; t < SHAPES; t++)
        for (size_t N = 1; N <= 600; N = N * 5 + 3) { /* 1, 8, 43, 218: and 600 above a batch */
            scene s = scene_create(&shapes[t], N > 200 ? 600 : N, t);
            double *f = NEW(double, s.N *(s.D + 2));
            long double *truth = NEW(long double, s.D);
            ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, s.weights, s.P, f, s.D + 2));
            for (size_t i = 0; i < s.N; i++) {
                reference_outputs(&s.shape, s.weights, s.inputs + i * s.d, truth);
                for (size_t o = 0; o < s.D; o++)
                    ASSERT_NEAR(f[i * (s.D + 2) + o], truth[o], 10 + fabsl(truth[o]), 1e-14);
            }
            free(f);
            free(truth);
            scene_destroy(&s);
        }
}
END_TEST

/* The loss is tested apart from its derivatives: a wrong loss can have right gradients. */
START_TEST(loss_matches_plain_loops_for_every_residue_of_n)
{
    const net shape = {3, 2, {4, 3}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    const double metric[9] = {2, 0.5, 0, 0.5, 1, -0.25, 0, -0.25, 3};
    for (size_t N = 1; N <= 34; N++)
        for (size_t shift = 0; shift <= 512; shift += 256) {
            scene s = scene_create(&shape, N + shift, N);
            double *weights = NEW(double, s.N), loss;
            for (size_t i = 0; i < s.N; i++)
                weights[i] = 0.25 + (double)(i % 5);
            ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &loss));
            long double truth =
                reference_loss(&shape, s.weights, s.N, s.inputs, s.targets, NULL, NULL);
            ASSERT_NEAR(loss, truth, truth, 1e-15 * 20);
            ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, weights, s.N));
            ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 3));
            ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &loss));
            truth = reference_loss(&shape, s.weights, s.N, s.inputs, s.targets, weights, metric);
            ASSERT_NEAR(loss, truth, truth, 1e-15 * 20);
            free(weights);
            scene_destroy(&s);
        }
}
END_TEST

/* dL/dw_j by central differences of the reference in extended precision. */
static double difference_of_loss(scene *s, size_t j, const double *weights, const double *metric)
{
    double kept = s->weights[j], step = 0x1p-14 * (1 + fabs(kept));
    s->weights[j] = kept + step;
    double up = s->weights[j];
    long double above =
        reference_loss(&s->shape, s->weights, s->N, s->inputs, s->targets, weights, metric);
    s->weights[j] = kept - step;
    double down = s->weights[j];
    long double below =
        reference_loss(&s->shape, s->weights, s->N, s->inputs, s->targets, weights, metric);
    s->weights[j] = kept;
    return (double)((above - below) / ((long double)up - down));
}

START_TEST(gradient_matches_differences)
{
    for (size_t t = 0; t < SHAPES; t++) {
        scene s = scene_create(&shapes[t], 37, t);
        double *g = NEW(double, s.P), *sample_weights = NEW(double, s.N), loss, alone;
        double *metric = NEW(double, s.D *s.D);
        for (size_t i = 0; i < s.N; i++)
            sample_weights[i] = 1 + (double)(i % 3);
        for (size_t o = 0; o < s.D; o++)
            for (size_t q = 0; q < s.D; q++)
                metric[o * s.D + q] = (o == q ? 2.0 : 0) + 1 / (1.0 + (double)(o + q));
        ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, sample_weights, s.N));
        ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, s.D));
        ASSERT_OK(critpt_landscape_gradient(s.landscape, NULL, s.weights, s.P, g, s.P, &loss));
        ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &alone));
        ck_assert_double_eq(loss, alone);
        double size = norm(g, s.P);
        for (size_t j = 0; j < s.P; j += 1 + s.P / 40)
            ASSERT_NEAR(g[j], difference_of_loss(&s, j, sample_weights, metric), size, 3e-7);
        free(g);
        free(metric);
        free(sample_weights);
        scene_destroy(&s);
    }
}
END_TEST

/* <J v, u> = <v, J'u> and both against the explicit J, for every activation. */
START_TEST(jacobian_products_are_adjoint_for_every_activation)
{
    for (int a = CRITPT_IDENTITY; a <= CRITPT_LEAKY_RELU; a++) {
        const net shape = {5,
                           3,
                           {6, 4, 3},
                           {(critpt_activation)a, (critpt_activation)a, (critpt_activation)a},
                           {1, 0, 1}};
        scene s = scene_create(&shape, 300, (uint64_t)a);
        size_t n = s.N * s.D;
        double *v = normal(s.P, 5), *u = normal(n, 6), *Jv = NEW(double, n), *Ju = NEW(double, s.P);
        double *J = NEW(double, n *(s.P + 1)), left = 0, right = 0, size;
        ASSERT_OK(
            critpt_landscape_jacobian_vector(s.landscape, NULL, s.weights, s.P, v, s.P, Jv, s.D));
        ASSERT_OK(critpt_landscape_jacobian_transposed_vector(s.landscape, NULL, s.weights, s.P, u,
                                                              s.D, Ju, s.P));
        ASSERT_OK(critpt_landscape_jacobian(s.landscape, NULL, s.weights, s.P, J, s.P + 1));
        for (size_t i = 0; i < n; i++)
            left += Jv[i] * u[i];
        for (size_t j = 0; j < s.P; j++)
            right += v[j] * Ju[j];
        size = norm(Jv, n) * norm(u, n);
        ASSERT_NEAR(left, right, size, 20 * DBL_EPSILON);
        for (size_t i = 0; i < n; i++) {
            double product = 0;
            for (size_t j = 0; j < s.P; j++)
                product += J[i * (s.P + 1) + j] * v[j];
            ASSERT_NEAR(Jv[i], product, norm(J + i * (s.P + 1), s.P) * norm(v, s.P),
                        50 * DBL_EPSILON);
        }
        free(v), free(u), free(Jv), free(Ju), free(J);
        scene_destroy(&s);
    }
}
END_TEST

/* Entries of J against central differences of the reference's outputs. */
START_TEST(jacobian_matches_differences)
{
    for (size_t t = 0; t < SHAPES; t++) {
        scene s = scene_create(&shapes[t], 3, t + 50);
        double *J = NEW(double, s.N *s.D *s.P);
        long double *up = NEW(long double, s.D), *down = NEW(long double, s.D);
        ASSERT_OK(critpt_landscape_jacobian(s.landscape, NULL, s.weights, s.P, J, s.P));
        double size = norm(J, s.N * s.D * s.P) / sqrt((double)s.N);
        for (size_t j = 0; j < s.P; j += 1 + s.P / 60)
            for (size_t i = 0; i < s.N; i++) {
                double kept = s.weights[j];
                s.weights[j] = kept + 0x1p-14;
                reference_outputs(&s.shape, s.weights, s.inputs + i * s.d, up);
                s.weights[j] = kept - 0x1p-14;
                reference_outputs(&s.shape, s.weights, s.inputs + i * s.d, down);
                s.weights[j] = kept;
                for (size_t o = 0; o < s.D; o++)
                    ASSERT_NEAR(J[(i * s.D + o) * s.P + j], (up[o] - down[o]) / 0x1p-13L, size,
                                1e-7);
            }
        free(J), free(up), free(down);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(a_selection_is_the_landscape_of_those_samples)
{
    const net shape = {4, 2, {6, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 700, 3);
    size_t n = 300, *indices = NEW(size_t, n);
    critpt_workspace *workspace;
    double *inputs = NEW(double, n *s.d), *targets = NEW(double, n *s.D);
    double *g = NEW(double, s.P), *other = NEW(double, s.P), loss, truth;
    for (size_t i = 0; i < n; i++) {
        indices[i] = (i * 37 + 5) % s.N;
        memcpy(inputs + i * s.d, s.inputs + indices[i] * s.d, s.d * sizeof *inputs);
        memcpy(targets + i * s.D, s.targets + indices[i] * s.D, s.D * sizeof *targets);
    }
    indices[7] = indices[3]; /* repetitions are allowed */
    memcpy(inputs + 7 * s.d, inputs + 3 * s.d, s.d * sizeof *inputs);
    memcpy(targets + 7 * s.D, targets + 3 * s.D, s.D * sizeof *targets);
    critpt_landscape *part;
    ASSERT_OK(critpt_landscape_create_borrowed(&part, s.model, n, inputs, s.d));
    ASSERT_OK(critpt_landscape_set_targets(part, targets, s.D));
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    ASSERT_OK(critpt_workspace_select(workspace, indices, n));
    ASSERT_OK(critpt_landscape_gradient(s.landscape, workspace, s.weights, s.P, g, s.P, &loss));
    ASSERT_OK(critpt_landscape_gradient(part, NULL, s.weights, s.P, other, s.P, &truth));
    ck_assert_double_eq(loss, truth);
    ck_assert_mem_eq(g, other, s.P * sizeof *g);
    ASSERT_OK(critpt_workspace_select(workspace, NULL, 0));
    ASSERT_OK(critpt_landscape_loss(s.landscape, workspace, s.weights, s.P, &loss));
    ASSERT_OK(critpt_landscape_loss(s.landscape, NULL, s.weights, s.P, &truth));
    ck_assert_double_eq(loss, truth);
    critpt_workspace_destroy(workspace);
    critpt_landscape_destroy(part);
    free(indices), free(inputs), free(targets), free(g), free(other);
    scene_destroy(&s);
}
END_TEST

/* The same sample at every place of a batch, and in a batch of its own length: to the last bits,
 * which some BLAS round in another way at the edges of a matrix. */
START_TEST(a_sample_does_not_depend_on_its_place)
{
    const net shape = {
        9, 3, {13, 30, 3}, {CRITPT_TANH, CRITPT_SOFTPLUS, CRITPT_SIGMOID}, {1, 1, 1}};
    for (size_t N = 255; N <= 300; N += 9) {
        scene s = scene_create(&shape, N, 1);
        double *f = NEW(double, N *s.D);
        for (size_t i = 1; i < N; i++)
            memcpy(s.inputs + i * s.d, s.inputs, s.d * sizeof(double));
        critpt_landscape *same;
        ASSERT_OK(critpt_landscape_create(&same, s.model, N, s.inputs, s.d));
        ASSERT_OK(critpt_landscape_outputs(same, NULL, s.weights, s.P, f, s.D));
        for (size_t i = 1; i < N; i++)
            for (size_t o = 0; o < s.D; o++)
                ASSERT_NEAR(f[i * s.D + o], f[o], 1, 4 * DBL_EPSILON);
        critpt_landscape_destroy(same);
        free(f);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(gradient_float32_is_the_gradient_of_rounded_data)
{
    const net shape = {4, 2, {6, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 3);
    double *g = NEW(double, s.P), *truth = NEW(double, s.P);
    ASSERT_OK(critpt_landscape_gradient_float32(s.landscape, NULL, s.weights, s.P, g, s.P));
    for (size_t i = 0; i < s.N * s.d; i++)
        s.inputs[i] = (float)s.inputs[i];
    for (size_t i = 0; i < s.N * s.D; i++)
        s.targets[i] = (float)s.targets[i];
    for (size_t j = 0; j < s.P; j++)
        s.weights[j] = (float)s.weights[j];
    critpt_landscape *rounded;
    ASSERT_OK(critpt_landscape_create(&rounded, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_landscape_set_targets(rounded, s.targets, s.D));
    ASSERT_OK(critpt_landscape_gradient(rounded, NULL, s.weights, s.P, truth, s.P, NULL));
    ck_assert_mem_eq(g, truth, s.P * sizeof *g);
    critpt_landscape_destroy(rounded);
    free(g), free(truth);
    scene_destroy(&s);
}
END_TEST

static void assert_infinite(const critpt_landscape *L, critpt_workspace *workspace,
                            const double *weights, size_t P, bool infinite)
{
    double *g = NEW(double, P);
    ASSERT_OK(critpt_landscape_gradient_float32(L, workspace, weights, P, g, P));
    for (size_t j = 0; j < P; j++)
        ck_assert(infinite ? g[j] == INFINITY : isfinite(g[j]) != 0);
    free(g);
}

/* One number beyond 3.4e38 is enough, also where tanh saturates, a factor of 0 hides it or another
 * infinity cancels it. */
START_TEST(gradient_float32_beyond_its_range_is_infinite)
{
    const net shape = {4, 2, {6, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 3);
    const size_t good[2] = {3, 4}, bad[2] = {3, 299};
    const double weight = s.weights[0], input = s.inputs[7];
    critpt_workspace *workspace;
    critpt_landscape *wide;
    assert_infinite(s.landscape, NULL, s.weights, s.P, false);
    s.weights[0] = 1e39;
    assert_infinite(s.landscape, NULL, s.weights, s.P, true);
    s.weights[0] = 3e38;
    assert_infinite(s.landscape, NULL, s.weights, s.P, false);
    s.weights[0] = weight;
    s.inputs[7] = -1e200;
    ASSERT_OK(critpt_landscape_create(&wide, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_landscape_set_targets(wide, s.targets, s.D));
    assert_infinite(wide, NULL, s.weights, s.P, true);
    s.inputs[7] = input;
    s.targets[599] = 1e90, s.targets[597] = -1e90;
    ASSERT_OK(critpt_landscape_set_targets(s.landscape, s.targets, s.D));
    assert_infinite(s.landscape, NULL, s.weights, s.P, true);
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    ASSERT_OK(critpt_workspace_select(workspace, bad, 2));
    assert_infinite(s.landscape, workspace, s.weights, s.P, true);
    ASSERT_OK(critpt_workspace_select(workspace, good, 2));
    assert_infinite(s.landscape, workspace, s.weights, s.P, false);
    critpt_workspace_destroy(workspace);
    critpt_landscape_destroy(wide);
    scene_destroy(&s);
}
END_TEST

/* MATH 9's unit from its definition, on a net small enough to write the error scale out. */
START_TEST(gradient_unit_matches_its_definition)
{
    const net shape = {2, 1, {2}, {CRITPT_TANH}, {1}};
    scene s = scene_create(&shape, 5, 8);
    double *J = NEW(double, 10 * s.P), f[10], unit, frobenius = 0, residual = 0, target = 0;
    double forward = 0;
    ASSERT_OK(critpt_landscape_jacobian(s.landscape, NULL, s.weights, s.P, J, s.P));
    ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, s.weights, s.P, f, 2));
    for (size_t i = 0; i < 10; i++)
        residual += pow((f[i] - s.targets[i]) / 5, 2);
    for (size_t j = 0; j < s.P; j++) {
        double to_target = 0, to_phi = 0;
        for (size_t i = 0; i < 10; i++) {
            const double *x = s.inputs + i / 2 * 2, *w = s.weights + i % 2 * 2;
            double bias = s.weights[4 + i % 2];
            double slope = 1 - f[i] * f[i];
            double phi_z = fabs(w[0] * x[0]) + fabs(w[1] * x[1]) + fabs(bias);
            double phi = slope * phi_z + fabs(f[i]);
            double slope_error = fabs(2 * f[i] * slope) * phi_z;
            if ((j < 4 ? j / 2 : j - 4) == i % 2)
                to_phi +=
                    fabs(f[i] - s.targets[i]) / 5 * slope_error * (j < 4 ? fabs(x[j % 2]) : 1);
            frobenius += J[i * s.P + j] * J[i * s.P + j];
            to_target += J[i * s.P + j] * s.targets[i] / 5;
            to_phi += fabs(J[i * s.P + j]) * phi / 5;
        }
        target += to_target * to_target;
        forward += to_phi * to_phi;
    }
    double truth = DBL_EPSILON * (sqrt(frobenius) * sqrt(residual) + sqrt(target) + sqrt(forward));
    ASSERT_OK(critpt_landscape_gradient_unit(s.landscape, NULL, s.weights, s.P, &unit));
    ASSERT_NEAR(unit, truth, truth, 1e-13);
    free(J);
    scene_destroy(&s);
}
END_TEST

/* exp(-z^2) is 0 at z = 2.6e5 and about it: nothing is rounded where the targets are 0, too. */
/* But for what derivatives hide that are 0 below 1e-300 in double precision. */
START_TEST(what_is_saturated_has_no_unit)
{
    const net shape = {1, 2, {1, 1}, {CRITPT_GAUSSIAN, CRITPT_IDENTITY}, {0, 1}};
    const double x[] = {1e5, -2e5}, y[] = {0, 0}, w[] = {2.6, 1.5, 0};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    double unit = 1;
    ASSERT_OK(critpt_landscape_create(&L, model, 2, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_OK(critpt_landscape_gradient_unit(L, NULL, w, 3, &unit));
    ck_assert_double_le(unit, 1e-250);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(kink_margin_is_the_least_distance_to_a_kink)
{
    const net kinked = {2, 2, {3, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {1, 1}};
    const net smooth = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&kinked, 400, 2), t = scene_create(&smooth, 4, 2);
    double margin, truth = INFINITY;
    for (size_t i = 0; i < s.N; i++)
        for (size_t p = 0; p < 3; p++)
            truth =
                fmin(truth, fabs(s.weights[2 * p] * s.inputs[2 * i] +
                                 s.weights[2 * p + 1] * s.inputs[2 * i + 1] + s.weights[6 + p]));
    ASSERT_OK(critpt_landscape_kink_margin(s.landscape, NULL, s.weights, s.P, &margin));
    ASSERT_NEAR(margin, truth, 1, 1e-15);
    ASSERT_OK(critpt_landscape_kink_margin(t.landscape, NULL, t.weights, t.P, &margin));
    ck_assert(isinf(margin));
    scene_destroy(&s);
    scene_destroy(&t);
}
END_TEST

START_TEST(extreme_scales_pass_through)
{
    const net shape = {3, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    for (int power = -100; power <= 100; power += 50) {
        scene s = scene_create(&shape, 20, 1);
        double scale = pow(2, power), loss, g[64];
        for (size_t i = 0; i < s.N * s.D; i++)
            s.targets[i] *= scale;
        for (size_t j = 16; j < s.P; j++)
            s.weights[j] *= scale; /* the output layer */
        double one_loss, one[64];
        ASSERT_OK(critpt_landscape_set_targets(s.landscape, s.targets, s.D));
        ASSERT_OK(critpt_landscape_gradient(s.landscape, NULL, s.weights, s.P, g, s.P, &loss));
        for (size_t i = 0; i < s.N * s.D; i++)
            s.targets[i] /= scale;
        for (size_t j = 16; j < s.P; j++)
            s.weights[j] /= scale;
        ASSERT_OK(critpt_landscape_set_targets(s.landscape, s.targets, s.D));
        ASSERT_OK(
            critpt_landscape_gradient(s.landscape, NULL, s.weights, s.P, one, s.P, &one_loss));
        ASSERT_NEAR(loss / scale / scale, one_loss, one_loss, 1e-14);
        for (size_t j = 0; j < s.P; j++)
            ASSERT_NEAR(g[j] / (j < 16 ? scale * scale : scale), one[j], norm(one, s.P), 1e-14);
        scene_destroy(&s);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        outputs_match_plain_loops,
        loss_matches_plain_loops_for_every_residue_of_n,
        gradient_matches_differences,
        jacobian_products_are_adjoint_for_every_activation,
        jacobian_matches_differences,
        a_selection_is_the_landscape_of_those_samples,
        a_sample_does_not_depend_on_its_place,
        gradient_float32_is_the_gradient_of_rounded_data,
        gradient_float32_beyond_its_range_is_infinite,
        gradient_unit_matches_its_definition,
        what_is_saturated_has_no_unit,
        kink_margin_is_the_least_distance_to_a_kink,
        extreme_scales_pass_through,
    };
    return test_main("landscape", tests, sizeof tests / sizeof *tests);
}
