/* A model at one point over the whole sample, to first order. */
#include <string.h>

#include "jet/jet.h"
#include "linalg/linalg.h"

critpt_status cpt_jet_size(const critpt_model *model, size_t capacity, size_t *size)
{
    critpt_status status;
    size_t tape, rows;
    CPT_TRY(model->operations->tape_size(model, capacity, &tape));
    CPT_TRY(cpt_multiply_add(1, model->n_inputs, model->n_outputs, "batch of samples", &rows));
    CPT_TRY(cpt_multiply_add(rows, capacity, tape, "batch of samples", size));
    CPT_TRY(cpt_multiply_add(1, CPT_ALIGNED, *size, "batch of samples", size));
done:
    return status;
}

critpt_status cpt_jet_create(cpt_jet *jet, const critpt_model *model, size_t capacity)
{
    critpt_status status;
    size_t size, rows;
    memset(jet, 0, sizeof *jet);
    jet->model = model;
    jet->capacity = capacity;
    CPT_TRY(cpt_multiply(model->n_outputs, capacity, "outputs of a batch", &rows));
    CPT_TRY(cpt_linalg_require_size("outputs of a batch", rows));
    CPT_TRY(cpt_jet_size(model, capacity, &size));
    CPT_TRY(cpt_allocate(&jet->memory, size, sizeof *jet->memory));
done:
    return status;
}

void cpt_jet_destroy(cpt_jet *jet)
{
    cpt_free(jet->memory);
    memset(jet, 0, sizeof *jet);
}

/* Reads the batch's inputs sample by sample into unit-major rows. */
static void gather(cpt_jet *jet, const cpt_samples *samples, double *inputs)
{
    size_t d = jet->model->n_inputs, n = jet->batch.n;
    if (!samples->indices)
        cpt_linalg_transpose(n, d, samples->inputs + jet->first * samples->leading,
                             samples->leading, inputs, n);
    for (size_t i = 0; samples->indices && i < n; i++) {
        const double *row = samples->inputs + cpt_jet_sample(jet, samples, i) * samples->leading;
        for (size_t j = 0; j < d; j++)
            inputs[j * n + i] = row[j];
    }
    for (size_t i = 0; samples->rounded && i < d * n; i++)
        inputs[i] = (float)inputs[i];
}

/* The batch that starts at sample `first`, with its inputs where they are ready, else NULL. */
static void begin(cpt_jet *jet, const cpt_samples *samples, const double *weights, size_t first,
                  cpt_order order, const double *ready)
{
    size_t rest = samples->n - first;
    double *inputs = cpt_align(jet->memory);
    jet->first = first;
    jet->order = order;
    jet->batch.n = rest < jet->capacity ? rest : jet->capacity;
    jet->batch.first = first;
    jet->batch.numbers = samples->indices;
    jet->batch.weights = weights;
    jet->batch.inputs = ready ? ready : inputs;
    jet->batch.outputs = inputs + jet->model->n_inputs * jet->batch.n;
    jet->batch.tape = jet->batch.outputs + jet->model->n_outputs * jet->batch.n;
    if (!ready)
        gather(jet, samples, inputs);
    bool as_they_are =
        !samples->indices && !samples->rounded && samples->leading == jet->model->n_inputs;
    jet->batch.rows = as_they_are ? samples->inputs + first * samples->leading : NULL;
}

critpt_status cpt_jet_evaluate(cpt_jet *jet, const cpt_samples *samples, const double *weights,
                               size_t first, cpt_order order)
{
    critpt_status status;
    begin(jet, samples, weights, first, order, NULL);
    CPT_TRY(jet->model->operations->forward(jet->model, &jet->batch, order));
    CPT_TRY(cpt_pulse_beat());
done:
    return status;
}

size_t cpt_jet_kept_size(const critpt_model *model)
{
    return model->operations->kept ? model->operations->kept->size(model) : 0;
}

