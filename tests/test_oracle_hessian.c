/* The checker's whole Hessians against its products with unit vectors, which are found direction by
 * direction; and its results with one, two and three threads, which are to be the same. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "oracle/condition.h"
#include "oracle/eigen.h"
#include "oracle/first_order.h"
#include "oracle/network.h"
#include "oracle/numerical.h"
#include "oracle/products.h"
#include "oracle/spectrum.h"
#include "support.h"

enum { SAMPLES = 150 }; /* more than a batch */

static const net shapes[] = {
    {.n_inputs = 3, .n_layers = 1, .widths = {2}, .activations = {CRITPT_SIGMOID}, .bias = {1}},
    {.n_inputs = 1, .n_layers = 1, .widths = {1}, .activations = {CRITPT_SQUARE}, .bias = {0}},
    {.n_inputs = 4,
     .n_layers = 2,
     .widths = {5, 1},
     .activations = {CRITPT_TANH, CRITPT_IDENTITY},
     .bias = {1, 1}},
    {.n_inputs = 3,
     .n_layers = 2,
     .widths = {4, 3},
     .activations = {CRITPT_SOFTPLUS, CRITPT_GAUSSIAN},
     .bias = {0, 0}},
    {.n_inputs = 2,
     .n_layers = 3,
     .widths = {1, 4, 2},
     .activations = {CRITPT_GELU, CRITPT_ELU, CRITPT_SIN},
     .bias = {0, 1, 0}},
    {.n_inputs = 3,
     .n_layers = 3,
     .widths = {4, 3, 2},
     .activations = {CRITPT_RELU, CRITPT_LEAKY_RELU, CRITPT_TANH},
     .bias = {1, 0, 1}},
    {.n_inputs = 2,
     .n_layers = 4,
     .widths = {3, 2, 3, 3},
     .activations = {CRITPT_SILU, CRITPT_TANH, CRITPT_SQUARE, CRITPT_SOFTPLUS},
     .bias = {1, 1, 0, 1}},
    {.n_inputs = 2,
     .n_layers = 5,
     .widths = {2, 3, 1, 2, 1},
     .activations = {CRITPT_SIN, CRITPT_IDENTITY, CRITPT_SILU, CRITPT_SIGMOID, CRITPT_IDENTITY},
     .bias = {0, 1, 1, 0, 1}},
};

/* A scene for the checker, plain or with sample weights and an output metric. */
typedef struct stage {
    scene made;
    size_t widths[NET_LAYERS + 1];
    oracle_network network;
    double sample_weights[SAMPLES], metric[9];
    oracle_problem problem;
} stage;

static void stage_create(stage *s, const net *shape, bool weighted)
{
    size_t D;
    s->made = scene_create(shape, SAMPLES, 5);
    D = s->made.D;
    s->widths[0] = shape->n_inputs;
    for (size_t l = 0; l < shape->n_layers; l++)
        s->widths[l + 1] = shape->widths[l];
    for (size_t i = 0; i < SAMPLES; i++)
        s->sample_weights[i] = 0.5 + 0.01 * (double)i;
    for (size_t e = 0; e < D * D; e++)
        s->metric[e] = e % (D + 1) == 0 ? 2 : -0.25;
    s->network = (oracle_network){shape->n_layers, s->widths, shape->activations, shape->bias};
    s->problem = (oracle_problem){.model = oracle_network_model(&s->network),
                                  .n_samples = SAMPLES,
                                  .inputs = s->made.inputs,
                                  .targets = s->made.targets,
                                  .sample_weights = weighted ? s->sample_weights : NULL,
                                  .metric = weighted ? s->metric : NULL};
}

/* Exactly, padding aside. */
static bool same(size_t n, const real *a, const real *b)
{
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all = all && a[i] <= b[i] && a[i] >= b[i];
    return all;
}

