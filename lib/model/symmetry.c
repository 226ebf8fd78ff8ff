/* Symmetries of a network's weights: how many copies of a point there are, and how far two points
 * are apart when copies count as one (MATH 5, fact 8). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "model/activation.h"
#include "model/assignment.h"
#include "model/mlp.h"

/* ---- Copies ---- */

static double factorial(size_t n)
{
    double product = 1;
    for (size_t i = 2; i <= n; i++)
        product *= (double)i;
    return product;
}

/* Whether units of hidden layer l can be rescaled or shifted by a period. */
static bool layer_is_continuous(const cpt_mlp *mlp, size_t l)
{
    const cpt_layer *layer = &mlp->layers[l];
    return cpt_model_activation_find(layer->activation)->homogeneity > 0 ||
           (layer->activation == CRITPT_SIN && layer->bias);
}

/* Whether the incoming weights of a unit of hidden layer l can change their signs. */
static bool unit_flips(const cpt_mlp *mlp, size_t l)
{
    cpt_model_parity parity = cpt_model_activation_find(mlp->layers[l].activation)->parity;
    return parity == CPT_MODEL_ODD || parity == CPT_MODEL_EVEN ||
           (parity == CPT_MODEL_HALF_PLUS_ODD && mlp->layers[l + 1].bias);
}

/* Copies by the units of hidden layer l: permutations, times sign flips. */
static double layer_copies(const cpt_mlp *mlp, size_t l)
{
    double n = (double)mlp->layers[l].n_units;
    if (layer_is_continuous(mlp, l))
        return INFINITY;
    return factorial(mlp->layers[l].n_units) * (unit_flips(mlp, l) ? pow(2, n) : 1);
}

static critpt_status require_network(const critpt_model *model)
{
    if (!model)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "model is NULL");
    if (critpt_mlp_n_layers(model) == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the model is not a network with layers");
    return CRITPT_OK;
}

critpt_status critpt_mlp_symmetric_copies(const critpt_model *model, double *copies)
{
    critpt_status status;
    CPT_TRY(require_network(model));
    if (!copies)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the place for the result is NULL");
    const cpt_mlp *mlp = cpt_mlp_const(model);
    *copies = 1;
    for (size_t l = 0; l + 1 < mlp->n_layers; l++)
        *copies *= layer_copies(mlp, l);
done:
    return status;
}

/* ---- Copies of a point ----
 *
 * Its orbit under the group. Where no two units of a layer have the same incoming weights, up to
 * the sign, and every unit has both incoming and outgoing ones, nothing but the identity leaves it
 * as it is, so that the orbit is as large as the group; else mostly the same outputs are computed
 * on a whole line. */

/* Whether entries that are `stride` apart are all 0. */
static bool all_zero(const double *x, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        if (x[i * stride] != 0)
            return false;
    return true;
}

/* Whether units p and q of a layer have the same incoming weights, times sign. */
static bool are_alike(const cpt_layer *layer, const double *weights, size_t p, size_t q,
                      double sign)
{
    const double *a = weights + layer->weights + p * layer->n_inputs;
    const double *b = weights + layer->weights + q * layer->n_inputs;
    for (size_t r = 0; r < layer->n_inputs; r++)
        if (a[r] != sign * b[r])
            return false;
    return !layer->bias || weights[layer->biases + p] == sign * weights[layer->biases + q];
}

/* Whether an earlier unit of the layer has unit p's outputs, up to a sign or a constant that the
 * next layer makes up for: what goes out of the two can be shared out at will. */
static bool repeats(const cpt_mlp *mlp, size_t l, const double *weights, size_t p)
{
    const cpt_layer *layer = &mlp->layers[l];
    for (size_t q = 0; q < p; q++)
        if (are_alike(layer, weights, p, q, 1) ||
            (unit_flips(mlp, l) && are_alike(layer, weights, p, q, -1)))
            return true;
    return false;
}

/* How many signs unit p of hidden layer l can have, or infinity where it makes a continuum. */
static double unit_copies(const cpt_mlp *mlp, size_t l, const double *weights, size_t p)
{
    const cpt_layer *layer = &mlp->layers[l], *next = layer + 1;
    if (all_zero(weights + next->weights + p, next->n_units, next->n_inputs) ||
        repeats(mlp, l, weights, p))
        return INFINITY;
    if (!all_zero(weights + layer->weights + p * layer->n_inputs, layer->n_inputs, 1))
        return unit_flips(mlp, l) ? 2 : 1;
    /* the unit is constant: its bias, or the next one's, makes up for outgoing weights; those of a
     * zero are free */
    double zero = 0, constant;
    cpt_model_activation_evaluate(layer->activation, 1, &zero, &constant, NULL, NULL, NULL);
    return layer->bias || next->bias || constant == 0 ? INFINITY : 1;
}

