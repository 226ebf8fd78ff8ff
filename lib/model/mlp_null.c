/* What the structure of a layered network explains of null directions (MATH 5, fact 8; MATH 9). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "model/activation.h"
#include "model/mlp.h"
#include "model/mlp_curves.h"
#include "model/mlp_extremes.h"
#include "model/mlp_gates.h"

/* ---- Why a single weight has no effect ---- */

critpt_status cpt_mlp_place_null_weights(const critpt_model *model, const cpt_passes *passes,
                                         const bool *null, cpt_null_place *places)
{
    critpt_status status;
    cpt_mlp_extremes extremes;
    size_t layer, row, column;
    CPT_TRY(cpt_mlp_extremes_create(&extremes, model));
    CPT_TRY(cpt_mlp_extremes_measure(&extremes, passes));
    for (size_t j = 0; j < model->n_weights; j++) {
        if (!null[j])
            continue;
        cpt_mlp_locate(model, j, &layer, &row, &column);
        bool is_bias = column == extremes.layers[layer].n_inputs;
        if (!is_bias && cpt_mlp_extremes_is_dead_input(&extremes, layer, column))
            places[j] = (cpt_null_place){layer, column, CRITPT_NULL_DEAD_INPUT};
        else if (cpt_mlp_extremes_is_saturated(&extremes, layer, row))
            places[j] = (cpt_null_place){layer, row, CRITPT_NULL_SATURATED_UNIT};
        else
            places[j] = (cpt_null_place){layer, row, CRITPT_NULL_NO_INFLUENCE};
    }
done:
    cpt_mlp_extremes_destroy(&extremes);
    return status;
}

/* ---- Families ---- */

typedef struct search {
    const critpt_model *model;
    const cpt_passes *passes;
    const cpt_null_sink *sink;
    const double *weights;
    size_t P, n_layers;
    const cpt_layer *layers;
    cpt_mlp_extremes extremes;
    double *lines;          /* of one reason: rows of P, as many as the widest layer needs */
    double *slopes;         /* of a layer: products as of cpt_mlp_multiply_all_slopes */
    double *row, *next_row; /* a number for each input or unit of the widest layer: scratch */
    bool *idle; /* units that no output depends on, laid out as the slopes of the extremes */
} search;

static bool is_full(const search *s)
{
    return s->sink->is_full(s->sink->user);
}

/* The first `count` lines, all in the incoming weights of a layer. */
static critpt_status give_lines(search *s, size_t layer, size_t unit, critpt_null_reason reason,
                                size_t count)
{
    const cpt_layer *l = &s->layers[layer];
    double size = cpt_linalg_norm(l->n_units * l->n_inputs, s->weights + l->weights) /
                  sqrt((double)l->n_units);
    const cpt_null_family family = {
        .place = {layer, unit, reason},
        .n_lines = count,
        .lines = s->lines,
        .length = size > 0 ? size : 1,
        .is_local = reason == CRITPT_NULL_SATURATED_UNIT ||
                    cpt_model_activation_find(l->activation)->kink == 1,
    };
    return count && !is_full(s) ? s->sink->take(s->sink->user, &family) : CRITPT_OK;
}

static critpt_status give_curve(search *s, const cpt_mlp_curve *curve, critpt_null_reason reason)
{
    const cpt_null_family family = {.place = {curve->layer, curve->unit, reason},
                                    .curve = &curve->curve};
    return is_full(s) ? CRITPT_OK : s->sink->take(s->sink->user, &family);
}

static double *begin_line(search *s, size_t i)
{
    return memset(s->lines + i * s->P, 0, s->P * sizeof(double));
}

/* One weight for each unit. */
static critpt_status give_dead_input(search *s, size_t l, size_t r)
{
    const cpt_layer *layer = &s->layers[l];
    for (size_t p = 0; p < layer->n_units; p++)
        begin_line(s, p)[layer->weights + p * layer->n_inputs + r] = 1;
    return give_lines(s, l, r, CRITPT_NULL_DEAD_INPUT, layer->n_units);
}

