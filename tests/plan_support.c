/* Plans of drawn points, what they report, and whether their points are critical. */
#include "plan_support.h"

const net small = {8, 2, {4, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};

double value_of(const critpt_plan *plan, critpt_report_quantity quantity)
{
    double value;
    ASSERT_OK(critpt_plan_report_value(plan, quantity, &value));
    return value;
}

double point_value(const critpt_plan *plan, size_t point, critpt_point_quantity quantity)
{
    double value;
    ASSERT_OK(critpt_plan_point_value(plan, point, quantity, &value));
    return value;
}

critpt_plan *plan_of(const scene *s, size_t K, double scale)
{
    critpt_plan *plan;
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    for (size_t k = 0; k < K; k++) {
        double *weights = net_weights(s->model, 11, k, scale);
        size_t point;
        ASSERT_OK(critpt_plan_add_point(plan, weights, s->P, &point));
        ck_assert_uint_eq(point, k);
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
        free(weights);
    }
    return plan;
}

void assert_critical(const scene *s, const critpt_plan *plan, double accepted)
{
    double *w = NEW(double, s->P), *g = NEW(double, s->P), unit;
    for (size_t k = 0; k < critpt_plan_n_points(plan); k++) {
        double square = 0;
        ASSERT_OK(critpt_plan_point_weights(plan, k, w, s->P));
        ASSERT_OK(critpt_landscape_gradient(s->landscape, NULL, w, s->P, g, s->P, NULL));
        ASSERT_OK(critpt_landscape_gradient_unit(s->landscape, NULL, w, s->P, &unit));
        for (size_t j = 0; j < s->P; j++)
            square += g[j] * g[j];
        ck_assert_msg(sqrt(square) <= accepted * unit, "point %zu: %.3g units", k,
                      sqrt(square) / unit);
    }
    free(w), free(g);
}
