/* Null directions that the structure of a network explains (MATH 5, fact 8; MATH 9): candidates,
 * each confirmed before it is named. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "jet/extremes.h"
#include "linalg/linalg.h"
#include "model/activation.h"
#include "spectrum/orbit.h"

typedef struct search {
    const cpt_spectrum_task *task;
    critpt_spectrum *spectrum;
    size_t P, n_layers;
    const cpt_layer *layers;
    cpt_extremes extremes;
    cpt_confirmation confirmation;
    double *family;    /* lines of one reason: rows of P, as many as the widest layer needs */
    double *direction; /* P */
    double *images;    /* H times the family */
    double *gram;      /* of the images */
    double *values;
    double *slopes; /* of a layer: products as of cpt_gates_slopes */
    bool *idle;     /* units that no output depends on, laid out as the slopes of the extremes */
} search;

static bool is_full(const search *s)
{
    return s->confirmation.n == s->confirmation.capacity;
}

static critpt_status name(search *s, size_t layer, size_t unit, critpt_null_reason reason,
                          size_t n_directions)
{
    const cpt_spectrum_null found = {layer, unit, n_directions, reason};
    for (size_t i = 0; i < s->spectrum->n_null_directions; i++) {
        cpt_spectrum_null *known = &s->spectrum->null_directions[i];
        if (known->layer == layer && known->unit == unit && known->reason == reason) {
            known->n_directions += n_directions;
            return CRITPT_OK;
        }
    }
    if (n_directions == 0)
        return CRITPT_OK;
    return cpt_append(&s->spectrum->null_directions, &s->spectrum->n_null_directions, &found,
                      sizeof found);
}

/* ---- Lines ---- */

/* Whether the line along `direction` is confirmed; near a kink in a step that stays on its side. */
static critpt_status test_line(search *s, size_t layer, bool *confirmed)
{
    critpt_status status;
    const cpt_orbit line = {.form = CPT_ORBIT_LINE,
                            .layers = s->layers,
                            .P = s->P,
                            .layer = layer,
                            .direction = s->direction};
    CPT_TRY(cpt_confirmation_test(&s->confirmation, &line, confirmed));
    if (!*confirmed && cpt_model_activation_find(s->layers[layer].activation)->kink == 1) {
        for (size_t j = 0; j < s->P; j++)
            s->direction[j] *= 0x1p-12;
        CPT_TRY(cpt_confirmation_test(&s->confirmation, &line, confirmed));
    }
done:
    return status;
}

/* direction = a combination of the family's first rows, as long as the layer's weights. */
static void combine(search *s, size_t layer, size_t count, const double *coefficients)
{
    const cpt_layer *l = &s->layers[layer];
    double size = cpt_linalg_norm(l->n_units * l->n_inputs, s->task->weights + l->weights) /
                  sqrt((double)l->n_units);
    memset(s->direction, 0, s->P * sizeof(double));
    for (size_t i = 0; i < count; i++)
        cpt_linalg_axpy(s->P, coefficients[i], s->family + i * s->P, s->direction);
    double norm = cpt_linalg_norm(s->P, s->direction);
    for (size_t j = 0; j < s->P; j++)
        s->direction[j] *= (size > 0 ? size : 1) / norm;
}

/* Takes combinations of the family that H maps to 0, as far as they are confirmed. */
static critpt_status take_some(search *s, size_t layer, size_t count, size_t *taken)
{
    critpt_status status;
    bool confirmed = true;
    for (size_t first = 0, n; first < count; first += n) {
        n = count - first < CPT_VECTOR_BLOCK ? count - first : CPT_VECTOR_BLOCK;
        CPT_TRY(cpt_landscape_curvature_vectors(s->task->workspace, s->task->weights, CPT_HESSIAN,
                                                NULL, n, s->family + first * s->P, s->P,
                                                s->images + first * s->P, s->P));
    }
    cpt_linalg_gram(count, s->P, s->images, s->P, 0, s->gram);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            s->gram[i * count + j] = s->gram[j * count + i];
    CPT_TRY(cpt_require_finite("products with the Hessian", s->gram, count * count));
    CPT_TRY(cpt_linalg_eigen(count, s->gram, s->values));
    for (size_t i = 0; i < count && confirmed && !is_full(s); i++) {
        combine(s, layer, count, s->gram + i * count);
        CPT_TRY(test_line(s, layer, &confirmed));
        if (confirmed)
            cpt_confirmation_take(&s->confirmation, s->direction, taken);
    }
done:
    return status;
}

