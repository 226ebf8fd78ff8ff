/* Algorithms of NLopt. Its limits are not trusted: the run keeps the budget, and ends the process
 * when it is spent, for the L-BFGS of 2.7.1 goes on after a forced stop. */
#include "race/solvers.h"

#ifdef HAVE_NLOPT
#include <math.h>
#include <nlopt.h>
#include <stdio.h>

static double objective(unsigned n, const double *weights, double *gradient, void *user)
{
    race_task *task = user;
    double loss = HUGE_VAL;
    critpt_status status = gradient ? critpt_run_gradient(task->run, weights, n, gradient, n, &loss)
                                    : critpt_run_loss(task->run, weights, n, &loss);
    if (status != CRITPT_OK)
        task->finish(task, status);
    return loss;
}

/* Weights from -10 to 10, wider where the start is outside: a search all over needs bounds. */
static nlopt_result set_bounds(nlopt_opt opt, const race_task *task)
{
    static const double usual = 10;
    double bound = usual;
    for (size_t i = 0; i < task->n_weights; i++)
        bound = fmax(bound, 2 * fabs(task->start[i]));
    nlopt_result code = nlopt_set_lower_bounds1(opt, -bound);
    return code < 0 ? code : nlopt_set_upper_bounds1(opt, bound);
}

static critpt_status run(race_task *task, nlopt_algorithm algorithm, int bounded)
{
    double loss;
    nlopt_opt opt = nlopt_create(algorithm, (unsigned)task->n_weights);
    if (!opt)
        return CRITPT_NO_MEMORY;
    nlopt_srand((unsigned long)(task->seed + task->stream));
    nlopt_result code = nlopt_set_min_objective(opt, objective, task);
    if (code > 0 && bounded)
        code = set_bounds(opt, task);
    if (code > 0)
        code = nlopt_optimize(opt, task->start, &loss);
    nlopt_destroy(opt);
    return code == NLOPT_OUT_OF_MEMORY ? CRITPT_NO_MEMORY : CRITPT_OK;
}

critpt_status race_nlopt_lbfgs(race_task *task)
{
    return run(task, NLOPT_LD_LBFGS, 0);
}

critpt_status race_nlopt_tnewton(race_task *task)
{
    return run(task, NLOPT_LD_TNEWTON_PRECOND_RESTART, 0);
}

critpt_status race_nlopt_var(race_task *task)
{
    return run(task, NLOPT_LD_VAR2, 0);
}

critpt_status race_nlopt_mma(race_task *task)
{
    return run(task, NLOPT_LD_MMA, 0);
}

critpt_status race_nlopt_ccsa(race_task *task)
{
    return run(task, NLOPT_LD_CCSAQ, 0);
}

critpt_status race_nlopt_slsqp(race_task *task)
{
    return run(task, NLOPT_LD_SLSQP, 0);
}

critpt_status race_nlopt_crs(race_task *task)
{
    return run(task, NLOPT_GN_CRS2_LM, 1);
}

const char *race_nlopt_version(void)
{
    static char text[32];
    int major, minor, bugfix;
    nlopt_version(&major, &minor, &bugfix);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, bugfix);
    return text;
}
#endif
