/* Symmetries of networks: copies compute the same function, distances do not see them. */
#include "support.h"

#include "model/assignment.h"

static double copies_of(const net *shape)
{
    critpt_model *model = net_model(shape);
    double copies;
    ASSERT_OK(critpt_mlp_symmetric_copies(model, &copies));
    critpt_model_destroy(model);
    return copies;
}

START_TEST(copies_are_counted_by_the_group_of_each_layer)
{
    const net tanh2 = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    const net deep = {2, 3, {3, 2, 1}, {CRITPT_TANH, CRITPT_SOFTPLUS, CRITPT_IDENTITY}, {1, 1, 1}};
    const net sigmoid = {2, 2, {3, 1}, {CRITPT_SIGMOID, CRITPT_IDENTITY}, {1, 1}};
    const net fixed = {2, 2, {3, 1}, {CRITPT_SIGMOID, CRITPT_IDENTITY}, {1, 0}};
    const net gaussian = {2, 2, {4, 1}, {CRITPT_GAUSSIAN, CRITPT_IDENTITY}, {0, 0}};
    const net sine = {2, 2, {3, 1}, {CRITPT_SIN, CRITPT_IDENTITY}, {0, 0}};
    const net shifted = {2, 2, {3, 1}, {CRITPT_SIN, CRITPT_IDENTITY}, {1, 0}};
    const net relu = {2, 2, {3, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {1, 0}};
    const net linear = {2, 1, {1}, {CRITPT_IDENTITY}, {1}};
    ck_assert_double_eq(copies_of(&tanh2), 6 * 8);
    ck_assert_double_eq(copies_of(&deep), 6 * 8 * 2);
    ck_assert_double_eq(copies_of(&sigmoid), 6 * 8);
    ck_assert_double_eq(copies_of(&fixed), 6);
    ck_assert_double_eq(copies_of(&gaussian), 24 * 16);
    ck_assert_double_eq(copies_of(&sine), 6 * 8);
    ck_assert(isinf(copies_of(&shifted)));
    ck_assert(isinf(copies_of(&relu)));
    ck_assert_double_eq(copies_of(&linear), 1);
}
END_TEST

/* ---- Copies of a point ---- */

static double copies_at(const net *shape, const double *weights)
{
    critpt_model *model = net_model(shape);
    double copies;
    ASSERT_OK(
        critpt_mlp_symmetric_copies_at(model, weights, critpt_model_n_weights(model), &copies));
    critpt_model_destroy(model);
    return copies;
}

/* Different vectors among all permutations of two hidden units and all signs of their incoming,
 * outgoing and output weights that leave the outputs on some inputs as they are: d-2-1 without
 * biases, by trying everything. */
static size_t count_copies(const net *shape, const double *weights)
{
    enum { INPUTS = 2, P = 6, SAMPLES = 7, TRIALS = 2 * 64 };
    double found[TRIALS][P], *x = normal(INPUTS * SAMPLES, 8);
    size_t n = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        double moved[P];
        bool same = true, known = false;
        for (size_t j = 0; j < P; j++) {
            size_t from = trial < 64 ? j : j < 4 ? (j + 2) % 4 : 9 - j;
            moved[j] = (trial >> j & 1 ? -1 : 1) * weights[from] + 0.0; /* no -0 */
        }
        for (size_t i = 0; i < SAMPLES; i++) {
            long double f, g;
            reference_outputs(shape, weights, x + INPUTS * i, &f);
            reference_outputs(shape, moved, x + INPUTS * i, &g);
            same = same && fabsl(f - g) <= 1e-15L;
        }
        for (size_t t = 0; t < n; t++)
            known = known || memcmp(found[t], moved, sizeof moved) == 0;
        if (same && !known)
            memcpy(found[n++], moved, sizeof moved);
    }
    free(x);
    return n;
}

