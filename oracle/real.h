/* The widest floating-point type at hand, and activations in it. Only the checker includes this. */
#ifndef ORACLE_REAL_H
#define ORACLE_REAL_H

#include <float.h>

#include "critpt.h"

#if LDBL_MANT_DIG > 53
typedef long double real;
#define REAL(name) name##l
#define NUMBER(digits) digits##L
#define REAL_NAME "long double"
#define REAL_BITS LDBL_MANT_DIG
#elif defined(HAVE_QUADMATH)
#include <quadmath.h>
typedef __float128 real;
#define REAL(name) name##q
#define NUMBER(digits) digits##Q
#define REAL_NAME "__float128"
#define REAL_BITS 113
#else /* compiles, and says that it is of no use */
typedef double real;
#define REAL(name) name
#define NUMBER(digits) digits
#define REAL_NAME "double"
#define REAL_BITS 53
#endif

#endif
