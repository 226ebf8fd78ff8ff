/* Natures and their margins: minima far away, saddles with more margin than the least curvature of
 * the output layer, and the directions that a margin leaves out. */
#include "nature_support.h"

#include <lapacke.h>

/* Minima so far away that multipliers look like a proof that there are none: attempts to make them
 * one leave the method the steps that it needs. */
START_TEST(far_minima_are_not_given_up)
{
    const wish wanted[] = {
        {{2, 2, {8, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}}, 160, 2, {0, 0}, 1e-3, 1, 1, 0, 0},
        {{2, 2, {9, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}}, 150, 2, {0, 1}, 1e-3, 1, 33, 0, 0},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        stage *made = stage_create(&wanted[i]);
        cpt_nature_result result;
        made->problem.max_products = 1000;
        ASSERT_OK(cpt_nature_solve(&made->problem, &result));
        ck_assert_int_eq(result.verdict, CPT_NATURE_ATTAINED);
        cpt_nature_result_destroy(&result, made->K);
        stage_destroy(made);
    }
}
END_TEST

/* By interlacing the output layer's least curvature caps a minimum alone: a saddle of index 1 is
 * capped by the second one. On the ladder y = f - t r of one point, where two units of nearly
 * linear response make the two stand far apart, saddles have margins between them. */
START_TEST(a_saddle_may_have_more_margin_than_the_least_curvature_of_the_output_layer)
{
    const wish wanted = {{1, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
                         40,
                         1,
                         {0},
                         0.9,
                         0.005,
                         6,
                         false,
                         false};
    stage *made = stage_create(&wanted);
    double caps[2], *f = NEW(double, made->n), *y = NEW(double, made->n);
    bool attained = false;
    cpt_nature_result result;
    made->problem.max_products = 100;
    for (size_t index = 0; index < 2; index++) {
        made->points[0].index = index;
        ASSERT_OK(cpt_nature_solve(&made->problem, &result));
        caps[index] = result.outcomes[0].margin_cap;
        cpt_nature_result_destroy(&result, made->K);
    }
    ck_assert_double_lt(caps[0], 1e-3 * caps[1]);
    made->points[0].margin = sqrt(caps[0] * caps[1]);
    made->problem.current = made->problem.base = y;
    ASSERT_OK(critpt_landscape_outputs(made->s.landscape, NULL, made->weights[0], made->s.P, f, 1));
    for (double t = -10; !attained && t < 20; t += 0.5) {
        for (size_t i = 0; i < made->n; i++)
            y[i] = f[i] - t * (f[i] - made->current[i]);
        ASSERT_OK(cpt_nature_solve(&made->problem, &result));
        ck_assert_int_ne(result.proof, CPT_NATURE_CAP);
        attained = result.verdict == CPT_NATURE_ATTAINED && result.outcomes[0].index == 1 &&
                   result.outcomes[0].margin > 2 * caps[0];
        cpt_nature_result_destroy(&result, made->K);
    }
    ck_assert(attained);
    free(f), free(y);
    stage_destroy(made);
}
END_TEST

START_TEST(dead_inputs_are_left_out)
{
    const net shape = {6, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    wish wanted = {shape, 400, 2, {0, 1}, 1e-3, 1, 11, false, false};
    wanted.dead_input = true;
    stage *made = stage_create(&wanted);
    cpt_nature_result result;
    ASSERT_OK(cpt_nature_solve(&made->problem, &result));
    ck_assert_int_eq(result.verdict, CPT_NATURE_ATTAINED);
    ASSERT_OK(critpt_landscape_set_targets(made->s.landscape, result.targets, 1));
    for (size_t k = 0; k < 2; k++) {
        critpt_spectrum *spectrum;
        ck_assert_uint_eq(result.outcomes[k].n_null, 3); /* one a hidden unit */
        for (size_t i = 0; i < 3; i++)
            for (size_t a = 0; a < made->s.P; a++)
                if (a >= 18 || a % 6 != 0)
                    ASSERT_NEAR(result.outcomes[k].null_directions[i * made->s.P + a], 0, 1, 1e-10);
        ASSERT_OK(critpt_spectrum_create(&spectrum, made->s.landscape, made->weights[k], made->s.P,
                                         NULL));
        ck_assert_uint_eq(critpt_spectrum_index(spectrum), k);
        ck_assert_uint_eq(critpt_spectrum_nullity(spectrum), 3);
        critpt_spectrum_destroy(spectrum);
    }
    cpt_nature_result_destroy(&result, made->K);
    stage_destroy(made);
}
END_TEST

/* The first unit's slopes are 7.7e-22 at most: no targets curve its weight beside the others, whose
 * margin is the least |eigenvalue| of (H, G) without it. The faint direction may be one of those
 * that are asked to be negative. */
START_TEST(margins_leave_faint_directions_out)
{
    enum { P = 4, REST = P - 1 };
    const net shape = {1, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    const double x[] = {1, -2, 1.5, 3}, y[] = {1, 2, -1, 0.5}, w[P] = {25, 0.5, 2, 1};
    cpt_nature_point point = {.weights = w, .margin = 0.1};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_workspace *workspace;
    double h[P * P], g[P * P], values[REST], least = INFINITY;
    size_t index = 0;
    ASSERT_OK(critpt_landscape_create(&L, model, 4, x, 1));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_OK(critpt_workspace_create(&workspace, L));
    ASSERT_OK(critpt_landscape_hessian(L, NULL, w, P, h, P));
    ASSERT_OK(critpt_landscape_gauss_newton(L, NULL, w, P, g, P));
    ck_assert_int_eq(
        LAPACKE_dsygv(LAPACK_ROW_MAJOR, 1, 'N', 'U', REST, h + P + 1, P, g + P + 1, P, values), 0);
    for (size_t i = 0; i < REST; i++) {
        least = fmin(least, fabs(values[i]));
        index += values[i] < 0;
    }
    const cpt_nature_problem problem = {.workspace = workspace, .n_points = 1, .points = &point};
    for (point.index = index; point.index <= index + 1; point.index++) {
        double margin = 0;
        ASSERT_OK(cpt_nature_measure(&problem, y, &margin));
        ASSERT_NEAR(margin, least, least, 1e-10);
    }
    critpt_workspace_destroy(workspace);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nature_margins");
    TCase *cases = tcase_create("all");
    SRunner *runner;
    int failed;
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, far_minima_are_not_given_up);
    tcase_add_test(cases,
                   a_saddle_may_have_more_margin_than_the_least_curvature_of_the_output_layer);
    tcase_add_test(cases, dead_inputs_are_left_out);
    tcase_add_test(cases, margins_leave_faint_directions_out);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
