/* Diagonal blocks of the products of a point's Jacobian, through the model's operations. */
#include "jet/jet.h"

bool cpt_jet_takes_blocks(const critpt_model *model)
{
    return model->operations->blocks != NULL;
}

size_t cpt_jet_blocks_count(const critpt_model *model)
{
    return model->operations->blocks->count(model);
}

size_t cpt_jet_blocks_weights(const critpt_model *model, size_t block, size_t *weights)
{
    return model->operations->blocks->weights(model, block, weights);
}

critpt_status cpt_jet_blocks_scratch_size(const critpt_model *model, size_t n, size_t *size)
{
    return model->operations->blocks->scratch_size(model, n, size);
}

critpt_status cpt_jet_blocks_add(const cpt_jet *jet, const double *seeds, double *scratch,
                                 cpt_upper *const *blocks)
{
    return jet->model->operations->blocks->add(jet->model, &jet->batch, seeds, scratch, blocks);
}
