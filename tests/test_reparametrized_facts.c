/* Models of fewer weights: the base's facts, symmetries and names that B leaves true, and no
 * others; callbacks; what is refused. */
#include "support.h"

#include "model/structure.h"

/* ---- Facts ---- */

/* 2-3-2 with biases: weights 0 .. 5, biases 6 .. 8; weights 9 .. 14, biases 15, 16. */
static const net small = {2, 2, {3, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
enum { SMALL = 17 };

/* All weights but those of `fixed`, at the origin given. */
static critpt_model *without(critpt_model *base, const double *origin, const size_t *fixed,
                             size_t n_fixed)
{
    size_t P = critpt_model_n_weights(base), n = 0, *chosen = NEW(size_t, P);
    critpt_model *model;
    for (size_t j = 0; j < P; j++) {
        bool is_fixed = false;
        for (size_t i = 0; i < n_fixed; i++)
            is_fixed |= fixed[i] == j;
        if (!is_fixed)
            chosen[n++] = j;
    }
    ASSERT_OK(critpt_model_choose_weights(&model, base, origin, P, chosen, n));
    free(chosen);
    return model;
}

START_TEST(facts_need_their_weights)
{
    static const size_t none[] = {0}, bias[] = {16}, output[] = {12}, both[] = {12, 16};
    static const struct {
        const size_t *fixed;
        size_t n;
        double at;
        size_t linear, constants;
    } cases[] = {{none, 0, 1, 8, 2},   {none, 1, 1, 8, 2},   {bias, 1, 0, 7, 0}, {bias, 1, 1, 0, 0},
                 {output, 1, 0, 7, 2}, {output, 1, 1, 0, 2}, {both, 2, 0, 6, 0}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        critpt_model *base = net_model(&small);
        double origin[SMALL];
        cpt_linear_block block = {0, 0, NULL};
        for (size_t j = 0; j < SMALL; j++)
            origin[j] = cases[c].at;
        critpt_model *model = without(base, origin, cases[c].fixed, cases[c].n);
        if (!cpt_structure_linear_block(model, &block))
            block.n = 0;
        ck_assert_uint_eq(block.n, cases[c].linear);
        ck_assert_uint_eq(cpt_structure_n_constants(model), cases[c].constants);
        if (cases[c].constants) /* the last two of the model's weights */
            ck_assert_uint_eq(cpt_structure_constant(model, 1), SMALL - cases[c].n - 1);
        critpt_model_destroy(model);
        critpt_model_destroy(base);
    }
}
END_TEST

/* Two points, minima where `natures`, whose losses differ by 0.1; how the solve ends. */
static critpt_status plant_pair(critpt_model *model, bool move, double *gap)
{
    enum { SAMPLES = 150 };
    size_t V = critpt_model_n_weights(model);
    double *x = normal(SAMPLES * 2, 1), *v, loss[2];
    critpt_landscape *landscape;
    critpt_plan *plan;
    ASSERT_OK(critpt_landscape_create(&landscape, model, SAMPLES, x, 2));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < 2; k++) {
        v = normal(V, 30 + k);
        ASSERT_OK(critpt_plan_add_point(plan, v, V, NULL));
        if (move)
            ASSERT_OK(critpt_plan_let_point_move(plan, k));
        free(v);
    }
    ASSERT_OK(critpt_plan_require_loss_difference(plan, 1, 0, 0.1, NULL));
    critpt_status status = critpt_plan_solve(plan, NULL);
    v = NEW(double, V);
    for (size_t k = 0; k < 2 && status == CRITPT_OK; k++) {
        ASSERT_OK(critpt_plan_point_weights(plan, k, v, V));
        ASSERT_OK(critpt_landscape_loss(landscape, NULL, v, V, &loss[k]));
    }
    *gap = status == CRITPT_OK ? loss[1] - loss[0] : 0;
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    free(x), free(v);
    return status;
}

/* Facts 1 and 2: with its output layer a model is balanced and scaled, and needs it; without,
 * losses of points that stay differ as they please. */
START_TEST(loss_differences_are_free_without_the_output_layer)
{
    static const size_t hidden[] = {0, 4}, output[] = {9, 10, 11, 12, 13, 14, 15, 16};
    critpt_model *base = net_model(&small);
    double *origin = net_weights(base, 3, 1, 1), gap;
    critpt_model *with = without(base, origin, hidden, 2),
                 *fixed = without(base, origin, output, 8);
    ASSERT_OK(plant_pair(with, true, &gap));
    ASSERT_NEAR(gap, 0.1, 1, 1e-9);
    ck_assert_int_eq(plant_pair(with, false, &gap), CRITPT_INFEASIBLE);
    ASSERT_OK(plant_pair(fixed, false, &gap));
    ASSERT_NEAR(gap, 0.1, 1, 1e-9);
    critpt_model_destroy(with), critpt_model_destroy(fixed), critpt_model_destroy(base);
    free(origin);
}
END_TEST

/* ---- Null directions ---- */

/* Named null directions of a model with a planted point at v, by reasons. */
static void count_reasons(critpt_model *model, const double *v, const double *x, size_t n,
                          size_t counts[8])
{
    size_t V = critpt_model_n_weights(model), d = critpt_model_n_inputs(model);
    critpt_landscape *landscape;
    critpt_plan *plan;
    critpt_spectrum *spectrum;
    memset(counts, 0, 8 * sizeof *counts);
    ASSERT_OK(critpt_landscape_create(&landscape, model, n, x, d));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    ASSERT_OK(critpt_plan_add_point(plan, v, V, NULL));
    double *y = normal(n * critpt_model_n_outputs(model), 77);
    ASSERT_OK(critpt_plan_set_base_targets(plan, y, critpt_model_n_outputs(model)));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_spectrum_create(&spectrum, landscape, v, V, NULL));
    size_t named = 0;
    for (size_t i = 0; i < critpt_spectrum_n_null_directions(spectrum); i++) {
        size_t layer, unit, directions;
        critpt_null_reason reason;
        ASSERT_OK(critpt_spectrum_null_direction(spectrum, i, &layer, &unit, &reason, &directions));
        counts[reason] += directions;
        named += directions;
    }
    ck_assert_uint_eq(named, critpt_spectrum_nullity(spectrum));
    critpt_spectrum_destroy(spectrum);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    free(y);
}

