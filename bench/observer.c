/* What observing costs: 1000 gradients of a network with 100 weights on 2000 samples, bare and
 * through a run that knows three planted points. Both sides take the same path of descent, in
 * turns. */
#include <math.h>

#include "support.h"

enum { INPUTS = 8, HIDDEN = 10, SAMPLES = 2000, POINTS = 3 }; /* P = 8 x 10 + 10 + 10 = 100 */

typedef struct setting {
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    size_t P, gradients;
    double *start, *weights, *gradient, *points;
} setting;

static void prepare(setting *s)
{
    critpt_model *model;
    double *inputs = get(SAMPLES * INPUTS);
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    check(critpt_mlp_create(&model, INPUTS));
    check(critpt_mlp_add_layer(model, HIDDEN, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_NO_BIAS));
    s->P = critpt_model_n_weights(model);
    check(critpt_landscape_create(&s->landscape, model, SAMPLES, inputs, INPUTS));
    s->start = get(s->P);
    s->weights = get(s->P);
    s->gradient = get(s->P);
    s->points = get(POINTS * s->P);
    for (size_t k = 0; k < POINTS; k++)
        check(critpt_mlp_draw_weights(model, 1, k, 1, s->points + k * s->P, s->P));
    check(critpt_mlp_draw_weights(model, 2, 0, 1, s->start, s->P));
    double *targets = get(SAMPLES);
    check(critpt_landscape_outputs(s->landscape, NULL, s->points, s->P, targets, 1));
    check(critpt_landscape_set_targets(s->landscape, targets, 1));
    check(critpt_workspace_create(&s->workspace, s->landscape));
    critpt_model_destroy(model);
    free(inputs);
    free(targets);
}

static void step(setting *s)
{
    for (size_t j = 0; j < s->P; j++)
        s->weights[j] -= 0.1 * s->gradient[j];
}

static double time_bare(setting *s)
{
    double loss, start = seconds();
    memcpy(s->weights, s->start, s->P * sizeof *s->weights);
    for (size_t i = 0; i < s->gradients; i++) {
        check(critpt_landscape_gradient(s->landscape, s->workspace, s->weights, s->P, s->gradient,
                                        s->P, &loss));
        step(s);
    }
    return seconds() - start;
}

static double time_observed(setting *s)
{
    critpt_run *run;
    check(critpt_run_create(&run, s->landscape, s->gradients));
    for (size_t k = 0; k < POINTS; k++)
        check(critpt_run_add_point(run, s->points + k * s->P, s->P, 0, NULL));
    double loss, start = seconds();
    memcpy(s->weights, s->start, s->P * sizeof *s->weights);
    for (size_t i = 0; i < s->gradients; i++) {
        check(critpt_run_gradient(run, s->weights, s->P, s->gradient, s->P, &loss));
        step(s);
    }
    check(critpt_run_end(run));
    double taken = seconds() - start;
    critpt_run_destroy(run);
    return taken;
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 31 };
    int smoke = is_smoke(argc, argv), rounds = smoke ? 1 : ROUNDS;
    double ratios[ROUNDS], bare[ROUNDS];
    setting s = {.gradients = smoke ? 10 : 1000};
    prepare(&s);
    time_bare(&s); /* warm */
    for (int i = 0; i < rounds; i++) {
        bare[i] = time_bare(&s);
        ratios[i] = time_observed(&s) / bare[i];
    }
    printf("observed_gradient_ratio %.4f 1\n", median(ratios, rounds));
    printf("bare_gradient %.4g us\n", 1e6 * median(bare, rounds) / (double)s.gradients);
    critpt_workspace_destroy(s.workspace);
    critpt_landscape_destroy(s.landscape);
    free(s.start), free(s.weights), free(s.gradient), free(s.points);
    return 0;
}
