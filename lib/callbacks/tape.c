/* What is known of a batch: its samples row by row, outputs, and the Jacobian once it is asked for.
 */
#include <string.h>

#include "callbacks/callbacks.h"

/* Doubles that hold the structure itself. */
enum { HEAD = (sizeof(cpt_callback_tape) + sizeof(double) - 1) / sizeof(double) };

critpt_status cpt_callbacks_tape_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    size_t D = model->n_outputs, P = model->n_weights, numbers;
    CPT_TRY(cpt_multiply_add(D, P, 0, "Jacobian of a sample", &numbers));
    /* inputs, outputs, work and share of each sample */
    CPT_TRY(cpt_multiply_add(numbers, 2, model->n_inputs + 1, "tape of a sample", &numbers));
    CPT_TRY(cpt_multiply_add(D, 2, numbers, "tape of a sample", &numbers));
    CPT_TRY(cpt_multiply_add(numbers, n, P + HEAD, "tape of a batch", size));
done:
    return status;
}

cpt_callback_tape *cpt_callbacks_tape(const cpt_batch *batch)
{
    return (cpt_callback_tape *)(void *)batch->tape;
}

cpt_callback_tape *cpt_callbacks_begin_tape(const critpt_model *model, cpt_batch *batch)
{
    size_t n = batch->n, d = model->n_inputs, D = model->n_outputs, P = model->n_weights;
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    double *inputs = batch->tape + HEAD;
    memset(tape, 0, sizeof *tape);
    if (!batch->rows)
        cpt_linalg_transpose(d, n, batch->inputs, n, inputs, d);
    tape->rows = (cpt_rows){batch->weights, batch->rows ? batch->rows : inputs, n, batch->first,
                            batch->numbers};
    tape->outputs = inputs + n * d;
    tape->shares = tape->outputs + n * D;
    tape->work = tape->shares + n;
    tape->jacobian = tape->work + n * D + P;
    tape->jacobian_errors = tape->jacobian + n * D * P;
    return tape;
}

critpt_status cpt_callbacks_need_jacobian(const cpt_callback_model *own, cpt_callback_tape *tape)
{
    critpt_status status = CRITPT_OK;
    size_t copies = cpt_callbacks_differs(own) ? 2 : 1;
    size_t count = copies * tape->rows.n * own->model.n_outputs * own->model.n_weights;
    if (tape->has_jacobian)
        goto done;
    if (!cpt_callbacks_recall(own, CPT_KEPT_JACOBIAN, &tape->rows, count, tape->jacobian)) {
        CPT_TRY(cpt_callbacks_jacobian(own, &tape->rows, tape->jacobian, tape->jacobian_errors));
        if (own->jacobian != CPT_JACOBIAN_GIVEN)
            cpt_callbacks_keep(own, CPT_KEPT_JACOBIAN, &tape->rows, count, tape->jacobian);
    }
    tape->has_jacobian = true;
done:
    return status;
}

static cpt_cache_key key_of(const cpt_callback_model *own, int kind, const cpt_rows *rows)
{
    return (cpt_cache_key){kind, rows->weights, rows->inputs, own->model.n_weights,
                           rows->n * own->model.n_inputs};
}

bool cpt_callbacks_recall(const cpt_callback_model *own, int kind, const cpt_rows *rows,
                          size_t count, double *values)
{
    pthread_mutex_t *lock = &cpt_callbacks_from(&own->model)->lock;
    const cpt_cache_key key = key_of(own, kind, rows);
    pthread_mutex_lock(lock);
    bool found = cpt_cache_find(&own->cache, &key, count, values);
    pthread_mutex_unlock(lock);
    return found;
}

void cpt_callbacks_keep(const cpt_callback_model *own, int kind, const cpt_rows *rows, size_t count,
                        const double *values)
{
    cpt_callback_model *to = cpt_callbacks_from(&own->model);
    const cpt_cache_key key = key_of(own, kind, rows);
    pthread_mutex_lock(&to->lock);
    cpt_cache_keep(&to->cache, &key, count, values);
    pthread_mutex_unlock(&to->lock);
}
