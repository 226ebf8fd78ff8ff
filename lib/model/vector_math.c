/* Elementary functions over arrays: libmvec's vector functions called by their ABI names (the
 * compiler offers them only under -ffast-math), or loops over libm. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <string.h>

#include "model/vector_math.h"

cpt_model_vector_level cpt_model_vector_best_level(void)
{
#ifdef CPT_MODEL_LEVELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl")
                   ? CPT_MODEL_AVX512
                   : CPT_MODEL_AVX2;
#endif
    return CPT_MODEL_BASELINE;
}

#if defined(HAVE_LIBMVEC) && defined(CPT_MODEL_LEVELS)

typedef double vector2 __attribute__((vector_size(16)));
typedef double vector4 __attribute__((vector_size(32)));
typedef double vector8 __attribute__((vector_size(64)));

/* The last entries take the vector path too, or their values would depend on their place. */
#define DEFINE_LOOP(loop, target, vector, function)                                                \
    target vector function(vector);                                                                \
    target static void loop(size_t n, const double *x, double *y)                                  \
    {                                                                                              \
        const size_t width = sizeof(vector) / sizeof *x;                                           \
        size_t i = 0;                                                                              \
        for (; n - i >= width; i += width) {                                                       \
            vector v;                                                                              \
            memcpy(&v, x + i, sizeof v);                                                           \
            v = function(v);                                                                       \
            memcpy(y + i, &v, sizeof v);                                                           \
        }                                                                                          \
        if (i < n) {                                                                               \
            vector v = {0};                                                                        \
            memcpy(&v, x + i, (n - i) * sizeof *x);                                                \
            v = function(v);                                                                       \
            memcpy(y + i, &v, (n - i) * sizeof *x);                                                \
        }                                                                                          \
    }

#define DEFINE_FUNCTION(f)                                                                         \
    DEFINE_LOOP(f##_baseline, , vector2, _ZGVbN2v_##f)                                             \
    DEFINE_LOOP(f##_avx2, CPT_MODEL_TARGET_AVX2, vector4, _ZGVdN4v_##f)                            \
    DEFINE_LOOP(f##_avx512, CPT_MODEL_TARGET_AVX512, vector8, _ZGVeN8v_##f)                        \
    void cpt_model_vector_##f(cpt_model_vector_level level, size_t n, const double *x, double *y)  \
    {                                                                                              \
        if (level >= CPT_MODEL_AVX512)                                                             \
            f##_avx512(n, x, y);                                                                   \
        else if (level == CPT_MODEL_AVX2)                                                          \
            f##_avx2(n, x, y);                                                                     \
        else                                                                                       \
            f##_baseline(n, x, y);                                                                 \
    }

#else

#define DEFINE_FUNCTION(f)                                                                         \
    void cpt_model_vector_##f(cpt_model_vector_level level, size_t n, const double *x, double *y)  \
    {                                                                                              \
        (void)level;                                                                               \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = f(x[i]);                                                                        \
    }

#endif

DEFINE_FUNCTION(exp)
DEFINE_FUNCTION(expm1)
DEFINE_FUNCTION(log1p)
DEFINE_FUNCTION(sin)
DEFINE_FUNCTION(cos)
DEFINE_FUNCTION(erfc)

#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT /* clang checks at run time */
#endif

#define DEFINE_MULTIPLY(name, target)                                                              \
    target static void name(size_t n, double c, const double *x, const double *y, double *to)      \
    {                                                                                              \
        INDEPENDENT for (size_t i = 0; i < n; i++) to[i] = c * x[i] * y[i];                        \
    }

DEFINE_MULTIPLY(multiply_baseline, )
#ifdef CPT_MODEL_LEVELS
DEFINE_MULTIPLY(multiply_avx2, CPT_MODEL_TARGET_AVX2)
DEFINE_MULTIPLY(multiply_avx512, CPT_MODEL_TARGET_AVX512)
#endif

void cpt_model_vector_multiply(size_t n, double c, const double *x, const double *y, double *to)
{
#ifdef CPT_MODEL_LEVELS
    cpt_model_vector_level level = cpt_model_vector_best_level();
    if (level == CPT_MODEL_AVX512)
        multiply_avx512(n, c, x, y, to);
    else if (level == CPT_MODEL_AVX2)
        multiply_avx2(n, c, x, y, to);
    else
#endif
        multiply_baseline(n, c, x, y, to);
}

#define DEFINE_ADD_PRODUCT(name, target)                                                           \
    target static void name(size_t n, const double *x, const double *y, double *to)                \
    {                                                                                              \
        INDEPENDENT for (size_t i = 0; i < n; i++) to[i] += x[i] * y[i];                           \
    }

DEFINE_ADD_PRODUCT(add_product_baseline, )
#ifdef CPT_MODEL_LEVELS
DEFINE_ADD_PRODUCT(add_product_avx2, CPT_MODEL_TARGET_AVX2)
DEFINE_ADD_PRODUCT(add_product_avx512, CPT_MODEL_TARGET_AVX512)
#endif

void cpt_model_vector_add_product(size_t n, const double *x, const double *y, double *to)
{
#ifdef CPT_MODEL_LEVELS
    cpt_model_vector_level level = cpt_model_vector_best_level();
    if (level == CPT_MODEL_AVX512)
        add_product_avx512(n, x, y, to);
    else if (level == CPT_MODEL_AVX2)
        add_product_avx2(n, x, y, to);
    else
#endif
        add_product_baseline(n, x, y, to);
}

#define DEFINE_TWO_PRODUCTS(name, target)                                                          \
    target static void name(size_t n, const double *a, const double *b, const double *c,           \
                            const double *d, double *to)                                           \
    {                                                                                              \
        INDEPENDENT for (size_t i = 0; i < n; i++) to[i] = a[i] * b[i] + c[i] * d[i];              \
    }

DEFINE_TWO_PRODUCTS(two_products_baseline, )
#ifdef CPT_MODEL_LEVELS
DEFINE_TWO_PRODUCTS(two_products_avx2, CPT_MODEL_TARGET_AVX2)
DEFINE_TWO_PRODUCTS(two_products_avx512, CPT_MODEL_TARGET_AVX512)
#endif

void cpt_model_vector_two_products(size_t n, const double *a, const double *b, const double *c,
                                   const double *d, double *to)
{
#ifdef CPT_MODEL_LEVELS
    cpt_model_vector_level level = cpt_model_vector_best_level();
    if (level == CPT_MODEL_AVX512)
        two_products_avx512(n, a, b, c, d, to);
    else if (level == CPT_MODEL_AVX2)
        two_products_avx2(n, a, b, c, d, to);
    else
#endif
        two_products_baseline(n, a, b, c, d, to);
}
