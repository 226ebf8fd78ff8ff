/* What is known of any model, by what it answers; of a model without structure, nothing. */
#include "model/structure.h"

#include <stdio.h>

bool cpt_structure_output_block(const critpt_model *model, cpt_affine_block *block)
{
    const cpt_model_structure *structure = model->operations->structure;
    return structure && structure->output_block(model, block);
}

bool cpt_structure_has_output_biases(const critpt_model *model)
{
    cpt_affine_block block;
    return cpt_structure_output_block(model, &block) && block.bias;
}

size_t cpt_structure_n_blocks(const critpt_model *model)
{
    const cpt_model_structure *structure = model->operations->structure;
    return structure ? structure->n_blocks(model) : 0;
}

cpt_affine_block cpt_structure_block(const critpt_model *model, size_t block)
{
    return model->operations->structure->block(model, block);
}

bool cpt_structure_input_block(const critpt_model *model, cpt_affine_block *block)
{
    if (cpt_structure_n_blocks(model) == 0)
        return false;
    *block = cpt_structure_block(model, 0);
    return true;
}

size_t cpt_structure_movable_curvatures(const critpt_model *model)
{
    const cpt_model_structure *structure = model->operations->structure;
    return structure ? structure->movable_curvatures(model) : SIZE_MAX;
}

bool cpt_structure_locate_weight(const critpt_model *model, size_t weight, size_t *layer,
                                 size_t *row, size_t *column)
{
    const cpt_model_structure *structure = model->operations->structure;
    if (structure)
        structure->locate_weight(model, weight, layer, row, column);
    return structure;
}

void cpt_structure_describe_weight(const critpt_model *model, size_t weight, char *text,
                                   size_t size)
{
    const cpt_model_structure *structure = model->operations->structure;
    if (structure)
        structure->describe_weight(model, weight, text, size);
    else
        snprintf(text, size, "weight %zu", weight);
}

cpt_sum_lengths cpt_structure_sum_lengths(const critpt_model *model)
{
    const cpt_model_structure *structure = model->operations->structure;
    return structure ? structure->sum_lengths(model) : (cpt_sum_lengths){0, 0};
}

critpt_status cpt_structure_extended_create(cpt_extended **extended, const critpt_model *model,
                                            const double *weights, cpt_extended_metric apply_metric,
                                            const void *metric)
{
    const cpt_model_structure *structure = model->operations->structure;
    *extended = NULL;
    if (!structure)
        return cpt_error(CRITPT_UNSUPPORTED, "the model has no Hessian in extended precision");
    return structure->extended_create(extended, model, weights, apply_metric, metric);
}

void cpt_structure_extended_destroy(cpt_extended *extended)
{
    if (extended)
        extended->destroy(extended);
}

void cpt_structure_extended_add(cpt_extended *extended, size_t sample, const double *x,
                                const double *y, long double *sum)
{
    extended->add(extended, sample, x, y, sum);
}

critpt_status cpt_structure_place_null_weights(const critpt_model *model, const cpt_passes *passes,
                                               const bool *null, cpt_null_place *places)
{
    const cpt_model_structure *structure = model->operations->structure;
    if (structure)
        return structure->place_null_weights(model, passes, null, places);
    for (size_t j = 0; j < model->n_weights; j++)
        places[j] = (cpt_null_place){0, j, CRITPT_NULL_NO_INFLUENCE};
    return CRITPT_OK;
}

critpt_status cpt_structure_seek_null_families(const critpt_model *model, const cpt_passes *passes,
                                               const cpt_null_sink *sink)
{
    const cpt_model_structure *structure = model->operations->structure;
    return structure ? structure->seek_null_families(model, passes, sink) : CRITPT_OK;
}
