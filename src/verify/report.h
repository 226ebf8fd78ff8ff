/* The numbers about the solve. */
#ifndef VERIFY_REPORT_H
#define VERIFY_REPORT_H

#include "verify/verification.h"

outcome verify_check_report(verification *v);

#endif
