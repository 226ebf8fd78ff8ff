/* The linear maps of the inequalities: e -> B e and its adjoint, through S(u), S*(Q) and D2f[v, u].
 *
 * Changes of the targets are kept as e = Mn^(1/2) d, whose Euclidean norm is that of the loss. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/maps.h"
#include "nature/square.h"

static size_t largest_part(const cpt_nature_parts *parts)
{
    size_t largest = 0;
    for (size_t p = 0; p < parts->n; p++)
        if (cpt_nature_part_size(parts, p) > largest)
            largest = cpt_nature_part_size(parts, p);
    return largest;
}

critpt_status cpt_nature_maps_create(cpt_nature_maps *maps, const cpt_nature_problem *problem)
{
    critpt_status status;
    const critpt_landscape *landscape = problem->workspace->landscape;
    size_t P = landscape->model->n_weights, entries;
    memset(maps, 0, sizeof *maps);
    maps->problem = problem;
    maps->workspace = problem->workspace;
    maps->P = P;
    maps->metric = &landscape->metric;
    maps->D = landscape->model->n_outputs;
    CPT_TRY(cpt_multiply(landscape->n_samples, maps->D, "targets", &maps->n));
    CPT_TRY(cpt_multiply(P, P, "Hessian", &entries));
    CPT_TRY(cpt_linalg_require_size("number of targets", maps->n));
    CPT_TRY(cpt_allocate(&maps->matrix, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&maps->scratch, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&maps->sum, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&maps->field, maps->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&maps->field2, maps->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&maps->field3, maps->n, sizeof(double)));
    CPT_TRY(cpt_nature_parts_create(&maps->parts, problem, maps->field, maps->matrix));
    size_t largest = largest_part(&maps->parts);
    CPT_TRY(cpt_allocate(&maps->part, largest * largest, sizeof(double)));
    CPT_TRY(cpt_allocate(&maps->strip, P * largest, sizeof(double)));
    CPT_TRY(cpt_allocate(&maps->strip2, P * largest, sizeof(double)));
done:
    if (status != CRITPT_OK)
        cpt_nature_maps_destroy(maps);
    return status;
}

void cpt_nature_maps_destroy(cpt_nature_maps *maps)
{
    cpt_free(maps->matrix);
    cpt_free(maps->scratch);
    cpt_free(maps->sum);
    cpt_free(maps->part);
    cpt_free(maps->strip);
    cpt_free(maps->strip2);
    cpt_nature_parts_destroy(&maps->parts);
    cpt_free(maps->field);
    cpt_free(maps->field2);
    cpt_free(maps->field3);
    memset(maps, 0, sizeof *maps);
}

/* to (size x size) = the rows and columns of a (P x P) that belong to the members from `first` on.
 */
static void gather(const cpt_nature_maps *maps, const double *a, size_t first, size_t size,
                   double *to)
{
    const size_t *members = maps->parts.members + first;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            to[i * size + j] = a[members[i] * maps->P + members[j]];
}

/* to (rows x size) = the columns of a (rows x P) that belong to part p. */
static void gather_columns(const cpt_nature_maps *maps, size_t p, size_t rows, const double *a,
                           double *to)
{
    size_t size = cpt_nature_part_size(&maps->parts, p);
    const size_t *members = maps->parts.members + maps->parts.first[p];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < size; j++)
            to[i * size + j] = a[i * maps->P + members[j]];
}

/* sum += what is in maps->part, in the rows and columns of part p. */
static void add_part(cpt_nature_maps *maps, size_t p)
{
    size_t size = cpt_nature_part_size(&maps->parts, p);
    const size_t *members = maps->parts.members + maps->parts.first[p];
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            maps->sum[members[i] * maps->P + members[j]] += maps->part[i * size + j];
}

/* sum = 0, which it is already between parts. */
static void clear_sum(cpt_nature_maps *maps)
{
    const cpt_nature_parts *parts = &maps->parts;
    size_t P = maps->P;
    if (parts->n == 1)
        memset(maps->sum, 0, P * P * sizeof *maps->sum);
    for (size_t p = 0; parts->n > 1 && p < parts->n; p++)
        for (size_t i = parts->first[p]; i < parts->first[p + 1]; i++)
            for (size_t j = parts->first[p]; j < parts->first[p + 1]; j++)
                maps->sum[parts->members[i] * P + parts->members[j]] = 0;
}

static void symmetrize_sum(cpt_nature_maps *maps)
{
    const cpt_nature_parts *parts = &maps->parts;
    size_t P = maps->P;
    if (parts->n == 1)
        cpt_nature_symmetrize(P, maps->sum);
    for (size_t p = 0; parts->n > 1 && p < parts->n; p++)
        for (size_t i = parts->first[p]; i < parts->first[p + 1]; i++)
            for (size_t j = parts->first[p]; j < i; j++) {
                double *a = &maps->sum[parts->members[i] * P + parts->members[j]];
                double *b = &maps->sum[parts->members[j] * P + parts->members[i]];
                *a = *b = (*a + *b) / 2;
            }
}

