/* The linear maps of the inequalities: e -> B e and its adjoint, through S(u), S*(Q) and D2f[v, u].
 *
 * Changes of the targets are kept as e = Mn^(1/2) d, whose Euclidean norm is that of the loss. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/system.h"

static size_t part_size(const cpt_nature_parts *parts, size_t p)
{
    return parts->first[p + 1] - parts->first[p];
}

static size_t largest_part(const cpt_nature_parts *parts)
{
    size_t largest = 0;
    for (size_t p = 0; p < parts->n; p++)
        if (part_size(parts, p) > largest)
            largest = part_size(parts, p);
    return largest;
}

/* Weights that are in any part. */
static size_t n_members(const cpt_nature_parts *parts)
{
    return parts->first[parts->n];
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
    system->metric = &landscape->metric;
    system->N = landscape->n_samples;
    system->D = landscape->model->n_outputs;
    CPT_TRY(cpt_multiply(system->N, system->D, "targets", &system->n));
    CPT_TRY(cpt_multiply(P, P, "Hessian", &entries));
    CPT_TRY(cpt_linalg_require_size("number of targets", system->n));
    CPT_TRY(cpt_allocate(&system->matrix, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->scratch, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->sum, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->field, system->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->field2, system->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->field3, system->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->blocks, 2 * problem->n_points, sizeof *system->blocks));
    CPT_TRY(cpt_nature_parts_create(&system->parts, system));
    size_t largest = largest_part(&system->parts);
    CPT_TRY(cpt_allocate(&system->part, largest * largest, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->strip, P * largest, sizeof(double)));
    CPT_TRY(cpt_allocate(&system->strip2, P * largest, sizeof(double)));
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
    cpt_free(system->matrix);
    cpt_free(system->scratch);
    cpt_free(system->sum);
    cpt_free(system->part);
    cpt_free(system->strip);
    cpt_free(system->strip2);
    cpt_nature_parts_destroy(&system->parts);
    cpt_free(system->field);
    cpt_free(system->field2);
    cpt_free(system->field3);
    memset(system, 0, sizeof *system);
}

void cpt_nature_congruence(size_t order, size_t n, const double *rows, const double *m,
                           double *scratch, double *c)
{
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, n, n, 1, rows, n, m, n, 0, scratch, n);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, order, order, n, 1, scratch, n, rows, n, 0, c,
                    order);
    cpt_nature_symmetrize(order, c);
}

void cpt_nature_expand(size_t order, size_t n, double alpha, const double *rows, const double *m,
                       double *scratch, double beta, double *c)
{
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, n, order, alpha, m, order, rows, n, 0, scratch, n);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, n, n, order, 1, rows, n, scratch, n, beta, c, n);
    cpt_nature_symmetrize(n, c);
}

void cpt_nature_symmetrize(size_t n, double *a)
{
    enum { TILE = 32 }; /* which stays in cache */
    for (size_t i0 = 0; i0 < n; i0 += TILE)
        for (size_t j0 = 0; j0 <= i0; j0 += TILE)
            for (size_t i = i0; i < n && i < i0 + TILE; i++)
                for (size_t j = j0; j < i && j < j0 + TILE; j++)
                    a[i * n + j] = a[j * n + i] = (a[i * n + j] + a[j * n + i]) / 2;
}

/* to (size x size) = the rows and columns of a (P x P) that belong to the members from `first` on.
 */
static void gather(const cpt_nature_system *system, const double *a, size_t first, size_t size,
                   double *to)
{
    const size_t *members = system->parts.members + first;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            to[i * size + j] = a[members[i] * system->P + members[j]];
}

/* to (rows x size) = the columns of a (rows x P) that belong to part p. */
static void gather_columns(const cpt_nature_system *system, size_t p, size_t rows, const double *a,
                           double *to)
{
    size_t size = part_size(&system->parts, p);
    const size_t *members = system->parts.members + system->parts.first[p];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < size; j++)
            to[i * size + j] = a[i * system->P + members[j]];
}

/* sum += what is in system->part, in the rows and columns of part p. */
static void add_part(cpt_nature_system *system, size_t p)
{
    size_t size = part_size(&system->parts, p);
    const size_t *members = system->parts.members + system->parts.first[p];
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            system->sum[members[i] * system->P + members[j]] += system->part[i * size + j];
}

/* sum = 0, which it is already between parts. */
static void clear_sum(cpt_nature_system *system)
{
    const cpt_nature_parts *parts = &system->parts;
    size_t P = system->P;
    if (parts->n == 1)
        memset(system->sum, 0, P * P * sizeof *system->sum);
    for (size_t p = 0; parts->n > 1 && p < parts->n; p++)
        for (size_t i = parts->first[p]; i < parts->first[p + 1]; i++)
            for (size_t j = parts->first[p]; j < parts->first[p + 1]; j++)
                system->sum[parts->members[i] * P + parts->members[j]] = 0;
}

