/* Values and first derivatives: f at w, J B, and B' J'. */
#include <string.h>

#include "reparametrized/reparametrized.h"

/* A number for each of the base's weights, set to 0. */
static double *clear(const cpt_reparametrized *own, double *x)
{
    return memset(x, 0, own->base->n_weights * sizeof *x);
}

static critpt_status forward(const critpt_model *model, cpt_batch *batch, cpt_order order)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_begin(model, batch);
    if (!own->exact)
        CPT_TRY(cpt_reparametrized_require_finite(own, tape->w));
    CPT_TRY(own->base->operations->forward(own->base, &tape->base, order));
done:
    return status;
}

static critpt_status pushforward(const critpt_model *model, cpt_batch *batch,
                                 const double *direction, double *result)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    cpt_sparse_multiply(&own->b, tape->absolute, direction, tape->x);
    return own->base->operations->pushforward(own->base, &tape->base, tape->x, result);
}

static critpt_status pullback(const critpt_model *model, cpt_batch *batch, const double *cotangent,
                              double *gradient)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    CPT_TRY(
        own->base->operations->pullback(own->base, &tape->base, cotangent, clear(own, tape->x)));
    cpt_sparse_add_transposed(&own->b, tape->absolute, tape->x, gradient);
done:
    return status;
}

static critpt_status jacobian(const critpt_model *model, cpt_batch *batch, const double *seeds,
                              const double *scale, double *entries,
                              const cpt_jacobian_layout *layout)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    const cpt_weight_map map = cpt_reparametrized_map(own, layout);
    const cpt_jacobian_layout through = {layout->sample, layout->output, layout->weight, &map};
    cpt_reparametrized_clear_entries(model, batch->n, layout, entries);
    return own->base->operations->jacobian(own->base, &tape->base, seeds, scale, entries, &through);
}

/* Sums of the columns' norms bound the norms of their sums, batch by batch. */
static critpt_status magnitudes(const critpt_model *model, cpt_batch *batch, const double *bound,
                                double *squares, double *products)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    CPT_TRY(own->base->operations->magnitudes(own->base, &tape->base, bound, clear(own, tape->x),
                                              clear(own, tape->y)));
    cpt_sparse_add_transposed(&own->b, true, tape->y, products);
    cpt_sparse_add_squares(&own->b, tape->x, tape->y, squares);
done:
    return status;
}

static critpt_status error_scale(const critpt_model *model, cpt_batch *batch, double *phi)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    return own->base->operations->error_scale(own->base, &cpt_reparametrized_tape_of(batch)->base,
                                              phi);
}

static critpt_status derivative_errors(const critpt_model *model, cpt_batch *batch,
                                       const double *cotangent, double *products)
{
    critpt_status status = CRITPT_OK;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    if (!own->base->operations->derivative_errors)
        return CRITPT_OK;
    CPT_TRY(own->base->operations->derivative_errors(own->base, &tape->base, cotangent,
                                                     clear(own, tape->x)));
    cpt_sparse_add_transposed(&own->b, true, tape->x, products);
done:
    return status;
}

static critpt_status find_kink(const critpt_model *model, const cpt_batch *batch, cpt_kink *kink)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    return own->base->operations->find_kink(own->base, &cpt_reparametrized_tape_of(batch)->base,
                                            kink);
}

/* The base's derivatives, at w. */
static critpt_status check(const critpt_model *model, const double *weights, size_t n,
                           const double *inputs, const size_t *numbers)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    double *w = NULL, *terms = NULL;
    CPT_TRY(cpt_allocate(&w, own->base->n_weights, sizeof *w));
    CPT_TRY(cpt_allocate(&terms, cpt_reparametrized_terms(own), sizeof *terms));
    cpt_reparametrized_place(own, weights, terms, w);
    CPT_TRY(cpt_reparametrized_require_finite(own, w));
    CPT_TRY(own->base->operations->check(own->base, w, n, inputs, numbers));
done:
    cpt_free(w);
    cpt_free(terms);
    return status;
}

const cpt_model_operations cpt_reparametrized_operations = {
    .tape_size = cpt_reparametrized_tape_size,
    .forward = forward,
    .pushforward = pushforward,
    .pullback = pullback,
    .jacobian = jacobian,
    .magnitudes = magnitudes,
    .error_scale = error_scale,
    .derivative_errors = derivative_errors,
    .find_kink = find_kink,
    .check = check,
};

/* ---- Many fields at once: the base's scratch, then `count` rows of its weights ---- */

static critpt_status fields_size(const critpt_model *model, size_t n, size_t count, size_t *size)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    size_t behind;
    CPT_TRY(own->base->operations->fields->scratch_size(own->base, n, count, &behind));
    CPT_TRY(cpt_multiply_add(count, own->base->n_weights, behind, "fields of a batch", size));
done:
    return status;
}

static critpt_status pushforwards(const critpt_model *model, const cpt_batch *batch, size_t count,
                                  const double *directions, size_t leading, double *scratch,
                                  double *results)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    const cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    size_t P = own->base->n_weights;
    for (size_t c = 0; c < count; c++)
        cpt_sparse_multiply(&own->b, false, directions + c * leading, scratch + c * P);
    return own->base->operations->fields->pushforwards(own->base, &tape->base, count, scratch, P,
                                                       scratch + count * P, results);
}

static critpt_status pullbacks(const critpt_model *model, const cpt_batch *batch, size_t count,
                               const double *cotangents, double *scratch, double *gradients,
                               size_t leading)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    const cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    size_t P = own->base->n_weights;
    memset(scratch, 0, count * P * sizeof *scratch);
    CPT_TRY(own->base->operations->fields->pullbacks(own->base, &tape->base, count, cotangents,
                                                     scratch + count * P, scratch, P));
    for (size_t c = 0; c < count; c++)
        cpt_sparse_add_transposed(&own->b, false, scratch + c * P, gradients + c * leading);
done:
    return status;
}

const cpt_model_fields cpt_reparametrized_fields = {fields_size, pushforwards, pullbacks};

/* ---- Kept evaluations: the base's ---- */

static size_t kept_size(const critpt_model *model)
{
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    return base->operations->kept->size(base);
}

static void take(const critpt_model *model, const cpt_batch *batch, double *to)
{
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    base->operations->kept->take(base, &cpt_reparametrized_tape_of(batch)->base, to);
}

static void put_back(const critpt_model *model, cpt_batch *batch, const double *from)
{
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    base->operations->kept->put_back(base, &cpt_reparametrized_begin(model, batch)->base, from);
}

const cpt_model_kept cpt_reparametrized_kept = {kept_size, take, put_back};
