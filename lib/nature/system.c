/* The linear maps of the inequalities: e -> B e and its adjoint, through S(u), S*(Q) and D2f[v, u].
 *
 * Changes of the targets are kept as e = Mn^(1/2) d, whose Euclidean norm is that of the loss. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/system.h"

/* sqrt(s_i / N) */
static void set_root_weights(cpt_nature_system *system)
{
    const double *s = system->workspace->landscape->sample_weights;
    for (size_t i = 0; i < system->N; i++)
        system->root_weights[i] = sqrt((s ? s[i] : 1) / (double)system->N);
}

critpt_status cpt_nature_system_create(cpt_nature_system *system, const cpt_nature_problem *problem)
{
    critpt_status status;
    const critpt_landscape *landscape = problem->workspace->landscape;
    size_t P = landscape->model->n_weights, entries;
    memset(system, 0, sizeof *system);
    system->problem = problem;
    system->workspace = problem->workspace;
    system->P = P;
    system->N = landscape->n_samples;
    system->D = landscape->model->n_outputs;
    CPT_TRY(cpt_multiply(system->N, system->D, "targets", &system->n));
    CPT_TRY(cpt_multiply(P, P, "Hessian", &entries));
    CPT_TRY(cpt_linalg_require_size("number of targets", system->n));
    CPT_TRY(cpt_allocate(&system->root_weights, system->N, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->matrix, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->scratch, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->field, system->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->field2, system->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->blocks, 2 * problem->n_points, sizeof *system->blocks));
    set_root_weights(system);
done:
    if (status != CRITPT_OK)
        cpt_nature_system_destroy(system);
    return status;
}

void cpt_nature_system_destroy(cpt_nature_system *system)
{
    if (system->blocks)
        cpt_nature_remove_blocks(system);
    cpt_free(system->blocks);
    cpt_free(system->root_weights);
    cpt_free(system->matrix);
    cpt_free(system->scratch);
    cpt_free(system->field);
    cpt_free(system->field2);
    memset(system, 0, sizeof *system);
}

/* A block's square matrices, and its arrays of order x P. */
enum { N_SQUARE = 11, N_WIDE = 2 };

static void list_square(cpt_nature_block *block, double **list[N_SQUARE])
{
    double **all[N_SQUARE] = {&block->constant,        &block->image,   &block->slack,
                              &block->multiplier,      &block->scaling, &block->rotated,
                              &block->step_slack,      &block->work,    &block->work2,
                              &block->step_multiplier, &block->best};
    memcpy(list, all, sizeof all);
}

critpt_status cpt_nature_add_block(cpt_nature_system *system, size_t point, double sign,
                                   double margin, size_t order, const double *basis)
{
    critpt_status status;
    size_t P = system->P;
    cpt_nature_block *block = &system->blocks[system->n_blocks++];
    double **square[N_SQUARE];
    memset(block, 0, sizeof *block);
    block->point = point;
    block->sign = sign;
    block->margin = margin;
    block->order = order;
    list_square(block, square);
    for (size_t i = 0; i < N_SQUARE; i++)
        CPT_TRY(cpt_allocate(square[i], order * order, sizeof(double)));
    CPT_TRY(cpt_allocate(&block->basis, order * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&block->frame, order * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&block->lambda, order, sizeof(double)));
    CPT_TRY(cpt_allocate(&block->weights, order, sizeof(double)));
    memcpy(block->basis, basis, order * P * sizeof(double));
done:
    return status;
}

void cpt_nature_remove_blocks(cpt_nature_system *system)
{
    for (size_t j = 0; j < system->n_blocks; j++) {
        cpt_nature_block *block = &system->blocks[j];
        double **square[N_SQUARE];
        list_square(block, square);
        for (size_t i = 0; i < N_SQUARE; i++)
            cpt_free(*square[i]);
        cpt_free(block->basis);
        cpt_free(block->frame);
        cpt_free(block->lambda);
        cpt_free(block->weights);
    }
    system->n_blocks = 0;
}

void cpt_nature_to_scaled(const cpt_nature_system *system, const double *d, double *e)
{
    size_t D = system->D;
    const double *factor = system->workspace->landscape->metric_factor;
    for (size_t i = 0; i < system->N; i++)
        for (size_t o = 0; o < D; o++) {
            double sum = factor ? 0 : d[i * D + o];
            for (size_t p = o; factor && p < D; p++)
                sum += factor[o * D + p] * d[i * D + p];
            e[i * D + o] = system->root_weights[i] * sum;
        }
}

void cpt_nature_from_scaled(const cpt_nature_system *system, const double *e, double *d)
{
    size_t D = system->D;
    const double *factor = system->workspace->landscape->metric_factor;
    for (size_t i = 0; i < system->N; i++)
        for (size_t o = D; o-- > 0;) {
            double sum = e[i * D + o] / system->root_weights[i];
            for (size_t p = o + 1; factor && p < D; p++)
                sum -= factor[o * D + p] * d[i * D + p];
            d[i * D + o] = factor ? sum / factor[o * D + o] : sum;
        }
}