/* Entries agree to their rounding, and have the size that one of the two products found. */
static void assert_whole(const stage *s, oracle_part part, const char *name)
{
    size_t P = s->made.P;
    real *units = NEW(real, 5 * P * P), *products = units + P * P, *sizes = products + P * P;
    real *found = sizes + P * P, *found_sizes = found + P * P;
    real unit = (real)oracle_epsilon() * (SAMPLES + 1024);
    for (size_t i = 0; i < P; i++)
        units[i * P + i] = 1;
    ck_assert_int_eq(
        oracle_products(&s->problem, s->made.weights, part, P, units, products, sizes, NULL),
        ORACLE_OK);
    ck_assert_int_eq(oracle_hessian(&s->problem, s->made.weights, part, found, found_sizes),
                     ORACLE_OK);
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++) {
            size_t at = i * P + j, across = j * P + i;
            real size = found_sizes[at];
            ck_assert_msg(same(1, &found[at], &found[across]) &&
                              same(1, &size, &found_sizes[across]),
                          "%s: %zu, %zu is not symmetric", name, i, j);
            ck_assert_msg(REAL(fabs)(found[at] - products[at]) <= unit * (size + sizes[at]),
                          "%s: %zu, %zu: %.17g, by a product %.17g, of size %.3g", name, i, j,
                          (double)found[at], (double)products[at], (double)size);
            ck_assert_msg(REAL(fabs)(size - sizes[at]) <= unit * size ||
                              REAL(fabs)(size - sizes[across]) <= unit * size,
                          "%s: %zu, %zu: size %.17g, by products %.17g and %.17g", name, i, j,
                          (double)size, (double)sizes[at], (double)sizes[across]);
        }
    free(units);
}

START_TEST(whole_hessians_are_those_of_products)
{
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (int weighted = 0; weighted < 2; weighted++) {
            stage s;
            char name[64];
            stage_create(&s, &shapes[k], weighted);
            snprintf(name, sizeof name, "network %zu, %s", k, weighted ? "weighted" : "plain");
            assert_whole(&s, ORACLE_HESSIAN, name);
            assert_whole(&s, ORACLE_RESIDUAL, name);
            assert_whole(&s, ORACLE_GAUSS_NEWTON, name);
            scene_destroy(&s.made);
        }
}
END_TEST

/* ---- Threads ---- */

/* All that is summed or reduced on several of them, in a row: the Hessian with its sizes, products
 * with three directions, eigenvalues, what is null, the margin, a picture. Returns how many. */
static size_t see_everything(stage *s, size_t n_threads, real *all)
{
    enum { NULLITY = 2, ROWS = 3, COLUMNS = 4 };
    size_t P = s->made.P, n = 0;
    double margin, error, picture[ROWS * COLUMNS] = {0, 1, 2}, *corners = NEW(double, 2 * P);
    real *directions = NEW(real, 3 * P);
    bool open;
    oracle_spectrum spectrum;
    oracle_finding found;
    s->problem.n_threads = n_threads;
    for (size_t i = 0; i < 3 * P; i++)
        directions[i] = 1 / ((real)i + 1);
    ck_assert_int_eq(oracle_hessian(&s->problem, s->made.weights, ORACLE_HESSIAN, all, all + P * P),
                     ORACLE_OK);
    ck_assert_int_eq(oracle_products(&s->problem, s->made.weights, ORACLE_RESIDUAL, 3, directions,
                                     all + 2 * P * P, all + 2 * P * P + 3 * P, NULL),
                     ORACLE_OK);
    n = 2 * P * P + 6 * P;
    ck_assert_int_eq(oracle_spectrum_create(&spectrum, &s->problem, s->made.weights, NULLITY),
                     ORACLE_OK);
    for (size_t i = 0; i < P; i++)
        all[n++] = spectrum.values[i];
    const double numbers[] = {spectrum.error,      spectrum.norm,      spectrum.gap,
                              spectrum.null_slope, spectrum.null_bend, spectrum.null_error,
                              spectrum.size};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        all[n++] = numbers[i];
    oracle_spectrum_free(&spectrum);
    ck_assert_int_eq(oracle_margin(&s->problem, s->made.weights, &margin, &error, &open),
                     ORACLE_OK);
    all[n++] = margin;
    all[n++] = error;
    for (size_t j = 0; j < 2 * P; j++)
        corners[j] = s->made.weights[j % P] * (j < P ? 1.5 : 0.5) + 0.25;
    const oracle_request request = {CRITPT_CONDITION_PICTURE,
                                    {s->made.weights, corners, corners + P},
                                    0,
                                    ROWS,
                                    COLUMNS,
                                    picture};
    ck_assert_int_eq(oracle_find(&s->problem, &request, &found), ORACLE_OK);
    all[n++] = found.achieved;
    all[n++] = found.residual;
    all[n++] = found.size;
    free(corners);
    free(directions);
    return n;
}

