/* Frozen targets: fields and rows projected on those that may move. */
#include <string.h>

#include "equations/equations.h"

static bool any(const bool *mask, size_t D)
{
    for (size_t o = 0; o < D; o++)
        if (mask[o])
            return true;
    return false;
}

/* x = p x for D numbers `stride` apart. */
static void apply(const cpt_metric_projection *p, size_t D, double *x, size_t stride)
{
    double *result = p->scratch;
    for (size_t o = 0; o < D; o++) {
        result[o] = 0;
        for (size_t q = 0; q < D; q++)
            result[o] += p->matrix[o * D + q] * x[q * stride];
    }
    for (size_t o = 0; o < D; o++)
        x[o * stride] = result[o];
}

critpt_status cpt_equations_free_rows(const critpt_plan *plan, size_t first, size_t n, size_t count,
                                      double *columns)
{
    critpt_status status = CRITPT_OK;
    size_t D = plan->landscape->model->n_outputs;
    const cpt_metric *metric = &plan->landscape->metric;
    cpt_metric_projection p = {0};
    if (!plan->frozen)
        return CRITPT_OK;
    CPT_TRY(cpt_metric_projection_create(metric, true, &p));
    for (size_t i = 0; i < n; i++) {
        if (!any(plan->frozen + (first + i) * D, D))
            continue;
        cpt_metric_projection_prepare(metric, plan->frozen, first + i, &p);
        for (size_t j = 0; j < count; j++)
            apply(&p, D, columns + j * n * D + i, n);
    }
done:
    cpt_metric_projection_destroy(&p);
    return status;
}

critpt_status cpt_equations_free_field(const critpt_plan *plan, double *field)
{
    critpt_status status = CRITPT_OK;
    size_t D = plan->landscape->model->n_outputs;
    const cpt_metric *metric = &plan->landscape->metric;
    cpt_metric_projection p = {0};
    if (!plan->frozen)
        return CRITPT_OK;
    CPT_TRY(cpt_metric_projection_create(metric, false, &p));
    for (size_t i = 0; i < plan->landscape->n_samples; i++) {
        const bool *mask = plan->frozen + i * D;
        if (!any(mask, D))
            continue;
        cpt_metric_projection_prepare(metric, plan->frozen, i, &p);
        apply(&p, D, field + i * D, 1);
        for (size_t o = 0; o < D; o++) /* exactly */
            field[i * D + o] = mask[o] ? 0 : field[i * D + o];
    }
done:
    cpt_metric_projection_destroy(&p);
    return status;
}

void cpt_equations_restore_frozen(const critpt_plan *plan, cpt_targets *targets)
{
    size_t n = plan->landscape->n_samples * plan->landscape->model->n_outputs;
    for (size_t i = 0; plan->frozen && i < n; i++)
        if (plan->frozen[i])
            targets->values[i] = targets->base[i];
}
