/* Index and margin of points at given targets, from the landscape afresh (MATH 7). */
#include <math.h>

#include "linalg/linalg.h"
#include "nature/nature.h"
#include "nature/system.h"

critpt_status cpt_nature_measure_point(cpt_nature_system *system, const cpt_nature_metric *metric,
                                       const cpt_nature_point *point, const double *targets,
                                       size_t *index, double *margin)
{
    critpt_status status;
    size_t P = system->P, q = point->index, m = metric->order;
    double *hessian = NULL, *whitened = NULL, *values = NULL;
    CPT_TRY(cpt_allocate(&hessian, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&whitened, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&values, P, sizeof(double)));
    CPT_TRY(cpt_nature_hessian(system, metric, point->weights, targets, hessian));
    cpt_nature_congruence(m, P, metric->whitening, hessian, system->scratch, whitened);
    CPT_TRY(cpt_linalg_eigenvalues(m, whitened, values));
    *index = 0;
    while (*index < m && values[*index] < 0)
        ++*index;
    *margin = fmin(q < m ? values[q] : INFINITY, q > 0 ? -values[q - 1] : INFINITY);
done:
    cpt_free(hessian);
    cpt_free(whitened);
    cpt_free(values);
    return status;
}

critpt_status cpt_nature_measure(const cpt_nature_problem *problem, const double *targets,
                                 double *margins)
{
    critpt_status status;
    cpt_nature_system system;
    size_t index;
    CPT_TRY(cpt_nature_system_create(&system, problem));
    for (size_t k = 0; k < problem->n_points; k++) {
        const cpt_nature_point *point = &problem->points[k];
        cpt_nature_metric metric = {0};
        margins[k] = NAN;
        if (point->index == CPT_NATURE_FREE)
            continue;
        status = cpt_nature_metric_create(&metric, &system, point->weights);
        if (status == CRITPT_OK)
            status =
                cpt_nature_measure_point(&system, &metric, point, targets, &index, &margins[k]);
        cpt_nature_metric_destroy(&metric);
        CPT_TRY(status);
    }
done:
    cpt_nature_system_destroy(&system);
    return status;
}