/* Names a family of lines: a random one of them tells of all. */
static critpt_status name_lines(search *s, size_t layer, size_t unit, critpt_null_reason reason,
                                size_t count)
{
    critpt_status status;
    enum { STREAM_FAMILY = 3 };
    size_t taken = 0;
    bool confirmed;
    if (count == 0 || is_full(s))
        return CRITPT_OK;
    CPT_TRY(critpt_random_normal(s->task->options->seed, STREAM_FAMILY, 0, s->values, count));
    combine(s, layer, count, s->values);
    CPT_TRY(test_line(s, layer, &confirmed));
    for (size_t i = 0; confirmed && i < count; i++)
        cpt_confirmation_take(&s->confirmation, s->family + i * s->P, &taken);
    if (!confirmed && count > 1)
        CPT_TRY(take_some(s, layer, count, &taken));
    CPT_TRY(name(s, layer, unit, reason, taken));
done:
    return status;
}

static double *begin_line(search *s, size_t i)
{
    return memset(s->family + i * s->P, 0, s->P * sizeof(double));
}

/* One weight for each unit. */
static critpt_status name_dead_input(search *s, size_t l, size_t r)
{
    const cpt_layer *layer = &s->layers[l];
    for (size_t p = 0; p < layer->n_units; p++)
        begin_line(s, p)[layer->weights + p * layer->n_inputs + r] = 1;
    return name_lines(s, l, r, CRITPT_NULL_DEAD_INPUT, layer->n_units);
}

