/* Weights stand as in a landscape file: the first layer's matrix, its biases, the output layer's.
 */
#include "suite/networks.h"

outcome suite_network(const suite_member *m, const char *hidden, suite_text *model)
{
    return suite_print(model,
                       "{\"widths\": [%d, %zu, 1], \"activations\": [\"%s\", \"tanh\"], "
                       "\"bias\": [true, false]}",
                       SUITE_INPUTS, suite_units(m), hidden);
}

outcome suite_draw_network(suite_member *m, double *weights)
{
    size_t h = suite_units(m);
    double *outputs = suite_outputs(m, weights), sign;
    outcome result;
    TRY(suite_draw(m, -3, 3, weights, SUITE_INPUTS * h));
    TRY(suite_draw(m, -1, 1, suite_biases(m, weights), h));
    TRY(suite_draw(m, 0.25, 1, outputs, h));
    for (size_t j = 0; j < h; j++) {
        TRY(suite_draw(m, -1, 1, &sign, 1));
        outputs[j] = sign < 0 ? -outputs[j] : outputs[j];
    }
done:
    return result;
}

outcome suite_begin_network(suite_member *m, const char *hidden, size_t n_vectors, double **weights)
{
    suite_text model = {0};
    outcome result;
    TRY(cli_allocate(weights, m->n_weights, sizeof **weights));
    TRY(suite_network(m, hidden, &model));
    TRY(suite_begin_spec(m, model.bytes, SUITE_SAMPLES * n_vectors * m->n_weights));
done:
    suite_text_free(&model);
    return result;
}
