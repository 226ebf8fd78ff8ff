/* Natures: planted indices confirmed by the spectrum, bounds and proofs recomputed by plain loops,
 * one point against its closed form. */
#include "nature_support.h"

#include <lapacke.h>

#include "linalg/linalg.h"

/* ---- Independent recomputation ---- */

/* Q = sum over the inequalities of point k of sign W Z W' (P x P), by plain loops. */
static double *weighted_sum(const stage *made, const cpt_nature_result *result, size_t k)
{
    size_t P = made->s.P;
    double *q = NEW(double, P *P);
    for (size_t j = 0; j < result->n_inequalities; j++) {
        const cpt_nature_inequality *part = &result->inequalities[j];
        for (size_t a = 0; part->point == k && a < part->order; a++)
            for (size_t b = 0; b < part->order; b++)
                for (size_t r = 0; r < P; r++)
                    for (size_t c = 0; c < P; c++)
                        q[r * P + c] += part->sign * part->multiplier[a * part->order + b] *
                                        part->basis[a * P + r] * part->basis[b * P + c];
    }
    return q;
}

/* Z is positive semidefinite to rounding. */
static void assert_multipliers(const cpt_nature_result *result)
{
    for (size_t j = 0; j < result->n_inequalities; j++) {
        const cpt_nature_inequality *part = &result->inequalities[j];
        size_t m = part->order;
        double *z = NEW(double, m *m), *values = NEW(double, m);
        memcpy(z, part->multiplier, m * m * sizeof *z);
        ASSERT_OK(cpt_linalg_eigen(m, z, values));
        ck_assert_msg(values[0] >= -1e-12 * fabs(values[m - 1]), "least eigenvalue %.3g of %.3g",
                      values[0], values[m - 1]);
        free(z), free(values);
    }
}

/* sum <C, Z> and |P sum B* Z| at the targets y, which satisfy the equations. B*'s components are
 * <-H_i, Q>: differences of Hessians by single targets, from the public interface. */
static void evaluate_multipliers(const stage *made, const cpt_nature_result *result,
                                 const double *y, double *constant, double *norm)
{
    size_t P = made->s.P, n = made->n, D = made->s.D;
    double *hessian = NEW(double, P *P), *moved = NEW(double, P *P);
    double *gradient = NEW(double, n), *shifted = NEW(double, n), *unit = NEW(double, n);
    *constant = 0;
    for (size_t k = 0; k < made->K; k++) {
        double *q = weighted_sum(made, result, k);
        stage_hessian(made, k, y, hessian);
        for (size_t i = 0; i < P * P; i++)
            *constant += hessian[i] * q[i];
        for (size_t i = 0; i < n; i++) {
            memcpy(shifted, y, n * sizeof *y);
            shifted[i] += 1;
            stage_hessian(made, k, shifted, moved);
            for (size_t e = 0; e < P * P; e++)
                gradient[i] += (moved[e] - hessian[e]) * q[e]; /* (Mn B* Z)_i */
        }
        free(q);
    }
    for (size_t j = 0; j < result->n_inequalities; j++)
        for (size_t a = 0; a < result->inequalities[j].order; a++)
            *constant -= result->inequalities[j].margin *
                         result->inequalities[j].multiplier[a * result->inequalities[j].order + a];
    /* d with Mn d = gradient: here s = 1 and M = I */
    for (size_t i = 0; i < n; i++)
        unit[i] = gradient[i] * (double)made->s.N;
    ck_assert_uint_eq(n, made->s.N * D);
    ASSERT_OK(stage_project((void *)made, unit));
    *norm = sqrt(stage_product(made, unit, unit));
    free(hessian), free(moved), free(gradient), free(shifted), free(unit);
}

/* The point of the affine space of critical targets that is nearest to the base. */
static double *nearest_critical(const stage *made)
{
    double *y = NEW(double, made->n);
    for (size_t i = 0; i < made->n; i++)
        y[i] = made->base[i] - made->current[i];
    ASSERT_OK(stage_project((void *)made, y));
    for (size_t i = 0; i < made->n; i++)
        y[i] += made->current[i];
    return y;
}

static double half_distance(const stage *made, const double *a, const double *b)
{
    double *difference = NEW(double, made->n), square;
    for (size_t i = 0; i < made->n; i++)
        difference[i] = a[i] - b[i];
    square = stage_product(made, difference, difference);
    free(difference);
    return square / 2;
}

