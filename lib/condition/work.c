/* What the kinds compute with. */
#include <string.h>

#include "condition/condition.h"

static critpt_status fields_create(cpt_condition_fields *fields, size_t capacity, size_t n)
{
    critpt_status status = CRITPT_OK;
    size_t entries;
    fields->condition = CRITPT_CRITICAL_POINT; /* whose equations are never kept */
    fields->capacity = capacity;
    if (capacity == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_multiply(capacity, n, "fields of losses", &entries));
    CPT_TRY(cpt_allocate(&fields->c, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&fields->half_squares, capacity, sizeof(double)));
    CPT_TRY(cpt_allocate(&fields->reference, n, sizeof(double)));
done:
    return status;
}

critpt_status cpt_condition_work_create(cpt_condition_work *work, const cpt_points *points,
                                        size_t batch, bool with_matrix, size_t capacity)
{
    critpt_status status;
    size_t n = points->N * points->D, square;
    CPT_TRY(cpt_points_evaluation_create(&work->evaluation, points, batch));
    CPT_TRY(cpt_allocate(&work->product, points->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&work->field, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&work->weighted, n, sizeof(double)));
    CPT_TRY(fields_create(&work->fields, capacity, n));
    if (!with_matrix)
        goto done;
    CPT_TRY(cpt_multiply(points->P, points->P, "second derivatives", &square));
    CPT_TRY(cpt_allocate(&work->matrix, square, sizeof(double)));
done:
    return status;
}

void cpt_condition_work_destroy(cpt_condition_work *work)
{
    cpt_points_evaluation_destroy(&work->evaluation);
    cpt_free(work->product);
    cpt_free(work->matrix);
    cpt_free(work->field);
    cpt_free(work->weighted);
    cpt_free(work->fields.c);
    cpt_free(work->fields.half_squares);
    cpt_free(work->fields.reference);
}

void cpt_condition_store(cpt_chunk *chunk, const double *c, double *column)
{
    memcpy(column, c, chunk->rows * sizeof *column);
    cpt_metric_batch_root(cpt_landscape_metric(&chunk->evaluation.workspace), 1, column);
}
