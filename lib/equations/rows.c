/* Rows, formed batch by batch; they are never stored. */
#include <string.h>

#include "equations/equations.h"

critpt_status cpt_equations_chunk_create(const cpt_equations *equations, size_t batch,
                                         bool with_rows, cpt_chunk *chunk)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t rows = batch * points->D, entries, n_scratch;
    memset(chunk, 0, sizeof *chunk);
    CPT_TRY(cpt_points_evaluation_create(&chunk->evaluation, points, batch));
    if (!with_rows)
        goto done;
    CPT_TRY(cpt_multiply(rows, equations->n, "chunk of equations", &entries));
    CPT_TRY(cpt_allocate(&chunk->entries, entries, sizeof *chunk->entries));
    CPT_TRY(cpt_multiply(rows, equations->work->matrix ? points->P : 1, "chunk of equations",
                         &n_scratch));
    CPT_TRY(cpt_allocate(&chunk->scratch, n_scratch, sizeof *chunk->scratch));
done:
    return status;
}

void cpt_equations_chunk_destroy(cpt_chunk *chunk)
{
    cpt_points_evaluation_destroy(&chunk->evaluation);
    cpt_free(chunk->entries);
    cpt_free(chunk->scratch);
}

void cpt_equations_chunk_begin(cpt_chunk *chunk, size_t first)
{
    cpt_jet *jet = &chunk->evaluation.workspace.jet;
    const cpt_points *points = chunk->evaluation.points;
    size_t rest = points->N - first;
    chunk->first = first;
    jet->batch.n = rest < jet->capacity ? rest : jet->capacity;
    jet->batch.weights = NULL;
    chunk->rows = jet->batch.n * points->D;
}

critpt_status cpt_equations_chunk_form(const cpt_equations *equations, cpt_chunk *chunk)
{
    critpt_status status = CRITPT_OK;
    size_t D = cpt_equations_points(equations)->D;
    for (size_t b = 0; b < equations->n_blocks; b++)
        CPT_TRY(equations->blocks[b].kind->columns(&equations->blocks[b], chunk));
    CPT_TRY(cpt_equations_free_rows(equations->plan, chunk->first, chunk->rows / D, equations->n,
                                    chunk->entries));
done:
    return status;
}

critpt_status cpt_equations_form_seeds(const cpt_equations *equations, cpt_chunk *chunk,
                                       double *seeds)
{
    size_t D = cpt_equations_points(equations)->D;
    cpt_metric_batch_seeds(cpt_landscape_metric(&chunk->evaluation.workspace), seeds);
    return cpt_equations_free_rows(equations->plan, chunk->first, chunk->rows / D, D, seeds);
}
