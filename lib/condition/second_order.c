/* Second derivatives at a block's point, and the equation of a single curvature. */
#include <float.h>
#include <math.h>

#include "condition/second_order.h"

static const double *weights_of(const cpt_block *block, const cpt_condition_work *work)
{
    return cpt_points_weights(work->evaluation.points, block->points[0]);
}

critpt_status cpt_condition_multiply_hessian(const cpt_block *block, cpt_condition_work *work,
                                             const double *targets, const double *u, double *result)
{
    critpt_workspace *workspace = &work->evaluation.workspace;
    size_t P = work->evaluation.points->P;
    workspace->targets = targets;
    return cpt_landscape_curvature_vectors(workspace, weights_of(block, work), CPT_HESSIAN, NULL, 1,
                                           u, P, result, P);
}

critpt_status cpt_condition_multiply_curvature(const cpt_block *block, cpt_condition_work *work,
                                               const double *w, const double *u, double *result)
{
    size_t P = work->evaluation.points->P;
    return cpt_landscape_curvature_vectors(&work->evaluation.workspace, weights_of(block, work),
                                           CPT_RESIDUAL_CURVATURE, w, 1, u, P, result, P);
}

/* The workspace's residual (D x n) = D2f[v, u] of the evaluated batch. */
static critpt_status find_second_directional(cpt_evaluation *evaluation, const double *v,
                                             const double *u)
{
    critpt_workspace *workspace = &evaluation->workspace;
    return cpt_jet_second_directional(&workspace->jet, &(cpt_direction){v, NULL},
                                      &(cpt_direction){u, NULL}, workspace->scratch,
                                      workspace->residual);
}

critpt_status cpt_condition_add_second_directional(const cpt_block *block, cpt_condition_work *work,
                                                   double factor, const double *v, const double *u,
                                                   double *field)
{
    critpt_status status = CRITPT_OK;
    cpt_evaluation *evaluation = &work->evaluation;
    const cpt_batch *batch = &evaluation->workspace.jet.batch;
    for (size_t first = 0; first < evaluation->points->N; first += batch->n) {
        CPT_TRY(cpt_points_evaluate(evaluation, block->points[0], first, CPT_SECOND_DERIVATIVES));
        CPT_TRY(find_second_directional(evaluation, v, u));
        cpt_points_add_batch(evaluation, factor, evaluation->workspace.residual, field);
    }
done:
    return status;
}

critpt_status cpt_condition_product_unit(const cpt_block *block, cpt_condition_work *work,
                                         const double *targets, const double *u, double *result)
{
    critpt_workspace *workspace = &work->evaluation.workspace;
    workspace->targets = targets;
    return cpt_landscape_product_unit(workspace, weights_of(block, work), u, result);
}

void cpt_condition_make_absolute(double *vector, const double *from, size_t n)
{
    for (size_t j = 0; j < n; j++)
        vector[j] = fabs(from[j]);
}

/* ---- v' H u = value ---- */

critpt_status cpt_condition_curvature_columns(const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    const double *v, *u;
    block->kind->directions(block, &chunk->evaluation, &v, &u);
    CPT_TRY(cpt_points_evaluate(&chunk->evaluation, block->points[0], chunk->first,
                                CPT_SECOND_DERIVATIVES));
    CPT_TRY(find_second_directional(&chunk->evaluation, v, u));
    cpt_condition_store(chunk, chunk->evaluation.workspace.residual,
                        chunk->entries + block->first * chunk->rows);
done:
    return status;
}

critpt_status cpt_condition_curvature_residuals(const cpt_block *block, cpt_condition_work *work,
                                                const double *targets, double *residuals)
{
    critpt_status status;
    const double *v, *u;
    block->kind->directions(block, &work->evaluation, &v, &u);
    CPT_TRY(cpt_condition_multiply_hessian(block, work, targets, u, work->product));
    *residuals = cpt_linalg_dot(work->evaluation.points->P, v, work->product) - block->value;
done:
    return status;
}

critpt_status cpt_condition_curvature_products(const cpt_block *block, cpt_condition_work *work,
                                               const double *w, double *products)
{
    critpt_status status;
    const double *v, *u;
    block->kind->directions(block, &work->evaluation, &v, &u);
    CPT_TRY(cpt_condition_multiply_curvature(block, work, w, u, work->product));
    *products = cpt_linalg_dot(work->evaluation.points->P, v, work->product);
done:
    return status;
}

critpt_status cpt_condition_curvature_combine(const cpt_block *block, cpt_condition_work *work,
                                              const double *x, double *field)
{
    const double *v, *u;
    block->kind->directions(block, &work->evaluation, &v, &u);
    return cpt_condition_add_second_directional(block, work, *x, v, u, field);
}

critpt_status cpt_condition_curvature_units(cpt_block *block, cpt_condition_work *work,
                                            const double *targets, const double *residuals,
                                            const bool *null, double *units)
{
    critpt_status status;
    size_t P = work->evaluation.points->P;
    const double *v, *u;
    double *absolute = work->evaluation.vectors;
    (void)residuals;
    (void)null;
    block->kind->directions(block, &work->evaluation, &v, &u);
    cpt_condition_make_absolute(absolute, v, P);
    cpt_condition_make_absolute(absolute + P, u, P);
    CPT_TRY(cpt_condition_product_unit(block, work, targets, absolute + P, work->product));
    *units = DBL_EPSILON * (cpt_linalg_dot(P, absolute, work->product) + fabs(block->value));
done:
    return status;
}

void cpt_condition_curvature_achieved(const cpt_condition *condition, const cpt_report *report,
                                      size_t n, const double *residuals, double *values)
{
    (void)report;
    (void)n;
    values[CRITPT_CONDITION_ACHIEVED] = condition->value + *residuals;
}

size_t cpt_condition_one_curvature(const critpt_model *model)
{
    (void)model;
    return 1;
}
