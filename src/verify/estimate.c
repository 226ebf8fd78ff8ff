/* How long a recheck takes, from the time of its parts: a few samples, and a small matrix. */
#include "verify/estimate.h"

#include <math.h>
#include <stdlib.h>

#include "claims/stated_condition.h"
#include "oracle/eigen.h"
#include "oracle/losses.h"
#include "oracle/parallel.h"
#include "oracle/products.h"
#include "verify/spectrum.h"

/* ---- Sums over the samples ---- */

/* Seconds that all samples take, by the first ones, as many as can be measured. */
static outcome time_samples(const verification *v, const double *weights,
                            oracle_status (*work)(const oracle_problem *part,
                                                  const double *weights),
                            double *seconds)
{
    oracle_problem part = v->problem.oracle;
    size_t n = part.n_samples;
    for (part.n_samples = 1;; part.n_samples = 2 * part.n_samples < n ? 2 * part.n_samples : n) {
        double start = verify_seconds_now(), spent;
        outcome result = claims_from_oracle(work(&part, weights));
        if (result != DONE)
            return result;
        spent = verify_seconds_now() - start;
        *seconds = spent * (double)n / (double)part.n_samples;
        if (spent > 0.01 || part.n_samples == n)
            return DONE;
    }
}

static oracle_status find_values(const oracle_problem *part, const double *weights)
{
    oracle_values values;
    return oracle_evaluate(part, weights, &values);
}

static oracle_status find_loss(const oracle_problem *part, const double *weights)
{
    real loss, level;
    return oracle_loss(part, weights, &loss, &level);
}

/* With one direction, that of all weights alike, and so on one core. */
static oracle_status find_product(const oracle_problem *part, const double *weights)
{
    size_t P = part->model.n_weights;
    double *ones = NULL, quotient;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&ones, P, sizeof *ones));
    for (size_t j = 0; j < P; j++)
        ones[j] = 1;
    ORACLE_TRY(oracle_quotients(part, weights, 1, ones, &quotient, NULL));
done:
    free(ones);
    return result;
}

/* ---- Spectra ---- */

/* Seconds for the eigenvalues of P x P, with eigenvectors or without: those of a part are known to
 * grow with its cube. */
static outcome time_reduction(const verification *v, bool with_vectors, double *seconds)
{
    enum { MOST = 256 };
    size_t P = v->problem.n_weights, n = P < MOST ? P : MOST;
    real *a = NULL;
    outcome result;
    TRY(cli_allocate(&a, n * (2 * n + 1), sizeof *a));
    for (size_t i = 0; i < n * n; i++)
        a[i] = cos((double)(i / n + 1) * (double)(i % n + 1));
    double start = verify_seconds_now();
    TRY(claims_from_oracle(oracle_eigen(n, a, a + n * n, with_vectors ? a + n * n + n : NULL,
                                        v->problem.oracle.n_threads, v->problem.oracle.stop)));
    *seconds = (verify_seconds_now() - start) * pow((double)P / (double)n, 3);
done:
    free(a);
    return result;
}

/* Seconds for a Hessian, from as many samples as make its fixed cost small. */
static outcome time_hessian(const verification *v, const double *weights, double *seconds)
{
    enum { FEWEST = 16, MOST = 128, TERMS = 100000000 };
    oracle_problem part = v->problem.oracle;
    size_t P = v->problem.n_weights, n = part.n_samples, enough = TERMS / P / P;
    real *hessian = NULL, *sizes = NULL;
    outcome result;
    enough = enough < FEWEST ? FEWEST : enough < MOST ? enough : MOST;
    part.n_samples = enough < n ? enough : n;
    TRY(cli_allocate(&hessian, P * P, sizeof *hessian));
    TRY(cli_allocate(&sizes, P * P, sizeof *sizes));
    double start = verify_seconds_now();
    TRY(claims_from_oracle(oracle_hessian(&part, weights, ORACLE_HESSIAN, hessian, sizes)));
    *seconds = (verify_seconds_now() - start) * (double)n / (double)part.n_samples;
done:
    free(hessian);
    free(sizes);
    return result;
}

