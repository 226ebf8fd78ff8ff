/* The points' weights, and their evaluation batch by batch. */
#include <string.h>

#include "points/points.h"

void cpt_points_describe(cpt_points *points, const critpt_plan *plan)
{
    const critpt_landscape *landscape = plan->landscape;
    *points = (cpt_points){.landscape = landscape,
                           .metric = &landscape->metric,
                           .K = plan->n_points,
                           .P = landscape->model->n_weights,
                           .N = landscape->n_samples,
                           .D = landscape->model->n_outputs};
}

critpt_status cpt_points_create(cpt_points *points, const critpt_plan *plan)
{
    critpt_status status;
    size_t entries;
    cpt_points_describe(points, plan);
    CPT_TRY(cpt_multiply(points->K, points->P, "weights of the points", &entries));
    CPT_TRY(cpt_allocate(&points->weights, entries, sizeof(double)));
    for (size_t k = 0; k < points->K; k++)
        memcpy(points->weights + k * points->P, plan->points[k].requested,
               points->P * sizeof(double));
done:
    return status;
}

void cpt_points_destroy(cpt_points *points)
{
    cpt_free(points->weights);
}

double *cpt_points_move(cpt_points *points, size_t point)
{
    points->generation++;
    return points->weights + point * points->P;
}

critpt_status cpt_points_evaluation_create(cpt_evaluation *evaluation, const cpt_points *points,
                                           size_t batch)
{
    critpt_status status;
    evaluation->points = points;
    CPT_TRY(cpt_workspace_initialize(&evaluation->workspace, points->landscape, batch));
    CPT_TRY(cpt_allocate(&evaluation->vectors, 2 * points->P, sizeof(double)));
done:
    return status;
}

void cpt_points_evaluation_destroy(cpt_evaluation *evaluation)
{
    if (evaluation->workspace.landscape)
        cpt_workspace_release(&evaluation->workspace);
    cpt_free(evaluation->vectors);
    cpt_free(evaluation->kept.numbers);
    cpt_free(evaluation->kept.there);
}

critpt_status cpt_points_kept_size(const cpt_points *points, size_t *size)
{
    critpt_status status;
    size_t per_sample = cpt_jet_kept_size(points->landscape->model);
    CPT_TRY(cpt_multiply(points->K, points->N, "activations of the points", size));
    CPT_TRY(cpt_multiply(*size, per_sample, "activations of the points", size));
    if (per_sample > 0)
        CPT_TRY(cpt_multiply_add(points->N, points->landscape->model->n_inputs, *size,
                                 "activations of the points", size));
done:
    return status;
}

critpt_status cpt_points_keep(cpt_evaluation *evaluation)
{
    critpt_status status;
    const cpt_points *points = evaluation->points;
    cpt_kept *kept = &evaluation->kept;
    size_t capacity = evaluation->workspace.jet.capacity, size;
    CPT_TRY(cpt_points_kept_size(points, &size));
    kept->per_sample = cpt_jet_kept_size(points->landscape->model);
    kept->n_batches = (points->N + capacity - 1) / capacity;
    kept->generation = points->generation;
    CPT_TRY(cpt_allocate(&kept->there, points->K, kept->n_batches * sizeof *kept->there));
    CPT_TRY(cpt_allocate(&kept->numbers, size, sizeof *kept->numbers));
    kept->inputs = kept->numbers + points->K * points->N * kept->per_sample;
done:
    return status;
}

/* Evaluates a batch for first derivatives, once. */
static critpt_status evaluate_once(cpt_evaluation *evaluation, size_t point, size_t first)
{
    critpt_status status = CRITPT_OK;
    const cpt_points *points = evaluation->points;
    const cpt_samples *samples = &evaluation->workspace.samples;
    cpt_jet *jet = &evaluation->workspace.jet;
    cpt_kept *kept = &evaluation->kept;
    const double *weights = cpt_points_weights(points, point);
    double *numbers = kept->numbers + (point * points->N + first) * kept->per_sample;
    double *inputs = kept->inputs + first * points->landscape->model->n_inputs;
    bool *there = kept->there + point * kept->n_batches;
    if (kept->generation != points->generation)
        memset(kept->there, false, points->K * kept->n_batches * sizeof *kept->there);
    kept->generation = points->generation;
    if (there[first / jet->capacity])
        return cpt_jet_put_back(jet, samples, weights, first, inputs, numbers);
    CPT_TRY(cpt_jet_evaluate(jet, samples, weights, first, CPT_DERIVATIVES));
    memcpy(inputs, jet->batch.inputs, jet->batch.n * jet->model->n_inputs * sizeof *inputs);
    cpt_jet_take(jet, numbers);
    there[first / jet->capacity] = true;
done:
    return status;
}

critpt_status cpt_points_evaluate(cpt_evaluation *evaluation, size_t point, size_t first,
                                  cpt_order order)
{
    const cpt_points *points = evaluation->points;
    cpt_jet *jet = &evaluation->workspace.jet;
    const double *weights = cpt_points_weights(points, point);
    size_t rest = points->N - first, n = rest < jet->capacity ? rest : jet->capacity;
    /* the array tells the point, as other passes use the jet as well; the generation its weights */
    bool there = jet->batch.weights == weights && evaluation->generation == points->generation;
    if (there && jet->first == first && jet->batch.n == n && jet->order >= order)
        return CRITPT_OK;
    evaluation->generation = points->generation;
    if (evaluation->kept.numbers && order == CPT_DERIVATIVES)
        return evaluate_once(evaluation, point, first);
    return cpt_jet_evaluate(jet, &evaluation->workspace.samples, weights, first, order);
}

void cpt_points_add_batch(const cpt_evaluation *evaluation, double factor, const double *c,
                          double *field)
{
    const cpt_jet *jet = &evaluation->workspace.jet;
    size_t n = jet->batch.n, D = evaluation->points->D;
    field += jet->first * D;
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < D; o++)
            field[i * D + o] += factor * c[o * n + i];
}
