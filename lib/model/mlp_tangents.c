/* Second derivatives of the layered network along vectors: Hessian-vector products, forward over
 * reverse, and D2f[v, u].
 *
 * The tangents of a block of n_vectors vectors stand side by side: row p of a layer's array holds n
 * samples for each vector, so that one product with W serves them all. Weights of the directions
 * are packed accordingly; for a single vector they are used where they are. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_assembly.h"
#include "model/vector_math.h"

/* The scratch: rows of n_vectors x n for the tangents of z and a in every layer, two more for each
 * unit of the widest layer (cotangents' tangents), rows of n for the cotangents, packed weights. */
typedef struct tangents {
    const cpt_mlp *mlp;
    const cpt_batch *batch;
    size_t n_vectors, width;   /* width = n_vectors n: a row */
    double *dz, *da;           /* all units x width */
    double *e, *delta;         /* widest x n */
    double *de, *ddelta;       /* widest x width */
    double *packed, *products; /* n_vectors layers' weights each, unused for one vector */
} tangents;

static size_t all_units(const cpt_mlp *mlp)
{
    size_t units = 0;
    for (size_t l = 0; l < mlp->n_layers; l++)
        units += mlp->layers[l].n_units;
    return units;
}

static size_t largest_layer(const cpt_mlp *mlp)
{
    size_t largest = 0;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        size_t entries = mlp->layers[l].n_units * mlp->layers[l].n_inputs;
        if (largest < entries)
            largest = entries;
    }
    return largest;
}

static critpt_status scratch_size(const critpt_model *model, size_t n, size_t n_vectors,
                                  size_t *size)
{
    critpt_status status;
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const char *what = "tangents of a block of vectors";
    size_t rows, width, entries;
    CPT_TRY(cpt_multiply_add(mlp->widest, 2, 2 * all_units(mlp), what, &rows));
    CPT_TRY(cpt_multiply(n_vectors, n, what, &width));
    CPT_TRY(cpt_linalg_require_size(what, width));
    CPT_TRY(cpt_multiply_add(mlp->widest, 2 * n, 0, what, &entries));
    CPT_TRY(cpt_multiply_add(rows, width, entries, what, &entries));
    if (n_vectors > 1)
        CPT_TRY(cpt_multiply_add(2 * largest_layer(mlp), n_vectors, entries, what, &entries));
    *size = entries;
done:
    return status;
}

static tangents place(const cpt_mlp *mlp, const cpt_batch *batch, size_t n_vectors, double *scratch)
{
    tangents t = {.mlp = mlp, .batch = batch, .n_vectors = n_vectors};
    t.width = n_vectors * batch->n;
    t.dz = scratch;
    t.da = t.dz + all_units(mlp) * t.width;
    t.de = t.da + all_units(mlp) * t.width;
    t.ddelta = t.de + mlp->widest * t.width;
    t.e = t.ddelta + mlp->widest * t.width;
    t.delta = t.e + mlp->widest * batch->n;
    t.packed = t.delta + mlp->widest * batch->n;
    t.products = t.packed + n_vectors * largest_layer(mlp);
    return t;
}

/* Where a layer's rows begin in dz and da. */
static size_t offset(const tangents *t, size_t l)
{
    size_t units = 0;
    while (l-- > 0)
        units += t->mlp->layers[l].n_units;
    return units * t->width;
}

static double *layer_dz(const tangents *t, size_t l)
{
    return t->dz + offset(t, l);
}

/* The identity's tangents of a are those of z. */
static double *layer_da(const tangents *t, size_t l)
{
    bool same = t->mlp->layers[l].activation == CRITPT_IDENTITY;
    return (same ? t->dz : t->da) + offset(t, l);
}

/* A layer's directions as rows (p, vector) of n_inputs, or as rows p of (input, vector). */
typedef enum packing { BY_UNIT, BY_INPUT } packing;

