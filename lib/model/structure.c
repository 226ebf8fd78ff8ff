/* What is known of any model, by what it answers; of a model without structure, nothing. */
#include "model/structure.h"

#include <math.h>
#include <stdio.h>

/* The model's answer to a question, if it has one. */
#define ANSWERS(model, question)                                                                   \
    ((model)->operations->structure && (model)->operations->structure->question)

bool cpt_structure_linear_block(const critpt_model *model, cpt_linear_block *block)
{
    return ANSWERS(model, linear_block) && model->operations->structure->linear_block(model, block);
}

size_t cpt_structure_linear_weight(const cpt_linear_block *block, size_t i)
{
    return block->weights ? block->weights[i] : block->first + i;
}

bool cpt_structure_is_linear(const critpt_model *model, size_t weight)
{
    cpt_linear_block block;
    if (!cpt_structure_linear_block(model, &block))
        return false;
    if (!block.weights)
        return weight >= block.first && weight < block.first + block.n;
    size_t i = 0;
    while (i < block.n && block.weights[i] != weight)
        i++;
    return i < block.n;
}

size_t cpt_structure_constant(const critpt_model *model, size_t output)
{
    return ANSWERS(model, constant) ? model->operations->structure->constant(model, output)
                                    : SIZE_MAX;
}

size_t cpt_structure_n_constants(const critpt_model *model)
{
    size_t n = 0;
    for (size_t o = 0; o < model->n_outputs; o++)
        n += cpt_structure_constant(model, o) != SIZE_MAX;
    return n;
}

critpt_status cpt_structure_draw(const critpt_model *model, uint64_t seed, size_t point,
                                 double scale, double *weights)
{
    if (!ANSWERS(model, draw))
        return cpt_error(CRITPT_UNSUPPORTED,
                         "the model does not say how its weights are drawn; say so with "
                         "critpt_model_declare_draws");
    if (!(scale > 0 && isfinite(scale)))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "scale is %g; it must be positive and finite",
                         scale);
    if (point > SIZE_MAX - CRITPT_STREAM_POINTS)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "point is %zu; streams end at %zu", point,
                         SIZE_MAX - CRITPT_STREAM_POINTS);
    return model->operations->structure->draw(model, seed, point, scale, weights);
}

int cpt_structure_exact_orders(const critpt_model *model)
{
    return ANSWERS(model, exact_orders) ? model->operations->structure->exact_orders(model) : 2;
}

size_t cpt_structure_n_blocks(const critpt_model *model)
{
    return ANSWERS(model, n_blocks) ? model->operations->structure->n_blocks(model) : 0;
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
    return ANSWERS(model, movable_curvatures)
               ? model->operations->structure->movable_curvatures(model)
               : SIZE_MAX;
}

bool cpt_structure_locate_weight(const critpt_model *model, size_t weight, size_t *layer,
                                 size_t *row, size_t *column)
{
    return ANSWERS(model, locate_weight) &&
           model->operations->structure->locate_weight(model, weight, layer, row, column);
}

void cpt_structure_describe_weight(const critpt_model *model, size_t weight, char *text,
                                   size_t size)
{
    if (ANSWERS(model, describe_weight))
        model->operations->structure->describe_weight(model, weight, text, size);
    else
        snprintf(text, size, "weight %zu", weight);
}

void cpt_structure_describe_kink(const critpt_model *model, const cpt_kink *kink, char *text,
                                 size_t size)
{
    if (ANSWERS(model, describe_kink))
        model->operations->structure->describe_kink(model, kink, text, size);
    else if (cpt_structure_n_blocks(model) > 0)
        snprintf(text, size, "unit %zu of layer %zu", kink->unit, kink->layer);
    else
        snprintf(text, size, "the model");
}

cpt_sum_lengths cpt_structure_sum_lengths(const critpt_model *model)
{
    return ANSWERS(model, sum_lengths) ? model->operations->structure->sum_lengths(model)
                                       : (cpt_sum_lengths){0, 0};
}

bool cpt_structure_has_extended(const critpt_model *model)
{
    return ANSWERS(model, extended_create);
}

size_t cpt_structure_extended_entries(const critpt_model *model)
{
    return ANSWERS(model, extended_entries) ? model->operations->structure->extended_entries(model)
                                            : 0;
}

critpt_status cpt_structure_extended_create(cpt_extended **extended, const critpt_model *model,
                                            const long double *weights,
                                            cpt_extended_metric apply_metric, const void *metric)
{
    *extended = NULL;
    return model->operations->structure->extended_create(extended, model, weights, apply_metric,
                                                         metric);
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
    if (ANSWERS(model, place_null_weights))
        return model->operations->structure->place_null_weights(model, passes, null, places);
    for (size_t j = 0; j < model->n_weights; j++)
        places[j] = (cpt_null_place){0, j, CRITPT_NULL_NO_INFLUENCE};
    return CRITPT_OK;
}

critpt_status cpt_structure_seek_null_families(const critpt_model *model, const cpt_passes *passes,
                                               const cpt_null_sink *sink)
{
    return ANSWERS(model, seek_null_families)
               ? model->operations->structure->seek_null_families(model, passes, sink)
               : CRITPT_OK;
}
