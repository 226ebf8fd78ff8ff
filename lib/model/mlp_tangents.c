/* Second derivatives of the layered network along vectors: Hessian-vector products, forward over
 * reverse, D2f[v, u], and the Jacobian's derivative along a vector.
 *
 * The vectors of a block follow one another: they share all that does not depend on them, and
 * products as small as those of one vector keep its tangents in cache. (The products of all vectors
 * in one have no better speed, and the packing of their weights costs time.) */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_assembly.h"
#include "model/vector_math.h"

/* The scratch, in rows of n samples. */
typedef struct tangents {
    const cpt_mlp *mlp;
    const cpt_batch *batch;
    double *delta, *curvature; /* delta_l and e_l o act''_l of every layer: all units */
    double *dz, *da;           /* tangents of z and a along the vector: all units */
    double *de, *ddelta;       /* tangents of e and delta in one layer: widest */
} tangents;

static size_t all_units(const cpt_mlp *mlp)
{
    size_t units = 0;
    for (size_t l = 0; l < mlp->n_layers; l++)
        units += mlp->layers[l].n_units;
    return units;
}

static critpt_status scratch_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const char *what = "tangents along a vector";
    size_t rows;
    CPT_TRY(cpt_multiply_add(mlp->widest, 2, 4 * all_units(mlp), what, &rows));
    CPT_TRY(cpt_multiply_add(rows, n, CPT_ALIGNED, what, size));
done:
    return status;
}

static tangents place(const cpt_mlp *mlp, const cpt_batch *batch, double *scratch)
{
    tangents t = {.mlp = mlp, .batch = batch};
    size_t entries = all_units(mlp) * batch->n;
    t.delta = cpt_align(scratch);
    t.curvature = t.delta + entries;
    t.dz = t.curvature + entries;
    t.da = t.dz + entries;
    t.de = t.da + entries;
    t.ddelta = t.de + mlp->widest * batch->n;
    return t;
}

/* Where a layer's rows begin in an array for all units. */
static double *layer_rows(const tangents *t, double *rows, size_t l)
{
    while (l-- > 0)
        rows += t->mlp->layers[l].n_units * t->batch->n;
    return rows;
}

/* The identity's tangents of a are those of z. */
static double *layer_da(const tangents *t, size_t l)
{
    return layer_rows(t, t->mlp->layers[l].activation == CRITPT_IDENTITY ? t->dz : t->da, l);
}

/* dz_l = V_l abar_{l-1} + W_l da_{l-1}, da_l = act'_l o dz_l, for every layer. */
static void push_tangents(const tangents *t, const double *direction)
{
    const cpt_batch *batch = t->batch;
    size_t n = batch->n;
    for (size_t l = 0; l < t->mlp->n_layers; l++) {
        const cpt_layer *layer = &t->mlp->layers[l];
        const double *slope = cpt_mlp_slope_rows(layer, batch);
        double *dz = layer_rows(t, t->dz, l);
        if (l > 0)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units, n, layer->n_inputs, 1,
                            batch->weights + layer->weights, layer->n_inputs, layer_da(t, l - 1), n,
                            0, dz, n);
        cpt_mlp_apply_layer(layer, direction, n, cpt_mlp_input_rows(t->mlp, batch, l), l > 0, dz);
        if (slope)
            cpt_model_vector_multiply(layer->n_units * n, 1, slope, dz, layer_da(t, l));
    }
}

/* delta_l = e_l o act'_l and e_l o act''_l for every layer, from e_L; e_{l-1} = W_l' delta_l. */
static void pull_cotangents(const tangents *t, const double *cotangent)
{
    const double *e = cotangent;
    size_t n = t->batch->n;
    for (size_t l = t->mlp->n_layers; l-- > 0; e = t->de) {
        const cpt_layer *layer = &t->mlp->layers[l];
        const double *second = cpt_mlp_curvature_rows(layer, t->batch);
        double *delta = layer_rows(t, t->delta, l);
        cpt_mlp_multiply_slopes(layer, t->batch, e, delta);
        if (second)
            cpt_model_vector_multiply(layer->n_units * n, 1, second, e,
                                      layer_rows(t, t->curvature, l));
        if (l > 0)
            cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, layer->n_inputs, n, layer->n_units, 1,
                            t->batch->weights + layer->weights, layer->n_inputs, delta, n, 0, t->de,
                            n);
    }
}

