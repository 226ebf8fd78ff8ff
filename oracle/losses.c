/* Losses and outputs, a few samples at a time. */
#include "oracle/losses.h"

#include <stdlib.h>

enum { BATCH = 4 };

/* Numbers for a batch: the model's own, outputs (BATCH x D); and a residual and targets (D). */
typedef struct room {
    real *weights, *states, *outputs, *residual, *targets;
} room;

static oracle_status room_create(room *r, const oracle_model *model, const double *weights)
{
    size_t P = model->n_weights, D = model->n_outputs;
    size_t states = BATCH * model->functions->state_size(model->data);
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&r->weights, P + states + (BATCH + 2) * D, sizeof(real)));
    r->states = r->weights + P;
    r->outputs = r->states + states;
    r->residual = r->outputs + BATCH * D;
    r->targets = r->residual + D;
    for (size_t j = 0; j < P; j++)
        r->weights[j] = weights[j];
done:
    return result;
}

/* How many samples from `start` on stand in r->outputs now. */
static size_t next_batch(const oracle_problem *problem, size_t start, const room *r)
{
    const oracle_model *model = &problem->model;
    size_t n = problem->n_samples - start < BATCH ? problem->n_samples - start : BATCH;
    model->functions->values(model->data, r->weights, n, problem->inputs + start * model->n_inputs,
                             r->states, r->outputs);
    return n;
}

oracle_status oracle_outputs(const oracle_problem *problem, const double *weights, real *outputs)
{
    size_t D = problem->model.n_outputs, n;
    room r = {0};
    oracle_status result;
    ORACLE_TRY(room_create(&r, &problem->model, weights));
    for (size_t start = 0; start < problem->n_samples; start += n) {
        n = next_batch(problem, start, &r);
        for (size_t i = 0; i < n * D; i++)
            outputs[start * D + i] = r.outputs[i];
    }
    ORACLE_TRY(oracle_check_stop(problem->stop));
done:
    free(r.weights);
    return result;
}

/* v' M v */
static real squared(const oracle_problem *problem, const real *v)
{
    size_t n = problem->model.n_outputs;
    real sum = 0;
    for (size_t o = 0; o < n; o++)
        for (size_t q = 0; q < n; q++)
            if (problem->metric)
                sum += v[o] * (real)problem->metric[o * n + q] * v[q];
            else if (o == q)
                sum += v[o] * v[o];
    return sum;
}

static void add_sample(const oracle_problem *problem, size_t sample, const real *outputs,
                       const room *r, real *loss, real *level)
{
    size_t D = problem->model.n_outputs;
    real s = problem->sample_weights ? problem->sample_weights[sample] : 1;
    for (size_t o = 0; o < D; o++) {
        r->targets[o] = problem->targets[sample * D + o];
        r->residual[o] = outputs[o] - r->targets[o];
    }
    *loss += s * squared(problem, r->residual);
    *level += s * squared(problem, r->targets);
}

oracle_status oracle_loss(const oracle_problem *problem, const double *weights, real *loss,
                          real *level)
{
    size_t n;
    room r = {0};
    oracle_status result;
    *loss = *level = 0;
    ORACLE_TRY(room_create(&r, &problem->model, weights));
    for (size_t start = 0; start < problem->n_samples; start += n) {
        n = next_batch(problem, start, &r);
        for (size_t i = 0; i < n; i++)
            add_sample(problem, start + i, r.outputs + i * problem->model.n_outputs, &r, loss,
                       level);
    }
    *loss /= 2 * (real)problem->n_samples;
    *level /= (real)problem->n_samples;
    ORACLE_TRY(oracle_check_stop(problem->stop));
done:
    free(r.weights);
    return result;
}
