/* Activations and their derivatives by closed forms in extended precision. */
#include "activation_reference.h"

#include <math.h>
#include <stdbool.h>

static reference term(long double a)
{
    return (reference){a, fabsl(a)};
}

static reference sum(long double a, long double b)
{
    return (reference){a + b, fabsl(a) + fabsl(b)};
}

static reference times(long double factor, reference r)
{
    return (reference){factor * r.exact, fabsl(factor) * r.magnitude};
}

static const long double pi = 3.14159265358979323846264338327950288L;

static reference reference_tanh(unsigned order, long double z)
{
    long double t = tanhl(z), s = fabsl(z) > 1e4L ? 0 : 1 / (coshl(z) * coshl(z));
    switch (order) {
    case 0:
        return term(t);
    case 1:
        return term(s);
    case 2:
        return term(-2 * t * s);
    default:
        return times(s, sum(4 * t * t, -2 * s));
    }
}

static reference reference_sigmoid(unsigned order, long double z)
{
    long double right = 1 / (1 + expl(-z)), left = 1 / (1 + expl(z));
    switch (order) {
    case 0:
        return term(right);
    case 1:
        return term(right * left);
    case 2:
        return term(-right * left * tanhl(z / 2));
    default:
        return times(right * left, sum(1, -6 * right * left));
    }
}

static reference reference_softplus(unsigned order, long double z)
{
    return order ? reference_sigmoid(order - 1, z)
                 : term(z > 0 ? z + log1pl(expl(-z)) : log1pl(expl(z)));
}

/* (z g)^(k) = z g^(k) + k g^(k-1). */
static reference reference_silu(unsigned order, long double z)
{
    reference last = reference_sigmoid(order, z);
    long double product = last.exact == 0 ? 0 : z * last.exact;
    if (order == 0)
        return term(product);
    reference r = sum(product, order * reference_sigmoid(order - 1, z).exact);
    r.magnitude += fabsl(z) * last.magnitude;
    return r;
}

static reference reference_gelu(unsigned order, long double z)
{
    long double density = expl(-z * z / 2) / sqrtl(2 * pi);
    long double distribution = erfcl(-z / sqrtl(2)) / 2;
    switch (order) {
    case 0:
        return term(distribution == 0 ? 0 : z * distribution);
    case 1:
        return sum(distribution, density == 0 ? 0 : z * density);
    case 2:
        return density == 0 ? term(0) : times(density, sum(2, -z * z));
    default:
        return density == 0 ? term(0) : times(density * z, sum(z * z, -4));
    }
}

static reference reference_sin(unsigned order, long double z)
{
    return term(order == 0 ? sinl(z) : order == 1 ? cosl(z) : order == 2 ? -sinl(z) : -cosl(z));
}

static reference reference_gaussian(unsigned order, long double z)
{
    long double g = expl(-z * z);
    if (g == 0 || order == 0)
        return term(g);
    if (order == 1)
        return term(-2 * z * g);
    return order == 2 ? times(g, sum(4 * z * z, -2)) : times(g, sum(12 * z, -8 * z * z * z));
}

static reference reference_elu(unsigned order, long double z)
{
    if (z > 0)
        return term(order == 0 ? z : order == 1 ? 1 : 0);
    return term(order == 0 ? expm1l(z) : expl(z));
}

static reference reference_rectifier(unsigned order, long double z, long double slope)
{
    return term(order > 1 ? 0 : (z > 0 ? 1 : slope) * (order ? 1 : z));
}

static reference reference_power(unsigned order, long double z, bool square)
{
    if (square)
        return term(order == 0 ? z * z : order == 1 ? 2 * z : order == 2 ? 2 : 0);
    return term(order == 0 ? z : order == 1 ? 1 : 0);
}

reference reference_of(int activation, unsigned order, long double z)
{
    switch ((critpt_activation)activation) {
    case CRITPT_TANH:
        return reference_tanh(order, z);
    case CRITPT_SIGMOID:
        return reference_sigmoid(order, z);
    case CRITPT_SOFTPLUS:
        return reference_softplus(order, z);
    case CRITPT_SILU:
        return reference_silu(order, z);
    case CRITPT_GELU:
        return reference_gelu(order, z);
    case CRITPT_SIN:
        return reference_sin(order, z);
    case CRITPT_GAUSSIAN:
        return reference_gaussian(order, z);
    case CRITPT_ELU:
        return reference_elu(order, z);
    case CRITPT_RELU:
        return reference_rectifier(order, z, 0);
    case CRITPT_LEAKY_RELU:
        return reference_rectifier(order, z, (long double)0.01);
    default:
        return reference_power(order, z, activation == CRITPT_SQUARE);
    }
}
