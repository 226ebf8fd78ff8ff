/* Many fields at once, in scaled coordinates, projected on what no equation sees: by the
 * semi-normal equations, which is enough for what only preconditions. */
#include "plan/solve.h"

enum { FIELDS = 8, SAMPLES = 1024 }; /* that go through the network at a time */

/* A pass over the batches. */
typedef struct pass {
    const cpt_solve *solve;
    cpt_chunk chunk;
    double *x;     /* the fields' products with the rows, as many as equations for each */
    double *parts; /* a batch of the fields that go together */
    double *products, *scratch; /* through the network: pushforwards; the network's own */
} pass;

/* part = the chunk's batch of a field, in rows of `leading` for the outputs; or back. */
static void exchange(const pass *p, double *field, double *part, size_t leading, bool back)
{
    size_t D = p->solve->D, n = p->chunk.rows / D;
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
    const cpt_solve *solve = p->solve;
    cpt_chunk *chunk = &p->chunk;
    size_t M = solve->equations, D = solve->D, size = solve->N * D;
    for (size_t first = 0; first < solve->N; first += chunk->workspace.jet.batch.n) {
        cpt_chunk_begin(solve, chunk, first);
        CPT_TRY(cpt_chunk_form(solve, chunk));
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
            CPT_TRY(cpt_solve_free_rows(solve, first, n, count, p->parts));
        for (size_t j = 0; back && j < count; j++)
            exchange(p, fields + j * size, p->parts + j * rows, n, true);
    }
done:
    return status;
}

/* x += the parts' products with the rows of a gradient: the pullback of (Mn^(1/2))' part. */
static void pull_parts(pass *p, size_t count, double *x)
{
    critpt_workspace *workspace = &p->chunk.workspace;
    cpt_metric_batch_root_transposed(cpt_landscape_metric(workspace), count, p->parts);
    cpt_jet_pullbacks(&workspace->jet, count, p->parts, p->scratch, x, p->solve->equations);
}

/* parts -= the combinations x of the rows of a gradient: Mn^(1/2) times the pushforward. */
static void push_parts(pass *p, size_t count, const double *x)
{
    critpt_workspace *workspace = &p->chunk.workspace;
    cpt_jet_pushforwards(&workspace->jet, count, x, p->solve->equations, p->scratch, p->products);
    cpt_metric_batch_root(cpt_landscape_metric(workspace), count, p->products);
    cpt_linalg_axpy(count * p->chunk.rows, -1, p->products, p->parts);
}

/* The same as pass_rows through the network, where all equations are gradients and all targets may
 * move. */
static critpt_status pass_network(pass *p, size_t count, double *fields, bool back)
{
    critpt_status status = CRITPT_OK;
    const cpt_solve *solve = p->solve;
    cpt_chunk *chunk = &p->chunk;
    size_t M = solve->equations, size = solve->N * solve->D;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        for (size_t first = 0; first < solve->N; first += chunk->workspace.jet.batch.n) {
            cpt_chunk_begin(solve, chunk, first);
            CPT_TRY(cpt_solve_evaluate(solve, &chunk->workspace, block->points[0], first,
                                       CPT_DERIVATIVES));
            size_t n = chunk->rows / solve->D;
            for (size_t j = 0, some; j < count; j += some) {
                double *x = p->x + j * M + block->first;
                some = count - j < FIELDS ? count - j : FIELDS;
                for (size_t k = 0; k < some; k++)
                    exchange(p, fields + (j + k) * size, p->parts + k * n, some * n, false);
                if (back)
                    push_parts(p, some, x);
                else
                    pull_parts(p, some, x);
                for (size_t k = 0; back && k < some; k++)
                    exchange(p, fields + (j + k) * size, p->parts + k * n, some * n, true);
            }
        }
    }
done:
    return status;
}

/* Through the network the D rows of a sample cost together as much as one. */
static bool is_through_network(const cpt_solve *solve)
{
    enum { MANY_OUTPUTS = 4 };
    if (solve->plan->frozen || !cpt_jet_takes_fields(solve->plan->landscape->model))
        return false;
    for (size_t b = 0; b < solve->n_blocks; b++)
        if (solve->blocks[b].kind != &cpt_gradient_equations)
            return false;
    return solve->D >= MANY_OUTPUTS;
}

size_t cpt_solve_projected_samples(const cpt_solve *solve)
{
    size_t most = SAMPLES < solve->N ? SAMPLES : solve->N;
    return is_through_network(solve) ? most : solve->batch;
}

critpt_status cpt_solve_projection_size(const cpt_solve *solve, size_t *size)
{
    enum { JETS = 2 }; /* one, and what its workspace has beside it */
    critpt_status status;
    const critpt_model *model = solve->plan->landscape->model;
    size_t samples = cpt_solve_projected_samples(solve), jet, fields;
    CPT_TRY(cpt_jet_size(model, samples, &jet));
    CPT_TRY(cpt_multiply(jet, JETS, "projections of the natures", size));
    if (!is_through_network(solve))
        goto done;
    CPT_TRY(cpt_jet_fields_size(model, samples, FIELDS, &fields));
    CPT_TRY(cpt_multiply_add(1, fields, *size, "projections of the natures", size));
    CPT_TRY(cpt_multiply_add(2 * FIELDS * solve->D, samples, *size, "projections of the natures",
                             size));
done:
    return status;
}

static critpt_status pass_create(const cpt_solve *solve, size_t count, bool through, pass *p)
{
    critpt_status status;
    size_t samples = cpt_solve_projected_samples(solve), together, part, n_scratch;
    *p = (pass){.solve = solve};
    together = through && FIELDS < count ? FIELDS : count;
    CPT_TRY(cpt_chunk_create(solve, samples, !through, &p->chunk));
    CPT_TRY(cpt_multiply(p->chunk.workspace.jet.capacity * solve->D, together, "fields of a batch",
                         &part));
    CPT_TRY(cpt_allocate(&p->x, count, solve->equations * sizeof(double)));
    CPT_TRY(cpt_allocate(&p->parts, part, sizeof(double)));
    if (!through)
        goto done;
    CPT_TRY(cpt_jet_fields_size(solve->plan->landscape->model, samples, together, &n_scratch));
    CPT_TRY(cpt_allocate(&p->products, part, sizeof(double)));
    CPT_TRY(cpt_allocate(&p->scratch, n_scratch, sizeof(double)));
done:
    return status;
}

static void pass_destroy(pass *p)
{
    cpt_chunk_destroy(&p->chunk);
    cpt_free(p->x);
    cpt_free(p->parts);
    cpt_free(p->products);
    cpt_free(p->scratch);
}

critpt_status cpt_solve_project_scaled(cpt_solve *solve, size_t count, double *fields)
{
    critpt_status status;
    bool through = is_through_network(solve);
    pass p;
    CPT_TRY(pass_create(solve, count, through, &p));
    for (int back = 0; back <= 1; back++) {
        CPT_TRY((through ? pass_network : pass_rows)(&p, count, fields, back));
        if (!back)
            CPT_TRY(cpt_triangle_solve(&solve->triangle, count, p.x));
    }
done:
    pass_destroy(&p);
    return status;
}