/* All incoming weights. */
static critpt_status give_idle_unit(search *s, size_t l, size_t p, critpt_null_reason reason)
{
    const cpt_layer *layer = &s->layers[l];
    for (size_t r = 0; r < layer->n_inputs; r++)
        begin_line(s, r)[layer->weights + p * layer->n_inputs + r] = 1;
    if (layer->bias)
        begin_line(s, layer->n_inputs)[layer->biases + p] = 1;
    return give_lines(s, l, p, reason, layer->n_inputs + layer->bias);
}

/* Whether units p and q of a layer have the same incoming weights, up to the sign. */
static bool are_equal(const cpt_layer *layer, const double *weights, size_t p, size_t q,
                      double sign)
{
    const double *matrix = weights + layer->weights;
    bool equal = !layer->bias || weights[layer->biases + p] == sign * weights[layer->biases + q];
    for (size_t r = 0; r < layer->n_inputs; r++)
        equal = equal && matrix[p * layer->n_inputs + r] == sign * matrix[q * layer->n_inputs + r];
    return equal;
}

/* What a unit gives on, its double can give on in its stead; a negative of an odd or even one. */
static critpt_status give_duplicate(search *s, size_t l, size_t p)
{
    const cpt_layer *layer = &s->layers[l], *next = layer + 1;
    cpt_model_parity parity = cpt_model_activation_find(layer->activation)->parity;
    for (size_t q = 0; q < p; q++)
        for (int negative = 0; negative < 2; negative++) {
            if (negative && parity != CPT_MODEL_ODD && parity != CPT_MODEL_EVEN)
                continue;
            if (!are_equal(layer, s->weights, p, q, negative ? -1 : 1))
                continue;
            double sign = negative && parity == CPT_MODEL_ODD ? 1 : -1;
            for (size_t o = 0; o < next->n_units; o++) {
                double *line = begin_line(s, o) + next->weights + o * next->n_inputs;
                line[p] = 1;
                line[q] = sign;
            }
            return give_lines(s, l, p, CRITPT_NULL_DUPLICATED_UNIT, next->n_units);
        }
    return CRITPT_OK;
}

static critpt_status give_scale(search *s, size_t l, size_t p)
{
    unsigned degree = cpt_model_activation_find(s->layers[l].activation)->homogeneity;
    const cpt_mlp_curve scale = {.curve = cpt_mlp_curve_operations,
                                 .form = CPT_MLP_SCALE,
                                 .layers = s->layers,
                                 .P = s->P,
                                 .layer = l,
                                 .unit = p,
                                 .degree = degree};
    return degree ? give_curve(s, &scale, CRITPT_NULL_RESCALED_UNIT) : CRITPT_OK;
}

/* The ratio of the outgoing weights of q and p: that of the largest of p's. */
static double outgoing_ratio(const search *s, size_t l, size_t p, size_t q)
{
    const cpt_layer *next = &s->layers[l + 1];
    double largest = 0, ratio = 0;
    for (size_t o = 0; o < next->n_units; o++) {
        const double *row = s->weights + next->weights + o * next->n_inputs;
        if (fabs(row[p]) > largest) {
            largest = fabs(row[p]);
            ratio = row[q] / row[p];
        }
    }
    return ratio;
}

/* Whether the slopes of p are those of q times *ratio wherever they matter; q n_units: ones. */
static bool are_proportional(const search *s, size_t l, size_t p, size_t q, double *ratio)
{
    size_t row = s->layers[l].n_units + 1;
    double pp = s->slopes[p * row + p], pq = s->slopes[p * row + q], qq = s->slopes[q * row + q];
    *ratio = pq / qq;
    return pp > 0 && qq > 0 && fabs(pq * pq - pp * qq) <= 1e-12 * pp * qq;
}

static bool is_linear(critpt_activation activation)
{
    return activation == CRITPT_IDENTITY ||
           (cpt_model_activation_find(activation)->kink == 1 &&
            cpt_model_activation_find(activation)->homogeneity == 1);
}