/* The same for output unit p: an even one, or sin, whose outputs stay. */
static double output_copies(const cpt_mlp *mlp, const double *weights, size_t p)
{
    const cpt_layer *layer = &mlp->layers[mlp->n_layers - 1];
    if (layer->activation == CRITPT_SIN && layer->bias)
        return INFINITY;
    if (cpt_model_activation_find(layer->activation)->parity != CPT_MODEL_EVEN)
        return 1;
    bool zero = all_zero(weights + layer->weights + p * layer->n_inputs, layer->n_inputs, 1) &&
                (!layer->bias || weights[layer->biases + p] == 0);
    return zero ? 1 : 2;
}

critpt_status critpt_mlp_symmetric_copies_at(const critpt_model *model, const double *weights,
                                             size_t n_weights, double *copies)
{
    critpt_status status;
    CPT_TRY(require_network(model));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, model->n_weights));
    CPT_TRY(cpt_require_finite("weights", weights, n_weights));
    if (!copies)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the place for the result is NULL");
    const cpt_mlp *mlp = cpt_mlp_const(model);
    *copies = 1;
    for (size_t l = 0; l + 1 < mlp->n_layers; l++) {
        *copies *= layer_is_continuous(mlp, l) ? INFINITY : factorial(mlp->layers[l].n_units);
        for (size_t p = 0; p < mlp->layers[l].n_units; p++)
            *copies *= unit_copies(mlp, l, weights, p);
    }
    for (size_t p = 0; p < model->n_outputs; p++)
        *copies *= output_copies(mlp, weights, p);
done:
    return status;
}

/* ---- Distance ---- */

/* What a flip of a unit multiplies its outgoing weights with; 0 where it has no flips. A sigmoid's
 * flips change the next bias with all others and are left out. */
static double outgoing_sign(const cpt_layer *layer)
{
    switch (cpt_model_activation_find(layer->activation)->parity) {
    case CPT_MODEL_ODD:
        return -1;
    case CPT_MODEL_EVEN:
        return 1;
    default:
        return 0;
    }
}

/* |a - sign b|^2 over the weights that come into unit p of a and unit q of b. */
static double incoming_distance(const cpt_layer *layer, const double *a, size_t p, const double *b,
                                size_t q, double sign)
{
    double sum = 0;
    for (size_t r = 0; r < layer->n_inputs; r++)
        sum += pow(a[layer->weights + p * layer->n_inputs + r] -
                       sign * b[layer->weights + q * layer->n_inputs + r],
                   2);
    if (layer->bias)
        sum += pow(a[layer->biases + p] - sign * b[layer->biases + q], 2);
    return sum;
}

/* The same over the weights that go out of them, into layer `next`. */
static double outgoing_distance(const cpt_layer *next, const double *a, size_t p, const double *b,
                                size_t q, double sign)
{
    double sum = 0;
    for (size_t u = 0; u < next->n_units; u++)
        sum += pow(a[next->weights + u * next->n_inputs + p] -
                       sign * b[next->weights + u * next->n_inputs + q],
                   2);
    return sum;
}

/* What it costs to match units p of a and q of b, by the better sign. Outgoing weights count in the
 * last hidden layer only: before it their own units are not matched yet. */
static double match_cost(const cpt_mlp *mlp, size_t l, const double *a, size_t p, const double *b,
                         size_t q, bool *flipped)
{
    const cpt_layer *layer = &mlp->layers[l], *next = layer + 1;
    bool last = l + 2 == mlp->n_layers;
    double out = outgoing_sign(layer);
    double straight = incoming_distance(layer, a, p, b, q, 1), flip = INFINITY;
    if (last)
        straight += outgoing_distance(next, a, p, b, q, 1);
    if (out != 0)
        flip = incoming_distance(layer, a, p, b, q, -1) +
               (last ? outgoing_distance(next, a, p, b, q, out) : 0);
    *flipped = flip < straight;
    return *flipped ? flip : straight;
}

/* Reorders and flips the units of layer l of b: unit p becomes unit match[p]. */
static void apply_match(const cpt_mlp *mlp, size_t l, const size_t *match, const double *sign,
                        const double *b, double *moved)
{
    const cpt_layer *layer = &mlp->layers[l], *next = layer + 1;
    double out = outgoing_sign(layer);
    for (size_t p = 0; p < layer->n_units; p++) {
        size_t q = match[p];
        for (size_t r = 0; r < layer->n_inputs; r++)
            moved[layer->weights + p * layer->n_inputs + r] =
                sign[p] * b[layer->weights + q * layer->n_inputs + r];
        if (layer->bias)
            moved[layer->biases + p] = sign[p] * b[layer->biases + q];
        for (size_t u = 0; u < next->n_units; u++)
            moved[next->weights + u * next->n_inputs + p] =
                (sign[p] < 0 ? out : 1) * b[next->weights + u * next->n_inputs + q];
    }
}

