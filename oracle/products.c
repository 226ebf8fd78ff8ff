/* Hessian-vector products forward over reverse, by plain loops.
 *
 * With z = W a + b, a = act(z), and bars for the derivatives of a sample's loss by them, a dot is
 * the derivative along the direction V of the weights:
 *     z. = V a + W a.,     a. = act'(z) z.,
 *     z- = act'(z) a-,     z-. = act''(z) z. a- + act'(z) a-.,     a-. = V' z- + W' z-.
 * and the product's part for W is z-. a' + z- a.'. */
#include "oracle/spectrum.h"

#include <math.h>
#include <stdlib.h>

#include "oracle/eigen.h"
#include "oracle/products.h"

enum { BATCH = 32, ARRAYS = 5 };

typedef struct sweep {
    const oracle_problem *problem;
    oracle_part part;
    size_t n_weights, n_units, n_outputs;
    size_t *offset, *first; /* of each layer's units (n_layers + 1) and weights (n_layers) */
    real *weights;
    real *states;                    /* BATCH samples: a, act', act'', a-, z- of every unit */
    real *z_dot, *a_dot, *a_bar_dot; /* n_units each */
    real *scratch;                   /* n_outputs */
    real *memory;
} sweep;

/* One sample's numbers within `states`. */
typedef struct state {
    real *a, *slope, *bend, *a_bar, *z_bar;
} state;

static state state_of(const sweep *s, size_t i)
{
    real *at = s->states + i * ARRAYS * s->n_units;
    size_t n = s->n_units;
    return (state){at, at + n, at + 2 * n, at + 3 * n, at + 4 * n};
}

static void sweep_free(sweep *s)
{
    free(s->offset);
    free(s->first);
    free(s->memory);
}

static oracle_status sweep_create(sweep *s, const oracle_problem *problem, const double *weights)
{
    size_t L = problem->n_layers;
    oracle_status result;
    *s = (sweep){.problem = problem};
    ORACLE_TRY(oracle_allocate(&s->offset, L + 1, sizeof *s->offset));
    ORACLE_TRY(oracle_allocate(&s->first, L, sizeof *s->first));
    for (size_t l = 0; l <= L; l++) {
        s->offset[l] = s->n_units;
        s->n_units += problem->widths[l];
    }
    for (size_t l = 0; l < L; l++) {
        s->first[l] = s->n_weights;
        s->n_weights += problem->widths[l + 1] * (problem->widths[l] + (problem->bias[l] != 0));
    }
    s->n_outputs = problem->widths[L];
    ORACLE_TRY(oracle_allocate(&s->memory, s->n_weights + (BATCH * ARRAYS + 3) * s->n_units + 2 * s->n_outputs,
                 sizeof *s->memory));
    s->weights = s->memory;
    s->states = s->weights + s->n_weights;
    s->z_dot = s->states + BATCH * ARRAYS * s->n_units;
    s->a_dot = s->z_dot + s->n_units;
    s->a_bar_dot = s->a_dot + s->n_units;
    s->scratch = s->a_bar_dot + s->n_units;
    for (size_t i = 0; i < s->n_weights; i++)
        s->weights[i] = weights[i];
done:
    if (result != ORACLE_OK)
        sweep_free(s);
    return result;
}

/* out = s_i M in */
static void apply_metric(const sweep *s, size_t sample, const real *in, real *out)
{
    const oracle_problem *problem = s->problem;
    real weight = problem->sample_weights ? problem->sample_weights[sample] : 1;
    size_t n = s->n_outputs;
    for (size_t o = 0; o < n; o++) {
        real sum = problem->metric ? 0 : in[o];
        for (size_t q = 0; problem->metric && q < n; q++)
            sum += problem->metric[o * n + q] * in[q];
        out[o] = weight * sum;
    }
}

static void forward(const sweep *s, size_t sample, state t)
{
    const oracle_problem *problem = s->problem;
    for (size_t j = 0; j < problem->widths[0]; j++)
        t.a[j] = problem->inputs[sample * problem->widths[0] + j];
    for (size_t l = 0; l < problem->n_layers; l++) {
        size_t n_in = problem->widths[l], n_out = problem->widths[l + 1];
        const real *w = s->weights + s->first[l], *a = t.a + s->offset[l];
        for (size_t unit = 0; unit < n_out; unit++) {
            real z = problem->bias[l] ? w[n_out * n_in + unit] : 0;
            for (size_t r = 0; r < n_in; r++)
                z += w[unit * n_in + r] * a[r];
            size_t at = s->offset[l + 1] + unit;
            t.a[at] = oracle_activate(problem->activations[l], z);
            t.slope[at] = oracle_slope(problem->activations[l], z);
            t.bend[at] = oracle_bend(problem->activations[l], z);
        }
    }
}

