/* The user's own model: two callbacks behind the operations of a model.
 *
 * The tape holds what the callbacks see, sample-major and without gaps: inputs n x d, outputs n x
 * D, and the Jacobian n x D x P. */
#include <math.h>

#include "linalg/linalg.h"
#include "model/model.h"

typedef struct callback_model {
    critpt_model model;
    critpt_model_callbacks callbacks;
    void *user;
} callback_model;

static const callback_model *from(const critpt_model *model)
{
    return (const callback_model *)model;
}

static critpt_status tape_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    size_t numbers;
    CPT_TRY(cpt_multiply_add(model->n_outputs, model->n_weights, model->n_inputs,
                             "Jacobian of a sample", &numbers));
    CPT_TRY(cpt_multiply_add(model->n_outputs, 1, numbers, "Jacobian of a sample", &numbers));
    CPT_TRY(cpt_multiply(numbers, n, "tape of a batch", size));
done:
    return status;
}

static double *tape_outputs(const critpt_model *model, const cpt_batch *batch)
{
    return batch->tape + model->n_inputs * batch->n;
}

static double *tape_jacobian(const critpt_model *model, const cpt_batch *batch)
{
    return tape_outputs(model, batch) + model->n_outputs * batch->n;
}

static critpt_status forward(const critpt_model *model, cpt_batch *batch, cpt_order order)
{
    const callback_model *own = from(model);
    size_t n = batch->n, d = model->n_inputs, D = model->n_outputs;
    double *outputs = tape_outputs(model, batch);
    cpt_linalg_transpose(d, n, batch->inputs, n, batch->tape, d);
    if (own->callbacks.outputs(own->user, batch->weights, n, batch->tape, outputs))
        return cpt_error(CRITPT_SYSTEM, "the model's outputs callback reported a failure");
    cpt_linalg_transpose(n, D, outputs, D, batch->outputs, n);
    if (order == CPT_DERIVATIVES &&
        own->callbacks.jacobian(own->user, batch->weights, n, batch->tape,
                                tape_jacobian(model, batch)))
        return cpt_error(CRITPT_SYSTEM, "the model's jacobian callback reported a failure");
    return CRITPT_OK;
}

static critpt_status pushforward(const critpt_model *model, cpt_batch *batch,
                                 const double *direction, double *result)
{
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    double *products = tape_outputs(model, batch);
    cpt_linalg_gemv(CPT_PLAIN, n * D, P, 1, tape_jacobian(model, batch), P, direction, 0, products);
    cpt_linalg_transpose(n, D, products, D, result, n);
    return CRITPT_OK;
}

static critpt_status pullback(const critpt_model *model, cpt_batch *batch, const double *cotangent,
                              double *gradient)
{
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    double *u = tape_outputs(model, batch);
    cpt_linalg_transpose(D, n, cotangent, n, u, D);
    cpt_linalg_gemv(CPT_TRANSPOSED, n * D, P, 1, tape_jacobian(model, batch), P, u, 1, gradient);
    return CRITPT_OK;
}

/* Entry j of seeds[o] J for one sample, whose Jacobian is D x P. */
static double seeded_entry(const double *own, size_t D, size_t P, const double *seeds, size_t o,
                           size_t j)
{
    double entry = seeds ? 0 : own[o * P + j];
    for (size_t q = 0; seeds && q < D; q++)
        entry += seeds[o * D + q] * own[q * P + j];
    return entry;
}

static critpt_status jacobian(const critpt_model *model, cpt_batch *batch, const double *seeds,
                              const double *scale, double *entries,
                              const cpt_jacobian_layout *layout)
{
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    const double *own = tape_jacobian(model, batch);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < D; o++)
            for (size_t j = 0; j < P; j++)
                entries[i * layout->sample + o * layout->output + j * layout->weight] =
                    (scale ? scale[i] : 1) * seeded_entry(own + i * D * P, D, P, seeds, o, j);
    return CRITPT_OK;
}

static critpt_status magnitudes(const critpt_model *model, cpt_batch *batch, const double *bound,
                                double *squares, double *products)
{
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    const double *own = tape_jacobian(model, batch);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < D; o++)
            for (size_t j = 0; j < P; j++) {
                double entry = fabs(own[(i * D + o) * P + j]);
                squares[j] += entry * entry;
                products[j] += entry * bound[o * n + i];
            }
    return CRITPT_OK;
}

/* The callbacks' rounding is not known: that of the weights, |J| |w|, and of the result stands in.
 */
static critpt_status error_scale(const critpt_model *model, cpt_batch *batch, double *phi)
{
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    const double *own = tape_jacobian(model, batch);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < D; o++) {
            double bound = fabs(batch->outputs[o * n + i]);
            for (size_t j = 0; j < P; j++)
                bound += fabs(own[(i * D + o) * P + j] * batch->weights[j]);
            phi[o * n + i] = bound;
        }
    return CRITPT_OK;
}

static critpt_status find_kink(const critpt_model *model, const cpt_batch *batch, cpt_kink *kink)
{
    (void)model, (void)batch, (void)kink; /* the callbacks say nothing of kinks */
    return CRITPT_OK;
}

static void destroy(critpt_model *model)
{
    cpt_free(model);
}

static const cpt_model_operations callback_operations = {
    .tape_size = tape_size,
    .forward = forward,
    .pushforward = pushforward,
    .pullback = pullback,
    .jacobian = jacobian,
    .magnitudes = magnitudes,
    .error_scale = error_scale,
    .find_kink = find_kink,
    .destroy = destroy,
};

static critpt_status require_callbacks(const critpt_model_callbacks *callbacks)
{
    if (!callbacks)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "callbacks is NULL; give a table of callbacks");
    if (callbacks->struct_size < sizeof *callbacks)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "callbacks struct_size is %zu; set it to sizeof(critpt_model_callbacks), "
                         "%zu",
                         callbacks->struct_size, sizeof *callbacks);
    if (!callbacks->outputs || !callbacks->jacobian)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the %s callback is NULL; give both",
                         callbacks->outputs ? "jacobian" : "outputs");
    return CRITPT_OK;
}

critpt_status critpt_model_create(critpt_model **model, size_t n_inputs, size_t n_outputs,
                                  size_t n_weights, const critpt_model_callbacks *callbacks,
                                  void *user)
{
    critpt_status status;
    callback_model *own;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL; give the address of a handle");
    *model = NULL;
    CPT_TRY(require_callbacks(callbacks));
    if (n_inputs == 0 || n_outputs == 0 || n_weights == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "a model of %zu inputs, %zu outputs, %zu weights: none may be 0", n_inputs,
                         n_outputs, n_weights);
    CPT_TRY(cpt_linalg_require_size("n_inputs", n_inputs));
    CPT_TRY(cpt_linalg_require_size("n_outputs", n_outputs));
    CPT_TRY(cpt_linalg_require_size("n_weights", n_weights));
    CPT_TRY(cpt_allocate(&own, 1, sizeof *own));
    cpt_model_initialize(&own->model, &callback_operations);
    own->model.n_inputs = n_inputs;
    own->model.n_outputs = n_outputs;
    own->model.n_weights = n_weights;
    own->callbacks.outputs = callbacks->outputs;
    own->callbacks.jacobian = callbacks->jacobian;
    own->callbacks.struct_size = sizeof own->callbacks;
    own->user = user;
    *model = &own->model;
done:
    return status;
}
