/* Second derivatives at a block's point, for the kinds that prescribe some. */
#ifndef CPT_CONDITION_SECOND_ORDER_H
#define CPT_CONDITION_SECOND_ORDER_H

#include "condition/condition.h"

/* result = H u at the targets. */
critpt_status cpt_condition_multiply_hessian(const cpt_block *block, cpt_condition_work *work,
                                             const double *targets, const double *u,
                                             double *result);
/* result = S(w) u */
critpt_status cpt_condition_multiply_curvature(const cpt_block *block, cpt_condition_work *work,
                                               const double *w, const double *u, double *result);
/* field += factor D2f[v, u] */
critpt_status cpt_condition_add_second_directional(const cpt_block *block, cpt_condition_work *work,
                                                   double factor, const double *v, const double *u,
                                                   double *field);
/* result = |H| |u|, the units of H u but for eps. */
critpt_status cpt_condition_product_unit(const cpt_block *block, cpt_condition_work *work,
                                         const double *targets, const double *u, double *result);
void cpt_condition_make_absolute(double *vector, const double *from, size_t n);

/* ---- For kinds that have directions: v' H u = value, whose c is D2f[v, u] ---- */

critpt_status cpt_condition_curvature_columns(const cpt_block *block, cpt_chunk *chunk);
critpt_status cpt_condition_curvature_residuals(const cpt_block *block, cpt_condition_work *work,
                                                const double *targets, double *residuals);
critpt_status cpt_condition_curvature_products(const cpt_block *block, cpt_condition_work *work,
                                               const double *w, double *products);
critpt_status cpt_condition_curvature_combine(const cpt_block *block, cpt_condition_work *work,
                                              const double *x, double *field);
/* eps (|v|' |H| |u| + |value|), |H| the Hessian's units. */
critpt_status cpt_condition_curvature_units(cpt_block *block, cpt_condition_work *work,
                                            const double *targets, const double *residuals,
                                            const bool *null, double *units);
void cpt_condition_curvature_achieved(const cpt_condition *condition, const cpt_report *report,
                                      size_t n, const double *residuals, double *values);
size_t cpt_condition_one_curvature(const critpt_model *model);

#endif
