/* Equations that prescribe a gradient, zero or not: c_j is column j of J_k, one for each weight. */
#include <math.h>
#include <string.h>

#include "plan/solve.h"

static const double *asked(const cpt_block *block)
{
    return block->condition ? block->condition->vectors : NULL;
}

static critpt_status columns(const cpt_solve *solve, const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    cpt_jet *jet = &chunk->workspace.jet;
    CPT_TRY(cpt_solve_evaluate(solve, &chunk->workspace, block->points[0], chunk->first,
                               CPT_DERIVATIVES));
    const cpt_jacobian_layout layout = {.sample = 1, .output = jet->batch.n, .weight = chunk->rows};
    CPT_TRY(cpt_metric_batch_jacobian(cpt_landscape_metric(&chunk->workspace),
                                      chunk->entries + block->first * chunk->rows, &layout));
done:
    return status;
}

static critpt_status residuals(cpt_solve *solve, const cpt_block *block, double *residuals)
{
    critpt_status status;
    CPT_TRY(cpt_landscape_gradient_pass(&solve->workspace, solve->targets,
                                        cpt_solve_weights(solve, block->points[0]), residuals,
                                        NULL));
    if (asked(block))
        cpt_linalg_axpy(solve->P, -1, asked(block), residuals);
done:
    return status;
}

static critpt_status products(cpt_solve *solve, const cpt_block *block, const double *w,
                              double *products)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    cpt_jet *jet = &workspace->jet;
    memset(products, 0, block->n * sizeof *products);
    for (size_t first = 0; first < solve->N; first += jet->batch.n) {
        CPT_TRY(cpt_solve_evaluate(solve, workspace, block->points[0], first, CPT_DERIVATIVES));
        cpt_linalg_transpose(jet->batch.n, solve->D, w + first * solve->D, solve->D,
                             workspace->cotangent, jet->batch.n);
        CPT_TRY(cpt_jet_pullback(jet, workspace->cotangent, products));
    }
done:
    return status;
}

static critpt_status combine(cpt_solve *solve, const cpt_block *block, const double *x,
                             double *field)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    for (size_t first = 0; first < solve->N; first += workspace->jet.batch.n) {
        CPT_TRY(cpt_solve_evaluate(solve, workspace, block->points[0], first, CPT_DERIVATIVES));
        CPT_TRY(cpt_jet_pushforward(&workspace->jet, x, workspace->residual));
        cpt_solve_add_batch(solve, 1, workspace->residual, field);
    }
done:
    return status;
}

critpt_status cpt_solve_measure_gradient(cpt_solve *solve, size_t point, double *gradient,
                                         cpt_gradient_scale *scale)
{
    critpt_status status;
    const double *weights = cpt_solve_weights(solve, point);
    double *values = solve->report.points + point * CPT_POINT_QUANTITIES;
    CPT_TRY(
        cpt_landscape_gradient_pass(&solve->workspace, solve->targets, weights, gradient, NULL));
    CPT_TRY(cpt_landscape_gradient_scale(&solve->workspace, solve->targets, weights, scale));
    double unit = cpt_landscape_rounding_unit(scale), norm = cpt_linalg_norm(solve->P, gradient);
    if (!isfinite(norm) || !isfinite(unit))
        CPT_TRY(cpt_error(CRITPT_NON_FINITE,
                          "the gradient of point %zu or its rounding unit overflows; scale inputs, "
                          "targets and weights down",
                          point));
    values[CRITPT_POINT_GRADIENT_NORM] = norm;
    values[CRITPT_POINT_GRADIENT_SCALED] = norm > 0 ? norm / unit : 0;
    values[CRITPT_POINT_GRADIENT_MAX] = 0;
    for (size_t j = 0; j < solve->P; j++)
        values[CRITPT_POINT_GRADIENT_MAX] =
            fmax(values[CRITPT_POINT_GRADIENT_MAX], fabs(gradient[j]));
done:
    return status;
}

static critpt_status units(cpt_solve *solve, const cpt_block *block, double *units)
{
    critpt_status status;
    cpt_gradient_scale scale;
    CPT_TRY(cpt_solve_measure_gradient(solve, block->points[0], solve->directions, &scale));
    for (size_t j = 0; j < block->n; j++) /* null ones are null beside the whole gradient */
        units[j] = solve->null[block->first + j]
                       ? cpt_landscape_rounding_unit(&scale)
                       : cpt_landscape_entry_unit(&solve->workspace, &scale, j);
done:
    return status;
}

const cpt_equations cpt_gradient_equations = {
    .accepted = 100,
    .columns = columns,
    .residuals = residuals,
    .products = products,
    .combine = combine,
    .units = units,
};
