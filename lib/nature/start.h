/* Where the interior-point method starts: slacks X > 0 and multipliers Z > 0 of all blocks. */
#ifndef CPT_NATURE_START_H
#define CPT_NATURE_START_H

#include "nature/maps.h"

/* X = C + xi I and Z = zeta X^-1 at e = 0: central, with |B* Z| the square root of `order`, the sum
 * of the blocks'. Scratch: n numbers. */
critpt_status cpt_nature_start_afar(cpt_nature_maps *maps, cpt_nature_cone *cone, double order,
                                    double *scratch);
/* X = C + B e at changes e that satisfy all inequalities strictly, with the blocks' multipliers
 * made central for <X, Z> = mu order. *inside is false where they do not. */
critpt_status cpt_nature_start_inside(cpt_nature_maps *maps, cpt_nature_cone *cone, const double *e,
                                      double mu, bool *inside);

#endif