START_TEST(results_do_not_depend_on_threads)
{
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        stage s;
        stage_create(&s, &shapes[k], true);
        size_t P = s.made.P, room = 2 * P * P + 7 * P + 16, n;
        real *one = NEW(real, 2 * room), *more = one + room;
        n = see_everything(&s, 1, one);
        for (size_t n_threads = 2; n_threads <= 3; n_threads++) {
            ck_assert_uint_eq(see_everything(&s, n_threads, more), n);
            ck_assert_msg(same(n, one, more), "network %zu, %zu threads", k, n_threads);
        }
        free(one);
        scene_destroy(&s.made);
    }
}
END_TEST

/* Large enough that rows and columns are shared out. */
START_TEST(eigenvalues_do_not_depend_on_threads)
{
    enum { N = 230 };
    real *given = NEW(real, 4 * N * N + 2 * N), *a = given + N * N, *one = a + N * N;
    real *more = one + N * N + N;
    double *draws = normal(N * N, 3);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            given[i * N + j] = (real)draws[i * N + j] + draws[j * N + i];
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        real *to = n_threads == 1 ? one : more, worst = 0;
        memcpy(a, given, N * N * sizeof *a);
        ck_assert_int_eq(oracle_eigen(N, a, to + N * N, to, n_threads, (oracle_stop){NULL, NULL}),
                         ORACLE_OK);
        ck_assert_msg(same(N * N + N, one, to), "%zu threads", n_threads);
        for (size_t k = 0; k < N; k++)
            for (size_t i = 0; i < N; i++) {
                real residual = -to[N * N + k] * to[k * N + i];
                for (size_t j = 0; j < N; j++)
                    residual += given[i * N + j] * to[k * N + j];
                worst = REAL(fmax)(worst, REAL(fabs)(residual));
            }
        ck_assert_double_le((double)worst, 1000 * oracle_epsilon() * (double)to[N * N + N - 1]);
    }
    free(draws);
    free(given);
}
END_TEST

/* The outputs of a network. */
static void network_outputs(void *data, const real *weights, const double *inputs, real *outputs)
{
    const oracle_model *model = data;
    real *room = malloc(model->functions->state_size(model->data) * sizeof *room);
    ck_assert_ptr_nonnull(room);
    model->functions->evaluate(model->data, weights, inputs, room, outputs);
    free(room);
}

