/* The images of the heaviest pairs of directions. */
#ifndef CPT_NATURE_HEAVY_H
#define CPT_NATURE_HEAVY_H

#include <math.h>

#include "nature/maps.h"

/* Of the pair of rows a, b of a symmetric Q, so that <Q, Q> is the sum of squares of its pairs. */
static inline double cpt_nature_pair_factor(size_t a, size_t b)
{
    return a == b ? 1 : sqrt(2);
}

/* columns (n_columns x n) = the images of the heaviest pairs in scaled coordinates, not projected:
 * as many as are wanted, or fewer if as many as that were too light. */
critpt_status cpt_nature_heavy_images(cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                      size_t wanted, double *columns, size_t *n_columns);

#endif
