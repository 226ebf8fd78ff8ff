/* The public evaluations to second order: arguments checked, then passes over the samples. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "landscape/landscape.h"
#include "linalg/linalg.h"

/* What can be said before anything is allocated. */
static critpt_status check(const critpt_landscape *landscape, const double *weights,
                           size_t n_weights, cpt_terms terms)
{
    critpt_status status;
    CPT_TRY(cpt_landscape_require_weights(landscape, weights, n_weights));
    CPT_TRY(cpt_landscape_require_samples(landscape));
    CPT_TRY(cpt_jet_require_second_order(landscape->model));
    if (terms & CPT_RESIDUAL_CURVATURE)
        CPT_TRY(cpt_landscape_require_targets(landscape));
    cpt_landscape_share(landscape, n_weights, weights);
done:
    return status;
}

/* The P x P result exists, with rows that BLAS can address. */
static critpt_status require_square(const char *what, const double *matrix, size_t P,
                                    size_t leading)
{
    critpt_status status;
    CPT_TRY(cpt_require_matrix(what, matrix, P, P, leading));
    if (leading > INT_MAX)
        return cpt_error(CRITPT_SIZE_OVERFLOW,
                         "leading dimension of %s is %zu, its %zu rows take %.4g GiB; BLAS takes "
                         "sizes up to %d",
                         what, leading, P, (double)P * (double)leading * sizeof *matrix / 0x1p30,
                         INT_MAX);
done:
    return status;
}

critpt_status cpt_landscape_require_finite_curvature(const critpt_model *model, const char *what,
                                                     const double *matrix, size_t leading)
{
    size_t P = model->n_weights;
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b < P; b++)
            if (!isfinite(matrix[a * leading + b])) {
                char row[96], column[96];
                cpt_structure_describe_weight(model, a, row, sizeof row);
                cpt_structure_describe_weight(model, b, column, sizeof column);
                return cpt_error(
                    CRITPT_NON_FINITE,
                    "%s is %g at entry (%zu, %zu), of %s and %s; scale inputs, targets "
                    "and weights down",
                    what, matrix[a * leading + b], a, b, row, column);
            }
    return CRITPT_OK;
}

static critpt_status evaluate_matrix(const critpt_landscape *landscape, critpt_workspace *workspace,
                                     const double *weights, size_t n_weights, cpt_terms terms,
                                     const char *what, double *matrix, size_t leading)
{
    critpt_status status;
    critpt_workspace own;
    memset(&own, 0, sizeof own);
    CPT_TRY(check(landscape, weights, n_weights, terms));
    CPT_TRY(require_square(what, matrix, n_weights, leading));
    CPT_TRY(cpt_workspace_acquire(landscape, workspace, &own, &workspace));
    CPT_TRY(cpt_landscape_curvature_matrix(workspace, weights, terms, NULL, matrix, leading));
    CPT_TRY(cpt_landscape_require_finite_curvature(landscape->model, what, matrix, leading));
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}

critpt_status critpt_landscape_hessian(const critpt_landscape *landscape,
                                       critpt_workspace *workspace, const double *weights,
                                       size_t n_weights, double *hessian, size_t leading)
{
    return evaluate_matrix(landscape, workspace, weights, n_weights, CPT_HESSIAN, "hessian",
                           hessian, leading);
}

critpt_status critpt_landscape_gauss_newton(const critpt_landscape *landscape,
                                            critpt_workspace *workspace, const double *weights,
                                            size_t n_weights, double *matrix, size_t leading)
{
    return evaluate_matrix(landscape, workspace, weights, n_weights, CPT_GAUSS_NEWTON,
                           "Gauss-Newton matrix", matrix, leading);
}

critpt_status critpt_landscape_residual_curvature(const critpt_landscape *landscape,
                                                  critpt_workspace *workspace,
                                                  const double *weights, size_t n_weights,
                                                  double *matrix, size_t leading)
{
    return evaluate_matrix(landscape, workspace, weights, n_weights, CPT_RESIDUAL_CURVATURE,
                           "residual curvature", matrix, leading);
}

critpt_status critpt_landscape_hessian_vector(const critpt_landscape *landscape,
                                              critpt_workspace *workspace, const double *weights,
                                              size_t n_weights, const double *direction,
                                              size_t n_direction, double *result, size_t n_result)
{
    critpt_status status;
    critpt_workspace own;
    memset(&own, 0, sizeof own);
    CPT_TRY(check(landscape, weights, n_weights, CPT_HESSIAN));
    CPT_TRY(cpt_require_array("direction", direction, n_direction, n_weights));
    CPT_TRY(cpt_require_finite("direction", direction, n_direction));
    CPT_TRY(cpt_require_array("result", result, n_result, n_weights));
    CPT_TRY(cpt_workspace_acquire(landscape, workspace, &own, &workspace));
    cpt_landscape_share(landscape, n_weights, direction);
    CPT_TRY(cpt_landscape_curvature_vectors(workspace, weights, CPT_HESSIAN, NULL, 1, direction,
                                            n_weights, result, n_weights));
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}

critpt_status critpt_landscape_hessian_vectors(const critpt_landscape *landscape,
                                               critpt_workspace *workspace, const double *weights,
                                               size_t n_weights, size_t n_vectors,
                                               const double *directions, size_t directions_leading,
                                               double *results, size_t results_leading)
{
    critpt_status status;
    critpt_workspace own;
    memset(&own, 0, sizeof own);
    CPT_TRY(check(landscape, weights, n_weights, CPT_HESSIAN));
    CPT_TRY(cpt_require_matrix("directions", directions, n_vectors, n_weights, directions_leading));
    CPT_TRY(cpt_require_matrix("results", results, n_vectors, n_weights, results_leading));
    CPT_TRY(cpt_require_finite_matrix("directions", directions, n_vectors, n_weights,
                                      directions_leading));
    CPT_TRY(cpt_workspace_acquire(landscape, workspace, &own, &workspace));
    for (size_t j = 0; j < n_vectors; j++)
        cpt_landscape_share(landscape, n_weights, directions + j * directions_leading);
    for (size_t first = 0, count; first < n_vectors; first += count) {
        count = n_vectors - first < CPT_VECTOR_BLOCK ? n_vectors - first : CPT_VECTOR_BLOCK;
        CPT_TRY(cpt_landscape_curvature_vectors(
            workspace, weights, CPT_HESSIAN, NULL, count, directions + first * directions_leading,
            directions_leading, results + first * results_leading, results_leading));
    }
done:
    cpt_workspace_release(&own);
    return cpt_landscape_leave(landscape, status);
}
