/* Basins against landscapes whose borders are known in closed form. */
#include "support.h"

#include <float.h>

#include "basin/region.h"

static const double pi = 3.14159265358979323846;

/* ---- The subproblem: what characterises the least value of a quadratic in a ball (More and
 * Sorensen, SIAM J. Sci. Stat. Comput. 4, 1983). ---- */

/* A symmetric matrix of given eigenvalues, and a gradient that sees the first one's eigenvector as
 * much as said. */
static void make_quadratic(size_t P, uint64_t seed, const double *values, double first,
                           double *matrix, double *gradient)
{
    double *q = normal(P * P, seed), *c = normal(P, seed + 1000);
    for (size_t i = 0; i < P; i++) { /* rows by Gram and Schmidt, twice */
        for (size_t k = 0; k < 2 * i; k++) {
            double dot = 0;
            for (size_t j = 0; j < P; j++)
                dot += q[i * P + j] * q[k % i * P + j];
            for (size_t j = 0; j < P; j++)
                q[i * P + j] -= dot * q[k % i * P + j];
        }
        double norm = 0;
        for (size_t j = 0; j < P; j++)
            norm = hypot(norm, q[i * P + j]);
        for (size_t j = 0; j < P; j++)
            q[i * P + j] /= norm;
    }
    c[0] *= first;
    memset(gradient, 0, P * sizeof *gradient);
    memset(matrix, 0, P * P * sizeof *matrix);
    for (size_t i = 0; i < P; i++)
        for (size_t a = 0; a < P; a++) {
            gradient[a] += c[i] * q[i * P + a];
            for (size_t b = 0; b < P; b++)
                matrix[a * P + b] += values[i] * (q[i * P + a] * q[i * P + b]);
        }
    free(q);
    free(c);
}

/* (H + shift) s = -g for a shift >= max(0, -lambda_1), 0 inside the ball. */
static void check_step(size_t P, const double *values, const double *matrix, const double *gradient,
                       double radius, const double *step, double decrease)
{
    double length = 0, curvature = 0, slope = 0, largest = 0, size = 0;
    double *product = NEW(double, P);
    for (size_t a = 0; a < P; a++) {
        for (size_t b = 0; b < P; b++)
            product[a] += matrix[a * P + b] * step[b];
        length = hypot(length, step[a]);
        curvature += step[a] * product[a];
        slope += step[a] * gradient[a];
        largest = fmax(largest, fabs(values[a]));
        size = hypot(size, gradient[a]);
    }
    double scale = size + largest * radius;
    double shift = -(curvature + slope) / (length * length);
    ck_assert(length <= radius * (1 + 1e-9));
    ck_assert(shift >= -1e-9 * largest && shift >= -values[0] - 1e-6 * largest);
    ck_assert(length >= radius * (1 - 1e-9) || fabs(shift) <= 1e-9 * largest);
    for (size_t a = 0; a < P; a++)
        ASSERT_NEAR(product[a] + shift * step[a], -gradient[a], scale, 1e-7);
    ASSERT_NEAR(decrease, -(slope + curvature / 2), scale * radius, 1e-10);
    free(product);
}

START_TEST(steps_are_the_least_of_the_quadratic_in_the_ball)
{
    enum { P = 7 };
    static const double spectra[][P] = {
        {1, 2, 3, 4, 5, 6, 7},       {-3, -1, 0.5, 1, 2, 8, 90},      {-3, -3, -3, 1, 1, 1, 1e5},
        {1e-9, 1e-4, 1, 1, 1, 1, 1}, {-1e-9, 1e-9, 1e-3, 1, 1, 2, 2}, {-7, -6, -5, -4, -3, -2, -1}};
    static const double seen[] = {1, 1e-6, 1e-14, 0};
    static const double radii[] = {1e-3, 0.1, 1, 30};
    double matrix[P * P], gradient[P], step[P];
    for (size_t i = 0; i < 6 * 4 * 4; i++) {
        const double *values = spectra[i % 6];
        double radius = radii[i / 24];
        cpt_region region = {0};
        make_quadratic(P, i, values, seen[i / 6 % 4], matrix, gradient);
        ASSERT_OK(cpt_region_create(&region, P));
        memcpy(region.vectors, matrix, sizeof matrix);
        ASSERT_OK(cpt_region_set(&region, gradient, 0));
        double decrease = cpt_region_solve(&region, radius, step);
        check_step(P, values, matrix, gradient, radius, step, decrease);
        cpt_region_destroy(&region);
    }
}
END_TEST

