/* Memory limits: what is allocated never passes one, a call that would is refused before it
 * allocates anything, and none is refused that keeps below four fifths of the limit. Of random
 * networks. And what the report says after that. */
#include <stdio.h>
#include <unistd.h>

#include <critpt_file.h>

#include "limits_support.h"

/* ---- Spectra ---- */

typedef struct spectrum_call {
    const scene *s;
    size_t n_extreme, n_vectors;
    bool extended;
} spectrum_call;

static outcome make_spectrum(const void *data, size_t limit)
{
    const spectrum_call *c = data;
    critpt_spectrum_options *options;
    critpt_spectrum *spectrum = NULL;
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(options, c->n_extreme));
    ASSERT_OK(critpt_spectrum_options_set_extended_precision(options, c->extended));
    if (!c->n_extreme)
        ASSERT_OK(critpt_spectrum_options_set_eigenvectors(options, 0, c->n_vectors));
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, limit));
    size_t before = limits_begin();
    critpt_status status =
        critpt_spectrum_create(&spectrum, c->s->landscape, c->s->weights, c->s->P, options);
    const outcome seen = limits_end(status, before);
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
    return seen;
}

START_TEST(spectra_keep_their_limit)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= 25; seed++) {
        scene s = limits_scene(seed, seed % 5 ? 8 : 25, 600);
        char name[80];
        for (size_t mode = 0; mode < 4; mode++) {
            spectrum_call call = {&s, mode == 3 ? 1 + limits_draw(3) : 0,
                                  mode == 1   ? s.P / 2
                                  : mode == 2 ? 0
                                              : SIZE_MAX,
                                  mode == 0};
            snprintf(name, sizeof name, "seed %d, mode %zu, P = %zu, N = %zu", (int)seed, mode, s.P,
                     s.N);
            limits_hold(name, make_spectrum, &call);
        }
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* ---- Solves ---- */

typedef struct solve_call {
    const scene *s;
    size_t n_points, n_free, n_conditions, kind;
    bool solved; /* before, and has a report */
} solve_call;

static void add_condition(critpt_plan *plan, const solve_call *c, size_t i)
{
    size_t P = c->s->P, k = c->n_points + i % c->n_free;
    double *v = normal(P, 30 + i);
    switch ((c->kind + i) % 3) {
    case 0:
        ASSERT_OK(critpt_plan_require_curvature(plan, k, v, v, P, 1, NULL));
        break;
    case 1:
        ASSERT_OK(critpt_plan_require_hessian_entry(plan, k, i % P, 0, 1, NULL));
        break;
    default:
        ASSERT_OK(critpt_plan_require_loss_difference(plan, k, (k + 1) % c->n_points, 0.1, NULL));
        break;
    }
    free(v);
}

static critpt_plan *plan_for(const solve_call *c)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, c->s->landscape));
    for (size_t k = 0; k < c->n_points + c->n_free; k++) {
        double *w = net_weights(c->s->model, 4, k, 1.5);
        if (k < c->n_points) {
            ASSERT_OK(critpt_plan_add_point(plan, w, c->s->P, NULL));
            ASSERT_OK(critpt_plan_let_point_move(plan, k));
        } else
            ASSERT_OK(critpt_plan_add_free_point(plan, w, c->s->P, NULL));
        free(w);
    }
    for (size_t i = 0; i < c->n_conditions; i++)
        add_condition(plan, c, i);
    return plan;
}

static outcome solve(const void *data, size_t limit)
{
    const solve_call *c = data;
    critpt_plan_options *options;
    critpt_plan *plan = plan_for(c);
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, limit));
    if (c->solved)
        (void)critpt_plan_solve(plan, NULL);
    size_t before = limits_begin();
    critpt_status status = critpt_plan_solve(plan, options);
    const outcome seen = limits_end(status, before);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    return seen;
}

START_TEST(solves_keep_their_limit)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= 40; seed++) {
        scene s = limits_scene(seed, 8, 600);
        const solve_call call = {&s,
                                 1 + limits_draw(2),
                                 1 + limits_draw(seed % 3 ? 3 : 40),
                                 limits_draw(4),
                                 limits_draw(3),
                                 limits_draw(2) == 0};
        char name[80];
        snprintf(name, sizeof name, "seed %d, P = %zu, N = %zu, %zu and %zu points, %zu conditions",
                 (int)seed, s.P, s.N, call.n_points, call.n_free, call.n_conditions);
        limits_hold(name, solve, &call);
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* ---- Densities, drawn points ---- */

static outcome estimate_density(const void *data, size_t limit)
{
    const scene *s = data;
    critpt_spectrum_options *options;
    double at[3] = {-1, 0, 1}, density[3];
    ASSERT_OK(critpt_spectrum_options_create(&options));
    ASSERT_OK(critpt_spectrum_options_set_memory_limit(options, limit));
    size_t before = limits_begin();
    critpt_status status = critpt_spectrum_density_with_options(
        s->landscape, s->weights, s->P, options, 2, 20, 0.1, at, 3, density);
    const outcome seen = limits_end(status, before);
    critpt_spectrum_options_destroy(options);
    return seen;
}

static outcome draw_points(const void *data, size_t limit)
{
    const scene *s = data;
    critpt_plan *plan;
    critpt_plan_options *options;
    double gain;
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s->weights, s->P, NULL));
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, limit));
    size_t before = limits_begin();
    critpt_status status = critpt_plan_draw_points_with_options(plan, 2, 5, 1, 3, options, NULL,
                                                                s->N % 2 ? &gain : NULL);
    const outcome seen = limits_end(status, before);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    return seen;
}

