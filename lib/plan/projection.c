/* What no equation sees: fields projected on the null space of the rows, orthogonally in the norm
 * of the loss, by the semi-normal equations. */
#include <string.h>

#include "plan/solve.h"

critpt_status cpt_solve_project(cpt_solve *solve, double *field, double *slack)
{
    static const double well_conditioned = 1e4;
    critpt_status status = CRITPT_OK;
    size_t n = solve->N * solve->D;
    /* a second round makes up for the rounding of ill-conditioned semi-normal equations */
    size_t rounds = solve->triangle.condition <= well_conditioned ? 1 : 2;
    CPT_TRY(cpt_solve_free_field(solve, field));
    for (size_t round = 0; round < rounds; round++) {
        cpt_solve_apply_metric(solve, field, solve->weighted);
        for (size_t b = 0; b < solve->n_blocks; b++) {
            const cpt_block *block = &solve->blocks[b];
            CPT_TRY(
                block->kind->products(solve, block, solve->weighted, solve->step + block->first));
        }
        for (size_t e = 0; e < solve->equations; e++)
            solve->step[e] += solve->looseness[e] * slack[e];
        CPT_TRY(cpt_triangle_solve(&solve->triangle, 1, solve->step));
        CPT_TRY(cpt_solve_combine(solve, solve->field));
        cpt_linalg_axpy(n, -1, solve->field, field);
        for (size_t e = 0; e < solve->equations; e++)
            slack[e] -= solve->looseness[e] * solve->step[e];
    }
done:
    return status;
}

/* ---- Many fields at once, in scaled coordinates ---- */

/* part = the chunk's batch of a field, in the chunk's order of rows; or back. */
static void exchange(const cpt_solve *solve, const cpt_chunk *chunk, double *field, double *part,
                     bool back)
{
    size_t D = solve->D, n = chunk->rows / D;
    field += chunk->first * D;
    if (back)
        cpt_linalg_transpose(D, n, part, n, field, D);
    else
        cpt_linalg_transpose(n, D, field, D, part, n);
}

/* x (count x equations) += the products of the fields with the rows; or fields -= x rows. */
static critpt_status pass_rows(const cpt_solve *solve, cpt_chunk *chunk, size_t count,
                               double *fields, double *parts, double *x, bool back)
{
    critpt_status status = CRITPT_OK;
    size_t M = solve->equations, n = solve->N * solve->D;
    for (size_t first = 0; first < solve->N; first += chunk->workspace.jet.batch.n) {
        cpt_chunk_begin(solve, chunk, first);
        CPT_TRY(cpt_chunk_form(solve, chunk));
        size_t rows = chunk->rows;
        for (size_t j = 0; j < count; j++)
            exchange(solve, chunk, fields + j * n, parts + j * rows, false);
        if (back)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, count, rows, M, -1, x, M, chunk->entries, rows, 1,
                            parts, rows);
        else
            cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, count, M, rows, 1, parts, rows,
                            chunk->entries, rows, 1, x, M);
        if (back)
            CPT_TRY(cpt_solve_free_rows(solve, first, rows / solve->D, count, parts));
        for (size_t j = 0; back && j < count; j++)
            exchange(solve, chunk, fields + j * n, parts + j * rows, true);
    }
done:
    return status;
}

/* x += the part's product with the rows of a gradient: the pullback of sqrt(s_i / N) C part. */
static critpt_status pull_part(const cpt_solve *solve, cpt_chunk *chunk, const double *part,
                               double *x)
{
    const double *factor = solve->plan->landscape->metric_factor; /* C' */
    double *u = chunk->workspace.residual, *product = chunk->workspace.cotangent;
    size_t D = solve->D, n = chunk->rows / D;
    for (size_t o = 0; o < D; o++)
        for (size_t i = 0; i < n; i++)
            u[o * n + i] = chunk->scale[i] * part[o * n + i];
    if (factor)
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, D, n, D, 1, factor, D, u, n, 0, product, n);
    return cpt_jet_pullback(&chunk->workspace.jet, factor ? product : u, x);
}

/* part -= the combination x of the rows of a gradient: sqrt(s_i / N) C' of its pushforward. */
static critpt_status push_part(const cpt_solve *solve, cpt_chunk *chunk, const double *x,
                               double *part)
{
    critpt_status status;
    critpt_workspace *workspace = &chunk->workspace;
    CPT_TRY(cpt_jet_pushforward(&workspace->jet, x, workspace->residual));
    cpt_chunk_store(solve, chunk, workspace->residual, workspace->cotangent);
    cpt_linalg_axpy(chunk->rows, -1, workspace->cotangent, part);
done:
    return status;
}

/* The same as pass_rows through the network, where all equations are gradients and all targets may
 * move. */
static critpt_status pass_network(const cpt_solve *solve, cpt_chunk *chunk, size_t count,
                                  double *fields, double *part, double *x, bool back)
{
    critpt_status status = CRITPT_OK;
    size_t M = solve->equations, n = solve->N * solve->D;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        for (size_t first = 0; first < solve->N; first += chunk->workspace.jet.batch.n) {
            cpt_chunk_begin(solve, chunk, first);
            CPT_TRY(cpt_solve_evaluate(solve, &chunk->workspace, block->points[0], first,
                                       CPT_DERIVATIVES));
            for (size_t j = 0; j < count; j++) {
                double *of_block = x + j * M + block->first;
                exchange(solve, chunk, fields + j * n, part, false);
                if (!back) {
                    CPT_TRY(pull_part(solve, chunk, part, of_block));
                    continue;
                }
                CPT_TRY(push_part(solve, chunk, of_block, part));
                exchange(solve, chunk, fields + j * n, part, true);
            }
        }
    }
done:
    return status;
}

/* Through the network the D rows of a sample cost together as much as one, though in products that
 * are small beside those of whole rows. */
static bool is_through_network(const cpt_solve *solve)
{
    enum { MANY_OUTPUTS = 4 };
    if (solve->plan->frozen)
        return false;
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (solve->blocks[b].kind != &cpt_gradient_equations)
            return false;
    return solve->D >= MANY_OUTPUTS;
}

size_t cpt_solve_projected_samples(const cpt_solve *solve)
{
    enum { SAMPLES = 1024 };
    size_t most = SAMPLES < solve->N ? SAMPLES : solve->N;
    return is_through_network(solve) ? most : solve->batch;
}

critpt_status cpt_solve_project_scaled(cpt_solve *solve, size_t count, double *fields)
{
    critpt_status status;
    cpt_chunk chunk = {0};
    double *x = NULL, *parts = NULL;
    size_t M = solve->equations, n_parts;
    bool through = is_through_network(solve);
    CPT_TRY(cpt_chunk_create(solve, cpt_solve_projected_samples(solve), !through, &chunk));
    CPT_TRY(cpt_allocate(&x, count, M * sizeof *x));
    CPT_TRY(cpt_multiply(chunk.workspace.jet.capacity * solve->D, through ? 1 : count,
                         "fields of a batch", &n_parts));
    CPT_TRY(cpt_allocate(&parts, n_parts, sizeof *parts));
    memset(x, 0, count * M * sizeof *x);
    for (int back = 0; back <= 1; back++) {
        CPT_TRY((through ? pass_network : pass_rows)(solve, &chunk, count, fields, parts, x, back));
        if (!back)
            CPT_TRY(cpt_triangle_solve(&solve->triangle, count, x));
    }
done:
    cpt_chunk_destroy(&chunk);
    cpt_free(x);
    cpt_free(parts);
    return status;
}
