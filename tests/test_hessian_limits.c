/* Second derivatives over selections, in bounded memory, and what is refused. */
#include <float.h>

#include "support.h"

#include "landscape/landscape.h"

START_TEST(a_selection_is_the_landscape_of_those_samples)
{
    const net shape = {4, 3, {3, 5, 2}, {CRITPT_TANH, CRITPT_GELU, CRITPT_IDENTITY}, {1, 1, 1}};
    scene s = scene_create(&shape, 700, 3);
    size_t n = 300, *indices = NEW(size_t, n), P = s.P;
    critpt_workspace *workspace;
    double *inputs = NEW(double, n *s.d), *targets = NEW(double, n *s.D);
    double *H = NEW(double, P *P), *truth = NEW(double, P *P), *v = normal(P, 1),
           *Hv = NEW(double, P), *other = NEW(double, P);
    for (size_t i = 0; i < n; i++) {
        indices[i] = (i * 37 + 5) % s.N;
        memcpy(inputs + i * s.d, s.inputs + indices[i] * s.d, s.d * sizeof *inputs);
        memcpy(targets + i * s.D, s.targets + indices[i] * s.D, s.D * sizeof *targets);
    }
    critpt_landscape *part;
    ASSERT_OK(critpt_landscape_create_borrowed(&part, s.model, n, inputs, s.d));
    ASSERT_OK(critpt_landscape_set_targets(part, targets, s.D));
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    ASSERT_OK(critpt_workspace_select(workspace, indices, n));
    ASSERT_OK(critpt_landscape_hessian_vector(s.landscape, workspace, s.weights, P, v, P, Hv, P));
    ASSERT_OK(critpt_landscape_hessian_vector(part, NULL, s.weights, P, v, P, other, P));
    ck_assert_mem_eq(Hv, other, P * sizeof *Hv);
    ASSERT_OK(critpt_landscape_hessian(s.landscape, workspace, s.weights, P, H, P));
    ASSERT_OK(critpt_landscape_hessian(part, NULL, s.weights, P, truth, P));
    ck_assert_mem_eq(H, truth, P * P * sizeof *H);
    critpt_workspace_destroy(workspace);
    critpt_landscape_destroy(part);
    free(indices), free(inputs), free(targets), free(truth), free(H), free(v), free(Hv),
        free(other);
    scene_destroy(&s);
}
END_TEST

