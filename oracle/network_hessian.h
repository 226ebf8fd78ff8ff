/* All second derivatives of a layered network. */
#ifndef ORACLE_NETWORK_HESSIAN_H
#define ORACLE_NETWORK_HESSIAN_H

#include "oracle/real.h"

/* Those of oracle_functions (model.h) that give a whole Hessian. A block: the weights of a unit. */
size_t oracle_network_n_blocks(const void *model);
size_t oracle_network_block_size(const void *model);
void oracle_network_curve(const void *model, const real *w, size_t block, size_t n,
                          const real *forms, const real *states, real *room, real *hessian,
                          real *sizes);

#endif
