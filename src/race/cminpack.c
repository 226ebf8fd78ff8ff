/* Levenberg and Marquardt's method as MINPACK has it: lmder of cminpack, with a dense Jacobian. */
#include "race/solvers.h"

#ifdef HAVE_CMINPACK
#include <cminpack.h>
#include <limits.h>
#include <stdlib.h>

typedef struct problem {
    race_task *task;
    double *rows; /* the Jacobian, sample by sample */
} problem;

/* iflag 1 asks for residuals, 2 for their Jacobian, column by column. */
static int residuals(void *user, int m, int n, const double *weights, double *values,
                     double *jacobian, int leading, int iflag)
{
    problem *p = user;
    size_t M = (size_t)m, P = (size_t)n;
    critpt_status status = iflag == 1 ? critpt_run_residuals(p->task->run, weights, P, values, M)
                                      : critpt_run_jacobian(p->task->run, weights, P, p->rows, P);
    if (status != CRITPT_OK)
        p->task->finish(p->task, status);
    for (size_t i = 0; iflag == 2 && i < M; i++)
        for (size_t j = 0; j < P; j++)
            jacobian[i + j * (size_t)leading] = p->rows[i * P + j];
    return 0;
}

critpt_status race_cminpack_lmder(race_task *task)
{
    static const double tolerance = 1e-15, factor = 100;
    size_t M = task->n_residuals, P = task->n_weights;
    if (M < P || M > INT_MAX / P) /* no answer, and what an int cannot count */
        return CRITPT_UNSUPPORTED;
    problem p = {task, malloc(M * P * sizeof(double))};
    double *room = malloc((2 * M + M * P + 5 * P) * sizeof *room);
    int *pivots = malloc(P * sizeof *pivots), evaluations, jacobians;
    critpt_status status = p.rows && room && pivots ? CRITPT_OK : CRITPT_NO_MEMORY;
    if (status == CRITPT_OK) {
        double *values = room, *scratch = values + M, *jacobian = scratch + M;
        double *scale = jacobian + M * P, *qtf = scale + P, *w1 = qtf + P, *w2 = w1 + P;
        double *w3 = w2 + P;
        lmder(residuals, &p, (int)M, (int)P, task->start, values, jacobian, (int)M, tolerance,
              tolerance, 0, INT_MAX, scale, 1, factor, 0, &evaluations, &jacobians, pivots, qtf, w1,
              w2, w3, scratch);
    }
    free(p.rows);
    free(room);
    free(pivots);
    return status;
}
#endif
