/* The landscape as a part of a whole whose samples are spread over processes. */
#include "landscape/landscape.h"

static critpt_status make_reduction(const critpt_landscape *landscape, size_t first_sample,
                                    critpt_reduction callback, void *user,
                                    cpt_reduction **reduction)
{
    critpt_status status;
    cpt_reduction made = {.callback = callback, .user = user, .first_sample = first_sample};
    cpt_reduction *kept = NULL;
    CPT_TRY(cpt_reduction_join(&made, landscape->n_samples));
    CPT_TRY(cpt_allocate(&kept, 1, sizeof *kept));
done:
    status = cpt_reduction_leave(&made, status);
    if (status == CRITPT_OK) {
        *kept = made;
        *reduction = kept;
    } else {
        cpt_free(kept);
    }
    return status;
}

critpt_status critpt_landscape_set_reduction(critpt_landscape *landscape, size_t first_sample,
                                             critpt_reduction callback, void *user)
{
    critpt_status status = CRITPT_OK;
    cpt_reduction *reduction = NULL;
    if (!landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "landscape is NULL");
    if (!callback && first_sample > 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "first_sample is %zu without a callback; a whole of its own begins at 0",
                         first_sample);
    if (callback)
        CPT_TRY(make_reduction(landscape, first_sample, callback, user, &reduction));
    cpt_free(landscape->metric.reduction);
    landscape->metric.reduction = reduction;
    landscape->metric.n_whole = reduction ? reduction->n_samples : landscape->n_samples;
done:
    return status;
}

critpt_status critpt_landscape_whole(const critpt_landscape *landscape, size_t *first_sample,
                                     size_t *n_samples, size_t *n_processes)
{
    if (!landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "landscape is NULL");
    const cpt_reduction *reduction = landscape->metric.reduction;
    if (first_sample)
        *first_sample = cpt_reduction_first_sample(reduction);
    if (n_samples)
        *n_samples = landscape->metric.n_whole;
    if (n_processes)
        *n_processes = reduction ? reduction->n_processes : 1;
    return CRITPT_OK;
}

critpt_status cpt_landscape_require_samples(const critpt_landscape *landscape)
{
    if (landscape->metric.n_whole == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the landscape has no samples; alone it computes nothing, only as a part "
                         "of a whole: call critpt_landscape_set_reduction");
    return CRITPT_OK;
}

critpt_status cpt_landscape_require_unsplit(const critpt_landscape *landscape, const char *what)
{
    const cpt_reduction *reduction = landscape->metric.reduction;
    if (cpt_reduction_is_split(reduction))
        return cpt_error(CRITPT_UNSUPPORTED,
                         "%s: not offered for samples that are spread over processes, here over "
                         "%zu; use a landscape that holds all samples",
                         what, reduction->n_processes);
    return CRITPT_OK;
}

void cpt_landscape_share(const critpt_landscape *landscape, size_t n, const double *values)
{
    cpt_reduction *reduction = landscape->metric.reduction;
    size_t D = landscape->model->n_outputs;
    const double sizes[] = {(double)landscape->model->n_weights, (double)D};
    cpt_reduction_share(reduction, 2, sizes);
    if (landscape->metric.outputs && !cpt_metric_is_by_sample(&landscape->metric))
        cpt_reduction_share(reduction, D * D, landscape->metric.outputs);
    if (cpt_penalty_is_set(&landscape->penalty))
        cpt_reduction_share(reduction, landscape->model->n_weights, landscape->penalty.weights);
    if (landscape->penalty.centre)
        cpt_reduction_share(reduction, landscape->model->n_weights, landscape->penalty.centre);
    cpt_reduction_share(reduction, n, values);
}

critpt_status cpt_landscape_leave(const critpt_landscape *landscape, critpt_status status)
{
    return cpt_reduction_leave(landscape ? landscape->metric.reduction : NULL, status);
}
