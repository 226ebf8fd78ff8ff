/* The user's own model: its first-order operators, and how it is made. */
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "callbacks/callbacks.h"

/* ---- First-order operators ---- */

static critpt_status forward(const critpt_model *model, cpt_batch *batch, cpt_order order)
{
    critpt_status status;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_begin_tape(model, batch);
    size_t n = batch->n, D = model->n_outputs;
    (void)order; /* derivatives are made when they are asked for */
    CPT_TRY(cpt_callbacks_outputs(own, &tape->rows, tape->outputs));
    CPT_TRY(cpt_callbacks_require_numbers(own, &tape->rows, "outputs", tape->outputs, 1));
    cpt_linalg_transpose(n, D, tape->outputs, D, batch->outputs, n);
done:
    return status;
}

static critpt_status pushforward(const critpt_model *model, cpt_batch *batch,
                                 const double *direction, double *result)
{
    critpt_status status;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    if (own->call.jacobian_vector) {
        CPT_TRY(cpt_callbacks_jacobian_vector(own, &tape->rows, direction, tape->work));
        CPT_TRY(cpt_callbacks_require_numbers(own, &tape->rows, "jacobian_vector", tape->work, 1));
    } else {
        CPT_TRY(cpt_callbacks_need_jacobian(own, tape));
        cpt_linalg_gemv(CPT_PLAIN, n * D, P, 1, tape->jacobian, P, direction, 0, tape->work);
    }
    cpt_linalg_transpose(n, D, tape->work, D, result, n);
done:
    return status;
}

/* Of finite cotangents. */
static critpt_status require_gradient(const critpt_model *model, size_t n, const double *cotangent,
                                      const double *gradient)
{
    for (size_t j = 0; j < model->n_weights; j++)
        if (isnan(gradient[j]) && isfinite(cpt_linalg_norm(n * model->n_outputs, cotangent)))
            return cpt_error(CRITPT_NON_FINITE,
                             "the model's jacobian_transposed_vector callback gave nan for weight "
                             "%zu",
                             j);
    return CRITPT_OK;
}

static critpt_status pullback(const critpt_model *model, cpt_batch *batch, const double *cotangent,
                              double *gradient)
{
    critpt_status status;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    cpt_linalg_transpose(D, n, cotangent, n, tape->work, D);
    if (own->call.jacobian_transposed_vector) {
        CPT_TRY(cpt_callbacks_transposed_vector(own, &tape->rows, tape->work, gradient));
        CPT_TRY(require_gradient(model, n, cotangent, gradient));
    } else {
        CPT_TRY(cpt_callbacks_need_jacobian(own, tape));
        cpt_linalg_gemv(CPT_TRANSPOSED, n * D, P, 1, tape->jacobian, P, tape->work, 1, gradient);
    }
done:
    return status;
}

/* Rows of one output, `from_leading` apart, times factor and the samples' scale: put where the
 * layout has them, or added to what is there. By tiles, which stay in cache on both sides. */
static void place_rows(size_t n, size_t P, double factor, const double *scale, const double *from,
                       size_t from_leading, bool add, double *to, const cpt_jacobian_layout *layout)
{
    enum { TILE = 16 };
    for (size_t i0 = 0; i0 < n; i0 += TILE)
        for (size_t j0 = 0; j0 < P; j0 += TILE)
            for (size_t j = j0; j < cpt_smaller(j0 + TILE, P); j++)
                for (size_t i = i0; i < cpt_smaller(i0 + TILE, n); i++) {
                    double entry = factor * (scale ? scale[i] : 1) * from[i * from_leading + j];
                    double *at = to + i * layout->sample + j * layout->weight;
                    *at = add ? *at + entry : entry;
                }
}

/* The same to the weights of a map. */
static void map_rows(size_t n, size_t P, double factor, const double *scale, const double *from,
                     size_t from_leading, double *to, const cpt_jacobian_layout *layout)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < P; j++) {
            double entry = factor * (scale ? scale[i] : 1) * from[i * from_leading + j];
            cpt_jacobian_store(layout, j, 1, &entry, NULL, to + i * layout->sample);
        }
}

