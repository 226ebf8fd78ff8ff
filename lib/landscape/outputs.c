/* Whether the outputs at two vectors of weights are the same up to rounding. */
#include <float.h>
#include <math.h>

#include "landscape/landscape.h"
#include "model/structure.h"

/* How many units of eps, as error_scale counts them, bound a sum of a layer's inputs. */
static double roundings(const critpt_model *model)
{
    return (double)(cpt_structure_sum_lengths(model).longest + 8);
}

/* Passes over the outputs at these weights: stores them and their errors, or compares. */
static critpt_status pass(critpt_workspace *workspace, const double *weights,
                          const cpt_outputs *outputs, bool store, bool *same)
{
    critpt_status status = CRITPT_OK;
    cpt_jet *jet = &workspace->jet;
    size_t D = jet->model->n_outputs;
    double unit = DBL_EPSILON * roundings(jet->model);
    *same = true;
    for (size_t first = 0; first < workspace->samples.n && *same; first += jet->batch.n) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, weights, first, CPT_SECOND_DERIVATIVES));
        CPT_TRY(cpt_jet_error_scale(jet, workspace->residual));
        double *f = outputs->values + first * D, *errors = outputs->errors + first * D;
        for (size_t i = 0; i < D * jet->batch.n; i++) {
            double error = unit * workspace->residual[i];
            *same = *same && (store || fabs(jet->batch.outputs[i] - f[i]) <= error + errors[i]);
            if (store) {
                f[i] = jet->batch.outputs[i];
                errors[i] = error;
            }
        }
    }
    if (!store) {
        double everywhere = *same;
        CPT_TRY(cpt_reduction_min(cpt_workspace_reduction(workspace), 1, &everywhere));
        *same = everywhere > 0;
    }
done:
    return status;
}

critpt_status cpt_outputs_create(cpt_outputs *outputs, critpt_workspace *workspace,
                                 const double *weights)
{
    critpt_status status;
    size_t entries;
    bool same;
    CPT_TRY(cpt_multiply(workspace->samples.n, workspace->jet.model->n_outputs,
                         "outputs of the samples", &entries));
    CPT_TRY(cpt_allocate(&outputs->values, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&outputs->errors, entries, sizeof(double)));
    CPT_TRY(pass(workspace, weights, outputs, true, &same));
done:
    return status;
}

void cpt_outputs_destroy(cpt_outputs *outputs)
{
    cpt_free(outputs->values);
    cpt_free(outputs->errors);
}

critpt_status cpt_outputs_compare(const cpt_outputs *outputs, critpt_workspace *workspace,
                                  const double *weights, bool *same)
{
    return pass(workspace, weights, outputs, false, same);
}
