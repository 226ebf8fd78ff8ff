/* Copying a landscape into plain arrays, and judging claims. */
#include "claims/problem.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "cli/interrupt.h"

outcome claims_from_oracle(oracle_status status)
{
    switch (status) {
    case ORACLE_OK:
        return DONE;
    case ORACLE_STOPPED:
        return cli_fail(INTERRUPTED, "interrupted");
    case ORACLE_NOT_CONVERGED:
        return cli_fail(REFUSED, "the iteration for eigenvalues of the checker does not converge");
    case ORACLE_NO_MEMORY:
        break;
    }
    return cli_fail(ENVIRONMENT, "out of memory for the checker");
}

/* ---- The outputs of a shared object ---- */

struct claims_calls {
    const critpt_plugin_model *table;
    bool extended;
    atomic_bool failed, no_memory;
    size_t D, P;
};

enum { FEW = 64 }; /* weights and outputs that have room on the stack */

static bool call_extended(struct claims_calls *c, const real *weights, const double *inputs,
                          real *outputs)
{
    size_t n = c->P + c->D;
    long double few[FEW] = {0}, *room = n <= FEW ? few : malloc(n * sizeof *room);
    for (size_t j = 0; room && j < c->P; j++)
        room[j] = (long double)weights[j];
    bool done = room && c->table->callbacks->outputs_extended(c->table->user, room, 1, inputs,
                                                              room + c->P) == 0;
    for (size_t o = 0; done && o < c->D; o++)
        outputs[o] = (real)room[c->P + o];
    if (!room)
        atomic_store(&c->no_memory, true);
    if (room != few)
        free(room);
    return done;
}

static bool call_double(struct claims_calls *c, const real *weights, const double *inputs,
                        real *outputs)
{
    size_t n = c->P + c->D;
    double few[FEW] = {0}, *room = n <= FEW ? few : malloc(n * sizeof *room);
    for (size_t j = 0; room && j < c->P; j++)
        room[j] = (double)weights[j];
    bool done =
        room && c->table->callbacks->outputs(c->table->user, room, 1, inputs, room + c->P) == 0;
    for (size_t o = 0; done && o < c->D; o++)
        outputs[o] = room[c->P + o];
    if (!room)
        atomic_store(&c->no_memory, true);
    if (room != few)
        free(room);
    return done;
}

static void call_outputs(void *data, const real *weights, const double *inputs, real *outputs)
{
    struct claims_calls *c = data;
    bool done = c->extended ? call_extended(c, weights, inputs, outputs)
                            : call_double(c, weights, inputs, outputs);
    for (size_t o = 0; !done && o < c->D; o++)
        outputs[o] = (real)NAN;
    if (!done)
        atomic_store(&c->failed, true);
}

/* A table of an earlier version may be shorter. */
#define HAS(call, member)                                                                          \
    ((call)->struct_size >= offsetof(critpt_model_callbacks, member) + sizeof(call)->member &&     \
     (call)->member)

static outcome load_calls(problem *p, const plugin *library)
{
    const critpt_model_callbacks *call = library->table.callbacks;
    outcome result;
    TRY(cli_allocate(&p->calls, 1, sizeof *p->calls));
    p->calls->table = &library->table;
    p->calls->D = p->n_outputs;
    p->calls->P = p->n_weights;
    p->calls->extended = HAS(call, outputs_extended);
    p->numerical = (oracle_numerical){
        call_outputs, p->calls,     p->n_inputs,
        p->n_outputs, p->n_weights, p->calls->extended ? ldexp(1, -LDBL_MANT_DIG) : DBL_EPSILON};
    p->oracle.model = oracle_numerical_model(&p->numerical);
    p->oracle.n_threads = HAS(call, concurrent) ? 0 : 1;
done:
    return result;
}

outcome claims_require_calls(const problem *p)
{
    if (!p->calls || !atomic_load(&p->calls->failed))
        return DONE;
    if (atomic_load(&p->calls->no_memory))
        return claims_from_oracle(ORACLE_NO_MEMORY);
    return cli_fail(ENVIRONMENT, "the outputs of model %.80s failed for the checker",
                    p->calls->table->name);
}

bool claims_are_extended(const problem *p)
{
    return !p->calls || p->calls->extended;
}

bool claims_are_sharp(const oracle_values *values, double unit)
{
    return values->gradient_error <= unit / 2;
}

/* The oracle looks at the flag of signals. */
static bool is_interrupted(void *unused)
{
    (void)unused;
    return cli_interrupted();
}

