/* The activations' formulas, on blocks; for activation.c alone. */
#ifndef CPT_MODEL_ACTIVATION_KERNELS_H
#define CPT_MODEL_ACTIVATION_KERNELS_H

#include "model/vector_math.h"

/* A block is long enough to hide a call and short enough to stay in the first-level cache with all
 * its temporaries; its length is a multiple of every vector's. */
enum { CPT_MODEL_BLOCK = 64 };

/* PyTorch's slope of leaky_relu left of 0. */
#define CPT_MODEL_LEAKY_SLOPE 0.01

/* Results for one block: NULL where nobody asked. */
typedef struct cpt_model_block_results {
    double *value, *first, *second, *third;
} cpt_model_block_results;

typedef void cpt_model_block_kernel(const double *z, const cpt_model_block_results *results);

#define CPT_MODEL_DECLARE_KERNEL(name)                                                             \
    extern cpt_model_block_kernel *const cpt_model_##name##_kernels[CPT_MODEL_N_LEVELS];
CPT_MODEL_DECLARE_KERNEL(identity)
CPT_MODEL_DECLARE_KERNEL(tanh)
CPT_MODEL_DECLARE_KERNEL(sigmoid)
CPT_MODEL_DECLARE_KERNEL(softplus)
CPT_MODEL_DECLARE_KERNEL(silu)
CPT_MODEL_DECLARE_KERNEL(gelu)
CPT_MODEL_DECLARE_KERNEL(sin)
CPT_MODEL_DECLARE_KERNEL(gaussian)
CPT_MODEL_DECLARE_KERNEL(square)
CPT_MODEL_DECLARE_KERNEL(elu)
CPT_MODEL_DECLARE_KERNEL(relu)
CPT_MODEL_DECLARE_KERNEL(leaky_relu)

#endif
