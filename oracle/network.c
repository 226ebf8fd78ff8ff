/* A layered network by plain loops, sample by sample.
 *
 * With z = W a + b, a = act(z), and bars for the derivatives of u'f by them, a dot is the
 * derivative along the direction V of the weights: z. = V a + W a.,     a. = act'(z) z., z- =
 * act'(z) a-,     z-. = act''(z) z. a- + act'(z) a-.,     a-. = V' z- + W' z-. and the product's
 * part for W is z-. a' + z- a.'. */
#include "oracle/network.h"

#include <math.h>

enum { ARRAYS = 5, DOTS = 3 };

/* A layer, its first unit below and above among all units (the inputs come first), its weights. */
typedef struct layer {
    size_t n_in, n_out, below, above, first, end;
    critpt_activation activation;
    bool bias;
} layer;

/* The numbers of a sample, and of a direction at it, for every unit; and whether a layer's weights
 * have a part in the direction. */
typedef struct state {
    real *a, *slope, *bend, *a_bar, *z_bar;
} state;
typedef struct dots {
    real *z, *a, *a_bar, *touched;
} dots;

static size_t count_units(const oracle_network *network)
{
    size_t n = 0;
    for (size_t l = 0; l <= network->n_layers; l++)
        n += network->widths[l];
    return n;
}

static state state_of(const oracle_network *network, real *at)
{
    size_t n = count_units(network);
    return (state){at, at + n, at + 2 * n, at + 3 * n, at + 4 * n};
}

static dots dots_of(const oracle_network *network, real *at)
{
    size_t n = count_units(network);
    return (dots){at, at + n, at + 2 * n, at + 3 * n};
}

static size_t layer_size(const oracle_network *network, size_t l)
{
    return network->widths[l + 1] * (network->widths[l] + (network->bias[l] != 0));
}

static layer first_layer(const oracle_network *network)
{
    return (layer){network->widths[0],
                   network->widths[1],
                   0,
                   network->widths[0],
                   0,
                   layer_size(network, 0),
                   network->activations[0],
                   network->bias[0] != 0};
}

/* That of layer l, which lies `step` (1 or -1) behind t. */
static layer next_layer(const oracle_network *network, layer t, size_t l, int step)
{
    size_t size = layer_size(network, l);
    size_t below = step > 0 ? t.above : t.below - network->widths[l];
    size_t first = step > 0 ? t.end : t.first - size;
    return (layer){network->widths[l],
                   network->widths[l + 1],
                   below,
                   below + network->widths[l],
                   first,
                   first + size,
                   network->activations[l],
                   network->bias[l] != 0};
}

static layer last_layer(const oracle_network *network)
{
    layer t = first_layer(network);
    for (size_t l = 1; l < network->n_layers; l++)
        t = next_layer(network, t, l, 1);
    return t;
}

static size_t state_size(const void *model)
{
    return ARRAYS * count_units(model);
}

static size_t direction_size(const void *model)
{
    const oracle_network *network = model;
    return DOTS * count_units(network) + network->n_layers;
}

/* ---- Outputs ---- */

/* z of one unit for n samples; their inputs stand n_units apart. */
static void weigh(const layer *t, const real *w, size_t unit, size_t n, size_t stride,
                  const real *a, real *z)
{
    const real *row = w + t->first + unit * t->n_in;
    real start = t->bias ? w[t->first + t->n_out * t->n_in + unit] : 0;
    for (size_t i = 0; i < n; i++) {
        real sum = start;
        for (size_t r = 0; r < t->n_in; r++)
            sum += row[r] * a[i * stride + r];
        z[i] = sum;
    }
}

/* The same for four, with four sums that do not wait for each other. */
static void weigh_four(const layer *t, const real *w, size_t unit, size_t stride, const real *a,
                       real *z)
{
    const real *row = w + t->first + unit * t->n_in;
    real start = t->bias ? w[t->first + t->n_out * t->n_in + unit] : 0;
    real p = start, q = start, s = start, u = start;
    const real *b = a + stride, *c = b + stride, *d = c + stride;
    for (size_t r = 0; r < t->n_in; r++) {
        real weight = row[r];
        p += weight * a[r];
        q += weight * b[r];
        s += weight * c[r];
        u += weight * d[r];
    }
    z[0] = p;
    z[1] = q;
    z[2] = s;
    z[3] = u;
}