static void symmetrize_sum(cpt_nature_system *system)
{
    const cpt_nature_parts *parts = &system->parts;
    size_t P = system->P;
    if (parts->n == 1)
        cpt_nature_symmetrize(P, system->sum);
    for (size_t p = 0; parts->n > 1 && p < parts->n; p++)
        for (size_t i = parts->first[p]; i < parts->first[p + 1]; i++)
            for (size_t j = parts->first[p]; j < i; j++) {
                double *a = &system->sum[parts->members[i] * P + parts->members[j]];
                double *b = &system->sum[parts->members[j] * P + parts->members[i]];
                *a = *b = (*a + *b) / 2;
            }
}

/* product = rows S (m x P), S = system->matrix, part by part. */
static void multiply_by_curvature(cpt_nature_system *system, size_t m, const double *rows,
                                  double *product)
{
    const cpt_nature_parts *parts = &system->parts;
    size_t P = system->P;
    if (parts->n == 1) {
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, P, 1, rows, P, system->matrix, P, 0, product,
                        P);
        return;
    }
    memset(product, 0, m * P * sizeof *product);
    for (size_t p = 0; p < parts->n; p++) {
        size_t size = part_size(parts, p);
        const size_t *members = parts->members + parts->first[p];
        gather(system, system->matrix, parts->first[p], size, system->part);
        gather_columns(system, p, m, rows, system->strip);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, size, size, 1, system->strip, size, system->part,
                        size, 0, system->strip2, size);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < size; j++)
                product[i * P + members[j]] = system->strip2[i * size + j];
    }
}

/* sum += alpha rows' q rows, with rows m x P, where S* sees it: within the parts. */
static void add_expanded(cpt_nature_system *system, size_t m, double alpha, const double *rows,
                         const double *q)
{
    const cpt_nature_parts *parts = &system->parts;
    size_t P = system->P;
    double *half = system->scratch;
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, m, 1, q, m, rows, P, 0, half, P);
    if (parts->n == 1)
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, P, m, alpha, rows, P, half, P, 1, system->sum,
                        P);
    for (size_t p = 0; parts->n > 1 && p < parts->n; p++) {
        size_t size = part_size(parts, p);
        gather_columns(system, p, m, rows, system->strip);
        gather_columns(system, p, m, half, system->strip2);
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, size, size, m, alpha, system->strip, size,
                        system->strip2, size, 0, system->part, size);
        add_part(system, p);
    }
}

static const double *rows_of(const cpt_nature_block *block, cpt_nature_rows rows)
{
    return rows == CPT_NATURE_FRAME ? block->frame : block->basis;
}

critpt_status cpt_nature_image(cpt_nature_system *system, cpt_nature_rows rows, const double *e)
{
    critpt_status status = CRITPT_OK;
    size_t P = system->P, held = CPT_NATURE_FREE;
    cpt_metric_root_transposed(system->metric, e, system->field);
    for (size_t j = 0; j < system->n_blocks; j++) {
        cpt_nature_block *block = &system->blocks[j];
        if (block->point != held)
            CPT_TRY(cpt_landscape_curvature_matrix(
                system->workspace, system->problem->points[block->point].weights,
                CPT_RESIDUAL_CURVATURE, system->field, system->matrix, P));
        held = block->point;
        multiply_by_curvature(system, block->order, rows_of(block, rows), system->scratch);
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, block->order, block->order, P, -block->sign,
                        system->scratch, P, rows_of(block, rows), P, 0, block->work, block->order);
        cpt_nature_symmetrize(block->order, block->work);
    }
done:
    return status;
}

/* field += S*(Q) at the point, Q = system->sum. */
static critpt_status add_adjoint(cpt_nature_system *system, size_t point, double *field)
{
    critpt_status status;
    symmetrize_sum(system);
    CPT_TRY(cpt_landscape_curvature_adjoint(system->workspace,
                                            system->problem->points[point].weights, system->sum,
                                            system->P, system->field2, system->D));
    cpt_linalg_axpy(system->n, 1, system->field2, field);
done:
    return status;
}

/* One past the last block of the point that block j belongs to. */
static size_t end_of_point(const cpt_nature_system *system, size_t j)
{
    size_t point = system->blocks[j].point;
    while (j < system->n_blocks && system->blocks[j].point == point)
        j++;
    return j;
}

critpt_status cpt_nature_adjoint(cpt_nature_system *system, cpt_nature_rows rows, double *e)
{
    critpt_status status = CRITPT_OK;
    memset(system->field, 0, system->n * sizeof(double));
    for (size_t first = 0, end; first < system->n_blocks; first = end) {
        end = end_of_point(system, first);
        clear_sum(system);
        for (size_t j = first; j < end; j++) {
            const cpt_nature_block *block = &system->blocks[j];
            add_expanded(system, block->order, -block->sign, rows_of(block, rows), block->work);
        }
        CPT_TRY(add_adjoint(system, system->blocks[first].point, system->field));
    }
    cpt_metric_root(system->metric, system->field, e);
done:
    return status;
}

