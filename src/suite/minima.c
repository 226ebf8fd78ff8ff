/* Families of minima, of networks of sine units. */
#include <math.h>
#include <stdlib.h>

#include "suite/composers.h"
#include "suite/networks.h"

static const char hidden[] = "sin";

/* Three, each 1/16 above the one before. */
outcome suite_compose_levels(suite_member *m)
{
    static const char *const wanted[] = {
        "\"nature\": \"minimum\", \"margin\": 0.01",
        "\"nature\": \"minimum\", \"margin\": 0.01, \"loss_above\": {\"point\": 0, \"by\": 0.0625}",
        "\"nature\": \"minimum\", \"margin\": 0.01, \"loss_above\": {\"point\": 0, \"by\": 0.125}"};
    enum { K = sizeof wanted / sizeof *wanted };
    double *weights = NULL;
    outcome result;
    TRY(suite_begin_network(m, hidden, K, &weights));
    for (size_t k = 0; k < K; k++) {
        TRY(suite_draw_network(m, weights));
        TRY(suite_add_point(m, weights, "%s", wanted[k]));
    }
    TRY(suite_end_spec(m));
done:
    free(weights);
    return result;
}

/* An eigenvalue of 2^-8 leaves a low barrier nearby, a margin of 1/4 none; the others of the narrow
 * one are large enough for its basin to be measured. */
outcome suite_compose_basins(suite_member *m)
{
    double *weights = NULL, tenth = (double)m->n_weights / 10;
    outcome result;
    TRY(suite_begin_network(m, hidden, 3, &weights));
    TRY(suite_draw_network(m, weights));
    TRY(suite_add_point(m, weights,
                        "\"nature\": \"minimum\", \"eigenvalue\": %.17g, "
                        "\"conditions\": [{\"eigenpair\": {\"unit\": 0}, \"value\": %.17g}]",
                        1 / (4096 * (tenth * sqrt(tenth))), 1.0 / 256));
    TRY(suite_draw_network(m, weights));
    TRY(suite_add_point(m, weights,
                        "\"nature\": \"minimum\", \"margin\": 0.25, "
                        "\"loss_above\": {\"point\": 0, \"by\": 0.0625}"));
    TRY(suite_end_spec(m));
done:
    free(weights);
    return result;
}

/* The least eigenvalue of each point, in units of 1e-9: a millionth of the largest one, which
 * hardly depends on it. */
outcome suite_compose_conditioned(suite_member *m)
{
    enum { K = 2 };
    double *weights = NULL;
    outcome result;
    TRY(suite_begin_network(m, hidden, 2 * K, &weights)); /* eigenpairs are equations too */
    for (size_t k = 0; k < K; k++) {
        size_t least = suite_least_eigenvalue(m, k);
        TRY(suite_draw_network(m, weights));
        TRY(suite_add_point(m, weights,
                            "\"nature\": \"minimum\", \"eigenvalue\": %zue-10, "
                            "\"conditions\": [{\"eigenpair\": {\"unit\": 0}, \"value\": %zue-9}]",
                            9 * least, least));
    }
    TRY(suite_end_spec(m));
done:
    free(weights);
    return result;
}

/* A direction of length 0.05, up to steps of 2^-14: a root's rounding does not show in it. */
static outcome draw_step(suite_member *m, double *step)
{
    static const double length = 0.05, steps = 16384;
    double norm = 0;
    outcome result;
    TRY(suite_draw(m, -1, 1, step, m->n_weights));
    for (size_t i = 0; i < m->n_weights; i++)
        norm += step[i] * step[i]; /* exact: multiples of 2^-20 */
    norm = sqrt(norm);
    for (size_t i = 0; i < m->n_weights; i++)
        step[i] = rint(step[i] / norm * length * steps) / steps;
done:
    return result;
}

outcome suite_compose_close(suite_member *m)
{
    static const char wanted[] = "\"nature\": \"minimum\", \"margin\": 0.01";
    double *weights = NULL, *step = NULL;
    outcome result;
    TRY(suite_begin_network(m, hidden, 2, &weights));
    TRY(cli_allocate(&step, m->n_weights, sizeof *step));
    TRY(suite_draw_network(m, weights));
    TRY(draw_step(m, step));
    TRY(suite_add_point(m, weights, "%s", wanted));
    for (size_t i = 0; i < m->n_weights; i++)
        weights[i] += step[i];
    TRY(suite_add_point(m, weights, "%s", wanted));
    TRY(suite_end_spec(m));
done:
    free(weights);
    free(step);
    return result;
}
