/* One solve under way: what its stages hand to each other.
 *
 * Unknowns are the targets y (N D of them, less the frozen ones). Equations come in blocks, one for
 * each point whose gradient is prescribed and one for each condition. Every equation has the form
 * q + c' Mn (m - y) = 0 with fields c and m of N x D numbers (MATH 2), so that in
 * z = Mn^(1/2) (y - base) its row is Mn^(1/2) c, and the least-norm z is sought (MATH 6). */
#ifndef CPT_PLAN_SOLVE_H
#define CPT_PLAN_SOLVE_H

#include "linalg/linalg.h"
#include "plan/plan.h"

typedef struct cpt_solve cpt_solve;
typedef struct cpt_block cpt_block;

/* A batch of samples whose rows are being formed: column-major, one column for each equation, the
 * row of output o of sample i being o n + i. */
typedef struct cpt_chunk {
    critpt_workspace workspace; /* whose batches are chunks */
    size_t first, rows;         /* its first sample; D n */
    double *entries; /* rows x equations; NULL, like scratch, if no rows are to be formed */
    double *scratch; /* rows x P where a condition asks for whole matrices, else rows */
} cpt_chunk;

/* A kind of equations. Fields are N x D, sample-major. */
typedef struct cpt_equations {
    double accepted; /* rounding units by which a dependent equation may miss and still hold */
    /* Mn^(1/2) c of the chunk's batch, in the block's columns. */
    critpt_status (*columns)(const cpt_solve *solve, const cpt_block *block, cpt_chunk *chunk);
    /* What is there at the solve's targets minus what is asked. */
    critpt_status (*residuals)(cpt_solve *solve, const cpt_block *block, double *residuals);
    /* c' w for w = Mn u. */
    critpt_status (*products)(cpt_solve *solve, const cpt_block *block, const double *w,
                              double *products);
    /* field += sum of x[e] c[e] */
    critpt_status (*combine)(cpt_solve *solve, const cpt_block *block, const double *x,
                             double *field);
    /* What rounding makes of each residual (MATH 9). */
    critpt_status (*units)(cpt_solve *solve, const cpt_block *block, double *units);
} cpt_equations;

struct cpt_block {
    const cpt_equations *kind;
    size_t first, n;                /* its equations */
    cpt_request request;            /* where it comes from */
    const cpt_condition *condition; /* NULL for a critical point */
    size_t points[3];
    double value; /* of a curvature, an eigenvalue or a difference of losses */
};

/* Fields of loss equations, as many as there is room for. */
typedef struct cpt_loss_group {
    const cpt_block *block; /* whose they are; NULL at first */
    size_t first, count, capacity;
    double *c;            /* count x (N D) */
    double *half_squares; /* c' Mn c / 2 */
    double *reference;    /* f_0, N x D */
    double *weighted;     /* Mn c of one of them: the solve's own scratch is in use */
} cpt_loss_group;

/* A change of the targets, and of what soft equations may miss by. */
typedef struct cpt_change {
    double *field; /* N x D */
    double *slack; /* equations */
} cpt_change;

/* What the least-norm solution needs (least_norm.c): its own scratch. */
typedef struct cpt_krylov {
    cpt_change v, w;     /* the present basis vector; the direction of the solution's step */
    cpt_change solution; /* of the caller */
    double *u, *image;   /* equations, in the orthonormal columns */
    double *right;       /* equations: of the caller */
} cpt_krylov;

struct cpt_solve {
    const critpt_plan *plan;
    const critpt_plan_options *options;
    size_t K, P, N, D, equations, unknowns;
    size_t n_critical; /* points whose gradient is to vanish */
    size_t n_blocks;
    cpt_block *blocks;
    size_t batch;       /* samples whose rows are folded at once */
    size_t memory_left; /* bytes of the memory limit; 0 without one */
    critpt_workspace workspace;
    double *weights;          /* K x P: the points, moved where that was needed */
    double *base, *targets;   /* N x D, sample-major */
    bool started;             /* the targets are more than scratch */
    double *field, *weighted; /* N x D: scratch */
    double spread;            /* largest |f_k - mean f_k| in the norm of the loss */
    double size;              /* largest |f_k| in that norm */
    cpt_triangle triangle;
    double
        *rigid; /* equations^2: the triangle without looseness, where that is to change; or NULL */
    size_t *nature_null; /* K, with natures: directions left out of a point's promise; or NULL */
    double nature_bound; /* with natures: no targets that have them are nearer, |y - base|^2 / 2 */
    bool natures_seen;   /* confirmed by the spectra at the targets as they are */
    bool *null; /* equations: of a critical point, and 0 = 0 whatever the targets are; or with
                   no target in them */
    double *residuals; /* equations: at the present targets */
    double *step;      /* equations: scratch: a combination of the fields c */
    double *units;     /* equations: what rounding makes of each residual (MATH 9) */
    double *looseness; /* equations: 1/sqrt(weight) of a soft one, 0 of a hard one */
    double *slack;     /* equations: a soft one's residual is to be looseness times this */
    double *directions, *product; /* 2 P + D and P: scratch */
    cpt_krylov krylov;
    double excluded; /* conflicts are proven for targets up to so many times the present ones */
    cpt_loss_group group;
    double *matrix; /* P x P: scratch where a condition asks for whole matrices, else NULL */
    cpt_report report;
};

