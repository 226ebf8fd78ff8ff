/* The memory that a search for natures takes, but for its preconditioners, which keep to what the
 * problem leaves them. */
#include "nature/nature.h"

/* Matrices of P x P that there are at a time at most, blocks being of orders q and P - q. */
enum {
    OF_MAPS = 6,           /* maps.h: three squares, a part and two strips */
    OF_EXAMINATION = 7,    /* whitening.c: vectors, floored, three to take out null directions, and
                              LAPACK's two */
    OF_POINT = 3,          /* subspaces.h: a Hessian, vectors, previous ones */
    OF_NATURE = 3 + 15 + 3 /* whitening.h; a point's blocks: 12 squares, basis, frame, inverse;
                              the multipliers that are carried on, basis and multiplier of the
                              result */
};
/* Fields of N D numbers: of the maps, the search and its result, solutions, the interior-point
 * method, its equations, and what tells whether columns have left the free changes. */
enum { FIELDS = 3 + 5 + 2 + 2 + 5 + 2 };

critpt_status cpt_nature_size(const critpt_landscape *landscape, size_t n_points, size_t n_natures,
                              size_t *size)
{
    critpt_status status;
    const critpt_model *model = landscape->model;
    size_t P = model->n_weights, N = landscape->n_samples, square, field, tangents;
    size_t batch = N < CPT_JET_BATCH ? N : CPT_JET_BATCH;
    CPT_TRY(cpt_multiply(P, P, "Hessian", &square));
    CPT_TRY(cpt_multiply(N, model->n_outputs, "targets", &field));
    CPT_TRY(cpt_multiply(OF_MAPS + OF_EXAMINATION + OF_POINT * n_points + OF_NATURE * n_natures,
                         square, "matrices of the natures", size));
    CPT_TRY(cpt_multiply_add(field, FIELDS, *size, "fields of the natures", size));
    CPT_TRY(cpt_jet_tangents_size(model, batch, &tangents));
    CPT_TRY(cpt_multiply_add(tangents, P, *size, "tangents of directions", size));
done:
    return status;
}