static outcome load_layers(problem *p, const critpt_model *model)
{
    size_t n = critpt_mlp_n_layers(model);
    outcome result = DONE;
    p->n_inputs = critpt_model_n_inputs(model);
    p->n_outputs = critpt_model_n_outputs(model);
    p->n_weights = critpt_model_n_weights(model);
    if (n == 0)
        return DONE;
    TRY(cli_allocate(&p->widths, n + 1, sizeof *p->widths));
    TRY(cli_allocate(&p->activations, n, sizeof *p->activations));
    TRY(cli_allocate(&p->bias, n, sizeof *p->bias));
    p->widths[0] = critpt_model_n_inputs(model);
    for (size_t l = 0; l < n; l++)
        TRY(cli_from_library(
            critpt_mlp_layer(model, l, &p->widths[l + 1], &p->activations[l], &p->bias[l]), "%s",
            ""));
    p->network = (oracle_network){n, p->widths, p->activations, p->bias};
    p->oracle.model = oracle_network_model(&p->network);
done:
    return result;
}

outcome claims_load_problem(problem *p, const critpt_landscape *landscape, const plugin *library)
{
    outcome result;
    size_t n = critpt_landscape_n_samples(landscape);
    *p = (problem){0};
    TRY(load_layers(p, critpt_landscape_model(landscape)));
    if (library && library->model)
        TRY(load_calls(p, library));
    size_t d = p->n_inputs, D = p->n_outputs; /* their products fit: the landscape holds them */
    TRY(cli_allocate(&p->inputs, n * d, sizeof(double)));
    TRY(cli_allocate(&p->targets, n * D, sizeof(double)));
    TRY(cli_allocate(&p->sample_weights, n, sizeof(double)));
    TRY(cli_allocate(&p->metric, D * D, sizeof(double)));
    TRY(cli_from_library(critpt_landscape_inputs(landscape, p->inputs, d), "%s", ""));
    TRY(cli_from_library(critpt_landscape_targets(landscape, p->targets, D), "%s", ""));
    TRY(cli_from_library(critpt_landscape_sample_weights(landscape, p->sample_weights, n), "%s",
                         ""));
    TRY(cli_from_library(critpt_landscape_output_metric(landscape, p->metric, D), "%s", ""));
    TRY(cli_allocate(&p->penalty, p->n_weights, sizeof(double)));
    TRY(cli_allocate(&p->centre, p->n_weights, sizeof(double)));
    TRY(cli_from_library(
        critpt_landscape_penalty(landscape, p->penalty, p->n_weights, p->centre, p->n_weights),
        "%s", ""));
    p->oracle.penalty = p->penalty;
    p->oracle.centre = p->centre;
    p->oracle.n_samples = n;
    p->oracle.inputs = p->inputs;
    p->oracle.targets = p->targets;
    p->oracle.sample_weights = p->sample_weights;
    p->oracle.metric = p->metric;
    p->oracle.stop.wanted = is_interrupted;
done:
    if (result != DONE)
        claims_free_problem(p);
    return result;
}

void claims_free_problem(problem *p)
{
    free(p->calls);
    free(p->widths);
    free(p->activations);
    free(p->bias);
    free(p->inputs);
    free(p->targets);
    free(p->sample_weights);
    free(p->metric);
    free(p->penalty);
    free(p->centre);
    *p = (problem){0};
}

bool claims_can_check(const problem *p)
{
    return oracle_available() && p->oracle.model.functions;
}

outcome claims_round_landscape(const problem *p, const critpt_landscape *landscape,
                               critpt_landscape **rounded)
{
    /* a landscape has frozen it: nothing of it changes but the count of its users */
    critpt_model *model = (critpt_model *)critpt_landscape_model(landscape);
    size_t d = p->n_inputs, D = p->n_outputs, n = p->oracle.n_samples;
    double *inputs = NULL, *targets = NULL;
    bool finite = true;
    outcome result;
    *rounded = NULL;
    TRY(cli_allocate(&inputs, n * d, sizeof *inputs));
    TRY(cli_allocate(&targets, n * D, sizeof *targets));
    for (size_t i = 0; i < n * d; i++) {
        inputs[i] = (float)p->inputs[i];
        finite = finite && isfinite(inputs[i]);
    }
    for (size_t i = 0; i < n * D; i++) {
        targets[i] = (float)p->targets[i];
        finite = finite && isfinite(targets[i]);
    }
    if (!finite)
        goto done;
    TRY(cli_from_library(critpt_landscape_create(rounded, model, n, inputs, d), "%s", ""));
    TRY(cli_from_library(critpt_landscape_set_targets(*rounded, targets, D), "%s", ""));
    TRY(cli_from_library(critpt_landscape_set_sample_weights(*rounded, p->sample_weights, n), "%s",
                         ""));
    TRY(cli_from_library(critpt_landscape_set_output_metric(*rounded, p->metric, D), "%s", ""));
    TRY(cli_from_library(
        critpt_landscape_set_penalty(*rounded, p->penalty, p->n_weights, p->centre, p->n_weights),
        "%s", ""));
done:
    free(inputs);
    free(targets);
    return result;
}