/* Linear units mix with every other one of like slopes, squares with those of the same outgoing
 * weights. */
static critpt_status give_mixtures(search *s, size_t l, size_t p)
{
    critpt_status status = CRITPT_OK;
    const cpt_layer *layer = &s->layers[l];
    bool linear = is_linear(layer->activation);
    if (!linear && layer->activation != CRITPT_SQUARE)
        return CRITPT_OK;
    for (size_t q = 0; q < (linear ? layer->n_units : p); q++) {
        cpt_mlp_curve mixture = {.curve = cpt_mlp_curve_operations,
                                 .form = linear ? CPT_MLP_SHEAR : CPT_MLP_TURN,
                                 .layers = s->layers,
                                 .P = s->P,
                                 .layer = l,
                                 .unit = p,
                                 .other = q};
        bool mixes = q != p;
        if (linear)
            mixes = mixes && are_proportional(s, l, p, q, &mixture.ratio);
        else
            mixture.ratio = outgoing_ratio(s, l, p, q);
        if (mixes && mixture.ratio != 0)
            CPT_TRY(give_curve(s, &mixture, CRITPT_NULL_MIXED_UNIT));
    }
done:
    return status;
}

/* What the bias of a unit of constant slope adds is taken away by the biases above it: the first
 * there are, behind identities. */
static critpt_status give_shift(search *s, size_t l, size_t p)
{
    const cpt_layer *layer = &s->layers[l];
    double slope, *line = begin_line(s, 0), *added = s->row, *next_added = s->next_row;
    if (!layer->bias || !is_linear(layer->activation) ||
        !are_proportional(s, l, p, layer->n_units, &slope))
        return CRITPT_OK;
    line[layer->biases + p] = 1;
    memset(added, 0, layer->n_units * sizeof *added);
    added[p] = slope;
    for (size_t m = l + 1; m < s->n_layers; m++) {
        const cpt_layer *next = &s->layers[m];
        cpt_linalg_gemv(CPT_PLAIN, next->n_units, next->n_inputs, next->bias ? -1 : 1,
                        s->weights + next->weights, next->n_inputs, added, 0,
                        next->bias ? line + next->biases : next_added);
        if (next->bias)
            return give_lines(s, l, p, CRITPT_NULL_MIXED_UNIT, 1);
        if (next->activation != CRITPT_IDENTITY)
            break;
        memcpy(added, next_added, next->n_units * sizeof *added);
    }
    return CRITPT_OK;
}

/* Linear units whose outgoing weights depend on each other pass on nothing of what their incoming
 * ones share in that ratio. */
static critpt_status give_cancelling(search *s, size_t l)
{
    critpt_status status;
    const cpt_layer *layer = &s->layers[l], *next = layer + 1;
    size_t n = layer->n_units, fan = layer->n_inputs + layer->bias;
    cpt_triangle triangle = {.order = 0};
    bool *excluded = NULL;
    double *c = NULL;
    CPT_TRY(cpt_triangle_create(&triangle, n));
    CPT_TRY(cpt_triangle_begin_rows(&triangle));
    CPT_TRY(cpt_allocate(&excluded, n, sizeof *excluded));
    CPT_TRY(cpt_allocate(&c, n * next->n_units, sizeof *c));
    cpt_linalg_transpose(next->n_units, n, s->weights + next->weights, n, c, next->n_units);
    CPT_TRY(cpt_triangle_fold(&triangle, next->n_units, c));
    CPT_TRY(cpt_triangle_factor(&triangle, excluded, 100 * (double)n * DBL_EPSILON));
    for (size_t i = triangle.rank; i < n && !is_full(s); i++) {
        size_t unit = cpt_triangle_column(&triangle, i);
        if (triangle.scale[unit] == 0)
            continue; /* a unit without influence */
        cpt_triangle_dependency(&triangle, i, s->row);
        for (size_t r = 0; r < fan; r++) {
            double *line = begin_line(s, r);
            for (size_t p = 0; p < n; p++)
                line[r < layer->n_inputs ? layer->weights + p * layer->n_inputs + r
                                         : layer->biases + p] = s->row[p];
        }
        CPT_TRY(give_lines(s, l, unit, CRITPT_NULL_MIXED_UNIT, fan));
    }
done:
    cpt_free(excluded);
    cpt_free(c);
    cpt_triangle_destroy(&triangle);
    return status;
}

