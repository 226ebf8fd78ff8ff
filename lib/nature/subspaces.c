/* Subspaces of whitened Hessians, by their eigenvectors, and the inequalities in them (MATH 7). */
#include "nature/subspaces.h"

#include <string.h>

#include "linalg/linalg.h"
#include "nature/square.h"

critpt_status cpt_nature_subspaces_create(cpt_nature_subspaces *subspaces, cpt_nature_maps *maps)
{
    critpt_status status;
    size_t K = maps->problem->n_points, entries;
    *subspaces = (cpt_nature_subspaces){.maps = maps};
    CPT_TRY(cpt_multiply(maps->P * maps->P, K, "Hessians of the points", &entries));
    CPT_TRY(cpt_allocate(&subspaces->whitenings, K, sizeof *subspaces->whitenings));
    CPT_TRY(cpt_allocate(&subspaces->hessians, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&subspaces->vectors, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&subspaces->previous, entries, sizeof(double)));
done:
    return status;
}

void cpt_nature_subspaces_destroy(cpt_nature_subspaces *subspaces)
{
    for (size_t k = 0; subspaces->whitenings && k < subspaces->maps->problem->n_points; k++)
        cpt_nature_whitening_destroy(&subspaces->whitenings[k]);
    cpt_free(subspaces->whitenings);
    cpt_free(subspaces->hessians);
    cpt_free(subspaces->vectors);
    cpt_free(subspaces->previous);
}

/* Matrix k of an array of P x P matrices. */
static double *square_of(const cpt_nature_subspaces *subspaces, double *squares, size_t k)
{
    return squares + k * subspaces->maps->P * subspaces->maps->P;
}

critpt_status cpt_nature_subspaces_examine(cpt_nature_subspaces *subspaces, size_t point,
                                           const double *origin)
{
    critpt_status status;
    cpt_nature_whitening *whitening = &subspaces->whitenings[point];
    const cpt_nature_point *of = &subspaces->maps->problem->points[point];
    CPT_TRY(cpt_nature_whitening_create(whitening, subspaces->maps, of, false));
    if (whitening->order == 0)
        return cpt_error(CRITPT_INFEASIBLE,
                         "point %zu has no nature: its outputs do not change to second order "
                         "with any weight, so no targets curve the loss there; use other "
                         "weights",
                         point);
    CPT_TRY(cpt_nature_hessian(subspaces->maps, whitening, of->weights, origin,
                               square_of(subspaces, subspaces->hessians, point)));
done:
    return status;
}

/* C -= W' diag(least) W */
static void subtract_least(cpt_nature_block *block, size_t P, const double *least, double *scratch)
{
    size_t m = block->order;
    for (size_t i = 0; i < m * P; i++)
        scratch[i] = block->basis[i] * least[i % P];
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, m, m, P, -1, scratch, P, block->basis, P, 1,
                    block->constant, m);
}

/* C = sign W' H W - margin I - W' diag(least) W, H at the origin. */
static void set_constant(cpt_nature_subspaces *subspaces, cpt_nature_block *block)
{
    cpt_nature_maps *maps = subspaces->maps;
    const double *least = maps->problem->points[block->point].least;
    size_t m = block->order;
    cpt_nature_congruence(m, maps->P, block->basis,
                          square_of(subspaces, subspaces->hessians, block->point), maps->scratch,
                          block->constant);
    for (size_t i = 0; i < m * m; i++)
        block->constant[i] *= block->sign;
    for (size_t i = 0; i < m; i++)
        block->constant[i * m + i] -= block->margin;
    if (least)
        subtract_least(block, maps->P, least, maps->scratch);
    cpt_nature_symmetrize(m, block->constant);
}

/* A block on `order` of the rows of V W', from `first` on; on W' itself where it is on all. */
static critpt_status add_block(cpt_nature_subspaces *subspaces, size_t k, double scale, double sign,
                               size_t first, size_t order, cpt_nature_cone *cone)
{
    critpt_status status;
    const cpt_nature_whitening *whitening = &subspaces->whitenings[k];
    const double *vectors = square_of(subspaces, subspaces->vectors, k);
    size_t m = whitening->order, P = subspaces->maps->P;
    double *rows = NULL, margin = scale * subspaces->maps->problem->points[k].margin /
                                  subspaces->whitenings[k].unit;
    if (order < m) {
        CPT_TRY(cpt_allocate(&rows, order * P, sizeof(double)));
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, P, m, 1, vectors + first * m, m,
                        whitening->rows, P, 0, rows, P);
    }
    CPT_TRY(cpt_nature_cone_add(cone, k, sign, margin, order, rows ? rows : whitening->rows));
    set_constant(subspaces, &cone->blocks[cone->n_blocks - 1]);
