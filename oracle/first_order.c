/* Loss, gradient and their rounding unit once more, by plain loops over samples in extended
 * precision: slow, simple, and nothing in common with the library. */
#include "oracle/first_order.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "oracle/activation.h"
#include "oracle/dot.h"
#include "oracle/network.h"
#include "oracle/numerical.h"
#include "oracle/penalty.h"
#include "oracle/products.h"

bool oracle_available(void)
{
    return REAL_BITS > 53;
}

const char *oracle_type(void)
{
    return REAL_NAME;
}

double oracle_epsilon(void)
{
    return ldexp(1, -REAL_BITS);
}

/* ---- One sample at a time
 * ------------------------------------------------------------------------ */

/* Values at the units of all layers, those of layer l from offset[l] on; layer 0 are the inputs. */
typedef struct pass {
    const oracle_problem *problem;
    const double *weights;
    bool float32;   /* round inputs, targets and weights */
    size_t *offset; /* n_layers + 1 */
    size_t *first;  /* of each layer's weights, n_layers */
    size_t n_units, n_outputs, n_weights;
    real *a, *act_slope, *scale; /* outputs of units, act'(z), and the error scale phi of a */
    real *slope_scale;           /* that of act'(z) */
    real *delta, *absolute;      /* derivatives by z; sums of their absolute values */
    real *delta_scale;           /* the error scale of delta */
    real *residual, *target;     /* n_outputs each: f - y, y */
    real *cotangent, *weighted;  /* n_outputs each */
    real *memory;
    real kink_margin, kink_rounding;
    bool *off; /* of all units: z < 0 */
} pass;

static real rounded(const pass *p, double value)
{
    return p->float32 ? (real)(float)value : (real)value;
}

static void pass_free(pass *p)
{
    free(p->offset);
    free(p->first);
    free(p->memory);
    free(p->off);
}

static void place_arrays(pass *p)
{
    real **const arrays[] = {&p->a,      &p->act_slope, &p->scale,       &p->slope_scale,
                             &p->delta,  &p->absolute,  &p->delta_scale, &p->residual,
                             &p->target, &p->cotangent, &p->weighted};
    real *next = p->memory;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = next;
        next += i < 7 ? p->n_units : p->n_outputs;
    }
}

/* To be freed even after a failure. */
static oracle_status pass_create(pass *p, const oracle_problem *problem, const double *weights,
                                 bool float32)
{
    *p = (pass){.problem = problem, .weights = weights, .float32 = float32};
    p->kink_margin = INFINITY;
    p->kink_rounding = 0;
    size_t n_layers = layers_of(problem)->n_layers;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&p->offset, n_layers + 1, sizeof *p->offset));
    ORACLE_TRY(oracle_allocate(&p->first, n_layers, sizeof *p->first));
    for (size_t l = 0; l <= n_layers; l++) {
        p->offset[l] = p->n_units;
        p->n_units += layers_of(problem)->widths[l];
    }
    for (size_t l = 0; l < n_layers; l++) {
        p->first[l] = p->n_weights;
        p->n_weights += layers_of(problem)->widths[l + 1] *
                        (layers_of(problem)->widths[l] + (layers_of(problem)->bias[l] != 0));
    }
    p->n_outputs = layers_of(problem)->widths[n_layers];
    ORACLE_TRY(oracle_allocate(&p->memory, 7 * p->n_units + 4 * p->n_outputs, sizeof *p->memory));
    ORACLE_TRY(oracle_allocate(&p->off, p->n_units, sizeof *p->off));
    place_arrays(p);
done:
    return result;
}

/* How far a function moves at most with an error dz of its argument, in units of eps: it has this
 * derivative there, and the suprema of itself and of its first two derivatives are given. */
static real change(real derivative, const double *supremum, real dz)
{
    real bound = REAL(fabs)(derivative) * dz + supremum[2] / 2 * dz * dz;
    if (isfinite(supremum[1]))
        bound = REAL(fmin)(bound, supremum[1] * dz);
    if (isfinite(supremum[0]))
        bound = REAL(fmin)(bound, 2 * supremum[0]);
    return bound / DBL_EPSILON;
}

