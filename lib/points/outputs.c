/* Outputs of points over all samples: fields and their means. */
#include <math.h>

#include "points/points.h"

/* The largest |f| of N x D, or an error that names an output which is not finite. */
static critpt_status find_largest(const cpt_points *points, size_t point, const double *outputs,
                                  double *largest)
{
    *largest = 0;
    for (size_t i = 0; i < points->N * points->D; i++) {
        if (!isfinite(outputs[i]))
            return cpt_error(CRITPT_NON_FINITE,
                             "output %zu of point %zu is %g at sample %zu; use smaller weights or "
                             "inputs",
                             i % points->D, point, outputs[i], i / points->D);
        *largest = fmax(*largest, fabs(outputs[i]));
    }
    return CRITPT_OK;
}

critpt_status cpt_points_mean_output(cpt_evaluation *evaluation, size_t point, double *mean,
                                     double *largest)
{
    critpt_status status;
    const cpt_points *points = evaluation->points;
    double *outputs = NULL;
    CPT_TRY(cpt_allocate(&outputs, points->N * points->D, sizeof *outputs));
    CPT_TRY(cpt_points_add_outputs(evaluation, point, 1, outputs));
    CPT_TRY(find_largest(points, point, outputs, largest));
    CPT_TRY(cpt_reduction_max(points->metric->reduction, 1, largest));
    CPT_TRY(cpt_metric_mean(points->metric, outputs, mean));
done:
    cpt_free(outputs);
    return status;
}

critpt_status cpt_points_add_demand(const cpt_points *points, size_t point, const double *gradient,
                                    double *mean)
{
    critpt_status status;
    const critpt_landscape *landscape = points->landscape;
    size_t D = points->D;
    double *g = NULL, *shift, *whole = NULL;
    CPT_TRY(cpt_allocate(&whole, points->P, sizeof *whole));
    CPT_TRY(cpt_allocate(&g, 2 * D, sizeof *g));
    shift = g + D;
    cpt_penalty_add_gradient(&landscape->penalty, cpt_points_weights(points, point), whole);
    if (gradient)
        cpt_linalg_axpy(points->P, -1, gradient, whole);
    for (size_t o = 0; o < D; o++) {
        size_t constant = cpt_structure_constant(landscape->model, o);
        g[o] = constant < points->P ? whole[constant] : 0;
    }
    CPT_TRY(cpt_metric_mean_shift(points->metric, NULL, g, shift));
    cpt_linalg_axpy(D, 1, shift, mean);
done:
    cpt_free(g);
    cpt_free(whole);
    return status;
}

critpt_status cpt_points_add_outputs(cpt_evaluation *evaluation, size_t point, double factor,
                                     double *to)
{
    critpt_status status = CRITPT_OK;
    const cpt_batch *batch = &evaluation->workspace.jet.batch;
    for (size_t first = 0; first < evaluation->points->N; first += batch->n) {
        CPT_TRY(cpt_points_evaluate(evaluation, point, first, CPT_VALUES));
        cpt_points_add_batch(evaluation, factor, batch->outputs, to);
    }
done:
    return status;
}