done:
    cpt_free(rows);
    return status;
}

/* The inequalities of every point for the subspaces of its V. */
static critpt_status add_blocks(cpt_nature_subspaces *subspaces, double scale,
                                cpt_nature_cone *cone)
{
    critpt_status status = CRITPT_OK;
    const cpt_nature_problem *problem = subspaces->maps->problem;
    for (size_t k = 0; k < problem->n_points; k++) {
        size_t q = problem->points[k].index, m = subspaces->whitenings[k].order;
        if (!cpt_nature_is_wanted(problem, k))
            continue;
        if (q < m)
            CPT_TRY(add_block(subspaces, k, scale, 1, q, m - q, cone));
        if (q > 0)
            CPT_TRY(add_block(subspaces, k, scale, -1, 0, q, cone));
    }
done:
    return status;
}

/* V of every point that wants a saddle: the whitened Hessian's eigenvectors at the targets y, one a
 * row, ascending. */
static critpt_status turn(cpt_nature_subspaces *subspaces, const double *y)
{
    critpt_status status;
    cpt_nature_maps *maps = subspaces->maps;
    size_t P = maps->P;
    double *hessian = NULL, *values = NULL;
    CPT_TRY(cpt_allocate(&hessian, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&values, P, sizeof(double)));
    for (size_t k = 0; k < maps->problem->n_points; k++) {
        const cpt_nature_point *point = &maps->problem->points[k];
        const cpt_nature_whitening *whitening = &subspaces->whitenings[k];
        double *vectors = square_of(subspaces, subspaces->vectors, k);
        if (!cpt_nature_is_wanted(maps->problem, k) || point->index == 0 ||
            point->index == whitening->order)
            continue;
        CPT_TRY(cpt_nature_hessian(maps, whitening, point->weights, y, hessian));
        cpt_nature_congruence(whitening->order, P, whitening->rows, hessian, maps->scratch,
                              vectors);
        CPT_TRY(cpt_linalg_eigen(whitening->order, vectors, values));
    }
done:
    cpt_free(hessian);
    cpt_free(values);
    return status;
}

/* The multipliers of the blocks that were, seen from those in their place: O Z O', with O = V V'
 * before. */
static void carry_multipliers(cpt_nature_subspaces *subspaces, double *const *multipliers,
                              cpt_nature_cone *cone)
{
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        size_t k = block->point, m = subspaces->whitenings[k].order, q = block->order;
        size_t first = block->sign > 0 ? (m - q) * m : 0;
        if (q == m) {
            memcpy(block->multiplier, multipliers[j], m * m * sizeof(double));
            continue;
        }
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, q, q, m, 1,
                        square_of(subspaces, subspaces->vectors, k) + first, m,
                        square_of(subspaces, subspaces->previous, k) + first, m, 0, block->work, q);
        cpt_nature_congruence(q, q, block->work, multipliers[j], block->work2, block->multiplier);
    }
}

critpt_status cpt_nature_subspaces_choose(cpt_nature_subspaces *subspaces, const double *y,
                                          double scale, bool follow, cpt_nature_cone *cone)
{
    critpt_status status;
    size_t n = follow ? cone->n_blocks : 0;
    double **multipliers = NULL, *previous = subspaces->previous;
    CPT_TRY(cpt_allocate(&multipliers, n, sizeof *multipliers));
    for (size_t j = 0; j < n; j++) {
        multipliers[j] = cone->blocks[j].multiplier;
        cone->blocks[j].multiplier = NULL;
    }
    cpt_nature_cone_clear(cone);
    subspaces->previous = subspaces->vectors;
    subspaces->vectors = previous;
    CPT_TRY(turn(subspaces, y));
    CPT_TRY(add_blocks(subspaces, scale, cone));
    if (follow)
        carry_multipliers(subspaces, multipliers, cone);
done:
    for (size_t j = 0; multipliers && j < n; j++)
        cpt_free(multipliers[j]);
    cpt_free(multipliers);
    return status;
}