outcome claims_find_units(const critpt_landscape *landscape, const critpt_landscape *rounded,
                          const double *weights, double *unit, double *rough)
{
    size_t P = critpt_model_n_weights(critpt_landscape_model(landscape));
    double *narrow = NULL;
    critpt_status status = CRITPT_OK;
    outcome result;
    *rough = 0;
    TRY(cli_allocate(&narrow, P, sizeof *narrow));
    TRY(cli_from_library(critpt_landscape_gradient_unit(landscape, NULL, weights, P, unit), "%s",
                         ""));
    for (size_t i = 0; i < P; i++)
        narrow[i] = (float)weights[i];
    if (rounded)
        status = critpt_landscape_gradient_unit(rounded, NULL, narrow, P, rough);
    if (status == CRITPT_NON_FINITE) { /* in float32 alone */
        *rough = 0;
        status = CRITPT_OK;
    }
    TRY(cli_from_library(status, "%s", ""));
done:
    free(narrow);
    return result;
}

static double scaled_gradient(double norm, const oracle_values *values)
{
    return values->unit > 0 ? norm / (DBL_EPSILON * values->unit) : 0;
}

double claims_recomputed(const oracle_values *values, critpt_file_point_quantity quantity)
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

/* Equal to 20 eps of the scale that rounding has. */
static bool nearly_equal(double a, double b, double scale)
{
    if (isinf(a) || isinf(b)) /* an infinite scale would have anything be near */
        return isinf(a) && isinf(b) && a > 0 && b > 0;
    return fabs(a - b) <= 20 * DBL_EPSILON * scale;
}

/* At or above what was found, by two units at most; what overflows in float32 has only infinity
 * above it. */
static bool bounds(double stated, double found, double unit)
{
    double rounding = ldexp(found, -40) + unit / 1024;
    if (!isfinite(found))
        return isinf(stated) && stated > 0;
    return stated >= found - rounding && stated - found <= 2 * unit + rounding;
}

bool claims_hold(const oracle_values *values, double unit, critpt_file_point_quantity quantity,
                 double stated)
{
    double found = claims_recomputed(values, quantity);
    switch (quantity) {
    case CRITPT_FILE_POINT_LOSS:
        return nearly_equal(stated, found, fmax(found, values->level) + values->loss_rounding);
    case CRITPT_FILE_POINT_KINK_MARGIN:
        return nearly_equal(stated, found, found + values->kink_rounding);
    case CRITPT_FILE_POINT_GRADIENT_SCALED:
        return bounds(stated * unit, values->gradient_norm, unit);
    default:
        return bounds(stated, found, unit);
    }
}

bool claims_checked_hold(const oracle_values *values, critpt_file_point_quantity quantity,
                         double stated)
{
    double found = claims_recomputed(values, quantity),
           size = isfinite(values->unit) ? values->unit : 0;
    bool gradient = quantity != CRITPT_FILE_POINT_LOSS && quantity != CRITPT_FILE_POINT_KINK_MARGIN;
    double rounding = 4 * oracle_epsilon() * (gradient ? size : values->level);
    if (gradient) /* differences come out otherwise where outputs are rounded otherwise */
        rounding += 2 * values->gradient_error;
    if (quantity == CRITPT_FILE_POINT_GRADIENT_SCALED)
        rounding = 4 * oracle_epsilon() / DBL_EPSILON +
                   2 * scaled_gradient(values->gradient_error, values);
    if (isinf(stated) || isinf(found))
        return isinf(stated) && isinf(found) && stated > 0;
    return (isnan(stated) && isnan(found)) ||
           fabs(stated - found) <= 4 * DBL_EPSILON * fabs(found) + rounding;
}

critpt_file_point_quantity claims_checked_quantity(critpt_file_point_quantity quantity)
{
    return (critpt_file_point_quantity)((int)quantity + CRITPT_FILE_POINT_LOSS_CHECKED);
}
