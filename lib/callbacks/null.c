/* Null directions of a model whose structure is not known: what the Jacobian maps to 0, found
 * numerically; whoever asks confirms them by moves along straight lines. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "callbacks/callbacks.h"

typedef struct sum {
    const cpt_callback_model *own;
    double *gram; /* P x P, J'J */
} sum;

static critpt_status add_batch(void *user, const cpt_batch *batch, size_t first)
{
    critpt_status status;
    sum *s = user;
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t P = s->own->model.n_weights, rows = batch->n * s->own->model.n_outputs;
    (void)first;
    CPT_TRY(cpt_callbacks_need_jacobian(s->own, tape));
    cpt_linalg_symmetric_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, rows, 1, tape->jacobian, P,
                              tape->jacobian, P, 1, s->gram);
done:
    return status;
}

/* gram scaled to a diagonal of ones; scale[j] what weight j is multiplied with. */
static void scale_weights(size_t P, double *gram, double *scale)
{
    for (size_t j = 0; j < P; j++)
        scale[j] = gram[j * P + j] > 0 ? 1 / sqrt(gram[j * P + j]) : 1;
    for (size_t i = 0; i < P * P; i++)
        gram[i] *= scale[i / P] * scale[i % P];
}

critpt_status cpt_callbacks_seek_null_families(const critpt_model *model, const cpt_passes *passes,
                                               const cpt_null_sink *sink)
{
    /* |J v|^2 of a null direction is eps^2 of the largest, but rounding of the products leaves eps
     * of it */
    static const double least = 1e3 * DBL_EPSILON;
    critpt_status status;
    size_t P = model->n_weights, n = 0;
    double *values = NULL, *scale = NULL;
    sum s = {cpt_callbacks_from(model), NULL};
    CPT_TRY(cpt_allocate(&s.gram, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&values, P, sizeof *values));
    CPT_TRY(cpt_allocate(&scale, P, sizeof *scale));
    CPT_TRY(passes->run(passes, add_batch, &s));
    CPT_TRY(cpt_require_finite("products of the Jacobian", s.gram, P * P));
    scale_weights(P, s.gram, scale);
    CPT_TRY(cpt_linalg_eigen(P, s.gram, values));
    while (n < P && values[n] <= least * values[P - 1])
        n++;
    for (size_t i = 0; i < n; i++) {
        double *line = s.gram + i * P, norm;
        for (size_t j = 0; j < P; j++)
            line[j] *= scale[j];
        norm = cpt_linalg_norm(P, line);
        for (size_t j = 0; j < P; j++)
            line[j] /= norm;
    }
    double size = cpt_linalg_norm(P, passes->weights) / sqrt((double)P);
    const cpt_null_family family = {.place = {0, 0, CRITPT_NULL_NUMERICAL},
                                    .n_lines = n,
                                    .lines = s.gram,
                                    .length = size > 0 ? size : 1};
    if (n > 0)
        CPT_TRY(sink->take(sink->user, &family));
done:
    cpt_free(s.gram);
    cpt_free(values);
    cpt_free(scale);
    return status;
}
