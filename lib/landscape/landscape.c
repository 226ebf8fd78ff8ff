/* The landscape as an object: what it is made of, set and read back. */
#include <math.h>
#include <string.h>

#include "landscape/landscape.h"
#include "linalg/linalg.h"
#include "linalg/provider.h"

static void copy_rows(size_t rows, size_t columns, const double *from, size_t from_leading,
                      double *to, size_t to_leading)
{
    for (size_t i = 0; i < rows; i++)
        memcpy(to + i * to_leading, from + i * from_leading, columns * sizeof *to);
}

static critpt_status require_shape(critpt_model *model, size_t n_samples, const double *inputs,
                                   size_t leading)
{
    critpt_status status;
    size_t extent;
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL");
    CPT_TRY(cpt_linalg_check_provider());
    CPT_TRY(cpt_model_freeze(model));
    if (n_samples == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_require_matrix("inputs", inputs, n_samples, model->n_inputs, leading));
    CPT_TRY(cpt_linalg_require_size("n_samples", n_samples));
    CPT_TRY(cpt_multiply(n_samples, model->n_outputs, "targets", &extent));
    CPT_TRY(cpt_linalg_require_size("number of targets", extent));
    CPT_TRY(cpt_require_finite_matrix("inputs", inputs, n_samples, model->n_inputs, leading));
done:
    return status;
}

static critpt_status create(critpt_landscape **landscape, critpt_model *model, size_t n_samples,
                            const double *inputs, size_t leading, bool borrowed)
{
    critpt_status status;
    critpt_landscape *made = NULL;
    if (!landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "landscape is NULL; give the address of a handle");
    *landscape = NULL;
    CPT_TRY(require_shape(model, n_samples, inputs, leading));
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    atomic_init(&made->references, 1);
    cpt_model_retain(model);
    made->model = model;
    made->n_samples = made->metric.n_samples = made->metric.n_whole = n_samples;
    made->metric.n_outputs = model->n_outputs;
    made->penalty.n_weights = model->n_weights;
    made->inputs = inputs;
    made->inputs_leading = leading;
    if (!borrowed && n_samples > 0) {
        size_t d = model->n_inputs;
        CPT_TRY(cpt_allocate(&made->owned_inputs, n_samples * d, sizeof(double)));
        copy_rows(n_samples, d, inputs, leading, made->owned_inputs, d);
        made->inputs = made->owned_inputs;
        made->inputs_leading = d;
    }
    *landscape = made;
done:
    if (status != CRITPT_OK)
        critpt_landscape_destroy(made);
    return status;
}

critpt_status critpt_landscape_create(critpt_landscape **landscape, critpt_model *model,
                                      size_t n_samples, const double *inputs, size_t leading)
{
    return create(landscape, model, n_samples, inputs, leading, false);
}

critpt_status critpt_landscape_create_borrowed(critpt_landscape **landscape, critpt_model *model,
                                               size_t n_samples, const double *inputs,
                                               size_t leading)
{
    return create(landscape, model, n_samples, inputs, leading, true);
}

void cpt_landscape_view(const critpt_landscape *landscape, double *targets, critpt_landscape *view)
{
    memcpy(view, landscape, sizeof *view);
    atomic_init(&view->references, 1); /* the caller's, who keeps it */
    view->targets = targets;
}

void cpt_landscape_retain(critpt_landscape *landscape)
{
    atomic_fetch_add(&landscape->references, 1);
}

void critpt_landscape_destroy(critpt_landscape *landscape)
{
    if (!landscape || atomic_fetch_sub(&landscape->references, 1) != 1)
        return;
    critpt_model_destroy(landscape->model);
    cpt_free(landscape->owned_inputs);
    cpt_free(landscape->targets);
    cpt_free(landscape->metric.reduction);
    cpt_metric_destroy(&landscape->metric);
    cpt_penalty_destroy(&landscape->penalty);
    cpt_free(landscape);
}

static critpt_status require_landscape(const critpt_landscape *landscape)
{
    if (!landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "landscape is NULL");
    return CRITPT_OK;
}

critpt_status critpt_landscape_set_targets(critpt_landscape *landscape, const double *targets,
                                           size_t leading)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    size_t N = landscape->n_samples, D = landscape->model->n_outputs;
    CPT_TRY(cpt_require_matrix("targets", targets, N, D, leading));
    CPT_TRY(cpt_require_finite_matrix("targets", targets, N, D, leading));
    if (!landscape->targets)
        CPT_TRY(cpt_allocate(&landscape->targets, N * D, sizeof(double)));
    copy_rows(N, D, targets, leading, landscape->targets, D);