void cpt_nature_set_frame(cpt_nature_system *system, cpt_nature_block *block)
{
    size_t m = block->order, P = system->P;
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, m, 1, block->scaling, m, block->basis, P, 0,
                    block->frame, P);
    if (!block->inverse)
        return;
    cpt_linalg_symmetric_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, m, 1, block->frame, P, block->frame, P,
                              0, system->scratch);
    gather(system, system->scratch, 0, n_members(&system->parts), block->inverse);
}

/* half = S F' F, a part's rows after another's, S = system->matrix. */
static void multiply_by_inverse(cpt_nature_system *system, const cpt_nature_block *block,
                                double *half)
{
    const cpt_nature_parts *parts = &system->parts;
    size_t M = n_members(parts);
    for (size_t p = 0; p < parts->n; p++) {
        size_t first = parts->first[p], size = part_size(parts, p);
        gather(system, system->matrix, first, size, system->part);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, size, M, size, 1, system->part, size,
                        block->inverse + first * M, M, 0, half + first * M, M);
    }
}

/* sum += F' F half, within the parts, as S* sees nothing else. */
static void add_within_parts(cpt_nature_system *system, const cpt_nature_block *block,
                             const double *half)
{
    const cpt_nature_parts *parts = &system->parts;
    size_t M = n_members(parts);
    for (size_t p = 0; p < parts->n; p++) {
        size_t first = parts->first[p], size = part_size(parts, p);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, size, size, M, 1, block->inverse + first * M, M,
                        half + first, M, 0, system->part, size);
        add_part(system, p);
    }
}

/* sum += F' F S F' F with S = system->matrix; by the inverse, within the parts alone. */
static void add_product(cpt_nature_system *system, cpt_nature_block *block)
{
    size_t P = system->P, m = block->order;
    double *half = system->scratch;
    if (block->inverse) {
        multiply_by_inverse(system, block, half);
        add_within_parts(system, block, half);
    } else {
        multiply_by_curvature(system, m, block->frame, half);
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, m, m, P, 1, half, P, block->frame, P, 0,
                        block->work, m);
        add_expanded(system, m, 1, block->frame, block->work);
    }
}

critpt_status cpt_nature_multiply(cpt_nature_system *system, const double *e, double *result)
{
    critpt_status status = CRITPT_OK;
    cpt_metric_root_transposed(system->metric, e, system->field);
    memset(system->field3, 0, system->n * sizeof(double));
    for (size_t first = 0, end; first < system->n_blocks; first = end) {
        size_t point = system->blocks[first].point;
        end = end_of_point(system, first);
        CPT_TRY(cpt_landscape_curvature_matrix(
            system->workspace, system->problem->points[point].weights, CPT_RESIDUAL_CURVATURE,
            system->field, system->matrix, system->P));
        clear_sum(system);
        for (size_t j = first; j < end; j++)
            add_product(system, &system->blocks[j]);
        CPT_TRY(add_adjoint(system, point, system->field3));
    }
    cpt_metric_root(system->metric, system->field3, result);
done:
    return status;
}

critpt_status cpt_nature_project(cpt_nature_system *system, double *e)
{
    critpt_status status;
    cpt_metric_inverse_root(system->metric, e, system->field);
    CPT_TRY(system->problem->project(system->problem->project_user, system->field));
    cpt_metric_root(system->metric, system->field, e);
done:
    return status;
}

critpt_status cpt_nature_project_rows(cpt_nature_system *system, size_t count, double *rows)
{
    critpt_status status = CRITPT_OK;
    const cpt_nature_problem *problem = system->problem;
    static const size_t most = CPT_NATURE_PROJECTED_ROWS;
    for (size_t first = 0; first < count; first += most)
        CPT_TRY(problem->project_rows(problem->project_user,
                                      count - first < most ? count - first : most,
                                      rows + first * system->n));
done:
    return status;
}

critpt_status cpt_nature_pairs(cpt_nature_system *system, const cpt_nature_block *block,
                               size_t n_directions, const double *directions, size_t n_pairs,
                               const cpt_pair *pairs, double *rows)
{
    critpt_status status;
    const double *weights = system->problem->points[block->point].weights;
    CPT_TRY(cpt_landscape_second_directionals(system->workspace, weights, n_directions, directions,
                                              n_pairs, pairs, rows));
    for (size_t j = 0; j < n_pairs; j++) {
        double *row = rows + j * system->n;
        for (size_t i = 0; i < system->n; i++)
            system->field[i] = -block->sign * row[i];
        cpt_metric_root(system->metric, system->field, row);
    }
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
