/* The Hessian of a network's loss and what kind of point it is: the heart is ten lines.
 *
 *     cc hessian.c $(pkg-config --cflags --libs critpt) -o hessian */
#include <stdio.h>
#include <stdlib.h>

#include <critpt.h>

int main(void)
{
    enum { SAMPLES = 200, INPUTS = 3 };
    static double inputs[SAMPLES * INPUTS], targets[SAMPLES], weights[21], hessian[21 * 21];
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_spectrum *spectrum;

    critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS);
    critpt_random_normal(1, CRITPT_STREAM_NOISE, 0, targets, SAMPLES);

    critpt_mlp_create(&model, INPUTS); /* a 3-4-1 network: 21 weights */
    critpt_mlp_add_layer(model, 4, CRITPT_TANH, CRITPT_BIAS);
    critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_BIAS);
    critpt_mlp_draw_weights(model, 1, 0, 1.0, weights, 21);
    critpt_landscape_create(&landscape, model, SAMPLES, inputs, INPUTS);
    critpt_landscape_set_targets(landscape, targets, 1);
    if (critpt_landscape_hessian(landscape, NULL, weights, 21, hessian, 21) != CRITPT_OK ||
        critpt_spectrum_create(&spectrum, landscape, weights, 21, NULL) != CRITPT_OK) {
        fprintf(stderr, "%s\n", critpt_error_message());
        return EXIT_FAILURE;
    }
    printf("H[0][0] = %g; %zu negative and %zu positive eigenvalues; %s\n", hessian[0],
           critpt_spectrum_index(spectrum), critpt_spectrum_n_positive(spectrum),
           critpt_kind_name(critpt_spectrum_kind(spectrum)));

    critpt_spectrum_destroy(spectrum);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return EXIT_SUCCESS;
}
