/* A layered network by plain loops, sample by sample.
 *
 * With z = W a + b, a = act(z), and bars for the derivatives of u'f by them, a dot is the
 * derivative along the direction V of the weights: z. = V a + W a.,     a. = act'(z) z., z- =
 * act'(z) a-,     z-. = act''(z) z. a- + act'(z) a-.,     a-. = V' z- + W' z-. and the product's
 * part for W is z-. a' + z- a.'. */
#include "oracle/network.h"

#include <math.h>

#include "oracle/activation.h"
#include "oracle/layers.h"
#include "oracle/network_hessian.h"

static size_t state_size(const void *model)
{
    return ARRAYS * count_units(model);
}

static size_t direction_size(const void *model)
{
    return DOTS * count_units(model);
}

/* ---- Outputs ---- */

enum { FOUR = 4 };

/* z of the units from `unit` on, by sums that do not wait for each other: weights in double
 * precision are read faster. Where fewer are left the last one is repeated. */
static void weigh_four(const layer *t, const double *w, size_t unit, const real *a, real *z)
{
    const double *rows[FOUR];
    for (size_t k = 0; k < FOUR; k++) {
        size_t at = unit + k < t->n_out ? unit + k : t->n_out - 1;
        rows[k] = w + t->first + at * t->n_in;
        z[k] = t->bias ? w[t->first + t->n_out * t->n_in + at] : 0;
    }
    const double *p = rows[0], *q = rows[1], *s = rows[2], *u = rows[3];
    real zp = z[0], zq = z[1], zs = z[2], zu = z[3];
    for (size_t r = 0; r < t->n_in; r++) {
        real x = a[r];
        zp += x * p[r];
        zq += x * q[r];
        zs += x * s[r];
        zu += x * u[r];
    }
    z[0] = zp;
    z[1] = zq;
    z[2] = zs;
    z[3] = zu;
}

static void values(const void *model, const double *w, const double *inputs, real *at,
                   real *outputs)
{
    const oracle_network *network = model;
    real *a = state_of(network, at).a, z[FOUR];
    layer t = first_layer(network);
    for (size_t j = 0; j < t.n_in; j++)
        a[j] = inputs[j];
    for (size_t l = 0; l < network->n_layers; l++) {
        t = l ? next_layer(network, t, l, 1) : t;
        const oracle_activation *act = oracle_activation_of(t.activation);
        for (size_t unit = 0; unit < t.n_out; unit += FOUR) {
            weigh_four(&t, w, unit, a + t.below, z);
            for (size_t k = 0; k < FOUR && unit + k < t.n_out; k++)
                a[t.above + unit + k] = act->value(z[k]);
        }
    }
    for (size_t o = 0; o < t.n_out; o++)
        outputs[o] = a[t.above + o];
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
        const oracle_activation *act = oracle_activation_of(t.activation);
        for (size_t unit = 0; unit < t.n_out; unit++) {
            const real *row = w + t.first + unit * t.n_in;
            real z = t.bias ? w[t.first + t.n_out * t.n_in + unit] : 0;
            for (size_t r = 0; r < t.n_in; r++)
                z += row[r] * s.a[t.below + r];
            s.a[t.above + unit] = act->value(z);
            s.slope[t.above + unit] = act->slope(z);
            s.bend[t.above + unit] = act->bend(z);
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

static const oracle_functions functions = {state_size,
                                           direction_size,
                                           values,
                                           evaluate,
                                           pull,
                                           aim,
                                           push,
                                           turn,
                                           oracle_network_n_blocks,
                                           oracle_network_block_size,
                                           oracle_network_curve};

oracle_model oracle_network_model(const oracle_network *network)
{
    oracle_model model = {&functions, network, network->widths[0],
                          network->widths[network->n_layers], 0};
    for (size_t l = 0; l < network->n_layers; l++)
        model.n_weights += layer_size(network, l);
    return model;
}
