/* Changes of the targets and of the slack of soft equations. */
#include <string.h>

#include "equations/equations.h"

static size_t n_targets(const cpt_equations *equations)
{
    const cpt_points *points = cpt_equations_points(equations);
    return points->N * points->D;
}

critpt_status cpt_equations_change_create(const cpt_equations *equations, cpt_change *change)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&change->field, n_targets(equations), sizeof(double)));
    CPT_TRY(cpt_allocate(&change->slack, equations->n, sizeof(double)));
done:
    return status;
}

void cpt_equations_change_destroy(cpt_change *change)
{
    cpt_free(change->field);
    cpt_free(change->slack);
}

void cpt_equations_change_clear(const cpt_equations *equations, cpt_change *change)
{
    memset(change->field, 0, n_targets(equations) * sizeof(double));
    memset(change->slack, 0, equations->n * sizeof(double));
}

void cpt_equations_change_add(const cpt_equations *equations, double factor, const cpt_change *by,
                              cpt_change *change)
{
    cpt_linalg_axpy(n_targets(equations), factor, by->field, change->field);
    cpt_linalg_axpy(equations->n, factor, by->slack, change->slack);
}
