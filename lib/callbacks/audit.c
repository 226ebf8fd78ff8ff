/* See audit.h: what is compared, and what is said of the worst. */
#include "callbacks/audit.h"

#include <math.h>
#include <stdio.h>

void cpt_callbacks_compare(cpt_worst *w, size_t entry, double value, double expected,
                           double accepted)
{
    double difference = fabs(value - expected);
    double excess = difference == 0 ? 0 : difference / accepted;
    if (!(excess <= w->excess) && !isnan(expected)) {
        *w = (cpt_worst){isnan(excess) ? INFINITY : excess, value, expected, entry};
    }
}

size_t cpt_callbacks_audit_number(const cpt_audit *a, size_t row)
{
    size_t sample = a->rows.first + row;
    return a->rows.numbers ? a->rows.numbers[sample] : sample;
}

critpt_status cpt_callbacks_judge(const cpt_audit *a, const cpt_worst *w, size_t columns,
                                  const char *name, const char *of, const char *against)
{
    char column[64] = "";
    size_t row = w->entry / columns, D = a->own->model.n_outputs;
    if (w->excess <= 1)
        return CRITPT_OK;
    if (of)
        snprintf(column, sizeof column, ", %s %zu", of, w->entry % columns);
    return cpt_error(CRITPT_INCONSISTENT,
                     "the model's %s callback gives %.17g for output %zu of sample %zu%s; %s %.17g",
                     name, w->value, row % D, cpt_callbacks_audit_number(a, row / D), column,
                     against, w->expected);
}

critpt_status cpt_callbacks_judge_weights(const cpt_worst *w, size_t P, bool matrix,
                                          const char *name, const char *against)
{
    char at[64];
    if (w->excess <= 1)
        return CRITPT_OK;
    if (matrix)
        snprintf(at, sizeof at, "weights (%zu, %zu)", w->entry / P, w->entry % P);
    else
        snprintf(at, sizeof at, "weight %zu", w->entry);
    return cpt_error(CRITPT_INCONSISTENT, "the model's %s callback gives %.17g for %s; %s %.17g",
                     name, w->value, at, against, w->expected);
}

void cpt_callbacks_symmetric_pair(size_t P, const double *v, const double *z, double *q)
{
    for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b < P; b++)
            q[a * P + b] = (v[a] * z[b] + v[b] * z[a]) / 2;
}
