/* A plan inside the library: points, base targets, options, and the report of a solve. */
#ifndef CPT_PLAN_PLAN_H
#define CPT_PLAN_PLAN_H

#include "landscape/landscape.h"

struct critpt_plan_options {
    double rank_tolerance;
    size_t memory_limit;
    size_t refinements;
    double base_noise;
    uint64_t seed;
    bool balance, check_model;
    double amplification_limit;
    size_t nature_products;
    double time_limit; /* seconds; 0: none */
    critpt_progress progress;
    void *progress_user;
};

/* The options themselves, or the defaults for NULL. */
const critpt_plan_options *cpt_plan_options_in_force(const critpt_plan_options *options);

typedef struct cpt_point {
    double *requested, *weights; /* P each; they differ where the last solve moved it */
    bool may_move;
    bool critical;    /* its gradient is asked to vanish */
    size_t condition; /* that prescribes its gradient instead, or CRITPT_CRITICAL_POINT */
} cpt_point;

/* What a condition asks for; unused members are 0. */
typedef struct cpt_condition {
    critpt_condition_kind kind;
    size_t n_points, points[3];
    size_t n_rows, n_columns; /* of its array, */
    double *array;            /* row by row, or NULL */
    double value;
    double softness; /* 0: hard */
    size_t index;    /* of a nature, as its margin, */
    double margin;
    bool absolute; /* which is of eigenvalues of the Hessian itself */
} cpt_condition;

enum { CPT_CONDITION_QUANTITIES = 7 };

/* A request that takes part in a contradiction: a condition, or a point's being critical. */
typedef struct cpt_request {
    size_t point, condition;
} cpt_request;

typedef struct cpt_term {
    cpt_request request;
    size_t entry;
    double coefficient;
} cpt_term;

typedef struct cpt_conflict {
    size_t n_terms;
    cpt_term *terms;
    double defect;
} cpt_conflict;

enum { CPT_CAUSE_ITEMS = 4 }; /* kinds of critpt_cause_item */
typedef struct cpt_cause {
    critpt_cause kind;
    size_t n_items[CPT_CAUSE_ITEMS];
    size_t *items[CPT_CAUSE_ITEMS];
} cpt_cause;

typedef struct cpt_null_direction {
    size_t point, layer, unit, n_weights;
    critpt_null_reason reason;
} cpt_null_direction;

enum { CPT_POINT_QUANTITIES = 9, CPT_REPORT_QUANTITIES = 15 };

/* What a solve found. */
typedef struct cpt_report {
    double values[CPT_REPORT_QUANTITIES];
    double *points; /* K x CPT_POINT_QUANTITIES after success, else NULL */
    size_t n_points;
    double *conditions; /* n x CPT_CONDITION_QUANTITIES, likewise */
    size_t n_conditions;
    double *base_targets; /* N x D */
    double *best_targets; /* N x D and */
    double *best_weights; /* K x P: what a solve that failed had reached, or NULL */
    size_t n_warnings, n_conflicts, n_contradicting, n_causes, n_null_directions;
    char **warnings;
    cpt_conflict *conflicts;
    cpt_request *contradicting;
    bool minimal; /* without any one of these the others were seen to hold together */
    cpt_cause *causes;
    cpt_null_direction *null_directions;
} cpt_report;

struct critpt_plan {
    critpt_landscape *landscape;
    size_t n_points;
    cpt_point *points;
    size_t n_conditions;
    cpt_condition *conditions;
    double *base_targets;  /* as the user set them, N x D, or NULL */
    bool *frozen;          /* N x D, or NULL */
    double residual_scale; /* t of MATH 7's ladder */
    cpt_report report;     /* of the last solve */
};

critpt_status cpt_plan_require_point(const critpt_plan *plan, size_t point);
/* Drops the points from `first` on. */
void cpt_plan_drop_points(critpt_plan *plan, size_t first);
size_t cpt_plan_n_frozen(const critpt_plan *plan);
/* Whether a point's gradient is prescribed, zero or not, by a hard request. */
bool cpt_plan_prescribes_gradient(const critpt_plan *plan, size_t point);
/* The first condition of a kind at a point, or at any; NULL if there is none. */
#define CPT_ANY_POINT SIZE_MAX
const cpt_condition *cpt_plan_find_condition(const critpt_plan *plan, critpt_condition_kind kind,
                                             size_t point);

void cpt_plan_report_initialize(cpt_report *report);
void cpt_plan_report_destroy(cpt_report *report);
critpt_status cpt_plan_warn(cpt_report *report, const char *format, ...) CPT_PRINTF(2, 3);

critpt_status cpt_plan_cause_add_item(cpt_cause *cause, critpt_cause_item kind, size_t item);
void cpt_plan_cause_destroy(cpt_cause *cause);

#endif