START_TEST(directions_that_are_rounding_are_left_out)
{
    double gradient[] = {1e-17, 1}, step[2];
    cpt_region region = {0};
    ASSERT_OK(cpt_region_create(&region, 2));
    memcpy(region.vectors, (const double[]){-1e-16, 0, 0, 2}, 4 * sizeof(double));
    ASSERT_OK(cpt_region_set(&region, gradient, 1e-16));
    ck_assert(cpt_region_solve(&region, 9, step) == 0.25 && step[0] == 0 && step[1] == -0.5);
    memcpy(region.vectors, (const double[]){-1e-16, 0, 0, 2}, 4 * sizeof(double));
    ASSERT_OK(cpt_region_set(&region, gradient, 1e-18)); /* a slope that is none */
    (void)cpt_region_solve(&region, 9, step);
    ASSERT_NEAR(hypot(step[0], step[1]), 9, 9, 1e-12);
    cpt_region_destroy(&region);
}
END_TEST

/* ---- sin(w . x) on unit inputs: the loss is a sum over the weights, each in its own interval.
 * ----
 */

/* P weights, one sample for each, and the targets. */
static critpt_landscape *sines(size_t P, const double *targets)
{
    const net shape = {P, 1, {1}, {CRITPT_SIN}, {0}};
    critpt_model *model = net_model(&shape);
    double *inputs = NEW(double, P *P);
    critpt_landscape *L;
    for (size_t i = 0; i < P; i++)
        inputs[i * P + i] = 1;
    ASSERT_OK(critpt_landscape_create(&L, model, P, inputs, P));
    ASSERT_OK(critpt_landscape_set_targets(L, targets, 1));
    critpt_model_destroy(model);
    free(inputs);
    return L;
}

/* The starts that lie in the box between the barriers `low` and `high` of each weight, up to the
 * fourth that does not; the first radius has all of them. */
static void count_starts(size_t P, uint64_t seed, double radius, const double *low,
                         const double *high, bool all, size_t *starts, size_t *inside)
{
    double *u = NEW(double, P);
    *starts = *inside = 0;
    while (*starts < 32 && (all || *starts - *inside < 4)) {
        double norm = 0;
        bool in = true;
        ASSERT_OK(critpt_random_normal(seed, 4, *starts * P, u, P));
        for (size_t i = 0; i < P; i++)
            norm = hypot(norm, u[i]);
        for (size_t i = 0; i < P; i++)
            in = in && radius * u[i] / norm > low[i] && radius * u[i] / norm < high[i];
        *inside += in;
        ++*starts;
    }
    free(u);
}

/* What is measured is what the box says: `low` and `high` relative to the minimum. */
static void check_box(const critpt_landscape *L, size_t P, const double *weights, const double *low,
                      const double *high, uint64_t seed)
{
    critpt_spectrum_options *options;
    critpt_basin *basin;
    double size = 0, expected = 0, share = 0;
    for (size_t i = 0; i < P; i++)
        size = hypot(size, weights[i]);
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_seed(options, seed));
    ASSERT_OK(critpt_landscape_basin(&basin, L, weights, P, 100000, options));
    ck_assert_msg(!critpt_basin_reason(basin), "%s", critpt_basin_reason(basin));
    for (size_t i = 0; i < 13; i++) {
        double radius = NAN;
        size_t starts, inside, n_starts = 0, n_returned = 0;
        count_starts(P, seed, ldexp(size, (int)i - 12), low, high, i == 0, &starts, &inside);
        ASSERT_OK(critpt_basin_tried(basin, i, &radius, &n_starts, &n_returned));
        ASSERT_NEAR(radius, ldexp(size, (int)i - 12), size, 4 * DBL_EPSILON);
        ck_assert_msg(n_starts == starts && n_returned == inside,
                      "P %zu, seed %d, radius %g: %zu of %zu, not %zu of %zu", P, (int)seed, radius,
                      n_returned, n_starts, inside, starts);
        bool good = inside + 3 >= starts && starts == 32;
        if (good)
            expected = radius;
        if (good || i == 0)
            share = (double)inside / 32;
        if (!good || i == 12) {
            ck_assert_uint_eq(critpt_basin_n_tried(basin), i + 1);
            break;
        }
    }
    ck_assert(critpt_basin_radius(basin) == expected && critpt_basin_share(basin) == share);
    critpt_basin_destroy(basin);
    critpt_spectrum_options_destroy(options);
}

