/* An audit of callbacks under way: what its files share (check.c). */
#ifndef CPT_CALLBACKS_AUDIT_H
#define CPT_CALLBACKS_AUDIT_H

#include <float.h>

#include "callbacks/callbacks.h"

/* Accepted differences, beside the sums of absolute values that rounding is a share of: two
 * evaluations by the same formula in another order; and a derivative against differences, beside
 * so many times the error that these state. A wrong term is larger by far. */
static const double cpt_same_formula = 1e4 * DBL_EPSILON, cpt_by_differences = 1e-7;
static const double cpt_stated_errors = 16;

typedef struct cpt_audit {
    const cpt_callback_model *own;
    cpt_rows rows;
    size_t m;                        /* n D */
    double *outputs;                 /* m, with their sizes |f| + |J| |w| */
    double *sizes;                   /* m */
    double *jacobian;                /* m x P, in the best way */
    double *v, *z, *u;               /* P, P, m: directions and a cotangent */
    double *scale;                   /* P */
    double *other, *errors;          /* max(m, 2) x P: what is compared, its error, and work */
    double *sample_weights, *metric; /* n, D x D: some */
    cpt_curvature form;              /* with these, of hessian and hessian_vectors */
} cpt_audit;

/* The worst of the entries compared so far. */
typedef struct cpt_worst {
    double excess; /* difference in units of what is accepted */
    double value, expected;
    size_t entry;
} cpt_worst;

void cpt_callbacks_compare(cpt_worst *w, size_t entry, double value, double expected,
                           double accepted);
/* The number of the sample in this row. */
size_t cpt_callbacks_audit_number(const cpt_audit *a, size_t row);
/* An error where the worst of m x columns entries is beyond what is accepted; `of` says what a
 * column is, or NULL. */
critpt_status cpt_callbacks_judge(const cpt_audit *a, const cpt_worst *w, size_t columns,
                                  const char *name, const char *of, const char *against);
/* The same for P entries, or P x P. */
critpt_status cpt_callbacks_judge_weights(const cpt_worst *w, size_t P, bool matrix,
                                          const char *name, const char *against);

/* q (P x P) = (v z' + z v') / 2. */
void cpt_callbacks_symmetric_pair(size_t P, const double *v, const double *z, double *q);

/* Whether derivatives contradict differences of the order below along random directions, which
 * costs as little for many weights as for few; nothing is said of what does not (screen.c). */
critpt_status cpt_callbacks_screen_first(cpt_audit *a, bool *suspicious);
critpt_status cpt_callbacks_screen_second(cpt_audit *a, bool *suspicious);
/* Each derivative by each weight, and by each pair, against differences: an error names the worst
 * (whole.c). */
critpt_status cpt_callbacks_check_first(cpt_audit *a);
critpt_status cpt_callbacks_check_second(cpt_audit *a);

#endif
