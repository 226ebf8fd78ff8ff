/* What a batch of samples adds to the sums of a layered network's second derivatives: the
 * recursions of MATH 4 from the output layer down, one product for each part that they meet. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_assembly.h"
#include "model/vector_math.h"

/* e_l and delta_l of every layer that is wanted. */
static void pull_cotangents(const cpt_mlp_assembly *a)
{
    size_t n = a->batch->n, last = a->mlp->n_layers - 1;
    memcpy(cpt_mlp_rows_of(a, a->e, last), a->curvature->cotangent,
           a->mlp->layers[last].n_units * n * sizeof(double));
    for (size_t l = last + 1; l-- > a->lowest;) {
        const cpt_layer *layer = &a->mlp->layers[l];
        double *delta = cpt_mlp_rows_of(a, a->delta, l);
        cpt_mlp_multiply_slopes(layer, a->batch, cpt_mlp_rows_of(a, a->e, l), delta);
        if (l > a->lowest)
            cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, layer->n_inputs, n, layer->n_units, 1,
                            a->batch->weights + layer->weights, layer->n_inputs, delta, n, 0,
                            cpt_mlp_rows_of(a, a->e, l - 1), n);
    }
}

/* z[q] += e_l[q] o act''_l[q] in the rows where q meets itself. */
static void add_curvature(const cpt_mlp_assembly *a, size_t l)
{
    const cpt_layer *layer = &a->mlp->layers[l];
    size_t n = a->batch->n;
    const double *second = cpt_mlp_curvature_rows(layer, a->batch);
    const double *e = cpt_mlp_rows_of(a, a->e, l);
    double *z = a->z;
    for (size_t q = 0; a->curved && second && q < layer->n_units; q++) {
        for (size_t i = 0; i < n; i++)
            z[i] += e[q * n + i] * second[q * n + i];
        z += a->forms[l] == CPT_MLP_DENSE ? (layer->n_units - q) * n : n;
    }
}

static const double *sample_weights(const cpt_mlp_assembly *a)
{
    return a->curvature->sample_weights ? a->curvature->sample_weights : a->ones;
}

/* Z_L that is not the same for all samples but for a factor. */
static void start_z(const cpt_mlp_assembly *a)
{
    size_t last = a->mlp->n_layers - 1, D = a->mlp->model.n_outputs, n = a->batch->n;
    const double *s = sample_weights(a), *slopes = cpt_mlp_slopes_or_ones(a, last);
    double *z = a->z;
    for (size_t p = 0; p < D; p++)
        for (size_t q = p; q < D && (q == p || a->forms[last] == CPT_MLP_DENSE); q++, z += n)
            for (size_t i = 0; i < n; i++) {
                const double *metric = cpt_curvature_metric(a->curvature, i);
                double m = !a->gauss_newton ? 0 : metric ? metric[p * D + q] : 1;
                z[i] = m * s[i] * slopes[p * n + i] * slopes[q * n + i];
            }
    add_curvature(a, last);
}

/* W_L' M and W_L' M W_L, for a constant Z_L = s_i M. */
static void weigh_metric(const cpt_mlp_assembly *a)
{
    const cpt_layer *last = &a->mlp->layers[a->mlp->n_layers - 1];
    size_t D = last->n_units, k = last->n_inputs;
    const double *w = a->batch->weights + last->weights;
    if (a->metric)
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, k, D, D, 1, w, k, a->metric, D, 0, a->w_metric,
                        D);
    else
        cpt_linalg_transpose(D, k, w, k, a->w_metric, D);
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, k, k, D, 1, a->w_metric, D, w, k, 0, a->w_metric_w, k);
}

/* s_i abar of the output layer, then its delta: what stands against act'_p abar_r. */
static void fill_features(const cpt_mlp_assembly *a)
{
    size_t last = a->mlp->n_layers - 1, n = a->batch->n;
    const cpt_layer *layer = &a->mlp->layers[last];
    const double *s = sample_weights(a), *inputs = cpt_mlp_input_rows(a->mlp, a->batch, last);
    double *to = a->features;
    for (size_t r = 0; r < cpt_mlp_fan(layer); r++, to += n) {
        const double *input = r < layer->n_inputs ? inputs + r * n : a->ones;
        cpt_model_vector_multiply(n, 1, s, input, to);
    }
    if (a->curved)
        memcpy(to, cpt_mlp_rows_of(a, a->delta, last), layer->n_units * n * sizeof *to);
}

