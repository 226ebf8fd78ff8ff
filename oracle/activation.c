/* Activations and their first two derivatives in extended precision. */
#include "oracle/real.h"

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

real oracle_activate(critpt_activation kind, real z)
{
    switch (kind) {
    case CRITPT_IDENTITY:
        return z;
    case CRITPT_TANH:
        return REAL(tanh)(z);
    case CRITPT_SIGMOID:
        return logistic(z);
    case CRITPT_SOFTPLUS:
        return (z > 0 ? z : 0) + REAL(log1p)(REAL(exp)(-REAL(fabs)(z)));
    case CRITPT_SILU:
        return z * logistic(z);
    case CRITPT_GELU:
        return z * normal_below(z);
    case CRITPT_SIN:
        return REAL(sin)(z);
    case CRITPT_GAUSSIAN:
        return REAL(exp)(-z * z);
    case CRITPT_SQUARE:
        return z * z;
    case CRITPT_ELU:
        return z > 0 ? z : REAL(expm1)(z);
    case CRITPT_RELU:
        return z > 0 ? z : 0;
    case CRITPT_LEAKY_RELU:
        return z > 0 ? z : (real)0.01 * z;
    }
    return NAN;
}

real oracle_slope(critpt_activation kind, real z)
{
    real e;
    switch (kind) {
    case CRITPT_IDENTITY:
        return 1;
    case CRITPT_TANH: /* 1 / cosh^2 without overflow */
        e = REAL(exp)(-2 * REAL(fabs)(z));
        return 4 * e / ((1 + e) * (1 + e));
    case CRITPT_SIGMOID:
        return logistic(z) * logistic(-z);
    case CRITPT_SOFTPLUS:
        return logistic(z);
    case CRITPT_SILU:
        return logistic(z) * (1 + z * logistic(-z));
    case CRITPT_GELU:
        return normal_below(z) + z * normal_density(z);
    case CRITPT_SIN:
        return REAL(cos)(z);
    case CRITPT_GAUSSIAN:
        return -2 * z * REAL(exp)(-z * z);
    case CRITPT_SQUARE:
        return 2 * z;
    case CRITPT_ELU:
        return z > 0 ? 1 : REAL(exp)(z);
    case CRITPT_RELU:
        return z > 0 ? 1 : 0;
    case CRITPT_LEAKY_RELU:
        return z > 0 ? 1 : (real)0.01;
    }
    return NAN;
}

real oracle_bend(critpt_activation kind, real z)
{
    switch (kind) {
    case CRITPT_TANH:
        return -2 * REAL(tanh)(z) * oracle_slope(kind, z);
    case CRITPT_SIGMOID: /* 1 - 2 s(z) = -tanh(z / 2) */
        return -logistic(z) * logistic(-z) * REAL(tanh)(z / 2);
    case CRITPT_SOFTPLUS:
        return logistic(z) * logistic(-z);
    case CRITPT_SILU:
        return logistic(z) * logistic(-z) * (2 - z * REAL(tanh)(z / 2));
    case CRITPT_GELU:
        return normal_density(z) * (2 - z * z);
    case CRITPT_SIN:
        return -REAL(sin)(z);
    case CRITPT_GAUSSIAN:
        return (4 * z * z - 2) * REAL(exp)(-z * z);
    case CRITPT_SQUARE:
        return 2;
    case CRITPT_ELU:
        return z > 0 ? 0 : REAL(exp)(z);
    case CRITPT_IDENTITY:
    case CRITPT_RELU:
    case CRITPT_LEAKY_RELU:
        return 0;
    }
    return NAN;
}
