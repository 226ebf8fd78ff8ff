/* The equations of a solve as a whole: folded into the triangle, their residuals and units, and the
 * moves of the targets that they call for. They are never stored. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

critpt_status cpt_solve_progress(const cpt_solve *solve, double done, const char *stage)
{
    const critpt_plan_options *options = solve->options;
    if (options->progress && options->progress(done, stage, options->progress_user))
        return cpt_error(CRITPT_CANCELLED, "cancelled by the progress callback (%s)", stage);
    return CRITPT_OK;
}

critpt_status cpt_solve_evaluate(const cpt_solve *solve, critpt_workspace *workspace, size_t point,
                                 size_t first, cpt_order order)
{
    const cpt_jet *jet = &workspace->jet;
    const double *weights = cpt_solve_weights(solve, point);
    size_t rest = solve->N - first, n = rest < jet->capacity ? rest : jet->capacity;
    if (jet->batch.weights == weights && jet->first == first && jet->batch.n == n &&
        jet->order >= order)
        return CRITPT_OK;
    return cpt_jet_evaluate(&workspace->jet, &workspace->samples, weights, first, order);
}

void cpt_chunk_store(cpt_chunk *chunk, const double *c, double *column)
{
    memcpy(column, c, chunk->rows * sizeof *column);
    cpt_metric_batch_root(cpt_landscape_metric(&chunk->workspace), 1, column);
}

void cpt_solve_add_batch(const cpt_solve *solve, double factor, const double *c, double *field)
{
    const cpt_jet *jet = &solve->workspace.jet;
    size_t n = jet->batch.n, D = solve->D;
    field += jet->first * D;
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < D; o++)
            field[i * D + o] += factor * c[o * n + i];
}

/* ---- Folding ---- */

critpt_status cpt_chunk_create(const cpt_solve *solve, size_t batch, bool with_rows,
                               cpt_chunk *chunk)
{
    critpt_status status;
    size_t rows = batch * solve->D, entries, n_scratch;
    memset(chunk, 0, sizeof *chunk);
    CPT_TRY(cpt_workspace_initialize(&chunk->workspace, solve->plan->landscape, batch));
    if (!with_rows)
        goto done;
    CPT_TRY(cpt_multiply(rows, solve->equations, "chunk of equations", &entries));
    CPT_TRY(cpt_allocate(&chunk->entries, entries, sizeof *chunk->entries));
    CPT_TRY(cpt_multiply(rows, solve->matrix ? solve->P : 1, "chunk of equations", &n_scratch));
    CPT_TRY(cpt_allocate(&chunk->scratch, n_scratch, sizeof *chunk->scratch));
done:
    if (status != CRITPT_OK)
        cpt_chunk_destroy(chunk);
    return status;
}

void cpt_chunk_destroy(cpt_chunk *chunk)
{
    if (chunk->workspace.landscape)
        cpt_workspace_release(&chunk->workspace);
    cpt_free(chunk->entries);
    cpt_free(chunk->scratch);
    memset(chunk, 0, sizeof *chunk);
}

void cpt_chunk_begin(const cpt_solve *solve, cpt_chunk *chunk, size_t first)
{
    cpt_jet *jet = &chunk->workspace.jet;
    size_t rest = solve->N - first;
    chunk->first = first;
    jet->batch.n = rest < jet->capacity ? rest : jet->capacity;
    jet->batch.weights = NULL;
    chunk->rows = jet->batch.n * solve->D;
}

critpt_status cpt_chunk_form(const cpt_solve *solve, cpt_chunk *chunk)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < solve->n_blocks; b++)
        CPT_TRY(solve->blocks[b].kind->columns(solve, &solve->blocks[b], chunk));
    CPT_TRY(cpt_solve_free_rows(solve, chunk->first, chunk->rows / solve->D, solve->equations,
                                chunk->entries));
done:
    return status;
}

/* What rounding leaves of a row that is zero: of outputs that are subtracted from each other, and
 * of a gradient's rows as explained below; of other rows nothing. */
static critpt_status find_row_rounding(cpt_solve *solve, const cpt_block *block, double *rounding)
{
    static const double ulps = 32; /* of the outputs of a network of moderate size */
    critpt_status status = CRITPT_OK;
    double size = 0;
    *rounding = 0;
    if (block->kind == &cpt_gradient_equations) {
        for (size_t j = block->first; j < block->first + block->n; j++)
            size = hypot(size, cpt_triangle_column_norm(&solve->triangle, j));
        *rounding = DBL_EPSILON * size / sqrt((double)solve->P);
    } else if (block->kind == &cpt_loss_equations) {
        memset(solve->field, 0, solve->N * solve->D * sizeof *solve->field);
        CPT_TRY(cpt_solve_add_outputs(solve, block->points[0], 1, solve->field));
        *rounding = ulps * DBL_EPSILON * cpt_solve_distance(solve, solve->field, NULL);
    }
done:
    return status;
}

/* What the looseness of soft equations is beside their rows: not so small that it drowns in their
 * rounding, so that soft equations which contradict others stay independent (what its square then
 * allows is about the rounding); and anything for rows that are zero, which nothing can meet. */
