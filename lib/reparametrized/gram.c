/* Products of the Jacobians of several points where B chooses weights: the base's, of which those
 * that are wanted are stored. */
#include "reparametrized/reparametrized.h"

typedef struct gram {
    cpt_gram gram; /* first */
    cpt_gram *base;
    size_t *numbers; /* of the base's weights: the column that each is, SIZE_MAX if none */
    size_t *outer;   /* the same by the numbers that are asked for */
} gram;

static const cpt_model_gram *operations_of(const critpt_model *model)
{
    return cpt_reparametrized_from(model)->base->operations->gram;
}

static critpt_status size(const critpt_model *model, size_t n_points, bool one_metric,
                          size_t n_samples, size_t bytes, size_t *batch, size_t *numbers)
{
    critpt_status status;
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    CPT_TRY(
        operations_of(model)->size(base, n_points, one_metric, n_samples, bytes, batch, numbers));
    CPT_TRY(cpt_multiply_add(2, base->n_weights, *numbers, "products of Jacobians", numbers));
done:
    return status;
}

static void destroy(cpt_gram *of)
{
    gram *g = (gram *)of;
    if (g->base)
        operations_of(of->model)->destroy(g->base);
    cpt_free(g->numbers);
    cpt_free(g->outer);
    cpt_free(g);
}

static critpt_status create(cpt_gram **created, const critpt_model *model, size_t n_points,
                            bool one_metric, size_t n_samples, size_t bytes)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    gram *g = NULL;
    *created = NULL;
    CPT_TRY(cpt_allocate(&g, 1, sizeof *g));
    g->gram.model = model;
    CPT_TRY(
        operations_of(model)->create(&g->base, own->base, n_points, one_metric, n_samples, bytes));
    CPT_TRY(cpt_allocate(&g->numbers, own->base->n_weights, sizeof *g->numbers));
    CPT_TRY(cpt_allocate(&g->outer, own->base->n_weights, sizeof *g->outer));
    for (size_t j = 0; j < own->base->n_weights; j++)
        g->numbers[j] = SIZE_MAX;
    for (size_t e = 0; e < own->b.n; e++)
        g->numbers[own->b.rows[e]] = own->b.columns[e];
    g->gram = (cpt_gram){model, n_points, g->base->batch, g->base->n_passes};
    *created = &g->gram;
    g = NULL;
done:
    if (g)
        destroy(&g->gram);
    return status;
}

static critpt_status start(cpt_gram *of, size_t pass)
{
    return operations_of(of->model)->start(((gram *)of)->base, pass);
}

static critpt_status take(cpt_gram *of, size_t point, const cpt_batch *batch, const double *seeds)
{
    return operations_of(of->model)->take(((gram *)of)->base, point,
                                          &cpt_reparametrized_tape_of(batch)->base, seeds);
}

static critpt_status add(cpt_gram *of)
{
    return operations_of(of->model)->add(((gram *)of)->base);
}

static critpt_status store(cpt_gram *of, const size_t *first, const size_t *numbers,
                           cpt_upper *matrix)
{
    gram *g = (gram *)of;
    for (size_t j = 0; j < g->base->model->n_weights; j++) {
        size_t number = g->numbers[j];
        g->outer[j] = numbers && number != SIZE_MAX ? numbers[number] : number;
    }
    return operations_of(of->model)->store(g->base, first, g->outer, matrix);
}

const cpt_model_gram cpt_reparametrized_gram = {size, create, destroy, start, take, add, store};
