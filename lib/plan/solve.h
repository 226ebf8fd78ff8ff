/* One solve under way: what its stages hand to each other.
 *
 * Unknowns are the targets y (N D of them), equations J_k' Mn (f_k - y) = 0 for every point k, P
 * for each: equation k P + j is point k's derivative by weight j. In z = Mn^(1/2) (y - base) the
 * least-norm solution is sought (MATH 6). */
#ifndef CPT_PLAN_SOLVE_H
#define CPT_PLAN_SOLVE_H

#include "linalg/linalg.h"
#include "plan/plan.h"

typedef struct cpt_solve {
    const critpt_plan *plan;
    const critpt_plan_options *options;
    size_t K, P, N, D, equations, unknowns;
    size_t batch; /* samples whose rows are folded at once */
    critpt_workspace workspace;
    double *weights;        /* K x P: the points, moved where that was needed */
    double *base, *targets; /* N x D, sample-major */
    double spread;          /* largest |f_k - mean f_k| in the norm of the loss */
    cpt_triangle triangle;
    bool *null;       /* equations: 0 = 0 whatever the targets are */
    double *gradient; /* equations: the gradients at the present targets */
    double *step;     /* equations: combination of Jacobian columns */
    double *units;    /* equations: what rounding makes of each gradient entry (MATH 9) */
    cpt_report report;
} cpt_solve;

static inline const double *cpt_solve_weights(const cpt_solve *solve, size_t point)
{
    return solve->weights + point * solve->P;
}

/* CRITPT_CANCELLED if the user's callback asks for it. */
critpt_status cpt_solve_progress(const cpt_solve *solve, double done, const char *stage);

/* base_targets.c: output biases balanced, base targets chosen, the outputs' spread measured. */
critpt_status cpt_solve_balance(cpt_solve *solve);
/* The weighted mean output of a point, D numbers, and the largest |f|. */
critpt_status cpt_solve_mean_output(cpt_solve *solve, size_t point, double *mean, double *largest);
critpt_status cpt_solve_choose_base(cpt_solve *solve);

/* equations.c: rows folded into the triangle; gradients; steps of the targets. */
critpt_status cpt_solve_fold(cpt_solve *solve);
critpt_status cpt_solve_find_null(cpt_solve *solve);
critpt_status cpt_solve_gradients(cpt_solve *solve);
/* targets += sum_k J_k step_k */
critpt_status cpt_solve_move_targets(cpt_solve *solve);
/* The norm of the loss: sqrt(sum_i s_i / N (a - b)_i' M (a - b)_i); b NULL stands for zero. */
double cpt_solve_distance(const cpt_solve *solve, const double *a, const double *b);

/* null_directions.c: names the null equations. */
critpt_status cpt_solve_name_null_directions(cpt_solve *solve);

/* conflicts.c: how many dependent equations hold and how many do not; the latter as proofs. */
size_t cpt_solve_count_conflicts(cpt_solve *solve);
critpt_status cpt_solve_keep_conflicts(cpt_solve *solve);

/* causes.c: why there are conflicts, as data and in the sentence of CRITPT_INFEASIBLE. */
critpt_status cpt_solve_explain_conflicts(cpt_solve *solve);

#endif
