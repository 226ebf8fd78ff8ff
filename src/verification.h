/* A run of critpt verify: what its parts share. */
#ifndef VERIFICATION_H
#define VERIFICATION_H

#include <jansson.h>
#include <stdbool.h>

#include "problem.h"
#include "progress.h"

typedef struct verification {
    const char *path;
    critpt_file *file;
    critpt_landscape *landscape;
    problem problem;
    double limit; /* seconds; infinity: none */
    bool json;
    double estimate;                      /* seconds for one point */
    double loss_seconds, product_seconds; /* for a loss, for a Hessian-vector product */
    double start, total; /* seconds: when it began, and what all of it is estimated to take */
    bool spectra;        /* whether the file has some */
    bool whole;          /* spectra from whole Hessians, else along random directions */
    size_t checked;      /* points */
    json_t *claims, *unchecked;
    size_t n_claims, n_false;
    char first_false[512];
    progress bar;
} verification;

/* Records a claim. `where` is "point 3" or "report". */
void judge(verification *v, const char *where, const char *claim, double stated, double found,
           bool holds);
void judge_text(verification *v, const char *where, const char *claim, const char *stated,
                const char *found, bool holds);
/* Records what is not rechecked. */
void leave(verification *v, const char *what);

double seconds_now(void);

/* verify_spectrum.c: whether the file states a spectrum of the point; seconds that the recheck of
 * one takes, by the whole Hessian and along random directions, and v->product_seconds; the recheck.
 */
bool states_spectrum(const verification *v, size_t k);
outcome estimate_spectrum(verification *v, const double *weights, double *whole,
                          double *directions);
outcome check_spectrum(verification *v, size_t k, const double *weights, double gradient_scaled);

/* verify_conditions.c: seconds for all conditions; their recheck, and that of frozen targets. */
outcome estimate_conditions(verification *v, double *seconds);
outcome check_conditions(verification *v);
outcome count_frozen(const verification *v, double *count);

#endif