static critpt_status jacobian(const critpt_model *model, cpt_batch *batch, const double *seeds,
                              const double *scale, double *entries,
                              const cpt_jacobian_layout *layout)
{
    critpt_status status;
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    CPT_TRY(cpt_callbacks_need_jacobian(cpt_callbacks_from(model), tape));
    for (size_t o = 0; o < D; o++)
        for (size_t q = seeds ? 0 : o; q < (seeds ? D : o + 1); q++) {
            double factor = seeds ? seeds[o * D + q] : 1, *to = entries + o * layout->output;
            const double *from = tape->jacobian + q * P;
            if (layout->map) /* which adds */
                map_rows(n, P, factor, scale, from, D * P, to, layout);
            else
                place_rows(n, P, factor, scale, from, D * P, seeds && q > 0, to, layout);
        }
done:
    return status;
}

static critpt_status magnitudes(const critpt_model *model, cpt_batch *batch, const double *bound,
                                double *squares, double *products)
{
    critpt_status status;
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    CPT_TRY(cpt_callbacks_need_jacobian(cpt_callbacks_from(model), tape));
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < D; o++)
            for (size_t j = 0; j < P; j++) {
                double entry = fabs(tape->jacobian[(i * D + o) * P + j]);
                squares[j] += entry * entry;
                products[j] += entry * bound[o * n + i];
            }
done:
    return status;
}

/* The callbacks' rounding is not known: that of the weights, |J| |w|, and of the result stands in.
 */
static critpt_status error_scale(const critpt_model *model, cpt_batch *batch, double *phi)
{
    critpt_status status;
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    CPT_TRY(cpt_callbacks_need_jacobian(cpt_callbacks_from(model), tape));
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < D; o++) {
            double bound = fabs(tape->outputs[i * D + o]);
            for (size_t j = 0; j < P; j++)
                bound += fabs(tape->jacobian[(i * D + o) * P + j] * batch->weights[j]);
            phi[o * n + i] = bound;
        }
done:
    return status;
}

/* What errors of differences make of J' cotangent. Other Jacobians are exact to rounding, of which
 * nothing is known. */
static critpt_status derivative_errors(const critpt_model *model, cpt_batch *batch,
                                       const double *cotangent, double *products)
{
    critpt_status status = CRITPT_OK;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    if (!cpt_callbacks_differs(own))
        goto done;
    CPT_TRY(cpt_callbacks_need_jacobian(own, tape));
    for (size_t i = 0; i < n * D; i++) {
        double size = fabs(cotangent[i % D * n + i / D]) / DBL_EPSILON;
        cpt_linalg_axpy(P, size, tape->jacobian_errors + i * P, products);
    }
done:
    return status;
}

static critpt_status find_kink(const critpt_model *model, const cpt_batch *batch, cpt_kink *kink)
{
    critpt_status status = CRITPT_OK;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    if (!own->call.kink_margins)
        return CRITPT_OK;
    CPT_TRY(cpt_callbacks_kink_margins(own, &tape->rows, tape->work));
    for (size_t i = 0; i < batch->n; i++) {
        if (isnan(tape->work[i]) || tape->work[i] < 0)
            return cpt_error(CRITPT_NON_FINITE,
                             "the model's kink_margins callback gave %g for sample %zu; a margin "
                             "is 0 or more, infinity where there is no kink",
                             tape->work[i],
                             batch->numbers ? batch->numbers[batch->first + i] : batch->first + i);
        if (tape->work[i] < kink->margin)
            *kink = (cpt_kink){tape->work[i], 0, 0, i};
    }
done:
    return status;
}

static void destroy(critpt_model *model)
{
    cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_cache_clear(&own->cache);
    cpt_free(own->linear);
    cpt_free(own->constants);
    cpt_free(own->draws);
    pthread_mutex_destroy(&own->lock);
    cpt_free(own);
}

static const cpt_model_operations operations = {
    .tape_size = cpt_callbacks_tape_size,
    .forward = forward,
    .pushforward = pushforward,
    .pullback = pullback,
    .jacobian = jacobian,
    .magnitudes = magnitudes,
    .error_scale = error_scale,
    .derivative_errors = derivative_errors,
    .find_kink = find_kink,
    .check = cpt_callbacks_check,
    .destroy = destroy,
    .structure = &cpt_callbacks_structure,
};

/* ---- Creation ---- */

/* The table of today's first release had two callbacks. */
static const size_t least_size =
    offsetof(critpt_model_callbacks, jacobian) + sizeof((critpt_model_callbacks *)NULL)->jacobian;

