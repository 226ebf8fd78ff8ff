/* The spectrum of the Hessian once more, in extended precision, and margins. */
#ifndef ORACLE_SPECTRUM_H
#define ORACLE_SPECTRUM_H

#include "oracle/model.h"

/* What is true of the Hessian at a weight vector. */
typedef struct oracle_spectrum {
    size_t n;
    double *values;                /* n, ascending */
    double error;                  /* what extended precision makes of each */
    double norm;                   /* the largest |eigenvalue| */
    size_t n_negative, n_positive; /* certainly so, in extended precision */
    /* so in it by more than rounding is likely to make of them: no proof, as those are */
    size_t seen_negative, seen_positive;
    /* Of the eigenvectors v whose eigenvalues are nearest to 0, as many as were asked for, without
     * the weights that have no effect in double precision: the least |eigenvalue| of the others,
     * the largest sqrt(v'Gv), which is |J v|, and |S v|; the relative error that rounding of the
     * data and of the vectors makes of them; the size of the terms. */
    double gap, null_slope, null_bend, null_error, size;
    /* Eigenvalues there that are negative whatever rounding of the targets makes of them. */
    size_t n_descending;
    /* Whether they lie in the span of directions along which the outputs do not change, confirmed
     * by finite moves: of single units and inputs, which have a name; of any dependent inputs. */
    bool named, explained;
} oracle_spectrum;

/* The whole spectrum; with nullity > 0 also what that many directions nearest to null are. */
oracle_status oracle_spectrum_create(oracle_spectrum *spectrum, const oracle_problem *problem,
                                     const double *weights, long nullity);
void oracle_spectrum_free(oracle_spectrum *spectrum);

/* The least |eigenvalue| of the Hessian whitened by its Gauss-Newton part, as
 * critpt_plan_require_index(3) has it, on the complement of the directions that no targets can
 * curve; what double precision may make of it, and whether rounding decides which those are. */
oracle_status oracle_margin(const oracle_problem *problem, const double *weights, double *margin,
                            double *error, bool *open);
/* The same of the Hessian itself, as critpt_plan_require_eigenvalues(3) has it. */
oracle_status oracle_least_eigenvalue(const oracle_problem *problem, const double *weights,
                                      double *least, double *error, bool *open);

#endif