/* (sin w - y)^2 with y > 1 is least at pi/2 and every turn from there, and greatest halfway:
 * barriers at a distance of pi. */
START_TEST(borders_of_a_sine_below_its_target_are_half_a_turn_away)
{
    for (int turns = 0; turns < 40; turns++) {
        const double y = 1.5, w = pi / 2 + 2 * pi * turns, low = -pi, high = pi;
        critpt_landscape *L = sines(1, &y);
        check_box(L, 1, &w, &low, &high, (uint64_t)turns);
        critpt_landscape_destroy(L);
    }
}
END_TEST

/* With -1 < y < 1 minima are where sin w = y, and barriers where cos w = 0: one is nearer. */
START_TEST(borders_of_a_sine_that_meets_its_target_are_its_extremes)
{
    for (int i = 0; i < 60; i++) {
        const double y = sin(0.37 * i), at = asin(y), w = at + 2 * pi * (i - 30);
        const double low = -pi / 2 - at, high = pi / 2 - at;
        critpt_landscape *L = sines(1, &y);
        check_box(L, 1, &w, &low, &high, (uint64_t)i);
        critpt_landscape_destroy(L);
    }
}
END_TEST

START_TEST(borders_of_several_sines_are_a_box)
{
    for (size_t i = 0; i < 60; i++) {
        enum { MOST = 6 };
        double y[MOST], w[MOST], low[MOST], high[MOST];
        size_t P = 2 + i % (MOST - 1);
        for (size_t k = 0; k < P; k++) {
            double at = (k + i) % 2 ? pi / 2 : asin(0.8 * sin((double)(i + 3 * k)));
            y[k] = (k + i) % 2 ? 1.2 + 0.1 * (double)k : sin(at);
            low[k] = (k + i) % 2 ? -pi : -pi / 2 - at;
            high[k] = (k + i) % 2 ? pi : pi / 2 - at;
            w[k] = at + 2 * pi * (double)((i * (k + 1)) % 7);
        }
        critpt_landscape *L = sines(P, y);
        check_box(L, P, w, low, high, i);
        critpt_landscape_destroy(L);
    }
}
END_TEST

/* ---- Convex losses, and curves of minima. ---- */

START_TEST(a_convex_loss_is_a_basin_without_borders)
{
    static const net shape = {4, 1, {2}, {CRITPT_IDENTITY}, {1}};
    scene s = scene_create(&shape, 40, 3);
    critpt_plan *plan;
    critpt_basin *basin;
    size_t n_starts = 0, n_returned = 0;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_set_base_targets(plan, s.targets, s.D));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_landscape_basin(&basin, s.landscape, s.weights, s.P, 0, NULL));
    double size = 0;
    for (size_t i = 0; i < s.P; i++)
        size = hypot(size, s.weights[i]);
    ASSERT_NEAR(critpt_basin_radius(basin), size, size, 1e-15);
    ck_assert(critpt_basin_share(basin) == 1 && !critpt_basin_reason(basin));
    ck_assert_uint_eq(critpt_basin_n_tried(basin), 13);
    ASSERT_OK(critpt_basin_tried(basin, 12, NULL, &n_starts, &n_returned));
    ck_assert(n_starts == 32 && n_returned == 32);
    size_t hessians = critpt_basin_n_hessians(basin); /* eight steps an eighth of the way each */
    ck_assert(hessians >= 13 * 32 * 9 && hessians <= 13 * 32 * 12);
    critpt_basin_destroy(basin);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* (v w - c)^2: the minima v w = c with v + w > 0 are one curve, and the descents to it are those
 * from where v + w > 0. */
