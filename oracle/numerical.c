/* Differences of outputs as a model: first derivatives of each output when a sample is evaluated,
 * second ones of u'f when a u is pulled that asks for no gradient. */
#include "oracle/numerical.h"

#include <math.h>
#include <string.h>

/* f'(0) h = sum of first[k] (f(kh) - f(-kh)), and f''(0) h^2 = sum of second[k] (f(kh) + f(-kh)).
 */
enum { REACH = 4 };
static const real first_weights[REACH + 1] = {0, (real)4 / 5, -(real)1 / 5, (real)4 / 105,
                                              -(real)1 / 280};
static const real second_weights[REACH + 1] = {-(real)205 / 144, (real)8 / 5, -(real)1 / 5,
                                               (real)8 / 315, -(real)1 / 560};
/* Sums of their absolute values: what rounding of f is multiplied with. */
static const double first_sum = 2.1, second_sum = 6.6;

/* Steps: from an eighth of the larger of |w| and 1 down, by halves; as many as that, and those
 * between the two. Of pairs, times those that were best for each weight by itself. */
enum { STEPS = 8, MOST_STEPS = 24, PAIR_STEPS = 4, BUFFERS = 6 };

typedef struct state {
    real *outputs;             /* D */
    real *jacobian, *errors;   /* D x P each */
    real *inputs;              /* the address of the sample's */
    real *second, *off;        /* P (P + 1) / 2 each: of u'f, and their errors */
    real *moved, *steps, *sum; /* P, P, BUFFERS x D of scratch */
} state;

static size_t count_pairs(const oracle_numerical *m)
{
    return m->n_weights * (m->n_weights + 1) / 2;
}

static size_t state_size(const void *model)
{
    const oracle_numerical *m = model;
    size_t D = m->n_outputs, P = m->n_weights;
    return D + 2 * D * P + 1 + 2 * count_pairs(m) + 2 * P + BUFFERS * D;
}

static state place(const oracle_numerical *m, real *at)
{
    size_t D = m->n_outputs, P = m->n_weights, pairs = count_pairs(m);
    state s = {.outputs = at, .jacobian = at + D};
    s.errors = s.jacobian + D * P;
    s.inputs = s.errors + D * P;
    s.second = s.inputs + 1;
    s.off = s.second + pairs;
    s.moved = s.off + pairs;
    s.steps = s.moved + P;
    s.sum = s.steps + P;
    return s;
}

/* ---- Stencils ---- */

/* A line through the weights, along one of them or two. */
typedef struct line {
    size_t a, b; /* b = a: one */
    real ha, hb; /* how far each goes in a step */
} line;

static void step(const oracle_numerical *m, const state *s, const real *w, const double *inputs,
                 line l, int k, real *f)
{
    s->moved[l.a] = w[l.a] + (real)k * l.ha;
    if (l.b != l.a)
        s->moved[l.b] = w[l.b] + (real)k * l.hb;
    m->outputs(m->data, s->moved, inputs, f);
    s->moved[l.a] = w[l.a];
    s->moved[l.b] = w[l.b];
}

/* The sums of both stencils for every output, in s->sum; the largest |f| in *size. */
static void sum_stencils(const oracle_numerical *m, const state *s, const real *w,
                         const double *inputs, line l, real *first, real *second, real *size)
{
    size_t D = m->n_outputs;
    real *up = s->sum, *down = up + D;
    for (size_t o = 0; o < D; o++) {
        first[o] = 0;
        second[o] = 2 * second_weights[0] * s->outputs[o];
        size[o] = REAL(fabs)(s->outputs[o]);
    }
    for (int k = 1; k <= REACH; k++) {
        step(m, s, w, inputs, l, k, up);
        step(m, s, w, inputs, l, -k, down);
        for (size_t o = 0; o < D; o++) {
            first[o] += first_weights[k] * (up[o] - down[o]);
            second[o] += second_weights[k] * (up[o] + down[o]);
            size[o] = REAL(fmax)(size[o], REAL(fmax)(REAL(fabs)(up[o]), REAL(fabs)(down[o])));
        }
    }
}

static real longest_step(real w)
{
    return REAL(fmax)(REAL(fabs)(w), 1) / 8;
}

static int count_steps(real w)
{
    real ratio = w < 0 || w > 0 ? REAL(fabs)(w) : 1;
    double between = ceil(fabs(log2((double)ratio)));
    return STEPS + (between < MOST_STEPS - STEPS ? (int)between : MOST_STEPS - STEPS);
}

/* An estimate so far, and the last one. */
typedef struct estimate {
    real value, error, last;
} estimate;

/* Takes the next one where it is better; NaN never is. */
static bool improve(estimate *e, real next, real rounding)
{
    real error = REAL(fmax)(REAL(fabs)(next - e->last), rounding);
    bool better = error < e->error;
    e->last = next;
    if (better) {
        e->value = next;
        e->error = error;
    }
    return better;
}

