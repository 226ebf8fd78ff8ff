/* What is true at a weight vector. */
#ifndef ORACLE_VALUES_H
#define ORACLE_VALUES_H

/* Each the nearest double to the extended-precision value. */
typedef struct oracle_values {
    double loss;
    double loss_rounding;         /* what errors of outputs and terms make of it, in eps */
    double level;                 /* y' Mn y */
    double gradient_norm;         /* |g|_2 */
    double gradient_max;          /* |g|_inf */
    double gradient_error;        /* of both, of a model known by its outputs alone; else 0 */
    double unit;                  /* the unit of MATH 9 without its factor eps */
    double gradient_norm_float32; /* |g|_2 after rounding inputs, targets and weights to float32 */
    double kink_margin;           /* infinity for a smooth network; NaN: not known */
    double kink_rounding;         /* what double precision may make of such a z, in eps */
} oracle_values;

#endif
