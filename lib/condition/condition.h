/* Conditions: a file for each kind, and one table of them. What a kind is, its functions say.
 *
 * Unknowns are the targets y (N x D, sample-major like every field here). Every equation has the
 * form q + c' Mn (m - y) = 0 with fields c and m (MATH 2), so that in z = Mn^(1/2) (y - base) its
 * row is Mn^(1/2) c. */
#ifndef CPT_CONDITION_CONDITION_H
#define CPT_CONDITION_CONDITION_H

#include "linalg/linalg.h"
#include "points/points.h"

typedef struct cpt_condition_kind cpt_condition_kind;

/* The equations of a condition, or of a critical point. */
typedef struct cpt_block {
    const cpt_condition_kind *kind;
    size_t first, n;
    cpt_request request;            /* where they come from */
    const cpt_condition *condition; /* NULL for a critical point */
    const cpt_condition *level;     /* the loss that its value is a difference to, or NULL */
    size_t points[3];
    double value; /* of a curvature, an eigenvalue or a difference of losses */
    double unit;  /* the rounding unit of all its residuals together, where there is one */
} cpt_block;

/* A batch of samples whose rows are being formed: column-major, one column for each equation, the
 * row of output o of sample i being o n + i. */
typedef struct cpt_chunk {
    cpt_evaluation evaluation; /* whose batches are chunks */
    size_t first, rows;        /* its first sample; D n */
    double *entries; /* rows x equations; NULL, like scratch, if no rows are to be formed */
    double *scratch; /* rows x P where a kind needs whole matrices, else rows */
} cpt_chunk;

/* Fields c of a block's equations first .. first + count - 1, as many as there is room for: formed
 * once for the uses that follow. */
typedef struct cpt_condition_fields {
    size_t condition, generation; /* whose they are, at which weights */
    size_t first, count, capacity;
    double *c;            /* count x (N D) */
    double *half_squares; /* c' Mn c / 2 of this process's samples */
    double *reference;    /* f_0 */
} cpt_condition_fields;

/* What the kinds' functions compute with: the points evaluated, and scratch. */
typedef struct cpt_condition_work {
    cpt_evaluation evaluation;
    double *product;          /* P */
    double *matrix;           /* P x P where a kind needs one, or NULL */
    double *field, *weighted; /* N x D */
    cpt_condition_fields fields;
} cpt_condition_work;

/* A loss asked to lie above another by a difference. */
typedef struct cpt_gap {
    size_t above, below;
    double difference;
} cpt_gap;

struct cpt_condition_kind {
    const char *name;
    const char *never_soft; /* why no condition of this kind can be soft, or NULL */
    double accepted;        /* rounding units that a residual may have (MATH 9) */
    bool gradient;          /* equation j asks for entry j of a gradient */
    bool needs_matrix;      /* P x P in the work */

    /* Which equations a condition has: completes a block of one that has the condition's points and
     * value; n becomes 0 where there are none. NULL: as it is. */
    critpt_status (*describe)(const critpt_plan *plan, cpt_block *block);

    /* Mn^(1/2) c of the chunk's batch, in the block's columns. */
    critpt_status (*columns)(const cpt_block *block, cpt_chunk *chunk);
    /* What is there at the targets minus what is asked. */
    critpt_status (*residuals)(const cpt_block *block, cpt_condition_work *work,
                               const double *targets, double *residuals);
    /* c' w for w = Mn u, summed over this process's samples. */
    critpt_status (*products)(const cpt_block *block, cpt_condition_work *work, const double *w,
                              double *products);
    /* field += sum of x[e] c[e] */
    critpt_status (*combine)(const cpt_block *block, cpt_condition_work *work, const double *x,
                             double *field);
    /* What rounding makes of each residual (MATH 9), given them and which equations are 0 = 0. */
    critpt_status (*units)(cpt_block *block, cpt_condition_work *work, const double *targets,
                           const double *residuals, const bool *null, double *units);
    /* What rounding leaves of a row that is zero; NULL: nothing. */
    critpt_status (*row_rounding)(const cpt_block *block, cpt_condition_work *work,
                                  const cpt_triangle *triangle, double *rounding);
    /* How many of n equations are independent for generic weights; NULL: all. */
    size_t (*expected_rank)(const critpt_model *model, size_t n);

    /* Of kinds that ask for one curvature v' H u: v and u, which may be made in the evaluation's
     * vectors. */
    void (*directions)(const cpt_block *block, cpt_evaluation *evaluation, const double **v,
                       const double **u);
    /* Of kinds that compare losses at nodes, the first of which is the block's first point. A
     * node's weights, which may be made in the evaluation's vectors; evaluates its outputs; by how
     * much the loss at node e + 1 is to lie above that at node 0. */
    const double *(*node_weights)(const cpt_block *block, cpt_evaluation *evaluation, size_t node);
    critpt_status (*evaluate_node)(const cpt_block *block, cpt_evaluation *evaluation, size_t node,
                                   size_t first);
    double (*node_value)(const cpt_block *block, size_t e);
    /* The difference of two points' losses that is asked for; NULL: of none. */
    cpt_gap (*gap)(const critpt_plan *plan, const cpt_condition *condition);

    /* CRITPT_CONDITION_ACHIEVED, and _REQUESTED where it is not the condition's value, from the
     * losses in the report and the residuals of n equations. */
    void (*achieved)(const cpt_condition *condition, const cpt_report *report, size_t n,
                     const double *residuals, double *values);
    /* A warning of its own where rounding takes a part of what was asked; NULL: an error does. */
    critpt_status (*warn)(cpt_report *report, size_t condition, const double *values);

    /* Causes of conflicts. Whether the condition is the same for all targets; how many second
     * derivatives it prescribes. NULL: no; none. */
    bool (*is_fixed)(const critpt_model *model, const cpt_condition *condition);
    size_t (*n_curvatures)(const critpt_model *model);
};

/* ---- The table ---- */

extern const cpt_condition_kind cpt_condition_gradient; /* of critical points, too */

const cpt_condition_kind *cpt_condition_kind_of(const cpt_condition *condition);

/* The first condition on a loss itself, to which the others are differences; NULL if there is none.
 */
const cpt_condition *cpt_condition_level(const critpt_plan *plan);

/* The rounding unit of a point's gradient of this norm, or an error that one of them overflows; the
 * workspace then holds what the units of its entries need. */
critpt_status cpt_condition_gradient_unit(cpt_evaluation *evaluation, size_t point,
                                          const double *targets, double norm,
                                          cpt_gradient_scale *scale, double *unit);

/* ---- For the kinds ---- */

/* Room for the fields of `capacity` equations; to be destroyed even after an error. */
critpt_status cpt_condition_work_create(cpt_condition_work *work, const cpt_points *points,
                                        size_t batch, bool with_matrix, size_t capacity);
void cpt_condition_work_destroy(cpt_condition_work *work);

/* The column of a batch's field c (D x n). */
void cpt_condition_store(cpt_chunk *chunk, const double *c, double *column);

#endif
