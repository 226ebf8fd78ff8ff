/* Memory of equations and targets; equations of a part of the blocks. */
#include <math.h>
#include <string.h>

#include "equations/equations.h"

static critpt_status allocate_krylov(const cpt_equations *equations, cpt_krylov *krylov)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t n = points->N * points->D, M = equations->n;
    CPT_TRY(cpt_equations_change_create(equations, &krylov->v));
    CPT_TRY(cpt_equations_change_create(equations, &krylov->w));
    CPT_TRY(cpt_equations_change_create(equations, &krylov->solution));
    CPT_TRY(cpt_allocate(&krylov->field, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&krylov->weighted, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&krylov->u, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&krylov->image, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&krylov->step, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&krylov->right, M, sizeof(double)));
done:
    return status;
}

static void free_krylov(cpt_krylov *krylov)
{
    cpt_equations_change_destroy(&krylov->v);
    cpt_equations_change_destroy(&krylov->w);
    cpt_equations_change_destroy(&krylov->solution);
    cpt_free(krylov->field);
    cpt_free(krylov->weighted);
    cpt_free(krylov->u);
    cpt_free(krylov->image);
    cpt_free(krylov->step);
    cpt_free(krylov->right);
}

critpt_status cpt_equations_allocate(cpt_equations *equations)
{
    critpt_status status;
    size_t M = equations->n;
    equations->accounts = (cpt_accounts){NAN, NAN, NAN, NAN, NAN};
    CPT_TRY(cpt_allocate(&equations->null, M, sizeof(bool)));
    CPT_TRY(cpt_allocate(&equations->residuals, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&equations->units, M, sizeof(double)));
    CPT_TRY(cpt_allocate(&equations->looseness, M, sizeof(double)));
    CPT_TRY(allocate_krylov(equations, &equations->krylov));
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        double weight = block->condition ? block->condition->softness : 0;
        for (size_t e = block->first; weight > 0 && e < block->first + block->n; e++)
            equations->looseness[e] = 1 / sqrt(weight);
    }
done:
    return status;
}

void cpt_equations_destroy(cpt_equations *equations)
{
    cpt_triangle_destroy(&equations->triangle);
    cpt_equations_unit_blocks_destroy(equations->unit_blocks);
    cpt_free(equations->blocks);
    cpt_free(equations->rigid);
    cpt_free(equations->null);
    cpt_free(equations->residuals);
    cpt_free(equations->units);
    cpt_free(equations->looseness);
    free_krylov(&equations->krylov);
}

critpt_status cpt_equations_targets_create(const cpt_equations *equations, cpt_targets *targets)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t n = points->N * points->D;
    CPT_TRY(cpt_allocate(&targets->base, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&targets->values, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&targets->slack, equations->n, sizeof(double)));
done:
    return status;
}

void cpt_equations_targets_destroy(cpt_targets *targets)
{
    cpt_free(targets->base);
    cpt_free(targets->values);
    cpt_free(targets->slack);
}

/* ---- A part ---- */

static critpt_status list_kept(cpt_equations *part, const cpt_equations *whole, const bool *kept)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < whole->n_blocks; b++) {
        cpt_block block = whole->blocks[b];
        if (!kept[b])
            continue;
        block.first = part->n;
        part->n_gradients += block.kind->gradient;
        CPT_TRY(cpt_append(&part->blocks, &part->n_blocks, &block, sizeof block));
        part->n += block.n;
    }
done:
    return status;
}

/* The whole's equation that each of the part's is. */
static void list_equations(const cpt_equations *whole, const bool *kept, size_t *equations)
{
    size_t next = 0;
    for (size_t b = 0; b < whole->n_blocks; b++)
        for (size_t j = 0; kept[b] && j < whole->blocks[b].n; j++)
            equations[next++] = whole->blocks[b].first + j;
}

/* The part's triangle, from the columns of the whole's, which are scaled. */
static critpt_status fold_kept(cpt_equations *part, const cpt_equations *whole,
                               const size_t *equations)
{
    critpt_status status;
    const cpt_triangle *triangle = &whole->triangle;
    size_t order = triangle->order, n = part->n, entries, *positions = NULL;
    double *columns = NULL;
    CPT_TRY(cpt_allocate(&positions, order, sizeof *positions));
    CPT_TRY(cpt_multiply(order, n, "columns of a contradiction", &entries));
    CPT_TRY(cpt_allocate(&columns, entries, sizeof *columns));
    for (size_t i = 0; i < order; i++)
        positions[cpt_triangle_column(triangle, i)] = i;
    for (size_t j = 0; j < n; j++) {
        size_t position = positions[equations[j]];
        memcpy(columns + j * order, cpt_upper_column(&triangle->r, position),
               (position + 1) * sizeof *columns);
    }
    CPT_TRY(cpt_triangle_create(&part->triangle, n));
    CPT_TRY(cpt_triangle_begin_rows(&part->triangle));
    CPT_TRY(cpt_triangle_fold(&part->triangle, order, columns));
    CPT_TRY(cpt_triangle_factor(&part->triangle, part->null, whole->accounts.tolerance));
    for (size_t j = 0; j < n; j++)
        part->triangle.scale[j] *= triangle->scale[equations[j]];
    part->accounts.tolerance = whole->accounts.tolerance;
done:
    cpt_free(positions);
    cpt_free(columns);
    return status;
}

critpt_status cpt_equations_create_part(cpt_equations *part, const cpt_equations *whole,
                                        const bool *kept)
{
    critpt_status status;
    size_t *equations = NULL;
    *part = (cpt_equations){.plan = whole->plan,
                            .options = whole->options,
                            .work = whole->work,
                            .unknowns = whole->unknowns,
                            .n_critical = whole->n_critical,
                            .batch = whole->batch};
    CPT_TRY(list_kept(part, whole, kept));
    CPT_TRY(cpt_equations_allocate(part));
    CPT_TRY(cpt_allocate(&equations, part->n, sizeof *equations));
    list_equations(whole, kept, equations);
    for (size_t j = 0; j < part->n; j++) {
        part->null[j] = whole->null[equations[j]];
        part->looseness[j] = whole->looseness[equations[j]];
    }
    CPT_TRY(fold_kept(part, whole, equations));
done:
    cpt_free(equations);
    return status;
}
