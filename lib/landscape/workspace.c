/* Workspaces: the scratch of one thread, and the samples that its calls run over. */
#include <string.h>

#include "landscape/landscape.h"
#include "linalg/linalg.h"

critpt_status cpt_workspace_initialize(critpt_workspace *workspace,
                                       const critpt_landscape *landscape, size_t batch)
{
    critpt_status status;
    size_t P = landscape->model->n_weights, D = landscape->model->n_outputs, n_scratch;
    memset(workspace, 0, sizeof *workspace);
    workspace->landscape =
        (critpt_landscape *)landscape; /* const but for its count of references */
    cpt_landscape_retain(workspace->landscape);
    workspace->samples.inputs = landscape->inputs;
    workspace->samples.leading = landscape->inputs_leading;
    workspace->samples.n = landscape->n_samples;
    workspace->rounding = cpt_landscape_unit_rounding;
    batch = cpt_larger(cpt_smaller(batch, landscape->n_samples), 1);
    CPT_TRY(cpt_jet_create(&workspace->jet, landscape->model, batch));
    CPT_TRY(cpt_allocate(&workspace->residual, D * batch, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->cotangent, D * batch, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->batch_weights, batch, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->shares, batch, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->part_weights, batch, sizeof(double)));
    CPT_TRY(cpt_jet_scratch_size(landscape->model, batch, &n_scratch));
    CPT_TRY(cpt_allocate(&workspace->scratch, n_scratch, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->changed_weights, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->squares, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->products, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&workspace->target_gradient, P, sizeof(double)));
done:
    if (status != CRITPT_OK)
        cpt_workspace_release(workspace);
    return status;
}

critpt_status cpt_workspace_size(const critpt_landscape *landscape, size_t batch, size_t *size)
{
    critpt_status status;
    const critpt_model *model = landscape->model;
    size_t scratch;
    batch = cpt_larger(batch, 1); /* as of a landscape without samples */
    CPT_TRY(cpt_jet_size(model, batch, size));
    CPT_TRY(cpt_jet_scratch_size(model, batch, &scratch));
    CPT_TRY(cpt_multiply_add(scratch, 1, *size, "scratch of a batch", size));
    CPT_TRY(cpt_multiply_add(2 * model->n_outputs + 3, batch, *size, "residuals of a batch", size));
    CPT_TRY(cpt_multiply_add(model->n_weights, 4, *size, "gradients", size));
done:
    return status;
}

void cpt_workspace_forget_assembly(critpt_workspace *workspace)
{
    cpt_jet_assembly_destroy(workspace->assembly);
    workspace->assembly = NULL;
}

void cpt_workspace_release(critpt_workspace *workspace)
{
    cpt_workspace_forget_assembly(workspace);
    cpt_jet_destroy(&workspace->jet);
    cpt_free(workspace->indices);
    cpt_free(workspace->residual);
    cpt_free(workspace->cotangent);
    cpt_free(workspace->batch_weights);
    cpt_free(workspace->shares);
    cpt_free(workspace->part_weights);
    cpt_free(workspace->scratch);
    cpt_free(workspace->changed_weights);
    cpt_free(workspace->squares);
    cpt_free(workspace->products);
    cpt_free(workspace->target_gradient);
    critpt_landscape_destroy(workspace->landscape);
    memset(workspace, 0, sizeof *workspace);
}

critpt_status critpt_workspace_create(critpt_workspace **workspace,
                                      const critpt_landscape *landscape)
{
    critpt_status status;
    critpt_workspace *made = NULL;
    if (!workspace || !landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL",
                         workspace ? "landscape" : "workspace");
    *workspace = NULL;
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    CPT_TRY(cpt_workspace_initialize(made, landscape, CPT_JET_BATCH));
    CPT_TRY(cpt_allocate(&made->indices, landscape->n_samples, sizeof(size_t)));
    *workspace = made;
    made = NULL;
done:
    critpt_workspace_destroy(made);
    return status;
}

void critpt_workspace_destroy(critpt_workspace *workspace)
{
    if (!workspace)
        return;
    if (workspace->landscape)
        cpt_workspace_release(workspace);
    cpt_free(workspace);
}

critpt_status critpt_workspace_select(critpt_workspace *workspace, const size_t *indices,
                                      size_t n_indices)
{
    if (!workspace)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "workspace is NULL");
    size_t N = workspace->landscape->n_samples;
    if (!indices && n_indices == 0) {
        workspace->samples.indices = NULL;
        workspace->samples.n = N;
        return CRITPT_OK;
    }
    if (!indices || n_indices == 0 || n_indices > N)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "%zu indices%s; select 1 to %zu samples, or all with NULL and 0",
                         n_indices, indices ? "" : " at NULL", N);
    for (size_t i = 0; i < n_indices; i++)
        if (indices[i] >= N)
            return cpt_error(CRITPT_INVALID_ARGUMENT, "indices[%zu] is %zu; there are %zu samples",
                             i, indices[i], N);
    memcpy(workspace->indices, indices, n_indices * sizeof *indices);
    workspace->samples.indices = workspace->indices;
    workspace->samples.n = n_indices;
    return CRITPT_OK;
}

critpt_status cpt_workspace_acquire(const critpt_landscape *landscape, critpt_workspace *given,
                                    critpt_workspace *own, critpt_workspace **workspace)
{
    memset(own, 0, sizeof *own);
    *workspace = given ? given : own;
    if (!given)
        return cpt_workspace_initialize(own, landscape, CPT_JET_BATCH);
    if (given->landscape != landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the workspace belongs to another landscape");
    if (given->samples.indices)
        return cpt_landscape_require_unsplit(landscape, "a workspace with selected samples");
    return CRITPT_OK;
}
