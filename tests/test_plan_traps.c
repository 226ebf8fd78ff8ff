/* Plans that cannot be solved, or not as asked: every trap of MATH 5 is found and named. */
#include "plan_support.h"

static size_t cause_at(const critpt_plan *plan, critpt_cause wanted)
{
    for (size_t i = 0; i < critpt_plan_n_causes(plan); i++) {
        critpt_cause kind;
        ASSERT_OK(critpt_plan_cause(plan, i, &kind));
        if (kind == wanted)
            return i;
    }
    ck_abort_msg("cause %d is not among %zu", (int)wanted, critpt_plan_n_causes(plan));
    return 0;
}

static size_t cause_item(const critpt_plan *plan, size_t cause, critpt_cause_item kind, size_t i)
{
    size_t item;
    ASSERT_OK(critpt_plan_cause_item(plan, cause, kind, i, &item));
    return item;
}

/* c'A = 0 and c'b != 0 for every conflict: sum_k J_k c_k = 0, sum_k c_k' J_k' Mn f_k != 0. */
static void assert_conflicts_are_proofs(const scene *s, const critpt_plan *plan)
{
    size_t K = critpt_plan_n_points(plan), n = s->N * s->D;
    double *c = NEW(double, K * s->P), *w = NEW(double, s->P), *f = NEW(double, n);
    double *part = NEW(double, n), *sum = NEW(double, n), *size = NEW(double, n);
    ck_assert_uint_gt(critpt_plan_n_conflicts(plan), 0);
    for (size_t i = 0; i < critpt_plan_n_conflicts(plan); i++) {
        double right = 0, right_size = 0, defect;
        memset(c, 0, K * s->P * sizeof *c);
        memset(sum, 0, n * sizeof *sum);
        memset(size, 0, n * sizeof *size);
        for (size_t t = 0; t < critpt_plan_conflict_size(plan, i); t++) {
            size_t point, weight;
            double coefficient;
            ASSERT_OK(
                critpt_plan_conflict_equation(plan, i, t, &point, NULL, &weight, &coefficient));
            c[point * s->P + weight] = coefficient;
        }
        for (size_t k = 0; k < K; k++) {
            ASSERT_OK(critpt_plan_point_weights(plan, k, w, s->P));
            ASSERT_OK(critpt_landscape_outputs(s->landscape, NULL, w, s->P, f, s->D));
            ASSERT_OK(critpt_landscape_jacobian_vector(s->landscape, NULL, w, s->P, c + k * s->P,
                                                       s->P, part, s->D));
            for (size_t j = 0; j < n; j++) {
                sum[j] += part[j];
                size[j] += fabs(part[j]);
                right += part[j] * f[j] / (double)s->N;
                right_size += fabs(part[j] * f[j]) / (double)s->N;
            }
        }
        double left = 0, left_size = 0;
        for (size_t j = 0; j < n; j++) {
            left = hypot(left, sum[j]);
            left_size = hypot(left_size, size[j]);
        }
        ck_assert_double_le(left, 1e-10 * left_size);
        ck_assert_double_gt(fabs(right), 1e-9 * right_size);
        ASSERT_OK(critpt_plan_conflict_defect(plan, i, &defect));
        ck_assert_double_gt(defect, 100);
    }
    free(c), free(w), free(f), free(part), free(sum), free(size);
}