/* Whether a unit of layer l that is 0 leaves 0 with the weights: not where all its inputs are 0 and
 * stay so, as the network's own or those from rectified units that are off. */
static bool may_leave_zero(const pass *p, size_t l)
{
    const oracle_problem *problem = p->problem;
    bool zero = true, off = l > 0 && layers_of(problem)->activations[l - 1] == CRITPT_RELU;
    if (layers_of(problem)->bias[l])
        return true;
    for (size_t r = 0; r < layers_of(problem)->widths[l]; r++) {
        zero = zero && p->a[p->offset[l] + r] == 0;
        off = off && p->off[p->offset[l] + r];
    }
    return !off && !(zero && (l == 0 || !may_leave_zero(p, l - 1)));
}

/* The error scales of a = act(z) and of act'(z). */
static void scale_unit(pass *p, const oracle_activation *act, size_t at, real z, real phi_z)
{
    const double *supremum = act->supremum;
    real dz = phi_z * DBL_EPSILON;
    p->scale[at] = phi_z;
    p->slope_scale[at] = 0;
    if (act->is_exact)
        return;
    real bent = act->bend(z);
    p->scale[at] = change(p->act_slope[at], supremum, dz) + REAL(fabs)(p->a[at]);
    p->slope_scale[at] = change(bent, supremum + 1, dz);
    /* in a tail derivatives may lie below any dz, and the suprema outgrow them */
    bool outgrown = dz > 1e-8 || supremum[2] * dz > REAL(fabs)(p->act_slope[at]) ||
                    (bent != 0 && supremum[3] * dz > REAL(fabs)(bent));
    if (outgrown && REAL(fabs)(z) - dz > act->tail) {
        real slope = REAL(fmax)(REAL(fabs)(act->slope(z - dz)), REAL(fabs)(act->slope(z + dz)));
        real bend = REAL(fmax)(REAL(fabs)(act->bend(z - dz)), REAL(fabs)(act->bend(z + dz)));
        p->scale[at] = REAL(fmin)(p->scale[at], slope * phi_z + REAL(fabs)(p->a[at]));
        p->slope_scale[at] = REAL(fmin)(p->slope_scale[at], bend * phi_z);
    }
    if (act->has_kink && dz > 0 && REAL(fabs)(z) <= dz) { /* perhaps on the other side */
        p->scale[at] = REAL(fmax)(p->scale[at], supremum[1] * phi_z);
        p->slope_scale[at] = REAL(fmax)(p->slope_scale[at], act->jump / DBL_EPSILON);
    }
}

/* z = W a + b, a = act(z), and the error scale phi_z = |W| (|a| + phi_a) + |b|, phi_a being 0 for
 * the inputs. */
static void forward_unit(pass *p, size_t l, size_t unit)
{
    const oracle_problem *problem = p->problem;
    size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
    const double *row = p->weights + p->first[l] + unit * n_in;
    const real *a = p->a + p->offset[l], *phi = p->scale + p->offset[l];
    real z = 0, phi_z = 0;
    for (size_t r = 0; r < n_in; r++) {
        real w = rounded(p, row[r]);
        z += w * a[r];
        phi_z += REAL(fabs)(w) * (REAL(fabs)(a[r]) + phi[r]);
    }
    if (layers_of(problem)->bias[l]) {
        real b = rounded(p, p->weights[p->first[l] + n_out * n_in + unit]);
        z += b;
        phi_z += REAL(fabs)(b);
    }
    const oracle_activation *act = oracle_activation_of(layers_of(problem)->activations[l]);
    size_t at = p->offset[l + 1] + unit;
    p->a[at] = act->value(z);
    p->act_slope[at] = act->slope(z);
    p->off[at] = z < 0;
    scale_unit(p, act, at, z, phi_z);
    if (!act->has_kink || (z == 0 && !may_leave_zero(p, l)))
        return;
    p->kink_margin = REAL(fmin)(p->kink_margin, REAL(fabs)(z));
    p->kink_rounding = REAL(fmax)(p->kink_rounding, phi_z);
}