static const double *pack(const tangents *t, const cpt_layer *layer, packing form,
                          const double *directions, size_t leading)
{
    size_t k = layer->n_inputs, nv = t->n_vectors;
    if (nv == 1)
        return directions + layer->weights;
    for (size_t p = 0; p < layer->n_units; p++)
        for (size_t j = 0; j < nv; j++) {
            const double *row = directions + j * leading + layer->weights + p * k;
            double *to = t->packed + p * k * nv;
            if (form == BY_UNIT)
                memcpy(to + j * k, row, k * sizeof *to);
            for (size_t r = 0; form == BY_INPUT && r < k; r++)
                to[r * nv + j] = row[r];
        }
    return t->packed;
}

/* Adds the products of that shape to the layer's weights in the rows of the results. */
static void unpack(const tangents *t, const cpt_layer *layer, packing form, double *results,
                   size_t leading)
{
    size_t k = layer->n_inputs, nv = t->n_vectors;
    for (size_t p = 0; p < layer->n_units; p++)
        for (size_t j = 0; j < nv; j++) {
            const double *from = t->products + p * k * nv + (form == BY_UNIT ? j * k : j);
            double *row = results + j * leading + layer->weights + p * k;
            size_t step = form == BY_UNIT ? 1 : nv;
            for (size_t r = 0; r < k; r++)
                row[r] += from[r * step];
        }
}

/* to[row][vector][i] = factor[row][i] from[row][vector][i]; factor NULL: ones. */
static void multiply_rows(const tangents *t, size_t rows, const double *factor, const double *from,
                          double *to)
{
    size_t n = t->batch->n;
    if (!factor)
        memcpy(to, from, rows * t->width * sizeof *to);
    for (size_t row = 0; factor && row < rows; row++)
        for (size_t at = row * t->width; at < (row + 1) * t->width; at += n)
            cpt_model_vector_multiply(n, 1, factor + row * n, from + at, to + at);
}

/* dz_l = V_l abar_{l-1} + W_l da_{l-1}, da_l = act'_l o dz_l, for every layer. */
static void push_tangents(const tangents *t, const double *directions, size_t leading)
{
    const cpt_batch *batch = t->batch;
    for (size_t l = 0; l < t->mlp->n_layers; l++) {
        const cpt_layer *layer = &t->mlp->layers[l];
        double *dz = layer_dz(t, l);
        for (size_t row = 0; layer->bias && row < layer->n_units * t->n_vectors; row++) {
            size_t p = row / t->n_vectors, j = row % t->n_vectors;
            double bias = directions[j * leading + layer->biases + p];
            for (size_t i = 0; i < batch->n; i++)
                dz[row * batch->n + i] = bias;
        }
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units * t->n_vectors, batch->n,
                        layer->n_inputs, 1, pack(t, layer, BY_UNIT, directions, leading),
                        layer->n_inputs, cpt_mlp_input_rows(t->mlp, batch, l), batch->n,
                        layer->bias, dz, batch->n);
        if (l > 0)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, layer->n_units, t->width, layer->n_inputs, 1,
                            batch->weights + layer->weights, layer->n_inputs, layer_da(t, l - 1),
                            t->width, 1, dz, t->width);
        if (layer->activation != CRITPT_IDENTITY)
            multiply_rows(t, layer->n_units, cpt_mlp_slope_rows(layer, batch), dz, layer_da(t, l));
    }
}

/* e_L = u and its tangent E da_L, or 0 without the Gauss-Newton part. */
static void start_cotangents(const tangents *t, const cpt_curvature *curvature)
{
    size_t D = t->mlp->model.n_outputs, n = t->batch->n;
    const double *df = layer_da(t, t->mlp->n_layers - 1);
    if (curvature->cotangent)
        memcpy(t->e, curvature->cotangent, D * n * sizeof *t->e);
    if (!curvature->gauss_newton)
        memset(t->de, 0, D * t->width * sizeof *t->de);
    else if (curvature->metric)
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, D, t->width, D, 1, curvature->metric, D, df, t->width,
                        0, t->de, t->width);
    else
        memcpy(t->de, df, D * t->width * sizeof *t->de);
    if (curvature->gauss_newton && curvature->sample_weights)
        for (size_t row = 0; row < D * t->n_vectors; row++)
            for (size_t i = 0; i < n; i++)
                t->de[row * n + i] *= curvature->sample_weights[i];
}

