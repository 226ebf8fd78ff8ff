/* Directions through a planted point in which structure keeps the outputs, as rescalings of
 * homogeneous units do (MATH 5, fact 8): all its Hessians vanish there, as the gradient does, and
 * no nature is promised. */
#include "solve/solve.h"
#include "spectrum/spectrum.h"

critpt_status cpt_solve_find_symmetric(const cpt_points *points, double *targets, size_t point,
                                       cpt_symmetric *symmetric)
{
    critpt_status status;
    critpt_landscape view;
    critpt_workspace *workspace = NULL;
    cpt_landscape_view(points->landscape, targets, &view);
    CPT_TRY(critpt_workspace_create(&workspace, &view));
    const cpt_spectrum_task task = {workspace, cpt_points_weights(points, point),
                                    cpt_spectrum_options_in_force(NULL)};
    CPT_TRY(cpt_spectrum_find_symmetric(&task, &symmetric->directions, &symmetric->n));
done:
    critpt_workspace_destroy(workspace);
    return status;
}
