/* Parts of spectra against whole ones: Lanczos, some eigenvectors, densities. */
#include "support.h"

#include "linalg/linalg.h"

/* ---- Lanczos against the dense route ---- */

START_TEST(extreme_eigenpairs_agree_with_all_of_them)
{
    const net shapes[] = {
        {6, 2, {8, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
        {10, 3, {12, 7, 3}, {CRITPT_TANH, CRITPT_SOFTPLUS, CRITPT_IDENTITY}, {1, 0, 1}},
        {2, 1, {2}, {CRITPT_TANH}, {1}}, /* fewer weights than a block */
        {4, 2, {3, 1}, {CRITPT_IDENTITY, CRITPT_IDENTITY}, {0, 0}},
    };
    for (size_t t = 0; t < 4; t++)
        for (size_t wanted = 1; wanted <= 9; wanted += 4) {
            scene s = scene_create(&shapes[t], 300, t);
            critpt_spectrum *all, *some;
            critpt_spectrum_options *options;
            ASSERT_OK(critpt_spectrum_options_create(&options));
            ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, wanted));
            ASSERT_OK(critpt_spectrum_create(&all, s.landscape, s.weights, s.P, NULL));
            ASSERT_OK(critpt_spectrum_create(&some, s.landscape, s.weights, s.P, options));
            size_t n = critpt_spectrum_n_eigenvalues(some);
            ck_assert_uint_eq(n, 2 * wanted < s.P ? 2 * wanted : s.P);
            ck_assert_int_eq(critpt_spectrum_is_whole(some), n == s.P);
            double *v = NEW(double, s.P), *Hv = NEW(double, s.P), top, bottom;
            ASSERT_OK(critpt_spectrum_eigenvalue(all, 0, &bottom, NULL));
            ASSERT_OK(critpt_spectrum_eigenvalue(all, s.P - 1, &top, NULL));
            double norm = fmax(fabs(top), fabs(bottom));
            for (size_t i = 0; i < n; i++) {
                size_t j = i < n / 2 ? i : s.P - n + i;
                double value, error, truth, own_error, residual = 0, length = 0;
                ASSERT_OK(critpt_spectrum_eigenvalue(some, i, &value, &error));
                ASSERT_OK(critpt_spectrum_eigenvalue(all, j, &truth, &own_error));
                ck_assert_msg(fabs(value - truth) <= error + own_error,
                              "net %zu, %zu of %zu: %.17g, not %.17g (%.1e)", t, i, n, value, truth,
                              error);
                ck_assert_double_le(error, 1e-7 * norm);
                ASSERT_OK(critpt_spectrum_eigenvector(some, i, v, s.P));
                ASSERT_OK(critpt_landscape_hessian_vector(s.landscape, NULL, s.weights, s.P, v, s.P,
                                                          Hv, s.P));
                for (size_t k = 0; k < s.P; k++) {
                    residual = hypot(residual, Hv[k] - value * v[k]);
                    length = hypot(length, v[k]);
                }
                ASSERT_NEAR(length, 1, 1, 1e-13);
                ck_assert_double_le(residual, error + 1e-14 * norm);
            }
            ck_assert_uint_le(critpt_spectrum_index(some), critpt_spectrum_index(all));
            free(v), free(Hv);
            critpt_spectrum_options_destroy(options);
            critpt_spectrum_destroy(all);
            critpt_spectrum_destroy(some);
            scene_destroy(&s);
        }
}
END_TEST

/* ---- Some eigenvectors: everything else is as with all of them ---- */

static void assert_same_but_vectors(const critpt_spectrum *all, const critpt_spectrum *some)
{
    size_t n = critpt_spectrum_n_eigenvalues(all);
    ck_assert_uint_eq(critpt_spectrum_n_eigenvalues(some), n);
    ck_assert_int_eq(critpt_spectrum_is_whole(some), 1);
    ck_assert_uint_eq(critpt_spectrum_index(some), critpt_spectrum_index(all));
    ck_assert_uint_eq(critpt_spectrum_n_positive(some), critpt_spectrum_n_positive(all));
    ck_assert_uint_eq(critpt_spectrum_nullity(some), critpt_spectrum_nullity(all));
    ck_assert_int_eq(critpt_spectrum_kind(some), critpt_spectrum_kind(all));
    for (size_t i = 0; i < n; i++) {
        double value, error, truth, bound;
        ASSERT_OK(critpt_spectrum_eigenvalue(some, i, &value, &error));
        ASSERT_OK(critpt_spectrum_eigenvalue(all, i, &truth, &bound));
        ck_assert_double_le(fabs(value - truth), bound);
        ASSERT_NEAR(error, bound, bound, 1e-10);
    }
}