/* All incoming weights. */
static critpt_status name_idle_unit(search *s, size_t l, size_t p, critpt_null_reason reason)
{
    const cpt_layer *layer = &s->layers[l];
    for (size_t r = 0; r < layer->n_inputs; r++)
        begin_line(s, r)[layer->weights + p * layer->n_inputs + r] = 1;
    if (layer->bias)
        begin_line(s, layer->n_inputs)[layer->biases + p] = 1;
    return name_lines(s, l, p, reason, layer->n_inputs + layer->bias);
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
static critpt_status name_duplicate(search *s, size_t l, size_t p)
{
    const cpt_layer *layer = &s->layers[l], *next = layer + 1;
    cpt_model_parity parity = cpt_model_activation_find(layer->activation)->parity;
    for (size_t q = 0; q < p; q++)
        for (int negative = 0; negative < 2; negative++) {
            if (negative && parity != CPT_MODEL_ODD && parity != CPT_MODEL_EVEN)
                continue;
            if (!are_equal(layer, s->task->weights, p, q, negative ? -1 : 1))
                continue;
            double sign = negative && parity == CPT_MODEL_ODD ? 1 : -1;
            for (size_t o = 0; o < next->n_units; o++) {
                double *line = begin_line(s, o) + next->weights + o * next->n_inputs;
                line[p] = 1;
                line[q] = sign;
            }
            return name_lines(s, l, p, CRITPT_NULL_DUPLICATED_UNIT, next->n_units);
        }
    return CRITPT_OK;
}

/* ---- Curves ---- */

static critpt_status take_curve(search *s, const cpt_orbit *orbit, size_t *taken)
{
    critpt_status status = CRITPT_OK;
    bool confirmed;
    if (is_full(s))
        return CRITPT_OK;
    CPT_TRY(cpt_confirmation_test(&s->confirmation, orbit, &confirmed));
    if (confirmed) {
        cpt_orbit_tangent(orbit, s->task->weights, s->direction);
        cpt_confirmation_take(&s->confirmation, s->direction, taken);
    }
done:
    return status;
}

static critpt_status name_scale(search *s, size_t l, size_t p)
{
    critpt_status status;
    size_t taken = 0;
    unsigned degree = cpt_model_activation_find(s->layers[l].activation)->homogeneity;
    const cpt_orbit scale = {.form = CPT_ORBIT_SCALE,
                             .layers = s->layers,
                             .P = s->P,
                             .layer = l,
                             .unit = p,
                             .degree = degree};
    if (degree == 0)
        return CRITPT_OK;
    CPT_TRY(take_curve(s, &scale, &taken));
    CPT_TRY(name(s, l, p, CRITPT_NULL_RESCALED_UNIT, taken));
done:
    return status;
}

/* The ratio of the outgoing weights of q and p: that of the largest of p's. */
static double outgoing_ratio(const search *s, size_t l, size_t p, size_t q)
{
    const cpt_layer *next = &s->layers[l + 1];
    double largest = 0, ratio = 0;
    for (size_t o = 0; o < next->n_units; o++) {
        const double *row = s->task->weights + next->weights + o * next->n_inputs;
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
static critpt_status name_mixtures(search *s, size_t l, size_t p)
{
    critpt_status status = CRITPT_OK;
    const cpt_layer *layer = &s->layers[l];
    size_t taken = 0;
    bool linear = is_linear(layer->activation);
    if (!linear && layer->activation != CRITPT_SQUARE)
        return CRITPT_OK;
    for (size_t q = 0; q < (linear ? layer->n_units : p); q++) {
        cpt_orbit mixture = {.form = linear ? CPT_ORBIT_SHEAR : CPT_ORBIT_TURN,
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
            CPT_TRY(take_curve(s, &mixture, &taken));
    }
    CPT_TRY(name(s, l, p, CRITPT_NULL_MIXED_UNIT, taken));
done:
    return status;
}

/* What the bias of a unit of constant slope adds is taken away by the biases above it: the first
 * there are, behind identities. */
static critpt_status name_shift(search *s, size_t l, size_t p)
{
    const cpt_layer *layer = &s->layers[l];
    double slope, *line = begin_line(s, 0), *added = s->values, *next_added = s->gram;
    if (!layer->bias || !is_linear(layer->activation) ||
        !are_proportional(s, l, p, layer->n_units, &slope))
        return CRITPT_OK;
    line[layer->biases + p] = 1;
    memset(added, 0, layer->n_units * sizeof *added);
    added[p] = slope;
    for (size_t m = l + 1; m < s->n_layers; m++) {
        const cpt_layer *next = &s->layers[m];
        cpt_linalg_gemv(CPT_PLAIN, next->n_units, next->n_inputs, next->bias ? -1 : 1,
                        s->task->weights + next->weights, next->n_inputs, added, 0,
                        next->bias ? line + next->biases : next_added);
        if (next->bias)
            return name_lines(s, l, p, CRITPT_NULL_MIXED_UNIT, 1);
        if (next->activation != CRITPT_IDENTITY)
            break;
        memcpy(added, next_added, next->n_units * sizeof *added);
    }
    return CRITPT_OK;
}

/* Linear units whose outgoing weights depend on each other pass on nothing of what their incoming
 * ones share in that ratio. */
static critpt_status name_cancelling(search *s, size_t l)
{
    critpt_status status;
    const cpt_layer *layer = &s->layers[l], *next = layer + 1;
    size_t n = layer->n_units, fan = layer->n_inputs + layer->bias;
    cpt_triangle triangle = {.order = 0};
    bool *excluded = NULL;
    double *c = NULL;
    CPT_TRY(cpt_triangle_create(&triangle, n));
    CPT_TRY(cpt_allocate(&excluded, n, sizeof *excluded));
    CPT_TRY(cpt_allocate(&c, n * next->n_units, sizeof *c));
    cpt_linalg_transpose(next->n_units, n, s->task->weights + next->weights, n, c, next->n_units);
    CPT_TRY(cpt_triangle_fold(&triangle, next->n_units, c));
    CPT_TRY(cpt_triangle_factor(&triangle, excluded, 100 * (double)n * DBL_EPSILON));
    for (size_t i = triangle.rank; i < n && !is_full(s); i++) {
        size_t unit = cpt_triangle_column(&triangle, i);
        if (triangle.scale[unit] == 0)
            continue; /* a unit without influence */
        CPT_TRY(cpt_triangle_dependency(&triangle, i, s->direction));
        for (size_t r = 0; r < fan; r++) {
            double *line = begin_line(s, r);
            for (size_t p = 0; p < n; p++)
                line[r < layer->n_inputs ? layer->weights + p * layer->n_inputs + r
                                         : layer->biases + p] = s->direction[p];
        }
        CPT_TRY(name_lines(s, l, unit, CRITPT_NULL_MIXED_UNIT, fan));
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
static critpt_status name_dependent_inputs(search *s, size_t l, size_t unit)
{
    critpt_status status;
    const cpt_layer *layer = &s->layers[l];
    cpt_triangle triangle = {.order = 0};
    bool one = unit < layer->n_units, *dead = NULL;
    double *c = NULL;
    if (is_full(s))
        return CRITPT_OK;
    CPT_TRY(cpt_gates_fold_inputs(s->task, l, unit, &triangle));
    size_t fan = triangle.order;
    CPT_TRY(cpt_allocate(&dead, fan, sizeof *dead));
    CPT_TRY(cpt_allocate(&c, fan, sizeof *c));
    for (size_t r = 0; r < layer->n_inputs; r++)
        dead[r] = cpt_extremes_is_dead_input(&s->extremes, l, r);
    CPT_TRY(cpt_triangle_factor(&triangle, dead, 100 * (double)fan * DBL_EPSILON));
    for (size_t i = triangle.rank; i < fan; i++) {
        size_t input = cpt_triangle_column(&triangle, i);
        if (triangle.scale[input] == 0 && (!one || dead[input]))
            continue;
        memset(c, 0, fan * sizeof *c);
        c[input] = 1;
        if (triangle.scale[input] != 0)
            CPT_TRY(cpt_triangle_dependency(&triangle, i, c));
        if (input == layer->n_inputs) /* the constant is no input */
            input = largest_entry(layer->n_inputs, c);
        begin_combinations(s, l, one ? unit : 0, one ? unit + 1 : layer->n_units, c);
        CPT_TRY(name_lines(s, l, input, CRITPT_NULL_DEPENDENT_INPUT, one ? 1 : layer->n_units));
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
                                  s->task->weights[next->weights + o * next->n_inputs + p] != 0);
            idle[p] = !feeds || cpt_extremes_is_saturated(&s->extremes, l, p);
        }
    }
}

static critpt_status name_unit(search *s, size_t l, size_t p)
{
    critpt_status status = CRITPT_OK;
    bool hidden = l + 1 < s->n_layers;
    if (cpt_extremes_is_saturated(&s->extremes, l, p))
        CPT_TRY(name_idle_unit(s, l, p, CRITPT_NULL_SATURATED_UNIT));
    else if (s->idle[s->extremes.unit_of[l] + p])
        CPT_TRY(name_idle_unit(s, l, p, CRITPT_NULL_NO_INFLUENCE));
    if (hidden) {
        CPT_TRY(name_scale(s, l, p));
        CPT_TRY(name_duplicate(s, l, p));
        CPT_TRY(name_mixtures(s, l, p));
        CPT_TRY(name_shift(s, l, p));
    }
done:
    return status;
}

static critpt_status create(search *s, const cpt_spectrum_task *task, critpt_spectrum *spectrum)
{
    critpt_status status;
    size_t widest = 0, entries, units = 0;
    *s = (search){.task = task, .spectrum = spectrum, .P = spectrum->P};
    s->layers = cpt_mlp_layers(task->workspace->jet.model, &s->n_layers);
    for (size_t l = 0; l < s->n_layers; l++) {
        size_t fan = s->layers[l].n_inputs + s->layers[l].bias, width = s->layers[l].n_units;
        widest = fan > widest ? fan : widest;
        widest = width > widest ? width : widest;
        units += width;
    }
    CPT_TRY(cpt_extremes_create(&s->extremes, task->workspace->jet.model));
    CPT_TRY(cpt_confirmation_create(&s->confirmation, task, spectrum->n_undecided));
    CPT_TRY(cpt_multiply(widest, s->P, "null directions", &entries));
    CPT_TRY(cpt_allocate(&s->family, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->images, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->gram, widest * widest, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->values, widest, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->slopes, (widest + 1) * (widest + 1), sizeof(double)));
    CPT_TRY(cpt_allocate(&s->direction, s->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->idle, units, sizeof(bool)));
done:
    return status;
}

static void destroy(search *s)
{
    cpt_extremes_destroy(&s->extremes);
    cpt_confirmation_destroy(&s->confirmation);
    cpt_free(s->family);
    cpt_free(s->images);
    cpt_free(s->gram);
    cpt_free(s->values);
    cpt_free(s->slopes);
    cpt_free(s->direction);
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
    critpt_workspace *workspace = s->task->workspace;
    CPT_TRY(
        cpt_extremes_measure(&s->extremes, &workspace->jet, &workspace->samples, s->task->weights));
    find_idle_units(s);
    for (size_t l = 0; l < s->n_layers; l++) {
        for (size_t r = 0; r < s->layers[l].n_inputs; r++)
            if (cpt_extremes_is_dead_input(&s->extremes, l, r))
                CPT_TRY(name_dead_input(s, l, r));
        if (l + 1 < s->n_layers)
            CPT_TRY(cpt_gates_slopes(s->task, l, s->slopes));
        for (size_t p = 0; p < s->layers[l].n_units; p++)
            CPT_TRY(name_unit(s, l, p));
        if (l + 1 < s->n_layers && s->layers[l].activation == CRITPT_IDENTITY)
            CPT_TRY(name_cancelling(s, l));
    }
    for (size_t l = 0; l < s->n_layers; l++)
        CPT_TRY(name_dependent_inputs(s, l, s->layers[l].n_units));
    for (size_t l = 0; l < s->n_layers; l++)
        for (size_t p = 0; has_gates(s, l) && p < s->layers[l].n_units; p++)
            CPT_TRY(name_dependent_inputs(s, l, p));
done:
    return status;
}

critpt_status cpt_spectrum_name_null_directions(const cpt_spectrum_task *task,
                                                critpt_spectrum *spectrum)
{
    critpt_status status;
    search s;
    CPT_TRY(create(&s, task, spectrum));
    CPT_TRY(seek(&s));
    spectrum->null_directions_named = s.confirmation.n == spectrum->n_undecided;
done:
    destroy(&s);
    return status;
}
