/* Families whose models are others: units with kinks, and exponentials. Their inputs are chosen. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "suite/composers.h"
#include "suite/networks.h"

/* ---- Relu with a margin at its kinks ---- */

enum { KINK_POINTS = 2 };

/* Whether the sample keeps 1/64 from where a unit of these weights begins. Exact: all are multiples
 * of 2^-10 below 2^4. */
static bool keeps_away(const suite_member *m, double *weights, const double *sample)
{
    static const double margin = 1.0 / 64;
    const double *biases = suite_biases(m, weights);
    for (size_t j = 0; j < suite_units(m); j++) {
        double z = biases[j];
        for (size_t i = 0; i < SUITE_INPUTS; i++)
            z += weights[SUITE_INPUTS * j + i] * sample[i];
        if (fabs(z) < margin)
            return false;
    }
    return true;
}

static outcome draw_samples(suite_member *m, double *points[KINK_POINTS], double *inputs, size_t n)
{
    outcome result = DONE;
    for (size_t i = 0; i < n;) {
        double *sample = inputs + i * SUITE_INPUTS;
        bool keeps = true;
        TRY(suite_draw(m, -2, 2, sample, SUITE_INPUTS));
        for (size_t k = 0; k < KINK_POINTS; k++)
            keeps = keeps && keeps_away(m, points[k], sample);
        i += keeps;
    }
done:
    return result;
}

outcome suite_compose_kinks(suite_member *m)
{
    size_t n = 2 * SUITE_SAMPLES * KINK_POINTS * m->n_weights;
    double *points[KINK_POINTS] = {NULL}, *inputs = NULL;
    suite_text model = {0};
    outcome result;
    TRY(cli_allocate(&inputs, n * SUITE_INPUTS, sizeof *inputs));
    for (size_t k = 0; k < KINK_POINTS; k++) {
        TRY(cli_allocate(&points[k], m->n_weights, sizeof **points));
        TRY(suite_draw_network(m, points[k]));
    }
    TRY(draw_samples(m, points, inputs, n));
    TRY(suite_network(m, "relu", &model));
    TRY(suite_begin_spec_with_inputs(m, model.bytes, n, SUITE_INPUTS, inputs));
    for (size_t k = 0; k < KINK_POINTS; k++)
        TRY(suite_add_point(m, points[k],
                            "\"nature\": \"minimum\", \"margin\": 0.001, "
                            "\"allow\": [\"minimum_on_complement\"]"));
    TRY(suite_end_spec(m));
done:
    suite_text_free(&model);
    for (size_t k = 0; k < KINK_POINTS; k++)
        free(points[k]);
    free(inputs);
    return result;
}

/* ---- Sums of exponentials ---- */

/* Two decays exp(-k t) in D channels: with x = sqrt(t) and w = sqrt(k) these are exp(-(w x)^2),
 * gaussian units of one input. P = 2 + 2 D. */
enum { DECAYS = 2, DECAY_SAMPLES = 128 };

/* From 1/16 to 16, evenly on a logarithmic axis, up to steps of 2^-10: rounding does not show. */
static void set_times(double *roots)
{
    for (size_t i = 0; i < DECAY_SAMPLES; i++)
        roots[i] = rint(64 * exp2(8.0 * (double)i / (DECAY_SAMPLES - 1))) / 1024;
}

/* Rates k and 2 k, and amplitudes of both signs. */
static outcome draw_decays(suite_member *m, double slow, double *weights)
{
    size_t n = m->n_weights - DECAYS;
    double *amplitudes = weights + DECAYS, sign;
    outcome result;
    weights[0] = slow;
    weights[1] = rint(1024 * slow * sqrt(2)) / 1024;
    TRY(suite_draw(m, 0.5, 1.5, amplitudes, n));
    for (size_t i = 0; i < n; i++) {
        TRY(suite_draw(m, -1, 1, &sign, 1));
        amplitudes[i] = sign < 0 ? -amplitudes[i] : amplitudes[i];
    }
done:
    return result;
}

outcome suite_compose_exponentials(suite_member *m)
{
    static const double slow[] = {0.25, 2}; /* square roots of the slower rates of the two minima */
    double *weights = NULL, *roots = NULL;
    suite_text model = {0};
    outcome result;
    TRY(cli_allocate(&weights, m->n_weights, sizeof *weights));
    TRY(cli_allocate(&roots, DECAY_SAMPLES, sizeof *roots));
    set_times(roots);
    TRY(suite_print(&model,
                    "{\"widths\": [1, %d, %zu], \"activations\": [\"gaussian\", \"identity\"], "
                    "\"bias\": false}",
                    DECAYS, m->n_weights / DECAYS - 1));
    TRY(suite_begin_spec_with_inputs(m, model.bytes, DECAY_SAMPLES, 1, roots));
    for (size_t k = 0; k < sizeof slow / sizeof *slow; k++) {
        TRY(draw_decays(m, slow[k], weights));
        TRY(suite_add_point(m, weights, "\"nature\": \"minimum\", \"margin\": 0.01"));
    }
    TRY(suite_end_spec(m));
done:
    suite_text_free(&model);
    free(weights);
    free(roots);
    return result;
}
