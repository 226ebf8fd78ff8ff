/* The line of critical points that splitting a hidden unit of a minimum opens: two copies of the
 * unit, which feed t and 1 - t times its output on. If the residual part of the Hessian is definite
 * in the unit's own weights, the points with 0 < t < 1 are minima along a flat line and the others
 * are saddles, or the other way round (K. Fukumizu, S. Amari, "Local minima and plateaus in
 * hierarchical structures of multilayer perceptrons", Neural Networks 13, 2000). Here that part is
 * prescribed to be the identity.
 *     cc split.c $(pkg-config --cflags --libs critpt) -o split */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <critpt.h>

enum { SAMPLES = 1500, INPUTS = 4, UNITS = 3, SPLIT = 1 }; /* unit SPLIT is split */
enum { WEIGHTS = UNITS * INPUTS + UNITS, WIDE_WEIGHTS = WEIGHTS + INPUTS + 1 };

static void check(critpt_status status)
{
    if (status == CRITPT_OK)
        return;
    fprintf(stderr, "split: %s\n", critpt_error_message());
    exit(1);
}

static critpt_landscape *network(size_t units, const double *inputs)
{
    critpt_model *model;
    critpt_landscape *landscape;
    check(critpt_mlp_create(&model, INPUTS));
    check(critpt_mlp_add_layer(model, units, CRITPT_TANH, CRITPT_NO_BIAS));
    check(critpt_mlp_add_layer(model, 1, CRITPT_IDENTITY, CRITPT_NO_BIAS));
    check(critpt_landscape_create(&landscape, model, SAMPLES, inputs, INPUTS));
    critpt_model_destroy(model); /* the landscape keeps it */
    return landscape;
}

/* A minimum at w whose Hessian is its Gauss-Newton part, plus 1 on the diagonal at the weights of
 * unit SPLIT. */
static void plant(critpt_landscape *landscape, const double *w)
{
    static double hessian[WEIGHTS][WEIGHTS];
    critpt_plan *plan;
    check(critpt_landscape_gauss_newton(landscape, NULL, w, WEIGHTS, hessian[0], WEIGHTS));
    for (size_t j = 0; j < INPUTS; j++)
        hessian[SPLIT * INPUTS + j][SPLIT * INPUTS + j] += 1;
    check(critpt_plan_create(&plan, landscape));
    check(critpt_plan_add_point(plan, w, WEIGHTS, NULL));
    for (size_t i = 0; i < WEIGHTS; i++)
        for (size_t j = 0; j <= i; j++)
            check(critpt_plan_require_hessian_entry(plan, 0, i, j, hessian[i][j], NULL));
    check(critpt_plan_solve(plan, NULL));
    critpt_plan_destroy(plan);
}

/* The weights of the wider network: unit SPLIT and, as the last unit, its copy. */
static void split(const double *w, double t, double *wide)
{
    const double *out = w + UNITS * INPUTS;
    double *wide_out = wide + (UNITS + 1) * INPUTS;
    memcpy(wide, w, UNITS * INPUTS * sizeof *w);
    memcpy(wide + UNITS * INPUTS, w + SPLIT * INPUTS, INPUTS * sizeof *w);
    memcpy(wide_out, out, UNITS * sizeof *w);
    wide_out[SPLIT] = t * out[SPLIT];
    wide_out[UNITS] = (1 - t) * out[SPLIT];
}

static void print(const char *what, const critpt_landscape *landscape, const double *w,
                  size_t n_weights)
{
    critpt_spectrum *spectrum;
    double loss;
    check(critpt_spectrum_create(&spectrum, landscape, w, n_weights, NULL));
    check(critpt_landscape_loss(landscape, NULL, w, n_weights, &loss));
    printf("%s: loss %.10f, %s, index %zu, nullity %zu\n", what, loss,
           critpt_kind_name(critpt_spectrum_kind(spectrum)), critpt_spectrum_index(spectrum),
           critpt_spectrum_nullity(spectrum));
    critpt_spectrum_destroy(spectrum);
}

int main(void)
{
    static const double places[] = {-0.5, -0.1, 0.1, 0.5, 0.9, 1.1, 1.5};
    static double inputs[SAMPLES * INPUTS], targets[SAMPLES], w[WEIGHTS], wide[WIDE_WEIGHTS];
    check(critpt_random_normal(7, CRITPT_STREAM_INPUTS, 0, inputs, SAMPLES * INPUTS));
    critpt_landscape *small = network(UNITS, inputs), *large = network(UNITS + 1, inputs);
    check(critpt_mlp_draw_weights(critpt_landscape_model(small), 7, 0, 2.0, w, WEIGHTS));
    plant(small, w);
    check(critpt_landscape_targets(small, targets, 1));
    check(critpt_landscape_set_targets(large, targets, 1));
    print("before      ", small, w, WEIGHTS);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char what[32];
        snprintf(what, sizeof what, "split, t %4.1f", places[i]);
        split(w, places[i], wide);
        print(what, large, wide, WIDE_WEIGHTS);
    }
    critpt_landscape_destroy(small);
    critpt_landscape_destroy(large);
    return 0;
}
