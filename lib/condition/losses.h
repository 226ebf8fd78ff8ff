/* Equations between losses: L(node e + 1) - L(node 0) = value e, whose c is f - f_0 and whose m is
 * (f + f_0) / 2; which nodes, the kind says. */
#ifndef CPT_CONDITION_LOSSES_H
#define CPT_CONDITION_LOSSES_H

#include "condition/condition.h"

critpt_status cpt_condition_loss_columns(const cpt_block *block, cpt_chunk *chunk);
critpt_status cpt_condition_loss_residuals(const cpt_block *block, cpt_condition_work *work,
                                           const double *targets, double *residuals);
critpt_status cpt_condition_loss_products(const cpt_block *block, cpt_condition_work *work,
                                          const double *w, double *products);
critpt_status cpt_condition_loss_combine(const cpt_block *block, cpt_condition_work *work,
                                         const double *x, double *field);
critpt_status cpt_condition_loss_units(cpt_block *block, cpt_condition_work *work,
                                       const double *targets, const double *residuals,
                                       const bool *null, double *units);
critpt_status cpt_condition_loss_row_rounding(const cpt_block *block, cpt_condition_work *work,
                                              const cpt_triangle *triangle, double *rounding);

/* ---- For kinds that have a gap: its two points are the nodes ---- */

/* No equation if it is tied: at critical points of a network with linear output the targets have no
 * say in it (MATH 5, fact 2). */
critpt_status cpt_condition_gap_describe(const critpt_plan *plan, cpt_block *block);
const double *cpt_condition_gap_weights(const cpt_block *block, cpt_evaluation *evaluation,
                                        size_t node);
critpt_status cpt_condition_gap_evaluate(const cpt_block *block, cpt_evaluation *evaluation,
                                         size_t node, size_t first);
double cpt_condition_gap_value(const cpt_block *block, size_t e);

static inline double cpt_condition_loss_at(const cpt_report *report, size_t point)
{
    return report->points[point * CPT_POINT_QUANTITIES + CRITPT_POINT_LOSS];
}

#endif
