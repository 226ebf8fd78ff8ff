/* In which samples units act: where their slope and those on a way to the outputs are not 0. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/orbit.h"

static critpt_status evaluate(const cpt_spectrum_task *task, size_t first)
{
    return cpt_jet_evaluate(&task->workspace->jet, &task->workspace->samples, task->weights, first,
                            CPT_DERIVATIVES);
}

/* values *= |slopes| of a layer */
static void multiply_slopes(const cpt_jet *jet, size_t l, size_t count, double *values)
{
    const double *slopes = cpt_mlp_slopes(jet->model, &jet->batch, l);
    for (size_t i = 0; slopes && i < count; i++)
        values[i] *= fabs(slopes[i]);
}

/* influence = bounds of the derivatives of the outputs with respect to a layer's z in the batch;
 * other is scratch. Both have room for the widest layer. */
static void find_influence(const cpt_spectrum_task *task, size_t l, double *influence,
                           double *other)
{
    const cpt_jet *jet = &task->workspace->jet;
    size_t n_layers, n = jet->batch.n;
    const cpt_layer *layers = cpt_mlp_layers(jet->model, &n_layers);
    for (size_t i = 0; i < layers[n_layers - 1].n_units * n; i++)
        influence[i] = 1;
    multiply_slopes(jet, n_layers - 1, layers[n_layers - 1].n_units * n, influence);
    for (size_t m = n_layers - 1; m > l; m--) {
        const cpt_layer *above = &layers[m];
        memcpy(other, influence, above->n_units * n * sizeof *other);
        memset(influence, 0, above->n_inputs * n * sizeof *influence);
        for (size_t p = 0; p < above->n_units; p++)
            for (size_t r = 0; r < above->n_inputs; r++)
                cpt_linalg_axpy(n, fabs(task->weights[above->weights + p * above->n_inputs + r]),
                                other + p * n, influence + r * n);
        multiply_slopes(jet, m - 1, above->n_inputs * n, influence);
    }
}

static size_t widest_layer(const critpt_model *model)
{
    size_t n_layers, widest = 0;
    const cpt_layer *layers = cpt_mlp_layers(model, &n_layers);
    for (size_t l = 0; l < n_layers; l++)
        widest = layers[l].n_units > widest ? layers[l].n_units : widest;
    return widest;
}

critpt_status cpt_gates_fold_inputs(const cpt_spectrum_task *task, size_t l, size_t unit,
                                    cpt_triangle *triangle)
{
    critpt_status status;
    size_t n_layers;
    cpt_jet *jet = &task->workspace->jet;
    const cpt_layer *layer = &cpt_mlp_layers(jet->model, &n_layers)[l];
    double *chunk = NULL, *influence = NULL;
    size_t widest = widest_layer(jet->model);
    CPT_TRY(cpt_triangle_create(triangle, layer->n_inputs + layer->bias));
    CPT_TRY(cpt_allocate(&chunk, triangle->order * jet->capacity, sizeof *chunk));
    CPT_TRY(cpt_allocate(&influence, 2 * widest * jet->capacity, sizeof *influence));
    for (size_t first = 0; first < task->workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(evaluate(task, first));
        size_t n = jet->batch.n, entries = layer->n_inputs * n;
        memcpy(chunk, l ? cpt_mlp_values(jet->model, &jet->batch, l - 1) : jet->batch.inputs,
               entries * sizeof *chunk);
        for (size_t i = 0; layer->bias && i < n; i++)
            chunk[entries + i] = 1;
        if (unit < layer->n_units) {
            find_influence(task, l, influence, influence + widest * n);
            for (size_t i = 0; i < triangle->order * n; i++)
                chunk[i] = influence[unit * n + i % n] > 0 ? chunk[i] : 0;
        }
        CPT_TRY(cpt_triangle_fold(triangle, n, chunk));
    }
done:
    cpt_free(chunk);
    cpt_free(influence);
    return status;
}

/* gram += the products of the batch's slopes where some unit above acts */
static void add_slopes(const cpt_jet *jet, size_t l, size_t n_units, const double *acts,
                       double *gram)
{
    const double *slopes = cpt_mlp_slopes(jet->model, &jet->batch, l);
    size_t n = jet->batch.n;
    for (size_t p = 0; p <= n_units; p++)
        for (size_t q = 0; q <= n_units; q++)
            for (size_t i = 0; i < n; i++)
                gram[p * (n_units + 1) + q] += (slopes && p < n_units ? slopes[p * n + i] : 1) *
                                               (slopes && q < n_units ? slopes[q * n + i] : 1) *
                                               (acts[i] > 0);
}

critpt_status cpt_gates_slopes(const cpt_spectrum_task *task, size_t l, double *gram)
{
    critpt_status status;
    cpt_jet *jet = &task->workspace->jet;
    size_t n_layers;
    const cpt_layer *layers = cpt_mlp_layers(jet->model, &n_layers), *next = &layers[l + 1];
    size_t n = layers[l].n_units, widest = widest_layer(jet->model);
    double *influence = NULL;
    memset(gram, 0, (n + 1) * (n + 1) * sizeof *gram);
    CPT_TRY(cpt_allocate(&influence, 2 * widest * jet->capacity, sizeof *influence));
    for (size_t first = 0; first < task->workspace->samples.n; first += jet->batch.n) {
        CPT_TRY(evaluate(task, first));
        find_influence(task, l + 1, influence, influence + widest * jet->batch.n);
        for (size_t p = 1; p < next->n_units; p++)
            cpt_linalg_axpy(jet->batch.n, 1, influence + p * jet->batch.n, influence);
        add_slopes(jet, l, n, influence, gram);
    }
done:
    cpt_free(influence);
    return status;
}