/* The tangent of e_L = u: E da_L, or 0 without the Gauss-Newton part. */
static void start_cotangents(const tangents *t, const cpt_curvature *curvature)
{
    size_t D = t->mlp->model.n_outputs, n = t->batch->n;
    const double *df = layer_da(t, t->mlp->n_layers - 1);
    if (!curvature->gauss_newton)
        memset(t->de, 0, D * n * sizeof *t->de);
    else if (curvature->metric_stride > 0)
        cpt_curvature_multiply(curvature, D, n, df, t->de);
    else if (curvature->metric)
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, n, D, 1, curvature->metric, D, df, n, 0, t->de, n);
    else
        memcpy(t->de, df, D * n * sizeof *t->de);
    if (curvature->gauss_newton && curvature->sample_weights)
        for (size_t row = 0; row < D; row++)
            for (size_t i = 0; i < n; i++)
                t->de[row * n + i] *= curvature->sample_weights[i];
}

/* The tangent of delta_l: de_l o act'_l + e_l o act''_l o dz_l. */
static void cross_activation(const tangents *t, size_t l, bool curved)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    const double *slope = cpt_mlp_slope_rows(layer, t->batch);
    if (curved && slope)
        cpt_model_vector_two_products(layer->n_units * t->batch->n, slope, t->de,
                                      layer_rows(t, t->curvature, l), layer_rows(t, t->dz, l),
                                      t->ddelta);
    else
        cpt_mlp_multiply_slopes(layer, t->batch, t->de, t->ddelta);
}

/* result += ddelta_l abar_{l-1}' + delta_l da_{l-1}'. */
static void add_layer(const tangents *t, size_t l, bool curved, double *result)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    size_t n = t->batch->n, k = layer->n_inputs;
    double *to = result + layer->weights;
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, layer->n_units, k, n, 1, t->ddelta, n,
                    cpt_mlp_input_rows(t->mlp, t->batch, l), n, 1, to, k);
    if (curved && l > 0)
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, layer->n_units, k, n, 1,
                        layer_rows(t, t->delta, l), n, layer_da(t, l - 1), n, 1, to, k);
    for (size_t p = 0; layer->bias && p < layer->n_units; p++)
        result[layer->biases + p] += cpt_mlp_sum(t->ddelta + p * n, n);
}

/* The tangent of e_{l-1}: W_l' ddelta_l + V_l' delta_l. */
static void pull_layer(const tangents *t, size_t l, bool curved, const double *direction)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    size_t n = t->batch->n, k = layer->n_inputs;
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, k, n, layer->n_units, 1,
                    t->batch->weights + layer->weights, k, t->ddelta, n, 0, t->de, n);
    if (curved)
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, k, n, layer->n_units, 1,
                        direction + layer->weights, k, layer_rows(t, t->delta, l), n, 1, t->de, n);
}

static critpt_status curvature_vectors(const critpt_model *model, const cpt_batch *batch,
                                       const cpt_curvature *curvature, size_t n_vectors,
                                       const double *directions, size_t directions_leading,
                                       double *scratch, double *results, size_t results_leading)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const tangents t = place(mlp, batch, scratch);
    size_t lowest = cpt_mlp_lowest(mlp, batch->first_weight);
    bool curved = curvature->cotangent != NULL;
    if (curved)
        pull_cotangents(&t, curvature->cotangent);
    for (size_t j = 0; j < n_vectors; j++) {
        const double *direction = directions + j * directions_leading;
        push_tangents(&t, direction);
        start_cotangents(&t, curvature);
        for (size_t l = mlp->n_layers; l-- > lowest;) {
            cross_activation(&t, l, curved);
            add_layer(&t, l, curved, results + j * results_leading);
            if (l > lowest)
                pull_layer(&t, l, curved, direction);
        }
    }
    return CRITPT_OK;
}

static critpt_status tangents_size(const critpt_model *model, size_t n, size_t *size)
{
    return cpt_multiply(2 * all_units(cpt_mlp_const(model)), n, "tangents along a vector", size);
}

/* dz of all units, then da. */
static critpt_status push_direction(const critpt_model *model, const cpt_batch *batch,
                                    const double *direction, double *memory)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const tangents t = {
        .mlp = mlp, .batch = batch, .dz = memory, .da = memory + all_units(mlp) * batch->n};
    push_tangents(&t, direction);
    return CRITPT_OK;
}

/* dz_l of what push_direction made, or da_l. */
static const double *pushed_dz(const tangents *t, const double *pushed, size_t l)
{
    return pushed + (layer_rows(t, t->dz, l) - t->dz);
}

static const double *pushed_da(const tangents *t, const double *pushed, size_t l)
{
    bool identity = t->mlp->layers[l].activation == CRITPT_IDENTITY;
    return pushed_dz(t, pushed, l) + (identity ? 0 : all_units(t->mlp) * t->batch->n);
}

/* A direction's tangents, pushed into `memory` if it has none. */
static const double *tangents_of(const tangents *t, const cpt_direction *v, double *memory)
{
    if (!v->tangents)
        push_direction(&t->mlp->model, t->batch, v->vector, memory);
    return v->tangents ? v->tangents : memory;
}

