/* All equations at targets: residuals, units, products and combinations, block by block. */
#include <string.h>

#include "equations/equations.h"

critpt_status cpt_equations_find_residuals(cpt_equations *equations, const double *targets)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        CPT_TRY(block->kind->residuals(block, equations->work, targets,
                                       equations->residuals + block->first));
    }
done:
    return status;
}

critpt_status cpt_equations_find_units(cpt_equations *equations, const double *targets)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        cpt_block *block = &equations->blocks[b];
        size_t first = block->first;
        CPT_TRY(cpt_pulse_advance(0.9, "units"));
        CPT_TRY(block->kind->units(block, equations->work, targets, equations->residuals + first,
                                   equations->null + first, equations->units + first));
    }
done:
    return status;
}

critpt_status cpt_equations_multiply(cpt_equations *equations, const double *w, double *image)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        CPT_TRY(block->kind->products(block, equations->work, w, image + block->first));
    }
    CPT_TRY(
        cpt_reduction_sum(cpt_equations_points(equations)->metric->reduction, equations->n, image));
done:
    return status;
}

critpt_status cpt_equations_combine(cpt_equations *equations, const double *x, double *field)
{
    critpt_status status = CRITPT_OK;
    const cpt_points *points = cpt_equations_points(equations);
    memset(field, 0, points->N * points->D * sizeof *field);
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        CPT_TRY(block->kind->combine(block, equations->work, x + block->first, field));
    }
    CPT_TRY(cpt_equations_free_field(equations->plan, field));
done:
    return status;
}
