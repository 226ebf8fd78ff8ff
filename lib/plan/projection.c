/* What no equation sees: fields projected on the null space of the rows, orthogonally in the norm
 * of the loss, by the semi-normal equations. */
#include <string.h>

#include "plan/solve.h"

critpt_status cpt_solve_project(cpt_solve *solve, double *field, double *slack)
{
    enum { ROUNDS = 2 }; /* the second makes up for the semi-normal equations' rounding */
    critpt_status status = CRITPT_OK;
    size_t n = solve->N * solve->D;
    CPT_TRY(cpt_solve_free_field(solve, field));
    for (size_t round = 0; round < ROUNDS; round++) {
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

/* part (count x rows, the chunk's order of rows) = the fields in the chunk's batch, or back. */
static void exchange(const cpt_solve *solve, const cpt_chunk *chunk, size_t count, double *fields,
                     double *part, bool back)
{
    size_t D = solve->D, n = chunk->rows / D;
    for (size_t j = 0; j < count; j++) {
        double *field = fields + (j * solve->N + chunk->first) * D, *row = part + j * chunk->rows;
        if (back)
            cpt_linalg_transpose(D, n, row, n, field, D);
        else
            cpt_linalg_transpose(n, D, field, D, row, n);
    }
}

/* x (count x equations) += the products of the fields with the rows; or fields -= x rows. */
static critpt_status pass(const cpt_solve *solve, cpt_chunk *chunk, size_t count, double *fields,
                          double *part, double *x, bool back)
{
    critpt_status status = CRITPT_OK;
    size_t M = solve->equations;
    for (size_t first = 0; first < solve->N; first += chunk->workspace.jet.batch.n) {
        CPT_TRY(cpt_chunk_form(solve, chunk, first));
        size_t rows = chunk->rows;
        exchange(solve, chunk, count, fields, part, false);
        if (back)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, count, rows, M, -1, x, M, chunk->entries, rows, 1,
                            part, rows);
        else
            cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, count, M, rows, 1, part, rows,
                            chunk->entries, rows, 1, x, M);
        if (back) {
            CPT_TRY(cpt_solve_free_rows(solve, first, chunk->workspace.jet.batch.n, count, part));
            exchange(solve, chunk, count, fields, part, true);
        }
    }
done:
    return status;
}

critpt_status cpt_solve_project_scaled(cpt_solve *solve, size_t count, double *fields)
{
    critpt_status status;
    cpt_chunk chunk = {0};
    double *x = NULL, *part = NULL;
    size_t n_part;
    CPT_TRY(cpt_chunk_create(solve, &chunk));
    CPT_TRY(cpt_allocate(&x, count, solve->equations * sizeof *x));
    CPT_TRY(cpt_multiply(solve->batch * solve->D, count, "fields of a batch", &n_part));
    CPT_TRY(cpt_allocate(&part, n_part, sizeof *part));
    memset(x, 0, count * solve->equations * sizeof *x);
    CPT_TRY(pass(solve, &chunk, count, fields, part, x, false));
    CPT_TRY(cpt_triangle_solve(&solve->triangle, count, x));
    CPT_TRY(pass(solve, &chunk, count, fields, part, x, true));
done:
    cpt_chunk_destroy(&chunk);
    cpt_free(x);
    cpt_free(part);
    return status;
}
