/* Outputs whose constants every point's Jacobian can make, found numerically. */
#ifndef CPT_EXPLAIN_CONSTANTS_H
#define CPT_EXPLAIN_CONSTANTS_H

#include "explain/explain.h"

/* constant[o] (D) for those whose constant is in range(J) at every critical point, to rounding;
 * nothing where memory has no room. */
critpt_status cpt_explain_find_constants(cpt_equations *equations, bool *constant);

#endif