static void forward(pass *p, size_t sample)
{
    const oracle_problem *problem = p->problem;
    for (size_t j = 0; j < layers_of(problem)->widths[0]; j++)
        p->a[j] = rounded(p, problem->inputs[sample * layers_of(problem)->widths[0] + j]);
    for (size_t l = 0; l < layers_of(problem)->n_layers; l++)
        for (size_t unit = 0; unit < layers_of(problem)->widths[l + 1]; unit++)
            forward_unit(p, l, unit);
    const real *f = p->a + p->offset[layers_of(problem)->n_layers];
    for (size_t o = 0; o < p->n_outputs; o++) {
        p->target[o] = rounded(p, problem->targets[sample * p->n_outputs + o]);
        p->residual[o] = f[o] - p->target[o];
    }
}

/* out = s_i M in, without the 1/N of Mn. */
static void apply_metric(const pass *p, size_t sample, const real *in, real *out)
{
    const oracle_problem *problem = p->problem;
    real s = problem->sample_weights ? problem->sample_weights[sample] : 1;
    for (size_t o = 0; o < p->n_outputs; o++) {
        real sum = problem->metric ? 0 : in[o];
        for (size_t q = 0; problem->metric && q < p->n_outputs; q++)
            sum += problem->metric[o * p->n_outputs + q] * in[q];
        out[o] = s * sum;
    }
}

/* out = s_i |M| |in|, entry by entry: the terms of the metric's sums, which may cancel. */
static void apply_absolute_metric(const pass *p, size_t sample, const real *in, real *out)
{
    const oracle_problem *problem = p->problem;
    real s = problem->sample_weights ? problem->sample_weights[sample] : 1;
    for (size_t o = 0; o < p->n_outputs; o++) {
        real sum = problem->metric ? 0 : REAL(fabs)(in[o]);
        for (size_t q = 0; problem->metric && q < p->n_outputs; q++)
            sum += REAL(fabs)(problem->metric[o * p->n_outputs + q] * in[q]);
        out[o] = s * sum;
    }
}

/* delta = the derivatives of <cotangent, f> by every z. */
static void backward(pass *p, const real *cotangent)
{
    const oracle_problem *problem = p->problem;
    size_t last = p->offset[layers_of(problem)->n_layers];
    for (size_t o = 0; o < p->n_outputs; o++)
        p->delta[last + o] = cotangent[o] * p->act_slope[last + o];
    for (size_t l = layers_of(problem)->n_layers - 1; l > 0; l--) {
        size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
        for (size_t r = 0; r < n_in; r++) {
            real sum = 0;
            for (size_t unit = 0; unit < n_out; unit++)
                sum += rounded(p, p->weights[p->first[l] + unit * n_in + r]) *
                       p->delta[p->offset[l + 1] + unit];
            p->delta[p->offset[l] + r] = sum * p->act_slope[p->offset[l] + r];
        }
    }
}

/* result += the derivatives by the weights: delta x (a, 1), or with |a|. */
static void add_outer(const pass *p, const real *delta, bool absolute, real *result)
{
    const oracle_problem *problem = p->problem;
    for (size_t l = 0; l < layers_of(problem)->n_layers; l++) {
        size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
        const real *a = p->a + p->offset[l], *d = delta + p->offset[l + 1];
        real *g = result + p->first[l];
        for (size_t unit = 0; unit < n_out; unit++)
            for (size_t r = 0; r < n_in; r++)
                g[unit * n_in + r] += d[unit] * (absolute ? REAL(fabs)(a[r]) : a[r]);
        for (size_t unit = 0; layers_of(problem)->bias[l] && unit < n_out; unit++)
            g[n_out * n_in + unit] += d[unit];
    }
}

/* The error scales of delta, which backward left, and what they and those of the activations make
 * of the gradient by the weights: added to result. */
