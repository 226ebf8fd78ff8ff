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

/* Evaluates node 0 into `reference` (D x n), and *entries = D n of the batch. */
static critpt_status evaluate_reference(const cpt_solve *solve, critpt_workspace *workspace,
                                        const cpt_block *block, size_t first, double *reference,
                                        size_t *entries)
{
    critpt_status status;
    CPT_TRY(evaluate(solve, workspace, block, 0, first));
    *entries = solve->D * workspace->jet.batch.n;
    memcpy(reference, workspace->jet.batch.outputs, *entries * sizeof *reference);
done:
    return status;
}

/* difference = f - f_0 of equation e's node, as evaluated. */
static void subtract(const critpt_workspace *workspace, const double *reference, size_t entries,
                     double *difference)
{
    for (size_t i = 0; i < entries; i++)
        difference[i] = workspace->jet.batch.outputs[i] - reference[i];
}

static critpt_status columns(const cpt_solve *solve, const cpt_block *block, cpt_chunk *chunk)
{
    critpt_status status;
    critpt_workspace *workspace = chunk->workspace;
    double *reference = chunk->scratch, *to = chunk->entries + block->first * chunk->rows;
    size_t entries;
    CPT_TRY(evaluate_reference(solve, workspace, block, chunk->first, reference, &entries));
    for (size_t e = 0; e < block->n; e++) {
        CPT_TRY(evaluate(solve, workspace, block, e + 1, chunk->first));
        subtract(workspace, reference, entries, workspace->residual);
        cpt_chunk_store(solve, chunk, workspace->residual, to + e * chunk->rows);
    }
done:
    return status;
}

/* (f - f_0)' Mn ((f + f_0) / 2 - y) on the evaluated batch: the difference of the losses there,
 * without the cancellation that subtracting them would have. */
static double batch_difference(cpt_solve *solve, size_t first, const double *reference)
{
    critpt_workspace *workspace = &solve->workspace;
    size_t n = workspace->jet.batch.n, D = solve->D;
    double *middle = workspace->residual, *weighted = workspace->cotangent;
    const double *f = workspace->jet.batch.outputs;
    for (size_t o = 0; o < D; o++)
        for (size_t i = 0; i < n; i++)
            middle[o * n + i] =
                (f[o * n + i] + reference[o * n + i]) / 2 - solve->targets[(first + i) * D + o];
    cpt_landscape_apply_metric(workspace, middle, weighted);
    subtract(workspace, reference, D * n, middle);
    return cpt_linalg_dot(D * n, middle, weighted);
}

static critpt_status residuals(cpt_solve *solve, const cpt_block *block, double *residuals)
{
    critpt_status status;
    critpt_workspace *workspace = &solve->workspace;
    size_t entries;
    cpt_sum *sums = NULL;
    CPT_TRY(cpt_allocate(&sums, block->n, sizeof *sums));
    for (size_t first = 0; first < solve->N; first += workspace->jet.batch.n) {
        CPT_TRY(evaluate_reference(solve, workspace, block, first, solve->reference, &entries));
        for (size_t e = 0; e < block->n; e++) {
            CPT_TRY(evaluate(solve, workspace, block, e + 1, first));
            cpt_sum_add(&sums[e], batch_difference(solve, first, solve->reference));
        }
    }
    for (size_t e = 0; e < block->n; e++) {
        cpt_sum_add(&sums[e], -value(block, e));
        residuals[e] = cpt_sum_value(&sums[e]);
    }
done:
    cpt_free(sums);
    return status;
}

static critpt_status products(cpt_solve *solve, const cpt_block *block, const double *w,
                              double *products)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    size_t entries;
    memset(products, 0, block->n * sizeof *products);
    for (size_t first = 0; first < solve->N; first += workspace->jet.batch.n) {
        CPT_TRY(evaluate_reference(solve, workspace, block, first, solve->reference, &entries));
        cpt_linalg_transpose(entries / solve->D, solve->D, w + first * solve->D, solve->D,
                             workspace->cotangent, entries / solve->D);
        for (size_t e = 0; e < block->n; e++) {
            CPT_TRY(evaluate(solve, workspace, block, e + 1, first));
            subtract(workspace, solve->reference, entries, workspace->residual);
            products[e] += cpt_linalg_dot(entries, workspace->residual, workspace->cotangent);
        }
    }
done:
    return status;
}

static critpt_status combine(cpt_solve *solve, const cpt_block *block, const double *x,
                             double *field)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    size_t entries;
    for (size_t first = 0; first < solve->N; first += workspace->jet.batch.n) {
        CPT_TRY(evaluate_reference(solve, workspace, block, first, solve->reference, &entries));
        memset(workspace->cotangent, 0, entries * sizeof(double));
        for (size_t e = 0; e < block->n; e++) {
            CPT_TRY(evaluate(solve, workspace, block, e + 1, first));
            subtract(workspace, solve->reference, entries, workspace->residual);
            cpt_linalg_axpy(entries, x[e], workspace->residual, workspace->cotangent);
        }
        cpt_solve_add_batch(solve, 1, workspace->cotangent, field);
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
