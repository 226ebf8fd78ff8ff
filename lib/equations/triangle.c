/* The triangle of the equations: from products of their rows where these can tell it, else from the
 * rows folded batch by batch (MATH 6). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "equations/equations.h"

/* Equations that products leave out at most: each is checked on the rows. */
enum { MOST_LEFT_OUT = 1024 };

/* What rounding leaves of a block's row that is zero. */
static critpt_status find_row_rounding(cpt_equations *equations, const cpt_block *block,
                                       double *rounding)
{
    *rounding = 0;
    if (!block->kind->row_rounding)
        return CRITPT_OK;
    return block->kind->row_rounding(block, equations->work, &equations->triangle, rounding);
}

/* What the looseness of soft equations is beside their rows: not so small that it is lost in their
 * rounding, so that soft equations which contradict others stay independent (what its square then
 * allows is about the rounding); and anything for rows that are zero, which nothing can meet. */
static critpt_status bound_looseness(cpt_equations *equations)
{
    static const double least = 1e-7;
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        double rounding;
        if (!block->condition || block->condition->softness == 0)
            continue;
        CPT_TRY(find_row_rounding(equations, block, &rounding));
        for (size_t e = block->first; e < block->first + block->n; e++) {
            double row = cpt_triangle_column_norm(&equations->triangle, e);
            equations->looseness[e] =
                fmax(equations->looseness[e], row > rounding ? least * row : 1);
        }
    }
done:
    return status;
}

/* The looseness of soft equations, a row each: their slack is one more unknown, of the same size
 * as a target's move. */
static critpt_status fold_looseness(cpt_equations *equations, double *entries, size_t most_rows)
{
    critpt_status status = CRITPT_OK;
    const double *looseness = equations->looseness;
    size_t next = 0;
    while (next < equations->n) {
        size_t soft[2048], rows = 0;
        for (; next < equations->n && rows < most_rows && rows < 2048; next++)
            if (looseness[next] > 0)
                soft[rows++] = next;
        if (rows == 0)
            break;
        memset(entries, 0, rows * equations->n * sizeof *entries);
        for (size_t row = 0; row < rows; row++)
            entries[soft[row] * rows + row] = looseness[soft[row]];
        CPT_TRY(cpt_triangle_fold(&equations->triangle, rows, entries));
    }
done:
    return status;
}

/* Folds all rows into the triangle. */
static critpt_status fold_rows(cpt_equations *equations)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    cpt_chunk chunk = {0};
    size_t N = points->N, M = equations->n;
    CPT_TRY(cpt_equations_chunk_create(equations, equations->batch, true, &chunk));
    for (size_t first = 0; first < N; first += chunk.evaluation.workspace.jet.batch.n) {
        CPT_TRY(cpt_pulse_advance(0.2 + 0.6 * (double)first / (double)N, "equations"));
        cpt_equations_chunk_begin(&chunk, first);
        CPT_TRY(cpt_equations_chunk_form(equations, &chunk));
        CPT_TRY(cpt_triangle_fold(&equations->triangle, chunk.rows, chunk.entries));
    }
    CPT_TRY(bound_looseness(equations));
    if (equations->rigid)
        memcpy(equations->rigid, equations->triangle.r.entries, M * M * sizeof *equations->rigid);
    CPT_TRY(fold_looseness(equations, chunk.entries, equations->batch * points->D));
done:
    cpt_equations_chunk_destroy(&chunk);
    return status;
}

/* An equation is null if its row is below what rounding leaves of zero: an entry of a gradient, a
 * difference of losses between points whose outputs are the same; of others those that have nothing
 * but zeros. */
static critpt_status mark_null(cpt_equations *equations)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        double bound;
        CPT_TRY(find_row_rounding(equations, block, &bound));
        for (size_t j = block->first; j < block->first + block->n; j++)
            equations->null[j] = cpt_triangle_column_norm(&equations->triangle, j) <= bound;
    }
done:
    return status;
}

static double rank_tolerance(const cpt_equations *equations)
{
    double given = equations->options->rank_tolerance;
    return given > 0 ? given
                     : 10 * (double)cpt_larger(equations->n, equations->unknowns) * DBL_EPSILON;
}

static bool is_split(const cpt_equations *equations)
{
    return cpt_reduction_is_split(cpt_equations_points(equations)->metric->reduction);
}

bool cpt_equations_may_fold(const cpt_equations *equations)
{
    return equations->route == CPT_ROUTE_ROWS || is_split(equations);
}

static critpt_status require_rows(const cpt_equations *equations)
{
    if (!is_split(equations))
        return CRITPT_OK;
    return cpt_error(
        CRITPT_NOT_CONVERGED,
        "undecided: products of the rows of these %zu equations do not tell their rank "
        "or whether they can be met, and samples are spread over %zu processes, which "
        "do not fold rows; solve the plan where all samples are, use other weights or "
        "more samples",
        equations->n, cpt_equations_points(equations)->metric->reduction->n_processes);
}