/* delta_l = e_l o act'_l and its tangent de_l o act'_l + e_l o act''_l o dz_l. */
static void cross_activation(const tangents *t, size_t l, bool curved)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    size_t n = t->batch->n;
    const double *slope = cpt_mlp_slope_rows(layer, t->batch), *dz = layer_dz(t, l);
    if (curved)
        cpt_mlp_multiply_slopes(layer, t->batch, t->e, t->delta);
    if (!curved || !slope) {
        multiply_rows(t, layer->n_units, slope, t->de, t->ddelta);
        return;
    }
    double *curvature = t->e; /* e_l is not needed any more */
    cpt_model_vector_multiply(layer->n_units * n, 1, cpt_mlp_curvature_rows(layer, t->batch), t->e,
                              curvature);
    for (size_t p = 0; p < layer->n_units; p++)
        for (size_t at = p * t->width; at < (p + 1) * t->width; at += n)
            cpt_model_vector_two_products(n, slope + p * n, t->de + at, curvature + p * n, dz + at,
                                          t->ddelta + at);
}

/* results += ddelta_l abar_{l-1}' + delta_l da_{l-1}'. */
static void add_layer(const tangents *t, size_t l, bool curved, double *results, size_t leading)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    size_t n = t->batch->n, nv = t->n_vectors, k = layer->n_inputs;
    double *to = nv == 1 ? results + layer->weights : t->products;
    double keep = nv == 1;
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, layer->n_units * nv, k, n, 1, t->ddelta, n,
                    cpt_mlp_input_rows(t->mlp, t->batch, l), n, keep, to, k);
    if (nv > 1)
        unpack(t, layer, BY_UNIT, results, leading);
    if (curved && l > 0) {
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, layer->n_units, k * nv, n, 1, t->delta, n,
                        layer_da(t, l - 1), n, keep, to, k * nv);
        if (nv > 1)
            unpack(t, layer, BY_INPUT, results, leading);
    }
    for (size_t row = 0; layer->bias && row < layer->n_units * nv; row++)
        results[row % nv * leading + layer->biases + row / nv] +=
            cpt_mlp_sum(t->ddelta + row * n, n);
}

/* e_{l-1} = W_l' delta_l and its tangent W_l' ddelta_l + V_l' delta_l. */
static void pull_layer(const tangents *t, size_t l, bool curved, const double *directions,
                       size_t leading)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    size_t n = t->batch->n, k = layer->n_inputs;
    const double *w = t->batch->weights + layer->weights;
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, k, t->width, layer->n_units, 1, w, k, t->ddelta,
                    t->width, 0, t->de, t->width);
    if (!curved)
        return;
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, k, n, layer->n_units, 1, w, k, t->delta, n, 0, t->e,
                    n);
    cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, k * t->n_vectors, n, layer->n_units, 1,
                    pack(t, layer, BY_INPUT, directions, leading), k * t->n_vectors, t->delta, n, 1,
                    t->de, n);
}

static void curvature_vectors(const critpt_model *model, const cpt_batch *batch,
                              const cpt_curvature *curvature, size_t n_vectors,
                              const double *directions, size_t directions_leading, double *scratch,
                              double *results, size_t results_leading)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const tangents t = place(mlp, batch, n_vectors, scratch);
    bool curved = curvature->cotangent != NULL;
    push_tangents(&t, directions, directions_leading);
    start_cotangents(&t, curvature);
    for (size_t l = mlp->n_layers; l-- > 0;) {
        cross_activation(&t, l, curved);
        add_layer(&t, l, curved, results, results_leading);
        if (l > 0)
            pull_layer(&t, l, curved, directions, directions_leading);
    }
}

/* With x, y, m the derivatives along v, along u and along both:
 *     m_z = W m_a + V y_a + U x_a,     m_a = act' m_z + act'' x_z y_z.
 * v and u are two vectors of a block; de and ddelta hold m. */
