/* One child for each run. */
#include "race/job.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/children.h"
#include "cli/output_set.h"
#include "race/result.h"

enum { STREAM = 1 << 30, NOT_WRITTEN = 117 }; /* of random numbers; an exit code */

/* ---- In the child ---- */

/* How a run ended, by what its algorithm returned. */
static const char *describe(critpt_status status)
{
    switch (status) {
    case CRITPT_OK:
        return "stopped";
    case CRITPT_BUDGET_SPENT:
        return "budget";
    case CRITPT_NON_FINITE:
        return "diverged";
    case CRITPT_UNSUPPORTED:
        return "failed: the algorithm cannot work on this landscape";
    default:
        return "failed";
    }
}

/* Writes the result, and ends the process whoever called. */
static void finish(race_task *task, critpt_status status)
{
    const race_job *job = task->user;
    output_set set = {0};
    outcome result;
    TRY(cli_from_library(critpt_run_end(task->run), "%s", job->path));
    TRY(cli_output_open(&set, job->path));
    TRY(race_result_write(set.current, task->run, job->field, describe(status)));
    TRY(cli_output_close(&set));
    TRY(cli_output_commit(&set));
done:
    cli_output_end(&set);
    cli_child_end(result == DONE ? 0 : NOT_WRITTEN);
}

static outcome make_room(race_task *task, const race_algorithm *a)
{
    size_t P = task->n_weights;
    outcome result;
    TRY(cli_allocate(&task->vectors, a->n_vectors, sizeof *task->vectors));
    TRY(cli_allocate(&task->matrices, a->n_matrices, sizeof *task->matrices));
    for (size_t i = 0; i < a->n_vectors; i++)
        TRY(cli_allocate(&task->vectors[i], P, sizeof(double)));
    for (size_t i = 0; i < a->n_matrices; i++)
        TRY(cli_allocate(&task->matrices[i], P * P, sizeof(double)));
done:
    return result;
}

/* The observer is told what was planted; the algorithm is not. */
static outcome make_run(race_task *task, const race_job *job)
{
    const race_field *field = job->field;
    outcome result;
    TRY(cli_from_library(critpt_run_create(&task->run, field->landscape, job->budget), "%s",
                         field->path));
    TRY(cli_from_library(critpt_run_keep_weights(task->run, 1), "%s", field->path));
    for (size_t k = 0; k < field->n_points; k++)
        TRY(cli_from_library(critpt_run_add_point(task->run, field->points[k].weights,
                                                  field->n_weights, field->points[k].loss, NULL),
                             "%s", field->path));
done:
    return result;
}

/* The loss at the start is every run's first evaluation. */
static outcome work(const race_job *job)
{
    const race_field *field = job->field;
    size_t P = field->n_weights;
    race_task task = {.n_weights = P,
                      .n_samples = field->n_samples,
                      .n_residuals = field->n_samples * field->n_outputs,
                      .step = job->entry->step,
                      .seed = job->seed,
                      .stream = STREAM + job->number,
                      .finish = finish,
                      .user = (void *)(uintptr_t)job};
    double loss;
    outcome result;
    TRY(make_run(&task, job));
    TRY(make_room(&task, job->entry->algorithm));
    TRY(cli_allocate(&task.start, P, sizeof(double)));
    memcpy(task.start, job->start, P * sizeof(double));
    critpt_status status = critpt_run_loss(task.run, task.start, P, &loss);
    if (status == CRITPT_OK)
        status = job->entry->algorithm->solve(&task);
    finish(&task, status);
done:
    return result;
}

static int be_child(size_t i, void *jobs)
{
    const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t k = 0; k < sizeof stopping / sizeof *stopping; k++)
        signal(stopping[k], SIG_DFL);
    work((const race_job *)jobs + i);
    return NOT_WRITTEN;
}

/* ---- In the parent ---- */

static bool is_done(size_t i, void *jobs)
{
    return access(((const race_job *)jobs)[i].path, F_OK) == 0;
}

static const char *name_stage(size_t i, void *jobs)
{
    return ((const race_job *)jobs)[i].entry->name;
}

/* A run that its library ended has a result that says so. */
static outcome note_crash(const race_job *job, int status)
{
    output_set set = {0};
    char ended[64];
    outcome result;
    snprintf(ended, sizeof ended, "crashed: %s %d", WIFSIGNALED(status) ? "signal" : "exit code",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    TRY(cli_output_open(&set, job->path));
    race_result_write_lost(set.current, job->field, ended);
    TRY(cli_output_close(&set));
    TRY(cli_output_commit(&set));
done:
    cli_output_end(&set);
    return result;
}

/* What the end of a child means; one that was killed from outside ends the race. */
static outcome judge(size_t i, int status, const char *sentence, void *jobs)
{
    const race_job *job = (const race_job *)jobs + i;
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (number == SIGKILL || number == SIGTERM || number == SIGINT || number == SIGHUP)
        return cli_fail(ENVIRONMENT, "the process of %s was killed; --resume goes on", job->path);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_WRITTEN)
        return cli_fail(ENVIRONMENT, "%s could not be made: %s; --resume goes on", job->path,
                        sentence);
    return is_done(i, jobs) ? DONE : note_crash(job, status);
}

/* The library of a run that is stopped need not heed any other signal. */
outcome race_jobs_do(race_job *jobs, size_t n, size_t at_once, progress *bar)
{
    children_work all = {.n = n,
                         .at_once = at_once,
                         .work = be_child,
                         .is_done = is_done,
                         .judge = judge,
                         .stage = name_stage,
                         .interrupted = "interrupted; the runs that were done stay, and --resume "
                                        "goes on with the others",
                         .stop_by = SIGKILL,
                         .user = jobs};
    return cli_children_work(&all, bar);
}
