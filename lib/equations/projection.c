/* Many fields at once, in scaled coordinates, projected on the null space of the equations by the
 * semi-normal equations, which is enough for what only preconditions. */
#include <string.h>

#include "equations/equations.h"

enum { FIELDS = 8, SAMPLES = 1024 }; /* that go through the network at a time */

/* A pass over the batches. */
typedef struct pass {
    const cpt_equations *equations;
    const cpt_points *points;
    cpt_chunk chunk;
    double *x;     /* the fields' products with the rows, as many as equations for each */
    double *parts; /* a batch of the fields that go together */
    double *products, *scratch; /* through the network: pushforwards; the network's own */
} pass;

/* part = the chunk's batch of a field, in rows of `leading` for the outputs; or back. */
static void exchange(const pass *p, double *field, double *part, size_t leading, bool back)
{
    size_t D = p->points->D, n = p->chunk.rows / D;
    field += p->chunk.first * D;
    if (back)
        cpt_linalg_transpose(D, n, part, leading, field, D);
    else
        cpt_linalg_transpose(n, D, field, D, part, leading);
}

/* x (count x equations) += the products of the fields with the rows; or fields -= x rows. */
static critpt_status pass_rows(pass *p, size_t count, double *fields, bool back)
{
    critpt_status status = CRITPT_OK;
    const cpt_equations *equations = p->equations;
    const cpt_points *points = p->points;
    cpt_chunk *chunk = &p->chunk;
    size_t M = equations->n, D = points->D, size = points->N * D;
    for (size_t first = 0; first < points->N; first += chunk->evaluation.workspace.jet.batch.n) {
        cpt_equations_chunk_begin(chunk, first);
        CPT_TRY(cpt_equations_chunk_form(equations, chunk));
        size_t rows = chunk->rows, n = rows / D;
        for (size_t j = 0; j < count; j++)
            exchange(p, fields + j * size, p->parts + j * rows, n, false);
        if (back)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, count, rows, M, -1, p->x, M, chunk->entries, rows,
                            1, p->parts, rows);
        else
            cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, count, M, rows, 1, p->parts, rows,
                            chunk->entries, rows, 1, p->x, M);
        if (back)
            CPT_TRY(cpt_equations_free_rows(equations->plan, first, n, count, p->parts));
        for (size_t j = 0; back && j < count; j++)
            exchange(p, fields + j * size, p->parts + j * rows, n, true);
    }
done:
    return status;
}

/* x += the parts' products with the rows of a gradient: the pullback of (Mn^(1/2))' part. */
static critpt_status pull_parts(pass *p, size_t count, double *x)
{
    critpt_workspace *workspace = &p->chunk.evaluation.workspace;
    cpt_metric_batch_root_transposed(cpt_landscape_metric(workspace), count, p->parts);
    return cpt_jet_pullbacks(&workspace->jet, count, p->parts, p->scratch, x, p->equations->n);
}

/* parts -= the combinations x of the rows of a gradient: Mn^(1/2) times the pushforward. */
static critpt_status push_parts(pass *p, size_t count, const double *x)
{
    critpt_status status;
    critpt_workspace *workspace = &p->chunk.evaluation.workspace;
    CPT_TRY(
        cpt_jet_pushforwards(&workspace->jet, count, x, p->equations->n, p->scratch, p->products));
    cpt_metric_batch_root(cpt_landscape_metric(workspace), count, p->products);
    cpt_linalg_axpy(count * p->chunk.rows, -1, p->products, p->parts);
done:
    return status;
}

/* The same as pass_rows through the network, where all equations are gradients and all targets may
 * move. */
static critpt_status pass_network(pass *p, size_t count, double *fields, bool back)
{
    critpt_status status = CRITPT_OK;
    const cpt_equations *equations = p->equations;
    const cpt_points *points = p->points;
    cpt_chunk *chunk = &p->chunk;
    size_t M = equations->n, size = points->N * points->D;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        for (size_t first = 0; first < points->N;
             first += chunk->evaluation.workspace.jet.batch.n) {
            cpt_equations_chunk_begin(chunk, first);
            CPT_TRY(
                cpt_points_evaluate(&chunk->evaluation, block->points[0], first, CPT_DERIVATIVES));
            size_t n = chunk->rows / points->D;
            for (size_t j = 0, some; j < count; j += some) {
                double *x = p->x + j * M + block->first;
                some = count - j < FIELDS ? count - j : FIELDS;
                for (size_t k = 0; k < some; k++)
                    exchange(p, fields + (j + k) * size, p->parts + k * n, some * n, false);
                if (back)
                    CPT_TRY(push_parts(p, some, x));
                else
                    CPT_TRY(pull_parts(p, some, x));
                for (size_t k = 0; back && k < some; k++)
                    exchange(p, fields + (j + k) * size, p->parts + k * n, some * n, true);
            }
        }
    }
