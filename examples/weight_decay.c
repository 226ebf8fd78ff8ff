/* Weight decay: two minima planted in a loss with a penalty of 0.01 on all weights but the output
 * bias, the second 0.2 above the first. Under another decay the same points are no critical points
 * at all: cc weight_decay.c $(pkg-config --cflags --libs critpt) -lm -o weight_decay &&
 * ./weight_decay */
#include <critpt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 1000, INPUTS = 10, HIDDEN = 4, P = HIDDEN * (INPUTS + 1) + HIDDEN + 1, POINTS = 2 };

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "weight_decay: %s\n", critpt_error_message());
    exit(1);
}

static void set_decay(critpt_landscape *landscape, double decay)
{
    double penalty[P];
    for (int j = 0; j < P; j++)
        penalty[j] = j < P - 1 ? decay : 0; /* differences of losses need a free output bias */
    check(critpt_landscape_set_penalty(landscape, penalty, P, NULL, 0));
}

static void print_point(const critpt_landscape *landscape, double decay, int k, const double *w)
{
    double gradient[P], loss, norm = 0, least;
    critpt_spectrum *spectrum;
    check(critpt_landscape_gradient(landscape, NULL, w, P, gradient, P, &loss));
    for (int j = 0; j < P; j++)
        norm = hypot(norm, gradient[j]);
    check(critpt_spectrum_create(&spectrum, landscape, w, P, NULL));
    check(critpt_spectrum_eigenvalue(spectrum, 0, &least, NULL));
    printf("decay %-6g point %d: loss %.6f, |gradient| %.1e, least eigenvalue %.4f, %s\n", decay, k,
           loss, norm, least, critpt_kind_name(critpt_spectrum_kind(spectrum)));
    critpt_spectrum_destroy(spectrum);
}

int main(void)
{
    static double inputs[SAMPLES * INPUTS], weights[POINTS][P];
    static const double decays[] = {0, 0.005, 0.01, 0.02};
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    check(critpt_mlp_create(&model, INPUTS));
    check(critpt_mlp_add_layer(model, HIDDEN, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_BIAS));
    check(critpt_landscape_create(&landscape, model, SAMPLES, inputs, INPUTS));
    set_decay(landscape, 0.01);
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_mlp_draw_weights(model, 1, k, 2, weights[k], P));
        check(critpt_plan_add_point(plan, weights[k], P, NULL));
        check(critpt_plan_let_point_move(plan, k)); /* biases are balanced, outputs scaled */
        check(critpt_plan_require_minimum(plan, k, 0.1, NULL));
    }
    check(critpt_plan_require_loss_difference(plan, 1, 0, 0.2, NULL));
    check(critpt_plan_solve(plan, NULL));
    for (size_t i = 0; i < sizeof decays / sizeof *decays; i++) {
        set_decay(landscape, decays[i]);
        for (int k = 0; k < POINTS; k++) {
            check(critpt_plan_point_weights(plan, (size_t)k, weights[k], P));
            print_point(landscape, decays[i], k, weights[k]);
        }
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return 0;
}
