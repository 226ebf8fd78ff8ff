/* The Hessian of the loss in extended precision: for few weights and signs that double precision
 * does not see. */
#include <string.h>

#include "landscape/landscape.h"
#include "model/structure.h"

/* to += from, which is zero afterwards. */
static void move(size_t n, long double *from, long double *to)
{
    for (size_t i = 0; i < n; i++) {
        to[i] += from[i];
        from[i] = 0;
    }
}

static void apply_metric(const void *metric, size_t sample, const long double *r, long double *u)
{
    cpt_metric_apply_extended(metric, sample, r, u);
}

critpt_status cpt_landscape_extended_hessian(const critpt_workspace *workspace,
                                             const double *weights, long double *hessian)
{
    critpt_status status;
    const critpt_landscape *landscape = workspace->landscape;
    size_t P = landscape->model->n_weights, D = landscape->model->n_outputs;
    long double *sum = NULL, *at = NULL;
    cpt_extended *extended = NULL;
    CPT_TRY(cpt_allocate(&at, P, sizeof *at));
    for (size_t j = 0; j < P; j++)
        at[j] = weights[j];
    CPT_TRY(cpt_structure_extended_create(&extended, landscape->model, at, apply_metric,
                                          &landscape->metric));
    CPT_TRY(cpt_allocate(&sum, P * P, sizeof *sum));
    memset(hessian, 0, P * P * sizeof *hessian);
    for (size_t i = 0; i < landscape->n_samples; i++) {
        cpt_structure_extended_add(extended, i, landscape->inputs + i * landscape->inputs_leading,
                                   landscape->targets + i * D, sum);
        CPT_TRY(cpt_pulse_beat());
        if ((i + 1) % CPT_EXTENDED_BATCH == 0)
            move(P * P, sum, hessian);
    }
    move(P * P, sum, hessian);
    for (size_t a = 0; a < P; a++)
        if (cpt_penalty_has(&landscape->penalty, a))
            hessian[a * P + a] += landscape->penalty.weights[a];
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b < a; b++)
            hessian[b * P + a] = hessian[a * P + b];
done:
    cpt_free(sum);
    cpt_free(at);
    cpt_structure_extended_destroy(extended);
    return status;
}