/* product = rows S (m x P), S = maps->matrix, part by part. */
static void multiply_by_curvature(cpt_nature_maps *maps, size_t m, const double *rows,
                                  double *product)
{
    const cpt_nature_parts *parts = &maps->parts;
    size_t P = maps->P;
    if (parts->n == 1) {
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, P, 1, rows, P, maps->matrix, P, 0, product, P);
        return;
    }
    memset(product, 0, m * P * sizeof *product);
    for (size_t p = 0; p < parts->n; p++) {
        size_t size = cpt_nature_part_size(parts, p);
        const size_t *members = parts->members + parts->first[p];
        gather(maps, maps->matrix, parts->first[p], size, maps->part);
        gather_columns(maps, p, m, rows, maps->strip);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, size, size, 1, maps->strip, size, maps->part, size,
                        0, maps->strip2, size);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < size; j++)
                product[i * P + members[j]] = maps->strip2[i * size + j];
    }
}

/* sum += alpha rows' q rows, with rows m x P, where S* sees it: within the parts. */
static void add_expanded(cpt_nature_maps *maps, size_t m, double alpha, const double *rows,
                         const double *q)
{
    const cpt_nature_parts *parts = &maps->parts;
    size_t P = maps->P;
    double *half = maps->scratch;
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, m, 1, q, m, rows, P, 0, half, P);
    if (parts->n == 1)
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, P, m, alpha, rows, P, half, P, 1, maps->sum,
                        P);
    for (size_t p = 0; parts->n > 1 && p < parts->n; p++) {
        size_t size = cpt_nature_part_size(parts, p);
        gather_columns(maps, p, m, rows, maps->strip);
        gather_columns(maps, p, m, half, maps->strip2);
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, size, size, m, alpha, maps->strip, size,
                        maps->strip2, size, 0, maps->part, size);
        add_part(maps, p);
    }
}

static const double *rows_of(const cpt_nature_block *block, cpt_nature_rows rows)
{
    return rows == CPT_NATURE_FRAME ? block->frame : block->basis;
}

critpt_status cpt_nature_image(cpt_nature_maps *maps, cpt_nature_cone *cone, cpt_nature_rows rows,
                               const double *e)
{
    critpt_status status = CRITPT_OK;
    size_t P = maps->P, held = CPT_NATURE_FREE;
    cpt_metric_root_transposed(maps->metric, e, maps->field);
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        if (block->point != held)
            CPT_TRY(cpt_landscape_curvature_matrix(
                maps->workspace, maps->problem->points[block->point].weights,
                CPT_RESIDUAL_CURVATURE, maps->field, maps->matrix, P));
        held = block->point;
        multiply_by_curvature(maps, block->order, rows_of(block, rows), maps->scratch);
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, block->order, block->order, P, -block->sign,
                        maps->scratch, P, rows_of(block, rows), P, 0, block->work, block->order);
        cpt_nature_symmetrize(block->order, block->work);
    }
done:
    return status;
}

/* field += S*(Q) at the point, Q = maps->sum. */
static critpt_status add_adjoint(cpt_nature_maps *maps, size_t point, double *field)
{
    critpt_status status;
    symmetrize_sum(maps);
    CPT_TRY(cpt_landscape_curvature_adjoint(maps->workspace, maps->problem->points[point].weights,
                                            maps->sum, maps->P, maps->field2, maps->D));
    cpt_linalg_axpy(maps->n, 1, maps->field2, field);
done:
    return status;
}

/* One past the last block of the point that block j belongs to. */
static size_t end_of_point(const cpt_nature_cone *cone, size_t j)
{
    size_t point = cone->blocks[j].point;
    while (j < cone->n_blocks && cone->blocks[j].point == point)
        j++;
    return j;
}

critpt_status cpt_nature_adjoint(cpt_nature_maps *maps, const cpt_nature_cone *cone,
                                 cpt_nature_rows rows, double *e)
{
    critpt_status status = CRITPT_OK;
    memset(maps->field, 0, maps->n * sizeof(double));
    for (size_t first = 0, end; first < cone->n_blocks; first = end) {
        end = end_of_point(cone, first);
        clear_sum(maps);
        for (size_t j = first; j < end; j++) {
            const cpt_nature_block *block = &cone->blocks[j];
            add_expanded(maps, block->order, -block->sign, rows_of(block, rows), block->work);
        }
        CPT_TRY(add_adjoint(maps, cone->blocks[first].point, maps->field));
    }
    cpt_metric_root(maps->metric, maps->field, e);
done:
    return status;
}

void cpt_nature_set_frame(cpt_nature_maps *maps, cpt_nature_block *block)
{
    size_t m = block->order, P = maps->P;
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, m, 1, block->scaling, m, block->basis, P, 0,
                    block->frame, P);
    if (!block->inverse)
        return;
    cpt_linalg_symmetric_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, m, 1, block->frame, P, block->frame, P,
                              0, maps->scratch);
    gather(maps, maps->scratch, 0, cpt_nature_n_members(&maps->parts), block->inverse);
}