START_TEST(copies_of_a_point_are_as_many_as_there_are)
{
    static const critpt_activation hidden[] = {CRITPT_TANH, CRITPT_GAUSSIAN, CRITPT_SOFTPLUS,
                                               CRITPT_SIGMOID};
    static const critpt_activation outputs[] = {CRITPT_IDENTITY, CRITPT_GAUSSIAN, CRITPT_SQUARE,
                                                CRITPT_SIN, CRITPT_SIGMOID};
    const double weights[] = {0.7, -0.4, 1.2, 0.3, 0.9, -1.1};
    for (size_t h = 0; h < 4; h++)
        for (size_t o = 0; o < 5; o++) {
            const net shape = {2, 2, {2, 1}, {hidden[h], outputs[o]}, {0, 0}};
            ck_assert_double_eq(copies_at(&shape, weights), (double)count_copies(&shape, weights));
        }
}
END_TEST

/* On the line that each of these makes the outputs stay. */
START_TEST(points_of_a_continuum_have_infinitely_many_copies)
{
    const net tanh2 = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    const net bell = {2, 2, {2, 1}, {CRITPT_GAUSSIAN, CRITPT_IDENTITY}, {0, 0}};
    const net shifted = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_SIN}, {0, 1}};
    const net relu = {2, 2, {2, 1}, {CRITPT_RELU, CRITPT_IDENTITY}, {0, 0}};
    const double without_outgoing[] = {0.7, -0.4, 1.2, 0.3, 0, -1.1};
    const double equal[] = {0.7, -0.4, 0.7, -0.4, 0.9, -1.1};
    const double opposite[] = {0.7, -0.4, -0.7, 0.4, 0.9, -1.1};
    const double without_incoming[] = {0, 0, 1.2, 0.3, 0.9, -1.1};
    const double general[] = {0.7, -0.4, 1.2, 0.3, 0.9, -1.1, 0.2};
    ck_assert(isinf(copies_at(&tanh2, without_outgoing)));
    ck_assert(isinf(copies_at(&tanh2, equal)));
    ck_assert(isinf(copies_at(&tanh2, opposite)));
    ck_assert(isinf(copies_at(&tanh2, without_incoming)));
    ck_assert(isinf(copies_at(&shifted, general)));
    ck_assert(isinf(copies_at(&relu, general)));
    /* exp(0) stands still: its sign alone is no copy */
    ck_assert_double_eq(copies_at(&bell, without_incoming), 4);
    ck_assert_uint_eq(count_copies(&bell, without_incoming), 4);
}
END_TEST

/* The sign of all that goes into an output of an even activation is no matter, and where that is 0
 * there is but one point. */
START_TEST(even_outputs_have_two_signs)
{
    const net bells = {2, 1, {2}, {CRITPT_GAUSSIAN}, {1}};
    const double none[6] = {0}, one[6] = {0.5, -1}, bias[6] = {0, 0, 0, 0, 0.25};
    const double both[6] = {0.5, -1, 0, 0, 0, 2};
    ck_assert_double_eq(copies_at(&bells, none), 1);
    ck_assert_double_eq(copies_at(&bells, one), 2);
    ck_assert_double_eq(copies_at(&bells, bias), 2);
    ck_assert_double_eq(copies_at(&bells, both), 4);
}
END_TEST

START_TEST(copies_refuse_what_they_cannot_take)
{
    const net shape = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    critpt_model *model = net_model(&shape);
    double weights[6] = {1, 2, 3, 4, 5, NAN}, copies;
    ASSERT_FAILS(critpt_mlp_symmetric_copies_at(NULL, weights, 6, &copies), CRITPT_INVALID_ARGUMENT,
                 "model is NULL");
    ASSERT_FAILS(critpt_mlp_symmetric_copies_at(model, weights, 5, &copies),
                 CRITPT_INVALID_ARGUMENT, "weights");
    ASSERT_FAILS(critpt_mlp_symmetric_copies_at(model, NULL, 6, &copies), CRITPT_INVALID_ARGUMENT,
                 "NULL");
    ASSERT_FAILS(critpt_mlp_symmetric_copies_at(model, weights, 6, &copies), CRITPT_NON_FINITE,
                 "weights");
    ASSERT_FAILS(critpt_mlp_symmetric_copies_at(model, weights, 6, NULL), CRITPT_NON_FINITE,
                 "weights");
    weights[5] = 6;
    ASSERT_FAILS(critpt_mlp_symmetric_copies_at(model, weights, 6, NULL), CRITPT_INVALID_ARGUMENT,
                 "NULL");
    critpt_model_destroy(model);
}
END_TEST