/* With x, y, m the derivatives along v, along u and along both:
 *     m_z = W m_a + V y_a + U x_a,     m_a = act' m_z + act'' x_z y_z.
 * de and ddelta hold m; there are no cotangents, whose place u's tangents may take. */
static critpt_status second_directional(const critpt_model *model, const cpt_batch *batch,
                                        const cpt_direction *v, const cpt_direction *u,
                                        double *scratch, double *result)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t n = batch->n;
    const tangents t = place(mlp, batch, scratch);
    double *before = t.de, *after = t.ddelta;
    const double *v_tangents = tangents_of(&t, v, t.dz), *u_tangents = tangents_of(&t, u, t.delta);
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        size_t units = layer->n_units, k = layer->n_inputs;
        const double *second = cpt_mlp_curvature_rows(layer, batch);
        const double *x = pushed_dz(&t, v_tangents, l), *y = pushed_dz(&t, u_tangents, l);
        const double *const factors[3] = {batch->weights, v->vector, u->vector};
        const double *const tangent[3] = {before, l ? pushed_da(&t, u_tangents, l - 1) : NULL,
                                          l ? pushed_da(&t, v_tangents, l - 1) : NULL};
        if (l == 0)
            memset(before, 0, units * n * sizeof *before);
        for (size_t term = 0; l > 0 && term < 3; term++)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, units, n, k, 1, factors[term] + layer->weights, k,
                            tangent[term], n, term > 0, after, n);
        if (l > 0)
            cpt_mlp_multiply_slopes(layer, batch, after, before);
        for (size_t i = 0; second && i < units * n; i++)
            before[i] += second[i] * x[i] * y[i];
    }
    memcpy(result, before, model->n_outputs * n * sizeof *result);
    return CRITPT_OK;
}

/* The derivative of delta_p abar_r along v: ddelta_p abar_r + delta_p da_r. */
static void store_tangent_layer(const tangents *t, size_t l, double *entries,
                                const cpt_jacobian_layout *layout)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    size_t n = t->batch->n;
    const double *cotangents = layer_rows(t, t->delta, l);
    const double *a = cpt_mlp_input_rows(t->mlp, t->batch, l);
    const double *da = l > 0 ? layer_da(t, l - 1) : NULL;
    for (size_t p = 0; p < layer->n_units; p++) {
        const double *delta = cotangents + p * n, *ddelta = t->ddelta + p * n;
        for (size_t r = 0; r < layer->n_inputs; r++) {
            size_t weight = layer->weights + p * layer->n_inputs + r;
            cpt_jacobian_store(layout, weight, n, ddelta, a + r * n, entries);
            if (da)
                cpt_jacobian_add(layout, weight, n, delta, da + r * n, entries);
        }
        if (layer->bias)
            cpt_jacobian_store(layout, layer->biases + p, n, ddelta, NULL, entries);
    }
}

static critpt_status jacobian_tangent(const critpt_model *model, const cpt_batch *batch,
                                      const double *v, const double *seeds, const double *scale,
                                      double *scratch, double *entries,
                                      const cpt_jacobian_layout *layout)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const tangents t = place(mlp, batch, scratch);
    size_t n = batch->n, D = model->n_outputs, lowest = cpt_mlp_lowest(mlp, batch->first_weight);
    push_tangents(&t, v);
    for (size_t o = 0; o < D; o++) {
        cpt_mlp_seed_row(D, n, o, seeds, scale, t.ddelta);
        pull_cotangents(&t, t.ddelta);
        memset(t.de, 0, D * n * sizeof *t.de);
        for (size_t l = mlp->n_layers; l-- > lowest;) {
            cross_activation(&t, l, true);
            store_tangent_layer(&t, l, entries + o * layout->output, layout);
            if (l > lowest)
                pull_layer(&t, l, true, v);
        }
    }
    return CRITPT_OK;
}

const cpt_model_second_order cpt_mlp_second_order = {
    .make_absolute = cpt_mlp_make_absolute,
    .enlarge = cpt_mlp_enlarge,
    .scratch_size = scratch_size,
    .curvature_vectors = curvature_vectors,
    .tangents_size = tangents_size,
    .push_tangents = push_direction,
    .second_directional = second_directional,
    .jacobian_tangent = jacobian_tangent,
    .assembly_size = cpt_assembly_size,
    .assembly_create = cpt_assembly_create,
    .assembly_destroy = cpt_assembly_destroy,
    .assembly_start = cpt_assembly_start,
    .assembly_add = cpt_assembly_add,
    .assembly_store = cpt_assembly_store,
    .adjoint_start = cpt_adjoint_start,
    .adjoint_add = cpt_adjoint_add,
};
