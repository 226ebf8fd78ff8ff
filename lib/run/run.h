/* A run inside the library: the budget, what is watched, the table of records.
 *
 * What is charged is counted in samples, so that a minibatch costs its share of an evaluation. */
#ifndef CPT_RUN_RUN_H
#define CPT_RUN_RUN_H

#include "landscape/landscape.h"

enum { CPT_RUN_KINDS = 6 }; /* of critpt_evaluation */

typedef struct cpt_run_record {
    size_t evaluations;
    unsigned reasons; /* critpt_run_reason */
    double loss, best_loss, gradient_norm, index;
} cpt_run_record;

/* What is known of the loss over all samples at some weights. */
typedef struct cpt_run_knowledge {
    bool known;
    double loss;
    const double *gradient; /* NULL: not computed */
} cpt_run_knowledge;

struct critpt_run {
    critpt_landscape *landscape;
    critpt_workspace *workspace; /* of the algorithm, which may select samples */
    critpt_workspace *whole;     /* of the observer, over all samples */
    cpt_matching *matching;      /* NULL where the model's symmetries are not known */
    size_t n_weights, n_samples; /* N of the whole */
    bool has_begun, has_ended, is_informed;
    /* budget, in samples */
    size_t limit, spent;
    size_t cost[CPT_RUN_KINDS], counts[CPT_RUN_KINDS];
    /* planted points */
    size_t n_points;
    double *points; /* K x P */
    double optimum; /* NaN: not known */
    /* what is recorded */
    size_t per_decade;
    bool watches_index, keeps_weights;
    critpt_spectrum_options *spectrum_options;
    /* where the run stands */
    double best_loss, *best_weights;      /* infinity as long as none was seen */
    double *last_weights;                 /* of the last evaluation */
    double *gradient;                     /* of the observer */
    size_t next_node;                     /* evaluations at which the grid is due */
    size_t seen;                          /* evaluations at which the loss was last known */
    bool last_is_known, last_is_recorded; /* the last evaluation, by its loss over all samples */
    int level;                            /* the last target reached is 10^(level / 5) */
    /* records, and for each its distances (K) and weights (P) */
    size_t n_records, capacity;
    cpt_run_record *records;
    double *distances, *weights;
};

/* Evaluations charged: samples over N, a part counting as one. */
static inline size_t cpt_run_charged(const critpt_run *run, size_t samples)
{
    return samples / run->n_samples + (samples % run->n_samples != 0);
}

/* Whether the last evaluation was at other weights. */
bool cpt_run_has_moved(const critpt_run *run, const double *weights);
/* The first node of the grid beyond so many evaluations (record.c). */
size_t cpt_run_next_node(size_t per_decade, size_t evaluations);
/* Room for one record more, before the evaluation that may need it. */
critpt_status cpt_run_reserve(critpt_run *run);
/* Looks at an evaluation that leaves so many samples spent, and records it where it is due, or
 * where `reasons` say so. Nothing changes where it fails. */
critpt_status cpt_run_observe(critpt_run *run, const double *weights, cpt_run_knowledge knowledge,
                              size_t spent, unsigned reasons);

#endif