static inline const double *cpt_solve_weights(const cpt_solve *solve, size_t point)
{
    return solve->weights + point * solve->P;
}

/* CRITPT_CANCELLED if the user's callback asks for it. */
critpt_status cpt_solve_progress(const cpt_solve *solve, double done, const char *stage);

/* solve.c: all stages but the last, which writes into landscape and plan. */
critpt_status cpt_solve_begin(cpt_solve *solve, const critpt_plan *plan,
                              const critpt_plan_options *options);
critpt_status cpt_solve_run(cpt_solve *solve);
void cpt_solve_end(cpt_solve *solve);
/* The arrays that have a number for each equation, and the scratch of least_norm.c. */
critpt_status cpt_solve_allocate_equations(cpt_solve *solve);
void cpt_solve_free_equations(cpt_solve *solve);
void cpt_solve_forget_equations(cpt_solve *solve); /* without freeing them */

/* blocks.c: which equations there are. */
critpt_status cpt_solve_list_blocks(cpt_solve *solve);
/* The block that an equation belongs to. */
const cpt_block *cpt_solve_block(const cpt_solve *solve, size_t equation);
/* Whether the loss at two points differs by a number in which the targets have no say: both have
 * their gradients prescribed, and the output layer is linear (MATH 5, fact 2). */
bool cpt_solve_losses_are_tied(const critpt_plan *plan, size_t a, size_t b);
/* The first condition on a loss itself, to which the others are differences; NULL if there is none.
 */
const cpt_condition *cpt_solve_level_condition(const critpt_plan *plan);

/* base_targets.c: output biases balanced, base targets chosen, the outputs' spread measured. */
critpt_status cpt_solve_balance(cpt_solve *solve);
/* The weighted mean output of a point, D numbers, and the largest |f|. */
critpt_status cpt_solve_mean_output(cpt_solve *solve, size_t point, double *mean, double *largest);
/* to (N x D) += factor f_point */
critpt_status cpt_solve_add_outputs(cpt_solve *solve, size_t point, double factor, double *to);
critpt_status cpt_solve_choose_base(cpt_solve *solve);

/* refine.c: the triangle factored; targets for the rank that can be had; these, or the conflicts
 * explained; the targets refined where they are. */
critpt_status cpt_solve_factor(cpt_solve *solve);
critpt_status cpt_solve_attempt(cpt_solve *solve);
critpt_status cpt_solve_settle_rank(cpt_solve *solve);
critpt_status cpt_solve_refine(cpt_solve *solve);

/* levels.c: loss differences between critical points by scaling output layers, before the
 * equations; the common level by a move on their null space, after them. */
critpt_status cpt_solve_scale_outputs(cpt_solve *solve);
critpt_status cpt_solve_set_level(cpt_solve *solve);

/* soft_level.c: the targets where soft equations give way, near the level if it can be had. */
critpt_status cpt_solve_approach_soft_level(cpt_solve *solve, const cpt_condition *level);

/* equations.c: rows folded into the triangle; residuals; moves of the targets. */
critpt_status cpt_solve_fold(cpt_solve *solve);
/* Makes the looseness of soft equations `factor` times as large, and factors the triangle anew. */
critpt_status cpt_solve_loosen(cpt_solve *solve, double factor);
critpt_status cpt_solve_find_null(cpt_solve *solve);
critpt_status cpt_solve_residuals(cpt_solve *solve);
critpt_status cpt_solve_units(cpt_solve *solve);
/* field = sum over all equations of step[e] c[e], on the targets that may move. */
critpt_status cpt_solve_combine(cpt_solve *solve, double *field);
/* weighted = Mn field */
static inline void cpt_solve_apply_metric(const cpt_solve *solve, const double *field,
                                          double *weighted)
{
    cpt_metric_apply(&solve->plan->landscape->metric, field, weighted);
}
/* The norm of the loss; b NULL stands for zero. */
static inline double cpt_solve_distance(const cpt_solve *solve, const double *a, const double *b)
{
    return cpt_metric_norm(&solve->plan->landscape->metric, a, b);
}

/* least_norm.c: changes. */
critpt_status cpt_change_create(cpt_change *change, size_t n_targets, size_t n_equations);
void cpt_change_destroy(cpt_change *change);
void cpt_solve_add_change(cpt_solve *solve, double factor, const cpt_change *change);
/* The change of least norm (that of the loss for the field, Euclid's for the slack) by which the
 * independent equations change by `right`, but for a part of the norm `enough`. */
critpt_status cpt_solve_least_norm(cpt_solve *solve, const double *right, double enough,
                                   cpt_change *change);
/* Projects a change, not one of the solve's own, orthogonally on those that no equation sees. */
critpt_status cpt_solve_project(cpt_solve *solve, cpt_change *change);

/* projection.c: the same for `count` fields in scaled coordinates, Mn^(1/2) times a field each
 * (count x (N D)), without soft equations, to the accuracy of the semi-normal equations. */