static const estimate none = {0, INFINITY, INFINITY};

/* ---- First derivatives ---- */

static void see_column(const oracle_numerical *m, const state *s, const real *w,
                       const double *inputs, size_t a)
{
    size_t D = m->n_outputs, P = m->n_weights;
    real *first = s->sum + 2 * D, *second = first + D, *size = second + D, *last = size + D;
    real h = longest_step(w[a]);
    int n = count_steps(w[a]);
    for (size_t o = 0; o < D; o++) {
        s->jacobian[o * P + a] = 0;
        s->errors[o * P + a] = INFINITY;
        last[o] = INFINITY;
    }
    for (int i = 0; i < n; i++, h /= 2) {
        sum_stencils(m, s, w, inputs, (line){a, a, h, h}, first, second, size);
        for (size_t o = 0; o < D; o++) {
            estimate e = {s->jacobian[o * P + a], s->errors[o * P + a], last[o]};
            improve(&e, first[o] / h, (real)(first_sum * m->epsilon) * size[o] / h);
            s->jacobian[o * P + a] = e.value;
            s->errors[o * P + a] = e.error;
            last[o] = e.last;
        }
    }
}

static void evaluate(const void *model, const real *w, const double *inputs, real *at,
                     real *outputs)
{
    const oracle_numerical *m = model;
    state s = place(m, at);
    memcpy(s.inputs, &inputs, sizeof inputs);
    memcpy(s.moved, w, m->n_weights * sizeof *w);
    m->outputs(m->data, w, inputs, s.outputs);
    for (size_t a = 0; a < m->n_weights; a++)
        see_column(m, &s, w, inputs, a);
    for (size_t o = 0; o < m->n_outputs; o++)
        outputs[o] = s.outputs[o];
}

void oracle_numerical_jacobian(const oracle_numerical *m, const real *weights, const double *inputs,
                               real *at, const real **outputs, const real **jacobian,
                               const real **errors)
{
    state s = place(m, at);
    evaluate(m, weights, inputs, at, s.outputs);
    *outputs = s.outputs;
    *jacobian = s.jacobian;
    *errors = s.errors;
}

static void values(const void *model, const double *weights, const double *inputs, real *room,
                   real *outputs)
{
    const oracle_numerical *m = model;
    state s = place(m, room);
    for (size_t j = 0; j < m->n_weights; j++)
        s.moved[j] = weights[j];
    m->outputs(m->data, s.moved, inputs, outputs);
}

/* ---- Second derivatives of u'f ---- */

/* h^2 times that along a line, and what rounding makes of it. */
static real see_second(const oracle_numerical *m, const state *s, const real *w,
                       const double *inputs, const real *u, line l, real *rounding)
{
    size_t D = m->n_outputs;
    real *first = s->sum + 2 * D, *second = first + D, *size = second + D, sum = 0;
    sum_stencils(m, s, w, inputs, l, first, second, size);
    *rounding = 0;
    for (size_t o = 0; o < D; o++) {
        sum += u[o] * second[o];
        *rounding += REAL(fabs)(u[o]) * size[o];
    }
    *rounding *= (real)(second_sum * m->epsilon);
    return sum;
}

static estimate see_square(const oracle_numerical *m, const state *s, const real *w,
                           const double *inputs, const real *u, size_t a)
{
    real h = longest_step(w[a]), rounding;
    int n = count_steps(w[a]);
    estimate e = none;
    s->steps[a] = h;
    for (int i = 0; i < n; i++, h /= 2) {
        real next = see_second(m, s, w, inputs, u, (line){a, a, h, h}, &rounding) / (h * h);
        if (improve(&e, next, rounding / (h * h)))
            s->steps[a] = h;
    }
    return e;
}

/* By the squares along the sum and the difference of both weights' steps. */
static estimate see_pair(const oracle_numerical *m, const state *s, const real *w,
                         const double *inputs, const real *u, size_t a, size_t b)
{
    real t = 2, plus_rounding, minus_rounding;
    estimate e = none;
    for (int i = 0; i < PAIR_STEPS; i++, t /= 2) {
        line up = {a, b, t * s->steps[a], t * s->steps[b]}, down = up;
        down.hb = -up.hb;
        real plus = see_second(m, s, w, inputs, u, up, &plus_rounding);
        real minus = see_second(m, s, w, inputs, u, down, &minus_rounding);
        real area = 4 * up.ha * up.hb;
        improve(&e, (plus - minus) / area, (plus_rounding + minus_rounding) / area);
    }
    return e;
}

