/* The activations' formulas, on blocks of a fixed length, compiled once for each vector level.
 *
 * All loops have a constant length and no branches, so that compilers vectorise them; each formula
 * keeps its relative accuracy where the function saturates: 1 - tanh^2 and 1 + expm1(z), which do
 * not, occur nowhere. */
#include <math.h>

#include "model/activation_kernels.h"

/* Without optimisation a debugger, and what counts branches, sees each formula once. */
#if defined(__GNUC__) && defined(__OPTIMIZE__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* A loop over the block whose iterations are independent. gcc vectorises a choice between two
 * values only where it cannot move arithmetic into the branch: such choices have a loop of their
 * own. */
#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT /* clang checks at run time */
#endif
#define foreach(i) INDEPENDENT for (size_t i = 0; i < CPT_MODEL_BLOCK; i++)

typedef double block[CPT_MODEL_BLOCK];
typedef cpt_model_vector_level level_type;
typedef cpt_model_block_results results_type;

/* exp(EXPONENT) is near the largest number; what is of the order of exp(-EXPONENT) becomes 0. */
#define EXPONENT 708.0

/* These pass NaN on. */
INLINE double at_most(double bound, double x)
{
    return x > bound ? bound : x;
}

INLINE double within(double bound, double x)
{
    return x > bound ? bound : x < -bound ? -bound : x;
}

INLINE double constant(double c, double z)
{
    return z == z ? c : z;
}

INLINE void fill(double c, const double *z, double *result)
{
    if (result)
        foreach (i)
            result[i] = constant(c, z[i]);
}

INLINE void copy(const double *source, double *result)
{
    if (result)
        foreach (i)
            result[i] = source[i];
}

INLINE void identity_block(level_type level, const double *z, const results_type *results)
{
    (void)level;
    copy(z, results->value);
    fill(1, z, results->first);
    fill(0, z, results->second);
    fill(0, z, results->third);
}

/* With u = expm1(2 |z|): tanh |z| = u / (u + 2) and tanh' = 4 (u + 1) / (u + 2)^2. */
INLINE void tanh_block(level_type level, const double *z, const results_type *results)
{
    block u, t, slope;
    foreach (i)
        u[i] = at_most(EXPONENT / 2, fabs(z[i]));
    foreach (i)
        u[i] = 2 * u[i];
    cpt_model_vector_expm1(level, CPT_MODEL_BLOCK, u, u);
    foreach (i) {
        double reciprocal = 1 / (u[i] + 2);
        slope[i] = 4 * ((u[i] + 1) * reciprocal * reciprocal);
        t[i] = copysign(u[i] * reciprocal, z[i]);
    }
    foreach (i)
        slope[i] = fabs(z[i]) > EXPONENT / 2 ? 0 : slope[i];
    copy(t, results->value);
    copy(slope, results->first);
    if (results->second)
        foreach (i)
            results->second[i] = -2 * t[i] * slope[i];
    if (results->third)
        foreach (i)
            results->third[i] = 2 * slope[i] * (3 * (t[i] * t[i]) - 1);
}

/* sigma(z) = 1 / (1 + exp(-z)), lower = sigma(-|z|), slope = sigma' and half = tanh(z / 2). */
typedef struct sigmoid_parts {
    block sigma, lower, slope, half;
} sigmoid_parts;

/* With u = expm1(|z|): sigma(|z|) = (u + 1) / (u + 2), sigma(-|z|) = 1 / (u + 2), sigma' is their
 * product. */
INLINE void sigmoid(level_type level, const double *z, sigmoid_parts *parts)
{
    block u;
    foreach (i)
        u[i] = at_most(EXPONENT, fabs(z[i]));
    cpt_model_vector_expm1(level, CPT_MODEL_BLOCK, u, u);
    foreach (i) {
        double reciprocal = 1 / (u[i] + 2);
        double upper = (u[i] + 1) * reciprocal;
        double lower = fabs(z[i]) > EXPONENT ? 0 : reciprocal;
        parts->sigma[i] = z[i] < 0 ? lower : upper;
        parts->lower[i] = lower;
        parts->slope[i] = upper * lower;
        parts->half[i] = copysign(u[i] * reciprocal, z[i]);
    }
}

/* sigma'' = -sigma' tanh(z / 2). */
INLINE void sigmoid_second(const sigmoid_parts *parts, double *second)
{
    if (second)
        foreach (i)
            second[i] = -parts->slope[i] * parts->half[i];
}

INLINE void sigmoid_block(level_type level, const double *z, const results_type *results)
{
    sigmoid_parts parts;
    sigmoid(level, z, &parts);
    copy(parts.sigma, results->value);
    copy(parts.slope, results->first);
    sigmoid_second(&parts, results->second);
    if (results->third)
        foreach (i)
            results->third[i] = parts.slope[i] * (1 - 6 * parts.slope[i]);
}