/* A relu unit is rescaled where all of its weights are free, or tied so that the curve stays. */
START_TEST(symmetries_that_stay_are_named)
{
    enum { SAMPLES = 60 };
    static const net shape = {2, 2, {3, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {0, 0}};
    static const size_t outgoing[] = {6}, incoming[] = {1, 3}, some[] = {1, 8};
    static const struct {
        const size_t *fixed;
        size_t n, rescaled;
    } cases[] = {{outgoing, 0, 3}, {outgoing, 1, 2}, {incoming, 2, 1}, {some, 2, 1}};
    critpt_model *base = net_model(&shape);
    double *w = net_weights(base, 5, 0, 1), *x = normal(SAMPLES * 2, 4), v[9];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        critpt_model *model = without(base, w, cases[c].fixed, cases[c].n);
        size_t counts[8], n = 0;
        for (size_t j = 0; j < 9; j++) {
            bool fixed = false;
            for (size_t i = 0; i < cases[c].n; i++)
                fixed |= cases[c].fixed[i] == j;
            if (!fixed)
                v[n++] = w[j];
        }
        count_reasons(model, v, x, SAMPLES, counts);
        ck_assert_uint_eq(counts[CRITPT_NULL_RESCALED_UNIT], cases[c].rescaled);
        critpt_model_destroy(model);
    }
    critpt_model_destroy(base);
    free(w), free(x);
}
END_TEST

/* Input 1 is 0 in every sample: its three weights have no effect, each alone or tied; a tie with a
 * weight that acts leaves two directions, one of them across ties. */
