/* Which BLAS was found at run time, and whether the library can use it. */
#ifndef CPT_LINALG_PROVIDER_H
#define CPT_LINALG_PROVIDER_H

#include "critpt.h"

/* CRITPT_UNSUPPORTED if the BLAS of this process has 64-bit integers: a dynamic linker can be made
 * to load one although the library was built for 32 bits. Cheap after the first call. */
critpt_status cpt_linalg_check_provider(void);

#endif