/* Z_l below a constant Z_L: act' W_L' M W_L act' s_i + diag(e o act''). */
static void z_below_constant(const cpt_mlp_assembly *a, size_t l)
{
    const cpt_layer *layer = &a->mlp->layers[l];
    size_t n = a->batch->n, k = layer->n_units;
    const double *slopes = cpt_mlp_slopes_or_ones(a, l), *s = sample_weights(a);
    double *z = a->z, *weighted = a->formed;
    for (size_t p = 0; p < k; p++) {
        cpt_model_vector_multiply(n, 1, s, slopes + p * n, weighted);
        for (size_t q = p; q < k; q++, z += n) {
            cpt_model_vector_multiply(n, a->w_metric_w[p * k + q], weighted, slopes + q * n, z);
        }
    }
    add_curvature(a, l);
}

/* Z_l = X_{l,l+1} W_{l+1} diag(act'_l) + diag(e_l o act''_l). */
static void z_below(const cpt_mlp_assembly *a, size_t l, const double *x)
{
    const cpt_layer *layer = &a->mlp->layers[l], *above = &a->mlp->layers[l + 1];
    size_t n = a->batch->n, k = layer->n_units;
    const double *slope = cpt_mlp_slope_rows(layer, a->batch);
    double *z = a->z;
    for (size_t p = 0; p < k; p++, x += above->n_units * n) {
        cpt_linalg_gemm(CPT_TRANSPOSED, CPT_PLAIN, k - p, n, above->n_units, 1,
                        a->batch->weights + above->weights + p, k, x, n, 0, z, n);
        if (slope)
            cpt_model_vector_multiply((k - p) * n, 1, slope + p * n, z, z);
        z += (k - p) * n;
    }
    add_curvature(a, l);
}

/* Rows (p, q) for all p and q from those with p <= q. */
static void unpack(size_t units, size_t n, const double *z, double *x)
{
    for (size_t p = 0; p < units; p++)
        for (size_t q = p; q < units; q++, z += n) {
            memcpy(x + (p * units + q) * n, z, n * sizeof *x);
            if (q > p)
                memcpy(x + (q * units + p) * n, z, n * sizeof *x);
        }
}

/* Rows (p, q) of X_{m-1,m} from Z_m, in x[0]. */
static void first_cross(const cpt_mlp_assembly *a, size_t m)
{
    const cpt_layer *layer = &a->mlp->layers[m], *below = &a->mlp->layers[m - 1];
    size_t n = a->batch->n, D = layer->n_units;
    const double *slopes = cpt_mlp_slopes_or_ones(a, m - 1), *s = sample_weights(a);
    switch (a->forms[m]) {
    case CPT_MLP_DENSE:
        unpack(D, n, a->z, a->x[1]);
        cpt_mlp_step_down(a, m - 1, D, a->x[1], a->x[0]);
        break;
    case CPT_MLP_DIAGONAL:
        cpt_mlp_step_down_diagonal(a, m - 1, a->z, a->x[0]);
        break;
    case CPT_MLP_CONSTANT:
        for (size_t row = 0; row < below->n_units * D; row++)
            cpt_model_vector_multiply(n, a->w_metric[row], s, slopes + row / D * n,
                                      a->x[0] + row * n);
        break;
    case CPT_MLP_ZERO:
        break;
    }
}

/* Rows given against formed columns, chunk by chunk; n samples contiguous in both. */
static void add_columns(const cpt_mlp_assembly *a, const cpt_mlp_tile *tile, const double *given)
{
    size_t n = a->batch->n, columns = tile->part->columns;
    const cpt_mlp_products products = cpt_mlp_formed_rows(a, tile->part);
    for (size_t first = 0, count; first < columns; first += count) {
        count = columns - first < a->formed_rows ? columns - first : a->formed_rows;
        cpt_mlp_form_rows(&products, n, first, count, a->formed);
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, tile->padded, count, n, 1,
                        given + tile->first * n, n, a->formed, n, a->keep, tile->sums + first,
                        columns);
    }
}

