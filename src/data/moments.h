/* Mean and standard deviation of a column of any offset and size. */
#ifndef MOMENTS_H
#define MOMENTS_H

#include <stddef.h>

/* The mean is mean + mean_low, to twice the digits of a double; deviations from it are
 * (x - mean) - mean_low. The divisor is n. */
typedef struct moments {
    double mean, mean_low, deviation;
} moments;

/* Of x[0], x[stride], ..., n finite numbers. The deviation is infinite where a difference from the
 * mean is beyond the range of double. */
moments data_moments_of(const double *x, size_t n, size_t stride);

#endif