START_TEST(lines_that_stay_are_named)
{
    enum { SAMPLES = 60 };
    static const net shape = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    static const size_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    static const size_t alone[] = {0, 1, 2, 3, 4, 5, 6, 7, 8}, tied[] = {0, 1, 2, 1, 3, 1, 4, 5, 6},
                        across[] = {0, 0, 1, 2, 3, 4, 5, 6, 7};
    static const struct {
        const size_t *columns;
        size_t n, dead;
    } cases[] = {{alone, 9, 3}, {tied, 7, 1}, {across, 8, 2}};
    critpt_model *base = net_model(&shape);
    double ones[9], zero[9] = {0}, *x = normal(SAMPLES * 2, 4), *v = normal(9, 6);
    for (size_t i = 0; i < 9; i++)
        ones[i] = 1;
    for (size_t i = 0; i < SAMPLES; i++)
        x[2 * i + 1] = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        critpt_model *model;
        size_t counts[8];
        ASSERT_OK(critpt_model_reparametrize(&model, base, zero, 9, cases[c].n, rows,
                                             cases[c].columns, ones, 9));
        count_reasons(model, v, x, SAMPLES, counts);
        ck_assert_uint_eq(counts[CRITPT_NULL_DEAD_INPUT], cases[c].dead);
        critpt_model_destroy(model);
    }
    critpt_model_destroy(base);
    free(x), free(v);
}
END_TEST

/* ---- Names ---- */

START_TEST(weights_keep_their_names)
{
    static const size_t chosen[] = {16, 3}, rows[] = {3, 4, 9}, columns[] = {0, 1, 1};
    static const double values[] = {2, 1, 1};
    critpt_model *base = net_model(&small), *model, *other;
    double origin[SMALL] = {0};
    char name[96];
    size_t layer, row, column;
    ASSERT_OK(critpt_model_choose_weights(&model, base, origin, SMALL, chosen, 2));
    cpt_structure_describe_weight(model, 0, name, sizeof name);
    ck_assert_str_eq(name, "bias 1 of layer 1");
    ck_assert(cpt_structure_locate_weight(model, 1, &layer, &row, &column));
    ck_assert(layer == 0 && row == 1 && column == 1);
    ASSERT_OK(critpt_model_reparametrize(&other, base, origin, SMALL, 2, rows, columns, values, 3));
    cpt_structure_describe_weight(other, 0, name, sizeof name);
    ck_assert_str_eq(name, "weight (1, 1) of layer 0");
    cpt_structure_describe_weight(other, 1, name, sizeof name);
    ck_assert_str_eq(name, "weight 1");
    ck_assert(!cpt_structure_locate_weight(other, 1, &layer, &row, &column));
    ck_assert_ptr_eq(critpt_model_base(model), base);
    ck_assert_ptr_null(critpt_model_base(base));
    ck_assert_ptr_null(critpt_model_base(NULL));
    ck_assert_uint_eq(critpt_mlp_n_layers(model), 0);
    critpt_model_destroy(model), critpt_model_destroy(other), critpt_model_destroy(base);
}
END_TEST

/* ---- Models of callbacks, and others' derivatives ---- */

/* w0 exp(-w1 x) + w2, wrong by `user` in the Jacobian's last column. */
static int decay(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = w[0] * exp(-w[1] * x[i]) + w[2];
    return 0;
}

static int slopes(void *user, const double *w, size_t n, const double *x, double *J)
{
    for (size_t i = 0; i < n; i++) {
        J[3 * i] = exp(-w[1] * x[i]);
        J[3 * i + 1] = -w[0] * x[i] * J[3 * i];
        J[3 * i + 2] = 1 + *(const double *)user;
    }
    return 0;
}

