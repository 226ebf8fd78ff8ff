/* A model of your own, by its outputs alone: two Gaussian peaks, as in chromatography and spectra,
 * heights, places and widths being the weights, with two minima: one where the high peak is on the
 * left, and one where the peaks are exchanged; and the loss between them:
 *     cc peaks.c $(pkg-config --cflags --libs critpt) -lm -o peaks
 *     ./peaks > peaks.dat && gnuplot -p -e "plot 'peaks.dat' with lines" */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <critpt.h>

enum { PLACES = 400, WEIGHTS = 6, POINTS = 2 };

static int peaks(void *user, const double *w, size_t n, const double *x, double *y)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        double left = (x[i] - w[1]) / w[2], right = (x[i] - w[4]) / w[5];
        y[i] = w[0] * exp(-left * left) + w[3] * exp(-right * right);
    }
    return 0;
}

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "peaks: %s\n", critpt_error_message());
    exit(1);
}

static void print_points(const critpt_landscape *landscape, double weights[POINTS][WEIGHTS])
{
    for (size_t k = 0; k < POINTS; k++) {
        critpt_spectrum *spectrum;
        double loss, least;
        check(critpt_spectrum_create(&spectrum, landscape, weights[k], WEIGHTS, NULL));
        check(critpt_spectrum_eigenvalue(spectrum, 0, &least, NULL));
        check(critpt_landscape_loss(landscape, NULL, weights[k], WEIGHTS, &loss));
        printf("# heights %g and %g: %s, index %zu, least eigenvalue %.3g, loss %.6f\n",
               weights[k][0], weights[k][3], critpt_kind_name(critpt_spectrum_kind(spectrum)),
               critpt_spectrum_index(spectrum), least, loss);
        critpt_spectrum_destroy(spectrum);
    }
}

int main(void)
{
    static double weights[POINTS][WEIGHTS] = {{3, 1.5, 0.8, 1.5, 4.5, 0.4},
                                              {1.5, 3, 0.4, 3, 6.2, 0.8}};
    const critpt_model_callbacks table = {.struct_size = sizeof table, .outputs = peaks};
    double places[PLACES], w[WEIGHTS];
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    for (size_t i = 0; i < PLACES; i++)
        places[i] = 0.02 * (double)i;
    check(critpt_model_create(&model, 1, 1, WEIGHTS, &table, NULL));
    check(critpt_landscape_create(&landscape, model, PLACES, places, 1));
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_plan_add_point(plan, weights[k], WEIGHTS, NULL));
        check(critpt_plan_require_minimum(plan, k, 1e-3, NULL));
    }
    check(critpt_plan_solve(plan, NULL)); /* the spectrum is in the landscape now */
    print_points(landscape, weights);
    for (int i = -20; i <= 120; i++) {
        double s = i / 100.0, loss;
        for (size_t j = 0; j < WEIGHTS; j++)
            w[j] = weights[0][j] + s * (weights[1][j] - weights[0][j]);
        check(critpt_landscape_loss(landscape, NULL, w, WEIGHTS, &loss));
        printf("%.2f %.12f\n", s, loss);
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return 0;
}
