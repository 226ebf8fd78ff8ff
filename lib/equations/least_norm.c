/* The change of least norm that meets the independent equations (MATH 6).
 *
 * With B1 the independent ones among the columns of [Mn^(1/2) C; looseness] = B, their triangle R11
 * and Q = B1 R11^-1, whose columns are orthonormal but for rounding, it is the least-norm solution
 * of Q' z = R11^-T right, which LSQR (Paige and Saunders 1982) finds in a few steps. The
 * semi-normal equations, z = Q Q' z in a single step, lose the square of the condition when they
 * are iterated: what rounding adds to a step comes back amplified by the next. LSQR takes the
 * length of each direction from the direction as it was computed. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "equations/equations.h"

const double cpt_equations_orthonormal = 3e-12;

/* Beyond this part of the solution the residual of many steps is no longer that of the solution. */
static const double last_of_many_steps = 1e-13;

static void scale(size_t n, double factor, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

static size_t n_targets(const cpt_equations *equations)
{
    const cpt_points *points = cpt_equations_points(equations);
    return points->N * points->D;
}

/* Norm of a change; leaves Mn times its field in the scratch `weighted`. */
static critpt_status measure(cpt_equations *equations, const cpt_change *change, double *norm)
{
    critpt_status status;
    double *weighted = equations->krylov.weighted;
    const cpt_metric *metric = cpt_equations_points(equations)->metric;
    cpt_metric_apply(metric, change->field, weighted);
    double square = cpt_linalg_dot(n_targets(equations), change->field, weighted);
    CPT_TRY(cpt_reduction_sum(metric->reduction, 1, &square));
    *norm = hypot(sqrt(fmax(square, 0)), cpt_linalg_norm(equations->n, change->slack));
done:
    return status;
}

/* Divides a change by its norm, and `weighted` likewise. */
static critpt_status normalize(cpt_equations *equations, cpt_change *change, double *norm)
{
    critpt_status status;
    CPT_TRY(measure(equations, change, norm));
    if (*norm > 0) {
        scale(n_targets(equations), 1 / *norm, change->field);
        scale(n_targets(equations), 1 / *norm, equations->krylov.weighted);
        scale(equations->n, 1 / *norm, change->slack);
    }
done:
    return status;
}

/* image = B' change for the change that was measured last. */
static critpt_status apply_rows(cpt_equations *equations, const cpt_change *change, double *image)
{
    critpt_status status;
    CPT_TRY(cpt_equations_multiply(equations, equations->krylov.weighted, image));
    for (size_t e = 0; e < equations->n; e++)
        image[e] += equations->looseness[e] * change->slack[e];
done:
    return status;
}

/* change = Q u + factor change */
static critpt_status add_columns(cpt_equations *equations, const double *u, double factor,
                                 cpt_change *change)
{
    critpt_status status;
    double *step = equations->krylov.step, *field = equations->krylov.field;
    memcpy(step, u, equations->n * sizeof *u);
    cpt_equations_from_orthonormal(equations, step);
    CPT_TRY(cpt_equations_combine(equations, step, field));
    for (size_t i = 0; i < n_targets(equations); i++)
        change->field[i] = field[i] + factor * change->field[i];
    for (size_t e = 0; e < equations->n; e++)
        change->slack[e] = equations->looseness[e] * step[e] + factor * change->slack[e];
done:
    return status;
}

/* u = Q' v - alpha u, of norm 1; *beta is what its norm was. */
static critpt_status bidiagonalize(cpt_equations *equations, double alpha, double *beta)
{
    critpt_status status;
    cpt_krylov *krylov = &equations->krylov;
    CPT_TRY(apply_rows(equations, &krylov->v, krylov->image));
    cpt_equations_to_orthonormal(equations, krylov->image);
    for (size_t i = 0; i < equations->n; i++)
        krylov->u[i] = krylov->image[i] - alpha * krylov->u[i];
    *beta = cpt_linalg_norm(equations->n, krylov->u);
    if (*beta > 0)
        scale(equations->n, 1 / *beta, krylov->u);
done:
    return status;
}

/* w = v + factor w */
static void turn_direction(const cpt_equations *equations, cpt_krylov *krylov, double factor)
{
    for (size_t i = 0; i < n_targets(equations); i++)
        krylov->w.field[i] = krylov->v.field[i] + factor * krylov->w.field[i];
    for (size_t e = 0; e < equations->n; e++)
        krylov->w.slack[e] = krylov->v.slack[e] + factor * krylov->w.slack[e];
}

/* Without a triangle the steps are many: says how far they are, and is heard. */
static critpt_status report_step(cpt_equations *equations, double left, double norm, double enough)
{
    cpt_krylov *krylov = &equations->krylov;
    double done = log(left / norm) / log(enough / norm);
    if (!equations->unit_blocks)
        return CRITPT_OK;
    snprintf(krylov->stage, sizeof krylov->stage, "residual %.1e", left / norm);
    return cpt_pulse_advance(0.2 + 0.6 * fmin(fmax(done, 0), 1), krylov->stage);
}

/* Whether many steps have brought next to nothing since *before, what was left then. */
static bool has_stalled(size_t step, double left, double *before)
{
    enum { WINDOW = 500 };
    static const double least = 0.99;
    if (step % WINDOW != WINDOW - 1)
        return false;
    bool stalled = left > least * *before;
    *before = left;
    return stalled;
}

/* LSQR from u of norm 1, until what is left of the solution, `norm` in the beginning, has the norm
 * `enough`, or is orthogonal to the rows: then nothing meets all equations. */
static critpt_status iterate(cpt_equations *equations, double norm, double enough,
                             cpt_change *change)
{
    enum { STEPS = 50, STEPS_WITHOUT_TRIANGLE = 4000 };
    static const double orthogonal = 1e-10;
    critpt_status status;
    cpt_krylov *krylov = &equations->krylov;
    double alpha, beta, rho_bar, left = norm, before = norm;
    size_t most = equations->unit_blocks ? STEPS_WITHOUT_TRIANGLE : STEPS;
    cpt_equations_change_clear(equations, &krylov->v);
    cpt_equations_change_clear(equations, &krylov->w);
    CPT_TRY(add_columns(equations, krylov->u, 0, &krylov->v));
    CPT_TRY(normalize(equations, &krylov->v, &alpha));
    rho_bar = alpha;
    turn_direction(equations, krylov, 0);
    for (size_t step = 0; step < most && alpha > 0; step++) {
        CPT_TRY(bidiagonalize(equations, alpha, &beta));
        double rho = hypot(rho_bar, beta), cosine = rho_bar / rho, sine = beta / rho;
        double length = cosine * left / rho;
        if (!isfinite(length))
            break;
        cpt_equations_change_add(equations, length, &krylov->w, change);
        left *= sine;
        if (left <= enough || has_stalled(step, left, &before))
            break;
        CPT_TRY(report_step(equations, left, norm, enough));
        CPT_TRY(add_columns(equations, krylov->u, -beta, &krylov->v));
        CPT_TRY(normalize(equations, &krylov->v, &alpha));
        if (equations->unit_blocks && alpha * fabs(cosine) <= orthogonal)
            break;
        turn_direction(equations, krylov, -sine * alpha / rho);
        rho_bar = -cosine * alpha;
    }
done:
    return status;
}

critpt_status cpt_equations_least_norm(cpt_equations *equations, const double *right, double enough,
                                       cpt_change *change)
{
    critpt_status status = CRITPT_OK;
    double *u = equations->krylov.u, norm;
    cpt_equations_change_clear(equations, change);
    memcpy(u, right, equations->n * sizeof *u);
    cpt_equations_to_orthonormal(equations, u);
    norm = cpt_linalg_norm(equations->n, u);
    if (norm <= enough)
        goto done;
    if (equations->triangle.departure <= cpt_equations_orthonormal) {
        CPT_TRY(add_columns(equations, u, 0, change));
        goto done;
    }
    scale(equations->n, 1 / norm, u);
    if (equations->unit_blocks) /* what is left then is for a restart from the residuals */
        enough = fmax(enough, last_of_many_steps * norm);
    CPT_TRY(iterate(equations, norm, enough, change));
done:
    return status;
}

/* Takes the change's part in the span of the rows out of it, to the rounding of its norm. */
static critpt_status remove_row_space(cpt_equations *equations, cpt_change *change)
{
    critpt_status status;
    cpt_change *part = &equations->krylov.solution;
    double size;
    CPT_TRY(measure(equations, change, &size));
    CPT_TRY(apply_rows(equations, change, equations->krylov.right));
    CPT_TRY(cpt_equations_least_norm(equations, equations->krylov.right, DBL_EPSILON * size, part));
    cpt_equations_change_add(equations, -1, part, change);
done:
    return status;
}

/* What is left may be far smaller than the change was, and is to be accurate beside its own size:
 * the rounding of the first round is removed by a second one. */
critpt_status cpt_equations_project(cpt_equations *equations, cpt_change *change)
{
    critpt_status status;
    CPT_TRY(cpt_equations_free_field(equations->plan, change->field));
    CPT_TRY(remove_row_space(equations, change));
    if (equations->triangle.departure > cpt_equations_orthonormal)
        CPT_TRY(remove_row_space(equations, change));
done:
    return status;
}
