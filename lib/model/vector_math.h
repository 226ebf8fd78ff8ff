/* Elementary functions over arrays. Where the C library has vector versions (glibc's libmvec) they
 * are called at the widest level that the processor runs; elsewhere these are loops over libm. */
#ifndef CPT_MODEL_VECTOR_MATH_H
#define CPT_MODEL_VECTOR_MATH_H

#include <stddef.h>

/* Instruction sets, from the one that every machine has. Results at different levels differ in the
 * last bits; at one level a value depends on its argument alone, not on its place or on n. */
typedef enum cpt_model_vector_level {
    CPT_MODEL_BASELINE = 0,
    CPT_MODEL_AVX2 = 1,   /* with FMA */
    CPT_MODEL_AVX512 = 2, /* F, DQ and VL */
    CPT_MODEL_N_LEVELS = 3
} cpt_model_vector_level;

/* The highest level of this processor. */
cpt_model_vector_level cpt_model_vector_best_level(void);

/* Functions marked so are compiled for a level above the baseline, and must run at it only. */
#if defined(__GNUC__) && defined(__x86_64__)
#define CPT_MODEL_LEVELS 1
#define CPT_MODEL_TARGET_AVX2 __attribute__((target("avx2,fma")))
#if defined(__clang__)
#define CPT_MODEL_TARGET_AVX512 __attribute__((target("avx2,fma,avx512f,avx512dq,avx512vl")))
#else
#define CPT_MODEL_TARGET_AVX512                                                                    \
    __attribute__((target("avx2,fma,avx512f,avx512dq,avx512vl,prefer-vector-width=512")))
#endif
#endif

/* y[i] = f(x[i]) for i < n; y may be x, and must not overlap it otherwise. */
void cpt_model_vector_exp(cpt_model_vector_level level, size_t n, const double *x, double *y);
void cpt_model_vector_expm1(cpt_model_vector_level level, size_t n, const double *x, double *y);
void cpt_model_vector_log1p(cpt_model_vector_level level, size_t n, const double *x, double *y);
void cpt_model_vector_sin(cpt_model_vector_level level, size_t n, const double *x, double *y);
void cpt_model_vector_cos(cpt_model_vector_level level, size_t n, const double *x, double *y);
void cpt_model_vector_erfc(cpt_model_vector_level level, size_t n, const double *x, double *y);

/* to[i] = c x[i] y[i] for i < n, the same at every level; `to` may be x or y. */
void cpt_model_vector_multiply(size_t n, double c, const double *x, const double *y, double *to);

/* to[i] += x[i] y[i] for i < n; `to` overlaps neither. */
void cpt_model_vector_add_product(size_t n, const double *x, const double *y, double *to);

/* to[i] = a[i] b[i] + c[i] d[i] for i < n; `to` may be any of them. */
void cpt_model_vector_two_products(size_t n, const double *a, const double *b, const double *c,
                                   const double *d, double *to);

#endif
