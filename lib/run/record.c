/* What the observer sees of an evaluation: the best loss, targets reached, and when to record. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "run/run.h"

/* Nodes are the integers next above 10^(j / per_decade). */
size_t cpt_run_next_node(size_t per_decade, size_t evaluations)
{
    static const double slack = 1e-12; /* of pow, where the power is an integer */
    double steps = floor((double)per_decade * log10((double)evaluations + 0.5)), node = 0;
    for (; node <= (double)evaluations; steps++)
        node = ceil(pow(10, steps / (double)per_decade) * (1 - slack));
    return node < (double)SIZE_MAX ? (size_t)node : SIZE_MAX;
}

/* Moves an array of `used` elements to a larger block; the array stays as it is on failure. */
static critpt_status enlarge(void *array, size_t used, size_t capacity, size_t width, size_t size)
{
    critpt_status status;
    void *old, *larger;
    size_t count;
    memcpy(&old, array, sizeof old);
    CPT_TRY(cpt_multiply(capacity, width, "records of a run", &count));
    CPT_TRY(cpt_allocate(&larger, count, size));
    if (used > 0 && width > 0)
        memcpy(larger, old, used * width * size);
    cpt_free(old);
    memcpy(array, &larger, sizeof larger);
done:
    return status;
}

critpt_status cpt_run_reserve(critpt_run *run)
{
    enum { FIRST = 64 };
    critpt_status status = CRITPT_OK;
    size_t n = run->n_records, larger = run->capacity ? 2 * run->capacity : FIRST;
    if (n < run->capacity)
        return CRITPT_OK;
    CPT_TRY(enlarge(&run->records, n, larger, 1, sizeof *run->records));
    CPT_TRY(enlarge(&run->distances, n, larger, run->n_points, sizeof *run->distances));
    if (run->keeps_weights)
        CPT_TRY(enlarge(&run->weights, n, larger, run->n_weights, sizeof *run->weights));
    run->capacity = larger;
done:
    return status;
}

/* Loss and gradient over all samples, which nobody is charged for. */
static critpt_status measure(critpt_run *run, const double *weights, cpt_run_knowledge *knowledge)
{
    critpt_status status =
        critpt_landscape_gradient(run->landscape, run->whole, weights, run->n_weights,
                                  run->gradient, run->n_weights, &knowledge->loss);
    knowledge->known = status == CRITPT_OK;
    knowledge->gradient = run->gradient;
    return status;
}

/* The k of the smallest target 10^(k/5) that a gap to the optimum reaches. */
static int level_of(double gap)
{
    return gap > 0 ? (int)ceil(5 * log10(gap)) : INT_MIN;
}

/* Between weights and a planted point, but for symmetries where they are known. */
static critpt_status distance_to(critpt_run *run, const double *weights, const double *point,
                                 double *distance)
{
    if (run->matching) {
        critpt_status status = cpt_model_matching_distance(run->matching, weights, point, distance);
        if (status == CRITPT_NON_FINITE)
            *distance = INFINITY;
        return status == CRITPT_NON_FINITE ? CRITPT_OK : status;
    }
    memcpy(run->gradient, weights, run->n_weights * sizeof *weights);
    cpt_linalg_axpy(run->n_weights, -1, point, run->gradient);
    *distance = cpt_linalg_norm(run->n_weights, run->gradient);
    return CRITPT_OK;
}

/* Certainly negative eigenvalues of the Hessian. */
static critpt_status index_at(const critpt_run *run, const double *weights, double *index)
{
    critpt_spectrum *spectrum = NULL;
    critpt_status status = critpt_spectrum_create(&spectrum, run->landscape, weights,
                                                  run->n_weights, run->spectrum_options);
    if (status == CRITPT_OK)
        *index = (double)critpt_spectrum_index(spectrum);
    critpt_spectrum_destroy(spectrum);
    return status;
}

/* Fills the place behind the last record, which there is room for. */
static critpt_status fill(critpt_run *run, const double *weights, cpt_run_knowledge *knowledge,
                          cpt_run_record *record)
{
    critpt_status status = CRITPT_OK;
    size_t K = run->n_points, P = run->n_weights, n = run->n_records;
    if (!knowledge->gradient)
        CPT_TRY(measure(run, weights, knowledge));
    record->loss = knowledge->loss;
    record->gradient_norm = cpt_linalg_norm(P, knowledge->gradient);
    record->index = NAN;
    if (run->watches_index)
        CPT_TRY(index_at(run, weights, &record->index));
    for (size_t k = 0; k < K; k++)
        CPT_TRY(distance_to(run, weights, run->points + k * P, &run->distances[n * K + k]));
    if (run->keeps_weights)
        memcpy(run->weights + n * P, weights, P * sizeof *weights);
done:
    return status;
}

bool cpt_run_has_moved(const critpt_run *run, const double *weights)
{
    return !run->has_begun ||
           memcmp(weights, run->last_weights, run->n_weights * sizeof *weights) != 0;
}

/* Whether the loss has to be measured that an evaluation has not told: for a record, or once an
 * evaluation's worth of samples was spent at weights of which it is not known. */
static bool must_measure(const critpt_run *run, const double *weights, size_t evaluations,
                         unsigned reasons)
{
    bool new = !run->last_is_known || cpt_run_has_moved(run, weights);
    return reasons || (new &&evaluations > run->seen);
}

critpt_status cpt_run_observe(critpt_run *run, const double *weights, cpt_run_knowledge knowledge,
                              size_t spent, unsigned reasons)
{
    critpt_status status = CRITPT_OK;
    size_t evaluations = cpt_run_charged(run, spent);
    bool due = evaluations >= run->next_node;
    reasons |= due ? CRITPT_RUN_GRID : 0;
    bool moved = cpt_run_has_moved(run, weights);
    if (!knowledge.known && must_measure(run, weights, evaluations, reasons))
        CPT_TRY(measure(run, weights, &knowledge));
    bool better = knowledge.known && knowledge.loss < run->best_loss;
    double best = better ? knowledge.loss : run->best_loss;
    int level = better && !isnan(run->optimum) ? level_of(best - run->optimum) : run->level;
    reasons |= level < run->level ? CRITPT_RUN_TARGET : 0;
    cpt_run_record record = {.evaluations = evaluations, .reasons = reasons, .best_loss = best};
    if (reasons)
        CPT_TRY(fill(run, weights, &knowledge, &record));
    if (reasons)
        run->records[run->n_records++] = record;
    if (better)
        memcpy(run->best_weights, weights, run->n_weights * sizeof *weights);
    run->best_loss = best;
    run->level = level < run->level ? level : run->level;
    run->seen = knowledge.known ? evaluations : run->seen;
    run->last_is_known = knowledge.known || (run->last_is_known && !moved);
    run->last_is_recorded = reasons || (run->last_is_recorded && !moved);
    run->next_node = due ? cpt_run_next_node(run->per_decade, evaluations) : run->next_node;
done:
    return status;
}
