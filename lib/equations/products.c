/* Products of the rows with each other, Mn^(1/2) C: those of gradients by the model's structure,
 * others by their own columns, formed batch by batch (MATH 6). */
#include <math.h>

#include "equations/equations.h"

/* Memory of the model's sums at least; a part of the matrix where that is large, so that there
 * are few passes. */
enum { BYTES = 64 << 20, PART = 8 };
/* Equations whose products with all others are formed at a time. */
enum { BORDER = 64 };

typedef struct products {
    cpt_equations *equations;
    cpt_chunk chunk;
    cpt_gram *gram; /* NULL: all products are of formed columns */
    size_t *first;  /* of each gradient's block */
    double *seeds;  /* D x D x batch */
    bool columns;   /* are formed */
    double *border; /* BORDER x equations: of columns that are no gradients' with all */
} products;

/* How the products are formed: through the model's structure or of columns, in batches of how many
 * samples. Columns take the room of a chunk of the equations' batch. */
static bool takes_columns(const cpt_equations *equations)
{
    return equations->other ||
           !cpt_jet_takes_gram(cpt_equations_points(equations)->landscape->model);
}

/* One matrix serves all samples up to a factor where each may move all its targets and has no
 * metric of its own. */
static bool has_one_metric(const cpt_equations *equations)
{
    return !equations->plan->frozen &&
           !cpt_metric_is_by_sample(cpt_equations_points(equations)->metric);
}

static size_t most_samples(const cpt_equations *equations)
{
    size_t N = cpt_larger(cpt_equations_points(equations)->N, 1);
    return takes_columns(equations) ? equations->batch : N;
}

static bool takes_gram(const cpt_equations *equations)
{
    return equations->n_gradients > 0 &&
           cpt_jet_takes_gram(cpt_equations_points(equations)->landscape->model);
}

static size_t bytes_of_sums(const cpt_equations *equations)
{
    return cpt_larger(BYTES, equations->n * equations->n / PART * sizeof(double));
}

critpt_status cpt_equations_products_size(const cpt_equations *equations, size_t *size)
{
    critpt_status status = CRITPT_OK;
    const cpt_points *points = cpt_equations_points(equations);
    size_t D = points->D, batch = equations->batch, own;
    *size = 0;
    if (takes_gram(equations)) {
        CPT_TRY(cpt_jet_gram_size(points->landscape->model, equations->n_gradients,
                                  has_one_metric(equations), most_samples(equations),
                                  bytes_of_sums(equations), &batch, size));
        CPT_TRY(cpt_multiply_add(D * D, batch, *size, "products of the equations", size));
    }
    CPT_TRY(cpt_workspace_size(points->landscape, batch, &own));
    CPT_TRY(cpt_multiply_add(1, own, *size, "products of the equations", size));
    if (takes_columns(equations))
        CPT_TRY(cpt_multiply_add(batch * D + BORDER, equations->n, *size,
                                 "products of the equations", size));
done:
    return status;
}

static critpt_status products_create(cpt_equations *equations, products *p)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    const critpt_model *model = points->landscape->model;
    size_t batch = equations->batch, D = points->D, K = equations->n_gradients, n_seeds, next = 0;
    *p = (products){.equations = equations, .columns = takes_columns(equations)};
    if (takes_gram(equations)) {
        CPT_TRY(cpt_jet_gram_create(&p->gram, model, K, has_one_metric(equations),
                                    most_samples(equations), bytes_of_sums(equations)));
        batch = p->gram->batch;
        CPT_TRY(cpt_multiply(D * D, batch, "derivatives of the outputs", &n_seeds));
        CPT_TRY(cpt_allocate(&p->seeds, n_seeds, sizeof *p->seeds));
        CPT_TRY(cpt_allocate(&p->first, K, sizeof *p->first));
        for (size_t b = 0; b < equations->n_blocks; b++)
            if (equations->blocks[b].kind->gradient)
                p->first[next++] = equations->blocks[b].first;
    }
    CPT_TRY(cpt_equations_chunk_create(equations, batch, p->columns, &p->chunk));
    if (p->columns && p->gram)
        CPT_TRY(cpt_allocate(&p->border, equations->n, BORDER * sizeof *p->border));
done:
    return status;
}

static void products_destroy(products *p)
{
    cpt_jet_gram_destroy(p->gram);
    cpt_equations_chunk_destroy(&p->chunk);
    cpt_free(p->seeds);
    cpt_free(p->first);
    cpt_free(p->border);
}

/* The batch's gradients, at every point. */
static critpt_status add_gradients(products *p)
{
    critpt_status status = CRITPT_OK;
    const cpt_equations *equations = p->equations;
    cpt_chunk *chunk = &p->chunk;
    size_t taken = 0;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        if (!block->kind->gradient)
            continue;
        CPT_TRY(cpt_points_evaluate(&chunk->evaluation, block->points[0], chunk->first,
                                    CPT_DERIVATIVES));
        if (taken == 0)
            CPT_TRY(cpt_equations_form_seeds(equations, chunk, p->seeds));
        CPT_TRY(cpt_jet_gram_take(p->gram, taken++, &chunk->evaluation.workspace.jet, p->seeds));
    }
    CPT_TRY(cpt_jet_gram_add(p->gram));
done:
    return status;
}

/* Adds the products of equations first .. first + count - 1, no gradients, with all up to them and
 * with the gradients after them: with each other equation once. */