START_TEST(fixed_points_with_different_means_conflict_and_movable_ones_are_balanced)
{
    scene s = scene_create(&small, 500, 1);
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    double *given[3], *moved = NEW(double, s.P), *requested = NEW(double, s.P);
    for (size_t k = 0; k < 3; k++) {
        given[k] = net_weights(s.model, 3, k, 2);
        ASSERT_OK(critpt_plan_add_point(plan, given[k], s.P, NULL));
    }
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "different mean outputs");
    size_t cause = cause_at(plan, CRITPT_CAUSE_OUTPUT_MEANS);
    ck_assert_uint_eq(critpt_plan_cause_n_items(plan, cause, CRITPT_CAUSE_POINT), 3);
    for (size_t k = 0; k < 3; k++)
        ck_assert_uint_eq(cause_item(plan, cause, CRITPT_CAUSE_POINT, k), k);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_CONFLICTING), 4);
    assert_conflicts_are_proofs(&s, plan);

    ASSERT_OK(critpt_plan_let_point_move(plan, 1));
    ASSERT_OK(critpt_plan_let_point_move(plan, 2));
    for (int round = 0; round < 2; round++) { /* the second solve starts from the requested ones */
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        assert_critical(&s, plan, 2);
        ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), (double)(3 * s.P - 2 * s.D));
        ck_assert_double_eq(value_of(plan, CRITPT_REPORT_REDUNDANT), (double)(2 * s.D));
        for (size_t k = 0; k < 3; k++) {
            double largest = 0;
            ASSERT_OK(critpt_plan_point_weights(plan, k, moved, s.P));
            ASSERT_OK(critpt_plan_point_weights_requested(plan, k, requested, s.P));
            ck_assert_mem_eq(requested, given[k], s.P * sizeof *requested);
            ck_assert_mem_eq(requested, moved, (s.P - s.D) * sizeof *moved);
            for (size_t o = s.P - s.D; o < s.P; o++)
                largest = fmax(largest, fabs(moved[o] - requested[o]));
            ck_assert_double_eq(largest, point_value(plan, k, CRITPT_POINT_MOVED));
            ck_assert(k == 0 ? largest == 0 : largest > 0.01);
        }
    }
    for (size_t k = 0; k < 3; k++)
        free(given[k]);
    free(moved), free(requested);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(movable_points_take_the_base_targets_mean)
{
    scene s = scene_create(&small, 500, 1);
    critpt_plan *plan = plan_of(&s, 2, 2);
    double *f = NEW(double, s.N *s.D), *w = NEW(double, s.P), mean[2] = {0}, wanted[2] = {0};
    ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_plan_point_weights(plan, 1, w, s.P));
    ASSERT_OK(critpt_landscape_outputs(s.landscape, NULL, w, s.P, f, s.D));
    for (size_t i = 0; i < s.N * s.D; i++) {
        mean[i % 2] += f[i] / (double)s.N;
        wanted[i % 2] += s.targets[i] / (double)s.N;
    }
    ASSERT_NEAR(mean[0], wanted[0], 1, 1e-13);
    ASSERT_NEAR(mean[1], wanted[1], 1, 1e-13);
    critpt_plan_destroy(plan);
    free(f), free(w);
    scene_destroy(&s);
}
END_TEST

START_TEST(a_nonlinear_output_layer_needs_no_balance)
{
    const net shape = {8, 2, {4, 2}, {CRITPT_TANH, CRITPT_TANH}, {1, 1}};
    scene s = scene_create(&shape, 500, 1);
    critpt_plan *plan = plan_of(&s, 2, 2);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), (double)(2 * s.P));
    ck_assert_double_eq(point_value(plan, 0, CRITPT_POINT_MOVED), 0);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(twins_conflict_and_are_named)
{
    const net shape = {8, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    scene s = scene_create(&shape, 500, 1);
    critpt_plan *plan;
    double *other = net_weights(s.model, 77, 0, 2), *twin = NEW(double, s.P);
    memcpy(twin, s.weights, s.P * sizeof *twin);
    for (size_t j = 36; j < s.P; j++) /* the output layer */
        twin[j] += 0.5;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, other, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, twin, s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                 "points 0 and 2 differ in the output layer only");
    size_t cause = cause_at(plan, CRITPT_CAUSE_TWINS);
    ck_assert_uint_eq(cause_item(plan, cause, CRITPT_CAUSE_POINT, 0), 0);
    ck_assert_uint_eq(cause_item(plan, cause, CRITPT_CAUSE_POINT, 1), 2);
    assert_conflicts_are_proofs(&s, plan);
    critpt_plan_destroy(plan);
    free(other), free(twin);
    scene_destroy(&s);
}
END_TEST

