/* Index and margin of points at given targets, from the landscape afresh (MATH 7). */
#include <math.h>

#include "linalg/linalg.h"
#include "nature/margins.h"
#include "nature/nature.h"
#include "nature/square.h"

/* values (m, ascending) = the eigenvalues of rows H rows' (m x m). Where G is floored they reach
 * |H| / (metric_floor |G|), in whose rounding the least would drown: of the vectors v = rows' u
 * that were found the quotients v' H v / |u|^2 are taken, with the rounding of H alone, as that of
 * u enters by its square. whitened, vectors: P x P, scratch. */
static critpt_status whitened_eigenvalues(size_t m, size_t P, const double *rows,
                                          const double *hessian, double *whitened, double *vectors,
                                          double *scratch, double *values)
{
    critpt_status status;
    cpt_nature_congruence(m, P, rows, hessian, scratch, whitened);
    CPT_TRY(cpt_linalg_eigen(m, whitened, values));
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, m, 1, whitened, m, rows, P, 0, vectors, P);
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, P, 1, vectors, P, hessian, P, 0, scratch, P);
    for (size_t i = 0; i < m; i++) {
        const double *u = whitened + i * m;
        values[i] = cpt_linalg_dot(P, vectors + i * P, scratch + i * P) / cpt_linalg_dot(m, u, u);
    }
    cpt_linalg_sort(m, values);
done:
    return status;
}

critpt_status cpt_nature_measure_point(cpt_nature_maps *maps, const cpt_nature_whitening *whitening,
                                       const cpt_nature_point *point, const double *targets,
                                       size_t *index, double *margin)
{
    critpt_status status;
    size_t P = maps->P, q = point->index, m = whitening->order;
    size_t n_faint = whitening->n_faint;
    double *hessian = NULL, *whitened = NULL, *vectors = NULL, *values = NULL;
    CPT_TRY(cpt_allocate(&hessian, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&whitened, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&vectors, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&values, P, sizeof(double)));
    CPT_TRY(cpt_nature_hessian(maps, whitening, point->weights, targets, hessian));
    CPT_TRY(whitened_eigenvalues(m, P, whitening->rows, hessian, whitened, vectors, maps->scratch,
                                 values));
    *index = 0;
    while (*index < m && values[*index] < 0)
        ++*index;
    /* faint directions, which are left out, may be some of the q */
    size_t least = q > n_faint ? q - n_faint : 0, most = q < m ? q : m;
    q = *index > least ? *index : least;
    q = q < most ? q : most;
    *margin =
        whitening->unit * fmin(q < m ? values[q] : INFINITY, q > 0 ? -values[q - 1] : INFINITY);
done:
    cpt_free(hessian);
    cpt_free(whitened);
    cpt_free(vectors);
    cpt_free(values);
    return status;
}

critpt_status cpt_nature_measure(const cpt_nature_problem *problem, const double *targets,
                                 double *margins)
{
    critpt_status status;
    cpt_nature_maps maps;
    size_t index;
    CPT_TRY(cpt_nature_maps_create(&maps, problem));
    for (size_t k = 0; k < problem->n_points; k++) {
        const cpt_nature_point *point = &problem->points[k];
        cpt_nature_whitening whitening = {0};
        margins[k] = NAN;
        if (point->index == CPT_NATURE_FREE)
            continue;
        status = cpt_nature_whitening_create(&whitening, &maps, point, true);
        if (status == CRITPT_OK)
            status =
                cpt_nature_measure_point(&maps, &whitening, point, targets, &index, &margins[k]);
        cpt_nature_whitening_destroy(&whitening);
        CPT_TRY(status);
    }
done:
    cpt_nature_maps_destroy(&maps);
    return status;
}
