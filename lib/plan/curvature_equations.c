/* Equations that prescribe second derivatives: single curvatures v'Hu, whose c is D2f[v, u]; an
 * eigenpair, whose c_a are the rows of J's derivative along v; S = 0, whose c_ab are all second
 * derivatives with b <= a. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

/* result = the terms of the Hessian at the block's point times u; see cpt_landscape_curvature_
 * vectors. */
static critpt_status multiply(cpt_solve *solve, const cpt_block *block, cpt_terms terms,
                              const double *w, const double *u, double *result)
{
    return cpt_landscape_curvature_vectors(&solve->workspace,
                                           cpt_solve_weights(solve, block->points[0]), terms, w, 1,
                                           u, solve->P, result, solve->P);
}

/* field += factor D2f[v, u] */
static critpt_status add_second_directional(cpt_solve *solve, size_t point, double factor,
                                            const double *v, const double *u, double *field)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    for (size_t first = 0; first < solve->N; first += workspace->jet.batch.n) {
        CPT_TRY(cpt_solve_evaluate(solve, workspace, point, first, CPT_SECOND_DERIVATIVES));
        cpt_jet_second_directional(&workspace->jet, &(cpt_direction){v, NULL},
                                   &(cpt_direction){u, NULL}, workspace->scratch,
                                   workspace->residual);
        cpt_solve_add_batch(solve, factor, workspace->residual, field);
    }
done:
    return status;
}

static void make_absolute(double *vector, const double *from, size_t n)
{
    for (size_t j = 0; j < n; j++)
        vector[j] = fabs(from[j]);
}

/* ---- v' H u = value ---- */

/* v and u; those of an entry of the Hessian are unit vectors, made in `scratch` (2 P). */
static void directions(const cpt_solve *solve, const cpt_block *block, double *scratch,
                       const double **v, const double **u)
{
    const cpt_condition *condition = block->condition;
    size_t P = solve->P;
    *v = condition->vectors;
    *u = condition->vectors + P;
    if (condition->kind == CRITPT_CONDITION_CURVATURE)
        return;
    memset(scratch, 0, 2 * P * sizeof *scratch);
    scratch[condition->row] = 1;
    scratch[P + condition->column] = 1;
    *v = scratch;
    *u = scratch + P;
}

static critpt_status curvature_columns(const cpt_solve *solve, const cpt_block *block,
                                       cpt_chunk *chunk)
{
    critpt_status status;
    critpt_workspace *workspace = &chunk->workspace;
    const double *v, *u;
    directions(solve, block, solve->directions, &v, &u);
    CPT_TRY(cpt_solve_evaluate(solve, workspace, block->points[0], chunk->first,
                               CPT_SECOND_DERIVATIVES));
    cpt_jet_second_directional(&workspace->jet, &(cpt_direction){v, NULL},
                               &(cpt_direction){u, NULL}, workspace->scratch, workspace->residual);
    cpt_chunk_store(chunk, workspace->residual, chunk->entries + block->first * chunk->rows);
done:
    return status;
}

static critpt_status curvature_residuals(cpt_solve *solve, const cpt_block *block,
                                         double *residuals)
{
    critpt_status status;
    const double *v, *u;
    directions(solve, block, solve->directions, &v, &u);
    CPT_TRY(multiply(solve, block, CPT_HESSIAN, NULL, u, solve->product));
    *residuals = cpt_linalg_dot(solve->P, v, solve->product) - block->value;
done:
    return status;
}

static critpt_status curvature_products(cpt_solve *solve, const cpt_block *block, const double *w,
                                        double *products)
{
    critpt_status status;
    const double *v, *u;
    directions(solve, block, solve->directions, &v, &u);
    CPT_TRY(multiply(solve, block, CPT_RESIDUAL_CURVATURE, w, u, solve->product));
    *products = cpt_linalg_dot(solve->P, v, solve->product);
done:
    return status;
}

static critpt_status curvature_combine(cpt_solve *solve, const cpt_block *block, const double *x,
                                       double *field)
{
    const double *v, *u;
    directions(solve, block, solve->directions, &v, &u);
    return add_second_directional(solve, block->points[0], *x, v, u, field);
}

/* eps (|v|' |H| |u| + |value|), |H| the Hessian's units. */
static critpt_status curvature_units(cpt_solve *solve, const cpt_block *block, double *units)
{
    critpt_status status;
    const double *v, *u;
    double *absolute = solve->directions;
    directions(solve, block, solve->directions, &v, &u);
    make_absolute(absolute, v, solve->P);
    make_absolute(absolute + solve->P, u, solve->P);
    CPT_TRY(cpt_landscape_product_unit(&solve->workspace,
                                       cpt_solve_weights(solve, block->points[0]),
                                       absolute + solve->P, solve->product));
    *units =
        DBL_EPSILON * (cpt_linalg_dot(solve->P, absolute, solve->product) + fabs(block->value));
done:
    return status;
}

const cpt_equations cpt_curvature_equations = {
    .accepted = 100,
    .columns = curvature_columns,
    .residuals = curvature_residuals,
    .products = curvature_products,
    .combine = curvature_combine,
    .units = curvature_units,
};

/* ---- H v = lambda v ---- */

static critpt_status eigenpair_columns(const cpt_solve *solve, const cpt_block *block,
                                       cpt_chunk *chunk)
{
    critpt_status status;
    critpt_workspace *workspace = &chunk->workspace;
    CPT_TRY(cpt_solve_evaluate(solve, workspace, block->points[0], chunk->first,
                               CPT_SECOND_DERIVATIVES));
    const cpt_jacobian_layout layout = {
        .sample = 1, .output = workspace->jet.batch.n, .weight = chunk->rows};
    cpt_metric_batch_jacobian_tangent(cpt_landscape_metric(workspace), block->condition->vectors,
                                      workspace->scratch,
                                      chunk->entries + block->first * chunk->rows, &layout);
done:
    return status;
}