static void add_border(products *p, size_t first, size_t count)
{
    const cpt_equations *equations = p->equations;
    const cpt_chunk *chunk = &p->chunk;
    cpt_upper *matrix = &p->equations->triangle.r;
    size_t M = equations->n, rows = chunk->rows;
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, count, M, rows, 1, chunk->entries + first * rows,
                    rows, chunk->entries, rows, 0, p->border, M);
    for (size_t e = first; e < first + count; e++) {
        const double *with = p->border + (e - first) * M;
        cpt_linalg_axpy(e + 1, 1, with, cpt_upper_column(matrix, e));
        for (size_t b = 0; b < equations->n_blocks; b++) {
            const cpt_block *block = &equations->blocks[b];
            if (block->kind->gradient && block->first > e)
                for (size_t j = block->first; j < block->first + block->n; j++)
                    cpt_upper_column(matrix, j)[e] += with[j];
        }
    }
}

/* The batch's formed columns: blocks that are no gradients' with all, or all with all. */
static critpt_status add_columns(products *p)
{
    critpt_status status;
    cpt_equations *equations = p->equations;
    CPT_TRY(cpt_equations_chunk_form(equations, &p->chunk));
    if (!p->gram) {
        cpt_upper_add_products(&equations->triangle.r, p->chunk.rows, p->chunk.entries);
        goto done;
    }
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        for (size_t j = 0, some; !block->kind->gradient && j < block->n; j += some) {
            some = cpt_smaller(BORDER, block->n - j);
            add_border(p, block->first + j, some);
        }
    }
done:
    return status;
}

critpt_status cpt_equations_sum_products(const cpt_equations *equations, cpt_upper *sums)
{
    critpt_status status;
    size_t size;
    CPT_TRY(cpt_upper_size(sums->order, sums->width, &size));
    CPT_TRY(
        cpt_reduction_sum(cpt_equations_points(equations)->metric->reduction, size, sums->entries));
done:
    return status;
}

critpt_status cpt_equations_form_products(cpt_equations *equations)
{
    critpt_status status;
    products p;
    size_t N = cpt_equations_points(equations)->N, n_passes = 1;
    CPT_TRY(products_create(equations, &p));
    if (p.gram)
        n_passes = p.gram->n_passes;
    for (size_t pass = 0; pass < n_passes; pass++) {
        if (p.gram)
            CPT_TRY(cpt_jet_gram_start(p.gram, pass));
        for (size_t first = 0; first < N; first += p.chunk.evaluation.workspace.jet.batch.n) {
            double share = ((double)pass + (double)first / (double)N) / (double)n_passes;
            CPT_TRY(cpt_pulse_advance(0.2 * share, "equations"));
            cpt_equations_chunk_begin(&p.chunk, first);
            if (p.gram)
                CPT_TRY(add_gradients(&p));
            if (p.columns && pass == 0)
                CPT_TRY(add_columns(&p));
        }
        if (p.gram)
            CPT_TRY(cpt_jet_gram_store(p.gram, p.first, &equations->triangle.r));
    }
    CPT_TRY(cpt_equations_sum_products(equations, &equations->triangle.r));
done:
    products_destroy(&p);
    return status;
}

/* ---- Equations that were left out ---- */

/* How much is left of an equation that depends on the others, beside its row: the combination that
 * the products give is corrected by the rows until it is as small as it becomes. */
static critpt_status measure_rest(cpt_equations *equations, size_t position, double *c,
                                  double *rest)
{
    enum { CORRECTIONS = 3 };
    critpt_status status;
    cpt_krylov *krylov = &equations->krylov;
    const cpt_metric *metric = cpt_equations_points(equations)->metric;
    size_t M = equations->n;
    *rest = INFINITY;
    cpt_triangle_dependency(&equations->triangle, position, c);
    for (size_t round = 0;; round++) {
        CPT_TRY(cpt_equations_combine(equations, c, krylov->field));
        double norm = cpt_metric_norm(metric, krylov->field, NULL);
        if (!(norm < *rest))
            break;
        *rest = norm;
        if (norm <= equations->accounts.tolerance || round == CORRECTIONS)
            break;
        cpt_metric_apply(metric, krylov->field, krylov->weighted);
        CPT_TRY(cpt_equations_multiply(equations, krylov->weighted, krylov->image));
        cpt_triangle_solve(&equations->triangle, 1, krylov->image);
        cpt_linalg_axpy(M, -1, krylov->image, c);
    }
done:
    return status;
}

critpt_status cpt_equations_check_left_out(cpt_equations *equations, bool *dependent)
{
    critpt_status status = CRITPT_OK;
    cpt_triangle *triangle = &equations->triangle;
    double largest = 0, rest;
    *dependent = true;
    for (size_t i = triangle->rank; i < equations->n && *dependent; i++) {
        size_t e = cpt_triangle_column(triangle, i);
        if (equations->null[e])
            continue;
        if (equations->looseness[e] > 0) {
            *dependent = false;
            break;
        }
        CPT_TRY(cpt_pulse_advance(0.2, "rank"));
        CPT_TRY(measure_rest(equations, i, equations->krylov.step, &rest));
        largest = fmax(largest, rest);
        *dependent = rest <= equations->accounts.tolerance;
    }
    if (largest > 0)
        triangle->gap = fmin(triangle->gap, triangle->least / largest);
done:
    return status;
}