START_TEST(shared_layers_are_named_where_they_conflict)
{
    /* With equal output layers and one hidden unit of constant slope the gradients by its weights
     * are the same function: identity units make the conflict certain. */
    const net shape = {3, 3, {2, 2, 1}, {CRITPT_TANH, CRITPT_IDENTITY, CRITPT_IDENTITY}, {1, 0, 0}};
    scene s = scene_create(&shape, 200, 1);
    critpt_plan *plan;
    double *other = NEW(double, s.P);
    memcpy(other, s.weights, s.P * sizeof *other);
    for (size_t j = 8; j < s.P - 2; j++) /* the layer in the middle */
        other[j] -= 0.7 * (double)(j % 3);
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, other, s.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                 "points 0 and 1 share some layers");
    cause_at(plan, CRITPT_CAUSE_SHARED_LAYERS);
    assert_conflicts_are_proofs(&s, plan);
    critpt_plan_destroy(plan);
    free(other);
    scene_destroy(&s);
}
END_TEST

START_TEST(too_few_samples_are_counted)
{
    scene s = scene_create(&small, 40, 1);
    critpt_plan *plan = plan_of(&s, 3, 2);
    /* 3 P - 2 D = 134 independent equations, 80 targets */
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "at least 68 samples");
    cause_at(plan, CRITPT_CAUSE_TOO_FEW_SAMPLES);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), 80);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
    s = scene_create(&small, 68, 1);
    plan = plan_of(&s, 3, 2);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    assert_critical(&s, plan, 100);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(one_point_with_few_targets_is_trivial)
{
    scene s = scene_create(&small, 20, 1); /* 40 targets, 46 equations */
    critpt_plan *plan = plan_of(&s, 1, 2);
    double *y = NEW(double, s.N *s.D);
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_TRIVIAL, "more samples");
    ASSERT_OK(critpt_landscape_targets(s.landscape, y, s.D));
    ck_assert_mem_eq(y, s.targets, s.N * s.D * sizeof *y);
    free(y);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

START_TEST(base_targets_in_the_span_of_the_outputs_are_trivial)
{
    scene s = scene_create(&small, 300, 1);
    critpt_plan *plan = plan_of(&s, 1, 2);
    double *zero = NEW(double, s.N *s.D);
    ASSERT_OK(critpt_plan_set_base_targets(plan, zero, s.D));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_TRIVIAL, "base targets");
    /* the default base targets get noise where all points have the same outputs, and work */
    ASSERT_OK(critpt_plan_set_base_targets(plan, NULL, 0));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_double_gt(point_value(plan, 0, CRITPT_POINT_LOSS), 1e-3);
    assert_critical(&s, plan, 2);
    free(zero);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* A copy with units permuted and a sign flipped has the same range of J: redundant equations. */
START_TEST(symmetric_copies_are_accepted)
{
    const net shape = {5, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 1);
    critpt_plan *plan;
    double *copy = NEW(double, s.P), *w = s.weights;
    memcpy(copy, w, s.P * sizeof *copy);
    for (size_t r = 0; r < 5; r++) { /* units 0 and 1 swapped, unit 2 flipped */
        copy[r] = w[5 + r];
        copy[5 + r] = w[r];
        copy[10 + r] = -w[10 + r];
    }
    copy[15] = w[16], copy[16] = w[15], copy[17] = -w[17];
    copy[18] = w[19], copy[19] = w[18], copy[20] = -w[20];
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, copy, s.P, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL)); /* and the base targets get noise */
    assert_critical(&s, plan, 2);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_RANK), (double)s.P);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_REDUNDANT), (double)s.P);
    ASSERT_NEAR(point_value(plan, 0, CRITPT_POINT_LOSS), point_value(plan, 1, CRITPT_POINT_LOSS), 1,
                1e-13);
    free(copy);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