static void backward(const sweep *s, size_t sample, state t)
{
    const oracle_problem *problem = s->problem;
    size_t last = s->offset[problem->n_layers];
    for (size_t o = 0; o < s->n_outputs; o++) {
        real residual = t.a[last + o] - problem->targets[sample * s->n_outputs + o];
        s->scratch[o] = s->part == ORACLE_GAUSS_NEWTON ? 0 : residual;
    }
    apply_metric(s, sample, s->scratch, t.a_bar + last);
    for (size_t l = problem->n_layers; l-- > 0;) {
        size_t n_in = problem->widths[l], n_out = problem->widths[l + 1];
        const real *w = s->weights + s->first[l];
        real *below = t.a_bar + s->offset[l];
        for (size_t r = 0; r < n_in; r++)
            below[r] = 0;
        for (size_t unit = 0; unit < n_out; unit++) {
            size_t at = s->offset[l + 1] + unit;
            t.z_bar[at] = t.slope[at] * t.a_bar[at];
            for (size_t r = 0; r < n_in; r++)
                below[r] += w[unit * n_in + r] * t.z_bar[at];
        }
    }
}

/* z. and a. of all units; `touched` says in which layers v has weights other than 0. */
static void forward_along(const sweep *s, state t, const real *v, const bool *touched)
{
    const oracle_problem *problem = s->problem;
    bool moving = false;
    for (size_t j = 0; j < problem->widths[0]; j++)
        s->a_dot[j] = 0;
    for (size_t l = 0; l < problem->n_layers; l++) {
        size_t n_in = problem->widths[l], n_out = problem->widths[l + 1];
        const real *w = s->weights + s->first[l], *d = v + s->first[l];
        const real *a = t.a + s->offset[l], *a_dot = s->a_dot + s->offset[l];
        for (size_t unit = 0; unit < n_out; unit++) {
            real sum = touched[l] && problem->bias[l] ? d[n_out * n_in + unit] : 0;
            for (size_t r = 0; moving && r < n_in; r++)
                sum += w[unit * n_in + r] * a_dot[r];
            for (size_t r = 0; touched[l] && r < n_in; r++)
                sum += d[unit * n_in + r] * a[r];
            size_t at = s->offset[l + 1] + unit;
            s->z_dot[at] = sum;
            s->a_dot[at] = t.slope[at] * sum;
        }
        moving |= touched[l];
    }
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

static void backward_along(const sweep *s, size_t sample, state t, const real *v,
                           const bool *touched, real *product, real *sizes)
{
    const oracle_problem *problem = s->problem;
    size_t last = s->offset[problem->n_layers];
    apply_metric(s, sample, s->a_dot + last, s->a_bar_dot + last);
    for (size_t o = 0; s->part == ORACLE_RESIDUAL && o < s->n_outputs; o++)
        s->a_bar_dot[last + o] = 0;
    for (size_t l = problem->n_layers; l-- > 0;) {
        size_t n_in = problem->widths[l], n_out = problem->widths[l + 1], first = s->first[l];
        const real *w = s->weights + first, *a = t.a + s->offset[l];
        const real *a_dot = s->a_dot + s->offset[l];
        real *below = s->a_bar_dot + s->offset[l];
        for (size_t r = 0; r < n_in; r++)
            below[r] = 0;
        for (size_t unit = 0; unit < n_out; unit++) {
            size_t at = s->offset[l + 1] + unit, row = first + unit * n_in;
            size_t bias = first + n_out * n_in + unit;
            real bar = t.z_bar[at];
            real dot = t.bend[at] * s->z_dot[at] * t.a_bar[at] + t.slope[at] * s->a_bar_dot[at];
            add_unit(n_in, bar, dot, a, a_dot, product + row, sizes ? sizes + row : NULL);
            if (problem->bias[l])
                product[bias] += dot;
            if (problem->bias[l] && sizes)
                sizes[bias] += REAL(fabs)(dot);
            for (size_t r = 0; l && r < n_in; r++)
                below[r] += w[unit * n_in + r] * dot;
            for (size_t r = 0; l && touched[l] && r < n_in; r++)
                below[r] += v[row + r] * bar;
        }
    }
}

static void find_touched(const sweep *s, const real *v, bool *touched)
{
    for (size_t l = 0; l < s->problem->n_layers; l++) {
        size_t end = l + 1 < s->problem->n_layers ? s->first[l + 1] : s->n_weights;
        touched[l] = false;
        for (size_t i = s->first[l]; i < end; i++)
            touched[l] |= v[i] < 0 || v[i] > 0;
    }
}

/* The derivative of the outputs along v, squared in the metric: its part of v'Gv. */
static real outputs_along(const sweep *s, size_t sample)
{
    const real *f_dot = s->a_dot + s->offset[s->problem->n_layers];
    real sum = 0;
    apply_metric(s, sample, f_dot, s->scratch);
    for (size_t o = 0; o < s->n_outputs; o++)
        sum += f_dot[o] * s->scratch[o];
    return sum;
}

/* products[d] = H v_d for n directions, one a row. `sizes` (n x P: sums of absolute values) and
 * `forms` (n: v'Gv) may be NULL. */
static oracle_status multiply(const oracle_problem *problem, const double *weights, oracle_part part,
                        size_t n, const real *directions, real *products, real *sizes, real *forms)
{
    sweep s = {0};
    bool *touched = NULL;
    real N = (real)problem->n_samples;
    oracle_status result;
    ORACLE_TRY(sweep_create(&s, problem, weights));
    s.part = part;
    ORACLE_TRY(oracle_allocate(&touched, problem->n_layers, sizeof *touched));
    for (size_t start = 0; start < problem->n_samples; start += BATCH) {
        size_t rest = problem->n_samples - start, count = rest < BATCH ? rest : BATCH;
        for (size_t i = 0; i < count; i++) {
            forward(&s, start + i, state_of(&s, i));
            backward(&s, start + i, state_of(&s, i));
        }
        for (size_t d = 0; d < n; d++) {
            const real *v = directions + d * s.n_weights;
            size_t row = d * s.n_weights;
            ORACLE_TRY(oracle_look(problem->stop));
            find_touched(&s, v, touched);
            for (size_t i = 0; i < count; i++) {
                forward_along(&s, state_of(&s, i), v, touched);
                backward_along(&s, start + i, state_of(&s, i), v, touched, products + row,
                               sizes ? sizes + row : NULL);
                if (forms)
                    forms[d] += outputs_along(&s, start + i);
            }
        }
    }
    for (size_t i = 0; i < n * s.n_weights; i++)
        products[i] /= N;
    for (size_t i = 0; sizes && i < n * s.n_weights; i++)
        sizes[i] /= N;
    for (size_t d = 0; forms && d < n; d++)
        forms[d] /= N;
done:
    free(touched);
    sweep_free(&s);
    return result;
}

oracle_status oracle_products(const oracle_problem *problem, const double *weights, oracle_part part,
                       size_t n, const real *directions, real *products, real *sizes, real *forms)
{
    size_t total = n * oracle_n_weights(problem);
    for (size_t i = 0; i < total; i++)
        products[i] = sizes[i] = 0;
    for (size_t d = 0; forms && d < n; d++)
        forms[d] = 0;
    return multiply(problem, weights, part, n, directions, products, sizes, forms);
}

oracle_status oracle_quotients(const oracle_problem *problem, const double *weights, size_t n,
                        const double *directions, double *quotients, double *norms)
{
    size_t P = oracle_n_weights(problem);
    real *v = NULL, *product;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, 2 * n * P, sizeof *v));
    product = v + n * P;
    for (size_t i = 0; i < n * P; i++)
        v[i] = directions[i];
    ORACLE_TRY(multiply(problem, weights, ORACLE_HESSIAN, n, v, product, NULL, NULL));
    for (size_t d = 0; d < n; d++) {
        real form = 0, square = 0;
        for (size_t i = d * P; i < (d + 1) * P; i++) {
            form += v[i] * product[i];
            square += v[i] * v[i];
        }
        quotients[d] = (double)(form / square);
        if (norms)
            norms[d] = (double)REAL(sqrt)(square);
    }
done:
    free(v);
    return result;
}
