/* The equations of a solve, reached only through the jet's operators and never stored whole. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

critpt_status cpt_solve_progress(const cpt_solve *solve, double done, const char *stage)
{
    const critpt_plan_options *options = solve->options;
    if (options->progress && options->progress(done, stage, options->progress_user))
        return cpt_error(CRITPT_CANCELLED, "cancelled by the progress callback (%s)", stage);
    return CRITPT_OK;
}

/* Mn^(1/2) J_k of the workspace's batch at `first` for every point: column-major, (D n) x (K P),
 * the row of output o of sample i being o n + i. *rows = D n. */
static critpt_status form_chunk(const cpt_solve *solve, critpt_workspace *workspace, size_t first,
                                double *scale, double *chunk, size_t *rows)
{
    critpt_status status = CRITPT_OK;
    cpt_jet *jet = &workspace->jet;
    const double *factor = solve->plan->landscape->metric_factor;
    for (size_t k = 0; k < solve->K; k++) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, cpt_solve_weights(solve, k), first,
                                 CPT_DERIVATIVES));
        size_t n = jet->batch.n;
        const cpt_jacobian_layout layout = {.sample = 1, .output = n, .weight = n * solve->D};
        *rows = n * solve->D;
        cpt_landscape_root_weights(workspace, scale);
        CPT_TRY(cpt_jet_jacobian(jet, factor, scale, chunk + k * solve->P * *rows, &layout));
    }
done:
    return status;
}

critpt_status cpt_solve_fold(cpt_solve *solve)
{
    critpt_status status;
    double *chunk = NULL, *scale = NULL;
    size_t rows = solve->batch * solve->D, entries;
    critpt_workspace workspace = {0}; /* whose batches are chunks of equations */
    CPT_TRY(cpt_workspace_initialize(&workspace, solve->plan->landscape, solve->batch));
    CPT_TRY(cpt_triangle_create(&solve->triangle, solve->equations));
    CPT_TRY(cpt_multiply(rows, solve->equations, "chunk of equations", &entries));
    CPT_TRY(cpt_allocate(&chunk, entries, sizeof *chunk));
    CPT_TRY(cpt_allocate(&scale, solve->batch, sizeof *scale));
    for (size_t first = 0; first < solve->N; first += workspace.jet.batch.n) {
        CPT_TRY(cpt_solve_progress(solve, 0.8 * (double)first / (double)solve->N, "equations"));
        CPT_TRY(form_chunk(solve, &workspace, first, scale, chunk, &rows));
        CPT_TRY(cpt_triangle_fold(&solve->triangle, rows, chunk));
    }
done:
    if (workspace.landscape)
        cpt_workspace_release(&workspace);
    cpt_free(chunk);
    cpt_free(scale);
    return status;
}

/* An equation is null if its row is below the rounding of its point's Jacobian: then its part of
 * the gradient is below the unit in which gradients are judged, whatever the targets are. */
critpt_status cpt_solve_find_null(cpt_solve *solve)
{
    size_t n_null = 0;
    for (size_t k = 0; k < solve->K; k++) {
        double size = 0;
        for (size_t j = k * solve->P; j < (k + 1) * solve->P; j++)
            size = hypot(size, cpt_triangle_column_norm(&solve->triangle, j));
        double bound = DBL_EPSILON * size / sqrt((double)solve->P);
        for (size_t j = k * solve->P; j < (k + 1) * solve->P; j++) {
            solve->null[j] = cpt_triangle_column_norm(&solve->triangle, j) <= bound;
            n_null += solve->null[j];
        }
    }
    solve->report.values[CRITPT_REPORT_NULL] = (double)n_null;
    return n_null ? cpt_solve_name_null_directions(solve) : CRITPT_OK;
}

critpt_status cpt_solve_gradients(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < solve->K; k++)
        CPT_TRY(cpt_landscape_gradient_pass(&solve->workspace, solve->targets,
                                            cpt_solve_weights(solve, k),
                                            solve->gradient + k * solve->P, NULL));
done:
    return status;
}

/* residual (D x n) = sum_k J_k step_k on the batch at `first`; the cotangent is scratch. */
static critpt_status combine_columns(cpt_solve *solve, size_t first)
{
    critpt_status status = CRITPT_OK;
    critpt_workspace *workspace = &solve->workspace;
    cpt_jet *jet = &workspace->jet;
    for (size_t k = 0; k < solve->K; k++) {
        CPT_TRY(cpt_jet_evaluate(jet, &workspace->samples, cpt_solve_weights(solve, k), first,
                                 CPT_DERIVATIVES));
        double *to = k == 0 ? workspace->residual : workspace->cotangent;
        CPT_TRY(cpt_jet_pushforward(jet, solve->step + k * solve->P, to));
        if (k > 0)
            cpt_linalg_axpy(solve->D * jet->batch.n, 1, to, workspace->residual);
    }
done:
    return status;
}

critpt_status cpt_solve_move_targets(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    const cpt_jet *jet = &solve->workspace.jet;
    for (size_t first = 0; first < solve->N; first += jet->batch.n) {
        CPT_TRY(combine_columns(solve, first));
        for (size_t i = 0; i < jet->batch.n; i++)
            for (size_t o = 0; o < solve->D; o++)
                solve->targets[(first + i) * solve->D + o] +=
                    solve->workspace.residual[o * jet->batch.n + i];
    }
done:
    return status;
}

double cpt_solve_distance(const cpt_solve *solve, const double *a, const double *b)
{
    const critpt_landscape *landscape = solve->plan->landscape;
    const double *factor = landscape->metric_factor;
    size_t D = solve->D;
    double distance = 0;
    for (size_t i = 0; i < solve->N; i++) {
        double weight = landscape->sample_weights ? landscape->sample_weights[i] : 1;
        double root = sqrt(weight / (double)solve->N);
        for (size_t o = 0; o < D; o++) {
            double entry = 0; /* of C' (a - b), C' upper triangular */
            for (size_t q = o; q < (factor ? D : o + 1); q++)
                entry += (factor ? factor[o * D + q] : 1) * (a[i * D + q] - (b ? b[i * D + q] : 0));
            distance = hypot(distance, root * entry);
        }
    }
    return distance;
}
