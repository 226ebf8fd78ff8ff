/* The equations of a plan as data: blocks, one for each point whose gradient is prescribed and one
 * for each condition; their triangle, folded from rows that are never stored; and the targets that
 * meet them, of least norm (MATH 6). */
#ifndef CPT_EQUATIONS_EQUATIONS_H
#define CPT_EQUATIONS_EQUATIONS_H

#include "condition/condition.h"

/* A change of the targets, and of what soft equations may miss by. */
typedef struct cpt_change {
    double *field; /* N x D */
    double *slack; /* equations */
} cpt_change;

/* Scratch of the least-norm solution. */
typedef struct cpt_krylov {
    cpt_change v, w;          /* the present basis vector; the direction of the solution's step */
    cpt_change solution;      /* of the caller */
    double *field, *weighted; /* N x D: a combination of fields c; Mn times the last one measured */
    double *u, *image;        /* equations, in the orthonormal columns */
    double *step;             /* equations: the combination */
    double *right;            /* equations: of the caller */
    char stage[40];           /* "residual 1.0e-05": of a long iteration */
} cpt_krylov;

/* What became of the equations; NaN until it is known. */
typedef struct cpt_accounts {
    double tolerance; /* of the rank */
    double redundant, conflicting, null;
    double refinements;
} cpt_accounts;

/* How they are solved: by the triangle of their products, and of their rows where these cannot tell
 * or something does not hold; of products alone, where rows have no room; or without a triangle,
 * by the diagonal blocks of weights that go together. */
typedef enum cpt_route { CPT_ROUTE_ROWS, CPT_ROUTE_PRODUCTS, CPT_ROUTE_UNIT_BLOCKS } cpt_route;
enum { CPT_N_ROUTES = CPT_ROUTE_UNIT_BLOCKS + 1 };

typedef struct cpt_unit_blocks cpt_unit_blocks;

typedef struct cpt_equations {
    const critpt_plan *plan;
    const critpt_plan_options *options;
    cpt_condition_work *work; /* the points, evaluated, and scratch of the kinds */
    size_t n, unknowns;       /* unknowns: targets that are not frozen */
    size_t n_critical;        /* points whose gradient is to vanish */
    size_t n_gradients;       /* blocks of gradients, zero or not */
    size_t n_blocks;
    cpt_block *blocks;
    size_t most_fields; /* equations of the largest block of losses */
    bool needs_matrix;  /* of second derivatives, for some block */
    bool soft;          /* some block is, and */
    bool other;         /* some block is no gradient's */
    size_t batch;       /* samples whose rows are folded at once */
    cpt_route route;
    size_t spare; /* bytes that the memory limit leaves; 0 without one */
    cpt_triangle triangle;
    cpt_unit_blocks *unit_blocks; /* in place of the triangle's r, whose scale stays; or NULL */
    double *rigid;     /* n x n: the triangle without looseness, where that is to change; or NULL */
    double *looseness; /* n: 1/sqrt(weight) of a soft one, 0 of a hard one */
    bool *null;        /* n: of a gradient, and 0 = 0 whatever the targets are; or with no target
                          in it */
    double *residuals; /* n: at the targets of the last find_residuals */
    double *units;     /* n: what rounding makes of each residual (MATH 9) */
    cpt_krylov krylov;
    cpt_accounts accounts;
} cpt_equations;

typedef struct cpt_targets {
    double *base, *values; /* N x D, sample-major */
    double *slack;         /* equations: a soft one's residual is to be looseness times this */
    bool based;            /* the base was chosen */
    bool started;          /* the values are those of some attempt */
    double spread;         /* largest |f_k - mean f_k| in the norm of the loss */
    double size;           /* largest |f_k| in that norm */
} cpt_targets;

static inline const cpt_points *cpt_equations_points(const cpt_equations *equations)
{
    return equations->work->evaluation.points;
}

/* ---- Which there are (blocks.c) ---- */

/* Lists the blocks of the plan. */
critpt_status cpt_equations_list(cpt_equations *equations);
/* Their number and what they need, without listing them: nothing is allocated. */
critpt_status cpt_equations_foresee(cpt_equations *equations);
/* The block that an equation belongs to. */
const cpt_block *cpt_equations_block(const cpt_equations *equations, size_t equation);
/* The block of a condition, or of a critical point; NULL if there is none. */
const cpt_block *cpt_equations_find_block(const cpt_equations *equations, cpt_request request);
/* What generic weights leave to be met (MATH 5, facts 4 and 5). */
size_t cpt_equations_expected_rank(const cpt_equations *equations);
/* Independent equations among those that must hold. */
size_t cpt_equations_hard_rank(const cpt_equations *equations);

