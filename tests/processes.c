/* Processes played by threads. */
#include "processes.h"

#include <stdio.h>
#include <time.h>

void meeting_create(meeting *made, size_t p)
{
    memset(made, 0, sizeof *made);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->everyone, NULL);
    made->p = p;
}

void meeting_destroy(meeting *made)
{
    pthread_mutex_destroy(&made->mutex);
    pthread_cond_destroy(&made->everyone);
    free(made->combined);
}

static double combine_two(critpt_reduction_operation operation, double a, double b)
{
    switch (operation) {
    case CRITPT_REDUCE_MAX:
        return a > b ? a : b;
    case CRITPT_REDUCE_MIN:
        return a < b ? a : b;
    default:
        return a + b;
    }
}

/* By the last to come: in the order of the processes, so that runs repeat. */
static void combine(meeting *m)
{
    for (size_t r = 1; r < m->p; r++)
        m->broken = m->broken || m->n[r] != m->n[0] || m->operations[r] != m->operations[0];
    if (m->broken)
        return;
    if (m->n[0] > m->room) {
        free(m->combined);
        m->room = m->n[0];
        m->combined = NEW(double, m->room);
    }
    m->long_ones += m->n[0] > ANNOUNCEMENT;
    for (size_t i = 0; i < m->n[0]; i++) {
        double value = m->parts[0][i];
        for (size_t r = 1; r < m->p; r++)
            value = combine_two(m->operations[0], value, m->parts[r][i]);
        m->combined[i] = value;
    }
}

/* Waits for the others; broken after a time in which any of the tests' steps is done. */
static void meet(meeting *m, process *self, critpt_reduction_operation operation, double *values,
                 size_t n)
{
    enum { PATIENCE = 60 };
    struct timespec until;
    size_t generation = m->generation;
    timespec_get(&until, TIME_UTC);
    until.tv_sec += PATIENCE;
    m->parts[self->rank] = values;
    m->n[self->rank] = n;
    m->operations[self->rank] = operation;
    if (++m->arrived == m->p) {
        combine(m);
        m->calls++;
        m->arrived = 0;
        m->generation++;
        pthread_cond_broadcast(&m->everyone);
    }
    while (generation == m->generation && !m->broken)
        if (pthread_cond_timedwait(&m->everyone, &m->mutex, &until) != 0 &&
            generation == m->generation) {
            m->broken = true;
            pthread_cond_broadcast(&m->everyone);
        }
}

int processes_reduce(critpt_reduction_operation operation, double *values, size_t n, void *user)
{
    process *self = user;
    meeting *m = self->meeting;
    size_t call = self->calls++;
    bool here = call == m->at;
    if ((m->trouble == CALLBACK_FAILS && here) || (m->trouble == NOT_COMBINED && call >= m->at))
        return m->trouble == CALLBACK_FAILS ? 7 : 0;
    pthread_mutex_lock(&m->mutex);
    if (!m->broken)
        meet(m, self, operation, values, n);
    bool broken = m->broken;
    double *received = NEW(double, n);
    if (!broken)
        memcpy(received, m->combined, n * sizeof *received);
    pthread_mutex_unlock(&m->mutex);
    /* nobody's numbers may change before all have been read, nor the combined ones before all have
     * them: a second meeting */
    pthread_mutex_lock(&m->mutex);
    if (!m->broken) {
        size_t generation = m->generation;
        if (++m->arrived == m->p) {
            m->arrived = 0;
            m->generation++;
            pthread_cond_broadcast(&m->everyone);
        }
        while (generation == m->generation && !m->broken)
            pthread_cond_wait(&m->everyone, &m->mutex);
    }
    pthread_mutex_unlock(&m->mutex);
    for (size_t i = 0; i < n && !broken; i++) {
        values[i] = received[i];
        if (m->trouble == OTHER_ROUNDING && here && self->rank == 1 && values[i] != rint(values[i]))
            values[i] = nextafter(values[i], INFINITY);
    }
    free(received);
    return broken ? -1 : 0;
}

bool process_try(process *self, critpt_status status)
{
    if (status == CRITPT_OK || self->status != CRITPT_OK)
        return status == CRITPT_OK;
    self->status = status;
    snprintf(self->message, sizeof self->message, "%s", critpt_error_message());
    return false;
}

typedef struct thread {
    process *self;
    process_job job;
} thread;

static void *run(void *argument)
{
    thread *t = argument;
    if (process_try(t->self, critpt_landscape_set_reduction(t->self->landscape, t->self->first,
                                                            processes_reduce, t->self)))
        t->job(t->self);
    return NULL;
}

static critpt_landscape *make_part(const whole *of, size_t first, size_t n)
{
    const scene *s = of->scene;
    critpt_landscape *part;
    ASSERT_OK(
        critpt_landscape_create(&part, s->model, n, n ? s->inputs + first * s->d : NULL, s->d));
    ASSERT_OK(critpt_landscape_set_targets(part, n ? s->targets + first * s->D : NULL, s->D));
    if (of->sample_weights && n)
        ASSERT_OK(critpt_landscape_set_sample_weights(part, of->sample_weights + first, n));
    if (of->metric)
        ASSERT_OK(critpt_landscape_set_output_metric(part, of->metric, s->D));
    return part;
}

void processes_run(const whole *of, size_t p, const size_t *counts, meeting *meets, process_job job,
                   void *const *users, process *processes)
{
    pthread_t threads[MOST_PROCESSES];
    thread arguments[MOST_PROCESSES];
    size_t first = 0;
    for (size_t r = 0; r < p; r++) {
        processes[r] = (process){.meeting = meets,
                                 .rank = r,
                                 .first = first,
                                 .n = counts[r],
                                 .landscape = make_part(of, first, counts[r]),
                                 .user = users ? users[r] : NULL};
        first += counts[r];
    }
    for (size_t r = 0; r < p; r++) {
        arguments[r] = (thread){&processes[r], job};
        ck_assert_int_eq(pthread_create(&threads[r], NULL, run, &arguments[r]), 0);
    }
    for (size_t r = 0; r < p; r++)
        ck_assert_int_eq(pthread_join(threads[r], NULL), 0);
    for (size_t r = 0; r < p; r++)
        critpt_landscape_destroy(processes[r].landscape);
}