/* Against all permutations, on small random costs. */
static double cheapest(size_t n, const double *cost, size_t row, unsigned used)
{
    double best = row == n ? 0 : INFINITY;
    for (size_t j = 0; row < n && j < n; j++)
        if (!(used >> j & 1))
            best = fmin(best, cost[row * n + j] + cheapest(n, cost, row + 1, used | 1u << j));
    return best;
}

START_TEST(assignments_are_the_cheapest)
{
    cpt_assignment scratch = {0};
    ASSERT_OK(cpt_model_assignment_create(&scratch, 7));
    for (size_t n = 1; n <= 7; n++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            double *cost = normal(n * n, seed + 100 * n), sum = 0;
            size_t match[7];
            unsigned used = 0;
            cpt_model_assign(&scratch, n, cost, match); /* what others left in it does no harm */
            for (size_t i = 0; i < n; i++) {
                sum += cost[i * n + match[i]];
                used |= 1u << match[i];
            }
            ck_assert_uint_eq(used, (1u << n) - 1);
            ASSERT_NEAR(sum, cheapest(n, cost, 0, 0), (double)n, 1e-13);
            free(cost);
        }
    cpt_model_assignment_destroy(&scratch);
}
END_TEST

/* The units of a hidden layer in another order, some of them flipped: the outputs do not change,
 * the distance to the original is 0 and to others the same. */
START_TEST(distances_do_not_see_copies)
{
    const net shapes[] = {
        {3, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {3, 2, {4, 2}, {CRITPT_GAUSSIAN, CRITPT_IDENTITY}, {1, 1}},
        {3, 2, {4, 2}, {CRITPT_SOFTPLUS, CRITPT_IDENTITY}, {0, 1}},
    };
    const size_t order[4] = {2, 0, 3, 1};
    for (size_t t = 0; t < 3; t++) {
        scene s = scene_create(&shapes[t], 5, t);
        double *copy = NEW(double, s.P), *other = normal(s.P, 9), f[10], g[10], d, e;
        size_t fan = 3, out = 4 * (fan + (size_t)s.shape.bias[0]);
        int exact;
        memcpy(copy, s.weights, s.P * sizeof *copy);
        for (size_t p = 0; p < 4; p++) {
            double in = t < 2 && p % 2 ? -1 : 1, away = t == 0 ? in : 1;
            for (size_t r = 0; r < fan; r++)
                copy[p * fan + r] = in * s.weights[order[p] * fan + r];
            if (s.shape.bias[0])
                copy[4 * fan + p] = in * s.weights[4 * fan + order[p]];
            for (size_t u = 0; u < 2; u++)
                copy[out + u * 4 + p] = away * s.weights[out + u * 4 + order[p]];
        }
        ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, s.weights, s.P, f, 2));
        ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, copy, s.P, g, 2));
        for (size_t i = 0; i < 10; i++)
            ASSERT_NEAR(f[i], g[i], 5, 1e-15);
        ASSERT_OK(critpt_mlp_distance(s.model, s.weights, copy, s.P, &d, &exact));
        ASSERT_NEAR(d, 0, 1, 1e-15);
        ck_assert_int_eq(exact, 1);
        ASSERT_OK(critpt_mlp_distance(s.model, s.weights, other, s.P, &d, NULL));
        ASSERT_OK(critpt_mlp_distance(s.model, copy, other, s.P, &e, NULL));
        ASSERT_NEAR(d, e, d, 1e-14);
        ASSERT_OK(critpt_mlp_distance(s.model, other, s.weights, s.P, &e, NULL));
        ASSERT_NEAR(d, e, d, 1e-14);
        free(copy), free(other);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(deeper_networks_get_an_upper_bound)
{
    const net shape = {3, 3, {4, 3, 1}, {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY}, {1, 1, 1}};
    scene s = scene_create(&shape, 5, 1);
    double *other = normal(s.P, 9), d, plain = 0;
    int exact;
    for (size_t j = 0; j < s.P; j++)
        plain = hypot(plain, s.weights[j] - other[j]);
    ASSERT_OK(critpt_mlp_distance(s.model, s.weights, s.weights, s.P, &d, &exact));
    ck_assert_double_eq(d, 0);
    ck_assert_int_eq(exact, 0);
    ASSERT_OK(critpt_mlp_distance(s.model, s.weights, other, s.P, &d, NULL));
    ck_assert(d > 0 && d < 2 * plain);
    free(other);
    scene_destroy(&s);
}
END_TEST