static void add_derivative_errors(pass *p, const real *cotangent, real *result)
{
    const oracle_problem *problem = p->problem;
    size_t last = p->offset[layers_of(problem)->n_layers];
    for (size_t o = 0; o < p->n_outputs; o++)
        p->delta_scale[last + o] = REAL(fabs)(cotangent[o]) * p->slope_scale[last + o];
    for (size_t l = layers_of(problem)->n_layers; l-- > 0;) {
        size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
        const real *delta = p->delta + p->offset[l + 1], *scale = p->delta_scale + p->offset[l + 1];
        real *g = result + p->first[l];
        for (size_t r = 0; r < n_in; r++) {
            size_t at = p->offset[l] + r;
            real e = 0, error = 0, phi = l ? p->scale[at] : 0;
            for (size_t unit = 0; unit < n_out; unit++) {
                real w = p->weights[p->first[l] + unit * n_in + r];
                e += w * delta[unit];
                error += REAL(fabs)(w) * (scale[unit] + REAL(fabs)(delta[unit]));
                g[unit * n_in + r] += scale[unit] * REAL(fabs)(p->a[at]) +
                                      (REAL(fabs)(delta[unit]) + DBL_EPSILON * scale[unit]) * phi;
            }
            if (l > 0)
                p->delta_scale[at] =
                    REAL(fabs)(e) * p->slope_scale[at] +
                    error * (REAL(fabs)(p->act_slope[at]) + DBL_EPSILON * p->slope_scale[at]);
        }
        for (size_t unit = 0; layers_of(problem)->bias[l] && unit < n_out; unit++)
            g[n_out * n_in + unit] += scale[unit];
    }
}

/* |J_i|_F^2 of one sample, and `absolute` = sum_o |delta of output o| weighted[o]: both need the
 * derivatives of every output by itself. */
static real every_output(pass *p)
{
    const oracle_problem *problem = p->problem;
    real total = 0;
    for (size_t i = 0; i < p->n_units; i++)
        p->absolute[i] = 0;
    for (size_t o = 0; o < p->n_outputs; o++) {
        for (size_t q = 0; q < p->n_outputs; q++)
            p->cotangent[q] = q == o;
        backward(p, p->cotangent);
        for (size_t l = 0; l < layers_of(problem)->n_layers; l++) {
            const real *a = p->a + p->offset[l], *d = p->delta + p->offset[l + 1];
            size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
            total += dot(d, d, n_out) * (dot(a, a, n_in) + (layers_of(problem)->bias[l] != 0));
        }
        for (size_t i = p->offset[1]; i < p->n_units; i++)
            p->absolute[i] += REAL(fabs)(p->delta[i]) * p->weighted[o];
    }
    return total;
}

/* ---- Sums over the samples
 * ------------------------------------------------------------------------ */

/* Vectors of n_weights, all still without the factor 1/N. */
typedef struct sums {
    real *gradient, *target_gradient; /* J'Mn r, J'Mn y */
    real *absolute_gradient;          /* |J|'Mn phi, and errors of J in J'Mn r */
    real loss, loss_error, level, jacobian_squared, residual_squared;
} sums;

static void add_sample(pass *p, sums *s, size_t sample)
{
    const real *phi = p->scale + p->offset[layers_of(p->problem)->n_layers];
    size_t n = p->n_outputs;
    forward(p, sample);
    apply_absolute_metric(p, sample, p->residual, p->weighted);
    s->residual_squared += dot(p->weighted, p->weighted, n);
    for (size_t o = 0; o < n; o++)
        s->loss_error += REAL(fabs)(p->residual[o]) * p->weighted[o] / 2;
    apply_metric(p, sample, p->residual, p->weighted);
    s->loss += dot(p->residual, p->weighted, n);
    for (size_t o = 0; o < n; o++)
        s->loss_error += REAL(fabs)(p->weighted[o]) * phi[o];
    backward(p, p->weighted);
    add_outer(p, p->delta, false, s->gradient);
    if (p->float32)
        return;
    add_derivative_errors(p, p->weighted, s->absolute_gradient);
    apply_metric(p, sample, p->target, p->weighted);
    s->level += dot(p->target, p->weighted, n);
    backward(p, p->weighted);
    add_outer(p, p->delta, false, s->target_gradient);
    apply_absolute_metric(p, sample, phi, p->weighted);
    s->jacobian_squared += every_output(p);
    add_outer(p, p->absolute, true, s->absolute_gradient);
}

