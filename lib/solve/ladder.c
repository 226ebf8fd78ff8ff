/* The ladder of indices at a single critical point (MATH 7, K = 1): for the targets f - t r the
 * Hessian is G + t S(Mn r). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "plan/plan.h"

static critpt_status require_single_point(const critpt_plan *plan)
{
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    if (plan->n_points != 1 || plan->n_conditions != 0 || !plan->points[0].critical)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the residual can be scaled in a plan of one critical point and no "
                         "condition only; this one has %zu points and %zu conditions",
                         plan->n_points, plan->n_conditions);
    if (cpt_penalty_is_set(&plan->landscape->penalty))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the residual cannot be scaled under a penalty: its gradient stays as it "
                         "is, so that the point is critical at one scale only; take the penalty "
                         "off, or ask for a nature");
    return CRITPT_OK;
}

critpt_status critpt_plan_set_residual_scale(critpt_plan *plan, double scale)
{
    critpt_status status = plan && scale == 1 ? CRITPT_OK : require_single_point(plan);
    if (status != CRITPT_OK)
        return status;
    if (scale == 0 || !isfinite(scale))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "the scale of the residual is %g; it must be finite and not 0", scale);
    plan->residual_scale = scale;
    return CRITPT_OK;
}

/* s (P x P) <- W' s W in its leading rank x rank block, for G = V diag(l) V' and W the columns
 * v / sqrt(l) with l above rounding; g (P x P) holds G and is destroyed, work is P x P. */
static critpt_status whiten(size_t P, double *g, double *s, double *work, size_t *rank)
{
    critpt_status status;
    double *values = NULL;
    CPT_TRY(cpt_allocate(&values, P, sizeof *values));
    CPT_TRY(cpt_linalg_eigen(P, g, values));
    double rounding = 10 * (double)P * DBL_EPSILON * values[P - 1];
    *rank = 0;
    for (size_t i = 0; i < P; i++)
        if (values[i] > rounding) {
            double *row = g + (*rank)++ * P;
            memmove(row, g + i * P, P * sizeof *row);
            for (size_t j = 0; j < P; j++)
                row[j] /= sqrt(values[i]);
        }
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, *rank, P, P, 1, g, P, s, P, 0, work, P);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, *rank, *rank, P, 1, work, P, g, P, 0, s, *rank);
done:
    cpt_free(values);
    return status;
}

/* t = -1/lambda for the eigenvalues lambda that are not rounding, ascending. */
static size_t list_steps(double *lambda, size_t n)
{
    double largest = n ? fmax(fabs(lambda[0]), fabs(lambda[n - 1])) : 0;
    size_t steps = 0;
    for (size_t i = 0; i < n; i++)
        if (fabs(lambda[i]) > 10 * (double)n * DBL_EPSILON * largest)
            lambda[steps++] = -1 / lambda[i];
    if (steps)
        cpt_linalg_sort(steps, lambda);
    return steps;
}

/* Steps of the ladder at the present targets in t (P numbers at most). */
static critpt_status find_steps(const critpt_plan *plan, double *t, size_t *n_steps)
{
    critpt_status status;
    size_t P = plan->landscape->model->n_weights, entries, rank = 0;
    critpt_workspace workspace = {0};
    const double *weights = plan->points[0].weights;
    double *g = NULL, *s = NULL, *work = NULL;
    CPT_TRY(cpt_multiply(P, P, "Hessian", &entries));
    CPT_TRY(cpt_linalg_require_size("number of weights", P));
    CPT_TRY(cpt_allocate(&g, entries, sizeof *g));
    CPT_TRY(cpt_allocate(&s, entries, sizeof *s));
    CPT_TRY(cpt_allocate(&work, entries, sizeof *work));
    CPT_TRY(cpt_workspace_initialize(&workspace, plan->landscape, CPT_JET_BATCH));
    CPT_TRY(cpt_landscape_curvature_matrix(&workspace, weights, CPT_GAUSS_NEWTON, NULL, g, P));
    CPT_TRY(
        cpt_landscape_curvature_matrix(&workspace, weights, CPT_RESIDUAL_CURVATURE, NULL, s, P));
    CPT_TRY(whiten(P, g, s, work, &rank));
    if (rank)
        CPT_TRY(cpt_linalg_eigen(rank, s, t));
    *n_steps = list_steps(t, rank);
    for (size_t i = 0; i < *n_steps; i++) /* r is residual_scale times that of the nearest */
        t[i] *= plan->residual_scale;
    if (plan->residual_scale < 0 && *n_steps)
        cpt_linalg_sort(*n_steps, t);
done:
    if (workspace.landscape)
        cpt_workspace_release(&workspace);
    cpt_free(g);
    cpt_free(s);
    cpt_free(work);
    return status;
}

static critpt_status require_ladder(const critpt_plan *plan, const double *scales, size_t n_scales,
                                    const size_t *n_steps)
{
    critpt_status status;
    CPT_TRY(require_single_point(plan));
    if (!n_steps || (!scales && n_scales))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", n_steps ? "scales" : "n_steps");
    if (!plan->report.points)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "the plan was not solved yet");
done:
    return status;
}

critpt_status critpt_plan_index_ladder(const critpt_plan *plan, double *scales, size_t n_scales,
                                       size_t *n_steps)
{
    critpt_status status;
    double *t = NULL;
    CPT_TRY(require_ladder(plan, scales, n_scales, n_steps));
    CPT_TRY(cpt_jet_require_second_order(plan->landscape->model));
    CPT_TRY(cpt_allocate(&t, plan->landscape->model->n_weights, sizeof *t));
    cpt_landscape_share(plan->landscape, plan->landscape->model->n_weights,
                        plan->points[0].weights);
    CPT_TRY(find_steps(plan, t, n_steps));
    if (scales)
        memcpy(scales, t, (*n_steps < n_scales ? *n_steps : n_scales) * sizeof *t);
done:
    cpt_free(t);
    return cpt_landscape_leave(plan ? plan->landscape : NULL, status);
}
