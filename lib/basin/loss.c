/* L(f) - L(g) = 1/2 (f - g)' Mn (f + g - 2y), and the difference of the penalties. */
#include <math.h>

#include "basin/loss.h"
#include "linalg/linalg.h"

/* From the D x n batches of cpt_outputs to rows of samples. */
static void store_rows(const cpt_basin_loss *loss, const cpt_outputs *outputs)
{
    const critpt_workspace *workspace = loss->workspace;
    size_t N = workspace->samples.n, D = workspace->landscape->model->n_outputs, n;
    for (size_t first = 0; first < N; first += n) {
        n = cpt_smaller(workspace->jet.capacity, N - first);
        cpt_linalg_transpose(D, n, outputs->values + first * D, n, loss->minimum + first * D, D);
        cpt_linalg_transpose(D, n, outputs->errors + first * D, n, loss->errors + first * D, D);
    }
}

critpt_status cpt_basin_loss_create(cpt_basin_loss *loss, critpt_workspace *workspace,
                                    const double *minimum)
{
    critpt_status status;
    const critpt_landscape *landscape = workspace->landscape;
    size_t entries = landscape->n_samples * landscape->model->n_outputs;
    cpt_outputs outputs = {NULL, NULL};
    loss->workspace = workspace;
    CPT_TRY(cpt_allocate(&loss->minimum, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&loss->errors, entries, sizeof(double)));
    CPT_TRY(cpt_outputs_create(&outputs, workspace, minimum));
    store_rows(loss, &outputs);
    cpt_outputs_destroy(&outputs);
    outputs = (cpt_outputs){NULL, NULL};
    CPT_TRY(cpt_allocate(&loss->change, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&loss->leverage, entries, sizeof(double)));
done:
    cpt_outputs_destroy(&outputs);
    return status;
}

void cpt_basin_loss_destroy(cpt_basin_loss *loss)
{
    cpt_free(loss->minimum);
    cpt_free(loss->errors);
    cpt_free(loss->change);
    cpt_free(loss->leverage);
}

double cpt_basin_loss_difference(cpt_basin_loss *loss, cpt_basin_side a, cpt_basin_side b,
                                 double *rounding)
{
    const critpt_landscape *landscape = loss->workspace->landscape;
    size_t entries = landscape->n_samples * landscape->model->n_outputs;
    const double *y = landscape->targets, *f = a.outputs, *g = b.outputs;
    cpt_sum sum = {0, 0};
    *rounding = 0;
    for (size_t i = 0; i < entries; i++)
        loss->change[i] = (f[i] - y[i]) + (g[i] - y[i]);
    cpt_metric_apply(&landscape->metric, loss->change, loss->leverage);
    for (size_t i = 0; i < entries; i++) {
        cpt_sum_add(&sum, 0.5 * (f[i] - g[i]) * loss->leverage[i]);
        *rounding += fabs(loss->leverage[i]) * loss->errors[i];
    }
    cpt_sum_add(&sum, cpt_penalty_difference(&landscape->penalty, a.weights, b.weights));
    return cpt_sum_value(&sum);
}
