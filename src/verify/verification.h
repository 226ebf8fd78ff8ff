/* A run of critpt verify: what its parts share. */
#ifndef VERIFICATION_H
#define VERIFICATION_H

#include <jansson.h>
#include <stdbool.h>

#include "claims/problem.h"
#include "cli/progress.h"
#include "spec/spec.h"

typedef struct verification {
    const char *path, *library; /* library: the option, or NULL */
    critpt_file *file;
    plugin model;                          /* from there */
    critpt_landscape *landscape, *rounded; /* as it is, and of data in float32 */
    problem problem;
    bool has_spec; /* one that can be read */
    spec spec;
    bool planted; /* by a solve that succeeded: every number is due, and every request is met */
    double limit; /* seconds; infinity: none */
    uint64_t read_limit;
    bool json;
    double estimate; /* seconds for one point */
    /* on one core: what oracle_evaluate finds, a loss, a Hessian-vector product */
    double evaluation_seconds, loss_seconds, product_seconds;
    double start, total; /* seconds: when it began, and what all of it is estimated to take */
    double begun, lasts; /* likewise, of what is rechecked now */
    const char *stage;   /* the bar's word for that */
    bool spectra;        /* whether the file has some */
    bool whole;          /* spectra from whole Hessians, else along random directions */
    size_t checked;      /* points */
    json_t *claims, *unchecked;
    size_t n_claims, n_false;
    char first_false[512];
    progress bar;
} verification;

/* Records a claim. `where` is "point 3" or "report". */
void verify_judge(verification *v, const char *where, const char *claim, double stated,
                  double found, bool holds);
void verify_judge_text(verification *v, const char *where, const char *claim, const char *stated,
                       const char *found, bool holds);
/* That two arrays are the same bit for bit; the first difference is named. */
void verify_judge_bits(verification *v, const char *where, const char *claim, size_t n,
                       const double *stated, const double *found);
/* Records what is not rechecked. */
void verify_leave(verification *v, const char *format, ...) PRINTF_LIKE(2, 3);

double verify_seconds_now(void);
/* What comes next is that part of the bar, and takes so many seconds, nearly. */
void verify_begin(verification *v, const char *stage, double from, double to, double seconds);
/* The oracle's stop function: moves the bar on by the time that passed, and looks for signals. */
bool verify_beat(void *verification);

/* The number of a point, NaN where the file has none. */
double verify_point_value(const verification *v, size_t k, critpt_file_point_quantity quantity);
double verify_report_value(const verification *v, critpt_report_quantity quantity);
/* Whether the file asks for a critical point there. */
bool verify_is_critical(const verification *v, size_t k);
/* Whether it asks for a nature there, by a margin or a least eigenvalue. */
bool verify_has_nature(const verification *v, size_t k);

#endif
