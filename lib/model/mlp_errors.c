/* Running errors of the layered network: what rounding does to values and derivatives, carried
 * through the layers by one more pass with absolute values (MATH 9).
 *
 * An error dz of z moves act'(z) by at most min(|act''| dz + sup |act'''| dz^2 / 2, sup |act''| dz,
 * 2 sup |act'|), and act and act'' alike: the second term keeps inflections from hiding it, the
 * last lets huge arguments lose no more than there is. In the tails derivatives lie below any such
 * term, and what bounds them there is how fast they may grow, or, as they are monotone, the ends of
 * [z - dz, z + dz]: saturated units do not make errors of their own. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "model/activation.h"
#include "model/mlp.h"

/* For a function of z with this derivative, the suprema of its second and first derivative and of
 * itself. Infinite ones times 0 are NaN, which no comparison prefers. */
static inline double change(double derivative, double second, double first, double size, double dz)
{
    double bound = fabs(derivative) * dz + second / 2 * dz * dz;
    bound = first * dz < bound ? first * dz : bound;
    return 2 * size < bound ? 2 * size : bound;
}

/* By how much derivatives may grow within dz of z in a tail: exp(x) <= 1 + 2 x up to x = 1/2.
 * Infinite outside the tails, and where dz is too large to say. */
static inline double growth(const cpt_model_activation_traits *traits, double z, double dz)
{
    double x = (2 * fabs(z) + CPT_MODEL_TAIL_RATE) * dz;
    return x <= 0.5 && fabs(z) - dz > traits->tail ? 1 + 2 * x : INFINITY;
}

/* The smaller of a bound and of |derivative| growth dz, which is 0 where the derivative is. */
static inline double limit(double bound, double derivative, double growth, double dz)
{
    double grown = growth * dz * fabs(derivative);
    return grown < bound ? grown : bound;
}

/* Roundings of a sum of k terms and a bias. */
static double sum_rounding(const cpt_rounding *rounding, size_t k)
{
    return rounding->certain ? rounding->epsilon / 2 * (double)(k + 2) : rounding->epsilon;
}

/* to = u |a| + da */
static void round_rows(double u, const double *a, const double *da, size_t n, double *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = u * fabs(a[i]) + da[i];
}

/* dz = |W| (u |a| + da) + u |b|, the inputs of the network having no errors. */
static void cross_weights(const cpt_mlp *mlp, const cpt_batch *batch, size_t l,
                          const cpt_rounding *rounding, double *dz)
{
    const cpt_layer *layer = &mlp->layers[l];
    const double *inputs = cpt_mlp_input_rows(mlp, batch, l);
    size_t n = batch->n, k = layer->n_inputs;
    double u = sum_rounding(rounding, k), *rounded = cpt_mlp_scratch(mlp, batch, 1);
    if (l > 0)
        round_rows(u, inputs, cpt_mlp_value_errors(layer - 1, batch), k * n, rounded);
    for (size_t p = 0; p < layer->n_units; p++) {
        const double *w = batch->weights + layer->weights + p * k;
        double *row = dz + p * n,
               bias = layer->bias ? u * fabs(batch->weights[layer->biases + p]) : 0;
        for (size_t i = 0; i < n; i++)
            row[i] = bias;
        for (size_t r = 0; r < k; r++) {
            double size = fabs(w[r]);
            if (l > 0)
                cpt_linalg_axpy(n, size, rounded + r * n, row);
            else
                for (size_t i = 0; i < n; i++)
                    row[i] += u * size * fabs(inputs[r * n + i]);
        }
    }
}

