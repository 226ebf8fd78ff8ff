/* That a file is what its specification describes, with the numbers drawn again. */
#ifndef VERIFY_SPEC_H
#define VERIFY_SPEC_H

#include "verify/verification.h"

outcome verify_check_spec(verification *v);

#endif
