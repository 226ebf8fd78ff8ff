/* A layered network by plain loops, sample by sample.
 *
 * With z = W a + b, a = act(z), and bars for the derivatives of u'f by them, a dot is the
 * derivative along the direction V of the weights: z. = V a + W a.,     a. = act'(z) z., z- =
 * act'(z) a-,     z-. = act''(z) z. a- + act'(z) a-.,     a-. = V' z- + W' z-. and the product's
 * part for W is z-. a' + z- a.'. */
#include "oracle/network.h"

#include <math.h>

enum { ARRAYS = 5, DOTS = 4 };

/* A layer, its first unit below and above among all units (the inputs come first), its weights. */
typedef struct layer {
    size_t n_in, n_out, below, above, first, end;
    critpt_activation activation;
    bool bias;
} layer;

/* The numbers of a sample, and of a direction at it, for every unit; and, at the first sample,
 * whether its weights have a part in the direction. */
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
    return DOTS * count_units(model);
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

/* Units whose weights have no part in v are marked, and passed by. */
static void aim(const void *model, const real *v, real *direction)
{
    const oracle_network *network = model;
    dots d = dots_of(network, direction);
    layer t = first_layer(network);
    for (size_t l = 0; l < network->n_layers; l++) {
        t = l ? next_layer(network, t, l, 1) : t;
        for (size_t unit = 0; unit < t.n_out; unit++) {
            const real *row = v + t.first + unit * t.n_in;
            real bias = t.bias ? v[t.first + t.n_out * t.n_in + unit] : 0;
            bool touched = bias < 0 || bias > 0;
            for (size_t r = 0; r < t.n_in; r++)
                touched = touched || row[r] < 0 || row[r] > 0;
            d.touched[t.above + unit] = touched;
        }
    }
}

/* Whether any unit below those from `end` on is touched. */
static bool moves_below(const oracle_network *network, const dots *marks, size_t end)
{
    for (size_t u = network->widths[0]; u < end; u++)
        if (marks->touched[u] > 0)
            return true;
    return false;
}

static void push_layer(const layer *t, bool moving, const dots *marks, const real *w, const real *v,
                       const state *s, const dots *d)
{
    for (size_t unit = 0; unit < t->n_out; unit++) {
        size_t row = t->first + unit * t->n_in, above = t->above + unit;
        bool touched = marks->touched[above] > 0;
        real sum = touched && t->bias ? v[t->first + t->n_out * t->n_in + unit] : 0;
        for (size_t r = 0; moving && r < t->n_in; r++)
            sum += w[row + r] * d->a[t->below + r];
        for (size_t r = 0; touched && r < t->n_in; r++)
            sum += v[row + r] * s->a[t->below + r];
        d->z[above] = sum;
        d->a[above] = s->slope[above] * sum;
    }
}

static void push(const void *model, const real *w, const real *v, size_t n, const real *states,
                 real *direction, real *tangents)
{
    const oracle_network *network = model;
    dots marks = dots_of(network, direction);
    for (size_t i = 0; i < n; i++) {
        state s = state_of(network, (real *)states + i * state_size(network));
        dots d = dots_of(network, direction + i * direction_size(network));
        layer t = first_layer(network);
        for (size_t j = 0; j < t.n_in; j++)
            d.a[j] = 0;
        for (size_t l = 0; l < network->n_layers; l++) {
            t = l ? next_layer(network, t, l, 1) : t;
            push_layer(&t, moves_below(network, &marks, t.above), &marks, w, v, &s, &d);
        }
        for (size_t o = 0; o < t.n_out; o++)
            tangents[i * t.n_out + o] = d.a[t.above + o];
    }
}

/* z-. of a layer's units in place of z., and a-. of those below. */
static void turn_layer(const layer *t, const dots *marks, const real *w, const real *v,
                       const state *s, const dots *d)
{
    real *below = d->a_bar + t->below;
    for (size_t r = 0; r < t->n_in; r++)
        below[r] = 0;
    for (size_t unit = 0; unit < t->n_out; unit++) {
        size_t at = t->above + unit, row = t->first + unit * t->n_in;
        real dot = s->bend[at] * d->z[at] * s->a_bar[at] + s->slope[at] * d->a_bar[at];
        d->z[at] = dot;
        for (size_t r = 0; t->below && r < t->n_in; r++)
            below[r] += w[row + r] * dot;
        for (size_t r = 0; t->below && marks->touched[at] > 0 && r < t->n_in; r++)
            below[r] += v[row + r] * s->z_bar[at];
    }
}

/* The sum of z-. a + z- a. over n samples, whose numbers stand so far apart, and of its terms'
 * absolute values; without a. where that is 0. */
typedef struct series {
    size_t n, state_step, direction_step;
} series;

static real add_terms(series n, const real *z_bar, const real *z_bar_dot, const real *a,
                      const real *a_dot, real *size)
{
    real sum = 0, absolute = 0;
    for (size_t i = 0; i < n.n; i++) {
        real term = z_bar_dot[i * n.direction_step] * a[i * n.state_step];
        sum += term;
        absolute += REAL(fabs)(term);
    }
    for (size_t i = 0; a_dot && i < n.n; i++) {
        real term = z_bar[i * n.state_step] * a_dot[i * n.direction_step];
        sum += term;
        absolute += REAL(fabs)(term);
    }
    *size = absolute;
    return sum;
}

static void add_layer(const layer *t, bool moving, series n, const state *s, const dots *d,
                      real *product, real *sizes)
{
    static const real one = 1;
    series constant = {n.n, 0, n.direction_step};
    for (size_t unit = 0; unit < t->n_out; unit++)
        for (size_t r = 0; r < t->n_in + t->bias; r++) {
            bool bias = r == t->n_in;
            size_t at = t->above + unit, below = t->below + r;
            size_t weight = t->first + (bias ? t->n_out * t->n_in + unit : unit * t->n_in + r);
            real size;
            product[weight] += bias ? add_terms(constant, NULL, d->z + at, &one, NULL, &size)
                                    : add_terms(n, s->z_bar + at, d->z + at, s->a + below,
                                                moving ? d->a + below : NULL, &size);
            if (sizes)
                sizes[weight] += size;
        }
}

static void turn(const void *model, const real *w, const real *v, size_t n, const real *u_dots,
                 const real *states, real *direction, real *product, real *sizes)
{
    const oracle_network *network = model;
    series all = {n, state_size(network), direction_size(network)};
    dots marks = dots_of(network, direction);
    state first = state_of(network, (real *)states);
    layer t = last_layer(network);
    for (size_t l = network->n_layers; l-- > 0;) {
        t = l + 1 < network->n_layers ? next_layer(network, t, l, -1) : t;
        for (size_t i = 0; i < n; i++) {
            state s = state_of(network, (real *)states + i * all.state_step);
            dots d = dots_of(network, direction + i * all.direction_step);
            for (size_t o = 0; l + 1 == network->n_layers && o < t.n_out; o++)
                d.a_bar[t.above + o] = u_dots[i * t.n_out + o];
            turn_layer(&t, &marks, w, v, &s, &d);
        }
        add_layer(&t, moves_below(network, &marks, t.above), all, &first, &marks, product, sizes);
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
