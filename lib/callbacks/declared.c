/* What the user declares of a model beyond its derivatives: which weights add constants to the
 * outputs, in which the outputs are linear, and how weights are drawn. */
#include <string.h>

#include "callbacks/callbacks.h"

static critpt_status require_open(const critpt_model *model)
{
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL");
    if (model->operations->structure != &cpt_callbacks_structure)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the model is not made of callbacks: its structure is known");
    if (atomic_load(&model->frozen))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "a landscape has been made of the model; declare its structure before");
    return CRITPT_OK;
}

/* A copy of weights' numbers, each there at most once, in place of *to. */
static critpt_status copy_numbers(const critpt_model *model, const char *what,
                                  const size_t *weights, size_t n, size_t **to)
{
    critpt_status status;
    size_t *copy = NULL;
    for (size_t i = 0; i < n; i++) {
        if (weights[i] >= model->n_weights)
            return cpt_error(CRITPT_INVALID_ARGUMENT, "%s[%zu] is %zu; there are %zu weights", what,
                             i, weights[i], model->n_weights);
        for (size_t j = 0; j < i; j++)
            if (weights[j] == weights[i])
                return cpt_error(CRITPT_INVALID_ARGUMENT,
                                 "%s[%zu] and %s[%zu] are both weight %zu; name each once", what, j,
                                 what, i, weights[i]);
    }
    CPT_TRY(cpt_allocate(&copy, n, sizeof *copy));
    memcpy(copy, weights, n * sizeof *copy);
    cpt_free(*to);
    *to = copy;
done:
    return status;
}

critpt_status critpt_model_declare_linear(critpt_model *model, const size_t *weights, size_t n)
{
    critpt_status status;
    CPT_TRY(require_open(model));
    cpt_callback_model *own = cpt_callbacks_from(model);
    if (!weights || n == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "%zu weights%s; name those that the outputs are linear in", n,
                         weights ? "" : " at NULL");
    CPT_TRY(copy_numbers(model, "weights", weights, n, &own->linear));
    own->n_linear = n;
done:
    return status;
}

critpt_status critpt_model_declare_constants(critpt_model *model, const size_t *weights,
                                             size_t n_outputs)
{
    critpt_status status;
    CPT_TRY(require_open(model));
    CPT_TRY(cpt_require_array("weights", weights, n_outputs, model->n_outputs));
    CPT_TRY(
        copy_numbers(model, "weights", weights, n_outputs, &cpt_callbacks_from(model)->constants));
done:
    return status;
}

critpt_status critpt_model_declare_draws(critpt_model *model, const double *centre,
                                         const double *spread, size_t n_weights)
{
    critpt_status status;
    double *draws = NULL;
    CPT_TRY(require_open(model));
    CPT_TRY(cpt_require_array("centre", centre, n_weights, model->n_weights));
    CPT_TRY(cpt_require_array("spread", spread, n_weights, model->n_weights));
    CPT_TRY(cpt_require_finite("centre", centre, n_weights));
    CPT_TRY(cpt_require_finite("spread", spread, n_weights));
    CPT_TRY(cpt_allocate(&draws, n_weights, 2 * sizeof *draws));
    memcpy(draws, centre, n_weights * sizeof *draws);
    memcpy(draws + n_weights, spread, n_weights * sizeof *draws);
    cpt_free(cpt_callbacks_from(model)->draws);
    cpt_callbacks_from(model)->draws = draws;
done:
    return status;
}

/* ---- What the model answers ---- */

static bool linear_block(const critpt_model *model, cpt_linear_block *block)
{
    const cpt_callback_model *own = cpt_callbacks_from(model);
    *block = (cpt_linear_block){own->n_linear, 0, own->linear};
    return own->n_linear > 0;
}

static size_t constant(const critpt_model *model, size_t output)
{
    const cpt_callback_model *own = cpt_callbacks_from(model);
    return own->constants ? own->constants[output] : SIZE_MAX;
}

static critpt_status draw(const critpt_model *model, uint64_t seed, size_t point, double scale,
                          double *weights)
{
    critpt_status status;
    const double *draws = cpt_callbacks_from(model)->draws;
    size_t P = model->n_weights;
    if (!draws)
        return cpt_error(CRITPT_UNSUPPORTED,
                         "the model does not say how its weights are drawn; say so with "
                         "critpt_model_declare_draws");
    CPT_TRY(critpt_random_normal(seed, CRITPT_STREAM_POINTS + point, 0, weights, P));
    for (size_t j = 0; j < P; j++)
        weights[j] = draws[j] + scale * draws[P + j] * weights[j];
done:
    return status;
}

static int exact_orders(const critpt_model *model)
{
    const cpt_callback_model *own = cpt_callbacks_from(model);
    return cpt_callbacks_differs(own) ? 0 : cpt_callbacks_differs_twice(own) ? 1 : 2;
}

const cpt_model_structure cpt_callbacks_structure = {
    .linear_block = linear_block,
    .constant = constant,
    .draw = draw,
    .exact_orders = exact_orders,
    .seek_null_families = cpt_callbacks_seek_null_families,
};