START_TEST(symmetries_refuse_what_they_cannot_take)
{
    const net shape = {3, 1, {2}, {CRITPT_TANH}, {0}};
    scene s = scene_create(&shape, 5, 1);
    critpt_model *empty;
    double d, bad[6] = {0, 0, NAN, 0, 0, 0};
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_OK(critpt_mlp_create(&empty, 3));
    ASSERT_FAILS(critpt_mlp_symmetric_copies(NULL, &d), invalid, "NULL");
    ASSERT_FAILS(critpt_mlp_symmetric_copies(empty, &d), invalid, "not a network");
    ASSERT_FAILS(critpt_mlp_symmetric_copies(s.model, NULL), invalid, "result is NULL");
    ASSERT_FAILS(critpt_mlp_distance(NULL, bad, bad, 6, &d, NULL), invalid, "NULL");
    ASSERT_FAILS(critpt_mlp_distance(s.model, bad, bad, 5, &d, NULL), invalid, "length 5");
    ASSERT_FAILS(critpt_mlp_distance(s.model, s.weights, NULL, 6, &d, NULL), invalid, "b is NULL");
    ASSERT_FAILS(critpt_mlp_distance(s.model, bad, s.weights, 6, &d, NULL), CRITPT_NON_FINITE,
                 "a[2]");
    ASSERT_FAILS(critpt_mlp_distance(s.model, s.weights, bad, 6, &d, NULL), CRITPT_NON_FINITE,
                 "b[2]");
    ASSERT_FAILS(critpt_mlp_distance(s.model, s.weights, s.weights, 6, NULL, NULL), invalid,
                 "result is NULL");
    critpt_model_destroy(empty);
    scene_destroy(&s);
}
END_TEST

/* Squares of 1e200 overflow, and a cost that is not finite never let the assignment end. */
START_TEST(distances_that_overflow_are_refused)
{
    const net shape = {1, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    scene s = scene_create(&shape, 5, 1);
    double d, huge[4] = {1e200, 1e200, 1e200, 1e200};
    ASSERT_FAILS(critpt_mlp_distance(s.model, s.weights, huge, 4, &d, NULL), CRITPT_NON_FINITE,
                 "overflows");
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        copies_are_counted_by_the_group_of_each_layer,
        copies_of_a_point_are_as_many_as_there_are,
        points_of_a_continuum_have_infinitely_many_copies,
        even_outputs_have_two_signs,
        copies_refuse_what_they_cannot_take,
        assignments_are_the_cheapest,
        distances_do_not_see_copies,
        deeper_networks_get_an_upper_bound,
        symmetries_refuse_what_they_cannot_take,
        distances_that_overflow_are_refused,
    };
    return test_main("symmetry", tests, sizeof tests / sizeof *tests);
}
