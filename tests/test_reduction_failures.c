/* What goes wrong in one of several processes or between them is told by all. */
#include "reduction_support.h"

#include <critpt_file.h>

#include <stdio.h>

/* ---- What goes wrong ---- */

static const size_t two_parts[] = {100, 157}, three_parts[] = {57, 0, 200};

/* How many calls of the callback a job makes. */
static size_t count_calls(const whole *of, process_job job, void *user)
{
    meeting meets;
    process processes[2];
    void *const users[] = {user, user};
    meeting_create(&meets, 2);
    processes_run(of, 2, two_parts, &meets, job, users, processes);
    assert_all(processes, 2, CRITPT_OK, NULL);
    meeting_destroy(&meets);
    return processes[0].calls;
}

/* Plants and looks at the targets, which a failure leaves as they were. */
static void plant_two(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    const planting of = {.recipe = TWO_POINTS, .all = all};
    process_try(self, make_plan(&plan, self->landscape, &of, self->first, self->n));
    process_try(self, critpt_plan_solve(plan, NULL));
    if (self->status != CRITPT_OK) {
        double *y = NEW(double, self->n * all->D);
        critpt_landscape_targets(self->landscape, y, all->D);
        if (memcmp(y, all->targets + self->first * all->D, self->n * all->D * sizeof *y) != 0)
            snprintf(self->message, sizeof self->message, "the targets have changed");
        free(y);
    }
    critpt_plan_destroy(plan);
}

START_TEST(a_callback_that_fails_fails_the_call)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    size_t calls = count_calls(&of, plant_two, &all);
    ck_assert_uint_gt(calls, 40);
    for (size_t at = 0; at < calls; at++) {
        meeting meets;
        process processes[2];
        void *const users[] = {&all, &all};
        meeting_create(&meets, 2);
        meets.trouble = CALLBACK_FAILS;
        meets.at = at;
        processes_run(&of, 2, two_parts, &meets, plant_two, users, processes);
        ck_assert(!meets.broken);
        assert_all(processes, 2, CRITPT_REDUCTION_FAILED, "callback returned 7");
        meeting_destroy(&meets);
    }
    scene_destroy(&all);
}
END_TEST

/* Sums that one process receives with another last digit. */
START_TEST(different_numbers_are_noticed)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    size_t calls = count_calls(&of, plant_two, &all), noticed = 0;
    for (size_t at = 0; at < calls; at++) {
        meeting meets;
        process processes[2];
        void *const users[] = {&all, &all};
        meeting_create(&meets, 2);
        meets.trouble = OTHER_ROUNDING;
        meets.at = at;
        processes_run(&of, 2, two_parts, &meets, plant_two, users, processes);
        ck_assert(!meets.broken);
        if (processes[0].status != CRITPT_OK) { /* else the call answered with whole numbers */
            noticed++;
            assert_all(processes, 2, CRITPT_REDUCTION_FAILED, "different numbers");
        }
        meeting_destroy(&meets);
    }
    ck_assert_uint_gt(noticed, calls / 3);
    scene_destroy(&all);
}
END_TEST

static void loss_only(process *self)
{
    const scene *all = self->user;
    double loss;
    process_try(self, critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss));
}

START_TEST(a_callback_that_combines_nothing_is_noticed)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    meeting meets;
    process processes[3];
    void *const users[] = {&all, &all, &all};
    meeting_create(&meets, 3);
    meets.trouble = NOT_COMBINED;
    meets.at = 4; /* joining takes four */
    processes_run(&of, 3, three_parts, &meets, loss_only, users, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "of 1 processes where there are 3");
    meeting_destroy(&meets);
    scene_destroy(&all);
}
END_TEST

/* Process 0 asks for something else, then all ask for the same again. */
static void ask_differently(process *self, critpt_status (*other)(process *self))
{
    const scene *all = self->user;
    double loss = 0;
    critpt_status status =
        self->rank == 0 ? other(self)
                        : critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss);
    process_try(self, status);
    if (critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss) != CRITPT_OK)
        snprintf(self->message, sizeof self->message, "afterwards: %s", critpt_error_message());
}