struct cpt_matching {
    const cpt_mlp *mlp;
    cpt_assignment assignment;
    double *cost, *sign; /* of the widest hidden layer */
    size_t *match;
    double *matched, *moved; /* P each */
};

/* Matches the units of layer l of the matched weights to those of a. */
static critpt_status match_layer(cpt_matching *m, size_t l, const double *a)
{
    const cpt_mlp *mlp = m->mlp;
    size_t n = mlp->layers[l].n_units;
    double largest = DBL_MAX / (4 * (double)n * (double)n); /* what sums of costs have room for */
    bool flipped;
    for (size_t p = 0; p < n; p++)
        for (size_t q = 0; q < n; q++) {
            m->cost[p * n + q] = match_cost(mlp, l, a, p, m->matched, q, &flipped);
            if (!(m->cost[p * n + q] <= largest))
                return cpt_error(CRITPT_NON_FINITE,
                                 "the squared distance of unit %zu of a and unit %zu of b in "
                                 "layer %zu overflows; scale the weights down",
                                 p, q, l);
        }
    cpt_model_assign(&m->assignment, n, m->cost, m->match);
    for (size_t p = 0; p < n; p++) {
        match_cost(mlp, l, a, p, m->matched, m->match[p], &flipped);
        m->sign[p] = flipped ? -1 : 1;
    }
    memcpy(m->moved, m->matched, mlp->model.n_weights * sizeof *m->moved);
    apply_match(mlp, l, m->match, m->sign, m->matched, m->moved);
    memcpy(m->matched, m->moved, mlp->model.n_weights * sizeof *m->moved);
    return CRITPT_OK;
}

critpt_status cpt_model_matching_create(cpt_matching **matching, const critpt_model *model)
{
    critpt_status status;
    cpt_matching *made = NULL;
    size_t P = model->n_weights, widest = 0;
    *matching = NULL;
    CPT_TRY(require_network(model));
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    made->mlp = cpt_mlp_const(model);
    for (size_t l = 0; l + 1 < made->mlp->n_layers; l++)
        widest = cpt_larger(widest, made->mlp->layers[l].n_units);
    CPT_TRY(cpt_model_assignment_create(&made->assignment, widest));
    CPT_TRY(cpt_allocate(&made->cost, widest * widest, sizeof *made->cost));
    CPT_TRY(cpt_allocate(&made->sign, widest, sizeof *made->sign));
    CPT_TRY(cpt_allocate(&made->match, widest, sizeof *made->match));
    CPT_TRY(cpt_allocate(&made->matched, P, sizeof *made->matched));
    CPT_TRY(cpt_allocate(&made->moved, P, sizeof *made->moved));
    *matching = made;
    made = NULL;
done:
    cpt_model_matching_destroy(made);
    return status;
}

void cpt_model_matching_destroy(cpt_matching *matching)
{
    if (!matching)
        return;
    cpt_model_assignment_destroy(&matching->assignment);
    cpt_free(matching->cost);
    cpt_free(matching->sign);
    cpt_free(matching->match);
    cpt_free(matching->matched);
    cpt_free(matching->moved);
    cpt_free(matching);
}

critpt_status cpt_model_matching_distance(cpt_matching *matching, const double *a, const double *b,
                                          double *distance)
{
    critpt_status status = CRITPT_OK;
    size_t P = matching->mlp->model.n_weights;
    memcpy(matching->matched, b, P * sizeof *b);
    for (size_t l = 0; l + 1 < matching->mlp->n_layers; l++)
        CPT_TRY(match_layer(matching, l, a));
    cpt_linalg_axpy(P, -1, a, matching->matched);
    *distance = cpt_linalg_norm(P, matching->matched);
done:
    return status;
}

bool cpt_model_matching_is_exact(const cpt_matching *matching)
{
    return matching->mlp->n_layers <= 2;
}

critpt_status critpt_mlp_distance(const critpt_model *model, const double *a, const double *b,
                                  size_t n_weights, double *distance, int *exact)
{
    critpt_status status;
    cpt_matching *matching = NULL;
    CPT_TRY(require_network(model));
    CPT_TRY(cpt_require_array("weights a", a, n_weights, model->n_weights));
    CPT_TRY(cpt_require_array("weights b", b, n_weights, model->n_weights));
    CPT_TRY(cpt_require_finite("weights a", a, n_weights));
    CPT_TRY(cpt_require_finite("weights b", b, n_weights));
    if (!distance)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT, "the place for the result is NULL"));
    CPT_TRY(cpt_model_matching_create(&matching, model));
    CPT_TRY(cpt_model_matching_distance(matching, a, b, distance));
    if (exact)
        *exact = cpt_model_matching_is_exact(matching);
done:
    cpt_model_matching_destroy(matching);
    return status;
}