critpt_status cpt_equations_fold(cpt_equations *equations)
{
    critpt_status status;
    CPT_TRY(require_rows(equations));
    equations->accounts.tolerance = rank_tolerance(equations);
    CPT_TRY(cpt_triangle_begin_rows(&equations->triangle));
    CPT_TRY(fold_rows(equations));
    CPT_TRY(cpt_pulse_advance(0.8, "rank"));
    CPT_TRY(mark_null(equations));
    CPT_TRY(
        cpt_triangle_factor(&equations->triangle, equations->null, equations->accounts.tolerance));
done:
    return status;
}

/* Natures project many fields, which takes two steps each where columns are not orthonormal: rows
 * folded once are then cheaper. */
static bool serves_natures(const cpt_equations *equations)
{
    const critpt_plan *plan = equations->plan;
    bool natures = false;
    for (size_t k = 0; k < plan->n_points; k++)
        natures = natures || cpt_plan_find_condition(plan, CRITPT_CONDITION_NATURE, k);
    return !natures || equations->triangle.departure <= cpt_equations_orthonormal;
}

/* The triangle from products of the rows; false where they cannot tell it. */
static critpt_status factor_products(cpt_equations *equations, bool *certain)
{
    critpt_status status;
    cpt_triangle *triangle = &equations->triangle;
    equations->accounts.tolerance = rank_tolerance(equations);
    CPT_TRY(cpt_triangle_begin_products(triangle));
    CPT_TRY(cpt_equations_form_products(equations));
    CPT_TRY(bound_looseness(equations));
    for (size_t e = 0; e < equations->n; e++)
        cpt_upper_column(&triangle->r, e)[e] += equations->looseness[e] * equations->looseness[e];
    CPT_TRY(mark_null(equations));
    CPT_TRY(cpt_triangle_factor_products(triangle, equations->null, 0, MOST_LEFT_OUT, certain));
    *certain = *certain && serves_natures(equations);
    if (*certain)
        CPT_TRY(cpt_equations_check_left_out(equations, certain));
done:
    return status;
}

/* The rank is that of equations which are not null, for want of knowing better. */
static critpt_status factor_unit_blocks(cpt_equations *equations)
{
    critpt_status status;
    cpt_triangle *triangle = &equations->triangle;
    size_t front = 0, back;
    CPT_TRY(cpt_equations_form_unit_blocks(equations));
    CPT_TRY(mark_null(equations));
    CPT_TRY(cpt_equations_factor_unit_blocks(equations));
    for (size_t e = 0; e < equations->n; e++)
        triangle->rank += !equations->null[e];
    back = triangle->rank;
    for (size_t e = 0; e < equations->n; e++) {
        triangle->pivot[equations->null[e] ? back++ : front++] = (int)e + 1;
        triangle->scale[e] = equations->null[e] ? 0 : triangle->scale[e];
    }
    equations->accounts.tolerance = triangle->condition = triangle->gap = NAN;
    triangle->departure = INFINITY;
done:
    return status;
}

/* Soft equations that are to be loosened later keep their rigid triangle, which is folded. */
critpt_status cpt_equations_factor(cpt_equations *equations)
{
    critpt_status status;
    bool certain = false;
    CPT_TRY(cpt_triangle_create(&equations->triangle, equations->n));
    if (equations->route == CPT_ROUTE_UNIT_BLOCKS) {
        CPT_TRY(factor_unit_blocks(equations));
        goto done;
    }
    if (!equations->rigid)
        CPT_TRY(factor_products(equations, &certain));
    if (certain)
        goto done;
    if (cpt_equations_may_fold(equations))
        CPT_TRY(cpt_equations_fold(equations));
    else
        CPT_TRY(cpt_error(CRITPT_NOT_CONVERGED,
                          "products of the %zu equations cannot tell which of them are independent "
                          "(condition %.1e), and their rows have no room; raise the memory limit, "
                          "use other weights, or scale and centre the inputs",
                          equations->n, equations->triangle.condition));
done:
    return status;
}

critpt_status cpt_equations_loosen(cpt_equations *equations, double factor)
{
    critpt_status status;
    size_t M = equations->n, rows = equations->batch * cpt_equations_points(equations)->D, entries;
    double *scratch = NULL;
    CPT_TRY(cpt_multiply(rows, M, "chunk of equations", &entries));
    CPT_TRY(cpt_allocate(&scratch, entries, sizeof *scratch));
    memcpy(equations->triangle.r.entries, equations->rigid, M * M * sizeof *equations->rigid);
    for (size_t e = 0; e < M; e++)
        equations->looseness[e] *= factor;
    CPT_TRY(fold_looseness(equations, scratch, rows));
    CPT_TRY(
        cpt_triangle_factor(&equations->triangle, equations->null, equations->accounts.tolerance));
done:
    cpt_free(scratch);
    return status;
}
