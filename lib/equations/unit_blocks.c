/* What stands in for the triangle where that has no room: the triangles of the diagonal blocks of
 * B'B, of weights that go together (MATH 6). B times their inverse has columns that are orthonormal
 * within each block, which LSQR takes some hundred steps from. */
#include <math.h>
#include <string.h>

#include "equations/equations.h"

enum { BATCH = 256 }; /* samples at a time */

struct cpt_unit_blocks {
    size_t n;
    cpt_triangle *triangles;
    size_t *first;     /* n + 1: where the equations of each begin in the list */
    size_t *equations; /* of one block after another */
    double *vector;    /* as long as the largest block */
};

static bool has_blocks(const cpt_equations *equations)
{
    return cpt_jet_takes_blocks(cpt_equations_points(equations)->landscape->model);
}

static size_t choose_batch(const cpt_equations *equations)
{
    /* whole rows of all equations are formed where the model knows no blocks */
    size_t N = cpt_larger(cpt_equations_points(equations)->N, 1);
    return has_blocks(equations) ? cpt_smaller(BATCH, N) : 1;
}

critpt_status cpt_equations_unit_blocks_size(const cpt_equations *equations, size_t *size)
{
    critpt_status status;
    static const char what[] = "blocks of the equations";
    const cpt_points *points = cpt_equations_points(equations);
    const critpt_model *model = points->landscape->model;
    size_t batch = choose_batch(equations), own, scratch, blocks = 0, largest = 0;
    CPT_TRY(cpt_workspace_size(points->landscape, batch, &own));
    if (!has_blocks(equations)) {
        CPT_TRY(cpt_multiply_add(batch * points->D, equations->n, own, what, size));
        goto done;
    }
    for (size_t b = 0; b < cpt_jet_blocks_count(model); b++) {
        size_t n = cpt_jet_blocks_weights(model, b, NULL), one;
        CPT_TRY(cpt_upper_size(n, CPT_UPPER_WIDTH, &one));
        CPT_TRY(
            cpt_multiply_add(4, n, one + sizeof(cpt_triangle) / sizeof(double) + 8, what, &one));
        CPT_TRY(cpt_multiply_add(1, one, blocks, what, &blocks));
        largest = cpt_larger(largest, n);
    }
    CPT_TRY(cpt_multiply(blocks, equations->n_gradients, what, &blocks));
    CPT_TRY(cpt_jet_blocks_scratch_size(model, batch, &scratch));
    CPT_TRY(cpt_multiply_add(points->D * points->D, batch, scratch, what, &scratch));
    CPT_TRY(cpt_multiply_add(2 * largest, CPT_UPPER_WIDTH, scratch + own, what, &scratch));
    CPT_TRY(cpt_multiply_add(1, blocks, scratch, what, size));
done:
    return status;
}

/* ---- Which there are ---- */

static critpt_status list(const cpt_equations *equations, cpt_unit_blocks *blocks)
{
    critpt_status status;
    const critpt_model *model = cpt_equations_points(equations)->landscape->model;
    size_t count = cpt_jet_blocks_count(model), next = 0, largest = 0;
    CPT_TRY(cpt_multiply(count, equations->n_gradients, "blocks of the equations", &blocks->n));
    CPT_TRY(cpt_allocate(&blocks->triangles, blocks->n, sizeof *blocks->triangles));
    CPT_TRY(cpt_allocate(&blocks->first, blocks->n + 1, sizeof *blocks->first));
    CPT_TRY(cpt_allocate(&blocks->equations, equations->n, sizeof *blocks->equations));
    for (size_t t = 0; t < blocks->n; t++) {
        size_t *into = blocks->equations + blocks->first[t];
        size_t n = cpt_jet_blocks_weights(model, t % count, into);
        for (size_t i = 0; i < n; i++)
            into[i] += equations->blocks[t / count].first;
        blocks->first[t + 1] = next += n;
        largest = cpt_larger(largest, n);
        CPT_TRY(cpt_triangle_create(&blocks->triangles[t], n));
        CPT_TRY(cpt_triangle_begin_products(&blocks->triangles[t]));
    }
    CPT_TRY(cpt_allocate(&blocks->vector, largest, sizeof *blocks->vector));
done:
    return status;
}

