/* Inside the nature solver: the linear maps of its inequalities, and its blocks. */
#ifndef CPT_NATURE_SYSTEM_H
#define CPT_NATURE_SYSTEM_H

#include "nature/nature.h"

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

/* Disjoint sets of weights between which S(u) has no entries, whatever u is (parts.c). Part p has
 * members[first[p]] .. members[first[p + 1] - 1]; weights without any entry are in none. */
typedef struct cpt_nature_parts {
    size_t n, *first, *members;
} cpt_nature_parts;

typedef struct cpt_nature_system {
    const cpt_nature_problem *problem;
    critpt_workspace *workspace;
    const cpt_metric *metric; /* of the loss */
    size_t P, N, D, n;
    cpt_nature_parts parts;
    size_t n_blocks;
    cpt_nature_block *blocks;
    double *matrix, *scratch, *sum;  /* P x P each */
    double *part;                    /* a square of the largest part */
    double *strip, *strip2;          /* P rows of the largest part */
    double *field, *field2, *field3; /* n each */
    size_t n_products;
    double progress;
} cpt_nature_system;

critpt_status cpt_nature_system_create(cpt_nature_system *system,
                                       const cpt_nature_problem *problem);
void cpt_nature_system_destroy(cpt_nature_system *system);
critpt_status cpt_nature_parts_create(cpt_nature_parts *parts, cpt_nature_system *system);
void cpt_nature_parts_destroy(cpt_nature_parts *parts);

/* Projects e on the changes that the equations leave free. */
critpt_status cpt_nature_project(cpt_nature_system *system, double *e);

/* The coordinates of a block: rows W', or T W' of the scaled ones. */
typedef enum cpt_nature_rows { CPT_NATURE_BASIS, CPT_NATURE_FRAME } cpt_nature_rows;
/* Every block's work = B e, or T B e T' in the frame. */
critpt_status cpt_nature_image(cpt_nature_system *system, cpt_nature_rows rows, const double *e);
/* e = the sum of B*(work) over the blocks, work being in those coordinates; not projected. */
critpt_status cpt_nature_adjoint(cpt_nature_system *system, cpt_nature_rows rows, double *e);
/* result = B* B e in scaled coordinates: the sum of B*(W^-1 B e W^-1) with the W^-1 = T' T of the
 * blocks, not projected. */
critpt_status cpt_nature_multiply(cpt_nature_system *system, const double *e, double *result);
/* A block's frame and inverse for its T. */
void cpt_nature_set_frame(cpt_nature_system *system, cpt_nature_block *block);
/* Projects `count` changes e (rows of n), so many at a time, to the accuracy of the semi-normal
 * equations. */
enum { CPT_NATURE_PROJECTED_ROWS = 256 };
critpt_status cpt_nature_project_rows(cpt_nature_system *system, size_t count, double *rows);
/* Rows e = B*(v w' + w v')/2 of one block, not projected, for pairs v, w of rows of `directions` (P
 * each). */
critpt_status cpt_nature_pairs(cpt_nature_system *system, const cpt_nature_block *block,
                               size_t n_directions, const double *directions, size_t n_pairs,
                               const cpt_pair *pairs, double *rows);

/* Reports progress in [0, 1], never falling; CRITPT_CANCELLED if the caller says so. */
critpt_status cpt_nature_tick(cpt_nature_system *system, double done);

/* c (order x order) = rows m rows', with rows order x n and a symmetric m; scratch order x n. */
void cpt_nature_congruence(size_t order, size_t n, const double *rows, const double *m,
                           double *scratch, double *c);
/* The symmetric c (n x n) = beta c + alpha rows' m rows, with a symmetric m. */
void cpt_nature_expand(size_t order, size_t n, double alpha, const double *rows, const double *m,
                       double *scratch, double beta, double *c);

/* The mean of a and a', which rounding has set apart. For a product by way of a small half, as F'
 * (Q F) of a large F, that leaves errors F' E + E' F, which hardly matter where F is large; one
 * triangle's alone would be noise everywhere. */
void cpt_nature_symmetrize(size_t n, double *a);

/* ---- block.c: one inequality of the interior-point method ---- */
/* The inequality sign W' (H_point - margin of the metric) W >= 0 in `order` rows `basis` of W'; the
 * caller sets its constant. */