/* A workspace that computed one thing computes another as a fresh one does. */
START_TEST(a_workspace_forgets)
{
    const net shape = {4, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    const double metric[4] = {2, 1, 1, 3};
    scene s = scene_create(&shape, 40, 3);
    size_t P = s.P;
    critpt_workspace *workspace;
    double *H = NEW(double, P *P), *truth = NEW(double, P *P);
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    for (int round = 0; round < 6; round++) {
        if (round == 3)
            ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
        critpt_status (*const functions[3])(const critpt_landscape *, critpt_workspace *,
                                            const double *, size_t, double *, size_t) = {
            critpt_landscape_hessian, critpt_landscape_gauss_newton,
            critpt_landscape_residual_curvature};
        ASSERT_OK(functions[round % 3](s.landscape, workspace, s.weights, P, H, P));
        ASSERT_OK(functions[round % 3](s.landscape, NULL, s.weights, P, truth, P));
        ck_assert_mem_eq(H, truth, P * P * sizeof *H);
    }
    critpt_workspace_destroy(workspace);
    free(H), free(truth);
    scene_destroy(&s);
}
END_TEST

START_TEST(products_allocate_nothing_with_a_workspace)
{
    const net shape = {9, 3, {7, 5, 3}, {CRITPT_TANH, CRITPT_GELU, CRITPT_IDENTITY}, {1, 1, 1}};
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    scene s = scene_create(&shape, 1000, 1);
    size_t P = s.P;
    critpt_workspace *workspace;
    double *v = normal(20 * P, 4), *x = NEW(double, 20 * P), *H = NEW(double, P *P);
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    memory_count.allocations = 0;
    ASSERT_OK(critpt_landscape_hessian_vector(s.landscape, workspace, s.weights, P, v, P, x, P));
    ck_assert_uint_eq(memory_count.allocations, 0);
    for (int round = 0; round < 2; round++) {
        ASSERT_OK(
            critpt_landscape_hessian_vectors(s.landscape, workspace, s.weights, P, 20, v, P, x, P));
        ASSERT_OK(critpt_landscape_hessian(s.landscape, workspace, s.weights, P, H, P));
        if (round == 0)
            memory_count.allocations = 0;
    }
    ck_assert_uint_eq(memory_count.allocations, 0); /* the second time */
    critpt_workspace_destroy(workspace);
    free(v), free(x), free(H);
    scene_destroy(&s);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* P is 10000, 9940 and 14910: one pass would take up to 600 MiB. */
START_TEST(scratch_is_bounded)
{
    const net wide[] = {
        {100, 2, {90, 10}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {70, 2, {70, 70}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {70, 3, {70, 70, 70}, {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY}, {1, 1, 1}},
    };
    double u = 0;
    const cpt_curvature curvature = {.cotangent = &u, .gauss_newton = true};
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (size_t t = 0; t < sizeof wide / sizeof *wide; t++)
        for (size_t mib = 4; mib <= 192; mib *= 48) {
            critpt_model *model = net_model(&wide[t]);
            cpt_assembly *assembly;
            cpt_jet jet;
            memory_count.bytes_peak = memory_count.bytes_live;
            size_t before = memory_count.bytes_live;
            ASSERT_OK(cpt_jet_assembly_create(&assembly, model, &curvature, 256, mib << 20));
            ASSERT_OK(cpt_jet_create(&jet, model, assembly->batch));
            /* what is small beside the sums and the batch: squares, W' M W, the tiles */
            ck_assert_uint_lt(memory_count.bytes_peak - before, (mib + 16) << 20);
            ck_assert(mib > 4 || assembly->n_passes > 10);
            cpt_jet_assembly_destroy(assembly);
            cpt_jet_destroy(&jet);
            critpt_model_destroy(model);
        }
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

START_TEST(failing_allocations_leave_nothing_behind)
{
    const net shape = {3, 3, {4, 3, 2}, {CRITPT_TANH, CRITPT_GELU, CRITPT_IDENTITY}, {1, 1, 1}};
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    scene s = scene_create(&shape, 20, 1);
    size_t P = s.P, before = memory_count.live, tries = 0;
    double *H = NEW(double, P *P), *v = normal(3 * P, 2), *R = NEW(double, 3 * P);
    critpt_status status = CRITPT_NO_MEMORY;
    for (memory_count.allowed = 0; status == CRITPT_NO_MEMORY; memory_count.allowed++, tries++) {
        memory_count.allocations = 0;
        status = critpt_landscape_hessian(s.landscape, NULL, s.weights, P, H, P);
        if (status == CRITPT_OK)
            status =
                critpt_landscape_hessian_vectors(s.landscape, NULL, s.weights, P, 3, v, P, R, P);
        ck_assert_uint_eq(memory_count.live, before);
    }
    memory_count.allowed = SIZE_MAX;
    ck_assert_msg(status == CRITPT_OK, "%s", critpt_error_message());
    ck_assert_uint_gt(tries, 15);
    free(H), free(v), free(R);
    scene_destroy(&s);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

START_TEST(a_kink_is_refused_by_sample_layer_and_unit)
{
    const net shape = {2, 3, {2, 3, 1}, {CRITPT_TANH, CRITPT_RELU, CRITPT_IDENTITY}, {0, 1, 1}};
    scene s = scene_create(&shape, 400, 2);
    size_t P = s.P;
    double *H = NEW(double, P *P), *v = normal(P, 1);
    critpt_landscape *L;
    ASSERT_OK(critpt_landscape_hessian(s.landscape, NULL, s.weights, P, H, P));
    s.inputs[2 * 301] = s.inputs[2 * 301 + 1] = 0; /* every pre-activation is its bias */
    for (size_t unit = 0; unit < 3; unit++)
        s.weights[10 + unit] = 0;
    ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_landscape_set_targets(L, s.targets, 1));
    const char *words = "sample 301 stands on a kink of unit 0 of layer 1";
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, s.weights, P, H, P), CRITPT_INVALID_ARGUMENT,
                 words);
    ASSERT_FAILS(critpt_landscape_hessian_vector(L, NULL, s.weights, P, v, P, H, P),
                 CRITPT_INVALID_ARGUMENT, words);
    critpt_landscape_destroy(L);
    free(H), free(v);
    scene_destroy(&s);
}
END_TEST

/* relu 3-3-2-1 without biases: where the first layer is off the second is 0 at all weights nearby,
 * and the sample adds nothing; a unit that is 0 at these weights alone stands on its kink. */
START_TEST(a_unit_without_input_has_no_kink)
{
    const net shape = {3, 3, {3, 2, 1}, {CRITPT_RELU, CRITPT_RELU, CRITPT_IDENTITY}, {0, 0, 0}};
    for (int input = 0; input < 2; input++) { /* the first layer off, or no input at all */
        scene s = scene_create(&shape, 21, 4);
        size_t P = s.P, last = s.N - 1;
        double *all = NEW(double, P *P), *fewer = NEW(double, P *P), margin, truth;
        critpt_landscape *L, *without;
        for (size_t j = 0; j < 9; j++)
            s.weights[j] = fabs(s.weights[j]);
        for (size_t j = 0; j < 3; j++)
            s.inputs[last * 3 + j] = input ? 0 : -1 - (double)j;
        ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, 3));
        ASSERT_OK(critpt_landscape_create(&without, s.model, last, s.inputs, 3));
        ASSERT_OK(critpt_landscape_set_targets(L, s.targets, 1));
        ASSERT_OK(critpt_landscape_set_targets(without, s.targets, 1));
        ASSERT_OK(critpt_landscape_kink_margin(L, NULL, s.weights, P, &margin));
        ASSERT_OK(critpt_landscape_kink_margin(without, NULL, s.weights, P, &truth));
        for (size_t unit = 0; unit < 3 && !input; unit++) {
            const double *w = s.weights + 3 * unit;
            truth = fmin(truth, w[0] + 2 * w[1] + 3 * w[2]);
        }
        ASSERT_NEAR(margin, truth, truth, 1e-14);
        ASSERT_OK(critpt_landscape_hessian(L, NULL, s.weights, P, all, P));
        ASSERT_OK(critpt_landscape_hessian(without, NULL, s.weights, P, fewer, P));
        for (size_t i = 0; i < P * P; i++)
            ASSERT_NEAR(all[i] * (double)s.N, fewer[i] * (double)last, 1 + fabs(all[i]), 1e-12);
        memset(s.weights + 9, 0, 3 * sizeof(double)); /* a unit that is 0 here, not nearby */
        ASSERT_OK(critpt_landscape_kink_margin(L, NULL, s.weights, P, &margin));
        ck_assert_double_eq(margin, 0);
        ASSERT_FAILS(critpt_landscape_hessian(L, NULL, s.weights, P, all, P),
                     CRITPT_INVALID_ARGUMENT, "kink of unit 0 of layer 1");
        critpt_landscape_destroy(L);
        critpt_landscape_destroy(without);
        free(all), free(fewer);
        scene_destroy(&s);
    }
}
END_TEST

/* f = (w x)^2 v + b, targets 0: the entry of w twice overflows, or its product with v. */
START_TEST(an_infinite_entry_is_named_by_its_weights)
{
    const net shape = {1, 2, {1, 1}, {CRITPT_SQUARE, CRITPT_IDENTITY}, {0, 1}};
    critpt_model *model = net_model(&shape);
    const double x[1] = {1}, y[1] = {0};
    double H[9], w[3] = {1e80, 1, 0};
    critpt_landscape *L;
    critpt_spectrum *spectrum;
    ASSERT_OK(critpt_landscape_create(&L, model, 1, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, w, 3, H, 3), CRITPT_NON_FINITE,
                 "hessian is inf at entry (1, 1), of weight (0, 0) of layer 1 and weight (0, 0) of "
                 "layer 1; scale");
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, L, w, 3, NULL), CRITPT_NON_FINITE, "overflow");
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