static critpt_status ask_gradient(process *self)
{
    const scene *all = self->user;
    double *g = NEW(double, all->P);
    critpt_status status =
        critpt_landscape_gradient(self->landscape, NULL, all->weights, all->P, g, all->P, NULL);
    free(g);
    return status;
}

static critpt_status ask_elsewhere(process *self)
{
    const scene *all = self->user;
    double *w = NEW(double, all->P), loss;
    memcpy(w, all->weights, all->P * sizeof *w);
    w[3] = nextafter(w[3], 0);
    critpt_status status = critpt_landscape_loss(self->landscape, NULL, w, all->P, &loss);
    free(w);
    return status;
}

/* Random vectors of another seed, whose products nobody could add up. */
static critpt_status ask_at_random(process *self, uint64_t seed)
{
    const scene *all = self->user;
    const double grid[] = {0, 1};
    double density[2];
    return critpt_spectrum_density(self->landscape, all->weights, all->P, seed, 1, 3, 0.5, grid, 2,
                                   density);
}

static void other_seed(process *self)
{
    process_try(self, ask_at_random(self, self->rank));
}

static critpt_status ask_wrongly(process *self)
{
    const scene *all = self->user;
    double loss;
    return critpt_landscape_loss(self->landscape, NULL, all->weights, all->P - 1, &loss);
}

static void out_of_step(process *self)
{
    ask_differently(self, ask_gradient);
}

static void elsewhere(process *self)
{
    ask_differently(self, ask_elsewhere);
}

static void wrongly(process *self)
{
    ask_differently(self, ask_wrongly);
}

static void without_place(process *self)
{
    const scene *all = self->user;
    critpt_spectrum *spectrum = NULL;
    process_try(self, critpt_spectrum_create(self->rank == 0 ? NULL : &spectrum, self->landscape,
                                             all->weights, all->P, NULL));
    critpt_spectrum_destroy(spectrum);
}

static void run_three(const scene *all, process_job job, process *processes)
{
    const whole of = {all, NULL, NULL};
    void *const users[] = {(void *)all, (void *)all, (void *)all};
    meeting meets;
    meeting_create(&meets, 3);
    processes_run(&of, 3, three_parts, &meets, job, users, processes);
    ck_assert(!meets.broken);
    meeting_destroy(&meets);
}

START_TEST(processes_out_of_step_are_noticed)
{
    scene all = scene_create(&tanh_net, N, 2);
    process processes[3];
    run_three(&all, out_of_step, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "out of step");
    run_three(&all, elsewhere, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "must give the same weights");
    run_three(&all, other_seed, processes);
    assert_all(processes, 3, CRITPT_REDUCTION_FAILED, "different numbers");
    scene_destroy(&all);
}
END_TEST

/* ---- One process fails ---- */

/* The first has the failure's own status and words, the others hear of it. */
static void assert_first_fails(const process *processes, critpt_status status, const char *words)
{
    assert_all(processes, 1, status, words);
    for (size_t r = 1; r < 3; r++)
        assert_all(processes + r, 1, CRITPT_REDUCTION_FAILED, "another process failed");
}

typedef struct beats {
    size_t n, most;
} beats;

static int stop_at(double done, const char *stage, void *user)
{
    beats *b = user;
    (void)done, (void)stage;
    return b->n++ == b->most;
}

static void plant_with(process *self, size_t memory, double seconds, size_t stop)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    critpt_plan_options *options = NULL;
    beats count = {0, stop};
    const planting of = {.recipe = TWO_POINTS, .all = all};
    process_try(self, critpt_plan_options_create(&options));
    process_try(self, make_plan(&plan, self->landscape, &of, self->first, self->n));
    if (self->rank == 0) {
        process_try(self, critpt_plan_options_set_memory_limit(options, memory));
        process_try(self, critpt_plan_options_set_progress(options, stop_at, &count));
        process_try(self, critpt_plan_options_set_time_limit(options, seconds));
    }
    process_try(self, critpt_plan_solve(plan, options));
    critpt_plan_destroy(plan);
    critpt_plan_options_destroy(options);
}

static void plant_in_no_memory(process *self)
{
    plant_with(self, 1000, 0, SIZE_MAX);
}

static _Atomic size_t stop_after;

static void plant_until_stopped(process *self)
{
    plant_with(self, 0, 0, stop_after);
}