/* ---- Memory (create.c) ---- */

/* The arrays that have a number for each equation, and the scratch. */
critpt_status cpt_equations_allocate(cpt_equations *equations);
void cpt_equations_destroy(cpt_equations *equations);
/* Some blocks of the whole, which outlives them: their triangle from the whole's columns. To be
 * destroyed even after an error. */
critpt_status cpt_equations_create_part(cpt_equations *part, const cpt_equations *whole,
                                        const bool *kept);
/* Targets for these equations; to be destroyed even after an error, if they were zero before. */
critpt_status cpt_equations_targets_create(const cpt_equations *equations, cpt_targets *targets);
void cpt_equations_targets_destroy(cpt_targets *targets);

/* ---- Rows (rows.c) ---- */

critpt_status cpt_equations_chunk_create(const cpt_equations *equations, size_t batch,
                                         bool with_rows, cpt_chunk *chunk);
void cpt_equations_chunk_destroy(cpt_chunk *chunk);
/* Goes to the batch that begins at sample `first`. */
void cpt_equations_chunk_begin(cpt_chunk *chunk, size_t first);
/* The rows of the present batch. */
critpt_status cpt_equations_chunk_form(const cpt_equations *equations, cpt_chunk *chunk);

/* ---- Products of the rows with each other (products.c) ---- */

/* Products summed over all processes. */
critpt_status cpt_equations_sum_products(const cpt_equations *equations, cpt_upper *sums);
/* The upper triangle of B'B in the triangle's r, for B without looseness. */
critpt_status cpt_equations_form_products(cpt_equations *equations);
/* How many doubles that takes beside the triangle. */
critpt_status cpt_equations_products_size(const cpt_equations *equations, size_t *size);
/* Whether the equations that the triangle of products leaves out depend on the others to the
 * tolerance of the rank; makes its gap. */
critpt_status cpt_equations_check_left_out(cpt_equations *equations, bool *dependent);

/* The scaled fields of the outputs on the targets that may move, of the chunk's batch: the
 * derivative of scaled output o by output c is seeds[c][o] (D x D x n). */
critpt_status cpt_equations_form_seeds(const cpt_equations *equations, cpt_chunk *chunk,
                                       double *seeds);

/* ---- Ways to solve them (route.c) ---- */

/* Whether a way serves what the plan asks for, and how many doubles it takes beside the targets. */
bool cpt_equations_has_route(const cpt_equations *equations, cpt_route route);
critpt_status cpt_equations_route_size(const cpt_equations *equations, cpt_route route,
                                       size_t *size);

/* ---- Without a triangle (unit_blocks.c) ---- */

critpt_status cpt_equations_unit_blocks_size(const cpt_equations *equations, size_t *size);
/* Sums the blocks, and sets the triangle's scale; then, once null equations are marked, factors
 * them. */
critpt_status cpt_equations_form_unit_blocks(cpt_equations *equations);
critpt_status cpt_equations_factor_unit_blocks(cpt_equations *equations);
void cpt_equations_unit_blocks_destroy(cpt_unit_blocks *blocks);
/* With Q the columns that the triangle makes orthonormal, or the blocks each by itself: x = B' z
 * becomes Q' z, and Q's combination x becomes that of the columns B. */
void cpt_equations_to_orthonormal(cpt_equations *equations, double *x);
void cpt_equations_from_orthonormal(cpt_equations *equations, double *x);

/* ---- The triangle (triangle.c) ---- */

/* Finds the triangle: marks null equations, finds the rank and the condition. From products of the
 * rows where these can tell, else from the rows themselves; or what stands in for it. */
critpt_status cpt_equations_factor(cpt_equations *equations);
/* Whether the rows are to tell what their products cannot: there is room for them, or they are
 * spread over processes, which folding says. */
bool cpt_equations_may_fold(const cpt_equations *equations);
/* From the rows themselves, whatever was found before. */
critpt_status cpt_equations_fold(cpt_equations *equations);
/* Makes the looseness of soft equations `factor` times as large, and factors the triangle anew. */
critpt_status cpt_equations_loosen(cpt_equations *equations, double factor);

/* ---- Residuals and units at targets (N x D), combinations (combine.c) ---- */

