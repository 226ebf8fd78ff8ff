/* A model at one point over the whole sample, to second order. */
#include <math.h>

#include "jet/jet.h"

critpt_status cpt_jet_require_second_order(const critpt_model *model)
{
    const critpt_model *base = model; /* it has all weights, fixed ones included */
    while (critpt_model_base(base))
        base = critpt_model_base(base);
    if (!model->operations->second)
        return cpt_error(CRITPT_UNSUPPORTED,
                         "the model has %zu outputs and %zu weights, too many for second "
                         "derivatives of a model of callbacks: their outputs x weights x weights "
                         "may be 2^22; write it with fewer weights, or use a layered network",
                         base->n_outputs, base->n_weights);
    return CRITPT_OK;
}

critpt_status cpt_jet_scratch_size(const critpt_model *model, size_t n, size_t *size)
{
    *size = 0;
    if (!model->operations->second)
        return CRITPT_OK;
    return model->operations->second->scratch_size(model, n, size);
}

critpt_status cpt_jet_curvature_vectors(cpt_jet *jet, const cpt_curvature *curvature,
                                        size_t n_vectors, const double *directions,
                                        size_t directions_leading, double *scratch, double *results,
                                        size_t results_leading)
{
    return jet->model->operations->second->curvature_vectors(
        jet->model, &jet->batch, curvature, n_vectors, directions, directions_leading, scratch,
        results, results_leading);
}

critpt_status cpt_jet_tangents_size(const critpt_model *model, size_t n, size_t *size)
{
    return model->operations->second->tangents_size(model, n, size);
}

critpt_status cpt_jet_push_tangents(cpt_jet *jet, const double *direction, double *tangents)
{
    return jet->model->operations->second->push_tangents(jet->model, &jet->batch, direction,
                                                         tangents);
}

critpt_status cpt_jet_second_directional(cpt_jet *jet, const cpt_direction *v,
                                         const cpt_direction *u, double *scratch, double *result)
{
    return jet->model->operations->second->second_directional(jet->model, &jet->batch, v, u,
                                                              scratch, result);
}

critpt_status cpt_jet_jacobian_tangent(cpt_jet *jet, const double *v, const double *seeds,
                                       const double *scale, double *scratch, double *entries,
                                       const cpt_jacobian_layout *layout)
{
    return jet->model->operations->second->jacobian_tangent(jet->model, &jet->batch, v, seeds,
                                                            scale, scratch, entries, layout);
}

critpt_status cpt_jet_assembly_create(cpt_assembly **assembly, const critpt_model *model,
                                      const cpt_curvature *curvature, size_t n_samples,
                                      size_t bytes)
{
    critpt_status status;
    *assembly = NULL;
    CPT_TRY(cpt_jet_require_second_order(model));
    CPT_TRY(
        model->operations->second->assembly_create(assembly, model, curvature, n_samples, bytes));
done:
    return status;
}

critpt_status cpt_jet_assembly_size(const critpt_model *model, const cpt_curvature *curvature,
                                    size_t n_samples, size_t bytes, size_t *size)
{
    critpt_status status;
    CPT_TRY(cpt_jet_require_second_order(model));
    CPT_TRY(model->operations->second->assembly_size(model, curvature, n_samples, bytes, size));
done:
    return status;
}

void cpt_jet_assembly_destroy(cpt_assembly *assembly)
{
    if (assembly)
        assembly->model->operations->second->assembly_destroy(assembly);
}

critpt_status cpt_jet_assembly_start(cpt_assembly *assembly, size_t pass)
{
    return assembly->model->operations->second->assembly_start(assembly, pass);
}

critpt_status cpt_jet_assembly_add(cpt_assembly *assembly, cpt_jet *jet,
                                   const cpt_curvature *curvature)
{
    return assembly->model->operations->second->assembly_add(assembly, &jet->batch, curvature);
}

critpt_status cpt_jet_assembly_store(cpt_assembly *assembly, double scale, double *matrix,
                                     size_t leading)
{
    return assembly->model->operations->second->assembly_store(assembly, scale, matrix, leading);
}

critpt_status cpt_jet_adjoint_start(cpt_assembly *assembly, size_t pass, const double *q,
                                    size_t leading)
{
    return assembly->model->operations->second->adjoint_start(assembly, pass, q, leading);
}

critpt_status cpt_jet_adjoint_add(cpt_assembly *assembly, cpt_jet *jet, double *result)
{
    return assembly->model->operations->second->adjoint_add(assembly, &jet->batch, result);
}

critpt_status cpt_jet_make_absolute(cpt_jet *jet, const cpt_rounding *rounding, double *weights,
                                    double *shares)
{
    double *inputs = cpt_align(jet->memory);
    for (size_t i = 0; i < jet->model->n_inputs * jet->batch.n; i++)
        inputs[i] = fabs(inputs[i]);
    return jet->model->operations->second->make_absolute(jet->model, &jet->batch, rounding, weights,
                                                         shares);
}

critpt_status cpt_jet_enlarge(cpt_jet *jet, const double *shares, double *residual)
{
    return jet->model->operations->second->enlarge(jet->model, &jet->batch, shares, residual);
}
