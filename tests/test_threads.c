/* One const landscape under several threads, each with its own workspace: the numbers are those of
 * one thread. Meant for the thread sanitizer too. */
#include "support.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 20 };

typedef struct task {
    const scene *shared;
    double *weights, *gradient, loss;
    size_t failures;
} task;

static void *evaluate(void *argument)
{
    task *t = argument;
    const scene *s = t->shared;
    critpt_workspace *workspace;
    t->failures += critpt_workspace_create(&workspace, s->landscape) != CRITPT_OK;
    for (int round = 0; round < ROUNDS; round++) {
        double loss;
        t->failures += critpt_landscape_gradient(s->landscape, workspace, t->weights, s->P,
                                                 t->gradient, s->P, &t->loss) != CRITPT_OK;
        t->failures +=
            critpt_landscape_loss(s->landscape, NULL, t->weights, s->P, &loss) != CRITPT_OK;
        t->failures += loss != t->loss;
        /* messages are the thread's own */
        t->failures += critpt_landscape_loss(s->landscape, NULL, t->weights, (size_t)round,
                                             &loss) != CRITPT_INVALID_ARGUMENT;
        char wanted[64];
        snprintf(wanted, sizeof wanted, "length %d;", round);
        t->failures += strstr(critpt_error_message(), wanted) == NULL;
    }
    critpt_workspace_destroy(workspace);
    return NULL;
}

START_TEST(a_landscape_serves_many_threads)
{
    const net shape = {
        6, 3, {20, 8, 3}, {CRITPT_TANH, CRITPT_SOFTPLUS, CRITPT_IDENTITY}, {1, 1, 1}};
    scene s = scene_create(&shape, 700, 1);
    pthread_t threads[THREADS];
    task tasks[THREADS];
    for (size_t t = 0; t < THREADS; t++) {
        tasks[t] = (task){&s, net_weights(s.model, 9, t, 1), NEW(double, s.P), 0, 0};
        ck_assert_int_eq(pthread_create(&threads[t], NULL, evaluate, &tasks[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        double *alone = NEW(double, s.P), loss;
        ck_assert_int_eq(pthread_join(threads[t], NULL), 0);
        ck_assert_uint_eq(tasks[t].failures, 0);
        ASSERT_OK(
            critpt_landscape_gradient(s.landscape, NULL, tasks[t].weights, s.P, alone, s.P, &loss));
        ck_assert_double_eq(loss, tasks[t].loss);
        ck_assert_mem_eq(alone, tasks[t].gradient, s.P * sizeof *alone);
        free(alone), free(tasks[t].weights), free(tasks[t].gradient);
    }
    scene_destroy(&s);
}
END_TEST

/* Different landscapes of one model are made, planted and destroyed at the same time. */
static void *plant(void *argument)
{
    task *t = argument;
    critpt_landscape *L = NULL;
    critpt_plan *plan = NULL;
    t->failures += critpt_landscape_create(&L, t->shared->model, t->shared->N, t->shared->inputs,
                                           t->shared->d) != CRITPT_OK;
    t->failures += critpt_plan_create(&plan, L) != CRITPT_OK;
    t->failures += critpt_plan_add_point(plan, t->weights, t->shared->P, NULL) != CRITPT_OK;
    t->failures += critpt_plan_solve(plan, NULL) != CRITPT_OK;
    t->failures += critpt_plan_point_value(plan, 0, CRITPT_POINT_LOSS, &t->loss) != CRITPT_OK;
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(L);
    return NULL;
}

START_TEST(plans_on_one_model_run_side_by_side)
{
    const net shape = {6, 2, {5, 3}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 200, 1);
    pthread_t threads[THREADS];
    task tasks[THREADS];
    for (size_t t = 0; t < THREADS; t++) {
        tasks[t] = (task){&s, net_weights(s.model, 9, 0, 1), NULL, 0, 0};
        ck_assert_int_eq(pthread_create(&threads[t], NULL, plant, &tasks[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        ck_assert_int_eq(pthread_join(threads[t], NULL), 0);
        ck_assert_uint_eq(tasks[t].failures, 0);
        ck_assert_double_eq(tasks[t].loss, tasks[0].loss);
        free(tasks[t].weights);
    }
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        a_landscape_serves_many_threads,
        plans_on_one_model_run_side_by_side,
    };
    return test_main("threads", tests, sizeof tests / sizeof *tests);
}