critpt_status cpt_solve_project_scaled(cpt_solve *solve, size_t count, double *fields);
/* How many samples that takes at a time, and how many doubles its passes and their batches do. */
size_t cpt_solve_projected_samples(const cpt_solve *solve);
critpt_status cpt_solve_projection_size(const cpt_solve *solve, size_t *size);

/* equations.c: the rows of one batch after another. */
critpt_status cpt_chunk_create(const cpt_solve *solve, size_t batch, bool with_rows,
                               cpt_chunk *chunk);
void cpt_chunk_destroy(cpt_chunk *chunk);
/* Goes to the batch that begins at sample `first`. */
void cpt_chunk_begin(const cpt_solve *solve, cpt_chunk *chunk, size_t first);
/* The rows of the present batch. */
critpt_status cpt_chunk_form(const cpt_solve *solve, cpt_chunk *chunk);

/* For the kinds of equations. Evaluates a point's batch, unless that is what was done last. */
critpt_status cpt_solve_evaluate(const cpt_solve *solve, critpt_workspace *workspace, size_t point,
                                 size_t first, cpt_order order);
/* The column of a batch's field c (D x n). */
void cpt_chunk_store(cpt_chunk *chunk, const double *c, double *column);
/* field += factor times the batch's c (D x n). */
void cpt_solve_add_batch(const cpt_solve *solve, double factor, const double *c, double *field);

/* frozen.c: the targets that may move. */
size_t cpt_solve_n_frozen(const critpt_plan *plan);
/* Puts the frozen targets, which rounding moved, back. */
void cpt_solve_restore_frozen(cpt_solve *solve);
/* The projection of a field on the targets that may move, orthogonal in the norm of the loss. */
critpt_status cpt_solve_free_field(const cpt_solve *solve, double *field);
/* The same for `count` columns in scaled coordinates of n samples from `first` on, laid out like a
 * chunk's. */
critpt_status cpt_solve_free_rows(const cpt_solve *solve, size_t first, size_t n, size_t count,
                                  double *columns);

/* gradient_equations.c, curvature_equations.c, loss_equations.c */
extern const cpt_equations cpt_gradient_equations, cpt_curvature_equations, cpt_eigenpair_equations,
    cpt_gauss_newton_equations, cpt_loss_equations;
/* |gradient|, its largest entry and its size in rounding units, among the point's values; the
 * workspace then holds what the units of entries need. */
critpt_status cpt_solve_measure_gradient(cpt_solve *solve, size_t point, double *gradient,
                                         cpt_gradient_scale *scale);

/* null_directions.c: names the null equations. */
critpt_status cpt_solve_name_null_directions(cpt_solve *solve);

/* natures.c: the targets moved to where points have their natures; these confirmed by spectra. */
/* An error where natures are combined with what they cannot be. */
critpt_status cpt_solve_require_natures(const critpt_plan *plan);
critpt_status cpt_solve_find_natures(cpt_solve *solve);
/* Margins and duality gap of the finished targets. */
critpt_status cpt_solve_measure_natures(cpt_solve *solve);
critpt_status cpt_solve_confirm_natures(cpt_solve *solve);

/* judgement.c: what became of the points; an error where that will not do. */
critpt_status cpt_solve_measure_points(cpt_solve *solve);
/* Whether the targets are so large that rounding hides the outputs beside them. */
bool cpt_solve_drowns(const cpt_solve *solve);
critpt_status cpt_solve_judge(cpt_solve *solve);

/* achieved.c: what became of the conditions; an error where one does not hold. */
critpt_status cpt_solve_measure_conditions(cpt_solve *solve);

/* conflicts.c: whether all hard equations are met to rounding, independent ones too, by targets
 * beside which the outputs can be seen. */
bool cpt_solve_all_hold(const cpt_solve *solve);
/* How many dependent equations hold and how many do not; how many of the latter are proofs, the
 * first of them kept for the report. */
size_t cpt_solve_count_conflicts(cpt_solve *solve);
critpt_status cpt_solve_count_proofs(cpt_solve *solve, size_t *n_proofs);
critpt_status cpt_solve_keep_conflicts(cpt_solve *solve, size_t *n_proofs);
/* Whether the proofs exclude targets of every size that somebody may want. */
bool cpt_solve_is_certain(const cpt_solve *solve);
/* Once all requests are seen to be met, dependent equations that miss by more than their own
 * rounding count as redundant. */
void cpt_solve_close_accounts(cpt_solve *solve);

/* contradiction.c: a set of requests that contradict each other, as small as can be shown. */
critpt_status cpt_solve_find_contradiction(cpt_solve *solve);

/* causes.c: why there are conflicts, as data and in the sentence of CRITPT_INFEASIBLE. */
critpt_status cpt_solve_find_causes(cpt_solve *solve);
critpt_status cpt_solve_explain_conflicts(cpt_solve *solve, size_t n_proofs);
/* What generic weights leave to be met (MATH 5, facts 4 and 5). */
size_t cpt_solve_expected_rank(const cpt_solve *solve);

#endif
