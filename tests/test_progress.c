/* Progress of everything that runs for long: it never falls, it ends what it is told to end, and it
 * is heard of between stages. */
#include "support.h"

#include <time.h>

#include <critpt_file.h>

static const net shape = {3, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
enum { SAMPLES = 500 };

/* What a callback saw, and after how many calls it asks to stop. */
typedef struct watch {
    size_t calls, stop_after, repeated;
    double done;
    bool fell;
} watch;

static int look(double done, const char *stage, void *user)
{
    watch *w = user;
    w->fell = w->fell || done < w->done || !(done >= 0 && done <= 1) || !stage || !*stage;
    w->repeated += done <= w->done && w->calls > 0;
    w->done = done;
    return ++w->calls > w->stop_after;
}

typedef struct task {
    const scene *s;
    critpt_plan *plan;
    critpt_plan_options *options;
    critpt_spectrum_options *of_spectrum;
} task;

static critpt_status solve(const task *t)
{
    return critpt_plan_solve(t->plan, t->options);
}

static critpt_status draw_points(const task *t)
{
    critpt_plan *plan;
    double gain;
    ASSERT_OK(critpt_plan_create(&plan, t->s->landscape));
    critpt_status status =
        critpt_plan_draw_points_with_options(plan, 2, 5, 1, 3, t->options, NULL, &gain);
    ck_assert_uint_eq(critpt_plan_n_points(plan), status == CRITPT_OK ? 2 : 0);
    critpt_plan_destroy(plan);
    return status;
}

static critpt_status make_spectrum(const task *t)
{
    critpt_spectrum *spectrum;
    critpt_status status =
        critpt_spectrum_create(&spectrum, t->s->landscape, t->s->weights, t->s->P, t->of_spectrum);
    critpt_spectrum_destroy(spectrum);
    return status;
}

static critpt_status extreme(const task *t)
{
    ASSERT_OK(critpt_spectrum_options_set_n_extreme(t->of_spectrum, 2));
    return make_spectrum(t);
}

static critpt_status density(const task *t)
{
    const double at[2] = {0, 1};
    double found[2] = {-1, -1};
    critpt_status status = critpt_spectrum_density_with_options(
        t->s->landscape, t->s->weights, t->s->P, t->of_spectrum, 2, 4, 0.1, at, 2, found);
    ck_assert(status == CRITPT_OK ? found[0] >= 0 : found[0] < 0 && found[1] < 0);
    return status;
}

/* Ends as it does unwatched; then told to stop after each number of calls. */
static void hold(const task *t, critpt_status (*run)(const task *t), critpt_status ends)
{
    watch whole = {.stop_after = SIZE_MAX};
    ASSERT_OK(critpt_plan_options_set_progress(t->options, look, &whole));
    ASSERT_OK(critpt_spectrum_options_set_progress(t->of_spectrum, look, &whole));
    ck_assert_int_eq(run(t), ends);
    ck_assert(!whole.fell);
    ck_assert_uint_ge(whole.calls, 4);
    ck_assert(ends != CRITPT_OK || (whole.done >= 1 && whole.done <= 1));
    for (size_t n = 0; n < 4; n++) {
        watch cut = {.stop_after = n};
        ASSERT_OK(critpt_plan_options_set_progress(t->options, look, &cut));
        ASSERT_OK(critpt_spectrum_options_set_progress(t->of_spectrum, look, &cut));
        ASSERT_FAILS(run(t), CRITPT_CANCELLED, "cancelled by the progress callback");
        ck_assert_uint_eq(cut.calls, n + 1);
    }
}

START_TEST(what_takes_long_tells_its_progress_and_is_cancelled)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    scene s = scene_create(&shape, SAMPLES, 1);
    task t = {.s = &s};
    ASSERT_OK(critpt_plan_options_create(&t.options));
    ASSERT_OK(critpt_spectrum_options_create(&t.of_spectrum));
    ASSERT_OK(critpt_plan_create(&t.plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(t.plan, s.weights, s.P, NULL));
    hold(&t, solve, CRITPT_OK);
    double *v = normal(s.P, 9);
    ASSERT_OK(critpt_plan_require_curvature(t.plan, 0, v, v, s.P, 1, NULL));
    ASSERT_OK(critpt_plan_require_curvature(t.plan, 0, v, v, s.P, 2, NULL));
    hold(&t, solve, CRITPT_INFEASIBLE);
    hold(&t, draw_points, CRITPT_OK);
    hold(&t, make_spectrum, CRITPT_OK);
    hold(&t, extreme, CRITPT_OK);
    hold(&t, density, CRITPT_OK);
    free(v);
    critpt_plan_destroy(t.plan);
    critpt_plan_options_destroy(t.options);
    critpt_spectrum_options_destroy(t.of_spectrum);
    scene_destroy(&s);
    ck_assert_uint_eq(memory_count.live, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

START_TEST(files_of_plans_tell_how_far_their_spectra_are)
{
    scene s = scene_create(&shape, SAMPLES, 1);
    double *other = net_weights(s.model, 9, 1, 1.5);
    critpt_plan *plan;
    critpt_file *file;
    watch whole = {.stop_after = SIZE_MAX};
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_OK(critpt_plan_add_point(plan, other, s.P, NULL));
    ASSERT_OK(critpt_plan_let_point_move(plan, 1));
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    ASSERT_OK(critpt_file_create_from_plan_with_progress(&file, s.landscape, plan, look, &whole));
    critpt_file_destroy(file);
    ck_assert(!whole.fell);
    ck_assert_uint_ge(whole.calls, 8);
    for (size_t n = 0; n < 8; n++) {
        watch cut = {.stop_after = n};
        ASSERT_FAILS(
            critpt_file_create_from_plan_with_progress(&file, s.landscape, plan, look, &cut),
            CRITPT_CANCELLED, "cancelled by the progress callback");
        ck_assert_ptr_null(file);
        ck_assert_uint_eq(cut.calls, n + 1);
    }
    critpt_plan_destroy(plan);
    scene_destroy(&s);
    free(other);
}
END_TEST

/* ---- Between stages ---- */

/* f = w x, and slow. */
static int outputs(void *user, const double *weights, size_t n, const double *inputs, double *f)
{
    const struct timespec third = {0, 350000000};
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = weights[0] * inputs[i];
    return nanosleep(&third, NULL);
}

static int jacobian(void *user, const double *weights, size_t n, const double *inputs, double *J)
{
    (void)user, (void)weights;
    memcpy(J, inputs, n * sizeof *J);
    return 0;
}

START_TEST(batches_that_take_long_are_heard_of)
{
    const critpt_model_callbacks callbacks = {.struct_size = sizeof callbacks, .outputs = outputs, .jacobian = jacobian};
    const double weight = 0.5;
    double *x = normal(20, 1), *y = normal(20, 2);
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    critpt_plan_options *options;
    watch w = {.stop_after = SIZE_MAX};
    ASSERT_OK(critpt_model_create(&model, 1, 1, 1, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&landscape, model, 20, x, 1));
    ASSERT_OK(critpt_plan_create(&plan, landscape));
    ASSERT_OK(critpt_plan_set_base_targets(plan, y, 1));
    ASSERT_OK(critpt_plan_add_point(plan, &weight, 1, NULL));
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_progress(options, look, &w));
    ASSERT_OK(critpt_plan_solve(plan, options));
    ck_assert(!w.fell);
    ck_assert_uint_ge(w.repeated, 1);
    watch cut = {.stop_after = 0};
    ASSERT_OK(critpt_plan_options_set_progress(options, look, &cut));
    ASSERT_FAILS(critpt_plan_diagnose(plan, options), CRITPT_CANCELLED, "cancelled");
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    free(x), free(y);
}
END_TEST

/* Natures that take far longer end when the time is over, with or without a callback that is heard;
 * the landscape stays, and what was reached is kept. */
START_TEST(a_limit_of_time_ends_a_solve)
{
    static const net deep = {
        4, 3, {5, 4, 1}, {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY}, {1, 1, 1}};
    for (int heard = 0; heard <= 1; heard++) {
        scene s = scene_create(&deep, 1000, 1);
        watch w = {.stop_after = (size_t)-1};
        critpt_plan *plan;
        critpt_plan_options *options;
        struct timespec begun, ended;
        double *before = NEW(double, s.N *s.D), *after = NEW(double, s.N *s.D),
               *best = NEW(double, s.N *s.D), *weights = NEW(double, s.P);
        ASSERT_OK(critpt_landscape_targets(s.landscape, before, s.D));
        ASSERT_OK(critpt_plan_create(&plan, s.landscape));
        for (size_t k = 0; k < 3; k++) {
            ASSERT_OK(critpt_mlp_draw_weights(s.model, 1, k, 1, weights, s.P));
            ASSERT_OK(critpt_plan_add_point(plan, weights, s.P, NULL));
            ASSERT_OK(critpt_plan_let_point_move(plan, k));
            ASSERT_OK(critpt_plan_require_index(plan, k, k / 2, 1e-4, NULL));
        }
        ASSERT_OK(critpt_plan_options_create(&options));
        if (heard)
            ASSERT_OK(critpt_plan_options_set_progress(options, look, &w));
        ASSERT_FAILS(critpt_plan_options_set_time_limit(options, -1), CRITPT_INVALID_ARGUMENT,
                     "-1");
        ASSERT_FAILS(critpt_plan_options_set_time_limit(options, NAN), CRITPT_INVALID_ARGUMENT,
                     "nan");
        ASSERT_OK(critpt_plan_options_set_time_limit(options, 0.5));
        ck_assert(critpt_plan_options_time_limit(options) == 0.5);
        timespec_get(&begun, TIME_UTC);
        ASSERT_FAILS(critpt_plan_solve(plan, options), CRITPT_NOT_ATTAINED,
                     "the time limit of 0.5 s is over (nature)");
        timespec_get(&ended, TIME_UTC);
        ck_assert(difftime(ended.tv_sec, begun.tv_sec) < 20); /* for a loaded machine */
        ck_assert(!heard || (w.calls > 3 && !w.fell));
        ASSERT_OK(critpt_landscape_targets(s.landscape, after, s.D));
        ck_assert_mem_eq(before, after, s.N * s.D * sizeof *before);
        ASSERT_OK(critpt_plan_best_targets(plan, best, s.D));
        critpt_plan_options_destroy(options);
        critpt_plan_destroy(plan);
        scene_destroy(&s);
        free(before), free(after), free(best), free(weights);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_limit_of_time_ends_a_solve, what_takes_long_tells_its_progress_and_is_cancelled,
        files_of_plans_tell_how_far_their_spectra_are, batches_that_take_long_are_heard_of};
    return test_main("progress", tests, sizeof tests / sizeof *tests);
}
