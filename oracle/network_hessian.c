/* The Hessian of a layered network, unit by unit.
 *
 * Weights act through the z of their unit alone. With bars as in network.c, and a dot for the
 * derivative by the z of one unit, of its weight for input p and the weight of a unit k in its
 * layer or above for input q the second derivative is
 *
 *     a_p z-._k a_q + a_p z-_k a._q,     z-. = act'' z. a- + act' a-.,     a-. = W' z-.,
 *
 * a-. of the outputs being F a., for u'f + f'F f / 2 with F as constant as u is here. Of units in
 * its own layer z. is 0, but 1 for itself, and the second term belongs to layers above only.
 *
 * These are the terms of the product with the unit vector of the first weight, whose z. is a_p
 * (network.c): a_p is multiplied last here and first there, so that each term has the same relative
 * error but for a rounding or two, and their absolute values the same sum. Sums over the samples
 * have N terms of each kind, of which batches make shorter chains of additions. */
#include "oracle/network_hessian.h"

#include <math.h>

#include "oracle/layers.h"

enum { ROWS = 4 }; /* of units: a, z-, a., z-. */

/* A unit: its layer, that layer's number, its own number there. */
typedef struct place {
    layer t;
    size_t l, unit;
} place;

/* For every unit n numbers, of a sample each; z-. is z. until its own turn. */
typedef struct numbers {
    size_t n;
    real *a, *z_bar, *a_dot, *z_bar_dot;
    real *ones, *factor; /* n each: the input of a bias; a_p z-._k or a_p z-_k */
} numbers;

/* Two units whose weights are paired, and the matrices: P x P, of which one triangle is filled. */
typedef struct pair {
    const place *own, *other;
    size_t P;
    real *hessian, *sizes;
} pair;

size_t oracle_network_n_blocks(const void *model)
{
    const oracle_network *network = model;
    return count_units(network) - network->widths[0];
}

size_t oracle_network_block_size(const void *model)
{
    return ROWS * count_units(model) + 2;
}

static place place_of(const oracle_network *network, size_t block)
{
    place p = {first_layer(network), 0, block};
    while (p.unit >= p.t.n_out) {
        p.unit -= p.t.n_out;
        p.l++;
        p.t = next_layer(network, p.t, p.l, 1);
    }
    return p;
}

static state state_at(const oracle_network *network, const real *states, size_t sample)
{
    return state_of(network, (real *)states + sample * ARRAYS * count_units(network));
}

/* Those of the units that the block needs, sample beside sample. */
static numbers gather(const oracle_network *network, const place *own, size_t n, const real *states,
                      real *room)
{
    size_t U = count_units(network);
    numbers x = {n,
                 room,
                 room + U * n,
                 room + 2 * U * n,
                 room + 3 * U * n,
                 room + ROWS * U * n,
                 room + (ROWS * U + 1) * n};
    for (size_t i = 0; i < n; i++) {
        state s = state_at(network, states, i);
        x.ones[i] = 1;
        for (size_t unit = own->t.below; unit < U; unit++) {
            x.a[unit * n + i] = s.a[unit];
            x.z_bar[unit * n + i] = s.z_bar[unit];
        }
    }
    return x;
}

/* The inputs of a layer above that the block's unit moves. */
static void find_moved(const place *own, const layer *t, size_t *from, size_t *to)
{
    bool next = t->below == own->t.above;
    *from = next ? own->unit : 0;
    *to = next ? own->unit + 1 : t->n_in;
}

/* z. and a. of the unit and of all layers above its own. */
static void push(const oracle_network *network, const real *w, const place *own, const real *states,
                 const numbers *x)
{
    layer t = own->t;
    size_t n = x->n, from, to;
    for (size_t unit = 0; unit < t.n_out; unit++)
        for (size_t i = 0; i < n; i++) {
            x->z_bar_dot[(t.above + unit) * n + i] = unit == own->unit;
            x->a_dot[(t.above + unit) * n + i] =
                unit == own->unit ? state_at(network, states, i).slope[t.above + unit] : 0;
        }
    for (size_t l = own->l + 1; l < network->n_layers; l++) {
        t = next_layer(network, t, l, 1);
        find_moved(own, &t, &from, &to);
        for (size_t unit = 0; unit < t.n_out; unit++)
            for (size_t i = 0; i < n; i++) {
                real sum = 0;
                for (size_t r = from; r < to; r++)
                    sum += w[t.first + unit * t.n_in + r] * x->a_dot[(t.below + r) * n + i];
                x->z_bar_dot[(t.above + unit) * n + i] = sum;
                x->a_dot[(t.above + unit) * n + i] =
                    state_at(network, states, i).slope[t.above + unit] * sum;
            }
    }
}

/* a-. of an output of sample i, and of a unit below layer t. */
static real seed(const layer *last, size_t output, size_t i, const real *forms, const numbers *x)
{
    size_t D = last->n_out;
    real sum = 0;
    for (size_t q = 0; q < D; q++)
        sum += forms[(i * D + output) * D + q] * x->a_dot[(last->above + q) * x->n + i];
    return sum;
}

