/* The level of all losses where some equations are soft: these are penalties, so they give way and
 * never make a level impossible.
 *
 * Nearest targets with L_k(y) = c and slack t minimise |y - base|^2 + |t|^2, and for the multiplier
 * m of the level |y - base|^2 + m |y - f_k|^2 + |t|^2. Divided by 1 + m that is, but for a
 * constant, the problem without level from the base (base + m f_k) / (1 + m) with slack t / sqrt(1
 * + m), that is, looseness sqrt(1 + m) times as large. Its loss falls as m grows from -1 to
 * infinity. */
#include <math.h>
#include <string.h>

#include "solve/solve.h"

static const double farthest = 36; /* |log(1 + m)|: exp(-36) is rounding */

typedef struct path {
    cpt_equations *equations;
    cpt_targets *targets;
    size_t point;
    double *outputs; /* N x D: f_k */
    double at;       /* log(1 + m) of the looseness */
} path;

/* Targets and loss for log(1 + m) = x. */
static critpt_status settle(path *p, double x, double *loss)
{
    critpt_status status;
    cpt_equations *equations = p->equations;
    cpt_targets *targets = p->targets;
    cpt_evaluation *evaluation = &equations->work->evaluation;
    size_t n = evaluation->points->N * evaluation->points->D;
    double share = exp(-x); /* of the base */
    CPT_TRY(cpt_equations_loosen(equations, exp((x - p->at) / 2)));
    p->at = x;
    for (size_t i = 0; i < n; i++)
        targets->values[i] = p->outputs[i] + share * (targets->base[i] - p->outputs[i]);
    memset(targets->slack, 0, equations->n * sizeof *targets->slack);
    cpt_equations_restore_frozen(equations->plan, targets);
    CPT_TRY(cpt_equations_refine(equations, targets));
    CPT_TRY(cpt_landscape_gradient_pass(&evaluation->workspace, targets->values,
                                        cpt_points_weights(evaluation->points, p->point), NULL,
                                        loss));
done:
    return status;
}

/* From x = 0 towards the level until it is passed: *x with its excess of the loss, *other with the
 * one before. */
static critpt_status bracket(path *p, double level, double *x, double *excess, double *other,
                             double *other_excess)
{
    critpt_status status;
    double loss;
    *x = 0;
    CPT_TRY(settle(p, *x, &loss));
    *excess = loss - level;
    double sign = *excess > 0 ? 1 : -1;
    for (double reach = 1; *excess * sign > 0 && reach <= 2 * farthest; reach *= 2) {
        *other = *x;
        *other_excess = *excess;
        *x = sign * fmin(reach, farthest);
        CPT_TRY(settle(p, *x, &loss));
        *excess = loss - level;
    }
done:
    return status;
}

/* The Illinois variant of false position between the two. */
static critpt_status find_root(path *p, double level, double a, double at_a, double b, double at_b)
{
    enum { ROUNDS = 60 };
    static const double near = 1e-6; /* the last moves make up for the rest */
    critpt_status status = CRITPT_OK;
    for (int round = 0; round < ROUNDS; round++) {
        double x = (a * at_b - b * at_a) / (at_b - at_a), loss, excess;
        CPT_TRY(settle(p, x, &loss));
        excess = loss - level;
        if (fabs(excess) <= near * level || fabs(b - a) <= 1e-12)
            break;
        if ((excess > 0) != (at_b > 0)) {
            a = b;
            at_a = at_b;
        } else {
            at_a /= 2;
        }
        b = x;
        at_b = excess;
    }
done:
    return status;
}

critpt_status cpt_solve_approach_soft_level(cpt_equations *equations, const cpt_condition *level,
                                            cpt_targets *targets)
{
    critpt_status status;
    cpt_evaluation *evaluation = &equations->work->evaluation;
    path p = {.equations = equations, .targets = targets, .point = level->points[0]};
    double x, excess, other = 0, other_excess = 0;
    CPT_TRY(
        cpt_allocate(&p.outputs, evaluation->points->N * evaluation->points->D, sizeof(double)));
    CPT_TRY(cpt_points_add_outputs(evaluation, p.point, 1, p.outputs));
    CPT_TRY(bracket(&p, level->value, &x, &excess, &other, &other_excess));
    if (x != 0 && (excess > 0) != (other_excess > 0))
        CPT_TRY(find_root(&p, level->value, other, other_excess, x, excess));
done:
    cpt_free(p.outputs);
    return status;
}
