/* Second derivatives: B' (.) B, D2f[B v, B u]; in absolute terms through |B|. */
#include <string.h>

#include "reparametrized/reparametrized.h"

/* Vectors that the base is given at a time. */
enum { VECTORS = 16 };

static const cpt_model_second_order *second_of(const critpt_model *model)
{
    return cpt_reparametrized_from(model)->base->operations->second;
}

/* ---- Bounds ---- */

/* Rounded weights are one more rounding of every product with them: half a unit beside the (k + 2)
 * of a sum that a base charges with, so that half as much again covers it. */
static critpt_status make_absolute(const critpt_model *model, cpt_batch *batch,
                                   const cpt_rounding *rounding, double *weights, double *shares)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    cpt_rounding charged = *rounding;
    if (!own->exact)
        charged.epsilon *= 1.5;
    for (size_t k = 0; k < model->n_weights; k++)
        weights[k] = batch->weights[k] < 0 ? -batch->weights[k] : batch->weights[k];
    batch->weights = weights;
    CPT_TRY(second_of(model)->make_absolute(own->base, &tape->base, &charged, tape->x, shares));
    tape->absolute = true;
done:
    return status;
}

static critpt_status enlarge(const critpt_model *model, cpt_batch *batch, const double *shares,
                             double *residual)
{
    return second_of(model)->enlarge(cpt_reparametrized_from(model)->base,
                                     &cpt_reparametrized_tape_of(batch)->base, shares, residual);
}

/* ---- Along vectors. Scratch: VECTORS directions and as many results of the base, its scratch ----
 */

static critpt_status scratch_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    size_t behind;
    CPT_TRY(second_of(model)->scratch_size(base, n, &behind));
    CPT_TRY(cpt_multiply_add(base->n_weights, 2 * VECTORS, behind, "scratch of a batch", size));
done:
    return status;
}

static critpt_status some_vectors(const critpt_model *model, const cpt_batch *batch,
                                  const cpt_curvature *curvature, size_t count,
                                  const double *directions, size_t directions_leading,
                                  double *scratch, double *results, size_t results_leading)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    const cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    size_t P = own->base->n_weights;
    double *products = scratch + VECTORS * P;
    for (size_t j = 0; j < count; j++)
        cpt_sparse_multiply(&own->b, tape->absolute, directions + j * directions_leading,
                            scratch + j * P);
    memset(products, 0, count * P * sizeof *products);
    CPT_TRY(second_of(model)->curvature_vectors(own->base, &tape->base, curvature, count, scratch,
                                                P, products + VECTORS * P, products, P));
    for (size_t j = 0; j < count; j++)
        cpt_sparse_add_transposed(&own->b, tape->absolute, products + j * P,
                                  results + j * results_leading);
done:
    return status;
}

static critpt_status curvature_vectors(const critpt_model *model, const cpt_batch *batch,
                                       const cpt_curvature *curvature, size_t n_vectors,
                                       const double *directions, size_t directions_leading,
                                       double *scratch, double *results, size_t results_leading)
{
    critpt_status status = CRITPT_OK;
    for (size_t first = 0, count; first < n_vectors; first += count) {
        count = cpt_smaller(n_vectors - first, VECTORS);
        CPT_TRY(some_vectors(model, batch, curvature, count,
                             directions + first * directions_leading, directions_leading, scratch,
                             results + first * results_leading, results_leading));
    }
done:
    return status;
}

/* Tangents are B v, then the base's of it. */
static critpt_status tangents_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    CPT_TRY(second_of(model)->tangents_size(base, n, size));
    CPT_TRY(cpt_multiply_add(1, base->n_weights, *size, "tangents along a vector", size));
done:
    return status;
}

static critpt_status push_tangents(const critpt_model *model, const cpt_batch *batch,
                                   const double *direction, double *tangents)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    const cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    cpt_sparse_multiply(&own->b, tape->absolute, direction, tangents);
    return second_of(model)->push_tangents(own->base, &tape->base, tangents,
                                           tangents + own->base->n_weights);
}

/* A direction of the base, in `vector` if it has no tangents. */
static cpt_direction direction_of(const critpt_model *model, const cpt_batch *batch,
                                  const cpt_direction *v, double *vector)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    if (v->tangents)
        return (cpt_direction){v->tangents, v->tangents + own->base->n_weights};
    cpt_sparse_multiply(&own->b, cpt_reparametrized_tape_of(batch)->absolute, v->vector, vector);
    return (cpt_direction){vector, NULL};
}

static critpt_status second_directional(const critpt_model *model, const cpt_batch *batch,
                                        const cpt_direction *v, const cpt_direction *u,
                                        double *scratch, double *result)
{
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    size_t P = base->n_weights;
    const cpt_direction x = direction_of(model, batch, v, scratch);
    const cpt_direction y = direction_of(model, batch, u, scratch + P);
    return second_of(model)->second_directional(base, &cpt_reparametrized_tape_of(batch)->base, &x,
                                                &y, scratch + 2 * VECTORS * P, result);
}

static critpt_status jacobian_tangent(const critpt_model *model, const cpt_batch *batch,
                                      const double *v, const double *seeds, const double *scale,
                                      double *scratch, double *entries,
                                      const cpt_jacobian_layout *layout)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    const cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    const cpt_weight_map map = cpt_reparametrized_map(own, layout);
    const cpt_jacobian_layout through = {layout->sample, layout->output, layout->weight, &map};
    cpt_sparse_multiply(&own->b, tape->absolute, v, scratch);
    cpt_reparametrized_clear_entries(model, batch->n, layout, entries);
    return second_of(model)->jacobian_tangent(own->base, &tape->base, scratch, seeds, scale,
                                              scratch + 2 * VECTORS * own->base->n_weights, entries,
                                              &through);
}