/* Entries that differ by no more than their error, and one that is small. */
static void compare_part(const oracle_problem *known, const oracle_problem *differenced,
                         const double *weights, oracle_part part, const char *name)
{
    size_t P = known->model.n_weights;
    real *memory = calloc(4 * P * P, sizeof *memory), *a = memory, *b = a + P * P;
    real *a_sizes = b + P * P, *b_sizes = a_sizes + P * P, largest = 0, unit = 8;
    unit *= (real)oracle_epsilon();
    ck_assert_int_eq(oracle_hessian(known, weights, part, a, a_sizes), ORACLE_OK);
    ck_assert_int_eq(oracle_hessian(differenced, weights, part, b, b_sizes), ORACLE_OK);
    for (size_t e = 0; e < P * P; e++)
        largest = REAL(fmax)(largest, REAL(fabs)(a[e]));
    for (size_t e = 0; e < P * P; e++) {
        double difference = (double)REAL(fabs)(a[e] - b[e]), error = (double)(unit * b_sizes[e]);
        ck_assert_msg(difference <= error, "%s, part %d: entry %zu differs by %g, not %g", name,
                      (int)part, e, difference, error);
        ck_assert_msg(error <= 1e-12 * (double)largest, "%s: entry %zu has error %g of %g", name, e,
                      error, (double)largest);
    }
    free(memory);
}

/* A network that is known by its outputs alone has the derivatives of the network. */
START_TEST(differences_are_derivatives)
{
    static const size_t smooth[] = {0, 1, 2, 3, 6};
    for (size_t i = 0; i < sizeof smooth / sizeof *smooth; i++) {
        char name[32];
        stage s;
        oracle_values exact, found;
        stage_create(&s, &shapes[smooth[i]], i % 2 == 1);
        s.problem.n_samples = 12;
        oracle_problem differenced = s.problem;
        oracle_numerical numerical = {
            network_outputs,           &s.problem.model,
            s.problem.model.n_inputs,  s.problem.model.n_outputs,
            s.problem.model.n_weights, 4 * oracle_epsilon()}; /* sums of some terms */
        differenced.model = oracle_numerical_model(&numerical);
        snprintf(name, sizeof name, "shape %zu", smooth[i]);
        for (int part = ORACLE_HESSIAN; part <= ORACLE_GAUSS_NEWTON; part++)
            compare_part(&s.problem, &differenced, s.made.weights, (oracle_part)part, name);
        ck_assert_int_eq(oracle_evaluate(&s.problem, s.made.weights, &exact), ORACLE_OK);
        ck_assert_int_eq(oracle_evaluate(&differenced, s.made.weights, &found), ORACLE_OK);
        ck_assert_msg(exact.loss == found.loss && exact.level == found.level, "%s", name);
        double off = fabs(exact.gradient_norm - found.gradient_norm);
        ck_assert_msg(off <= found.gradient_error + DBL_EPSILON * exact.gradient_norm, "%s: %g, %g",
                      name, off, found.gradient_error);
        ck_assert_double_le(found.gradient_error, DBL_EPSILON * found.unit);
        ck_assert_double_le(fabs(exact.gradient_norm_float32 - found.gradient_norm_float32),
                            1e-12 * exact.gradient_norm_float32);
        ck_assert(found.unit >= exact.unit / 10 && found.unit <= exact.unit * 10);
        scene_destroy(&s.made);
    }
}
END_TEST

/* Where outputs have no number nothing is believed. */
static void no_outputs(void *data, const real *weights, const double *inputs, real *outputs)
{
    (void)data, (void)weights, (void)inputs;
    outputs[0] = (real)NAN;
}

START_TEST(models_that_fail_have_no_error_bound)
{
    const double input = 1, target = 0, weights[2] = {1, 2};
    const oracle_numerical numerical = {no_outputs, NULL, 1, 1, 2, oracle_epsilon()};
    const oracle_problem problem = {.model = oracle_numerical_model(&numerical),
                                    .n_samples = 1,
                                    .inputs = &input,
                                    .targets = &target};
    oracle_values values;
    ck_assert_int_eq(oracle_evaluate(&problem, weights, &values), ORACLE_OK);
    ck_assert(!(values.gradient_error <= 1e300));
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        whole_hessians_are_those_of_products, results_do_not_depend_on_threads,
        eigenvalues_do_not_depend_on_threads, differences_are_derivatives,
        models_that_fail_have_no_error_bound,
    };
    return test_main("oracle_hessian", tests, sizeof tests / sizeof *tests);
}