critpt_status cpt_equations_find_residuals(cpt_equations *equations, const double *targets);
/* Of the residuals that were found last, at the same targets. */
critpt_status cpt_equations_find_units(cpt_equations *equations, const double *targets);
/* image = c' w for w = Mn u. */
critpt_status cpt_equations_multiply(cpt_equations *equations, const double *w, double *image);
/* field = sum over all equations of x[e] c[e], on the targets that may move. */
critpt_status cpt_equations_combine(cpt_equations *equations, const double *x, double *field);

/* ---- The targets that may move (frozen.c) ---- */

/* Puts the frozen targets, which rounding moved, back. */
void cpt_equations_restore_frozen(const critpt_plan *plan, cpt_targets *targets);
/* The projection of a field on the targets that may move, orthogonal in the norm of the loss. */
critpt_status cpt_equations_free_field(const critpt_plan *plan, double *field);
/* The same for `count` columns in scaled coordinates of n samples from `first` on, laid out like a
 * chunk's. */
critpt_status cpt_equations_free_rows(const critpt_plan *plan, size_t first, size_t n, size_t count,
                                      double *columns);

/* ---- Changes (change.c, least_norm.c) ---- */

critpt_status cpt_equations_change_create(const cpt_equations *equations, cpt_change *change);
void cpt_equations_change_destroy(cpt_change *change);
void cpt_equations_change_clear(const cpt_equations *equations, cpt_change *change);
/* change += factor by */
void cpt_equations_change_add(const cpt_equations *equations, double factor, const cpt_change *by,
                              cpt_change *change);
static inline cpt_change cpt_equations_present(const cpt_targets *targets)
{
    return (cpt_change){targets->values, targets->slack};
}

/* The triangle's departure at which a single step is good to 1e-12. */
extern const double cpt_equations_orthonormal;

/* The change of least norm (that of the loss for the field, Euclid's for the slack) by which the
 * independent equations change by `right`, but for a part of the norm `enough`. */
critpt_status cpt_equations_least_norm(cpt_equations *equations, const double *right, double enough,
                                       cpt_change *change);
/* Projects a change, not one of the scratch, orthogonally on the null space of the equations. */
critpt_status cpt_equations_project(cpt_equations *equations, cpt_change *change);

/* ---- Many fields at a time (projection.c) ---- */

/* Projects `count` fields in scaled coordinates, Mn^(1/2) times a field each (count x (N D)),
 * without soft equations: by the semi-normal equations, whose error is the triangle's departure,
 * and once more where that is large, which squares it. */
critpt_status cpt_equations_project_scaled(cpt_equations *equations, size_t count, double *fields);
/* How many samples that takes at a time, and how many doubles its passes and their batches do. */
size_t cpt_equations_projected_samples(const cpt_equations *equations);
critpt_status cpt_equations_projection_size(const cpt_equations *equations, size_t *size);

/* ---- Targets that meet them (refine.c, accounts.c) ---- */

/* The targets refined from where they are. */
critpt_status cpt_equations_refine(cpt_equations *equations, cpt_targets *targets);
/* Targets for the rank that can be had, and the accounts. */
critpt_status cpt_equations_solve(cpt_equations *equations, cpt_targets *targets);

/* Rounding units by which the equation at a position of the triangle misses, and whether that is
 * more than a redundant one may. */
double cpt_equations_defect(const cpt_equations *equations, size_t position);
bool cpt_equations_conflicts(const cpt_equations *equations, size_t position);
/* How many dependent equations hold and how many do not. */
void cpt_equations_count(cpt_equations *equations);
/* Once all requests are seen to be met, dependent equations that miss by more than their own
 * rounding count as redundant. */
void cpt_equations_close_accounts(cpt_equations *equations);
/* Whether all hard equations are met to rounding, independent ones too, by targets beside which the
 * outputs can be seen. */
bool cpt_equations_all_hold(const cpt_equations *equations, const cpt_targets *targets);
/* The same where a solve would be accepted: with the units that a request of the kind may miss by
 * at this condition number of the equations. */
bool cpt_equations_all_met(const cpt_equations *equations, const cpt_targets *targets);
double cpt_equations_accepted(const cpt_equations *equations, const cpt_condition_kind *kind);

/* What the targets' distance from the base targets is measured by. */
double cpt_equations_output_scale(const cpt_points *points, const cpt_targets *targets);
/* That distance over that scale from where on the last digit of the targets is 1 % of the outputs.
 */
extern const double cpt_equations_largest_amplification;
/* What targets are made of, in the norm of the loss: they, the base targets and the outputs. */
double cpt_equations_target_size(const cpt_points *points, const cpt_targets *targets);
/* Times that size: what only targets beyond it would meet contradicts, as rounding tells little
 * more.
 */
extern const double cpt_equations_far;

#endif