static critpt_status bound_looseness(cpt_solve *solve)
{
    static const double least = 1e-7;
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        double rounding;
        if (!block->condition || block->condition->softness == 0)
            continue;
        CPT_TRY(find_row_rounding(solve, block, &rounding));
        for (size_t e = block->first; e < block->first + block->n; e++) {
            double row = cpt_triangle_column_norm(&solve->triangle, e);
            solve->looseness[e] = fmax(solve->looseness[e], row > rounding ? least * row : 1);
        }
    }
done:
    return status;
}

/* The looseness of soft equations, a row each: their slack is one more unknown, of the same size
 * as a target's move. */
static critpt_status fold_looseness(cpt_solve *solve, double *entries, size_t most_rows)
{
    critpt_status status = CRITPT_OK;
    size_t next = 0;
    while (next < solve->equations) {
        size_t soft[2048], rows = 0;
        for (; next < solve->equations && rows < most_rows && rows < 2048; next++)
            if (solve->looseness[next] > 0)
                soft[rows++] = next;
        if (rows == 0)
            break;
        memset(entries, 0, rows * solve->equations * sizeof *entries);
        for (size_t row = 0; row < rows; row++)
            entries[soft[row] * rows + row] = solve->looseness[soft[row]];
        CPT_TRY(cpt_triangle_fold(&solve->triangle, rows, entries));
    }
done:
    return status;
}

critpt_status cpt_solve_fold(cpt_solve *solve)
{
    critpt_status status;
    cpt_chunk chunk = {0};
    CPT_TRY(cpt_triangle_create(&solve->triangle, solve->equations));
    CPT_TRY(cpt_chunk_create(solve, solve->batch, true, &chunk));
    for (size_t first = 0; first < solve->N; first += chunk.workspace.jet.batch.n) {
        CPT_TRY(cpt_solve_progress(solve, 0.8 * (double)first / (double)solve->N, "equations"));
        cpt_chunk_begin(solve, &chunk, first);
        CPT_TRY(cpt_chunk_form(solve, &chunk));
        CPT_TRY(cpt_triangle_fold(&solve->triangle, chunk.rows, chunk.entries));
    }
    CPT_TRY(bound_looseness(solve));
    if (solve->rigid)
        memcpy(solve->rigid, solve->triangle.r,
               solve->equations * solve->equations * sizeof *solve->rigid);
    CPT_TRY(fold_looseness(solve, chunk.entries, solve->batch * solve->D));
done:
    cpt_chunk_destroy(&chunk);
    return status;
}

critpt_status cpt_solve_loosen(cpt_solve *solve, double factor)
{
    critpt_status status;
    size_t M = solve->equations, rows = solve->batch * solve->D, entries;
    double *scratch = NULL;
    CPT_TRY(cpt_multiply(rows, M, "chunk of equations", &entries));
    CPT_TRY(cpt_allocate(&scratch, entries, sizeof *scratch));
    memcpy(solve->triangle.r, solve->rigid, M * M * sizeof *solve->rigid);
    for (size_t e = 0; e < M; e++)
        solve->looseness[e] *= factor;
    CPT_TRY(fold_looseness(solve, scratch, rows));
    CPT_TRY(cpt_triangle_factor(&solve->triangle, solve->null,
                                solve->report.values[CRITPT_REPORT_RANK_TOLERANCE]));
done:
    cpt_free(scratch);
    return status;
}

/* An equation of a gradient is null if its row is below the rounding of its point's Jacobian: then
 * its part of the gradient is below the unit in which gradients are judged, whatever the targets
 * are. So is a difference of losses between points whose outputs are the same to rounding. Of the
 * other equations those are left out that have nothing but zeros. */
critpt_status cpt_solve_find_null(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    size_t n_null_weights = 0;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        bool gradient = block->kind == &cpt_gradient_equations;
        double bound;
        CPT_TRY(find_row_rounding(solve, block, &bound));
        for (size_t j = block->first; j < block->first + block->n; j++) {
            solve->null[j] = cpt_triangle_column_norm(&solve->triangle, j) <= bound;
            n_null_weights += gradient && solve->null[j];
        }
    }
    if (n_null_weights)
        CPT_TRY(cpt_solve_name_null_directions(solve));
done:
    return status;
}

/* ---- Residuals, units, moves ---- */

critpt_status cpt_solve_residuals(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        CPT_TRY(block->kind->residuals(solve, block, solve->residuals + block->first));
    }
done:
    return status;
}

critpt_status cpt_solve_units(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        CPT_TRY(cpt_solve_progress(solve, 0.9, "units"));
        CPT_TRY(block->kind->units(solve, block, solve->units + block->first));
    }
done:
    return status;
}

critpt_status cpt_solve_combine(cpt_solve *solve, double *field)
{
    critpt_status status = CRITPT_OK;
    memset(field, 0, solve->N * solve->D * sizeof *field);
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        CPT_TRY(block->kind->combine(solve, block, solve->step + block->first, field));
    }
    CPT_TRY(cpt_solve_free_field(solve, field));
done:
    return status;
}