/* The rate is the amplitude, w1 = w0: the Hessian is that of v0 exp(-v0 x) + v1. */
START_TEST(callbacks_are_tied)
{
    enum { SAMPLES = 12 };
    static const size_t rows[] = {0, 1, 2}, columns[] = {0, 0, 1};
    static const double ones[] = {1, 1, 1}, zero[3] = {0}, v[] = {0.8, 0.3};
    double wrong = 0, x[SAMPLES], y[SAMPLES], H[4], truth[4] = {0};
    const critpt_model_callbacks table = {
        .struct_size = sizeof table, .outputs = decay, .jacobian = slopes};
    critpt_model *base, *model;
    critpt_landscape *landscape;
    ASSERT_OK(critpt_model_create(&base, 1, 1, 3, &table, &wrong));
    ASSERT_OK(critpt_model_reparametrize(&model, base, zero, 3, 2, rows, columns, ones, 3));
    ck_assert_int_eq(critpt_model_exact_orders(model), 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        x[i] = (double)i / 4;
        y[i] = 0.1 * (double)(i % 3);
        double e = exp(-v[0] * x[i]), r = v[0] * e + v[1] - y[i], slope = e - v[0] * x[i] * e,
               second = -2 * x[i] * e + v[0] * x[i] * x[i] * e;
        truth[0] += (slope * slope + r * second) / SAMPLES;
        truth[1] += slope / SAMPLES;
        truth[3] += 1.0 / SAMPLES;
    }
    truth[2] = truth[1];
    ASSERT_OK(critpt_landscape_create(&landscape, model, SAMPLES, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(landscape, y, 1));
    ASSERT_OK(critpt_landscape_hessian(landscape, NULL, v, 2, H, 2));
    for (size_t i = 0; i < 4; i++)
        ASSERT_NEAR(H[i], truth[i], 1, 1e-10);
    ASSERT_OK(critpt_model_check(model, v, 2, SAMPLES, x, 1));
    wrong = 0.5;
    ASSERT_FAILS(critpt_model_check(model, v, 2, SAMPLES, x, 1), CRITPT_INCONSISTENT, "weight 2");
    ASSERT_FAILS(critpt_model_declare_linear(model, rows, 1), CRITPT_INVALID_ARGUMENT,
                 "not made of callbacks");
    ASSERT_FAILS(critpt_model_draw_weights(model, 1, 1, 1, y, 2), CRITPT_UNSUPPORTED, "drawn");
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model), critpt_model_destroy(base);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(bad_matrices_are_refused)
{
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    critpt_model *base = net_model(&small), *model, *empty;
    double origin[SMALL] = {0}, ones[4] = {1, 1, 1, 1}, infinite[4] = {1, INFINITY, 1, 1},
           zeros[4] = {1, 1, 0, 1};
    size_t rows[] = {0, 1, 2, 3}, columns[] = {0, 1, 2, 0}, beyond[] = {0, 17, 2, 3},
           twice[] = {1, 1, 2, 1}, dependent[] = {0, 0, 1, 1}, both[] = {0, 1, 0, 1};
    ASSERT_OK(critpt_mlp_create(&empty, 2));
#define REPARAMETRIZE(o, n, r, c, v)                                                               \
    critpt_model_reparametrize(&model, base, o, SMALL, n, r, c, v, 4)
    ASSERT_FAILS(REPARAMETRIZE(origin, 4, rows, columns, ones), invalid, "column 3 of the matrix");
    ASSERT_FAILS(REPARAMETRIZE(origin, 3, rows, columns, zeros), invalid, "column 2 of the matrix");
    ck_assert_ptr_null(model);
    ASSERT_FAILS(REPARAMETRIZE(origin, 2, rows, columns, ones), invalid, "columns[2] is 2");
    ASSERT_FAILS(REPARAMETRIZE(origin, 3, beyond, columns, ones), invalid, "rows[1] is 17");
    ASSERT_FAILS(REPARAMETRIZE(origin, 3, rows, columns, infinite), CRITPT_NON_FINITE, "values[1]");
    ASSERT_FAILS(REPARAMETRIZE(origin, 2, twice, both, ones), invalid, "entries 1 and 3");
    ASSERT_FAILS(REPARAMETRIZE(origin, 2, dependent, both, ones), invalid, "depends on the others");
    ASSERT_FAILS(REPARAMETRIZE(origin, 3, NULL, columns, ones), invalid, "rows is NULL");
    ASSERT_FAILS(REPARAMETRIZE(origin, 3, rows, NULL, ones), invalid, "columns is NULL");
    ASSERT_FAILS(REPARAMETRIZE(origin, 3, rows, columns, NULL), invalid, "values is NULL");
    ASSERT_FAILS(REPARAMETRIZE(NULL, 3, rows, columns, ones), invalid, "origin");
    ASSERT_FAILS(REPARAMETRIZE(origin, 0, rows, columns, ones), invalid, "n_weights is 0");
    ASSERT_FAILS(REPARAMETRIZE(origin, 18, rows, columns, ones), invalid, "the base has 17");
    origin[5] = NAN;
    ASSERT_FAILS(REPARAMETRIZE(origin, 3, rows, columns, ones), CRITPT_NON_FINITE, "origin");
    origin[5] = 0;
#undef REPARAMETRIZE
    ASSERT_FAILS(critpt_model_reparametrize(NULL, base, origin, SMALL, 3, rows, columns, ones, 4),
                 invalid, "model is NULL");
    ASSERT_FAILS(critpt_model_reparametrize(&model, NULL, origin, SMALL, 3, rows, columns, ones, 4),
                 invalid, "base is NULL");
    ASSERT_FAILS(critpt_model_reparametrize(&model, empty, origin, 0, 3, rows, columns, ones, 4),
                 invalid, "no layer");
    ASSERT_FAILS(critpt_model_reparametrize(&model, base, origin, 16, 3, rows, columns, ones, 4),
                 invalid, "origin");
    /* nothing was made of it, and it may grow still */
    ASSERT_OK(critpt_mlp_add_layer(base, 2, CRITPT_TANH, CRITPT_BIAS));
    critpt_model_destroy(base), critpt_model_destroy(empty);
}
END_TEST

START_TEST(bad_choices_are_refused)
{
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    critpt_model *base = net_model(&small), *model, *large;
    double origin[SMALL] = {0}, w[SMALL], v[2] = {1, 1}, huge[] = {1e308, 1e308};
    const size_t twice[] = {3, 5, 3}, beyond[] = {3, 17}, good[] = {3, 5}, rows[] = {3, 4, 4},
                 columns[] = {0, 0, 1};
    const double values[] = {1e10, 1, 1};
    ASSERT_FAILS(critpt_model_choose_weights(&model, base, origin, SMALL, twice, 3), invalid,
                 "chosen[0] and chosen[2] are both weight 3");
    ASSERT_FAILS(critpt_model_choose_weights(&model, base, origin, SMALL, beyond, 2), invalid,
                 "chosen[1] is 17");
    ASSERT_FAILS(critpt_model_choose_weights(&model, base, origin, SMALL, NULL, 2), invalid,
                 "chosen is NULL");
    ASSERT_OK(critpt_model_choose_weights(&model, base, origin, SMALL, good, 2));
    ASSERT_FAILS(critpt_mlp_add_layer(base, 2, CRITPT_TANH, 1), invalid, "cannot grow");
    ASSERT_FAILS(critpt_mlp_draw_weights(model, 1, 1, 1, v, 2), invalid, "not a layered network");
    ASSERT_FAILS(critpt_model_check(model, v, 2, 1, w, 2), CRITPT_UNSUPPORTED, "library's own");
    ASSERT_FAILS(critpt_model_base_weights(base, v, 2, w, SMALL), invalid, "has no base");
    ASSERT_FAILS(critpt_model_base_weights(NULL, v, 2, w, SMALL), invalid, "NULL");
    ASSERT_FAILS(critpt_model_base_weights(model, v, 3, w, SMALL), invalid, "weights");
    ASSERT_FAILS(critpt_model_base_weights(model, v, 2, w, 3), invalid, "base_weights");
    ASSERT_OK(critpt_model_reparametrize(&large, base, origin, SMALL, 2, rows, columns, values, 3));
    ASSERT_FAILS(critpt_model_base_weights(large, huge, 2, w, SMALL), CRITPT_NON_FINITE,
                 "weight (1, 1) of layer 0");
    critpt_model_destroy(model), critpt_model_destroy(large), critpt_model_destroy(base);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        facts_need_their_weights,       loss_differences_are_free_without_the_output_layer,
        symmetries_that_stay_are_named, lines_that_stay_are_named,
        weights_keep_their_names,       callbacks_are_tied,
        bad_matrices_are_refused,       bad_choices_are_refused,
    };
    return test_main("reparametrized_facts", tests, sizeof tests / sizeof *tests);
}