static int no_outputs(void *user, const double *weights, size_t n, const double *inputs,
                      double *outputs)
{
    (void)user, (void)weights, (void)inputs;
    memset(outputs, 0, n * sizeof *outputs);
    return 0;
}

static int no_jacobian(void *user, const double *weights, size_t n, const double *inputs,
                       double *jacobian)
{
    return no_outputs(user, weights, 2 * n, inputs, jacobian);
}

START_TEST(second_derivatives_of_many_weights_are_not_offered)
{
    enum { P = 4000 };
    const critpt_model_callbacks callbacks = {
        .struct_size = sizeof callbacks, .outputs = no_outputs, .jacobian = no_jacobian};
    critpt_model *model;
    critpt_landscape *L;
    double x[4] = {0}, *w = NEW(double, P);
    ASSERT_OK(critpt_model_create(&model, 1, 1, P, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&L, model, 4, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, x, 1));
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, w, P, x, P), CRITPT_UNSUPPORTED,
                 "1 outputs and 4000 weights");
    ASSERT_FAILS(critpt_landscape_hessian_vector(L, NULL, w, P, w, P, w, P), CRITPT_UNSUPPORTED,
                 "1 outputs and 4000 weights");
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
    free(w);
}
END_TEST

START_TEST(refusals_come_before_anything_is_allocated)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 4, 1);
    critpt_landscape *L = s.landscape, *bare;
    double *w = s.weights, x[64] = {0}, nan[8] = {0, 0, 0, 0, NAN, 0, 0, 0};
    size_t P = s.P;
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_OK(critpt_landscape_create(&bare, s.model, 4, s.inputs, 3));
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.allocations = 0;
    ASSERT_FAILS(critpt_landscape_hessian(NULL, NULL, w, P, x, P), invalid, "landscape is NULL");
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, w, P + 1, x, P), invalid, "length 7");
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, nan, P, x, P), CRITPT_NON_FINITE,
                 "weights[4] is nan");
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, w, P, NULL, P), invalid, "hessian is NULL");
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, w, P, x, P - 1), invalid, "leading");
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, w, P, x, SIZE_MAX / 16), CRITPT_SIZE_OVERFLOW,
                 "6 rows so far apart");
    ASSERT_FAILS(critpt_landscape_hessian(L, NULL, w, P, x, (size_t)1 << 31), CRITPT_SIZE_OVERFLOW,
                 "96 GiB");
    ASSERT_FAILS(critpt_landscape_hessian(bare, NULL, w, P, x, P), invalid, "no targets");
    ASSERT_FAILS(critpt_landscape_residual_curvature(bare, NULL, w, P, x, P), invalid,
                 "no targets");
    ASSERT_FAILS(critpt_landscape_hessian_vector(bare, NULL, w, P, w, P, x, P), invalid,
                 "no targets");
    ASSERT_FAILS(critpt_landscape_hessian_vector(L, NULL, w, P, w, 5, x, P), invalid, "direction");
    ASSERT_FAILS(critpt_landscape_hessian_vector(L, NULL, w, P, nan, P, x, P), CRITPT_NON_FINITE,
                 "direction[4]");
    ASSERT_FAILS(critpt_landscape_hessian_vector(L, NULL, w, P, w, P, x, 5), invalid, "result");
    ASSERT_FAILS(critpt_landscape_hessian_vectors(L, NULL, w, P, 2, x, 5, x, P), invalid,
                 "directions");
    ASSERT_FAILS(critpt_landscape_hessian_vectors(L, NULL, w, P, 2, x, P, x + 20, 5), invalid,
                 "results");
    ASSERT_FAILS(critpt_landscape_hessian_vectors(L, NULL, w, P, 1, nan, P, x, P),
                 CRITPT_NON_FINITE, "row 0, column 4");
    ck_assert_uint_eq(memory_count.allocations, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
    ASSERT_OK(critpt_landscape_gauss_newton(bare, NULL, w, P, x, P));
    ASSERT_OK(critpt_landscape_hessian_vectors(L, NULL, w, P, 0, x, P, x, P));
    critpt_landscape_destroy(bare);
    scene_destroy(&s);
}
END_TEST