static void plant_in_no_time(process *self)
{
    plant_with(self, 0, 1e-9, SIZE_MAX);
}

static void plant_at_overflow(process *self)
{
    const scene *all = self->user;
    double *w = NEW(double, all->P), loss;
    for (size_t j = 0; j < all->P; j++)
        w[j] = 1e308;
    critpt_plan *plan = NULL;
    /* outputs overflow where there are samples: not in process 1 */
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, w, all->P, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
    if (critpt_landscape_loss(self->landscape, NULL, all->weights, all->P, &loss) != CRITPT_OK)
        snprintf(self->message, sizeof self->message, "afterwards: %s", critpt_error_message());
    free(w);
}

START_TEST(where_one_process_fails_all_hear_of_it)
{
    scene all = scene_create(&tanh_net, N, 2);
    process processes[3];
    run_three(&all, wrongly, processes);
    assert_first_fails(processes, CRITPT_INVALID_ARGUMENT, "length 43; it must be 44");
    run_three(&all, without_place, processes);
    assert_first_fails(processes, CRITPT_INVALID_ARGUMENT, "spectrum is NULL");
    run_three(&all, plant_in_no_memory, processes);
    assert_first_fails(processes, CRITPT_NO_MEMORY, "memory limit");
    run_three(&all, plant_in_no_time, processes);
    assert_first_fails(processes, CRITPT_NOT_ATTAINED, "time limit");
    for (stop_after = 0; stop_after < 8; stop_after++) {
        run_three(&all, plant_until_stopped, processes);
        assert_first_fails(processes, CRITPT_CANCELLED, "cancelled");
    }
    run_three(&all, plant_at_overflow, processes);
    ck_assert_int_eq(processes[0].status, CRITPT_NON_FINITE);
    ck_assert_int_eq(processes[1].status, CRITPT_REDUCTION_FAILED);
    ck_assert_ptr_null(strstr(processes[2].message, "afterwards"));
    scene_destroy(&all);
}
END_TEST

/* A kink is at one sample, of process 2: all say so, with the number of the sample in the whole. */
static void plant_on_kink(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
}

START_TEST(a_kink_is_named_by_its_number_in_the_whole)
{
    scene all = scene_create(&relu_net, N, 2);
    process processes[3];
    double *row = all.inputs + 200 * all.d, *w = all.weights + 2 * all.d; /* unit 2 */
    memset(row, 0, all.d * sizeof *row);
    all.weights[6 * all.d + 2] = 0;
    ck_assert_double_ne(w[0], 0);
    run_three(&all, plant_on_kink, processes);
    assert_all(processes, 3, CRITPT_INVALID_ARGUMENT, "kink of unit 2 of layer 0 at sample 200");
    scene_destroy(&all);
}
END_TEST

/* ---- Refusals ---- */

static void join_wrongly(process *self)
{
    process_try(self, critpt_landscape_set_reduction(self->landscape, self->first ? 56 : 0,
                                                     processes_reduce, self));
}

static void ask_for_nature(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_require_minimum(plan, 0, 0.01, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
}

static void ask_for_diagnosis(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_diagnose(plan, NULL));
    critpt_plan_destroy(plan);
}

static void ask_for_draws(process *self)
{
    critpt_plan *plan = NULL;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_draw_points(plan, 1, 2, 1, 1, NULL, NULL));
    critpt_plan_destroy(plan);
}

static void ask_for_file(process *self)
{
    critpt_file *file = NULL;
    process_try(self, critpt_file_create(&file, self->landscape));
    critpt_file_destroy(file);
}

static void ask_for_some_samples(process *self)
{
    const scene *all = self->user;
    const size_t first = 0;
    critpt_workspace *workspace = NULL;
    double loss;
    process_try(self, critpt_workspace_create(&workspace, self->landscape));
    if (self->n)
        process_try(self, critpt_workspace_select(workspace, &first, 1));
    process_try(self,
                critpt_landscape_loss(self->landscape, workspace, all->weights, all->P, &loss));
    critpt_workspace_destroy(workspace);
}

