/* What is asked of the solver of natures, and what it answers. */
#ifndef CPT_NATURE_PROBLEM_H
#define CPT_NATURE_PROBLEM_H

#include "landscape/landscape.h"

/* The index of a point whose nature is left free. */
#define CPT_NATURE_FREE ((size_t)-1)

/* The relative duality gap up to which targets count as the nearest: their distance is then within
 * half of that of the least. */
#define CPT_NATURE_ACCEPTED_GAP 1e-3
/* By how much of itself a margin that is measured anew may fall short. Chosen: that of the gap. */
#define CPT_NATURE_MARGIN_TOLERANCE 1e-3

typedef struct cpt_nature_point {
    const double *weights;   /* P */
    size_t index;            /* wanted, or CPT_NATURE_FREE; 0: a minimum */
    double margin;           /* > 0: least distance of whitened eigenvalues from 0, or, */
    bool absolute;           /* of eigenvalues of the Hessian itself */
    size_t n_symmetric;      /* directions in which all Hessians of critical points vanish, */
    const double *symmetric; /* n_symmetric x P, left out of the inequalities */
    const double *least; /* P, or NULL: curvatures are to be larger than sum least_a v_a^2 besides
                            the margin, so that rounding does not hide them */
} cpt_nature_point;

/* What the targets found make of a point. */
typedef struct cpt_nature_outcome {
    size_t index;  /* negative eigenvalues of the whitened Hessian on the complement */
    double margin; /* achieved: least |eigenvalue| there if the index is right, else negative */
    double margin_cap;
    size_t index_cap;        /* no targets give a larger index */
    size_t n_null;           /* directions in which J and S vanish, or that are symmetric, left out
                                of the inequalities */
    double *null_directions; /* n_null x P, unit vectors */
} cpt_nature_outcome;

typedef struct cpt_nature_problem {
    critpt_workspace *workspace; /* over all samples */
    size_t n_points;
    const cpt_nature_point *points;
    const double *current; /* y_c, n_samples x D: satisfies all equations */
    const double *base;    /* y0, n_samples x D */
    const double *known;   /* targets with the natures wanted, whose subspaces are kept, or NULL */
    /* Projects a change of the targets (n_samples x D), orthogonally in the norm of the loss, on
     * those that break no equation and move no frozen target. */
    critpt_status (*project)(void *user, double *change);
    /* The same for `count` rows of n_samples D numbers, Mn^(1/2) times a change each; need not be
     * as accurate. */
    critpt_status (*project_rows)(void *user, size_t count, double *rows);
    void *project_user;
    /* Whether the signs at these targets are resolved, above rounding, or NULL: where they are not
     * at those found, others further inside the inequalities are tried, whose gap is at most the
     * accepted one, or twice what it was. */
    critpt_status (*resolves)(void *user, const cpt_nature_outcome *outcomes, const double *targets,
                              bool *resolved);
    void *resolves_user;
    double gap;          /* relative duality gap to reach; 0: 5e-4 */
    size_t max_products; /* conjugate-gradient steps of all solves together; 0: 20000 */
    size_t memory;       /* bytes that preconditioners may take; 0: up to 2 GiB */
    /* Hears how far the search is, from 0 to 1, and ends it by a status other than OK; or NULL. */
    critpt_status (*advance)(void *user, double done);
    void *advance_user;
} cpt_nature_problem;

static inline bool cpt_nature_is_wanted(const cpt_nature_problem *problem, size_t point)
{
    return problem->points[point].index != CPT_NATURE_FREE;
}

typedef enum cpt_nature_verdict {
    CPT_NATURE_ATTAINED = 0,       /* with the margins asked for; how near to nearest, `gap` says */
    CPT_NATURE_SMALLER_MARGIN = 1, /* the margins asked for are proven impossible; see `scale` */
    CPT_NATURE_INFEASIBLE = 2,     /* proven; for saddles by certificate: in these subspaces */
    CPT_NATURE_UNDECIDED = 3       /* the targets are the best found; see `exhausted` */
} cpt_nature_verdict;

/* What proves that the margins asked for cannot be had. */
typedef enum cpt_nature_proof {
    CPT_NATURE_NO_PROOF = 0,
    CPT_NATURE_CAP = 1,        /* the curvature in the output layer does not depend on targets */
    CPT_NATURE_CERTIFICATE = 2 /* multipliers Z: every solution is farther than `radius` */
} cpt_nature_proof;

/* One inequality: sign W' (H_point - margin of the metric) W >= 0, W' being `basis`; if the point
 * has a `least`, sign W' H_point W >= margin of the metric + W' diag(least) W. */
typedef struct cpt_nature_inequality {
    size_t point, order;
    double sign, margin;
    double *basis;      /* order x P: a vector a row, orthonormal in the whitening metric */
    double *multiplier; /* Z, order x order, positive semidefinite */
} cpt_nature_inequality;

typedef struct cpt_nature_result {
    cpt_nature_verdict verdict;
    cpt_nature_proof proof;
    double *targets;              /* n_samples x D */
    cpt_nature_outcome *outcomes; /* one a point */
    double objective;             /* 1/2 |y - y0|^2 in the norm of the loss */
    double dual;                  /* a lower bound of it for these subspaces */
    double dual_of_margins;       /* such a bound for the margins alone, whatever is `least` */
    double gap;                   /* to dual_of_margins, relative to the objective; infinite where
                                     the natures were not attained */
    double scale;                 /* margins solved for / margins asked for */
    double scale_cap;             /* by the certificate no larger scale can be had; else infinity */
    double radius;                /* no solution is nearer to the nearest critical targets */
    bool exhausted;               /* the budget ended it, and not ill-conditioning */
    size_t n_inequalities;        /* with the multipliers of `dual`, or of the certificate */
    cpt_nature_inequality *inequalities;
    size_t n_iterations, n_products, n_rounds;
} cpt_nature_result;

#endif