static void second_directional(const critpt_model *model, const cpt_batch *batch, const double *v,
                               const double *u, double *scratch, double *result)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    size_t n = batch->n;
    tangents one = place(mlp, batch, 1, scratch), other = one;
    /* the second vector's tangents in what is left of a scratch for two */
    other.dz = one.packed;
    other.da = other.dz + all_units(mlp) * n;
    push_tangents(&one, v, 0);
    push_tangents(&other, u, 0);
    double *before = one.de, *after = one.ddelta;
    for (size_t l = 0; l < mlp->n_layers; l++) {
        const cpt_layer *layer = &mlp->layers[l];
        size_t units = layer->n_units, k = layer->n_inputs;
        const double *second = cpt_mlp_curvature_rows(layer, batch);
        const double *x = layer_dz(&one, l), *y = layer_dz(&other, l);
        const double *const factors[3] = {batch->weights, v, u};
        const double *const tangent[3] = {before, l ? layer_da(&other, l - 1) : NULL,
                                          l ? layer_da(&one, l - 1) : NULL};
        memset(after, 0, units * n * sizeof *after);
        for (size_t term = 0; l > 0 && term < 3; term++)
            cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, units, n, k, 1, factors[term] + layer->weights, k,
                            tangent[term], n, 1, after, n);
        cpt_mlp_multiply_slopes(layer, batch, after, before);
        for (size_t i = 0; second && i < units * n; i++)
            before[i] += second[i] * x[i] * y[i];
    }
    memcpy(result, before, model->n_outputs * n * sizeof *result);
}

/* The derivative of delta_p abar_r along v: ddelta_p abar_r + delta_p da_r. */
static void store_tangent_layer(const tangents *t, size_t l, double *entries,
                                const cpt_jacobian_layout *layout)
{
    const cpt_layer *layer = &t->mlp->layers[l];
    size_t n = t->batch->n;
    const double *a = cpt_mlp_input_rows(t->mlp, t->batch, l);
    const double *da = l > 0 ? layer_da(t, l - 1) : NULL;
    for (size_t p = 0; p < layer->n_units; p++) {
        const double *delta = t->delta + p * n, *ddelta = t->ddelta + p * n;
        double *to = entries + (layer->weights + p * layer->n_inputs) * layout->weight;
        for (size_t r = 0; r < layer->n_inputs; r++, to += layout->weight)
            for (size_t i = 0; i < n; i++)
                to[i * layout->sample] =
                    ddelta[i] * a[r * n + i] + (da ? delta[i] * da[r * n + i] : 0);
        to = entries + (layer->biases + p) * layout->weight;
        for (size_t i = 0; layer->bias && i < n; i++)
            to[i * layout->sample] = ddelta[i];
    }
}

static void jacobian_tangent(const critpt_model *model, const cpt_batch *batch, const double *v,
                             const double *seeds, const double *scale, double *scratch,
                             double *entries, const cpt_jacobian_layout *layout)
{
    const cpt_mlp *mlp = cpt_mlp_const(model);
    const tangents t = place(mlp, batch, 1, scratch);
    size_t n = batch->n, D = model->n_outputs;
    push_tangents(&t, v, 0);
    for (size_t o = 0; o < D; o++) {
        cpt_mlp_seed_row(D, n, o, seeds, scale, t.e);
        memset(t.de, 0, D * n * sizeof *t.de);
        for (size_t l = mlp->n_layers; l-- > 0;) {
            cross_activation(&t, l, true);
            store_tangent_layer(&t, l, entries + o * layout->output, layout);
            if (l > 0)
                pull_layer(&t, l, true, v, 0);
        }
    }
}

const cpt_model_second_order cpt_mlp_second_order = {
    .scratch_size = scratch_size,
    .curvature_vectors = curvature_vectors,
    .second_directional = second_directional,
    .jacobian_tangent = jacobian_tangent,
    .assembly_create = cpt_assembly_create,
    .assembly_destroy = cpt_assembly_destroy,
    .assembly_start = cpt_assembly_start,
    .assembly_add = cpt_assembly_add,
    .assembly_store = cpt_assembly_store,
    .adjoint_start = cpt_adjoint_start,
    .adjoint_add = cpt_adjoint_add,
};
