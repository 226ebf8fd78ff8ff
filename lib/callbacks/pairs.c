/* See pairs.h. */
#include "callbacks/pairs.h"

#include <math.h>
#include <string.h>

/* Doubles of the rows held, unless those of one sample are more: they stay in cache. */
enum { HELD = 1 << 17 };

size_t cpt_callbacks_held(const cpt_callback_model *own, size_t n)
{
    size_t fit = HELD / (own->model.n_outputs * own->n_pairs);
    return cpt_larger(cpt_smaller(fit, n), 1);
}

critpt_status cpt_callbacks_held_size(const critpt_model *model, size_t n, size_t *size)
{
    const cpt_callback_model *own = cpt_callbacks_from(model);
    size_t copies = cpt_callbacks_differs_twice(own) ? 2 : 1;
    return cpt_multiply(copies * model->n_outputs * own->n_pairs, cpt_callbacks_held(own, n),
                        "second derivatives of a batch", size);
}

/* |f''| + errors / share for each, the errors of differences and what rounding makes of them. */
static void enlarge(const cpt_callback_model *own, const cpt_callback_tape *tape,
                    const cpt_pair_rows *pairs)
{
    size_t Q = own->n_pairs, D = own->model.n_outputs;
    for (size_t r = 0; r < pairs->count * D; r++) {
        size_t at = pairs->first * D + r;
        double inverse = 1 / tape->shares[at / D];
        double relative = 1 + tape->epsilon * (2 + tape->work[at]) * inverse;
        for (size_t q = 0; q < Q; q++) {
            double error = pairs->errors ? pairs->errors[r * Q + q] * inverse : 0;
            pairs->rows[r * Q + q] = pairs->rows[r * Q + q] * relative + error;
        }
    }
}

critpt_status cpt_callbacks_next_pairs(const cpt_callback_model *own, const cpt_callback_tape *tape,
                                       double *memory, cpt_pair_rows *pairs)
{
    critpt_status status = CRITPT_OK;
    size_t first = pairs->first + pairs->count, rest = tape->rows.n - first, count, copies;
    pairs->first = first;
    pairs->count = cpt_smaller(rest, cpt_callbacks_held(own, tape->rows.n));
    if (pairs->count == 0)
        return CRITPT_OK;
    const cpt_rows rows = cpt_callbacks_part(own, &tape->rows, first, pairs->count);
    count = pairs->count * own->model.n_outputs * own->n_pairs;
    copies = cpt_callbacks_differs_twice(own) ? 2 : 1;
    pairs->rows = memory;
    pairs->errors = copies == 2 ? memory + count : NULL;
    if (!cpt_callbacks_recall(own, CPT_KEPT_SECOND, &rows, copies * count, memory)) {
        CPT_TRY(cpt_callbacks_second(own, &rows, pairs->rows, pairs->errors));
        cpt_callbacks_keep(own, CPT_KEPT_SECOND, &rows, copies * count, memory);
    }
    for (size_t i = 0; tape->absolute && i < count; i++)
        pairs->rows[i] = fabs(pairs->rows[i]);
    if (tape->enlarged)
        enlarge(own, tape, pairs);
done:
    return status;
}

void cpt_callbacks_pack(size_t P, const double *q, size_t leading, double *packed)
{
    for (size_t a = 0; a < P; a++) {
        *packed++ = q[a * leading + a];
        for (size_t b = a + 1; b < P; b++)
            *packed++ = q[a * leading + b] + q[b * leading + a];
    }
}

void cpt_callbacks_pack_pair(size_t P, const double *v, const double *u, double *packed)
{
    for (size_t a = 0; a < P; a++) {
        *packed++ = v[a] * u[a];
        for (size_t b = a + 1; b < P; b++)
            *packed++ = v[a] * u[b] + v[b] * u[a];
    }
}

void cpt_callbacks_pair_product(size_t P, const double *row, const double *v, double *result)
{
    for (size_t a = 0; a < P; a++, row += P - a + 1) {
        result[a] += row[0] * v[a];
        for (size_t b = a + 1; b < P; b++) {
            result[a] += row[b - a] * v[b];
            result[b] += row[b - a] * v[a];
        }
    }
}