static real bring_back(const layer *t, size_t input, size_t i, const real *w, const numbers *x)
{
    real sum = 0;
    for (size_t k = 0; k < t->n_out; k++)
        sum += w[t->first + k * t->n_in + input] * x->z_bar_dot[(t->above + k) * x->n + i];
    return sum;
}

/* z-. in place of z., from the outputs down to the block's layer. */
static void turn(const oracle_network *network, const real *w, const place *own, const real *forms,
                 const real *states, const numbers *x)
{
    layer t = last_layer(network), above = t;
    for (size_t l = network->n_layers; l-- > own->l;) {
        bool last = l + 1 == network->n_layers;
        t = last ? t : next_layer(network, above, l, -1);
        for (size_t unit = l == own->l ? own->unit : 0; unit < t.n_out; unit++)
            for (size_t i = 0; i < x->n; i++) {
                size_t at = t.above + unit;
                state s = state_at(network, states, i);
                real *dot = &x->z_bar_dot[at * x->n + i];
                real back = last ? seed(&t, unit, i, forms, x) : bring_back(&above, unit, i, w, x);
                *dot = s.bend[at] * *dot * s.a_bar[at] + s.slope[at] * back;
            }
        above = t;
    }
}

/* ---- Sums ---- */

static size_t weight_of(const place *p, size_t input)
{
    const layer *t = &p->t;
    return t->first + (input == t->n_in ? t->n_out * t->n_in + p->unit : p->unit * t->n_in + input);
}

/* The weights of two units of a layer come in pairs of the same second derivative. */
static void put(const pair *c, size_t p, size_t q, real sum, real size)
{
    size_t at = weight_of(c->own, p) * c->P + weight_of(c->other, q);
    c->hessian[at] += sum;
    c->sizes[at] += size;
    if (c->own->l != c->other->l || c->own->unit == c->other->unit || p == q)
        return;
    at = weight_of(c->own, q) * c->P + weight_of(c->other, p);
    c->hessian[at] += sum;
    c->sizes[at] += size;
}

/* Sums of f x and f y, and of their absolute values, which do not wait for each other. */
static void add_two(size_t n, const real *f, const real *x, const real *y, real *sums, real *sizes)
{
    real s = 0, t = 0, a = 0, b = 0;
    for (size_t i = 0; i < n; i++) {
        real p = f[i] * x[i], q = f[i] * y[i];
        s += p;
        a += REAL(fabs)(p);
        t += q;
        b += REAL(fabs)(q);
    }
    sums[0] = s;
    sums[1] = t;
    sizes[0] = a;
    sizes[1] = b;
}

/* The sums of `factor` times a row of `rows`, for inputs from .. to - 1 of the other unit. */
static void add_row(const pair *c, const numbers *x, const real *rows, size_t p, size_t from,
                    size_t to)
{
    const layer *t = &c->other->t;
    for (size_t q = from; q < to; q += 2) {
        size_t next = q + 1 < to ? q + 1 : q;
        real sums[2], sizes[2];
        add_two(x->n, x->factor, q < t->n_in ? rows + (t->below + q) * x->n : x->ones,
                next < t->n_in ? rows + (t->below + next) * x->n : x->ones, sums, sizes);
        put(c, p, q, sums[0], sizes[0]);
        if (next > q)
            put(c, p, next, sums[1], sizes[1]);
    }
}

static void set_factor(const place *own, size_t p, const real *z, const numbers *x)
{
    const real *a = p < own->t.n_in ? x->a + (own->t.below + p) * x->n : x->ones;
    for (size_t i = 0; i < x->n; i++)
        x->factor[i] = a[i] * z[i];
}

static void add_pair(const pair *c, const numbers *x)
{
    const layer *t = &c->other->t;
    size_t from, to, at = (t->above + c->other->unit) * x->n;
    bool same = c->own->l == c->other->l;
    for (size_t p = 0; p < c->own->t.n_in + c->own->t.bias; p++) {
        set_factor(c->own, p, x->z_bar_dot + at, x);
        add_row(c, x, x->a, p, 0, same ? p + 1 : t->n_in + t->bias);
        if (same)
            continue;
        find_moved(c->own, t, &from, &to);
        set_factor(c->own, p, x->z_bar + at, x);
        add_row(c, x, x->a_dot, p, from, to);
    }
}

void oracle_network_curve(const void *model, const real *w, size_t block, size_t n,
                          const real *forms, const real *states, real *room, real *hessian,
                          real *sizes)
{
    const oracle_network *network = model;
    place own = place_of(network, block), other = own;
    numbers x = gather(network, &own, n, states, room);
    pair c = {&own, &other, last_layer(network).end, hessian, sizes};
    push(network, w, &own, states, &x);
    turn(network, w, &own, forms, states, &x);
    for (; other.l < network->n_layers; other.l++, other.unit = 0) {
        other.t = other.l > own.l ? next_layer(network, other.t, other.l, 1) : other.t;
        for (; other.unit < other.t.n_out; other.unit++)
            add_pair(&c, &x);
    }
}