/* gradient += J'u, or what the following need: S(u). */
static void pull(const void *model, const real *w, const real *u, real *at, real *gradient)
{
    const oracle_numerical *m = model;
    size_t D = m->n_outputs, P = m->n_weights, pair = 0;
    state s = place(m, at);
    const double *inputs;
    bool zero = true;
    memcpy(&inputs, s.inputs, sizeof inputs);
    for (size_t o = 0; o < D; o++) {
        zero = zero && !(u[o] < 0) && !(u[o] > 0);
        for (size_t a = 0; gradient && a < P; a++)
            gradient[a] += u[o] * s.jacobian[o * P + a];
    }
    for (size_t a = 0; !gradient && a < P; a++) {
        estimate e = zero ? (estimate){0, 0, 0} : see_square(m, &s, w, inputs, u, a);
        s.second[a * P - a * (a + 1) / 2 + a] = e.value;
        s.off[a * P - a * (a + 1) / 2 + a] = e.error;
    }
    for (size_t a = 0; !gradient && a < P; a++)
        for (size_t b = a; b < P; b++, pair++)
            if (b != a) {
                estimate e = zero ? (estimate){0, 0, 0} : see_pair(m, &s, w, inputs, u, a, b);
                s.second[pair] = e.value;
                s.off[pair] = e.error;
            }
}

/* ---- Products and matrices ---- */

static size_t direction_size(const void *model)
{
    (void)model;
    return 1;
}

static void aim(const void *model, const real *v, real *direction)
{
    (void)model, (void)v, (void)direction;
}

static void push(const void *model, const real *w, const real *v, size_t n, const real *states,
                 real *direction, real *tangents)
{
    const oracle_numerical *m = model;
    size_t D = m->n_outputs, P = m->n_weights;
    (void)w, (void)direction;
    for (size_t i = 0; i < n; i++) {
        state s = place(m, (real *)states + i * state_size(m));
        for (size_t o = 0; o < D; o++) {
            tangents[i * D + o] = 0;
            for (size_t a = 0; a < P; a++)
                tangents[i * D + o] += s.jacobian[o * P + a] * v[a];
        }
    }
}

/* Sizes are held against what double precision makes of terms: errors count as many times. */
static void turn(const void *model, const real *w, const real *v, size_t n, const real *u_dots,
                 const real *states, real *direction, real *product, real *sizes)
{
    const oracle_numerical *m = model;
    size_t D = m->n_outputs, P = m->n_weights;
    (void)w, (void)direction;
    for (size_t i = 0; i < n; i++) {
        state s = place(m, (real *)states + i * state_size(m));
        for (size_t a = 0; a < P; a++) {
            for (size_t b = 0; b < P; b++) {
                size_t low = a < b ? a : b, high = a < b ? b : a;
                size_t pair = low * P - low * (low + 1) / 2 + high;
                product[a] += s.second[pair] * v[b];
                if (sizes)
                    sizes[a] +=
                        (REAL(fabs)(s.second[pair]) + s.off[pair] / DBL_EPSILON) * REAL(fabs)(v[b]);
            }
            for (size_t o = 0; o < D; o++) {
                real u = u_dots[i * D + o], slope = s.jacobian[o * P + a];
                product[a] += u * slope;
                if (sizes)
                    sizes[a] +=
                        REAL(fabs)(u) * (REAL(fabs)(slope) + s.errors[o * P + a] / DBL_EPSILON);
            }
        }
    }
}

static size_t n_blocks(const void *model)
{
    (void)model;
    return 1;
}

static size_t block_size(const void *model)
{
    (void)model;
    return 1;
}

/* Here sizes are held against what extended precision makes of terms, eight units at least. */
static void curve(const void *model, const real *w, size_t block, size_t n, const real *forms,
                  const real *states, real *room, real *hessian, real *sizes)
{
    const oracle_numerical *m = model;
    const real unit = (real)ldexp(8, -REAL_BITS);
    size_t D = m->n_outputs, P = m->n_weights;
    (void)w, (void)block, (void)room;
    for (size_t i = 0; i < n; i++) {
        state s = place(m, (real *)states + i * state_size(m));
        const real *F = forms + i * D * D;
        for (size_t a = 0, pair = 0; a < P; a++)
            for (size_t b = a; b < P; b++, pair++) {
                real sum = s.second[pair], size = REAL(fabs)(sum) + s.off[pair] / unit;
                for (size_t e = 0; e < D * D; e++) {
                    size_t ja = e / D * P + a, jb = e % D * P + b;
                    real x = s.jacobian[ja], y = s.jacobian[jb];
                    sum += F[e] * x * y;
                    size += REAL(fabs)(F[e]) *
                            (REAL(fabs)(x * y) +
                             (REAL(fabs)(x) * s.errors[jb] + REAL(fabs)(y) * s.errors[ja]) / unit);
                }
                hessian[a * P + b] += sum;
                sizes[a * P + b] += size;
            }
    }
}

/* ---- The model ---- */

static const oracle_functions functions = {state_size, direction_size, values, evaluate, pull,
                                           aim,        push,           turn,   n_blocks, block_size,
                                           curve};

oracle_model oracle_numerical_model(const oracle_numerical *m)
{
    return (oracle_model){&functions, m, m->n_inputs, m->n_outputs, m->n_weights};
}

bool oracle_is_numerical(const oracle_model *model)
{
    return model->functions == &functions;
}
