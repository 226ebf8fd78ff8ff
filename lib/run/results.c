/* What a run tells: counts, records, and the planted truth, at the price of being informed. */
#include <math.h>
#include <string.h>

#include "run/run.h"

size_t critpt_run_evaluations(const critpt_run *run)
{
    return run ? cpt_run_charged(run, run->spent) : 0;
}

size_t critpt_run_n_samples_spent(const critpt_run *run)
{
    return run ? run->spent : 0;
}

size_t critpt_run_budget(const critpt_run *run)
{
    return run ? run->limit / run->n_samples : 0;
}

size_t critpt_run_n_evaluations(const critpt_run *run, critpt_evaluation kind)
{
    return run && (size_t)kind < CPT_RUN_KINDS ? run->counts[kind] : 0;
}

size_t critpt_run_n_points(const critpt_run *run)
{
    return run ? run->n_points : 0;
}

size_t critpt_run_n_records(const critpt_run *run)
{
    return run ? run->n_records : 0;
}

int critpt_run_is_informed(const critpt_run *run)
{
    return run && run->is_informed;
}

static critpt_status require_result(const critpt_run *run, const void *result)
{
    if (!run || !result)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s",
                         run ? "the place for the result is NULL" : "run is NULL");
    return CRITPT_OK;
}

static critpt_status require_record(const critpt_run *run, size_t record, const void *result)
{
    critpt_status status;
    CPT_TRY(require_result(run, result));
    if (record >= run->n_records)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "there is no record %zu; the run has %zu", record,
                         run->n_records);
done:
    return status;
}

static critpt_status require_point(const critpt_run *run, size_t point)
{
    if (point >= run->n_points)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "there is no point %zu; %zu were added", point,
                         run->n_points);
    return CRITPT_OK;
}

critpt_status critpt_run_best(const critpt_run *run, double *weights, size_t n_weights,
                              double *loss)
{
    critpt_status status = CRITPT_OK;
    if (!run)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "run is NULL");
    if (isinf(run->best_loss))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "no loss over all samples was seen yet");
    if (weights) {
        CPT_TRY(cpt_require_array("weights", weights, n_weights, run->n_weights));
        memcpy(weights, run->best_weights, n_weights * sizeof *weights);
    }
    if (loss)
        *loss = run->best_loss;
done:
    return status;
}

/* From now on its results are those of one who knew. */
static void inform(critpt_run *run)
{
    run->is_informed = run->is_informed || !run->has_ended;
}

critpt_status critpt_run_point(critpt_run *run, size_t point, double *weights, size_t n_weights)
{
    critpt_status status;
    CPT_TRY(require_result(run, weights));
    CPT_TRY(require_point(run, point));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, run->n_weights));
    memcpy(weights, run->points + point * n_weights, n_weights * sizeof *weights);
    inform(run);
done:
    return status;
}

critpt_status critpt_run_optimum(critpt_run *run, double *loss)
{
    critpt_status status;
    CPT_TRY(require_result(run, loss));
    *loss = run->optimum;
    inform(run);
done:
    return status;
}

critpt_status critpt_run_record(const critpt_run *run, size_t record, critpt_run_quantity quantity,
                                double *value)
{
    critpt_status status;
    CPT_TRY(require_record(run, record, value));
    const cpt_run_record *at = &run->records[record];
    const double values[] = {(double)at->evaluations, at->loss, at->best_loss, at->gradient_norm,
                             at->index};
    if ((size_t)quantity >= sizeof values / sizeof *values)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%d is no quantity of a record", (int)quantity);
    *value = values[quantity];
done:
    return status;
}

critpt_status critpt_run_record_reasons(const critpt_run *run, size_t record, unsigned *reasons)
{
    critpt_status status;
    CPT_TRY(require_record(run, record, reasons));
    *reasons = run->records[record].reasons;
done:
    return status;
}

critpt_status critpt_run_record_distance(critpt_run *run, size_t record, size_t point,
                                         double *distance, int *exact)
{
    critpt_status status;
    CPT_TRY(require_record(run, record, distance));
    CPT_TRY(require_point(run, point));
    *distance = run->distances[record * run->n_points + point];
    if (exact)
        *exact = run->matching && cpt_model_matching_is_exact(run->matching) &&
                 !cpt_penalty_is_set(&run->landscape->penalty);
    inform(run);
done:
    return status;
}

critpt_status critpt_run_record_weights(const critpt_run *run, size_t record, double *weights,
                                        size_t n_weights)
{
    critpt_status status;
    CPT_TRY(require_record(run, record, weights));
    if (!run->keeps_weights)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "this run does not keep weights; see critpt_run_keep_weights");
    CPT_TRY(cpt_require_array("weights", weights, n_weights, run->n_weights));
    memcpy(weights, run->weights + record * n_weights, n_weights * sizeof *weights);
done:
    return status;
}