/* log(1 + e^z) = max(z, 0) + log1p(e^-|z|); its derivative is sigma. */
INLINE void softplus_block(level_type level, const double *z, const results_type *results)
{
    sigmoid_parts parts;
    sigmoid(level, z, &parts);
    if (results->value) {
        block tail;
        foreach (i)
            tail[i] = parts.lower[i] / (1 - parts.lower[i]);
        cpt_model_vector_log1p(level, CPT_MODEL_BLOCK, tail, tail);
        foreach (i)
            results->value[i] = (z[i] > 0 ? z[i] : 0) + tail[i];
    }
    copy(parts.sigma, results->first);
    copy(parts.slope, results->second);
    sigmoid_second(&parts, results->third);
}

/* z sigma(z). Its derivatives see a bounded z, so that no infinity meets a 0. */
INLINE void silu_block(level_type level, const double *z, const results_type *results)
{
    sigmoid_parts parts;
    block x;
    sigmoid(level, z, &parts);
    foreach (i)
        x[i] = within(2 * EXPONENT, z[i]);
    if (results->value)
        foreach (i)
            results->value[i] = (z[i] < 0 ? x[i] : z[i]) * parts.sigma[i];
    if (results->first)
        foreach (i)
            results->first[i] = parts.sigma[i] + x[i] * parts.slope[i];
    if (results->second)
        foreach (i)
            results->second[i] = parts.slope[i] * (2 - x[i] * parts.half[i]);
    if (results->third)
        foreach (i)
            results->third[i] =
                parts.slope[i] * (x[i] * (1 - 6 * parts.slope[i]) - 3 * parts.half[i]);
}

/* g = exp(-c z^2) for c = 1 or 1/2. Rounding z^2 would cost a relative error of c z^2 eps: the
 * square of the nearest float is exact, the rest of z^2 is small and enters by Taylor's formula. */
INLINE void gaussian(level_type level, double c, const double *z, double *g)
{
    const double bound = sqrt(EXPONENT / c);
    block x, rest;
    foreach (i)
        x[i] = at_most(bound, fabs(z[i]));
    foreach (i) {
        double head = (double)(float)x[i];
        g[i] = -c * (head * head);
        rest[i] = -c * ((x[i] - head) * (x[i] + head));
    }
    cpt_model_vector_exp(level, CPT_MODEL_BLOCK, g, g);
    foreach (i) {
        double factor = rest[i] * (1 + rest[i] * (0.5 + rest[i] * (1.0 / 6)));
        g[i] = g[i] + g[i] * factor;
    }
    foreach (i)
        g[i] = fabs(z[i]) > bound ? 0 : g[i];
}

INLINE void gaussian_block(level_type level, const double *z, const results_type *results)
{
    block g, x;
    gaussian(level, 1, z, g);
    foreach (i)
        x[i] = within(EXPONENT, z[i]);
    copy(g, results->value);
    if (results->first)
        foreach (i)
            results->first[i] = -2 * x[i] * g[i];
    if (results->second)
        foreach (i)
            results->second[i] = (4 * x[i] * x[i] - 2) * g[i];
    if (results->third)
        foreach (i)
            results->third[i] = 4 * x[i] * (3 - 2 * x[i] * x[i]) * g[i];
}

/* Phi(x) = erfc(p) / 2 at p = -x / sqrt 2, given g = exp(-x^2 / 2). Rounding p would cost a
 * relative error of x^2 eps in the left tail: what it drops, delta, comes back by erfc' = -2 g /
 * sqrt pi. */
INLINE void normal_distribution(level_type level, const double *x, const double *g, double *result)
{
    const double root = 0.70710678118654752, head = 0x1.6a09e6p-1, tail = 0x1.9fcef32422cbfp-27;
    const double half_slope = 0.56418958354775629; /* 1 / sqrt pi */
    block p, delta;
    foreach (i) {
        double x_head = (double)(float)x[i], x_tail = x[i] - x_head;
        p[i] = -root * x[i];
        delta[i] = -((x_head * head + p[i]) + (x_head * tail + x_tail * root));
    }
    cpt_model_vector_erfc(level, CPT_MODEL_BLOCK, p, p);
    foreach (i)
        result[i] = 0.5 * p[i] - delta[i] * half_slope * g[i];
}

/* z Phi(z); its derivatives are Phi + z phi, phi (2 - z^2) and phi z (z^2 - 4), phi the normal
 * density. */
INLINE void gelu_block(level_type level, const double *z, const results_type *results)
{
    const double bound = sqrt(2 * EXPONENT), inverse_root = 0.39894228040143268; /* 1/sqrt(2 pi) */
    block g, x, phi;
    gaussian(level, 0.5, z, g);
    foreach (i) {
        x[i] = within(bound, z[i]);
        phi[i] = inverse_root * g[i];
    }
    if (results->value || results->first) {
        block distribution;
        normal_distribution(level, x, g, distribution);
        foreach (i)
            distribution[i] = z[i] < -bound ? 0 : distribution[i];
        if (results->value)
            foreach (i)
                results->value[i] = (z[i] < 0 ? x[i] : z[i]) * distribution[i];
        if (results->first)
            foreach (i)
                results->first[i] = distribution[i] + x[i] * phi[i];
    }
    if (results->second)
        foreach (i)
            results->second[i] = phi[i] * (2 - x[i] * x[i]);
    if (results->third)
        foreach (i)
            results->third[i] = phi[i] * x[i] * (x[i] * x[i] - 4);
}