static oracle_status sum_samples(pass *p, sums *s)
{
    for (size_t i = 0; i < p->problem->n_samples; i++) {
        if (oracle_check_stop(p->problem->stop) != ORACLE_OK)
            return ORACLE_STOPPED;
        add_sample(p, s, i);
    }
    real n = (real)p->problem->n_samples; /* the sums are still to be divided by it */
    oracle_penalty_add_gradient(p->problem, p->weights, p->float32, n, s->gradient,
                                s->absolute_gradient);
    s->loss += 2 * n * oracle_penalty(p->problem, p->weights);
    return ORACLE_OK;
}

static real norm(const real *v, size_t n)
{
    return REAL(sqrt)(dot(v, v, n));
}

static void finish(const pass *p, const sums *s, oracle_values *values)
{
    real n = (real)p->problem->n_samples, largest = 0;
    for (size_t i = 0; i < p->n_weights; i++)
        largest = REAL(fmax)(largest, REAL(fabs)(s->gradient[i]));
    values->loss = (double)(s->loss / (2 * n));
    values->loss_rounding = (double)(s->loss_error / n);
    values->level = (double)(s->level / n);
    values->gradient_norm = (double)(norm(s->gradient, p->n_weights) / n);
    values->gradient_max = (double)(largest / n);
    values->unit = (double)((REAL(sqrt)(s->jacobian_squared * s->residual_squared) +
                             norm(s->target_gradient, p->n_weights) +
                             norm(s->absolute_gradient, p->n_weights)) /
                            n);
    values->gradient_error = 0;
    values->kink_margin = (double)p->kink_margin;
    values->kink_rounding = (double)p->kink_rounding;
}

static bool fit_float32(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isinf((float)values[i]))
            return false;
    return true;
}

/* The norm that the sums over rounded data give; infinity where float32 has no finite number for
 * one of these, or the sums overflow. */
static double norm_float32(const pass *p, const sums *s)
{
    const oracle_problem *problem = p->problem;
    size_t n = problem->n_samples, d = layers_of(problem)->widths[0];
    double found = (double)(norm(s->gradient, p->n_weights) / (real)n);
    bool fit = fit_float32(problem->inputs, n * d) &&
               fit_float32(problem->targets, n * p->n_outputs) &&
               fit_float32(p->weights, p->n_weights);
    return fit && isfinite(found) ? found : INFINITY;
}

static oracle_status evaluate_network(const oracle_problem *problem, const double *weights,
                                      oracle_values *values)
{
    pass p = {0}, rough = {0};
    sums s = {0}, rough_sums = {0};
    real *memory = NULL;
    size_t n = problem->model.n_weights;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&memory, 4 * n, sizeof *memory));
    s.gradient = memory;
    s.target_gradient = memory + n;
    s.absolute_gradient = memory + 2 * n;
    rough_sums.gradient = memory + 3 * n;
    ORACLE_TRY(pass_create(&p, problem, weights, false));
    ORACLE_TRY(pass_create(&rough, problem, weights, true));
    ORACLE_TRY(sum_samples(&p, &s));
    ORACLE_TRY(sum_samples(&rough, &rough_sums));
    finish(&p, &s, values);
    values->gradient_norm_float32 = norm_float32(&rough, &rough_sums);
done:
    pass_free(&p);
    pass_free(&rough);
    free(memory);
    return result;
}

oracle_status oracle_evaluate(const oracle_problem *problem, const double *weights,
                              oracle_values *values)
{
    return oracle_is_numerical(&problem->model)
               ? oracle_numerical_evaluate(problem, weights, values)
               : evaluate_network(problem, weights, values);
}
