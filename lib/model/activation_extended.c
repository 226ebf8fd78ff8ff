/* Activations and their first two derivatives in extended precision: one function and one row each
 * (MATH 11). */
#include <math.h>

#include "model/activation.h"

typedef long double real;

/* act, act' and act'' at one z. */
typedef struct derivatives {
    real value, slope, second;
} derivatives;

static derivatives identity_at(real z)
{
    return (derivatives){z, 1, 0};
}

static derivatives tanh_at(real z)
{
    real value = tanhl(z), slope = 1 / (coshl(z) * coshl(z));
    return (derivatives){value, slope, -2 * value * slope};
}

static derivatives sigmoid_at(real z)
{
    real value = 1 / (1 + expl(-z)), slope = value * (1 / (1 + expl(z)));
    return (derivatives){value, slope, -slope * tanhl(z / 2)};
}

static derivatives softplus_at(real z)
{
    const derivatives sigma = sigmoid_at(z);
    return (derivatives){(z > 0 ? z : 0) + log1pl(expl(-fabsl(z))), sigma.value, sigma.slope};
}

static derivatives silu_at(real z)
{
    const derivatives sigma = sigmoid_at(z);
    return (derivatives){z * sigma.value, sigma.value + z * sigma.slope,
                         2 * sigma.slope + z * sigma.second};
}

static derivatives gelu_at(real z)
{
    static const real two_over_pi = 0.63661977236758134307553505349005744813783858296183L;
    real below = erfcl(-z * sqrtl(0.5L)) / 2;
    real density = expl(-z * z / 2) * sqrtl(two_over_pi) / 2; /* of the normal distribution */
    return (derivatives){z * below, below + z * density, (2 - z * z) * density};
}

static derivatives sin_at(real z)
{
    real value = sinl(z);
    return (derivatives){value, cosl(z), -value};
}

static derivatives gaussian_at(real z)
{
    real value = expl(-z * z);
    return (derivatives){value, -2 * z * value, (4 * z * z - 2) * value};
}

static derivatives square_at(real z)
{
    return (derivatives){z * z, 2 * z, 2};
}

static derivatives elu_at(real z)
{
    real slope = z > 0 ? 1 : expl(z);
    return (derivatives){z > 0 ? z : expm1l(z), slope, z > 0 ? 0 : slope};
}

static derivatives relu_at(real z)
{
    return (derivatives){z > 0 ? z : 0, z > 0, 0};
}

static derivatives leaky_relu_at(real z)
{
    real slope = z > 0 ? 1 : 0.01;
    return (derivatives){slope * z, slope, 0};
}

static derivatives (*const rows[])(real z) = {
    [CRITPT_IDENTITY] = identity_at, [CRITPT_TANH] = tanh_at,
    [CRITPT_SIGMOID] = sigmoid_at,   [CRITPT_SOFTPLUS] = softplus_at,
    [CRITPT_SILU] = silu_at,         [CRITPT_GELU] = gelu_at,
    [CRITPT_SIN] = sin_at,           [CRITPT_GAUSSIAN] = gaussian_at,
    [CRITPT_SQUARE] = square_at,     [CRITPT_ELU] = elu_at,
    [CRITPT_RELU] = relu_at,         [CRITPT_LEAKY_RELU] = leaky_relu_at,
};

void cpt_model_activation_extended(critpt_activation activation, real z, real *value, real *slope,
                                   real *second)
{
    const derivatives at = rows[activation](z);
    *value = at.value;
    *slope = at.slope;
    *second = at.second;
}