INLINE void negate(const double *source, double *result)
{
    if (result)
        foreach (i)
            result[i] = -source[i];
}

INLINE void sin_block(level_type level, const double *z, const results_type *results)
{
    block result;
    if (results->value || results->second) {
        cpt_model_vector_sin(level, CPT_MODEL_BLOCK, z, result);
        copy(result, results->value);
        negate(result, results->second);
    }
    if (results->first || results->third) {
        cpt_model_vector_cos(level, CPT_MODEL_BLOCK, z, result);
        copy(result, results->first);
        negate(result, results->third);
    }
}

INLINE void square_block(level_type level, const double *z, const results_type *results)
{
    (void)level;
    if (results->value)
        foreach (i)
            results->value[i] = z[i] * z[i];
    if (results->first)
        foreach (i)
            results->first[i] = 2 * z[i];
    fill(2, z, results->second);
    fill(0, z, results->third);
}

/* Left of 0, with u = expm1(-z): expm1(z) = -u / (1 + u) and e^z = 1 / (1 + u). */
INLINE void elu_block(level_type level, const double *z, const results_type *results)
{
    block u, slope;
    foreach (i)
        u[i] = at_most(EXPONENT, z[i] > 0 ? 0 : -z[i]);
    cpt_model_vector_expm1(level, CPT_MODEL_BLOCK, u, u);
    foreach (i)
        slope[i] = 1 / (1 + u[i]);
    foreach (i)
        u[i] = -u[i] * slope[i];
    if (results->value)
        foreach (i)
            results->value[i] = z[i] > 0 ? z[i] : u[i];
    foreach (i)
        slope[i] = z[i] < -EXPONENT ? 0 : slope[i];
    copy(slope, results->first);
    foreach (i)
        slope[i] = z[i] > 0 ? 0 : slope[i];
    copy(slope, results->second);
    copy(slope, results->third);
}

/* 1 right of 0. */
INLINE void step(double left, const double *z, double *result)
{
    if (result)
        foreach (i)
            result[i] = constant(z[i] > 0 ? 1 : left, z[i]);
}

INLINE void relu_block(level_type level, const double *z, const results_type *results)
{
    (void)level;
    if (results->value)
        foreach (i)
            results->value[i] = z[i] <= 0 ? 0 : z[i];
    step(0, z, results->first);
    fill(0, z, results->second);
    fill(0, z, results->third);
}

INLINE void leaky_relu_block(level_type level, const double *z, const results_type *results)
{
    block left;
    (void)level;
    foreach (i)
        left[i] = CPT_MODEL_LEAKY_SLOPE * z[i];
    if (results->value)
        foreach (i)
            results->value[i] = z[i] > 0 ? z[i] : left[i];
    step(CPT_MODEL_LEAKY_SLOPE, z, results->first);
    fill(0, z, results->second);
    fill(0, z, results->third);
}

#ifdef CPT_MODEL_LEVELS
#define DEFINE_KERNEL_AT(name, level, target)                                                      \
    target static void name##_at_##level(const double *z, const results_type *results)             \
    {                                                                                              \
        name##_block(level, z, results);                                                           \
    }
#define DEFINE_KERNELS(name)                                                                       \
    DEFINE_KERNEL_AT(name, CPT_MODEL_BASELINE, )                                                   \
    DEFINE_KERNEL_AT(name, CPT_MODEL_AVX2, CPT_MODEL_TARGET_AVX2)                                  \
    DEFINE_KERNEL_AT(name, CPT_MODEL_AVX512, CPT_MODEL_TARGET_AVX512)                              \
    cpt_model_block_kernel *const cpt_model_##name##_kernels[CPT_MODEL_N_LEVELS] = {               \
        name##_at_CPT_MODEL_BASELINE, name##_at_CPT_MODEL_AVX2, name##_at_CPT_MODEL_AVX512};
#else
#define DEFINE_KERNELS(name)                                                                       \
    static void name##_everywhere(const double *z, const results_type *results)                    \
    {                                                                                              \
        name##_block(CPT_MODEL_BASELINE, z, results);                                              \
    }                                                                                              \
    cpt_model_block_kernel *const cpt_model_##name##_kernels[CPT_MODEL_N_LEVELS] = {               \
        name##_everywhere, name##_everywhere, name##_everywhere};
#endif

DEFINE_KERNELS(identity)
DEFINE_KERNELS(tanh)
DEFINE_KERNELS(sigmoid)
DEFINE_KERNELS(softplus)
DEFINE_KERNELS(silu)
DEFINE_KERNELS(gelu)
DEFINE_KERNELS(sin)
DEFINE_KERNELS(gaussian)
DEFINE_KERNELS(square)
DEFINE_KERNELS(elu)
DEFINE_KERNELS(relu)
DEFINE_KERNELS(leaky_relu)
