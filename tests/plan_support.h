/* What the tests of plans share: plans of drawn points, and what they report. */
#ifndef TESTS_PLAN_SUPPORT_H
#define TESTS_PLAN_SUPPORT_H

#include "support.h"

extern const net small; /* eight inputs, four tanh units, two outputs */

double value_of(const critpt_plan *plan, critpt_report_quantity quantity);
double point_value(const critpt_plan *plan, size_t point, critpt_point_quantity quantity);
/* A plan with K drawn points on a scene, all of which may move. */
critpt_plan *plan_of(const scene *s, size_t K, double scale);
/* Every planted point's gradient, evaluated afresh, is within `accepted` rounding units. */
void assert_critical(const scene *s, const critpt_plan *plan, double accepted);

#endif
