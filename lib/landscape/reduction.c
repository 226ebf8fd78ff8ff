/* Reductions over processes: the announcement, the blocks, and what is said of discord. */
#include <math.h>
#include <string.h>

#include "landscape/reduction.h"

/* Numbers that a callback is given at a time; MPI counts below 2^31. */
enum { BLOCK = 1 << 30 };

/* An announcement is the sum over the processes of: whether one has failed, 1, each field with its
 * square, and few numbers to be summed. Fields are whole and below 2^16: by Cauchy and Schwarz all
 * are alike where sum and sum of squares are those of equal ones, and both are exact. */
enum {
    FAILED = 0,
    PROCESSES = 1,
    FIELDS = 2, /* where they begin */
    N_FIELDS = 7,
    DIGEST = 5, /* the first field of the digest */
    PAYLOAD = FIELDS + 2 * N_FIELDS,
    MOST_PAYLOAD = 16,
    ANNOUNCEMENT = PAYLOAD + MOST_PAYLOAD
};

/* What comes next: one of critpt_reduction_operation, or the end of the call. */
enum { LEAVE = 3 };

/* ---- Digests ---- */

void cpt_reduction_share(cpt_reduction *reduction, size_t n, const double *values)
{
    for (size_t i = 0; reduction && i < n; i++) {
        /* one pattern for each number: 0 has two, NaN many */
        double value = isnan(values[i]) ? (double)NAN : values[i] + 0.0;
        uint64_t word;
        memcpy(&word, &value, sizeof word);
        reduction->digest = (reduction->digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        reduction->digest ^= reduction->digest >> 29;
    }
}

/* ---- What is wrong ---- */

static critpt_status complain(const cpt_reduction *reduction)
{
    size_t step = reduction->step;
    switch (reduction->discord) {
    case CPT_CALLBACK_FAILED:
        return cpt_error(CRITPT_REDUCTION_FAILED,
                         "the reduction's callback returned %d in reduction %zu of the call",
                         reduction->code, step);
    case CPT_NOT_COMBINED:
        return cpt_error(CRITPT_REDUCTION_FAILED,
                         "reduction %zu of the call combined the numbers of %g processes where "
                         "there are %zu: the callback must combine them in place over all",
                         step, reduction->combined, reduction->n_processes);
    case CPT_OUT_OF_STEP:
        return cpt_error(
            CRITPT_REDUCTION_FAILED,
            "the processes are out of step at reduction %zu of the call: all must make "
            "the same calls in the same order, with the same results asked for",
            step);
    case CPT_OTHER_NUMBERS:
        return cpt_error(CRITPT_REDUCTION_FAILED,
                         "the processes have different numbers before reduction %zu of the call: "
                         "all must give the same weights, metric and conditions, and the callback "
                         "must return the same numbers to all",
                         step);
    default:
        return cpt_error(CRITPT_REDUCTION_FAILED,
                         "another process failed in this call; its own message says why");
    }
}

/* ---- Calls ---- */

/* The user's own calls in it have no budget of ours. */
static bool call(cpt_reduction *reduction, critpt_reduction_operation operation, size_t n,
                 double *values)
{
    cpt_budget *budget = cpt_budget_suspend();
    reduction->code = reduction->callback(operation, values, n, reduction->user);
    cpt_budget_resume(budget);
    if (reduction->code)
        reduction->discord = CPT_CALLBACK_FAILED;
    return reduction->code == 0;
}

static void list_fields(const cpt_reduction *reduction, int operation, size_t n,
                        double fields[N_FIELDS])
{
    const uint64_t of[N_FIELDS] = {reduction->step,        (uint64_t)operation, n,
                                   (uint64_t)n >> 16,      (uint64_t)n >> 32,   reduction->digest,
                                   reduction->digest >> 16};
    for (size_t i = 0; i < N_FIELDS; i++)
        fields[i] = (double)(of[i] & 0xffff);
}

/* What the answer to an announcement shows. */
static cpt_discord compare(cpt_reduction *reduction, const double fields[N_FIELDS],
                           const double *answer)
{
    if (reduction->n_processes == 0 && answer[PROCESSES] >= 1 && answer[PROCESSES] < 0x1p20)
        reduction->n_processes = (size_t)answer[PROCESSES];
    double processes = (double)reduction->n_processes;
    cpt_discord discord = CPT_IN_STEP;
    reduction->combined = answer[PROCESSES];
    if (answer[PROCESSES] != processes)
        return CPT_NOT_COMBINED;
    if (answer[FAILED] != 0)
        return CPT_OTHER_FAILED;
    for (size_t i = N_FIELDS; i-- > 0;) {
        double sum = answer[FIELDS + 2 * i], square = answer[FIELDS + 2 * i + 1];
        if (sum != processes * fields[i] || square != processes * fields[i] * fields[i])
            discord = i >= DIGEST ? CPT_OTHER_NUMBERS : CPT_OUT_OF_STEP;
    }
    return discord;
}

/* Tells the others what comes next; numbers of the payload come back summed. */
static bool announce(cpt_reduction *reduction, int operation, size_t n, bool failed,
                     size_t n_payload, double *payload)
{
    double fields[N_FIELDS], block[ANNOUNCEMENT] = {0};
    list_fields(reduction, operation, n, fields);
    block[FAILED] = failed;
    block[PROCESSES] = 1;
    for (size_t i = 0; i < N_FIELDS; i++) {
        block[FIELDS + 2 * i] = fields[i];
        block[FIELDS + 2 * i + 1] = fields[i] * fields[i];
    }
    if (n_payload)
        memcpy(block + PAYLOAD, payload, n_payload * sizeof *payload);
    if (!call(reduction, CRITPT_REDUCE_SUM, ANNOUNCEMENT, block))
        return false;
    reduction->discord = compare(reduction, fields, block);
    if (reduction->discord != CPT_IN_STEP)
        return false;
    if (n_payload)
        memcpy(payload, block + PAYLOAD, n_payload * sizeof *payload);
    cpt_reduction_share(reduction, n_payload, payload);
    reduction->step++;
    return true;
}

/* A row of a reduction that was announced, in blocks. */
static bool reduce_row(cpt_reduction *reduction, critpt_reduction_operation operation, size_t n,
                       double *values)
{
    for (size_t first = 0, count; first < n; first += count) {
        count = cpt_smaller(n - first, BLOCK);
        if (!call(reduction, operation, count, values + first))
            return false;
    }
    cpt_reduction_share(reduction, n, values);
    return true;
}

static critpt_status reduce(cpt_reduction *reduction, critpt_reduction_operation operation,
                            size_t n_rows, size_t n_columns, double *values, size_t leading)
{
    if (!reduction)
        return CRITPT_OK;
    if (leading == n_columns) {
        n_columns *= n_rows;
        n_rows = 1;
    }
    bool few = operation == CRITPT_REDUCE_SUM && n_rows == 1 && n_columns <= MOST_PAYLOAD;
    bool good = reduction->discord == CPT_IN_STEP &&
                announce(reduction, (int)operation, n_rows * n_columns, false, few ? n_columns : 0,
                         few ? values : NULL);
    for (size_t i = 0; good && !few && i < n_rows; i++)
        good = reduce_row(reduction, operation, n_columns, values + i * leading);
    return good ? CRITPT_OK : complain(reduction);
}

critpt_status cpt_reduction_sum(cpt_reduction *reduction, size_t n, double *values)
{
    return reduce(reduction, CRITPT_REDUCE_SUM, 1, n, values, n);
}

critpt_status cpt_reduction_max(cpt_reduction *reduction, size_t n, double *values)
{
    return reduce(reduction, CRITPT_REDUCE_MAX, 1, n, values, n);
}

critpt_status cpt_reduction_min(cpt_reduction *reduction, size_t n, double *values)
{
    return reduce(reduction, CRITPT_REDUCE_MIN, 1, n, values, n);
}

critpt_status cpt_reduction_sum_rows(cpt_reduction *reduction, size_t n_rows, size_t n_columns,
                                     double *values, size_t leading)
{
    return reduce(reduction, CRITPT_REDUCE_SUM, n_rows, n_columns, values, leading);
}

double cpt_reduction_norm(cpt_reduction *reduction, double norm)
{
    /* a largest of numbers one of which is NaN may be any of the others */
    double largest = isnan(norm) ? INFINITY : norm, square;
    if (!reduction)
        return norm;
    if (cpt_reduction_max(reduction, 1, &largest) != CRITPT_OK)
        return NAN;
    if (!(largest > 0) || isinf(largest))
        return largest;
    square = norm / largest * (norm / largest);
    if (cpt_reduction_sum(reduction, 1, &square) != CRITPT_OK)
        return NAN;
    return largest * sqrt(square);
}

/* ---- Begin and end ---- */

/* Whether the parts of all processes are the samples 0 to N - 1, as far as N, the last one's number
 * and the sum of all numbers show. */
critpt_status cpt_reduction_join(cpt_reduction *reduction, size_t n_samples)
{
    critpt_status status;
    double n = (double)n_samples, first = (double)reduction->first_sample;
    double sums[] = {n, n * first + n * (n - 1) / 2}, end = n > 0 ? first + n : 0;
    CPT_TRY(cpt_reduction_sum(reduction, 2, sums));
    CPT_TRY(cpt_reduction_max(reduction, 1, &end));
    double expected = sums[0] * (sums[0] - 1) / 2;
    if (sums[0] == 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "no process has a sample");
    if (end != sums[0] || fabs(sums[1] - expected) > 1e-12 * expected)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the processes hold %.0f samples, but not those numbered 0 to %.0f; this "
                         "one has %zu from %zu on: first_sample is how many those before it hold",
                         sums[0], sums[0] - 1, n_samples, reduction->first_sample);
    reduction->n_samples = (size_t)sums[0];
done:
    return status;
}

critpt_status cpt_reduction_leave(cpt_reduction *reduction, critpt_status status)
{
    if (!reduction)
        return status;
    bool known = reduction->discord != CPT_IN_STEP; /* to the others as well */
    if (!known)
        announce(reduction, LEAVE, 0, status != CRITPT_OK, 0, NULL);
    if (known || (status == CRITPT_OK && reduction->discord != CPT_IN_STEP))
        status = complain(reduction);
    reduction->step = 0;
    reduction->digest = 0;
    reduction->discord = CPT_IN_STEP;
    return status;
}