/* ---- Dependent inputs ---- */

static size_t largest_entry(size_t n, const double *x)
{
    size_t largest = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(x[i]) > fabs(x[largest]))
            largest = i;
    return largest;
}

/* Lines along the same combination of inputs for units first to end. */
static void begin_combinations(search *s, size_t l, size_t first, size_t end, const double *c)
{
    const cpt_layer *layer = &s->layers[l];
    for (size_t p = first; p < end; p++) {
        double *line = begin_line(s, p - first);
        memcpy(line + layer->weights + p * layer->n_inputs, c, layer->n_inputs * sizeof *c);
        if (layer->bias)
            line[layer->biases + p] = c[layer->n_inputs];
    }
}

/* Combinations of a layer's inputs that vanish in every sample, for each of its units; or, for one
 * unit, in those in which it acts. */
static critpt_status give_dependent_inputs(search *s, size_t l, size_t unit)
{
    critpt_status status;
    const cpt_layer *layer = &s->layers[l];
    cpt_triangle triangle = {.order = 0};
    bool one = unit < layer->n_units, *dead = NULL;
    double *c = NULL;
    if (is_full(s))
        return CRITPT_OK;
    CPT_TRY(cpt_mlp_fold_inputs(s->model, s->passes, l, unit, &triangle));
    size_t fan = triangle.order;
    CPT_TRY(cpt_allocate(&dead, fan, sizeof *dead));
    CPT_TRY(cpt_allocate(&c, fan, sizeof *c));
    for (size_t r = 0; r < layer->n_inputs; r++)
        dead[r] = cpt_mlp_extremes_is_dead_input(&s->extremes, l, r);
    CPT_TRY(cpt_triangle_factor(&triangle, dead, 100 * (double)fan * DBL_EPSILON));
    for (size_t i = triangle.rank; i < fan; i++) {
        size_t input = cpt_triangle_column(&triangle, i);
        if (triangle.scale[input] == 0 && (!one || dead[input]))
            continue;
        memset(c, 0, fan * sizeof *c);
        c[input] = 1;
        if (triangle.scale[input] != 0)
            cpt_triangle_dependency(&triangle, i, c);
        if (input == layer->n_inputs) /* the constant is no input */
            input = largest_entry(layer->n_inputs, c);
        begin_combinations(s, l, one ? unit : 0, one ? unit + 1 : layer->n_units, c);
        CPT_TRY(give_lines(s, l, input, CRITPT_NULL_DEPENDENT_INPUT, one ? 1 : layer->n_units));
    }
done:
    cpt_free(dead);
    cpt_free(c);
    cpt_triangle_destroy(&triangle);
    return status;
}

/* ---- The search ---- */

/* From the last layer down: saturated units, and hidden ones that only feed idle ones. */
static void find_idle_units(search *s)
{
    for (size_t l = s->n_layers; l-- > 0;) {
        const cpt_layer *layer = &s->layers[l], *next = layer + 1;
        bool *idle = s->idle + s->extremes.unit_of[l];
        for (size_t p = 0; p < layer->n_units; p++) {
            bool feeds = l + 1 == s->n_layers;
            for (size_t o = 0; l + 1 < s->n_layers && o < next->n_units; o++)
                feeds = feeds || (!s->idle[s->extremes.unit_of[l + 1] + o] &&
                                  s->weights[next->weights + o * next->n_inputs + p] != 0);
            idle[p] = !feeds || cpt_mlp_extremes_is_saturated(&s->extremes, l, p);
        }
    }
}