void cpt_equations_unit_blocks_destroy(cpt_unit_blocks *blocks)
{
    if (!blocks)
        return;
    for (size_t t = 0; blocks->triangles && t < blocks->n; t++)
        cpt_triangle_destroy(&blocks->triangles[t]);
    cpt_free(blocks->triangles);
    cpt_free(blocks->first);
    cpt_free(blocks->equations);
    cpt_free(blocks->vector);
    cpt_free(blocks);
}

/* ---- Their sums ---- */

/* What a batch adds to the blocks of all points. */
static critpt_status add_batch(const cpt_equations *equations, cpt_chunk *chunk, double *seeds,
                               double *scratch, cpt_upper *const *upper)
{
    critpt_status status = CRITPT_OK;
    size_t count = cpt_jet_blocks_count(cpt_equations_points(equations)->landscape->model);
    for (size_t b = 0; b < equations->n_blocks; b++) {
        CPT_TRY(cpt_points_evaluate(&chunk->evaluation, equations->blocks[b].points[0],
                                    chunk->first, CPT_DERIVATIVES));
        if (b == 0)
            CPT_TRY(cpt_equations_form_seeds(equations, chunk, seeds));
        CPT_TRY(cpt_jet_blocks_add(&chunk->evaluation.workspace.jet, seeds, scratch,
                                   upper + b * count));
    }
done:
    return status;
}

static critpt_status sum(const cpt_equations *equations, cpt_unit_blocks *blocks)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t batch = choose_batch(equations), size;
    double *seeds = NULL, *scratch = NULL;
    cpt_upper **upper = NULL;
    cpt_chunk chunk = {0};
    CPT_TRY(cpt_equations_chunk_create(equations, batch, false, &chunk));
    CPT_TRY(cpt_allocate(&seeds, points->D * points->D, batch * sizeof *seeds));
    CPT_TRY(cpt_jet_blocks_scratch_size(points->landscape->model, batch, &size));
    CPT_TRY(cpt_allocate(&scratch, size, sizeof *scratch));
    CPT_TRY(cpt_allocate(&upper, blocks->n, sizeof *upper));
    for (size_t t = 0; t < blocks->n; t++)
        upper[t] = &blocks->triangles[t].r;
    for (size_t first = 0; first < points->N; first += chunk.evaluation.workspace.jet.batch.n) {
        CPT_TRY(cpt_pulse_advance(0.2 * (double)first / (double)points->N, "equations"));
        cpt_equations_chunk_begin(&chunk, first);
        CPT_TRY(add_batch(equations, &chunk, seeds, scratch, upper));
    }
    for (size_t t = 0; t < blocks->n; t++)
        CPT_TRY(cpt_equations_sum_products(equations, upper[t]));
done:
    cpt_equations_chunk_destroy(&chunk);
    cpt_free(seeds);
    cpt_free(scratch);
    cpt_free(upper);
    return status;
}

/* squares[e] = |row e|^2, of rows formed sample by sample. */
static critpt_status sum_squares(const cpt_equations *equations, double *squares)
{
    critpt_status status;
    size_t N = cpt_equations_points(equations)->N;
    cpt_chunk chunk = {0};
    CPT_TRY(cpt_equations_chunk_create(equations, choose_batch(equations), true, &chunk));
    for (size_t first = 0; first < N; first += chunk.evaluation.workspace.jet.batch.n) {
        CPT_TRY(cpt_pulse_advance(0.2 * (double)first / (double)N, "equations"));
        cpt_equations_chunk_begin(&chunk, first);
        CPT_TRY(cpt_equations_chunk_form(equations, &chunk));
        for (size_t e = 0; e < equations->n; e++) {
            const double *column = chunk.entries + e * chunk.rows;
            squares[e] += cpt_linalg_dot(chunk.rows, column, column);
        }
    }
    CPT_TRY(cpt_reduction_sum(cpt_equations_points(equations)->metric->reduction, equations->n,
                              squares));
done:
    cpt_equations_chunk_destroy(&chunk);
    return status;
}

/* Keeps what the many steps evaluate again and again, where there is room; a machine may say only
 * when it is asked that it has none. */
