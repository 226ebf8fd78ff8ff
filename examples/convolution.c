/* Tied weights: a convolution of 3 steps along sequences of 12 as a layer of a network, the kernel
 * repeated along its 10 x 12 matrix, whose units' mean is the output. A minimum and a saddle are
 * planted for the kernel; where each place may have its own they are something else:
 *     cc convolution.c $(pkg-config --cflags --libs critpt) -lm -o convolution && ./convolution */
#include <stdio.h>
#include <stdlib.h>
#include <critpt.h>

enum { LENGTH = 12, KERNEL = 3, PLACES = LENGTH - KERNEL + 1, SAMPLES = 400, POINTS = 2 };
enum { BIASES = PLACES * LENGTH, OUT = BIASES + PLACES, P = OUT + PLACES + 1, V = KERNEL + 3 };

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "convolution: %s\n", critpt_error_message());
    exit(1);
}

/* v: the kernel, its bias, what the mean is multiplied with, and the bias of the output. */
static critpt_model *tie(critpt_model *network)
{
    static double origin[P], values[P];
    static size_t rows[P], columns[P], n;
    critpt_model *tied;
    for (size_t i = 0; i < PLACES; i++)
        for (size_t k = 0; k < KERNEL + 2; k++) {
            rows[n] = k < KERNEL ? i * LENGTH + i + k : k == KERNEL ? BIASES + i : OUT + i;
            values[n] = k <= KERNEL ? 1 : 1.0 / PLACES;
            columns[n++] = k;
        }
    rows[n] = P - 1, columns[n] = V - 1, values[n++] = 1;
    check(critpt_model_reparametrize(&tied, network, origin, P, V, rows, columns, values, n));
    return tied;
}

static void print_kind(const char *name, const critpt_landscape *at, const double *w, size_t n)
{
    critpt_spectrum *spectrum;
    check(critpt_spectrum_create(&spectrum, at, w, n, NULL));
    printf("%-8s %3zu weights, gradient of %.1e units: %s, index %zu\n", name, n,
           critpt_spectrum_gradient_scaled(spectrum),
           critpt_kind_name(critpt_spectrum_kind(spectrum)), critpt_spectrum_index(spectrum));
    critpt_spectrum_destroy(spectrum);
}

int main(void)
{
    static double x[SAMPLES * LENGTH], y[SAMPLES], v[V], w[P];
    critpt_model *network, *tied;
    critpt_landscape *landscape, *untied;
    critpt_plan *plan;
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, x, SAMPLES * LENGTH));
    check(critpt_mlp_create(&network, LENGTH));
    check(critpt_mlp_add_layer(network, PLACES, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(network, 1, CRITPT_IDENTITY, CRITPT_BIAS));
    tied = tie(network);
    check(critpt_landscape_create(&landscape, tied, SAMPLES, x, LENGTH));
    check(critpt_landscape_create(&untied, network, SAMPLES, x, LENGTH));
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_random_normal(3, CRITPT_STREAM_POINTS + k, 0, v, V));
        check(critpt_plan_add_point(plan, v, V, NULL));
        check(critpt_plan_let_point_move(plan, k)); /* the bias of the output may */
        check(critpt_plan_require_index(plan, k, k, 1e-3, NULL));
    }
    check(critpt_plan_solve(plan, NULL)); /* the targets are in the landscape now */
    check(critpt_landscape_targets(landscape, y, 1));
    check(critpt_landscape_set_targets(untied, y, 1));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_plan_point_weights(plan, k, v, V));
        check(critpt_model_base_weights(tied, v, V, w, P));
        print_kind("tied", landscape, v, V);
        print_kind("untied", untied, w, P);
    }
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape), critpt_landscape_destroy(untied);
    critpt_model_destroy(tied), critpt_model_destroy(network);
    return 0;
}