static critpt_status give_unit(search *s, size_t l, size_t p)
{
    critpt_status status = CRITPT_OK;
    bool hidden = l + 1 < s->n_layers;
    if (cpt_mlp_extremes_is_saturated(&s->extremes, l, p))
        CPT_TRY(give_idle_unit(s, l, p, CRITPT_NULL_SATURATED_UNIT));
    else if (s->idle[s->extremes.unit_of[l] + p])
        CPT_TRY(give_idle_unit(s, l, p, CRITPT_NULL_NO_INFLUENCE));
    if (hidden) {
        CPT_TRY(give_scale(s, l, p));
        CPT_TRY(give_duplicate(s, l, p));
        CPT_TRY(give_mixtures(s, l, p));
        CPT_TRY(give_shift(s, l, p));
    }
done:
    return status;
}

static critpt_status create(search *s, const critpt_model *model, const cpt_passes *passes,
                            const cpt_null_sink *sink)
{
    critpt_status status;
    size_t widest = 0, entries, units = 0;
    *s = (search){.model = model,
                  .passes = passes,
                  .sink = sink,
                  .weights = passes->weights,
                  .P = model->n_weights};
    s->layers = cpt_mlp_layers(model, &s->n_layers);
    for (size_t l = 0; l < s->n_layers; l++) {
        size_t fan = s->layers[l].n_inputs + s->layers[l].bias, width = s->layers[l].n_units;
        widest = fan > widest ? fan : widest;
        widest = width > widest ? width : widest;
        units += width;
    }
    CPT_TRY(cpt_mlp_extremes_create(&s->extremes, model));
    CPT_TRY(cpt_multiply(widest, s->P, "null directions", &entries));
    CPT_TRY(cpt_allocate(&s->lines, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->row, widest, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->next_row, widest, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->slopes, (widest + 1) * (widest + 1), sizeof(double)));
    CPT_TRY(cpt_allocate(&s->idle, units, sizeof(bool)));
done:
    return status;
}

static void destroy(search *s)
{
    cpt_mlp_extremes_destroy(&s->extremes);
    cpt_free(s->lines);
    cpt_free(s->row);
    cpt_free(s->next_row);
    cpt_free(s->slopes);
    cpt_free(s->idle);
}

/* Whether a unit of the layer or above it may act in some samples and not in others. */
static bool has_gates(const search *s, size_t l)
{
    for (size_t m = l; m < s->n_layers; m++)
        if (s->layers[m].activation == CRITPT_RELU)
            return true;
    return false;
}

static critpt_status seek(search *s)
{
    critpt_status status;
    CPT_TRY(cpt_mlp_extremes_measure(&s->extremes, s->passes));
    find_idle_units(s);
    for (size_t l = 0; l < s->n_layers; l++) {
        for (size_t r = 0; r < s->layers[l].n_inputs; r++)
            if (cpt_mlp_extremes_is_dead_input(&s->extremes, l, r))
                CPT_TRY(give_dead_input(s, l, r));
        if (l + 1 < s->n_layers)
            CPT_TRY(cpt_mlp_multiply_all_slopes(s->model, s->passes, l, s->slopes));
        for (size_t p = 0; p < s->layers[l].n_units; p++)
            CPT_TRY(give_unit(s, l, p));
        if (l + 1 < s->n_layers && s->layers[l].activation == CRITPT_IDENTITY)
            CPT_TRY(give_cancelling(s, l));
    }
    for (size_t l = 0; l < s->n_layers; l++)
        CPT_TRY(give_dependent_inputs(s, l, s->layers[l].n_units));
    for (size_t l = 0; l < s->n_layers; l++)
        for (size_t p = 0; has_gates(s, l) && p < s->layers[l].n_units; p++)
            CPT_TRY(give_dependent_inputs(s, l, p));
done:
    return status;
}

critpt_status cpt_mlp_seek_null_families(const critpt_model *model, const cpt_passes *passes,
                                         const cpt_null_sink *sink)
{
    critpt_status status;
    search s;
    CPT_TRY(create(&s, model, passes, sink));
    CPT_TRY(seek(&s));
done:
    destroy(&s);
    return status;
}
