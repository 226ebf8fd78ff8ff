/* Certificates of infeasibility: Z > 0 with B* Z = 0 and <C, Z> < 0, a recession direction of the
 * dual, which no e with C + B e >= 0 allows (MATH 7).
 *
 * Of the changes dZ with B*(Z + dZ) = 0 the smallest in the norm |Z^-1/2 dZ Z^-1/2| is
 * dZ = -Z B e Z with B*(Z B e Z) = B* Z, and Z + dZ is definite where that norm is below 1, and
 * often beyond. Up to a factor this is Newton's step to the greatest log det Z of a given size
 * under B* Z = 0: where Z + dZ is not definite, a shorter step leaves Z better centred for the
 * next. <C, Z> is left free, and where it turns positive there is no proof to be had this way.
 * Unlike the interior-point method's own steps these reach B* Z = 0 without going far. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/boundary.h"
#include "nature/certificate.h"

/* Limits of an attempt; chosen: those that succeed take few rounds. */
enum { MOST_ROUNDS = 30 };
enum { MOST_IN_VAIN = 3 };                /* in turn without progress */
enum { MOST_STEPS = 1500 };               /* of conjugate gradients, in a round */
static const double least_progress = 1.2; /* growth of the radius that counts as progress */

/* How far towards the boundary a step goes, of 1; chosen: Z is to stay central. */
static const double step_to_boundary = 0.9;

/* Residual of B* Z that a round leaves, relative to what it starts from; chosen. */
static const double residual_left = 1e-3;

/* Weight of the multipliers where the preconditioner inverts I + B* B: B* B grows with its square,
 * and the identity hardly counts; chosen. */
static const double little_identity = 1e4;

/* T' T = Z, in which the block's multiplier is the identity. */
static critpt_status scale_block(cpt_nature_block *block, bool *definite)
{
    critpt_status status;
    size_t m = block->order, minor;
    memcpy(block->work, block->multiplier, m * m * sizeof(double));
    CPT_TRY(cpt_linalg_cholesky(m, block->work, &minor));
    *definite = minor == 0;
    if (!*definite)
        goto done;
    for (size_t i = 0; i < m; i++) {
        block->lambda[i] = 1;
        for (size_t j = 0; j < m; j++)
            block->scaling[i * m + j] = j < i ? 0 : block->work[j * m + i];
    }
done:
    return status;
}

/* The multipliers times such a factor that -<C, Z> is `weight` times the sum of the blocks' orders:
 * 1, or more where the preconditioner is whole: it inverts I + B* B, which is the nearer to B* B
 * the larger Z is. */
static void normalize(cpt_nature_cone *cone, double weight)
{
    double order = 0;
    for (size_t j = 0; j < cone->n_blocks; j++)
        order += (double)cone->blocks[j].order;
    cpt_nature_scale_multipliers(cone, weight * order / cpt_nature_dual_gain(cone));
}

/* The blocks scaled, and r = B* Z; *definite is false where rounding has cost a Z its definiteness.
 */
static critpt_status begin_round(cpt_nature_maps *maps, cpt_nature_cone *cone,
                                 cpt_nature_newton *newton, bool *definite)
{
    critpt_status status = CRITPT_OK;
    *definite = true;
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        CPT_TRY(scale_block(block, definite));
        if (!*definite)
            goto done;
        cpt_nature_set_frame(maps, block);
        memcpy(block->work, block->multiplier, block->order * block->order * sizeof(double));
    }
    CPT_TRY(cpt_nature_adjoint(maps, cone, CPT_NATURE_BASIS, newton->r));
    CPT_TRY(cpt_nature_project(maps, newton->r));
done:
    return status;
}

/* The step, as far as it may go. */
static critpt_status move(cpt_nature_maps *maps, cpt_nature_cone *cone, cpt_nature_newton *newton)
{
    critpt_status status;
    double reach = INFINITY, length;
    CPT_TRY(cpt_nature_image(maps, cone, CPT_NATURE_FRAME, newton->step));
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        for (size_t i = 0; i < block->order * block->order; i++)
            block->scaled_multiplier[i] = -block->work[i];
        CPT_TRY(cpt_nature_boundary(block->order, block->lambda, block->scaled_multiplier,
                                    block->work2, &reach));
    }
    length = fmin(1, step_to_boundary * reach);
    for (size_t j = 0; j < cone->n_blocks; j++)
        cpt_nature_step_multiplier(&cone->blocks[j], length);
done:
    return status;
}

critpt_status cpt_nature_certify(cpt_nature_maps *maps, cpt_nature_cone *cone,
                                 cpt_nature_newton *newton, double far, bool strengthen,
                                 size_t most_steps, bool *proven)
{
    critpt_status status = CRITPT_OK;
    size_t in_vain = 0, end = maps->n_products + most_steps;
    double largest = 0, weight = newton->preconditioner.whole ? little_identity : 1;
    *proven = false;
    for (size_t round = 0; round < MOST_ROUNDS && cpt_nature_dual_gain(cone) > 0; round++) {
        bool definite;
        normalize(cone, weight);
        CPT_TRY(begin_round(maps, cone, newton, &definite));
        if (!definite)
            break;
        double norm = cpt_linalg_norm(maps->n, newton->r),
               radius = cpt_nature_dual_gain(cone) / norm;
        *proven = radius > far;
        in_vain = radius > least_progress * largest ? 0 : in_vain + 1;
        largest = fmax(largest, radius);
        if (*proven || in_vain == MOST_IN_VAIN || maps->n_products >= end)
            break;
        status = cpt_nature_newton_follow(newton, maps, cone, strengthen);
        if (status == CRITPT_NOT_CONVERGED && weight == 1)
            return CRITPT_OK; /* rounding leaves nothing of the scaling */
        if (status == CRITPT_NOT_CONVERGED) {
            weight = 1;
            continue;
        }
        CPT_TRY(status);
        memset(newton->step, 0, maps->n * sizeof *newton->step);
        size_t left = end - maps->n_products;
        CPT_TRY(cpt_nature_newton_solve(newton, maps, cone, false,
                                        fmax(residual_left, radius / far / 2) * norm,
                                        left < MOST_STEPS ? left : MOST_STEPS));
        CPT_TRY(move(maps, cone, newton));
    }
done:
    return status;
}
