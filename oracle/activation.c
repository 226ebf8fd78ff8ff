/* The table of activations; of each its value, slope and bend. */
#include "oracle/activation.h"

#include <math.h>

static real logistic(real z)
{
    real e = REAL(exp)(-REAL(fabs)(z)), one = 1;
    return z >= 0 ? one / (one + e) : e / (one + e);
}

/* The normal distribution function and its density. */
static real normal_below(real z)
{
    return REAL(erfc)(-z * NUMBER(0.70710678118654752440084436210484903928)) / 2;
}

static real normal_density(real z)
{
    return NUMBER(0.39894228040143267793994605993438186848) * REAL(exp)(-z * z / 2);
}

static real none(real z)
{
    (void)z;
    return 0;
}

/* ---- identity ---- */

static real identity_value(real z)
{
    return z;
}

static real identity_slope(real z)
{
    (void)z;
    return 1;
}

/* ---- tanh ---- */

static real tanh_value(real z)
{
    return REAL(tanh)(z);
}

static real tanh_slope(real z)
{
    real e = REAL(exp)(-2 * REAL(fabs)(z)); /* 1 / cosh^2 without overflow */
    return 4 * e / ((1 + e) * (1 + e));
}

static real tanh_bend(real z)
{
    return -2 * REAL(tanh)(z) * tanh_slope(z);
}

/* ---- sigmoid ---- */

static real sigmoid_slope(real z)
{
    return logistic(z) * logistic(-z);
}

static real sigmoid_bend(real z)
{
    return -sigmoid_slope(z) * REAL(tanh)(z / 2); /* 1 - 2 s(z) = -tanh(z / 2) */
}

/* ---- softplus ---- */

static real softplus_value(real z)
{
    return (z > 0 ? z : 0) + REAL(log1p)(REAL(exp)(-REAL(fabs)(z)));
}

/* ---- silu ---- */

static real silu_value(real z)
{
    return z * logistic(z);
}

static real silu_slope(real z)
{
    return logistic(z) * (1 + z * logistic(-z));
}

static real silu_bend(real z)
{
    return sigmoid_slope(z) * (2 - z * REAL(tanh)(z / 2));
}

/* ---- gelu ---- */

static real gelu_value(real z)
{
    return z * normal_below(z);
}

static real gelu_slope(real z)
{
    return normal_below(z) + z * normal_density(z);
}

static real gelu_bend(real z)
{
    return normal_density(z) * (2 - z * z);
}

/* ---- sin ---- */

static real sin_value(real z)
{
    return REAL(sin)(z);
}

static real sin_slope(real z)
{
    return REAL(cos)(z);
}

static real sin_bend(real z)
{
    return -REAL(sin)(z);
}

/* ---- gaussian ---- */

static real gaussian_value(real z)
{
    return REAL(exp)(-z * z);
}

static real gaussian_slope(real z)
{
    return -2 * z * REAL(exp)(-z * z);
}

static real gaussian_bend(real z)
{
    return (4 * z * z - 2) * REAL(exp)(-z * z);
}

/* ---- square ---- */

static real square_value(real z)
{
    return z * z;
}

static real square_slope(real z)
{
    return 2 * z;
}

static real square_bend(real z)
{
    (void)z;
    return 2;
}

/* ---- elu ---- */

static real elu_value(real z)
{
    return z > 0 ? z : REAL(expm1)(z);
}

static real elu_slope(real z)
{
    return z > 0 ? 1 : REAL(exp)(z);
}

static real elu_bend(real z)
{
    return z > 0 ? 0 : REAL(exp)(z);
}

/* ---- relu ---- */

static real relu_value(real z)
{
    return z > 0 ? z : 0;
}

static real relu_slope(real z)
{
    return z > 0 ? 1 : 0;
}

/* ---- leaky_relu ---- */

static real leaky_relu_value(real z)
{
    return z > 0 ? z : (real)0.01 * z;
}

static real leaky_relu_slope(real z)
{
    return z > 0 ? 1 : (real)0.01;
}

/* ---- The table ---- */

static const oracle_activation rows[] = {
    [CRITPT_IDENTITY] = {.value = identity_value,
                         .slope = identity_slope,
                         .bend = none,
                         .supremum = {INFINITY, 1, 0, 0},
                         .tail = INFINITY,
                         .degree = 1,
                         .is_exact = true},
    [CRITPT_TANH] = {.value = tanh_value,
                     .slope = tanh_slope,
                     .bend = tanh_bend,
                     .supremum = {1, 1, 0.7698003589195011, 2},
                     .tail = 2},
    [CRITPT_SIGMOID] = {.value = logistic,
                        .slope = sigmoid_slope,
                        .bend = sigmoid_bend,
                        .supremum = {1, 0.25, 0.09622504486493764, 0.125},
                        .tail = 4},
    [CRITPT_SOFTPLUS] = {.value = softplus_value,
                         .slope = logistic,
                         .bend = sigmoid_slope,
                         .supremum = {INFINITY, 1, 0.25, 0.09622504486493764},
                         .tail = 4},
    [CRITPT_SILU] = {.value = silu_value,
                     .slope = silu_slope,
                     .bend = silu_bend,
                     .supremum = {INFINITY, 1.0998393201288674, 0.5, 0.3081815157964792},
                     .tail = 5},
    [CRITPT_GELU] = {.value = gelu_value,
                     .slope = gelu_slope,
                     .bend = gelu_bend,
                     .supremum = {INFINITY, 1.128904145185156, 0.7978845608028656,
                                  0.7787696350557325},
                     .tail = 4},
    [CRITPT_SIN] = {.value = sin_value,
                    .slope = sin_slope,
                    .bend = sin_bend,
                    .supremum = {1, 1, 1, 1},
                    .tail = INFINITY},
    [CRITPT_GAUSSIAN] = {.value = gaussian_value,
                         .slope = gaussian_slope,
                         .bend = gaussian_bend,
                         .supremum = {1, 0.857763884960707, 2, 3.903566145539903},
                         .tail = 2},
    [CRITPT_SQUARE] = {.value = square_value,
                       .slope = square_slope,
                       .bend = square_bend,
                       .supremum = {INFINITY, INFINITY, 2, 0},
                       .tail = INFINITY,
                       .degree = 2},
    [CRITPT_ELU] = {.value = elu_value,
                    .slope = elu_slope,
                    .bend = elu_bend,
                    .supremum = {INFINITY, 1, 1, 1},
                    .tail = 0,
                    .has_kink = true,
                    .jump = 0},
    [CRITPT_RELU] = {.value = relu_value,
                     .slope = relu_slope,
                     .bend = none,
                     .supremum = {INFINITY, 1, 0, 0},
                     .tail = INFINITY,
                     .degree = 1,
                     .has_kink = true,
                     .jump = 1},
    [CRITPT_LEAKY_RELU] = {.value = leaky_relu_value,
                           .slope = leaky_relu_slope,
                           .bend = none,
                           .supremum = {INFINITY, 1, 0, 0},
                           .tail = INFINITY,
                           .degree = 1,
                           .has_kink = true,
                           .jump = 0.99},
};

const oracle_activation *oracle_activation_of(critpt_activation kind)
{
    return &rows[kind];
}
