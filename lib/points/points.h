/* The points of a solve: their weights, which a solve may move, and what they are evaluated to. */
#ifndef CPT_POINTS_POINTS_H
#define CPT_POINTS_POINTS_H

#include "plan/plan.h"

typedef struct cpt_points {
    const critpt_landscape *landscape;
    const cpt_metric *metric; /* of its loss */
    size_t K, P, N, D;
    double *weights;   /* K x P */
    size_t generation; /* of the weights: what is computed from them keeps the number */
} cpt_points;

/* How many there are and what of, without their weights. */
void cpt_points_describe(cpt_points *points, const critpt_plan *plan);
/* At the weights that the plan requests; to be destroyed even after an error. */
critpt_status cpt_points_create(cpt_points *points, const critpt_plan *plan);
void cpt_points_destroy(cpt_points *points);

static inline const double *cpt_points_weights(const cpt_points *points, size_t point)
{
    return points->weights + point * points->P;
}

/* The weights of a point, to be changed before anything else is evaluated. */
double *cpt_points_move(cpt_points *points, size_t point);

/* What first derivatives need of all batches at all points, once they were evaluated. */
typedef struct cpt_kept {
    size_t per_sample, n_batches, generation;
    double *numbers; /* K x N x per_sample; NULL: nothing is kept */
    double *inputs;  /* N x d behind them, batch by batch as evaluations have them */
    bool *there;     /* K x n_batches */
} cpt_kept;

/* A workspace for the points, with what it was last evaluated at. */
typedef struct cpt_evaluation {
    const cpt_points *points;
    critpt_workspace workspace;
    size_t generation; /* of the weights that it was last evaluated at */
    double *vectors;   /* 2 P: scratch */
    cpt_kept kept;
} cpt_evaluation;

/* In batches of that many samples; to be destroyed even after an error, if it was zero before. */
critpt_status cpt_points_evaluation_create(cpt_evaluation *evaluation, const cpt_points *points,
                                           size_t batch);
void cpt_points_evaluation_destroy(cpt_evaluation *evaluation);

/* Keeps what passes of first derivatives repeat from now on, and how many doubles that takes, 0
 * where the model keeps nothing. */
critpt_status cpt_points_keep(cpt_evaluation *evaluation);
critpt_status cpt_points_kept_size(const cpt_points *points, size_t *size);

/* Evaluates a point on the batch from sample `first` on, unless that is what was done last. */
critpt_status cpt_points_evaluate(cpt_evaluation *evaluation, size_t point, size_t first,
                                  cpt_order order);

/* field (N x D) += factor times the batch's c (D x n). */
void cpt_points_add_batch(const cpt_evaluation *evaluation, double factor, const double *c,
                          double *field);
/* to (N x D) += factor f_point */
critpt_status cpt_points_add_outputs(cpt_evaluation *evaluation, size_t point, double factor,
                                     double *to);
/* The mean output of a point in the metric, D numbers, and the largest |f|. */
critpt_status cpt_points_mean_output(cpt_evaluation *evaluation, size_t point, double *mean,
                                     double *largest);

/* From the mean output m to the mean of the targets that the point's constants demand: S (y - m) =
 * Lambda (b - c) - g, S the sum of the samples' metrics, b the constants, g what is asked of the
 * gradient there (P numbers), NULL for 0. */
critpt_status cpt_points_add_demand(const cpt_points *points, size_t point, const double *gradient,
                                    double *mean);

#endif