static void values(const void *model, const real *w, size_t n, const double *inputs, real *room,
                   real *outputs)
{
    enum { FOUR = 4 };
    const oracle_network *network = model;
    size_t stride = count_units(network);
    layer t = first_layer(network);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < t.n_in; j++)
            room[i * stride + j] = inputs[i * t.n_in + j];
    for (size_t l = 0; l < network->n_layers; l++) {
        t = l ? next_layer(network, t, l, 1) : t;
        for (size_t unit = 0; unit < t.n_out; unit++)
            for (size_t i = 0; i < n; i += FOUR) {
                real z[FOUR];
                size_t count = n - i < FOUR ? n - i : FOUR;
                const real *a = room + i * stride + t.below;
                if (count == FOUR)
                    weigh_four(&t, w, unit, stride, a, z);
                else
                    weigh(&t, w, unit, count, stride, a, z);
                for (size_t k = 0; k < count; k++)
                    room[(i + k) * stride + t.above + unit] = oracle_activate(t.activation, z[k]);
            }
    }
    for (size_t i = 0; i < n * t.n_out; i++)
        outputs[i] = room[i / t.n_out * stride + t.above + i % t.n_out];
}

/* ---- Derivatives ---- */

static void evaluate(const void *model, const real *w, const double *inputs, real *at,
                     real *outputs)
{
    const oracle_network *network = model;
    state s = state_of(network, at);
    layer t = first_layer(network);
    for (size_t j = 0; j < t.n_in; j++)
        s.a[j] = inputs[j];
    for (size_t l = 0; l < network->n_layers; l++) {
        t = l ? next_layer(network, t, l, 1) : t;
        for (size_t unit = 0; unit < t.n_out; unit++) {
            real z;
            weigh(&t, w, unit, 1, 0, s.a + t.below, &z);
            s.a[t.above + unit] = oracle_activate(t.activation, z);
            s.slope[t.above + unit] = oracle_slope(t.activation, z);
            s.bend[t.above + unit] = oracle_bend(t.activation, z);
        }
    }
    for (size_t o = 0; o < t.n_out; o++)
        outputs[o] = s.a[t.above + o];
}

static void pull(const void *model, const real *w, const real *u, real *at, real *gradient)
{
    const oracle_network *network = model;
    state s = state_of(network, at);
    layer t = last_layer(network);
    for (size_t o = 0; o < t.n_out; o++)
        s.a_bar[t.above + o] = u[o];
    for (size_t l = network->n_layers; l-- > 0;) {
        t = l + 1 < network->n_layers ? next_layer(network, t, l, -1) : t;
        for (size_t r = 0; r < t.n_in; r++)
            s.a_bar[t.below + r] = 0;
        for (size_t unit = 0; unit < t.n_out; unit++) {
            const real *row = w + t.first + unit * t.n_in;
            real bar = s.slope[t.above + unit] * s.a_bar[t.above + unit];
            s.z_bar[t.above + unit] = bar;
            for (size_t r = 0; r < t.n_in; r++)
                s.a_bar[t.below + r] += row[r] * bar;
            for (size_t r = 0; gradient && r < t.n_in; r++)
                gradient[t.first + unit * t.n_in + r] += bar * s.a[t.below + r];
            if (gradient && t.bias)
                gradient[t.first + t.n_out * t.n_in + unit] += bar;
        }
    }
}

/* Layers in which v has no weights other than 0 are passed by. */
static void aim(const void *model, const real *v, real *direction)
{
    const oracle_network *network = model;
    dots d = dots_of(network, direction);
    layer t = first_layer(network);
    for (size_t l = 0; l < network->n_layers; l++) {
        t = l ? next_layer(network, t, l, 1) : t;
        d.touched[l] = 0;
        for (size_t i = t.first; i < t.end; i++)
            if (v[i] < 0 || v[i] > 0)
                d.touched[l] = 1;
    }
}