/* A pre-activation that may be on the other side of the kink takes the jump there. */
static void cross_kinks(const cpt_layer *layer, const cpt_model_activation_traits *traits,
                        const cpt_batch *batch, const double *dz)
{
    const double *z = cpt_mlp_preactivation_rows(layer, batch);
    double *da = cpt_mlp_value_errors(layer, batch), *d1 = cpt_mlp_slope_errors(layer, batch),
           *d2 = cpt_mlp_curvature_errors(layer, batch);
    for (size_t i = 0; i < layer->n_units * batch->n; i++)
        if (dz[i] > 0 && fabs(z[i]) <= dz[i]) {
            da[i] = fmax(da[i], traits->bound[0] * dz[i]);
            if (traits->kink == 1)
                d1[i] = fmax(d1[i], traits->bound[0] - traits->slope);
            else
                d2[i] = fmax(d2[i], traits->bound[1]);
        }
}

/* Errors too large for `growth` that keep z in a tail: by the derivatives at the two ends. */
static void enter_tails(const cpt_layer *layer, const cpt_model_activation_traits *traits,
                        const cpt_batch *batch, double u, bool third, const double *dz)
{
    const double *z = cpt_mlp_preactivation_rows(layer, batch),
                 *a = cpt_mlp_value_rows(layer, batch);
    double *da = cpt_mlp_value_errors(layer, batch), *d1 = cpt_mlp_slope_errors(layer, batch),
           *d2 = cpt_mlp_curvature_errors(layer, batch);
    for (size_t i = 0; i < layer->n_units * batch->n; i++) {
        if (!(fabs(z[i]) - dz[i] > traits->tail) || isfinite(growth(traits, z[i], dz[i])))
            continue;
        const double ends[2] = {z[i] - dz[i], z[i] + dz[i]};
        double value[2], first[2], second[2], last[2];
        cpt_model_activation_evaluate(layer->activation, 2, ends, value, first, second, last);
        da[i] = fmin(da[i], dz[i] * fmax(fabs(first[0]), fabs(first[1])) + u * fabs(a[i]));
        d1[i] = fmin(d1[i], dz[i] * fmax(fabs(second[0]), fabs(second[1])));
        if (third)
            d2[i] = fmin(d2[i], dz[i] * fmax(fabs(last[0]), fabs(last[1])));
    }
}

/* The errors of a layer's a, act' and, where act''' is known, act''. */
static void cross_activation(const cpt_layer *layer, const cpt_batch *batch,
                             const cpt_rounding *rounding, bool third, const double *dz)
{
    const cpt_model_activation_traits *traits = cpt_model_activation_find(layer->activation);
    const double *bound = traits->bound, *a = cpt_mlp_value_rows(layer, batch),
                 *z = cpt_mlp_preactivation_rows(layer, batch),
                 *first = cpt_mlp_slope_rows(layer, batch),
                 *second = cpt_mlp_curvature_rows(layer, batch);
    double *da = cpt_mlp_value_errors(layer, batch), *d1 = cpt_mlp_slope_errors(layer, batch),
           *d2 = cpt_mlp_curvature_errors(layer, batch);
    double u = rounding->certain ? 4 * rounding->epsilon : rounding->epsilon;
    size_t count = layer->n_units * batch->n;
    if (!first) {
        memcpy(da, dz, count * sizeof *da);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        double grown = growth(traits, z[i], dz[i]);
        double value = change(first[i], bound[1], bound[0], traits->size, dz[i]);
        double slope = change(second[i], bound[2], bound[1], bound[0], dz[i]);
        da[i] = limit(value, first[i], grown, dz[i]) + u * fabs(a[i]);
        d1[i] = limit(slope, second[i], grown, dz[i]);
        if (third)
            d2[i] = limit(change(d2[i], bound[3], bound[2], bound[1], dz[i]), d2[i], grown, dz[i]);
    }
    if (isfinite(traits->tail))
        enter_tails(layer, traits, batch, u, third, dz);
    if (traits->kink)
        cross_kinks(layer, traits, batch, dz);
}

static void find_errors(const cpt_mlp *mlp, const cpt_batch *batch, const cpt_rounding *rounding,
                        bool third)
{
    double *dz = cpt_mlp_scratch(mlp, batch, 0);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        cross_weights(mlp, batch, l, rounding, dz);
        cross_activation(&mlp->layers[l], batch, rounding, third, dz);
    }
}