/* Row a of the Hessian's rounding units, and that of its sums of absolute values, both in eps. */
static void unit_row(critpt_workspace *workspace, const double *weights, size_t P, size_t a,
                     double *units, double *sums)
{
    double *direction = NEW(double, P);
    direction[a] = 1;
    ASSERT_OK(cpt_landscape_product_unit(workspace, weights, direction, units));
    ASSERT_OK(cpt_landscape_curvature_vectors(workspace, weights, CPT_ABSOLUTE_HESSIAN, NULL, 1,
                                              direction, P, sums, P));
    free(direction);
}

/* Against extended precision: 20 units hold the error of every entry, at every size of the weights,
 * and on ordinary networks, of squares apart, are by rows the
 * rounding of sums. There sums alone do not hold what
 * sines of huge arguments lose. */
START_TEST(twenty_units_hold_the_errors_of_entries)
{
    static const double scales[] = {1, 10, 1e3, 1e6};
    double worst = 0;
    for (int i = 0; i < 4 * (CRITPT_LEAKY_RELU + 1) && LDBL_EPSILON < DBL_EPSILON; i++) {
        critpt_activation a = (critpt_activation)(i / 4);
        double scale = scales[i % 4];
        const net shape = {5, 3, {4, 3, 2}, {a, a, CRITPT_IDENTITY}, {1, 1, 1}};
        scene s = scene_create(&shape, 100, 7);
        size_t P = s.P;
        double *w = net_weights(s.model, 7, 0, scale), *H = NEW(double, P *P);
        double *units = NEW(double, P), *sums = NEW(double, P);
        long double *exact = NEW(long double, P *P);
        critpt_workspace *workspace;
        ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
        ASSERT_OK(critpt_landscape_hessian(s.landscape, workspace, w, P, H, P));
        ASSERT_OK(cpt_landscape_extended_hessian(workspace, w, exact));
        for (size_t r = 0; r < P; r++) {
            double row = 0, plain = 0;
            unit_row(workspace, w, P, r, units, sums);
            for (size_t c = 0; c < P; c++) {
                double error = (double)fabsl(H[r * P + c] - exact[r * P + c]) / DBL_EPSILON;
                ck_assert_msg(error <= 20 * units[c], "%d at %g: %g in %g", a, scale, error,
                              units[c]);
                ck_assert(units[c] >= sums[c]);
                worst = fmax(worst, sums[c] > 0 ? error / sums[c] : 0);
                row += units[c], plain += sums[c];
            }
            /* beside what underflows, which each entry is given */
            ck_assert_msg(scale > 1 || a == CRITPT_SQUARE || row <= 1.5 * plain + 1e-240,
                          "%d: %g in %g", a, row, plain);
        }
        free(w), free(H), free(units), free(sums), free(exact);
        critpt_workspace_destroy(workspace);
        scene_destroy(&s);
    }
    ck_assert(LDBL_EPSILON == DBL_EPSILON || worst > 1e6);
}
END_TEST

