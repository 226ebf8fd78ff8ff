/* The cone of the interior-point method: its inequalities, one block each, and their part of a
 * step. */
#ifndef CPT_NATURE_CONE_H
#define CPT_NATURE_CONE_H

#include "base/base.h"

/* One inequality C + B e >= 0 in e = Mn^(1/2) d, with B e = -sign W' S(Mn^(1/2)' e) W, and the
 * interior-point method's state for it. Matrices are order x order. */
typedef struct cpt_nature_block {
    size_t point, order;
    double sign, margin;
    double *basis;      /* W', order x P */
    double *constant;   /* C */
    double *image;      /* B e */
    double *slack;      /* X > 0 */
    double *multiplier; /* Z > 0 */
    double *scaling;    /* T with T X T' = T^-T Z T^-1 = diag(lambda) */
    double *lambda;     /* order */
    double *frame;      /* F = T W', order x P */
    double *inverse;    /* F' F in the order of the parts' members, where that makes products
                           cheaper, else NULL */
    double *step_slack; /* dX, but where X = C + B e is found anew after the step */
    double *scaled_slack, *scaled_multiplier; /* A = T dX T' and D with dZ = T' D T */
    double *correction;                       /* K of the scaled equations, to second order */
    double *best;                             /* the multiplier of the best lower bound */
    double *work, *work2;                     /* operands and results of the maps; scratch */
} cpt_nature_block;

/* All of them, over P weights. */
typedef struct cpt_nature_cone {
    size_t P, n_blocks;
    cpt_nature_block *blocks;
} cpt_nature_cone;

critpt_status cpt_nature_cone_create(cpt_nature_cone *cone, size_t P, size_t most_blocks);
void cpt_nature_cone_destroy(cpt_nature_cone *cone);
/* The inequality sign W' (H_point - margin of the whitening metric) W >= 0 in `order` rows `basis`
 * of W'; the caller sets its constant. */
critpt_status cpt_nature_cone_add(cpt_nature_cone *cone, size_t point, double sign, double margin,
                                  size_t order, const double *basis);
/* Removes all blocks. */
void cpt_nature_cone_clear(cpt_nature_cone *cone);
/* Z times a factor, in every block. */
void cpt_nature_scale_multipliers(cpt_nature_cone *cone, double factor);
/* -<C, Z>, summed over the blocks: what the multipliers gain where it is positive. */
double cpt_nature_dual_gain(const cpt_nature_cone *cone);
/* X = C + shift I, at e = 0. */
void cpt_nature_shift_slack(cpt_nature_block *block, double shift);
/* Z = (C + shift I)^-1 from C's eigenvectors (rows of `vectors`) and its eigenvalues in lambda. */
void cpt_nature_invert_slack(cpt_nature_block *block, const double *vectors, double shift);
/* Moves the eigenvalues of X^(1/2) Z X^(1/2) into the neighbourhood of mu, with X's eigenvectors in
 * work and its eigenvalues in lambda. */
critpt_status cpt_nature_centre_multiplier(cpt_nature_block *block, double mu);
/* T and lambda from X and Z; *definite is false where rounding has cost X or Z its definiteness. */
critpt_status cpt_nature_scale_block(cpt_nature_block *block, bool *definite);
/* step_slack = C + B e - X, or 0 where that is to stay as it is. */
void cpt_nature_set_violation(cpt_nature_block *block, bool stays);
/* A = T dX T' from work = B de in the basis: dX = C + B (e + de) - X, or B de where C + B e - X is
 * to stay. */
void cpt_nature_scale_step(cpt_nature_block *block, bool stays);
/* Newton's step from A: D = target / lambda - lambda - K - A; *primal and *dual shrink to how far
 * they may go. */
critpt_status cpt_nature_block_step(cpt_nature_block *block, double target, double *primal,
                                    double *dual);
/* <X + primal dX, Z + dual dZ> */
double cpt_nature_product_after(const cpt_nature_block *block, double primal, double dual);
/* K = (A D + D A)_ij / (lambda_i + lambda_j), D = -lambda - A, from the step towards <X, Z> = 0:
 * what the product of the scaled steps adds to the equations (Mehrotra). */
void cpt_nature_correct(cpt_nature_block *block);
/* Z += length dZ */
void cpt_nature_step_multiplier(cpt_nature_block *block, double length);

#endif
