/* Plants two critical points of a small network and prints what became of them.
 *     cc plant.c $(pkg-config --cflags --libs critpt) -o plant */
#include <stdio.h>
#include <stdlib.h>

#include <critpt.h>

enum { SAMPLES = 200, INPUTS = 8, HIDDEN = 4, POINTS = 2 };

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "plant: %s\n", critpt_error_message());
    exit(1);
}

int main(void)
{
    static double inputs[SAMPLES * INPUTS], weights[HIDDEN * (INPUTS + 1) + HIDDEN + 1];
    size_t n_weights = sizeof weights / sizeof *weights;
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    check(critpt_mlp_create(&model, INPUTS));
    check(critpt_mlp_add_layer(model, HIDDEN, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_BIAS));
    check(critpt_random_normal(7, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    check(critpt_landscape_create(&landscape, model, SAMPLES, inputs, INPUTS));
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_mlp_draw_weights(model, 7, k, 1.0, weights, n_weights));
        check(critpt_plan_add_point(plan, weights, n_weights, NULL));
        check(critpt_plan_let_point_move(plan, k)); /* its output bias: both need the same mean */
    }
    check(critpt_plan_solve(plan, NULL)); /* the targets are in the landscape now */
    for (size_t k = 0; k < POINTS; k++) {
        double loss, gradient;
        check(critpt_plan_point_value(plan, k, CRITPT_POINT_LOSS, &loss));
        check(critpt_plan_point_value(plan, k, CRITPT_POINT_GRADIENT_NORM, &gradient));
        printf("point %zu: loss %.6f, |gradient| %.1e\n", k, loss, gradient);
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return 0;
}
