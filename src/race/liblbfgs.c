/* L-BFGS of liblbfgs, with its default line search (More, Thuente). */
#include "race/solvers.h"

#ifdef HAVE_LIBLBFGS
#include <lbfgs.h>
#include <string.h>

static lbfgsfloatval_t objective(void *user, const lbfgsfloatval_t *weights,
                                 lbfgsfloatval_t *gradient, const int n, const lbfgsfloatval_t step)
{
    race_task *task = user;
    double loss = 0;
    size_t P = (size_t)n;
    (void)step;
    critpt_status status = critpt_run_gradient(task->run, weights, P, gradient, P, &loss);
    if (status != CRITPT_OK)
        task->finish(task, status);
    return loss;
}

critpt_status race_liblbfgs(race_task *task)
{
    lbfgs_parameter_t parameters;
    lbfgsfloatval_t loss, *weights = lbfgs_malloc((int)task->n_weights);
    if (!weights)
        return CRITPT_NO_MEMORY;
    memcpy(weights, task->start, task->n_weights * sizeof *weights);
    lbfgs_parameter_init(&parameters);
    parameters.epsilon = 1e-14; /* of |w|: the budget shall end it, not the gradient */
    lbfgs((int)task->n_weights, weights, &loss, objective, NULL, task, &parameters);
    lbfgs_free(weights);
    return CRITPT_OK;
}
#endif