/* Far more than any table will have: a number beyond it was never a size. */
enum { LARGEST_TABLE = 4096 };

/* A caller of a later version may know members that this one does not: they must ask for nothing.
 */
static critpt_status read_callbacks(const critpt_model_callbacks *given,
                                    critpt_model_callbacks *callbacks)
{
    memset(callbacks, 0, sizeof *callbacks);
    if (!given)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "callbacks is NULL; give a table of callbacks");
    if (given->struct_size < least_size || given->struct_size > LARGEST_TABLE ||
        given->struct_size % sizeof given->outputs != 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "callbacks struct_size is %zu; set it to sizeof(critpt_model_callbacks), "
                         "%zu",
                         given->struct_size, sizeof *callbacks);
    const unsigned char *bytes = (const unsigned char *)given;
    for (size_t i = sizeof *callbacks; i < given->struct_size; i++)
        if (bytes[i] != 0)
            return cpt_error(CRITPT_UNSUPPORTED,
                             "byte %zu of the callbacks is not 0: a member that this version does "
                             "not know; leave it out or use a newer library",
                             i);
    memcpy(callbacks, given, cpt_smaller(given->struct_size, sizeof *callbacks));
    callbacks->struct_size = sizeof *callbacks;
    if (!callbacks->outputs)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the outputs callback is NULL; the others may be left out, it may not");
    return CRITPT_OK;
}

static cpt_jacobian_way choose_jacobian(const critpt_model_callbacks *call)
{
    if (call->jacobian)
        return CPT_JACOBIAN_GIVEN;
    if (call->jacobian_vector)
        return CPT_JACOBIAN_BY_DIRECTIONS;
    if (call->jacobian_transposed_vector)
        return CPT_JACOBIAN_BY_COTANGENTS;
    return call->outputs_complex ? CPT_JACOBIAN_BY_COMPLEX_STEPS : CPT_JACOBIAN_BY_DIFFERENCES;
}

static cpt_second_way choose_second(const critpt_model_callbacks *call)
{
    if (call->curvature)
        return CPT_SECOND_BY_COTANGENTS;
    if (call->second_directional)
        return CPT_SECOND_BY_DIRECTIONS;
    if (call->curvature_vector)
        return CPT_SECOND_BY_COTANGENTS_AND_VECTORS;
    return choose_jacobian(call) == CPT_JACOBIAN_BY_DIFFERENCES ? CPT_SECOND_BY_OUTPUTS
                                                                : CPT_SECOND_BY_JACOBIANS;
}

critpt_status critpt_model_create(critpt_model **model, size_t n_inputs, size_t n_outputs,
                                  size_t n_weights, const critpt_model_callbacks *callbacks,
                                  void *user)
{
    /* second derivatives of one sample, of which some are held: 16 MiB */
    static const double most_second = 1 << 21;
    critpt_status status;
    critpt_model_callbacks call;
    cpt_callback_model *own;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL; give the address of a handle");
    *model = NULL;
    CPT_TRY(read_callbacks(callbacks, &call));
    if (n_inputs == 0 || n_outputs == 0 || n_weights == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "a model of %zu inputs, %zu outputs, %zu weights: none may be 0", n_inputs,
                         n_outputs, n_weights);
    CPT_TRY(cpt_linalg_require_size("n_inputs", n_inputs));
    CPT_TRY(cpt_linalg_require_size("n_outputs", n_outputs));
    CPT_TRY(cpt_linalg_require_size("n_weights", n_weights));
    double P = (double)n_weights, second = (double)n_outputs * P * (P + 1) / 2;
    CPT_TRY(cpt_allocate(&own, 1, sizeof *own));
    own->operations = operations;
    own->operations.second = second <= most_second ? &cpt_callbacks_second_order : NULL;
    cpt_model_initialize(&own->model, &own->operations);
    own->model.n_inputs = n_inputs;
    own->model.n_outputs = n_outputs;
    own->model.n_weights = n_weights;
    own->call = call;
    own->user = user;
    own->jacobian = choose_jacobian(&call);
    own->second = choose_second(&call);
    own->n_pairs = second <= most_second ? n_weights * (n_weights + 1) / 2 : 0;
    if (pthread_mutex_init(&own->lock, NULL)) {
        cpt_free(own);
        return cpt_error(CRITPT_SYSTEM, "the system has no mutex for the model");
    }
    *model = &own->model;
done:
    return status;
}