critpt_status cpt_nature_add_block(cpt_nature_system *system, size_t point, double sign,
                                   double margin, size_t order, const double *basis);
void cpt_nature_remove_blocks(cpt_nature_system *system);
/* Z times a factor, in every block. */
void cpt_nature_scale_multipliers(cpt_nature_system *system, double factor);
/* -<C, Z>, summed over the blocks: what the multipliers gain where it is positive. */
double cpt_nature_dual_gain(const cpt_nature_system *system);
/* X = C + shift I, at e = 0. */
void cpt_nature_shift_slack(cpt_nature_block *block, double shift);
/* Z = (C + shift I)^-1 from C's eigenvectors (rows of `vectors`) and its eigenvalues in lambda. */
void cpt_nature_invert_slack(cpt_nature_block *block, const double *vectors, double shift);
/* Moves the eigenvalues of X^(1/2) Z X^(1/2) into the neighbourhood of mu, with X's eigenvectors in
 * work and its eigenvalues in lambda. */
critpt_status cpt_nature_centre_multiplier(cpt_nature_block *block, double mu);
/* T, lambda and the frame from X and Z; *fine is false where rounding has cost X or Z its
 * definiteness. */
critpt_status cpt_nature_scale_block(cpt_nature_system *system, cpt_nature_block *block,
                                     bool *fine);
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

/* ---- boundary.c ---- */
/* *step shrinks to the largest a with diag(lambda) + a d >= 0, d being scaled, to two or three
 * parts in a hundred; 0 where d is not finite. The block's work2 is lost. */
critpt_status cpt_nature_boundary(cpt_nature_block *block, const double *d, double *step);

/* ---- metric.c: the whitening metric of a point and what is left of it ---- */
typedef struct cpt_nature_metric {
    size_t P, n_null, order; /* order = P - n_null */
    double *whitening;       /* order x P: rows orthonormal in the metric, metric-orthogonal to
                                the null directions */
    double *null_directions; /* n_null x P */
    double *gauss_newton;    /* G, P x P */
    double *caps;            /* n_caps, ascending: caps[q] is that of the margin of index q */
    size_t n_caps, index_cap;
} cpt_nature_metric;
critpt_status cpt_nature_metric_create(cpt_nature_metric *metric, cpt_nature_system *system,
                                       const double *weights);
void cpt_nature_metric_destroy(cpt_nature_metric *metric);
/* No targets give this index a larger margin; infinity where the output layer does not cap it. */
double cpt_nature_margin_cap(const cpt_nature_metric *metric, size_t index);
/* H = G + S(Mn (f - y)), P x P. */
critpt_status cpt_nature_hessian(cpt_nature_system *system, const cpt_nature_metric *metric,
                                 const double *weights, const double *targets, double *hessian);

/* margins.c: index and margin of a point at the targets, in whitened coordinates. */
critpt_status cpt_nature_measure_point(cpt_nature_system *system, const cpt_nature_metric *metric,
                                       const cpt_nature_point *point, const double *targets,
                                       size_t *index, double *margin);

/* ---- precondition.c: an approximate inverse of I + B* B in scaled coordinates ---- */
typedef struct cpt_nature_preconditioner {
    size_t n, n_pairs, n_columns, capacity; /* of columns, unless it is whole */
    bool whole;                             /* it knows the images of all pairs of basis vectors */
    bool orthonormal;                       /* the columns are Q, else T itself */
    double *columns;                        /* Q' or T', n_columns x n; NULL: Q = I */
    double *pairs;  /* whole: all images in the coordinates Q, n_columns x n_pairs */
    double *scaled; /* whole: those of one block in scaled coordinates */
    double *factor; /* Cholesky's, of I + R R' for images Q R, or of I + T'T */
    double *coefficients,
        *change; /* n_columns each: of a vector along them, and what becomes of it */
} cpt_nature_preconditioner;

critpt_status cpt_nature_preconditioner_create(cpt_nature_preconditioner *preconditioner,
                                               cpt_nature_system *system);
