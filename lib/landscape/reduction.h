/* Samples spread over processes: where a sum, a largest or a least over the samples ends, it is
 * combined over all processes by the callback of critpt_landscape_set_reduction. Every place where
 * one ends calls a function of these; with no reduction (NULL) they leave the numbers as they are.
 *
 * Every reduction begins with an announcement: a block of fixed length and operation, so that
 * processes which are out of step still meet in it. It tells which reduction comes, holds a digest
 * of the numbers that this call was given and has received, and counts processes that have failed:
 * where these differ or one has, all of them end the call with CRITPT_REDUCTION_FAILED before they
 * exchange blocks of different lengths. Few numbers to be summed go along with it. What fails stays
 * failed until the call's end, where cpt_reduction_leave tells the others of an own failure: no
 * process is left waiting for one that gave up. */
#ifndef CPT_LANDSCAPE_REDUCTION_H
#define CPT_LANDSCAPE_REDUCTION_H

#include "base/base.h"

/* What is wrong among the processes. */
typedef enum cpt_discord {
    CPT_IN_STEP = 0,
    CPT_CALLBACK_FAILED,
    CPT_NOT_COMBINED, /* not of all processes */
    CPT_OTHER_FAILED,
    CPT_OUT_OF_STEP,
    CPT_OTHER_NUMBERS
} cpt_discord;

typedef struct cpt_reduction {
    critpt_reduction callback;
    void *user;
    size_t first_sample, n_samples; /* of this process in the whole; of the whole */
    size_t n_processes;             /* 0 until the first answer */
    size_t step;                    /* reductions of the present call so far */
    uint64_t digest;                /* of the numbers that all processes have in it */
    cpt_discord discord;
    double combined; /* processes that answered where not all did */
    int code;        /* of a callback that failed */
} cpt_reduction;

/* Agrees with the other processes on the whole, of which this one holds n_samples. */
critpt_status cpt_reduction_join(cpt_reduction *reduction, size_t n_samples);

/* Whether there are other processes. */
static inline bool cpt_reduction_is_split(const cpt_reduction *reduction)
{
    return reduction && reduction->n_processes > 1;
}
/* The number of sample 0 of this process in the whole. */
static inline size_t cpt_reduction_first_sample(const cpt_reduction *reduction)
{
    return reduction ? reduction->first_sample : 0;
}

/* In place, over all processes. */
critpt_status cpt_reduction_sum(cpt_reduction *reduction, size_t n, double *values);
critpt_status cpt_reduction_max(cpt_reduction *reduction, size_t n, double *values);
critpt_status cpt_reduction_min(cpt_reduction *reduction, size_t n, double *values);
/* The sum of a matrix, rows `leading` apart. */
critpt_status cpt_reduction_sum_rows(cpt_reduction *reduction, size_t n_rows, size_t n_columns,
                                     double *values, size_t leading);
/* The norm of a vector whose part in this process has this norm, without overflow on the way; NaN
 * where the reduction fails, which the next one or the end of the call then tells. */
double cpt_reduction_norm(cpt_reduction *reduction, double norm);

/* Numbers that must be the same in all processes. */
void cpt_reduction_share(cpt_reduction *reduction, size_t n, const double *values);

/* What a public call that reduces ends with; `status` is what came of it here. */
critpt_status cpt_reduction_leave(cpt_reduction *reduction, critpt_status status);

#endif