/* ---- Whole matrices: the base's, from its first wanted weight on ---- */

typedef struct assembly {
    cpt_assembly assembly; /* first */
    cpt_assembly *base;
    double *matrix, *row;
    size_t pass;
    bool absolute;
} assembly;

static cpt_curvature curvature_of(const critpt_model *model, const cpt_curvature *curvature)
{
    cpt_curvature wanted = *curvature;
    wanted.first_weight = cpt_reparametrized_from(model)->first_weight;
    return wanted;
}

/* The order of the base's matrix. */
static size_t order_of(const critpt_model *model)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    return own->base->n_weights - own->first_weight;
}

static critpt_status assembly_size(const critpt_model *model, const cpt_curvature *curvature,
                                   size_t n_samples, size_t bytes, size_t *size)
{
    critpt_status status;
    const cpt_curvature wanted = curvature_of(model, curvature);
    size_t behind, m = order_of(model);
    CPT_TRY(second_of(model)->assembly_size(cpt_reparametrized_from(model)->base, &wanted,
                                            n_samples, bytes, &behind));
    CPT_TRY(cpt_multiply_add(1, behind, model->n_weights, "matrix", size));
    CPT_TRY(cpt_multiply_add(m, m, *size, "matrix", size));
done:
    return status;
}

static void assembly_destroy(cpt_assembly *of)
{
    assembly *a = (assembly *)of;
    if (a->base)
        second_of(of->model)->assembly_destroy(a->base);
    cpt_free(a->matrix);
    cpt_free(a->row);
    cpt_free(a);
}

static critpt_status assembly_create(cpt_assembly **created, const critpt_model *model,
                                     const cpt_curvature *curvature, size_t n_samples, size_t bytes)
{
    critpt_status status;
    const cpt_curvature wanted = curvature_of(model, curvature);
    size_t m = order_of(model), entries;
    assembly *a = NULL;
    *created = NULL;
    CPT_TRY(cpt_multiply(m, m, "matrix", &entries));
    CPT_TRY(cpt_allocate(&a, 1, sizeof *a));
    a->assembly.model = model;
    CPT_TRY(second_of(model)->assembly_create(&a->base, cpt_reparametrized_from(model)->base,
                                              &wanted, n_samples, bytes));
    CPT_TRY(cpt_allocate(&a->matrix, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->row, model->n_weights, sizeof(double)));
    a->assembly = (cpt_assembly){model, a->base->batch, a->base->n_passes,
                                 a->base->bytes + entries * sizeof(double)};
    *created = &a->assembly;
    a = NULL;
done:
    if (a)
        assembly_destroy(&a->assembly);
    return status;
}

static critpt_status assembly_start(cpt_assembly *of, size_t pass)
{
    assembly *a = (assembly *)of;
    a->pass = pass;
    return second_of(of->model)->assembly_start(a->base, pass);
}

static critpt_status assembly_add(cpt_assembly *of, const cpt_batch *batch,
                                  const cpt_curvature *curvature)
{
    assembly *a = (assembly *)of;
    const cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    a->absolute = tape->absolute;
    return second_of(of->model)->assembly_add(a->base, &tape->base, curvature);
}

static critpt_status assembly_store(cpt_assembly *of, double scale, double *matrix, size_t leading)
{
    critpt_status status;
    const assembly *a = (const assembly *)of;
    const cpt_reparametrized *own = cpt_reparametrized_from(of->model);
    CPT_TRY(second_of(of->model)->assembly_store(a->base, scale, a->matrix, order_of(of->model)));
    if (a->pass + 1 == of->n_passes)
        cpt_sparse_fold(&own->b, a->absolute, own->first_weight, a->matrix, a->row, matrix,
                        leading);
done:
    return status;
}

static critpt_status adjoint_start(cpt_assembly *of, size_t pass, const double *q, size_t leading)
{
    assembly *a = (assembly *)of;
    const cpt_reparametrized *own = cpt_reparametrized_from(of->model);
    if (pass == 0)
        cpt_sparse_spread(&own->b, own->first_weight, q, leading, a->row, a->matrix);
    return second_of(of->model)->adjoint_start(a->base, pass, a->matrix, order_of(of->model));
}

static critpt_status adjoint_add(cpt_assembly *of, const cpt_batch *batch, double *result)
{
    return second_of(of->model)->adjoint_add(((assembly *)of)->base,
                                             &cpt_reparametrized_tape_of(batch)->base, result);
}

const cpt_model_second_order cpt_reparametrized_second_order = {
    .make_absolute = make_absolute,
    .enlarge = enlarge,
    .scratch_size = scratch_size,
    .curvature_vectors = curvature_vectors,
    .tangents_size = tangents_size,
    .push_tangents = push_tangents,
    .second_directional = second_directional,
    .jacobian_tangent = jacobian_tangent,
    .assembly_size = assembly_size,
    .assembly_create = assembly_create,
    .assembly_destroy = assembly_destroy,
    .assembly_start = assembly_start,
    .assembly_add = assembly_add,
    .assembly_store = assembly_store,
    .adjoint_start = adjoint_start,
    .adjoint_add = adjoint_add,
};