void cpt_nature_preconditioner_destroy(cpt_nature_preconditioner *preconditioner);
/* Follows the blocks' scaling, with `wanted` columns unless it is whole. */
critpt_status cpt_nature_preconditioner_update(cpt_nature_preconditioner *preconditioner,
                                               cpt_nature_system *system, size_t wanted);
/* Makes it whole where that can be afforded in a hard problem. */
critpt_status cpt_nature_preconditioner_strengthen(cpt_nature_preconditioner *preconditioner,
                                                   cpt_nature_system *system);
/* h = the approximate inverse times r. */
critpt_status cpt_nature_precondition(const cpt_nature_preconditioner *preconditioner,
                                      cpt_nature_system *system, const double *r, double *h);

/* ---- newton.c: linear equations in scaled coordinates, by conjugate gradients ---- */
typedef struct cpt_nature_newton {
    cpt_nature_preconditioner preconditioner;
    size_t columns, last_steps; /* the preconditioner's and what the last equations took */
    double *step, *r;           /* n each: solution and residual */
    double *h, *p, *q;          /* n each: preconditioned residual, direction, its product; scratch
                                   between solves */
} cpt_nature_newton;

critpt_status cpt_nature_newton_create(cpt_nature_newton *newton, cpt_nature_system *system);
void cpt_nature_newton_destroy(cpt_nature_newton *newton);
/* Follows the blocks' scaling, with more columns where the last equations took many steps, or with
 * a preconditioner that is whole from now on, if `strengthen` says so; CRITPT_NOT_CONVERGED where
 * rounding leaves nothing of the scaling. */
critpt_status cpt_nature_newton_follow(cpt_nature_newton *newton, cpt_nature_system *system,
                                       bool strengthen);
/* step += (I + B* B)^-1 r, or (B* B)^-1 r without the identity, until a residual of norm
 * `tolerance` is left in r, or so many steps are made, or all that the budget leaves. */
critpt_status cpt_nature_newton_solve(cpt_nature_newton *newton, cpt_nature_system *system,
                                      bool identity, double tolerance, size_t most_steps);
/* Steps of conjugate gradients that the budget leaves. */
size_t cpt_nature_products_left(const cpt_nature_system *system);

/* ---- certificate.c ---- */
/* Moves the blocks' multipliers Z, with <C, Z> < 0, towards B* Z = 0 by at most most_steps of
 * conjugate gradients; *proven says whether they now prove that there is no solution nearer than
 * `far`. Of a block its scaling, lambda, frame, scaled_multiplier, work and work2 are lost;
 * `strengthen` as of cpt_nature_newton_follow. */
critpt_status cpt_nature_certify(cpt_nature_system *system, cpt_nature_newton *newton, double far,
                                 bool strengthen, size_t most_steps, bool *proven);

/* ---- interior.c ---- */
typedef enum cpt_nature_end {
    CPT_NATURE_CONVERGED, /* feasible, and the gap is small */
    CPT_NATURE_SEPARATED, /* multipliers prove that there is nothing within `radius` */
    CPT_NATURE_EXHAUSTED, /* the budget is */
    CPT_NATURE_STALLED
} cpt_nature_end;
typedef struct cpt_nature_solution {
    double *e;     /* n */
    double primal; /* 1/2 |e|^2 */
    bool feasible;
    double *inner; /* n: the last feasible iterate that was well inside: far from nearest */
    bool has_inner;
    double dual; /* best lower bound of it; its multipliers are left in the blocks */
    double radius, scale_cap;
    double mu; /* <X, Z> / order at its end */
    cpt_nature_end end;
    size_t n_iterations;
    size_t n_columns, last_steps; /* the preconditioner's last, and the steps that the equations
                                     then took, for a solve that goes on from this one */
} cpt_nature_solution;
typedef struct cpt_nature_goal {
    double constant; /* the part of the objective that e does not move */
    double far;      /* the distance beyond which a solution counts as none */
    double gap;      /* relative duality gap to reach */
} cpt_nature_goal;
/* `from`: changes to start from if they satisfy all inequalities, with the multipliers that the
 * blocks have; or NULL. */
critpt_status cpt_nature_interior(cpt_nature_system *system, const cpt_nature_goal *goal,
                                  const double *from, cpt_nature_solution *solution);

#endif
