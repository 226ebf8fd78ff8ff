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
    for (size_t n = 1; n <= 7; n++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            double *cost = normal(n * n, seed + 100 * n), sum = 0;
            size_t match[7];
            unsigned used = 0;
            ASSERT_OK(cpt_model_assign(n, cost, match));
            for (size_t i = 0; i < n; i++) {
                sum += cost[i * n + match[i]];
                used |= 1u << match[i];
            }
            ck_assert_uint_eq(used, (1u << n) - 1);
            ASSERT_NEAR(sum, cheapest(n, cost, 0, 0), (double)n, 1e-13);
            free(cost);
        }
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
        assignments_are_the_cheapest,
        distances_do_not_see_copies,
        deeper_networks_get_an_upper_bound,
        symmetries_refuse_what_they_cannot_take,
        distances_that_overflow_are_refused,
    };
    return test_main("symmetry", tests, sizeof tests / sizeof *tests);
}
