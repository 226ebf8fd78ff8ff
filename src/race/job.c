/* One child for each run. */
#include "race/job.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/interrupt.h"
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
    if (result != DONE)
        fprintf(stderr, "critpt: %s\n", cli_failure());
    _Exit(result == DONE ? 0 : NOT_WRITTEN);
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

static void be_child(const race_job *job)
{
    const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        signal(stopping[i], SIG_DFL);
    work(job);
    fprintf(stderr, "critpt: %s\n", cli_failure());
    _Exit(NOT_WRITTEN);
}

/* ---- In the parent ---- */

static bool is_done(const race_job *job)
{
    return access(job->path, F_OK) == 0;
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
static outcome judge(const race_job *job, int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (cli_interrupted())
        return cli_fail(INTERRUPTED, "interrupted; the runs that were done stay, and --resume goes "
                                     "on with the others");
    if (number == SIGKILL || number == SIGTERM || number == SIGINT || number == SIGHUP)
        return cli_fail(ENVIRONMENT, "the process of %s was killed; --resume goes on", job->path);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_WRITTEN)
        return cli_fail(ENVIRONMENT, "%s could not be made; --resume goes on", job->path);
    return is_done(job) ? DONE : note_crash(job, status);
}

typedef struct child {
    pid_t id; /* 0: none */
    const race_job *job;
} child;

/* Waits for one of them and looks at how it ended. */
static outcome reap(child *children, size_t at_once)
{
    int status;
    pid_t id = waitpid(-1, &status, 0);
    if (id < 0 && errno == EINTR)
        return cli_interrupted() ? cli_fail(INTERRUPTED, "interrupted; the runs that were done "
                                                         "stay, and --resume goes on with the "
                                                         "others")
                                 : DONE;
    if (id < 0)
        return cli_fail(ENVIRONMENT, "cannot wait for a run: %s", strerror(errno));
    for (size_t i = 0; i < at_once; i++)
        if (children[i].id == id) {
            children[i].id = 0;
            return judge(children[i].job, status);
        }
    return DONE;
}

static child *find_free(child *children, size_t at_once)
{
    for (size_t i = 0; i < at_once; i++)
        if (!children[i].id)
            return &children[i];
    return NULL;
}

static outcome start(child *slot, const race_job *job)
{
    fflush(stdout);
    fflush(stderr);
    pid_t id = fork();
    if (id < 0)
        return cli_fail(ENVIRONMENT, "cannot start a process for a run: %s", strerror(errno));
    if (id == 0)
        be_child(job);
    *slot = (child){id, job};
    return DONE;
}

static void stop(child *children, size_t at_once)
{
    int status;
    for (size_t i = 0; children && i < at_once; i++)
        if (children[i].id) {
            kill(children[i].id, SIGKILL);
            waitpid(children[i].id, &status, 0);
        }
}

static bool any(const child *children, size_t at_once)
{
    for (size_t i = 0; i < at_once; i++)
        if (children[i].id)
            return true;
    return false;
}

outcome race_jobs_do(const race_job *jobs, size_t n, size_t at_once, progress *bar)
{
    child *children = NULL, *slot;
    outcome result;
    TRY(cli_allocate(&children, at_once, sizeof *children));
    for (size_t i = 0; i < n; i++) {
        if (cli_progress_update((double)i / (double)n, jobs[i].entry->name, bar))
            TRY(cli_fail(INTERRUPTED, "interrupted; the runs that were done stay, and --resume "
                                      "goes on with the others"));
        if (is_done(&jobs[i]))
            continue;
        while (!(slot = find_free(children, at_once)))
            TRY(reap(children, at_once));
        TRY(start(slot, &jobs[i]));
    }
    while (any(children, at_once))
        TRY(reap(children, at_once));
done:
    stop(children, at_once);
    free(children);
    return result;
}