void cpt_nature_cotangent(const cpt_nature_system *system, const double *e, double *u)
{
    size_t D = system->D;
    const double *factor = system->workspace->landscape->metric_factor;
    for (size_t i = 0; i < system->N; i++)
        for (size_t o = 0; o < D; o++) {
            double sum = factor ? 0 : e[i * D + o];
            for (size_t p = 0; factor && p <= o; p++)
                sum += factor[p * D + o] * e[i * D + p];
            u[i * D + o] = system->root_weights[i] * sum;
        }
}

void cpt_nature_congruence(size_t order, size_t n, const double *rows, const double *m,
                           double *scratch, double *c)
{
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, n, n, 1, rows, n, m, n, 0, scratch, n);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, order, order, n, 1, scratch, n, rows, n, 0, c,
                    order);
}

void cpt_nature_expand(size_t order, size_t n, double alpha, const double *rows, const double *m,
                       double *scratch, double beta, double *c)
{
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, n, order, alpha, m, order, rows, n, 0, scratch, n);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, n, n, order, 1, rows, n, scratch, n, beta, c, n);
}

void cpt_nature_symmetrize(size_t n, double *a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            a[i * n + j] = a[j * n + i] = (a[i * n + j] + a[j * n + i]) / 2;
}

static const double *vectors_of(const cpt_nature_block *block, cpt_nature_frame frame)
{
    return frame == CPT_NATURE_BASIS ? block->basis : block->frame;
}

critpt_status cpt_nature_image(cpt_nature_system *system, cpt_nature_frame frame, const double *e)
{
    critpt_status status = CRITPT_OK;
    size_t P = system->P, held = CPT_NATURE_FREE;
    cpt_nature_cotangent(system, e, system->field);
    for (size_t j = 0; j < system->n_blocks; j++) {
        cpt_nature_block *block = &system->blocks[j];
        if (block->point != held)
            CPT_TRY(cpt_landscape_curvature_matrix(
                system->workspace, system->problem->points[block->point].weights,
                CPT_RESIDUAL_CURVATURE, system->field, system->matrix, P));
        held = block->point;
        cpt_nature_congruence(block->order, P, vectors_of(block, frame), system->matrix,
                              system->scratch, block->work);
        for (size_t i = 0; i < block->order * block->order; i++)
            block->work[i] *= -block->sign;
        cpt_nature_symmetrize(block->order, block->work);
    }
done:
    return status;
}

critpt_status cpt_nature_project(cpt_nature_system *system, double *e)
{
    critpt_status status;
    cpt_nature_from_scaled(system, e, system->field);
    CPT_TRY(system->problem->project(system->problem->project_user, system->field));
    cpt_nature_to_scaled(system, system->field, e);
done:
    return status;
}

critpt_status cpt_nature_project_rows(cpt_nature_system *system, size_t count, double *rows)
{
    const cpt_nature_problem *problem = system->problem;
    return problem->project_rows(problem->project_user, count, rows);
}

critpt_status cpt_nature_adjoint(cpt_nature_system *system, cpt_nature_frame frame, double *e)
{
    critpt_status status = CRITPT_OK;
    size_t P = system->P, D = system->D;
    memset(system->field, 0, system->n * sizeof(double));
    for (size_t j = 0; j < system->n_blocks;) {
        size_t point = system->blocks[j].point, first = j;
        for (; j < system->n_blocks && system->blocks[j].point == point; j++) {
            cpt_nature_block *block = &system->blocks[j];
            cpt_nature_expand(block->order, P, -block->sign, vectors_of(block, frame), block->work,
                              system->scratch, j > first, system->matrix);
        }
        cpt_nature_symmetrize(P, system->matrix);
        CPT_TRY(cpt_landscape_curvature_adjoint(system->workspace,
                                                system->problem->points[point].weights,
                                                system->matrix, P, system->field2, D));
        cpt_linalg_axpy(system->n, 1, system->field2, system->field);
    }
    cpt_nature_to_scaled(system, system->field, e);
done:
    return status;
}

critpt_status cpt_nature_pair(cpt_nature_system *system, const cpt_nature_block *block,
                              const double *v, const double *w, double *e)
{
    critpt_status status;
    CPT_TRY(cpt_landscape_second_directional(system->workspace,
                                             system->problem->points[block->point].weights, v, w,
                                             system->field, system->D));
    for (size_t i = 0; i < system->n; i++)
        system->field[i] *= -block->sign;
    cpt_nature_to_scaled(system, system->field, e);
done:
    return status;
}

critpt_status cpt_nature_tick(cpt_nature_system *system, double done)
{
    const cpt_nature_problem *problem = system->problem;
    system->progress = fmax(system->progress, fmin(done, 1));
    if (problem->progress && problem->progress(system->progress, "nature", problem->progress_user))
        return cpt_error(CRITPT_CANCELLED, "cancelled by the progress callback (nature)");
    return CRITPT_OK;
}