void cpt_jet_take(const cpt_jet *jet, double *to)
{
    jet->model->operations->kept->take(jet->model, &jet->batch, to);
}

critpt_status cpt_jet_put_back(cpt_jet *jet, const cpt_samples *samples, const double *weights,
                               size_t first, const double *inputs, const double *from)
{
    begin(jet, samples, weights, first, CPT_DERIVATIVES, inputs);
    jet->model->operations->kept->put_back(jet->model, &jet->batch, from);
    return cpt_pulse_beat();
}

critpt_status cpt_jet_pushforward(cpt_jet *jet, const double *direction, double *result)
{
    return jet->model->operations->pushforward(jet->model, &jet->batch, direction, result);
}

critpt_status cpt_jet_pullback(cpt_jet *jet, const double *cotangent, double *gradient)
{
    return jet->model->operations->pullback(jet->model, &jet->batch, cotangent, gradient);
}

bool cpt_jet_takes_fields(const critpt_model *model)
{
    return model->operations->fields != NULL;
}

critpt_status cpt_jet_fields_size(const critpt_model *model, size_t n, size_t count, size_t *size)
{
    return model->operations->fields->scratch_size(model, n, count, size);
}

critpt_status cpt_jet_pushforwards(const cpt_jet *jet, size_t count, const double *directions,
                                   size_t leading, double *scratch, double *results)
{
    return jet->model->operations->fields->pushforwards(jet->model, &jet->batch, count, directions,
                                                        leading, scratch, results);
}

critpt_status cpt_jet_pullbacks(const cpt_jet *jet, size_t count, const double *cotangents,
                                double *scratch, double *gradients, size_t leading)
{
    return jet->model->operations->fields->pullbacks(jet->model, &jet->batch, count, cotangents,
                                                     scratch, gradients, leading);
}

critpt_status cpt_jet_jacobian(cpt_jet *jet, const double *seeds, const double *scale,
                               double *jacobian, const cpt_jacobian_layout *layout)
{
    return jet->model->operations->jacobian(jet->model, &jet->batch, seeds, scale, jacobian,
                                            layout);
}

critpt_status cpt_jet_magnitudes(cpt_jet *jet, const double *bound, double *squares,
                                 double *products)
{
    return jet->model->operations->magnitudes(jet->model, &jet->batch, bound, squares, products);
}

critpt_status cpt_jet_error_scale(cpt_jet *jet, double *phi)
{
    return jet->model->operations->error_scale(jet->model, &jet->batch, phi);
}

critpt_status cpt_jet_derivative_errors(cpt_jet *jet, const double *cotangent, double *products)
{
    if (!jet->model->operations->derivative_errors)
        return CRITPT_OK;
    return jet->model->operations->derivative_errors(jet->model, &jet->batch, cotangent, products);
}

critpt_status cpt_jet_find_kink(const cpt_jet *jet, const cpt_samples *samples, cpt_kink *kink)
{
    critpt_status status;
    cpt_kink nearer = *kink;
    CPT_TRY(jet->model->operations->find_kink(jet->model, &jet->batch, &nearer));
    if (nearer.margin < kink->margin) {
        nearer.sample = cpt_jet_sample(jet, samples, nearer.sample);
        *kink = nearer;
    }
done:
    return status;
}

static critpt_status run_pass(const cpt_passes *of, cpt_visit visit, void *user)
{
    critpt_status status = CRITPT_OK;
    const cpt_jet_passes *passes = (const cpt_jet_passes *)of;
    cpt_jet *jet = passes->jet;
    for (size_t first = 0; first < passes->samples->n; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, passes->samples, of->weights, first, CPT_DERIVATIVES));
        CPT_TRY(visit(user, &jet->batch, first));
    }
done:
    return status;
}

void cpt_jet_begin_passes(cpt_jet_passes *passes, cpt_jet *jet, const cpt_samples *samples,
                          const double *weights)
{
    *passes = (cpt_jet_passes){{run_pass, weights, jet->capacity}, jet, samples};
}
