/* Losses and outputs, sample by sample. */
#include "oracle/losses.h"
#include "oracle/penalty.h"

#include <stdlib.h>

oracle_status oracle_outputs(const oracle_problem *problem, const double *weights, real *outputs)
{
    const oracle_model *model = &problem->model;
    real *room = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&room, model->functions->state_size(model->data), sizeof *room));
    for (size_t i = 0; i < problem->n_samples; i++)
        model->functions->values(model->data, weights, problem->inputs + i * model->n_inputs, room,
                                 outputs + i * model->n_outputs);
    ORACLE_TRY(oracle_check_stop(problem->stop));
done:
    free(room);
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

/* `v`: the outputs of a sample, which become residuals, then targets. */
static void add_sample(const oracle_problem *problem, size_t sample, real *v, real *loss,
                       real *level)
{
    size_t D = problem->model.n_outputs;
    const double *y = problem->targets + sample * D;
    real s = problem->sample_weights ? problem->sample_weights[sample] : 1;
    for (size_t o = 0; o < D; o++)
        v[o] -= y[o];
    *loss += s * squared(problem, v);
    for (size_t o = 0; o < D; o++)
        v[o] = y[o];
    *level += s * squared(problem, v);
}

oracle_status oracle_loss(const oracle_problem *problem, const double *weights, real *loss,
                          real *level)
{
    const oracle_model *model = &problem->model;
    real *room = NULL, *outputs;
    oracle_status result;
    *loss = *level = 0;
    ORACLE_TRY(oracle_allocate(&room, model->functions->state_size(model->data) + model->n_outputs,
                               sizeof *room));
    outputs = room + model->functions->state_size(model->data);
    for (size_t i = 0; i < problem->n_samples; i++) {
        model->functions->values(model->data, weights, problem->inputs + i * model->n_inputs, room,
                                 outputs);
        add_sample(problem, i, outputs, loss, level);
    }
    *loss = *loss / (2 * (real)problem->n_samples) + oracle_penalty(problem, weights);
    *level /= (real)problem->n_samples;
    ORACLE_TRY(oracle_check_stop(problem->stop));
done:
    free(room);
    return result;
}
