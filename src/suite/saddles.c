/* Families of saddles and plateaus. */
#include <stdlib.h>

#include "suite/composers.h"
#include "suite/networks.h"

/* On a line from a minimum: saddles of index 1, 2, 3, each half a direction further and 1/16
 * higher. */
outcome suite_compose_ladder(suite_member *m)
{
    enum { K = 4 };
    double *weights = NULL, *direction = NULL;
    outcome result;
    TRY(suite_begin_network(m, "sin", K, &weights));
    TRY(cli_allocate(&direction, m->n_weights, sizeof *direction));
    TRY(suite_draw_network(m, weights));
    TRY(suite_draw(m, -1, 1, direction, m->n_weights));
    TRY(suite_add_point(m, weights, "\"nature\": \"minimum\", \"margin\": 0.01"));
    for (int k = 1; k < K; k++) {
        for (size_t i = 0; i < m->n_weights; i++)
            weights[i] += direction[i] / 2;
        TRY(suite_add_point(m, weights,
                            "\"nature\": \"saddle\", \"index\": %d, \"margin\": 0.01, "
                            "\"loss_above\": {\"point\": 0, \"by\": %.17g}",
                            k, k / 16.0));
    }
    TRY(suite_end_spec(m));
done:
    free(weights);
    free(direction);
    return result;
}

/* The last unit is the first one's double, and of the sum of their output weights, 1, the first one
 * has t: where one t makes a critical point all do (Fukumizu and Amari). */
static void split(const suite_member *m, double *weights, double t)
{
    size_t last = suite_units(m) - 1;
    double *biases = suite_biases(m, weights), *outputs = suite_outputs(m, weights);
    for (size_t i = 0; i < SUITE_INPUTS; i++)
        weights[SUITE_INPUTS * last + i] = weights[i];
    biases[last] = biases[0];
    outputs[0] = t;
    outputs[last] = 1 - t;
}

/* Minima on the whole segment 0 < t < 1, saddles beyond, and a strict minimum below. */
outcome suite_compose_plateaus(suite_member *m)
{
    double *weights = NULL;
    outcome result;
    TRY(suite_begin_network(m, "tanh", 4, &weights));
    TRY(suite_draw_network(m, weights));
    split(m, weights, 0.5);
    TRY(suite_add_point(m, weights,
                        "\"nature\": \"minimum\", \"margin\": 0.001, "
                        "\"allow\": [\"minimum_on_complement\"]"));
    split(m, weights, 1.5);
    TRY(suite_add_point(m, weights, "\"nature\": \"any\""));
    TRY(suite_draw_network(m, weights));
    TRY(suite_add_point(m, weights,
                        "\"nature\": \"minimum\", \"margin\": 0.001, "
                        "\"loss_above\": {\"point\": 0, \"by\": -0.0625}"));
    TRY(suite_end_spec(m));
done:
    free(weights);
    return result;
}