/* How many Hessians and reductions the spectra take, these without and with eigenvectors. */
typedef struct spectra_cost {
    double hessians, reductions, with_vectors;
} spectra_cost;

/* Null directions ask for eigenvectors, and a margin for the parts of the Hessian, whose products
 * take as long as some reductions do. */
static spectra_cost count_spectra(const verification *v)
{
    static const spectra_cost null = {1, 0, 2}, margin = {2, 3, 2};
    spectra_cost cost = {0, 0, 0};
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++) {
        if (!verify_states_spectrum(v, k))
            continue;
        bool open = verify_point_value(v, k, CRITPT_FILE_POINT_NULLITY) > 0 &&
                    !(verify_point_value(v, k, CRITPT_FILE_POINT_INDEX) > 0);
        bool whitened = verify_has_nature(v, k);
        cost.hessians += 1 + open * null.hessians + whitened * margin.hessians;
        cost.reductions += 2 + whitened * margin.reductions;
        cost.with_vectors += open * null.with_vectors + whitened * margin.with_vectors;
    }
    return cost;
}

/* Of all points, from whole Hessians: infinity where their reductions alone exceed the limit. */
static outcome estimate_whole(const verification *v, const double *weights, double *whole)
{
    spectra_cost cost = count_spectra(v);
    double reduction, with_vectors = 0, hessian;
    outcome result;
    TRY(time_reduction(v, false, &reduction));
    if (cost.with_vectors > 0)
        TRY(time_reduction(v, true, &with_vectors));
    *whole = cost.reductions * reduction + cost.with_vectors * with_vectors;
    if (*whole > v->limit) {
        *whole = INFINITY;
        return DONE;
    }
    TRY(time_hessian(v, weights, &hessian));
    *whole += cost.hessians * hessian;
done:
    return result;
}

/* Spectra come from whole Hessians where those of all points fit the limit. */
static outcome estimate_spectra(verification *v, const double *weights)
{
    double K = (double)critpt_file_n_points(v->file), whole;
    double threads = (double)oracle_n_threads(v->problem.oracle.n_threads);
    outcome result = DONE;
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++)
        v->spectra = v->spectra || verify_states_spectrum(v, k);
    if (!v->spectra)
        return DONE;
    TRY(estimate_whole(v, weights, &whole));
    v->whole = K * v->estimate + whole <= v->limit;
    v->estimate += v->whole
                       ? whole / K
                       : v->product_seconds * VERIFY_DIRECTIONS / fmin(threads, VERIFY_DIRECTIONS);
    v->estimate += v->product_seconds; /* along the escape direction */
done:
    return result;
}

/* ---- All ---- */

double verify_condition_seconds(const verification *v, const oracle_request *request)
{
    oracle_cost cost = oracle_find_cost(&v->problem.oracle, request);
    return cost.evaluations * v->evaluation_seconds + cost.losses * v->loss_seconds +
           cost.products * v->product_seconds;
}

outcome verify_estimate(verification *v, const double *weights)
{
    static const double outputs = 3; /* that the report asks of a point */
    outcome result;
    TRY(time_samples(v, weights, find_values, &v->evaluation_seconds));
    TRY(time_samples(v, weights, find_loss, &v->loss_seconds));
    TRY(time_samples(v, weights, find_product, &v->product_seconds));
    v->estimate = v->evaluation_seconds + outputs * v->loss_seconds;
    TRY(estimate_spectra(v, weights));
    v->total = v->estimate * (double)critpt_file_n_points(v->file);
    for (size_t c = 0; c < critpt_file_n_conditions(v->file); c++) {
        stated_condition stated;
        TRY(claims_load_condition(&stated, v->file, c));
        v->total += verify_condition_seconds(v, &stated.request);
        claims_free_condition(&stated);
    }
done:
    return result;
}
