/* Copying a landscape into plain arrays, and judging claims. */
#include "problem.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static outcome load_layers(problem *p, const critpt_model *model)
{
    size_t n = critpt_mlp_n_layers(model);
    outcome result;
    TRY(allocate(&p->widths, n + 1, sizeof *p->widths));
    TRY(allocate(&p->activations, n, sizeof *p->activations));
    TRY(allocate(&p->bias, n, sizeof *p->bias));
    p->widths[0] = critpt_model_n_inputs(model);
    for (size_t l = 0; l < n; l++)
        TRY(from_library(
            critpt_mlp_layer(model, l, &p->widths[l + 1], &p->activations[l], &p->bias[l]), "%s",
            ""));
    p->n_outputs = p->widths[n];
    p->n_weights = critpt_model_n_weights(model);
    p->exact.n_layers = n;
done:
    return result;
}

outcome problem_load(problem *p, const critpt_landscape *landscape)
{
    outcome result;
    size_t n = critpt_landscape_n_samples(landscape);
    *p = (problem){0};
    TRY(load_layers(p, critpt_landscape_model(landscape)));
    size_t d = p->widths[0], D = p->n_outputs; /* their products fit: the landscape holds them */
    TRY(allocate(&p->inputs, n * d, sizeof(double)));
    TRY(allocate(&p->targets, n * D, sizeof(double)));
    TRY(allocate(&p->sample_weights, n, sizeof(double)));
    TRY(allocate(&p->metric, D * D, sizeof(double)));
    TRY(from_library(critpt_landscape_inputs(landscape, p->inputs, d), "%s", ""));
    TRY(from_library(critpt_landscape_targets(landscape, p->targets, D), "%s", ""));
    TRY(from_library(critpt_landscape_sample_weights(landscape, p->sample_weights, n), "%s", ""));
    TRY(from_library(critpt_landscape_output_metric(landscape, p->metric, D), "%s", ""));
    p->exact.widths = p->widths;
    p->exact.activations = p->activations;
    p->exact.bias = p->bias;
    p->exact.n_samples = n;
    p->exact.inputs = p->inputs;
    p->exact.targets = p->targets;
    p->exact.sample_weights = p->sample_weights;
    p->exact.metric = p->metric;
done:
    if (result != DONE)
        problem_free(p);
    return result;
}

void problem_free(problem *p)
{
    free(p->widths);
    free(p->activations);
    free(p->bias);
    free(p->inputs);
    free(p->targets);
    free(p->sample_weights);
    free(p->metric);
    *p = (problem){0};
}

/* Above `value` by 2^-40 of it and by the rounding of sums whose terms cancel, 16
 * extended-precision units of their size. */
static double raised(double value, const exact_values *values)
{
    double size = isfinite(values->unit) ? values->unit : 0;
    return nextafter(value * (1 + ldexp(1, -40)) + 4 * exact_epsilon() * size, INFINITY);
}

static double scaled_gradient(double norm, const exact_values *values)
{
    return values->unit > 0 ? norm / (DBL_EPSILON * values->unit) : 0;
}

double recomputed(const exact_values *values, critpt_file_point_quantity quantity)
{
    switch (quantity) {
    case CRITPT_FILE_POINT_LOSS:
        return values->loss;
    case CRITPT_FILE_POINT_GRADIENT_NORM:
        return values->gradient_norm;
    case CRITPT_FILE_POINT_GRADIENT_MAX:
        return values->gradient_max;
    case CRITPT_FILE_POINT_GRADIENT_SCALED:
        return scaled_gradient(values->gradient_norm, values);
    case CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32:
        return values->gradient_norm_float32;
    case CRITPT_FILE_POINT_KINK_MARGIN:
        return values->kink_margin;
    default:
        return NAN;
    }
}

void claims_from(const exact_values *values, double claims[N_CLAIMS])
{
    double norm = raised(values->gradient_norm, values);
    claims[CRITPT_FILE_POINT_LOSS] = values->loss;
    claims[CRITPT_FILE_POINT_GRADIENT_NORM] = norm;
    claims[CRITPT_FILE_POINT_GRADIENT_MAX] = raised(values->gradient_max, values);
    claims[CRITPT_FILE_POINT_GRADIENT_SCALED] = scaled_gradient(norm, values) * (1 + ldexp(1, -40));
    claims[CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32] =
        isfinite(values->gradient_norm_float32) ? raised(values->gradient_norm_float32, values)
                                                : INFINITY;
    claims[CRITPT_FILE_POINT_KINK_MARGIN] = values->kink_margin;
}

/* Equal to 20 eps of the scale that rounding has. */
static bool nearly_equal(double a, double b, double scale)
{
    return (isinf(a) && isinf(b)) || fabs(a - b) <= 20 * DBL_EPSILON * scale;
}

bool claim_holds(const exact_values *values, critpt_file_point_quantity quantity, double stated)
{
    double found = recomputed(values, quantity);
    switch (quantity) {
    case CRITPT_FILE_POINT_LOSS:
        return nearly_equal(stated, found, fmax(found, values->level));
    case CRITPT_FILE_POINT_KINK_MARGIN: /* where z = 0 the inputs' and weights' scale is about 1 */
        return nearly_equal(stated, found, 1 + found);
    default: /* an upper bound; what overflows in float32 has only infinity above it */
        return found <= stated || (isinf(stated) && stated > 0);
    }
}
