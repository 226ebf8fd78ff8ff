/* Pictures of a spectrum. */
#ifndef SPECTRUM_PLOT_H
#define SPECTRUM_PLOT_H

#include "cli/gnuplot.h"

/* Eigenvalues in ascending order with their errors; the first n_negative are certainly negative,
 * the last n_positive certainly positive. */
typedef struct spectrum_picture {
    const char *title;
    size_t n, n_negative, n_positive;
    const double *values, *errors;
} spectrum_picture;

/* Sorted eigenvalues on a symmetric logarithmic axis, linear within the errors. */
outcome spectrum_plot_eigenvalues(const spectrum_picture *picture, output_set *set,
                                  const char *path);
/* A density at n_points places on a logarithmic axis, and the eigenvalues as marks. */
outcome spectrum_plot_density(const spectrum_picture *picture, const double *places,
                              const double *density, size_t n_points, output_set *set,
                              const char *path);

#endif