/* What a large Hessian needs is given back to all but 32 MiB, and the next one is the same. */
START_TEST(a_workspace_keeps_little)
{
    const net shape = {50, 2, {80, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    scene s = scene_create(&shape, 40, 1);
    critpt_workspace *workspace;
    const size_t rows = 4 * s.P;
    double *hessian = NEW(double, s.P *s.P), *first = NEW(double, rows);
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    size_t before = memory_count.bytes_live;
    memory_count.bytes_peak = before;
    ASSERT_OK(critpt_landscape_hessian(s.landscape, workspace, s.weights, s.P, hessian, s.P));
    ck_assert_uint_gt(memory_count.bytes_peak - before, 32 << 20);
    ck_assert_uint_le(memory_count.bytes_live - before, 32 << 20);
    memcpy(first, hessian, rows * sizeof *first);
    ASSERT_OK(critpt_landscape_hessian(s.landscape, workspace, s.weights, s.P, hessian, s.P));
    ck_assert_mem_eq(first, hessian, rows * sizeof *first);
    critpt_workspace_destroy(workspace);
    free(first), free(hessian);
    scene_destroy(&s);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* dsyevd counts its workspace in 32 bits, and is not asked beyond them. */
START_TEST(a_spectrum_of_many_weights_is_refused_by_its_memory)
{
    const net shape = {33000, 1, {1}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 1, 1);
    critpt_spectrum *spectrum;
    critpt_spectrum_options *options;
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, (size_t)3 * 33000 * 33000 * 8));
    ASSERT_FAILS(critpt_spectrum_create(&spectrum, s.landscape, s.weights, s.P, options),
                 CRITPT_NO_MEMORY, "memory limit");
    critpt_spectrum_options_destroy(options);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_selection_is_the_landscape_of_those_samples,
        a_workspace_forgets,
        products_allocate_nothing_with_a_workspace,
        scratch_is_bounded,
        a_workspace_keeps_little,
        a_spectrum_of_many_weights_is_refused_by_its_memory,
        failing_allocations_leave_nothing_behind,
        a_kink_is_refused_by_sample_layer_and_unit,
        a_unit_without_input_has_no_kink,
        twenty_units_hold_the_errors_of_entries,
        an_infinite_entry_is_named_by_its_weights,
        second_derivatives_of_many_weights_are_not_offered,
        refusals_come_before_anything_is_allocated,
    };
    return test_main("hessian_limits", tests, sizeof tests / sizeof *tests);
}