START_TEST(densities_and_drawn_points_keep_their_limit)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= 20; seed++) {
        scene s = limits_scene(seed, 8, 600);
        char name[80];
        snprintf(name, sizeof name, "seed %d, P = %zu, N = %zu", (int)seed, s.P, s.N);
        limits_hold(name, estimate_density, &s);
        limits_hold(name, draw_points, &s);
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* ---- Fewer weights ---- */

START_TEST(models_of_fewer_weights_keep_their_limit)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= 16; seed++) {
        scene s = limits_scene(seed, seed % 4 ? 8 : 20, 400);
        limits_halve(&s, seed % 2);
        const spectrum_call all = {&s, 0, SIZE_MAX, true},
                            some = {&s, 1 + limits_draw(3), 0, false};
        const solve_call points = {&s,   1 + limits_draw(2), 2, limits_draw(4), limits_draw(3),
                                   false};
        char name[80];
        snprintf(name, sizeof name, "seed %d, P = %zu, N = %zu", (int)seed, s.P, s.N);
        limits_hold(name, make_spectrum, &all);
        limits_hold(name, make_spectrum, &some);
        limits_hold(name, solve, &points);
        limits_hold(name, estimate_density, &s);
        limits_hold(name, draw_points, &s);
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

/* ---- Files ---- */

static outcome read_file(const void *data, size_t limit)
{
    critpt_file *file;
    size_t before = limits_begin();
    critpt_status status = critpt_file_read_limited(&file, data, limit);
    const outcome seen = limits_end(status, before);
    critpt_file_destroy(file);
    return seen;
}

/* With points, conditions, warnings and texts, as many as the seed has it. */
static void write_file(const scene *s, const char *path)
{
    critpt_file *file;
    size_t K = 1 + limits_draw(5), points[] = {0, 0};
    double *v = normal(K * s->P + 3 * s->P, 8);
    ASSERT_OK(critpt_file_create(&file, s->landscape));
    ASSERT_OK(critpt_file_set_points(file, K, v, NULL, s->P, s->P));
    for (size_t k = 0; k < K; k++)
        ASSERT_OK(critpt_file_set_point_vector(file, k, CRITPT_FILE_VECTOR_ESCAPE, v, s->P));
    for (size_t c = limits_draw(20); c > 0; c--)
        ASSERT_OK(critpt_file_add_condition(file, CRITPT_CONDITION_CURVATURE, points, 1, v, 2, s->P,
                                            s->P, NULL));
    for (size_t i = limits_draw(99); i > 0; i--)
        ASSERT_OK(critpt_file_add_warning(file, "point 3 has a warning of some length, or two"));
    ASSERT_OK(critpt_file_set_text(file, CRITPT_FILE_TEXT_SPEC, "{\"seed\": 5}"));
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    free(v);
}

START_TEST(files_keep_their_limit)
{
    char path[64], name[80];
    snprintf(path, sizeof path, "test_limits.%ld.h5", (long)getpid());
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    for (uint64_t seed = 1; seed <= 20; seed++) {
        scene s = limits_scene(seed, seed % 5 ? 8 : 25, 3000);
        snprintf(name, sizeof name, "seed %d, P = %zu, N = %zu", (int)seed, s.P, s.N);
        write_file(&s, path);
        limits_hold(name, read_file, path);
        scene_destroy(&s);
    }
    ASSERT_OK(critpt_set_allocator(NULL));
    remove(path);
}
END_TEST

/* ---- The report ---- */

static void assert_refused_report(critpt_plan *plan, const critpt_plan_options *options,
                                  size_t equations)
{
    double value;
    ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_NO_MEMORY, "the memory limit is");
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_EQUATIONS, &value));
    ck_assert_uint_eq((size_t)value, equations);
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_DISTANCE, &value));
    ck_assert(isnan(value));
    ASSERT_OK(critpt_plan_report_value(plan, CRITPT_REPORT_RANK, &value));
    ck_assert(isnan(value));
    ck_assert_uint_eq(critpt_plan_n_warnings(plan), 0);
    ck_assert_uint_eq(critpt_plan_n_conflicts(plan), 0);
    ck_assert_uint_eq(critpt_plan_n_contradicting(plan), 0);
    ck_assert_uint_eq(critpt_plan_n_causes(plan), 0);
    ck_assert_int_ne(critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, &value), CRITPT_OK);
}

START_TEST(the_report_after_a_refused_solve_is_that_solves)
{
    const net shape = {2, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 60, 1);
    double *other = net_weights(s.model, 9, 1, 1.5);
    critpt_plan *plan;
    critpt_plan_options *options;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_memory_limit(options, 1000));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    assert_refused_report(plan, options, s.P);
    ASSERT_OK(critpt_plan_add_point(plan, other, s.P, NULL)); /* of another mean output */
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INFEASIBLE, "contradict");
    ck_assert_uint_gt(critpt_plan_n_conflicts(plan), 0);
    assert_refused_report(plan, options, 2 * s.P);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
    free(other);
}
END_TEST

int main(void)
{
    const test_function tests[] = {spectra_keep_their_limit,
                                   solves_keep_their_limit,
                                   models_of_fewer_weights_keep_their_limit,
                                   densities_and_drawn_points_keep_their_limit,
                                   files_keep_their_limit,
                                   the_report_after_a_refused_solve_is_that_solves};
    return test_main("limits", tests, sizeof tests / sizeof *tests);
}