static critpt_status keep_activations(cpt_equations *equations)
{
    critpt_status status;
    size_t size, limit = equations->options->memory_limit;
    CPT_TRY(cpt_points_kept_size(cpt_equations_points(equations), &size));
    CPT_TRY(cpt_multiply_add(size, sizeof(double), 1 << 20, "activations of the points", &size));
    if (size > 1 << 20 && (limit == 0 || size < equations->spare) && cpt_budget_has(size))
        status = cpt_points_keep(&equations->work->evaluation);
done:
    return status == CRITPT_NO_MEMORY ? CRITPT_OK : status;
}

critpt_status cpt_equations_form_unit_blocks(cpt_equations *equations)
{
    critpt_status status;
    cpt_unit_blocks *blocks;
    double *scale = equations->triangle.scale;
    CPT_TRY(cpt_allocate(&equations->unit_blocks, 1, sizeof *equations->unit_blocks));
    blocks = equations->unit_blocks;
    if (has_blocks(equations)) {
        CPT_TRY(list(equations, blocks));
        CPT_TRY(sum(equations, blocks));
        for (size_t t = 0; t < blocks->n; t++)
            for (size_t i = blocks->first[t]; i < blocks->first[t + 1]; i++)
                scale[blocks->equations[i]] =
                    cpt_triangle_column_norm(&blocks->triangles[t], i - blocks->first[t]);
    } else {
        CPT_TRY(sum_squares(equations, scale));
        for (size_t e = 0; e < equations->n; e++)
            scale[e] = sqrt(scale[e]);
    }
    CPT_TRY(keep_activations(equations));
    for (size_t e = 0; e < equations->n; e++) {
        if (!isfinite(scale[e]))
            CPT_TRY(cpt_error(CRITPT_NON_FINITE, "squares of the derivatives overflow; scale "
                                                 "inputs and weights down"));
        scale[e] = scale[e] > 0 ? 1 / scale[e] : 0;
    }
done:
    return status;
}

critpt_status cpt_equations_factor_unit_blocks(cpt_equations *equations)
{
    /* of the square: what is left of a column that depends on others is rounding, which divided by
     * itself would ask for moves that are none of the equations' */
    static const double dependent = 1e-13;
    critpt_status status = CRITPT_OK;
    cpt_unit_blocks *blocks = equations->unit_blocks;
    bool *excluded = NULL, certain;
    CPT_TRY(cpt_allocate(&excluded, equations->n, sizeof *excluded));
    for (size_t t = 0; t < blocks->n; t++) {
        cpt_triangle *triangle = &blocks->triangles[t];
        const size_t *listed = blocks->equations + blocks->first[t];
        for (size_t i = 0; i < triangle->order; i++)
            excluded[i] = equations->null[listed[i]];
        CPT_TRY(
            cpt_triangle_factor_products(triangle, excluded, dependent, triangle->order, &certain));
        if (!certain && triangle->rank == 0)
            CPT_TRY(cpt_error(CRITPT_NON_FINITE, "squares of the derivatives overflow; scale "
                                                 "inputs and weights down"));
    }
done:
    cpt_free(excluded);
    return status;
}

/* ---- The change of basis ---- */

static void change_basis(const cpt_equations *equations,
                         void (*change)(cpt_triangle *triangle, double *x), double *x)
{
    const cpt_unit_blocks *blocks = equations->unit_blocks;
    for (size_t t = 0; t < blocks->n; t++) {
        const size_t *listed = blocks->equations + blocks->first[t];
        size_t n = blocks->triangles[t].order;
        for (size_t i = 0; i < n; i++)
            blocks->vector[i] = x[listed[i]];
        change(&blocks->triangles[t], blocks->vector);
        for (size_t i = 0; i < n; i++)
            x[listed[i]] = blocks->vector[i];
    }
    for (size_t e = 0; blocks->n == 0 && e < equations->n; e++)
        x[e] *= equations->triangle.scale[e];
}

void cpt_equations_to_orthonormal(cpt_equations *equations, double *x)
{
    if (equations->unit_blocks)
        change_basis(equations, cpt_triangle_to_orthonormal, x);
    else
        cpt_triangle_to_orthonormal(&equations->triangle, x);
}

void cpt_equations_from_orthonormal(cpt_equations *equations, double *x)
{
    if (equations->unit_blocks)
        change_basis(equations, cpt_triangle_from_orthonormal, x);
    else
        cpt_triangle_from_orthonormal(&equations->triangle, x);
}