done:
    return status;
}

/* Through the network the D rows of a sample cost together as much as one. */
static bool is_through_network(const cpt_equations *equations)
{
    const cpt_points *points = cpt_equations_points(equations);
    enum { MANY_OUTPUTS = 4 };
    if (equations->other || equations->plan->frozen ||
        !cpt_jet_takes_fields(points->landscape->model))
        return false;
    return points->D >= MANY_OUTPUTS;
}

size_t cpt_equations_projected_samples(const cpt_equations *equations)
{
    const cpt_points *points = cpt_equations_points(equations);
    size_t most = SAMPLES < points->N ? SAMPLES : points->N;
    return is_through_network(equations) ? most : equations->batch;
}

critpt_status cpt_equations_projection_size(const cpt_equations *equations, size_t *size)
{
    enum { JETS = 2 }; /* one, and what its workspace has beside it */
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    const critpt_model *model = points->landscape->model;
    size_t samples = cpt_equations_projected_samples(equations), jet, fields;
    CPT_TRY(cpt_jet_size(model, samples, &jet));
    CPT_TRY(cpt_multiply(jet, JETS, "projections of the natures", size));
    if (!is_through_network(equations))
        goto done;
    CPT_TRY(cpt_jet_fields_size(model, samples, FIELDS, &fields));
    CPT_TRY(cpt_multiply_add(1, fields, *size, "projections of the natures", size));
    CPT_TRY(cpt_multiply_add(2 * FIELDS * points->D, samples, *size, "projections of the natures",
                             size));
done:
    return status;
}

static critpt_status pass_create(const cpt_equations *equations, size_t count, bool through,
                                 pass *p)
{
    const cpt_points *points = cpt_equations_points(equations);
    critpt_status status;
    size_t samples = cpt_equations_projected_samples(equations), together, part, n_scratch;
    *p = (pass){.equations = equations, .points = points};
    together = through && FIELDS < count ? FIELDS : count;
    CPT_TRY(cpt_equations_chunk_create(equations, samples, !through, &p->chunk));
    CPT_TRY(cpt_multiply(p->chunk.evaluation.workspace.jet.capacity * points->D, together,
                         "fields of a batch", &part));
    CPT_TRY(cpt_allocate(&p->x, count, equations->n * sizeof(double)));
    CPT_TRY(cpt_allocate(&p->parts, part, sizeof(double)));
    if (!through)
        goto done;
    CPT_TRY(cpt_jet_fields_size(points->landscape->model, samples, together, &n_scratch));
    CPT_TRY(cpt_allocate(&p->products, part, sizeof(double)));
    CPT_TRY(cpt_allocate(&p->scratch, n_scratch, sizeof(double)));
done:
    return status;
}

static void pass_destroy(pass *p)
{
    cpt_equations_chunk_destroy(&p->chunk);
    cpt_free(p->x);
    cpt_free(p->parts);
    cpt_free(p->products);
    cpt_free(p->scratch);
}

critpt_status cpt_equations_project_scaled(cpt_equations *equations, size_t count, double *fields)
{
    critpt_status status;
    bool through = is_through_network(equations);
    size_t rounds = equations->triangle.departure > cpt_equations_orthonormal ? 2 : 1;
    pass p;
    CPT_TRY(pass_create(equations, count, through, &p));
    for (size_t round = 0; round < rounds; round++) {
        memset(p.x, 0, count * equations->n * sizeof(double));
        for (int back = 0; back <= 1; back++) {
            CPT_TRY((through ? pass_network : pass_rows)(&p, count, fields, back));
            if (!back)
                cpt_triangle_solve(&equations->triangle, count, p.x);
        }
    }
done:
    pass_destroy(&p);
    return status;
}