static void assert_null_direction(const critpt_plan *plan, size_t i, size_t layer, size_t unit,
                                  critpt_null_reason reason, size_t n_weights)
{
    size_t at_point, at_layer, at_unit, count;
    critpt_null_reason why;
    ASSERT_OK(critpt_plan_null_direction(plan, i, &at_point, &at_layer, &at_unit, &why, &count));
    ck_assert_uint_eq(at_point, 0);
    ck_assert_uint_eq(at_layer, layer);
    ck_assert_uint_eq(at_unit, unit);
    ck_assert_int_eq((int)why, (int)reason);
    ck_assert_uint_eq(count, n_weights);
}

/* A tanh unit with weights 0 on both sides: either may move alone, both together have an effect.
 * Equations of both are 0 = 0; one side is named. A product that vanishes at this point alone, of
 * units whose inputs are 0 there, is not. */
START_TEST(a_null_direction_is_confirmed_by_moves)
{
    const net shape = {2, 2, {1, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 1}};
    const net squares = {2, 2, {1, 1}, {CRITPT_SQUARE, CRITPT_IDENTITY}, {0, 1}};
    for (int flat = 0; flat < 2; flat++) {
        scene s = scene_create(flat ? &squares : &shape, 20, 1);
        critpt_plan *plan;
        s.weights[0] = s.weights[1] = 0, s.weights[2] = flat;
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
        ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ck_assert_double_eq(value_of(plan, CRITPT_REPORT_NULL), 3);
        ck_assert_uint_eq(critpt_plan_n_null_directions(plan), 1);
        if (flat) /* the output weight of a unit that is 0: not together with those into it */
            assert_null_direction(plan, 0, 1, 0, CRITPT_NULL_DEAD_INPUT, 1);
        else
            assert_null_direction(plan, 0, 0, 0, CRITPT_NULL_NO_INFLUENCE, 2);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(null_directions_are_named)
{
    const net shape = {5, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 1);
    critpt_landscape *L;
    critpt_plan *plan;
    for (size_t i = 0; i < s.N; i++)
        s.inputs[i * 5 + 3] = 0;                  /* a dead input */
    s.weights[20 + 1] = 1000;                     /* bias: unit 1 is saturated */
    s.weights[24 + 2] = 0, s.weights[28 + 2] = 0; /* nothing depends on unit 2 */
    ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_plan_create(&plan, L));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_uint_eq(critpt_plan_n_null_directions(plan), 3);
    assert_null_direction(plan, 0, 0, 3, CRITPT_NULL_DEAD_INPUT, 4);
    assert_null_direction(plan, 1, 0, 1, CRITPT_NULL_SATURATED_UNIT, 5);
    assert_null_direction(plan, 2, 0, 2, CRITPT_NULL_NO_INFLUENCE, 5);
    ck_assert_double_eq(value_of(plan, CRITPT_REPORT_NULL), 14);
    ck_assert_ptr_nonnull(strstr(critpt_plan_warning(plan, 0), "input 3 of layer 0 is 0"));
    double g[64], unit, square = 0;
    ASSERT_OK(critpt_landscape_gradient(L, NULL, s.weights, s.P, g, s.P, NULL));
    ASSERT_OK(critpt_landscape_gradient_unit(L, NULL, s.weights, s.P, &unit));
    for (size_t j = 0; j < s.P; j++)
        square += g[j] * g[j];
    ck_assert_double_le(sqrt(square), 2 * unit);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    scene_destroy(&s);
}
END_TEST

START_TEST(isolated_samples_are_named)
{
    const net shape = {5, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    scene s = scene_create(&shape, 400, 1);
    critpt_landscape *L;
    critpt_plan *plan;
    for (size_t i = 0; i < s.N; i++) /* K n_1 m = 8 m > D t: 2 columns, 3 samples: 16 > 6 */
        for (size_t j = 1; j <= 2; j++)
            s.inputs[i * 5 + j] =
                i == 17 || i == 200 || (i == 399 && j == 1) ? s.inputs[i * 5 + j] : -0.25;
    ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
    ASSERT_OK(critpt_plan_create(&plan, L));
    for (size_t k = 0; k < 2; k++) {
        double *w = net_weights(s.model, 5, k, 2);
        ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
        free(w);
    }
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "samples 17, 200 and 399 only");
    size_t last = critpt_plan_n_causes(plan) - 1;
    ck_assert_uint_eq(critpt_plan_cause_n_items(plan, last, CRITPT_CAUSE_COLUMN), 2);
    ck_assert_uint_eq(cause_item(plan, last, CRITPT_CAUSE_SAMPLE, 2), 399);
    critpt_landscape_destroy(s.landscape);
    s.landscape = L;
    assert_conflicts_are_proofs(&s, plan);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* K n_1 m = 6 m > D t = 4 t: no column alone, of 2 samples each, but three that overlap, of 4; and
 * two of the same 2 samples, which are named once. */
START_TEST(isolated_samples_of_several_columns_are_named)
{
    const net shape = {5, 2, {3, 4}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    for (int same = 0; same < 2; same++) {
        scene s = scene_create(&shape, 200, 1);
        critpt_landscape *L;
        critpt_plan *plan;
        size_t n = same ? 2 : 3, alone = 0;
        for (size_t i = 0; i < s.N; i++)
            for (size_t j = 1; j <= n; j++) {
                size_t first = same ? 50 : 50 + j;
                if (i != first && i != first + 1)
                    s.inputs[i * 5 + j] = 0.5;
            }
        ASSERT_OK(critpt_landscape_create(&L, s.model, s.N, s.inputs, s.d));
        ASSERT_OK(critpt_plan_create(&plan, L));
        for (size_t k = 0; k < 2; k++) {
            double *w = net_weights(s.model, 5, k, 2);
            ASSERT_OK(critpt_plan_add_point(plan, w, s.P, NULL));
            free(w);
        }
        ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE,
                     same ? "samples 50 and 51 only" : "samples 51, 52, 53 and 54 only");
        for (size_t i = 0; i < critpt_plan_n_causes(plan); i++) {
            critpt_cause cause;
            ASSERT_OK(critpt_plan_cause(plan, i, &cause));
            if (cause != CRITPT_CAUSE_ISOLATED_SAMPLES)
                continue;
            alone++;
            ck_assert_uint_eq(critpt_plan_cause_n_items(plan, i, CRITPT_CAUSE_COLUMN), n);
            ck_assert_uint_eq(cause_item(plan, i, CRITPT_CAUSE_COLUMN, n - 1), n);
        }
        ck_assert_uint_eq(alone, 1);
        critpt_landscape_destroy(s.landscape);
        s.landscape = L;
        assert_conflicts_are_proofs(&s, plan);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(blow_up_is_reported_and_warned_about)
{
    const net shape = {2, 2, {8, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 0}};
    scene s = scene_create(&shape, 200, 1); /* narrow inputs, small pre-activations */
    critpt_plan *plan = plan_of(&s, 3, 0.7);
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ck_assert_double_gt(value_of(plan, CRITPT_REPORT_AMPLIFICATION), 10);
    bool warned = false;
    for (size_t i = 0; i < critpt_plan_n_warnings(plan); i++)
        warned = warned || strstr(critpt_plan_warning(plan, i), "amplification");
    ck_assert(warned);
    ck_assert_ptr_null(critpt_plan_warning(plan, critpt_plan_n_warnings(plan)));
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        fixed_points_with_different_means_conflict_and_movable_ones_are_balanced,
        movable_points_take_the_base_targets_mean,
        a_nonlinear_output_layer_needs_no_balance,
        twins_conflict_and_are_named,
        shared_layers_are_named_where_they_conflict,
        too_few_samples_are_counted,
        one_point_with_few_targets_is_trivial,
        base_targets_in_the_span_of_the_outputs_are_trivial,
        symmetric_copies_are_accepted,
        a_null_direction_is_confirmed_by_moves,
        null_directions_are_named,
        isolated_samples_are_named,
        isolated_samples_of_several_columns_are_named,
        blow_up_is_reported_and_warned_about,
    };
    return test_main("plan_traps", tests, sizeof tests / sizeof *tests);
}
