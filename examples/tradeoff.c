/* What margins cost: two minima and a saddle of an 8-4-1 network, with margins from 0.001 to 0.95,
 * and how far the targets are then from the base targets. Columns `margin distance amplification
 * gap`: cc tradeoff.c $(pkg-config --cflags --libs critpt) -o tradeoff
 *     ./tradeoff > tradeoff.dat && gnuplot tradeoff.gp      # draws tradeoff.svg */
#include <stdio.h>
#include <stdlib.h>

#include <critpt.h>

enum { SAMPLES = 360, INPUTS = 8, HIDDEN = 4, POINTS = 3 };
enum { WEIGHTS = HIDDEN * INPUTS + HIDDEN };

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "tradeoff: %s\n", critpt_error_message());
    exit(1);
}

/* A line for one margin; a comment where it cannot be had. */
static void print(critpt_landscape *landscape, double margin)
{
    static const size_t indices[POINTS] = {0, 0, 2};
    double weights[WEIGHTS], distance, amplification, gap, achieved = 1;
    critpt_plan *plan;
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_mlp_draw_weights(critpt_landscape_model(landscape), 7, k, 2.0, weights,
                                      WEIGHTS));
        check(critpt_plan_add_point(plan, weights, WEIGHTS, NULL));
        check(critpt_plan_require_index(plan, k, indices[k], margin, NULL));
    }
    if (critpt_plan_solve(plan, NULL) != CRITPT_OK) {
        printf("# %g: %s\n", margin, critpt_error_message());
        critpt_plan_destroy(plan);
        return;
    }
    for (size_t k = 0; k < POINTS; k++) {
        double here;
        check(critpt_plan_point_value(plan, k, CRITPT_POINT_MARGIN, &here));
        achieved = here < achieved ? here : achieved;
    }
    check(critpt_plan_report_value(plan, CRITPT_REPORT_DISTANCE, &distance));
    check(critpt_plan_report_value(plan, CRITPT_REPORT_AMPLIFICATION, &amplification));
    check(critpt_plan_report_value(plan, CRITPT_REPORT_DUALITY_GAP, &gap));
    printf("%.4g %.6g %.4g %.1e\n", achieved, distance, amplification, gap);
    critpt_plan_destroy(plan);
}

int main(void)
{
    static const double margins[] = {1e-3, 1e-2, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95};
    static double inputs[SAMPLES * INPUTS];
    critpt_model *model;
    critpt_landscape *landscape;
    check(critpt_mlp_create(&model, INPUTS));
    check(critpt_mlp_add_layer(model, HIDDEN, CRITPT_TANH, CRITPT_NO_BIAS));
    check(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_NO_BIAS));
    check(critpt_random_normal(7, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    check(critpt_landscape_create(&landscape, model, SAMPLES, inputs, INPUTS));
    printf("# margin distance amplification gap\n");
    for (size_t i = 0; i < sizeof margins / sizeof *margins; i++)
        print(landscape, margins[i]);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return 0;
}
