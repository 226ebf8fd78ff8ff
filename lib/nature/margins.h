/* Index and margin of a point at given targets. */
#ifndef CPT_NATURE_MARGINS_H
#define CPT_NATURE_MARGINS_H

#include "nature/whitening.h"

/* In whitened coordinates. */
critpt_status cpt_nature_measure_point(cpt_nature_maps *maps, const cpt_nature_whitening *whitening,
                                       const cpt_nature_point *point, const double *targets,
                                       size_t *index, double *margin);

#endif