static void push(const void *model, const real *w, const real *v, const real *at, real *direction,
                 real *tangent)
{
    const oracle_network *network = model;
    state s = state_of(network, (real *)at);
    dots d = dots_of(network, direction);
    layer t = first_layer(network);
    bool moving = false;
    for (size_t j = 0; j < t.n_in; j++)
        d.a[j] = 0;
    for (size_t l = 0; l < network->n_layers; l++) {
        t = l ? next_layer(network, t, l, 1) : t;
        bool touched = d.touched[l] > 0;
        for (size_t unit = 0; unit < t.n_out; unit++) {
            size_t row = t.first + unit * t.n_in, above = t.above + unit;
            real sum = touched && t.bias ? v[t.first + t.n_out * t.n_in + unit] : 0;
            for (size_t r = 0; moving && r < t.n_in; r++)
                sum += w[row + r] * d.a[t.below + r];
            for (size_t r = 0; touched && r < t.n_in; r++)
                sum += v[row + r] * s.a[t.below + r];
            d.z[above] = sum;
            d.a[above] = s.slope[above] * sum;
        }
        moving = moving || touched;
    }
    for (size_t o = 0; o < t.n_out; o++)
        tangent[o] = d.a[t.above + o];
}

/* row += the part of one unit's weights; sizes, unless it is NULL, the absolute values. */
static void add_unit(size_t n, real z_bar, real z_bar_dot, const real *a, const real *a_dot,
                     real *row, real *sizes)
{
    for (size_t r = 0; r < n; r++)
        row[r] += z_bar_dot * a[r] + z_bar * a_dot[r];
    for (size_t r = 0; sizes && r < n; r++)
        sizes[r] += REAL(fabs)(z_bar_dot * a[r]) + REAL(fabs)(z_bar * a_dot[r]);
}

static void turn_layer(const layer *t, bool touched, const real *w, const real *v, const state *s,
                       const dots *d, real *product, real *sizes)
{
    real *below = d->a_bar + t->below;
    for (size_t r = 0; r < t->n_in; r++)
        below[r] = 0;
    for (size_t unit = 0; unit < t->n_out; unit++) {
        size_t at = t->above + unit, row = t->first + unit * t->n_in;
        size_t bias = t->first + t->n_out * t->n_in + unit;
        real bar = s->z_bar[at];
        real dot = s->bend[at] * d->z[at] * s->a_bar[at] + s->slope[at] * d->a_bar[at];
        add_unit(t->n_in, bar, dot, s->a + t->below, d->a + t->below, product + row,
                 sizes ? sizes + row : NULL);
        if (t->bias)
            product[bias] += dot;
        if (t->bias && sizes)
            sizes[bias] += REAL(fabs)(dot);
        for (size_t r = 0; t->below && r < t->n_in; r++)
            below[r] += w[row + r] * dot;
        for (size_t r = 0; t->below && touched && r < t->n_in; r++)
            below[r] += v[row + r] * bar;
    }
}

static void turn(const void *model, const real *w, const real *v, const real *u_dot, const real *at,
                 real *direction, real *product, real *sizes)
{
    const oracle_network *network = model;
    state s = state_of(network, (real *)at);
    dots d = dots_of(network, direction);
    layer t = last_layer(network);
    for (size_t o = 0; o < t.n_out; o++)
        d.a_bar[t.above + o] = u_dot[o];
    for (size_t l = network->n_layers; l-- > 0;) {
        t = l + 1 < network->n_layers ? next_layer(network, t, l, -1) : t;
        turn_layer(&t, d.touched[l] > 0, w, v, &s, &d, product, sizes);
    }
}

/* ---- The model ---- */

static const oracle_functions functions = {state_size, direction_size, values, evaluate, pull,
                                           aim,        push,           turn};

oracle_model oracle_network_model(const oracle_network *network)
{
    oracle_model model = {&functions, network, network->widths[0],
                          network->widths[network->n_layers], 0};
    for (size_t l = 0; l < network->n_layers; l++)
        model.n_weights += layer_size(network, l);
    return model;
}

const oracle_network *oracle_network_of(const oracle_model *model)
{
    return model->functions == &functions ? model->data : NULL;
}