/* Formed rows against given columns. */
static void add_rows(const cpt_mlp_assembly *a, const cpt_mlp_tile *tile, const double *given)
{
    size_t n = a->batch->n, columns = tile->part->columns;
    const cpt_mlp_products products = cpt_mlp_formed_rows(a, tile->part);
    for (size_t first = 0, count; first < tile->rows; first += count) {
        count = tile->rows - first < a->formed_rows ? tile->rows - first : a->formed_rows;
        cpt_mlp_form_rows(&products, n, tile->first + first, count, a->formed);
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, count, columns, n, 1, a->formed, n, given, n,
                        a->keep, tile->sums + first * columns, columns);
    }
}

/* Adds the batch to what this pass keeps of block (l, m), given X_lm and B_lm where they exist. */
static void add_block(const cpt_mlp_assembly *a, size_t l, size_t m, const double *x,
                      const double *b)
{
    for (size_t k = 0; k < a->n_tiles; k++) {
        const cpt_mlp_tile *tile = &a->tiles[k];
        if (tile->pass != a->pass || tile->part->l != l || tile->part->m != m)
            continue;
        switch (tile->part->kind) {
        case CPT_MLP_TRIANGLE:
        case CPT_MLP_UNITS:
            add_columns(a, tile, a->z);
            break;
        case CPT_MLP_RECTANGLE:
            add_columns(a, tile, x);
            break;
        case CPT_MLP_GRAM:
            add_rows(a, tile, a->features);
            break;
        case CPT_MLP_SLOPES:
            add_columns(a, tile, cpt_mlp_slopes_or_ones(a, l));
            break;
        case CPT_MLP_PATHS:
            add_rows(a, tile, b);
            break;
        }
    }
}

static void swap(double *pair[2])
{
    double *first = pair[0];
    pair[0] = pair[1];
    pair[1] = first;
}

/* Blocks (l, m) for every l < m, and Z_{m-1} on the way. */
static void add_column_of_blocks(cpt_mlp_assembly *a, size_t m)
{
    bool constant = a->forms[m] == CPT_MLP_CONSTANT;
    bool crossed = a->forms[m] != CPT_MLP_ZERO && !(constant && m == a->lowest + 1);
    if (crossed)
        first_cross(a, m);
    add_block(a, m - 1, m, a->x[0], NULL);
    if (constant)
        z_below_constant(a, m - 1);
    else if (crossed)
        z_below(a, m - 1, a->x[0]);
    else {
        memset(a->z, 0, a->mlp->layers[m - 1].n_units * a->batch->n * sizeof *a->z);
        add_curvature(a, m - 1);
    }
    for (size_t l = m - 1; l-- > a->lowest;) {
        if (crossed) {
            cpt_mlp_step_down(a, l, a->mlp->layers[m].n_units, a->x[0], a->x[1]);
            swap(a->x);
        }
        if (a->curved && l + 2 == m)
            cpt_mlp_step_down_diagonal(a, l, cpt_mlp_slope_rows(&a->mlp->layers[m - 1], a->batch),
                                       a->b[0]);
        else if (a->curved) {
            cpt_mlp_step_down(a, l, a->mlp->layers[m].n_inputs, a->b[0], a->b[1]);
            swap(a->b);
        }
        add_block(a, l, m, a->x[0], a->b[0]);
    }
}

critpt_status cpt_assembly_add(cpt_assembly *assembly, const cpt_batch *batch,
                               const cpt_curvature *curvature)
{
    cpt_mlp_assembly *a = (cpt_mlp_assembly *)assembly;
    size_t last = a->mlp->n_layers - 1;
    cpt_mlp_begin_batch(a, batch);
    a->curvature = curvature;
    a->metric = curvature->metric;
    if (a->curved)
        pull_cotangents(a);
    if (a->forms[last] == CPT_MLP_CONSTANT) {
        weigh_metric(a);
        fill_features(a);
    } else if (a->forms[last] != CPT_MLP_ZERO)
        start_z(a);
    for (size_t m = last + 1; m-- > a->lowest;) {
        add_block(a, m, m, NULL, NULL);
        if (m > a->lowest)
            add_column_of_blocks(a, m);
    }
    a->keep = 1;
    return CRITPT_OK;
}
