/* The algorithms themselves. Each returns CRITPT_OK when it ends by itself, and what an evaluation
 * said when that ended it: CRITPT_BUDGET_SPENT, for instance. */
#ifndef RACE_SOLVERS_H
#define RACE_SOLVERS_H

#include "race/task.h"

/* descent.c */
critpt_status race_gradient_descent(race_task *task);
critpt_status race_momentum(race_task *task);
critpt_status race_perturbed_descent(race_task *task);
/* newton.c */
critpt_status race_saddle_free_newton(race_task *task);
critpt_status race_gradient_norm(race_task *task);
critpt_status race_newton_on_gradient(race_task *task);
/* stochastic.c */
critpt_status race_sgd(race_task *task);
critpt_status race_minibatch_momentum(race_task *task);
critpt_status race_adam(race_task *task);
/* nlopt.c, cminpack.c, liblbfgs.c: where the library was found */
critpt_status race_nlopt_lbfgs(race_task *task);
critpt_status race_nlopt_tnewton(race_task *task);
critpt_status race_nlopt_var(race_task *task);
critpt_status race_nlopt_mma(race_task *task);
critpt_status race_nlopt_ccsa(race_task *task);
critpt_status race_nlopt_slsqp(race_task *task);
critpt_status race_nlopt_crs(race_task *task);
const char *race_nlopt_version(void);
critpt_status race_cminpack_lmder(race_task *task);
critpt_status race_liblbfgs(race_task *task);

#endif
