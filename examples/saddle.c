/* Two minima and a saddle halfway on the line between them, and the loss along that line as
 * columns `s loss` that any plotting program takes:
 *     cc saddle.c $(pkg-config --cflags --libs critpt) -o saddle
 *     ./saddle > saddle.dat && gnuplot -p -e "plot 'saddle.dat' with lines" */
#include <stdio.h>
#include <stdlib.h>

#include <critpt.h>

enum { SAMPLES = 2000, INPUTS = 8, HIDDEN = 3, WEIGHTS = HIDDEN * INPUTS + HIDDEN, POINTS = 3 };

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "saddle: %s\n", critpt_error_message());
    exit(1);
}

/* w = a + s (b - a) */
static void between(const double *a, const double *b, double s, double *w)
{
    for (size_t j = 0; j < WEIGHTS; j++)
        w[j] = a[j] + s * (b[j] - a[j]);
}

/* Minima at both ends, as their Hessians are Gauss-Newton's, and a saddle in the middle, as its
 * curvature along the line is negative. */
static void ask(critpt_plan *plan, double weights[POINTS][WEIGHTS])
{
    static double along[WEIGHTS];
    for (size_t j = 0; j < WEIGHTS; j++)
        along[j] = weights[2][j] - weights[0][j];
    for (size_t k = 0; k < POINTS; k++)
        check(critpt_plan_add_point(plan, weights[k], WEIGHTS, NULL));
    check(critpt_plan_require_gauss_newton(plan, 0, NULL));
    check(critpt_plan_require_gauss_newton(plan, 2, NULL));
    check(critpt_plan_require_curvature(plan, 1, along, along, WEIGHTS, -4.0, NULL));
}

static void print_kinds(const critpt_landscape *landscape, double weights[POINTS][WEIGHTS])
{
    for (size_t k = 0; k < POINTS; k++) {
        critpt_spectrum *spectrum;
        double loss;
        check(critpt_spectrum_create(&spectrum, landscape, weights[k], WEIGHTS, NULL));
        check(critpt_landscape_loss(landscape, NULL, weights[k], WEIGHTS, &loss));
        printf("# s = %.1f: %s, index %zu, loss %.6f\n", 0.5 * (double)k,
               critpt_kind_name(critpt_spectrum_kind(spectrum)), critpt_spectrum_index(spectrum),
               loss);
        critpt_spectrum_destroy(spectrum);
    }
}

int main(void)
{
    static double inputs[SAMPLES * INPUTS], weights[POINTS][WEIGHTS], w[WEIGHTS];
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    check(critpt_mlp_create(&model, INPUTS));
    check(critpt_mlp_add_layer(model, HIDDEN, CRITPT_TANH, CRITPT_NO_BIAS));
    check(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_NO_BIAS));
    check(critpt_random_normal(7, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    check(critpt_landscape_create(&landscape, model, SAMPLES, inputs, INPUTS));
    check(critpt_mlp_draw_weights(model, 7, 0, 2.0, weights[0], WEIGHTS));
    check(critpt_mlp_draw_weights(model, 7, 1, 2.0, weights[2], WEIGHTS));
    between(weights[0], weights[2], 0.5, weights[1]);
    check(critpt_plan_create(&plan, landscape));
    ask(plan, weights);
    check(critpt_plan_solve(plan, NULL)); /* the targets are in the landscape now */
    print_kinds(landscape, weights);
    for (int i = -20; i <= 120; i++) {
        double loss;
        between(weights[0], weights[2], i / 100.0, w);
        check(critpt_landscape_loss(landscape, NULL, w, WEIGHTS, &loss));
        printf("%.2f %.12f\n", i / 100.0, loss);
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return 0;
}