/* |H v - value v| of the eigenvectors first to first + n - 1; the others are refused. */
static void assert_vectors(const scene *s, const critpt_spectrum *some, size_t first, size_t n)
{
    double *v = NEW(double, s->P), *Hv = NEW(double, s->P), value, error;
    for (size_t i = 0; i < s->P; i++) {
        if (i < first || i >= first + n) {
            ASSERT_FAILS(critpt_spectrum_eigenvector(some, i, v, s->P), CRITPT_INVALID_ARGUMENT,
                         "the spectrum holds");
            continue;
        }
        ASSERT_OK(critpt_spectrum_eigenvalue(some, i, &value, &error));
        ASSERT_OK(critpt_spectrum_eigenvector(some, i, v, s->P));
        ASSERT_OK(critpt_landscape_hessian_vector(s->landscape, NULL, s->weights, s->P, v, s->P, Hv,
                                                  s->P));
        cpt_linalg_axpy(s->P, -value, v, Hv);
        ck_assert_double_le(cpt_linalg_norm(s->P, Hv), error);
        ASSERT_NEAR(cpt_linalg_norm(s->P, v), 1, 1, 1e-13);
    }
    free(v), free(Hv);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* f = W x with X'X/N = diag(1 .. 2) and output metric M = diag(1, 1 + spread, ...): the Hessian is
 * M (x) X'X/N, each eigenvalue as often as there are outputs, or a cluster of as many. With so many
 * products, if not 0, fewer may be held; returns how many at each end. */
static size_t assert_copies(size_t outputs, size_t wanted, double spread, double tolerance,
                            size_t products)
{
    enum { INPUTS = 24 };
    const net shape = {INPUTS, 1, {outputs}, {CRITPT_IDENTITY}, {0}};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_spectrum *spectrum;
    critpt_spectrum_options *options;
    size_t P = INPUTS * outputs, n = wanted < P / 2 ? wanted : P / 2;
    double *x = NEW(double, INPUTS *INPUTS), *zero = NEW(double, P), *truth = NEW(double, P);
    double *metric = NEW(double, outputs *outputs);
    for (size_t i = 0; i < INPUTS; i++) {
        double value = 1 + (double)i / (INPUTS - 1);
        x[i * INPUTS + i] = sqrt(INPUTS * value);
        for (size_t o = 0; o < outputs; o++)
            truth[i * outputs + o] = value * (1 + spread * (double)o);
    }
    for (size_t o = 0; o < outputs; o++)
        metric[o * outputs + o] = 1 + spread * (double)o;
    qsort(truth, P, sizeof *truth, ascending);
    ASSERT_OK(critpt_landscape_create(&L, model, INPUTS, x, INPUTS));
    ASSERT_OK(critpt_landscape_set_targets(L, zero, outputs));
    ASSERT_OK(critpt_landscape_set_output_metric(L, metric, outputs));
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, n));
    ASSERT_OK(critpt_spectrum_options_set_tolerance(options, tolerance));
    if (products)
        ASSERT_OK(critpt_spectrum_options_set_max_products(options, products));
    critpt_status status = critpt_spectrum_create(&spectrum, L, zero, P, options);
    ck_assert(status == CRITPT_OK || (products && status == CRITPT_NOT_CONVERGED));
    size_t held = critpt_spectrum_n_eigenvalues(spectrum) / 2;
    ck_assert_msg(products ? status || (held >= 8 && held <= n) : held == n,
                  "%zu outputs, %zu wanted, spread %g: %zu held", outputs, n, spread, held);
    for (size_t i = 0; i < 2 * held; i++) {
        double value, error, right = truth[i < held ? i : P - 2 * held + i];
        ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, i, &value, &error));
        ck_assert_msg(fabs(value - right) <= error,
                      "%zu outputs, %zu wanted, spread %g: eigenvalue %zu is %.12g +- %.1e, not "
                      "%.12g",
                      outputs, n, spread, i, value, error, right);
        ck_assert_double_le(error, 10 * tolerance);
    }
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
    free(x), free(zero), free(truth), free(metric);
    return held;
}

START_TEST(every_copy_of_a_multiple_eigenvalue_is_held)
{
    for (size_t multiplicity = 1; multiplicity <= 30; multiplicity++)
        for (size_t wanted = 5; wanted <= 20; wanted += 15)
            assert_copies(multiplicity, wanted, 0, 1e-8, 0);
    assert_copies(20, 20, 1e-12, 1e-10, 0);
}
END_TEST

/* Whatever the spread of a cluster beside the tolerance; what would take very long may lack. */
START_TEST(members_of_a_cluster_are_held)
{
    for (double spread = 1e-3; spread > 5e-13; spread /= 10)
        for (size_t multiplicity = 9; multiplicity <= 30; multiplicity += 10)
            for (size_t wanted = 9; wanted <= 20; wanted += 11)
                assert_copies(multiplicity, wanted, spread, 1e-8, 3000);
}
END_TEST

/* Where products run out while copies are sought, those that are certain are held. */
START_TEST(fewer_are_held_where_copies_may_lack)
{
    size_t fewer = 0;
    for (size_t products = 300; products <= 1500; products += 100) {
        size_t held = assert_copies(30, 20, 0, 1e-8, products);
        fewer += held > 0 && held < 20;
    }
    ck_assert_uint_gt(fewer, 0);
}
END_TEST