/* Two points that cannot both be critical: their outputs differ by a factor. */
static void ask_for_the_impossible(process *self)
{
    const scene *all = self->user;
    critpt_plan *plan = NULL;
    double *w = NEW(double, all->P);
    memcpy(w, all->weights, all->P * sizeof *w);
    for (size_t j = 30; j < all->P; j++) /* the output layer */
        w[j] *= 1.5;
    process_try(self, critpt_plan_create(&plan, self->landscape));
    process_try(self, critpt_plan_add_point(plan, all->weights, all->P, NULL));
    process_try(self, critpt_plan_add_point(plan, w, all->P, NULL));
    process_try(self, critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
    free(w);
}

START_TEST(what_is_not_offered_is_refused_by_all)
{
    scene all = scene_create(&tanh_net, N, 2);
    process processes[3];
    run_three(&all, join_wrongly, processes);
    assert_all(processes, 3, CRITPT_INVALID_ARGUMENT, "but not those numbered 0 to 256");
    run_three(&all, ask_for_nature, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "natures: not offered");
    run_three(&all, ask_for_diagnosis, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "here over 3");
    run_three(&all, ask_for_draws, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "drawn points: not offered");
    run_three(&all, ask_for_file, processes);
    assert_all(processes, 3, CRITPT_UNSUPPORTED, "spread over 3 processes");
    run_three(&all, ask_for_some_samples, processes);
    ck_assert_int_eq(processes[0].status, CRITPT_UNSUPPORTED);
    ck_assert_int_eq(processes[1].status, CRITPT_REDUCTION_FAILED); /* without samples */
    run_three(&all, ask_for_the_impossible, processes);
    assert_all(processes, 3, CRITPT_NOT_CONVERGED, "undecided");
    scene_destroy(&all);
}
END_TEST

static int fails_first(critpt_reduction_operation operation, double *values, size_t n, void *user)
{
    (void)operation, (void)values, (void)n, (void)user;
    return 3;
}

START_TEST(a_landscape_knows_what_it_is_a_part_of)
{
    scene all = scene_create(&tanh_net, N, 2);
    critpt_landscape *empty, *L = all.landscape;
    size_t first, n, p;
    double loss, alone;
    ASSERT_OK(critpt_landscape_loss(L, NULL, all.weights, all.P, &alone));
    ASSERT_OK(critpt_landscape_whole(L, &first, &n, &p));
    ck_assert_uint_eq(first, 0);
    ck_assert_uint_eq(n, N);
    ck_assert_uint_eq(p, 1);
    ASSERT_FAILS(critpt_landscape_set_reduction(L, 0, fails_first, NULL), CRITPT_REDUCTION_FAILED,
                 "callback returned 3 in reduction 0");
    ASSERT_OK(critpt_landscape_loss(L, NULL, all.weights, all.P, &loss));
    ck_assert_double_eq(loss, alone);
    ASSERT_FAILS(critpt_landscape_set_reduction(L, 5, NULL, NULL), CRITPT_INVALID_ARGUMENT,
                 "first_sample is 5");
    ASSERT_OK(critpt_landscape_set_reduction(L, 0, NULL, NULL));
    ASSERT_FAILS(critpt_landscape_set_reduction(NULL, 0, fails_first, NULL),
                 CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_FAILS(critpt_landscape_whole(NULL, &first, &n, &p), CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_OK(critpt_landscape_create(&empty, all.model, 0, NULL, all.d));
    ASSERT_OK(critpt_landscape_set_targets(empty, NULL, all.D));
    ASSERT_FAILS(critpt_landscape_loss(empty, NULL, all.weights, all.P, &loss),
                 CRITPT_INVALID_ARGUMENT, "has no samples");
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, empty));
    ASSERT_OK(critpt_plan_add_point(plan, all.weights, all.P, NULL));
    ASSERT_FAILS(critpt_plan_solve(plan, NULL), CRITPT_INVALID_ARGUMENT, "has no samples");
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(empty);
    scene_destroy(&all);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_callback_that_fails_fails_the_call,        different_numbers_are_noticed,
        a_callback_that_combines_nothing_is_noticed, processes_out_of_step_are_noticed,
        where_one_process_fails_all_hear_of_it,      a_kink_is_named_by_its_number_in_the_whole,
        what_is_not_offered_is_refused_by_all,       a_landscape_knows_what_it_is_a_part_of,
    };
    return test_main("reduction_failures", tests, sizeof tests / sizeof *tests);
}