static critpt_status eigenpair_residuals(cpt_solve *solve, const cpt_block *block,
                                         double *residuals)
{
    critpt_status status;
    const double *v = block->condition->vectors;
    CPT_TRY(multiply(solve, block, CPT_HESSIAN, NULL, v, residuals));
    cpt_linalg_axpy(solve->P, -block->value, v, residuals);
done:
    return status;
}

static critpt_status eigenpair_products(cpt_solve *solve, const cpt_block *block, const double *w,
                                        double *products)
{
    return multiply(solve, block, CPT_RESIDUAL_CURVATURE, w, block->condition->vectors, products);
}

static critpt_status eigenpair_combine(cpt_solve *solve, const cpt_block *block, const double *x,
                                       double *field)
{
    return add_second_directional(solve, block->points[0], 1, x, block->condition->vectors, field);
}

static critpt_status eigenpair_units(cpt_solve *solve, const cpt_block *block, double *units)
{
    critpt_status status;
    make_absolute(solve->directions, block->condition->vectors, solve->P);
    CPT_TRY(cpt_landscape_product_unit(
        &solve->workspace, cpt_solve_weights(solve, block->points[0]), solve->directions, units));
    for (size_t j = 0; j < solve->P; j++)
        units[j] = DBL_EPSILON * (units[j] + fabs(block->value) * solve->directions[j]);
done:
    return status;
}

const cpt_equations cpt_eigenpair_equations = {
    .accepted = 100,
    .columns = eigenpair_columns,
    .residuals = eigenpair_residuals,
    .products = eigenpair_products,
    .combine = eigenpair_combine,
    .units = eigenpair_units,
};

/* ---- S(Mn r) = 0: its lower triangle, row by row ---- */

static critpt_status gauss_newton_columns(const cpt_solve *solve, const cpt_block *block,
                                          cpt_chunk *chunk)
{
    critpt_status status;
    critpt_workspace *workspace = &chunk->workspace;
    size_t rows = chunk->rows;
    double *to = chunk->entries + block->first * rows, *direction = solve->directions;
    CPT_TRY(cpt_solve_evaluate(solve, workspace, block->points[0], chunk->first,
                               CPT_SECOND_DERIVATIVES));
    const cpt_jacobian_layout layout = {
        .sample = 1, .output = workspace->jet.batch.n, .weight = rows};
    for (size_t a = 0; a < solve->P; a++) {
        memset(direction, 0, solve->P * sizeof *direction);
        direction[a] = 1;
        cpt_metric_batch_jacobian_tangent(cpt_landscape_metric(workspace), direction,
                                          workspace->scratch, chunk->scratch, &layout);
        memcpy(to, chunk->scratch, (a + 1) * rows * sizeof *to);
        to += (a + 1) * rows;
    }
done:
    return status;
}

static void pack_lower(const cpt_solve *solve, double factor, double *packed)
{
    for (size_t a = 0; a < solve->P; a++)
        for (size_t b = 0; b <= a; b++)
            *packed++ = factor * solve->matrix[a * solve->P + b];
}

/* The terms of the Hessian in the solve's matrix; w as cpt_landscape_curvature_matrix has it. */
static critpt_status assemble(cpt_solve *solve, const cpt_block *block, cpt_terms terms,
                              const double *w)
{
    return cpt_landscape_curvature_matrix(&solve->workspace,
                                          cpt_solve_weights(solve, block->points[0]), terms, w,
                                          solve->matrix, solve->P);
}

static critpt_status gauss_newton_residuals(cpt_solve *solve, const cpt_block *block,
                                            double *residuals)
{
    critpt_status status = assemble(solve, block, CPT_RESIDUAL_CURVATURE, NULL);
    if (status == CRITPT_OK)
        pack_lower(solve, 1, residuals);
    return status;
}

static critpt_status gauss_newton_products(cpt_solve *solve, const cpt_block *block,
                                           const double *w, double *products)
{
    critpt_status status = assemble(solve, block, CPT_RESIDUAL_CURVATURE, w);
    if (status == CRITPT_OK)
        pack_lower(solve, 1, products);
    return status;
}

/* sum_ab x_ab Hess_ab = <Hess, Q> with Q_ab = Q_ba = x_ab / 2 off the diagonal. */
static critpt_status gauss_newton_combine(cpt_solve *solve, const cpt_block *block, const double *x,
                                          double *field)
{
    critpt_status status;
    size_t P = solve->P;
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b <= a; b++, x++)
            solve->matrix[a * P + b] = solve->matrix[b * P + a] = a == b ? *x : *x / 2;
    CPT_TRY(cpt_landscape_curvature_adjoint(&solve->workspace,
                                            cpt_solve_weights(solve, block->points[0]),
                                            solve->matrix, P, solve->weighted, solve->D));
    cpt_linalg_axpy(solve->N * solve->D, 1, solve->weighted, field);
done:
    return status;
}

static critpt_status gauss_newton_units(cpt_solve *solve, const cpt_block *block, double *units)
{
    critpt_status status = cpt_landscape_residual_curvature_unit(
        &solve->workspace, cpt_solve_weights(solve, block->points[0]), solve->matrix);
    if (status == CRITPT_OK)
        pack_lower(solve, DBL_EPSILON, units);
    return status;
}

const cpt_equations cpt_gauss_newton_equations = {
    .accepted = 100,
    .columns = gauss_newton_columns,
    .residuals = gauss_newton_residuals,
    .products = gauss_newton_products,
    .combine = gauss_newton_combine,
    .units = gauss_newton_units,
};