START_TEST(a_start_returns_to_any_minimum_of_the_curve)
{
    static const net shape = {1, 2, {1, 1}, {CRITPT_IDENTITY, CRITPT_IDENTITY}, {0, 0}};
    static const double points[][2] = {{1, 1}, {2, 0.5}, {0.3, 1.2}, {3, 2}};
    for (size_t i = 0; i < 4; i++) {
        const double *w = points[i], c = w[0] * w[1], x[] = {1, -1, 0.5};
        const double y[] = {c, -c, 0.5 * c};
        critpt_model *model = net_model(&shape);
        critpt_landscape *L;
        critpt_basin *basin;
        ASSERT_OK(critpt_landscape_create(&L, model, 3, x, 1));
        ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
        ASSERT_OK(critpt_landscape_basin(&basin, L, w, 2, 0, NULL));
        ck_assert_msg(!critpt_basin_reason(basin), "%s", critpt_basin_reason(basin));
        double size = hypot(w[0], w[1]), border = (w[0] + w[1]) / sqrt(2);
        size_t lost = 0;
        for (size_t k = 0; k < 32; k++) {
            double u[2];
            ASSERT_OK(critpt_random_normal(0, 4, 2 * k, u, 2));
            lost += (u[0] + u[1]) / sqrt(2) / hypot(u[0], u[1]) * size < -border;
        }
        ASSERT_NEAR(critpt_basin_radius(basin), lost > 3 ? size / 2 : size, size, 1e-15);
        critpt_basin_destroy(basin);
        critpt_landscape_destroy(L);
        critpt_model_destroy(model);
    }
}
END_TEST

/* ---- What is not measured. ---- */

START_TEST(a_minimum_that_rounding_moves_has_no_radius)
{
    static const net shape = {2, 1, {1}, {CRITPT_IDENTITY}, {0}};
    const double x[] = {1, 0, 1, 0, 0, 1e-7}, y[] = {2, 0, 3e-7}, w[] = {1, 3}, zero[] = {0, 0};
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_basin *basin;
    ASSERT_OK(critpt_landscape_create(&L, model, 3, x, 2));
    ASSERT_OK(critpt_landscape_set_targets(L, y, 1));
    ASSERT_OK(critpt_landscape_basin(&basin, L, w, 2, 0, NULL));
    ck_assert(isnan(critpt_basin_radius(basin)) && isnan(critpt_basin_share(basin)));
    ck_assert(strstr(critpt_basin_reason(basin), "least eigenvalue"));
    ck_assert_uint_eq(critpt_basin_n_tried(basin), 0);
    critpt_basin_destroy(basin);
    ASSERT_OK(critpt_landscape_set_targets(L, (const double[]){1, -1, 0}, 1));
    ASSERT_OK(critpt_landscape_basin(&basin, L, zero, 2, 0, NULL));
    ck_assert(isnan(critpt_basin_radius(basin)) && strstr(critpt_basin_reason(basin), "are 0"));
    critpt_basin_destroy(basin);
    critpt_landscape_destroy(L);
    critpt_model_destroy(model);
}
END_TEST

START_TEST(a_budget_that_is_used_up_is_told_with_what_is_known)
{
    const double y = 1.5, w = pi / 2;
    critpt_landscape *L = sines(1, &y);
    critpt_basin *basin;
    ASSERT_OK(critpt_landscape_basin(&basin, L, &w, 1, 700, NULL));
    ck_assert(isnan(critpt_basin_radius(basin)));
    ck_assert(strstr(critpt_basin_reason(basin), "700 Hessians") &&
              strstr(critpt_basin_reason(basin), "29 of 32"));
    ck_assert(critpt_basin_n_tried(basin) >= 1 && critpt_basin_n_tried(basin) < 4);
    ck_assert_uint_eq(critpt_basin_n_hessians(basin), 700);
    critpt_basin_destroy(basin);
    critpt_landscape_destroy(L);
}
END_TEST

static int watch(double done, const char *stage, void *user)
{
    double *last = user;
    ck_assert(done >= *last && *stage);
    *last = done;
    return done > 0.05;
}

