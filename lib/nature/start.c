/* Where the interior-point method starts. */
#include "nature/start.h"

#include <math.h>
#include <string.h>

#include "linalg/linalg.h"

critpt_status cpt_nature_start_afar(cpt_nature_maps *maps, cpt_nature_cone *cone, double order,
                                    double *scratch)
{
    static const double beyond = 1.5; /* shift beside what makes C semidefinite; chosen */
    critpt_status status;
    double shift = 1, norm;
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        memcpy(block->slack, block->constant, block->order * block->order * sizeof(double));
        CPT_TRY(cpt_linalg_eigen(block->order, block->slack, block->lambda));
        shift = fmax(shift, -beyond * block->lambda[0]);
    }
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        cpt_nature_invert_slack(block, block->slack, shift);
        memcpy(block->work, block->multiplier, block->order * block->order * sizeof(double));
        cpt_nature_shift_slack(block, shift);
    }
    CPT_TRY(cpt_nature_adjoint(maps, cone, CPT_NATURE_BASIS, scratch));
    CPT_TRY(cpt_nature_project(maps, scratch));
    norm = cpt_linalg_norm(maps->n, scratch);
    if (norm > 0)
        cpt_nature_scale_multipliers(cone, sqrt(order) / norm);
done:
    return status;
}

critpt_status cpt_nature_start_inside(cpt_nature_maps *maps, cpt_nature_cone *cone, const double *e,
                                      double mu, bool *inside)
{
    critpt_status status;
    *inside = true;
    CPT_TRY(cpt_nature_image(maps, cone, CPT_NATURE_BASIS, e));
    for (size_t j = 0; *inside && j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        size_t m = block->order;
        memcpy(block->image, block->work, m * m * sizeof(double));
        for (size_t i = 0; i < m * m; i++)
            block->work[i] = block->slack[i] = block->constant[i] + block->image[i];
        CPT_TRY(cpt_linalg_eigen(m, block->work, block->lambda));
        *inside = block->lambda[0] > 0;
        if (*inside)
            CPT_TRY(cpt_nature_centre_multiplier(block, mu));
    }
done:
    return status;
}