/* half = S F' F, a part's rows after another's, S = maps->matrix. */
static void multiply_by_inverse(cpt_nature_maps *maps, const cpt_nature_block *block, double *half)
{
    const cpt_nature_parts *parts = &maps->parts;
    size_t M = cpt_nature_n_members(parts);
    for (size_t p = 0; p < parts->n; p++) {
        size_t first = parts->first[p], size = cpt_nature_part_size(parts, p);
        gather(maps, maps->matrix, first, size, maps->part);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, size, M, size, 1, maps->part, size,
                        block->inverse + first * M, M, 0, half + first * M, M);
    }
}

/* sum += F' F half, within the parts, as S* sees nothing else. */
static void add_within_parts(cpt_nature_maps *maps, const cpt_nature_block *block,
                             const double *half)
{
    const cpt_nature_parts *parts = &maps->parts;
    size_t M = cpt_nature_n_members(parts);
    for (size_t p = 0; p < parts->n; p++) {
        size_t first = parts->first[p], size = cpt_nature_part_size(parts, p);
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, size, size, M, 1, block->inverse + first * M, M,
                        half + first, M, 0, maps->part, size);
        add_part(maps, p);
    }
}

/* sum += F' F S F' F with S = maps->matrix; by the inverse, within the parts alone. */
static void add_product(cpt_nature_maps *maps, cpt_nature_block *block)
{
    size_t P = maps->P, m = block->order;
    double *half = maps->scratch;
    if (block->inverse) {
        multiply_by_inverse(maps, block, half);
        add_within_parts(maps, block, half);
    } else {
        multiply_by_curvature(maps, m, block->frame, half);
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, m, m, P, 1, half, P, block->frame, P, 0,
                        block->work, m);
        add_expanded(maps, m, 1, block->frame, block->work);
    }
}

critpt_status cpt_nature_multiply(cpt_nature_maps *maps, cpt_nature_cone *cone, const double *e,
                                  double *result)
{
    critpt_status status = CRITPT_OK;
    cpt_metric_root_transposed(maps->metric, e, maps->field);
    memset(maps->field3, 0, maps->n * sizeof(double));
    for (size_t first = 0, end; first < cone->n_blocks; first = end) {
        size_t point = cone->blocks[first].point;
        end = end_of_point(cone, first);
        CPT_TRY(cpt_landscape_curvature_matrix(
            maps->workspace, maps->problem->points[point].weights, CPT_RESIDUAL_CURVATURE,
            maps->field, maps->matrix, maps->P));
        clear_sum(maps);
        for (size_t j = first; j < end; j++)
            add_product(maps, &cone->blocks[j]);
        CPT_TRY(add_adjoint(maps, point, maps->field3));
    }
    cpt_metric_root(maps->metric, maps->field3, result);
done:
    return status;
}

critpt_status cpt_nature_project(cpt_nature_maps *maps, double *e)
{
    critpt_status status;
    cpt_metric_inverse_root(maps->metric, e, maps->field);
    CPT_TRY(maps->problem->project(maps->problem->project_user, maps->field));
    cpt_metric_root(maps->metric, maps->field, e);
done:
    return status;
}

critpt_status cpt_nature_project_rows(cpt_nature_maps *maps, size_t count, double *rows)
{
    critpt_status status = CRITPT_OK;
    const cpt_nature_problem *problem = maps->problem;
    static const size_t most = CPT_NATURE_PROJECTED_ROWS;
    for (size_t first = 0; first < count; first += most)
        CPT_TRY(problem->project_rows(problem->project_user,
                                      count - first < most ? count - first : most,
                                      rows + first * maps->n));
done:
    return status;
}

critpt_status cpt_nature_pairs(cpt_nature_maps *maps, const cpt_nature_block *block,
                               size_t n_directions, const double *directions, size_t n_pairs,
                               const cpt_pair *pairs, double *rows)
{
    critpt_status status;
    const double *weights = maps->problem->points[block->point].weights;
    CPT_TRY(cpt_landscape_second_directionals(maps->workspace, weights, n_directions, directions,
                                              n_pairs, pairs, rows));
    for (size_t j = 0; j < n_pairs; j++) {
        double *row = rows + j * maps->n;
        for (size_t i = 0; i < maps->n; i++)
            maps->field[i] = -block->sign * row[i];
        cpt_metric_root(maps->metric, maps->field, row);
    }
done:
    return status;
}

critpt_status cpt_nature_tick(cpt_nature_maps *maps, double done)
{
    const cpt_nature_problem *problem = maps->problem;
    maps->progress = fmax(maps->progress, fmin(done, 1));
    return problem->advance ? problem->advance(problem->advance_user, maps->progress) : CRITPT_OK;
}