START_TEST(a_basin_can_be_cancelled)
{
    const double y = 1.5, w = pi / 2;
    double last = 0;
    critpt_landscape *L = sines(1, &y);
    critpt_spectrum_options *options;
    critpt_basin *basin;
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_progress(options, watch, &last));
    ASSERT_FAILS(critpt_landscape_basin(&basin, L, &w, 1, 0, options), CRITPT_CANCELLED, "basin");
    ck_assert(!basin && last > 0.05 && last < 0.06);
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, 500));
    ASSERT_FAILS(critpt_landscape_basin(&basin, L, &w, 1, 0, options), CRITPT_NO_MEMORY, "limit");
    critpt_spectrum_options_destroy(options);
    critpt_landscape_destroy(L);
}
END_TEST

static int no_outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user, (void)w, (void)x;
    memset(f, 0, n * sizeof *f);
    return 0;
}

START_TEST(what_has_no_basin_is_refused)
{
    const double y = 0.5, w = pi / 2, low = -pi / 2;
    const critpt_model_callbacks callbacks = {
        .struct_size = sizeof callbacks, .outputs = no_outputs, .jacobian = no_outputs};
    critpt_landscape *L = sines(1, &y), *other;
    critpt_model *model;
    critpt_basin *basin;
    ASSERT_FAILS(critpt_landscape_basin(NULL, L, &w, 1, 0, NULL), CRITPT_INVALID_ARGUMENT, "basin");
    ASSERT_FAILS(critpt_landscape_basin(&basin, NULL, &w, 1, 0, NULL), CRITPT_INVALID_ARGUMENT,
                 "landscape");
    ASSERT_FAILS(critpt_landscape_basin(&basin, L, NULL, 1, 0, NULL), CRITPT_INVALID_ARGUMENT,
                 "weights");
    ASSERT_FAILS(critpt_landscape_basin(&basin, L, &w, 2, 0, NULL), CRITPT_INVALID_ARGUMENT,
                 "weights");
    ASSERT_FAILS(critpt_landscape_basin(&basin, L, &w, 1, 0, NULL), CRITPT_INVALID_ARGUMENT,
                 "maximum");
    ASSERT_FAILS(critpt_landscape_basin(&basin, L, (const double[]){0.3}, 1, 0, NULL),
                 CRITPT_INVALID_ARGUMENT, "not_critical");
    ASSERT_OK(critpt_landscape_set_targets(L, (const double[]){-3}, 1));
    ASSERT_OK(critpt_landscape_basin(&basin, L, &low, 1, 0, NULL));
    ASSERT_FAILS(critpt_basin_tried(basin, 13, NULL, NULL, NULL), CRITPT_INVALID_ARGUMENT, "13");
    ASSERT_FAILS(critpt_basin_tried(NULL, 0, NULL, NULL, NULL), CRITPT_INVALID_ARGUMENT, "NULL");
    critpt_basin_destroy(basin);
    ASSERT_OK(critpt_model_create(&model, 1, 1, 1, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&other, model, 1, &y, 1));
    ASSERT_FAILS(critpt_landscape_basin(&basin, other, &w, 1, 0, NULL), CRITPT_INVALID_ARGUMENT,
                 "targets");
    ASSERT_OK(critpt_landscape_set_targets(other, &y, 1));
    ASSERT_FAILS(critpt_landscape_basin(&basin, other, &w, 1, 0, NULL), CRITPT_INVALID_ARGUMENT,
                 "degenerate"); /* constant */
    critpt_landscape_destroy(other);
    critpt_model_destroy(model);
    critpt_landscape_destroy(L);
    ck_assert(isnan(critpt_basin_radius(NULL)) && isnan(critpt_basin_share(NULL)) &&
              !critpt_basin_reason(NULL) && critpt_basin_n_hessians(NULL) == 0 &&
              critpt_basin_n_tried(NULL) == 0);
    critpt_basin_destroy(NULL);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        steps_are_the_least_of_the_quadratic_in_the_ball,
        directions_that_are_rounding_are_left_out,
        borders_of_a_sine_below_its_target_are_half_a_turn_away,
        borders_of_a_sine_that_meets_its_target_are_its_extremes,
        borders_of_several_sines_are_a_box,
        a_convex_loss_is_a_basin_without_borders,
        a_start_returns_to_any_minimum_of_the_curve,
        a_minimum_that_rounding_moves_has_no_radius,
        a_budget_that_is_used_up_is_told_with_what_is_known,
        a_basin_can_be_cancelled,
        what_has_no_basin_is_refused,
    };
    return test_main("basin", tests, sizeof tests / sizeof *tests);
}