done:
    return status;
}

critpt_status critpt_landscape_set_sample_weights(critpt_landscape *landscape,
                                                  const double *weights, size_t n_samples)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_metric_set_sample_weights(&landscape->metric, weights, n_samples));
done:
    return status;
}

critpt_status critpt_landscape_set_output_metric(critpt_landscape *landscape, const double *metric,
                                                 size_t leading)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_metric_set_outputs(&landscape->metric, metric, leading));
done:
    return status;
}

critpt_status critpt_landscape_set_sample_metrics(critpt_landscape *landscape,
                                                  const double *metrics, size_t n_samples)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_metric_set_samples(&landscape->metric, metrics, n_samples));
done:
    return status;
}

critpt_status critpt_landscape_set_penalty(critpt_landscape *landscape, const double *penalty,
                                           size_t n_penalty, const double *centre, size_t n_centre)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_penalty_set(&landscape->penalty, penalty, n_penalty, centre, n_centre));
done:
    return status;
}

critpt_status critpt_landscape_penalty(const critpt_landscape *landscape, double *penalty,
                                       size_t n_penalty, double *centre, size_t n_centre)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    size_t P = landscape->model->n_weights;
    if (penalty || n_penalty)
        CPT_TRY(cpt_require_array("penalty", penalty, n_penalty, P));
    if (centre || n_centre)
        CPT_TRY(cpt_require_array("centre of the penalty", centre, n_centre, P));
    cpt_penalty_get(&landscape->penalty, penalty, centre);
    status = CRITPT_OK;
done:
    return status;
}

const critpt_model *critpt_landscape_model(const critpt_landscape *landscape)
{
    return landscape ? landscape->model : NULL;
}

size_t critpt_landscape_n_samples(const critpt_landscape *landscape)
{
    return landscape ? landscape->n_samples : 0;
}

critpt_status critpt_landscape_inputs(const critpt_landscape *landscape, double *inputs,
                                      size_t leading)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_require_matrix("inputs", inputs, landscape->n_samples, landscape->model->n_inputs,
                               leading));
    copy_rows(landscape->n_samples, landscape->model->n_inputs, landscape->inputs,
              landscape->inputs_leading, inputs, leading);
done:
    return status;
}

critpt_status cpt_landscape_require_targets(const critpt_landscape *landscape)
{
    if (!landscape->targets)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the landscape has no targets yet; call critpt_landscape_set_targets or "
                         "solve a plan");
    return CRITPT_OK;
}

critpt_status critpt_landscape_targets(const critpt_landscape *landscape, double *targets,
                                       size_t leading)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    size_t D = landscape->model->n_outputs;
    CPT_TRY(cpt_require_matrix("targets", targets, landscape->n_samples, D, leading));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    copy_rows(landscape->n_samples, D, landscape->targets, D, targets, leading);
done:
    return status;
}

critpt_status critpt_landscape_sample_weights(const critpt_landscape *landscape, double *weights,
                                              size_t n_samples)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_require_array("sample weights", weights, n_samples, landscape->n_samples));
    cpt_metric_sample_weights(&landscape->metric, weights);
done:
    return status;
}

critpt_status critpt_landscape_output_metric(const critpt_landscape *landscape, double *metric,
                                             size_t leading)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_require_matrix("output metric", metric, landscape->model->n_outputs,
                               landscape->model->n_outputs, leading));
    if (cpt_metric_is_by_sample(&landscape->metric))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the landscape has a metric for each sample: ask "
                                                  "critpt_landscape_sample_metrics for them");
    cpt_metric_outputs(&landscape->metric, 0, metric, leading);
done:
    return status;
}

critpt_status critpt_landscape_sample_metrics(const critpt_landscape *landscape, double *metrics,
                                              size_t n_samples)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    size_t D = landscape->model->n_outputs;
    CPT_TRY(cpt_require_array("metrics of the samples", metrics, n_samples, landscape->n_samples));
    for (size_t i = 0; i < n_samples; i++)
        cpt_metric_outputs(&landscape->metric, i, metrics + i * D * D, D);
done:
    return status;
}

int critpt_landscape_has_sample_metrics(const critpt_landscape *landscape)
{
    return landscape && cpt_metric_is_by_sample(&landscape->metric);
}

critpt_status cpt_landscape_require_weights(const critpt_landscape *landscape,
                                            const double *weights, size_t n_weights)
{
    critpt_status status;
    CPT_TRY(require_landscape(landscape));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, landscape->model->n_weights));
    CPT_TRY(cpt_require_finite("weights", weights, n_weights));
done:
    return status;
}
