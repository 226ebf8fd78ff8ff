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
    bool balance;
    critpt_progress progress;
    void *progress_user;
};

/* The options themselves, or the defaults for NULL. */
const critpt_plan_options *cpt_plan_options_in_force(const critpt_plan_options *options);

typedef struct cpt_point {
    double *requested, *weights; /* P each; they differ where the last solve moved it */
    bool may_move;
} cpt_point;

typedef struct cpt_term {
    size_t point, weight;
    double coefficient;
} cpt_term;

typedef struct cpt_conflict {
    size_t n_terms;
    cpt_term *terms;
    double defect;
} cpt_conflict;

enum { CPT_CAUSE_ITEMS = 3 }; /* kinds of critpt_cause_item */
typedef struct cpt_cause {
    critpt_cause kind;
    size_t n_items[CPT_CAUSE_ITEMS];
    size_t *items[CPT_CAUSE_ITEMS];
} cpt_cause;

typedef struct cpt_null_direction {
    size_t point, layer, unit, n_weights;
    critpt_null_reason reason;
} cpt_null_direction;

enum { CPT_POINT_QUANTITIES = 7, CPT_REPORT_QUANTITIES = 12 };

/* What a solve found. */
typedef struct cpt_report {
    double values[CPT_REPORT_QUANTITIES];
    double *points; /* K x CPT_POINT_QUANTITIES after success, else NULL */
    size_t n_points;
    double *base_targets; /* N x D */
    size_t n_warnings, n_conflicts, n_causes, n_null_directions;
    char **warnings;
    cpt_conflict *conflicts;
    cpt_cause *causes;
    cpt_null_direction *null_directions;
} cpt_report;

struct critpt_plan {
    critpt_landscape *landscape;
    size_t n_points;
    cpt_point *points;
    double *base_targets; /* as the user set them, N x D, or NULL */
    cpt_report report;    /* of the last solve */
};

void cpt_report_initialize(cpt_report *report);
void cpt_report_destroy(cpt_report *report);
critpt_status cpt_report_warn(cpt_report *report, const char *format, ...) CPT_PRINTF(2, 3);

critpt_status cpt_cause_add_item(cpt_cause *cause, critpt_cause_item kind, size_t item);
void cpt_cause_destroy(cpt_cause *cause);

#endif
