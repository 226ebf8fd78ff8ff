/* Equations that prescribe losses: L(node e + 1) - L(node 0) = value e, whose c is f - f_0 and
 * whose m is (f + f_0) / 2. The nodes are two points, or a grid on the plane through three. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

/* A + s (B - A) + t (C - A) */
static void plane_weights(const cpt_solve *solve, const cpt_block *block, size_t node,
                          double *weights)
{
    const cpt_condition *picture = block->condition;
    size_t row = node / picture->n_columns, column = node % picture->n_columns;
    double s = (double)column / (double)(picture->n_columns - 1);
    double t = (double)row / (double)(picture->n_rows - 1);
    const double *a = cpt_solve_weights(solve, block->points[0]);
    const double *b = cpt_solve_weights(solve, block->points[1]);
    const double *c = cpt_solve_weights(solve, block->points[2]);
    for (size_t j = 0; j < solve->P; j++)
        weights[j] = a[j] + s * (b[j] - a[j]) + t * (c[j] - a[j]);
}

static bool is_picture(const cpt_block *block)
{
    return block->condition->kind == CRITPT_CONDITION_PICTURE;
}

/* Evaluates a node's outputs. */
static critpt_status evaluate(const cpt_solve *solve, critpt_workspace *workspace,
                              const cpt_block *block, size_t node, size_t first)
{
    if (!is_picture(block))
        return cpt_solve_evaluate(solve, workspace, block->points[node == 0], first, CPT_VALUES);
    plane_weights(solve, block, node, solve->directions);
    return cpt_jet_evaluate(&workspace->jet, &workspace->samples, solve->directions, first,
                            CPT_VALUES);
}

static double value(const cpt_block *block, size_t e)
{
    const double *picture = block->condition->vectors;
    return is_picture(block) ? picture[e + 1] - picture[0] : block->value;
}

static critpt_status columns(const cpt_solve *solve, const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    critpt_workspace *workspace = &chunk->workspace;
    double *reference = chunk->scratch, *to = chunk->entries + block->first * chunk->rows;
    CPT_TRY(evaluate(solve, workspace, block, 0, chunk->first));
    const double *f = workspace->jet.batch.outputs;
    memcpy(reference, f, chunk->rows * sizeof *reference);
    for (size_t e = 0; e < block->n; e++) {
        CPT_TRY(evaluate(solve, workspace, block, e + 1, chunk->first));
        for (size_t i = 0; i < chunk->rows; i++)
            workspace->residual[i] = f[i] - reference[i];
        cpt_chunk_store(chunk, workspace->residual, to + e * chunk->rows);
    }
done:
    return status;
}

/* ---- Over all samples: fields c of a group of equations at a time, kept for the next use ---- */

/* field (N x D) = a node's outputs. */
static critpt_status find_outputs(cpt_solve *solve, const cpt_block *block, size_t node,
                                  double *field)
{
    critpt_status status = CRITPT_OK;
    const cpt_jet *jet = &solve->workspace.jet;
    for (size_t first = 0; first < solve->N; first += jet->batch.n) {
        CPT_TRY(evaluate(solve, &solve->workspace, block, node, first));
        cpt_linalg_transpose(solve->D, jet->batch.n, jet->batch.outputs, jet->batch.n,
                             field + first * solve->D, solve->D);
    }
done:
    return status;
}

/* Makes group->c the fields of equations first .. first + count - 1 of the block, with f_0 and
 * c'Mn c / 2. */
static critpt_status form_group(cpt_solve *solve, const cpt_block *block, size_t first)
{
    critpt_status status = CRITPT_OK;
    cpt_loss_group *group = &solve->group;
    size_t n = solve->N * solve->D;
    if (group->block == block && group->first == first)
        return CRITPT_OK;
    group->block = NULL;
    group->count = block->n - first < group->capacity ? block->n - first : group->capacity;
    CPT_TRY(find_outputs(solve, block, 0, group->reference));
    for (size_t e = 0; e < group->count; e++) {
        double *c = group->c + e * n;
        CPT_TRY(find_outputs(solve, block, first + e + 1, c));
        cpt_linalg_axpy(n, -1, group->reference, c);
        cpt_solve_apply_metric(solve, c, group->weighted);
        group->half_squares[e] = cpt_linalg_dot(n, c, group->weighted) / 2;
    }
    group->block = block;
    group->first = first;
done:
    return status;
}

/* (f - f_0)' Mn ((f + f_0) / 2 - y) = c' Mn (f_0 - y) + c' Mn c / 2: the difference of the losses
 * without the cancellation that subtracting them would have. */
static critpt_status residuals(cpt_solve *solve, const cpt_block *block, double *residuals)
{
    critpt_status status = CRITPT_OK;
    cpt_loss_group *group = &solve->group;
    size_t n = solve->N * solve->D;
    for (size_t first = 0; first < block->n; first += group->count) {
        CPT_TRY(form_group(solve, block, first));
        memcpy(solve->field, group->reference, n * sizeof(double));
        cpt_linalg_axpy(n, -1, solve->targets, solve->field);
        cpt_solve_apply_metric(solve, solve->field, solve->weighted);
        cpt_linalg_gemv(CPT_PLAIN, group->count, n, 1, group->c, n, solve->weighted, 0,
                        residuals + first);
        for (size_t e = 0; e < group->count; e++)
            residuals[first + e] += group->half_squares[e] - value(block, first + e);
    }
done:
    return status;
}

static critpt_status products(cpt_solve *solve, const cpt_block *block, const double *w,
                              double *products)
{
    critpt_status status = CRITPT_OK;
    const cpt_loss_group *group = &solve->group;
    size_t n = solve->N * solve->D;
    for (size_t first = 0; first < block->n; first += group->count) {
        CPT_TRY(form_group(solve, block, first));
        cpt_linalg_gemv(CPT_PLAIN, group->count, n, 1, group->c, n, w, 0, products + first);
    }
done:
    return status;
}

static critpt_status combine(cpt_solve *solve, const cpt_block *block, const double *x,
                             double *field)
{
    critpt_status status = CRITPT_OK;
    const cpt_loss_group *group = &solve->group;
    size_t n = solve->N * solve->D;
    for (size_t first = 0; first < block->n; first += group->count) {
        CPT_TRY(form_group(solve, block, first));
        cpt_linalg_gemv(CPT_TRANSPOSED, group->count, n, 1, group->c, n, x + first, 1, field);
    }
done:
    return status;
}

/* eps max(L, L_0, y' Mn y); the residuals are those of the present targets. */
static critpt_status units(cpt_solve *solve, const cpt_block *block, double *units)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    double size = cpt_solve_distance(solve, solve->targets, NULL), loss = 0;
    const double *weights = cpt_solve_weights(solve, block->points[is_picture(block) ? 0 : 1]);
    CPT_TRY(cpt_landscape_gradient_pass(workspace, solve->targets, weights, NULL, &loss));
    for (size_t e = 0; e < block->n; e++) {
        double above = loss + solve->residuals[block->first + e] + value(block, e);
        units[e] = DBL_EPSILON * fmax(fmax(loss, above), size * size);
    }
done:
    return status;
}

const cpt_equations cpt_loss_equations = {
    .accepted = 20,
    .columns = columns,
    .residuals = residuals,
    .products = products,
    .combine = combine,
    .units = units,
};