START_TEST(chosen_eigenvectors_are_those_of_all)
{
    const net smooth = {6, 2, {8, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    const net flat = {
        4, 2, {3, 2}, {CRITPT_RELU, CRITPT_IDENTITY}, {0, 0}}; /* has null directions */
    const net *const shapes[] = {&smooth, &flat};
    for (size_t t = 0; t < 2; t++) {
        scene s = scene_create(shapes[t], 300, t);
        critpt_plan *plan;
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
        ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        const struct {
            size_t first, n, held;
        } cases[] = {{0, 1, 1},
                     {0, 0, 0},
                     {3, 4, 4},
                     {s.P - 1, 1, 1},
                     {s.P, 0, 0},
                     {s.P - 5, 5, 5},
                     {2, SIZE_MAX, s.P - 2},
                     {0, s.P, s.P}};
        critpt_spectrum *all, *some;
        critpt_spectrum_options *options;
        ASSERT_OK(critpt_spectrum_options_create(&options));
        ASSERT_OK(critpt_spectrum_create(&all, s.landscape, s.weights, s.P, NULL));
        ck_assert(t == 0 || critpt_spectrum_nullity(all) == 3);
        ck_assert_int_ne(critpt_spectrum_kind(all), CRITPT_NOT_CRITICAL);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            ASSERT_OK(
                critpt_spectrum_options_set_eigenvectors(options, cases[i].first, cases[i].n));
            ASSERT_OK(critpt_spectrum_create(&some, s.landscape, s.weights, s.P, options));
            assert_same_but_vectors(all, some);
            assert_vectors(&s, some, cases[i].first, cases[i].held);
            critpt_spectrum_destroy(some);
        }
        critpt_spectrum_options_destroy(options);
        critpt_spectrum_destroy(all);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
    }
}
END_TEST

/* With as many steps as weights the quadrature is exact: what is left is the mean over the vectors.
 */
START_TEST(density_smooths_the_spectrum)
{
    enum { POINTS = 60 };
    const net shape = {6, 2, {8, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 300, 0);
    critpt_spectrum *all;
    double points[POINTS], density[POINTS], truth[POINTS] = {0}, largest = 0, integral = 0;
    const double width = 0.2;
    for (size_t k = 0; k < POINTS; k++)
        points[k] = -2 + 6.0 * (double)k / (POINTS - 1);
    ASSERT_OK(critpt_spectrum_create(&all, s.landscape, s.weights, s.P, NULL));
    for (size_t i = 0; i < s.P; i++)
        for (size_t k = 0; k < POINTS; k++) {
            double value;
            ASSERT_OK(critpt_spectrum_eigenvalue(all, i, &value, NULL));
            double t = (points[k] - value) / width;
            truth[k] += exp(-t * t / 2) / (width * sqrt(2 * acos(-1)) * (double)s.P);
            largest = fmax(largest, truth[k]);
        }
    ASSERT_OK(critpt_spectrum_density(s.landscape, s.weights, s.P, 1, 100, s.P, width, points,
                                      POINTS, density));
    for (size_t k = 0; k < POINTS; k++) {
        ASSERT_NEAR(density[k], truth[k], largest, 0.05);
        integral += density[k] * 6 / (POINTS - 1);
    }
    ASSERT_NEAR(integral, 1, 1, 1e-3);
    const critpt_status invalid = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_spectrum_density(NULL, s.weights, s.P, 1, 1, 1, 1, points, 1, density),
                 invalid, "NULL");
    ASSERT_FAILS(
        critpt_spectrum_density(s.landscape, s.weights, s.P, 1, 0, 1, 1, points, 1, density),
        invalid, "0 vectors");
    ASSERT_FAILS(
        critpt_spectrum_density(s.landscape, s.weights, s.P, 1, 1, 0, 1, points, 1, density),
        invalid, "0 steps");
    ASSERT_FAILS(
        critpt_spectrum_density(s.landscape, s.weights, s.P, 1, 1, 1, 0, points, 1, density),
        invalid, "width is 0");
    ASSERT_FAILS(critpt_spectrum_density(s.landscape, s.weights, s.P, 1, 1, 1, 1, NULL, 1, density),
                 invalid, "points is NULL");
    ASSERT_FAILS(critpt_spectrum_density(s.landscape, s.weights, s.P, 1, 1, 1, 1, points, 1, NULL),
                 invalid, "density is NULL");
    critpt_spectrum_destroy(all);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        extreme_eigenpairs_agree_with_all_of_them,
        every_copy_of_a_multiple_eigenvalue_is_held,
        members_of_a_cluster_are_held,
        fewer_are_held_where_copies_may_lack,
        chosen_eigenvectors_are_those_of_all,
        density_smooths_the_spectrum,
    };
    return test_main("spectrum_routes", tests, sizeof tests / sizeof *tests);
}
