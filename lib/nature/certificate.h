/* Certificates of infeasibility. */
#ifndef CPT_NATURE_CERTIFICATE_H
#define CPT_NATURE_CERTIFICATE_H

#include "nature/newton.h"

/* Moves the blocks' multipliers Z, with <C, Z> < 0, towards B* Z = 0 by at most most_steps of
 * conjugate gradients; *proven says whether they now prove that there is no solution nearer than
 * `far`. Of a block its scaling, lambda, frame, scaled_multiplier, work and work2 are lost;
 * `strengthen` as of cpt_nature_newton_follow. */
critpt_status cpt_nature_certify(cpt_nature_maps *maps, cpt_nature_cone *cone,
                                 cpt_nature_newton *newton, double far, bool strengthen,
                                 size_t most_steps, bool *proven);

#endif