static const cpt_rounding unit = {DBL_EPSILON, DBL_EPSILON, DBL_EPSILON, false};

critpt_status cpt_mlp_error_scale(const critpt_model *model, cpt_batch *batch, double *phi)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    find_errors(mlp, batch, &unit, false);
    const double *errors = cpt_mlp_value_errors(&mlp->layers[mlp->n_layers - 1], batch);
    for (size_t i = 0; i < model->n_outputs * batch->n; i++)
        phi[i] = errors[i] / DBL_EPSILON;
    return CRITPT_OK;
}

/* From the errors of e_l to those of delta_l: |e| d1 + de |act'|. */
static void cross_slopes(const cpt_layer *layer, const cpt_batch *batch, double *e, double *de)
{
    const double *slope = cpt_mlp_slope_rows(layer, batch),
                 *error = cpt_mlp_slope_errors(layer, batch);
    for (size_t i = 0; slope && i < layer->n_units * batch->n; i++) {
        de[i] = fabs(e[i]) * error[i] + de[i] * (fabs(slope[i]) + error[i]);
        e[i] *= slope[i];
    }
}

/* Sum of x |y|, by eight sums that need not wait for each other. */
static double absolute_dot(size_t n, const double *x, const double *y)
{
    double total[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            total[j] += x[i + j] * fabs(y[i + j]);
    for (; i < n; i++)
        total[0] += x[i] * fabs(y[i]);
    return cpt_mlp_sum(total, 8);
}

/* products += |ddelta| |abar| + (|delta| + |ddelta|) |da|; scratch has room for n. */
static void add_errors(const cpt_mlp *mlp, const cpt_batch *batch, size_t l, const double *delta,
                       const double *ddelta, double *scratch, double *products)
{
    const cpt_layer *layer = &mlp->layers[l];
    const double *inputs = cpt_mlp_input_rows(mlp, batch, l);
    const double *da = l ? cpt_mlp_value_errors(layer - 1, batch) : NULL;
    size_t n = batch->n;
    for (size_t p = 0; p < layer->n_units; p++, delta += n, ddelta += n) {
        double *to = products + layer->weights + p * layer->n_inputs;
        for (size_t i = 0; i < n; i++)
            scratch[i] = fabs(delta[i]) + ddelta[i];
        for (size_t r = 0; r < layer->n_inputs; r++) {
            double sum = absolute_dot(n, ddelta, inputs + r * n);
            to[r] += (sum + (da ? absolute_dot(n, scratch, da + r * n) : 0)) / DBL_EPSILON;
        }
        if (layer->bias)
            products[layer->biases + p] += cpt_mlp_sum(ddelta, n) / DBL_EPSILON;
    }
}

/* e_{l-1} = W' delta and its errors, |W|' (ddelta + eps |delta|); ddelta is not kept. */
static void step_back(const cpt_layer *layer, const cpt_batch *batch, const double *delta,
                      double *ddelta, double *e, double *de)
{
    size_t n = batch->n, k = layer->n_inputs;
    round_rows(DBL_EPSILON, delta, ddelta, layer->n_units * n, ddelta);
    memset(e, 0, k * n * sizeof *e);
    memset(de, 0, k * n * sizeof *de);
    for (size_t p = 0; p < layer->n_units; p++)
        for (size_t r = 0; r < k; r++) {
            double w = batch->weights[layer->weights + p * k + r];
            cpt_linalg_axpy(n, w, delta + p * n, e + r * n);
            cpt_linalg_axpy(n, fabs(w), ddelta + p * n, de + r * n);
        }
}

static void swap(double **x, double **y)
{
    double *first = *x;
    *x = *y;
    *y = first;
}

/* The errors of act'' are not needed here: their rows hold e and delta, those of act'' their
 * errors. */
critpt_status cpt_mlp_derivative_errors(const critpt_model *model, cpt_batch *batch,
                                        const double *cotangent, double *products)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t n = batch->n, last = mlp->n_layers - 1;
    size_t lowest = cpt_mlp_lowest(mlp, batch->first_weight);
    double *e = cpt_mlp_scratch(mlp, batch, 0), *de = cpt_mlp_scratch(mlp, batch, 1);
    double *e_next = cpt_mlp_scratch(mlp, batch, 2), *de_next = cpt_mlp_scratch(mlp, batch, 3);
    memcpy(e, cotangent, model->n_outputs * n * sizeof *e);
    memset(de, 0, model->n_outputs * n * sizeof *de);
    for (size_t l = last + 1; l-- > lowest;) {
        cross_slopes(&mlp->layers[l], batch, e, de);
        add_errors(mlp, batch, l, e, de, e_next, products);
        if (l > lowest)
            step_back(&mlp->layers[l], batch, e, de, e_next, de_next);
        swap(&e, &e_next);
        swap(&de, &de_next);
    }
    return CRITPT_OK;
}