/* Every point has exactly the index it should, by the spectrum, and is still critical. */
static void assert_natures(const stage *made, const cpt_nature_result *result)
{
    ASSERT_OK(critpt_landscape_set_targets(made->s.landscape, result->targets, made->s.D));
    for (size_t k = 0; k < made->K; k++) {
        critpt_spectrum *spectrum;
        size_t wanted = made->points[k].index;
        ASSERT_OK(critpt_spectrum_create(&spectrum, made->s.landscape, made->weights[k], made->s.P,
                                         NULL));
        ck_assert_msg(critpt_spectrum_kind(spectrum) == (wanted ? CRITPT_SADDLE : CRITPT_MINIMUM),
                      "point %zu is of kind %d", k, (int)critpt_spectrum_kind(spectrum));
        ck_assert_uint_eq(critpt_spectrum_index(spectrum), wanted);
        ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 0);
        ck_assert_uint_eq(result->outcomes[k].index, wanted);
        ck_assert_double_ge(result->outcomes[k].margin, 0.999 * made->points[k].margin);
        critpt_spectrum_destroy(spectrum);
    }
}

/* ---- Planted indices ---- */

static const wish planted[] = {
    {{8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     720,
     2,
     {0, 0},
     1e-2,
     1,
     1,
     false,
     false},
    {{8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     720,
     2,
     {0, 3},
     1e-2,
     1,
     2,
     false,
     false},
    {{4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     480,
     2,
     {0, 0},
     1e-2,
     1,
     3,
     false,
     false},
    {{8, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     900,
     3,
     {0, 1, 2},
     1e-2,
     1,
     4,
     false,
     false},
    {{6, 3, {4, 3, 1}, {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY}, {0, 0, 0}},
     1560,
     2,
     {0, 0},
     1e-2,
     1,
     5,
     false,
     false},
    {{6, 2, {5, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     480,
     2,
     {0, 1},
     1e-3,
     1,
     6,
     false,
     false},
    {{8, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
     500,
     2,
     {0, 2},
     1e-3,
     1,
     7,
     true,
     false},
    /* blocks of more than 300 directions, whose boundaries Lanczos's method finds */
    {{22, 2, {14, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
     2600,
     1,
     {1},
     1e-2,
     1,
     8,
     false,
     false},
};

START_TEST(planted_networks_have_their_indices)
{
    stage *made = stage_create(&planted[_i]);
    cpt_nature_result result;
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_msg(result.verdict == CPT_NATURE_ATTAINED, "instance %d: verdict %d, gap %.2e", _i,
                  (int)result.verdict, result.gap);
    ck_assert_double_le(result.gap, 5e-4);
    ASSERT_NEAR(half_distance(made, result.targets, made->base), result.objective, result.objective,
                1e-10);
    assert_natures(made, &result);
    cpt_nature_result_destroy(&result, made->K);
    stage_destroy(made);
}
END_TEST

START_TEST(free_points_stay_free)
{
    wish wanted = planted[0];
    wanted.index[1] = CPT_NATURE_FREE;
    stage *made = stage_create(&wanted);
    cpt_nature_result both, one;
    ASSERT_OK(cpt_nature_solve(&made->problem, &one));
    made->points[1].index = 0;
    ASSERT_OK(cpt_nature_solve(&made->problem, &both));
    ck_assert_int_eq(one.verdict, CPT_NATURE_ATTAINED);
    ck_assert_uint_eq(one.outcomes[0].index, 0);
    ck_assert(isnan(one.outcomes[1].margin));
    ck_assert_double_lt(one.objective, both.objective);
    cpt_nature_result_destroy(&one, made->K);
    cpt_nature_result_destroy(&both, made->K);
    stage_destroy(made);
}
END_TEST

/* The least |eigenvalue| of the Hessian at a point, and whether `index` are negative. */
static double least_curvature(const stage *made, size_t k, const double *y, size_t index)
{
    size_t P = made->s.P;
    double *hessian = NEW(double, P *P), *values = NEW(double, P), least = INFINITY;
    stage_hessian(made, k, y, hessian);
    ck_assert_int_eq(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'U', (int)P, hessian, (int)P, values), 0);
    for (size_t i = 0; i < P; i++) {
        ck_assert((values[i] < 0) == (i < index));
        least = fmin(least, fabs(values[i]));
    }
    free(hessian), free(values);
    return least;
}

/* Curvatures asked for besides margins, in the subspaces of targets that are known; and the lower
 * bound for the margins alone, recomputed. */
START_TEST(curvatures_are_as_large_as_asked)
{
    stage *made = stage_create(&planted[1]);
    size_t P = made->s.P;
    cpt_nature_result before, after;
    double *least = NEW(double, made->K *P), asked[STAGE_POINTS];
    double constant, norm, *y = nearest_critical(made);
    ASSERT_OK(cpt_nature_solve(&made->problem, &before));
    for (size_t k = 0; k < made->K; k++) {
        asked[k] = 3 * least_curvature(made, k, before.targets, made->points[k].index);
        for (size_t a = 0; a < P; a++)
            least[k * P + a] = asked[k];
        made->points[k].least = least + k * P;
    }
    made->problem.known = before.targets;
    ASSERT_OK(cpt_nature_solve(&made->problem, &after));
    ck_assert_int_eq(after.verdict, CPT_NATURE_ATTAINED);
    ck_assert_uint_eq(after.n_rounds, 1);
    assert_natures(made, &after);
    for (size_t k = 0; k < made->K; k++)
        ck_assert_double_ge(least_curvature(made, k, after.targets, made->points[k].index),
                            0.999 * asked[k]);
    evaluate_multipliers(made, &after, y, &constant, &norm);
    ASSERT_NEAR(half_distance(made, y, made->base) + constant * constant / (2 * norm * norm),
                after.dual_of_margins, after.objective, 1e-8);
    ck_assert_double_lt(after.dual_of_margins, after.dual);
    free(least), free(y);
    cpt_nature_result_destroy(&before, made->K);
    cpt_nature_result_destroy(&after, made->K);
    stage_destroy(made);
}
END_TEST

/* What a caller sees: nothing before a certain look. */
typedef struct sight {
    size_t looks, first_visible;
    critpt_status status;
} sight;

static critpt_status look(void *user, const cpt_nature_outcome *outcomes, const double *targets,
                          bool *visible)
{
    sight *seen = user;
    ck_assert_ptr_nonnull(outcomes);
    ck_assert_ptr_nonnull(targets);
    *visible = seen->looks++ >= seen->first_visible;
    return seen->status;
}

static double least_margin(const stage *made, const cpt_nature_result *result)
{
    double least = INFINITY;
    for (size_t k = 0; k < made->K; k++)
        least = fmin(least, result->outcomes[k].margin);
    return least;
}

/* Where nothing is seen at the targets found, others with larger margins are tried that still count
 * as nearest; where nothing is seen there either, it stays with those found. */
START_TEST(targets_go_inside_where_signs_are_hidden)
{
    stage *made = stage_create(&planted[1]);
    cpt_nature_result results[3];
    for (size_t first = 0; first < 3; first++) {
        sight seen = {0, first, CRITPT_OK};
        made->problem.resolves = look;
        made->problem.resolves_user = &seen;
        ASSERT_OK(cpt_nature_solve(&made->problem, &results[first]));
        ck_assert_int_eq(results[first].verdict, CPT_NATURE_ATTAINED);
        ck_assert_uint_eq(seen.looks, first == 0 ? 1 : 2);
        assert_natures(made, &results[first]);
        ASSERT_NEAR(half_distance(made, results[first].targets, made->base),
                    results[first].objective, results[first].objective, 1e-10);
    }
    ck_assert_double_le(results[0].gap, 5e-4);
    ck_assert_double_gt(results[1].gap, 6e-4);
    ck_assert_double_le(results[1].gap, CPT_NATURE_ACCEPTED_GAP);
    ck_assert_double_gt(least_margin(made, &results[1]), 1.01 * least_margin(made, &results[0]));
    ASSERT_NEAR(results[2].gap, results[0].gap, 1, 1e-9);
    ASSERT_NEAR(results[2].objective, results[0].objective, results[0].objective, 1e-9);
    for (size_t i = 0; i < 3; i++)
        cpt_nature_result_destroy(&results[i], made->K);
    stage_destroy(made);
}
END_TEST

/* ---- The duality gap, recomputed ---- */

START_TEST(gap_is_that_of_the_multipliers)
{
    const wish wanted = {{4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
                         120,
                         2,
                         {0, 1},
                         1e-2,
                         1,
                         8,
                         false,
                         false};
    stage *made = stage_create(&wanted);
    cpt_nature_result result;
    double constant, norm, *y = nearest_critical(made), dual;
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.verdict, CPT_NATURE_ATTAINED);
    assert_multipliers(&result);
    evaluate_multipliers(made, &result, y, &constant, &norm);
    dual = half_distance(made, y, made->base) - norm * norm / 2 - constant;
    ASSERT_NEAR(dual, result.dual, result.objective, 1e-8);
    ck_assert_double_le(dual, result.objective);
    ck_assert_double_le(result.objective - dual, 5.1e-4 * result.objective);
    free(y);
    cpt_nature_result_destroy(&result, made->K);
    stage_destroy(made);
}
END_TEST

/* ---- Infeasible requests ---- */

/* More inputs than the samples pin down leave few free targets: with one, two minima are too much
 * to ask. */
START_TEST(certificate_proves_infeasibility)
{
    const wish wanted = {{4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
                         33,
                         2,
                         {0, 0},
                         1e-2,
                         1,
                         9,
                         false,
                         false};
    stage *made = stage_create(&wanted);
    cpt_nature_result result;
    double constant, norm, *y = nearest_critical(made);
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.verdict, CPT_NATURE_INFEASIBLE);
    ck_assert_int_eq(result.proof, CPT_NATURE_CERTIFICATE);
    assert_multipliers(&result);
    evaluate_multipliers(made, &result, y, &constant, &norm);
    ck_assert_double_lt(constant, 0);
    /* no solution nearer than the radius, which no rounding of the norm can bring down to the
     * scale of the targets */
    ck_assert_double_ge(-constant / norm, 1e5 * sqrt(stage_product(made, y, y)));
    ck_assert_double_le(result.scale_cap, 1);
    free(y);
    cpt_nature_result_destroy(&result, made->K);
    stage_destroy(made);
}
END_TEST

START_TEST(caps_come_first)
{
    wish wanted = planted[5];
    stage *made = stage_create(&wanted);
    cpt_nature_result result;
    size_t cap = made->s.P - 10; /* D rank(Phi) = 2 * 5 directions curve up whatever the targets */
    made->points[1].index = cap + 1;
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.verdict, CPT_NATURE_INFEASIBLE);
    ck_assert_int_eq(result.proof, CPT_NATURE_CAP);
    ck_assert_uint_eq(result.outcomes[1].index_cap, cap);
    ck_assert_uint_eq(result.n_products, 0);
    cpt_nature_result_destroy(&result, made->K);
    /* in the whitening metric the output layer's block is the identity at most */
    made->points[0] = (cpt_nature_point){.weights = made->weights[0], .margin = 1.5};
    made->points[1] = (cpt_nature_point){.weights = made->weights[1], .index = CPT_NATURE_FREE};
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.proof, CPT_NATURE_CAP);
    ASSERT_NEAR(result.outcomes[0].margin_cap, 1, 1, 1e-6);
    ASSERT_NEAR(result.scale_cap, 1 / 1.5, 1, 1e-6);
    ck_assert_int_ne(result.verdict, CPT_NATURE_ATTAINED);
    if (result.verdict == CPT_NATURE_SMALLER_MARGIN)
        ck_assert_double_ge(result.outcomes[0].margin, 0.999 * 1.5 * result.scale);
    cpt_nature_result_destroy(&result, made->K);
    stage_destroy(made);
}
END_TEST

/* ---- One point: y = f - t r gives H(t) = G + t S(Mn r), whose index steps at t = -1 / lambda with
 * S x = lambda G x (MATH 7). Base targets on that ray make the ray's first step the answer's bound,
 * and a minimum is had at no more than its distance. ---- */
START_TEST(one_point_is_no_farther_than_its_ladder)
{
    const wish wanted = {{5, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
                         150,
                         1,
                         {0},
                         1e-3,
                         1,
                         10,
                         false,
                         false};
    stage *made = stage_create(&wanted);
    size_t P = made->s.P, n = made->n;
    double *f = NEW(double, n), *zero = NEW(double, P *P), *full = NEW(double, P *P);
    double *whitened = NEW(double, P *P), *l = NEW(double, P *P), *half = NEW(double, P *P);
    double *values = NEW(double, P), residual, t;
    cpt_nature_result result;
    size_t index;
    ASSERT_OK(critpt_landscape_outputs(made->s.landscape, NULL, made->weights[0], P, f, 1));
    for (size_t i = 0; i < n; i++) { /* ten times the residual: certainly no minimum */
        made->current[i] = f[i] + 10 * (made->current[i] - f[i]);
        made->base[i] = made->current[i];
    }
    stage_hessian(made, 0, f, zero);
    stage_hessian(made, 0, made->current, full);
    memcpy(l, zero, P * P * sizeof *l);
    ASSERT_OK(cpt_linalg_eigen(P, l, values)); /* l becomes D^(-1/2) Q', for Q D Q' */
    ck_assert_double_gt(values[0], 0);
    for (size_t i = 0; i < P * P; i++) {
        l[i] /= sqrt(values[i / P]);
        full[i] -= zero[i];
    }
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, P, P, P, 1, l, P, full, P, 0, half, P);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, P, P, P, 1, half, P, l, P, 0, whitened, P);
    ASSERT_OK(cpt_linalg_eigen(P, whitened, values));
    ck_assert_double_lt(values[0], -1);
    t = -(1 - 1e-3) / values[0]; /* on the ray the whitened Hessian is I + t whitened */
    residual = sqrt(2 * half_distance(made, made->base, f));
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.verdict, CPT_NATURE_ATTAINED);
    ck_assert_double_le(sqrt(2 * result.dual), (1 - t) * residual * (1 + 1e-9));
    ck_assert_double_le(sqrt(2 * result.objective), (1 - t) * residual * (1 + 1e-3));
    assert_natures(made, &result);
    cpt_nature_result_destroy(&result, made->K);
    /* the index on the ray is the number of lambda below -1 / t: an index that is there is kept */
    for (index = 0; index < P && values[index] < -1; index++)
        ;
    made->points[0] =
        (cpt_nature_point){.weights = made->weights[0], .index = index, .margin = 1e-9};
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.verdict, CPT_NATURE_ATTAINED);
    ASSERT_NEAR(result.objective, 0, residual * residual, 1e-15);
    cpt_nature_result_destroy(&result, made->K);
    free(f), free(zero), free(full), free(whitened), free(l), free(half), free(values);
    stage_destroy(made);
}
END_TEST

/* ---- Calls that end early ---- */

static critpt_status cancel_late(void *user, double done)
{
    size_t *calls = user;
    ck_assert(done >= 0 && done <= 1);
    return ++*calls > 6 ? cpt_error(CRITPT_CANCELLED, "the seventh") : CRITPT_OK;
}

START_TEST(callers_can_cancel_and_err)
{
    stage *made = stage_create(&planted[2]);
    cpt_nature_result result;
    size_t calls = 0;
    made->problem.advance = cancel_late;
    made->problem.advance_user = &calls;
    ASSERT_FAILS(cpt_nature_solve(&made->problem, &result), CRITPT_CANCELLED, "the seventh");
    ck_assert_ptr_null(result.targets);
    made->problem.advance = NULL;
    made->points[1].index = made->s.P + 1;
    ASSERT_FAILS(cpt_nature_solve(&made->problem, &result), CRITPT_INVALID_ARGUMENT, "index 16");
    made->points[1].index = 0;
    made->points[1].margin = NAN;
    ASSERT_FAILS(cpt_nature_solve(&made->problem, &result), CRITPT_INVALID_ARGUMENT, "margin nan");
    made->points[1].margin = 1e-2;
    sight blind = {0, 0, CRITPT_NON_FINITE};
    made->problem.resolves = look;
    made->problem.resolves_user = &blind;
    ck_assert_int_eq(cpt_nature_solve(&made->problem, &result), CRITPT_NON_FINITE);
    ck_assert_ptr_null(result.targets);
    made->problem.max_products = 3;
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.verdict, CPT_NATURE_UNDECIDED);
    cpt_nature_result_destroy(&result, made->K);
    stage_destroy(made);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nature");
    TCase *cases = tcase_create("all");
    SRunner *runner;
    int failed;
    tcase_set_timeout(cases, 0);
    tcase_add_loop_test(cases, planted_networks_have_their_indices, 0,
                        (int)(sizeof planted / sizeof *planted));
    tcase_add_test(cases, free_points_stay_free);
    tcase_add_test(cases, curvatures_are_as_large_as_asked);
    tcase_add_test(cases, targets_go_inside_where_signs_are_hidden);
    tcase_add_test(cases, gap_is_that_of_the_multipliers);
    tcase_add_test(cases, certificate_proves_infeasibility);
    tcase_add_test(cases, caps_come_first);
    tcase_add_test(cases, one_point_is_no_farther_than_its_ladder);
    tcase_add_test(cases, callers_can_cancel_and_err);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
