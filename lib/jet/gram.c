/* Products of the Jacobians of several points, through the model's operations. */
#include "jet/jet.h"

bool cpt_jet_takes_gram(const critpt_model *model)
{
    return model->operations->gram != NULL;
}

critpt_status cpt_jet_gram_size(const critpt_model *model, size_t n_points, bool one_metric,
                                size_t n_samples, size_t bytes, size_t *batch, size_t *size)
{
    return model->operations->gram->size(model, n_points, one_metric, n_samples, bytes, batch,
                                         size);
}

critpt_status cpt_jet_gram_create(cpt_gram **gram, const critpt_model *model, size_t n_points,
                                  bool one_metric, size_t n_samples, size_t bytes)
{
    return model->operations->gram->create(gram, model, n_points, one_metric, n_samples, bytes);
}

void cpt_jet_gram_destroy(cpt_gram *gram)
{
    if (gram)
        gram->model->operations->gram->destroy(gram);
}

critpt_status cpt_jet_gram_start(cpt_gram *gram, size_t pass)
{
    return gram->model->operations->gram->start(gram, pass);
}

critpt_status cpt_jet_gram_take(cpt_gram *gram, size_t point, const cpt_jet *jet,
                                const double *seeds)
{
    return gram->model->operations->gram->take(gram, point, &jet->batch, seeds);
}

critpt_status cpt_jet_gram_add(cpt_gram *gram)
{
    return gram->model->operations->gram->add(gram);
}

critpt_status cpt_jet_gram_store(cpt_gram *gram, const size_t *first, cpt_upper *matrix)
{
    return gram->model->operations->gram->store(gram, first, NULL, matrix);
}