/* ---- Absolute values for bounds of second derivatives ---- */

/* shares[i] grows to the largest error of a derivative beside its supremum. Layers whose
 * derivatives are those of a polynomial need none: there the errors of z count like rounding. */
static void widen_shares(const cpt_layer *layer, const cpt_batch *batch, double *shares)
{
    const cpt_model_activation_traits *traits = cpt_model_activation_find(layer->activation);
    const double *d1 = cpt_mlp_slope_errors(layer, batch),
                 *d2 = cpt_mlp_curvature_errors(layer, batch);
    bool smooth_polynomial = traits->homogeneity && !traits->kink;
    for (size_t p = 0; !smooth_polynomial && p < layer->n_units; p++)
        for (size_t i = 0; i < batch->n; i++) {
            double share = fmax(d1[p * batch->n + i] / traits->bound[0],
                                d2[p * batch->n + i] / traits->bound[1]);
            shares[i] = fmax(shares[i], fmin(share, 1));
        }
}

static void make_absolute(double *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        values[i] = fabs(values[i]);
}

critpt_status cpt_mlp_make_absolute(const critpt_model *model, cpt_batch *batch,
                                    const cpt_rounding *rounding, double *weights, double *shares)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    find_errors(mlp, batch, rounding, true);
    for (size_t i = 0; i < batch->n; i++)
        shares[i] = rounding->share;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        size_t count = layer->n_units * batch->n;
        widen_shares(layer, batch, shares);
        make_absolute(cpt_mlp_value_rows(layer, batch), count);
        make_absolute(cpt_mlp_slope_rows(layer, batch), count);
        make_absolute(cpt_mlp_curvature_rows(layer, batch), count);
    }
    for (size_t j = 0; j < model->n_weights; j++)
        weights[j] = fabs(batch->weights[j]);
    batch->weights = weights;
    return CRITPT_OK;
}

/* values += errors / shares */
static void enlarge(double *values, const double *errors, size_t rows, size_t n,
                    const double *inverse)
{
    for (size_t r = 0; values && r < rows; r++)
        for (size_t i = 0; i < n; i++)
            values[r * n + i] += errors[r * n + i] * inverse[i];
}

critpt_status cpt_mlp_enlarge(const critpt_model *model, cpt_batch *batch, const double *shares,
                              double *residual)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const cpt_layer *last = &mlp->layers[mlp->n_layers - 1];
    size_t n = batch->n;
    double *inverse = cpt_mlp_scratch(mlp, batch, 0);
    for (size_t i = 0; i < n; i++)
        inverse[i] = 1 / shares[i];
    enlarge(residual, cpt_mlp_value_errors(last, batch), last->n_units, n, inverse);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        enlarge(cpt_mlp_value_rows(layer, batch), cpt_mlp_value_errors(layer, batch),
                layer->n_units, n, inverse);
        enlarge(cpt_mlp_slope_rows(layer, batch), cpt_mlp_slope_errors(layer, batch),
                layer->n_units, n, inverse);
        enlarge(cpt_mlp_curvature_rows(layer, batch), cpt_mlp_curvature_errors(layer, batch),
                layer->n_units, n, inverse);
    }
    return CRITPT_OK;
}
