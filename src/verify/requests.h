/* That points and conditions are those which the specification asks for. */
#ifndef VERIFY_REQUESTS_H
#define VERIFY_REQUESTS_H

#include "verify/verification.h"

outcome verify_check_requests(verification *v);

#endif
