/* What all models share: references, freezing, sizes. */
#include <string.h>

#include "model/structure.h"

void cpt_model_initialize(critpt_model *model, const cpt_model_operations *operations)
{
    model->operations = operations;
    atomic_init(&model->references, 1);
    atomic_init(&model->frozen, false);
}

critpt_status cpt_model_freeze(critpt_model *model)
{
    if (model->n_outputs == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the network has no layer; add its layers with critpt_mlp_add_layer");
    atomic_store(&model->frozen, true);
    return CRITPT_OK;
}

void cpt_curvature_multiply(const cpt_curvature *curvature, size_t D, size_t n, const double *r,
                            double *u)
{
    for (size_t i = 0; i < n; i++) {
        const double *metric = cpt_curvature_metric(curvature, i);
        for (size_t o = 0; o < D; o++) {
            double sum = 0;
            for (size_t q = 0; q < D; q++)
                sum += metric[o * D + q] * r[q * n + i];
            u[o * n + i] = sum;
        }
    }
}

void cpt_model_retain(critpt_model *model)
{
    atomic_fetch_add(&model->references, 1);
}

void critpt_model_destroy(critpt_model *model)
{
    if (model && atomic_fetch_sub(&model->references, 1) == 1)
        model->operations->destroy(model);
}

critpt_status critpt_model_check(const critpt_model *model, const double *weights, size_t n_weights,
                                 size_t n_samples, const double *inputs, size_t leading)
{
    critpt_status status;
    double *rows = NULL;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL");
    if (!model->operations->check)
        return cpt_error(CRITPT_UNSUPPORTED,
                         "the derivatives of a layered network are the library's own; models of "
                         "callbacks are checked");
    if (n_samples == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "n_samples is 0; a check needs samples");
    CPT_TRY(cpt_require_array("weights", weights, n_weights, model->n_weights));
    CPT_TRY(cpt_require_finite("weights", weights, n_weights));
    CPT_TRY(cpt_require_matrix("inputs", inputs, n_samples, model->n_inputs, leading));
    CPT_TRY(cpt_require_finite_matrix("inputs", inputs, n_samples, model->n_inputs, leading));
    CPT_TRY(cpt_allocate(&rows, n_samples, model->n_inputs * sizeof *rows));
    for (size_t i = 0; i < n_samples; i++)
        memcpy(rows + i * model->n_inputs, inputs + i * leading, model->n_inputs * sizeof *rows);
    CPT_TRY(model->operations->check(model, weights, n_samples, rows, NULL));
done:
    cpt_free(rows);
    return status;
}

critpt_status critpt_model_draw_weights(const critpt_model *model, uint64_t seed, size_t point,
                                        double scale, double *weights, size_t n_weights)
{
    critpt_status status;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL");
    CPT_TRY(cpt_require_array("weights", weights, n_weights, model->n_weights));
    CPT_TRY(cpt_structure_draw(model, seed, point, scale, weights));
done:
    return status;
}

int critpt_model_exact_orders(const critpt_model *model)
{
    return model ? cpt_structure_exact_orders(model) : 0;
}

size_t critpt_model_n_inputs(const critpt_model *model)
{
    return model ? model->n_inputs : 0;
}

size_t critpt_model_n_outputs(const critpt_model *model)
{
    return model ? model->n_outputs : 0;
}

size_t critpt_model_n_weights(const critpt_model *model)
{
    return model ? model->n_weights : 0;
}
