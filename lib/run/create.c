/* Runs come and go; what is watched is said before the first evaluation. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "run/run.h"

enum { PER_DECADE = 20, MOST_PER_DECADE = 10000 };

static critpt_status allocate(critpt_run *run, size_t P)
{
    critpt_status status;
    CPT_TRY(critpt_workspace_create(&run->workspace, run->landscape));
    CPT_TRY(critpt_workspace_create(&run->whole, run->landscape));
    CPT_TRY(critpt_spectrum_options_create(&run->spectrum_options));
    CPT_TRY(critpt_spectrum_options_set_eigenvectors(run->spectrum_options, 0, 0));
    CPT_TRY(cpt_allocate(&run->best_weights, P, sizeof *run->best_weights));
    CPT_TRY(cpt_allocate(&run->last_weights, P, sizeof *run->last_weights));
    CPT_TRY(cpt_allocate(&run->gradient, P, sizeof *run->gradient));
    if (critpt_mlp_n_layers(run->landscape->model) > 0 &&
        cpt_penalty_is_alike(&run->landscape->penalty))
        CPT_TRY(cpt_model_matching_create(&run->matching, run->landscape->model));
done:
    return status;
}

critpt_status critpt_run_create(critpt_run **run, const critpt_landscape *landscape, size_t budget)
{
    critpt_status status;
    critpt_run *made = NULL;
    if (!run || !landscape)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", run ? "landscape" : "run");
    *run = NULL;
    CPT_TRY(cpt_landscape_require_samples(landscape));
    CPT_TRY(cpt_landscape_require_targets(landscape));
    CPT_TRY(cpt_allocate(&made, 1, sizeof *made));
    made->landscape = (critpt_landscape *)landscape; /* const but for its count of references */
    cpt_landscape_retain(made->landscape);
    made->n_weights = landscape->model->n_weights;
    made->n_samples = landscape->metric.n_whole;
    CPT_TRY(cpt_multiply(budget, made->n_samples, "samples of the budget", &made->limit));
    CPT_TRY(allocate(made, made->n_weights));
    for (size_t kind = 0; kind < CPT_RUN_KINDS; kind++)
        made->cost[kind] = 1;
    made->cost[CRITPT_EVALUATION_HESSIAN] = made->n_weights;
    made->cost[CRITPT_EVALUATION_JACOBIAN] = landscape->model->n_outputs;
    made->optimum = NAN;
    made->best_loss = INFINITY;
    made->level = INT_MAX;
    made->per_decade = PER_DECADE;
    made->next_node = 1;
    *run = made;
    made = NULL;
done:
    critpt_run_destroy(made);
    return status;
}

void critpt_run_destroy(critpt_run *run)
{
    if (!run)
        return;
    critpt_workspace_destroy(run->workspace);
    critpt_workspace_destroy(run->whole);
    critpt_spectrum_options_destroy(run->spectrum_options);
    cpt_model_matching_destroy(run->matching);
    cpt_free(run->points);
    cpt_free(run->best_weights);
    cpt_free(run->last_weights);
    cpt_free(run->gradient);
    cpt_free(run->records);
    cpt_free(run->distances);
    cpt_free(run->weights);
    critpt_landscape_destroy(run->landscape);
    cpt_free(run);
}

static critpt_status require_before(const critpt_run *run)
{
    if (!run)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "run is NULL");
    if (run->has_begun || run->has_ended)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the run has begun; points, costs and what to record come first");
    return CRITPT_OK;
}

critpt_status critpt_run_add_point(critpt_run *run, const double *weights, size_t n_weights,
                                   double loss, size_t *point)
{
    critpt_status status;
    double *larger = NULL;
    size_t size, bytes;
    CPT_TRY(require_before(run));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, run->n_weights));
    CPT_TRY(cpt_require_finite("weights", weights, n_weights));
    if (isinf(loss))
        CPT_TRY(cpt_error(CRITPT_NON_FINITE, "the loss of a planted point is infinite; give NaN "
                                             "where it is not known"));
    size = run->n_points * n_weights;
    CPT_TRY(cpt_multiply_add(run->n_points, n_weights, n_weights, "weights of points", &bytes));
    CPT_TRY(cpt_allocate(&larger, bytes, sizeof *larger));
    if (size)
        memcpy(larger, run->points, size * sizeof *larger);
    memcpy(larger + size, weights, n_weights * sizeof *larger);
    cpt_free(run->points);
    run->points = larger;
    run->optimum = fmin(run->optimum, loss); /* of the two the one that is known */
    if (point)
        *point = run->n_points;
    run->n_points++;
done:
    return status;
}

critpt_status critpt_run_set_cost(critpt_run *run, critpt_evaluation kind, size_t evaluations)
{
    critpt_status status;
    CPT_TRY(require_before(run));
    if ((size_t)kind >= CPT_RUN_KINDS)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT, "%d is no kind of evaluation", (int)kind));
    if (evaluations == 0)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT, "an evaluation costs at least 1, not 0"));
    run->cost[kind] = evaluations;
done:
    return status;
}

critpt_status critpt_run_set_grid(critpt_run *run, size_t per_decade)
{
    critpt_status status;
    CPT_TRY(require_before(run));
    if (per_decade == 0 || per_decade > MOST_PER_DECADE)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%zu nodes in a decade of evaluations; choose 1 to %d", per_decade,
                          MOST_PER_DECADE));
    run->per_decade = per_decade;
done:
    return status;
}

critpt_status critpt_run_watch_index(critpt_run *run, int yes)
{
    critpt_status status = require_before(run);
    if (status == CRITPT_OK)
        run->watches_index = yes != 0;
    return status;
}

critpt_status critpt_run_keep_weights(critpt_run *run, int yes)
{
    critpt_status status = require_before(run);
    if (status == CRITPT_OK)
        run->keeps_weights = yes != 0;
    return status;
}
